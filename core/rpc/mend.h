/* SPDX-License-Identifier: Apache-2.0 */
/* Repairs input of clients that is not quite valid JSON but has only one possible meaning. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_RPC_MEND_H
#define CORE_RPC_MEND_H

#include <stddef.h>

/* The length of a byte order mark at the front (RFC 8259, 8.1: a parser may ignore it). */
size_t mend_mark(const char *text, size_t len);
/* Replaces lone surrogates. Half of a surrogate pair, written as an escape, is not a character, but
 * programs that cut texts between UTF-16 units send it. Returns NULL when there is none, else a
 * copy of the text (free()) in which each such escape is U+FFFD. Lengths and positions do not
 * change. */
char *mend_surrogates(const char *text, size_t len);

#endif
