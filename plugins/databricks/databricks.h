/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the Databricks domains share: the vocabulary of the REST API. A stateless static library,
 * linked into each plugin of the family. Paths, error shapes and their words, paging, names and
 * ids, times, tables. Sources: the Databricks REST API reference and the errors that its official
 * SDKs know.
 */
#ifndef PLUGINS_DATABRICKS_H
#define PLUGINS_DATABRICKS_H

#include <json-c/json.h>
#include <lakehost/call.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DBX_NAME_MAX 1024 /* bytes of a name or id that travels in a state */

/* ---- requests (request.c) ------------------------------------------------------------------- */

/* GET of a path template over `values` (NULL: the call's arguments), then `fn`. */
int dbx_get(struct mcp_call *call, const char *path, struct json_object *values, mcp_step_fn fn,
	    const void *state, size_t len);
/* A request with a JSON body (a tree of the step; NULL: {}); the path is a template too. */
int dbx_send(struct mcp_call *call, const char *method, const char *path,
	     struct json_object *values, struct json_object *body, enum mcp_retry retry,
	     mcp_step_fn fn, const void *state, size_t len);
/* The request alone, for suspensions with several; false when the call has failed. */
bool dbx_get_request(struct mcp_call *call, struct mcp_http *request, const char *path,
		     struct json_object *values);
/* Objects of the step: dbx_object(call, "cluster_id", id, "language", "sql", NULL); a NULL value
 * leaves its key out. */
struct json_object *dbx_object(struct mcp_call *call, ...) __attribute__((sentinel));
/* An idempotency token (at most 64 characters): the caller's argument, or a fresh random one. */
const char *dbx_idempotency_token(struct mcp_call *call, const char *argument);

/* The array at `path`; NULL when there is none. What came from outside may be anything. */
struct json_object *dbx_array(struct json_object *tree, const char *path);
/* The objects of the array at `path`; an empty array when there are none. */
struct json_object *dbx_objects(struct mcp_call *call, struct json_object *tree, const char *path);

/* ---- replies and errors (error.c) ----------------------------------------------------------- */

/* The words of a failure: about which object, and what to do when it is missing or forbidden. */
struct dbx_words {
	const char *object;    /* "Cluster \"dev\"" */
	const char *not_found; /* next step: "Call list_clusters to see which exist." */
	const char *grant;     /* "CAN RESTART on the cluster", "USE SCHEMA on main.sales" */
	/* The next step when no usable answer came, where a mere repetition would do the work
	 * twice: "Call get_job_run run_id=7: it may run." */
	const char *again;
};

/* What an unsuccessful reply said. */
struct dbx_error {
	enum mcp_status status;
	int http;
	const char *code;    /* the platform's, or "" */
	const char *message; /* as the platform said it, maybe of several lines; never NULL */
	const char *reason;  /* of a google.rpc.ErrorInfo, or "" */
};

/* True when the reply is a success; else fills `error`. All shapes that the platform answers with
 * are understood (JSON, numeric codes, OAuth, SCIM, "CODE: text", HTML, nothing). A 400 that means
 * "does not exist" is NOT_FOUND. */
bool dbx_ok(struct mcp_call *call, const struct mcp_reply *reply, struct dbx_error *error);
/* Fails the call with three lines made from an error. Returns its status. */
int dbx_fail(struct mcp_call *call, const struct mcp_reply *reply, const struct dbx_error *error,
	     const struct dbx_words *words);
/* The index-th reply, a JSON object (an empty body is an empty one), or NULL with the call failed:
 * also when it is JSON of another type. */
struct json_object *dbx_reply(struct mcp_call *call, size_t index, const struct dbx_words *words);
/* The same for the few replies that are an array. */
struct json_object *dbx_reply_array(struct mcp_call *call, size_t index,
				    const struct dbx_words *words);

/* The objects of the list that a reply has at `path`; an empty array when it has none; NULL with
 * the call failed when what it has there is no list, for nothing is known then. */
struct json_object *dbx_items(struct mcp_call *call, struct json_object *reply, const char *path,
			      const struct dbx_words *words);

/* ---- names and ids (names.c) ---------------------------------------------------------------- */

/* A kind of object that is named or numbered, and the one list call that knows both. */
struct dbx_kind {
	const char *noun;      /* "cluster" */
	const char *list;      /* "/api/2.1/clusters/list?page_size=100" (may have {?page_token}) */
	const char *items;     /* member of the reply that holds the array */
	const char *id, *name; /* members of an item: paths as in mcp_get */
	const char *tool;      /* which tool lists them: "list_clusters" */
	bool (*is_id)(const char *text); /* can this be an id? such a text is not looked up */
};

