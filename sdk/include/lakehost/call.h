/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions for handlers. They are short functions that use the table in plugin.h. They are in a
 * small static library that is linked into the plugin, and have no state of their own. These rules
 * apply to each function, unless its comment has another rule:
 * - threads: a function may be called on the thread that runs the step of `call`, during that step.
 *   On another thread or at another time it does nothing, and the current step fails as a mistake
 *   of the plugin;
 * - ownership: strings, trees and structs that are returned belong to the step and are freed with
 *   it; arguments stay the caller's and are copied if they are needed later;
 * - errors: MCP_OK or a negative status is returned. Most can be ignored: a failure is final, so
 *   the answer of the call is then that failure, whatever else is written;
 * - units: lengths are in bytes without a NUL, times in milliseconds;
 * - NULL is allowed only where the comment says so;
 * - every function exists since SDK 0.1, the first release of Lakehost, unless its comment names a
 *   later version.
 */
#ifndef LAKEHOST_CALL_H
#define LAKEHOST_CALL_H

#include <stdarg.h>

#include <lakehost/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

struct json_object;

/* Lets the compiler check the arguments of a format. */
#define MCP_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* ---- arguments: the arguments and options of a call ----------------------------------------- */

/* The arguments were checked with the schema of the row, and its defaults are filled in. */

/* The whole argument object; borrowed, do not change it. Never NULL: when the arguments cannot be
 * read, the call fails, so that no more requests can be sent, and the object is empty. In poll,
 * cancel and answer of an operation these are the arguments of the call that polls, which may be
 * another tool's. */
struct json_object *mcp_args(struct mcp_call *call);
/* An argument as text: a string as it is, a number or boolean in JSON spelling, an object or list
 * as JSON; NULL when it is absent or null. So ids may be given as string or number. */
const char *mcp_arg(struct mcp_call *call, const char *name);
/* An argument as a number: an integer, a double without its fraction, or a string of digits;
 * `absent` when it is absent, null, something else, or out of range. */
int64_t mcp_arg_int(struct mcp_call *call, const char *name, int64_t absent);
/* An argument as a boolean. `absent` when it is absent, null or of another type. */
bool mcp_arg_bool(struct mcp_call *call, const char *name, bool absent);
/* An argument as a tree; borrowed, do not change it. NULL when it is absent or null. */
struct json_object *mcp_arg_json(struct mcp_call *call, const char *name);
/* An option of the plugin's configuration, as text like mcp_arg(); NULL when not set. When the
 * options cannot be read the call has failed. */
const char *mcp_option(struct mcp_call *call, const char *name);

/* ---- context: what the host knows about a call ---------------------------------------------- */

/* A text that the host knows about the call: see enum mcp_context. `data` is never NULL. */
static inline struct mcp_text
mcp_context(struct mcp_call *call, enum mcp_context what)
{
	return call->ops->context(call, what);
}

/* A number that the host knows about the call: see enum mcp_number. */
static inline int64_t
mcp_number(struct mcp_call *call, enum mcp_number what)
{
	return call->ops->number(call, what);
}

/* True when the client cancelled the call, its deadline has passed, or the host is shutting down.
 * The step must then only clean up (requests marked MCP_HTTP_CLEANUP, 10 s) and return. */
static inline bool
mcp_cancelled(struct mcp_call *call)
{
	return call->ops->number(call, MCP_NUM_CANCELLED) != 0;
}

/* The pointer that the plugin's start() set; NULL when it set none. Steps run at the same time on
 * several threads, so the data behind the pointer needs a lock, or must not change. */
static inline void *
mcp_self(struct mcp_call *call)
{
	return call->self;
}

/* ---- memory: memory, strings and JSON of a step --------------------------------------------- */

/* Zeroed memory of the step, aligned for any type; never NULL. */
void *mcp_alloc(struct mcp_call *call, size_t size);
/* A copy of a text. */
char *mcp_strdup(struct mcp_call *call, const char *text);
/* A text made as by sprintf(). "" when the format is wrong. */
char *mcp_printf(struct mcp_call *call, const char *format, ...) MCP_PRINTF(2, 3);
/* Runs `fn` with `data` at the end of the step, even when it fails, on the thread of the step. Of
 * several functions the last one runs first. Use this for resources that are not memory of
 * mcp_alloc(). `fn` must not use the call. */
