/* SPDX-License-Identifier: Apache-2.0 */
/* A compiled schema. The files that compile it and those that check with it share this header. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_REGISTRY_SCHEMA_NODE_H
#define CORE_REGISTRY_SCHEMA_NODE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCHEMA_NODES_MAX 4096u	  /* most subschemas of one document */
#define SCHEMA_DEPTH_MAX 256u	  /* most nested values and references in one check */
#define SCHEMA_STEPS_MAX 1000000u /* most subschemas that one check applies to values */
#define PATTERN_MAX 512u	  /* bytes of a pattern */
#define PATTERN_TEXT_MAX 8192u	  /* most bytes of a text that is matched with a pattern */

enum {
	TYPE_NULL = 1u << 0,
	TYPE_BOOLEAN = 1u << 1,
	TYPE_INTEGER = 1u << 2,
	TYPE_NUMBER = 1u << 3,
	TYPE_STRING = 1u << 4,
	TYPE_ARRAY = 1u << 5,
	TYPE_OBJECT = 1u << 6,
};

struct buf;
struct pattern;

struct node_list {
	struct node **item;
	size_t count;
};

struct property {
	const char *name;
	struct node *node;
};

/* One subschema. Its pointers to json-c objects point into the document. */
struct node {
	struct node *next;	    /* next node in the list of all nodes of the schema */
	struct json_object *source; /* the JSON from which it was compiled */
	bool never;		    /* the schema `false` */
	bool hidden;		    /* values of this property are not shown in messages */
	/* the property is a time in milliseconds since 1970; callers may write a date */
	bool time;
	bool clamped;		    /* a value above the maximum becomes the maximum */
	unsigned types;		    /* 0: any */
	struct json_object *values; /* enum */
	struct json_object *constant;
	bool has_constant; /* is there a constant? The constant itself may be null */
	struct json_object *minimum, *maximum, *above, *below, *multiple;
	size_t min_length, max_length, min_items, max_items, min_members, max_members;
	bool unique;
	struct pattern *pattern;
	struct property *properties;
	size_t n_properties;
	const char **required;
	size_t n_required;
	struct node *additional, *items;
	struct node_list all, any, one;
	struct node *not_, *if_, *then_, *else_, *ref;
	struct json_object *fallback; /* default */
	bool has_fallback;
};

struct schema {
	struct json_object *document;
	struct node *root;
	struct node *nodes; /* all of them */
	size_t n_nodes;
};

/* schema.c */
const struct property *node_property(const struct node *node, const char *name);
const char *types_text(unsigned set, char *out, size_t size); /* "string or null" */
unsigned type_parse(const char *name);			      /* 0: unknown */

/* schema_check.c: checks one value with one node. `why` may be NULL. */
bool node_check(const struct node *node, struct json_object *value, struct buf *why);
/* The check that schema_prepare_options() makes. */
bool schema_check_options(const struct schema *schema, struct json_object *value, struct buf *why,
			  const char **first);

/* schema_time.c: reads digits, ISO 8601, or a text such as "-24h", which counts from `now_ms`. The
 * result is in milliseconds since 1970. */
bool time_parse(const char *text, int64_t now_ms, int64_t *ms);

/* schema_pattern.c: compiles a pattern. NULL with `why` when its syntax is not supported. */
struct pattern *pattern_compile(const char *text, const char **why);
void pattern_free(struct pattern *pattern);
const char *pattern_text(const struct pattern *pattern);
bool pattern_matches(const struct pattern *pattern, const char *text, size_t len);

/* schema_value.c */
/* the type of a JSON value; an integral number has two types */
unsigned value_type(struct json_object *value);
const char *value_type_name(struct json_object *value);
/* Are two values equal? 1 equals 1.0. Adds to *steps; above SCHEMA_STEPS_MAX the comparison stops
 * and returns false. */
bool values_equal(struct json_object *a, struct json_object *b, size_t *steps);
int numbers_compare(struct json_object *a, struct json_object *b);
bool number_is_multiple(struct json_object *number, struct json_object *of);
size_t utf8_count(const char *text, size_t len);

#endif
