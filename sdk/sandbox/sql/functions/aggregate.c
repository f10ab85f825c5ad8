/* SPDX-License-Identifier: Apache-2.0 */
/* Aggregate functions that SQLite does not have. Inputs that are NULL are skipped, as in Spark. */
#include "sql/sql.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_COLLECTED = 1000000 };

static bool
is_null(sqlite3_value *v)
{
	return sqlite3_value_type(v) == SQLITE_NULL;
}

/* ---- moments ---- */

struct moments {
	int64_t n;
	double mean, m2;
};

static void
moments_step(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct moments *m = sqlite3_aggregate_context(ctx, sizeof(*m));
	double x = sqlite3_value_double(v[0]), delta;

	(void)n;
	if (m == NULL || is_null(v[0]))
		return;
	m->n++;
	delta = x - m->mean;
	m->mean += delta / (double)m->n;
	m->m2 += delta * (x - m->mean);
}

static void
give_variance(sqlite3_context *ctx, int64_t less, bool root)
{
	const struct moments *m = sqlite3_aggregate_context(ctx, 0);
	double value;

	if (m == NULL || m->n <= less)
		return;
	value = m->m2 / (double)(m->n - less);
	sqlite3_result_double(ctx, root ? sqrt(value) : value);
}

static void
variance_final(sqlite3_context *ctx)
{
	give_variance(ctx, 1, false);
}

static void
var_pop_final(sqlite3_context *ctx)
{
	give_variance(ctx, 0, false);
}

static void
stddev_final(sqlite3_context *ctx)
{
	give_variance(ctx, 1, true);
}

static void
stddev_pop_final(sqlite3_context *ctx)
{
	give_variance(ctx, 0, true);
}

/* ---- percentiles ---- */

struct numbers {
	double *list;
	size_t count;
	double at;
};

static void
percentile_step(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct numbers *s = sqlite3_aggregate_context(ctx, sizeof(*s));

	if (s == NULL || is_null(v[0]) || s->count == MAX_COLLECTED)
		return;
	if ((s->count & (s->count + 1)) == 0)
		s->list = xrealloc(s->list, (s->count * 2 + 2) * sizeof(*s->list));
	s->list[s->count++] = sqlite3_value_double(v[0]);
	s->at = n > 1 ? sqlite3_value_double(v[1]) : 0.5;
}

static int
compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
percentile_final(sqlite3_context *ctx)
{
	struct numbers *s = sqlite3_aggregate_context(ctx, 0);
	double rank, value;
	size_t low;

	if (s == NULL || s->count == 0 || s->at < 0 || s->at > 1) {
		if (s != NULL)
			free(s->list);
		return;
	}
	qsort(s->list, s->count, sizeof(*s->list), compare_double);
	rank = s->at * (double)(s->count - 1);
	low = (size_t)rank;
	value = s->list[low];
	if (low + 1 < s->count)
		value += (rank - (double)low) * (s->list[low + 1] - value);
	sqlite3_result_double(ctx, value);
	free(s->list);
}

/* ---- booleans and counts ---- */

struct tally {
	int64_t yes, no;
};

static void
tally_step(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct tally *t = sqlite3_aggregate_context(ctx, sizeof(*t));

	(void)n;
	if (t == NULL || is_null(v[0]))
		return;
	if (sqlite3_value_double(v[0]) != 0)
		t->yes++;
	else
		t->no++;
}

static void
bool_and_final(sqlite3_context *ctx)
{
	const struct tally *t = sqlite3_aggregate_context(ctx, 0);

	if (t != NULL && t->yes + t->no > 0)
		sqlite3_result_int(ctx, t->no == 0);
}

static void
bool_or_final(sqlite3_context *ctx)
{
	const struct tally *t = sqlite3_aggregate_context(ctx, 0);

	if (t != NULL && t->yes + t->no > 0)
		sqlite3_result_int(ctx, t->yes > 0);
}

static void
count_if_final(sqlite3_context *ctx)
{
	const struct tally *t = sqlite3_aggregate_context(ctx, 0);

	sqlite3_result_int64(ctx, t != NULL ? t->yes : 0);
}

/* ---- collections ---- */

struct collection {
	struct json_object *list;
	struct json_object *seen; /* keys of a set */
};

