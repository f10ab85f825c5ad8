/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures a server on stdio. Prints NAME VALUE lines.
 *
 * 	stdio [--era 2025] [--tool NAME] [--args JSON] [--text TEXT] [--starts N] [--one N]
 * 	      [--flight N] [--depth N] [--hold N] [--hold-ms N] [--seconds N] -- COMMAND [ARG...]
 *
 * --starts: starts the server so often, from fork() to the first reply; --one: calls one by one;
 * --flight: calls with so many under way as --depth says; --hold: so many calls of the tool
 * "hold", all under way at once. Each answer must contain --text. Each part ends after --seconds
 * at the latest. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "share.h"

#define PATIENCE_MS 60000
#define REQUEST_MAX 4096
#define META                                                                               \
	"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","           \
	"\"io.modelcontextprotocol/clientInfo\":{\"name\":\"bench\",\"version\":\"1.0\"}," \
	"\"io.modelcontextprotocol/clientCapabilities\":{}}"

struct server {
	pid_t pid;
	int in, out;
	char *data;
	size_t first, len, cap;
};

static const char *tool = "echo", *args = "{\"text\":\"hello from the benchmark\"}",
		  *text = "hello from the benchmark";
static bool legacy;
static double seconds = 5;
static long hold_ms = 3000;
static char **command;

static void
die(const char *format, ...)
{
	va_list list;

	fprintf(stderr, "stdio: ");
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	exit(1);
}

static void *
must(void *p)
{
	if (p == NULL)
		die("no memory");
	return p;
}

/* ---- a server ---- */

