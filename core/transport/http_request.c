/* SPDX-License-Identifier: Apache-2.0 */
/* MHD calls http_on_request() once with the header, then with each piece of the body, then once
 * more. An answer queued in the first call makes MHD close the connection. So only requests whose
 * body is not wanted are answered in the first call; all others are answered in the last call. */
#include "transport/http_request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/auth.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/url.h"
#include "config/oauth.h"
#include "config/snapshot.h"
#include "rpc/error.h"
#include "transport/hangup.h"
#include "transport/http_access.h"
#include "transport/http_answer.h"
#include "transport/http_connection.h"
#include "transport/http_head.h"
#include "transport/mhd.h"

/* A larger body of a refused request is not read. A body that is only too large is read for the id
 * of its request, up to this many times limits.body. */
#define REFUSED_BODY 65536u
#define RECOVER_BODIES 4u
#define METRICS_TEXT_MAX (16u << 20) /* bytes of /metrics: METRICS_SERIES_MAX series fit */

void *
http_on_line(void *cls, const char *uri, struct MHD_Connection *mhd)
{
	struct http_connection *connection = http_connection_of(mhd);

	(void)cls;
	(void)uri;
	http_phase_move(connection, PHASE_HEAD);
	connection->begun++;
	CHECK(connection->gate.requests >=
	      connection->begun); /* or the bytes did not pass the gate: see mhd.h */
	connection->since_ms = clock_ms();
	connection->deadline_ms = connection->since_ms + connection->listener->http->times.head_ms;
	return NULL; /* a value by which http_on_request() recognises its first call */
}

/* ---- the head ------------------------------------------------------------------------------ */

/* Many clients write the endpoint with a slash at the end; a redirect would lose the body. */
static bool
is_endpoint(const char *path, const char *endpoint)
{
	size_t len = strlen(endpoint);

	return strncmp(path, endpoint, len) == 0 &&
	       (path[len] == '\0' || (path[len] == '/' && path[len + 1] == '\0'));
}

/* RFC 9728, 3.1: with the path of the resource. A proxy may give the endpoint another path than
 * clients see, and some clients ask without any path. */
static bool
is_metadata(const struct http *http, const char *path)
{
	const struct config_oauth *oauth = http->config->auth.oauth;
	struct url url;

	if (oauth == NULL || strncmp(path, OAUTH_METADATA, strlen(OAUTH_METADATA)) != 0)
		return false;
	path += strlen(OAUTH_METADATA);
	return *path == '\0' || is_endpoint(path, http->config->server.endpoint) ||
	       (url_split(oauth->resource, &url) == NULL && strcmp(path, url.rest) == 0);
}

static enum http_route
route_of(const struct http *http, const char *path)
{
	if (is_endpoint(path, http->config->server.endpoint))
		return ROUTE_ENDPOINT;
	if (strcmp(path, "/healthz") == 0)
		return ROUTE_HEALTHZ;
	if (is_metadata(http, path))
		return ROUTE_METADATA;
	if (strcmp(path, "/readyz") == 0)
		return ROUTE_READYZ;
	return http->metrics != NULL && strcmp(path, "/metrics") == 0 ? ROUTE_METRICS : ROUTE_NONE;
}

static void
refuse(struct http_connection *connection, int status, const char *why)
{
	connection->refusal = (struct http_refusal){ .status = status,
						     .code = rpc_error_code(RPC_INVALID_REQUEST),
						     .why = why };
}

static bool
is_json(const char *content_type)
{
	size_t len;

	if (content_type == NULL)
		return false;
	len = strcspn(content_type, " \t;");
	return len == strlen("application/json") &&
	       strncasecmp(content_type, "application/json", len) == 0;
}

static bool
is(const struct http_connection *connection, const char *method)
{
	return strcmp(connection->method, method) == 0;
}

