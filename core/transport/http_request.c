/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request from its line to its delivery. MHD calls http_on_request() once with the head, then
 * with each piece of the body, then once more. An answer queued in the first call makes MHD close
 * the connection, so that is kept for requests whose rest nobody wants to read; all others are
 * answered in the last call.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "transport/http.h"

#define INVALID_REQUEST (-32600)

void *
http_on_line(void *cls, const char *uri, struct MHD_Connection *mhd)
{
	struct http_connection *connection = http_connection_of(mhd);

	(void)cls;
	(void)uri;
	connection->phase = PHASE_HEAD;
	connection->spoken = true;
	connection->since_ms = clock_ms();
	connection->deadline_ms = connection->since_ms + connection->listener->http->times.head_ms;
	return NULL; /* so that http_on_request() recognises its first call */
}

/* ---- the head ------------------------------------------------------------------------------ */

/* Many clients write the endpoint with a slash behind it; a redirect would lose the body. */
static bool
is_endpoint(const char *path, const char *endpoint)
{
	size_t len = strlen(endpoint);

	return strncmp(path, endpoint, len) == 0 &&
	       (path[len] == '\0' || (path[len] == '/' && path[len + 1] == '\0'));
}

static enum http_route
route_of(const struct http *http, const char *path)
{
	if (is_endpoint(path, http->config->server.endpoint))
		return ROUTE_ENDPOINT;
	if (strcmp(path, "/healthz") == 0)
		return ROUTE_HEALTHZ;
	return strcmp(path, "/readyz") == 0 ? ROUTE_READYZ : ROUTE_NONE;
}

