/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of strings and small text files for the configuration. */
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

void strings_add(struct strings *list, const char *text);	     /* copies */
void strings_take(struct strings *list, char *text);		     /* adds it, and owns it */
void strings_copy(struct strings *list, const struct strings *from); /* adds all of them */
/* Adds one line to a list. Line ends and control characters in the text become spaces. */
void strings_vprintf(struct strings *list, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
/* The same with its arguments. */
void strings_printf(struct strings *list, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Replaces control characters (C0, C1) by spaces, so that a terminal shows one line. */
void text_to_line(char *text);
bool strings_have(const struct strings *list, const char *text);
void strings_fini(struct strings *list);
/* Like strings_fini(), for secrets: the memory is overwritten first. */
void strings_wipe(struct strings *list);

/* The known word most similar to `word`, or NULL when none is similar enough. */
const char *nearest_word(const struct strings *known, const char *word);

/* Reads a whole regular file of at most `max` bytes without NUL; for secret_free(). `status` may be
 * NULL. NULL with `why`. */
char *text_read(const char *path, size_t max, size_t *len, struct stat *status, char *why,
		size_t why_size);

#endif
