/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Helpers for plugins that use a REST service with JSON, in addition to <lakehost/call.h>: requests
 * from templates, values and how they are shown, lists with pages and filters, answers made of
 * facts. A list or a set of facts can also be in the JSON of a tool (see "Lists and facts" in the
 * reference of manifests): lakehost-manifest makes the tables below from it.
 *
 * The rules of <lakehost/call.h> are valid here too: the functions are only for the thread that
 * runs the step, the memory that they return belongs to the step, and a failure is final. They are
 * compiled into the plugin, and their structs never cross to the host: they may change in any
 * version of the SDK.
 */
#ifndef LAKEHOST_REST_H
#define LAKEHOST_REST_H

#include <json-c/json.h>

#include <lakehost/call.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- requests -------------------------------------------------------------------------------- */

/* GET of a path template over `values` (NULL: the call's arguments), then `fn`. */
int mcp_fetch(struct mcp_call *call, const char *path, struct json_object *values, mcp_step_fn fn,
	      const void *state, size_t len);
/* A request with a JSON body (a tree of the step; NULL: {}); the path is a template too. */
int mcp_send(struct mcp_call *call, const char *method, const char *path,
	     struct json_object *values, struct json_object *body, enum mcp_retry retry,
	     mcp_step_fn fn, const void *state, size_t len);
/* Builds the request only, for suspensions with several; false when the call has failed. */
bool mcp_fetch_request(struct mcp_call *call, struct mcp_http *request, const char *path,
		       struct json_object *values);
/* Objects of the step: mcp_object(call, "cluster_id", id, "language", "sql", NULL); a NULL value
 * leaves its key out. */
struct json_object *mcp_object(struct mcp_call *call, ...) __attribute__((sentinel));
/* An idempotency token (at most 64 characters): the caller's argument, or a fresh random one. */
const char *mcp_idempotency_token(struct mcp_call *call, const char *argument);

/* When to look again at work that began at `begun_ms`: after a quarter of its time so far, within
 * the bounds. For mcp_working() and mcp_again(). */
uint32_t mcp_pace(struct mcp_call *call, int64_t begun_ms, uint32_t least_ms, uint32_t most_ms);

/* The array at `path`; NULL when there is none. Safe for any foreign JSON. */
struct json_object *mcp_array(struct json_object *tree, const char *path);
/* The objects of the array at `path`; an empty array when there are none. */
struct json_object *mcp_objects(struct mcp_call *call, struct json_object *tree, const char *path);

/* ---- replies --------------------------------------------------------------------------------- */

/* The texts of a failure: the object, and the next step when it is missing or forbidden. */
struct mcp_words {
	const char *object;    /* "Cluster \"dev\"" */
	const char *not_found; /* next step: "Call list_clusters to see which exist." */
	const char *grant;     /* "CAN RESTART on the cluster", "USE SCHEMA on main.sales" */
	/* The next step when no usable answer arrived and a repetition would do the work twice:
	 * "Call get_job_run run_id=7: it may run." */
	const char *again;
};

/* The texts with each {argument} replaced by the argument of that name. */
struct mcp_words mcp_words_filled(struct mcp_call *call, const struct mcp_words *words);

/* How a reply is read: the index-th one as an object, or NULL with the call failed. */
typedef struct json_object *(*mcp_reply_fn)(struct mcp_call *call, size_t index,
					    const struct mcp_words *words);
/* The one for services in general: what an HTTP status means, and the message from where most
 * services put it. An empty body is an empty object. */
struct json_object *mcp_reply_object(struct mcp_call *call, size_t index,
				     const struct mcp_words *words);
/* What an HTTP status that is no success means. */
enum mcp_status mcp_status_of(int http);

/* The objects of the list at `path` of a reply; an empty array when it has none. NULL with the call
 * failed when the value there is not a list. */
struct json_object *mcp_items(struct mcp_call *call, struct json_object *reply, const char *path,
			      const struct mcp_words *words);

/* ---- showing --------------------------------------------------------------------------------- */

