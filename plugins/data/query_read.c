/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments of a query: filter, order_by, group_by, aggregate and columns. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "query.h"

#define QUERY_ROWS_MAX 100000 /* rows before and of a page of the answer */

static const char *const query_arguments[] = { "filter", "order_by", "group_by", "aggregate" };

static const struct filter_text {
	const char *text;
	enum filter_op op;
} filter_ops[] = {
	/* a longer one stands before its beginning */
	{ "is not null", FILTER_NOT_NULL },
	{ "is null", FILTER_NULL },
	{ "contains ", FILTER_CONTAINS },
	{ "!=", FILTER_NOT_EQUAL },
	{ "<>", FILTER_NOT_EQUAL },
	{ "<=", FILTER_AT_MOST },
	{ ">=", FILTER_AT_LEAST },
	{ "=", FILTER_EQUAL },
	{ "<", FILTER_LESS },
	{ ">", FILTER_MORE },
};

static const struct aggregate_name {
	const char *name;
	enum aggregate_fn fn;
} aggregate_fns[] = {
	{ "count", AGGREGATE_COUNT },	    { "sum", AGGREGATE_SUM }, { "avg", AGGREGATE_AVG },
	{ "min", AGGREGATE_MIN },	    { "max", AGGREGATE_MAX }, { "nulls", AGGREGATE_NULLS },
	{ "distinct", AGGREGATE_DISTINCT },
};

bool
query_wanted(struct mcp_call *call)
{
	for (size_t i = 0; i < sizeof(query_arguments) / sizeof(query_arguments[0]); i++)
		if (mcp_arg_json(call, query_arguments[i]) != NULL)
			return true;
	return false;
}

/* ---- texts ----------------------------------------------------------------------------------- */

static struct mcp_text
trimmed(const char *text, size_t len)
{
	while (len > 0 && isspace((unsigned char)*text))
		text++, len--;
	while (len > 0 && isspace((unsigned char)text[len - 1]))
		len--;
	return (struct mcp_text){ text, len };
}

static bool
is_name(struct mcp_text text, const char *name)
{
	return strlen(name) == text.len && strncasecmp(name, text.data, text.len) == 0;
}

/* The column with this name in any case; -1 and a failed call: there is none. */
static int64_t
query_column(struct mcp_call *call, const struct query *query, struct mcp_text name)
{
	struct json_object *names;

	for (size_t i = 0; i < query->columns; i++)
		if (is_name(name, query->name[i]))
			return (int64_t)i;
	names = mcp_keep(call, json_object_new_array());
	for (size_t i = 0; i < query->columns; i++)
		json_object_array_add(names, json_object_new_string(query->name[i]));
	rows_unknown(call, names, mcp_printf(call, "%.*s", (int)name.len, name.data));
	return -1;
}

/* ---- filters --------------------------------------------------------------------------------- */

/* The column whose name begins the text; the longest one, for names may have spaces. */
static int64_t
column_before(const struct query *query, struct mcp_text text)
{
	size_t longest = 0;
	int64_t found = -1;

	for (size_t i = 0; i < query->columns; i++) {
		size_t len = strlen(query->name[i]);

		if (len <= longest || len >= text.len ||
		    strncasecmp(query->name[i], text.data, len) != 0 ||
		    strchr(" <>=!", text.data[len]) == NULL)
			continue;
		longest = len;
		found = (int64_t)i;
	}
	return found;
}

/* A text in single quotes is the text between them, as in SQL. */
static struct mcp_text
filter_value(struct mcp_text text)
{
	bool quoted = text.len >= 2 && text.data[0] == '\'' && text.data[text.len - 1] == '\'';
	char *copy = malloc(text.len + 1);
	size_t n = 0, from = quoted ? 1 : 0, to = text.len - from;

	if (copy == NULL)
		abort();
	for (size_t i = from; i < to; i++) {
		copy[n++] = text.data[i];
		if (quoted && text.data[i] == '\'' && i + 1 < to && text.data[i + 1] == '\'')
			i++;
	}
	return (struct mcp_text){ copy, n };
}

