/* SPDX-License-Identifier: Apache-2.0 */
#include "base/watchdog.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"

#define LOOK_MS 500 /* time between checks */

struct watchdog {
	struct loop *loop;
	unsigned signal_ms, end_ms;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop;
	/* the thread's own */
	bool named;
	int64_t signalled_ms; /* time when the signal was first seen; 0: never */
};

static void
leave(const char *why)
{
	log_event(LOG_ERROR, "exit", "why", "s", why, NULL);
	fflush(NULL);
	_exit(EXIT_FAILURE);
}

/* Are SIGTERM or SIGINT pending? They are blocked, and the loop does not read them now. */
static bool
asked_to_end(void)
{
	sigset_t set;

	return sigpending(&set) == 0 &&
	       (sigismember(&set, SIGTERM) == 1 || sigismember(&set, SIGINT) == 1);
}

static void
name_plugin(const char *plugin, int64_t ms)
{
	log_event(LOG_ERROR, "stuck", "plugin", "s", plugin, "ms", "i", ms, "why", "s",
		  "a handler of the plugin runs on the loop thread and does not return; no "
		  "request is answered meanwhile",
		  "next", "s",
		  "set isolation = \"process\" for this plugin, and report it to "
		  "the plugin's vendor",
		  NULL);
}

static void
look(struct watchdog *watchdog)
{
	const char *plugin = NULL;
	int64_t ms = loop_busy_ms(watchdog->loop, &plugin);

	if (plugin == NULL || ms < WATCHDOG_NAME_MS) {
		watchdog->named = false;
		watchdog->signalled_ms = 0;
		return;
	}
	if (!watchdog->named)
		name_plugin(plugin, ms);
	watchdog->named = true;
	if (watchdog->signalled_ms == 0 && asked_to_end())
		watchdog->signalled_ms = clock_ms();
	if (watchdog->signalled_ms != 0 &&
	    clock_ms() - watchdog->signalled_ms >= watchdog->signal_ms)
		leave("a plugin's step does not end; the host exits without it");
	if (watchdog->end_ms != 0 && ms >= watchdog->end_ms)
		leave("a step of a plugin has blocked the loop for longer than a call may take, "
		      "so the host exits and can be started again");
}

static void *
watch(void *data)
{
	struct watchdog *watchdog = data;

	pthread_mutex_lock(&watchdog->lock);
	while (!watchdog->stop) {
		struct timespec until;

		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += LOOK_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
		pthread_cond_timedwait(&watchdog->wake, &watchdog->lock, &until);
		if (!watchdog->stop)
			look(watchdog);
	}
	pthread_mutex_unlock(&watchdog->lock);
	return NULL;
}

struct watchdog *
watchdog_new(struct loop *loop, unsigned signal_ms, unsigned end_ms)
{
	struct watchdog *watchdog = xcalloc(1, sizeof(*watchdog));
	pthread_condattr_t monotonic;
	sigset_t all, before;
	int rc;

	watchdog->loop = loop;
	watchdog->signal_ms = signal_ms;
	watchdog->end_ms = end_ms;
	pthread_mutex_init(&watchdog->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&watchdog->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	sigfillset(&all); /* this thread blocks all signals, because only the loop reads them */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&watchdog->thread, NULL, watch, watchdog);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc == 0)
		return watchdog;
	log_event(LOG_WARNING, "unwatched", "why", "s",
		  "the thread that watches the loop cannot be started", NULL);
	pthread_mutex_destroy(&watchdog->lock);
	pthread_cond_destroy(&watchdog->wake);
	free(watchdog);
	return NULL;
}

void
watchdog_free(struct watchdog *watchdog)
{
	if (watchdog == NULL)
		return;
	pthread_mutex_lock(&watchdog->lock);
	watchdog->stop = true;
	pthread_cond_signal(&watchdog->wake);
	pthread_mutex_unlock(&watchdog->lock);
	pthread_join(watchdog->thread, NULL);
	pthread_mutex_destroy(&watchdog->lock);
	pthread_cond_destroy(&watchdog->wake);
	free(watchdog);
}
