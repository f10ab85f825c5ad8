/* SPDX-License-Identifier: Apache-2.0 */
/* Allocation that ends the program without memory, and wiping of secrets. */
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
or_abort(void *memory)
{
	if (memory == NULL)
		memory_gone();
	return memory;
}

void *
xmalloc(size_t size)
{
	return or_abort(malloc(size > 0 ? size : 1));
}

void *
xcalloc(size_t n, size_t size)
{
	return or_abort(calloc(n > 0 ? n : 1, size > 0 ? size : 1));
}

void *
xrealloc(void *old, size_t size)
{
	return or_abort(realloc(old, size > 0 ? size : 1));
}

char *
xstrdup(const char *text)
{
	return or_abort(strdup(text));
}

char *
xstrndup(const char *text, size_t len)
{
	char *copy = xmalloc(len + 1);

	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

void *
xmemdup(const void *data, size_t len)
{
	void *copy = xmalloc(len);

	if (len > 0)
		memcpy(copy, data, len);
	return copy;
}

char *
xprintf(const char *format, ...)
{
	char *text;
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	return or_abort(len < 0 ? NULL : text);
}

void
secret_free(char *text)
{
	if (text == NULL)
		return;
	explicit_bzero(text, strlen(text));
	free(text);
}
