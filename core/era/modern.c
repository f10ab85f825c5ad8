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
	return message->meta[META_VERSION] != NULL;
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
read_capabilities(struct request *request, const char *text)
{
	struct json_object *capabilities;

	request->capabilities = "{}";
	if (strcmp(text, "{}") == 0)
		return true;
	if (strlen(text) > CAPABILITIES_MAX)
		return refuse(request, RPC_INVALID_META, META "clientCapabilities is too large");
	capabilities = json_parse(text, strlen(text), &json_inbound, NULL, NULL);
	request->tasks = tasks_declared(capabilities);
	request->can = capabilities_read(capabilities, REV_MODERN);
	json_object_put(capabilities);
	request->own_capabilities = xstrdup(text);
	request->capabilities = request->own_capabilities;
	return true;
}

static bool
read_options(struct request *request)
{
	const char *level = request->message.meta[META_LOG_LEVEL];
	const char *token = request->message.meta[META_TOKEN];

	request->log_level = LEVEL_NONE;
	if (level != NULL) {
		request->log_level = level_parse(level);
		if (request->log_level == LEVEL_NONE)
			return refuse(
			    request, RPC_INVALID_META,
			    META "logLevel must be one of "
				 "debug, info, notice, warning, error, critical, alert, emergency");
	}
	if (token == NULL)
		return true;
	if (!message_is_token(token))
		return refuse(request, RPC_INVALID_META,
			      "progressToken must be a string or an integer of at most 1024 bytes");
	request->progress_token = xstrdup(token);
	return true;
}

static bool
modern_admit(struct request *request)
{
	const char *version = request->message.meta[META_VERSION];
	const char *capabilities = request->message.meta[META_CAPABILITIES];
	char why[256];

	if (version == NULL || *version == '\0' || capabilities == NULL || *capabilities != '{')
		return refuse(request, RPC_INVALID_META,
			      "params._meta must have \"" META
			      "protocolVersion\" (a string) and \"" META
			      "clientCapabilities\" (an object); "
			      "clients of older revisions send initialize first");
	if (!check_version(request, version))
		return false;
	if (request->exchange->http && headers_check(request, why, sizeof(why)) != NULL)
		return refuse(request, RPC_HEADER_MISMATCH, why);
	return read_capabilities(request, capabilities) && read_options(request);
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
