/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiles a schema: each subschema becomes a node, each keyword a checked field. References are
 * resolved after all subschemas of keywords are compiled.
 */
#include "registry/schema.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/uri.h"
#include "registry/schema_compile.h"

#define PATH_MAX_BYTES 512u
#define NESTING_MAX 64u

bool
compiler_fault(struct compiler *c, const char *format, ...)
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

struct node *
compiler_node_at(struct compiler *c, const char *key, struct json_object *source)
{
	size_t before = c->path.len;
	struct node *node;

	buf_printf(&c->path, "/%s", key);
	c->path.full = false;
	node = compiler_node(c, source);
	if (node != NULL)
		buf_cut(&c->path, before);
	return node;
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

struct node *
compiler_node(struct compiler *c, struct json_object *source)
{
	bool boolean = json_object_is_type(source, json_type_boolean), ok = true;
	struct json_object_iter member;
	struct node *node;

	if (!boolean && !json_object_is_type(source, json_type_object)) {
		compiler_fault(c, "a schema must be an object, true or false");
		return NULL;
	}
	if (c->schema->n_nodes >= SCHEMA_NODES_MAX || c->depth >= NESTING_MAX) {
		compiler_fault(c, "has too many schemas, or is nested too deeply");
		return NULL;
	}
	node = new_node(c, source);
	if (c->schema->root == NULL)
		c->schema->root = node;
	if (boolean) {
		node->never = !json_object_get_boolean(source);
		return node;
	}
	c->depth++;
	json_object_object_foreachC(source, member) {
		ok = compiler_keyword(c, node, member.key, member.val);
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

/* The anchor with this name. NULL also when two anchors have it. */
static struct node *
find_anchor(const struct schema *schema, const char *name)
{
	struct node *found = NULL;

	for (struct node *node = schema->nodes; node != NULL; node = node->next) {
		const char *anchor = json_str(node->source, "$anchor");

		if (anchor == NULL || strcmp(anchor, name) != 0)
			continue;
		if (found != NULL)
			return NULL;
		found = node;
	}
	return found;
}

/* Resolves the fragment "", "/a/b" or "anchor". The target of a pointer may not be compiled yet. */
static struct node *
resolve_fragment(struct compiler *c, const char *fragment)
{
	struct json_object *target = c->schema->document;
	struct node *node;

	if (fragment[0] != '\0' && fragment[0] != '/')
		node = find_anchor(c->schema, fragment);
	else if (fragment[0] != '\0' && json_pointer_get(target, fragment, &target) != 0)
		node = NULL;
	else if ((node = find_source(c->schema, target)) == NULL)
		return compiler_node(c, target);
	if (node == NULL)
		compiler_fault(c, "the reference has no target");
	return node;
}

static struct node *
resolve(struct compiler *c, const char *ref)
{
	struct node *node = NULL;
	struct buf fragment;

	buf_init(&fragment, PATH_MAX_BYTES);
	if (ref[0] != '#')
		compiler_fault(c, "only references within the same schema are supported");
	else if (!uri_decode(ref + 1, strlen(ref + 1), &fragment))
		compiler_fault(c, "the reference has no target");
	else
		node = resolve_fragment(c, fragment.data);
	buf_fini(&fragment);
	return node;
}

static bool
resolve_all(struct compiler *c)
{
	bool again = true;

	while (again) { /* in a loop, because compiling a target may add more references */
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

/* Finds a chain of references without any keyword, which would never end. */
static bool
references_end(struct compiler *c)
{
	for (struct node *node = c->schema->nodes; node != NULL; node = node->next) {
		const struct node *at = node;
		size_t steps = 0;

		while (at->ref != NULL && steps++ <= c->schema->n_nodes)
			at = at->ref;
		if (at->ref != NULL)
			return compiler_fault(c, "a reference leads back to itself");
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
		buf_init_keeping(&why, 200);
		fits = node_check(node, node->fallback, &why);
		if (!fits) {
			buf_reset(&c->path);
			buf_puts(&c->path, "default");
			compiler_fault(c, "%s", why.data);
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
	buf_init_keeping(&c.path, PATH_MAX_BYTES);
	if (compiler_node(&c, document) == NULL || !resolve_all(&c) || !references_end(&c) ||
	    !defaults_fit(&c)) {
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

static struct node *
node_of(const struct schema *schema, const char *name)
{
	const struct property *property = node_property(schema->root, name);

	return property != NULL ? property->node : NULL;
}

void
schema_hide(struct schema *schema, const char *name)
{
	struct node *node = node_of(schema, name);

	if (node != NULL)
		node->hidden = true;
}

void
schema_time(struct schema *schema, const char *name)
{
	struct node *node = node_of(schema, name);

	if (node != NULL)
		node->time = true;
}

void
schema_clamp(struct schema *schema, const char *name)
{
	struct node *node = node_of(schema, name);

	if (node != NULL)
		node->clamped = true;
}
