/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks a value against a compiled schema. The first fault ends it and becomes one sentence that
 * a model can act on: where, what is wrong, what is allowed. Steps and depth are bounded, so that
 * no value makes a schema expensive.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "registry/schema.h"
#include "registry/schema_node.h"

#define SHOWN_MAX 80u	/* bytes of a value in a message */
#define LISTED_MAX 40u	/* names or values listed in a message */

struct place {
	const char *key; /* NULL: the index counts */
	size_t index;
};

struct check {
	struct buf *why; /* NULL: only yes or no */
	struct place path[SCHEMA_DEPTH_MAX + 1];
	size_t path_len;
	unsigned depth, hidden;
	size_t steps;
	bool exhausted; /* out of steps or depth: nothing more is judged */
};

static bool check_node(struct check *c, const struct node *node, struct json_object *value);

/* ---- messages -------------------------------------------------------------------------------- */

static void
add_path(const struct check *c, struct buf *out)
{
	for (size_t i = 0; i < c->path_len; i++) {
		if (c->path[i].key == NULL)
			buf_printf(out, "[%zu]", c->path[i].index);
		else
			buf_printf(out, "%s%s", i > 0 ? "." : "", c->path[i].key);
	}
	if (c->path_len == 0)
		buf_puts(out, "the value");
}

/* A value as JSON, shortened; containers and what is hidden as their type. */
static void
add_value(const struct check *c, struct buf *out, struct json_object *value)
{
	const char *text = NULL;
	size_t cut = SHOWN_MAX;

	if (c->hidden > 0 || (value_type(value) & (TYPE_ARRAY | TYPE_OBJECT)) != 0) {
		buf_puts(out, value_type_name(value));
		return;
	}
	if (json_object_is_type(value, json_type_string))
		text = json_object_get_string(value);
	if (text == NULL || strlen(text) <= SHOWN_MAX) {
		buf_json_tree(out, value);
		return;
	}
	while (cut > 0 && ((unsigned char)text[cut] & 0xC0) == 0x80)
		cut--;
	buf_putc(out, '"');
	buf_json_inside(out, text, cut);
	buf_puts(out, "\xE2\x80\xA6\"");
}

__attribute__((format(printf, 2, 3))) static bool
fault(struct check *c, const char *format, ...)
{
	va_list args;

	if (c->why == NULL)
		return false;
	add_path(c, c->why);
	buf_puts(c->why, ": ");
	va_start(args, format);
	buf_vprintf(c->why, format, args);
	va_end(args);
	return false;
}

/* "path: VALUE " and then the rest. */
__attribute__((format(printf, 3, 4))) static bool
fault_value(struct check *c, struct json_object *value, const char *format, ...)
{
	va_list args;

	if (c->why == NULL)
		return false;
	add_path(c, c->why);
	buf_puts(c->why, ": ");
	add_value(c, c->why, value);
	buf_putc(c->why, ' ');
	va_start(args, format);
	buf_vprintf(c->why, format, args);
	va_end(args);
	return false;
}

static bool
fault_limit(struct check *c, struct json_object *value, const char *words,
	    struct json_object *limit)
{
	fault_value(c, value, "%s ", words);
	if (c->why != NULL)
		buf_json_tree(c->why, limit);
	return false;
}

static void
add_names(struct buf *out, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n && i < LISTED_MAX; i++)
		buf_printf(out, "%s%s", i > 0 ? ", " : "", names[i]);
	if (n > LISTED_MAX)
		buf_printf(out, " and %zu more", n - LISTED_MAX);
}

/* ---- numbers and strings --------------------------------------------------------------------- */

static bool
check_number(struct check *c, const struct node *node, struct json_object *value)
{
	if (node->minimum != NULL && numbers_compare(value, node->minimum) < 0)
		return fault_limit(c, value, "is less than the minimum", node->minimum);
	if (node->maximum != NULL && numbers_compare(value, node->maximum) > 0)
		return fault_limit(c, value, "is more than the maximum", node->maximum);
	if (node->above != NULL && numbers_compare(value, node->above) <= 0)
		return fault_limit(c, value, "is not more than", node->above);
	if (node->below != NULL && numbers_compare(value, node->below) >= 0)
		return fault_limit(c, value, "is not less than", node->below);
	if (node->multiple != NULL && !number_is_multiple(value, node->multiple))
		return fault_limit(c, value, "is not a multiple of", node->multiple);
	return true;
}

