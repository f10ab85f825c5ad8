/* SPDX-License-Identifier: Apache-2.0 */
/* JSON from outside. json_gate() checks RFC 8259 strictly and within bounds before json-c reads a
 * byte, because json-c accepts single quotes, NaN, duplicate keys, lone surrogates and NUL. The
 * helpers here read the json-c trees of texts that passed the gate; JSON is written with
 * buf_json(). */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_JSON_H
#define CORE_BASE_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

struct json_limits {
	size_t bytes;	/* bytes of the whole text */
	unsigned depth; /* of nesting */
	size_t members; /* members of all objects and arrays together */
	size_t number;	/* characters of one number */
	size_t memory;	/* estimated bytes of the tree; 0 means the limit of json_upstream */
};
extern const struct json_limits json_inbound; /* for clients: 4 MiB, depth 64, 128 MiB of tree */
/* for upstreams: 16 MiB, depth 128, 256 MiB of tree */
extern const struct json_limits json_upstream;

/* NULL when `text` is exactly one JSON value in valid UTF-8 without duplicate keys, lone surrogates
 * or \u0000 in keys; otherwise a short reason ("duplicate key", "number too long"), and `at` is its
 * position. The recursion depth does not depend on the input. */
const char *json_gate(const char *text, size_t len, const struct json_limits *limits, size_t *at);

/* Checks the text with the gate and parses it. NULL with `why` and `at` when it is refused. */
struct json_object *json_parse(const char *text, size_t len, const struct json_limits *limits,
			       const char **why, size_t *at);

/* Members of an object. NULL when the member is absent or has another type. A NULL object gives
 * NULL. */
struct json_object *json_get(struct json_object *object, const char *key);
struct json_object *json_obj(struct json_object *object, const char *key);
struct json_object *json_arr(struct json_object *object, const char *key);
const char *json_str(struct json_object *object, const char *key);
bool json_flag(struct json_object *object, const char *key, bool absent);
int64_t json_int(struct json_object *object, const char *key, int64_t absent);

/* The raw text of the member `key` at the top of an object that passed the gate, so that an id
 * keeps its exact spelling. False when absent. */
bool json_raw_member(const char *text, size_t len, const char *key, const char **raw,
		     size_t *raw_len);

/* Serialises without white space, with slashes unescaped and numbers as they were parsed, so that
 * nothing grows. */
void buf_json_tree(struct buf *buf, struct json_object *tree);

#endif
