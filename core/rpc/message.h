/* SPDX-License-Identifier: Apache-2.0 */
/* JSON-RPC 2.0 as MCP uses it: bytes to a message, and the spelling of errors. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_RPC_MESSAGE_H
#define CORE_RPC_MESSAGE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"

struct buf;

enum message_kind { MESSAGE_REQUEST, MESSAGE_NOTIFICATION, MESSAGE_RESPONSE, MESSAGE_BATCH };

/* The spelling of an id is kept as it came, because 1 and "1" are different ids and large integers
 * must not pass through a double. */
struct message {
	enum message_kind kind;
	struct json_object *tree;     /* owned; the whole message (or array) */
	const char *method;	      /* borrowed from tree; NULL for responses */
	struct json_object *params;   /* borrowed; NULL when absent */
	char *id;		      /* raw JSON token, owned; NULL when absent */
	struct json_object *id_value; /* the same as a value, borrowed from tree */
	bool large;		      /* the reader's note: workers are to do what takes time */
	bool nul;		      /* some text of it may hold U+0000 */
	size_t cost; /* the reader's note of what it takes in memory; 0 until it is set */
};

/* Parses one message. A byte order mark before it is ignored, half a surrogate pair is taken as
 * U+FFFD, and null as absent for params and what clients often write so in it. Returns 0, or a
 * JSON-RPC error code (-32700, -32600) with `why` filled; then message->id is set if it could be
 * read, also from what is no JSON. Always message_fini() afterwards. */
int message_parse(struct message *message, const char *text, size_t len,
		  const struct json_limits *limits, char *why, size_t why_size);
/* The i-th element of a batch, parsed like a message of its own (its own tree reference). */
int message_element(struct message *element, const struct message *batch, size_t i, char *why,
		    size_t why_size);
void message_fini(struct message *message);

/* Is `value` an id (string or integer, at most LIMIT_HANDLE bytes)? Null and fractions are none. */
bool message_is_id(struct json_object *value);
/* Are two values the same id, however their strings were escaped? */
bool message_same_id(struct json_object *a, struct json_object *b);
/* A member that must be a plain text: NULL when it is absent, no string, or holds U+0000, which
 * would end it early. */
const char *message_text(struct json_object *object, const char *key);

#endif