static bool
bad_filter(struct mcp_call *call, const char *text)
{
	mcp_fail(
	    call, MCP_E_INPUT, mcp_printf(call, "The filter \"%s\" cannot be read.", text),
	    "A filter is a column, an operator and a value. The operators are =, !=, <, <=, >, "
	    ">=, contains, is null and is not null.",
	    "Use for example filter=[\"amount >= 10.5\", \"city = Rotterdam\"]. All of them "
	    "must be true.");
	return false;
}

/* The operator at the beginning of the text; NULL: there is none. */
static const struct filter_text *
filter_at(struct mcp_text text)
{
	for (size_t i = 0; i < sizeof(filter_ops) / sizeof(filter_ops[0]); i++) {
		size_t len = strlen(filter_ops[i].text);

		if (text.len >= len && strncasecmp(text.data, filter_ops[i].text, len) == 0)
			return &filter_ops[i];
	}
	return NULL;
}

static bool
filter_add(struct mcp_call *call, struct query *query, const char *text)
{
	struct mcp_text all = trimmed(text, strlen(text)), rest;
	int64_t column = column_before(query, all);
	struct filter *filter = &query->filter[query->filters];
	const struct filter_text *op;
	size_t name;

	if (column < 0)
		return bad_filter(call, text);
	name = strlen(query->name[column]);
	rest = trimmed(all.data + name, all.len - name);
	op = filter_at(rest);
	if (op == NULL)
		return bad_filter(call, text);
	name = strlen(op->text);
	rest = trimmed(rest.data + name, rest.len - name);
	filter->column = (size_t)column;
	filter->op = op->op;
	if (filter->op == FILTER_NULL || filter->op == FILTER_NOT_NULL)
		return rest.len == 0 ? ++query->filters > 0 : bad_filter(call, text);
	filter->value = filter_value(rest);
	query->filters++;
	if (filter->op == FILTER_CONTAINS)
		return rows_search_fits(call, "filter", filter->value.len);
	if (value_valid(query->kind[column], filter->value))
		return true;
	mcp_fail(call, MCP_E_INPUT,
		 mcp_printf(call, "The filter \"%s\" has no value of the column's type.", text),
		 query->kind[column] == VALUE_BOOLEAN ? "The column is a boolean: true or false."
						      : "The column is a number.",
		 "Compare it with such a value.");
	return false;
}

/* ---- the columns of the answer --------------------------------------------------------------- */

static bool
too_many(struct mcp_call *call, const char *argument, unsigned most)
{
	mcp_fail(call, MCP_E_INPUT, mcp_printf(call, "%s has too many items.", argument),
		 mcp_printf(call, "At most %u are possible.", most), "Use fewer of them.");
	return false;
}

static struct output *
output_add(struct mcp_call *call, struct query *query, const char *name, size_t column)
{
	struct output *output = &query->output[query->outputs];

	if (query->outputs == QUERY_COLUMNS_MAX) {
		too_many(call, "The answer", QUERY_COLUMNS_MAX);
		return NULL;
	}
	*output =
	    (struct output){ .name = strdup(name), .column = column, .kind = query->kind[column] };
	if (output->name == NULL)
		abort();
	query->outputs++;
	return output;
}

static bool
column_add(struct mcp_call *call, struct query *query, const char *name)
{
	struct mcp_text text = trimmed(name, strlen(name));
	int64_t column = query_column(call, query, text);

	return column >= 0 && output_add(call, query, query->name[column], (size_t)column) != NULL;
}

static bool
bad_aggregate(struct mcp_call *call, const char *text)
{
	mcp_fail(call, MCP_E_INPUT, mcp_printf(call, "The aggregate \"%s\" is not known.", text),
		 "Aggregates are count, count(COLUMN), sum, avg, min, max, nulls and "
		 "distinct(COLUMN). sum and avg need numbers.",
		 "Use for example aggregate=[\"count\", \"sum(amount)\"].");
	return false;
}

static bool
is_numeric(enum value_kind kind)
{
	return kind == VALUE_NUMBER || kind == VALUE_FLOAT;
}

