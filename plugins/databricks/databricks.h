/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Code that the Databricks domains share for the REST API: paths, error formats, paging, names and
 * ids, times, tables. A stateless static library, linked into each plugin of the family. Sources:
 * the Databricks REST API reference and the errors that its official SDKs know.
 */
#ifndef PLUGINS_DATABRICKS_H
#define PLUGINS_DATABRICKS_H

#include <json-c/json.h>
#include <lakehost/call.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DBX_NAME_MAX 1024 /* bytes of a name or id that is kept in a state */

/* ---- requests (request.c) ------------------------------------------------------------------- */

/* GET of a path template over `values` (NULL: the call's arguments), then `fn`. */
int dbx_get(struct mcp_call *call, const char *path, struct json_object *values, mcp_step_fn fn,
	    const void *state, size_t len);
/* A request with a JSON body (a tree of the step; NULL: {}); the path is a template too. */
int dbx_send(struct mcp_call *call, const char *method, const char *path,
	     struct json_object *values, struct json_object *body, enum mcp_retry retry,
	     mcp_step_fn fn, const void *state, size_t len);
/* Builds the request only, for suspensions with several; false when the call has failed. */
bool dbx_get_request(struct mcp_call *call, struct mcp_http *request, const char *path,
		     struct json_object *values);
/* Objects of the step: dbx_object(call, "cluster_id", id, "language", "sql", NULL); a NULL value
 * leaves its key out. */
struct json_object *dbx_object(struct mcp_call *call, ...) __attribute__((sentinel));
/* An idempotency token (at most 64 characters): the caller's argument, or a fresh random one. */
const char *dbx_idempotency_token(struct mcp_call *call, const char *argument);

/* The array at `path`; NULL when there is none. Safe for any foreign JSON. */
struct json_object *dbx_array(struct json_object *tree, const char *path);
/* The objects of the array at `path`; an empty array when there are none. */
struct json_object *dbx_objects(struct mcp_call *call, struct json_object *tree, const char *path);

/* ---- replies and errors (error.c) ----------------------------------------------------------- */

/* The texts of a failure: the object, and the next step when it is missing or forbidden. */
struct dbx_words {
	const char *object;    /* "Cluster \"dev\"" */
	const char *not_found; /* next step: "Call list_clusters to see which exist." */
	const char *grant;     /* "CAN RESTART on the cluster", "USE SCHEMA on main.sales" */
	/* The next step when no usable answer arrived and a repetition would do the work twice:
	 * "Call get_job_run run_id=7: it may run." */
	const char *again;
};

/* The content of an error reply. */
struct dbx_error {
	enum mcp_status status;
	int http;
	const char *code;    /* the platform's code, or "" */
	const char *message; /* the platform's message, may have several lines; never NULL */
	const char *reason;  /* of a google.rpc.ErrorInfo, or "" */
};

/* True when the reply is a success; else fills `error`. Understands all formats of the platform
 * (JSON, numeric codes, OAuth, SCIM, "CODE: text", HTML, empty). A 400 that means "does not exist"
 * becomes NOT_FOUND. */
bool dbx_ok(struct mcp_call *call, const struct mcp_reply *reply, struct dbx_error *error);
/* Fails the call with three lines made from an error. Returns its status. */
int dbx_fail(struct mcp_call *call, const struct mcp_reply *reply, const struct dbx_error *error,
	     const struct dbx_words *words);
/* The index-th reply, a JSON object (an empty body counts as an empty object). NULL with the call
 * failed, also when it is JSON of another type. */
struct json_object *dbx_reply(struct mcp_call *call, size_t index, const struct dbx_words *words);
/* The same for the few replies that are an array. */
struct json_object *dbx_reply_array(struct mcp_call *call, size_t index,
				    const struct dbx_words *words);

/* The objects of the list at `path` of a reply; an empty array when it has none. NULL with the call
 * failed when the value there is not a list. */
struct json_object *dbx_items(struct mcp_call *call, struct json_object *reply, const char *path,
			      const struct dbx_words *words);

/* ---- names and ids (names.c) ---------------------------------------------------------------- */

