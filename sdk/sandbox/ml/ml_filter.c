/* SPDX-License-Identifier: Apache-2.0 */
/* Reads MLflow's search filters, which are comparisons joined by AND, and its orders. */
#include "ml/ml_filter.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_CLAUSES = 64, MAX_LIST = 64, MAX_ORDERS = 8, MAX_FILTER_WORD = 1024 };

enum op {
	OP_EQ,
	OP_NE,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_LIKE,
	OP_ILIKE,
	OP_IN,
	OP_NOT_IN,
	OP_IS_NULL,
	OP_IS_NOT_NULL
};

struct name {
	const char *scope;
	char key[MAX_FILTER_WORD];
	bool number;
};

struct clause {
	struct name name;
	enum op op;
	double number;
	char *texts[MAX_LIST];
	size_t count;
};

struct ml_filter {
	struct clause clauses[MAX_CLAUSES];
	size_t count;
};

struct reader {
	const char *at;
	char word[MAX_FILTER_WORD];
	char quote; /* the quote of the word: ' " ` or 0 */
};

/* ---- words ---- */

static bool
is_symbol(char c)
{
	return strchr("=!<>(),", c) != NULL;
}

static bool
quoted(struct reader *r)
{
	size_t len = 0;

	r->quote = *r->at++;
	while (*r->at != '\0' && *r->at != r->quote && len < MAX_FILTER_WORD - 1)
		r->word[len++] = *r->at++;
	r->word[len] = '\0';
	if (*r->at != r->quote)
		return false;
	r->at++;
	return true;
}

/* Reads the next word, operator or quoted text. False at the end, or when it is malformed. */
static bool
next_word(struct reader *r)
{
	size_t len = 0;

	while (isspace((unsigned char)*r->at))
		r->at++;
	r->quote = 0;
	r->word[0] = '\0';
	if (*r->at == '\0')
		return false;
	if (*r->at == '\'' || *r->at == '"' || *r->at == '`')
		return quoted(r);
	if (is_symbol(*r->at)) {
		r->word[len++] = *r->at++;
		if (*r->at == '=' && strchr("!<>", r->word[0]) != NULL)
			r->word[len++] = *r->at++;
	} else {
		while (*r->at != '\0' && !isspace((unsigned char)*r->at) && !is_symbol(*r->at) &&
		       len < MAX_FILTER_WORD - 1) {
			r->word[len++] = *r->at++;
			if (r->word[len - 1] == '.' && strchr("\"`", *r->at) != NULL)
				break;
		}
	}
	r->word[len] = '\0';
	return true;
}