/* How one column of a table is made from an item: the value at `path` ("": the item itself),
 * converted by `show`. */
struct mcp_list_column {
	const char *name, *type; /* type may be NULL */
	const char *path;
	const char *(*show)(struct mcp_call *call, struct json_object *value);
	bool optional; /* mcp_list() leaves it out when no item of the page has it */
};

/* Any value as text: a string unchanged, an object or an array as JSON ("/" is not escaped), "" for
 * NULL. */
const char *mcp_value_text(struct mcp_call *call, struct json_object *value);
/* Copies a text into a state of `size` bytes. A cut text ends between characters, with an ellipsis:
 * the host uses it to find the beginning of a cut secret. */
void mcp_cut_copy(char *to, size_t size, const char *text);
/* "a, b" of an array of scalars, "k=v, l=w" of an object of scalars, else JSON. */
const char *mcp_show_list(struct mcp_call *call, struct json_object *value);
/* An id. It becomes text when the platform sends it as a number. */
const char *mcp_show_id(struct mcp_call *call, struct json_object *value);
const char *mcp_show_time(struct mcp_call *call, struct json_object *value);	 /* epoch ms */
const char *mcp_show_duration(struct mcp_call *call, struct json_object *value); /* ms */
const char *mcp_show_bytes(struct mcp_call *call, struct json_object *value);	 /* "3.2 MB" */
const char *mcp_show_yes(struct mcp_call *call, struct json_object *value);	 /* "yes" or "" */
const char *mcp_time(struct mcp_call *call, int64_t ms); /* "2026-11-22T15:10:02Z"; "" for <= 0 */
const char *mcp_duration(struct mcp_call *call, int64_t ms); /* "3 min 20 s" */
/* Workspace URL for a person: mcp_url(call, "/compute/clusters/%s", id). Takes "%s" only, and
 * percent-encodes everything in the values except "/". */
const char *mcp_url(struct mcp_call *call, const char *format, ...) MCP_PRINTF(2, 3);
/* A value percent-encoded as in mcp_url(). */
const char *mcp_url_part(struct mcp_call *call, const char *text);

/* A row of a table. Absent and empty values are shown as "-". Returns like mcp_table_cells(). Not
 * for rows of SQL, where NULL and "" differ. */
int mcp_page_row(struct mcp_call *call, const char *const *cells, size_t n);

/* Where the next page of a list begins. That may be within a page of the platform. */
struct mcp_place {
	int64_t skip;	   /* rows of the page that were already shown */
	const char *token; /* the platform's token of the page; NULL: the first page */
};

/* Reads the position from the argument `page_token`. */
struct mcp_place mcp_place(struct mcp_call *call);

/* One page of a list. The end line names the next call, with `extra`, limit, format and detail. */
struct mcp_page {
	const char *noun;	/* "clusters" */
	const char *tool;	/* for the end line */
	const char *extra;	/* arguments to repeat: "catalog_name=main", or NULL */
	const char *next_token; /* the token in the reply; NULL or "": the last page */
	const char *token;	/* the token of this page, or NULL */
	int64_t total;		/* -1: unknown */
	const char *limit;	/* the tool's argument for the size of a page; NULL: "limit";
				      "": it has none, but a name_filter */
	/* Set when the tool fetches the page by mcp_place(): `items` is then the whole page. As
	 * many items as the caller wants are shown, from that place on. `token` is ignored. */
	const struct mcp_place *place;
};

/* Writes a table of `items` (array, or NULL for none) and its end line. */
int mcp_page_table(struct mcp_call *call, struct json_object *items,
		   const struct mcp_list_column *columns, size_t n, const struct mcp_page *page);
/* For a tool that writes its own table: how many of `count` items of the page were shown by earlier
 * calls. */
size_t mcp_page_from(const struct mcp_page *page, size_t count);
/* And its end line, when `count` rows were left and `offered` of them are within the caller's
 * limit. */
