/* SPDX-License-Identifier: Apache-2.0 */
/* The server's answers, by path. */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

struct asked {
	char method[16], path[256], query[256];
	const char *head, *body;
	size_t len;
};

/* The text after the n-th slash of the path: of /api/status/404 number 2 is "404". */
static const char *
part(const struct asked *asked, unsigned n)
{
	const char *p = asked->path;

	for (p++; n > 0 && *p != '\0'; p++)
		n -= *p == '/';
	return p;
}

static size_t
number(const struct asked *asked, unsigned n)
{
	return strtoul(part(asked, n), NULL, 10);
}

static void
answer(struct connection *c, const struct asked *asked, int status, const char *headers,
       const char *body, size_t len)
{
	send_text(c, "HTTP/1.1 %d Whatever\r\nContent-Length: %zu\r\n%s\r\n", status, len, headers);
	if (strcmp(asked->method, "HEAD") != 0)
		send_bytes(c, body, len);
}

static void
ok(struct connection *c, const struct asked *asked)
{
	static const char body[] = "{\"ok\":true}";
	char headers[512], *equals;

	snprintf(headers, sizeof(headers), "Content-Type: application/json\r\n");
	if (asked->query[0] != '\0') {
		size_t at = strlen(headers);

		snprintf(headers + at, sizeof(headers) - at, "%s\r\n", asked->query);
		equals = strchr(headers + at, '=');
		if (equals != NULL)
			*equals = ':';
	}
	answer(c, asked, 200, headers, body, sizeof(body) - 1);
}

static void
failure(struct connection *c, const struct asked *asked, int status, const char *after)
{
	char body[128], headers[256];

	snprintf(body, sizeof(body), "{\"error_code\":\"E%d\",\"message\":\"no [ReqId: req-%d]\"}",
		 status, status);
	snprintf(headers, sizeof(headers), "Content-Type: application/json\r\n%s%.100s%s",
		 strcmp(after, "-") != 0 ? "Retry-After: " : "",
		 strcmp(after, "-") != 0 ? after : "", strcmp(after, "-") != 0 ? "\r\n" : "");
	answer(c, asked, status, headers, body, strlen(body));
}

static void
flaky(struct connection *c, const struct asked *asked)
{
	char after[128], *p;

	if (times_seen(c->upstream, asked->path) > number(asked, 2)) {
		ok(c, asked);
		return;
	}
	snprintf(after, sizeof(after), "%s", part(asked, 4));
	for (p = after; *p != '\0'; p++)
		*p = *p == '_' ? ' ' : *p;
	failure(c, asked, (int)number(asked, 3), after);
}

static void
drop(struct connection *c, const struct asked *asked)
{
	if (times_seen(c->upstream, asked->path) > number(asked, 2))
		ok(c, asked);
	else
		reset_connection(c);
}

static char *
filled(size_t len)
{
	char *data = malloc(len + 1);

	if (data == NULL)
		abort();
	for (size_t i = 0; i < len; i++)
		data[i] = (char)('a' + i % 26);
	return data;
}

static void
huge(struct connection *c, const struct asked *asked, int status)
{
	size_t len = number(asked, 2);
	char *data = filled(len);

	answer(c, asked, status, "", data, len);
	free(data);
}

static void
gzipped(struct connection *c, const struct asked *asked)
{
	size_t len = number(asked, 2);
	char *data = filled(len);
	uLong room = compressBound(len) + 64;
	unsigned char *packed = malloc(room);
	z_stream stream = { 0 };

	if (packed == NULL || deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, 0) != Z_OK)
		abort();
	stream.next_in = (unsigned char *)data;
	stream.avail_in = (uInt)len;
	stream.next_out = packed;
	stream.avail_out = (uInt)room;
	if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
		abort();
	answer(c, asked, 200, "Content-Encoding: gzip\r\n", (char *)packed, stream.total_out);
	deflateEnd(&stream);
	free(packed);
	free(data);
}

