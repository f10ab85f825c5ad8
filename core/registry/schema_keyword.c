/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supported keywords of JSON Schema 2020-12: each is checked and stored in its field of the
 * node.
 */
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "registry/schema_compile.h"

#define DIALECT "https://json-schema.org/draft/2020-12/schema"

static const struct {
	const char *name;
	unsigned type;
} types[] = {
	{ "string", TYPE_STRING },   { "integer", TYPE_INTEGER }, { "number", TYPE_NUMBER },
	{ "boolean", TYPE_BOOLEAN }, { "array", TYPE_ARRAY },	  { "object", TYPE_OBJECT },
	{ "null", TYPE_NULL },
};

unsigned
type_parse(const char *name)
{
	for (size_t i = 0; name != NULL && i < ARRAY_SIZE(types); i++)
		if (strcmp(types[i].name, name) == 0)
			return types[i].type;
	return 0;
}

const char *
types_text(unsigned set, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if ((set & types[i].type) != 0 && len < size)
			len += (size_t)snprintf(out + len, size - len, "%s%s",
						len > 0 ? " or " : "", types[i].name);
	return out;
}

static bool
on_type(struct compiler *c, struct node *node, struct json_object *value)
{
	if (json_object_is_type(value, json_type_string)) {
		node->types = type_parse(json_object_get_string(value));
		return node->types != 0 || compiler_fault(c, "names an unknown type");
	}
	if (!json_object_is_type(value, json_type_array) || json_object_array_length(value) == 0)
		return compiler_fault(c, "must be a name or a list of names");
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		struct json_object *item = json_object_array_get_idx(value, i);
		unsigned type = json_object_is_type(item, json_type_string)
				  ? type_parse(json_object_get_string(item))
				  : 0;

		if (type == 0)
			return compiler_fault(c, "names an unknown type");
		node->types |= type;
	}
	return true;
}

static bool
on_properties(struct compiler *c, struct node *node, struct json_object *value)
{
	struct json_object_iter member;
	size_t n;

	if (!json_object_is_type(value, json_type_object))
		return compiler_fault(c, "must be an object");
	n = (size_t)json_object_object_length(value);
	node->properties = xcalloc(n, sizeof(*node->properties));
	json_object_object_foreachC(value, member) {
		struct property *property = &node->properties[node->n_properties];

		property->name = member.key;
		property->node = compiler_node_at(c, member.key, member.val);
		if (property->node == NULL)
			return false;
		node->n_properties++;
	}
	return true;
}

static bool
on_required(struct compiler *c, struct node *node, struct json_object *value)
{
	size_t n;

	if (!json_object_is_type(value, json_type_array))
		return compiler_fault(c, "must be a list of names");
	n = json_object_array_length(value);
	node->required = xcalloc(n, sizeof(*node->required));
	for (size_t i = 0; i < n; i++) {
		struct json_object *name = json_object_array_get_idx(value, i);

		if (!json_object_is_type(name, json_type_string))
			return compiler_fault(c, "must be a list of names");
		node->required[node->n_required++] = json_object_get_string(name);
	}
	return true;
}

static bool
on_list(struct compiler *c, struct node_list *list, struct json_object *value)
{
	size_t n;

	if (!json_object_is_type(value, json_type_array) || json_object_array_length(value) == 0)
		return compiler_fault(c, "must be a list with at least one schema");
	n = json_object_array_length(value);
	list->item = xcalloc(n, sizeof(struct node *));
	for (size_t i = 0; i < n; i++) {
		char index[24];

		snprintf(index, sizeof(index), "%zu", i);
		list->item[i] = compiler_node_at(c, index, json_object_array_get_idx(value, i));
		if (list->item[i] == NULL)
			return false;
		list->count++;
	}
	return true;
}

/* Subschemas in $defs are compiled even if there is no reference to them, so that their faults are
 * found. */
static bool
on_definitions(struct compiler *c, struct node *node, struct json_object *value)
{
	struct json_object_iter member;

	(void)node;
	if (!json_object_is_type(value, json_type_object))
		return compiler_fault(c, "must be an object");
	json_object_object_foreachC(value, member)
		if (compiler_node_at(c, member.key, member.val) == NULL)
			return false;
	return true;
}