static bool
listed(const char *const *names, const char *name)
{
	for (; *names != NULL; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

static const char *
scope_of(const char *word, const char **rest)
{
	static const char *const names[][2] = {
		{ "metrics.", "metrics" },
		{ "metric.", "metrics" },
		{ "params.", "params" },
		{ "parameters.", "params" },
		{ "param.", "params" },
		{ "tags.", "tags" },
		{ "tag.", "tags" },
		{ "attributes.", "attributes" },
		{ "attribute.", "attributes" },
		{ "attr.", "attributes" },
		{ "run.", "attributes" },
	};

	*rest = word;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strncasecmp(word, names[i][0], strlen(names[i][0])) == 0) {
			*rest = word + strlen(names[i][0]);
			return names[i][1];
		}
	return "attributes";
}

/* Reads a name whose first word is in r->word. Returns NULL, or the fault. */
static const char *
read_name(struct reader *r, const struct ml_grammar *grammar, struct name *out)
{
	const char *rest;

	out->scope = scope_of(r->word, &rest);
	if (r->quote != 0 && r->quote != '`')
		return "a comparison begins with a name";
	snprintf(out->key, sizeof(out->key), "%s", rest);
	if (*rest == '\0') {
		if (!next_word(r) || (r->quote != '"' && r->quote != '`'))
			return "a name is missing";
		snprintf(out->key, sizeof(out->key), "%s", r->word);
	}
	if (strcmp(out->scope, "attributes") == 0) {
		out->number = listed(grammar->numbers, out->key);
		if (!out->number && !listed(grammar->texts, out->key))
			return "this attribute cannot be searched";
		return NULL;
	}
	out->number = strcmp(out->scope, "metrics") == 0;
	if (!grammar->runs && strcmp(out->scope, "tags") != 0)
		return "only attributes and tags can be searched here";
	return NULL;
}

/* ---- comparisons ---- */

static const char *
read_op(struct reader *r, enum op *op)
{
	static const char *const signs[] = {
		"=", "!=", "<", "<=", ">", ">=", "LIKE", "ILIKE", "IN"
	};

	if (!next_word(r) || r->quote != 0)
		return "a comparison operator is missing";
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (strcasecmp(r->word, signs[i]) == 0) {
			*op = (enum op)i;
			return NULL;
		}
	if (strcasecmp(r->word, "NOT") == 0) {
		*op = OP_NOT_IN;
		return next_word(r) && strcasecmp(r->word, "IN") == 0 ? NULL : "IN is missing";
	}
	if (strcasecmp(r->word, "IS") != 0 || !next_word(r))
		return "unknown comparison operator";
	*op = OP_IS_NULL;
	if (strcasecmp(r->word, "NOT") == 0) {
		*op = OP_IS_NOT_NULL;
		next_word(r);
	}
	return strcasecmp(r->word, "NULL") == 0 ? NULL : "NULL is missing";
}

static const char *
read_list(struct reader *r, struct clause *clause)
{
	if (!next_word(r) || strcmp(r->word, "(") != 0)
		return "a list in parentheses is missing";
	for (;;) {
		if (!next_word(r) || (r->quote != '\'' && r->quote != '"'))
			return "a list holds quoted strings";
		if (clause->count == MAX_LIST)
			return "the list is too long";
		clause->texts[clause->count++] = xstrdup(r->word);
		if (!next_word(r) || r->quote != 0)
			return "the list has no end";
		if (strcmp(r->word, ")") == 0)
			return NULL;
		if (strcmp(r->word, ",") != 0)
			return "the list has no end";
	}
}

static const char *
read_value(struct reader *r, struct clause *clause)
{
	char *end;

	if (clause->op == OP_IS_NULL || clause->op == OP_IS_NOT_NULL)
		return NULL;
	if (clause->op == OP_IN || clause->op == OP_NOT_IN)
		return clause->name.number ? "IN compares strings" : read_list(r, clause);
	if (!next_word(r))
		return "a value is missing";
	if (clause->name.number) {
		clause->number = strtod(r->word, &end);
		if (r->quote != 0 || end == r->word || *end != '\0' || clause->op > OP_GE)
			return "expected a comparison with a number";
		return NULL;
	}
	if (r->quote != '\'' && r->quote != '"')
		return "expected a quoted string value";
	if (clause->op > OP_NE && clause->op < OP_LIKE)
		return "strings are compared with =, !=, LIKE, ILIKE, IN";
	clause->texts[clause->count++] = xstrdup(r->word);
	return NULL;
}

static const char *
filter_parse(struct ml_filter *filter, const struct ml_grammar *grammar, const char *text)
{
	struct reader r = { .at = text };
	const char *wrong = NULL;

	if (!next_word(&r))
		return r.quote != 0 ? "a quote has no end" : NULL;
	for (;;) {
		struct clause *clause = &filter->clauses[filter->count];

		if (filter->count == MAX_CLAUSES)
			return "too many comparisons";
		filter->count++;
		wrong = read_name(&r, grammar, &clause->name);
		if (wrong == NULL)
			wrong = read_op(&r, &clause->op);
		if (wrong == NULL)
			wrong = read_value(&r, clause);
		if (wrong != NULL)
			return wrong;
		if (!next_word(&r))
			return r.quote != 0 ? "a quote has no end" : NULL;
		if (r.quote != 0 || strcasecmp(r.word, "AND") != 0)
			return "comparisons are joined by AND";
		if (!next_word(&r))
			return "a comparison is missing after AND";
	}
}

static void
filter_free(struct ml_filter *filter)
{
	for (size_t i = 0; i < filter->count; i++)
		for (size_t k = 0; k < filter->clauses[i].count; k++)
			free(filter->clauses[i].texts[k]);
	free(filter);
}

/* ---- matching ---- */

/* Compares as SQL LIKE does, case-sensitive: % and _. */
static bool
like(const char *pattern, const char *s)
{
	const char *star = NULL, *back = NULL;

	while (*s != '\0') {
		if (*pattern == '%') {
			star = pattern++;
			back = s;
		} else if (*pattern == '_' || *pattern == *s) {
			pattern++;
			s++;
		} else if (star != NULL) {
			pattern = star + 1;
			s = ++back;
		} else {
			return false;
		}
	}
	while (*pattern == '%')
		pattern++;
	return *pattern == '\0';
}

static bool
number_matches(enum op op, double a, double b)
{
	switch (op) {
	case OP_EQ: return a == b;
	case OP_NE: return a != b;
	case OP_LT: return a < b;
	case OP_LE: return a <= b;
	case OP_GT: return a > b;
	default: return a >= b;
	}
}

static bool
text_matches(const struct clause *clause, const char *text)
{
	bool in = false;

	if (clause->op == OP_LIKE)
		return like(clause->texts[0], text);
	if (clause->op == OP_ILIKE)
		return text_like(clause->texts[0], text);
	for (size_t i = 0; i < clause->count; i++)
		in = in || strcmp(clause->texts[i], text) == 0;
	return clause->op == OP_EQ || clause->op == OP_IN ? in : !in;
}

static bool
clause_matches(const struct clause *clause, struct ml_value value)
{
	bool has = value.is_number || value.text != NULL;

	if (clause->op == OP_IS_NULL || clause->op == OP_IS_NOT_NULL)
		return has == (clause->op == OP_IS_NOT_NULL);
	if (!has)
		return false;
	if (clause->name.number)
		return value.is_number && number_matches(clause->op, value.number, clause->number);
	return value.text != NULL && text_matches(clause, value.text);
}

static bool
filter_matches(const struct ml_filter *filter, const struct ml_grammar *grammar,
	       struct json_object *item)
{
	for (size_t i = 0; i < filter->count; i++) {
		const struct name *name = &filter->clauses[i].name;

		if (!clause_matches(&filter->clauses[i],
				    grammar->value(item, name->scope, name->key)))
			return false;
	}
	return true;
}

/* ---- orders ---- */

struct order {
	struct name name;
	bool down;
};

struct sorting {
	const struct ml_grammar *grammar;
	struct order orders[MAX_ORDERS + 1];
	size_t count;
};

static const char *
order_parse(struct sorting *sorting, const char *text)
{
	struct order *order = &sorting->orders[sorting->count];
	struct reader r = { .at = text };
	const char *wrong;

	if (!next_word(&r))
		return "an order is empty";
	wrong = read_name(&r, sorting->grammar, &order->name);
	if (wrong != NULL)
		return wrong;
	if (next_word(&r)) {
		order->down = strcasecmp(r.word, "DESC") == 0;
		if (!order->down && strcasecmp(r.word, "ASC") != 0)
			return "an order ends with ASC or DESC";
		if (next_word(&r))
			return "an order is one name";
	}
	sorting->count++;
	return NULL;
}

/* Items without the value come last, in ascending and descending order. */
static int
compare_values(struct ml_value a, struct ml_value b, bool down)
{
	bool has_a = a.is_number || a.text != NULL, has_b = b.is_number || b.text != NULL;
	int result;

	if (!has_a || !has_b)
		return (int)has_b - (int)has_a;
	if (a.is_number && b.is_number)
		result = (a.number > b.number) - (a.number < b.number);
	else
		result = strcmp(a.text != NULL ? a.text : "", b.text != NULL ? b.text : "");
	return down ? -result : result;
}

static int
compare_items(const void *left, const void *right, void *arg)
{
	struct json_object *a = *(struct json_object *const *)left;
	struct json_object *b = *(struct json_object *const *)right;
	const struct sorting *sorting = arg;

	for (size_t i = 0; i < sorting->count; i++) {
		const struct order *order = &sorting->orders[i];
		int result =
		    compare_values(sorting->grammar->value(a, order->name.scope, order->name.key),
				   sorting->grammar->value(b, order->name.scope, order->name.key),
				   order->down);

		if (result != 0)
			return result;
	}
	return 0;
}

/* ---- searches ---- */

static const char *
orders_parse(struct sorting *sorting, struct json_object *orders, const char *fallback)
{
	size_t n = orders != NULL && json_object_is_type(orders, json_type_array)
		     ? json_object_array_length(orders)
		     : 0;
	const char *wrong = NULL;

	if (n >= MAX_ORDERS)
		return "too many orders";
	for (size_t i = 0; i < n && wrong == NULL; i++)
		wrong = order_parse(sorting,
				    json_object_get_string(json_object_array_get_idx(orders, i)));
	return wrong != NULL ? wrong : order_parse(sorting, fallback);
}

/* The items that match, sorted; a new array. */
static struct json_object *
select_items(const struct ml_filter *filter, struct sorting *sorting, struct json_object *all)
{
	struct json_object *kept = json_object_new_array(), **items;
	size_t total = json_object_array_length(all), n = 0;

	items = xcalloc(total + 1, sizeof(struct json_object *));
	for (size_t i = 0; i < total; i++) {
		struct json_object *item = json_object_array_get_idx(all, i);

		if (filter_matches(filter, sorting->grammar, item))
			items[n++] = item;
	}
	qsort_r(items, n, sizeof(struct json_object *), compare_items, sorting);
	for (size_t i = 0; i < n; i++)
		json_object_array_add(kept, json_object_get(items[i]));
	free(items);
	return kept;
}

struct ml_value
ml_attribute(struct json_object *item, const char *scope, const char *key)
{
	struct json_object *value =
	    strcmp(scope, "tags") == 0 ? ml_pair(json_get(item, "tags"), key) : json_get(item, key);

	if (json_object_is_type(value, json_type_int))
		return (struct ml_value){ .is_number = true,
					  .number = json_object_get_double(value) };
	return (struct ml_value){ .text = json_object_get_string(value) };
}

struct json_object *
ml_search(struct request *req, const struct ml_grammar *grammar, const char *filter,
	  struct json_object *orders, const char *fallback, struct json_object *all)
{
	struct ml_filter *parsed = xcalloc(1, sizeof(*parsed));
	struct sorting *sorting = xcalloc(1, sizeof(*sorting));
	struct json_object *kept = NULL;
	const char *wrong;

	sorting->grammar = grammar;
	wrong = filter != NULL ? filter_parse(parsed, grammar, filter) : NULL;
	if (wrong != NULL) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "Invalid clause(s) in filter string: %.200s (%s).", filter, wrong);
	} else {
		wrong = orders_parse(sorting, orders, fallback);
		if (wrong != NULL)
			reply_error(req, 400, "INVALID_PARAMETER_VALUE",
				    "Invalid order_by clause: %s.", wrong);
		else
			kept = select_items(parsed, sorting, all);
	}
	json_object_put(all);
	filter_free(parsed);
	free(sorting);
	return kept;
}

struct json_object *
ml_pair(struct json_object *pairs, const char *key)
{
	for (size_t i = 0; pairs != NULL && i < json_object_array_length(pairs); i++) {
		struct json_object *pair = json_object_array_get_idx(pairs, i);
		const char *name = json_str(pair, "key");

		if (name != NULL && strcmp(name, key) == 0)
			return json_get(pair, "value");
	}
	return NULL;
}

struct json_object *
ml_number(double value)
{
	char text[40];
	int digits = 6;

	if (isnan(value))
		return json_object_new_string("NaN");
	if (isinf(value))
		return json_object_new_string(value > 0 ? "Infinity" : "-Infinity");
	do {
		snprintf(text, sizeof(text), "%.*g", digits, value);
	} while (strtod(text, NULL) != value && ++digits <= 17);
	return json_object_new_double_s(value, text);
}
