/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks a value with a compiled schema. Each fault becomes one sentence that a model can act on:
 * position, fault, allowed values. Faults of different members and items are all reported, so that
 * one more call is enough. Steps and depth are bounded, so that no value makes a schema expensive.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "registry/schema.h"
#include "registry/schema_fault.h"

static bool check_node(struct check *c, const struct node *node, struct json_object *value);

/* ---- numbers and strings --------------------------------------------------------------------- */

static bool
check_number(struct check *c, const struct node *node, struct json_object *value)
{
	if (node->minimum != NULL && numbers_compare(value, node->minimum) < 0)
		return fault_limit(c, value, "is less than the minimum", node->minimum);
	if (node->maximum != NULL && numbers_compare(value, node->maximum) > 0)
		return fault_limit(c, value, "is more than the maximum", node->maximum);
	if (node->above != NULL && numbers_compare(value, node->above) <= 0)
		return fault_limit(c, value, "is too small: it must be more than", node->above);
	if (node->below != NULL && numbers_compare(value, node->below) >= 0)
		return fault_limit(c, value, "is too large: it must be less than", node->below);
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
			return fault_say(c, "must not be empty");
		if (characters < node->min_length)
			return fault_say(c, "has %zu characters; at least %zu are required",
					 characters, node->min_length);
		if (characters > node->max_length)
			return fault_say(c, "has %zu characters; at most %zu are allowed",
					 characters, node->max_length);
	}
	if (node->pattern == NULL || pattern_matches(node->pattern, text, len))
		return true;
	if (len > PATTERN_TEXT_MAX)
		return fault_say(c, "has %zu bytes; at most %u are allowed", len, PATTERN_TEXT_MAX);
	return fault_value(c, value, "does not match the pattern %s", pattern_text(node->pattern));
}

/* ---- arrays and objects ---------------------------------------------------------------------- */

static bool
out_of_steps(struct check *c)
{
	c->exhausted = true; /* not here: node_check() reports this fault */
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
				return fault_value(c, item, "is listed twice");
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
	bool ok = true;

	if (n < node->min_items)
		return fault_say(c, "has %zu items; at least %zu are required", n, node->min_items);
	if (n > node->max_items)
		return fault_say(c, "has %zu items; at most %zu are allowed", n, node->max_items);
	for (size_t i = 0; node->items != NULL && i < n && (ok || fault_goes_on(c)); i++)
		ok &= check_inside(c, node->items, NULL, i, json_object_array_get_idx(value, i));
	return ok && (!node->unique || check_unique(c, value, n));
}

static bool
is_unknown(const struct node *node, const char *key)
{
	return node->additional != NULL && node->additional->never &&
	       node_property(node, key) == NULL;
}

static bool
check_unknown(struct check *c, const struct node *node, struct json_object *value)
{
	struct json_object_iter member;
	bool ok = true;

	json_object_object_foreachC(value, member) {
		if (!is_unknown(node, member.key))
			continue;
		fault_unknown(c, node, member.key, ok);
		ok = false;
		if (!fault_goes_on(c))
			break;
	}
	return ok;
}

/* A misspelled name is also a missing member, which was already reported. */
static bool
is_misspelt(const struct node *node, const char *name, struct json_object *value)
{
	const char **names = property_names(node);
	struct json_object_iter member;
	size_t looked = 0;
	bool found = false;

	json_object_object_foreachC(value, member) {
		const char *near;

		if (!is_unknown(node, member.key))
			continue;
		near = nearest_name(member.key, names, node->n_properties);
		found = near != NULL && strcmp(near, name) == 0;
		if (found || ++looked >= FAULTS_MAX)
			break;
	}
	free(names);
	return found;
}

static bool
check_required(struct check *c, const struct node *node, struct json_object *value, bool known)
{
	bool ok = true;

	for (size_t i = 0; i < node->n_required && (ok || fault_goes_on(c)); i++) {
		if (json_object_object_get_ex(value, node->required[i], NULL))
			continue;
		if (known || !is_misspelt(node, node->required[i], value))
			fault_missing(c, node, node->required[i]);
		ok = false;
	}
	return ok;
}