static bool
on_enum(struct compiler *c, struct node *node, struct json_object *value)
{
	node->values = value;
	return (json_object_is_type(value, json_type_array) &&
		json_object_array_length(value) > 0) ||
	       compiler_fault(c, "must be a list with at least one value");
}

static bool
on_const(struct compiler *c, struct node *node, struct json_object *value)
{
	(void)c;
	node->constant = value;
	node->has_constant = true;
	return true;
}

static bool
on_default(struct compiler *c, struct node *node, struct json_object *value)
{
	(void)c;
	node->fallback = value;
	node->has_fallback = true;
	return true;
}

static bool
on_number(struct compiler *c, struct json_object **place, struct json_object *value)
{
	*place = value;
	return (value_type(value) & TYPE_NUMBER) != 0 || compiler_fault(c, "must be a number");
}

static bool
on_multiple(struct compiler *c, struct node *node, struct json_object *value)
{
	return on_number(c, &node->multiple, value) &&
	       (json_object_get_double(value) > 0 || compiler_fault(c, "must be more than 0"));
}

static bool
on_size(struct compiler *c, size_t *place, struct json_object *value)
{
	double size = (value_type(value) & TYPE_INTEGER) != 0 ? json_object_get_double(value) : -1;

	if (size < 0 || size > INT_MAX)
		return compiler_fault(c, "must be a whole number that is not negative");
	*place = (size_t)size;
	return true;
}

static bool
on_flag(struct compiler *c, bool *place, struct json_object *value)
{
	*place = json_object_get_boolean(value) != 0;
	return json_object_is_type(value, json_type_boolean) ||
	       compiler_fault(c, "must be true or false");
}

static bool
on_pattern(struct compiler *c, struct node *node, struct json_object *value)
{
	const char *why = "must be a string";

	if (json_object_is_type(value, json_type_string))
		node->pattern = pattern_compile(json_object_get_string(value), &why);
	return node->pattern != NULL || compiler_fault(c, "%s", why);
}

static bool
on_dialect(struct compiler *c, struct node *node, struct json_object *value)
{
	const char *name =
	    json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
	size_t len = strlen(DIALECT);

	(void)node;
	return (strncmp(name, DIALECT, len) == 0 &&
		(name[len] == '\0' || strcmp(name + len, "#") == 0)) ||
	       compiler_fault(c, "must be %s", DIALECT);
}

/* "$id" below the root would change the base of references, so it is refused. */
static bool
on_id(struct compiler *c, struct node *node, struct json_object *value)
{
	(void)value;
	return node == c->schema->root ||
	       compiler_fault(c, "is allowed only at the top of the schema");
}

static bool
on_text(struct compiler *c, struct json_object *value)
{
	return json_object_is_type(value, json_type_string) ||
	       compiler_fault(c, "must be a string");
}

/* How a keyword is read, and in which field it is stored. */
enum shape { TEXT, SIZE, NUMBER, FLAG, SCHEMA, SCHEMAS, OTHER, UNSUPPORTED };