/* The kind of an aggregate of a column. */
static enum value_kind
aggregate_kind(enum aggregate_fn fn, enum value_kind kind)
{
	if (fn == AGGREGATE_MIN || fn == AGGREGATE_MAX || fn == AGGREGATE_SUM)
		return kind;
	return fn == AGGREGATE_AVG ? VALUE_FLOAT : VALUE_NUMBER;
}

static const struct aggregate_name *
aggregate_named(struct mcp_text name)
{
	for (size_t i = 0; i < sizeof(aggregate_fns) / sizeof(aggregate_fns[0]); i++)
		if (is_name(name, aggregate_fns[i].name))
			return &aggregate_fns[i];
	return NULL;
}

static bool
aggregate_read(struct mcp_call *call, struct query *query, const char *text)
{
	struct mcp_text all = trimmed(text, strlen(text)), name;
	const char *open = memchr(all.data, '(', all.len);
	const struct aggregate_name *fn;
	struct output *output;
	int64_t column = 0;

	name = trimmed(all.data, open != NULL ? (size_t)(open - all.data) : all.len);
	fn = aggregate_named(name);
	if (fn == NULL || (open != NULL && all.data[all.len - 1] != ')') ||
	    (open == NULL && fn->fn != AGGREGATE_COUNT))
		return bad_aggregate(call, text);
	if (open != NULL) {
		name = trimmed(open + 1, (size_t)(all.data + all.len - open) - 2);
		column = is_name(name, "*") && fn->fn == AGGREGATE_COUNT
			   ? 0
			   : query_column(call, query, name);
	}
	if (column < 0)
		return false;
	if ((fn->fn == AGGREGATE_SUM || fn->fn == AGGREGATE_AVG) &&
	    !is_numeric(query->kind[column]))
		return bad_aggregate(call, text);
	output = output_add(call, query, mcp_printf(call, "%.*s", (int)all.len, all.data),
			    (size_t)column);
	if (output == NULL)
		return false;
	output->aggregate = true;
	output->all = open == NULL || is_name(name, "*");
	output->fn = fn->fn;
	output->kind = aggregate_kind(output->fn, query->kind[column]);
	return true;
}

/* ---- order ----------------------------------------------------------------------------------- */

/* Takes " desc" or " asc" from the end of the text. */
static bool
takes_word(struct mcp_text *text, const char *word)
{
	size_t len = strlen(word);

	if (text->len <= len || strncasecmp(text->data + text->len - len, word, len) != 0 ||
	    !isspace((unsigned char)text->data[text->len - len - 1]))
		return false;
	*text = trimmed(text->data, text->len - len);
	return true;
}

static bool
order_add(struct mcp_call *call, struct query *query, const char *text)
{
	struct mcp_text name = trimmed(text, strlen(text));
	struct order *order = &query->order[query->orders];
	size_t at;

	order->down = takes_word(&name, "desc");
	if (!order->down)
		takes_word(&name, "asc");
	for (at = 0; at < query->outputs && !is_name(name, query->output[at].name); at++)
		;
	if (at == query->outputs && query->grouped) {
		mcp_fail(call, MCP_E_INPUT,
			 mcp_printf(call, "The answer has no column \"%.*s\".", (int)name.len,
				    name.data),
			 "Groups are ordered by a column of group_by, or by an aggregate.",
			 "Write the aggregate in order_by as in aggregate.");
		return false;
	}
	if (at == query->outputs &&
	    !column_add(call, query, mcp_printf(call, "%.*s", (int)name.len, name.data)))
		return false;
	order->output = at;
	query->orders++;
	return true;
}

/* ---- all ------------------------------------------------------------------------------------- */

typedef bool read_fn(struct mcp_call *call, struct query *query, const char *text);

