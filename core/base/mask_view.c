/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mask_view.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/base64.h"
#include "base/hex.h"
#include "base/mem.h"

#define ENTITY_MAX 9 /* largest number of characters between &# and the end */
#define HEX_MIN 16   /* digits: eight bytes */
/* least number of characters: eight bytes in base64; words are hardly ever that long */
#define RUN_MIN 11

struct view
view_of(const char *text, size_t len)
{
	return (struct view){ .byte = (unsigned char *)(uintptr_t)text, .len = len };
}

static struct view
view_new(size_t room, bool places)
{
	return (struct view){ .byte = xmalloc(room),
			      .from = places ? xmalloc(room * sizeof(uint32_t)) : NULL,
			      .to = places ? xmalloc(room * sizeof(uint32_t)) : NULL };
}

void
view_fini(struct view *view)
{
	free(view->byte);
	free(view->from);
	free(view->to);
}

static uint32_t
from_of(const struct view *view, size_t i)
{
	return view->from != NULL ? view->from[i] : (uint32_t)i;
}

static uint32_t
to_of(const struct view *view, size_t i)
{
	return view->to != NULL ? view->to[i] : (uint32_t)i + 1;
}

/* Appends one byte that replaces in->byte[i..i + n). */
static void
put(struct view *out, unsigned char c, const struct view *in, size_t i, size_t n)
{
	out->byte[out->len] = c;
	if (out->from != NULL) {
		out->from[out->len] = from_of(in, i);
		out->to[out->len] = to_of(in, i + n - 1);
	}
	out->len++;
}