static bool
check_member(struct check *c, const struct node *node, const char *key, struct json_object *value)
{
	const struct property *property = node_property(node, key);

	if (property != NULL)
		return check_inside(c, property->node, key, 0, value);
	if (node->additional == NULL || node->additional->never)
		return true; /* or the fault was already reported */
	return check_inside(c, node->additional, key, 0, value);
}

static bool
check_object(struct check *c, const struct node *node, struct json_object *value)
{
	size_t n = (size_t)json_object_object_length(value);
	struct json_object_iter member;
	bool ok = check_unknown(c, node, value);

	if (ok || fault_goes_on(c))
		ok &= check_required(c, node, value, ok);
	if (ok && n < node->min_members)
		return fault_say(c, "has %zu members; at least %zu are required", n,
				 node->min_members);
	if (ok && n > node->max_members)
		return fault_say(c, "has %zu members; at most %zu are allowed", n,
				 node->max_members);
	json_object_object_foreachC(value, member) {
		if (!ok && !fault_goes_on(c))
			return false;
		ok &= check_member(c, node, member.key, member.val);
	}
	return ok;
}

/* ---- values ---------------------------------------------------------------------------------- */

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
		return fault_say(c, "%s instead of %s", value_type_name(value), text);
	return fault_value(c, value, "is %s, not %s", value_type_name(value), text);
}

/* ---- combinations ---------------------------------------------------------------------------- */

/* Is the value valid? This writes no message. */
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

/* When all alternatives are constants, they form a list of allowed values. */
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

/* Reports the fault of the alternative that was probably meant, judged by the type of the value. */
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
		return fault_value(c, value, "matches none of the %zu alternatives", list->count);
	check_node(c, meant, value);
	if (candidates > 1)
		buf_printf(c->why, ", and matches no other of the %zu alternatives", list->count);
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
		return fault_value(c, value,
				   "matches %zu alternatives, but exactly one is "
				   "allowed",
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

/* Dates were converted to numbers before this (schema_prepare). */
static bool
check_time(struct check *c, struct json_object *value)
{
	return json_object_is_type(value, json_type_int) ||
	       fault_value(c, value,
			   "is not a time: use ISO 8601 such as 2026-11-22T15:10:02Z, a "
			   "difference such as -24h or -7d, or milliseconds since 1970");
}

static bool
check_keywords(struct check *c, const struct node *node, struct json_object *value)
{
	unsigned type = value_type(value);

	if (node->never)
		return fault_say(c, "is not allowed here");
	if (node->time)
		return check_time(c, value);
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

/* Names and values of the caller are in JSON quotes, which do not escape the line ends of Unicode
 * (NEL, and the separators of lines and paragraphs). Each fault must be on one line. */
static void
keep_lines(char *text)
{
	static const char *const ends[] = { "\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9" };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		for (char *at = strstr(text, ends[i]); at != NULL; at = strstr(at, ends[i]))
			memset(at, ' ', strlen(ends[i]));
}

static bool
run_check(struct check *c, const struct node *node, struct json_object *value)
{
	struct buf *why = c->why;
	size_t before = why != NULL ? why->len : 0;

	if (check_node(c, node, value))
		return true;
	CHECK(c->depth == 0 && c->hidden == 0 && c->path_len == 0);
	if (why == NULL)
		return false;
	if (why->len > before)
		keep_lines(why->data + before);
	if (c->faults >= FAULTS_MAX)
		buf_puts(why, "\nThere may be more faults.");
	if (c->exhausted) {
		buf_cut(why, before);
		buf_puts(why, "checking the value takes too long");
	}
	return false;
}

bool
node_check(const struct node *node, struct json_object *value, struct buf *why)
{
	struct check c = { .why = why, .noun = "argument" };

	return run_check(&c, node, value);
}

bool
schema_check(const struct schema *schema, struct json_object *value, struct buf *why)
{
	return node_check(schema->root, value, why);
}

bool
schema_check_options(const struct schema *schema, struct json_object *value, struct buf *why,
		     const char **first)
{
	struct check c = { .why = why, .noun = "option" };
	bool ok = run_check(&c, schema->root, value);

	*first = c.first;
	return ok;
}
