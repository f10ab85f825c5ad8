/* SPDX-License-Identifier: Apache-2.0 */
/* The revisions before 2026-07-28: initialize, a session, and questions that are real requests to
 * the client. Only this adapter knows sessions. */
#include "era/legacy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "config/config.h"
#include "era/capabilities.h"
#include "era/client_requests.h"
#include "era/inside.h"
#include "era/logging.h"
#include "era/receive.h"
#include "era/server.h"

bool
legacy_version(const char *name)
{
	enum revision revision;

	return revision_parse(name, &revision) && revision <= REV_LEGACY_NEWEST;
}

/* ---- the exchange -------------------------------------------------------------------------- */

/* Most answers are JSON, so a client that accepts only JSON is served too, but messages that need a
 * stream are not sent to it. A client that does not accept JSON could not read an answer. */
static bool
check_accept(struct eras *eras, struct exchange *exchange, const char *id)
{
	if (exchange->takes_json)
		return true;
	exchange_refuse(eras, exchange, 406, id, rpc_error_code(RPC_INVALID_REQUEST),
			"Accept must allow application/json, and text/event-stream for streams");
	return false;
}

struct session *
legacy_session(struct eras *eras, struct exchange *exchange, const char *id)
{
	if (!exchange->http)
		return &eras->pipe;
	return check_accept(eras, exchange, id) ? legacy_session_named(eras, exchange, id) : NULL;
}

struct session *
legacy_session_named(struct eras *eras, struct exchange *exchange, const char *id)
{
	struct session *session;
	const char *name;
	bool busy;

	name = exchange->ops->header(exchange, "Mcp-Session-Id");
	if (name == NULL) {
		exchange_refuse(
		    eras, exchange, 400, id, rpc_error_code(RPC_INVALID_REQUEST),
		    "the header Mcp-Session-Id is missing: send initialize first, or set the "
		    "protocol version in params._meta");
		return NULL;
	}
	session = session_find(eras->sessions, exchange->principal.name, name, &busy);
	if (session == NULL && busy)
		exchange_refuse(eras, exchange, 503, id, rpc_error_code(RPC_OVERLOADED),
				"too many sessions have running requests: try again later");
	else if (session == NULL)
		exchange_refuse(eras, exchange, 404, id, rpc_error_code(RPC_UNKNOWN_SESSION),
				"the session does not exist or has expired: send initialize "
				"again");
	else if (!session->numbered)
		session->heard = eras->changes;
	if (session != NULL)
		session->numbered = true;
	return session;
}

void
legacy_message(struct eras *eras, struct exchange *exchange, struct session *session,
	       struct batch *batch, struct message *message)
{
	struct request *request;

	if (message->kind == MESSAGE_REQUEST) {
		request = request_new(eras, exchange, batch, &session->peer, &era_legacy, message);
		request->session = session;
		request->revision = session->revision;
		request_run(request);
		return;
	}
	if (message->kind == MESSAGE_NOTIFICATION)
		notification_receive(eras, &session->peer, message);
	else
		client_requests_answered(eras, &session->peer, message);
	if (batch == NULL)
		exchange_accept(exchange);
}

/* The first message over HTTP belongs to no session yet. */
static void
initialize_receive(struct eras *eras, struct exchange *exchange, struct message *message)
{
	const char *id = exchange->ops->header(exchange, "Mcp-Session-Id");
	bool busy;

	if (!check_accept(eras, exchange, message->id))
		return;
	if (id != NULL && session_find(eras->sessions, exchange->principal.name, id, &busy) != NULL)
		exchange_refuse(eras, exchange, 400, message->id,
				rpc_error_code(RPC_INVALID_REQUEST),
				"this session is already initialized");
	else
		request_run(request_new(eras, exchange, NULL, &eras->loose, &era_legacy, message));
}

void
legacy_receive(struct eras *eras, struct exchange *exchange, struct message *message)
{
	struct session *session;

	if (exchange->http && message->kind == MESSAGE_REQUEST &&
	    strcmp(message->method, "initialize") == 0) {
		initialize_receive(eras, exchange, message);
		return;
	}
	session = legacy_session(eras, exchange, message->id);
	if (session != NULL)
		legacy_message(eras, exchange, session, NULL, message);
}

