/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the promises to a receiver: when on_close is called and how often, that finish() is safe
 * at any time, even after the transport is gone, and that no callback is called from within
 * another. */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/loop.h"
#include "resident.h"
#include "suite.h"
#include "config/snapshot.h"
#include "transport/http.h"

#define HELD_MAX 8
#define PATIENCE_MS 20000
#define IDLE 300

static struct {
	struct loop *loop;
	struct http *http;
	struct config config;
	struct snapshot snapshot;
	struct config_listener listener;
	struct exchange *held[HELD_MAX];
	size_t n_held;
	unsigned closed;
	bool finish_on_close, inside;
	char last[64];
} world;

/* ---- the receiver -------------------------------------------------------------------------- */

static void
finish(struct exchange *exchange)
{
	exchange->ops->finish(exchange, 200, NULL, 0, "{}", 2);
}

static void
on_close(struct exchange *exchange)
{
	CU_ASSERT(exchange->closed);
	CU_ASSERT(!world.inside);
	CU_ASSERT(!exchange->ops->notify(exchange, "{}", 2));
	CU_ASSERT(!exchange->ops->stream(exchange));
	world.closed++;
	if (world.finish_on_close)
		finish(exchange);
}

static void
on_message(void *data, struct exchange *exchange, const char *body, size_t len)
{
	(void)data;
	CU_ASSERT(exchange->http && !exchange->closed && exchange->owner == NULL);
	ASSERT_STR(exchange->principal.name, "tester");
	snprintf(world.last, sizeof(world.last), "%.*s", (int)len, body);
	if (strcmp(body, "release") == 0) { /* called from within another request */
		for (size_t i = 0; i < world.n_held; i++)
			finish(world.held[i]);
		world.n_held = 0;
		finish(exchange);
		return;
	}
	exchange->on_close = on_close;
	if (strcmp(body, "hold") == 0)
		world.held[world.n_held++] = exchange;
	else
		finish(exchange);
}

static void
on_other(void *data, struct exchange *exchange, const char *method)
{
	(void)data;
	(void)method;
	finish(exchange);
}

/* ---- the world ----------------------------------------------------------------------------- */

static void
set_up(void)
{
	static const struct receiver receiver = { .message = on_message, .other = on_other };
	static char host[] = "127.0.0.1", endpoint[] = "/mcp";
	const struct principal principal = { .name = "tester", .access = ACCESS_READ };
	char why[200];

	memset(&world, 0, sizeof(world));
	world.loop = loop_new();
	world.listener = (struct config_listener){ .kind = LISTEN_TCP, .host = host };
	world.config.server.listener = &world.listener;
	world.config.server.listeners = 1;
	world.config.server.endpoint = endpoint;
	world.config.limits.body = 1000;
	world.config.limits.headers = LIMIT_HEADERS;
	world.snapshot.config = &world.config;
	world.http = http_new(world.loop, &world.snapshot, &receiver, &principal, NULL, NULL, why,
			      sizeof(why));
	if (world.http == NULL)
		CU_FAIL_FATAL("the server does not start");
}

static void
tear_down(void)
{
	http_free(world.http);
	loop_free(world.loop);
}

static void
stop(struct loop_timer *timer)
{
	loop_stop(timer->data);
}

/* Runs the loop until `test` is true. */
static void
until(bool (*test)(void))
{
	int64_t end = clock_ms() + PATIENCE_MS;

	while (!test() && clock_ms() < end) {
		struct loop_timer timer = { .fn = stop, .data = world.loop };

		loop_timer_set(world.loop, &timer, 1);
		loop_run(world.loop, 0);
		loop_timer_stop(world.loop, &timer);
	}
	CU_ASSERT(test());
}