int mcp_page_end(struct mcp_call *call, const struct mcp_page *page, size_t count, size_t offered);
/*
 * The declaration of a list tool. mcp_list() fetches the page that the argument `page_token` names
 * (and skips empty pages that have a token), filters, and writes the table.
 */
struct mcp_list {
	const char *path;	/* template over `values`, with limit_name and page_token */
	const char *limit_name; /* "page_size", "max_results", "limit" */
	const char *token_name; /* the variable of the page token; NULL: "page_token" */
	const char *next;	/* member of the reply with the token of the page that follows;
				   NULL: "next_page_token" */
	int64_t most;		/* the platform's largest page */
	const char *items;	/* member of the reply */
	const struct mcp_list_column *columns;
	size_t n_columns;
	const char *noun, *tool;
	/* Names of other arguments that the next call repeats, in addition to limit, format and
	 * detail; ends with NULL; may be NULL. */
	const char *const *repeat;
	/* Member of an item that must contain the argument name_filter; NULL: no such filter. */
	const char *filter;
	/* Changes an item; false leaves it out. May be NULL. */
	bool (*item)(struct mcp_call *call, struct json_object *item);
	/* The texts of a failure: computed, or constant with {argument}s; may be NULL. */
	struct mcp_words (*words)(struct mcp_call *call);
	const struct mcp_words *about;
	mcp_reply_fn reply; /* NULL: mcp_reply_object() */
	/* Pairs of a variable of the template and the argument that fills it, when their names
	 * differ; ends with NULL; may be NULL. */
	const char *const *renamed;
	/* Not NULL: the request is a POST with this JSON object. "{x}" as a value is the variable
	 * x; the member is left out when there is none. */
	const char *body;
	const char *limit; /* as in struct mcp_page */
	/* Writes the answer when the list is empty; may be NULL. */
	int (*none)(struct mcp_call *call);
};
/* `values` NULL: the call's arguments. */
int mcp_list(struct mcp_call *call, const struct mcp_list *list, struct json_object *values);

/* The given arguments with these names, for the next call: "catalog_name=main name_filter=\"big
 * one\""; NULL when there is none. */
const char *mcp_repeat(struct mcp_call *call, const char *const *names);
/* The same for format and detail, when they differ from the defaults. */
const char *mcp_repeat_shape(struct mcp_call *call);
/* A value as it is written after "name=" in such a line: quoted if necessary. */
const char *mcp_quoted(struct mcp_call *call, const char *value);
/* Does `text` contain the argument `name_filter`, ignoring case? True when there is no such
 * argument. */
bool mcp_name_matches(struct mcp_call *call, const char *text);
/* Completes from the members `path` of a reply's array `items` that begin with the argument
 * `value`. */
int mcp_offer(struct mcp_call *call, const char *items, const char *path);
/* A whole completion: mcp_fetch(), then mcp_offer(). `items` and `path` must be constants. */
int mcp_offer_from(struct mcp_call *call, const char *request, struct json_object *values,
		   const char *items, const char *path);

/* The page size to ask for: the argument `limit`, else the host's row cap; at most `most`. */
int64_t mcp_limit(struct mcp_call *call, int64_t most);
/* The same for an argument of another name. */
int64_t mcp_limit_of(struct mcp_call *call, const char *argument, int64_t most);
/* A new object of the step with those named members that `item` has. */
struct json_object *mcp_pick(struct mcp_call *call, struct json_object *item, ...)
    __attribute__((sentinel));
/* True when the argument `detail` is "full". */
bool mcp_full(struct mcp_call *call);

/* ---- facts ----------------------------------------------------------------------------------- */

/*
 * Answers of get_* tools. One list of facts, declared in a table, gives both the lines of the text
 * ("key: value") and the members of structuredContent. Lists of objects are tables in the text and
 * arrays of objects in the structure. Lists and rows (mcp_list, mcp_page_table) have no structure.
 *
 *	static const struct mcp_fact facts[] = {
 *		{ .key = "name", .path = "cluster_name" },
 *		{ .key = "started", .path = "start_time", .show = mcp_show_time },
 *		{ .key = "spark_conf", .path = "spark_conf", .detail = MCP_FULL },
 *		{ .key = "libraries", .path = "libraries", MCP_FACT_COLUMNS(library_facts) },
 *	};
 *	return mcp_answer(call, reply, facts, COUNT(facts), mcp_url(call, "/x/%s", id));
 */
