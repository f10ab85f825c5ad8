/* SPDX-License-Identifier: Apache-2.0 */
#include "base/http_syntax.h"

#define LOWER_HEX "0123456789abcdef"

bool
http_token(const char *text)
{
	size_t len = 0;

	while (http_token_char(text[len]))
		len++;
	return len > 0 && text[len] == '\0';
}

bool
http_method(const char *text, size_t len)
{
	static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE" };

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strlen(methods[i]) == len && memcmp(methods[i], text, len) == 0)
			return true;
	return false;
}

/* Reads `n` hexadecimal digits, which must not all be zero unless `zero` is set. Returns the text
 * after them, or NULL. */
static const char *
skip_digits(const char *text, size_t digits, bool zero)
{
	if (text == NULL || strspn(text, LOWER_HEX) != digits)
		return NULL;
	return zero || strspn(text, "0") < digits ? text + digits : NULL;
}

static const char *
skip_dash(const char *text)
{
	return text != NULL && *text == '-' ? text + 1 : NULL;
}

bool
traceparent_valid(const char *text)
{
	if (text == NULL || strncmp(text, "00-", 3) != 0)
		return false;
	text = skip_dash(skip_digits(text + 3, 32, false));
	text = skip_dash(skip_digits(text, 16, false));
	text = skip_digits(text, 2, true);
	return text != NULL && *text == '\0';
}
