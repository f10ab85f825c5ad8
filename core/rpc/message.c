/* SPDX-License-Identifier: Apache-2.0 */
/* Turns bytes into a message. JSON-RPC 2.0 and MCP (basic/index, "Messages") define the form. */
#include "rpc/message.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/json_string.h"
#include "base/mem.h"
#include "config/config.h"
#include "rpc/error.h"
#include "rpc/mend.h"
#include "rpc/recover.h"

static void
explain(char *why, size_t why_size, const char *text)
{
	snprintf(why, why_size, "%s", text);
}

bool
message_is_id(struct json_object *value)
{
	if (json_object_is_type(value, json_type_string))
		return json_object_get_string_len(value) <= (int)LIMIT_HANDLE;
	/* an integer beyond 64 bits keeps its spelling */
	if (json_object_is_type(value, json_type_double))
		return strpbrk(json_object_get_string(value), ".eEIN") == NULL;
	return json_object_is_type(value, json_type_int);
}

bool
message_is_token(const char *json)
{
	struct json_object *value;
	bool valid;

	if (strlen(json) > LIMIT_HANDLE * 6 + 2 || *json == '{' || *json == '[')
		return false;
	value = json_parse(json, strlen(json), &json_inbound, NULL, NULL);
	valid = message_is_id(value);
	json_object_put(value);
	return valid;
}

bool
message_same_id(struct json_object *a, struct json_object *b)
{
	if (a == NULL || b == NULL || json_object_get_type(a) != json_object_get_type(b))
		return false;
	/* both functions are tried, because each clips numbers that only the other one reads
	 * exactly */
	if (json_object_is_type(a, json_type_int))
		return json_object_get_int64(a) == json_object_get_int64(b) &&
		       json_object_get_uint64(a) == json_object_get_uint64(b);
	return strcmp(json_object_get_string(a), json_object_get_string(b)) == 0;
}

uint64_t
message_id_hash(const void *scope, struct json_object *id)
{
	const char *text;
	int64_t number;

	if (json_object_is_type(id, json_type_int)) {
		number = json_object_get_int64(id);
		return hash_of(scope, &number, sizeof(number));
	}
	text = json_object_get_string(id);
	return hash_of(scope, text, strlen(text));
}

const char *
message_text(struct json_object *object, const char *key)
{
	struct json_object *value = json_get(object, key);

	if (!json_object_is_type(value, json_type_string))
		return NULL;
	if (strlen(json_object_get_string(value)) != (size_t)json_object_get_string_len(value))
		return NULL;
	return json_object_get_string(value);
}

/* ---- the parts of a message ------------------------------------------------------------------ */

enum part {
	AT_VERSION,
	AT_ID,
	AT_METHOD,
	AT_PARAMS,
	AT_RESULT,
	AT_ERROR,
	AT_META,
	AT_CLIENT,
	AT_META_MEMBERS, /* and those of enum message_meta */
	PARTS = AT_META_MEMBERS + META_MEMBERS,
};

static const struct json_wanted parts[PARTS] = {
	[AT_VERSION] = JSON_WANTED(JSON_WHOLE, "jsonrpc"),
	[AT_ID] = JSON_WANTED(JSON_WHOLE, "id"),
	[AT_METHOD] = JSON_WANTED(JSON_WHOLE, "method"),
	[AT_PARAMS] = JSON_WANTED(JSON_WHOLE, "params"),
	[AT_RESULT] = JSON_WANTED(JSON_WHOLE, "result"),
	[AT_ERROR] = JSON_WANTED(JSON_WHOLE, "error"),
	[AT_META] = JSON_WANTED(AT_PARAMS, "_meta"),
	[AT_CLIENT] = JSON_WANTED(AT_META, META "clientInfo"),
	[AT_META_MEMBERS + META_VERSION] = JSON_WANTED(AT_META, META "protocolVersion"),
	[AT_META_MEMBERS + META_LOG_LEVEL] = JSON_WANTED(AT_META, META "logLevel"),
	[AT_META_MEMBERS + META_CLIENT_NAME] = JSON_WANTED(AT_CLIENT, "name"),
	[AT_META_MEMBERS + META_CLIENT_VERSION] = JSON_WANTED(AT_CLIENT, "version"),
	[AT_META_MEMBERS + META_TRACEPARENT] = JSON_WANTED(AT_META, "traceparent"),
	[AT_META_MEMBERS + META_TOKEN] = JSON_WANTED(AT_META, "progressToken"),
	[AT_META_MEMBERS + META_CAPABILITIES] = JSON_WANTED(AT_META, META "clientCapabilities"),
};