enum mcp_detail {
	MCP_CONCISE, /* always shown */
	MCP_FULL,    /* with detail=full only */
};

struct mcp_fact {
	const char *key;   /* member of structuredContent */
	const char *label; /* the label of the line or column of the text; NULL: the key */
	const char *path;  /* in the item, as in mcp_get() */
	/* The text. A scalar is this text in structuredContent too; an object or an array stays as
	 * it is (with mcp_show_id it becomes text, for a fact that the outputSchema declares as
	 * text). NULL: a scalar keeps its type, an array of scalars becomes "a, b", an object of
	 * scalars "k=v, l=w", anything else JSON. An absent or empty value leaves the fact out. */
	const char *(*show)(struct mcp_call *call, struct json_object *value);
	enum mcp_detail detail;
	/* Not NULL: `path` holds an array of objects, and these are the facts of each. Columns
	 * without a value are left out. */
	const struct mcp_fact *columns;
	size_t n_columns;
	bool block; /* a foreign text of several lines, see mcp_answer_block() */
};

#define MCP_FACT_COLUMNS(list) .columns = (list), .n_columns = sizeof(list) / sizeof((list)[0])

/* The whole answer in one call. `url` may be NULL. */
int mcp_answer(struct mcp_call *call, struct json_object *item, const struct mcp_fact *facts,
	       size_t n, const char *url);

/* An answer made in parts; it belongs to the step. The text follows the order of the calls. */
struct mcp_answer *mcp_answer_begin(struct mcp_call *call);
/* The facts of an item. */
void mcp_answer_add(struct mcp_answer *answer, struct json_object *item,
		    const struct mcp_fact *facts, size_t n);
/* A fact that was computed. `label` NULL: the key. NULL or "" is left out. */
void mcp_answer_text(struct mcp_answer *answer, const char *label, const char *key,
		     const char *text);
/* A foreign text of several lines: fenced in the text, a string in the structure. */
void mcp_answer_block(struct mcp_answer *answer, const char *label, const char *key,
		      const char *text);
/* An object of scalars, or an array of them: indented lines "name = value" or "value" in the text,
 * the same tree in the structure. An empty one is left out. */
void mcp_answer_list(struct mcp_answer *answer, const char *label, const char *key,
		     struct json_object *tree);
/* A link. It is left out unless it is http or https. */
void mcp_answer_url(struct mcp_answer *answer, const char *url);
/* A table of `items` (an array that holds only objects, see mcp_objects) by `fact->columns`.
 * `page`: their position in a list, as for mcp_page_table(); NULL: these are all items. */
void mcp_answer_table(struct mcp_answer *answer, const struct mcp_fact *fact,
		      struct json_object *items, const struct mcp_page *page);
/* The call that the answer is of. */
struct mcp_call *mcp_answer_call(struct mcp_answer *answer);
/* Writes structuredContent. */
int mcp_answer_end(struct mcp_answer *answer);

/* The declaration of a get tool: what becomes of the reply to the request of its row. */
struct mcp_facts {
	const char *item; /* path of the object in the reply; NULL: all of it */
	const struct mcp_fact *facts;
	size_t n_facts;
	/* The web page for users: "/issues/{key}", with members of the object, appended to the
	 * address of the service. Omitted if one member is missing. May be NULL. */
	const char *url;
	const struct mcp_words *about; /* with {argument}s; may be NULL */
	mcp_reply_fn reply;	       /* NULL: mcp_reply_object() */
};
/* Answers with the facts of the reply to the row's request. */
int mcp_facts(struct mcp_call *call, const struct mcp_facts *facts);

#ifdef __cplusplus
}
#endif

#endif
