/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the lines of the log. log_sink.c writes them. */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log_sink.h"

#define VALUE_MAX_BYTES 1024
#define END_RESERVE 32 /* for `,"truncated":true}` and the newline */
#define MESSAGE_MAX 65536

static const char *const level_names[] = { "debug", "info", "notice", "warning", "error" };

static _Atomic enum log_level threshold = LOG_INFO;
static atomic_bool as_text;

void
log_init(enum log_level level, bool text)
{
	atomic_store(&threshold, level);
	atomic_store(&as_text, text);
}

bool
log_enabled(enum log_level level)
{
	return level >= atomic_load(&threshold) && level < LOG_OFF;
}

bool
log_level_parse(const char *name, enum log_level *level)
{
	static const struct {
		const char *name;
		enum log_level level;
	} others[] = { { "warn", LOG_WARNING },
		       { "critical", LOG_ERROR },
		       { "fatal", LOG_ERROR },
		       { "trace", LOG_DEBUG } };

	for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
		if (strcasecmp(name, level_names[i]) == 0) {
			*level = (enum log_level)i;
			return true;
		}
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strcasecmp(name, others[i].name) == 0) {
			*level = others[i].level;
			return true;
		}
	}
	return false;
}

/* The inside of a JSON string that is also safe on a terminal. Besides the characters that JSON
 * requires, DEL, the C1 controls and the marks that reverse the order of text are escaped. */
static void
add_inside(struct buf *out, const char *text, size_t len)
{
	size_t run = 0;

	for (size_t i = 0; i < len;) {
		const unsigned char *s = (const unsigned char *)text + i;
		int step = utf8_step(text + i, len - i);
		unsigned code = 0;

		if (step == 1 && s[0] == 0x7F)
			code = 0x7F;
		else if (step == 2 && s[0] == 0xC2 && s[1] < 0xA0)
			code = s[1];
		else if (step == 3 && s[0] == 0xE2 &&
			 ((s[1] == 0x80 && s[2] >= 0xA8 && s[2] <= 0xAE) ||
			  (s[1] == 0x81 && s[2] >= 0xA6 && s[2] <= 0xA9)))
			code = 0x2000u + ((s[1] & 0x3Fu) << 6) + (s[2] & 0x3Fu);
		if (code > 0) {
			buf_json_inside(out, text + run, i - run);
			buf_printf(out, "\\u%04x", code);
			run = i + (size_t)step;
		}
		i += (size_t)abs(step);
	}
	buf_json_inside(out, text + run, len - run);
}

/* ---- a line -------------------------------------------------------------------------------- */

/* One JSON object, or for a terminal "stamp level event key=value …". It has no memory of its own:
 * most lines are written while a call ends. */
struct line {
	bool text;
	bool full; /* something did not fit */
	size_t len, cap;
	char bytes[LOG_LINE_MAX];
};

static void
put_bytes(struct line *line, const char *bytes, size_t len)
{
	if (line->full || len > line->cap - line->len) {
		line->full = true;
		return;
	}
	memcpy(line->bytes + line->len, bytes, len);
	line->len += len;
}

static void
put_word(struct line *line, const char *word)
{
	put_bytes(line, word, strlen(word));
}

static void
put_escaped(struct line *line, const char *text, size_t len)
{
	struct buf buf;

	if (json_plain_run(text, len) == len && memchr(text, 0x7F, len) == NULL) {
		put_bytes(line, text, len);
		return;
	}
	buf_init(&buf, LOG_LINE_MAX);
	add_inside(&buf, text, len);
	if (buf_ok(&buf))
		put_bytes(line, buf.data, buf.len);
	else
		line->full = true;
	buf_fini(&buf);
}

/* Masks before it shortens, so that no part of a secret remains. */
static void
put_text(struct line *line, const char *text, size_t len)
{
	char *masked = mask_record(text, len, &len);
	const char *shown = masked != NULL ? masked : text;

	if (len <= VALUE_MAX_BYTES) {
		put_escaped(line, shown, len);
	} else {
		size_t cut = VALUE_MAX_BYTES;

		while (cut > 0 && ((unsigned char)shown[cut] & 0xC0) == 0x80)
			cut--;
		put_escaped(line, shown, cut);
		put_word(line, "\xE2\x80\xA6");
	}
	free(masked);
}

static bool
is_word(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || strchr("\"\\=", *p) != NULL)
			return false;
	return *text != '\0';
}

static void
put_string(struct line *line, const char *value, size_t len, bool plain)
{
	bool quotes = !line->text || !is_word(value);

	if (quotes)
		put_bytes(line, "\"", 1);
	if (plain)
		put_bytes(line, value, len);
	else
		put_text(line, value, len);
	if (quotes)
		put_bytes(line, "\"", 1);
}

static void
put_key(struct line *line, const char *key)
{
	if (line->text) {
		put_bytes(line, " ", 1);
		put_word(line, key);
		put_bytes(line, "=", 1);
	} else {
		put_bytes(line, ",\"", 2);
		put_word(line, key);
		put_bytes(line, "\":", 2);
	}
}

static void
put_number(struct line *line, int64_t number)
{
	char digits[24];
	size_t at = sizeof(digits);
	uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

	do
		digits[--at] = (char)('0' + left % 10);
	while ((left /= 10) > 0);
	if (number < 0)
		digits[--at] = '-';
	put_bytes(line, digits + at, sizeof(digits) - at);
}

