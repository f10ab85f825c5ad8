/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of strings and small text files, as the configuration needs them. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CONFIG_TEXT_H
#define CORE_CONFIG_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"

struct stat;

void strings_add(struct strings *list, const char *text); /* copies */
/* Adds one line: what came from elsewhere brings no line end and no control into it. */
void strings_vprintf(struct strings *list, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
/* Blanks for controls (C0, C1), so that a terminal shows it as one line. */
void text_to_line(char *text);
bool strings_have(const struct strings *list, const char *text);
void strings_fini(struct strings *list);
void strings_wipe(struct strings *list); /* strings_fini() for secrets */

/* The known word nearest to `word`, or NULL when none is near enough to be meant. */
const char *nearest_word(const struct strings *known, const char *word);

/* A whole regular file of at most `max` bytes without NUL, for secret_free(). `status` may be NULL.
 * NULL with `why`. */
char *text_read(const char *path, size_t max, size_t *len, struct stat *status, char *why,
		size_t why_size);

#endif
