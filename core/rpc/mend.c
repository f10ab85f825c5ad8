/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/mend.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"

#define ESCAPE 6u /* "\ud83d" */

size_t
mend_mark(const char *text, size_t len)
{
	return len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

/* The UTF-16 code unit of the escape at `at`; -1 when there is no escape. */
static long
unit_at(const char *at, const char *end)
{
	long unit = 0;

	if ((size_t)(end - at) < ESCAPE || at[0] != '\\' || at[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++) {
		int digit = hex_digit((unsigned char)at[i]);

		if (digit < 0)
			return -1;
		unit = unit * 16 + digit;
	}
	return unit;
}

/* The next lone surrogate from `at` on. `at` must not be within an escape. */
static const char *
find_lone(const char *at, const char *end)
{
	while ((at = memchr(at, '\\', (size_t)(end - at))) != NULL) {
		long unit = unit_at(at, end);

		if (unit < 0)
			at += end - at > 1 ? 2 : 1;
		else if (unit >= 0xD800 && unit < 0xDC00 && unit_at(at + ESCAPE, end) >= 0xDC00 &&
			 unit_at(at + ESCAPE, end) < 0xE000)
			at += 2 * ESCAPE;
		else if (unit >= 0xD800 && unit < 0xE000)
			return at;
		else
			at += ESCAPE;
	}
	return NULL;
}

char *
mend_surrogates(const char *text, size_t len)
{
	const char *end = text + len, *lone = find_lone(text, end);
	char *copy;

	if (lone == NULL)
		return NULL;
	copy = malloc(len + 1);
	if (copy == NULL)
		return NULL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	for (; lone != NULL; lone = find_lone(lone + ESCAPE, end))
		memcpy(copy + (lone - text), "\\ufffd", ESCAPE);
	return copy;
}
