/* SPDX-License-Identifier: Apache-2.0 */
/* Actions of a step before the next one: suspend, send requests, read replies, ask, log. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "step.h"
#include "tree.h"

#define HANDLE_HEAD 4u	  /* bytes of the version in front of a handle */
#define HANDLE_MARK 0x4cu /* the first version */

int
mcp_suspend(struct mcp_call *call, const struct mcp_http *requests, size_t n, uint32_t after_ms,
	    mcp_step_fn fn, const void *state, size_t len)
{
	return call->ops->suspend(call, requests, n, after_ms, fn, state, len);
}

int
mcp_again(struct mcp_call *call, uint32_t after_ms, mcp_step_fn fn, const void *state, size_t len)
{
	return mcp_suspend(call, NULL, 0, after_ms, fn, state, len);
}

const struct mcp_reply *
mcp_reply(struct mcp_call *call, size_t index)
{
	return call->ops->reply(call, index);
}

struct json_object *
mcp_reply_json(struct mcp_call *call, size_t index)
{
	struct step *step = step_of(call);
	const struct mcp_reply *reply = mcp_reply(call, index);

	if (reply == NULL || index >= MCP_REQUESTS_MAX)
		return NULL;
	if (step->reply[index] == NULL)
		step->reply[index] = mcp_json(call, reply->body.data, reply->body.len);
	return step->reply[index];
}

const char *
mcp_reply_header(const struct mcp_reply *reply, const char *name)
{
	for (size_t i = 0; reply != NULL && i < reply->n_headers; i++)
		if (strcasecmp(reply->headers[i].name, name) == 0)
			return reply->headers[i].value;
	return NULL;
}

const struct mcp_reply *
mcp_http_wait(struct mcp_call *call, const struct mcp_http *request)
{
	return call->ops->http_wait(call, request);
}

struct mcp_http
mcp_get_request(const char *path, const char *query)
{
	return (struct mcp_http){ .size = sizeof(struct mcp_http),
				  .flags = MCP_HTTP_SINGLE_FLIGHT,
				  .method = "GET",
				  .path = path,
				  .query = query,
				  .retry = MCP_RETRY_SAFE };
}

struct mcp_http
mcp_json_request(struct mcp_call *call, const char *method, const char *path,
		 struct json_object *body, enum mcp_retry retry)
{
	struct mcp_http request = {
		.size = sizeof(request), .method = method, .path = path, .retry = retry
	};
	struct mcp_header *type = mcp_alloc(call, sizeof(*type));
	struct mcp_piece *piece = mcp_alloc(call, sizeof(*piece));

	if (body == NULL)
		return request;
	*type = (struct mcp_header){ "Content-Type", "application/json" };
	piece->kind = MCP_PIECE_BYTES;
	piece->text.data = tree_text(call, body, "The body of a request", &piece->text.len);
	request.headers = type;
	request.n_headers = 1;
	request.body = piece;
	request.n_body = 1;
	return request;
}

/* ---- operations, client, world -------------------------------------------------------------- */

int
mcp_handle(struct mcp_call *call, const void *data, size_t len)
{
	return call->ops->handle(call, data, len);
}

/* Writes the version in the byte order of amd64 and arm64, on every machine. */
static void
put_version(unsigned char head[HANDLE_HEAD], uint16_t version)
{
	head[0] = HANDLE_MARK;
	head[1] = 0;
	head[2] = (unsigned char)(version & 0xff);
	head[3] = (unsigned char)(version >> 8);
}

int
mcp_handle_write(struct mcp_call *call, uint16_t version, const void *data, size_t len)
{
	unsigned char handle[MCP_HANDLE_MAX];

	if (len > sizeof(handle) - HANDLE_HEAD)
		return mcp_handle(call, data,
				  len + HANDLE_HEAD); /* the host reports that it is too long */
	put_version(handle, version);
	memcpy(handle + HANDLE_HEAD, data, len);
	return mcp_handle(call, handle, len + HANDLE_HEAD);
}

int
mcp_handle_read(struct mcp_call *call, uint16_t version, void *data, size_t len)
{
	struct mcp_text handle = mcp_context(call, MCP_CTX_HANDLE);
	unsigned char head[HANDLE_HEAD];

	put_version(head, version);
	if (handle.len == len + HANDLE_HEAD && memcmp(handle.data, head, HANDLE_HEAD) == 0) {
		memcpy(data, handle.data + HANDLE_HEAD, len);
		return MCP_OK;
	}
	memset(data, 0, len);
	return mcp_fail(call, MCP_E_INPUT, "The handle is of another version",
			"Another version of this plugin has made the handle, and this version "
			"cannot read it",
			"The operation may still be running. Start it again if you still need it");
}

int
mcp_working(struct mcp_call *call, int percent, const char *message, uint32_t next_ms)
{
	return call->ops->working(call, percent, message, next_ms);
}

int
mcp_progress(struct mcp_call *call, double done, double total, const char *message)
{
	return call->ops->progress(call, done, total, message);
}

bool
mcp_client_can(struct mcp_call *call, const char *capability)
{
	return call->ops->client_can(call, capability);
}

int
mcp_require(struct mcp_call *call, const char *capability)
{
	return call->ops->require(call, capability);
}

int
mcp_ask(struct mcp_call *call, const char *key, const char *method, struct json_object *params,
	struct json_object **answer)
{
	struct mcp_text text;
	const char *json = "{}";
	size_t len = 2;
	int rc;

	*answer = NULL;
	if (params != NULL)
		json = tree_text(call, params, "A question", &len);
	if (json == NULL)
		return MCP_E_INTERNAL;
	rc = call->ops->ask(call, key, method, json, len, &text);
	if (rc == MCP_OK)
		*answer = mcp_json(call, text.data, text.len);
	return rc;
}

int
mcp_elicit(struct mcp_call *call, const char *key, const char *message, struct json_object *schema,
	   struct json_object **content)
{
	struct json_object *params = mcp_keep(call, json_object_new_object()), *answer;
	const char *action;
	int rc;

	*content = NULL;
	json_object_object_add(params, "mode", json_object_new_string("form"));
	json_object_object_add(params, "message", json_object_new_string(message));
	json_object_object_add(params, "requestedSchema", json_object_get(schema));
	rc = mcp_ask(call, key, "elicitation/create", params, &answer);
	if (rc != MCP_OK)
		return rc;
	action = mcp_get_str(call, answer, "action", "");
	if (strcmp(action, "accept") == 0)
		*content = mcp_get(answer, "content");
	return MCP_OK;
}

void
mcp_log(struct mcp_call *call, enum mcp_level level, const char *format, ...)
{
	char line[1024];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (len > 0)
		call->ops->log(call, level, line,
			       (size_t)len < sizeof(line) ? (size_t)len : sizeof(line) - 1);
}

void
mcp_client_log(struct mcp_call *call, enum mcp_level level, const char *logger,
	       struct json_object *data)
{
	size_t len;
	const char *text = tree_text(call, data, "A message to the client", &len);

	if (text != NULL)
		call->ops->client_log(call, level, logger, text, len);
}

void
mcp_host_log(const struct mcp_host *host, enum mcp_level level, const char *format, ...)
{
	char line[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	host->log(host, level, line);
}

void
mcp_changed(struct mcp_call *call, const char *what)
{
	call->ops->changed(call, what);
}

void
mcp_updated(struct mcp_call *call, const char *uri)
{
	call->ops->updated(call, uri);
}

void
mcp_mask(struct mcp_call *call, const char *value)
{
	call->ops->mask(call, value, strlen(value));
}
