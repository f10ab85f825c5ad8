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
#include "config/text.h"
#include "egress/disk.h"
#include "egress/handle.h"
#include "egress/internal.h"
#include "egress/multi.h"
#include "upstream/upstream.h"

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

/* The nodes only point to the texts, which the flight owns until the attempt ends. */
static void
append(struct flight *flight, size_t *n, const char *header)
{
	struct curl_slist *node = &flight->list[*n];

	node->data = (char *)header; /* libcurl only reads it */
	if (*n > 0)
		flight->list[*n - 1].next = node;
	(*n)++;
}

static void
set_attempt_headers(struct flight *flight)
{
	const struct request *request = &flight->request;
	const struct strings *lists[] = { &request->headers, &flight->credential };
	size_t n = 0;

	/* the others are Expect, Accept or Accept-Encoding, and Range */
	flight->list =
	    xcalloc(request->headers.count + flight->credential.count + 3, sizeof(*flight->list));
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		for (size_t k = 0; k < lists[i]->count; k++)
			append(flight, &n, lists[i]->item[k]);
	if (flight_body_len(flight) > 0)
		append(flight, &n, "Expect:"); /* libcurl must not add it */
	if (!request->link)
		append(flight, &n, "Accept-Encoding: " EGRESS_ENCODING);
	else if (request->accept == NULL)
		append(flight, &n, "Accept:"); /* nor this one */
	if (flight->resumed_at > 0) {
		snprintf(flight->range, sizeof(flight->range), "Range: bytes=%llu-",
			 (unsigned long long)flight->resumed_at);
		append(flight, &n, flight->range);
	}
	handle_point(flight, CURLOPT_HTTPHEADER, n > 0 ? flight->list : NULL);
}

static void
set_callbacks(struct flight *flight)
{
	const struct curl_api *curl = flight->egress->curl;

	curl->easy_setopt(flight->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl->easy_setopt(flight->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl->easy_setopt(flight->easy, CURLOPT_READFUNCTION, on_read);
	curl->easy_setopt(flight->easy, CURLOPT_SEEKFUNCTION, on_seek);
	handle_point(flight, CURLOPT_HEADERDATA, flight);
	handle_point(flight, CURLOPT_WRITEDATA, flight);
	handle_point(flight, CURLOPT_READDATA, flight);
	handle_point(flight, CURLOPT_SEEKDATA, flight);
	handle_point(flight, CURLOPT_ERRORBUFFER, flight->detail);
	handle_point(flight, CURLOPT_PRIVATE, flight);
}

bool
attempt_start(struct flight *flight, const struct strings *credential)
{
	CHECK(flight->phase == FLIGHT_RESTS && flight->easy == NULL && flight->list == NULL);
	flight->credential = *credential;
	flight->whole = false;
	flight->attempts++;
	flight->body_at = 0;
	flight->stop = STOP_NOT;
	flight->headers_done = flight->held = false;
	flight->detail[0] = '\0';
	flight->resumed_at = flight_resumes(flight) ? flight->output->file.size : 0;
	flight->header_bytes = 0;
	flight->interims = 0;
	reply_clear(flight->reply);
	if (!handle_take(flight))
		return false;
	set_callbacks(flight);
	set_attempt_headers(flight);
	return multi_add(flight->egress, flight);
}

void
attempt_end(struct flight *flight)
{
	if (flight->easy != NULL) {
		if (flight->phase == FLIGHT_RUNS)
			multi_remove(flight->egress, flight);
		handle_give(flight, flight->whole);
	}
	free(flight->list);
	flight->list = NULL;
	strings_wipe(&flight->credential);
}

bool
attempt_sent_nothing(const struct flight *flight)
{
	long sent = 0;

	flight->egress->curl->easy_getinfo(flight->easy, CURLINFO_REQUEST_SIZE, &sent);
	return sent == 0;
}

unsigned
attempt_version(const struct flight *flight)
{
	long version = CURL_HTTP_VERSION_NONE;

	flight->egress->curl->easy_getinfo(flight->easy, CURLINFO_HTTP_VERSION, &version);
	if (version == CURL_HTTP_VERSION_NONE)
		return 0;
	return version >= CURL_HTTP_VERSION_2_0 ? 20 : 11;
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
