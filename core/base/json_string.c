/* SPDX-License-Identifier: Apache-2.0 */
/* JSON strings: valid UTF-8, the escapes of RFC 8259 §7, surrogates only in pairs. */
#include "base/json_string.h"

#include <string.h>

#include "base/buf.h"
#include "base/hex.h"

/* The four hex digits at `p`, or -1. */
static long
hex4(const char *p, const char *end)
{
	long value = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit((unsigned char)p[i]);

		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

/* Decodes the escape at `p`, after its backslash, into `out` , which must have room for 4 bytes.
 * Returns the bytes read, or 0 with `why`. */
static size_t
unescape(const char *p, const char *end, char *out, size_t *out_len, const char **why)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	const char *name;
	long c, low;

	*why = "bad escape";
	if (p == end || *p == '\0')
		return 0;
	if (*p != 'u') {
		name = strchr(names, *p);
		if (name == NULL)
			return 0;
		out[0] = values[name - names];
		*out_len = 1;
		return 1;
	}
	c = hex4(p + 1, end);
	if (c < 0)
		return 0;
	*why = "lone surrogate";
	if (c < 0xD800 || c > 0xDFFF) {
		*out_len = utf8_put(out, (uint32_t)c);
		return 5;
	}
	if (c > 0xDBFF || end - p < 7 || p[5] != '\\' || p[6] != 'u')
		return 0;
	low = hex4(p + 7, end);
	if (low < 0xDC00 || low > 0xDFFF)
		return 0;
	*out_len = utf8_put(out, (uint32_t)(0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00)));
	return 11;
}

const char *
json_string_end(const char *p, const char *end, bool *escaped, const char **why, const char **at)
{
	char out[4];
	size_t out_len, read;

	*escaped = false;
	for (p++;;) {
		int step;

		p += json_plain_run(p, (size_t)(end - p));
		if (p < end && *p == '"')
			return p + 1;
		*at = p;
		if (p < end && *p == '\\') {
			read = unescape(p + 1, end, out, &out_len, why);
			if (read == 0)
				return NULL;
			*escaped = true;
			p += 1 + read;
			continue;
		}
		*why = p == end ? "unfinished string" : "a string contains a control character";
		if (p == end || (unsigned char)*p < 0x20)
			return NULL;
		*why = "invalid UTF-8";
		step = utf8_step(p, (size_t)(end - p));
		if (step < 0)
			return NULL;
		p += step;
	}
}

size_t
json_string_decode(const char *raw, size_t len, char *out)
{
	const char *p = raw, *end = raw + len, *escape, *why;
	size_t n = 0, part = 0;

	while (p < end) {
		escape = memchr(p, '\\', (size_t)(end - p));
		part = (size_t)((escape != NULL ? escape : end) - p);
		memmove(out + n, p, part);
		n += part;
		p += part;
		if (p == end)
			break;
		p += 1 + unescape(p + 1, end, out + n, &part, &why);
		n += part;
	}
	return n;
}
