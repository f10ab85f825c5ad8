/* SPDX-License-Identifier: Apache-2.0 */
/* A server that has only a transport. The messages tell its receiver what to do ("do", "n"), so
 * that the raw_*.py scripts can test every state of the transport. It prints its URLs on stderr
 * ("listening URL"), ends on SIGTERM, "quit" or the end of stdin, and frees all memory, so that
 * leaks are found. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/loop.h"
#include "base/mem.h"
#include "config/config.h"
#include "config/snapshot.h"
#include "transport/http.h"
#include "transport/stdio.h"

struct call {
	struct exchange *exchange;
	struct call *next;
	struct loop_timer timer;
	char *body;
	size_t len;
	const char *what; /* within body */
	long n;
	bool keep; /* does not finish when the peer leaves */
};

static struct {
	struct loop *loop;
	struct http *http;
	struct stdio *stdio;
	struct call *calls;
	struct config config;
	struct snapshot snapshot;
	struct config_listener listener[8];
	char *hosts[8], *origins[8];
	struct http_times times;
	long held, closed, finished, delivered, refused, eof;
	bool unready;
} server;

/* ---- calls --------------------------------------------------------------------------------- */

static void
forget(struct call *call)
{
	struct call **link = &server.calls;

	while (*link != call)
		link = &(*link)->next;
	*link = call->next;
	loop_timer_stop(server.loop, &call->timer);
	free(call->body);
	free(call);
}

static void
finish(struct call *call, int status, const char *json, size_t len)
{
	const struct exchange_header header = { "X-Test", "yes" };

	server.finished++;
	call->exchange->ops->finish(call->exchange, status, &header, 1, json, len);
	forget(call);
}

static void
on_close(struct exchange *exchange)
{
	struct call *call = exchange->owner;

	server.closed++;
	if (!call->keep)
		finish(call, 200, "{}", 2);
}

static bool
is(const struct call *call, const char *what)
{
	size_t len = strlen(what);

	return call->what != NULL && strncmp(call->what, what, len) == 0 && call->what[len] == '"';
}

static bool
notify(struct call *call, size_t size)
{
	struct buf text;
	bool sent;

	buf_init(&text, size + 64);
	buf_printf(&text, "{\"jsonrpc\":\"2.0\",\n\"left\":%ld,\"pad\":\"", call->n);
	while (text.len < size)
		buf_putc(&text, 'x');
	buf_puts(&text, "\"}");
	sent = call->exchange->ops->notify(call->exchange, text.data, text.len);
	server.delivered += sent;
	server.refused += !sent;
	buf_fini(&text);
	return sent;
}

/* "drip" and "flood" send a notification at intervals. "later" sends the answer. */
static void
on_timer(struct loop_timer *timer)
{
	struct call *call = timer->data;

	if (is(call, "later") || call->n-- <= 0) {
		finish(call, 200, call->body, call->len);
		return;
	}
	if (notify(call, is(call, "flood") ? 65536 : 10) || is(call, "drip"))
		loop_timer_set(server.loop, timer, is(call, "flood") ? 0 : 10);
	/* otherwise the reader is too slow, and on_close() ends the exchange */
}

static void
release(struct call *but)
{
	for (struct call *call = server.calls, *next; call != NULL; call = next) {
		next = call->next;
		if (call != but && (is(call, "hold") || is(call, "keep") || is(call, "stream"))) {
			server.held--;
			finish(call, 200, call->body, call->len);
		}
	}
}

static void
report(struct call *call)
{
	struct buf out;

	buf_init(&out, 4096);
	buf_printf(
	    &out,
	    "{\"held\":%ld,\"closed\":%ld,\"finished\":%ld,\"delivered\":%ld,\"refused\":%ld,"
	    "\"eof\":%ld,\"open\":%zu}",
	    server.held, server.closed, server.finished, server.delivered, server.refused,
	    server.eof, server.http == NULL ? 0 : http_open_exchanges(server.http));
	finish(call, 200, out.data, out.len);
	buf_fini(&out);
}

static void
add_header(void *data, const char *name, const char *value)
{
	struct buf *out = data;

	buf_puts(out, ",");
	buf_json_str(out, name);
	buf_puts(out, ":");
	buf_json_str(out, value);
}

static void
report_headers(struct call *call)
{
	struct exchange *exchange = call->exchange;
	struct buf out;

	buf_init(&out, 65536);
	buf_puts(&out, "{\"Mcp-Name\":");
	buf_json_str(&out, exchange->ops->header(exchange, "mcp-name"));
	exchange->ops->headers(exchange, "mcp-param-", add_header, &out);
	buf_puts(&out, "}");
	finish(call, 200, out.data, out.len);
	buf_fini(&out);
}

