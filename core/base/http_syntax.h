/* SPDX-License-Identifier: Apache-2.0 */
/* The syntax of HTTP: characters of tokens, methods, traceparent. No state, any thread. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_HTTP_SYNTAX_H
#define CORE_BASE_HTTP_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* RFC 9110, section 5.6.2: methods and names of headers are tokens. */
static inline bool
http_token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", (unsigned char)c) != NULL);
}
bool http_token(const char *text); /* Is the text a token of at least one character? */

/* Is it a method that a plugin may send to an upstream? The method must be in upper case; the text
 * need not end in NUL. */
bool http_method(const char *text, size_t len);

/* W3C Trace Context: version 00, with a trace id and a parent id that are not all zeros. NULL is
 * not valid. */
bool traceparent_valid(const char *text);

#endif
