/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiles a schema: each subschema becomes a node, each keyword a field that was checked for its
 * own shape. References are resolved when all that keywords reach is compiled.
 */
#include "registry/schema.h"

#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "registry/schema_node.h"

#define PATH_MAX_BYTES 512u
#define NESTING_MAX    64u
#define DIALECT	       "https://json-schema.org/draft/2020-12/schema"

struct compiler {
	struct schema *schema;
	struct buf path; /* JSON pointer to where we are */
	unsigned depth;
	char *why;
	size_t why_size;
};

static struct node *compile(struct compiler *c, struct json_object *source);

__attribute__((format(printf, 2, 3))) static bool
fault(struct compiler *c, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (c->why_size > 0)
		snprintf(c->why, c->why_size, "%s: %s", c->path.len > 0 ? c->path.data : "/", text);
	return false;
}

/* Compiles what stands under `key` (and `index`, unless -1), with the path to it. */
static struct node *
compile_at(struct compiler *c, const char *key, int index, struct json_object *source)
{
	size_t before = c->path.len;
	struct node *node;

	buf_printf(&c->path, "/%s", key);
	if (index >= 0)
		buf_printf(&c->path, "/%d", index);
	c->path.full = false;
	node = compile(c, source);
	if (node != NULL)
		buf_cut(&c->path, before);
	return node;
}

/* ---- keywords -------------------------------------------------------------------------------- */

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
		return node->types != 0 || fault(c, "no such type");
	}
	if (!json_object_is_type(value, json_type_array) || json_object_array_length(value) == 0)
		return fault(c, "a type is a name or a list of names");
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		struct json_object *item = json_object_array_get_idx(value, i);
		unsigned type = json_object_is_type(item, json_type_string)
			? type_parse(json_object_get_string(item)) : 0;

		if (type == 0)
			return fault(c, "no such type");
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
		return fault(c, "not an object");
	n = (size_t)json_object_object_length(value);
	node->properties = xcalloc(n, sizeof(*node->properties));
	json_object_object_foreachC(value, member) {
		struct property *property = &node->properties[node->n_properties];

		property->name = member.key;
		property->node = compile_at(c, member.key, -1, member.val);
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
		return fault(c, "not a list of names");
	n = json_object_array_length(value);
	node->required = xcalloc(n, sizeof(*node->required));
	for (size_t i = 0; i < n; i++) {
		struct json_object *name = json_object_array_get_idx(value, i);

		if (!json_object_is_type(name, json_type_string))
			return fault(c, "not a list of names");
		node->required[node->n_required++] = json_object_get_string(name);
	}
	return true;
}

static bool
on_one(struct compiler *c, struct node **place, struct json_object *value)
{
	*place = compile(c, value);
	return *place != NULL;
}

static bool
on_additional(struct compiler *c, struct node *node, struct json_object *value)
{
	return on_one(c, &node->additional, value);
}

static bool
on_items(struct compiler *c, struct node *node, struct json_object *value)
{
	return on_one(c, &node->items, value);
}

static bool
on_not(struct compiler *c, struct node *node, struct json_object *value)
{
	return on_one(c, &node->not_, value);
}

static bool
on_if(struct compiler *c, struct node *node, struct json_object *value)
{
	return on_one(c, &node->if_, value);
}

static bool
on_then(struct compiler *c, struct node *node, struct json_object *value)
{
	return on_one(c, &node->then_, value);
}

static bool
on_else(struct compiler *c, struct node *node, struct json_object *value)
{
	return on_one(c, &node->else_, value);
}

static bool
on_list(struct compiler *c, struct node_list *list, struct json_object *value)
{
	size_t n;

	if (!json_object_is_type(value, json_type_array) || json_object_array_length(value) == 0)
		return fault(c, "not a list of schemas");
	n = json_object_array_length(value);
	list->item = xcalloc(n, sizeof(struct node *));
	for (size_t i = 0; i < n; i++) {
		char index[24];

		snprintf(index, sizeof(index), "%zu", i);
		list->item[i] =
		    compile_at(c, index, -1, json_object_array_get_idx(value, i));
		if (list->item[i] == NULL)
			return false;
		list->count++;
	}
	return true;
}

static bool
on_all(struct compiler *c, struct node *node, struct json_object *value)
{
	return on_list(c, &node->all, value);
}

