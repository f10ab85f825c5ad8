/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One attempt: a libcurl handle without the features that an API client does not need, and the
 * callbacks for incoming and outgoing bytes. A callback that sees an invalid reply stops it before
 * its end.
 */
#include "egress/attempt.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/url.h"
#include "egress/disk.h"
#include "egress/internal.h"
#include "egress/multi.h"
#include "upstream/upstream.h"

/* buffer for sinks and files; other requests use libcurl's own 16 KiB */
#define STREAM_BUFFER (128L << 10)

/* ---- headers of the reply -------------------------------------------------------------------- */

static size_t
stop(struct flight *flight, enum stop stop, const char *why)
{
	flight->stop = stop;
	snprintf(flight->stop_why, sizeof(flight->stop_why), "%s", why);
	return 0; /* libcurl ends the transfer when the result is smaller than the offered number */
}

static bool
too_long(const struct flight *flight)
{
	const char *length = reply_header(flight->reply, "Content-Length");

	return length != NULL && flight->request.max_bytes > 0 &&
	       strcmp(flight->request.method, "HEAD") != 0 &&
	       reply_header(flight->reply, "Content-Encoding") == NULL &&
	       strtoull(length, NULL, 10) > flight->request.max_bytes;
}

static size_t
stop_too_large(struct flight *flight)
{
	char why[EGRESS_WHY_MAX];

	snprintf(why, sizeof(why), "the reply is larger than %llu bytes",
		 (unsigned long long)flight->request.max_bytes);
	return stop(flight, STOP_TOO_LARGE, why);
}

/* The first byte of the reply's part, or the length of the whole after "*" and a slash; -1 without
 * such a header. RFC 9110, 14.4 */
static int64_t
range_number(const struct flight *flight, char before)
{
	const char *range = reply_header(flight->reply, "Content-Range");
	const char *at = range != NULL ? strchr(range, before) : NULL;

	return at != NULL && at[1] >= '0' && at[1] <= '9' ? strtoll(at + 1, NULL, 10) : -1;
}

/* The reply to a request for the rest of a file. A store without ranges sends the whole file, and
 * the output begins again. */
static bool
rest_fits(struct flight *flight)
{
	int status = flight->reply->public.status;

	if (status == 200) {
		flight->resumed_at = 0;
		disk_begin(flight->output, DISK_RESTART);
	} else if (status == 206 && range_number(flight, ' ') != (int64_t)flight->resumed_at) {
		stop(flight, STOP_FILE, "the store sent another part of the file than requested");
		return false;
	}
	return true;
}

bool
attempt_has_file(const struct flight *flight)
{
	int status = flight->reply->public.status;

	if (status == 416) /* no byte is missing */
		return flight->resumed_at > 0 &&
		       range_number(flight, '/') == (int64_t)flight->resumed_at;
	return status >= 200 && status < 300;
}

/* All headers have arrived: checks that the reply is from the API, and selects where its body
 * goes. */
static bool
head_done(struct flight *flight)
{
	struct request *request = &flight->request;
	struct reply *reply = flight->reply;
	char why[EGRESS_WHY_MAX];

	flight->headers_done = true;
	if (!request->link && !request->grant && !request->document &&
	    request->upstream->kind->foreign_reply(request->path,
						   request->accept != NULL ? request->accept
									   : "application/json",
						   reply->public.status,
						   reply_header(reply, "Content-Type"),
						   reply_header(reply, "Location"), why,
						   sizeof(why))) {
		stop(flight, STOP_PAGE, why);
		return false;
	}
	if (flight->resumed_at > 0 && !rest_fits(flight))
		return false;
	flight->to_buffer = request->reply == MCP_REPLY_BUFFER || reply->public.status < 200 ||
			    reply->public.status >= 300;
	if (reply->public.status < 400 && too_long(flight)) {
		stop_too_large(flight);
		return false;
	}
	return true;
}

/* "HTTP/1.1 200 OK", of the reply or of an interim one before it. A server that sends interim
 * replies without end, or changes the protocol, never sends a reply; both are refused. */
static size_t
status_line(struct flight *flight, const char *data, size_t len)
{
	const char *space = memchr(data, ' ', len);
	int status = space != NULL ? (int)strtol(space, NULL, 10) : 0;

	reply_clear(flight->reply); /* a 1xx reply may have come before this one */
	flight->reply->public.status = status;
	flight->header_bytes = 0;
	if (status == 101)
		return stop(flight, STOP_INTERIM,
			    "answered HTTP 101, a change of protocol that was not requested");
	if (status < 200 && ++flight->interims > EGRESS_INTERIM_MAX)
		return stop(flight, STOP_INTERIM,
			    "sent interim replies (HTTP 1xx) without an end and no reply");
	return len;
}

