/* SPDX-License-Identifier: Apache-2.0 */
/* A schema under compilation, between the compiler and its keywords. */
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
	struct buf path; /* JSON pointer to where we are */
	unsigned depth;
	char *why;
	size_t why_size;
};

/* Records the fault at the path and returns false. */
bool compiler_fault(struct compiler *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The node of a subschema, or NULL with the fault recorded. */
struct node *compiler_node(struct compiler *c, struct json_object *source);
/* The same for one that stands under `key`. */
struct node *compiler_node_at(struct compiler *c, const char *key, struct json_object *source);
/* schema_keyword.c: what one member of a schema object says. */
bool compiler_keyword(struct compiler *c, struct node *node, const char *key,
		      struct json_object *value);

#endif
