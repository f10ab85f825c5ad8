/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of strings, the nearest word, and reading of small text files. */
#include "config/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define WORD_MAX 64 /* longer words are not compared */

static void
append(struct strings *list, char *text)
{
	list->item = xrealloc(list->item, (list->count + 1) * sizeof(*list->item));
	list->item[list->count++] = text;
}

void
strings_add(struct strings *list, const char *text)
{
	append(list, xstrdup(text));
}

void
strings_vprintf(struct strings *list, const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		abort();
	append(list, text);
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

/* Levenshtein's distance. */
static size_t
distance(const char *a, const char *b)
{
	size_t n = strlen(b), row[WORD_MAX + 1];

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 0; a[i] != '\0'; i++) {
		size_t corner = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < n; j++) {
			size_t change = corner + (a[i] != b[j]);

			corner = row[j + 1];
			row[j + 1] = row[j + 1] < row[j] ? row[j + 1] + 1 : row[j] + 1;
			if (change < row[j + 1])
				row[j + 1] = change;
		}
	}
	return row[n];
}

const char *
nearest_word(const struct strings *known, const char *word)
{
	const char *best = NULL;
	size_t least = strlen(word) > 8 ? 4 : 3; /* so far, or farther, is another word */

	for (size_t i = 0; i < known->count && strlen(word) <= WORD_MAX; i++) {
		size_t d =
		    strlen(known->item[i]) <= WORD_MAX ? distance(word, known->item[i]) : least;

		if (d < least && d < strlen(word)) {
			least = d;
			best = known->item[i];
		}
	}
	return best;
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
		snprintf(why, why_size, "%s has a NUL byte in it", path);
		secret_free(text);
		return NULL;
	}
	return text;
}