static bool
on_any(struct compiler *c, struct node *node, struct json_object *value)
{
	return on_list(c, &node->any, value);
}

static bool
on_one_of(struct compiler *c, struct node *node, struct json_object *value)
{
	return on_list(c, &node->one, value);
}

/* Compiled although nothing may refer to them: a fault in them is a fault. */
static bool
on_definitions(struct compiler *c, struct node *node, struct json_object *value)
{
	struct json_object_iter member;

	(void)node;
	if (!json_object_is_type(value, json_type_object))
		return fault(c, "not an object");
	json_object_object_foreachC(value, member)
		if (compile_at(c, member.key, -1, member.val) == NULL)
			return false;
	return true;
}

static bool
on_enum(struct compiler *c, struct node *node, struct json_object *value)
{
	node->values = value;
	return (json_object_is_type(value, json_type_array) &&
		json_object_array_length(value) > 0) || fault(c, "not a list of values");
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
	return (value_type(value) & TYPE_NUMBER) != 0 || fault(c, "not a number");
}

static bool
on_minimum(struct compiler *c, struct node *node, struct json_object *value)
{
	return on_number(c, &node->minimum, value);
}

static bool
on_maximum(struct compiler *c, struct node *node, struct json_object *value)
{
	return on_number(c, &node->maximum, value);
}

static bool
on_above(struct compiler *c, struct node *node, struct json_object *value)
{
	return on_number(c, &node->above, value);
}

static bool
on_below(struct compiler *c, struct node *node, struct json_object *value)
{
	return on_number(c, &node->below, value);
}

static bool
on_multiple(struct compiler *c, struct node *node, struct json_object *value)
{
	return on_number(c, &node->multiple, value) &&
	    (json_object_get_double(value) > 0 || fault(c, "not more than 0"));
}

static bool
on_size(struct compiler *c, size_t *place, struct json_object *value)
{
	int64_t size = -1;

	if ((value_type(value) & TYPE_INTEGER) != 0)
		size = (int64_t)json_object_get_double(value);
	*place = size < 0 ? 0 : (size_t)size;
	return (size >= 0 && size <= INT_MAX) || fault(c, "not a size");
}

static bool
on_min_length(struct compiler *c, struct node *node, struct json_object *value)
{
	return on_size(c, &node->min_length, value);
}

static bool
on_max_length(struct compiler *c, struct node *node, struct json_object *value)
{
	return on_size(c, &node->max_length, value);
}

static bool
on_min_items(struct compiler *c, struct node *node, struct json_object *value)
{
	return on_size(c, &node->min_items, value);
}

static bool
on_max_items(struct compiler *c, struct node *node, struct json_object *value)
{
	return on_size(c, &node->max_items, value);
}

static bool
on_min_members(struct compiler *c, struct node *node, struct json_object *value)
{
	return on_size(c, &node->min_members, value);
}

static bool
on_max_members(struct compiler *c, struct node *node, struct json_object *value)
{
	return on_size(c, &node->max_members, value);
}

static bool
on_flag(struct compiler *c, bool *place, struct json_object *value)
{
	*place = json_object_get_boolean(value) != 0;
	return json_object_is_type(value, json_type_boolean) || fault(c, "not true or false");
}

static bool
on_unique(struct compiler *c, struct node *node, struct json_object *value)
{
	return on_flag(c, &node->unique, value);
}

static bool
on_write_only(struct compiler *c, struct node *node, struct json_object *value)
{
	return on_flag(c, &node->hidden, value);
}

static bool
on_pattern(struct compiler *c, struct node *node, struct json_object *value)
{
	const char *why = "it is not a string";

	if (json_object_is_type(value, json_type_string))
		node->pattern = pattern_compile(json_object_get_string(value), &why);
	return node->pattern != NULL || fault(c, "%s", why);
}

static bool
on_dialect(struct compiler *c, struct node *node, struct json_object *value)
{
	const char *name = json_object_is_type(value, json_type_string)
		? json_object_get_string(value) : "";
	size_t len = strlen(DIALECT);

	(void)node;
	return (strncmp(name, DIALECT, len) == 0 &&
		(name[len] == '\0' || strcmp(name + len, "#") == 0)) ||
	    fault(c, "only %s is known", DIALECT);
}