/* ---- initialize ---------------------------------------------------------------------------- */

static void
log_client(const struct request *request, const char *asked)
{
	struct json_object *client = json_obj(request->message.params, "clientInfo");

	log_event(LOG_INFO, "initialize", "client", "s", json_str(client, "name"), "version", "s",
		  json_str(client, "version"), "asked", "s", asked, "revision", "s",
		  revision_name(request->revision), NULL);
}

static void
session_make(struct request *request, unsigned can)
{
	struct json_object *info = json_obj(request->message.params, "clientInfo");
	struct eras *eras = request->eras;
	const char *name, *version;
	struct session_client client;
	struct buf id;

	name = json_str(info, "name");
	version = json_str(info, "version");
	snprintf(client.name, sizeof(client.name), "%s", name != NULL ? name : "");
	snprintf(client.version, sizeof(client.version), "%s", version != NULL ? version : "");
	if (!request->exchange->http) {
		session_begin(&eras->pipe, request->revision, can);
		eras->pipe.client = client;
		return;
	}
	buf_init(&id, LIMIT_HANDLE);
	session_mint(eras->sessions, request->principal.name, request->revision, can, &client, &id);
	request->session_id = buf_take(&id, NULL);
}

void
legacy_initialize(struct request *request)
{
	struct json_object *params = request->message.params;
	const char *asked;
	struct json *out;

	if (request->session != NULL && request->session->state != SESSION_NONE) {
		request_error(request, RPC_INVALID_REQUEST, NULL,
			      "this session is already initialized");
		return;
	}
	asked = request_text(request, "protocolVersion");
	if (asked == NULL)
		return;
	if (!revision_parse(asked, &request->revision) || request->revision > REV_LEGACY_NEWEST)
		request->revision = REV_LEGACY_NEWEST;
	session_make(request,
		     capabilities_read(json_obj(params, "capabilities"), request->revision));
	log_client(request, asked);
	out = request_begin(request);
	json_string(json_member(out, "protocolVersion"), revision_name(request->revision));
	server_capabilities(request, json_member(out, "capabilities"));
	server_info(request->snapshot->config, request->revision, json_member(out, "serverInfo"));
	json_string(json_member(out, "instructions"),
		    server_instructions(request->snapshot->config));
	request_end(request, &(struct wrap){ .ttl_ms = -1 });
}

/* ---- the era ------------------------------------------------------------------------------- */

static bool
legacy_admit(struct request *request)
{
	const char *token = request->message.meta[META_TOKEN];
	bool initialize = strcmp(request->message.method, "initialize") == 0;
	struct session *session = request->session;

	if (initialize && request->batch != NULL) {
		request_error(request, RPC_INVALID_REQUEST, NULL,
			      "initialize must not be in a batch");
		return false;
	}
	request->capabilities = session != NULL ? session->capabilities : "{}";
	request->log_level = session != NULL ? session->log_level : LEVEL_NONE;
	if (session != NULL && !initialize)
		session_spoke(session);
	if (token != NULL && message_is_token(token))
		request->progress_token = xstrdup(token);
	return true;
}

static void
legacy_result(const struct request *request, struct json *out, const struct wrap *wrap)
{
	(void)request;
	if (wrap->meta == NULL || wrap->meta->len == 0)
		return;
	json_begin(json_member(out, "_meta"), '{');
	json_splice(out, wrap->meta->data, wrap->meta->len);
	json_end(out);
}

/* Errors of a session are sent in a response with status 200: 404 would mean an expired session. */
static void
legacy_error(enum rpc_error error, int *code, int *status)
{
	*code = error == RPC_RESOURCE_NOT_FOUND ? -32002 : rpc_error_code(error);
	*status = error == RPC_INVALID_REQUEST ? 400 : error == RPC_INSUFFICIENT_SCOPE ? 403 : 200;
}

const struct era era_legacy = {
	.mask = IN_LEGACY,
	.cancel_on_close = false,
	.admit = legacy_admit,
	.wrap_result = legacy_result,
	.wrap_error = legacy_error,
	.ask = client_requests_send,
};