/* `n` hex digits at i, or -1. */
static long
hex_at(const struct view *in, size_t i, size_t n)
{
	long value = 0;

	if (in->len - i < n)
		return -1;
	for (size_t k = 0; k < n; k++) {
		int digit = hex_digit(in->byte[i + k]);

		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

/* &#100; &#x64; &amp; and similar entities of web pages. Returns the bytes read, or 0. */
static size_t
entity_at(const struct view *in, size_t i, uint32_t *c)
{
	static const struct {
		const char *name;
		char c;
	} names[] = {
		{ "amp;", '&' }, { "lt;", '<' }, { "gt;", '>' }, { "quot;", '"' }, { "apos;", '\'' }
	};
	const char *at = (const char *)in->byte + i + 1;
	size_t left = in->len - i - 1, n;
	char digits[ENTITY_MAX + 1] = "", *end;

	for (n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		size_t len = strlen(names[n].name);

		if (left >= len && memcmp(at, names[n].name, len) == 0) {
			*c = (unsigned char)names[n].c;
			return 1 + len;
		}
	}
	if (left < 3 || at[0] != '#')
		return 0;
	memcpy(digits, at + 1, left - 1 < ENTITY_MAX ? left - 1 : ENTITY_MAX);
	n = digits[0] == 'x' || digits[0] == 'X';
	if (hex_digit((unsigned char)digits[n]) < 0)
		return 0;
	*c = (uint32_t)strtoul(digits + n, &end, n == 1 ? 16 : 10);
	if (*end != ';' || *c == 0 || *c > 0x10FFFF || (*c >= 0xD800 && *c <= 0xDFFF))
		return 0;
	return 2 + (size_t)(end - digits) + 1;
}

static bool
escape_at(const struct view *view, size_t i)
{
	uint32_t c;

	if (view->byte[i] == '\\')
		return i + 1 < view->len;
	if (view->byte[i] == '&')
		return entity_at(view, i, &c) > 0;
	return view->byte[i] == '%' && hex_at(view, i + 1, 2) >= 0;
}

bool
view_has_escapes(const struct view *view)
{
	for (size_t i = 0; i < view->len; i++)
		if (escape_at(view, i))
			return true;
	return false;
}

static size_t
put_entity(struct view *out, const struct view *in, size_t i)
{
	uint32_t c = 0;
	size_t n = entity_at(in, i, &c), len;
	char bytes[4];

	len = utf8_put(bytes, c);
	for (size_t k = 0; k < len; k++)
		put(out, (unsigned char)bytes[k], in, i, n);
	return n;
}

/* \u0041, with its second half when it is the first of a pair. Returns the bytes read. */
static size_t
put_unicode(struct view *out, const struct view *in, size_t i)
{
	long c = hex_at(in, i + 2, 4), low;
	size_t n = 6, len;
	char bytes[4];

	if (c < 0)
		return 0;
	if (c >= 0xD800 && c <= 0xDBFF && in->len - i >= 12 && in->byte[i + 6] == '\\' &&
	    in->byte[i + 7] == 'u' && (low = hex_at(in, i + 8, 4)) >= 0xDC00 && low <= 0xDFFF) {
		c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
		n = 12;
	}
	len = utf8_put(bytes, (uint32_t)c);
	for (size_t k = 0; k < len; k++)
		put(out, (unsigned char)bytes[k], in, i, n);
	return n;
}

/* Decodes the escape at i. Returns the number of bytes read. */
static size_t
put_escape(struct view *out, const struct view *in, size_t i)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	unsigned char c = in->byte[i + 1];
	const char *name;
	size_t n;

	if (in->byte[i] == '&')
		return put_entity(out, in, i);
	if (in->byte[i] == '%') {
		put(out, (unsigned char)hex_at(in, i + 1, 2), in, i, 3);
		return 3;
	}
	if (c == 'u' && (n = put_unicode(out, in, i)) > 0)
		return n;
	name = c != '\0' ? strchr(names, c) : NULL;
	if (name != NULL) {
		put(out, (unsigned char)values[name - names], in, i, 2);
		return 2;
	}
	put(out, in->byte[i], in, i, 1);
	return 1;
}

struct view
view_decoded(const struct view *view, bool places)
{
	struct view out = view_new(view->len + 4, places);

	for (size_t i = 0; i < view->len;) {
		if (escape_at(view, i)) {
			i += put_escape(&out, view, i);
		} else {
			put(&out, view->byte[i], view, i, 1);
			i++;
		}
	}
	return out;
}

static bool
is_blank(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct view
view_squeezed(const struct view *view, bool places)
{
	struct view out = view_new(view->len + 1, places);

	for (size_t i = 0; i < view->len; i++)
		if (!is_blank(view->byte[i]))
			put(&out, view->byte[i], view, i, 1);
	return out;
}

/* ---- base64 --------------------------------------------------------------------------------- */

/* Decodes the characters of `run`, beginning with the one at `first`. */
static void
decode(const struct view *run, size_t first, struct view *out)
{
	uint32_t bits = 0;
	unsigned held = 0;

	out->len = 0;
	for (size_t i = first; i < run->len; i++) {
		bits = bits << 6 | (uint32_t)base64_digit(run->byte[i]);
		held += 6;
		if (held < 8)
			continue;
		held -= 8;
		put(out, (unsigned char)(bits >> held & 0xFF), run, i - 1, 2);
	}
}

/* Copies the run at `i` to `run`; returns its end. */
static size_t
read_run(const struct view *whole, size_t i, struct view *run)
{
	run->len = 0;
	for (; i < whole->len; i++) {
		unsigned char c = whole->byte[i];

		if (base64_digit(c) >= 0)
			put(run, c, whole, i, 1);
		else if (c != '\n' && c != '\r')
			break;
	}
	return i;
}

void
view_base64(const char *text, size_t len, bool places,
	    void (*fn)(void *data, const struct view *view), void *data)
{
	struct view whole = view_of(text, len), run, decoded;

	if (len < RUN_MIN)
		return;
	run = view_new(len, places);
	decoded = view_new(len, places);
	for (size_t i = 0; i < len; i++) {
		i = read_run(&whole, i, &run);
		for (size_t first = 0; first < 4 && run.len >= RUN_MIN; first++) {
			decode(&run, first, &decoded);
			fn(data, &decoded);
		}
	}
	view_fini(&run);
	view_fini(&decoded);
}

/* ---- hexadecimal ---------------------------------------------------------------------------- */

void
view_hex(const char *text, size_t len, bool places, void (*fn)(void *data, const struct view *view),
	 void *data)
{
	struct view whole = view_of(text, len), decoded;
	size_t from, i = 0;

	if (len < HEX_MIN)
		return;
	decoded = view_new(len / 2 + 1, places);
	while (i < len) {
		for (from = i; i < len && hex_digit(whole.byte[i]) >= 0; i++)
			;
		for (size_t first = 0; first < 2 && i - from >= HEX_MIN; first++) {
			decoded.len = 0;
			for (size_t k = from + first; k + 1 < i; k += 2)
				put(&decoded, (unsigned char)hex_at(&whole, k, 2), &whole, k, 2);
			fn(data, &decoded);
		}
		i++;
	}
	view_fini(&decoded);
}
