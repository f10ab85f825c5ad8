/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The metrics: counters and histograms that the parts of the host feed by value. There is one set
 * in a process, like the log. The label sets are fixed: names of the configuration and of plugins,
 * words of this program; never a principal, a path or another text of a client. metrics_write()
 * makes the text that Prometheus reads (exposition format 0.0.4). Loop thread only.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_METRICS_METRICS_H
#define CORE_METRICS_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

#define METRICS_SERIES_MAX 4096 /* different tools, and upstreams; further ones are "other" */

/* Before this nothing is counted, and the functions return at once. */
void metrics_start(void);
void metrics_stop(void);
bool metrics_on(void);

/* A call has ended. `status` is "ok" or a word of status_name(). */
void metrics_call(const char *plugin, const char *tool, const char *status, int64_t us);
/* The policy, a limit or the authentication refused something; a word of this program each. */
void metrics_denied(const char *rule);
void metrics_limited(const char *limit);
void metrics_auth_failed(void);
/* A request to an upstream has ended. `status` is that of HTTP; 0: no answer. */
void metrics_upstream(const char *upstream, int status, unsigned attempts, int64_t us);
/* A request was answered without being sent: by a reply in memory (`cached`), or by an equal
 * request that was running. */
void metrics_reused(const char *upstream, bool cached);
/* The upstream asked to wait (429, or 503 with Retry-After). */
void metrics_throttled(const char *upstream);
/* The worker process of a plugin ended, and nobody had asked for it. */
void metrics_ended(const char *plugin);

/* What is only known at the moment of the question: called by metrics_write() for each gauge. */
struct metrics_gauge {
	const char *name, *help;
	const char *label, *value; /* one label, or NULL */
	int64_t number;
	bool counter; /* it never decreases */
};
typedef bool (*metrics_gauge_fn)(void *data, size_t i, struct metrics_gauge *gauge);

/* Gauges of one name must follow each other. `fn` returns false behind the last one. */
void metrics_write(struct buf *out, metrics_gauge_fn fn, void *data);

#endif
