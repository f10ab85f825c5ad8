/* SPDX-License-Identifier: Apache-2.0 */
/* The frames of outgoing messages: the text around a result, an error or params, which is the same
 * in every revision. Ids are raw JSON, as they were received. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_RPC_FRAME_H
#define CORE_RPC_FRAME_H

struct buf;
struct json;

/* Begins {"jsonrpc":"2.0","id":…,"result": at the end of `out`. The caller writes the result, and
 * ends the frame with json_end(). A NULL `id` is left out. */
void rpc_begin_result(struct json *json, struct buf *out, const char *id);
/* Begins a request, or with a NULL `id` a notification; after the method more members may follow,
 * then json_end(). */
void rpc_begin_call(struct json *json, struct buf *out, const char *id, const char *method);
/* Appends {"jsonrpc":"2.0","id":…,"error":{…}}. A NULL `id` is left out; `data` is JSON text or
 * NULL. `code` allows an era to use its own number. */
void rpc_write_error(struct buf *out, const char *id, int code, const char *message,
		     const char *data);

#endif
