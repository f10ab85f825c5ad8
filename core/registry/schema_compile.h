/* SPDX-License-Identifier: Apache-2.0 */
/* A schema that is being compiled. The compiler and its keywords share this struct. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_REGISTRY_SCHEMA_COMPILE_H
#define CORE_REGISTRY_SCHEMA_COMPILE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "registry/schema_node.h"

struct compiler {
	struct schema *schema;
	struct buf path; /* JSON pointer to the current position */
	unsigned depth;
	char *why;
	size_t why_size;
};

/* Stores the fault with the current path and returns false. */
bool compiler_fault(struct compiler *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Compiles a subschema. Returns its node, or NULL with the fault stored. */
struct node *compiler_node(struct compiler *c, struct json_object *source);
/* Compiles the subschema of the member `key`. */
struct node *compiler_node_at(struct compiler *c, const char *key, struct json_object *source);
/* schema_keyword.c: handles one member of a schema object. */
bool compiler_keyword(struct compiler *c, struct node *node, const char *key,
		      struct json_object *value);

#endif
