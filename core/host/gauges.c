/* SPDX-License-Identifier: Apache-2.0 */
#include "host/gauges.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "audit/audit.h"
#include "base/mem.h"
#include "base/pool.h"
#include "call/calls.h"
#include "egress/egress.h"
#include "limits/limits.h"
#include "metrics/metrics.h"
#include "metrics/trace.h"
#include "plugin/loader.h"
#include "transport/http.h"

/* From /proc/self/statm: pages in memory. */
static int64_t
resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long long size, resident = 0;

	if (file == NULL)
		return 0;
	if (fscanf(file, "%lld %lld", &size, &resident) != 2)
		resident = 0;
	fclose(file);
	return resident * sysconf(_SC_PAGESIZE);
}

static int64_t
open_files(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int64_t n = -3; /* ".", ".." and the directory itself */

	if (directory == NULL)
		return 0;
	while (readdir(directory) != NULL)
		n++;
	closedir(directory);
	return n;
}

static int64_t
cpu_seconds(void)
{
	struct timespec used;

	return clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0 ? used.tv_sec : 0;
}

static bool
reload_gauge(const struct gauges *gauges, size_t i, struct metrics_gauge *gauge)
{
	const struct metrics_gauge all[] = {
		{ .name = "lakehost_generation",
		  .help = "Number of the configuration that serves: 1, and one more with each "
			  "reload.",
		  .number = (int64_t)gauges->generation },
		{ .name = "lakehost_reloads_total",
		  .help = "Reloads, also refused ones.",
		  .number = (int64_t)gauges->reloads,
		  .counter = true },
		{ .name = "lakehost_reloads_refused_total",
		  .help = "Reloads that changed nothing, because the configuration had faults.",
		  .number = (int64_t)gauges->refused,
		  .counter = true },
	};

	if (i < ARRAY_SIZE(all))
		*gauge = all[i];
	return i < ARRAY_SIZE(all);
}

/* Of the requests to upstreams. */
static bool
egress_gauge(const struct gauges *gauges, size_t i, struct metrics_gauge *gauge)
{
	struct egress_load load;

	egress_load(gauges->egress, &load);
	const struct metrics_gauge all[] = {
		{ .name = "lakehost_upstream_running",
		  .help = "Requests to upstreams that are sent and not answered.",
		  .number = (int64_t)load.running },
		{ .name = "lakehost_upstream_cached",
		  .help = "Replies of upstreams that are kept to be given again.",
		  .number = (int64_t)load.cached },
		{ .name = "lakehost_upstream_cached_bytes",
		  .help = "Bytes of these replies.",
		  .number = (int64_t)load.cached_bytes },
		{ .name = "lakehost_reply_bytes",
		  .help = "Bytes of replies of upstreams in memory.",
		  .number = (int64_t)load.held },
		{ .name = "lakehost_reply_bytes_limit",
		  .help = "The most bytes of replies in memory (limits.replies).",
		  .number = (int64_t)load.limit },
	};

	if (i < ARRAY_SIZE(all))
		*gauge = all[i];
	return i < ARRAY_SIZE(all) || reload_gauge(gauges, i - ARRAY_SIZE(all), gauge);
}