static void
cut(struct connection *c, bool chunked)
{
	if (chunked)
		send_text(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
	else
		send_text(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
	c->keep = false;
}

static void
reset_after(struct connection *c, const struct asked *asked)
{
	size_t len = number(asked, 2);
	char *data = filled(len);

	send_text(c, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", len * 2 + 1);
	send_bytes(c, data, len);
	free(data);
	reset_connection(c);
}

/* "/ranged/LEN/MOST": the alphabet, LEN bytes of it. At most MOST of them are sent, then the
 * connection is lost. "ranged" obeys Range, "unranged" sends all bytes from the second time on. */
static void
ranged(struct connection *c, const struct asked *asked, bool obeys)
{
	size_t len = number(asked, 2), most = number(asked, 3), from = 0, n;
	const char *range = strstr(asked->head, "\r\nRange: bytes=");
	char *data = filled(len);

	if (!obeys && times_seen(c->upstream, asked->path) > 1)
		most = len;
	if (obeys && range != NULL)
		from = strtoul(range + strlen("\r\nRange: bytes="), NULL, 10);
	if (from >= len) {
		send_text(c,
			  "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */%zu\r\n"
			  "Content-Length: 0\r\n\r\n",
			  len);
		free(data);
		return;
	}
	n = len - from < most ? len - from : most;
	if (from > 0)
		send_text(c, "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes %zu-%zu/%zu\r\n",
			  from, len - 1, len);
	else
		send_text(c, "HTTP/1.1 200 OK\r\n");
	send_text(c, "Content-Length: %zu\r\n\r\n", len - from);
	send_bytes(c, data + from, n);
	free(data);
	c->keep = c->keep && n == len - from;
}

static void
headers(struct connection *c, size_t n, size_t len)
{
	send_text(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
	for (size_t i = 0; i < n; i++) {
		char *value = filled(len);

		value[len] = '\0';
		send_text(c, "X-Header-%zu: %s\r\n", i, value);
		free(value);
	}
	send_text(c, "\r\n");
}

static void
stall(struct connection *c)
{
	send_text(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
	wait_stopping(c);
}

/* Answers that the protocol changes, although the client did not ask for this, and then sends
 * nothing. */
static void
switching(struct connection *c)
{
	send_text(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
		     "Upgrade: websocket\r\n\r\n");
	wait_stopping(c);
}

/* Sends interim replies, and never the final reply. */
static void
interim(struct connection *c, const struct asked *asked)
{
	size_t n = number(asked, 2);

	for (size_t i = 0; i < n; i++)
		send_text(c, "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n");
	wait_stopping(c);
}

static void
drip(struct connection *c, const struct asked *asked)
{
	const struct timespec pause = { .tv_nsec = 5000000 };
	size_t n = number(asked, 2);

	send_text(c, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", n);
	for (size_t i = 0; i < n && send_bytes(c, "x", 1); i++) {
		nanosleep(&pause, NULL);
		if (i + 1 == n / 2 && strcmp(part(asked, 3), "hold") == 0)
			wait_released(c->upstream);
	}
}

static void
need(struct connection *c, const struct asked *asked)
{
	char line[512], *p;

	snprintf(line, sizeof(line), "\r\nAuthorization: %s\r\n", part(asked, 2));
	for (p = line; *p != '\0'; p++)
		*p = *p == '_' ? ' ' : *p;
	if (strstr(asked->head, line) != NULL)
		ok(c, asked);
	else
		failure(c, asked, 401, "-");
}

static void
token(struct connection *c, const struct asked *asked)
{
	unsigned n = times_seen(c->upstream, "/api/token");
	char body[128];

	if (strcmp(part(asked, 3), "hold") == 0)
		wait_released(c->upstream);
	snprintf(body, sizeof(body),
		 "{\"access_token\":\"at-%u\",\"token_type\":\"bearer\",\"expires_in\":%zu}", n,
		 number(asked, 2));
	answer(c, asked, 200, "Content-Type: application/json\r\n", body, strlen(body));
}

static void
dispatch(struct connection *c, const struct asked *asked, const char *what)
{
	if (strcmp(what, "echo") == 0) {
		answer(c, asked, 200, "", asked->body, asked->len);
	} else if (strcmp(what, "status") == 0) {
		failure(c, asked, (int)number(asked, 2), "-");
	} else if (strcmp(what, "flaky") == 0) {
		flaky(c, asked);
	} else if (strcmp(what, "drop") == 0) {
		drop(c, asked);
	} else if (strcmp(what, "huge") == 0 || strcmp(what, "error") == 0) {
		huge(c, asked, what[0] == 'h' ? 200 : 400);
	} else if (strcmp(what, "gzip") == 0) {
		gzipped(c, asked);
	} else if (strcmp(what, "cut") == 0 || strcmp(what, "cut-chunked") == 0) {
		cut(c, what[3] != '\0');
	} else if (strcmp(what, "reset") == 0) {
		reset_after(c, asked);
	} else if (strcmp(what, "ranged") == 0 || strcmp(what, "unranged") == 0) {
		ranged(c, asked, what[0] == 'r');
	} else if (strcmp(what, "garbage") == 0) {
		send_text(c, "SSH-2.0-OpenSSH_9.2\r\n\x01\x02\x03garbage\r\n");
		c->keep = false;
	} else if (strcmp(what, "redirect") == 0) {
		answer(c, asked, 302, "Location: https://login.example/login.html?secret=1\r\n", "",
		       0);
	} else if (strcmp(what, "page") == 0) {
		answer(c, asked, 200, "Content-Type: text/html; charset=utf-8\r\n", "<html>", 6);
	} else if (strcmp(what, "headers") == 0) {
		headers(c, number(asked, 2), 10);
	} else if (strcmp(what, "long") == 0) {
		headers(c, 1, number(asked, 2));
	} else if (strcmp(what, "stall") == 0) {
		stall(c);
	} else if (strcmp(what, "switch") == 0) {
		switching(c);
	} else if (strcmp(what, "interim") == 0) {
		interim(c, asked);
	} else if (strcmp(what, "need") == 0) {
		need(c, asked);
	} else if (strcmp(what, "token") == 0) {
		token(c, asked);
	} else if (strcmp(what, "drip") == 0) {
		drip(c, asked);
	} else {
		if (strcmp(what, "hold") == 0)
			wait_released(c->upstream);
		if (strcmp(what, "continue") == 0)
			send_text(c, "HTTP/1.1 100 Continue\r\n\r\n"
				     "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n");
		ok(c, asked);
		c->keep = c->keep && strcmp(what, "close") != 0;
	}
}

void
answer_request(struct connection *c, const char *head, const char *body, size_t len)
{
	struct asked asked = { .head = head, .body = body, .len = len };
	char what[64];
	size_t n;

	if (sscanf(head, "%15s %255[^ ?]?%255[^ ]", asked.method, asked.path, asked.query) < 2) {
		c->keep = false;
		return;
	}
	n = strcspn(part(&asked, 1), "/");
	snprintf(what, sizeof(what), "%.*s", (int)(n < 60 ? n : 60), part(&asked, 1));
	dispatch(c, &asked, what);
}
