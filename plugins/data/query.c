/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a query, and what is kept of them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "query.h"

#define NULL_LENGTH UINT32_MAX /* in a key: the cell is NULL */
#define SLOTS_LEAST 64u

/* ---- memory ---------------------------------------------------------------------------------- */

static int
query_too_large(struct mcp_call *call)
{
	return mcp_fail(call, MCP_E_TOO_LARGE,
			mcp_printf(call, "The queries of results need more than %u MiB of memory.",
				   QUERY_MEMORY_MAX >> 20),
			NULL,
			"Filter more rows, use fewer groups or a smaller row_limit, or run the "
			"query on the warehouse: execute_sql.");
}

static void *
allocated(void *memory)
{
	if (memory == NULL)
		abort();
	return memory;
}

static struct mcp_text
text_copy(struct mcp_text text)
{
	char *copy = text.data != NULL ? allocated(malloc(text.len + 1)) : NULL;

	if (copy != NULL)
		memcpy(copy, text.data, text.len);
	return (struct mcp_text){ copy, text.len };
}

/* ---- numbers of texts ------------------------------------------------------------------------ */

/* FNV-1a, 64 bits */
static uint64_t
hash_of(const char *key, size_t len)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)key[i]) * UINT64_C(1099511628211);
	return hash ^ hash >> 32;
}

/* A key begins with its length. */
static uint32_t
key_length(const char *key)
{
	uint32_t len;

	memcpy(&len, key, sizeof(len));
	return len;
}

static size_t
slot_of(const struct keys *keys, const char *text, size_t len)
{
	size_t at = (size_t)hash_of(text, len) & (keys->slots - 1);

	for (; keys->slot[at] != 0; at = (at + 1) & (keys->slots - 1)) {
		const char *key = keys->key[keys->slot[at] - 1];

		if (key_length(key) == len && memcmp(key + sizeof(uint32_t), text, len) == 0)
			break;
	}
	return at;
}

static void
more_slots(struct keys *keys)
{
	keys->slots = keys->slots == 0 ? SLOTS_LEAST : keys->slots * 2;
	free(keys->slot);
	keys->slot = allocated(calloc(keys->slots, sizeof(*keys->slot)));
	for (size_t i = 0; i < keys->n; i++) {
		const char *key = keys->key[i];

		keys->slot[slot_of(keys, key + sizeof(uint32_t), key_length(key))] =
		    (uint32_t)i + 1;
	}
}

/* The number of the text; -1: it would need too much memory. */
static int64_t
key_number(struct query *query, struct keys *keys, const char *text, size_t len)
{
	uint32_t len32 = (uint32_t)len;
	size_t at;
	char *key;

	if (keys->n * 2 >= keys->slots)
		more_slots(keys);
	at = slot_of(keys, text, len);
	if (keys->slot[at] != 0)
		return keys->slot[at] - 1;
	/* the key, and its places in the two lists */
	if (!query_holds(query, sizeof(len32) + len + 6 * sizeof(void *)))
		return -1;
	key = allocated(malloc(sizeof(len32) + len));
	memcpy(key, &len32, sizeof(len32));
	memcpy(key + sizeof(len32), text, len);
	if (keys->n == keys->room) {
		keys->room = keys->room == 0 ? SLOTS_LEAST : keys->room * 2;
		keys->key = allocated(realloc(keys->key, keys->room * sizeof(*keys->key)));
	}
	keys->key[keys->n] = key;
	keys->slot[at] = (uint32_t)keys->n + 1;
	return (int64_t)keys->n++;
}

static void
keys_free(struct keys *keys)
{
	while (keys->n > 0)
		free(keys->key[--keys->n]);
	free(keys->key);
	free(keys->slot);
}

/* Memory for a key of this length. */
static char *
key_space(struct query *query, size_t len)
{
	if (len > query->scratch_room) {
		query->scratch_room = len * 2;
		query->scratch = allocated(realloc(query->scratch, query->scratch_room));
	}
	return query->scratch;
}

/* ---- kept rows ------------------------------------------------------------------------------- */

static void
kept_free(struct query *query, struct kept *kept)
{
	for (size_t i = 0; i < query->outputs; i++) {
		free((char *)kept->cell[i].data);
		if (kept->state != NULL) {
			free((char *)kept->state[i].edge.data);
			free(kept->state[i].exact);
		}
	}
	free(kept->state);
	free(kept);
}

static size_t
kept_bytes(const struct query *query, const struct kept *kept)
{
	size_t bytes = sizeof(*kept) + query->outputs * (sizeof(*kept->cell) + 2 * sizeof(void *));

	for (size_t i = 0; i < query->outputs; i++)
		bytes += kept->cell[i].len;
	return bytes + sizeof(void *);
}

