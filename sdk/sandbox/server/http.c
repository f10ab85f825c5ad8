/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server: one thread for each connection (libmicrohttpd with poll), so that a handler may
 * block. Order of a request: URI, headers, authentication and routing, body, fault or handler,
 * answer.
 */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"

enum {
	CONNECTION_MEMORY = 64 * 1024,
	CONNECTION_LIMIT = 2048,
	CONNECTION_STACK = 512 * 1024,
	IDLE_SECONDS = 120,
	STREAM_BLOCK = 32 * 1024,
};

struct http {
	struct MHD_Connection *conn;
	struct request req;
	char *uri;
	const struct route *route;
	int64_t started_ms;
	bool begun, too_large;
};

static struct MHD_Daemon *http_daemon;

const char *
request_header(const struct request *req, const char *name)
{
	return MHD_lookup_connection_value(req->http->conn, MHD_HEADER_KIND, name);
}

struct header_visit {
	void (*fn)(void *arg, const char *name, const char *value);
	void *arg;
};

static enum MHD_Result
visit_header(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct header_visit *visit = cls;

	(void)kind;
	visit->fn(visit->arg, name, value != NULL ? value : "");
	return MHD_YES;
}

void
http_headers(const struct request *req, void (*fn)(void *arg, const char *name, const char *value),
	     void *arg)
{
	struct header_visit visit = { fn, arg };

	MHD_get_connection_values(req->http->conn, MHD_HEADER_KIND, visit_header, &visit);
}