static struct server
begin(void)
{
	struct server s = { .cap = 1 << 20 };
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		die("pipe: %s", strerror(errno));
	s.pid = fork();
	if (s.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		execvp(command[0], command);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	s.in = in[1];
	s.out = out[0];
	s.data = must(malloc(s.cap));
	return s;
}

static void
end(struct server *s)
{
	int status = 0;

	close(s->in);
	for (int i = 0; i < 2000 && waitpid(s->pid, &status, WNOHANG) == 0; i++)
		usleep(5000);
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	close(s->out);
	free(s->data);
}

static void
send_all(struct server *s, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(s->in, data, len);

		if (n < 0 && errno != EINTR)
			die("the server does not read: %s", strerror(errno));
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
}

static void
receive(struct server *s)
{
	struct pollfd ready = { .fd = s->out, .events = POLLIN };
	ssize_t n;

	if (s->first > 0 && (s->first == s->len || s->len == s->cap)) {
		memmove(s->data, s->data + s->first, s->len - s->first);
		s->len -= s->first;
		s->first = 0;
	}
	if (s->len == s->cap)
		s->data = must(realloc(s->data, s->cap *= 2));
	if (poll(&ready, 1, PATIENCE_MS) == 0)
		die("no answer within %d s", PATIENCE_MS / 1000);
	n = read(s->out, s->data + s->len, s->cap - s->len);
	if (n <= 0)
		die("the server ended");
	s->len += (size_t)n;
}

/* The next line, which ends with a NUL; valid until the next call. NULL: there is no complete line
 * without waiting. */
static char *
next_line(struct server *s, size_t *len, bool wait)
{
	size_t seen = s->first;

	for (;;) {
		char *found = memchr(s->data + seen, '\n', s->len - seen),
		     *line = s->data + s->first;

		if (found != NULL) {
			*found = '\0';
			*len = (size_t)(found - line);
			s->first = (size_t)(found + 1 - s->data);
			return line;
		}
		if (!wait)
			return NULL;
		seen = s->len - s->first;
		receive(s);
		seen += s->first;
	}
}

/* The id of a reply, which is near its beginning or its end; -1: the message is a notification. */
static long
id_of(const char *line, size_t len)
{
	size_t part = len < 64 ? len : 64;
	const char *at = memmem(line, part, "\"id\":", 5);

	if (at == NULL)
		at = memmem(line + len - part, part, "\"id\":", 5);
	return at == NULL ? -1 : strtol(at + 5, NULL, 10);
}

/* The next reply. NULL as in next_line(). It must contain `wanted`. */
static char *
next_reply(struct server *s, bool wait, const char *wanted)
{
	size_t len;
	char *line;

	do
		line = next_line(s, &len, wait);
	while (line != NULL && id_of(line, len) < 0);
	if (line != NULL &&
	    (strstr(line, wanted) == NULL || strstr(line, "\"isError\":true") != NULL))
		die("a wrong answer: %.300s", line);
	return line;
}

/* ---- requests ---- */

static size_t
request(char *into, long id, const char *name, const char *arguments)
{
	return (
	    size_t)snprintf(into, REQUEST_MAX,
			    "{\"jsonrpc\":\"2.0\",\"id\":%ld,\"method\":\"tools/call\",\"params\":"
			    "{\"name\":\"%s\",\"arguments\":%s%s}}\n",
			    id, name, arguments, legacy ? "" : "," META);
}

static void
greet(struct server *s)
{
	static const char modern[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\","
				     "\"params\":{" META "}}\n",
			  old[] =
			      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":"
			      "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},"
			      "\"clientInfo\":{\"name\":\"bench\",\"version\":\"1.0\"}}}\n",
			  ready[] =
			      "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n";

	if (legacy)
		send_all(s, old, sizeof(old) - 1);
	else
		send_all(s, modern, sizeof(modern) - 1);
	next_reply(s, true, "\"result\"");
	if (legacy)
		send_all(s, ready, sizeof(ready) - 1);
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* ---- the parts ---- */

static void
measure_starts(int n)
{
	double *took = must(calloc((size_t)n, sizeof(*took)));

	for (int i = 0; i < n; i++) {
		double began = now();
		struct server s = begin();

		greet(&s);
		took[i] = now() - began;
		end(&s);
	}
	qsort(took, (size_t)n, sizeof(*took), by_size);
	printf("start_ms %.3f\n", 1e3 * took[n / 2]);
	free(took);
}

static void
measure_one(struct server *s, long n)
{
	double *took = must(calloc((size_t)n, sizeof(*took))), began = now(), last = began;
	char data[REQUEST_MAX];
	long i = 0;

	for (; i < n && last - began < seconds; i++) {
		double sent = last;

		send_all(s, data, request(data, i + 10, tool, args));
		next_reply(s, true, text);
		last = now();
		took[i] = last - sent;
	}
	qsort(took, (size_t)i, sizeof(*took), by_size);
	printf("one_per_s %.1f\none_p50_us %.2f\none_p99_us %.2f\n", (double)i / (last - began),
	       1e6 * took[i / 2], 1e6 * took[i * 99 / 100]);
	free(took);
}

static void
measure_flight(struct server *s, long n, long depth)
{
	char *data = must(malloc((size_t)depth * REQUEST_MAX));
	double began = now();
	long sent = 0, got = 0;

	while (got < n) {
		size_t len = 0;
		bool wait = true;

		for (; sent - got < depth && sent < n; sent++)
			len += request(data + len, sent + 10, tool, args);
		send_all(s, data, len);
		for (; got < sent && next_reply(s, wait, text) != NULL; got++)
			wait = false;
		if (now() - began > seconds)
			n = sent;
	}
	printf("flight_per_s %.1f\n", (double)got / (now() - began));
	free(data);
}

/* Also reads answers that arrive early, so that the two sides do not wait for each other with full
 * pipes. */
static void
send_held(struct server *s, long n)
{
	struct pollfd ready[2] = { { .fd = s->in, .events = POLLOUT },
				   { .fd = s->out, .events = POLLIN } };
	char data[REQUEST_MAX], held[64];

	snprintf(held, sizeof(held), "{\"ms\":%ld}", hold_ms);
	for (long i = 0; i < n; i++) {
		while (poll(ready, 2, PATIENCE_MS) > 0 && !(ready[0].revents & POLLOUT))
			receive(s);
		send_all(s, data, request(data, i + 10, "hold", held));
	}
}

/* Measures how late the last call is answered after hold_ms, and the memory of each call. */
static void
measure_hold(struct server *s, long n)
{
	double before = resident_mb(s->pid), began = now(), during, sent;

	send_held(s, n);
	sent = now();
	if (now() - began < (double)hold_ms / 2e3)
		usleep((useconds_t)(hold_ms * 500) - (useconds_t)((now() - began) * 1e6));
	during = resident_mb(s->pid);
	for (long i = 0; i < n; i++)
		next_reply(s, true, "held");
	printf("hold_kb_each %.3f\nhold_mb %.2f\nhold_late_s %.3f\nhold_sent_s %.3f\n",
	       (during - before) * 1024 / (double)n, during, now() - sent - (double)hold_ms / 1e3,
	       sent - began);
	usleep(300000);
	printf("hold_after_mb %.2f\n", resident_mb(s->pid));
}

/* ---- the command ---- */

struct wanted {
	long starts, one, flight, depth, hold;
};

static void
read_option(const char *name, const char *value, struct wanted *w)
{
	if (strcmp(name, "--era") == 0)
		legacy = strcmp(value, "2025") == 0;
	else if (strcmp(name, "--tool") == 0)
		tool = value;
	else if (strcmp(name, "--args") == 0)
		args = value;
	else if (strcmp(name, "--text") == 0)
		text = value;
	else if (strcmp(name, "--starts") == 0)
		w->starts = atol(value);
	else if (strcmp(name, "--one") == 0)
		w->one = atol(value);
	else if (strcmp(name, "--flight") == 0)
		w->flight = atol(value);
	else if (strcmp(name, "--depth") == 0)
		w->depth = atol(value);
	else if (strcmp(name, "--hold") == 0)
		w->hold = atol(value);
	else if (strcmp(name, "--hold-ms") == 0)
		hold_ms = atol(value);
	else if (strcmp(name, "--seconds") == 0)
		seconds = atof(value);
	else
		die("unknown option: %s", name);
}

int
main(int argc, char **argv)
{
	struct wanted w = { .depth = 64 };
	struct server s;
	int i = 1;

	for (; i + 1 < argc && strcmp(argv[i], "--") != 0; i += 2)
		read_option(argv[i], argv[i + 1], &w);
	if (i + 1 >= argc)
		die("no command behind --");
	command = argv + i + 1;
	signal(SIGPIPE, SIG_IGN);
	if (w.starts > 0)
		measure_starts((int)w.starts);
	s = begin();
	greet(&s);
	usleep(200000);
	printf("idle_mb %.2f\n", resident_mb(s.pid));
	if (w.one > 0)
		measure_one(&s, w.one);
	if (w.flight > 0)
		measure_flight(&s, w.flight, w.depth);
	if (w.hold > 0)
		measure_hold(&s, w.hold);
	end(&s);
	return 0;
}
