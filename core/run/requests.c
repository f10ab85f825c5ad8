/* SPDX-License-Identifier: Apache-2.0 */
/* Copies the data that passes between a step and the host: upstream requests, and their replies. */
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/arena.h"
#include "base/mem.h"
#include "run/requests.h"
#include "run/run.h"

#define STRUCT_MAX 4096u /* a size that is larger than any struct of the contract */
#define HTTP_SIZE_LEAST SIZE_1_0(mcp_http, cache_ms)

/* When `base` is NULL, counts the bytes; otherwise copies into memory of that size. */
struct packer {
	char *base;
	size_t used;
};

static void *
pack(struct packer *packer, const void *data, size_t len)
{
	char *at = packer->base == NULL ? NULL : packer->base + packer->used;

	packer->used += (len + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (at != NULL && data != NULL && len > 0)
		memcpy(at, data, len);
	return at;
}

static const char *
pack_text(struct packer *packer, const char *text)
{
	return text == NULL ? NULL : pack(packer, text, strlen(text) + 1);
}

static void
pack_headers(struct packer *packer, struct mcp_http *request)
{
	const struct mcp_header *from = request->headers;
	struct mcp_header *to = pack(packer, NULL, request->n_headers * sizeof(*to));

	for (size_t i = 0; i < request->n_headers; i++) {
		const char *name = pack_text(packer, from[i].name);
		const char *value = pack_text(packer, from[i].value);

		if (to != NULL)
			to[i] = (struct mcp_header){ name, value };
	}
	request->headers = to;
}

static void
pack_body(struct packer *packer, struct mcp_http *request)
{
	const struct mcp_piece *from = request->body;
	struct mcp_piece *to = pack(packer, NULL, request->n_body * sizeof(*to));

	for (size_t i = 0; i < request->n_body; i++) {
		char *data = pack(packer, NULL, from[i].text.len + 1);

		if (to == NULL)
			continue;
		if (from[i].text.len > 0)
			memcpy(data, from[i].text.data, from[i].text.len);
		data[from[i].text.len] = '\0';
		to[i] = (struct mcp_piece){ from[i].kind, { data, from[i].text.len } };
	}
	request->body = to;
}

static const struct mcp_http *
at_index(const struct mcp_http *request, size_t i)
{
	return (const void *)((const char *)request + i * request->size);
}

bool
struct_adopt(void *mine, size_t mine_size, const void *theirs, size_t least)
{
	uint32_t size;

	memcpy(&size, theirs, sizeof(size));
	memset(mine, 0, mine_size);
	if (size < least || size > STRUCT_MAX)
		return false;
	memcpy(mine, theirs, size < mine_size ? size : mine_size);
	size = (uint32_t)mine_size;
	memcpy(mine, &size, sizeof(size));
	return true;
}

/* Unknown values get the safe meaning: the request is not repeated, and the body goes to memory,
 * within the cap. */
static struct mcp_http
adopted(const struct mcp_http *request, size_t i)
{
	struct mcp_http mine;

	struct_adopt(&mine, sizeof(mine), at_index(request, i), HTTP_SIZE_LEAST);
	if ((unsigned)mine.retry > MCP_RETRY_TOKEN)
		mine.retry = MCP_RETRY_NEVER;
	if ((unsigned)mine.reply > MCP_REPLY_DISCARD)
		mine.reply = MCP_REPLY_BUFFER;
	mine.flags &= REQUEST_FLAGS;
	return mine;
}

/* Splits "path?query" from mcp_expand(). */
static void
pack_target(struct packer *packer, struct mcp_http *request)
{
	const char *mark = request->path == NULL ? NULL : strchr(request->path, '?');
	size_t len;
	char *path;

	if (mark == NULL || request->query != NULL) {
		request->path = pack_text(packer, request->path);
		request->query = pack_text(packer, request->query);
		return;
	}
	len = (size_t)(mark - request->path);
	path = pack(packer, request->path, len + 1);
	if (path != NULL)
		path[len] = '\0';
	request->path = path;
	request->query = pack_text(packer, mark + 1);
}

static void
pack_all(struct packer *packer, const struct mcp_http *request, size_t n)
{
	struct mcp_http *to = pack(packer, NULL, n * sizeof(*to));

	for (size_t i = 0; i < n; i++) {
		struct mcp_http copy = adopted(request, i);

		copy.upstream = pack_text(packer, copy.upstream);
		copy.method = pack_text(packer, copy.method);
		pack_target(packer, &copy);
		copy.url = pack_text(packer, copy.url);
		copy.body_file = pack_text(packer, copy.body_file);
		copy.reply_file = pack_text(packer, copy.reply_file);
		copy.part_of = pack_text(packer, copy.part_of);
		copy.part_suffix = pack_text(packer, copy.part_suffix);
		copy.rows = pack_text(packer, copy.rows);
		pack_headers(packer, &copy);
		pack_body(packer, &copy);
		if (to != NULL)
			to[i] = copy;
	}
}

struct mcp_http *
requests_copy(const struct mcp_http *request, size_t n)
{
	struct packer packer = { 0 };

	if (n == 0)
		return NULL;
	pack_all(&packer, request, n);
	packer = (struct packer){ .base = xmalloc(packer.used) };
	pack_all(&packer, request, n);
	return (void *)packer.base;
}

void
requests_free(struct mcp_http *request, size_t n)
{
	(void)n;
	free(request);
}

/* A request that is not sent: it works on a file of the host. */
static const char *
file_op_check(const struct mcp_http *request)
{
	if ((unsigned)request->file_op > MCP_FILE_DROP)
		return "a request with an unknown file_op";
	if (request->part_of == NULL || request->reply_file == NULL)
		return "a request with file_op needs part_of and reply_file";
	if (request->method != NULL || request->path != NULL || request->url != NULL ||
	    request->n_body > 0 || request->body_file != NULL)
		return "a request with file_op has nothing to send";
	return NULL;
}

static const char *
request_check(const struct mcp_http *request, size_t *body)
{
	if (request->file_op != MCP_FILE_NONE)
		return file_op_check(request);
	if (request->method == NULL)
		return "a request has no method";
	if ((request->path == NULL) == (request->url == NULL))
		return "a request must have either a path or a url";
	if (request->n_headers > REQUEST_HEADERS_MAX)
		return "a request has more than 32 headers";
	if (request->n_body > REQUEST_PIECES_MAX)
		return "a request has more than 256 pieces of body";
	if (request->reply == MCP_REPLY_SINK && request->sink == NULL)
		return "a request has no function (sink) that receives its reply";
	if (request->reply == MCP_REPLY_FILE && request->reply_file == NULL)
		return "a request has no file (reply_file) that receives its reply";
	if ((request->headers == NULL && request->n_headers > 0) ||
	    (request->body == NULL && request->n_body > 0))
		return "the headers or the body of a request are NULL but have a count";
	for (size_t i = 0; i < request->n_headers; i++)
		if (request->headers[i].name == NULL || request->headers[i].value == NULL)
			return "a header of a request has no name or no value";
	for (size_t i = 0; i < request->n_body; i++) {
		if ((unsigned)request->body[i].kind > MCP_PIECE_SECRET_BASE64)
			return "a piece of a body has an unknown kind";
		if (request->body[i].text.data == NULL && request->body[i].text.len > 0)
			return "a piece of a body is NULL but has a length";
		if (request->body[i].text.len > REQUEST_BODY_MAX - *body)
			return "the bodies have more than 16 MiB in memory; send a file instead";
		*body += request->body[i].text.len;
	}
	return NULL;
}

const char *
requests_check(const struct mcp_http *request, size_t n)
{
	const char *why = NULL;
	size_t body = 0;

	if (n > MCP_REQUESTS_MAX)
		return "the plugin made more than 32 requests at once";
	if (n > 0 && (request == NULL || request->size < HTTP_SIZE_LEAST ||
		      request->size > STRUCT_MAX || request->size % alignof(struct mcp_http) != 0))
		return "the requests have no valid size";
	for (size_t i = 0; i < n && why == NULL; i++) {
		struct mcp_http mine;

		if (at_index(request, i)->size != request->size)
			return "the requests have different sizes";
		mine = adopted(request, i);
		why = request_check(&mine, &body);
	}
	return why;
}

void
reply_none(struct mcp_reply *reply, enum mcp_status error, const char *why)
{
	*reply = (struct mcp_reply){ .size = sizeof(*reply),
				     .error = error,
				     .why = why,
				     .body = { "", 0 },
				     .request_id = "",
				     .retry_after_ms = -1 };
}

void
reply_copy(struct mcp_reply *to, const struct mcp_reply *from, struct arena *arena)
{
	struct mcp_header *headers;

	*to = *from;
	to->size = sizeof(*to);
	to->why = from->why == NULL ? "" : arena_strndup(arena, from->why, strlen(from->why));
	to->request_id = from->request_id == NULL
			   ? ""
			   : arena_strndup(arena, from->request_id, strlen(from->request_id));
	to->body.data =
	    from->body.data == NULL ? "" : arena_strndup(arena, from->body.data, from->body.len);
	headers = arena_alloc(arena, (from->n_headers + 1) * sizeof(*headers));
	for (size_t i = 0; i < from->n_headers; i++) {
		const struct mcp_header *header = &from->headers[i];

		headers[i].name = arena_strndup(arena, header->name, strlen(header->name));
		headers[i].value = arena_strndup(arena, header->value, strlen(header->value));
	}
	to->headers = headers;
}

void
outcome_drop_questions(struct outcome *outcome)
{
	for (size_t i = 0; i < outcome->questions; i++) {
		free(outcome->question[i].key);
		free(outcome->question[i].method);
		free(outcome->question[i].params);
	}
	free(outcome->question);
	outcome->question = NULL;
	outcome->questions = 0;
}

void
outcome_set_handle(struct outcome *outcome, const void *data, size_t len)
{
	CHECK(len > 0 && len <= MCP_HANDLE_MAX);
	free(outcome->handle);
	outcome->handle = xmemdup(data, len);
	outcome->handle_len = len;
}

void
outcome_fini(struct outcome *outcome)
{
	requests_free(outcome->request, outcome->requests);
	outcome_drop_questions(outcome);
	free(outcome->message);
	free(outcome->handle);
	*outcome = (struct outcome){ .percent = -1 };
}
