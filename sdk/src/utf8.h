/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8, one character at a time. */
#ifndef LAKEHOST_SDK_UTF8_H
#define LAKEHOST_SDK_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length of the UTF-8 sequence at `text`. A negative result is the number of bytes that are
 * invalid together (the maximal subpart of Unicode 3.9, which one U+FFFD replaces). 0 when len is
 * 0. */
int utf8_step(const char *text, size_t len);
bool utf8_valid(const char *text, size_t len);
/* Writes one character, at most four bytes. Returns the number of bytes. */
size_t utf8_put(char *out, uint32_t c);

#endif
