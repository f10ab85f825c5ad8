/* SPDX-License-Identifier: Apache-2.0 */
/* Checks for quotes, line ends, placeholders, and characters that a credential cannot have. */
#include "upstream/secret.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "config/reference.h"

#define WORDY_MAX 63 /* a longer text is random, and could contain any word by chance */

static bool
one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* Recognises "${NAME}", "$NAME", "%NAME%", "{{name}}", "<name>": a variable that was not
 * replaced. */
static bool
is_variable(const char *value, size_t len)
{
	if (value[0] == '$')
		return value[1] == '{' || value[1] == '(' || (value[1] >= 'A' && value[1] <= 'Z');
	return len >= 3 && ((value[0] == '%' && value[len - 1] == '%') ||
			    (value[0] == '<' && value[len - 1] == '>') ||
			    (value[0] == '{' && value[len - 1] == '}') ||
			    (value[0] == '[' && value[len - 1] == ']'));
}

/* Recognises "your-token", "dapiXXXXXXXX", "***", "changeme": values that examples and documents
 * use. */
static bool
is_example(const char *value, size_t len)
{
	static const char *const words[] = { "your-",	   "your_",	  "yourtoken",
					     "<your",	   "changeme",	  "change-me",
					     "change_me",  "replace-me",  "replaceme",
					     "replace_me", "placeholder", "token-here",
					     "token_here", "tokenhere",	  "databricks_token",
					     "redacted",   "..." };
	const char *rest = strncasecmp(value, "dapi", 4) == 0 ? value + 4 : value;

	if (len > WORDY_MAX)
		return false;
	if (strspn(rest, "xX*.-_") == strlen(rest))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasestr(value, words[i]) != NULL)
			return true;
	}
	return false;
}

static const char *
placeholder(const char *value, size_t len, enum secret_form form)
{
	if (is_variable(value, len) || (form == SECRET_TOKEN && strstr(value, "${") != NULL))
		return "is a placeholder that was not replaced (for example ${NAME} or "
		       "<your-token>), not the value itself";
	if ((form == SECRET_TOKEN || form == SECRET_OPAQUE) && is_example(value, len))
		return "is a placeholder from an example, not a real secret";
	return NULL;
}

static bool
token_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       one_of(c, "-._~+/=");
}

/* A quote at the beginning or the end is never part of a credential. */
static bool
is_quoted(const char *value, size_t len, enum secret_form form)
{
	bool first = one_of(value[0], "\"'`"), last = one_of(value[len - 1], "\"'`");

	if (form == SECRET_TOKEN || form == SECRET_OPAQUE)
		return first || last;
	return form == SECRET_HEADER && len > 1 && first && value[0] == value[len - 1];
}

static const char *
characters(const char *value, enum secret_form form)
{
	for (const char *p = value; *p != '\0'; p++) {
		if ((*p & 0x80) == 0 && (*p < ' ' || *p == 0x7f))
			return "contains a control character or a line end; remove it";
		if (form == SECRET_PASSWORD)
			continue;
		if ((*p & 0x80) != 0)
			return "contains a character outside ASCII, which is not valid in a "
			       "header";
		if (*p == ' ' && (form != SECRET_HEADER || p == value || p[1] == '\0'))
			return "contains white space; remove it";
		if (form == SECRET_TOKEN && !token_character(*p))
			return "has a character that is not valid in a token";
	}
	return NULL;
}

const char *
secret_fault(const char *value, enum secret_form form)
{
	size_t len = strlen(value);
	const char *fault;

	if (len == 0)
		return "is empty";
	if (one_of(value[len - 1], "\r\n"))
		return "ends with a line end; remove it";
	if (is_quoted(value, len, form))
		return "is in quotes; remove the quotes";
	fault = placeholder(value, len, form);
	return fault != NULL ? fault : characters(value, form);
}

char *
secret_read(const char *reference, enum secret_form form, char *why, size_t why_size)
{
	char *secret = reference_read(reference, why, why_size);
	const char *fault = secret != NULL ? secret_fault(secret, form) : NULL;

	if (fault == NULL)
		return secret;
	snprintf(why, why_size, "the value of %s %s", reference, fault);
	secret_free(secret);
	return NULL;
}