static bool
on_text(struct compiler *c, struct node *node, struct json_object *value)
{
	(void)node;
	return json_object_is_type(value, json_type_string) || fault(c, "not a string");
}

static bool
on_unsupported(struct compiler *c, struct node *node, struct json_object *value)
{
	(void)node;
	(void)value;
	return fault(c, "this keyword is not supported");
}

static const struct keyword {
	const char *name;
	bool (*fn)(struct compiler *c, struct node *node, struct json_object *value);
} keywords[] = {
	{ "$anchor", on_text },
	{ "$defs", on_definitions },
	{ "$ref", on_text }, /* resolved at the end */
	{ "$schema", on_dialect },
	{ "additionalProperties", on_additional },
	{ "allOf", on_all },
	{ "anyOf", on_any },
	{ "const", on_const },
	{ "default", on_default },
	{ "description", on_text },
	{ "else", on_else },
	{ "enum", on_enum },
	{ "exclusiveMaximum", on_below },
	{ "exclusiveMinimum", on_above },
	{ "if", on_if },
	{ "items", on_items },
	{ "maxItems", on_max_items },
	{ "maxLength", on_max_length },
	{ "maxProperties", on_max_members },
	{ "maximum", on_maximum },
	{ "minItems", on_min_items },
	{ "minLength", on_min_length },
	{ "minProperties", on_min_members },
	{ "minimum", on_minimum },
	{ "multipleOf", on_multiple },
	{ "not", on_not },
	{ "oneOf", on_one_of },
	{ "pattern", on_pattern },
	{ "properties", on_properties },
	{ "required", on_required },
	{ "then", on_then },
	{ "title", on_text },
	{ "type", on_type },
	{ "uniqueItems", on_unique },
	{ "writeOnly", on_write_only },
	/* Keywords of the standard that would restrict: to ignore them would let through what the
	 * author forbade. */
	{ "$dynamicAnchor", on_unsupported },
	{ "$dynamicRef", on_unsupported },
	{ "$recursiveRef", on_unsupported },
	{ "contains", on_unsupported },
	{ "dependencies", on_unsupported },
	{ "dependentRequired", on_unsupported },
	{ "dependentSchemas", on_unsupported },
	{ "maxContains", on_unsupported },
	{ "minContains", on_unsupported },
	{ "patternProperties", on_unsupported },
	{ "prefixItems", on_unsupported },
	{ "propertyNames", on_unsupported },
	{ "unevaluatedItems", on_unsupported },
	{ "unevaluatedProperties", on_unsupported },
};

static bool
compile_keyword(struct compiler *c, struct node *node, const char *key, struct json_object *value)
{
	size_t before = c->path.len;

	for (size_t i = 0; i < ARRAY_SIZE(keywords); i++) {
		if (strcmp(keywords[i].name, key) != 0)
			continue;
		buf_printf(&c->path, "/%s", key);
		c->path.full = false;
		if (!keywords[i].fn(c, node, value))
			return false;
		buf_cut(&c->path, before);
		return true;
	}
	return true; /* unknown ones are annotations */
}

static struct node *
new_node(struct compiler *c, struct json_object *source)
{
	struct schema *schema = c->schema;
	struct node *node = xcalloc(1, sizeof(*node));

	node->source = source;
	node->max_length = node->max_items = node->max_members = SIZE_MAX;
	node->next = schema->nodes;
	schema->nodes = node;
	schema->n_nodes++;
	return node;
}

static struct node *
compile(struct compiler *c, struct json_object *source)
{
	bool boolean = json_object_is_type(source, json_type_boolean), ok = true;
	struct json_object_iter member;
	struct node *node;

	if (!boolean && !json_object_is_type(source, json_type_object)) {
		fault(c, "a schema is an object, true or false");
		return NULL;
	}
	if (c->schema->n_nodes >= SCHEMA_NODES_MAX || c->depth >= NESTING_MAX) {
		fault(c, "too many schemas, or nested too deeply");
		return NULL;
	}
	node = new_node(c, source);
	if (boolean) {
		node->never = !json_object_get_boolean(source);
		return node;
	}
	c->depth++;
	json_object_object_foreachC(source, member) {
		ok = compile_keyword(c, node, member.key, member.val);
		if (!ok)
			break;
	}
	c->depth--;
	return ok ? node : NULL;
}

