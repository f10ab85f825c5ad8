/* SPDX-License-Identifier: Apache-2.0 */
/* filters_json. A member is one or more "column [operator]" joined by OR, with a value for each;
 * operators are NOT, <, <=, >, >=, LIKE (a word of the text, or a pattern with %). A list matches
 * when one of its values matches; with NOT, when no value matches. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ml/embed.h"
#include "ml/vectors.h"

enum { MAX_PARTS = 16 };

struct part {
	char column[MAX_NAME + 1];
	char op[8]; /* "" is equality */
};

static bool
known_op(const char *op)
{
	static const char *const ops[] = { "", "NOT", "<", "<=", ">", ">=", "LIKE", NULL };

	return text_among(op, ops) != NULL;
}

/* Splits "price <" into its two words. */
static bool
split_part(const char *text, size_t len, struct part *out)
{
	size_t column = 0, op;

	while (column < len && text[column] != ' ')
		column++;
	op = column;
	while (op < len && text[op] == ' ')
		op++;
	while (len > op && text[len - 1] == ' ')
		len--;
	if (column == 0 || column > MAX_NAME || len - op >= sizeof(out->op))
		return false;
	snprintf(out->column, sizeof(out->column), "%.*s", (int)column, text);
	snprintf(out->op, sizeof(out->op), "%.*s", (int)(len - op), text + op);
	return known_op(out->op);
}

/* Splits the name of a member into its parts. Returns their number; 0 when it is malformed. */
static size_t
split_name(const char *name, struct part *parts)
{
	size_t n = 0;

	for (;;) {
		const char *end = strstr(name, " OR ");

		if (n == MAX_PARTS ||
		    !split_part(name, end != NULL ? (size_t)(end - name) : strlen(name), &parts[n]))
			return 0;
		n++;
		if (end == NULL)
			return n;
		name = end + strlen(" OR ");
	}
}

/* ---- checking ---- */

static bool
is_number(struct json_object *value)
{
	return json_object_is_type(value, json_type_int) ||
	       json_object_is_type(value, json_type_double);
}

static bool
value_fits(const struct part *part, struct json_object *value)
{
	if (part->op[0] == '<' || part->op[0] == '>')
		return is_number(value) || json_object_is_type(value, json_type_string);
	if (strcmp(part->op, "LIKE") == 0 && !json_object_is_type(value, json_type_array))
		return json_object_is_type(value, json_type_string);
	return !json_object_is_type(value, json_type_object);
}

char *
vfilter_check(const struct vindex *index, struct json_object *filter)
{
	struct json_object_iterator at, end;
	struct part parts[MAX_PARTS];

	if (!json_object_is_type(filter, json_type_object))
		return xstrdup("filters_json must be a JSON object, as text");
	at = json_object_iter_begin(filter);
	end = json_object_iter_end(filter);
	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
		const char *name = json_object_iter_peek_name(&at);
		struct json_object *value = json_object_iter_peek_value(&at);
		size_t n = split_name(name, parts);

		if (n == 0)
			return xprintf("Invalid filter '%.200s'", name);
		if (n > 1 && (!json_object_is_type(value, json_type_array) ||
			      json_object_array_length(value) != n))
			return xprintf("Filter '%.200s' needs a list of %zu values", name, n);
		for (size_t i = 0; i < n; i++) {
			if (json_get(index->schema, parts[i].column) == NULL)
				return xprintf("Invalid filter: column '%.200s' is not in index "
					       "%.300s",
					       parts[i].column, index->name);
			if (!value_fits(&parts[i],
					n > 1 ? json_object_array_get_idx(value, i) : value))
				return xprintf("Invalid value for filter '%.200s'", name);
		}
	}
	return NULL;
}

/* ---- matching ---- */

/* Compares numbers by their size, and everything else as text. *ok is false when a value is
 * NULL. */
static int
compare(struct json_object *a, struct json_object *b, bool *ok)
{
	double x, y;

	*ok = a != NULL && b != NULL && is_number(a) == is_number(b);
	if (!*ok)
		return 1;
	if (!is_number(a))
		return strcmp(json_object_get_string(a), json_object_get_string(b));
	x = json_object_get_double(a);
	y = json_object_get_double(b);
	return (x > y) - (x < y);
}

static bool
vector_like(struct json_object *cell, struct json_object *wanted)
{
	const char *text, *pattern = json_object_get_string(wanted);

	if (!json_object_is_type(cell, json_type_string) || pattern == NULL)
		return false;
	text = json_object_get_string(cell);
	return strchr(pattern, '%') != NULL ? text_like(pattern, text) : has_word(text, pattern);
}

static bool
equal(struct json_object *cell, struct json_object *wanted)
{
	bool ok;

	if (cell == NULL || wanted == NULL)
		return cell == wanted;
	if (json_object_is_type(cell, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(cell); i++)
			if (equal(json_object_array_get_idx(cell, i), wanted))
				return true;
		return false;
	}
	return compare(cell, wanted, &ok) == 0 && ok;
}

static bool
any_of(const struct part *part, struct json_object *cell, struct json_object *wanted)
{
	bool as_like = strcmp(part->op, "LIKE") == 0;

	if (!json_object_is_type(wanted, json_type_array))
		return as_like ? vector_like(cell, wanted) : equal(cell, wanted);
	for (size_t i = 0; i < json_object_array_length(wanted); i++) {
		struct json_object *one = json_object_array_get_idx(wanted, i);

		if (as_like ? vector_like(cell, one) : equal(cell, one))
			return true;
	}
	return false;
}

static bool
part_matches(const struct part *part, struct json_object *row, struct json_object *wanted)
{
	struct json_object *cell = json_get(row, part->column);
	bool ok;
	int order;

	if (strcmp(part->op, "NOT") == 0)
		return !any_of(part, cell, wanted);
	if (part->op[0] != '<' && part->op[0] != '>')
		return any_of(part, cell, wanted);
	order = compare(cell, wanted, &ok);
	if (!ok)
		return false;
	if (order == 0)
		return part->op[1] == '=';
	return (order < 0) == (part->op[0] == '<');
}

bool
vfilter_matches(struct json_object *filter, struct json_object *row)
{
	struct json_object_iterator at, end;
	struct part parts[MAX_PARTS];

	if (filter == NULL)
		return true;
	at = json_object_iter_begin(filter);
	end = json_object_iter_end(filter);
	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
		struct json_object *value = json_object_iter_peek_value(&at);
		size_t n = split_name(json_object_iter_peek_name(&at), parts);
		bool any = false;

		for (size_t i = 0; i < n && !any; i++)
			any = part_matches(&parts[i], row,
					   n > 1 ? json_object_array_get_idx(value, i) : value);
		if (!any)
			return false;
	}
	return true;
}
