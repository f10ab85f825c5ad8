/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Converts arguments for a handler before they are checked: values that a model or its client
 * spells differently but clearly are corrected. Only where the schema leaves no doubt and nothing
 * is lost: in properties, additional properties and items. A value that cannot be converted stays,
 * and the check reports its fault.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "registry/schema.h"
#include "registry/schema_node.h"

/* 2^53: up to this number a double represents each integer exactly */
#define EXACT_MAX 9007199254740992.0

struct prepare {
	struct buf *notes; /* where changes are noted; NULL: values are not limited */
	const char *name;  /* the name of the top-level property, for the notes */
	unsigned depth;
};

static struct json_object *prepare(struct prepare *p, const struct node *node,
				   struct json_object *value);

/* The node to which all references lead. The compiler has checked that they end. */
static const struct node *
behind(const struct node *node)
{
	while (node->ref != NULL && node->types == 0)
		node = node->ref;
	return node;
}

/* ---- one value in another spelling: a new value, or NULL ------------------------------------ */

/* Converts 5.0 and 5e0 to integers, because handlers need an integer. */
static struct json_object *
whole_number(struct json_object *value)
{
	double number = json_object_get_double(value);

	if (!json_object_is_type(value, json_type_double) || number != floor(number) ||
	    fabs(number) > EXACT_MAX)
		return NULL;
	return json_object_new_int64((int64_t)number);
}

static struct json_object *
number_of_text(const struct node *node, const char *text, size_t len)
{
	struct json_object *number;
	const char *why;
	size_t at;

	if (len == 0 || strspn(text, "0123456789.eE+-") != len)
		return NULL;
	number = json_parse(text, len, &json_inbound, &why, &at);
	if (number == NULL || (node->types & value_type(number)) == 0) {
		json_object_put(number);
		return NULL;
	}
	return number;
}

static struct json_object *
boolean_of_text(const char *text)
{
	if (strcasecmp(text, "true") == 0)
		return json_object_new_boolean(true);
	return strcasecmp(text, "false") == 0 ? json_object_new_boolean(false) : NULL;
}

static bool
looks_like_container(const char *text)
{
	text += strspn(text, " \t\r\n");
	return *text == '{' || *text == '[';
}

static struct json_object *
container_of_text(const struct node *node, const char *text, size_t len)
{
	struct json_object *value;
	const char *why;
	size_t at;

	if (!looks_like_container(text))
		return NULL;
	value = json_parse(text, len, &json_inbound, &why, &at);
	if (value == NULL || (node->types & value_type(value)) == 0) {
		json_object_put(value);
		return NULL;
	}
	return value;
}

static struct json_object *
from_text(const struct node *node, struct json_object *value)
{
	const char *text = json_object_get_string(value);
	size_t len = (size_t)json_object_get_string_len(value);
	struct json_object *other = NULL;

	if (memchr(text, '\0', len) != NULL)
		return NULL;
	if ((node->types & (TYPE_INTEGER | TYPE_NUMBER)) != 0)
		other = number_of_text(node, text, len);
	if (other == NULL && (node->types & TYPE_BOOLEAN) != 0)
		other = boolean_of_text(text);
	if (other == NULL && (node->types & (TYPE_ARRAY | TYPE_OBJECT)) != 0)
		other = container_of_text(node, text, len);
	return other;
}

/* Converts a number to text with the client's own digits. */
static struct json_object *
text_of_number(struct json_object *value)
{
	return json_object_new_string(json_object_to_json_string(value));
}

/* Makes a list of one value, if the value fits into the list. A text that looks like an incomplete
 * JSON array or object is not used as a value. */
