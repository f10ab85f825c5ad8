/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes message bodies: an accepted message has the declared form, and its id does not change when
 * it is written. */
#include "fuzz.h"

#include <json-c/json.h>
#include <string.h>

#include "base/buf.h"
#include "base/json_write.h"
#include "config/config.h"
#include "rpc/frame.h"
#include "rpc/message.h"

#define ROOM (1u << 20)

/* The answer to a message is JSON, and has the same id. */
static void
check_answer(const struct message *message)
{
	struct message answer;
	struct json json;
	struct buf out;
	char why[128];

	buf_init(&out, ROOM);
	rpc_begin_result(&json, &out, message->id);
	json_begin(&json, '{');
	json_end(&json);
	json_end(&json);
	PROMISE(json_complete(&json));
	PROMISE(message_parse(&answer, out.data, out.len, &json_inbound, why, sizeof(why)) == 0);
	PROMISE(answer.kind == MESSAGE_RESPONSE);
	if (message->id != NULL) {
		PROMISE(strcmp(answer.id, message->id) == 0);
		PROMISE(message_same_id(answer.id_value, message->id_value));
	}
	message_fini(&answer);
	buf_fini(&out);
}

static void
check(const struct message *message, int code, const char *why)
{
	PROMISE(code == 0 || code == -32700 || code == -32600);
	PROMISE((message->id == NULL) == (message->id_value == NULL) || code != 0);
	if (code != 0) {
		PROMISE(why[0] != '\0');
	} else if (message->kind == MESSAGE_RESPONSE) {
		PROMISE(message->method == NULL);
	} else if (message->kind != MESSAGE_BATCH) {
		PROMISE(message->method != NULL);
		PROMISE((message->kind == MESSAGE_REQUEST) == (message->id != NULL));
		PROMISE(message->params == NULL ||
			json_object_is_type(message->params, json_type_object));
	}
	if (code == 0 && message->kind != MESSAGE_BATCH)
		check_answer(message);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct message message, element;
	char why[128] = "";
	int code =
	    message_parse(&message, (const char *)data, len, &json_inbound, why, sizeof(why));

	check(&message, code, why);
	if (code == 0 && message.kind == MESSAGE_BATCH) {
		for (size_t i = 0; i < json_object_array_length(message.tree); i++) {
			code = message_element(&element, &message, i, why, sizeof(why));
			PROMISE(element.kind != MESSAGE_BATCH);
			check(&element, code, why);
			message_fini(&element);
		}
	}
	message_fini(&message);
	return 0;
}
