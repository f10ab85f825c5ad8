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
 * version of the SDK. Everything exists since SDK 0.1, unless its comment names a later version.
 */
#ifndef LAKEHOST_REST_H
#define LAKEHOST_REST_H

#include <json-c/json.h>

#include <lakehost/call.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- rest-requests: requests of a REST service ---------------------------------------------- */

/* Sends a GET of a path template over `values` (NULL: the call's arguments), then runs `fn`. */
int mcp_fetch(struct mcp_call *call, const char *path, struct json_object *values, mcp_step_fn fn,
	      const void *state, size_t len);
/* Sends a request with a JSON body (a tree of the step; NULL: {}). The path is a template too. */
int mcp_send(struct mcp_call *call, const char *method, const char *path,
	     struct json_object *values, struct json_object *body, enum mcp_retry retry,
	     mcp_step_fn fn, const void *state, size_t len);
/* Only builds the request, for suspensions with several requests. False when the call has
 * failed. */
bool mcp_fetch_request(struct mcp_call *call, struct mcp_http *request, const char *path,
		       struct json_object *values);
/* An object of the step: mcp_object(call, "cluster_id", id, "language", "sql", NULL). A NULL value
 * omits its key. */
struct json_object *mcp_object(struct mcp_call *call, ...) __attribute__((sentinel));
/* An idempotency token (at most 64 characters): the caller's argument; else one that is the same
 * for repetitions of the request that the host recognises; else a fresh random one. */
const char *mcp_idempotency_token(struct mcp_call *call, const char *argument);

/* When to poll work that began at `begun_ms` again: after a quarter of its time so far, within the
 * bounds. For mcp_working() and mcp_again(). */
uint32_t mcp_pace(struct mcp_call *call, int64_t begun_ms, uint32_t least_ms, uint32_t most_ms);

/* The array at `path`. NULL when there is none. Safe for any JSON of others. */
struct json_object *mcp_array(struct json_object *tree, const char *path);
/* The objects in the array at `path`. An empty array when there are none. */
struct json_object *mcp_objects(struct mcp_call *call, struct json_object *tree, const char *path);

/* ---- rest-replies: replies of a REST service ------------------------------------------------ */

/* The texts of a failure: the object, and the next step when it is missing or forbidden. */
struct mcp_words {
	const char *object; /* "Cluster \"dev\"" */
	/* the next step when the object is missing: "Call list_clusters to see which exist." */
	const char *not_found;
	/* the missing permission: "CAN RESTART on the cluster", "USE SCHEMA on main.sales" */
	const char *grant;
	/* The next step when no usable answer arrived and repeating the call would do the work
	 * twice: "Call get_job_run run_id=7: it may run." */
	const char *again;
};

/* The texts of a failure. Each {argument} is replaced by the value of the argument with that
 * name. */
struct mcp_words mcp_words_filled(struct mcp_call *call, const struct mcp_words *words);

/* A function that reads a reply: reply number `index` as an object. When it is an error, the call
 * fails and the result is NULL. */
typedef struct json_object *(*mcp_reply_fn)(struct mcp_call *call, size_t index,
					    const struct mcp_words *words);
/* The function for services in general. It knows the meaning of an HTTP status, and finds the
 * message where most services put it. An empty body is an empty object. */
struct json_object *mcp_reply_object(struct mcp_call *call, size_t index,
				     const struct mcp_words *words);
/* The meaning of an HTTP status that is not a success. */
enum mcp_status mcp_status_of(int http);

/* The objects of the list at `path` of a reply. An empty array when there is no list. When the
 * value is not a list, the call fails and the result is NULL. */
struct json_object *mcp_items(struct mcp_call *call, struct json_object *reply, const char *path,
			      const struct mcp_words *words);

/* ---- rest-lists: values, tables and lists with pages ---------------------------------------- */

/* How one column of a table is made from an item: the value at `path` ("": the item itself),
 * converted by `show`. */
struct mcp_list_column {
	const char *name, *type; /* type may be NULL */
	const char *path;
	const char *(*show)(struct mcp_call *call, struct json_object *value);
	bool optional; /* the column is left out when no item of the page has a value for it */
};

/* Any value as text: a string unchanged, an object or an array as JSON ("/" is not escaped), "" for
 * NULL. */
const char *mcp_value_text(struct mcp_call *call, struct json_object *value);
/* Copies a text into a state of `size` bytes. A cut text ends between characters, with an ellipsis:
 * the host uses it to find the beginning of a cut secret. */