struct dbx_resolved {
	char id[DBX_NAME_MAX];
	char asked[DBX_NAME_MAX]; /* as the caller wrote it */
};

/*
 * Turns the argument `name` (a name or an id) into an id, then runs `fn` with a struct
 * dbx_resolved as state. Unknown: fails with the nearest names. Several of that name: fails with
 * the candidates. Reads at most 20 pages. Absent argument: fails with MCP_E_INPUT.
 */
int dbx_resolve(struct mcp_call *call, const struct dbx_kind *kind, const char *argument,
		mcp_step_fn fn);
/* The same for a name or id that is no argument: an option. Not empty. */
int dbx_resolve_text(struct mcp_call *call, const struct dbx_kind *kind, const char *asked,
		     mcp_step_fn fn);
/* Fails the call as not found, with the nearest names of one list call. For ids that turned out
 * not to exist; `why` is the platform's message. */
int dbx_unknown(struct mcp_call *call, const struct dbx_kind *kind, const char *asked,
		const char *why);
/* At most three of `names` (array of strings) within an edit distance of a third of the length:
 * "orders, order_items"; NULL when none is near. */
const char *dbx_nearest(struct mcp_call *call, const char *asked, struct json_object *names);

bool dbx_is_cluster_id(const char *text);   /* 0712-123456-abc12345 */
bool dbx_is_warehouse_id(const char *text); /* 16 hexadecimal digits */
bool dbx_is_number(const char *text);	    /* job, run, repo ids */
extern const struct dbx_kind dbx_clusters, dbx_warehouses, dbx_jobs;

/* ---- names of Unity Catalog (identifiers.c) ------------------------------------------------- */

#define DBX_NAME_PARTS 3
/* The parts of "catalog.schema.table", each with or without back-ticks; how many there are. A text
 * that is not built so is one part as it stands. */
size_t dbx_name_parts(struct mcp_call *call, const char *text, const char *parts[DBX_NAME_PARTS]);
/* The same joined again: without back-ticks. NULL for NULL. */
const char *dbx_plain_name(struct mcp_call *call, const char *text);
/* The names in a list of dependencies of Unity Catalog: "main.s.lookup, main.s.features". */
const char *dbx_show_dependencies(struct mcp_call *call, struct json_object *list);

/* ---- showing (show.c) ----------------------------------------------------------------------- */

/* How one column of a table is made from an item: the text at `path`, passed through `show`. */
struct dbx_column {
	const char *name, *type; /* type may be NULL */
	const char *path;
	const char *(*show)(struct mcp_call *call, struct json_object *value);
};

/* The text of any value: a string as it is, an object or an array as JSON ("/" is not escaped);
 * "" for NULL. */
const char *dbx_text(struct mcp_call *call, struct json_object *value);
/* Copies a text into a state of `size` bytes. One that is cut ends between characters, and with an
 * ellipsis: the host looks there for the beginning of a secret. */
void dbx_cut_copy(char *to, size_t size, const char *text);
/* "a, b" of an array of scalars, "k=v, l=w" of an object of scalars, else JSON. */
const char *dbx_show_list(struct mcp_call *call, struct json_object *value);
/* An id, which is text also where the platform spells it as a number. */
const char *dbx_show_id(struct mcp_call *call, struct json_object *value);
const char *dbx_show_time(struct mcp_call *call, struct json_object *value);	 /* epoch ms */
const char *dbx_show_duration(struct mcp_call *call, struct json_object *value); /* ms */
const char *dbx_show_bytes(struct mcp_call *call, struct json_object *value);
const char *dbx_show_yes(struct mcp_call *call, struct json_object *value); /* "yes" or "" */
const char *dbx_time(struct mcp_call *call, int64_t ms); /* "2026-11-22T15:10:02Z"; "" for <= 0 */
const char *dbx_duration(struct mcp_call *call, int64_t ms); /* "3 min 20 s" */
/* Workspace URL for a human: dbx_url(call, "/compute/clusters/%s", id). Takes "%s" only, and
 * percent-encodes the values, all but "/". */
const char *dbx_url(struct mcp_call *call, const char *format, ...) MCP_PRINTF(2, 3);

