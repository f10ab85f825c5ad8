/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte buffer with a hard cap. After an append that exceeds the cap, every append does
 * nothing and buf_ok() is false, so callers can append many times and check once. The content
 * always ends with a NUL. A full buffer becomes empty and cannot be taken, so that an incomplete
 * text is never used. */
#ifndef LAKEHOST_SDK_BASE_BUF_H
#define LAKEHOST_SDK_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plain.h"
#include "utf8.h"

struct buf {
	char *data; /* never NULL after buf_init() */
	size_t len, room, cap;
	bool full;  /* an append has exceeded the cap */
	bool keeps; /* a full buffer keeps the content that fitted */
};

void buf_init(struct buf *buf, size_t cap);
/* Initialises a buffer where it is declared. */
#define BUF(limit)                                   \
	{                                            \
		.data = buf_nothing, .cap = (limit), \
	}
extern char buf_nothing[1]; /* the data of an empty buffer; never written */
/* For texts that may be cut, and for writers that go back with buf_rewind(): an append that does
 * not fit is left out, and the earlier content stays. */
void buf_init_keeping(struct buf *buf, size_t cap);
void buf_fini(struct buf *buf);
void buf_fill(struct buf *buf);	 /* makes the buffer full, as an append does that exceeds the cap */
void buf_reset(struct buf *buf); /* makes the buffer empty and usable again; keeps its memory */
static inline bool
buf_ok(const struct buf *buf)
{
	return !buf->full;
}
void buf_add(struct buf *buf, const void *data, size_t len);
/* Where the next `len` bytes can be written, or NULL when the buffer is full. The pointer is valid
 * until the next append; buf_came() says how many bytes were written there. */
char *buf_space(struct buf *buf, size_t len);
void buf_came(struct buf *buf, size_t len);
void buf_puts(struct buf *buf, const char *text);
void buf_putc(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *buf, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
/* Appends a JSON string with quotes; invalid UTF-8 becomes U+FFFD. `text` NULL appends null. */
void buf_json(struct buf *buf, const char *text, size_t len);
void buf_json_str(struct buf *buf, const char *text);
/* Appends only the inside of a JSON string, without quotes. */
void buf_json_inside(struct buf *buf, const char *text, size_t len);
void buf_cut(struct buf *buf, size_t len); /* shorten */
/* shortens the content and makes the buffer usable again */
void buf_rewind(struct buf *buf, size_t len);
void buf_drop(struct buf *buf, size_t len); /* removes bytes from the front */
/* Gives the memory to the caller, for free(); the buffer is empty afterwards. NULL, with `len` 0,
 * when it is full. */
char *buf_take(struct buf *buf, size_t *len) __attribute__((warn_unused_result));

#endif