static void
answer_big(struct call *call)
{
	char *text = xmalloc((size_t)call->n + 2);

	memset(text, 'x', (size_t)call->n + 2);
	text[0] = text[call->n + 1] = '"';
	finish(call, 200, text, (size_t)call->n + 2);
	free(text);
}

static void
run(struct call *call)
{
	if (is(call, "hold") || is(call, "keep") || is(call, "stream")) {
		server.held++;
		call->keep = is(call, "keep");
		if (!is(call, "stream") || call->exchange->ops->stream(call->exchange))
			return;
		server.held--;
		finish(call, 200, "\"no stream\"", 11);
	} else if (is(call, "later") || is(call, "drip") || is(call, "flood")) {
		loop_timer_set(server.loop, &call->timer, is(call, "later") ? call->n : 0);
	} else if (is(call, "state")) {
		report(call);
	} else if (is(call, "headers")) {
		report_headers(call);
	} else if (is(call, "big")) {
		answer_big(call);
	} else if (is(call, "status")) {
		finish(call, (int)call->n, call->body, call->len);
	} else if (is(call, "none")) {
		finish(call, 202, NULL, 0);
	} else {
		if (is(call, "release"))
			release(call);
		else if (is(call, "drain") && server.http != NULL)
			http_quiesce(server.http);
		else if (is(call, "unready"))
			server.unready = call->n != 0;
		else if (is(call, "quit"))
			loop_stop(server.loop);
		else if (is(call, "print"))
			printf("a stray line\n"), fflush(stdout);
		for (; is(call, "notify") && call->n > 0; call->n--)
			notify(call, 10);
		finish(call, 200, call->body, call->len);
	}
}

static void
on_message(void *data, struct exchange *exchange, const char *body, size_t len)
{
	struct call *call = xcalloc(1, sizeof(*call));
	const char *n;

	(void)data;
	call->exchange = exchange;
	call->body = xmalloc(len + 1);
	memcpy(call->body, body, len);
	call->body[len] = '\0';
	call->len = len;
	call->what = strstr(call->body, "\"do\":\"");
	call->what = call->what == NULL ? NULL : call->what + 6;
	n = strstr(call->body, "\"n\":");
	call->n = n == NULL ? 0 : atol(n + 4);
	call->timer = (struct loop_timer){ .fn = on_timer, .data = call };
	call->next = server.calls;
	server.calls = call;
	exchange->owner = call;
	exchange->on_close = on_close;
	run(call);
}

static void
on_other(void *data, struct exchange *exchange, const char *method)
{
	const struct exchange_header allow = { "Allow", "POST" };
	char text[64];
	int len = snprintf(text, sizeof(text), "\"other %s\"", method);

	(void)data;
	exchange->ops->finish(exchange, 405, &allow, 1, text, (size_t)len);
}

static void
stop_when_idle(struct loop_timer *timer)
{
	if (server.stdio == NULL || stdio_idle(server.stdio))
		loop_stop(server.loop);
	else
		loop_timer_set(server.loop, timer, 1);
}

static void
on_eof(void *data)
{
	static struct loop_timer timer = { .fn = stop_when_idle };

	(void)data;
	server.eof++;
	if (server.http == NULL)
		loop_timer_set(server.loop, &timer, 0);
}

static const char *
ready(void *data)
{
	(void)data;
	return server.unready ? "not yet" : NULL;
}

/* ---- options ------------------------------------------------------------------------------- */

static void
usage(void)
{
	fputs("usage: echo_server [--stdio] [--tcp HOST PORT]... [--unix PATH MODE]... [--systemd]"
	      " [--tls CERTIFICATE KEY] [--body N] [--headers N] [--connections N]"
	      " [--host H] [--origin O] [--times HEAD,BODY,IDLE,STALL,KEEPALIVE]\n",
	      stderr);
	exit(2);
}

static const char *
next(char ***argv)
{
	if (**argv == NULL)
		usage();
	return *(*argv)++;
}

static void
read_times(const char *text)
{
	struct http_times *t = &server.times;

	if (sscanf(text, "%u,%u,%u,%u,%u", &t->head_ms, &t->body_ms, &t->idle_ms, &t->stall_ms,
		   &t->keepalive_ms) != 5)
		usage();
}