static void
put_boolean(struct line *line, bool value)
{
	put_word(line, value ? "true" : "false");
}

/* Adds one field whose type letter was read; the value is the next argument. */
static void
put_field(struct line *line, const char *key, char type, va_list *args)
{
	bool is_text = type == 's' || type == 'w';
	const char *string = is_text ? va_arg(*args, const char *) : NULL;

	CHECK(is_text || type == 'i' || type == 'b'); /* the rest could not be read */
	if (is_text && string == NULL)
		return;
	put_key(line, key);
	if (is_text)
		put_string(line, string, strlen(string), type == 'w');
	else if (type == 'i')
		put_number(line, va_arg(*args, int64_t));
	else
		put_boolean(line, va_arg(*args, int) != 0);
}

/* False, with nothing added, when the line has no room for it. */
static bool
field_fits(struct line *line, const char *key, char type, va_list *args)
{
	size_t len = line->len;

	put_field(line, key, type, args);
	if (!line->full)
		return true;
	line->full = false;
	line->len = len;
	return false;
}

/* The second is written out once, as long as it lasts. */
static void
put_stamp(struct line *line, int64_t now)
{
	static _Thread_local char day[32];
	static _Thread_local time_t day_second = -1;
	time_t second = (time_t)(now / 1000);
	int ms = (int)(now % 1000);
	struct tm tm;

	if (second != day_second) {
		gmtime_r(&second, &tm);
		strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S.", &tm);
		day_second = second;
	}
	put_word(line, day);
	put_bytes(line,
		  (char[]){ (char)('0' + ms / 100), (char)('0' + ms / 10 % 10),
			    (char)('0' + ms % 10), 'Z' },
		  4);
}

static void
begin_line(struct line *line, enum log_level level)
{
	line->text = atomic_load(&as_text);
	line->full = false;
	line->len = 0;
	line->cap = LOG_LINE_MAX - END_RESERVE;
	if (!line->text)
		put_word(line, "{\"ts\":\"");
	put_stamp(line, clock_wall_ms());
	put_word(line, line->text ? " " : "\",\"level\":\"");
	put_word(line, level_names[level]);
	if (line->text)
		put_bytes(line, "        ", 8 - strlen(level_names[level]));
	else
		put_bytes(line, "\"", 1);
}

/* The name stands without a key in a text. */
static void
begin_event(struct line *line, const char *event)
{
	if (!line->text)
		put_key(line, "event");
	put_string(line, event, strlen(event), true);
}

static void
end_line(struct line *line, bool truncated)
{
	line->cap = LOG_LINE_MAX;
	if (truncated) {
		put_key(line, "truncated");
		put_boolean(line, true);
	}
	put_word(line, line->text ? "\n" : "}\n");
}

size_t
log_lost_line(char line_bytes[LOG_LINE_MAX], uint64_t lost_lines)
{
	struct line line;

	begin_line(&line, LOG_WARNING);
	begin_event(&line, "log_lost");
	put_key(&line, "lines");
	put_number(&line, (int64_t)lost_lines);
	end_line(&line, false);
	memcpy(line_bytes, line.bytes, line.len);
	return line.len;
}

/* ---- for the callers ------------------------------------------------------------------------ */

void
log_event(enum log_level level, const char *event, ...)
{
	bool fits = true;
	struct line line;
	va_list args;
	const char *key;

	if (!log_enabled(level))
		return;
	begin_line(&line, level);
	begin_event(&line, event);
	va_start(args, event);
	while (fits && (key = va_arg(args, const char *)) != NULL) {
		const char *type = va_arg(args, const char *);

		fits = field_fits(&line, key, type[0], &args);
	}
	va_end(args);
	end_line(&line, !fits);
	log_sink_add(line.bytes, line.len);
}

/* Text follows the level; in JSON it is a member. */
static void
put_message(struct line *line, const char *message, size_t len)
{
	if (line->text) {
		put_text(line, message, len);
	} else {
		put_key(line, "message");
		put_string(line, message, len, false);
	}
}

void
log_line(enum log_level level, const char *format, ...)
{
	struct buf message;
	struct line line;
	va_list args;

	if (!log_enabled(level))
		return;
	buf_init(&message, MESSAGE_MAX);
	va_start(args, format);
	buf_vprintf(&message, format, args);
	va_end(args);
	if (!buf_ok(&message)) {
		buf_reset(&message);
		buf_puts(&message, "(a message too long to show)");
	}
	begin_line(&line, level);
	put_message(&line, message.data, message.len);
	end_line(&line, false);
	log_sink_add(line.bytes, line.len);
	buf_fini(&message);
}

void
log_last(const char *format, ...)
{
	char message[VALUE_MAX_BYTES];
	struct line line;
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	begin_line(&line, LOG_ERROR);
	if (line.text) {
		put_word(&line, message);
	} else {
		put_key(&line, "message");
		put_bytes(&line, "\"", 1);
		put_escaped(&line, message, strlen(message));
		put_bytes(&line, "\"", 1);
	}
	end_line(&line, false);
	log_sink_last(line.bytes, line.len);
}
