/* SPDX-License-Identifier: Apache-2.0 */
/* The frames of outgoing messages: what stands around a result, an error or params, and does not
 * depend on the revision. Ids are raw JSON, spelled as they came. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_RPC_FRAME_H
#define CORE_RPC_FRAME_H

struct buf;
struct json;

/* Begins {"jsonrpc":"2.0","id":…,"result": at the end of `out`. The caller writes the result, and
 * ends the frame with json_end(). `id` NULL is left out. */
void rpc_begin_result(struct json *json, struct buf *out, const char *id);
/* Begins a request, or with `id` NULL a notification: behind its method stand more members, or
 * json_end(). */
void rpc_begin_call(struct json *json, struct buf *out, const char *id, const char *method);
/* Appends {"jsonrpc":"2.0","id":…,"error":{…}}. `id` NULL is left out; `data` is JSON text or NULL.
 * `code` lets an era spell an error its own way. */
void rpc_write_error(struct buf *out, const char *id, int code, const char *message,
		     const char *data);

#endif