static const struct keyword {
	const char *name;
	enum shape shape;
	size_t field;
	bool (*fn)(struct compiler *c, struct node *node, struct json_object *value);
} keywords[] = {
	{ "$anchor", TEXT, 0, NULL },
	{ "$defs", OTHER, 0, on_definitions },
	{ "$id", OTHER, 0, on_id },
	{ "$ref", TEXT, 0, NULL }, /* resolved when all subschemas are compiled */
	{ "$schema", OTHER, 0, on_dialect },
	{ "additionalProperties", SCHEMA, offsetof(struct node, additional), NULL },
	{ "allOf", SCHEMAS, offsetof(struct node, all), NULL },
	{ "anyOf", SCHEMAS, offsetof(struct node, any), NULL },
	{ "const", OTHER, 0, on_const },
	{ "default", OTHER, 0, on_default },
	{ "description", TEXT, 0, NULL },
	{ "else", SCHEMA, offsetof(struct node, else_), NULL },
	{ "enum", OTHER, 0, on_enum },
	{ "exclusiveMaximum", NUMBER, offsetof(struct node, below), NULL },
	{ "exclusiveMinimum", NUMBER, offsetof(struct node, above), NULL },
	{ "if", SCHEMA, offsetof(struct node, if_), NULL },
	{ "items", SCHEMA, offsetof(struct node, items), NULL },
	{ "maxItems", SIZE, offsetof(struct node, max_items), NULL },
	{ "maxLength", SIZE, offsetof(struct node, max_length), NULL },
	{ "maxProperties", SIZE, offsetof(struct node, max_members), NULL },
	{ "maximum", NUMBER, offsetof(struct node, maximum), NULL },
	{ "minItems", SIZE, offsetof(struct node, min_items), NULL },
	{ "minLength", SIZE, offsetof(struct node, min_length), NULL },
	{ "minProperties", SIZE, offsetof(struct node, min_members), NULL },
	{ "minimum", NUMBER, offsetof(struct node, minimum), NULL },
	{ "multipleOf", OTHER, 0, on_multiple },
	{ "not", SCHEMA, offsetof(struct node, not_), NULL },
	{ "oneOf", SCHEMAS, offsetof(struct node, one), NULL },
	{ "pattern", OTHER, 0, on_pattern },
	{ "properties", OTHER, 0, on_properties },
	{ "required", OTHER, 0, on_required },
	{ "then", SCHEMA, offsetof(struct node, then_), NULL },
	{ "title", TEXT, 0, NULL },
	{ "type", OTHER, 0, on_type },
	{ "uniqueItems", FLAG, offsetof(struct node, unique), NULL },
	{ "writeOnly", FLAG, offsetof(struct node, hidden), NULL },
	/* Keywords of the standard that restrict values. Ignoring such a keyword would allow values
	 * that the author forbids. */
	{ "$dynamicAnchor", UNSUPPORTED, 0, NULL },
	{ "$dynamicRef", UNSUPPORTED, 0, NULL },
	{ "$recursiveRef", UNSUPPORTED, 0, NULL },
	{ "contains", UNSUPPORTED, 0, NULL },
	{ "dependencies", UNSUPPORTED, 0, NULL },
	{ "dependentRequired", UNSUPPORTED, 0, NULL },
	{ "dependentSchemas", UNSUPPORTED, 0, NULL },
	{ "maxContains", UNSUPPORTED, 0, NULL },
	{ "minContains", UNSUPPORTED, 0, NULL },
	{ "patternProperties", UNSUPPORTED, 0, NULL },
	{ "prefixItems", UNSUPPORTED, 0, NULL },
	{ "propertyNames", UNSUPPORTED, 0, NULL },
	{ "unevaluatedItems", UNSUPPORTED, 0, NULL },
	{ "unevaluatedProperties", UNSUPPORTED, 0, NULL },
};

static bool
read_keyword(struct compiler *c, const struct keyword *keyword, struct node *node,
	     struct json_object *value)
{
	void *field = (char *)node + keyword->field;

	switch (keyword->shape) {
	case TEXT: return on_text(c, value);
	case SIZE: return on_size(c, field, value);
	case NUMBER: return on_number(c, field, value);
	case FLAG: return on_flag(c, field, value);
	case SCHEMA:
		*(struct node **)field = compiler_node(c, value);
		return *(struct node **)field != NULL;
	case SCHEMAS: return on_list(c, field, value);
	case OTHER: return keyword->fn(c, node, value);
	case UNSUPPORTED: break;
	}
	return compiler_fault(c, "this keyword is not supported");
}

bool
compiler_keyword(struct compiler *c, struct node *node, const char *key, struct json_object *value)
{
	size_t before = c->path.len;

	for (size_t i = 0; i < ARRAY_SIZE(keywords); i++) {
		if (strcmp(keywords[i].name, key) != 0)
			continue;
		buf_printf(&c->path, "/%s", key);
		c->path.full = false;
		if (!read_keyword(c, &keywords[i], node, value))
			return false;
		buf_cut(&c->path, before);
		return true;
	}
	return true; /* unknown keywords are annotations */
}