struct reading {
	struct message *message;
	struct json_span whole, part[PARTS];
	const struct json_limits *limits;
};

/* Decodes a string, which passed the gate, into `out`, which may be the string itself. False when
 * it contains U+0000, or is another value. */
static bool
decode_text(const char *text, size_t len, char *out)
{
	size_t n;

	if (*text != '"')
		return false;
	n = json_string_decode(text + 1, len - 2, out);
	out[n] = '\0';
	return strlen(out) == n;
}

/* A member that must be a plain text; NULL when it is not. The caller frees it. */
static char *
text_of(const struct json_span *span)
{
	char *text = span->text != NULL ? xmalloc(span->len + 1) : NULL;

	if (text != NULL && decode_text(span->text, span->len, text))
		return text;
	free(text);
	return NULL;
}

static bool
has(const struct reading *reading, enum part part)
{
	return reading->part[part].text != NULL;
}

static bool
is_null(const struct json_span *span)
{
	return *span->text == 'n';
}

/* ---- reading them ---------------------------------------------------------------------------- */

/* Reads the id first, so that an error about the rest of the message can contain it. */
static const char *
read_id(struct reading *reading)
{
	static const char refused[] = "id must be a string or an integer of at most 1024 bytes";
	const struct json_span *span = &reading->part[AT_ID];
	struct message *message = reading->message;
	struct json_object *value;
	const char *why;

	if (span->text == NULL)
		return NULL;
	if (*span->text == '{' || *span->text == '[')
		return refused;
	value = json_parse_passed(span, NULL, reading->limits, &why);
	if (!message_is_id(value)) {
		json_object_put(value);
		return refused;
	}
	message->id_value = value;
	if (span->len > LIMIT_HANDLE * 6)
		return "id is a number that is too large";
	message->id = xstrndup(span->text, span->len);
	return NULL;
}

/* Copies _meta, and ends the text of each of its members with a NUL. Many clients write null for a
 * token that they do not use. */
static void
read_meta(struct reading *reading)
{
	struct message *message = reading->message;
	const struct json_span *meta = &reading->part[AT_META];

	if (meta->text == NULL || *meta->text != '{')
		return;
	message->meta_text = xstrndup(meta->text, meta->len);
	for (int i = 0; i < META_MEMBERS; i++) {
		const struct json_span *span = &reading->part[AT_META_MEMBERS + i];
		char *member;

		if (span->text == NULL || (i == META_TOKEN && is_null(span)))
			continue;
		member = message->meta_text + (span->text - meta->text);
		member[span->len] = '\0';
		message->meta[i] = member;
		if (i < META_TEXTS && !decode_text(member, span->len, member))
			message->meta[i] = "";
	}
}

/* Many clients write null for members that they do not use. For these members it means the same as
 * an absent one. */
static void
drop_nulls(struct json_object *params)
{
	static const char *const names[] = { "arguments", "cursor", "context" };
	struct json_object_iter member;
	bool found = false;

	json_object_object_foreachC(params, member)
		found |= member.val == NULL;
	for (size_t i = 0; found && i < sizeof(names) / sizeof(names[0]); i++)
		if (json_get(params, names[i]) == NULL)
			json_object_object_del(params, names[i]);
}

static const char *
read_params(struct reading *reading)
{
	const struct json_span *span = &reading->part[AT_PARAMS];
	const char *why = NULL;

	if (span->text == NULL || is_null(span))
		return NULL;
	if (*span->text != '{')
		return "params must be an object";
	read_meta(reading);
	reading->message->params =
	    json_parse_passed(span, &reading->part[AT_META], reading->limits, &why);
	if (why == NULL)
		drop_nulls(reading->message->params);
	return why;
}

static const char *
read_response(struct reading *reading)
{
	const char *why = NULL;

	reading->message->kind = MESSAGE_RESPONSE;
	if (!has(reading, AT_RESULT) && !has(reading, AT_ERROR))
		return "method, result and error are all missing";
	reading->message->tree = json_parse_passed(&reading->whole, NULL, reading->limits, &why);
	return why;
}

