/* SPDX-License-Identifier: Apache-2.0 */
/* What may pass on its way to libmicrohttpd, in pieces of any size; and what Accept admits. */
#include "transport/accept.h"
#include "transport/http_gate.h"

#include "suite.h"

#define POST "POST /mcp HTTP/1.1\r\nHost: h\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

static const struct {
	const char *bytes;
	int status; /* 0: all passes */
	unsigned requests;
} cases[] = {
	{ "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 0, 1 },
	{ "\r\n\r\nGET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n", 0, 2 },
	{ POST "Content-Length: 2\r\n\r\n\n\n" POST "\r\n", 0, 2 },
	{ POST "content-length:\t 2 \r\n\r\n{}", 0, 1 },
	{ POST "Content-Length: 0\r\n\r\n" POST "\r\n", 0, 2 },
	{ CHUNKED "2\r\n{}\r\n0\r\n\r\n" POST "\r\n", 0, 2 },
	{ CHUNKED "2;x=\"y\"\r\n{}\r\nA\r\n\r\n\r\n\n\n\n\n\n\n\r\n0;z\r\nX-A: b\r\n\r\n" POST
		  "\r\n",
	  0, 2 },
	/* decided elsewhere: the lengths exclude each other, and the connection closes */
	{ POST "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nanything\n", 0, 1 },
	{ POST "Content-Length: 2\r\nContent-Length: 2\r\n\r\nanything\n", 0, 1 },
	{ POST "Transfer-Encoding: gzip\r\n\r\nanything\n", 0, 1 },
	/* lines */
	{ "GET / HTTP/1.1\nHost: h\r\n\r\n", 400, 1 },
	{ POST "X-A: b\nX-C: d\r\n\r\n", 400, 1 },
	{ POST "X-A: b\r\n\n", 400, 1 },
	{ POST "X-A: b\rX-C: d\r\n\r\n", 400, 1 },
	{ POST "X-A: b\r\r\n\r\n", 400, 1 },
	{ POST "X-A: b\r\n c\r\n\r\n", 400, 1 },
	{ POST "X-A: b\r\n\tc\r\n\r\n", 400, 1 },
	{ "GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400, 1 },
	{ POST "nothing\r\n\r\n", 400, 1 },
	{ POST ": b\r\n\r\n", 400, 1 },
	{ "\nGET / HTTP/1.1\r\n\r\n", 400, 1 },
	{ "\rGET / HTTP/1.1\r\n\r\n", 400, 1 },
	{ "GET /\r\n\r\n", 400, 1 },
	{ " / HTTP/1.1\r\n\r\n", 400, 1 },
	{ "GET / x HTTP/1.1\r\n\r\n", 400, 1 },
	{ "GET\t/ HTTP/1.1\r\n\r\n", 400, 1 },
	/* lengths */
	{ POST "Content-Length: 2, 2\r\n\r\n{}", 400, 1 },
	{ POST "Content-Length: -2\r\n\r\n{}", 400, 1 },
	{ POST "Content-Length: +2\r\n\r\n{}", 400, 1 },
	{ POST "Content-Length: 0x2\r\n\r\n{}", 400, 1 },
	{ POST "Content-Length: 2 2\r\n\r\n{}", 400, 1 },
	{ POST "Content-Length:\r\n\r\n{}", 400, 1 },
	{ POST "Content-Length: two\r\n\r\n{}", 400, 1 },
	{ POST "Content-Length: 99999999999999999999\r\n\r\n", 413, 1 },
	{ POST "Content-Length: 18446744073709551616\r\n\r\n", 413, 1 },
	/* chunks */
	{ CHUNKED "2\n{}\r\n0\r\n\r\n", 400, 1 },
	{ CHUNKED "2\r\n{}\n0\r\n\r\n", 400, 1 },
	{ CHUNKED "2\r\n{}\r\n0\n\r\n", 400, 1 },
	{ CHUNKED "2\r\n{}\r\n0\r\n\n", 400, 1 },
	{ CHUNKED "2\r\n{}\r\n0\r\nX: y\n\r\n", 400, 1 },
	{ CHUNKED "2\r\n{}\r\n0\r\n X: y\r\n\r\n", 400, 1 },
	{ CHUNKED "1\r\n{}\r\n0\r\n\r\n", 400, 1 },
	{ CHUNKED "\r\n{}\r\n0\r\n\r\n", 400, 1 },
	{ CHUNKED " 2\r\n{}\r\n0\r\n\r\n", 400, 1 },
	{ CHUNKED "2 x\r\n{}\r\n0\r\n\r\n", 400, 1 },
	{ CHUNKED "0x2\r\n{}\r\n0\r\n\r\n", 400, 1 },
	{ CHUNKED "-2\r\n{}\r\n0\r\n\r\n", 400, 1 },
	{ CHUNKED "10000000000000000\r\n{}\r\n0\r\n\r\n", 413, 1 },
};

static void
requests_pass_or_are_refused(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t piece = 1; piece < 60; piece++) {
			struct http_gate gate = { .state = GATE_START };
			size_t len = strlen(cases[i].bytes), at = 0, passed = 0;

			for (; at < len && passed == at; at += piece)
				passed += http_gate_feed(&gate, cases[i].bytes + at,
							 len - at < piece ? len - at : piece);
			if (gate.status != cases[i].status)
				printf("\n    case %zu, pieces of %zu", i, piece);
			ASSERT_INT(gate.status, cases[i].status);
			ASSERT_INT(gate.requests, cases[i].requests);
			CU_ASSERT_EQUAL(gate.fault != NULL, gate.status != 0);
			CU_ASSERT_EQUAL(passed == len, gate.status == 0);
			ASSERT_INT(http_gate_feed(&gate, "x", 1), gate.status == 0);
		}
}

static void
nul_is_refused(void)
{
	static const char request[] = POST "X-A: b\0c\r\n\r\n";
	struct http_gate gate = { .state = GATE_START };

	http_gate_feed(&gate, request, sizeof(request) - 1);
	ASSERT_INT(gate.status, 400);
}

static void
chunk_lines_are_bounded(void)
{
	static const char filler[] = ";xxxxxxxxxxxxxxx";
	struct http_gate gate = { .state = GATE_START };
	size_t fed = 0;

	http_gate_feed(&gate, CHUNKED "2", sizeof(CHUNKED));
	while (gate.fault == NULL && fed < 10 * GATE_CHUNK_LINE)
		fed += http_gate_feed(&gate, filler, sizeof(filler) - 1);
	ASSERT_INT(gate.status, 400);
	CU_ASSERT(fed <= GATE_CHUNK_LINE);
}

static void
accept_fields_are_one_list(void)
{
	static const struct {
		const char *first, *second;
		bool json, stream;
	} fields[] = {
		{ NULL, NULL, true, false },
		{ "application/json, text/event-stream", NULL, true, true },
		{ "application/json", "text/event-stream", true, true },
		{ "application/json", NULL, true, false },
		{ "text/event-stream", NULL, false, true },
		{ "text/html", NULL, false, false },
		{ "", NULL, false, false },
		{ "*/*", NULL, true, true },
		{ "application/*;q=0.1, TEXT/*", NULL, true, true },
		{ "application/json;q=0, */*", NULL, false, true },
		{ "*/*;q=0", "application/json", true, false },
		{ "*/*, text/event-stream; q=0.0", NULL, true, false },
		{ "application/json;charset=utf-8;q=0.5", NULL, true, false },
		{ "application/jsonx, xapplication/json", NULL, false, false },
		{ ",, application/json ,", NULL, true, false },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct accept accept = { .given = false };

		if (fields[i].first != NULL)
			accept_read(&accept, fields[i].first);
		if (fields[i].second != NULL)
			accept_read(&accept, fields[i].second);
		if (accept_json(&accept) != fields[i].json ||
		    accept_stream(&accept) != fields[i].stream)
			printf("\n    case %zu", i);
		CU_ASSERT_EQUAL(accept_json(&accept), fields[i].json);
		CU_ASSERT_EQUAL(accept_stream(&accept), fields[i].stream);
	}
}

static const struct test tests[] = {
	TEST(requests_pass_or_are_refused),
	TEST(nul_is_refused),
	TEST(chunk_lines_are_bounded),
	TEST(accept_fields_are_one_list),
};
SUITE(tests)
