/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl's multi handle on the event loop: its sockets are watches, its timeout is a timer. */
#include "egress/multi.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "egress/handle.h"
#include "egress/internal.h"

#define IDLE_CONNECTIONS_MAX 8 /* connections kept for later requests */
/* Connections of all upstreams together, unless one of them may have more. One needs about 100 KB
 * with TLS, and 20 KB without it. */
#define CONNECTIONS_TOTAL_MAX 512L
#define PEAK_MS 3000 /* time for which the size of a burst is remembered */

struct watched {
	struct loop_watch watch;
	struct egress *egress;
};

static void configure(struct egress *egress);

/* Ends the flights that libcurl has finished. New transfers may start meanwhile. */
static void
collect(struct egress *egress)
{
	CURLMsg *message;
	int left;

	while ((message = egress->curl->multi_info_read(egress->multi, &left)) != NULL) {
		CURLcode rc = message->data.result;
		struct flight *flight = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		egress->curl->easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &flight);
		CHECK(flight != NULL && flight->easy == message->easy_handle);
		if (flight->stop != STOP_ABANDONED) /* otherwise the sweep ends the flight */
			flight_attempted(flight, rc);
	}
	flights_sweep(egress);
}

static void
act(struct egress *egress, curl_socket_t socket, int events)
{
	int running;

	egress->inside++;
	egress->curl->multi_socket_action(egress->multi, socket, events, &running);
	egress->inside--;
	collect(egress);
}

static void
on_event(struct loop_watch *watch, uint32_t events)
{
	struct watched *watched = watch->data;
	int bits = 0;

	/* Errors and the end of a connection are found by reading, so that earlier bytes are not
	 * lost. */
	if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0)
		bits |= CURL_CSELECT_IN;
	if ((events & (EPOLLOUT | EPOLLERR)) != 0)
		bits |= CURL_CSELECT_OUT;
	act(watched->egress, watch->fd, bits);
}

static int
on_socket(CURL *easy, curl_socket_t socket, int what, void *user, void *of_socket)
{
	struct egress *egress = user;
	struct watched *watched = of_socket;
	uint32_t events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (watched != NULL)
			loop_remove(egress->loop, &watched->watch);
		free(watched);
		return 0;
	}
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		events |= EPOLLIN;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		events |= EPOLLOUT;
	if (watched != NULL) {
		loop_modify(egress->loop, &watched->watch, events);
		return 0;
	}
	watched = xcalloc(1, sizeof(*watched));
	watched->egress = egress;
	watched->watch.fn = on_event;
	watched->watch.data = watched;
	if (!loop_add(egress->loop, &watched->watch, socket, events)) {
		free(watched);
		return -1;
	}
	egress->curl->multi_assign(egress->multi, socket, watched);
	return 0;
}

static void
on_timer(struct loop_timer *timer)
{
	act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int
on_timeout(CURLM *multi, long timeout_ms, void *user)
{
	struct egress *egress = user;

	(void)multi;
	if (timeout_ms < 0)
		loop_timer_stop(egress->loop, &egress->timer);
	else
		loop_timer_set(egress->loop, &egress->timer, timeout_ms);
	return 0;
}

/* Hosts that are never reached through a proxy: this machine, and the hosts in no_proxy. */
static char *
no_proxy_list(void)
{
	const char *more = getenv("no_proxy");

	if (more == NULL)
		more = getenv("NO_PROXY");
	if (more != NULL && strcmp(more, "*") == 0)
		return xstrdup("*");
	return xprintf("localhost,127.0.0.0/8,::1%s%s", more != NULL && *more != '\0' ? "," : "",
		       more != NULL ? more : "");
}

/* ---- connections that are kept --------------------------------------------------------------- */

/* The highest number of flights that ran at one time recently. */
static size_t
peak(const struct egress *egress)
{
	return egress->peak > egress->peak_before ? egress->peak : egress->peak_before;
}

/* The limit of connections for libcurl. When a connection becomes idle, libcurl closes the oldest
 * idle one above this number, which includes connections in use. */
static void
limit_connections(struct egress *egress)
{
	int64_t now = clock_ms();

	if (now - egress->peak_since_ms > PEAK_MS) {
		egress->peak_before = egress->peak;
		egress->peak = 0;
		egress->peak_since_ms = now;
	}
	if (egress->running > egress->peak)
		egress->peak = egress->running;
	egress->curl->multi_setopt(egress->multi, CURLMOPT_MAXCONNECTS,
				   (long)peak(egress) + IDLE_CONNECTIONS_MAX);
}

/* After a burst no connection becomes idle any more, so libcurl closes none. All are closed with
 * their handle. The TLS sessions are kept. */
static void
on_idle(struct loop_timer *timer)
{
	struct egress *egress = timer->data;

	if (egress->running > 0)
		return;
	handles_drop(egress);
	if (peak(egress) <= IDLE_CONNECTIONS_MAX)
		return;
	egress->curl->multi_cleanup(egress->multi);
	loop_timer_stop(egress->loop, &egress->timer);
	egress->multi = egress->curl->multi_init();
	if (egress->multi == NULL)
		memory_gone(); /* as after any small allocation that failed, the process ends */
	egress->peak = egress->peak_before = 0;
	configure(egress);
}

/* The most connections of one upstream. They use at most a quarter of the open files that this
 * process may have; without this a lower limit would make connections fail one by one. */
static long
connections_max(const struct egress *egress)
{
	struct rlimit files = { 0 };
	rlim_t room;
	long most = 1;

	for (size_t i = 0; i < egress->config->upstreams; i++) {
		long n = (long)egress->config->upstream[i].max_connections;

		if (n > most)
			most = n;
	}
	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY)
		return most;
	room = files.rlim_cur / 4 > 0 ? files.rlim_cur / 4 : 1;
	if (room >= (rlim_t)most)
		return most;
	log_event(LOG_WARNING, "upstream", "max_connections", "i", (int64_t)room, "why", "s",
		  "the limit of open files (RLIMIT_NOFILE) allows no more connections to upstreams",
		  NULL);
	return (long)room;
}