static int
connect_client(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), room = 4096;

	address.sin_port = htons((uint16_t)atoi(strrchr(http_url(world.http, 0), ':') + 1));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	ASSERT_INT(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static int
ask(const char *body)
{
	int fd = connect_client();
	char text[300];
	int len = snprintf(text, sizeof(text),
			   "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json"
			   "\r\nAccept: text/event-stream\r\nContent-Length: %zu\r\n\r\n%s",
			   strlen(body), body);

	ASSERT_INT(send(fd, text, (size_t)len, MSG_NOSIGNAL), len);
	return fd;
}

static bool
one_held(void)
{
	return world.n_held == 1;
}

static bool
one_closed(void)
{
	return world.closed == 1;
}

static bool
nothing_open(void)
{
	return http_open_exchanges(world.http) == 0;
}

/* ---- tests --------------------------------------------------------------------------------- */

static void
finish_within_on_close(void)
{
	set_up();
	world.finish_on_close = true;
	int fd = ask("hold");
	until(one_held);
	ASSERT_INT(http_open_exchanges(world.http), 1);
	close(fd);
	until(one_closed);
	until(nothing_open);
	tear_down();
	ASSERT_INT(world.closed, 1);
}

static void
finish_long_after_the_peer_left(void)
{
	set_up();
	int fd = ask("hold");
	until(one_held);
	close(fd);
	until(one_closed);
	fd = ask("echo"); /* the connection has closed meanwhile, but the exchange still exists */
	until(one_closed);
	ASSERT_INT(http_open_exchanges(world.http) > 0, 1);
	CU_ASSERT(!world.held[0]->ops->notify(world.held[0], "{}", 2));
	CU_ASSERT(world.held[0]->ops->header(world.held[0], "Nothing") == NULL);
	finish(world.held[0]);
	until(nothing_open);
	close(fd);
	tear_down();
	ASSERT_INT(world.closed, 1);
}

static void
finish_after_the_transport_is_gone(void)
{
	set_up();
	int fd = ask("hold");
	until(one_held);
	tear_down();
	ASSERT_INT(world.closed, 1);
	CU_ASSERT(!world.held[0]->ops->notify(world.held[0], "{}", 2));
	CU_ASSERT(world.held[0]->ops->header(world.held[0], "Host") == NULL);
	finish(world.held[0]);
	close(fd);
}

static void
transport_goes_while_on_close_finishes(void)
{
	set_up();
	world.finish_on_close = true;
	int fd = ask("hold");
	until(one_held);
	tear_down();
	ASSERT_INT(world.closed, 1);
	close(fd);
}

static bool
released(void)
{
	return strcmp(world.last, "release") == 0 && nothing_open();
}

static void
finish_from_within_another_request(void)
{
	char answer[500];
	ssize_t n;

	set_up();
	int held = ask("hold");
	until(one_held);
	int other = ask("release");
	until(released);
	n = recv(held, answer, sizeof(answer) - 1, MSG_DONTWAIT);
	CU_ASSERT(n > 0);
	answer[n > 0 ? n : 0] = '\0';
	CU_ASSERT(strncmp(answer, "HTTP/1.1 200 OK\r\n", 17) == 0);
	CU_ASSERT(strstr(answer, "\r\n\r\n{}") != NULL);
	ASSERT_INT(world.closed, 0);
	close(held);
	close(other);
	tear_down();
}

static void
full_queue_closes_but_not_from_within_notify(void)
{
	static char text[65536];
	unsigned sent = 0;

	memset(text, '1', sizeof(text));
	set_up();
	int fd = ask("hold"); /* and never reads */
	until(one_held);
	world.inside = true;
	while (world.held[0]->ops->notify(world.held[0], text, sizeof(text)))
		sent++;
	ASSERT_INT(sent, 16 - 1); /* 1 MiB without the framing */
	CU_ASSERT(world.held[0]->closed);
	CU_ASSERT(!world.held[0]->ops->notify(world.held[0], "{}", 2));
	ASSERT_INT(world.closed, 0);
	world.inside = false;
	until(one_closed);
	finish(world.held[0]);
	until(nothing_open);
	close(fd);
	tear_down();
}

static void
finish_right_after_a_full_queue(void)
{
	static char text[1 << 20];

	memset(text, '1', sizeof(text));
	set_up();
	int fd = ask("hold");
	until(one_held);
	CU_ASSERT(world.held[0]->ops->notify(world.held[0], text, sizeof(text)));
	CU_ASSERT(!world.held[0]->ops->notify(world.held[0], text, sizeof(text)));
	finish(world.held[0]);
	until(nothing_open);
	ASSERT_INT(world.closed, 0); /* after finish() nothing is reported */
	close(fd);
	tear_down();
}

static void
quiesce_refuses_at_once(void)
{
	struct sockaddr_in address;
	socklen_t len = sizeof(address);
	int fd;

	set_up();
	fd = connect_client();
	ASSERT_INT(getpeername(fd, (struct sockaddr *)&address, &len), 0);
	close(fd);
	http_quiesce(world.http);
	http_quiesce(world.http);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ASSERT_INT(connect(fd, (struct sockaddr *)&address, sizeof(address)), -1);
	ASSERT_INT(errno, ECONNREFUSED);
	close(fd);
	tear_down();
}

/* ---- idle connections ----------------------------------------------------------------------- */

static size_t given_back_to;

static bool
given_back(void)
{
	return resident() <= given_back_to;
}

/* Two requests on one connection; the second one begins after `between`. */
static void
expect_answer(int fd, const char *between)
{
	char text[300], answer[500];
	int len = snprintf(text, sizeof(text),
			   "%sPOST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
			   "application/json\r\nContent-Length: 4\r\n\r\necho",
			   between);
	ssize_t n = -1;

	ASSERT_INT(send(fd, text, (size_t)len, MSG_NOSIGNAL), len);
	for (int i = 0; i < PATIENCE_MS && n <= 0; i++) {
		struct loop_timer timer = { .fn = stop, .data = world.loop };

		loop_timer_set(world.loop, &timer, 1);
		loop_run(world.loop, 0);
		loop_timer_stop(world.loop, &timer);
		n = recv(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT);
	}
	CU_ASSERT(n > 0);
	answer[n > 0 ? n : 0] = '\0';
	CU_ASSERT(strncmp(answer, "HTTP/1.1 200 OK\r\n", 17) == 0);
}

/* Of the 16 KiB that libmicrohttpd has for a connection, at least two pages of 4 KiB go back to the
 * system while the connection is idle. Later requests are answered as before. */
static void
idle_connections_give_memory_back(void)
{
	int fd[IDLE];

	set_up();
	for (size_t i = 0; i < IDLE; i++) {
		fd[i] = connect_client();
		expect_answer(fd[i], "");
	}
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	given_back_to = resident() - (size_t)IDLE * 8192;
	until(given_back);
#endif
	for (size_t i = 0; i < IDLE; i++) {
		expect_answer(fd[i], i % 2 == 0 ? "" : "\r\n");
		expect_answer(fd[i], "");
		close(fd[i]);
	}
	tear_down();
}

static const struct test tests[] = {
	TEST(idle_connections_give_memory_back),
	TEST(finish_within_on_close),
	TEST(finish_long_after_the_peer_left),
	TEST(finish_after_the_transport_is_gone),
	TEST(transport_goes_while_on_close_finishes),
	TEST(finish_from_within_another_request),
	TEST(full_queue_closes_but_not_from_within_notify),
	TEST(finish_right_after_a_full_queue),
	TEST(quiesce_refuses_at_once),
};
SUITE(tests)
