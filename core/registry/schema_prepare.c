/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes arguments fit for a handler before they are checked: what a model spells differently but
 * means clearly is put right. Only where the schema leaves no doubt: along properties and items.
 */
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "registry/schema.h"
#include "registry/schema_node.h"

static struct json_object *prepare(const struct node *node, struct json_object *value,
				   unsigned depth);

/* The node behind references, which the compiler has proved to end. */
static const struct node *
behind(const struct node *node)
{
	while (node->ref != NULL && node->types == 0)
		node = node->ref;
	return node;
}

/* An id that was given as a number. A new string, or NULL: leave it. */
static struct json_object *
as_string(const struct node *node, struct json_object *value)
{
	if (!json_object_is_type(value, json_type_int) || (node->types & TYPE_STRING) == 0 ||
	    (node->types & (TYPE_INTEGER | TYPE_NUMBER)) != 0)
		return NULL;
	if (json_object_get_uint64(value) == UINT64_MAX ||
	    json_object_get_int64(value) == INT64_MIN)
		return NULL; /* maybe cut by the parser: not the number that was sent */
	return json_object_new_string(json_object_to_json_string(value));
}

static void
prepare_array(const struct node *node, struct json_object *array, unsigned depth)
{
	for (size_t i = 0; node->items != NULL && i < json_object_array_length(array); i++) {
		struct json_object *other =
		    prepare(node->items, json_object_array_get_idx(array, i), depth + 1);

		if (other != NULL)
			json_object_array_put_idx(array, i, other);
	}
}

static bool
is_required(const struct node *node, const char *name)
{
	for (size_t i = 0; i < node->n_required; i++)
		if (strcmp(node->required[i], name) == 0)
			return true;
	return false;
}

/* Many clients send null for an optional argument that was left out. */
static bool
means_absent(const struct node *node, const struct property *property)
{
	const struct node *value = behind(property->node);

	return value->types != 0 && (value->types & TYPE_NULL) == 0 &&
	    !is_required(node, property->name);
}

static void
prepare_object(const struct node *node, struct json_object *object, unsigned depth)
{
	for (size_t i = 0; i < node->n_properties; i++) {
		const struct property *property = &node->properties[i];
		struct json_object *value, *other;

		if (!json_object_object_get_ex(object, property->name, &value))
			continue;
		if (value == NULL && means_absent(node, property)) {
			json_object_object_del(object, property->name);
			continue;
		}
		other = prepare(property->node, value, depth + 1);
		if (other != NULL)
			json_object_object_add(object, property->name, other);
	}
}

/* Changes `value` in place, or returns what is to stand there instead. */
static struct json_object *
prepare(const struct node *node, struct json_object *value, unsigned depth)
{
	if (depth >= SCHEMA_DEPTH_MAX)
		return NULL;
	node = behind(node);
	if (json_object_is_type(value, json_type_object))
		prepare_object(node, value, depth);
	else if (json_object_is_type(value, json_type_array))
		prepare_array(node, value, depth);
	else
		return as_string(node, value);
	return NULL;
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
		if (!value->has_fallback ||
		    json_object_object_get_ex(object, property->name, NULL))
			continue;
		json_object_deep_copy(value->fallback, &copy, NULL);
		json_object_object_add(object, property->name, copy);
	}
}

bool
schema_prepare(const struct schema *schema, struct json_object *value, struct buf *why)
{
	const struct node *root = behind(schema->root);

	prepare(root, value, 0);
	if (json_object_is_type(value, json_type_object))
		add_defaults(root, value);
	return schema_check(schema, value, why);
}