static void
read_listener(const char *option, char ***argv)
{
	struct config *config = &server.config;
	struct config_listener *listener = &server.listener[config->server.listeners++];

	if (strcmp(option, "--tcp") == 0) {
		listener->kind = LISTEN_TCP;
		listener->host = xstrdup(next(argv));
		listener->port = (uint16_t)atoi(next(argv));
	} else if (strcmp(option, "--unix") == 0) {
		listener->kind = LISTEN_UNIX;
		listener->host = xstrdup(next(argv));
		listener->mode = (unsigned)strtoul(next(argv), NULL, 8);
	} else {
		listener->kind = LISTEN_SYSTEMD;
	}
}

static void
read_option(const char *option, char ***argv)
{
	struct config *config = &server.config;
	struct strings *hosts = &config->server.allowed_hosts;
	struct strings *origins = &config->server.allowed_origins;

	if (strcmp(option, "--stdio") == 0) {
		config->server.stdio = true;
	} else if (strcmp(option, "--tls") == 0) {
		struct config_listener *last = &server.listener[config->server.listeners - 1];

		last->tls_certificate = xstrdup(next(argv));
		last->tls_key = xstrdup(next(argv));
	} else if (strcmp(option, "--body") == 0) {
		config->limits.body = (unsigned)atol(next(argv));
	} else if (strcmp(option, "--headers") == 0) {
		config->limits.headers = (unsigned)atol(next(argv));
	} else if (strcmp(option, "--connections") == 0) {
		config->server.max_connections = (unsigned)atol(next(argv));
	} else if (strcmp(option, "--host") == 0) {
		hosts->item = server.hosts;
		hosts->item[hosts->count++] = xstrdup(next(argv));
	} else if (strcmp(option, "--origin") == 0) {
		origins->item = server.origins;
		origins->item[origins->count++] = xstrdup(next(argv));
	} else if (strcmp(option, "--times") == 0) {
		read_times(next(argv));
	} else {
		read_listener(option, argv);
	}
}

static void
free_options(void)
{
	for (size_t i = 0; i < server.config.server.listeners; i++) {
		free(server.listener[i].host);
		free(server.listener[i].tls_certificate);
		free(server.listener[i].tls_key);
	}
	for (size_t i = 0; i < server.config.server.allowed_hosts.count; i++)
		free(server.hosts[i]);
	for (size_t i = 0; i < server.config.server.allowed_origins.count; i++)
		free(server.origins[i]);
}

/* ---- running ------------------------------------------------------------------------------- */

static void
on_signal(struct loop_watch *watch, uint32_t events)
{
	(void)watch;
	(void)events;
	loop_stop(server.loop);
}

static bool
start(void)
{
	static const struct receiver receiver = {
		.message = on_message,
		.other = on_other,
		.eof = on_eof,
	};
	const struct principal local = { .name = "local", .access = ACCESS_ADMIN };
	char why[256];

	if (server.config.server.listeners > 0) {
		server.snapshot.config = &server.config;
		server.http = http_new(server.loop, &server.snapshot, &receiver, &local, ready,
				       NULL, why, sizeof(why));
		if (server.http == NULL) {
			fprintf(stderr, "echo_server: %s\n", why);
			return false;
		}
		http_set_times(server.http, &server.times);
		for (size_t i = 0; http_url(server.http, i) != NULL; i++)
			fprintf(stderr, "listening %s\n", http_url(server.http, i));
	}
	if (server.config.server.stdio)
		server.stdio = stdio_new(server.loop, &receiver, server.config.limits.body, &local);
	return true;
}

int
main(int argc, char **argv)
{
	struct loop_watch signals = { .fn = on_signal };
	sigset_t set;
	bool started;
	int fd;

	(void)argc;
	do /* the parent process may have closed some of the descriptors 0 to 2 */
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	close(fd);
	log_init(getenv("ECHO_DEBUG") != NULL ? LOG_DEBUG : LOG_WARNING, true);
	server.times = http_times_default;
	server.config.server.endpoint = (char[]){ "/mcp" };
	server.config.server.listener = server.listener;
	server.config.limits.body = LIMIT_BODY;
	server.config.limits.headers = LIMIT_HEADERS;
	for (argv++; *argv != NULL;) {
		const char *option = next(&argv);

		read_option(option, &argv);
	}
	server.loop = loop_new();
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	loop_add(server.loop, &signals, fd, EPOLLIN);
	started = start();
	if (started)
		loop_run(server.loop, 0);
	http_free(server.http);
	stdio_free(server.stdio);
	while (server.calls != NULL)
		finish(server.calls, 200, "{}", 2);
	loop_remove(server.loop, &signals);
	close(fd);
	loop_free(server.loop);
	free_options();
	return started ? 0 : 1;
}
