/* SPDX-License-Identifier: Apache-2.0 */
/* JSON-RPC 2.0 for MCP: reads messages, and writes errors. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_RPC_MESSAGE_H
#define CORE_RPC_MESSAGE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"

struct buf;

enum message_kind { MESSAGE_REQUEST, MESSAGE_NOTIFICATION, MESSAGE_RESPONSE, MESSAGE_BATCH };

/* An id keeps its spelling, because 1 and "1" are different ids and a double cannot hold large
 * integers. */
struct message {
	enum message_kind kind;
	struct json_object *tree;     /* the whole message (or array); owned */
	const char *method;	      /* the method; borrowed from the tree; NULL for responses */
	struct json_object *params;   /* the params; borrowed from the tree; NULL when absent */
	char *id;		      /* the id as a raw JSON token; owned; NULL when absent */
	struct json_object *id_value; /* the id as a JSON value; borrowed from tree */
	/* set by the reader: the message is so large that workers must process it */
	bool large;
	bool nul; /* a text in the message may contain U+0000 */
	/* set by the reader: the size of the message in memory; 0 before that */
	size_t cost;
};

/* Parses one message. A byte order mark before it is ignored, and half a surrogate pair is read as
 * U+FFFD. A null is read as absent for params, and for other members where clients often write
 * null. Returns 0, or a JSON-RPC error code (-32700, -32600) with `why` set; message->id is then
 * set if it could be read, also from invalid JSON. message_fini() must always follow. */
int message_parse(struct message *message, const char *text, size_t len,
		  const struct json_limits *limits, char *why, size_t why_size);
/* Parses element i of a batch like a message of its own. It gets its own reference to the tree. */
int message_element(struct message *element, const struct message *batch, size_t i, char *why,
		    size_t why_size);
void message_fini(struct message *message);

/* Is `value` a valid id (string or integer, at most LIMIT_HANDLE bytes)? Null and fractions are
 * not. */
bool message_is_id(struct json_object *value);
/* Are two values the same id, whatever escapes their strings use? */
bool message_same_id(struct json_object *a, struct json_object *b);
/* A hash for ids. Equal ids have equal hashes within a scope (see hash_of()). `id` must be
 * valid. */
uint64_t message_id_hash(const void *scope, struct json_object *id);
/* A member that must be a plain text. NULL when it is absent, is not a string, or contains U+0000,
 * where the text in C would end too early. */
const char *message_text(struct json_object *object, const char *key);

#endif