static inline void
mcp_defer(struct mcp_call *call, void (*fn)(void *data), void *data)
{
	call->ops->defer(call, fn, data);
}
/* Parses JSON (depth <= 128) into a tree of the step; NULL when it is not JSON. Numbers keep their
 * spelling: an integer beyond 64 bits is a double whose text (mcp_get_str) has all digits. Fails
 * the call (MCP_E_TOO_LARGE) when the tree would take more than 256 MB. `text` may be NULL. */
struct json_object *mcp_json(struct mcp_call *call, const char *text, size_t len);
/* Makes the step own a tree that the plugin built. Returns it. `tree` may be NULL. */
struct json_object *mcp_keep(struct mcp_call *call, struct json_object *tree);
/* Looks up "a.b.2.c" in a tree; NULL when a part is missing or null. Borrowed from the tree, which
 * may be NULL. Any thread. */
struct json_object *mcp_get(struct json_object *tree, const char *path);
/* The value as text (numbers and booleans in JSON spelling). `absent` when a part is missing, and
 * for an object or an array. `absent` may be NULL. */
const char *mcp_get_str(struct mcp_call *call, struct json_object *tree, const char *path,
			const char *absent);
/* The value as a number, read as mcp_arg_int() reads it. Any thread. */
int64_t mcp_get_int(struct json_object *tree, const char *path, int64_t absent);
/* The value as a boolean, or `absent`. Any thread. */
bool mcp_get_bool(struct json_object *tree, const char *path, bool absent);

/*
 * Expands an RFC 6570 template of the forms {x}, {+x}, {?x,y}, {&x,y} over a JSON object. {x} is
 * one path segment: empty, "." and ".." fail the call, all but unreserved characters are
 * encoded. {+x} is a path of several segments ("/a/b"), each under the same rule. Undefined
 * variables of {?…} are left out; arrays repeat the key; booleans are true and false.
 * Returns the text, or NULL with the call failed (MCP_E_INPUT).
 */
const char *mcp_expand(struct mcp_call *call, const char *template_, struct json_object *values);

/* ---- answers: the answer of a call ---------------------------------------------------------- */

/*
 * Adds a text. The format is trusted. Each %s is untrusted and becomes one line: control
 * characters, terminal sequences and direction marks are removed, line breaks and tabs become
 * spaces. For several lines put line breaks into the format, or call mcp_say() again: texts that
 * follow each other are one block of the answer, each on its own line. %n and wide characters are
 * not supported.
 */
int mcp_say(struct mcp_call *call, const char *format, ...) MCP_PRINTF(2, 3);
/* A text of several lines. With `untrusted` it is enclosed and marked as written by others; without
 * `untrusted` the text is trusted like a format. */
int mcp_say_text(struct mcp_call *call, const char *text, size_t len, bool untrusted);
/* A copy of a text of others on one line, as %s of mcp_say() makes it. */
const char *mcp_line(struct mcp_call *call, const char *text);
/* A picture or a sound. `kind` is "image" or "audio", `mime` its media type. The bytes of all blobs
 * of a result together are at most 8 MiB; with more the call fails (MCP_E_TOO_LARGE). */
int mcp_blob(struct mcp_call *call, const char *kind, const char *mime, const void *data,
	     size_t len);
/* An embedded resource of text. The text counts as the plugin's own; see mcp_block() for text of
 * others. `mime` may be NULL. */
int mcp_embed(struct mcp_call *call, const char *uri, const char *mime, const char *text);
/* An embedded resource of bytes, within the cap of mcp_blob(). `mime` may be NULL. */
int mcp_embed_blob(struct mcp_call *call, const char *uri, const char *mime, const void *data,
		   size_t len);
/* A link to a resource. `mime` may be NULL; `size` is in bytes, 0 or less: unknown. */
int mcp_link(struct mcp_call *call, const char *uri, const char *name, const char *mime,
	     int64_t size);
/* For prompts: one message of `role` ("user" or "assistant") with a text, formatted as by
 * mcp_say(). For other blocks use mcp_block(). */
int mcp_message(struct mcp_call *call, const char *role, const char *format, ...) MCP_PRINTF(3, 4);
/* A content block with all its members. */
int mcp_block(struct mcp_call *call, const struct mcp_block *block);
/* structuredContent (MCP, server/tools), at most 256 KiB of JSON; the last one counts. The text of
 * a tool that declares an outputSchema should come first; if none was written the host adds the
 * JSON as text. */