static struct json_object *
list_of_one(struct prepare *p, const struct node *node, struct json_object *value)
{
	struct json_object *list, *item;

	if (json_object_is_type(value, json_type_string) &&
	    looks_like_container(json_object_get_string(value)))
		return NULL;
	if (node->items != NULL) {
		item = prepare(p, node->items, value);
		if (item == NULL)
			item = json_object_get(value);
		if (!node_check(node->items, item, NULL)) {
			json_object_put(item);
			return NULL;
		}
	} else {
		item = json_object_get(value);
	}
	list = json_object_new_array();
	json_object_array_add(list, item);
	return list;
}

/* Converts a value to a type that the schema allows. */
static struct json_object *
convert(struct prepare *p, const struct node *node, struct json_object *value)
{
	struct json_object *other = NULL;

	switch (json_object_get_type(value)) {
	case json_type_string: other = from_text(node, value); break;
	case json_type_double:
	case json_type_int:
		if ((node->types & TYPE_STRING) != 0)
			other = text_of_number(value);
		break;
	default: break;
	}
	if (other == NULL && value != NULL && (node->types & TYPE_ARRAY) != 0)
		other = list_of_one(p, node, value);
	return other;
}

/* The value of the enum that differs only in upper and lower case, if there is exactly one. */
static struct json_object *
in_its_case(const struct node *node, struct json_object *value)
{
	const char *text = json_object_get_string(value);
	struct json_object *found = NULL;

	for (size_t i = 0; i < json_object_array_length(node->values); i++) {
		struct json_object *item = json_object_array_get_idx(node->values, i);

		if (!json_object_is_type(item, json_type_string) ||
		    strcasecmp(json_object_get_string(item), text) != 0)
			continue;
		if (found != NULL || strcmp(json_object_get_string(item), text) == 0)
			return NULL;
		found = item;
	}
	return found != NULL ? json_object_new_string(json_object_get_string(found)) : NULL;
}

static struct json_object *
clamp(const struct prepare *p, const struct node *node, struct json_object *value)
{
	struct json_object *copy = NULL;

	if (p->notes == NULL || !node->clamped || node->maximum == NULL ||
	    numbers_compare(value, node->maximum) <= 0)
		return NULL;
	if (p->notes->len > 0)
		buf_putc(p->notes, '\n');
	buf_printf(p->notes, "%s: ", p->name);
	buf_json_tree(p->notes, value);
	buf_puts(p->notes, " is more than the maximum ");
	buf_json_tree(p->notes, node->maximum);
	buf_puts(p->notes, ", which was used instead.");
	/* a copy, because the trees of two calls are not shared */
	json_object_deep_copy(node->maximum, &copy, NULL);
	return copy;
}

static struct json_object *
time_of(struct json_object *value)
{
	int64_t ms;

	if (json_object_is_type(value, json_type_double))
		return whole_number(value);
	if (!json_object_is_type(value, json_type_string) ||
	    !time_parse(json_object_get_string(value), clock_wall_ms(), &ms))
		return NULL;
	return json_object_new_int64(ms);
}

/* ---- along the schema ----------------------------------------------------------------------- */

static void
prepare_array(struct prepare *p, const struct node *node, struct json_object *array)
{
	for (size_t i = 0; node->items != NULL && i < json_object_array_length(array); i++) {
		struct json_object *other =
		    prepare(p, node->items, json_object_array_get_idx(array, i));

		if (other != NULL)
			json_object_array_put_idx(array, i, other);
	}
}

static bool
needs_property(const struct node *node, const char *name)
{
	for (size_t i = 0; i < node->n_required; i++)
		if (strcmp(node->required[i], name) == 0)
			return true;
	return false;
}

/* Many clients send null for an optional argument that was not given. */
static bool
means_absent(const struct node *node, const struct property *property)
{
	const struct node *value = behind(property->node);

	return value->types != 0 && (value->types & TYPE_NULL) == 0 &&
	       !needs_property(node, property->name);
}

static void
prepare_member(struct prepare *p, const struct node *node, const struct property *property,
	       struct json_object *object)
{
	struct json_object *value, *other;

