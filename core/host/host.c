/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owns every part. Start order: configuration, keys, plugins, registry, egress, calls, eras, and
 * the listeners last, so that everything is ready for the first request. Stop order: the listeners
 * close at once, running calls get their time, plugins stop, and memory is freed last.
 */
#include "host/host.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit.h"
#include "auth/auth.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/seal.h"
#include "base/slack.h"
#include "base/watchdog.h"
#include "call/calls.h"
#include "call/left.h"
#include "config/text.h"
#include "era/eras.h"
#include "host/apply.h"
#include "host/inside.h"
#include "host/limiting.h"
#include "host/notify.h"
#include "host/recording.h"
#include "host/reports.h"
#include "host/running.h"
#include "host/tracing.h"
#include "metrics/metrics.h"
#include "plugin/loader.h"
#include "policy/policy.h"
#include "transport/http.h"
#include "transport/stdio.h"

#define STATE_KEYS_MAX 8
#define FLUSH_POLL_MS 10 /* how often a stopping host checks that the last bytes were sent */
#define FLUSH_MS 5000	 /* the longest time that a stopping host waits for them */
#define STUCK_MS 1000	 /* time that a step may still run at the very end */

/* ---- start ---------------------------------------------------------------------------------- */

/* Forbids core dumps, and forbids other processes of this user to read this process: it holds
 * tokens. */
static void
process_harden(void)
{
	const struct rlimit none = { 0, 0 };

	prctl(PR_SET_DUMPABLE, 0);
	setrlimit(RLIMIT_CORE, &none);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* then write() reports that a file is too large */
}

/* The keys that seal handles: the configured ones, or one that is made at the first start. */
static void
keys_load(struct host *host, const struct config *config, struct strings *faults)
{
	const struct strings *files = &config->server.state_keys;
	unsigned char keys[STATE_KEYS_MAX][SEAL_KEY_LEN];
	const bool made = config->server.state_key_made;
	const size_t n = files->count < STATE_KEYS_MAX ? files->count : STATE_KEYS_MAX;
	size_t good = 0;
	char why[512];

	for (size_t i = 0; i < n; i++)
		if (made ? seal_key_make(files->item[i], keys[i], why, sizeof(why))
			 : seal_key_read(files->item[i], keys[i], why, sizeof(why)))
			good++;
		else if (made)
			strings_printf(faults,
				       "state key: %s: set server.state_key to file:PATH, or "
				       "XDG_STATE_HOME to a writable directory",
				       why);
		else
			strings_printf(faults, "server.state_key: %s", why);
	if (n == 0)
		strings_printf(faults, "state key: no directory is known for it: set "
				       "server.state_key, XDG_STATE_HOME or HOME");
	else if (good == n)
		host->sealer = sealer_new(keys[0], n);
	explicit_bzero(keys, sizeof(keys));
}

static void
plugin_changed(void *data, const char *what, const char *uri)
{
	struct host *host = data;

	eras_changed(host->eras, what, uri);
}

static void
parts_start(struct host *host)
{
	struct generation *now = host->now;

	generation_begin(now, &host->generations, NULL);
	host->limits = limiting_start(now->config, host->loop, host->pool);
	now->facts.limits = host->limits;
	host->limits_config = now->config;
	now->keeps_config = true;
	host->calls = calls_new(host->loop, &now->snapshot);
	calls_use_limits(host->calls, host->limits);
	calls_use_pool(host->calls, host->pool);
	host->eras = eras_new(&(struct eras_parts){ .loop = host->loop,
						    .snapshot = &now->snapshot,
						    .calls = host->calls,
						    .limits = host->limits,
						    .pool = host->pool,
						    .sealer = host->sealer });
	plugins_on_change(now->plugins, plugin_changed, host);
}

struct host *
host_try(struct config *config, struct strings *faults)
{
	struct host *host = xcalloc(1, sizeof(*host));
	char why[768];

	process_harden();
	keys_load(host, config, faults);
	if (!recording_start(config, NULL, why, sizeof(why)) ||
	    !limiting_possible(config, why, sizeof(why)))
		strings_printf(faults, "%s", why);
	host->loop = loop_new();
	host->pool = pool_new(host->loop, config->server.workers, config->server.workers_max);
	slack_start(host->loop, host->pool, SLACK_REST_MS);
	generations_init(&host->generations, host->loop, host->pool);
	host->now = generation_make(config, NULL, host->loop, faults);
	host_set_local(host);
	if (faults->count == 0)
		parts_start(host);
	return host;
}