/* The gauges without a label, in their order. */
static bool
plain_gauge(const struct gauges *gauges, size_t i, struct metrics_gauge *gauge)
{
	const struct metrics_gauge all[] = {
		{ .name = "lakehost_calls_running",
		  .help = "Calls that have not ended.",
		  .number = (int64_t)calls_running(gauges->calls) },
		{ .name = "lakehost_calls_queued",
		  .help = "Calls that wait for their first step (limits.steps).",
		  .number = (int64_t)calls_queued(gauges->calls) },
		{ .name = "lakehost_jobs_queued",
		  .help = "Jobs that wait for a worker thread.",
		  .number = (int64_t)pool_waiting(gauges->pool) },
		{ .name = "lakehost_http_connections",
		  .help = "Open connections of clients.",
		  .number = (int64_t)http_connections(gauges->http) },
		{ .name = "lakehost_audit_events_total",
		  .help = "Events for the audit log.",
		  .number = (int64_t)audit_count(),
		  .counter = true },
		{ .name = "lakehost_audit_lost_total",
		  .help = "Events that the audit log lost.",
		  .number = (int64_t)audit_lost(),
		  .counter = true },
		{ .name = "lakehost_audit_failing",
		  .help = "1 while the audit log cannot be written.",
		  .number = audit_fails() },
		{ .name = "lakehost_trace_spans_dropped_total",
		  .help = "Spans that the collector did not take, or that had no room.",
		  .number = (int64_t)traces_dropped(),
		  .counter = true },
		{ .name = "process_resident_memory_bytes",
		  .help = "Memory of the process.",
		  .number = resident_bytes() },
		{ .name = "process_open_fds",
		  .help = "Open file descriptors.",
		  .number = open_files() },
		{ .name = "process_cpu_seconds_total",
		  .help = "Processor time of the process.",
		  .number = cpu_seconds(),
		  .counter = true },
	};

	if (i < ARRAY_SIZE(all))
		*gauge = all[i];
	return i < ARRAY_SIZE(all) || egress_gauge(gauges, i - ARRAY_SIZE(all), gauge);
}

#define STORE_GAUGES 2u

struct asking {
	const struct gauges *gauges;
	struct limits_load limits;
	size_t plain; /* number of the gauges without a label */
};

/* The store of limits. */
static bool
store_gauge(const struct asking *asking, size_t i, struct metrics_gauge *gauge)
{
	if (i >= STORE_GAUGES)
		return false;
	if (i == 0)
		*gauge = (struct metrics_gauge){ .name = "lakehost_limits_store_up",
						 .help = "0: limits.store does not answer; else 1.",
						 .number = asking->limits.store != 0 };
	else
		*gauge = (struct metrics_gauge){
			.name = "lakehost_limits_without_store_total",
			.help = "Calls that began while the store of limits was away.",
			.number = (int64_t)asking->limits.without,
			.counter = true
		};
	return true;
}

/* What was spent of each cost, and how many budgets of it are used up. */
static bool
cost_gauge(const struct asking *asking, size_t i, struct metrics_gauge *gauge)
{
	const size_t cost = i % COSTS;

	if (i >= 2 * COSTS)
		return false;
	gauge->label = "cost";
	gauge->value = cost_names[cost];
	if (i < COSTS) {
		gauge->name = "lakehost_spent_total";
		gauge->help = "What calls with a budget have spent, by cost.";
		gauge->number = (int64_t)(asking->limits.spent[cost] / cost_parts[cost]);
		gauge->counter = true;
	} else {
		gauge->name = "lakehost_budgets_exhausted";
		gauge->help = "Principals and rules whose budget of the day is used up, by cost.";
		gauge->number = (int64_t)asking->limits.exhausted[cost];
	}
	return true;
}

static bool
next_gauge(void *data, size_t i, struct metrics_gauge *gauge)
{
	struct asking *asking = data;
	struct plugin_status status;

	if (plain_gauge(asking->gauges, i, gauge)) {
		asking->plain = i + 1;
		return true;
	}
	i -= asking->plain;
	if (cost_gauge(asking, i, gauge))
		return true;
	i -= 2 * COSTS;
	if (store_gauge(asking, i, gauge))
		return true;
	i -= STORE_GAUGES;
	if (i >= plugins_count(asking->gauges->plugins))
		return false;
	plugins_status(asking->gauges->plugins, i, &status);
	gauge->name = "lakehost_plugin_up";
	gauge->help = "1: the plugin serves; 0: it was refused.";
	gauge->label = "plugin";
	gauge->value = status.name;
	gauge->number = status.refusal == PLUGIN_OK;
	return true;
}

void
gauges_write(void *data, struct buf *out)
{
	struct asking asking = { .gauges = data };

	limits_load(asking.gauges->limits, &asking.limits);
	metrics_write(out, next_gauge, &asking);
}
