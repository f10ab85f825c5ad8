/* SPDX-License-Identifier: Apache-2.0 */
/* A compiled schema, shared by the files that compile it and those that check with it. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_REGISTRY_SCHEMA_NODE_H
#define CORE_REGISTRY_SCHEMA_NODE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCHEMA_NODES_MAX 4096u	  /* subschemas of one document */
#define SCHEMA_DEPTH_MAX 256u	  /* depth of values and references while checking */
#define SCHEMA_STEPS_MAX 1000000u /* subschemas applied to values in one check */
#define PATTERN_MAX 512u	  /* bytes of a pattern */
#define PATTERN_TEXT_MAX 8192u	  /* bytes of a text that a pattern is matched with */

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

/* One subschema. Pointers to json-c objects are into the document. */
struct node {
	struct node *next;	    /* the next in the list of all nodes of the schema */
	struct json_object *source; /* the JSON from which it was compiled */
	bool never;		    /* the schema `false` */
	bool hidden;		    /* its values are not shown in messages */
	bool time;		    /* milliseconds since 1970, which callers may write in words */
	bool clamped;		    /* a value above the maximum becomes the maximum */
	unsigned types;		    /* 0: any */
	struct json_object *values; /* enum */
	struct json_object *constant;
	bool has_constant; /* the constant may be null */
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

/* schema_check.c: one value against one node; `why` may be NULL. */
bool node_check(const struct node *node, struct json_object *value, struct buf *why);
/* The check of schema_prepare_options(). */
bool schema_check_options(const struct schema *schema, struct json_object *value, struct buf *why,
			  const char **first);

/* schema_time.c: milliseconds since 1970 from digits, ISO 8601, or "-24h" counted from `now_ms`. */
bool time_parse(const char *text, int64_t now_ms, int64_t *ms);

/* schema_pattern.c: NULL with `why` when the syntax is not supported. */
struct pattern *pattern_compile(const char *text, const char **why);
void pattern_free(struct pattern *pattern);
const char *pattern_text(const struct pattern *pattern);
bool pattern_matches(const struct pattern *pattern, const char *text, size_t len);

/* schema_value.c */
unsigned value_type(struct json_object *value); /* an integral number has both types */
const char *value_type_name(struct json_object *value);
/* 1 equals 1.0. Adds to *steps; beyond SCHEMA_STEPS_MAX it stops and returns false. */
bool values_equal(struct json_object *a, struct json_object *b, size_t *steps);
int numbers_compare(struct json_object *a, struct json_object *b);
bool number_is_multiple(struct json_object *number, struct json_object *of);
size_t utf8_count(const char *text, size_t len);

#endif
