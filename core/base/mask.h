/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values that must never be shown again, in logs or results. Any thread.
 *
 * There are four kinds. They differ in the texts in which they are masked, and in the values
 * that can replace them:
 * - the host's own credentials: masked everywhere, never replaced;
 * - credentials that were the host's: masked everywhere, the latest MASK_VALUES_MAX;
 * - values that somebody gave or requested as a secret: masked everywhere, the latest
 *   MASK_VALUES_MAX;
 * - values that a plugin wants masked: in the answers and logs of that plugin only, the latest
 *   MASK_VALUES_MAX.
 *
 * A value is also found with JSON escapes, percent-encoded, with the entities of web pages, in
 * base64 or in hexadecimal (from eight bytes on), and with other white space (from twelve bytes
 * on). Values of less than four bytes are ignored, because masking them would destroy every
 * text. So are values beyond MASK_BYTES_MAX. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_MASK_H
#define CORE_BASE_MASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MASK_VALUES_MAX 256u	    /* number of values of one plugin, and of given values */
#define MASK_BYTES_MAX (256u << 10) /* bytes of these values together */
#define MASK_TEXT_MAX (1u << 30)    /* longer texts are hidden completely */

/* A credential of the host. A service may still send back a credential that was replaced, so after
 * mask_unpin() it is masked until enough other ones were replaced. */
void mask_pin(const char *value, size_t len);
void mask_unpin(const char *text, size_t len);
/* The same for a credential that is used only once, such as a signed assertion. */
void mask_once(const char *value, size_t len);
/* Masks a secret that was given or requested. */
void mask_add(const char *value, size_t len);
/* Masks a value for the plugin with the name `scope`. `writer` (any number except 0; 0: none)
 * identifies a source in another process whose own answer may still show the value;
 * mask_settle(writer) ends that. `scope` NULL: like mask_add(). */
void mask_add_in(const char *scope, const char *value, size_t len, uint64_t writer);
void mask_settle(uint64_t writer);

/* From now on this thread reads or writes texts of this plugin; NULL: of no plugin. Returns the
 * previous plugin. */
const char *mask_enter(const char *scope);
/* Until mask_cut_texts(false) this thread reads texts that another process has cut. In such texts
 * the first eight or more bytes of a value are also found at the cut, as they are before an
 * ellipsis in every text. */
void mask_cut_texts(bool cut);

/* The number of bytes, without white space, that a value masked in the texts of this thread can
 * need in its longest spelling. Code that searches only a part of a text must search this many
 * bytes after the shown part. 0: no value is masked. */
size_t mask_reach(void);

/* A new text when something was masked, else NULL. */
char *mask_apply(const char *text, size_t len, size_t *out_len);
/* The same for a text that is kept, in the log, the audit log or a trace. It may contain secrets
 * whose values the host does not know. So texts with the form of a secret are masked too
 * (base/mask_shape.h). */
char *mask_record(const char *text, size_t len, size_t *out_len);
/* False: mask_record() finds nothing in this text. */
bool mask_record_needed(const char *text, size_t len);

#endif
