/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte buffer with a hard cap. Sticky: after the cap is hit every append is a no-op and
 * buf_ok() is false, so callers append freely and ask once. Always NUL-terminated. A buffer that is
 * full holds nothing any more and cannot be taken, so that half a text is never used as a whole. */
#ifndef LAKEHOST_SDK_BASE_BUF_H
#define LAKEHOST_SDK_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utf8.h"

struct buf {
	char *data; /* never NULL after buf_init */
	size_t len, room, cap;
	bool full;  /* the cap was hit */
	bool keeps; /* what fitted before stays */
};

void buf_init(struct buf *buf, size_t cap);
/* The same where a variable is declared. */
#define BUF(limit)                                   \
	{                                            \
		.data = buf_nothing, .cap = (limit), \
	}
extern char buf_nothing[1]; /* what an empty buffer points to; never written */
/* For texts that may end early, and for writers that go back with buf_rewind(): an append that
 * does not fit is left out, what was there before stays. */
void buf_init_keeping(struct buf *buf, size_t cap);
void buf_fini(struct buf *buf);
void buf_fill(struct buf *buf);	 /* as an append does that is larger than the cap */
void buf_reset(struct buf *buf); /* empty and ok again; keeps the memory */
static inline bool
buf_ok(const struct buf *buf)
{
	return !buf->full;
}
void buf_add(struct buf *buf, const void *data, size_t len);
void buf_puts(struct buf *buf, const char *text);
void buf_putc(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *buf, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
/* A JSON string with quotes; invalid UTF-8 becomes U+FFFD. `text` NULL adds null. */
void buf_json(struct buf *buf, const char *text, size_t len);
void buf_json_str(struct buf *buf, const char *text);
/* Only the inside of a JSON string, without quotes. */
void buf_json_inside(struct buf *buf, const char *text, size_t len);
/* The length of the run at the front that a JSON string can contain unchanged: ASCII without
 * control characters, quote and backslash. */
size_t json_plain_run(const char *text, size_t len);
void buf_cut(struct buf *buf, size_t len);    /* shorten */
void buf_rewind(struct buf *buf, size_t len); /* shorten, and ok again */
void buf_drop(struct buf *buf, size_t len);   /* remove from the front */
/* Hands the memory over (free()); the buffer is empty again. NULL, with `len` 0, when it is
 * full. */
char *buf_take(struct buf *buf, size_t *len) __attribute__((warn_unused_result));

#endif