void
http_linger_reset(struct request *req)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(req->http->conn, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };

	if (info != NULL)
		setsockopt(info->connect_fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

/* ---- allowed origins ---- */

/* Accepts "127.0.0.1:80", "localhost", "[::1]:80": a web page of another origin cannot send these
 * values. */
static bool
is_loopback_host(const char *host)
{
	static const char *const names[] = { "127.0.0.1", "localhost", "[::1]" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		size_t len = strlen(names[i]);

		if (strncasecmp(host, names[i], len) == 0 &&
		    (host[len] == '\0' || host[len] == ':'))
			return true;
	}
	return strncmp(host, options.host, strlen(options.host)) == 0 &&
	       (host[strlen(options.host)] == '\0' || host[strlen(options.host)] == ':');
}

static bool
origin_allowed(struct request *req)
{
	const char *host = request_header(req, "Host");
	const char *origin = request_header(req, "Origin");
	const char *authority = origin != NULL ? strstr(origin, "://") : NULL;

	if (host != NULL && !is_loopback_host(host))
		return false;
	return origin == NULL || (authority != NULL && is_loopback_host(authority + 3));
}

/* ---- before the body ---- */

static bool
open_upload(struct request *req)
{
	char *name;
	char hex[33];

	id_hex(hex, 32);
	name = xprintf("tmp/%s", hex);
	req->upload_fd = openat(req->ws->dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (req->upload_fd < 0) {
		free(name);
		reply_error(req, 500, "INTERNAL_ERROR", "Cannot store the upload: %s",
			    strerror(errno));
		return false;
	}
	req->upload_path = name;
	return true;
}

/* Decides by the headers. An answer that is made here is sent after the body was discarded. */
static void
admit(struct http *http)
{
	struct request *req = &http->req;

	if (!origin_allowed(req)) {
		reply_error(req, 403, "PERMISSION_DENIED",
			    "The sandbox answers loopback hosts and origins only.");
		return;
	}
	if (req->path == NULL) {
		reply_error(req, 400, "BAD_REQUEST", "The path or query is not decodable UTF-8.");
		return;
	}
	http->route = route_find(req);
	if (http->route == NULL || !(http->route->flags & (ROUTE_OPEN | ROUTE_ADMIN)))
		if (!auth_check(req))
			return;
	if (http->route == NULL) {
		reply_error(req, 404, "ENDPOINT_NOT_FOUND", "No API found for '%s %s'", req->method,
			    req->path);
		return;
	}
	if (http->route->flags & ROUTE_UPLOAD)
		open_upload(req);
}

static enum MHD_Result
take_body(struct http *http, const char *data, size_t len)
{
	struct request *req = &http->req;

	req->body_size += (int64_t)len;
	if (req->body_size > MAX_UPLOAD)
		return MHD_NO;
	if (req->reply != NULL)
		return MHD_YES;
	if (req->upload_fd >= 0) {
		if (!write_all(req->upload_fd, data, len))
			reply_error(req, 500, "INTERNAL_ERROR", "Cannot store the upload: %s",
				    strerror(errno));
		return MHD_YES;
	}
	buf_add(&req->raw, data, len);
	if (!buf_ok(&req->raw))
		reply_error(req, 413, "REQUEST_LIMIT_EXCEEDED", "The body is over %d bytes.",
			    MAX_JSON_BODY);
	return MHD_YES;
}

/* ---- running the handler ---- */

static bool
parse_body(struct http *http)
{
	struct request *req = &http->req;

	if (http->route->flags & (ROUTE_RAW_BODY | ROUTE_UPLOAD))
		return true;
	if (req->raw.len == 0) {
		req->body = json_object_new_object();
		return true;
	}
	req->body = json_parse(req->raw.data, req->raw.len);
	if (json_object_is_type(req->body, json_type_object))
		return true;
	reply_error(req, 400, "MALFORMED_REQUEST",
		    "Invalid JSON given in the body of the request"
		    " - expected a map");
	return false;
}

/* The writes of one handler are one transaction: all of them are stored, or, after a failure of the
 * database, no write is. */
static void
run_locked(struct http *http)
{
	struct request *req = &http->req;
	bool writes = strcmp(req->method, "GET") != 0 && strcmp(req->method, "HEAD") != 0;

	if (req->ws == NULL || (http->route->flags & ROUTE_UNLOCKED)) {
		http->route->handle(req);
		return;
	}
	ws_lock(req->ws);
	req->ws->db_failed = false;
	if (writes)
		db_run(req->ws, "BEGIN", "");
	http->route->handle(req);
	if (writes && sqlite3_get_autocommit(req->ws->db) == 0)
		db_run(req->ws, req->ws->db_failed ? "ROLLBACK" : "COMMIT", "");
	if (req->ws->db_failed)
		reply_error(req, 500, "INTERNAL_ERROR",
			    "The sandbox could not use its state "
			    "database. The log of the sandbox says why.");
	ws_unlock(req->ws);
}

static void
run_handler(struct http *http)
{
	struct request *req = &http->req;

	if (req->reply != NULL || http->route == NULL || !parse_body(http))
		return;
	if (req->upload_fd >= 0)
		lseek(req->upload_fd, 0, SEEK_SET);
	run_locked(http);
	if (req->reply == NULL)
		reply_error(req, 500, "INTERNAL_ERROR", "The sandbox made no answer.");
}

/* ---- sending ---- */

struct streamer {
	stream_fn fn;
	void *arg;
	void (*free_fn)(void *arg);
};

static ssize_t
read_stream(void *cls, uint64_t pos, char *out, size_t max)
{
	struct streamer *streamer = cls;
	ssize_t n;

	(void)pos;
	if (stopping())
		return MHD_CONTENT_READER_END_WITH_ERROR;
	n = streamer->fn(streamer->arg, out, max);
	if (n == 0)
		return MHD_CONTENT_READER_END_OF_STREAM;
	return n > 0 ? n : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void
free_stream(void *cls)
{
	struct streamer *streamer = cls;

	if (streamer->free_fn != NULL)
		streamer->free_fn(streamer->arg);
	free(streamer);
}

static struct MHD_Response *
make_response(struct reply *reply)
{
	struct MHD_Response *response;

	if (reply->stream != NULL) {
		struct streamer *streamer = xcalloc(1, sizeof(*streamer));
		uint64_t size = reply->length > 0 ? reply->length : MHD_SIZE_UNKNOWN;

		*streamer =
		    (struct streamer){ reply->stream, reply->stream_arg, reply->stream_free };
		reply->stream_free = NULL;
		return MHD_create_response_from_callback(size, STREAM_BLOCK, read_stream, streamer,
							 free_stream);
	}
	if (reply->fd >= 0) {
		response = MHD_create_response_from_fd_at_offset64(reply->length, reply->fd,
								   reply->offset);
		reply->fd = -1;
		return response;
	}
	response = MHD_create_response_from_buffer(reply->len, reply->data, MHD_RESPMEM_MUST_FREE);
	reply->data = NULL;
	return response;
}

static void
add_fields(struct http *http, struct MHD_Response *response)
{
	struct reply *reply = http->req.reply;
	char org[32];

	if (reply->type[0] != '\0')
		MHD_add_response_header(response, "Content-Type", reply->type);
	MHD_add_response_header(response, "X-Request-Id", http->req.request_id);
	if (http->req.ws != NULL) {
		snprintf(org, sizeof(org), "%lld", (long long)http->req.ws->org_id);
		MHD_add_response_header(response, "X-Databricks-Org-Id", org);
	}
	for (const struct reply_field *f = reply->fields; f != NULL; f = f->next)
		MHD_add_response_header(response, f->name, f->value);
}

static enum MHD_Result
send_reply(struct http *http)
{
	struct reply *reply = http->req.reply;
	struct MHD_Response *response;
	enum MHD_Result result;

	reply_render(reply);
	response = make_response(reply);
	if (response == NULL)
		return MHD_NO;
	add_fields(http, response);
	result = MHD_queue_response(http->conn, (unsigned)reply->status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result
finish(struct http *http)
{
	struct request *req = &http->req;
	struct fault fault = { .kind = FAULT_NONE };
	bool admin = http->route != NULL && (http->route->flags & ROUTE_ADMIN);

	if (admin || req->path == NULL || !fault_take(req, &fault)) {
		run_handler(http);
	} else {
		if (!fault_answer(req, &fault))
			run_handler(http);
		fault_spoil(req, &fault);
	}
	if (!admin)
		requestlog_add(req, req->reply->status, fault_name(fault.kind), http->started_ms);
	free(fault.body);
	return send_reply(http);
}

/* ---- libmicrohttpd's callbacks ---- */

static void *
on_uri(void *cls, const char *uri, struct MHD_Connection *conn)
{
	struct http *http = xcalloc(1, sizeof(*http));

	(void)cls;
	http->conn = conn;
	http->uri = xstrdup(uri);
	http->started_ms = clock_ms();
	return http;
}

static enum MHD_Result
on_request(void *cls, struct MHD_Connection *conn, const char *url, const char *method,
	   const char *version, const char *data, size_t *size, void **con_cls)
{
	struct http *http = *con_cls;

	(void)cls;
	(void)conn;
	(void)url;
	(void)version;
	if (!http->begun) {
		http->begun = true;
		request_init(&http->req, method, http->uri);
		http->req.http = http;
		admit(http);
		return MHD_YES;
	}
	if (*size > 0) {
		enum MHD_Result result = take_body(http, data, *size);

		*size = 0;
		return result;
	}
	return finish(http);
}

static void
on_completed(void *cls, struct MHD_Connection *conn, void **con_cls,
	     enum MHD_RequestTerminationCode code)
{
	struct http *http = *con_cls;

	(void)cls;
	(void)conn;
	(void)code;
	if (http == NULL)
		return;
	if (http->begun)
		request_fini(&http->req);
	free(http->uri);
	free(http);
	*con_cls = NULL;
}

/* Segments are decoded one by one after routing, so that the path stays as it was sent. */
static size_t
keep_escapes(void *cls, struct MHD_Connection *conn, char *text)
{
	(void)cls;
	(void)conn;
	return strlen(text);
}

bool
http_start(int listen_fd)
{
	http_daemon =
	    MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION |
				 MHD_USE_POLL | MHD_USE_ITC | MHD_USE_ERROR_LOG,
			     0, NULL, NULL, on_request, NULL, MHD_OPTION_LISTEN_SOCKET, listen_fd,
			     MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
			     MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTION_LIMIT,
			     MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
			     MHD_OPTION_THREAD_STACK_SIZE, (size_t)CONNECTION_STACK,
			     MHD_OPTION_URI_LOG_CALLBACK, on_uri, NULL,
			     MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
			     MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
	return http_daemon != NULL;
}

void
http_stop(void)
{
	if (http_daemon != NULL)
		MHD_stop_daemon(http_daemon);
	http_daemon = NULL;
}
