/* SPDX-License-Identifier: Apache-2.0 */
/* The series, for the files of this folder. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_METRICS_INSIDE_H
#define CORE_METRICS_INSIDE_H

#include "base/hash.h"
#include "metrics/metrics.h"

/* Upper bounds; the last bucket has none. Their text is in seconds. Nothing here is printed as a
 * floating-point number: a plugin may have set a locale with another decimal point. */
#define METRICS_BOUNDS 14
struct metrics_bound {
	uint64_t us;
	const char *text;
};
extern const struct metrics_bound metrics_bound[METRICS_BOUNDS];

struct histogram {
	uint64_t bucket[METRICS_BOUNDS + 1]; /* not cumulated */
	uint64_t count, us;
};

/* One counter of a family, by the value of its last label. */
struct counter {
	char *label;
	uint64_t count;
	struct counter *next;
};

/* A tool or an upstream. */
struct series {
	char *plugin, *name; /* plugin: NULL for an upstream */
	struct histogram times;
	struct counter *by_status;
	uint64_t throttled, retries;
	uint64_t cached, shared; /* see metrics_reused() */
	struct series *next;
	struct hash_link by_name;
};

struct family {
	struct series *first, **last;
	size_t count;
	struct hash names;
};

struct metrics {
	bool on;
	int64_t started_ms; /* wall clock */
	struct family tools, upstreams;
	struct counter *denied, *limited, *ended;
	uint64_t auth_failed;
};
extern struct metrics metrics;

#endif
