/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes "VALUE\nARGUMENTS": the meaning of a header value is a text, and encoding this text gives
 * a value with the same meaning. The value matches an argument only if they are equal. */
#include "fuzz.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "era/header_value.h"
#include "registry/registry.h"

#define ROOM 65536

/* The other encoding of a text must have the same meaning. */
static void
check_round_trip(const struct buf *text)
{
	struct buf encoded, again;

	buf_init(&encoded, ROOM * 2);
	buf_init(&again, ROOM);
	buf_puts(&encoded, "=?base64?");
	buf_base64(&encoded, text->data, text->len);
	buf_puts(&encoded, "?=");
	PROMISE(header_decode(encoded.data, &again));
	PROMISE(again.len == text->len && memcmp(again.data, text->data, text->len) == 0);
	buf_fini(&encoded);
	buf_fini(&again);
}

static void
check_integer(const char *value)
{
	char plain[32];
	int64_t number, again;

	if (!header_integer(value, &number))
		return;
	PROMISE(number < (int64_t)1 << 53 && number > -((int64_t)1 << 53));
	snprintf(plain, sizeof(plain), "%" PRId64, number);
	PROMISE(header_integer(plain, &again) && again == number);
}

static void
check_arguments(const char *value, const struct buf *text, const char *json, size_t len)
{
	char name[] = "a", *path[] = { name, NULL };
	struct param_header param = { .name = name, .path = path };
	struct json_object *arguments = json_parse(json, len, &json_inbound, NULL, NULL);
	struct json_object *argument = json_get(arguments, "a");

	for (int type = PARAM_STRING; type <= PARAM_BOOLEAN; type++) {
		bool same;

		param.type = type;
		same = header_matches(&param, arguments, value);
		PROMISE(same || argument != NULL);
		PROMISE(!header_matches(&param, arguments, NULL) || argument == NULL);
		if (same && type == PARAM_STRING && json_object_is_type(argument, json_type_string))
			PROMISE((size_t)json_object_get_string_len(argument) == text->len);
	}
	json_object_put(arguments);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *newline = len == 0 ? NULL : memchr(data, '\n', len);
	size_t value_len = newline == NULL ? len : (size_t)(newline - data);
	char *value = xstrndup((const char *)data, value_len);
	struct buf text;

	buf_init(&text, ROOM);
	if (strlen(value) < ROOM && header_decode(value, &text)) {
		PROMISE(utf8_valid(text.data, text.len));
		check_round_trip(&text);
	}
	check_integer(value);
	if (newline != NULL)
		check_arguments(value, &text, (const char *)newline + 1, len - value_len - 1);
	buf_fini(&text);
	free(value);
	return 0;
}