static size_t
on_header(char *data, size_t size, size_t n, void *user)
{
	struct flight *flight = user;
	size_t len = size * n, value;
	const char *colon;

	if (len >= 5 && strncasecmp(data, "HTTP/", 5) == 0 && !flight->headers_done)
		return status_line(flight, data, len);
	flight->header_bytes += len;
	if (flight->header_bytes > EGRESS_HEADER_BYTES ||
	    (len > 2 && flight->reply->n_headers >= EGRESS_HEADERS_MAX))
		return stop(flight, STOP_HEADERS, "the reply has too many or too long headers");
	if (len <= 2 && !flight->headers_done && flight->reply->public.status >= 200)
		return head_done(flight) ? len : 0;
	colon = memchr(data, ':', len);
	if (colon == NULL)
		return len;
	value = (size_t)(colon - data) + 1;
	while (value < len && (data[value] == ' ' || data[value] == '\t'))
		value++;
	for (n = len; n > value && strchr(" \t\r\n", data[n - 1]) != NULL; n--)
		;
	reply_add_header(flight->reply, data, (size_t)(colon - data), data + value, n - value);
	return len;
}

/* ---- bodies ---------------------------------------------------------------------------------- */

static size_t
stop_over_budget(struct flight *flight)
{
	char why[EGRESS_WHY_MAX];

	budget_explain(&flight->egress->budget, why, sizeof(why));
	return stop(flight, STOP_BUDGET, why);
}

static size_t
buffer_body(struct flight *flight, const char *data, size_t len)
{
	struct reply *reply = flight->reply;
	size_t room = EGRESS_ERROR_MAX - reply->body.len;

	if (reply->public.status < 400) {
		if (flight->request.max_bytes > 0 &&
		    reply->public.bytes > flight->request.max_bytes)
			return stop_too_large(flight);
		if (!reply_add_body(reply, data, len))
			return stop_over_budget(flight);
		return buf_ok(&reply->body) ? len : stop_too_large(flight);
	}
	if (!reply_add_body(reply, data, len < room ? len : room))
		return stop_over_budget(flight);
	return len <= room ? len : stop(flight, STOP_ERROR_BODY, "");
}

/* Gives the bytes to the sink, which takes all of them or no byte. */
static size_t
feed_sink(struct flight *flight, const char *data, size_t len)
{
	int verdict = flight->sink != NULL ? flight->sink(flight->sink_data, data, len) : 1;

	if (flight->stop != STOP_NOT) /* the sink has cancelled its own transfer */
		return 0;
	if (verdict == 2) {
		flight->paused = flight->held = true;
		flight->reply->public.bytes -= len;
		return CURL_WRITEFUNC_PAUSE;
	}
	flight->delivered = true;
	return verdict == 1 ? stop(flight, STOP_SINK, "") : len;
}

static size_t
on_body(char *data, size_t size, size_t n, void *user)
{
	struct flight *flight = user;
	struct reply *reply = flight->reply;
	size_t len = size * n;

	if (flight->stop != STOP_NOT)
		return 0;
	if (flight->paused)
		return CURL_WRITEFUNC_PAUSE;
	reply->public.bytes += len;
	if (flight->to_buffer)
		return buffer_body(flight, data, len);
	if (flight->request.max_bytes > 0 && reply->public.bytes > flight->request.max_bytes)
		return stop_too_large(flight);
	if (flight->request.reply == MCP_REPLY_SINK)
		return feed_sink(flight, data, len);
	if (flight->request.reply == MCP_REPLY_FILE && !disk_put(flight->output, data, len)) {
		/* pauses until there is room, when the disk is slower than the network */
		flight->held = true;
		reply->public.bytes -= len;
		return CURL_WRITEFUNC_PAUSE;
	}
	return len; /* discarded bytes are only counted */
}

static size_t
on_read(char *to, size_t size, size_t n, void *user)
{
	struct flight *flight = user;
	const char *bytes = flight->request.body.data + flight->body_at;
	uint64_t left = flight_body_len(flight) - flight->body_at;
	uint64_t from = flight->request.body_from;
	size_t want = size * n < left ? size * n : (size_t)left, there;

	if (flight->input != NULL && want > 0) {
		there = disk_peek(flight->input, from + flight->body_at, &bytes);
		if (there == 0 && flight->input->op == DISK_IDLE) {
			stop(flight, STOP_FILE, flight->input->why);
			return CURL_READFUNC_ABORT;
		}
		if (there == 0) {
			flight->held = true; /* the body pauses until the file was read */
			return CURL_READFUNC_PAUSE;
		}
		want = want < there ? want : there;
	}
	if (want > 0)
		memcpy(to, bytes, want);
	flight->body_at += want;
	return want;
}

