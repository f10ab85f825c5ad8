/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Code that the Databricks domains share for the REST API, besides <lakehost/rest.h>: formats of
 * errors, names and ids, runs. A stateless static library, linked into each plugin of the family.
 * Sources: the Databricks REST API reference and the errors that its official SDKs know.
 */
#ifndef PLUGINS_DATABRICKS_H
#define PLUGINS_DATABRICKS_H

#include <json-c/json.h>
#include <lakehost/rest.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DBX_NAME_MAX 1024 /* most bytes of a name or id that is kept in a state */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- replies and errors (error.c) ----------------------------------------------------------- */

/* The content of an error reply. */
struct dbx_error {
	enum mcp_status status;
	int http;
	const char *code;    /* the platform's code, or "" */
	const char *message; /* the platform's message, which may have several lines; never NULL */
	const char *reason;  /* the reason of a google.rpc.ErrorInfo, or "" */
};

/* True when the reply is a success. Otherwise fills `error`. The function understands all error
 * formats of the platform (JSON, numeric codes, OAuth, SCIM, "CODE: text", HTML, empty). A 400 that
 * means "does not exist" becomes NOT_FOUND. */
bool dbx_ok(struct mcp_call *call, const struct mcp_reply *reply, struct dbx_error *error);
/* Fails the call with three lines made from an error. Returns the status of the call. */
int dbx_fail(struct mcp_call *call, const struct mcp_reply *reply, const struct dbx_error *error,
	     const struct mcp_words *words);
/* The reply number `index`, which must be a JSON object. For HTTP 204 it is an empty object. When
 * the reply is an error, the body is empty, or the JSON has another type, the call fails and the
 * result is NULL: an empty reply to a read must not look like an empty list. */
struct json_object *dbx_reply(struct mcp_call *call, size_t index, const struct mcp_words *words);
/* True when request number `index`, which changed something, succeeded: its reply is a JSON object,
 * or has no body. Otherwise the call fails and the result is false. */
bool dbx_done(struct mcp_call *call, size_t index, const struct mcp_words *words);
/* Like dbx_reply(), but the reply must be a JSON array. */
struct json_object *dbx_reply_array(struct mcp_call *call, size_t index,
				    const struct mcp_words *words);

/* ---- names and ids (names.c) ---------------------------------------------------------------- */

/* A kind of object that has names and ids, and the list call that returns both. */
struct dbx_kind {
	const char *noun; /* "cluster" */
	/* the request for the list: "/api/2.1/clusters/list?page_size=100" (may have
	 * {?page_token}) */
	const char *list;
	const char *items; /* the member of the reply that has the array */
	/* the members of an item with its id and name: paths as in mcp_get */
	const char *id, *name;
	const char *tool; /* the tool that lists the objects: "list_clusters" */
	/* can this text be an id? Such a text is not searched in the list */
	bool (*is_id)(const char *text);
};

struct dbx_resolved {
	char id[DBX_NAME_MAX];
	char asked[DBX_NAME_MAX]; /* the name as the caller wrote it */
};

/* Turns the argument `name` (a name or an id) into an id, then runs `fn` with a struct dbx_resolved
 * as state. An unknown name fails the call with the most similar names, an ambiguous name with its
 * candidates. Reads at most 20 pages. An absent argument fails with MCP_E_INPUT. */
int dbx_resolve(struct mcp_call *call, const struct dbx_kind *kind, const char *argument,
		mcp_step_fn fn);
/* Does the same for a name or id that is an option and not an argument. It must not be empty. */
int dbx_resolve_text(struct mcp_call *call, const struct dbx_kind *kind, const char *asked,
		     mcp_step_fn fn);
/* Fails the call as not found, with the most similar names of one list call. This is for ids that
 * do not exist; `why` is the platform's message. */
int dbx_unknown(struct mcp_call *call, const struct dbx_kind *kind, const char *asked,
		const char *why);
/* At most three of `names` (array of strings) within an edit distance of a third of the length:
 * "orders, order_items"; NULL when none is similar. */
const char *dbx_nearest(struct mcp_call *call, const char *asked, struct json_object *names);

bool dbx_is_cluster_id(const char *text);   /* 0712-123456-abc12345 */
bool dbx_is_warehouse_id(const char *text); /* 16 hexadecimal digits */
bool dbx_is_number(const char *text);	    /* ids of jobs, runs and repositories are numbers */
bool dbx_never_an_id(const char *text);	    /* false: only the names are known */
extern const struct dbx_kind dbx_clusters, dbx_warehouses, dbx_jobs;

/* ---- names of Unity Catalog (identifiers.c) ------------------------------------------------- */

#define DBX_NAME_PARTS 3
/* Splits "catalog.schema.table" into parts, each with or without back-ticks, and returns their
 * number. Any other text is returned as one part, unchanged. */
size_t dbx_name_parts(struct mcp_call *call, const char *text, const char *parts[DBX_NAME_PARTS]);
/* Joins the parts of a name again, without back-ticks. The result for NULL is NULL. */
const char *dbx_plain_name(struct mcp_call *call, const char *text);
/* Writes the names in a list of dependencies of Unity Catalog: "main.s.lookup, main.s.features". */
const char *dbx_show_dependencies(struct mcp_call *call, struct json_object *list);

/* The value of a hexadecimal digit; -1 when the character is not one. */
int dbx_hex_digit(char c);

/* Returns `message`, or NULL when the message only repeats `what`: "Run 1 does not exist." */
const char *dbx_more(struct mcp_call *call, const char *what, const char *message);

#endif
