/* SPDX-License-Identifier: Apache-2.0 */
/* How a serving host changes to another generation of its configuration. */
#include "host/apply.h"

#include <string.h>

#include "audit/audit.h"
#include "base/log.h"
#include "base/watchdog.h"
#include "call/call.h"
#include "call/calls.h"
#include "egress/egress.h"
#include "era/eras.h"
#include "host/inside.h"
#include "host/notify.h"
#include "host/reports.h"
#include "host/running.h"
#include "host/tracing.h"
#include "plugin/loader.h"
#include "policy/policy.h"
#include "transport/http.h"
#include "transport/stdio.h"

/* time for the loop thread to start draining after a signal; then the watchdog ends the process */
#define STUCK_SIGNAL_MS 10000u

/* ---- what follows from a generation ---------------------------------------------------------- */

void
host_set_local(struct host *host)
{
	strcpy(host->local.name, PRINCIPAL_LOCAL);
	host->local.access = host->now->config->access;
}

void
host_set_gauges(struct host *host)
{
	host->gauges = (struct gauges){ .calls = host->calls,
					.egress = host->now->snapshot.egress,
					.plugins = host->now->plugins,
					.pool = host->pool,
					.http = host->http,
					.limits = host->limits,
					.generation = host->now->snapshot.number,
					.reloads = host->reload.done,
					.refused = host->refused };
}

/* When a plugin never returns, the host exits when the deadlines of all waiting calls have
 * passed. */
void
host_watch(struct host *host)
{
	unsigned drain = host->now->config->limits.drain_ms;

	watchdog_free(host->watchdog);
	host->watchdog = watchdog_new(host->loop, drain < STUCK_SIGNAL_MS ? drain : STUCK_SIGNAL_MS,
				      host->now->config->limits.call_ms + WATCHDOG_NAME_MS);
}

void
host_say_running(struct host *host, const struct strings *faults)
{
	running_write(host->running,
		      &(struct running_state){ .config = host->now->config->file,
					       .generation = host->now->snapshot.number,
					       .begun = host->reload.begun,
					       .done = host->reload.done,
					       .faults = faults });
}

/* ---- the change ----------------------------------------------------------------------------- */

/* The call of a principal that would not be let in any more. */
static bool
is_gone(void *data, const struct call *call)
{
	const struct snapshot *now = data;

	return snapshot_standing(now, &call->principal, call->snapshot->number) == STANDING_REMOVED;
}

static void
report_generation(struct host *host)
{
	const struct config *config = host->now->config;

	for (size_t i = 0; i < config->warnings.count; i++)
		log_line(LOG_WARNING, "%s", config->warnings.item[i]);
	plugins_report(host->now->plugins);
	report_lines(LOG_ERROR, "prompt-refused", plugins_prompt_faults(host->now->plugins));
	upstreams_report(config, host->now->plugins);
	report_lines(LOG_WARNING, "policy", policy_warnings(host->now->snapshot.policy));
}

static bool
same_times(const struct config *a, const struct config *b)
{
	return a->limits.drain_ms == b->limits.drain_ms && a->limits.call_ms == b->limits.call_ms;
}

/* Everything that keeps a snapshot for new work gets the new one. */
static void
use_generation(struct host *host)
{
	struct snapshot *snapshot = &host->now->snapshot;
	const struct config *config = host->now->config;

	calls_use(host->calls, snapshot);
	if (host->http != NULL)
		http_use(host->http, snapshot, &host->local);
	if (host->stdio != NULL)
		stdio_use(host->stdio, &host->local, snapshot->number, config->limits.body);
	tracing_use(&host->tracing, host->loop, snapshot->egress, config->traces);
	eras_use(host->eras, snapshot, &host->local);
}

static void
change(struct host *host, struct generation *made)
{
	struct generation *before = host->now;
	size_t cancelled;

	generation_begin(made, &host->generations, before);
	if (host->http != NULL)
		generation_serve(made, before);
	host->now = made;
	log_init(made->config->log.level, made->config->log.text);
	host_set_local(host);
	use_generation(host);
	host_set_gauges(host);
	cancelled = calls_cancel(host->calls, is_gone, &made->snapshot);
	if (!same_times(before->config, made->config))
		host_watch(host);
	report_generation(host);
	log_event(LOG_NOTICE, "reloaded", "generation", "i", (int64_t)made->snapshot.number,
		  "cancelled", "i", (int64_t)cancelled, NULL);
	snapshot_release(&before->snapshot);
}

/* ---- a reload ------------------------------------------------------------------------------- */

static void
begin(struct host *host)
{
	notify_reloading(host->notify);
	audit_reopen();
	if (!reload_begin(&host->reload, host->now))
		return;
	log_event(LOG_INFO, "reloading", NULL);
	host_say_running(host, NULL);
}

/* A host that stops changes nothing any more. */
static void
ended(void *data, struct generation *made, const struct strings *faults)
{
	struct host *host = data;

	if (made == NULL) {
		host->refused++;
		report_lines(LOG_ERROR, "reload-refused", faults);
		log_event(LOG_WARNING, "reload", "why", "s",
			  "the configuration has faults, so nothing was changed: the host serves "
			  "with the former one",
			  NULL);
		host_set_gauges(host);
	} else if (host->draining) {
		generation_drop(made, host->pool);
	} else {
		change(host, made);
	}
	host_say_running(host, made == NULL ? faults : NULL);
	if (host->reload.again && !host->draining)
		begin(host);
	else if (!host->draining)
		notify_ready(host->notify);
}

void
host_reload(struct host *host)
{
	if (host->draining || host->reload.overrides == NULL)
		return;
	if (host->reload.pool == NULL)
		host->reload.pool = pool_new(host->loop, 0, 1);
	host->reload.ended = ended;
	host->reload.data = host;
	begin(host);
}
