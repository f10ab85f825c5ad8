/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes "TEMPLATE\nURI": a match has valid values and expands to a URI that matches again. */
#include "fuzz.h"

#include <json-c/json.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/uri.h"

#define ROOM 65536

static bool
has_dot_segment(const char *path)
{
	for (;;) {
		size_t len = strcspn(path, "/");

		if ((len == 1 || len == 2) && strspn(path, ".") == len)
			return true;
		path += len;
		if (*path++ == '\0')
			return false;
	}
}

static void
check_path(const char *path)
{
	struct buf decoded;

	if (uri_path_check(path) != NULL)
		return;
	PROMISE(path[0] == '/' && strpbrk(path, " ?#\\") == NULL);
	buf_init(&decoded, ROOM);
	PROMISE(uri_decode(path, strlen(path), &decoded) || !buf_ok(&decoded));
	PROMISE(!has_dot_segment(decoded.data));
	buf_fini(&decoded);
}

static void
check_codec(const char *text, size_t len)
{
	struct buf coded, decoded;

	buf_init(&coded, 3 * len + 1);
	buf_init(&decoded, len + 1);
	uri_encode(&coded, text, len);
	PROMISE(buf_ok(&coded));
	if (memchr(text, '\0', len) == NULL) {
		PROMISE(uri_decode(coded.data, coded.len, &decoded));
		PROMISE(decoded.len == len && memcmp(decoded.data, text, len) == 0);
	} else {
		PROMISE(!uri_decode(coded.data, coded.len, &decoded));
	}
	buf_fini(&coded);
	buf_fini(&decoded);
}

static void
check_variable(void *data, const char *name, size_t len, char op)
{
	char key[ROOM];
	struct json_object *value = NULL;

	PROMISE(len > 0 && len < sizeof(key));
	memcpy(key, name, len);
	key[len] = '\0';
	if (op == '?' || op == '&')
		return;
	PROMISE(json_object_object_get_ex(data, key, &value));
	PROMISE(json_object_get_string_len(value) > 0);
	PROMISE(op == '+' || strchr(json_object_get_string(value), '/') == NULL);
	PROMISE(!has_dot_segment(json_object_get_string(value)));
}

static void
check_template(const char *pattern, const char *uri)
{
	struct json_object *values, *again;
	char why[200] = "";
	struct buf out;

	if (uri_template_check(pattern) != NULL)
		return;
	values = uri_template_match(pattern, uri);
	if (values == NULL)
		return;
	uri_template_vars(pattern, check_variable, values);
	buf_init(&out, ROOM);
	if (uri_template_expand(pattern, values, &out, why, sizeof(why))) {
		again = uri_template_match(pattern, out.data);
		PROMISE(again != NULL || out.len > 300);
		json_object_put(again);
	} else {
		PROMISE(why[0] != '\0' && out.len == 0);
	}
	buf_fini(&out);
	json_object_put(values);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *pattern, *uri;

	if (len >= ROOM / 4)
		return 0;
	check_codec((const char *)data, len);
	pattern = xstrndup((const char *)data, len);
	check_path(pattern);
	uri = strchr(pattern, '\n');
	if (uri != NULL) {
		*uri++ = '\0';
		check_path(uri);
		check_template(pattern, uri);
	}
	free(pattern);
	return 0;
}
