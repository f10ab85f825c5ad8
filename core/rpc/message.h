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

#define MESSAGE_VALUE 64u /* bytes of one JSON value of any kind, in message->cost */

enum message_kind { MESSAGE_REQUEST, MESSAGE_NOTIFICATION, MESSAGE_RESPONSE, MESSAGE_BATCH };

/* Prefix of the reserved `_meta` keys (MCP 2026-07-28, basic/index, "_meta"). */
#define META "io.modelcontextprotocol/"

/* The members of params._meta that the host reads. Those before META_TEXTS are decoded texts, or ""
 * when the client sent something else; the others are JSON. */
enum message_meta {
	META_VERSION,	     /* protocolVersion */
	META_LOG_LEVEL,	     /* logLevel */
	META_CLIENT_NAME,    /* clientInfo.name */
	META_CLIENT_VERSION, /* clientInfo.version */
	META_TRACEPARENT,    /* traceparent (W3C Trace Context) */
	META_TEXTS,
	META_TOKEN = META_TEXTS, /* progressToken */
	META_CAPABILITIES,	 /* clientCapabilities */
	META_MEMBERS,
};

/* A request has no tree of the whole: the gate finds its parts, and only its params become a tree,
 * without `_meta`. An id keeps its spelling, because 1 and "1" are different ids and a double
 * cannot hold large integers. */
struct message {
	enum message_kind kind;
	struct json_object *tree;	/* a whole response or batch; owned; otherwise NULL */
	char *method;			/* the method; owned; NULL for responses */
	struct json_object *params;	/* the params without _meta; owned; NULL when absent */
	char *id;			/* the id as a raw JSON token; owned; NULL when absent */
	struct json_object *id_value;	/* the id as a JSON value; owned */
	const char *meta[META_MEMBERS]; /* members of _meta, within meta_text; NULL when absent */
	char *meta_text;		/* owned, or NULL */
	/* set by the reader: the message is so large that workers must process it */
	bool large;
	bool nul;    /* a text in the message may contain U+0000 */
	size_t cost; /* about the size of the message in memory */
};

/* Parses one message. A byte order mark before it is ignored, and half a surrogate pair is read as
 * U+FFFD. A null is read as absent for params, and for other members where clients often write
 * null. Returns 0, or a JSON-RPC error code (-32700, -32600) with `why` set; message->id is then
 * set if it could be read, also from invalid JSON. message_fini() must always follow. */
int message_parse(struct message *message, const char *text, size_t len,
		  const struct json_limits *limits, char *why, size_t why_size);
/* Parses element i of a batch like a message of its own. */
int message_element(struct message *element, const struct message *batch, size_t i, char *why,
		    size_t why_size);
void message_fini(struct message *message);
/* Frees the members of _meta. */
void message_drop_meta(struct message *message);

/* Is `value` a valid id (string or integer, at most LIMIT_HANDLE bytes)? Null and fractions are
 * not. */
bool message_is_id(struct json_object *value);
/* Is this JSON text, which passed the gate, a valid progress token? The same rules hold. */
bool message_is_token(const char *json);
/* Are two values the same id, whatever escapes their strings use? */
bool message_same_id(struct json_object *a, struct json_object *b);
/* A hash for ids. Equal ids have equal hashes within a scope (see hash_of()). `id` must be
 * valid. */
uint64_t message_id_hash(const void *scope, struct json_object *id);
/* A member that must be a plain text. NULL when it is absent, is not a string, or contains U+0000,
 * where the text in C would end too early. */
const char *message_text(struct json_object *object, const char *key);

#endif