static struct json_object *
element(sqlite3_value *v)
{
	if (sqlite3_value_type(v) == SQLITE_INTEGER)
		return json_object_new_int64(sqlite3_value_int64(v));
	if (sqlite3_value_type(v) == SQLITE_FLOAT)
		return json_object_new_double(sqlite3_value_double(v));
	return json_object_new_string((const char *)sqlite3_value_text(v));
}

static void
collect(sqlite3_context *ctx, sqlite3_value *v, bool set)
{
	struct collection *c = sqlite3_aggregate_context(ctx, sizeof(*c));
	const char *key = (const char *)sqlite3_value_text(v);

	if (c == NULL || key == NULL)
		return;
	if (c->list == NULL) {
		c->list = json_object_new_array();
		c->seen = json_object_new_object();
	}
	if (json_object_array_length(c->list) >= MAX_COLLECTED ||
	    (set && json_object_object_get_ex(c->seen, key, NULL)))
		return;
	if (set)
		json_add(c->seen, key, NULL);
	json_object_array_add(c->list, element(v));
}

static void
collect_list_step(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	(void)n;
	collect(ctx, v[0], false);
}

static void
collect_set_step(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	(void)n;
	collect(ctx, v[0], true);
}

static void
collect_final(sqlite3_context *ctx)
{
	struct collection *c = sqlite3_aggregate_context(ctx, 0);

	if (c == NULL || c->list == NULL) {
		sqlite3_result_text(ctx, "[]", -1, SQLITE_STATIC);
		return;
	}
	sqlite3_result_text(ctx,
			    json_object_to_json_string_ext(c->list,
							   JSON_C_TO_STRING_PLAIN |
							       JSON_C_TO_STRING_NOSLASHESCAPE),
			    -1, SQLITE_TRANSIENT);
	json_object_put(c->list);
	json_object_put(c->seen);
}

static void
distinct_final(sqlite3_context *ctx)
{
	struct collection *c = sqlite3_aggregate_context(ctx, 0);

	if (c == NULL || c->list == NULL) {
		sqlite3_result_int(ctx, 0);
		return;
	}
	sqlite3_result_int64(ctx, (sqlite3_int64)json_object_array_length(c->list));
	json_object_put(c->list);
	json_object_put(c->seen);
}

/* ---- first and last ---- */

struct kept {
	sqlite3_value *value;
};

static void
first_step(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct kept *k = sqlite3_aggregate_context(ctx, sizeof(*k));

	(void)n;
	if (k != NULL && k->value == NULL)
		k->value = sqlite3_value_dup(v[0]);
}

static void
last_step(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct kept *k = sqlite3_aggregate_context(ctx, sizeof(*k));

	(void)n;
	if (k == NULL)
		return;
	sqlite3_value_free(k->value);
	k->value = sqlite3_value_dup(v[0]);
}

static void
kept_final(sqlite3_context *ctx)
{
	struct kept *k = sqlite3_aggregate_context(ctx, 0);

	if (k == NULL || k->value == NULL)
		return;
	sqlite3_result_value(ctx, k->value);
	sqlite3_value_free(k->value);
}

void
functions_aggregate(struct lake_conn *conn)
{
	static const struct {
		const char *name;
		int args;
		void (*step)(sqlite3_context *ctx, int n, sqlite3_value **v);
		void (*final)(sqlite3_context *ctx);
	} rows[] = {
		{ "variance", 1, moments_step, variance_final },
		{ "var_pop", 1, moments_step, var_pop_final },
		{ "stddev", 1, moments_step, stddev_final },
		{ "stddev_pop", 1, moments_step, stddev_pop_final },
		{ "median", 1, percentile_step, percentile_final },
		{ "percentile", 2, percentile_step, percentile_final },
		{ "bool_and", 1, tally_step, bool_and_final },
		{ "bool_or", 1, tally_step, bool_or_final },
		{ "count_if", 1, tally_step, count_if_final },
		{ "collect_list", 1, collect_list_step, collect_final },
		{ "collect_set", 1, collect_set_step, collect_final },
		{ "approx_count_distinct", 1, collect_set_step, distinct_final },
		{ "first", 1, first_step, kept_final },
		{ "last", 1, last_step, kept_final },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		sqlite3_create_function(conn->db, rows[i].name, rows[i].args, SQLITE_UTF8, conn,
					NULL, rows[i].step, rows[i].final);
}