static bool
check_string(struct check *c, const struct node *node, struct json_object *value)
{
	const char *text = json_object_get_string(value);
	size_t len = (size_t)json_object_get_string_len(value), characters;

	if (node->min_length > 0 || node->max_length < SIZE_MAX) {
		characters = utf8_count(text, len);
		if (len == 0 && node->min_length > 0)
			return fault(c, "must not be empty");
		if (characters < node->min_length)
			return fault(c, "%zu characters are fewer than the minimum %zu", characters,
			    node->min_length);
		if (characters > node->max_length)
			return fault(c, "%zu characters are more than the maximum %zu", characters,
			    node->max_length);
	}
	if (node->pattern == NULL || pattern_matches(node->pattern, text, len))
		return true;
	if (len > PATTERN_TEXT_MAX)
		return fault(c, "%zu bytes are more than the maximum %u", len, PATTERN_TEXT_MAX);
	return fault_value(c, value, "does not match the pattern %s", pattern_text(node->pattern));
}

/* ---- arrays and objects ---------------------------------------------------------------------- */

static bool
out_of_steps(struct check *c)
{
	c->exhausted = true; /* node_check() says so */
	return false;
}

static bool
check_inside(struct check *c, const struct node *node, const char *key, size_t index,
	     struct json_object *value)
{
	bool ok;

	if (c->path_len > SCHEMA_DEPTH_MAX)
		return out_of_steps(c);
	c->path[c->path_len++] = (struct place){ .key = key, .index = index };
	ok = check_node(c, node, value);
	c->path_len--;
	return ok;
}

static bool
check_unique(struct check *c, struct json_object *array, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct json_object *item = json_object_array_get_idx(array, i);

		for (size_t j = 0; j < i; j++) {
			struct json_object *other = json_object_array_get_idx(array, j);

			c->steps++;
			if (values_equal(item, other, &c->steps))
				return fault_value(c, item, "stands twice");
			if (c->steps > SCHEMA_STEPS_MAX)
				return out_of_steps(c);
		}
	}
	return true;
}

static bool
check_array(struct check *c, const struct node *node, struct json_object *value)
{
	size_t n = json_object_array_length(value);

	if (n < node->min_items)
		return fault(c, "%zu items are fewer than the minimum %zu", n, node->min_items);
	if (n > node->max_items)
		return fault(c, "%zu items are more than the maximum %zu", n, node->max_items);
	for (size_t i = 0; node->items != NULL && i < n; i++)
		if (!check_inside(c, node->items, NULL, i, json_object_array_get_idx(value, i)))
			return false;
	return !node->unique || check_unique(c, value, n);
}

static const char **
property_names(const struct node *node)
{
	const char **names = xcalloc(node->n_properties, sizeof(*names));

	for (size_t i = 0; i < node->n_properties; i++)
		names[i] = node->properties[i].name;
	return names;
}

static bool
fault_unknown(struct check *c, const struct node *node, const char *key)
{
	const char **names, *near;

	if (c->why == NULL)
		return false;
	if (c->path_len > 0) {
		add_path(c, c->why);
		buf_puts(c->why, ": ");
	}
	buf_printf(c->why, "unknown %s \"%.64s\"", c->path_len > 0 ? "member" : "argument", key);
	names = property_names(node);
	near = nearest_name(key, names, node->n_properties);
	if (near != NULL)
		buf_printf(c->why, "; did you mean \"%s\"?", near);
	if (node->n_properties > 0) {
		buf_puts(c->why, near != NULL ? " Allowed: " : "; allowed: ");
		add_names(c->why, names, node->n_properties);
	} else {
		buf_puts(c->why, "; none is allowed");
	}
	free(names);
	return false;
}

static bool
fault_missing(struct check *c, const struct node *node, const char *key)
{
	const struct property *property = node_property(node, key);
	const char *text = NULL;

	if (c->why == NULL)
		return false;
	if (property != NULL)
		text = json_str(property->node->source, "description");
	if (c->path_len > 0) {
		add_path(c, c->why);
		buf_puts(c->why, ": ");
	}
	buf_printf(c->why, "missing %s \"%s\"", c->path_len > 0 ? "member" : "argument", key);
	if (text != NULL)
		buf_printf(c->why, " (%.200s)", text);
	return false;
}

