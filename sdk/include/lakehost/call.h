/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What handlers are written with: short functions over the table in plugin.h. They live in a
 * small static library that is linked into the plugin and keep no state of their own. All are
 * for the thread that runs the step. Strings and trees that they return belong to the step.
 */
#ifndef LAKEHOST_CALL_H
#define LAKEHOST_CALL_H

#include <stdarg.h>

#include <lakehost/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

struct json_object;

#define MCP_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* ---- arguments: already checked against the schema, defaults of the schema filled in ------- */

/* The whole argument object; borrowed, do not change it. Never NULL: when the arguments cannot be
 * read the call has failed and the object is empty. */
struct json_object *mcp_args(struct mcp_call *call);
/* An argument as text: a string as it is, a number or boolean in JSON spelling; NULL when it is
 * absent or null. So ids may be given as string or number. */
const char *mcp_arg(struct mcp_call *call, const char *name);
int64_t mcp_arg_int(struct mcp_call *call, const char *name, int64_t absent);
bool mcp_arg_bool(struct mcp_call *call, const char *name, bool absent);
struct json_object *mcp_arg_json(struct mcp_call *call, const char *name);
/* An option of the plugin's configuration, as text like mcp_arg(); NULL when not set. */
const char *mcp_option(struct mcp_call *call, const char *name);

/* ---- context ---------------------------------------------------------------------------- */

static inline struct mcp_text
mcp_context(struct mcp_call *call, enum mcp_context what)
{
	return call->ops->context(call, what);
}

static inline int64_t
mcp_number(struct mcp_call *call, enum mcp_number what)
{
	return call->ops->number(call, what);
}

/* True after the client withdrew the call, its deadline passed or the host is shutting down. The
 * step then only cleans up (requests marked MCP_HTTP_CLEANUP, 10 s) and returns. */
static inline bool
mcp_cancelled(struct mcp_call *call)
{
	return call->ops->number(call, MCP_NUM_CANCELLED) != 0;
}

/* ---- memory and strings of the step ------------------------------------------------------ */

void *mcp_alloc(struct mcp_call *call, size_t size); /* zeroed; never NULL */
char *mcp_strdup(struct mcp_call *call, const char *text);
char *mcp_printf(struct mcp_call *call, const char *format, ...) MCP_PRINTF(2, 3);
/* Parses JSON (depth <= 128) into a tree of the step; NULL when it is not JSON. Numbers keep their
 * spelling: an integer beyond 64 bits is a double whose text (mcp_get_str) has all digits. Fails
 * the call (MCP_E_TOO_LARGE) when the tree would take more than 256 MB. */
struct json_object *mcp_json(struct mcp_call *call, const char *text, size_t len);
/* Makes the step own a tree that the plugin built. Returns it. */
struct json_object *mcp_keep(struct mcp_call *call, struct json_object *tree);
/* Looks up "a.b.2.c" in a tree; NULL when a part is missing or null. NULL in, NULL out. */
struct json_object *mcp_get(struct json_object *tree, const char *path);
/* The same as text (numbers and booleans in JSON spelling), or `absent`, also for an object or an
 * array. */
const char *mcp_get_str(struct mcp_call *call, struct json_object *tree, const char *path,
			const char *absent);
int64_t mcp_get_int(struct json_object *tree, const char *path, int64_t absent);
bool mcp_get_bool(struct json_object *tree, const char *path, bool absent);

/*
 * Expands an RFC 6570 template of the forms {x}, {+x}, {?x,y}, {&x,y} over a JSON object. {x} is
 * one path segment: empty, "." and ".." fail the call, all but unreserved characters are
 * encoded. {+x} is a path of several segments ("/a/b"), each under the same rule. Undefined
 * variables of {?…} are left out; arrays repeat the key; booleans are true and false.
 * Returns the text, or NULL with the call failed (MCP_E_INPUT).
 */
const char *mcp_expand(struct mcp_call *call, const char *template_, struct json_object *values);

/* ---- the answer --------------------------------------------------------------------------- */

/*
 * Text. The format is yours; each %s is taken as foreign and becomes one line: controls, terminal
 * sequences and direction marks are left out, line breaks and tabs become blanks. Line breaks of
 * your own stand in the format, or make another mcp_say(): texts that follow each other are one
 * block of the answer, each on a line of its own. mcp_say_text() takes a text of several lines:
 * with `untrusted` it is enclosed and marked as written by others, without it every line is yours.
 * %n and wide characters are not supported.
 */
int mcp_say(struct mcp_call *call, const char *format, ...) MCP_PRINTF(2, 3);
int mcp_say_text(struct mcp_call *call, const char *text, size_t len, bool untrusted);
/* A copy of a foreign text on one line, as %s of mcp_say() makes it. */
const char *mcp_line(struct mcp_call *call, const char *text);
int mcp_blob(struct mcp_call *call, const char *kind, const char *mime, const void *data,
	     size_t len); /* kind: image or audio */
