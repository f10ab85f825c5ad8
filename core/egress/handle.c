/* SPDX-License-Identifier: Apache-2.0 */
#include "egress/handle.h"

#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "base/mem.h"
#include "egress/internal.h"

/* buffer for sinks and files; other requests use libcurl's own 16 KiB */
#define STREAM_BUFFER (128L << 10)

static void
set(struct flight *flight, CURLoption option, long value)
{
	flight->egress->curl->easy_setopt(flight->easy, option, value);
}

void
handle_point(struct flight *flight, CURLoption option, const void *value)
{
	flight->egress->curl->easy_setopt(flight->easy, option, value);
}

static void
set_size(struct flight *flight, CURLoption option, uint64_t value)
{
	flight->egress->curl->easy_setopt(flight->easy, option, (curl_off_t)value);
}

static bool
is(const struct request *request, const char *method)
{
	return strcmp(request->method, method) == 0;
}

/* Is it a request that is sent on a connection of its own? A request without a body is not rewound,
 * so on_seek() of attempt.c could not refuse a second one. A repeated read does no harm and may
 * reuse connections. */
static bool
is_alone(const struct flight *flight)
{
	const struct request *request = &flight->request;

	return request->retry == MCP_RETRY_NEVER && flight_body_len(flight) == 0 &&
	       !is(request, "GET") && !is(request, "HEAD");
}

/* Links and requests of the host itself have other options; so have bodies that are streamed. */
static enum handle_shape
shape_of(const struct flight *flight)
{
	const struct request *request = &flight->request;

	if (request->link || request->grant || request->document || request->direct ||
	    flight->input != NULL || request->reply == MCP_REPLY_SINK ||
	    request->reply == MCP_REPLY_FILE)
		return HANDLE_OWN;
	if (is(request, "GET") && !request->has_body)
		return HANDLE_GET;
	if (request->body.len > 0 && !is(request, "GET") && !is(request, "HEAD"))
		return HANDLE_BODY;
	return HANDLE_OWN;
}

/* ---- options that last ----------------------------------------------------------------------- */