static bool
check_member(struct check *c, const struct node *node, const char *key, struct json_object *value)
{
	const struct property *property = node_property(node, key);

	if (property != NULL)
		return check_inside(c, property->node, key, 0, value);
	if (node->additional == NULL)
		return true;
	if (node->additional->never)
		return fault_unknown(c, node, key);
	return check_inside(c, node->additional, key, 0, value);
}

static bool
check_object(struct check *c, const struct node *node, struct json_object *value)
{
	size_t n = (size_t)json_object_object_length(value);
	struct json_object_iter member;

	/* Unknown ones first: a misspelt name is also a missing one, and says more. */
	json_object_object_foreachC(value, member)
		if (node->additional != NULL && node->additional->never &&
		    node_property(node, member.key) == NULL)
			return fault_unknown(c, node, member.key);
	for (size_t i = 0; i < node->n_required; i++)
		if (!json_object_object_get_ex(value, node->required[i], NULL))
			return fault_missing(c, node, node->required[i]);
	if (n < node->min_members)
		return fault(c, "%zu members are fewer than the minimum %zu", n, node->min_members);
	if (n > node->max_members)
		return fault(c, "%zu members are more than the maximum %zu", n, node->max_members);
	json_object_object_foreachC(value, member)
		if (!check_member(c, node, member.key, member.val))
			return false;
	return true;
}

/* ---- values ---------------------------------------------------------------------------------- */

/* Lists what is allowed, and what was probably meant. */
static bool
fault_not_listed(struct check *c, struct json_object *value, struct json_object *const *allowed,
		 size_t n)
{
	const char **names, *near = NULL;

	if (c->why == NULL)
		return false;
	fault_value(c, value, "is not one of ");
	for (size_t i = 0; i < n && i < LISTED_MAX; i++) {
		buf_puts(c->why, i > 0 ? ", " : "");
		buf_json_tree(c->why, allowed[i]);
	}
	if (n > LISTED_MAX)
		buf_printf(c->why, " and %zu more", n - LISTED_MAX);
	if (!json_object_is_type(value, json_type_string))
		return false;
	names = xcalloc(n, sizeof(*names));
	for (size_t i = 0; i < n; i++)
		names[i] = json_object_is_type(allowed[i], json_type_string)
			? json_object_get_string(allowed[i]) : "";
	near = nearest_name(json_object_get_string(value), names, n);
	if (near != NULL && near[0] != '\0')
		buf_printf(c->why, "; did you mean \"%s\"?", near);
	free(names);
	return false;
}

static bool
check_enum(struct check *c, struct json_object *values, struct json_object *value)
{
	size_t n = json_object_array_length(values);
	struct json_object **allowed;

	for (size_t i = 0; i < n; i++)
		if (values_equal(value, json_object_array_get_idx(values, i), &c->steps))
			return true;
	allowed = xcalloc(n, sizeof(struct json_object *));
	for (size_t i = 0; i < n; i++)
		allowed[i] = json_object_array_get_idx(values, i);
	fault_not_listed(c, value, allowed, n);
	free(allowed);
	return false;
}

static bool
check_type(struct check *c, const struct node *node, struct json_object *value)
{
	char text[80];

	if (node->types == 0 || (node->types & value_type(value)) != 0)
		return true;
	types_text(node->types, text, sizeof(text));
	if (c->hidden > 0 || (value_type(value) & (TYPE_NULL | TYPE_ARRAY | TYPE_OBJECT)) != 0)
		return fault(c, "%s where %s is wanted", value_type_name(value), text);
	return fault_value(c, value, "is %s, not %s", value_type_name(value), text);
}

/* ---- combinations ---------------------------------------------------------------------------- */

/* Yes or no, without a message. */
static bool
fits(struct check *c, const struct node *node, struct json_object *value)
{
	struct buf *why = c->why;
	bool ok;

	c->why = NULL;
	ok = check_node(c, node, value);
	c->why = why;
	return ok;
}

/* Alternatives that are all constants are a list of values. */
static bool
fault_constants(struct check *c, const struct node_list *list, struct json_object *value)
{
	struct json_object **allowed = xcalloc(list->count, sizeof(struct json_object *));
	bool all = true;

	for (size_t i = 0; i < list->count; i++) {
		allowed[i] = list->item[i]->constant;
		all = all && list->item[i]->has_constant;
	}
	if (all)
		fault_not_listed(c, value, allowed, list->count);
	free(allowed);
	return all;
}

