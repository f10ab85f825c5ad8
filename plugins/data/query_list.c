/* SPDX-License-Identifier: Apache-2.0 */
/* All queries of this plugin, and the memory that they hold together. */
#include <pthread.h>
#include <stdint.h>

#include "query.h"

#define QUERIES_MAX 32u

static pthread_mutex_t queries_lock = PTHREAD_MUTEX_INITIALIZER;
static struct query *queries[QUERIES_MAX];
static uint64_t queries_last;
static size_t queries_bytes; /* that all queries hold */

/* ---- memory ---------------------------------------------------------------------------------- */

/* Frees the queries that no step has used for a long time: their calls ended without a further
 * step. */
static void
free_left(int64_t now_ms)
{
	struct query *left[QUERIES_MAX];
	size_t n = 0;

	pthread_mutex_lock(&queries_lock);
	for (size_t i = 0; i < QUERIES_MAX; i++) {
		if (queries[i] == NULL || queries[i]->busy ||
		    now_ms - queries[i]->used_ms < QUERY_STALE_MS)
			continue;
		left[n++] = queries[i];
		queries[i] = NULL;
	}
	pthread_mutex_unlock(&queries_lock);
	while (n > 0)
		query_free(left[--n]);
}

static bool
add_bytes(struct query *query, size_t bytes)
{
	bool fits;

	pthread_mutex_lock(&queries_lock);
	fits = bytes <= QUERY_MEMORY_MAX - queries_bytes;
	if (fits)
		queries_bytes += bytes;
	pthread_mutex_unlock(&queries_lock);
	if (fits)
		query->bytes += bytes;
	return fits;
}

bool
query_holds(struct query *query, size_t bytes)
{
	if (add_bytes(query, bytes))
		return true;
	free_left(query->used_ms);
	return add_bytes(query, bytes);
}

void
query_lets_go(struct query *query, size_t bytes)
{
	pthread_mutex_lock(&queries_lock);
	queries_bytes -= bytes;
	pthread_mutex_unlock(&queries_lock);
	query->bytes -= bytes;
}

/* ---- the list -------------------------------------------------------------------------------- */

/* A free place, or that of the query that was not used for the longest time. */
static size_t
place_for(void)
{
	size_t at = QUERIES_MAX;

	for (size_t i = 0; i < QUERIES_MAX; i++) {
		if (queries[i] == NULL)
			return i;
		if (!queries[i]->busy &&
		    (at == QUERIES_MAX || queries[i]->used_ms < queries[at]->used_ms))
			at = i;
	}
	return at;
}

uint64_t
query_register(struct mcp_call *call, struct query *query)
{
	struct query *left = NULL;
	size_t at;

	free_left(query->used_ms);
	pthread_mutex_lock(&queries_lock);
	at = place_for();
	if (at < QUERIES_MAX) {
		left = queries[at];
		query->id = ++queries_last;
		queries[at] = query;
	}
	pthread_mutex_unlock(&queries_lock);
	if (left != NULL)
		query_free(left);
	if (at < QUERIES_MAX)
		return query->id;
	query_free(query);
	mcp_fail(call, MCP_E_UNAVAILABLE, "Too many results are being queried.", NULL,
		 "Repeat the call in some seconds.");
	return 0;
}

static struct query **
place_of(uint64_t id)
{
	for (size_t i = 0; i < QUERIES_MAX; i++)
		if (queries[i] != NULL && queries[i]->id == id)
			return &queries[i];
	return NULL;
}

struct query *
query_take(struct mcp_call *call, uint64_t id)
{
	struct query **place, *query = NULL;

	pthread_mutex_lock(&queries_lock);
	place = place_of(id);
	if (place != NULL && !(*place)->busy) {
		query = *place;
		query->busy = true;
		query->used_ms = mcp_number(call, MCP_NUM_NOW_MS);
	}
	pthread_mutex_unlock(&queries_lock);
	if (query == NULL)
		mcp_fail(call, MCP_E_UNAVAILABLE, "The query took too long and was ended.", NULL,
			 "Filter more rows, or run the query on the warehouse: execute_sql.");
	return query;
}

void
query_give(struct query *query)
{
	pthread_mutex_lock(&queries_lock);
	query->busy = false;
	pthread_mutex_unlock(&queries_lock);
}

void
query_drop(uint64_t id)
{
	struct query **place, *query = NULL;

	pthread_mutex_lock(&queries_lock);
	place = id != 0 ? place_of(id) : NULL;
	if (place != NULL && !(*place)->busy) {
		query = *place;
		*place = NULL;
	}
	pthread_mutex_unlock(&queries_lock);
	if (query != NULL)
		query_free(query);
}

bool
query_full(uint64_t id)
{
	struct query **place;
	bool full;

	pthread_mutex_lock(&queries_lock);
	place = place_of(id);
	full = place != NULL && !(*place)->grouped && (*place)->orders == 0 &&
	       (*place)->matched > (*place)->offset + (*place)->limit;
	pthread_mutex_unlock(&queries_lock);
	return full;
}