/* Keeps the row at hand. NULL: it would need too much memory. */
static struct kept *
keep_row(struct query *query)
{
	size_t n = query->grouped ? query->groups : query->outputs;
	struct kept *kept =
	    allocated(calloc(1, sizeof(*kept) + query->outputs * sizeof(kept->cell[0])));

	kept->number = query->matched;
	for (size_t i = 0; i < n; i++)
		kept->cell[i] = text_copy(query->cell[query->output[i].column]);
	if (!query_holds(query, kept_bytes(query, kept))) {
		kept_free(query, kept);
		return NULL;
	}
	if (query->rows == query->room) {
		query->room = query->room == 0 ? SLOTS_LEAST : query->room * 2;
		query->row = allocated(realloc(query->row, query->room * sizeof(void *)));
	}
	query->row[query->rows++] = kept;
	return kept;
}

/* Forgets all rows that cannot be shown any more. */
static void
keep_first(struct query *query)
{
	size_t most = (size_t)(query->offset + query->limit);

	query_sort(query);
	while (query->rows > most) {
		struct kept *kept = query->row[--query->rows];

		query_lets_go(query, kept_bytes(query, kept));
		kept_free(query, kept);
	}
}

/* ---- groups ---------------------------------------------------------------------------------- */

static struct kept *
group_of(struct query *query)
{
	size_t len = 0;
	int64_t number;
	char *key;

	for (size_t i = 0; i < query->groups; i++)
		len += sizeof(uint32_t) + query->cell[query->output[i].column].len;
	key = key_space(query, len + 1);
	for (size_t i = 0; i < query->groups; i++) {
		struct mcp_text cell = query->cell[query->output[i].column];
		uint32_t cell_len = cell.data != NULL ? (uint32_t)cell.len : NULL_LENGTH;

		memcpy(key, &cell_len, sizeof(cell_len));
		key += sizeof(cell_len);
		if (cell.data != NULL)
			memcpy(key, cell.data, cell.len);
		key += cell.data != NULL ? cell.len : 0;
	}
	number = key_number(query, &query->group, query->scratch, len);
	if (number < 0)
		return NULL;
	if ((size_t)number < query->rows)
		return query->row[number];
	if (!query_holds(query, query->outputs * sizeof(struct aggregate_state)) ||
	    keep_row(query) == NULL)
		return NULL;
	query->row[number]->state =
	    allocated(calloc(query->outputs, sizeof(struct aggregate_state)));
	return query->row[number];
}

/* Is the text new for this group and output? -1: too much memory. */
static int
is_first_seen(struct query *query, size_t group, size_t output, struct mcp_text cell)
{
	char *key = key_space(query, 2 * sizeof(size_t) + cell.len);
	size_t before = query->distinct.n;

	memcpy(key, &group, sizeof(group));
	memcpy(key + sizeof(group), &output, sizeof(output));
	memcpy(key + 2 * sizeof(size_t), cell.data, cell.len);
	if (key_number(query, &query->distinct, key, 2 * sizeof(size_t) + cell.len) < 0)
		return -1;
	return query->distinct.n > before;
}

static bool
add_exact(struct query *query, struct aggregate_state *state, struct mcp_text cell)
{
	if (state->exact == NULL && !query_holds(query, sizeof(*state->exact)))
		return false;
	if (state->exact == NULL)
		state->exact = allocated(calloc(1, sizeof(*state->exact)));
	/* what is not a decimal makes the sum a double */
	if (!value_add(state->exact, cell))
		state->sum += value_double(cell);
	return true;
}

static bool
add_edge(struct query *query, struct aggregate_state *state, const struct output *output,
	 struct mcp_text cell)
{
	int order = value_compare(output->kind, cell, state->edge);

	if (state->edge.data != NULL && (output->fn == AGGREGATE_MIN ? order >= 0 : order <= 0))
		return true;
	if (!query_holds(query, cell.len))
		return false;
	query_lets_go(query, state->edge.len);
	free((char *)state->edge.data);
	state->edge = text_copy(cell);
	return true;
}

/* Adds a cell to an aggregate. False: it needs too much memory. */
static bool
aggregate_add(struct query *query, struct kept *kept, size_t at)
{
	const struct output *output = &query->output[at];
	struct aggregate_state *state = &kept->state[at];
	struct mcp_text cell = query->cell[output->column];
	size_t group;
	int new;

	if (output->fn == AGGREGATE_NULLS || output->all)
		state->count += output->all || cell.data == NULL;
	if (cell.data == NULL || output->fn == AGGREGATE_NULLS || output->all)
		return true;
	if (output->fn == AGGREGATE_DISTINCT) {
		group = (size_t)kept->number;
		new = is_first_seen(query, group, at, cell);
		state->count += new > 0;
		return new >= 0;
	}
	state->count++;
	if (output->fn == AGGREGATE_MIN || output->fn == AGGREGATE_MAX)
		return add_edge(query, state, output, cell);
	if (output->fn == AGGREGATE_COUNT)
		return true;
	if (query->kind[output->column] == VALUE_NUMBER)
		return add_exact(query, state, cell);
	state->sum += value_double(cell);
	return true;
}

