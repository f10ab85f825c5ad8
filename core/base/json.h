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

/* Values that the gate finds while it checks: the member `name` of the whole text, or of the object
 * that is wanted at the index `inside` of the same list. */
#define JSON_WHOLE (-1)
struct json_wanted {
	int inside;
	size_t len;
	const char *name;
};
#define JSON_WANTED(inside_, name_)                                            \
	{                                                                      \
		.inside = (inside_), .len = sizeof(name_) - 1, .name = (name_) \
	}
struct json_span {
	const char *text; /* raw, without white space around it; NULL: there is no such value */
	size_t len;
};
struct json_finds {
	const struct json_wanted *wanted; /* borrowed; a container stands before its members */
	struct json_span *found;	  /* as many; set by the gate */
	int n;
	size_t values; /* set by the gate: how many values the text has */
	bool escapes;  /* set by the gate: a string has escapes */
};
/* json_gate() that also finds values. When it refuses the text, the finds must not be used. */
const char *json_gate_find(const char *text, size_t len, const struct json_limits *limits,
			   size_t *at, struct json_finds *finds);

/* Parses a value that passed the gate. NULL is also the value null; `why` is set only when the tree
 * is larger than limits->memory. The member whose value is `without` is left out; NULL: none. */
struct json_object *json_parse_passed(const struct json_span *value,
				      const struct json_span *without,
				      const struct json_limits *limits, const char **why);

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

/* Serialises without white space, with slashes unescaped and numbers as they were parsed, so that
 * nothing grows. */
void buf_json_tree(struct buf *buf, struct json_object *tree);

#endif
