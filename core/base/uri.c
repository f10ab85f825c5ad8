/* SPDX-License-Identifier: Apache-2.0 */
/* Percent-encoding and paths. The templates are in uri_template.c. */
#include "base/uri.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/hex.h"
#include "template.h"

/* The byte of the escape after '%', or -1. */
static int
escape_value(const char *p, size_t left)
{
	int high, low;

	if (left < 2)
		return -1;
	high = hex_digit((unsigned char)p[0]);
	low = hex_digit((unsigned char)p[1]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

bool
uri_decode(const char *text, size_t len, struct buf *out)
{
	size_t before = out->len;

	for (size_t i = 0; i < len; i++) {
		int c = (unsigned char)text[i];

		if (c == '%') {
			c = escape_value(text + i + 1, len - i - 1);
			i += 2;
		}
		if (c <= 0) {
			buf_cut(out, before);
			return false;
		}
		buf_putc(out, (char)c);
	}
	return buf_ok(out);
}

static void
uri_put(void *data, const char *text, size_t len)
{
	buf_add(data, text, len);
}

void
uri_encode(struct buf *out, const char *text, size_t len)
{
	template_encode(text, len, uri_put, out);
}

/* Reads a dot, also when it is percent-encoded. Returns the end, or NULL when there is none. */
static const char *
skip_dot(const char *p)
{
	if (*p == '.')
		return p + 1;
	return p[0] == '%' && escape_value(p + 1, strnlen(p + 1, 2)) == '.' ? p + 3 : NULL;
}

static const char *
skip_slash(const char *p)
{
	if (*p == '/')
		return p + 1;
	return p[0] == '%' && escape_value(p + 1, strnlen(p + 1, 2)) == '/' ? p + 3 : NULL;
}

/* Does a "." or ".." segment begin here? An encoded slash also separates segments, because some
 * servers decode first. */
static bool
dot_segment(const char *p)
{
	const char *behind = skip_dot(p);

	if (behind == NULL)
		return false;
	p = skip_dot(behind);
	if (p != NULL)
		behind = p;
	return *behind == '\0' || skip_slash(behind) != NULL;
}

const char *
uri_path_check(const char *path)
{
	if (path[0] != '/')
		return "a path must begin with /";
	for (const char *p = path; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;
		const char *segment = skip_slash(p);

		if (c <= ' ' || c >= 0x7F || strchr("?#\\", c) != NULL)
			return "a path must be percent-encoded and have no query";
		if (c == '%') {
			int value = escape_value(p + 1, strnlen(p + 1, 2));

			if (value <= 0)
				return value < 0 ? "a percent escape is not valid"
						 : "the path contains NUL (U+0000)";
		}
		if (c == '/' && (*segment == '/' || *segment == '\0'))
			return "the path has an empty segment";
		if (segment != NULL && dot_segment(segment))
			return "the path has a segment \".\" or \"..\"";
	}
	return NULL;
}
