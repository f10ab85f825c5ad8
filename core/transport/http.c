/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP listeners as a whole: start, running MHD, deadlines, draining, end. */
#include "transport/http.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "transport/http_tls.h"

#define MEMORY_DEFAULT 16384u /* MHD's pool of a connection: head, and pieces of bodies */
#define MEMORY_MIN 8192u
#define DESCRIPTORS_SPARE 256u /* for everything but connections */
#define RUN_ROUNDS 8	       /* of MHD before the rest of the loop gets its turn */

const struct http_times http_times_default = {
	.head_ms = 10000,
	.body_ms = 60000,
	.idle_ms = 120000,
	.stall_ms = 120000,
	.keepalive_ms = 15000,
};

/* ---- running MHD --------------------------------------------------------------------------- */

void
http_run(struct http_listener *listener)
{
	MHD_UNSIGNED_LONG_LONG wait;

	for (int round = 0; round < RUN_ROUNDS; round++) {
		struct http *before = http_reading(listener->http);

		MHD_run(listener->daemon);
		http_reading(before);
		if (MHD_get_timeout(listener->daemon, &wait) != MHD_YES || wait > 0)
			return;
	}
	http_run_soon(listener);
}

void
http_run_soon(struct http_listener *listener)
{
	if (listener->again.slot == 0)
		loop_timer_set(listener->http->loop, &listener->again, 0);
}

static void
on_running(struct loop_watch *watch, uint32_t events)
{
	(void)events;
	http_run(watch->data);
}

static void
on_again(struct loop_timer *timer)
{
	http_run(timer->data);
}

/* ---- deadlines ----------------------------------------------------------------------------- */

/* Does the peer take nothing of the answer? TCP alone would let it go on for ever. */
static bool
stalled(struct http_connection *connection, int64_t now)
{
	struct http_sent sent;

	if (!http_sent(connection->fd, &sent))
		return false; /* the deadline holds */
	if (sent.acked != connection->acked) {
		connection->acked = sent.acked;
		connection->moved_ms = now;
	}
	return now - connection->moved_ms > connection->listener->http->times.stall_ms;
}

static bool
too_late(struct http_connection *connection, int64_t now)
{
	if (connection->phase == PHASE_STREAM && !connection->sse.ended)
		return sse_waiting(&connection->sse) > 0 &&
		       now - connection->sse.moved_ms > connection->listener->http->times.stall_ms;
	if (connection->phase == PHASE_STREAM || connection->phase == PHASE_ANSWER)
		if (stalled(connection, now))
			return true;
	return connection->deadline_ms != 0 && now > connection->deadline_ms;
}

/* MHD polls by edges but stops reading at a short read: a close that arrived together with the last
 * bytes goes unnoticed. One look after each request finds it; later closes make an edge. */