struct host *
host_new(struct config *config, char *why, size_t why_size)
{
	struct strings faults = { NULL, 0 };
	struct host *host;

	log_init(config->log.level, config->log.text);
	for (size_t i = 0; i < config->warnings.count; i++)
		log_line(LOG_WARNING, "%s", config->warnings.item[i]);
	host = host_try(config, &faults);
	plugins_report(host->now->plugins);
	report_lines(LOG_ERROR, "prompt-refused", plugins_prompt_faults(host->now->plugins));
	upstreams_report(config, host->now->plugins);
	if (faults.count > 0)
		snprintf(why, why_size, "%s", faults.item[0]);
	if (faults.count > 0 || !recording_start(config, host->loop, why, why_size)) {
		host_free(host);
		host = NULL;
	} else { /* 0: on the command line no other call waits, and the user can interrupt */
		report_lines(LOG_WARNING, "policy", policy_warnings(host->now->snapshot.policy));
		host->watchdog = watchdog_new(host->loop, STUCK_MS, 0);
	}
	strings_fini(&faults);
	return host;
}

/* A plugin's step that never returns cannot be ended, and its memory cannot be freed. Only the end
 * of the process helps. */
static void
pool_end(struct pool *pool)
{
	if (pool != NULL && !pool_stop(pool, STUCK_MS)) {
		log_event(LOG_ERROR, "exit", "why", "s",
			  "a plugin's step does not end; the host exits without it", NULL);
		fflush(NULL);
		_exit(EXIT_FAILURE);
	}
	pool_free(pool);
}

/* The generation that serves; those that nobody holds any more are freed later. */
static void
now_release(struct host *host)
{
	if (host->now->snapshot.refs > 0)
		snapshot_release(&host->now->snapshot);
	else
		generation_drop(host->now, NULL); /* it was never begun */
}

void
host_free(struct host *host)
{
	if (host == NULL)
		return;
	slack_end();
	running_free(host->running);
	stdio_free(host->stdio);
	http_free(host->http);
	eras_free(host->eras);
	calls_free(host->calls);
	limiting_end(host->limits);
	tracing_free(host->tracing);
	generation_stop(host->now);
	now_release(host);
	generations_end(&host->generations);
	pool_end(host->reload.pool);
	pool_end(host->pool);
	generations_free(&host->generations);
	config_free(host->limits_config);
	plugins_wait();
	sealer_free(host->sealer);
	watchdog_free(host->watchdog);
	notify_free(host->notify);
	recording_stop();
	loop_free(host->loop);
	free(host);
}

/* ---- serve and stop ------------------------------------------------------------------------- */

/* Ends the loop when the last answers were sent, or their clients had enough time to read them. */
static void
flush_poll(struct loop_timer *timer)
{
	struct host *host = timer->data;
	bool left = (host->http != NULL && http_open_exchanges(host->http) > 0) ||
		    (host->stdio != NULL && !stdio_idle(host->stdio)) || eras_holding(host->eras);

	if (left && clock_ms() < host->flush_until)
		loop_timer_set(host->loop, timer, FLUSH_POLL_MS);
	else
		loop_stop(host->loop);
}

static void
drained(void *data)
{
	struct host *host = data;

	eras_quiesce(host->eras);
	host->flush = (struct loop_timer){ .fn = flush_poll, .data = host };
	host->flush_until = clock_ms() + FLUSH_MS;
	loop_timer_set(host->loop, &host->flush, FLUSH_POLL_MS);
}

static void
drain(struct host *host, const char *reason, unsigned ms)
{
	if (host->draining)
		return;
	host->draining = true;
	notify_stopping(host->notify);
	log_event(LOG_INFO, "stopping", "reason", "s", reason, "running", "i",
		  (int64_t)calls_running(host->calls), NULL);
	if (host->http != NULL)
		http_quiesce(host->http);
	calls_drain(host->calls, ms, drained, host);
}

static void
signalled(struct loop_watch *watch, uint32_t events)
{
	struct host *host = watch->data;
	struct signalfd_siginfo info;

	(void)events;
	if (read(watch->fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP && !host->terminal) {
		host_reload(host);
		return;
	}
	if (host->draining) { /* the second signal stops the host without waiting */
		log_event(LOG_WARNING, "stopping", "reason", "s", "signalled again", "running", "i",
			  (int64_t)calls_running(host->calls), NULL);
		loop_stop(host->loop);
	} else {
		/* 0 ms: a client that closes stdin and then sends a signal has already waited */
		drain(host,
		      info.ssi_signo == SIGTERM	 ? "SIGTERM"
		      : info.ssi_signo == SIGINT ? "SIGINT"
						 : "SIGHUP",
		      eras_input_ended(host->eras) ? 0 : host->now->config->limits.drain_ms);
	}
}

/* Called when stdin has ended and all its requests are answered. */
static void
input_ended(void *data)
{
	struct host *host = data;

	drain(host, "end of input", host->http != NULL ? host->now->config->limits.drain_ms : 0);
}

static bool
signals_watch(struct host *host)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	/* SIGHUP: the terminal was closed, or a service manager asks to reload */
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	host->signals = (struct loop_watch){ .fn = signalled, .data = host };
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd >= 0 && loop_add(host->loop, &host->signals, fd, EPOLLIN))
		return true;
	log_event(LOG_ERROR, "cannot-start", "why", "s", strerror(errno), NULL);
	if (fd >= 0)
		close(fd);
	return false;
}