/* A kind of object that has names and ids, and the list call that returns both. */
struct dbx_kind {
	const char *noun;      /* "cluster" */
	const char *list;      /* "/api/2.1/clusters/list?page_size=100" (may have {?page_token}) */
	const char *items;     /* member of the reply that holds the array */
	const char *id, *name; /* members of an item: paths as in mcp_get */
	const char *tool;      /* the tool that lists them: "list_clusters" */
	bool (*is_id)(const char *text); /* can this be an id? Such a text is not looked up */
};

struct dbx_resolved {
	char id[DBX_NAME_MAX];
	char asked[DBX_NAME_MAX]; /* as the caller wrote it */
};

/*
 * Turns the argument `name` (a name or an id) into an id, then runs `fn` with a struct dbx_resolved
 * as state. An unknown name fails the call with the most similar names, an ambiguous one with the
 * candidates. Reads at most 20 pages. An absent argument fails with MCP_E_INPUT.
 */
int dbx_resolve(struct mcp_call *call, const struct dbx_kind *kind, const char *argument,
		mcp_step_fn fn);
/* The same for a name or id that is an option instead of an argument. Must not be empty. */
int dbx_resolve_text(struct mcp_call *call, const struct dbx_kind *kind, const char *asked,
		     mcp_step_fn fn);
/* Fails the call as not found, with the most similar names of one list call. For ids that do not
 * exist; `why` is the platform's message. */
int dbx_unknown(struct mcp_call *call, const struct dbx_kind *kind, const char *asked,
		const char *why);
/* At most three of `names` (array of strings) within an edit distance of a third of the length:
 * "orders, order_items"; NULL when none is similar. */
const char *dbx_nearest(struct mcp_call *call, const char *asked, struct json_object *names);

bool dbx_is_cluster_id(const char *text);   /* 0712-123456-abc12345 */
bool dbx_is_warehouse_id(const char *text); /* 16 hexadecimal digits */
bool dbx_is_number(const char *text);	    /* job, run, repo ids */
extern const struct dbx_kind dbx_clusters, dbx_warehouses, dbx_jobs;

/* ---- names of Unity Catalog (identifiers.c) ------------------------------------------------- */

#define DBX_NAME_PARTS 3
/* Splits "catalog.schema.table" into parts, each with or without back-ticks, and returns their
 * number. Any other text is returned as one part, unchanged. */
size_t dbx_name_parts(struct mcp_call *call, const char *text, const char *parts[DBX_NAME_PARTS]);
/* Joins the parts again, without back-ticks. NULL for NULL. */
const char *dbx_plain_name(struct mcp_call *call, const char *text);
/* The names in a list of dependencies of Unity Catalog: "main.s.lookup, main.s.features". */
const char *dbx_show_dependencies(struct mcp_call *call, struct json_object *list);

/* ---- showing (show.c) ----------------------------------------------------------------------- */

/* How one column of a table is made from an item: the value at `path`, converted by `show`. */
struct dbx_column {
	const char *name, *type; /* type may be NULL */
	const char *path;
	const char *(*show)(struct mcp_call *call, struct json_object *value);
};

/* Any value as text: a string unchanged, an object or an array as JSON ("/" is not escaped), "" for
 * NULL. */
const char *dbx_text(struct mcp_call *call, struct json_object *value);
/* Copies a text into a state of `size` bytes. A cut text ends between characters, with an ellipsis:
 * the host uses it to find the beginning of a cut secret. */
void dbx_cut_copy(char *to, size_t size, const char *text);
/* "a, b" of an array of scalars, "k=v, l=w" of an object of scalars, else JSON. */
const char *dbx_show_list(struct mcp_call *call, struct json_object *value);
/* An id. It becomes text when the platform sends it as a number. */
const char *dbx_show_id(struct mcp_call *call, struct json_object *value);
const char *dbx_show_time(struct mcp_call *call, struct json_object *value);	 /* epoch ms */
const char *dbx_show_duration(struct mcp_call *call, struct json_object *value); /* ms */
const char *dbx_show_bytes(struct mcp_call *call, struct json_object *value);
const char *dbx_show_yes(struct mcp_call *call, struct json_object *value); /* "yes" or "" */
const char *dbx_time(struct mcp_call *call, int64_t ms); /* "2026-11-22T15:10:02Z"; "" for <= 0 */
const char *dbx_duration(struct mcp_call *call, int64_t ms); /* "3 min 20 s" */
/* Workspace URL for a person: dbx_url(call, "/compute/clusters/%s", id). Takes "%s" only, and
 * percent-encodes everything in the values except "/". */