/* libcurl rewinds the body when it repeats a request on a new connection by itself. retry.c does
 * not see this repetition, so its rule is applied here. */
static int
on_seek(void *user, curl_off_t offset, int origin)
{
	struct flight *flight = user;

	if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > flight_body_len(flight))
		return CURL_SEEKFUNC_FAIL;
	if (flight->request.retry == MCP_RETRY_NEVER && flight->body_at > 0)
		return CURL_SEEKFUNC_FAIL;
	flight->body_at = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

/* ---- the handle ------------------------------------------------------------------------------ */

static void
set(struct flight *flight, CURLoption option, long value)
{
	flight->egress->curl->easy_setopt(flight->easy, option, value);
}

static void
set_pointer(struct flight *flight, CURLoption option, const void *value)
{
	flight->egress->curl->easy_setopt(flight->easy, option, value);
}

static void
set_size(struct flight *flight, CURLoption option, uint64_t value)
{
	flight->egress->curl->easy_setopt(flight->easy, option, (curl_off_t)value);
}

/* Options that every request has. */
static void
set_manners(struct flight *flight)
{
	const struct config_upstream *upstream = flight->request.upstream;
	long idle = (long)((flight->request.timeout_ms + 999) / 1000);

	set(flight, CURLOPT_NOSIGNAL, 1);
	/* without this, removing the handle may wait for a DNS server */
	set(flight, CURLOPT_QUICK_EXIT, 1);
	set_pointer(flight, CURLOPT_PROTOCOLS_STR, "http,https");
	set_pointer(flight, CURLOPT_REDIR_PROTOCOLS_STR, "");
	set(flight, CURLOPT_FOLLOWLOCATION, 0);
	set(flight, CURLOPT_NETRC, CURL_NETRC_IGNORED);
	set(flight, CURLOPT_DISALLOW_USERNAME_IN_URL, 1);
	set(flight, CURLOPT_PATH_AS_IS, 1);
	set(flight, CURLOPT_TCP_KEEPALIVE, 1);
	set(flight, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1);
	set_pointer(flight, CURLOPT_NOPROXY,
		    flight->request.direct ? "*" : flight->egress->no_proxy);
	set_pointer(flight, CURLOPT_SHARE, flight->egress->share);
	/* With a directory of certificates libcurl would read all of them for each connection. */
	set_pointer(flight, CURLOPT_CAPATH, NULL);
	if (upstream->ca_file != NULL && !flight->request.link)
		set_pointer(flight, CURLOPT_CAINFO, upstream->ca_file);
	set(flight, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
	set(flight, CURLOPT_CONNECTTIMEOUT_MS, (long)upstream->connect_timeout_ms);
	/* a transfer is inactive when it moves less than one byte per second */
	set(flight, CURLOPT_LOW_SPEED_LIMIT, 1);
	set(flight, CURLOPT_LOW_SPEED_TIME, idle);
}

static void
set_message(struct flight *flight)
{
	struct request *request = &flight->request;
	bool tls = strncasecmp(request->url, "https:", 6) == 0;
	bool get = strcmp(request->method, "GET") == 0;

	set_pointer(flight, CURLOPT_URL, request->url);
	/* Without TLS libcurl 7.88 fails on the second request of an HTTP/2 connection. */
	set(flight, CURLOPT_HTTP_VERSION, tls ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1);
	set(flight, CURLOPT_PIPEWAIT, tls);
	if (strcmp(request->method, "HEAD") == 0) {
		set(flight, CURLOPT_NOBODY, 1);
	} else if (request->has_body || (!get && strcmp(request->method, "DELETE") != 0)) {
		set(flight, CURLOPT_UPLOAD, 1);
		set_size(flight, CURLOPT_INFILESIZE_LARGE, flight_body_len(flight));
		set_pointer(flight, CURLOPT_CUSTOMREQUEST, request->method);
	} else if (!get) {
		set_pointer(flight, CURLOPT_CUSTOMREQUEST, request->method);
	}
	/* A request without a body is not rewound, so on_seek() could not refuse. A repeated read
	 * does no harm and may reuse connections. */
	if (request->retry == MCP_RETRY_NEVER && flight_body_len(flight) == 0 && !get &&
	    strcmp(request->method, "HEAD") != 0) {
		set(flight, CURLOPT_FRESH_CONNECT, 1);
		set(flight, CURLOPT_FORBID_REUSE, 1);
	}
	if (!request->link)
		set_pointer(flight, CURLOPT_ACCEPT_ENCODING, "");
	if (request->reply == MCP_REPLY_SINK || request->reply == MCP_REPLY_FILE)
		set(flight, CURLOPT_BUFFERSIZE, STREAM_BUFFER);
	if (flight->input != NULL)
		set(flight, CURLOPT_UPLOAD_BUFFERSIZE, STREAM_BUFFER);
}

static bool
append(struct flight *flight, const char *header)
{
	struct curl_slist *list = flight->egress->curl->slist_append(flight->list, header);

	if (list != NULL)
		flight->list = list;
	return list != NULL;
}

static bool
set_attempt_headers(struct flight *flight, const struct strings *credential)
{
	static const char *const removed[] = { "Expect:", "Accept:" };
	struct request *request = &flight->request;
	bool ok = append(flight, removed[0]);
	char range[64];

	for (size_t i = 0; ok && i < request->headers.count; i++)
		ok = append(flight, request->headers.item[i]);
	if (request->link) {
		if (ok && request->accept == NULL)
			ok = append(flight, removed[1]);
	} else {
		for (size_t i = 0; i < credential->count; i++)
			ok = ok && append(flight, credential->item[i]);
	}
	if (ok && flight->resumed_at > 0) {
		snprintf(range, sizeof(range), "Range: bytes=%llu-",
			 (unsigned long long)flight->resumed_at);
		ok = append(flight, range);
	}
	set_pointer(flight, CURLOPT_HTTPHEADER, flight->list);
	return ok;
}

static void
set_callbacks(struct flight *flight)
{
	const struct curl_api *curl = flight->egress->curl;

	curl->easy_setopt(flight->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl->easy_setopt(flight->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl->easy_setopt(flight->easy, CURLOPT_READFUNCTION, on_read);
	curl->easy_setopt(flight->easy, CURLOPT_SEEKFUNCTION, on_seek);
	set_pointer(flight, CURLOPT_HEADERDATA, flight);
	set_pointer(flight, CURLOPT_WRITEDATA, flight);
	set_pointer(flight, CURLOPT_READDATA, flight);
	set_pointer(flight, CURLOPT_SEEKDATA, flight);
	set_pointer(flight, CURLOPT_ERRORBUFFER, flight->detail);
	set_pointer(flight, CURLOPT_PRIVATE, flight);
}

bool
attempt_start(struct flight *flight, const struct strings *headers)
{
	CHECK(flight->phase == FLIGHT_RESTS && flight->easy == NULL && flight->list == NULL);
	flight->attempts++;
	flight->body_at = 0;
	flight->stop = STOP_NOT;
	flight->headers_done = flight->held = false;
	flight->detail[0] = '\0';
	flight->resumed_at = flight_resumes(flight) ? flight->output->file.size : 0;
	flight->header_bytes = 0;
	flight->interims = 0;
	reply_clear(flight->reply);
	flight->easy = flight->egress->curl->easy_init();
	if (flight->easy == NULL)
		return false;
	set_manners(flight);
	set_message(flight);
	set_callbacks(flight);
	return set_attempt_headers(flight, headers) && multi_add(flight->egress, flight);
}

void
attempt_end(struct flight *flight)
{
	const struct curl_api *curl = flight->egress->curl;

	if (flight->easy != NULL) {
		if (flight->phase == FLIGHT_RUNS)
			multi_remove(flight->egress, flight);
		curl->easy_cleanup(flight->easy);
		flight->easy = NULL;
	}
	if (flight->list != NULL) {
		curl->slist_free_all(flight->list);
		flight->list = NULL;
	}
}

bool
attempt_sent_nothing(const struct flight *flight)
{
	long sent = 0;

	flight->egress->curl->easy_getinfo(flight->easy, CURLINFO_REQUEST_SIZE, &sent);
	return sent == 0;
}

void
attempt_resume(struct flight *flight)
{
	struct egress *egress = flight->egress;
	CURLcode rc;

	flight->held = false;
	egress->inside++; /* libcurl delivers the bytes that it held back at once */
	rc = egress->curl->easy_pause(flight->easy, CURLPAUSE_CONT);
	egress->inside--;
	if (rc != CURLE_OK && flight->stop != STOP_ABANDONED)
		flight_attempted(flight, rc);
	flights_sweep(egress);
}
