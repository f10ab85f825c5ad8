/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte buffer with a hard cap, and JSON string writing. */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define ROOM_MIN 64

char buf_nothing[1];

void
buf_init(struct buf *buf, size_t cap)
{
	*buf = (struct buf){ .data = buf_nothing, .cap = cap };
}

void
buf_init_keeping(struct buf *buf, size_t cap)
{
	buf_init(buf, cap);
	buf->keeps = true;
}

static void
release(struct buf *buf)
{
	if (buf->room > 0)
		free(buf->data);
	buf->data = buf_nothing;
	buf->len = buf->room = 0;
}

void
buf_fini(struct buf *buf)
{
	release(buf);
	buf->full = false;
}

void
buf_fill(struct buf *buf)
{
	buf->full = true;
	if (!buf->keeps)
		release(buf);
}

static bool
fill(struct buf *buf)
{
	buf_fill(buf);
	return false;
}

void
buf_reset(struct buf *buf)
{
	buf->len = 0;
	buf->full = false;
	if (buf->room > 0)
		buf->data[0] = '\0';
}

/* Makes room for `more` bytes and the NUL after them. */
static bool
grow(struct buf *buf, size_t more)
{
	size_t room = buf->room < ROOM_MIN ? ROOM_MIN : buf->room;
	size_t need;
	char *data;

	if (buf->full)
		return false;
	if (more > buf->cap - buf->len)
		return fill(buf);
	need = buf->len + more + 1;
	if (need <= buf->room)
		return true;
	while (room < need)
		room = room > SIZE_MAX / 2 ? need : room * 2;
	if (room - 1 > buf->cap)
		room = buf->cap + 1;
	data = realloc(buf->room > 0 ? buf->data : NULL, room);
	if (data == NULL)
		return fill(buf);
	buf->data = data;
	buf->room = room;
	return true;
}

void
buf_add(struct buf *buf, const void *data, size_t len)
{
	if (len == 0 || !grow(buf, len))
		return;
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

char *
buf_space(struct buf *buf, size_t len)
{
	return grow(buf, len) ? buf->data + buf->len : NULL;
}

void
buf_came(struct buf *buf, size_t len)
{
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void
buf_puts(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void
buf_putc(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

void
buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_vprintf(buf, format, args);
	va_end(args);
}

void
buf_vprintf(struct buf *buf, const char *format, va_list args)
{
	size_t left = buf->room > buf->len ? buf->room - buf->len : 0;
	va_list again;
	int len;

	if (buf->full)
		return;
	va_copy(again, args);
	len = vsnprintf(left > 0 ? buf->data + buf->len : NULL, left, format, args);
	if (len > 0 && (size_t)len >= left) {
		if (left > 0)
			buf->data[buf->len] = '\0';
		if (grow(buf, (size_t)len))
			vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
		else
			len = 0;
	}
	va_end(again);
	if (len < 0)
		buf_fill(buf);
	else
		buf->len += (size_t)len;
}

void
buf_cut(struct buf *buf, size_t len)
{
	if (len >= buf->len)
		return;
	buf->len = len;
	buf->data[len] = '\0';
}

void
buf_rewind(struct buf *buf, size_t len)
{
	buf_cut(buf, len);
	buf->full = false;
}

void
buf_drop(struct buf *buf, size_t len)
{
	if (len == 0)
		return;
	if (len > buf->len)
		len = buf->len;
	if (buf->room == 0)
		return;
	memmove(buf->data, buf->data + len, buf->len - len + 1);
	buf->len -= len;
}

char *
buf_take(struct buf *buf, size_t *len)
{
	char *data = NULL;

	if (buf->full)
		release(buf);
	else
		data = buf->room > 0 ? buf->data : xcalloc(1, 1);
	if (len != NULL)
		*len = buf->len;
	buf->data = buf_nothing;
	buf->len = buf->room = 0;
	buf->full = false;
	return data;
}

static void
add_escaped(struct buf *buf, unsigned char c)
{
	static const char names[] = "\"\\bfnrt", values[] = "\"\\\b\f\n\r\t";
	const char *value = c == 0 ? NULL : strchr(values, c);

	if (value == NULL) {
		buf_printf(buf, "\\u%04x", c);
	} else {
		char pair[2] = { '\\', names[value - values] };

		buf_add(buf, pair, sizeof(pair));
	}
}

void
buf_json_inside(struct buf *buf, const char *text, size_t len)
{
	size_t i = 0, run = 0; /* text[run..i) can be copied unchanged */

	while (!buf->full) {
		int step;

		i += json_plain_run(text + i, len - i);
		if (i == len)
			break;
		step = utf8_step(text + i, len - i);
		if (step > 1) {
			i += (size_t)step;
			continue;
		}
		buf_add(buf, text + run, i - run);
		if (step == 1)
			add_escaped(buf, (unsigned char)text[i++]);
		else
			buf_add(buf, "\xEF\xBF\xBD", 3);
		if (step < 0)
			i += (size_t)-step;
		run = i;
	}
	buf_add(buf, text + run, i - run);
}

void
buf_json(struct buf *buf, const char *text, size_t len)
{
	if (text == NULL) {
		buf_add(buf, "null", 4);
		return;
	}
	buf_putc(buf, '"');
	buf_json_inside(buf, text, len);
	buf_putc(buf, '"');
}

void
buf_json_str(struct buf *buf, const char *text)
{
	buf_json(buf, text, text == NULL ? 0 : strlen(text));
}
