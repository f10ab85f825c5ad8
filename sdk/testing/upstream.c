/* SPDX-License-Identifier: Apache-2.0 */
/* The upstream of the fake host: finds the prepared reply to a request and records the request. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/uri.h"
#include "run/requests.h"
#include "internal.h"

#define SINK_PIECE 4096 /* a sink gets a body in pieces of this size */

void
fakehost_reply_with(struct fakehost *host, const char *request, const struct mcp_reply *reply)
{
	struct canned *canned = arena_alloc(host->kept, sizeof(*canned));
	size_t len = strlen(request);

	canned->prefix = len > 0 && request[len - 1] == '*';
	canned->request = arena_strndup(host->kept, request, len - canned->prefix);
	reply_copy(&canned->reply, reply, host->kept);
	*host->canned_end = canned;
	host->canned_end = &canned->next;
}

void
fakehost_reply(struct fakehost *host, const char *request, int status, const char *body)
{
	static const struct mcp_header type = { "content-type", "application/json" };
	struct mcp_reply reply = { .size = sizeof(reply),
				   .status = status,
				   .why = "",
				   .body = { body, strlen(body) },
				   .headers = &type,
				   .n_headers = 1,
				   .request_id = "",
				   .retry_after_ms = -1,
				   .bytes = strlen(body) };

	fakehost_reply_with(host, request, &reply);
}

void
fakehost_no_reply(struct fakehost *host, const char *request, enum mcp_status error,
		  const char *why)
{
	struct mcp_reply reply;

	reply_none(&reply, error, why);
	fakehost_reply_with(host, request, &reply);
}

static bool
matches(const struct canned *canned, const char *request)
{
	return canned->prefix ? strncmp(canned->request, request, strlen(canned->request)) == 0
			      : strcmp(canned->request, request) == 0;
}

/* The first reply that was not used yet, or the last one. */
static struct canned *
find(struct fakehost *host, const char *request)
{
	struct canned *found = NULL;

	for (struct canned *canned = host->canned; canned != NULL; canned = canned->next) {
		if (!matches(canned, request))
			continue;
		found = canned;
		if (!canned->used)
			break;
	}
	if (found != NULL)
		found->used = true;
	return found;
}

static void
add_file(struct buf *body, const char *path)
{
	FILE *file = fopen(path, "re");
	char piece[4096];
	size_t len;

	if (file == NULL)
		return;
	while ((len = fread(piece, 1, sizeof(piece), file)) > 0)
		buf_add(body, piece, len);
	fclose(file);
}

static const char *
body_text(struct fakehost *host, const struct mcp_http *request)
{
	const char *text;
	struct buf body;

	buf_init(&body, TEXT_CAP);
	for (size_t i = 0; i < request->n_body; i++) {
		const struct mcp_piece *piece = &request->body[i];

		if (piece->kind != MCP_PIECE_BYTES)
			buf_puts(&body, "<secret ");
		buf_add(&body, piece->text.data, piece->text.len);
		if (piece->kind != MCP_PIECE_BYTES)
			buf_puts(&body, ">");
	}
	if (request->body_file != NULL)
		add_file(&body, request->body_file);
	text = arena_strndup(host->arena, body.data, body.len);
	buf_fini(&body);
	return text;
}

/* Moves the text into the memory of the call. */
static char *
keep(struct fakehost *host, char *text)
{
	char *kept = arena_strndup(host->arena, text, strlen(text));

	free(text);
	return kept;
}

static const char *
copy(struct fakehost *host, const char *text)
{
	return text == NULL ? "" : arena_strndup(host->arena, text, strlen(text));
}

/* A request that is not sent: "FILE JOIN name 3". */
static void
record_file(struct fakehost *host, const struct mcp_http *request, struct fakehost_request *record)
{
	static const char *const ops[] = { [MCP_FILE_LOOK] = "LOOK",
					   [MCP_FILE_JOIN] = "JOIN",
					   [MCP_FILE_KEEP] = "KEEP",
					   [MCP_FILE_DROP] = "DROP" };

	record->method = "FILE";
	record->target = keep(host, xprintf("%s %s %u", ops[request->file_op], request->reply_file,
					    request->part));
	record->body = copy(host, request->rows);
}

static const struct fakehost_request *
record(struct fakehost *host, const struct mcp_http *request)
{
	struct fakehost_request *record;
	struct mcp_header *headers =
	    arena_alloc(host->arena, (request->n_headers + 1) * sizeof(*headers));

	host->request = xrealloc(host->request, (host->requests + 1) * sizeof(*record));
	record = &host->request[host->requests++];
	for (size_t i = 0; i < request->n_headers; i++)
		headers[i] = (struct mcp_header){ copy(host, request->headers[i].name),
						  copy(host, request->headers[i].value) };
	*record = (struct fakehost_request){
		.method = copy(host, request->method),
		.upstream = request->upstream == NULL ? "workspace" : copy(host, request->upstream),
		.body = body_text(host, request),
		.headers = headers,
		.n_headers = request->n_headers,
		.flags = request->flags,
		.retry = request->retry,
	};
	if (request->file_op != MCP_FILE_NONE)
		record_file(host, request, record);
	else if (request->url != NULL)
		record->target = copy(host, request->url);
	else
		record->target =
		    keep(host, xprintf("%s%s%s", request->path, request->query == NULL ? "" : "?",
				       request->query == NULL ? "" : request->query));
	return record;
}

/* Delivers the body in the way that the request asked for. */
static void
deliver(const struct mcp_http *request, struct mcp_reply *reply)
{
	const char *body = reply->body.data;
	size_t len = reply->body.len;
	FILE *file;

	if (request->reply == MCP_REPLY_BUFFER || reply->status < 200 || reply->status > 299)
		return;
	reply->body = (struct mcp_text){ "", 0 };
	if (request->reply == MCP_REPLY_FILE && request->part_of != NULL) {
		reply->bytes = len; /* a part: nothing is written */
	} else if (request->reply == MCP_REPLY_FILE) {
		file = fopen(request->reply_file, "we");
		if (file == NULL || fwrite(body, 1, len, file) != len)
			reply_none(reply, MCP_E_PERMISSION, "the file cannot be written");
		if (file != NULL)
			fclose(file);
	}
	for (size_t at = 0; request->reply == MCP_REPLY_SINK && at < len && !reply->stopped;) {
		size_t piece = len - at < SINK_PIECE ? len - at : SINK_PIECE;

		reply->stopped = !request->sink(request->sink_data, body + at, piece);
		at += piece;
	}
}

void
upstream_answer(struct fakehost *host, const struct mcp_http *request, struct mcp_reply *reply)
{
	const struct fakehost_request *made = record(host, request);
	const char *name = keep(host, xprintf("%s %s", made->method, made->target));
	const char *why = request->path == NULL ? NULL : uri_path_check(request->path);
	struct canned *canned;

	if (why != NULL) {
		reply_none(reply, MCP_E_INTERNAL, why);
		return;
	}
	canned = find(host, name);
	if (canned == NULL) {
		host->result.unexpected++;
		fprintf(stderr, "fakehost: no canned reply for \"%s\"\n", name);
		reply_none(reply, MCP_E_UNAVAILABLE, "no canned reply");
		return;
	}
	*reply = canned->reply;
	deliver(request, reply);
}

size_t
fakehost_requests(const struct fakehost *host)
{
	return host->requests;
}

const struct fakehost_request *
fakehost_request(const struct fakehost *host, size_t i)
{
	return i < host->requests ? &host->request[i] : NULL;
}
