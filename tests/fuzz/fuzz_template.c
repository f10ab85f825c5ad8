/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes templates: the first line is the template, the rest is the value of each variable. No
 * value can change other parts of the URL. */
#include "fuzz.h"

#include <json-c/json.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/uri.h"
#include "template.h"

#define ROOM 4096u
#define SAFE "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%"

static void
put_into(void *data, const char *text, size_t len)
{
	buf_add(data, text, len);
}

/* Expands the template with `value` for each variable. NULL when it was refused. */
static char *
expand(const char *pattern, const char *value, size_t len, struct buf *out)
{
	struct json_object *values = json_object_new_object();
	struct template_fault fault = { 0 };
	struct template_part part;
	const char *at = pattern, *why;
	bool ok;

	while (template_next(&at, &part, &why)) {
		const char *name, *p = part.text, *end = part.text + part.len;

		while (part.op != 'l' && p < end) {
			size_t name_len = template_name(&p, end, &name);
			char *key = xstrndup(name, name_len);

			json_object_object_add(values, key,
					       json_object_new_string_len(value, (int)len));
			free(key);
		}
	}
	ok = template_expand(pattern, values, put_into, out, &fault);
	json_object_put(values);
	PROMISE(ok || (fault.what != NULL && fault.name != NULL));
	return ok ? out->data : NULL;
}

static size_t
count(const char *text, size_t len, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == c;
	return n;
}

static bool
has_op(const char *pattern, const char *ops)
{
	struct template_part part;
	const char *why;

	while (template_next(&pattern, &part, &why))
		if (strchr(ops, part.op) != NULL && part.op != '\0')
			return true;
	return false;
}

/* Compared with a plain value, another value changes neither the number of segments nor that of
 * pairs. */
static void
check(const char *pattern, const char *value, size_t len)
{
	struct buf out, plain, slash;
	const char *text, *usual;
	bool apart; /* no literal text beside a variable is a part of a segment of dots */

	buf_init(&out, 64 * ROOM);
	buf_init(&plain, 64 * ROOM);
	buf_init(&slash, 64 * ROOM);
	text = expand(pattern, value, len, &out);
	usual = expand(pattern, "v", 1, &plain);
	PROMISE(usual != NULL);
	apart = !has_op(pattern, "+") && expand(pattern, "/", 1, &slash) != NULL;
	if (apart) {
		buf_cut(&slash, strcspn(slash.data, "?"));
		apart = uri_path_check(slash.data) == NULL;
	}
	if (text != NULL) {
		size_t path = strcspn(text, "?"), usual_path = strcspn(usual, "?");

		PROMISE(strlen(text) == out.len);
		PROMISE(strspn(text, SAFE "/:?#[]@!$&'()*+,;={") == out.len);
		if (!has_op(pattern, "+"))
			PROMISE(count(text, path, '/') == count(usual, usual_path, '/'));
		PROMISE(count(text, out.len, '?') == count(usual, plain.len, '?'));
		PROMISE(count(text, out.len, '&') == count(usual, plain.len, '&'));
		PROMISE(count(text, out.len, '#') == count(usual, plain.len, '#'));
		out.data[path] = '\0';
		plain.data[usual_path] = '\0';
		PROMISE(!apart || uri_path_check(out.data) == NULL);
	}
	buf_fini(&out);
	buf_fini(&plain);
	buf_fini(&slash);
}

/* The decoder must reverse the encoder. */
static void
check_encoding(const char *text, size_t len)
{
	struct buf coded, decoded;

	buf_init(&coded, 3 * len + 1);
	buf_init(&decoded, len + 1);
	template_encode(text, len, put_into, &coded);
	PROMISE(strspn(coded.data, SAFE) == coded.len);
	if (memchr(text, '\0', len) == NULL) {
		PROMISE(uri_decode(coded.data, coded.len, &decoded));
		PROMISE(decoded.len == len && memcmp(decoded.data, text, len) == 0);
	}
	buf_fini(&coded);
	buf_fini(&decoded);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *line = memchr(data, '\n', len);
	char *pattern;
	size_t pattern_len;

	if (line == NULL || len >= ROOM)
		return 0;
	pattern_len = (size_t)(line - (const char *)data);
	pattern = xstrndup((const char *)data, pattern_len);
	check_encoding(line + 1, len - pattern_len - 1);
	if (strlen(pattern) == pattern_len && uri_template_check(pattern) == NULL)
		check(pattern, line + 1, len - pattern_len - 1);
	free(pattern);
	return 0;
}
