/* SPDX-License-Identifier: Apache-2.0 */
/* The text of the metrics: exposition format 0.0.4 (prometheus.io/docs/instrumenting). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <lakehost/version.h>

#include "base/buf.h"
#include "metrics/inside.h"

static void
head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* The inside of a label's value. */
static void
put_value(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\\' || *text == '"')
			buf_putc(out, '\\');
		if (*text == '\n')
			buf_puts(out, "\\n");
		else
			buf_putc(out, *text);
	}
}

static void
put_label(struct buf *out, const char *name, const char *value, bool first)
{
	buf_printf(out, "%s%s=\"", first ? "{" : ",", name);
	put_value(out, value);
	buf_putc(out, '"');
}

/* {plugin="…",tool="…" or {upstream="…": the rest follows. */
static void
put_series(struct buf *out, const struct series *series)
{
	if (series->plugin != NULL) {
		put_label(out, "plugin", series->plugin, true);
		put_label(out, "tool", series->name, false);
	} else {
		put_label(out, "upstream", series->name, true);
	}
}

static void
put_counters(struct buf *out, const struct family *family, const char *name, const char *label)
{
	for (const struct series *one = family->first; one != NULL; one = one->next) {
		for (const struct counter *c = one->by_status; c != NULL; c = c->next) {
			buf_puts(out, name);
			put_series(out, one);
			put_label(out, label, c->label, false);
			buf_printf(out, "} %" PRIu64 "\n", c->count);
		}
	}
}

static void
put_histogram(struct buf *out, const struct series *one, const char *name)
{
	uint64_t below = 0;

	for (size_t i = 0; i <= METRICS_BOUNDS; i++) {
		below += one->times.bucket[i];
		buf_printf(out, "%s_bucket", name);
		put_series(out, one);
		buf_printf(out, ",le=\"%s\"} %" PRIu64 "\n",
			   i < METRICS_BOUNDS ? metrics_bound[i].text : "+Inf", below);
	}
	buf_printf(out, "%s_sum", name);
	put_series(out, one);
	buf_printf(out, "} %" PRIu64 ".%06" PRIu64 "\n%s_count", one->times.us / 1000000,
		   one->times.us % 1000000, name);
	put_series(out, one);
	buf_printf(out, "} %" PRIu64 "\n", one->times.count);
}

static void
put_histograms(struct buf *out, const struct family *family, const char *name)
{
	for (const struct series *one = family->first; one != NULL; one = one->next)
		put_histogram(out, one, name);
}

static void
put_words(struct buf *out, const struct counter *list, const char *name, const char *label)
{
	for (; list != NULL; list = list->next) {
		buf_puts(out, name);
		put_label(out, label, list->label, true);
		buf_printf(out, "} %" PRIu64 "\n", list->count);
	}
}

static void
put_reused(struct buf *out, const char *name, const struct series *one, const char *from,
	   uint64_t count)
{
	buf_puts(out, name);
	put_series(out, one);
	put_label(out, "from", from, false);
	buf_printf(out, "} %" PRIu64 "\n", count);
}

static void
put_upstreams(struct buf *out)
{
	static const char throttled[] = "lakehost_upstream_throttled_total";
	static const char retries[] = "lakehost_upstream_retries_total";
	static const char reused[] = "lakehost_upstream_reused_total";
	const struct series *first = metrics.upstreams.first;

	head(out, "lakehost_upstream_requests_total", "counter",
	     "Requests to upstreams, by the class of their last status.");
	put_counters(out, &metrics.upstreams, "lakehost_upstream_requests_total", "code");
	head(out, "lakehost_upstream_duration_seconds", "histogram",
	     "Time of requests to upstreams, with their retries.");
	put_histograms(out, &metrics.upstreams, "lakehost_upstream_duration_seconds");
	head(out, throttled, "counter", "Answers of upstreams that asked to wait.");
	for (const struct series *one = first; one != NULL; one = one->next) {
		buf_puts(out, throttled);
		put_series(out, one);
		buf_printf(out, "} %" PRIu64 "\n", one->throttled);
	}
	head(out, retries, "counter", "Attempts beyond the first one.");
	for (const struct series *one = first; one != NULL; one = one->next) {
		buf_puts(out, retries);
		put_series(out, one);
		buf_printf(out, "} %" PRIu64 "\n", one->retries);
	}
	head(
	    out, reused, "counter",
	    "Requests that were answered without being sent: from a reply in memory (cache), or by "
	    "an equal request that was running (flight).");
	for (const struct series *one = first; one != NULL; one = one->next) {
		put_reused(out, reused, one, "cache", one->cached);
		put_reused(out, reused, one, "flight", one->shared);
	}
}

static void
put_refusals(struct buf *out)
{
	head(out, "lakehost_denied_total", "counter", "Calls that the policy refused, by rule.");
	put_words(out, metrics.denied, "lakehost_denied_total", "rule");
	head(out, "lakehost_limited_total", "counter",
	     "Calls that a limit or a budget refused, by limit.");
	put_words(out, metrics.limited, "lakehost_limited_total", "limit");
	head(out, "lakehost_auth_failures_total", "counter", "Requests with a wrong credential.");
	buf_printf(out, "lakehost_auth_failures_total %" PRIu64 "\n", metrics.auth_failed);
	head(out, "lakehost_plugin_ends_total", "counter",
	     "Unexpected ends of the worker process of a plugin.");
	put_words(out, metrics.ended, "lakehost_plugin_ends_total", "plugin");
}

static void
put_gauges(struct buf *out, metrics_gauge_fn fn, void *data)
{
	struct metrics_gauge gauge = { .name = NULL };
	const char *before = "";

	for (size_t i = 0; fn != NULL && fn(data, i, &gauge); i++) {
		if (strcmp(gauge.name, before) != 0)
			head(out, gauge.name, gauge.counter ? "counter" : "gauge", gauge.help);
		before = gauge.name;
		buf_puts(out, gauge.name);
		if (gauge.label != NULL) {
			put_label(out, gauge.label, gauge.value, true);
			buf_putc(out, '}');
		}
		buf_printf(out, " %" PRId64 "\n", gauge.number);
		gauge = (struct metrics_gauge){ .name = NULL };
	}
}

void
metrics_write(struct buf *out, metrics_gauge_fn fn, void *data)
{
	head(out, "lakehost_build_info", "gauge", "1, with the version of the program.");
	buf_puts(out, "lakehost_build_info{version=\"" LAKEHOST_VERSION "\"} 1\n");
	head(out, "process_start_time_seconds", "gauge", "When the process started.");
	buf_printf(out, "process_start_time_seconds %" PRId64 ".%03d\n", metrics.started_ms / 1000,
		   (int)(metrics.started_ms % 1000));
	head(out, "lakehost_calls_total", "counter", "Calls that ended, by how they ended.");
	put_counters(out, &metrics.tools, "lakehost_calls_total", "status");
	head(out, "lakehost_call_duration_seconds", "histogram", "Time from a call to its answer.");
	put_histograms(out, &metrics.tools, "lakehost_call_duration_seconds");
	put_upstreams(out);
	put_refusals(out);
	put_gauges(out, fn, data);
}