void mcp_cut_copy(char *to, size_t size, const char *text);
/* Shows an array of scalars as "a, b", an object of scalars as "k=v, l=w", other values as JSON. */
const char *mcp_show_list(struct mcp_call *call, struct json_object *value);
/* Shows an id. It becomes text when the platform sends it as a number. */
const char *mcp_show_id(struct mcp_call *call, struct json_object *value);
const char *mcp_show_time(struct mcp_call *call, struct json_object *value);	 /* epoch ms */
const char *mcp_show_duration(struct mcp_call *call, struct json_object *value); /* ms */
const char *mcp_show_bytes(struct mcp_call *call, struct json_object *value);	 /* "3.2 MB" */
const char *mcp_show_yes(struct mcp_call *call, struct json_object *value);	 /* "yes" or "" */
const char *mcp_time(struct mcp_call *call, int64_t ms); /* "2026-11-22T15:10:02Z"; "" for <= 0 */
const char *mcp_duration(struct mcp_call *call, int64_t ms); /* "3 min 20 s" */
/* Workspace URL for a person: mcp_url(call, "/compute/clusters/%s", id). The format may contain
 * only "%s". Everything in the values except "/" is percent-encoded. */
const char *mcp_url(struct mcp_call *call, const char *format, ...) MCP_PRINTF(2, 3);
/* A value percent-encoded as in mcp_url(). */
const char *mcp_url_part(struct mcp_call *call, const char *text);

/* A row of a table. Absent and empty values are shown as "-". Returns the same status as
 * mcp_table_cells(). Do not use this for rows of SQL, where NULL and "" differ. */
int mcp_page_row(struct mcp_call *call, const char *const *cells, size_t n);

/* The position where the next page of a list begins. It may be within a page of the platform. */
struct mcp_place {
	int64_t skip;	   /* number of rows of the page that were already shown */
	const char *token; /* the platform's token of the page; NULL: the first page */
};

/* Reads the position from the argument `page_token`. */
struct mcp_place mcp_place(struct mcp_call *call);

/* One page of a list. Its end line has the next call, with `extra`, limit, format and detail. */
struct mcp_page {
	const char *noun; /* "clusters" */
	const char *tool; /* the name of the tool, for the end line */
	/* arguments that the next call repeats: "catalog_name=main", or NULL */
	const char *extra;
	const char *next_token; /* the token in the reply; NULL or "": the last page */
	const char *token;	/* the token of this page, or NULL */
	int64_t total;		/* -1: unknown */
	/* the argument for the size of a page; NULL: "limit"; "": the tool has no such argument,
	 * but a name_filter */
	const char *limit;
	/* Set when the tool fetches the page by mcp_place(): `items` is then the whole page.
	 * Beginning at that position, as many items are shown as the caller requested. `token` is
	 * ignored. */
	const struct mcp_place *place;
};

/* Writes a table of `items` (an array, or NULL when there are no items) and its end line. */
int mcp_page_table(struct mcp_call *call, struct json_object *items,
		   const struct mcp_list_column *columns, size_t n, const struct mcp_page *page);
/* For a tool that writes its own table: the number of items, of `count` on the page, that earlier
 * calls have shown. */
size_t mcp_page_from(const struct mcp_page *page, size_t count);
/* Writes the end line of such a table: `count` rows were left, and `offered` of them are within the
 * caller's limit. */
int mcp_page_end(struct mcp_call *call, const struct mcp_page *page, size_t count, size_t offered);
/*
 * The declaration of a list tool. mcp_list() fetches the page that the argument `page_token` names
 * (and skips empty pages that have a token), filters, and writes the table.
 */
struct mcp_list {
	/* the request: a template over `values`, with limit_name and page_token */
	const char *path;
	/* the variable for the size of a page: "page_size", "max_results", "limit" */
	const char *limit_name;
	const char *token_name; /* the variable of the page token; NULL: "page_token" */
	const char *next;	/* member of the reply with the token of the page that follows;
				   NULL: "next_page_token" */
	int64_t most;		/* the largest size of a page that the platform accepts */
	const char *items;	/* the member of the reply that has the array */
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
	/* The texts of a failure: made by a function, or constant with {argument}s. May be NULL. */
	struct mcp_words (*words)(struct mcp_call *call);
	const struct mcp_words *about;
	mcp_reply_fn reply; /* the function that reads the reply; NULL: mcp_reply_object() */
	/* Pairs of a variable of the template and the argument that fills it, when their names
	 * differ; ends with NULL; may be NULL. */
	const char *const *renamed;
	/* Not NULL: the request is a POST with this JSON object. A value "{x}" is replaced by the
	 * variable x; without this variable the member is left out. */
	const char *body;
	const char *limit; /* the members have the meaning of those in struct mcp_page */
	/* Writes the answer when the list is empty; may be NULL. */
	int (*none)(struct mcp_call *call);
};
/* Runs a list tool. `values` NULL: the call's arguments are used. */
int mcp_list(struct mcp_call *call, const struct mcp_list *list, struct json_object *values);

