/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values that must never be shown again, in logs or results. Any thread.
 *
 * There are three kinds. They differ in where they are masked, and in which other values can
 * replace them:
 * - the host's own credentials: masked everywhere, never replaced;
 * - values that somebody gave or requested as a secret: masked everywhere, the latest
 *   MASK_VALUES_MAX;
 * - values that a plugin wants masked: in the answers and logs of that plugin only, the latest
 *   MASK_VALUES_MAX.
 *
 * A value is also found with JSON escapes, percent-encoded, with the entities of web pages, in
 * base64 or in hexadecimal (from eight bytes on), and with other white space (from twelve bytes
 * on). Values of less than four bytes are ignored, because masking them would destroy every text.
 * So are values beyond MASK_BYTES_MAX.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_MASK_H
#define CORE_BASE_MASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MASK_VALUES_MAX 256u	    /* values of one plugin, and of all given values */
#define MASK_BYTES_MAX (256u << 10) /* of these values together */
#define MASK_TEXT_MAX (1u << 30)    /* longer texts are hidden completely */

/* A credential of the host. After a replacement it may still be echoed: unpinned, it is kept like a
 * given value. */
void mask_pin(const char *value, size_t len);
void mask_unpin(const char *text, size_t len);
/* A secret that was given or requested. */
void mask_add(const char *value, size_t len);
/* For the plugin of this name. `writer` (any number but 0; 0: none) is the source in another
 * process, whose own answer may still show the value; mask_settle(writer) ends that. `scope` NULL:
 * as mask_add(). */
void mask_add_in(const char *scope, const char *value, size_t len, uint64_t writer);
void mask_settle(uint64_t writer);

/* From now on this thread reads or writes texts of this plugin; NULL: of none. Returns the previous
 * one. */
const char *mask_enter(const char *scope);
/* Until mask_cut_texts(false) this thread reads texts that another process has cut. There the first
 * eight or more bytes of a value are found too, as they are before any ellipsis. */
void mask_cut_texts(bool cut);

/* The number of bytes, without white space, that a value masked in the texts of this thread can
 * need in its longest spelling. Code that searches only a part of a text must search this many
 * bytes after the shown part. 0: no value is masked. */
size_t mask_reach(void);

/* A new text when something was masked, else NULL. */
char *mask_apply(const char *text, size_t len, size_t *out_len);

#endif