/* The fault of the alternative that is meant, as far as the type of the value tells. */
static bool
fault_alternatives(struct check *c, const struct node_list *list, struct json_object *value)
{
	const struct node *meant = NULL;
	size_t candidates = 0;

	if (c->exhausted || c->why == NULL || fault_constants(c, list, value))
		return false;
	for (size_t i = 0; i < list->count; i++) {
		const struct node *node = list->item[i];

		while (node->ref != NULL && node->types == 0)
			node = node->ref;
		if (node->types != 0 && (node->types & value_type(value)) == 0)
			continue;
		candidates++;
		if (meant == NULL)
			meant = list->item[i];
	}
	if (meant == NULL)
		return fault_value(c, value, "fits none of the %zu alternatives", list->count);
	check_node(c, meant, value);
	if (candidates > 1)
		buf_printf(c->why, ", nor does it fit another of the %zu alternatives",
		    list->count);
	return false;
}

static bool
check_choice(struct check *c, const struct node_list *list, bool exactly_one,
	     struct json_object *value)
{
	size_t fitting = 0;

	for (size_t i = 0; i < list->count && (exactly_one || fitting == 0); i++)
		fitting += fits(c, list->item[i], value);
	if (c->exhausted)
		return false;
	if (fitting == 0)
		return fault_alternatives(c, list, value);
	if (exactly_one && fitting > 1)
		return fault_value(c, value, "fits %zu alternatives where exactly one is allowed",
		    fitting);
	return true;
}

static bool
check_condition(struct check *c, const struct node *node, struct json_object *value)
{
	const struct node *branch;

	if (node->then_ == NULL && node->else_ == NULL)
		return true;
	branch = fits(c, node->if_, value) ? node->then_ : node->else_;
	return !c->exhausted && (branch == NULL || check_node(c, branch, value));
}

static bool
check_combinations(struct check *c, const struct node *node, struct json_object *value)
{
	for (size_t i = 0; i < node->all.count; i++)
		if (!check_node(c, node->all.item[i], value))
			return false;
	if (node->any.count > 0 && !check_choice(c, &node->any, false, value))
		return false;
	if (node->one.count > 0 && !check_choice(c, &node->one, true, value))
		return false;
	if (node->not_ != NULL) {
		if (fits(c, node->not_, value))
			return fault_value(c, value, "is not allowed here");
		if (c->exhausted)
			return false;
	}
	return node->if_ == NULL || check_condition(c, node, value);
}

static bool
check_keywords(struct check *c, const struct node *node, struct json_object *value)
{
	unsigned type = value_type(value);

	if (node->never)
		return fault(c, "is not allowed here");
	if (node->ref != NULL && !check_node(c, node->ref, value))
		return false;
	if (!check_type(c, node, value))
		return false;
	if (node->values != NULL && !check_enum(c, node->values, value))
		return false;
	if (node->has_constant && !values_equal(value, node->constant, &c->steps))
		return fault_not_listed(c, value, &node->constant, 1);
	if ((type & TYPE_NUMBER) != 0 && !check_number(c, node, value))
		return false;
	if (type == TYPE_STRING && !check_string(c, node, value))
		return false;
	if (type == TYPE_ARRAY && !check_array(c, node, value))
		return false;
	if (type == TYPE_OBJECT && !check_object(c, node, value))
		return false;
	return check_combinations(c, node, value);
}

static bool
check_node(struct check *c, const struct node *node, struct json_object *value)
{
	bool ok;

	if (c->exhausted || ++c->steps > SCHEMA_STEPS_MAX || c->depth >= SCHEMA_DEPTH_MAX)
		return out_of_steps(c);
	c->depth++;
	c->hidden += node->hidden;
	ok = check_keywords(c, node, value);
	c->hidden -= node->hidden;
	c->depth--;
	return ok;
}

bool
node_check(const struct node *node, struct json_object *value, struct buf *why)
{
	struct check c = { .why = why };
	size_t before = why != NULL ? why->len : 0;

	if (check_node(&c, node, value))
		return true;
	if (c.exhausted && why != NULL) {
		buf_cut(why, before);
		buf_puts(why, "the value takes too long to check");
	}
	return false;
}

bool
schema_check(const struct schema *schema, struct json_object *value, struct buf *why)
{
	return node_check(schema->root, value, why);
}