/* GET and DELETE on the endpoint are refused by the receiver, in the form of the protocol. */
static void
check_method(struct http_connection *connection)
{
	bool endpoint = connection->route == ROUTE_ENDPOINT, allowed;

	if (connection->route == ROUTE_METADATA && is(connection, "OPTIONS"))
		allowed = true;
	else if (!endpoint)
		allowed = is(connection, "GET") || is(connection, "HEAD");
	else if (is(connection, "OPTIONS"))
		allowed = connection->cors != NULL; /* a preflight */
	else
		allowed =
		    is(connection, "POST") || is(connection, "GET") || is(connection, "DELETE");
	if (allowed)
		return;
	refuse(connection, 405,
	       endpoint ? "messages must be sent with POST"
			: "only GET and HEAD are allowed "
			  "here");
	connection->refusal.field = "Allow";
	connection->refusal.value = endpoint ? "POST" : "GET, HEAD";
}

/* A preflight of a web page has no credential; its answer has only names of headers. The body of a
 * sender that is refused is not read at all. */
static void
check_sender(struct http_connection *connection)
{
	if (connection->route == ROUTE_METRICS)
		http_check_reader(connection, &connection->refusal);
	else if (connection->route == ROUTE_ENDPOINT && !is(connection, "OPTIONS"))
		http_authenticate(connection, &connection->refusal);
	if (connection->refusal.status != 0)
		connection->unwanted = 0;
}

/* Handles a body that is too large: it is still read for the id, unless the sender waits for a
 * permission to send it. */
static void
refuse_long(struct http_connection *connection)
{
	refuse(connection, 413, "the body is larger than limits.body allows");
	if (!is(connection, "POST") || connection->head.expect != NULL)
		return;
	CHECK(connection->recover == NULL);
	connection->recover = xcalloc(1, sizeof(*connection->recover));
	connection->unwanted =
	    RECOVER_BODIES * (uint64_t)connection->listener->http->config->limits.body;
	connection->moved_ms = clock_ms();
}

static void
check_body(struct http_connection *connection)
{
	const struct http *http = connection->listener->http;
	uint64_t cap = is(connection, "POST") ? http->config->limits.body : REFUSED_BODY;

	if (is(connection, "POST") && !is_json(connection->head.content_type)) {
		refuse(connection, 415, "the Content-Type must be application/json");
	} else if (connection->head.coded) {
		refuse(connection, 415, "the body must not have a Content-Encoding");
		connection->refusal.field = "Accept-Encoding"; /* RFC 9110, 15.5.16 */
		connection->refusal.value = "identity";
	} else if (connection->head.body != UINT64_MAX && connection->head.body > cap) {
		refuse_long(connection);
	}
}

/* Is reading the body useless, because the request is refused? */
static bool
unwanted_body(const struct http_connection *connection)
{
	const struct http_head *head = &connection->head;

	return head->body > 0 && (head->expect != NULL || connection->unwanted == 0 ||
				  (head->body != UINT64_MAX && head->body > connection->unwanted));
}

static enum MHD_Result
refuse_now(struct http_connection *connection)
{
	http_unread(connection);
	http_answer_refusal(connection);
	return MHD_YES;
}

/* Splits a target in absolute form into its path and its host. Any other target stays unchanged. */
static const char *
target_path(const char *target, struct url *url, const struct url **named)
{
	*named = NULL;
	if (*target == '/' || url_split(target, url) != NULL)
		return target;
	*named = url;
	return *url->rest == '\0' ? "/" : url->rest;
}

static void
check_request(struct http_connection *connection, const char *target)
{
	const struct url *named;
	struct url url;
	const char *path = target_path(target, &url, &named);

	connection->route = route_of(connection->listener->http, path);
	if (connection->route == ROUTE_METADATA)
		connection->cors = "*"; /* public: any page may read where to log in */
	else
		http_access_check(connection, named, &connection->refusal);
	if (connection->refusal.status == 0 && connection->route == ROUTE_NONE)
		refuse(connection, 404, "this path does not exist");
	if (connection->refusal.status == 0)
		check_sender(connection);
	if (connection->refusal.status == 0)
		check_method(connection);
	if (connection->refusal.status == 0)
		check_body(connection);
}