static void
refuse(struct http_connection *connection, int status, const char *why)
{
	connection->refusal =
	    (struct http_refusal){ .status = status, .code = INVALID_REQUEST, .why = why };
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

static void
refuse_method(struct http_connection *connection, const char *allow, const char *why)
{
	refuse(connection, 405, why);
	connection->refusal.field = "Allow";
	connection->refusal.value = allow;
}

/* GET and DELETE on the endpoint are the receiver's to refuse, in the words of the protocol. */
static void
check_method(struct http_connection *connection)
{
	if (connection->route != ROUTE_ENDPOINT) {
		if (!is(connection, "GET") && !is(connection, "HEAD"))
			refuse_method(connection, "GET, HEAD", "only GET and HEAD are served here");
	} else if (is(connection, "OPTIONS") ? !connection->cross
					     : !is(connection, "POST") && !is(connection, "GET") &&
						   !is(connection, "DELETE")) {
		refuse_method(connection, "POST", "messages are sent with POST");
	}
}

static void
refuse_coding(struct http_connection *connection)
{
	refuse(connection, 415, "the body must be sent without a Content-Encoding");
	connection->refusal.field = "Accept-Encoding"; /* RFC 9110, 15.5.16 */
	connection->refusal.value = "identity";
}

static void
check_body(struct http_connection *connection)
{
	const struct http *http = connection->listener->http;
	uint64_t cap = is(connection, "POST") ? http->config->limits.body : HTTP_REFUSED_BODY;

	if (is(connection, "POST") && !is_json(connection->head.content_type))
		refuse(connection, 415, "the Content-Type must be application/json");
	else if (connection->head.coded)
		refuse_coding(connection);
	else if (connection->head.body != UINT64_MAX && connection->head.body > cap)
		refuse(connection, 413, "the body is larger than limits.body allows");
}

/* Is the body not worth waiting for, now that the request is refused? */
static bool
unwanted_body(const struct http_connection *connection)
{
	const struct http_head *head = &connection->head;

	return head->body > 0 && (head->expect != NULL ||
				  (head->body != UINT64_MAX && head->body > HTTP_REFUSED_BODY));
}

static enum MHD_Result
refuse_now(struct http_connection *connection)
{
	connection->unread = true;
	http_answer_refusal(connection);
	return MHD_YES;
}

static enum MHD_Result
begin(struct http_connection *connection, const char *url, const char *method, const char *version)
{
	struct http *http = connection->listener->http;

	connection->method = method;
	connection->phase = PHASE_BODY;
	connection->deadline_ms = clock_ms() + http->times.body_ms;
	connection->counted = true;
	http->requests++;
	http_unattend(connection);
	connection->cross = false;
	http_head_read(connection, version, &connection->refusal);
	if (connection->refusal.status != 0)
		return refuse_now(connection); /* where the next request begins is in doubt */
	http_access_check(connection, &connection->refusal);
	connection->route = route_of(http, url);
	if (connection->refusal.status == 0 && connection->route == ROUTE_NONE)
		refuse(connection, 404, "there is nothing here");
	if (connection->refusal.status == 0)
		check_method(connection);
	if (connection->refusal.status == 0)
		check_body(connection);
	if (connection->refusal.status != 0 && unwanted_body(connection))
		return refuse_now(connection);
	buf_init(&connection->body, connection->refusal.status != 0 || !is(connection, "POST")
					? HTTP_REFUSED_BODY
					: http->config->limits.body);
	return MHD_YES;
}

/* ---- the body ------------------------------------------------------------------------------ */

/* Only a chunked body can turn out too long here. MHD cannot answer in the middle of it, so on a
 * plain socket we do; with TLS the connection just closes. */
static enum MHD_Result
refuse_long(struct http_connection *connection)
{
	connection->unread = true;
	if (!connection->listener->tls)
		http_raw_refusal(connection->fd, 413, "Content Too Large",
				 "the body is larger than limits.body allows");
	return MHD_NO;
}

static enum MHD_Result
take_piece(struct http_connection *connection, const char *piece, size_t len)
{
	if (connection->refusal.status == 0 && is(connection, "POST"))
		buf_add(&connection->body, piece, len);
	else if (len > connection->body.cap) /* thrown away, but counted */
		connection->body.full = true;
	else
		connection->body.cap -= len;
	return buf_ok(&connection->body) ? MHD_YES : refuse_long(connection);
}

/* ---- delivery ------------------------------------------------------------------------------ */

static void
answer_health(struct http_connection *connection)
{
	const struct http *http = connection->listener->http;
	const char *why = NULL;

	if (connection->route == ROUTE_READYZ)
		why = http->draining	  ? "shutting down"
		    : http->ready != NULL ? http->ready(http->ready_data)
					  : NULL;
	if (why == NULL)
		why = "ok";
	else
		connection->refusal.status = 503;
	http_answer(connection, connection->refusal.status == 0 ? 200 : 503, "text/plain", why,
		    strlen(why));
}

/* The receiver has returned: sends what it left, or waits. */
static enum MHD_Result
after_delivery(struct http_connection *connection)
{
	if (connection->answer != NULL) {
		struct MHD_Response *answer = connection->answer;

		connection->answer = NULL;
		return http_queue(connection, connection->answer_status, answer);
	}
	if (!connection->open && !connection->streaming)
		return MHD_NO; /* no memory for the answer */
	if (connection->open)
		hangup_watch(connection);
	http_attend(connection);
	if (connection->streaming && http_queue_stream(connection) != MHD_YES)
		return MHD_NO;
	if (!connection->streaming)
		http_suspend(connection);
	if (connection->open && connection->left) {
		http_lost(connection);
		http_drop(connection);
	}
	return MHD_YES;
}

static enum MHD_Result
deliver(struct http_connection *connection)
{
	const struct http *http = connection->listener->http;
	struct exchange *exchange = &connection->exchange;

	connection->phase = PHASE_HELD;
	connection->deadline_ms = 0;
	connection->open = true;
	connection->told = false;
	connection->streaming = false;
	exchange->principal = http->principal;
	exchange->closed = false;
	exchange->takes_json = accept_json(&connection->head.accept);
	exchange->on_close = NULL;
	exchange->owner = NULL;
	connection->inside = true;
	if (is(connection, "POST"))
		http->receiver.message(http->receiver.data, exchange, connection->body.data,
				       connection->body.len);
	else
		http->receiver.other(http->receiver.data, exchange, connection->method);
	connection->inside = false;
	buf_fini(&connection->body);
	return after_delivery(connection);
}

static enum MHD_Result
answer(struct http_connection *connection)
{
	if (connection->refusal.status != 0) {
		http_answer_refusal(connection);
	} else if (connection->route != ROUTE_ENDPOINT) {
		answer_health(connection);
	} else if (is(connection, "OPTIONS")) {
		struct MHD_Response *response = http_preflight(connection);

		return response != NULL ? http_queue(connection, 204, response) : MHD_NO;
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
	if (connection == NULL) {
		*request = connection = http_connection_of(mhd);
		return begin(connection, url, method, version);
	}
	if (connection->gone)
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

	(void)cls;
	*request = NULL;
	if (connection->open)
		http_lost(connection);
	if (code != MHD_REQUEST_TERMINATED_COMPLETED_OK)
		connection->unread = true;
	loop_timer_stop(http->loop, &connection->tick);
	if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK && connection->phase != PHASE_STREAM)
		http_unattend(connection);
	if (connection->counted)
		http->requests--;
	connection->counted = false;
	connection->suspended = false;
	connection->streaming = false;
	connection->phase = PHASE_IDLE;
	connection->looked = false;
	http_recv_completed(connection);
	connection->since_ms = clock_ms();
	connection->deadline_ms = connection->since_ms + http->times.idle_ms;
	buf_fini(&connection->body);
	sse_fini(&connection->sse);
}