/* Reads all items of an argument. */
static bool
each_item(struct mcp_call *call, struct query *query, const char *argument, unsigned most,
	  read_fn *fn)
{
	struct json_object *list = mcp_arg_json(call, argument);
	size_t n = list != NULL ? json_object_array_length(list) : 0;

	if (n > most)
		return too_many(call, argument, most);
	for (size_t i = 0; i < n; i++) {
		const char *text = json_object_get_string(json_object_array_get_idx(list, i));

		if (text == NULL || !fn(call, query, text))
			return false;
	}
	return true;
}

static bool
outputs_read(struct mcp_call *call, struct query *query)
{
	bool all = mcp_arg_json(call, "columns") == NULL;

	query->grouped =
	    mcp_arg_json(call, "group_by") != NULL || mcp_arg_json(call, "aggregate") != NULL;
	if (query->grouped) {
		if (!each_item(call, query, "group_by", QUERY_ORDERS_MAX, column_add))
			return false;
		query->groups = query->outputs;
		if (mcp_arg_json(call, "aggregate") == NULL)
			return aggregate_read(call, query, "count");
		return each_item(call, query, "aggregate", QUERY_COLUMNS_MAX, aggregate_read);
	}
	for (size_t i = 0; all && i < query->columns; i++)
		if (output_add(call, query, query->name[i], i) == NULL)
			return false;
	return all || each_item(call, query, "columns", QUERY_COLUMNS_MAX, column_add);
}

/* Some arguments of a page have no meaning for a query. */
static bool
fits_together(struct mcp_call *call, const struct reading *reading)
{
	const char *other =
	    mcp_arg(call, "grep") != NULL ? "grep"
	    : reading->cell_chars > 0	  ? "cell_chars"
	    : reading->chunk > 0	  ? "This page_token"
	    : mcp_arg_json(call, "columns") != NULL && (mcp_arg_json(call, "group_by") != NULL ||
							mcp_arg_json(call, "aggregate") != NULL)
		? "columns"
		: NULL;

	if (other == NULL && reading->begun_at + reading->rows <= QUERY_ROWS_MAX)
		return true;
	if (other == NULL)
		mcp_fail(call, MCP_E_INPUT, "page_token is too large for a query.",
			 mcp_printf(call, "It reads %d rows of the answer at most.",
				    QUERY_ROWS_MAX),
			 "Filter more rows.");
	else
		mcp_fail(call, MCP_E_INPUT,
			 mcp_printf(call, "%s cannot be used with these arguments.", other), NULL,
			 "Use filter with contains instead of grep. group_by and aggregate say "
			 "which columns the answer has.");
	return false;
}

static bool
arguments_read(struct mcp_call *call, struct query *query)
{
	if (!each_item(call, query, "filter", QUERY_FILTERS_MAX, filter_add) ||
	    !outputs_read(call, query))
		return false;
	query->shown = query->outputs;
	return each_item(call, query, "order_by", QUERY_ORDERS_MAX, order_add);
}

uint64_t
query_begin(struct mcp_call *call, const struct reading *reading, struct json_object *columns)
{
	size_t n = json_object_array_length(columns);
	struct query *query;

	if (!fits_together(call, reading))
		return 0;
	if (n == 0 || n > ROWS_COLUMNS_MAX) {
		mcp_fail(call, MCP_E_UNSUPPORTED, "The result cannot be queried.",
			 mcp_printf(call, "It has %zu columns with names.", n),
			 "Run the query on the warehouse: execute_sql.");
		return 0;
	}
	query = query_new(n);
	query->used_ms = mcp_number(call, MCP_NUM_NOW_MS);
	query->offset = reading->begun_at;
	query->limit = reading->rows;
	for (size_t i = 0; i < n; i++) {
		const char *type =
		    mcp_get_str(call, json_object_array_get_idx(columns, i), "type_text", NULL);

		query->name[i] = strdup(rows_column(call, columns, i));
		query->type[i] = type != NULL ? strdup(type) : NULL;
		if (query->name[i] == NULL || (type != NULL && query->type[i] == NULL))
			abort();
		query->kind[i] = value_kind(
		    mcp_get_str(call, json_object_array_get_idx(columns, i), "type_name", ""));
	}
	if (arguments_read(call, query))
		return query_register(call, query);
	query_free(query);
	return 0;
}