int mcp_structured(struct mcp_call *call, struct json_object *tree);
/* A member of the result's `_meta`; `key` must have the form that MCP requires (basic, "_meta":
 * "example.com/name"), and may be used only once. At most 16 KiB in all. `tree` NULL is the JSON
 * null. "lakehost/rows_written" is the number of rows that the call wrote to a file: the host
 * counts them like the rows of a table, in the budget of rows and in the audit log. */
int mcp_meta(struct mcp_call *call, const char *key, struct json_object *tree);
/* Offers one value of a completion, at most 1 KiB. After the hundredth value the result is
 * MCP_E_TOO_LARGE (MCP, server/utilities/completion). This is not a failure: stop offering values;
 * the answer says that there are more. */
int mcp_complete(struct mcp_call *call, const char *value);
/* Sets how many values there are in all (less than 0: unknown), and whether there are more than
 * were offered. */
int mcp_complete_total(struct mcp_call *call, int64_t total, bool more);

/* A table: begin, rows, end. At most 4,096 columns. The host cuts cells and drops rows to keep its
 * caps, and writes the format that the caller requested. */
int mcp_table(struct mcp_call *call, const struct mcp_column *columns, size_t n);
/* Adds a row with as many cells as there are columns. A cell with data NULL is SQL NULL. The result
 * is MCP_E_TOO_LARGE when a cap is reached. This is not a failure: stop offering rows. */
int mcp_table_row(struct mcp_call *call, const struct mcp_text *cells, size_t n);
/* Adds a row of C strings; NULL is SQL NULL. */
int mcp_table_cells(struct mcp_call *call, const char *const *cells, size_t n);
/* Ends the table with the line that says how many rows were shown. */
int mcp_table_end(struct mcp_call *call, const struct mcp_table_end *end);

/* Fails the call with `what`, and optionally `why` and `next` (each may be NULL). Returns `status`.
 * `what` and `next` are one line; `why` may have several (an SQL message, a traceback) and is
 * untrusted. Only the first failure of a call has an effect. */
int mcp_fail(struct mcp_call *call, enum mcp_status status, const char *what, const char *why,
	     const char *next);
/* Fails the call with `what` only, formatted as by mcp_say(). */
int mcp_failf(struct mcp_call *call, enum mcp_status status, const char *format, ...)
    MCP_PRINTF(3, 4);
/* Fails the call with all members that a failure can have. */
int mcp_failure(struct mcp_call *call, const struct mcp_failure *failure);

/* ---- steps: the next step, and its requests ------------------------------------------------- */

/* Ends the step: the host makes the requests in parallel (n may be 0), waits at least `after_ms`,
 * then runs `fn` once with a copy of `state` (at most MCP_STATE_MAX bytes; NULL when `len` is 0).
 * Returns MCP_OK; after that the step must only return. With any other result `fn` never runs. */
int mcp_suspend(struct mcp_call *call, const struct mcp_http *requests, size_t n, uint32_t after_ms,
		mcp_step_fn fn, const void *state, size_t len);
/* Runs `fn` after a while: mcp_suspend() without requests. */
int mcp_again(struct mcp_call *call, uint32_t after_ms, mcp_step_fn fn, const void *state,
	      size_t len);
/* The reply with this number of the current step. NULL when there is none. */
const struct mcp_reply *mcp_reply(struct mcp_call *call, size_t index);
/* The body of a reply as JSON. NULL when it is not JSON, or when there is no such reply. */
struct json_object *mcp_reply_json(struct mcp_call *call, size_t index);
/* A header of a reply, case-insensitively; NULL when it is absent, or when the reply is NULL.
 * Borrowed from the reply. Any thread. */
const char *mcp_reply_header(const struct mcp_reply *reply, const char *name);
/* Sends one request and waits for it, which blocks this step. Not for `inline` tools, and not for
 * rows with `request` and no `answer`. Never NULL; when the request could not be sent, the reply
 * has `error`. */
const struct mcp_reply *mcp_http_wait(struct mcp_call *call, const struct mcp_http *request);

/* A typical GET request, to be passed to mcp_suspend(), with the retry class MCP_RETRY_SAFE. Its
 * texts are borrowed; `query` may be NULL. Any thread. */
struct mcp_http mcp_get_request(const char *path, const char *query);
/* A request with a body of JSON, which belongs to the step; `body` NULL: none. */
struct mcp_http mcp_json_request(struct mcp_call *call, const char *method, const char *path,
				 struct json_object *body, enum mcp_retry retry);

/* ---- operations: work that continues after the call ----------------------------------------- */

