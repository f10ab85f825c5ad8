/* SPDX-License-Identifier: Apache-2.0 */
/* resources/read and the legacy subscriptions (MCP server/resources). */
#include "era/resources.h"

#include <string.h>

#include "base/json.h"
#include "base/mask.h"
#include "call/call.h"
#include "run/result.h"
#include "config/config.h"
#include "era/inside.h"
#include "era/invoke.h"
#include "era/watch.h"
#include "registry/provider.h"
#include "registry/schema.h"

#define WHY_MAX 1500u

static void
not_found(struct request *request, const char *uri)
{
	struct json json;
	struct buf data;

	buf_init(&data, LIMIT_BODY);
	json_start(&json, &data);
	json_begin(&json, '{');
	json_string(json_member(&json, "uri"), uri);
	json_end(&json);
	request_error(request, RPC_RESOURCE_NOT_FOUND, data.data, "resource not found");
	buf_fini(&data);
}

/* The row for params.uri and the values of its variables; NULL: refused. */
static const struct row *
find(struct request *request, const char **uri, struct json_object **arguments)
{
	const struct row *row;

	*arguments = NULL;
	*uri = request_text(request, "uri");
	if (*uri == NULL)
		return NULL;
	row =
	    registry_resource(request->snapshot->registry, *uri, request_view(request), arguments);
	if (row == NULL)
		not_found(request, *uri);
	return row;
}

void
resources_read(struct request *request)
{
	struct json_object *arguments;
	const char *uri, *before;
	const struct row *row = find(request, &uri, &arguments);
	struct buf why;
	bool fine;

	if (row == NULL)
		return;
	if (arguments == NULL)
		arguments = json_object_new_object();
	buf_init_keeping(&why, WHY_MAX);
	before = mask_enter(row->provider->name); /* the reason quotes the arguments */
	fine = row->tool == NULL || schema_prepare(row->tool->input, arguments, NULL, &why);
	mask_enter(before);
	if (fine)
		invoke(request, row, arguments, uri);
	else
		invoke_refuse(request, NULL, &why);
	buf_fini(&why);
	json_object_put(arguments);
}

/* ---- contents ------------------------------------------------------------------------------ */

static void
begin_content(struct json *out, const char *uri, const char *mime)
{
	json_begin(out, '{');
	json_optional(out, "uri", uri);
	json_optional(out, "mimeType", mime);
}

static void
add_content(struct json *out, const struct row *row, const char *uri,
	    const struct result_block *block)
{
	const char *mime = block->mime != NULL ? block->mime : row->mime;

	/* a link is left out: it names another resource, and the result of a read cannot contain
	 * links */
	if (block->kind == BLOCK_LINK) {
		begin_content(out, uri, "text/uri-list");
		json_string(json_member(out, "text"), block->uri);
		json_end(out);
		return;
	}
	begin_content(out, block->kind == BLOCK_RESOURCE && block->uri ? block->uri : uri, mime);
	if (block->base64 != NULL)
		json_string(json_member(out, "blob"), block->base64);
	else
		json_text(json_member(out, "text"), block->text, block->text_len);
	json_end(out);
}

static bool
is_text(const struct result *result, size_t i)
{
	return i < result->blocks && result->block[i].kind == BLOCK_TEXT;
}

/* Consecutive texts of a tool are joined into one document, because contents have no defined order
 * and many clients read only the first one. Returns the block after them. */
static size_t
add_texts(struct json *out, const struct row *row, const char *uri, const struct result *result,
	  size_t i)
{
	struct buf text;
	size_t size = 0;

	for (size_t k = i; is_text(result, k); k++)
		size += result->block[k].text_len + 1;
	buf_init(&text, size);
	for (; is_text(result, i); i++) {
		if (text.len > 0 && text.data[text.len - 1] != '\n')
			buf_putc(&text, '\n');
		buf_add(&text, result->block[i].text, result->block[i].text_len);
	}
	begin_content(out, uri, row->mime != NULL ? row->mime : "text/plain");
	json_text(json_member(out, "text"), text.data, text.len);
	json_end(out);
	buf_fini(&text);
	return i;
}

/* Structured content, if there is any, is the content of the read; the text beside it is for
 * tools. */
static bool
reads_as_json(const struct row *row, const struct result *result)
{
	return result->structured.len > 0 &&
	       (row->mime == NULL || strcmp(row->mime, "application/json") == 0);
}

static void
write_contents(struct json *out, const struct row *row, const char *uri,
	       const struct result *result)
{
	json_begin(json_member(out, "contents"), '[');
	if (reads_as_json(row, result)) {
		begin_content(out, uri, "application/json");
		json_text(json_member(out, "text"), result->structured.data,
			  result->structured.len);
		json_end(out);
	} else if (result->blocks == 0) {
		begin_content(out, uri, row->mime);
		json_string(json_member(out, "text"), "");
		json_end(out);
	} else {
		for (size_t i = 0; i < result->blocks;) {
			if (is_text(result, i))
				i = add_texts(out, row, uri, result, i);
			else
				add_content(out, row, uri, &result->block[i++]);
		}
	}
	json_end(out);
}

void
resources_answer(struct request *request, const struct result *result)
{
	const char *uri = message_text(request->message.params, "uri");
	struct json *out;

	if (result->failed && result->status == MCP_E_NOT_FOUND) {
		not_found(request, uri);
	} else if (result->failed) {
		invoke_error(request, result);
	} else {
		out = request_begin(request);
		write_contents(out, request->row, uri, result);
		request_end(request, &(struct wrap){ .type = "complete",
						     .ttl_ms = request->call != NULL
								 ? call_fresh_ms(request->call)
								 : 0,
						     .meta = &result->meta });
	}
}

/* ---- subscriptions of a legacy session ----------------------------------------------------- */

/* Over HTTP a resource is watched while the session has an open stream. False: the request was
 * refused. */
static bool
watch_of(struct request *request, const char *uri, struct watch **watch)
{
	*watch = NULL;
	if (request->exchange->http && request->session->stream == NULL)
		return true;
	*watch = watch_resource(request->eras, &request->principal, uri);
	if (*watch == NULL)
		request_error(request, RPC_OVERLOADED, NULL,
			      "%u resources and tasks are watched already, the maximum: try again "
			      "later",
			      WATCHES_MAX);
	return *watch != NULL;
}

void
resources_subscribe(struct request *request)
{
	struct json_object *arguments;
	struct watch *watch;
	const char *uri;

	if (find(request, &uri, &arguments) == NULL)
		return;
	json_object_put(arguments);
	if (!watch_of(request, uri, &watch))
		return;
	if (session_subscribe(request->session, uri, watch))
		request_empty(request);
	else
		request_error(request, RPC_INVALID_PARAMS, NULL,
			      "a session has at most %u subscriptions", SESSION_SUBSCRIPTIONS);
}

void
resources_unsubscribe(struct request *request)
{
	const char *uri = request_text(request, "uri");

	if (uri == NULL)
		return;
	session_unsubscribe(request->session, uri);
	request_empty(request);
}