/* ---- one row --------------------------------------------------------------------------------- */

static bool
contains(struct mcp_text cell, struct mcp_text part)
{
	if (part.len == 0)
		return true;
	for (size_t at = 0; at + part.len <= cell.len; at++)
		if (strncasecmp(cell.data + at, part.data, part.len) == 0)
			return true;
	return false;
}

/* As in SQL, a comparison with NULL is never true. */
static bool
row_passes(const struct query *query, const struct filter *filter)
{
	struct mcp_text cell = query->cell[filter->column];
	int order;

	if (filter->op == FILTER_NULL || filter->op == FILTER_NOT_NULL)
		return (cell.data == NULL) == (filter->op == FILTER_NULL);
	if (cell.data == NULL)
		return false;
	if (filter->op == FILTER_CONTAINS)
		return contains(cell, filter->value);
	order = value_compare(query->kind[filter->column], cell, filter->value);
	switch (filter->op) {
	case FILTER_EQUAL: return order == 0;
	case FILTER_NOT_EQUAL: return order != 0;
	case FILTER_LESS: return order < 0;
	case FILTER_AT_MOST: return order <= 0;
	case FILTER_MORE: return order > 0;
	case FILTER_AT_LEAST: return order >= 0;
	case FILTER_CONTAINS:
	case FILTER_NULL:
	case FILTER_NOT_NULL: break;
	}
	return false;
}

/* Takes the row at hand. False: it needs too much memory. */
static bool
take_row(struct query *query)
{
	size_t most = (size_t)(query->offset + query->limit);
	struct kept *kept;

	for (size_t i = 0; i < query->filters; i++)
		if (!row_passes(query, &query->filter[i]))
			return true;
	query->matched++;
	if (query->grouped) {
		kept = group_of(query);
		for (size_t i = query->groups; kept != NULL && i < query->outputs; i++)
			if (!aggregate_add(query, kept, i))
				return false;
		return kept != NULL;
	}
	if (query->orders == 0 && query->rows >= most)
		return true;
	if (keep_row(query) == NULL)
		return false;
	if (query->orders > 0 && query->rows >= 2 * most + SLOTS_LEAST)
		keep_first(query);
	return true;
}

int64_t
query_tree(struct mcp_call *call, uint64_t id, struct json_object *rows)
{
	size_t n = rows != NULL ? json_object_array_length(rows) : 0;
	struct query *query = query_take(call, id);
	bool fits = true;

	if (query == NULL)
		return -1;
	for (size_t i = 0; fits && i < n; i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);
		size_t width =
		    json_object_is_type(row, json_type_array) ? json_object_array_length(row) : 0;

		for (size_t k = 0; k < query->columns; k++)
			query->cell[k] = k < width ? rows_cell(json_object_array_get_idx(row, k))
						   : (struct mcp_text){ NULL, 0 };
		fits = take_row(query);
	}
	query_give(query);
	if (fits)
		return (int64_t)n;
	query_drop(id);
	query_too_large(call);
	return -1;
}

int64_t
query_bytes(struct mcp_call *call, uint64_t id, struct scan *scan)
{
	struct query *query = query_take(call, id);
	bool fits = true;
	int64_t n = 0;

	if (query == NULL)
		return -1;
	for (; fits && scan_row(scan); n++) {
		int64_t width = scan_cells(call, scan, query->cell, query->columns);

		scan->bad = width < 0;
		for (size_t k = width > 0 ? (size_t)width : 0; k < query->columns; k++)
			query->cell[k] = (struct mcp_text){ NULL, 0 };
		fits = scan->bad || take_row(query);
	}
	query_give(query);
	if (fits && !scan->bad)
		return n;
	query_drop(id);
	if (!fits)
		query_too_large(call);
	return -1;
}

/* ---- begin and end --------------------------------------------------------------------------- */

struct query *
query_new(size_t columns)
{
	struct query *query = allocated(calloc(1, sizeof(*query)));

	query->columns = columns;
	query->name = allocated(calloc(columns, sizeof(*query->name)));
	query->type = allocated(calloc(columns, sizeof(*query->type)));
	query->kind = allocated(calloc(columns, sizeof(*query->kind)));
	query->cell = allocated(calloc(columns, sizeof(*query->cell)));
	return query;
}

void
query_free(struct query *query)
{
	while (query->rows > 0)
		kept_free(query, query->row[--query->rows]);
	query_lets_go(query, query->bytes);
	keys_free(&query->group);
	keys_free(&query->distinct);
	for (size_t i = 0; i < query->columns; i++) {
		free(query->name[i]);
		free(query->type[i]);
	}
	for (size_t i = 0; i < query->outputs; i++)
		free(query->output[i].name);
	for (size_t i = 0; i < query->filters; i++)
		free((char *)query->filter[i].value.data);
	free(query->row);
	free(query->name);
	free(query->type);
	free(query->kind);
	free(query->cell);
	free(query->scratch);
	free(query);
}
