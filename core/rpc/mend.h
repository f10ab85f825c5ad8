/* SPDX-License-Identifier: Apache-2.0 */
/* What real clients send that is not quite JSON, and can be understood without doubt. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_RPC_MEND_H
#define CORE_RPC_MEND_H

#include <stddef.h>

/* The bytes of a byte order mark at the front (RFC 8259, 8.1: a parser may ignore it). */
size_t mend_mark(const char *text, size_t len);
/* Half a surrogate pair, spelled as an escape, is no character; programs that cut texts by UTF-16
 * units send it. Returns NULL when there is none, else a copy of the text (free()) in which each
 * such escape is U+FFFD; all lengths and places stay as they are. */
char *mend_surrogates(const char *text, size_t len);

#endif