static enum MHD_Result
begin(struct http_connection *connection, const char *target, const char *method)
{
	struct http *http = connection->listener->http;

	http_phase_move(connection, PHASE_BODY);
	http->requests++;
	connection->method = method;
	mhd_busy(connection, method);
	connection->deadline_ms = clock_ms() + http->times.body_ms;
	connection->cors = NULL;
	connection->unwanted = REFUSED_BODY;
	connection->exchange.principal = (struct principal){ .access = ACCESS_NONE };
	CHECK(connection->snapshot == NULL);
	connection->snapshot = snapshot_hold(http->snapshot);
	mhd_attend(connection, false);
	http_head_read(connection, &connection->refusal);
	if (connection->refusal.status != 0)
		return refuse_now(connection);
	check_request(connection, target);
	if (connection->refusal.status != 0 && unwanted_body(connection))
		return refuse_now(connection);
	buf_init(&connection->body, http->config->limits.body);
	return MHD_YES;
}

/* ---- the body ------------------------------------------------------------------------------ */

/* MHD cannot answer in the middle of a body, so this function sends the answer. */
static enum MHD_Result
cut_off(struct http_connection *connection)
{
	const char *why = "the body is larger than limits.body allows";

	http_unread(connection);
	http_raw_refusal(connection, 413, why);
	return MHD_NO;
}

/* Reads a piece of a body that is dropped, only to find the id in it. */
static enum MHD_Result
throw_away(struct http_connection *connection, const char *piece, size_t len)
{
	if (len > connection->unwanted)
		return cut_off(connection);
	connection->unwanted -= len;
	if (connection->recover != NULL)
		recover_feed(connection->recover, piece, len);
	connection->moved_ms = clock_ms();
	return MHD_YES;
}

static enum MHD_Result
take_piece(struct http_connection *connection, const char *piece, size_t len)
{
	struct buf *body = &connection->body;

	CHECK(connection->phase == PHASE_BODY);
	if (connection->refusal.status != 0 || !is(connection, "POST"))
		return throw_away(connection, piece, len);
	if (len <= body->cap - body->len) {
		buf_add(body, piece, len);
		return buf_ok(body) ? MHD_YES : cut_off(connection); /* out of memory */
	}
	refuse_long(connection); /* the body comes in chunks, so its size is known only now */
	if (connection->recover != NULL)
		recover_feed(connection->recover, body->data, body->len);
	buf_fini(body);
	return throw_away(connection, piece, len);
}

/* ---- delivery ------------------------------------------------------------------------------ */

static void
answer_metadata(struct http_connection *connection)
{
	const char *document = auth_metadata(connection->listener->http->auth);

	CHECK(document != NULL);
	http_answer(connection, 200, "application/json", document, strlen(document));
}

static void
answer_health(struct http_connection *connection)
{
	const struct http *http = connection->listener->http;
	const char *why = NULL;

	if (connection->route == ROUTE_READYZ && http->doors == DOORS_CLOSED)
		why = "shutting down";
	else if (connection->route == ROUTE_READYZ && http->ready != NULL)
		why = http->ready(http->ready_data);
	if (why == NULL)
		http_answer(connection, 200, "text/plain", "ok", 2);
	else
		http_answer(connection, 503, "text/plain", why, strlen(why));
}

static void
answer_metrics(struct http_connection *connection)
{
	const struct http *http = connection->listener->http;
	struct buf text;

	buf_init(&text, METRICS_TEXT_MAX);
	http->metrics(http->metrics_data, &text);
	if (buf_ok(&text))
		http_answer(connection, 200, "text/plain; version=0.0.4; charset=utf-8", text.data,
			    text.len);
	else
		http_answer(connection, 500, "text/plain", "too large", strlen("too large"));
	buf_fini(&text);
}

/* Called when the receiver has returned: sends its answer, or waits. */
static enum MHD_Result
after_delivery(struct http_connection *connection)
{
	struct MHD_Response *answer = connection->answer;
	bool stream = connection->sse.state != SSE_NONE;

	connection->answer = NULL;
	if (answer != NULL)
		return http_queue(connection, connection->answer_status, answer) ? MHD_YES : MHD_NO;
	if (connection->held == EXCHANGE_NONE && !stream)
		return MHD_NO; /* there is no memory for the answer */
	if (connection->held != EXCHANGE_NONE)
		hangup_watch(connection);
	mhd_attend(connection, true);
	if (!stream)
		http_suspend(connection, PHASE_WAIT);
	else if (!http_queue_stream(connection))
		return MHD_NO;
	if (connection->held != EXCHANGE_NONE && connection->socket == SOCKET_LEFT) {
		http_lost(connection);
		http_drop(connection);
	}
	return MHD_YES;
}

