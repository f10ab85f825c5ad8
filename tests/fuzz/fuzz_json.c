/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the JSON gate: json-c accepts every text that the gate accepts, and the text does not
 * change when it is written and read again. */
#include "fuzz.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"

static const struct json_limits small = { .bytes = 4096, .depth = 8, .members = 64, .number = 24 };

static void
check_written(struct json_object *tree)
{
	struct json_object *again;
	struct buf out;

	buf_init(&out, 64u << 20);
	buf_json_tree(&out, tree);
	PROMISE(buf_ok(&out));
	PROMISE(utf8_valid(out.data, out.len));
	again = json_parse(out.data, out.len, &json_upstream, NULL, NULL);
	PROMISE(json_object_equal(tree, again));
	json_object_put(again);
	buf_fini(&out);
}

/* Each member's raw text is a JSON value that equals the one in the tree. */
static void
check_raw(const char *text, size_t len, struct json_object *tree)
{
	struct json_object_iter member;

	if (!json_object_is_type(tree, json_type_object))
		return;
	json_object_object_foreachC(tree, member) {
		const struct json_wanted wanted = { JSON_WHOLE, strlen(member.key), member.key };
		struct json_span raw = { NULL, 0 };
		struct json_finds finds = { .wanted = &wanted, .found = &raw, .n = 1 };
		struct json_object *value;
		const char *why;

		PROMISE(json_gate_find(text, len, &json_upstream, NULL, &finds) == NULL);
		PROMISE(raw.text != NULL);
		value = json_parse(raw.text, raw.len, &json_upstream, &why, NULL);
		PROMISE(why == NULL && json_object_equal(value, member.val));
		json_object_put(value);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data, *why = NULL;
	struct json_object *tree;
	size_t at = 0;
	struct buf out;

	tree = json_parse(text, len, &json_upstream, &why, &at);
	PROMISE(at <= len);
	if (why == NULL) {
		PROMISE(at == len && utf8_valid(text, len));
		check_written(tree);
		check_raw(text, len, tree);
		json_object_put(tree);
	} else {
		PROMISE(tree == NULL && json_gate(text, len, &small, NULL) != NULL);
	}
	/* any bytes become a valid string */
	buf_init(&out, 8 * len + 2);
	buf_json(&out, text, len);
	PROMISE(buf_ok(&out) && json_gate(out.data, out.len, &json_upstream, NULL) == NULL);
	buf_fini(&out);
	return 0;
}