/* All requests with this upstream and shape have these options. */
static void
set_lasting(struct flight *flight)
{
	const struct request *request = &flight->request;
	const struct config_upstream *upstream = request->upstream;
	const bool tls = strncasecmp(request->url, "https:", 6) == 0;

	set(flight, CURLOPT_NOSIGNAL, 1);
	/* without this, removing the handle may wait for a DNS server */
	set(flight, CURLOPT_QUICK_EXIT, 1);
	handle_point(flight, CURLOPT_PROTOCOLS_STR, "http,https");
	handle_point(flight, CURLOPT_REDIR_PROTOCOLS_STR, "");
	set(flight, CURLOPT_FOLLOWLOCATION, 0);
	set(flight, CURLOPT_NETRC, CURL_NETRC_IGNORED);
	set(flight, CURLOPT_DISALLOW_USERNAME_IN_URL, 1);
	set(flight, CURLOPT_PATH_AS_IS, 1);
	set(flight, CURLOPT_TCP_KEEPALIVE, 1);
	set(flight, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1);
	handle_point(flight, CURLOPT_NOPROXY, request->direct ? "*" : flight->egress->no_proxy);
	handle_point(flight, CURLOPT_SHARE, flight->egress->share);
	/* With a directory of certificates libcurl would read all of them for each connection. */
	handle_point(flight, CURLOPT_CAPATH, NULL);
	if (upstream->ca_file != NULL && !request->link)
		handle_point(flight, CURLOPT_CAINFO, upstream->ca_file);
	set(flight, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
	set(flight, CURLOPT_CONNECTTIMEOUT_MS, (long)upstream->connect_timeout_ms);
	/* a transfer is inactive when it moves less than one byte per second */
	set(flight, CURLOPT_LOW_SPEED_LIMIT, 1);
	/* Without TLS libcurl 7.88 fails on the second request of an HTTP/2 connection. */
	set(flight, CURLOPT_HTTP_VERSION, tls ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1);
	set(flight, CURLOPT_PIPEWAIT, tls);
	/* The header itself is in the list of attempt.c: libcurl needs half the time for it. */
	if (!request->link)
		handle_point(flight, CURLOPT_ACCEPT_ENCODING, EGRESS_ENCODING);
}

/* ---- options of one attempt ------------------------------------------------------------------ */

static void
set_own(struct flight *flight)
{
	const struct request *request = &flight->request;

	if (is(request, "HEAD"))
		set(flight, CURLOPT_NOBODY, 1);
	if (is_alone(flight)) {
		set(flight, CURLOPT_FRESH_CONNECT, 1);
		set(flight, CURLOPT_FORBID_REUSE, 1);
	}
	if (request->reply == MCP_REPLY_SINK || request->reply == MCP_REPLY_FILE)
		set(flight, CURLOPT_BUFFERSIZE, STREAM_BUFFER);
	if (flight->input != NULL)
		set(flight, CURLOPT_UPLOAD_BUFFERSIZE, STREAM_BUFFER);
}

/* Options that each request of a shape sets anew. */
static void
set_message(struct flight *flight)
{
	const struct request *request = &flight->request;
	const bool get = is(request, "GET"), bare = is(request, "HEAD");

	handle_point(flight, CURLOPT_URL, request->url);
	set(flight, CURLOPT_LOW_SPEED_TIME, (long)((request->timeout_ms + 999) / 1000));
	if (!bare && (request->has_body || (!get && !is(request, "DELETE")))) {
		set(flight, CURLOPT_UPLOAD, 1);
		set_size(flight, CURLOPT_INFILESIZE_LARGE, flight_body_len(flight));
		handle_point(flight, CURLOPT_CUSTOMREQUEST, request->method);
	} else if (!bare && !get) {
		handle_point(flight, CURLOPT_CUSTOMREQUEST, request->method);
	}
}

/* ---- the kept ones --------------------------------------------------------------------------- */

static struct handles *
handles_of(const struct flight *flight)
{
	const struct egress *egress = flight->egress;
	size_t i = (size_t)(flight->request.upstream - egress->config->upstream);

	CHECK(i < egress->config->upstreams);
	return &egress->handles[i];
}

bool
handle_take(struct flight *flight)
{
	const enum handle_shape shape = shape_of(flight);
	struct handles *handles = shape != HANDLE_OWN ? handles_of(flight) : NULL;

	CHECK(flight->easy == NULL);
	if (handles != NULL && handles->n[shape] > 0) {
		flight->easy = handles->kept[shape][--handles->n[shape]];
	} else {
		flight->easy = flight->egress->curl->easy_init();
		if (flight->easy == NULL)
			return false;
		set_lasting(flight);
		if (shape == HANDLE_OWN)
			set_own(flight);
	}
	set_message(flight);
	return true;
}

/* A kept handle must not refer to what its last request owned. */
static void
forget_request(struct flight *flight)
{
	static const CURLoption pointers[] = { CURLOPT_HTTPHEADER,  CURLOPT_HEADERDATA,
					       CURLOPT_WRITEDATA,   CURLOPT_READDATA,
					       CURLOPT_SEEKDATA,    CURLOPT_PRIVATE,
					       CURLOPT_ERRORBUFFER, CURLOPT_URL };

	for (size_t i = 0; i < ARRAY_SIZE(pointers); i++)
		handle_point(flight, pointers[i], NULL);
}

void
handle_give(struct flight *flight, bool whole)
{
	const enum handle_shape shape = shape_of(flight);
	struct handles *handles = shape != HANDLE_OWN ? handles_of(flight) : NULL;

	if (whole && handles != NULL && handles->n[shape] < HANDLES_KEPT) {
		forget_request(flight);
		handles->kept[shape][handles->n[shape]++] = flight->easy;
	} else {
		flight->egress->curl->easy_cleanup(flight->easy);
	}
	flight->easy = NULL;
}

void
handles_drop(struct egress *egress)
{
	for (size_t i = 0; i < egress->config->upstreams; i++) {
		for (size_t shape = 0; shape < HANDLE_SHAPES; shape++) {
			struct handles *handles = &egress->handles[i];

			while (handles->n[shape] > 0)
				egress->curl->easy_cleanup(
				    handles->kept[shape][--handles->n[shape]]);
		}
	}
}