static bool
left_unnoticed(struct http_connection *connection)
{
	char byte;

	if (connection->phase > PHASE_BODY ||
	    (connection->phase == PHASE_IDLE && connection->looked))
		return false;
	connection->looked = true;
	return recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void
sweep(struct loop_timer *timer)
{
	struct http *http = timer->data;
	int64_t now = clock_ms();

	for (struct http_connection *c = http->connections, *next; c != NULL; c = next) {
		next = c->next;
		if (c->gone) {
			http_run_soon(c->listener); /* until MHD has let go of it */
			continue;
		}
		if (left_unnoticed(c)) {
			http_drop(c);
			continue;
		}
		if (!too_late(c, now))
			continue;
		if ((c->phase == PHASE_HEAD || c->phase == PHASE_BODY) && !c->listener->tls)
			http_raw_refusal(c->fd, 408, "Request Timeout",
					 "the request did not arrive in time; send it again");
		if (c->open)
			http_lost(c);
		http_drop(c);
	}
	if (http->accept_paused) {
		http_make_room(http);
		http_accept_again(http);
	}
	loop_timer_set(http->loop, &http->sweep, HTTP_SWEEP_MS);
}

/* ---- start --------------------------------------------------------------------------------- */

static void __attribute__((format(printf, 2, 0)))
mhd_log(void *cls, const char *format, va_list args)
{
	char text[256];
	size_t len;

	(void)cls;
	if (!log_enabled(LOG_DEBUG))
		return;
	vsnprintf(text, sizeof(text), format, args);
	len = strcspn(text, "\n");
	text[len] = '\0';
	log_event(LOG_DEBUG, "mhd", "text", "s", text, NULL);
}

/* Paths are compared as they were sent: "/%6dcp" is not "/mcp". */
static size_t
keep_escapes(void *cls, struct MHD_Connection *mhd, char *text)
{
	(void)cls;
	(void)mhd;
	return strlen(text);
}

/* The head must fit, with MHD's list of its fields, or the limit would not be as configured. */
static size_t
pool_size(const struct config *config)
{
	size_t wanted = config->server.connection_memory, need = 2 * (size_t)config->limits.headers;

	if (wanted == 0)
		wanted = MEMORY_DEFAULT;
	if (wanted < need)
		wanted = need;
	return wanted < MEMORY_MIN ? MEMORY_MIN : wanted;
}

static bool
start_daemon(struct http_listener *listener, const struct config_listener *config, char *why,
	     size_t why_size)
{
	const struct http *http = listener->http;
	size_t memory = pool_size(http->config);
	unsigned flags =
	    MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG;
	struct http_tls tls;

	if (!http_tls_load(&tls, config, why, why_size))
		return false;
	/* TURBO: MHD leaves shutdown() to us, so that http_on_connection() can still speak; with
	 * TLS its shutdown is the closing alert, which only MHD can send */
	flags |= listener->tls ? MHD_USE_TLS : MHD_USE_TURBO;
	/* how many connections there may be is ours to say; MHD also counts those that it has still
	 * to clean up, so its own limit must be out of the way */
	listener->daemon =
	    MHD_start_daemon(flags, 0, NULL, NULL, http_on_request, listener,
			     MHD_OPTION_EXTERNAL_LOGGER, mhd_log, NULL, MHD_OPTION_CONNECTION_LIMIT,
			     (unsigned)http->max_connections * 2 + 64,
			     MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory,
			     MHD_OPTION_URI_LOG_CALLBACK, http_on_line, listener,
			     MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
			     MHD_OPTION_NOTIFY_COMPLETED, http_on_completed, listener,
			     MHD_OPTION_NOTIFY_CONNECTION, http_on_connection, listener,
			     MHD_OPTION_ARRAY, tls.option, MHD_OPTION_END);
	http_tls_fini(&tls);
	if (listener->daemon == NULL)
		snprintf(why, why_size, "cannot serve %s: %s", listener->url,
			 listener->tls ? "the certificate and key are not usable together"
				       : "libmicrohttpd did not start");
	return listener->daemon != NULL;
}

static bool
start_listener(struct http *http, const struct config_listener *config, struct listen_socket sock,
	       char *why, size_t why_size)
{
	struct http_listener *listener = &http->listener[http->listeners++];
	const union MHD_DaemonInfo *info;

	*listener = (struct http_listener){
		.http = http,
		.sock = sock,
		.tls = config->tls_certificate != NULL,
		.host = xstrdup(config->host == NULL ? "" : config->host),
		.accepting = { .fn = http_on_accept, .data = listener },
		.running = { .fn = on_running, .data = listener },
		.again = { .fn = on_again, .data = listener },
	};
	listener->url = sock.unix_path
			  ? xprintf("unix:%s:%s", sock.address, http->config->server.endpoint)
			  : xprintf("http%s://%s%s", listener->tls ? "s" : "", sock.address,
				    http->config->server.endpoint);
	if (!start_daemon(listener, config, why, why_size))
		return false;
	info = MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!loop_add(http->loop, &listener->running, info->epoll_fd, EPOLLIN) ||
	    !loop_add(http->loop, &listener->accepting, sock.fd, EPOLLIN)) {
		snprintf(why, why_size, "cannot watch %s: %s", listener->url, strerror(errno));
		return false;
	}
	return true;
}

