/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "metrics/inside.h"

#define COUNTERS_MAX 64 /* words of one label; further ones are "other" */
#define OTHER "other"

struct metrics metrics;

const struct metrics_bound metrics_bound[METRICS_BOUNDS] = {
	{ 1000, "0.001" },  { 2500, "0.0025" }, { 5000, "0.005" },  { 10000, "0.01" },
	{ 25000, "0.025" }, { 50000, "0.05" },	{ 100000, "0.1" },  { 250000, "0.25" },
	{ 500000, "0.5" },  { 1000000, "1" },	{ 2500000, "2.5" }, { 5000000, "5" },
	{ 10000000, "10" }, { 30000000, "30" },
};

/* ---- counters ------------------------------------------------------------------------------- */

static void
count_word(struct counter **list, const char *word)
{
	struct counter **link = list;
	size_t n = 0;

	for (; *link != NULL; link = &(*link)->next, n++) {
		if (strcmp((*link)->label, word) == 0 || n == COUNTERS_MAX) {
			(*link)->count++;
			return;
		}
	}
	*link = xcalloc(1, sizeof(**link));
	(*link)->label = xstrdup(n == COUNTERS_MAX ? OTHER : word);
	(*link)->count = 1;
}

static void
counters_free(struct counter *list)
{
	while (list != NULL) {
		struct counter *next = list->next;

		free(list->label);
		free(list);
		list = next;
	}
}

static void
observe(struct histogram *times, int64_t us)
{
	uint64_t time = us > 0 ? (uint64_t)us : 0;
	size_t i = 0;

	while (i < METRICS_BOUNDS && time > metrics_bound[i].us)
		i++;
	times->bucket[i]++;
	times->count++;
	times->us += time;
}

/* ---- series --------------------------------------------------------------------------------- */

static struct series *
find(struct family *family, const char *plugin, const char *name)
{
	const struct hash_link *link = hash_find(&family->names, hash_of(NULL, name, strlen(name)));

	for (; link != NULL; link = hash_next(link)) {
		struct series *series = link->owner;

		if (strcmp(series->name, name) == 0 &&
		    (plugin == NULL || strcmp(series->plugin, plugin) == 0))
			return series;
	}
	return NULL;
}

static struct series *
series_of(struct family *family, const char *plugin, const char *name)
{
	struct series *series = find(family, plugin, name);

	if (series != NULL)
		return series;
	if (family->count == METRICS_SERIES_MAX && strcmp(name, OTHER) != 0)
		return series_of(family, plugin != NULL ? OTHER : NULL, OTHER);
	series = xcalloc(1, sizeof(*series));
	series->plugin = plugin != NULL ? xstrdup(plugin) : NULL;
	series->name = xstrdup(name);
	series->by_name.owner = series;
	hash_add(&family->names, &series->by_name, hash_of(NULL, name, strlen(name)));
	*family->last = series;
	family->last = &series->next;
	family->count++;
	return series;
}

static void
family_free(struct family *family)
{
	while (family->first != NULL) {
		struct series *next = family->first->next;

		hash_remove(&family->names, &family->first->by_name);
		counters_free(family->first->by_status);
		free(family->first->plugin);
		free(family->first->name);
		free(family->first);
		family->first = next;
	}
	hash_fini(&family->names);
}

/* ---- for the parts of the host -------------------------------------------------------------- */

void
metrics_call(const char *plugin, const char *tool, const char *status, int64_t us)
{
	struct series *series;

	if (!metrics.on)
		return;
	series = series_of(&metrics.tools, plugin, tool);
	count_word(&series->by_status, status);
	observe(&series->times, us);
}

void
metrics_denied(const char *rule)
{
	if (metrics.on)
		count_word(&metrics.denied, rule);
}

void
metrics_limited(const char *limit)
{
	if (metrics.on)
		count_word(&metrics.limited, limit);
}

void
metrics_auth_failed(void)
{
	metrics.auth_failed += metrics.on;
}

void
metrics_upstream(const char *upstream, int status, unsigned attempts, int64_t us)
{
	static const char *const codes[] = { "none", "1xx", "2xx", "3xx", "4xx", "5xx" };
	struct series *series;

	if (!metrics.on)
		return;
	series = series_of(&metrics.upstreams, NULL, upstream);
	count_word(&series->by_status, codes[status >= 100 && status < 600 ? status / 100 : 0]);
	observe(&series->times, us);
	series->retries += attempts > 1 ? attempts - 1 : 0;
}

void
metrics_reused(const char *upstream, bool cached)
{
	struct series *series;

	if (!metrics.on)
		return;
	series = series_of(&metrics.upstreams, NULL, upstream);
	series->cached += cached;
	series->shared += !cached;
}

void
metrics_throttled(const char *upstream)
{
	if (metrics.on)
		series_of(&metrics.upstreams, NULL, upstream)->throttled++;
}

void
metrics_ended(const char *plugin)
{
	if (metrics.on)
		count_word(&metrics.ended, plugin);
}

/* ---- life ----------------------------------------------------------------------------------- */

bool
metrics_on(void)
{
	return metrics.on;
}

void
metrics_start(void)
{
	memset(&metrics, 0, sizeof(metrics));
	metrics.on = true;
	metrics.started_ms = clock_wall_ms();
	metrics.tools.last = &metrics.tools.first;
	metrics.upstreams.last = &metrics.upstreams.first;
}

void
metrics_stop(void)
{
	if (!metrics.on)
		return;
	metrics.on = false;
	family_free(&metrics.tools);
	family_free(&metrics.upstreams);
	counters_free(metrics.denied);
	counters_free(metrics.limited);
	counters_free(metrics.ended);
}
