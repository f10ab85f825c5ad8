/* SPDX-License-Identifier: Apache-2.0 */
#include "plain.h"

#include <stdint.h>
#include <string.h>

size_t
json_plain_run(const char *text, size_t len)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
	uint64_t word, quote, slash, special;
	size_t i = 0;

	for (; len - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, text + i, sizeof(word));
		quote = word ^ ones * '"';
		slash = word ^ ones * '\\';
		special = (word | (word - ones * 0x20) | (quote - ones) | (slash - ones)) & highs;
		/* A subtraction borrows only from higher bytes, so the lowest mark is right. On
		 * little-endian machines the lowest byte is the first one in memory. */
		if (special == 0)
			continue;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		return i + (size_t)__builtin_ctzll(special) / 8;
#else
		break;
#endif
	}
	while (i < len && (unsigned char)text[i] >= 0x20 && (unsigned char)text[i] < 0x80 &&
	       text[i] != '"' && text[i] != '\\')
		i++;
	return i;
}