	if (!json_object_object_get_ex(object, property->name, &value))
		return;
	if (value == NULL && means_absent(node, property)) {
		json_object_object_del(object, property->name);
		return;
	}
	if (p->depth == 1)
		p->name = property->name;
	other = prepare(p, property->node, value);
	if (other != NULL)
		json_object_object_add(object, property->name, other);
}

static void
prepare_object(struct prepare *p, const struct node *node, struct json_object *object)
{
	for (size_t i = 0; i < node->n_properties; i++)
		prepare_member(p, node, &node->properties[i], object);
	if (node->additional == NULL || node->additional->never)
		return;
	json_object_object_foreach(object, key, value) {
		struct json_object *other;

		if (node_property(node, key) != NULL)
			continue;
		other = prepare(p, node->additional, value);
		/* the object changes in place: the key exists, so its table does not move */
		if (other != NULL)
			json_object_object_add(object, key, other);
	}
}

/* Converts a value that has a valid type: its content, or its spelling. */
static struct json_object *
prepare_fitting(struct prepare *p, const struct node *node, struct json_object *value)
{
	struct json_object *other = NULL, *clamped;

	switch (json_object_get_type(value)) {
	case json_type_object: prepare_object(p, node, value); break;
	case json_type_array: prepare_array(p, node, value); break;
	case json_type_string: return node->values != NULL ? in_its_case(node, value) : NULL;
	case json_type_double:
		if ((node->types & TYPE_INTEGER) != 0)
			other = whole_number(value);
		break;
	default: break;
	}
	clamped = json_object_is_type(value, json_type_int) || other != NULL
		    ? clamp(p, node, other != NULL ? other : value)
		    : NULL;
	if (clamped == NULL)
		return other;
	json_object_put(other);
	return clamped;
}

/* Changes `value` in place. Returns it, or another value that replaces it. */
static struct json_object *
prepare(struct prepare *p, const struct node *node, struct json_object *value)
{
	struct json_object *other = NULL, *then;
	const bool time = node->time;

	if (p->depth >= SCHEMA_DEPTH_MAX)
		return NULL;
	p->depth++;
	node = behind(node);
	if (time) {
		other = time_of(value);
	} else if (node->types == 0 || (node->types & value_type(value)) != 0) {
		other = prepare_fitting(p, node, value);
	} else if ((other = convert(p, node, value)) != NULL) {
		then = prepare_fitting(p, node, other);
		if (then != NULL) {
			json_object_put(other);
			other = then;
		}
	}
	p->depth--;
	return other;
}

static void
add_defaults(const struct node *node, struct json_object *object)
{
	for (size_t i = 0; i < node->n_properties; i++) {
		const struct property *property = &node->properties[i];
		const struct node *value = property->node;
		struct json_object *copy = NULL;

		while (!value->has_fallback && value->ref != NULL)
			value = value->ref;
		if (!value->has_fallback || json_object_object_get_ex(object, property->name, NULL))
			continue;
		json_object_deep_copy(value->fallback, &copy, NULL);
		json_object_object_add(object, property->name, copy);
	}
}

static void
make_fit(const struct schema *schema, struct json_object *value, struct buf *notes)
{
	const struct node *root = behind(schema->root);
	struct prepare p = { .notes = notes };

	/* The top-level value belongs to the caller. It may be changed, but not replaced. */
	if (json_object_is_type(value, json_type_object)) {
		p.depth = 1;
		prepare_object(&p, root, value);
		add_defaults(root, value);
	} else if (json_object_is_type(value, json_type_array)) {
		prepare_array(&p, root, value);
	}
}

bool
schema_prepare(const struct schema *schema, struct json_object *value, struct buf *notes,
	       struct buf *why)
{
	make_fit(schema, value, notes);
	return schema_check(schema, value, why);
}

bool
schema_prepare_options(const struct schema *schema, struct json_object *value, struct buf *why,
		       const char **first)
{
	make_fit(schema, value, NULL);
	return schema_check_options(schema, value, why, first);
}