/* Writes the given arguments with these names for the next call: "catalog_name=main
 * name_filter=\"big one\"". NULL when there are no such arguments. */
const char *mcp_repeat(struct mcp_call *call, const char *const *names);
/* Writes format and detail for the next call, when they differ from the defaults. */
const char *mcp_repeat_shape(struct mcp_call *call);
/* A value as it is written after "name=" in such a line: quoted if necessary. */
const char *mcp_quoted(struct mcp_call *call, const char *value);
/* Does `text` contain the argument `name_filter`, ignoring case? True also when there is no such
 * argument. */
bool mcp_name_matches(struct mcp_call *call, const char *text);
/* Offers, as completions, those values at `path` in the array `items` of a reply that begin with
 * the argument `value`. */
int mcp_offer(struct mcp_call *call, const char *items, const char *path);
/* Runs a complete completion: mcp_fetch(), then mcp_offer(). `items` and `path` must be
 * constants. */
int mcp_offer_from(struct mcp_call *call, const char *request, struct json_object *values,
		   const char *items, const char *path);

/* The size of the page to request: the argument `limit`, else the host's cap on rows; at most
 * `most`. */
int64_t mcp_limit(struct mcp_call *call, int64_t most);
/* The same size, from an argument with another name. */
int64_t mcp_limit_of(struct mcp_call *call, const char *argument, int64_t most);
/* A new object of the step with those of the named members that `item` has. */
struct json_object *mcp_pick(struct mcp_call *call, struct json_object *item, ...)
    __attribute__((sentinel));
/* True when the argument `detail` is "full". */
bool mcp_full(struct mcp_call *call);

/* ---- rest-facts: answers that are made of facts --------------------------------------------- */

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
	MCP_FULL,    /* the fact is shown only with detail=full */
};

struct mcp_fact {
	const char *key;   /* member of structuredContent */
	const char *label; /* the label of the line or column of the text; NULL: the key */
	const char *path;  /* the path of the value in the item, as in mcp_get() */
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
	bool block; /* text of others with several lines, see mcp_answer_block() */
};

#define MCP_FACT_COLUMNS(list) .columns = (list), .n_columns = sizeof(list) / sizeof((list)[0])

/* Writes the whole answer in one call. `url` may be NULL. */
int mcp_answer(struct mcp_call *call, struct json_object *item, const struct mcp_fact *facts,
	       size_t n, const char *url);

/* An answer that is made in parts. It belongs to the step. The text has the order of the calls. */
struct mcp_answer *mcp_answer_begin(struct mcp_call *call);
/* Adds the facts of an item. */
void mcp_answer_add(struct mcp_answer *answer, struct json_object *item,
		    const struct mcp_fact *facts, size_t n);
/* Adds a fact that was calculated. `label` NULL: the key. A value that is NULL or "" is left
 * out. */
void mcp_answer_text(struct mcp_answer *answer, const char *label, const char *key,
		     const char *text);
/* Adds a text of others with several lines: fenced in the text, a string in the structure. */
void mcp_answer_block(struct mcp_answer *answer, const char *label, const char *key,
		      const char *text);
/* Adds an object of scalars, or an array of scalars: indented lines "name = value" or "value" in
 * the text, the same tree in the structure. An empty one is left out. */
void mcp_answer_list(struct mcp_answer *answer, const char *label, const char *key,
		     struct json_object *tree);
/* Adds a link. It is left out unless it begins with http or https. */
void mcp_answer_url(struct mcp_answer *answer, const char *url);
/* Adds a table of `items` (an array that has only objects, see mcp_objects) with the columns
 * `fact->columns`. `page` is their position in a list, as for mcp_page_table(); NULL: these are all
 * items. */
void mcp_answer_table(struct mcp_answer *answer, const struct mcp_fact *fact,
		      struct json_object *items, const struct mcp_page *page);
/* The call to which the answer belongs. */
struct mcp_call *mcp_answer_call(struct mcp_answer *answer);
/* Writes structuredContent. */
int mcp_answer_end(struct mcp_answer *answer);

/* The declaration of a get tool: how the reply to the request of its row is shown. */
struct mcp_facts {
	const char *item; /* the path of the object in the reply; NULL: the whole reply */
	const struct mcp_fact *facts;
	size_t n_facts;
	/* The web page for users: "/issues/{key}", with members of the object, appended to the
	 * address of the service. Omitted if one member is missing. May be NULL. */
	const char *url;
	const struct mcp_words *about; /* the texts of a failure, with {argument}s; may be NULL */
	/* the function that reads the reply; NULL: mcp_reply_object() */
	mcp_reply_fn reply;
};
/* Answers with the facts of the reply to the row's request. */
int mcp_facts(struct mcp_call *call, const struct mcp_facts *facts);

#ifdef __cplusplus
}
#endif

#endif
