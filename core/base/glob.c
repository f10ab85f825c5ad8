/* SPDX-License-Identifier: Apache-2.0 */
#include "base/glob.h"

static char
small(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* After a mismatch only the last star can take one more byte, so nothing is tried twice. */
static bool
matches(const char *pattern, const char *text, size_t len, bool any_case)
{
	const char *p = pattern, *star = NULL;
	size_t at = 0, retry = 0;

	while (at < len) {
		if (*p == '*') {
			star = p++;
			retry = at;
		} else if (*p != '\0' &&
			   (*p == text[at] || (any_case && small(*p) == small(text[at])))) {
			p++;
			at++;
		} else if (star != NULL) {
			p = star + 1;
			at = ++retry;
		} else {
			return false;
		}
	}
	while (*p == '*')
		p++;
	return *p == '\0';
}

bool
glob_matches(const char *pattern, const char *text, size_t len)
{
	return matches(pattern, text, len, false);
}

bool
glob_matches_any_case(const char *pattern, const char *text, size_t len)
{
	return matches(pattern, text, len, true);
}
