/* SPDX-License-Identifier: Apache-2.0 */
/* The answer of a query. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "query.h"

/* ---- order ----------------------------------------------------------------------------------- */

/* NULL comes first, with desc last, as in Spark. */
static int
kept_compare(const void *a, const void *b, void *data)
{
	const struct kept *left = *(struct kept *const *)a, *right = *(struct kept *const *)b;
	const struct query *query = data;

	for (size_t i = 0; i < query->orders; i++) {
		size_t at = query->order[i].output;
		int order = value_compare(query->output[at].kind, left->cell[at], right->cell[at]);

		if (order != 0)
			return query->order[i].down ? -order : order;
	}
	return (left->number > right->number) - (left->number < right->number);
}

void
query_sort(struct query *query)
{
	if (query->orders > 0 && query->rows > 1)
		qsort_r(query->row, query->rows, sizeof(void *), kept_compare, query);
}

/* ---- aggregates ------------------------------------------------------------------------------ */

/* With as many digits as are needed to read the same number again. */
static const char *
double_text(struct mcp_call *call, double value)
{
	const char *text = mcp_printf(call, "%.15g", value);

	return isnan(value)		   ? "NaN"
	     : isinf(value)		   ? value < 0 ? "-Infinity" : "Infinity"
	     : strtod(text, NULL) == value ? text
					   : mcp_printf(call, "%.17g", value);
}

static const char *
sum_text(struct mcp_call *call, const struct aggregate_state *state)
{
	const char *exact = state->exact != NULL ? value_sum(call, state->exact) : NULL;

	if (exact != NULL && state->sum == 0)
		return exact;
	return double_text(call, state->sum + (exact != NULL ? strtod(exact, NULL) : 0));
}

/* The text of an aggregate; NULL: of no values. */
static const char *
aggregate_text(struct mcp_call *call, const struct output *output,
	       const struct aggregate_state *state)
{
	if (output->fn == AGGREGATE_COUNT || output->fn == AGGREGATE_NULLS ||
	    output->fn == AGGREGATE_DISTINCT)
		return mcp_printf(call, "%lld", (long long)state->count);
	if (state->count == 0)
		return NULL;
	if (output->fn == AGGREGATE_SUM)
		return sum_text(call, state);
	return double_text(call, strtod(sum_text(call, state), NULL) / (double)state->count);
}

/* Makes the cells of a group from what is known of its aggregates. */
static void
group_cells(struct mcp_call *call, const struct query *query, struct kept *kept)
{
	for (size_t i = query->groups; i < query->outputs; i++) {
		const struct output *output = &query->output[i];
		struct aggregate_state *state = &kept->state[i];
		const char *text;

		if (output->fn == AGGREGATE_MIN || output->fn == AGGREGATE_MAX) {
			kept->cell[i] = state->edge;
			state->edge = (struct mcp_text){ NULL, 0 };
			continue;
		}
		text = aggregate_text(call, output, state);
		if (text == NULL)
			continue;
		kept->cell[i] = (struct mcp_text){ strdup(text), strlen(text) };
		if (kept->cell[i].data == NULL)
			abort();
	}
}

/* Without rows, aggregates of all rows are still an answer. */
static void
empty_group(struct query *query)
{
	struct kept *kept = calloc(1, sizeof(*kept) + query->outputs * sizeof(kept->cell[0]));

	if (kept == NULL)
		abort();
	kept->state = calloc(query->outputs, sizeof(*kept->state));
	query->row = realloc(query->row, sizeof(void *));
	if (kept->state == NULL || query->row == NULL)
		abort();
	query->row[query->rows++] = kept;
}

/* ---- the answer ------------------------------------------------------------------------------ */

struct query_end {
	const struct reading *reading;
	int64_t offset;
};

/* Writes the call that continues after `shown` rows. */
static const char *
query_next(struct mcp_call *call, const void *data, size_t shown)
{
	static const char *const names[] = { "columns",	 "filter",    "group_by", "aggregate",
					     "order_by", "row_limit", "format",	  NULL };
	const struct query_end *end = data;
	const char *more = mcp_repeat(call, names);

	return mcp_printf(call, "get_result_page statement_id=%s page_token=%lld%s%s",
			  end->reading->id, (long long)end->offset + (long long)shown,
			  more != NULL ? " " : "", more != NULL ? more : "");
}

/* The type of a column of the answer; NULL: unknown. */
static const char *
output_type(struct mcp_call *call, const struct query *query, const struct output *output)
{
	const char *type = query->type[output->column];

	if (!output->aggregate || output->fn == AGGREGATE_MIN || output->fn == AGGREGATE_MAX)
		return type != NULL ? mcp_printf(call, "%s", type) : NULL;
	if (output->fn == AGGREGATE_SUM)
		return output->kind == VALUE_NUMBER ? "DECIMAL" : "DOUBLE";
	return output->fn == AGGREGATE_AVG ? "DOUBLE" : "BIGINT";
}

static int
answer_head(struct mcp_call *call, const struct query *query)
{
	struct mcp_column *heads = mcp_alloc(call, (query->shown + 1) * sizeof(*heads));

	for (size_t i = 0; i < query->shown; i++)
		heads[i] = (struct mcp_column){
			.name = mcp_printf(call, "%s", query->output[i].name),
			.type = output_type(call, query, &query->output[i]),
		};
	return mcp_table(call, heads, query->shown);
}

static int
answer_rows(struct mcp_call *call, const struct reading *reading, struct query *query,
	    bool complete)
{
	struct query_end end = { .reading = reading, .offset = query->offset };
	int64_t most = query->offset + query->limit, shown = 0;
	int64_t all = query->grouped ? (int64_t)query->rows : query->matched;
	int status = answer_head(call, query);
	bool more = all > most || !complete;

	for (int64_t i = query->offset; status == MCP_OK && i < (int64_t)query->rows && i < most;
	     i++, shown++)
		status = mcp_table_row(call, query->row[i]->cell, query->shown);
	if (status != MCP_OK && status != MCP_E_TOO_LARGE)
		return status;
	more = more || status == MCP_E_TOO_LARGE;
	shown -= status == MCP_E_TOO_LARGE;
	return mcp_table_end(call, &(struct mcp_table_end){
				       .size = sizeof(struct mcp_table_end),
				       .noun = query->grouped ? "groups" : "rows",
				       .total = complete ? all : -1,
				       .more = more,
				       .next = more ? query_next(call, &end, (size_t)shown) : NULL,
				       .next_from = query_next,
				       .next_data = &end });
}

int
query_show(struct mcp_call *call, const struct reading *reading, bool complete)
{
	struct query *query = query_take(call, reading->query);
	int status;

	if (query == NULL)
		return MCP_E_UNAVAILABLE;
	if (query->grouped && query->groups == 0 && query->rows == 0)
		empty_group(query);
	for (size_t i = 0; query->grouped && i < query->rows; i++)
		group_cells(call, query, query->row[i]);
	query_sort(query);
	status = answer_rows(call, reading, query, complete);
	query_give(query);
	query_drop(reading->query);
	if (status == MCP_OK && reading->truncated)
		mcp_say(call, "The platform kept only a part of the result; the answer is about "
			      "this part.");
	return status;
}