/* A row of a table that is written by hand: what is absent or empty is shown as "-". Returns like
 * mcp_table_cells(). Not for rows of SQL, where NULL and "" differ. */
int dbx_row(struct mcp_call *call, const char *const *cells, size_t n);

/* Where a list goes on: within a page, when it held more rows than were wanted. */
struct dbx_place {
	int64_t skip;	   /* rows of the page that were shown */
	const char *token; /* of the page, as the platform gave it; NULL: the first */
};

/* The place that the argument `page_token` names. */
struct dbx_place dbx_place(struct mcp_call *call);

/* One page of a list. The line that says how to go on repeats `extra`, the limit, format and
 * detail. */
struct dbx_page {
	const char *noun;	/* "clusters" */
	const char *tool;	/* for the next line */
	const char *extra;	/* arguments to repeat: "catalog_name=main", or NULL */
	const char *next_token; /* of the reply; NULL or "": the last page */
	const char *token;	/* of this page, or NULL */
	int64_t total;		/* -1: unknown */
	const char *limit;	/* the tool's argument for the size of a page; NULL: "limit";
				      "": it has none, but a name_filter */
	/* Set where the tool fetches the page by dbx_place(): `items` are then the whole page, of
	 * which as many are shown as the caller wants, from there on; `token` is not looked at. */
	const struct dbx_place *place;
};

/* Writes a table of `items` (array, or NULL for none) and its exact end line. */
int dbx_table(struct mcp_call *call, struct json_object *items, const struct dbx_column *columns,
	      size_t n, const struct dbx_page *page);
/* The same in parts, for a table that is written by hand: how many of `count` items of the page
 * were shown by calls before; and the end line, where `count` rows were left and `offered` of them
 * fit the caller's limit. */
size_t dbx_table_from(const struct dbx_page *page, size_t count);
int dbx_table_end(struct mcp_call *call, const struct dbx_page *page, size_t count, size_t offered);
/*
 * A whole list tool, declared. dbx_list() fetches the page that the argument `page_token` names
 * (walking over empty pages that carry a token), filters, and writes the table.
 */
struct dbx_list {
	const char *path;	/* template over `values`, with limit_name and page_token */
	const char *limit_name; /* "page_size", "max_results", "limit" */
	const char *token_name; /* the variable of the page token; NULL: "page_token" */
	int64_t most;		/* the platform's largest page */
	const char *items;	/* member of the reply */
	const struct dbx_column *columns;
	size_t n_columns;
	const char *noun, *tool;
	/* Names of arguments that the next call repeats beside limit, format and detail; ends with
	 * NULL; may be NULL. */
	const char *const *repeat;
	/* Shapes an item; false leaves it out. May be NULL. */
	bool (*item)(struct mcp_call *call, struct json_object *item);
	/* The words of a failure; may be NULL. */
	struct dbx_words (*words)(struct mcp_call *call);
	const char *limit; /* as in struct dbx_page */
	/* Answers instead, when the platform knows no item at all; may be NULL. */
	int (*none)(struct mcp_call *call);
};
int dbx_list(struct mcp_call *call, const struct dbx_list *list, struct json_object *values);

/* `message`, or NULL when it says nothing that `what` does not say: "Run 1 does not exist." */
const char *dbx_more(struct mcp_call *call, const char *what, const char *message);

/* The arguments of these names that were given, for the line that says how to go on:
 * "catalog_name=main name_filter=\"big one\""; NULL when there is none. */
const char *dbx_repeat(struct mcp_call *call, const char *const *names);
/* The same for format and detail, where they are not the default ones. */
const char *dbx_repeat_shape(struct mcp_call *call);
/* A value as it stands behind "name=" of such a line: quoted where that is needed. */
const char *dbx_quoted(struct mcp_call *call, const char *value);
/* Does `text` hold the argument `name_filter`, in any case? True when there is no such argument. */
bool dbx_name_matches(struct mcp_call *call, const char *text);
/* Offers the members `path` of a reply's array `items` that begin with the argument `value`. */
int dbx_offer(struct mcp_call *call, const char *items, const char *path);

/* The page size to ask for: the argument `limit`, else the host's row cap; at most `most`. */
int64_t dbx_limit(struct mcp_call *call, int64_t most);
/* A new object of the step with those of the named members that `item` has. */
struct json_object *dbx_pick(struct mcp_call *call, struct json_object *item, ...)
    __attribute__((sentinel));
/* True when the argument `detail` is "full". */
bool dbx_full(struct mcp_call *call);

#endif