static const char *
read_shape(struct reading *reading)
{
	struct message *message = reading->message;
	char *version = text_of(&reading->part[AT_VERSION]);
	bool right = version != NULL && strcmp(version, "2.0") == 0;

	free(version);
	if (!right)
		return "jsonrpc must be \"2.0\"";
	if (!has(reading, AT_METHOD))
		return read_response(reading);
	message->kind = message->id == NULL ? MESSAGE_NOTIFICATION : MESSAGE_REQUEST;
	message->method = text_of(&reading->part[AT_METHOD]);
	if (message->method == NULL)
		return "method must be a string";
	return read_params(reading);
}

/* Checks a message. */
static int
read_object(struct reading *reading, char *why, size_t why_size)
{
	const char *reason = read_id(reading);

	/* the client sends an error response with a null id when it could not read our id */
	if (reason != NULL && has(reading, AT_ERROR) && reading->message->id_value == NULL)
		reason = NULL;
	if (reason == NULL)
		reason = read_shape(reading);
	if (reason == NULL)
		return 0;
	explain(why, why_size, reason);
	return rpc_error_code(RPC_INVALID_REQUEST);
}

static void
recover(struct message *message, const char *text, size_t len)
{
	struct recover *recover = xcalloc(1, sizeof(*recover));
	const char *id;

	recover_feed(recover, text, len);
	id = recover_id(recover);
	message->id = id != NULL ? xstrdup(id) : NULL;
	free(recover);
}

static int
not_json(struct message *message, const struct json_span *whole, const char *reason, size_t at,
	 char *why, size_t why_size)
{
	snprintf(why, why_size, "not valid JSON: %s, at byte %zu", reason, at);
	recover(message, whole->text, whole->len);
	return rpc_error_code(RPC_PARSE);
}

static int
parse(struct message *message, const char *text, size_t len, const struct json_limits *limits,
      char *why, size_t why_size)
{
	struct reading reading = { .message = message, .whole = { text, len }, .limits = limits };
	struct json_finds finds = { .wanted = parts, .found = reading.part, .n = PARTS };
	const char *reason;
	size_t at = 0;

	reason = json_gate_find(text, len, limits, &at, &finds);
	if (reason != NULL)
		return not_json(message, &reading.whole, reason, at, why, why_size);
	message->cost = len + finds.values * MESSAGE_VALUE;
	message->nul = finds.escapes && memmem(text, len, "\\u0000", 6) != NULL;
	while (*text == ' ' || *text == '\t' || *text == '\r' || *text == '\n')
		text++; /* ends within len, as a value follows */
	if (*text == '{')
		return read_object(&reading, why, why_size);
	if (*text == '[') {
		message->kind = MESSAGE_BATCH;
		message->tree = json_parse_passed(&reading.whole, NULL, limits, &reason);
		return reason == NULL
			 ? 0
			 : not_json(message, &reading.whole, reason, at, why, why_size);
	}
	explain(why, why_size, "a message must be a JSON object");
	return rpc_error_code(RPC_INVALID_REQUEST);
}

int
message_parse(struct message *message, const char *text, size_t len,
	      const struct json_limits *limits, char *why, size_t why_size)
{
	size_t mark = mend_mark(text, len);
	char *mended;
	int code;

	memset(message, 0, sizeof(*message));
	text += mark;
	len -= mark;
	mended = mend_surrogates(text, len);
	code = parse(message, mended != NULL ? mended : text, len, limits, why, why_size);
	free(mended);
	return code;
}

int
message_element(struct message *element, const struct message *batch, size_t i, char *why,
		size_t why_size)
{
	struct json_limits limits = json_inbound;
	struct json_object *tree;
	struct buf text;
	int code;

	CHECK(batch->kind == MESSAGE_BATCH && i < json_object_array_length(batch->tree));
	memset(element, 0, sizeof(*element));
	tree = json_object_array_get_idx(batch->tree, i);
	if (!json_object_is_type(tree, json_type_object)) {
		explain(why, why_size, "a message must be a JSON object");
		return rpc_error_code(RPC_INVALID_REQUEST);
	}
	limits.bytes = SIZE_MAX; /* it was checked as a part of the batch */
	buf_init(&text, INT_MAX);
	buf_json_tree(&text, tree);
	code = parse(element, text.data, text.len, &limits, why, why_size);
	buf_fini(&text);
	return code;
}

void
message_drop_meta(struct message *message)
{
	free(message->meta_text);
	message->meta_text = NULL;
	memset(message->meta, 0, sizeof(message->meta));
}

void
message_fini(struct message *message)
{
	json_object_put(message->tree);
	json_object_put(message->params);
	json_object_put(message->id_value);
	free(message->method);
	free(message->id);
	free(message->meta_text);
	memset(message, 0, sizeof(*message));
}