const char *dbx_url(struct mcp_call *call, const char *format, ...) MCP_PRINTF(2, 3);

/* A row of a table. Absent and empty values are shown as "-". Returns like mcp_table_cells(). Not
 * for rows of SQL, where NULL and "" differ. */
int dbx_row(struct mcp_call *call, const char *const *cells, size_t n);

/* Where the next page of a list begins. That may be within a page of the platform. */
struct dbx_place {
	int64_t skip;	   /* rows of the page that were already shown */
	const char *token; /* the platform's token of the page; NULL: the first page */
};

/* Reads the position from the argument `page_token`. */
struct dbx_place dbx_place(struct mcp_call *call);

/* One page of a list. The end line names the next call, with `extra`, limit, format and detail. */
struct dbx_page {
	const char *noun;	/* "clusters" */
	const char *tool;	/* for the end line */
	const char *extra;	/* arguments to repeat: "catalog_name=main", or NULL */
	const char *next_token; /* of the reply; NULL or "": the last page */
	const char *token;	/* of this page, or NULL */
	int64_t total;		/* -1: unknown */
	const char *limit;	/* the tool's argument for the size of a page; NULL: "limit";
				      "": it has none, but a name_filter */
	/* Set when the tool fetches the page by dbx_place(): `items` is then the whole page. As
	 * many items as the caller wants are shown, from that place on. `token` is ignored. */
	const struct dbx_place *place;
};

/* Writes a table of `items` (array, or NULL for none) and its end line. */
int dbx_table(struct mcp_call *call, struct json_object *items, const struct dbx_column *columns,
	      size_t n, const struct dbx_page *page);
/* The same in two functions, for a tool that writes its own table. The first: how many of `count`
 * items of the page were shown by earlier calls. The second: the end line, when `count` rows were
 * left and `offered` of them are within the caller's limit. */
size_t dbx_table_from(const struct dbx_page *page, size_t count);
int dbx_table_end(struct mcp_call *call, const struct dbx_page *page, size_t count, size_t offered);
/*
 * The declaration of a list tool. dbx_list() fetches the page that the argument `page_token` names
 * (and skips empty pages that have a token), filters, and writes the table.
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
	/* Names of arguments that the next call repeats besides limit, format and detail; ends with
	 * NULL; may be NULL. */
	const char *const *repeat;
	/* Changes an item; false leaves it out. May be NULL. */
	bool (*item)(struct mcp_call *call, struct json_object *item);
	/* The texts of a failure; may be NULL. */
	struct dbx_words (*words)(struct mcp_call *call);
	const char *limit; /* as in struct dbx_page */
	/* Writes the answer when the list is empty; may be NULL. */
	int (*none)(struct mcp_call *call);
};
int dbx_list(struct mcp_call *call, const struct dbx_list *list, struct json_object *values);

/* `message`, or NULL when it only repeats `what`: "Run 1 does not exist." */
const char *dbx_more(struct mcp_call *call, const char *what, const char *message);

/* The given arguments with these names, for the next call: "catalog_name=main name_filter=\"big
 * one\""; NULL when there is none. */
const char *dbx_repeat(struct mcp_call *call, const char *const *names);
/* The same for format and detail, when they differ from the defaults. */
const char *dbx_repeat_shape(struct mcp_call *call);
/* A value as it is written after "name=" in such a line: quoted if necessary. */
const char *dbx_quoted(struct mcp_call *call, const char *value);
/* Does `text` contain the argument `name_filter`, ignoring case? True when there is no such
 * argument. */
bool dbx_name_matches(struct mcp_call *call, const char *text);
/* Completes from the members `path` of a reply's array `items` that begin with the argument
 * `value`. */
int dbx_offer(struct mcp_call *call, const char *items, const char *path);

/* The page size to ask for: the argument `limit`, else the host's row cap; at most `most`. */
int64_t dbx_limit(struct mcp_call *call, int64_t most);
/* A new object of the step with those named members that `item` has. */
struct json_object *dbx_pick(struct mcp_call *call, struct json_object *item, ...)
    __attribute__((sentinel));
/* True when the argument `detail` is "full". */
bool dbx_full(struct mcp_call *call);

#endif
