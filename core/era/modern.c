/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Revision 2026-07-28: every request contains in its `_meta` the client and its capabilities, so
 * nothing is kept between two requests. The order of the checks is that of the specification
 * (basic/transports, "Streamable HTTP"); clients can see which check comes first.
 */
#include "era/modern.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/config.h"
#include "era/capabilities.h"
#include "era/inside.h"
#include "era/headers.h"
#include "era/mrtr.h"
#include "era/logging.h"
#include "era/receive.h"
#include "era/server.h"
#include "era/tasks.h"

bool
modern_claim(const struct message *message)
{
	struct json_object *meta = json_obj(message->params, "_meta");

	return meta != NULL && json_object_object_get_ex(meta, META "protocolVersion", NULL);
}

void
modern_receive(struct eras *eras, struct exchange *exchange, struct message *message)
{
	if (message->kind == MESSAGE_REQUEST) {
		request_run(request_new(eras, exchange, NULL,
					exchange->http ? &eras->loose : &eras->pipe.peer,
					&era_modern, message));
		return;
	}
	/* over HTTP a client cancels by closing the stream, so notifications have no meaning
	 * there */
	if (message->kind == MESSAGE_NOTIFICATION && !exchange->http)
		notification_receive(eras, &eras->pipe.peer, message);
	exchange_accept(exchange);
}

/* ---- admission ----------------------------------------------------------------------------- */

static bool
refuse(struct request *request, enum rpc_error error, const char *what)
{
	request_error(request, error, NULL, "%s", what);
	return false;
}

/* Over HTTP the header has the revision too, and both must be the same. */
static bool
check_version(struct request *request, const char *version)
{
	const char *header = version;
	struct json json;
	struct buf data;

	if (request->exchange->http)
		header = request->exchange->ops->header(request->exchange, "MCP-Protocol-Version");
	if (header == NULL)
		return refuse(request, RPC_HEADER_MISMATCH,
			      "the header MCP-Protocol-Version is "
			      "missing: it must repeat the version in params._meta");
	if (strcmp(header, version) != 0)
		return refuse(request, RPC_HEADER_MISMATCH,
			      "the header MCP-Protocol-Version differs from params._meta");
	if (strcmp(version, revision_name(REV_MODERN)) == 0)
		return true;
	buf_init(&data, LIMIT_BODY);
	json_start(&json, &data);
	json_begin(&json, '{');
	json_begin(json_member(&json, "supported"), '[');
	json_string(&json, revision_name(REV_MODERN));
	json_end(&json);
	json_string(json_member(&json, "requested"), version);
	json_end(&json);
	request_error(request, RPC_UNSUPPORTED_VERSION, data.data,
		      "unsupported protocol version; supported are %s", revision_name(REV_MODERN));
	buf_fini(&data);
	return false;
}

static bool
read_capabilities(struct request *request, struct json_object *capabilities)
{
	struct buf text;

	request->capabilities = "{}";
	request->tasks = tasks_declared(capabilities);
	if (json_object_object_length(capabilities) == 0)
		return true;
	request->can = capabilities_read(capabilities, REV_MODERN);
	buf_init(&text, CAPABILITIES_MAX);
	buf_json_tree(&text, capabilities);
	request->own_capabilities = buf_take(&text, NULL);
	if (request->own_capabilities == NULL)
		return refuse(request, RPC_INVALID_META, META "clientCapabilities is too large");
	request->capabilities = request->own_capabilities;
	return true;
}

static bool
read_options(struct request *request, struct json_object *meta)
{
	struct json_object *level = NULL, *token = NULL;
	struct buf raw;

	request->log_level = LEVEL_NONE;
	if (json_object_object_get_ex(meta, META "logLevel", &level)) {
		request->log_level = level_parse(json_str(meta, META "logLevel"));
		if (request->log_level == LEVEL_NONE)
			return refuse(
			    request, RPC_INVALID_META,
			    META "logLevel must be one of "
				 "debug, info, notice, warning, error, critical, alert, emergency");
	}
	if (!json_object_object_get_ex(meta, "progressToken", &token))
		return true;
	if (!message_is_id(token))
		return refuse(request, RPC_INVALID_META,
			      "progressToken must be a string or an integer");
	buf_init(&raw, LIMIT_HANDLE * 6 + 2);
	buf_json_tree(&raw, token);
	request->progress_token = buf_take(&raw, NULL);
	return request->progress_token != NULL ||
	       refuse(request, RPC_INVALID_META, "progressToken is too long");
}

static bool
modern_admit(struct request *request)
{
	struct json_object *meta = json_obj(request->message.params, "_meta");
	const char *version = message_text(meta, META "protocolVersion");
	struct json_object *capabilities = json_obj(meta, META "clientCapabilities");
	char why[256];

	if (version == NULL || capabilities == NULL)
		return refuse(request, RPC_INVALID_META,
			      "params._meta must have \"" META
			      "protocolVersion\" (a string) and \"" META
			      "clientCapabilities\" (an object); "
			      "clients of older revisions send initialize first");
	if (!check_version(request, version))
		return false;
	if (request->exchange->http && headers_check(request, why, sizeof(why)) != NULL)
		return refuse(request, RPC_HEADER_MISMATCH, why);
	return read_capabilities(request, capabilities) && read_options(request, meta);
}

/* ---- results and errors -------------------------------------------------------------------- */

void
modern_wrap(const struct config *config, struct json *out, const struct wrap *wrap)
{
	json_string(json_member(out, "resultType"), wrap->type);
	if (wrap->ttl_ms >= 0) {
		json_number(json_member(out, "ttlMs"), wrap->ttl_ms);
		/* lists depend on the rights of the principal, so they are never public */
		json_string(json_member(out, "cacheScope"), "private");
	}
	json_begin(json_member(out, "_meta"), '{');
	if (wrap->meta != NULL)
		json_splice(out, wrap->meta->data, wrap->meta->len);
	server_info(config, REV_MODERN, json_member(out, META "serverInfo"));
	json_end(out);
}

static void
modern_result(const struct request *request, struct json *out, const struct wrap *wrap)
{
	modern_wrap(request->snapshot->config, out, wrap);
}

static void
modern_error(enum rpc_error error, int *code, int *status)
{
	*code = rpc_error_code(error);
	*status = rpc_error_status(error);
}

const struct era era_modern = {
	.mask = IN_MODERN,
	.cancel_on_close = true,
	.admit = modern_admit,
	.wrap_result = modern_result,
	.wrap_error = modern_error,
	.ask = mrtr_ask,
};
