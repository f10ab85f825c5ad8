/* SPDX-License-Identifier: Apache-2.0 */
/* Turns bytes into a message. JSON-RPC 2.0 and MCP (basic/index, "Messages") define the form. */
#include "rpc/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/hash.h"
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

/* The id in its spelling. It is taken from the text if there is one. In a batch there is no text,
 * so json-c writes it, which is exact for integers. */
static bool
take_id(struct message *message, const char *text, size_t len)
{
	struct json_object *value = message->id_value;
	const char *raw;
	size_t raw_len;
	struct buf spelled;

	if (text != NULL) {
		if (!json_raw_member(text, len, "id", &raw, &raw_len) || raw_len > LIMIT_HANDLE * 6)
			return false;
		message->id = xstrndup(raw, raw_len);
		return true;
	}
	buf_init(&spelled, LIMIT_HANDLE * 6 + 2);
	buf_json_tree(&spelled, value);
	message->id = buf_take(&spelled, NULL);
	return message->id != NULL;
}

/* Reads the id first, so that an error about the rest of the message can contain it. */
static const char *
read_id(struct message *message, const char *text, size_t len)
{
	struct json_object *value;

	if (!json_object_object_get_ex(message->tree, "id", &value))
		return NULL;
	if (!message_is_id(value))
		return "id must be a string or an integer of at most 1024 bytes";
	message->id_value = value;
	return take_id(message, text, len) ? NULL : "id is a number that is too large";
}

static bool
has_null(struct json_object *object)
{
	struct json_object_iter member;

	json_object_object_foreachC(object, member)
		if (member.val == NULL)
			return true;
	return false;
}

/* Many clients write null for members that they do not use. For these members it means the same as
 * an absent one. */
static void
drop_nulls(struct json_object *params)
{
	static const char *const names[] = { "arguments", "cursor", "context", "_meta" };
	struct json_object *meta = json_obj(params, "_meta");

	if (params != NULL && has_null(params))
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (json_get(params, names[i]) == NULL)
				json_object_object_del(params, names[i]);
	if (meta != NULL && has_null(meta) && json_get(meta, "progressToken") == NULL)
		json_object_object_del(meta, "progressToken");
}

static const char *
read_shape(struct message *message)
{
	struct json_object *tree = message->tree, *member;
	const char *version = json_str(tree, "jsonrpc");

	if (version == NULL || strcmp(version, "2.0") != 0)
		return "jsonrpc must be \"2.0\"";
	if (!json_object_object_get_ex(tree, "method", &member)) {
		message->kind = MESSAGE_RESPONSE;
		if (!json_object_object_get_ex(tree, "result", NULL) &&
		    !json_object_object_get_ex(tree, "error", NULL))
			return "method, result and error are all missing";
		return NULL;
	}
	message->method = message_text(tree, "method");
	if (message->method == NULL)
		return "method must be a string";
	member = json_get(tree, "params");
	if (member != NULL && !json_object_is_type(member, json_type_object))
		return "params must be an object";
	message->params = member;
	drop_nulls(member);
	message->kind = message->id == NULL ? MESSAGE_NOTIFICATION : MESSAGE_REQUEST;
	return NULL;
}

/* Checks a message. `text` is NULL for an element of a batch. */
static int
read_object(struct message *message, const char *text, size_t len, char *why, size_t why_size)
{
	const char *reason;

	if (!json_object_is_type(message->tree, json_type_object)) {
		explain(why, why_size, "a message must be a JSON object");
		return rpc_error_code(RPC_INVALID_REQUEST);
	}
	reason = read_id(message, text, len);
	/* the client sends an error response with a null id when it could not read our id */
	if (reason != NULL && json_object_object_get_ex(message->tree, "error", NULL) &&
	    message->id_value == NULL)
		reason = NULL;
	if (reason == NULL)
		reason = read_shape(message);
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
parse(struct message *message, const char *text, size_t len, const struct json_limits *limits,
      char *why, size_t why_size)
{
	const char *reason = NULL;
	size_t at = 0;

	message->tree = json_parse(text, len, limits, &reason, &at);
	if (message->tree == NULL && reason == NULL) {
		/* the whole text is `null` */
		explain(why, why_size, "a message must be a JSON object");
		return rpc_error_code(RPC_INVALID_REQUEST);
	}
	if (reason != NULL) {
		snprintf(why, why_size, "not valid JSON: %s, at byte %zu", reason, at);
		recover(message, text, len);
		return rpc_error_code(RPC_PARSE);
	}
	message->nul = memmem(text, len, "\\u0000", 6) != NULL;
	if (json_object_is_type(message->tree, json_type_array)) {
		message->kind = MESSAGE_BATCH;
		return 0;
	}
	return read_object(message, text, len, why, why_size);
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
	CHECK(batch->kind == MESSAGE_BATCH && i < json_object_array_length(batch->tree));
	memset(element, 0, sizeof(*element));
	element->tree = json_object_get(json_object_array_get_idx(batch->tree, i));
	element->nul = batch->nul;
	element->cost = batch->cost / json_object_array_length(batch->tree);
	return read_object(element, NULL, 0, why, why_size);
}

void
message_fini(struct message *message)
{
	json_object_put(message->tree);
	free(message->id);
	memset(message, 0, sizeof(*message));
}
