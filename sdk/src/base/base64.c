/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 with padding, and base64url without. Decoding is strict, so that a sequence of bytes has
 * only one spelling: no white space, no missing or extra padding, no bits that are not used. */
#include "base/base64.h"

#include <string.h>

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void
encode(struct buf *buf, const unsigned char *in, size_t len, const char *alphabet, bool pad)
{
	char out[1024];
	size_t n = 0;

	for (; len >= 3; in += 3, len -= 3) {
		out[n++] = alphabet[in[0] >> 2];
		out[n++] = alphabet[(in[0] & 3) << 4 | in[1] >> 4];
		out[n++] = alphabet[(in[1] & 15) << 2 | in[2] >> 6];
		out[n++] = alphabet[in[2] & 63];
		if (n == sizeof(out)) {
			buf_add(buf, out, n);
			n = 0;
		}
	}
	if (len > 0) { /* this fits: sizeof(out) is a multiple of 4, and n is less */
		unsigned second = len == 2 ? in[1] : 0;

		out[n++] = alphabet[in[0] >> 2];
		out[n++] = alphabet[(in[0] & 3u) << 4 | second >> 4];
		if (len == 2)
			out[n++] = alphabet[(second & 15) << 2];
		for (size_t i = len; pad && i < 3; i++)
			out[n++] = '=';
	}
	buf_add(buf, out, n);
}

void
buf_base64(struct buf *buf, const void *data, size_t len)
{
	encode(buf, data, len, standard, true);
}

void
buf_base64url(struct buf *buf, const void *data, size_t len)
{
	encode(buf, data, len, url_digits, false);
}

int
base64_digit(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

/* `last` has the digits 62 and 63. NULL: the digits of both alphabets are accepted, and unused bits
 * are ignored. */
static bool
decode_text(const char *text, size_t len, const char *last, unsigned char *out, size_t *out_len)
{
	size_t n = 0;
	/* `held` is the number of bits in `bits` that are not written yet */
	unsigned bits = 0, held = 0;

	if (len % 4 == 1)
		return false;
	for (size_t i = 0; i < len; i++) {
		int value = base64_digit((unsigned char)text[i]);

		if (value < 0 || (value >= 62 && last != NULL && text[i] != last[value - 62]))
			return false;
		bits = (bits << 6 | (unsigned)value) & 0xFFF;
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[n++] = (unsigned char)(bits >> held);
		}
	}
	if (last != NULL && (bits & ((1u << held) - 1)) != 0)
		return false; /* refused: another spelling of the same bytes */
	*out_len = n;
	return true;
}

static size_t
without_padding(const char *text, size_t len)
{
	for (int pad = 0; pad < 2 && len > 0 && text[len - 1] == '='; pad++)
		len--;
	return len;
}

bool
base64_decode(const char *text, size_t len, unsigned char *out, size_t *out_len)
{
	if (len % 4 != 0)
		return false;
	return decode_text(text, without_padding(text, len), "+/", out, out_len);
}

bool
base64url_decode(const char *text, size_t len, unsigned char *out, size_t *out_len)
{
	return decode_text(text, len, "-_", out, out_len);
}

bool
base64_decode_any(const char *text, size_t len, unsigned char *out, size_t *out_len)
{
	return decode_text(text, without_padding(text, len), NULL, out, out_len);
}
