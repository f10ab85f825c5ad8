/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log's output. A line is at most PIPE_BUF long and is written with one write(2), only when
 * stderr has room: a client that does not read stderr must not stop the host. Lost lines are
 * counted, and the next line that can be written reports their number.
 */
#include "base/log.h"

#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/json_write.h"

#define LINE_MAX_BYTES PIPE_BUF
#define VALUE_MAX_BYTES 1024
#define END_RESERVE 32 /* for `,"truncated":true}` and the newline */
#define MESSAGE_MAX 65536

static const char *const level_names[] = { "debug", "info", "notice", "warning", "error" };

static _Atomic enum log_level threshold = LOG_INFO;
static atomic_bool as_text;
static pthread_mutex_t sink_lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t lost; /* lines; under the lock */

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

/* Masks before it shortens, so that no part of a secret remains. */
static void
add_text(struct buf *out, const char *text, size_t len)
{
	char *masked = mask_apply(text, len, &len);
	const char *shown = masked != NULL ? masked : text;

	if (len <= VALUE_MAX_BYTES) {
		add_inside(out, shown, len);
	} else {
		size_t cut = VALUE_MAX_BYTES;

		while (cut > 0 && ((unsigned char)shown[cut] & 0xC0) == 0x80)
			cut--;
		add_inside(out, shown, cut);
		buf_puts(out, "\xE2\x80\xA6");
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

/* ---- a line -------------------------------------------------------------------------------- */

/* One JSON object, or for a terminal "stamp level event key=value …". */
struct line {
	bool text;
	struct buf buf;
	struct json json;
};

static void
add_string(struct line *line, const char *value, size_t len)
{
	bool quotes = line->text && !is_word(value);

	if (!line->text)
		json_open_string(&line->json);
	if (quotes)
		buf_putc(&line->buf, '"');
	add_text(&line->buf, value, len);
	if (quotes)
		buf_putc(&line->buf, '"');
	if (!line->text)
		json_close_string(&line->json);
}

static void
add_key(struct line *line, const char *key)
{
	if (line->text)
		buf_printf(&line->buf, " %s=", key);
	else
		json_member(&line->json, key);
}

static void
add_number(struct line *line, int64_t number)
{
	if (line->text)
		buf_printf(&line->buf, "%" PRId64, number);
	else
		json_number(&line->json, number);
}

static void
add_boolean(struct line *line, bool value)
{
	if (line->text)
		buf_puts(&line->buf, value ? "true" : "false");
	else
		json_boolean(&line->json, value);
}

/* Adds one field whose type letter was read; the value is the next argument. */
static void
add_field(struct line *line, const char *key, char type, va_list *args)
{
	const char *string = type == 's' ? va_arg(*args, const char *) : NULL;

	CHECK(type == 's' || type == 'i' || type == 'b'); /* the rest could not be read */
	if (type == 's' && string == NULL)
		return;
	add_key(line, key);
	if (type == 's')
		add_string(line, string, strlen(string));
	else if (type == 'i')
		add_number(line, va_arg(*args, int64_t));
	else
		add_boolean(line, va_arg(*args, int) != 0);
}

/* False, with nothing added, when the line has no room for it. */
static bool
field_fits(struct line *line, const char *key, char type, va_list *args)
{
	struct json_mark mark = json_here(&line->json);

	add_field(line, key, type, args);
	if (buf_ok(&line->buf))
		return true;
	json_back(&line->json, &mark);
	return false;
}

static void
begin_line(struct line *line, enum log_level level)
{
	int64_t now = clock_wall_ms();
	time_t seconds = (time_t)(now / 1000);
	struct tm tm;
	char day[32], stamp[48];

	gmtime_r(&seconds, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(stamp, sizeof(stamp), "%s.%03dZ", day, (int)(now % 1000));
	line->text = atomic_load(&as_text);
	buf_init_keeping(&line->buf, LINE_MAX_BYTES - END_RESERVE);
	json_start(&line->json, &line->buf);
	if (line->text) {
		buf_printf(&line->buf, "%s %-7s ", stamp, level_names[level]);
		return;
	}
	json_begin(&line->json, '{');
	json_string(json_member(&line->json, "ts"), stamp);
	json_string(json_member(&line->json, "level"), level_names[level]);
}

/* Text follows the level; for JSON it is the member `key`. */
static void
begin_event(struct line *line, const char *key)
{
	if (!line->text)
		json_member(&line->json, key);
}

static void
end_line(struct line *line, bool truncated)
{
	line->buf.cap = LINE_MAX_BYTES;
	if (truncated) {
		add_key(line, "truncated");
		add_boolean(line, true);
	}
	if (!line->text)
		json_end(&line->json);
	buf_putc(&line->buf, '\n');
}

/* ---- the sink ------------------------------------------------------------------------------ */

static bool
has_room(void)
{
	struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLOUT };

	return poll(&fd, 1, 0) == 1 && (fd.revents & (POLLOUT | POLLERR)) == POLLOUT;
}

static bool
write_line(const struct line *line)
{
	return has_room() &&
	       write(STDERR_FILENO, line->buf.data, line->buf.len) == (ssize_t)line->buf.len;
}

/* Reports how many lines were lost, if any; false when that cannot be written either. */
static bool
write_lost(void)
{
	struct line line;

	if (lost == 0)
		return true;
	begin_line(&line, LOG_WARNING);
	begin_event(&line, "event");
	add_string(&line, "log_lost", strlen("log_lost"));
	add_key(&line, "lines");
	add_number(&line, (int64_t)lost);
	end_line(&line, false);
	if (write_line(&line))
		lost = 0;
	buf_fini(&line.buf);
	return lost == 0;
}

static void
send_line(struct line *line, bool truncated)
{
	end_line(line, truncated);
	pthread_mutex_lock(&sink_lock);
	if (!write_lost() || !write_line(line))
		lost++;
	pthread_mutex_unlock(&sink_lock);
	buf_fini(&line->buf);
}

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
	begin_event(&line, "event");
	add_string(&line, event, strlen(event));
	va_start(args, event);
	while (fits && (key = va_arg(args, const char *)) != NULL) {
		const char *type = va_arg(args, const char *);

		fits = field_fits(&line, key, type[0], &args);
	}
	va_end(args);
	send_line(&line, !fits);
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
	begin_event(&line, "message");
	if (line.text)
		add_text(&line.buf, message.data, message.len);
	else
		add_string(&line, message.data, message.len);
	send_line(&line, false);
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
	begin_event(&line, "message");
	if (line.text)
		buf_puts(&line.buf, message);
	else
		json_string(&line.json, message);
	end_line(&line, false);
	/* a lock that this thread already holds would never become free: the line is written
	 * without it */
	(void)write_line(&line);
	buf_fini(&line.buf);
}