/* ---- references ------------------------------------------------------------------------------ */

static struct node *
find_source(const struct schema *schema, const struct json_object *source)
{
	for (struct node *node = schema->nodes; node != NULL; node = node->next)
		if (node->source == source)
			return node;
	return NULL;
}

static struct node *
find_anchor(const struct schema *schema, const char *name)
{
	for (struct node *node = schema->nodes; node != NULL; node = node->next) {
		const char *anchor = json_str(node->source, "$anchor");

		if (anchor != NULL && strcmp(anchor, name) == 0)
			return node;
	}
	return NULL;
}

/* "#", "#/a/b" or "#anchor". What a pointer leads to may not be compiled yet. */
static struct node *
resolve(struct compiler *c, const char *ref)
{
	struct json_object *target = c->schema->document;
	struct node *node;

	if (ref[0] != '#') {
		fault(c, "only references within the document are followed");
		return NULL;
	}
	if (ref[1] != '\0' && ref[1] != '/')
		node = find_anchor(c->schema, ref + 1);
	else if (ref[1] != '\0' && json_pointer_get(target, ref + 1, &target) != 0)
		node = NULL;
	else if ((node = find_source(c->schema, target)) == NULL)
		return compile(c, target);
	if (node == NULL)
		fault(c, "leads nowhere");
	return node;
}

static bool
resolve_all(struct compiler *c)
{
	bool again = true;

	while (again) { /* compiling a target may bring more references */
		again = false;
		for (struct node *node = c->schema->nodes; node != NULL; node = node->next) {
			const char *ref = json_str(node->source, "$ref");

			if (ref == NULL || node->ref != NULL)
				continue;
			buf_reset(&c->path);
			buf_printf(&c->path, "$ref %.200s", ref);
			node->ref = resolve(c, ref);
			if (node->ref == NULL)
				return false;
			again = true;
		}
	}
	return true;
}

/* A chain of references that never reaches a keyword would never end. */
static bool
references_end(struct compiler *c)
{
	for (struct node *node = c->schema->nodes; node != NULL; node = node->next) {
		const struct node *at = node;
		size_t steps = 0;

		while (at->ref != NULL && steps++ <= c->schema->n_nodes)
			at = at->ref;
		if (at->ref != NULL)
			return fault(c, "a reference leads back to itself");
	}
	return true;
}

static bool
defaults_fit(struct compiler *c)
{
	bool fits = true;

	for (struct node *node = c->schema->nodes; fits && node != NULL; node = node->next) {
		struct buf why;

		if (!node->has_fallback)
			continue;
		buf_init(&why, 200);
		fits = node_check(node, node->fallback, &why);
		if (!fits) {
			buf_reset(&c->path);
			buf_puts(&c->path, "default");
			fault(c, "%s", why.data);
		}
		buf_fini(&why);
	}
	return fits;
}

struct schema *
schema_compile(struct json_object *document, char *why, size_t why_size)
{
	struct schema *schema = xcalloc(1, sizeof(*schema));
	struct compiler c = { .schema = schema, .why = why, .why_size = why_size };

	if (why_size > 0)
		why[0] = '\0';
	schema->document = json_object_get(document);
	buf_init(&c.path, PATH_MAX_BYTES);
	schema->root = compile(&c, document);
	if (schema->root == NULL || !resolve_all(&c) || !references_end(&c) || !defaults_fit(&c)) {
		schema_free(schema);
		schema = NULL;
	}
	buf_fini(&c.path);
	return schema;
}

void
schema_free(struct schema *schema)
{
	if (schema == NULL)
		return;
	while (schema->nodes != NULL) {
		struct node *node = schema->nodes;

		schema->nodes = node->next;
		pattern_free(node->pattern);
		free(node->properties);
		free(node->required);
		free(node->all.item);
		free(node->any.item);
		free(node->one.item);
		free(node);
	}
	json_object_put(schema->document);
	free(schema);
}

const struct property *
node_property(const struct node *node, const char *name)
{
	for (size_t i = 0; i < node->n_properties; i++)
		if (strcmp(node->properties[i].name, name) == 0)
			return &node->properties[i];
	return NULL;
}

void
schema_hide(struct schema *schema, const char *name)
{
	const struct property *property = node_property(schema->root, name);

	if (property != NULL)
		property->node->hidden = true;
}