/* Ends the start of an operation: it continues remotely. The polls get only these bytes (1 to
 * MCP_HANDLE_MAX). Before this, write the text that the caller must read. */
int mcp_handle(struct mcp_call *call, const void *data, size_t len);
/* The largest number of bytes that mcp_handle_write() accepts. */
#define MCP_HANDLE_DATA_MAX (MCP_HANDLE_MAX - 4)
/* The same as mcp_handle(), with a version in front of the bytes (at most MCP_HANDLE_DATA_MAX).
 * Change the version whenever the meaning of the bytes changes. */
int mcp_handle_write(struct mcp_call *call, uint16_t version, const void *data, size_t len);
/* Reads a handle that mcp_handle_write() made. Fills `data` when version and size are the given
 * ones. Otherwise the call fails (MCP_E_INPUT: it tells the caller to start again), and `data` is
 * zero. */
int mcp_handle_read(struct mcp_call *call, uint16_t version, void *data, size_t len);
/* Ends a poll: the operation continues. `percent` is 0 to 100, or -1: unknown; `message` may be
 * NULL; the next poll comes after `next_ms`; 0: the host decides. Before this, write the text for a
 * caller whose wait ends now. */
int mcp_working(struct mcp_call *call, int percent, const char *message, uint32_t next_ms);

/* ---- client: progress, capabilities and questions ------------------------------------------- */

/* Reports the progress of the call to the client (MCP, basic/utilities/progress), if the client
 * asked for it. A value of `done` that is not larger than the last one is ignored. `total` 0:
 * unknown; `message` may be NULL. */
int mcp_progress(struct mcp_call *call, double done, double total, const char *message);
/* Has the client this capability: "elicitation.url", "sampling.tools", …? */
bool mcp_client_can(struct mcp_call *call, const char *capability);
/* Requires a capability: when the client does not have it, the call fails (MCP_E_UNSUPPORTED) with
 * its name. */
int mcp_require(struct mcp_call *call, const char *capability);
/* The result of mcp_ask() and mcp_elicit() when the question is recorded: the handler must return,
 * and runs again later. */
#define MCP_ASKED 1
/* Asks the client. Returns MCP_OK with `answer` (the bare result object) when `key` has been
 * answered; Otherwise records the question, or returns MCP_E_UNSUPPORTED if the client cannot be
 * asked. The handler can then record more questions, and returns: the host asks all of them, in the
 * way of the client's protocol revision, and runs the same step again. Ask only before the first
 * side effect. At most 8 questions of 64 KiB. `params` may be NULL. */
int mcp_ask(struct mcp_call *call, const char *key, const char *method, struct json_object *params,
	    struct json_object **answer);
/* Form elicitation (MCP, client/elicitation): `schema` is the requestedSchema. `content` is set
 * only when accepted; on decline or cancel it returns MCP_OK with content NULL. */
int mcp_elicit(struct mcp_call *call, const char *key, const char *message,
	       struct json_object *schema, struct json_object **content);
/* Sends a log message to the client, if it asked for messages of this level (MCP,
 * server/utilities/logging). `logger` may be NULL; `data` is any JSON, at most 8 KiB; larger data
 * are left out. */
void mcp_client_log(struct mcp_call *call, enum mcp_level level, const char *logger,
		    struct json_object *data);

/* ---- log: the log, masks and changes -------------------------------------------------------- */

/* Writes a line of the operator's log, of at most 1 KiB. The line has the names of plugin and row,
 * and the id of the call. */
void mcp_log(struct mcp_call *call, enum mcp_level level, const char *format, ...) MCP_PRINTF(3, 4);
/* From now on masks a value in answers and logs of this plugin (for a tool with `reveals`: of all
 * plugins), also in other encodings. The latest 256 values are kept, 256 KiB in all. */
void mcp_mask(struct mcp_call *call, const char *value);
/* Reports that the list "tools", "resources" or "prompts" has changed: the host notifies the
 * clients. */
void mcp_changed(struct mcp_call *call, const char *what);
/* Reports that the resource `uri` has changed: the host notifies the clients that subscribed to
 * it. */
void mcp_updated(struct mcp_call *call, const char *uri);
/* Writes a line of the operator's log, of at most 1 KiB, outside of calls. The line has the name of
 * the plugin. Any thread, until stop() returns. */
void mcp_host_log(const struct mcp_host *host, enum mcp_level level, const char *format, ...)
    MCP_PRINTF(3, 4);

#ifdef __cplusplus
}
#endif

#endif