int mcp_embed(struct mcp_call *call, const char *uri, const char *mime, const char *text);
int mcp_embed_blob(struct mcp_call *call, const char *uri, const char *mime, const void *data,
		   size_t len);
int mcp_link(struct mcp_call *call, const char *uri, const char *name, const char *mime,
	     int64_t size);
/* Prompts: one message of `role` with a text, formatted as by mcp_say(); other blocks by
 * mcp_block(). */
int mcp_message(struct mcp_call *call, const char *role, const char *format, ...) MCP_PRINTF(3, 4);
int mcp_block(struct mcp_call *call, const struct mcp_block *block);
/* structuredContent. The text of a tool that declares an outputSchema should come first; if none
 * was written the host adds the JSON as text. */
int mcp_structured(struct mcp_call *call, struct json_object *tree);
/* One value offered by a completion. */
int mcp_complete(struct mcp_call *call, const char *value);

/* Tables: begin, rows until the writer returns MCP_E_TOO_LARGE (its caps are reached: stop
 * offering, that is no failure), end. A cell with data NULL is SQL NULL. */
int mcp_table(struct mcp_call *call, const struct mcp_column *columns, size_t n);
int mcp_table_row(struct mcp_call *call, const struct mcp_text *cells, size_t n);
int mcp_table_cells(struct mcp_call *call, const char *const *cells, size_t n); /* C strings */
int mcp_table_end(struct mcp_call *call, const struct mcp_table_end *end);

/* Fails the call: `what`, then optionally why and next (each may be NULL). Returns `status`. What
 * and next are one line; why may have several (an SQL message, a traceback) and is taken as
 * written by others. The format of mcp_failf() is as of mcp_say(). */
int mcp_fail(struct mcp_call *call, enum mcp_status status, const char *what, const char *why,
	     const char *next);
int mcp_failf(struct mcp_call *call, enum mcp_status status, const char *format, ...)
    MCP_PRINTF(3, 4);
int mcp_failure(struct mcp_call *call, const struct mcp_failure *failure);

/* ---- next step ---------------------------------------------------------------------------- */

/* Ends the step: the host makes the requests in parallel (n may be 0), waits at least `after_ms`,
 * then runs `fn` once with a copy of `state`. Returns MCP_OK; do nothing but return after it. */
int mcp_suspend(struct mcp_call *call, const struct mcp_http *requests, size_t n, uint32_t after_ms,
		mcp_step_fn fn, const void *state, size_t len);
/* Runs `fn` again after a while: mcp_suspend without requests. */
int mcp_again(struct mcp_call *call, uint32_t after_ms, mcp_step_fn fn, const void *state,
	      size_t len);
/* The index-th reply of this step; NULL when there is none. */
const struct mcp_reply *mcp_reply(struct mcp_call *call, size_t index);
/* Its body as JSON; NULL when it is none. */
struct json_object *mcp_reply_json(struct mcp_call *call, size_t index);
/* A header of a reply, case-insensitively; NULL when absent. */
const char *mcp_reply_header(const struct mcp_reply *reply, const char *name);
/* One request, blocking this step. Not for `inline` tools. Never NULL. */
const struct mcp_reply *mcp_http_wait(struct mcp_call *call, const struct mcp_http *request);

/* GET and POST requests of the usual shape, to be passed to mcp_suspend(). */
struct mcp_http mcp_get_request(const char *path, const char *query);
struct mcp_http mcp_json_request(struct mcp_call *call, const char *method, const char *path,
				 struct json_object *body, enum mcp_retry retry);

/* ---- operations, client, world ------------------------------------------------------------- */

int mcp_handle(struct mcp_call *call, const void *data, size_t len);
int mcp_working(struct mcp_call *call, int percent, const char *message, uint32_t next_ms);
int mcp_progress(struct mcp_call *call, double done, double total, const char *message);
bool mcp_client_can(struct mcp_call *call, const char *capability); /* "elicitation.url", … */
int mcp_require(struct mcp_call *call, const char *capability);
/*
 * Asks the client. Returns MCP_OK with `answer` (the bare result object) when `key` has been
 * answered; otherwise records the question, answers MCP_E_UNSUPPORTED if the client cannot be
 * asked, and the handler goes on to ask more or returns: the host asks all of them in the
 * client's era and runs the same step again. Only before the first side effect.
 * MCP_ASKED means: recorded, come back later.
 */
#define MCP_ASKED 1
int mcp_ask(struct mcp_call *call, const char *key, const char *method, struct json_object *params,
	    struct json_object **answer);
/* Form elicitation: `schema` is the requestedSchema. `content` is set only when accepted; on
 * decline or cancel it returns MCP_OK with content NULL. */
int mcp_elicit(struct mcp_call *call, const char *key, const char *message,
	       struct json_object *schema, struct json_object **content);

void mcp_log(struct mcp_call *call, enum mcp_level level, const char *format, ...) MCP_PRINTF(3, 4);
void mcp_mask(struct mcp_call *call, const char *value);

#ifdef __cplusplus
}
#endif

#endif