/* ---- the handle ------------------------------------------------------------------------------ */

static void
configure(struct egress *egress)
{
	const struct curl_api *curl = egress->curl;
	const long most = connections_max(egress);

	curl->multi_setopt(egress->multi, CURLMOPT_MAX_HOST_CONNECTIONS, most);
	curl->multi_setopt(egress->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
			   most > CONNECTIONS_TOTAL_MAX ? most : CONNECTIONS_TOTAL_MAX);
	limit_connections(egress);
	curl->multi_setopt(egress->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
	curl->multi_setopt(egress->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl->multi_setopt(egress->multi, CURLMOPT_SOCKETDATA, egress);
	curl->multi_setopt(egress->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
	curl->multi_setopt(egress->multi, CURLMOPT_TIMERDATA, egress);
	curl->share_setopt(egress->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
}

bool
multi_open(struct egress *egress, char *why, size_t why_size)
{
	const struct curl_api *curl;

	if (egress->curl != NULL)
		return true;
	curl = curl_api_acquire(why, why_size);
	if (curl == NULL)
		return false;
	egress->multi = curl->multi_init();
	egress->share = curl->share_init();
	if (egress->multi == NULL || egress->share == NULL) {
		snprintf(why, why_size, "libcurl has no memory");
		curl->multi_cleanup(egress->multi);
		curl->share_cleanup(egress->share);
		curl_api_release(curl);
		return false;
	}
	egress->curl = curl;
	egress->no_proxy = no_proxy_list();
	egress->timer.fn = on_timer;
	egress->timer.data = egress;
	egress->idle.fn = on_idle;
	egress->idle.data = egress;
	configure(egress);
	return true;
}

void
multi_close(struct egress *egress)
{
	if (egress->curl == NULL)
		return;
	handles_drop(egress);
	egress->curl->multi_cleanup(egress->multi); /* closes the idle connections */
	egress->curl->share_cleanup(egress->share);
	loop_timer_stop(egress->loop, &egress->timer);
	loop_timer_stop(egress->loop, &egress->idle);
	curl_api_release(egress->curl);
	egress->curl = NULL;
	free(egress->no_proxy);
}

bool
multi_add(struct egress *egress, struct flight *flight)
{
	if (egress->curl->multi_add_handle(egress->multi, flight->easy) != CURLM_OK)
		return false;
	flight_move(flight, FLIGHT_RUNS);
	egress->running++;
	pace_runs(flight);
	limit_connections(egress);
	return true;
}

void
multi_remove(struct egress *egress, struct flight *flight)
{
	CHECK(egress->inside == 0); /* libcurl forbids it while it is running */
	CHECK(egress->running > 0);
	egress->curl->multi_remove_handle(egress->multi, flight->easy);
	flight_move(flight, FLIGHT_RESTS);
	egress->running--;
	pace_rests(flight);
	limit_connections(egress);
	if (egress->running == 0)
		loop_timer_set(egress->loop, &egress->idle, PEAK_MS);
}
