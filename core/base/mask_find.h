/* SPDX-License-Identifier: Apache-2.0 */
/* Searches many values in one pass over a text (Aho and Corasick, 1975). The time depends only on
 * the length of the text, not on the values. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_MASK_FIND_H
#define CORE_BASE_MASK_FIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct finder;

struct finder *finder_new(void);
void finder_free(struct finder *finder); /* overwrites it first */
void finder_add(struct finder *finder, const char *value, size_t len);
/* Call this after the last value was added and before the first search. */
void finder_build(struct finder *finder);

/* Calls `fn` at the end of each value, with the longest one that ends there, until it returns
 * false. */
void finder_scan(const struct finder *finder, const unsigned char *text, size_t len,
		 bool (*fn)(void *data, size_t end, size_t len), void *data);
/* The same search byte by byte. State 0 is the beginning of a text. */
uint32_t finder_step(const struct finder *finder, uint32_t state, unsigned char c);
/* The number of bytes of a value that have been read in this state. */
uint32_t finder_begun(const struct finder *finder, uint32_t state);

#endif
