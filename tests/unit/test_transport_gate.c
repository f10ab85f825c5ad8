/* SPDX-License-Identifier: Apache-2.0 */
/* Tests what the gate passes on to libmicrohttpd, in pieces of any size; and what Accept allows. */
#include "transport/accept.h"
#include "transport/http_gate.h"

#include "base/mem.h"
#include "suite.h"

#define POST "POST /mcp HTTP/1.1\r\nHost: h\r\n"
#define GET "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
#define HEAD_MAX 8192u
#define MEMORY_MAX (2 * HEAD_MAX - 512)
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

static const struct {
	const char *bytes;
	int status; /* 0: all passes */
	unsigned requests;
} cases[] = {
	{ GET, 0, 1 },
	{ "\r\n\r\n" GET GET, 0, 2 },
	{ "GET http://h:1/x HTTP/1.0\r\nHost:\r\n\r\n", 0, 1 },
	{ "!#$%&'*+-.^_`|~ \xc3\xa9 HTTP/1.9\r\nHost: h\r\n!#$%&'*+-.^_`|~: \xff\t\r\n\r\n", 0, 1 },
	{ POST "Content-Length: 2\r\n\r\n\n\n" POST "\r\n", 0, 2 },
	{ POST "content-length:\t 2 \r\n\r\n{}", 0, 1 },
	{ POST "Content-Length: 0\r\n\r\n" POST "\r\n", 0, 2 },
	{ CHUNKED "2\r\n{}\r\n0\r\n\r\n" POST "\r\n", 0, 2 },
	{ CHUNKED "2;x=\"y\"\r\n{}\r\nA\r\n\r\n\r\n\n\n\n\n\n\n\r\n0;z\r\nX-A: b\r\n\r\n" POST
		  "\r\n",
	  0, 2 },
	/* the request line */
	{ "GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505, 1 },
	{ "GET / HTTP/0.9\r\nHost: h\r\n\r\n", 505, 1 },
	{ "GET / HTTP/1.10\r\nHost: h\r\n\r\n", 400, 1 },
	{ "GET / http/1.1\r\nHost: h\r\n\r\n", 400, 1 },
	{ "GET / HTTP/1.1 \r\nHost: h\r\n\r\n", 400, 1 },
	{ "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400, 1 },
	{ "G(T / HTTP/1.1\r\nHost: h\r\n\r\n", 400, 1 },
	{ "GET /\x7f HTTP/1.1\r\nHost: h\r\n\r\n", 400, 1 },
	/* fields */
	{ "GET / HTTP/1.1\r\n\r\n", 400, 1 },
	{ "GET / HTTP/1.0\r\n\r\n", 400, 1 },
	{ POST "hOST: h\r\n\r\n", 400, 1 },
	{ POST "X A: b\r\n\r\n", 400, 1 },
	{ POST "X-A : b\r\n\r\n", 400, 1 },
	{ POST "X-A: b\x07\r\n\r\n", 400, 1 },
	{ POST "X-A: b\x7f\r\n\r\n", 400, 1 },
	{ POST "X-\xe9: b\r\n\r\n", 400, 1 },
	/* lengths that contradict each other */
	{ POST "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", 400, 1 },
	{ POST "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n", 400, 1 },
	{ POST "Content-Length: 2\r\nContent-Length: 2\r\n\r\n", 400, 1 },
	{ POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400, 1 },
	{ POST "Transfer-Encoding: gzip\r\n\r\n", 400, 1 },
	{ "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", 400, 1 },
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
	{ CHUNKED "2\r\n{}\r\n0\r\nX y: z\r\n\r\n", 400, 1 },
	{ CHUNKED "2\r\n{}\r\n0\r\nX\r\n\r\n", 400, 1 },
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
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (size_t piece = 1; piece < 60; piece++) {
			struct http_gate gate = { .head_max = HEAD_MAX, .memory_max = MEMORY_MAX };
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
	struct http_gate gate = { .head_max = HEAD_MAX, .memory_max = MEMORY_MAX };

	http_gate_feed(&gate, request, sizeof(request) - 1);
	ASSERT_INT(gate.status, 400);
}

/* Sends `head` and then `n` times `part`. Returns the status. */
static int
feed_parts(struct http_gate *gate, const char *head, const char *part, unsigned n)
{
	*gate = (struct http_gate){ .head_max = HEAD_MAX, .memory_max = MEMORY_MAX };
	http_gate_feed(gate, head, strlen(head));
	while (n-- > 0)
		http_gate_feed(gate, part, strlen(part));
	return gate->status;
}

static void
heads_are_bounded(void)
{
	static const char last[] = CHUNKED "0\r\n";
	struct http_gate gate;
	size_t exact = HEAD_MAX - strlen(POST) - 4;

	/* The limit counts every byte from the request line to the empty line. */
	ASSERT_INT(feed_parts(&gate, POST "a:", "x", (unsigned)exact - 2), 0);
	ASSERT_INT(http_gate_feed(&gate, "\r\n\r\n", 4), 4);
	ASSERT_INT(feed_parts(&gate, POST "a:", "x", (unsigned)exact - 1), 0);
	ASSERT_INT(http_gate_feed(&gate, "\r\n\r\n", 4), 2);
	ASSERT_INT(gate.status, 431);
	ASSERT_INT(feed_parts(&gate, "GET /", "x", HEAD_MAX), 414);
	/* the number of parts that the library stores */
	ASSERT_INT(feed_parts(&gate, POST, "a:\r\n", 99), 0);
	ASSERT_INT(feed_parts(&gate, POST, "a:\r\n", 100), 431);
	ASSERT_INT(feed_parts(&gate, POST "Cookie: a", ";b=c", 95), 0);
	ASSERT_INT(http_gate_feed(&gate, "\r\n", 2), 2);
	ASSERT_INT(feed_parts(&gate, POST "cookie: a", ";b=c", 98), 0);
	ASSERT_INT(http_gate_feed(&gate, "\r\n", 2), 0);
	ASSERT_INT(gate.status, 431);
	/* the memory of the parts: a cookie counts twice */
	ASSERT_INT(feed_parts(&gate, POST "X: ", "b", HEAD_MAX - 40), 0);
	ASSERT_INT(http_gate_feed(&gate, "\r\n", 2), 2);
	ASSERT_INT(feed_parts(&gate, POST "Cookie: a=", "b", HEAD_MAX - 60), 0);
	ASSERT_INT(http_gate_feed(&gate, "\r\n", 2), 0);
	ASSERT_INT(gate.status, 431);
	ASSERT_INT(feed_parts(&gate, POST "User-Agent: a", ";b", 200), 0);
	ASSERT_INT(http_gate_feed(&gate, "\r\n", 2), 2);
	ASSERT_INT(feed_parts(&gate, "GET /?a", "&b", 101), 0);
	ASSERT_INT(http_gate_feed(&gate, " HTTP/1.1\r\n", 11), 0);
	ASSERT_INT(gate.status, 431);
	/* a trailer too */
	ASSERT_INT(feed_parts(&gate, last, "a:\r\n", 101), 431);
	ASSERT_INT(feed_parts(&gate, last,
			      "a:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n",
			      90),
		   431);
}

static void
chunk_lines_are_bounded(void)
{
	static const char filler[] = ";xxxxxxxxxxxxxxx";
	struct http_gate gate = { .head_max = HEAD_MAX, .memory_max = MEMORY_MAX };
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

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
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
	TEST(heads_are_bounded),
	TEST(chunk_lines_are_bounded),
	TEST(accept_fields_are_one_list),
};
SUITE(tests)