/* As many connections as configured need descriptors, also for their upstream side. */
static size_t
fit_connections(size_t wanted)
{
	struct rlimit limit = { 0 };
	rlim_t need = (rlim_t)wanted * 2 + DESCRIPTORS_SPARE;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return wanted;
	if (limit.rlim_cur < need) {
		limit.rlim_cur = limit.rlim_max < need ? limit.rlim_max : need;
		if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
			getrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur >= wanted + DESCRIPTORS_SPARE)
		return wanted;
	need = limit.rlim_cur;
	need = need > 2 * (rlim_t)DESCRIPTORS_SPARE ? need - DESCRIPTORS_SPARE : need / 2;
	log_event(LOG_WARNING, "http", "max_connections", "i", (int64_t)need, "why", "s",
		  "the limit of open files (RLIMIT_NOFILE) allows no more", NULL);
	return (size_t)need;
}

static bool
open_listeners(struct http *http, char *why, size_t why_size)
{
	const struct config *config = http->config;

	for (size_t i = 0; i < config->server.listeners; i++) {
		const struct config_listener *wanted = &config->server.listener[i];
		struct listen_socket *sockets = NULL;
		size_t n = listen_open(wanted, &sockets, why, why_size), done = 0;
		/* the loop holds pointers to them, so the array must never move */
		bool fine = n > 0 && http->listeners + n <= HTTP_LISTENERS_MAX;

		if (n > 0 && !fine)
			snprintf(why, why_size, "more than %u listening sockets",
				 HTTP_LISTENERS_MAX);
		while (fine && done < n) {
			fine = start_listener(http, wanted, sockets[done], why, why_size);
			done++;
		}
		while (done < n)
			listen_close(&sockets[done++]);
		free(sockets);
		if (!fine)
			return false;
	}
	return true;
}

struct http *
http_new(struct loop *loop, const struct config *config, const struct receiver *receiver,
	 const struct principal *principal, const char *(*ready)(void *data), void *ready_data,
	 char *why, size_t why_size)
{
	struct http *http = xcalloc(1, sizeof(*http));
	unsigned wanted = config->server.max_connections;

	http->loop = loop;
	http->config = config;
	http->receiver = *receiver;
	http->principal = *principal;
	http->ready = ready;
	http->ready_data = ready_data;
	http->times = http_times_default;
	http->lingering.loop = loop;
	http->max_connections = fit_connections(wanted == 0 ? LIMIT_CONNECTIONS : wanted);
	http->listener = xcalloc(HTTP_LISTENERS_MAX, sizeof(*http->listener));
	http->sweep = (struct loop_timer){ .fn = sweep, .data = http };
	if (!open_listeners(http, why, why_size)) {
		http_free(http);
		return NULL;
	}
	loop_timer_set(loop, &http->sweep, HTTP_SWEEP_MS);
	return http;
}

void
http_set_times(struct http *http, const struct http_times *times)
{
	http->times = *times;
}

void
http_set_config(struct http *http, const struct config *config)
{
	http->config = config;
}

const char *
http_url(const struct http *http, size_t i)
{
	return i < http->listeners ? http->listener[i].url : NULL;
}

size_t
http_open_exchanges(const struct http *http)
{
	return http->requests + http->n_orphans;
}

/* ---- end ----------------------------------------------------------------------------------- */

void
http_quiesce(struct http *http)
{
	if (http->draining)
		return;
	http->draining = true;
	for (size_t i = 0; i < http->listeners; i++) {
		struct http_listener *listener = &http->listener[i];

		/* the kernel would reset connections that it still keeps in the backlog */
		loop_remove(http->loop, &listener->accepting);
		http_accept_rest(listener);
		listen_close(&listener->sock);
	}
}

void
http_free(struct http *http)
{
	if (http == NULL)
		return;
	http_quiesce(http);
	loop_timer_stop(http->loop, &http->sweep);
	for (struct http_connection *c = http->connections; c != NULL; c = c->next)
		if (c->suspended)
			http_resume(c); /* MHD must not be stopped with suspended ones */
	for (size_t i = 0; i < http->listeners; i++) {
		struct http_listener *listener = &http->listener[i];

		loop_remove(http->loop, &listener->running);
		loop_timer_stop(http->loop, &listener->again);
		if (listener->daemon != NULL)
			MHD_stop_daemon(listener->daemon);
		free(listener->host);
		free(listener->url);
	}
	for (struct http_connection *c = http->orphans; c != NULL; c = c->next)
		c->listener = NULL; /* exchange_finish() frees it */
	linger_fini(&http->lingering);
	free(http->by_fd);
	free(http->listener);
	free(http);
}
