/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of strings, the most similar word, and reading small text files. */
#include "config/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/nearest.h"

void
strings_take(struct strings *list, char *text)
{
	list->item = xrealloc(list->item, (list->count + 1) * sizeof(*list->item));
	list->item[list->count++] = text;
}

void
strings_add(struct strings *list, const char *text)
{
	strings_take(list, xstrdup(text));
}

void
strings_vprintf(struct strings *list, const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		memory_gone();
	text_to_line(text);
	strings_take(list, text);
}

void
strings_copy(struct strings *list, const struct strings *from)
{
	for (size_t i = 0; i < from->count; i++)
		strings_add(list, from->item[i]);
}

void
strings_printf(struct strings *list, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	strings_vprintf(list, format, args);
	va_end(args);
}

void
text_to_line(char *text)
{
	for (unsigned char *at = (unsigned char *)text; *at != '\0'; at++) {
		if (at[0] == 0xC2 && at[1] >= 0x80 && at[1] <= 0x9F)
			*at++ = ' ', *at = ' ';
		else if (*at < ' ' || *at == 0x7F)
			*at = ' ';
	}
}

bool
strings_have(const struct strings *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->item[i], text) == 0)
			return true;
	}
	return false;
}

void
strings_fini(struct strings *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->item[i]);
	free(list->item);
	*list = (struct strings){ 0 };
}

void
strings_wipe(struct strings *list)
{
	for (size_t i = 0; i < list->count; i++)
		explicit_bzero(list->item[i], strlen(list->item[i]));
	strings_fini(list);
}

const char *
nearest_word(const struct strings *known, const char *word)
{
	return nearest_name(word, (const char *const *)known->item, known->count);
}

static char *
read_all(int fd, size_t size, size_t *len)
{
	char *text = xmalloc(size + 1);
	size_t n = 0;

	while (n < size) {
		ssize_t got = read(fd, text + n, size - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	text[n] = '\0';
	*len = n;
	return text;
}

char *
text_read(const char *path, size_t max, size_t *len, struct stat *status, char *why,
	  size_t why_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat own;
	char *text;

	if (status == NULL)
		status = &own;
	if (fd < 0 || fstat(fd, status) != 0) {
		snprintf(why, why_size, "cannot read %s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	*why = '\0';
	if (!S_ISREG(status->st_mode))
		snprintf(why, why_size, "%s is not a regular file", path);
	else if ((unsigned long long)status->st_size > max)
		snprintf(why, why_size, "%s is larger than %zu bytes", path, max);
	if (*why != '\0') {
		close(fd);
		return NULL;
	}
	text = read_all(fd, (size_t)status->st_size, len);
	close(fd);
	if (strlen(text) != *len) {
		snprintf(why, why_size, "%s contains a NUL byte", path);
		secret_free(text);
		return NULL;
	}
	return text;
}