/* What this process began, and nobody has seen to end. Whoever started the host on a terminal, or
 * from a client, reads standard error. */
static void
report_left(void *data, const struct left *left)
{
	const struct host *host = data;

	log_event(LOG_WARNING, "operation-left", "principal", "s", left->principal, "row", "s",
		  left->tool, "text", "s", left->text, NULL);
	if (host->stdio != NULL)
		fprintf(stderr, "lakehost: left running: %s: %s\n", left->tool, left->text);
}

static void
operations_report(struct host *host)
{
	size_t more = left_report(host->calls, report_left, host);

	if (more > 0)
		log_event(LOG_WARNING, "operations-left", "more", "i", (int64_t)more, NULL);
}

static const char *
readiness(void *data)
{
	const struct host *host = data;

	if (host->draining)
		return "stopping";
	if (audit_fault() != NULL)
		return "the audit log cannot be written";
	return host->now->snapshot.auth != NULL ? auth_unready(host->now->snapshot.auth) : NULL;
}

static void
send_stdio(void *data, const char *json, size_t len)
{
	const struct host *host = data;

	stdio_send(host->stdio, json, len);
}

static void
metrics_serve(struct host *host)
{
	metrics_start();
	host_set_gauges(host);
	http_set_metrics(host->http, gauges_write, &host->gauges);
}

static bool
listeners_open(struct host *host, char *why, size_t why_size)
{
	const struct config *config = host->now->config;
	const struct receiver *receiver = eras_receiver(host->eras);

	if (config->server.listeners > 0) {
		host->http = http_new(host->loop, &host->now->snapshot, receiver, &host->local,
				      readiness, host, why, why_size);
		if (host->http == NULL)
			return false;
		generation_serve(host->now, NULL);
		if (config->metrics.enabled)
			metrics_serve(host);
		for (size_t i = 0; i < config->server.listeners; i++)
			log_event(LOG_NOTICE, "listening", "url", "s", http_url(host->http, i),
				  NULL);
	}
	if (config->server.stdio) {
		host->terminal = isatty(STDIN_FILENO);
		host->stdio = stdio_new(host->loop, receiver, config->limits.body, &host->local);
		stdio_use(host->stdio, &host->local, host->now->snapshot.number,
			  config->limits.body);
		eras_set_stdio(host->eras, send_stdio, host);
		eras_on_eof(host->eras, input_ended, host);
	}
	return true;
}

void
host_reload_with(struct host *host, const struct config_overrides *overrides,
		 config_upstreams_fn upstreams)
{
	host->reload.overrides = overrides;
	host->reload.upstreams = upstreams;
}

int
host_serve(struct host *host)
{
	char why[256];

	if (!signals_watch(host))
		return 1;
	host->tracing =
	    tracing_new(host->loop, host->now->snapshot.egress, host->now->config->traces);
	host_watch(host);
	host->notify = notify_new(host->loop);
	if (!listeners_open(host, why, sizeof(why))) {
		log_event(LOG_ERROR, "cannot-listen", "why", "s", why, NULL);
		return 1;
	}
	host->running = running_new();
	host_say_running(host, NULL);
	notify_ready(host->notify);
	loop_run(host->loop, host->now->config->server.spin_us);
	loop_remove(host->loop, &host->signals);
	close(host->signals.fd);
	operations_report(host);
	log_event(LOG_INFO, "stopped", NULL);
	return 0;
}

/* ---- for the command line ------------------------------------------------------------------- */

const struct config *
host_config(const struct host *host)
{
	return host->now->config;
}

struct loop *
host_loop(struct host *host)
{
	return host->loop;
}

struct calls *
host_calls(struct host *host)
{
	return host->calls;
}

struct egress *
host_egress(struct host *host)
{
	return host->now->snapshot.egress;
}

struct plugins *
host_plugins(struct host *host)
{
	return host->now->plugins;
}

struct registry *
host_registry(struct host *host)
{
	return host->now->snapshot.registry;
}

struct policy *
host_policy(struct host *host)
{
	return host->now->snapshot.policy;
}

const struct row_view *
host_view(struct host *host)
{
	return &policy_class_of(host->now->snapshot.policy, &host->local)->view;
}

const struct receiver *
host_receiver(struct host *host)
{
	return eras_receiver(host->eras);
}