/* An event stream may be open for days. */
static void
forget_snapshot(struct http_connection *connection)
{
	snapshot_release(connection->snapshot);
	connection->snapshot = NULL;
}

static enum MHD_Result
deliver(struct http_connection *connection)
{
	const struct http *http = connection->listener->http;
	struct exchange *exchange = &connection->exchange;

	http_phase_move(connection, PHASE_DELIVERY);
	http_held_move(connection, EXCHANGE_OPEN);
	CHECK(connection->sse.state == SSE_NONE && connection->answer == NULL);
	connection->deadline_ms = 0;
	CHECK(exchange->principal.name[0] != '\0'); /* http_authenticate() */
	exchange->takes_json = accept_json(&connection->head.accept);
	exchange->on_close = NULL;
	exchange->owner = NULL;
	if (is(connection, "POST"))
		http->receiver.message(http->receiver.data, exchange, connection->body.data,
				       connection->body.len);
	else
		http->receiver.other(http->receiver.data, exchange, connection->method);
	forget_snapshot(connection);
	buf_fini(&connection->body);
	if (connection->phase == PHASE_ABORTED)
		return MHD_NO;
	return after_delivery(connection);
}

/* There was a reload while the body was read. */
static void
check_again(struct http_connection *connection)
{
	snapshot_release(connection->snapshot);
	connection->snapshot = snapshot_hold(connection->listener->http->snapshot);
	connection->exchange.principal = (struct principal){ .access = ACCESS_NONE };
	check_sender(connection);
}

static enum MHD_Result
answer(struct http_connection *connection)
{
	if (connection->refusal.status == 0 &&
	    connection->snapshot != connection->listener->http->snapshot)
		check_again(connection);
	if (connection->refusal.status != 0) {
		http_answer_refusal(connection);
	} else if (is(connection, "OPTIONS")) {
		struct MHD_Response *response = http_preflight(connection);

		return response != NULL && http_queue(connection, 204, response) ? MHD_YES : MHD_NO;
	} else if (connection->route == ROUTE_METADATA) {
		answer_metadata(connection);
	} else if (connection->route == ROUTE_METRICS) {
		answer_metrics(connection);
	} else if (connection->route != ROUTE_ENDPOINT) {
		answer_health(connection);
	} else {
		return deliver(connection);
	}
	return MHD_YES;
}

/* -------------------------------------------------------------------------------------------- */

enum MHD_Result
http_on_request(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
		const char *version, const char *upload, size_t *size, void **request)
{
	struct http_connection *connection = *request;
	size_t len = *size;

	(void)cls;
	(void)version;
	if (connection == NULL) {
		*request = connection = http_connection_of(mhd);
		return begin(connection, url, method);
	}
	if (connection->socket == SOCKET_DROPPED)
		return MHD_NO;
	*size = 0;
	return len > 0 ? take_piece(connection, upload, len) : answer(connection);
}

void
http_on_completed(void *cls, struct MHD_Connection *mhd, void **request,
		  enum MHD_RequestTerminationCode code)
{
	struct http_connection *connection = http_connection_of(mhd);
	struct http *http = connection->listener->http;
	bool streamed = connection->phase == PHASE_STREAM;

	(void)cls;
	*request = NULL;
	if (!http_has_request(connection)) { /* the connection ends between two requests */
		CHECK(connection->held == EXCHANGE_NONE);
		if (code != MHD_REQUEST_TERMINATED_COMPLETED_OK)
			http_unread(connection);
		return;
	}
	CHECK(http->requests > 0);
	http_lost(connection);
	if (code != MHD_REQUEST_TERMINATED_COMPLETED_OK)
		http_unread(connection);
	else if (!streamed)
		mhd_attend(connection, false);
	loop_timer_stop(http->loop, &connection->tick);
	http_phase_move(connection, PHASE_FRESH);
	http->requests--;
	connection->completed++;
	mhd_completed(connection);
	connection->since_ms = clock_ms();
	connection->deadline_ms = connection->since_ms + http->times.idle_ms;
	connection->cors = NULL;
	forget_snapshot(connection);
	free(connection->recover);
	connection->recover = NULL;
	buf_fini(&connection->body);
	sse_fini(&connection->sse);
}
