/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the parts that text of others must not contain: terminal sequences (ECMA-48), control
 * characters, the bidirectional controls of Unicode TR 9, and tag characters and runs of variation
 * selectors, which can hide instructions. The host uses this file too when it prepares text. */
#include "unit.h"

/* Skips a control sequence (CSI): parameters, then one final byte. `i` is after the characters that
 * introduce it. */
static size_t
csi_end(const char *text, size_t len, size_t i)
{
	while (i < len && text[i] >= 0x20 && text[i] < 0x40)
		i++;
	return i < len && text[i] >= 0x40 && text[i] < 0x7F ? i + 1 : i;
}

/* Skips a control string. It ends with BEL or ST, and at the latest at the end of the line or at
 * another sequence. */
static size_t
string_end(const char *text, size_t len, size_t i)
{
	while (i < len && text[i] != '\a' && text[i] != '\n' && text[i] != '\r' &&
	       text[i] != '\x1b')
		i++;
	if (i + 1 < len && text[i] == '\x1b' && text[i + 1] == '\\')
		return i + 2;
	return i < len && text[i] == '\a' ? i + 1 : i;
}

/* The length of the terminal sequence that begins with the ESC at `text`. */
static size_t
escape_sequence(const char *text, size_t len)
{
	if (len < 2)
		return len;
	switch (text[1]) {
	case '[': return csi_end(text, len, 2);
	case ']':
	case 'P':
	case 'X':
	case '^':
	case '_': return string_end(text, len, 2);
	default: return (unsigned char)text[1] < 0x80 && text[1] >= 0x20 ? 2 : 1;
	}
}

/* Recognises characters of two bytes: C1 controls, ARABIC LETTER MARK. */
static size_t
two_bytes(const unsigned char *s, const char *text, size_t len, enum unit *kind)
{
	if (s[0] == 0xD8)
		return s[1] == 0x9C ? 2 : 0;
	if (s[1] < 0x80 || s[1] > 0x9F)
		return 0;
	switch (s[1]) {
	case 0x85: *kind = UNIT_BREAK; return 2; /* NEL */
	case 0x9B: return csi_end(text, len, 2);
	case 0x90: /* the sequences DCS, SOS, OSC, PM and APC */
	case 0x98:
	case 0x9D:
	case 0x9E:
	case 0x9F: return string_end(text, len, 2);
	default: return 2;
	}
}

/* The length of the variation selector at `s` (U+FE00 to U+FE0F, U+E0100 to U+E01EF), or 0. */
static size_t
selector(const unsigned char *s, size_t len)
{
	if (len >= 3 && s[0] == 0xEF && s[1] == 0xB8)
		return s[2] >= 0x80 && s[2] <= 0x8F ? 3 : 0;
	if (len >= 4 && s[0] == 0xF3 && s[1] == 0xA0)
		return s[2] >= 0x84 && s[2] <= 0x87 && (s[2] < 0x87 || s[3] <= 0xAF) ? 4 : 0;
	return 0;
}

/* One selector belongs to the character before it. Several selectors in a row have no use in a
 * text: each of them can encode a byte, so together they can hide a message. Only the last one is
 * kept. */
static size_t
selector_in_row(const unsigned char *s, size_t len)
{
	size_t n = selector(s, len);

	return n > 0 && selector(s + n, len - n) > 0 ? n : 0;
}

/* Recognises line separators, direction marks, embeddings and isolates, interlinear annotation, and
 * tags. */
static size_t
more_bytes(const unsigned char *s, size_t len, enum unit *kind)
{
	if (selector_in_row(s, len) > 0)
		return selector(s, len);
	if (s[0] == 0xF3)
		return len >= 4 && s[1] == 0xA0 && (s[2] == 0x80 || s[2] == 0x81) ? 4 : 0;
	if (s[0] == 0xEF)
		return s[1] == 0xBF && s[2] >= 0xB9 && s[2] <= 0xBB ? 3 : 0;
	if (s[1] == 0x81)
		return s[2] >= 0xA6 && s[2] <= 0xA9 ? 3 : 0;
	if (s[1] != 0x80)
		return 0;
	if (s[2] == 0xA8 || s[2] == 0xA9) {
		*kind = UNIT_BREAK;
		return 3;
	}
	return s[2] == 0x8E || s[2] == 0x8F || (s[2] >= 0xAA && s[2] <= 0xAE) ? 3 : 0;
}

size_t
unit_special(const char *text, size_t len, enum unit *kind)
{
	const unsigned char *s = (const unsigned char *)text;

	*kind = UNIT_HIDDEN;
	if (len == 0)
		return 0;
	if (s[0] < 0x20 || s[0] == 0x7F) {
		if (s[0] == '\t' || (s[0] >= '\n' && s[0] <= '\r'))
			*kind = s[0] == '\t' ? UNIT_TAB : UNIT_BREAK;
		if (s[0] == '\x1b')
			return escape_sequence(text, len);
		return s[0] == '\r' && len > 1 && s[1] == '\n' ? 2 : 1;
	}
	if ((s[0] == 0xC2 || s[0] == 0xD8) && len >= 2)
		return two_bytes(s, text, len, kind);
	if ((s[0] == 0xE2 || s[0] == 0xEF || s[0] == 0xF3) && len >= 3)
		return more_bytes(s, len, kind);
	return 0;
}
