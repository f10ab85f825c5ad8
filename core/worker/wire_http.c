/* SPDX-License-Identifier: Apache-2.0 */
/* The form of upstream requests from a worker, and of replies to a worker. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "run/requests.h"
#include "worker/wire.h"

/* ---- requests ------------------------------------------------------------------------------- */

void
wire_request(struct buf *out, const struct mcp_http *request)
{
	wire_u32(out, request->flags);
	wire_str(out, request->upstream);
	wire_str(out, request->method);
	wire_str(out, request->path);
	wire_str(out, request->query);
	wire_str(out, request->url);
	wire_u32(out, (uint32_t)request->n_headers);
	for (size_t i = 0; i < request->n_headers; i++) {
		wire_str(out, request->headers[i].name);
		wire_str(out, request->headers[i].value);
	}
	wire_u32(out, (uint32_t)request->n_body);
	for (size_t i = 0; i < request->n_body; i++) {
		wire_u32(out, request->body[i].kind);
		wire_bytes(out, request->body[i].text.data, request->body[i].text.len);
	}
	wire_str(out, request->body_file);
	wire_u32(out, request->retry);
	wire_u32(out, request->reply);
	wire_i64(out, (int64_t)request->max_bytes);
	wire_str(out, request->reply_file);
	wire_u32(out, request->timeout_ms);
	wire_u32(out, request->cache_ms);
	wire_u32(out, request->file_op);
	wire_u32(out, request->part);
	wire_str(out, request->part_of);
	wire_str(out, request->part_suffix);
	wire_str(out, request->rows);
	wire_i64(out, (int64_t)request->body_from);
	wire_i64(out, (int64_t)request->body_len);
}

/* Memory to which one request points while it is read. */
struct scratch {
	struct mcp_header header[REQUEST_HEADERS_MAX];
	struct mcp_piece piece[REQUEST_PIECES_MAX];
};

static void
take_headers(struct wire_reader *in, struct mcp_http *request, struct scratch *scratch)
{
	request->n_headers = wire_take_enum(in, REQUEST_HEADERS_MAX);
	request->headers = scratch->header;
	for (size_t i = 0; i < request->n_headers && !in->bad; i++) {
		scratch->header[i].name = wire_take_text(in);
		scratch->header[i].value = wire_take_text(in);
	}
}

static void
take_body(struct wire_reader *in, struct mcp_http *request, struct scratch *scratch)
{
	request->n_body = wire_take_enum(in, REQUEST_PIECES_MAX);
	request->body = scratch->piece;
	for (size_t i = 0; i < request->n_body && !in->bad; i++) {
		scratch->piece[i].kind = wire_take_enum(in, MCP_PIECE_SECRET_BASE64);
		scratch->piece[i].text.data = wire_take_bytes(in, &scratch->piece[i].text.len);
	}
}

/* A function that represents the sink in the other process, which gets the pieces as messages. */
static bool
sink_elsewhere(void *sink_data, const char *data, size_t len)
{
	(void)sink_data;
	(void)data;
	(void)len;
	return false;
}

static void
take_request(struct wire_reader *in, struct mcp_http *request, struct scratch *scratch)
{
	*request = (struct mcp_http){ .size = sizeof(*request) };
	request->flags = wire_take_u32(in);
	in->bad |= (request->flags & ~REQUEST_FLAGS) != 0;
	request->upstream = wire_take_str(in);
	request->method = wire_take_str(in);
	request->path = wire_take_str(in);
	request->query = wire_take_str(in);
	request->url = wire_take_str(in);
	take_headers(in, request, scratch);
	take_body(in, request, scratch);
	request->body_file = wire_take_str(in);
	request->retry = wire_take_enum(in, MCP_RETRY_TOKEN);
	request->reply = wire_take_enum(in, MCP_REPLY_DISCARD);
	request->sink = request->reply == MCP_REPLY_SINK ? sink_elsewhere : NULL;
	request->max_bytes = (uint64_t)wire_take_i64(in);
	request->reply_file = wire_take_str(in);
	request->timeout_ms = wire_take_u32(in);
	request->cache_ms = wire_take_u32(in);
	request->file_op = wire_take_enum(in, MCP_FILE_DROP);
	request->part = wire_take_u32(in);
	request->part_of = wire_take_str(in);
	request->part_suffix = wire_take_str(in);
	request->rows = wire_take_str(in);
	request->body_from = (uint64_t)wire_take_i64(in);
	request->body_len = (uint64_t)wire_take_i64(in);
}

struct mcp_http *
wire_take_requests(struct wire_reader *in, size_t n)
{
	struct mcp_http *request, *copy = NULL;
	struct scratch *scratch;

	if (n == 0 || n > MCP_REQUESTS_MAX) {
		in->bad |= n != 0;
		return NULL;
	}
	request = xcalloc(n, sizeof(*request));
	scratch = xcalloc(n, sizeof(*scratch));
	for (size_t i = 0; i < n; i++)
		take_request(in, &request[i], &scratch[i]);
	if (!in->bad && requests_check(request, n) != NULL)
		in->bad = true;
	if (!in->bad)
		copy = requests_copy(request, n);
	free(scratch);
	free(request);
	return copy;
}

/* ---- replies -------------------------------------------------------------------------------- */

void
wire_reply(struct buf *out, const struct mcp_reply *reply)
{
	size_t n = reply->n_headers < WIRE_HEADERS_MAX ? reply->n_headers : WIRE_HEADERS_MAX;

	wire_u32(out, (uint32_t)reply->status);
	wire_u32(out, (uint32_t)-reply->error);
	wire_str(out, reply->why != NULL ? reply->why : "");
	wire_bytes(out, reply->body.data, reply->body.len);
	wire_u32(out, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		wire_bytes(out, reply->headers[i].name, strlen(reply->headers[i].name));
		wire_bytes(out, reply->headers[i].value, strlen(reply->headers[i].value));
	}
	wire_str(out, reply->request_id != NULL ? reply->request_id : "");
	wire_i64(out, reply->retry_after_ms);
	wire_i64(out, (int64_t)reply->bytes);
	wire_u32(out, reply->stopped);
}

void
wire_take_reply(struct wire_reader *in, struct mcp_reply *reply, struct mcp_header *headers)
{
	size_t len;

	*reply = (struct mcp_reply){ .size = sizeof(*reply) };
	reply->status = (int)wire_take_enum(in, 999);
	reply->error = -(int)wire_take_enum(in, (uint32_t)-MCP_E_INTERNAL);
	reply->why = wire_take_text(in);
	reply->body.data = wire_take_bytes(in, &reply->body.len);
	reply->n_headers = wire_take_enum(in, WIRE_HEADERS_MAX);
	reply->headers = headers;
	for (size_t i = 0; i < reply->n_headers && !in->bad; i++) {
		headers[i].name = wire_take_bytes(in, &len);
		headers[i].value = wire_take_bytes(in, &len);
	}
	reply->request_id = wire_take_text(in);
	reply->retry_after_ms = wire_take_i64(in);
	reply->bytes = (uint64_t)wire_take_i64(in);
	reply->stopped = wire_take_enum(in, 1) != 0;
}
