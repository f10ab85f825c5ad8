/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log's sink. A line is at most PIPE_BUF long and goes out in one write(2), only when stderr
 * has room: a client that does not read our stderr must not stop the host. What had to be left
 * out is counted and said in the next line that goes through.
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
#include "base/loop.h"

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

/* The inside of a JSON string that is harmless on a terminal as well: besides what JSON demands,
 * DEL, the C1 controls and the marks that reverse the order of text are escaped. */
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

/* Masks first and shortens then, so that no piece of a secret stays. */
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

static void
add_string(struct buf *line, bool text, const char *value)
{
	bool quotes = !text || !is_word(value);

	if (quotes)
		buf_putc(line, '"');
	add_text(line, value, strlen(value));
	if (quotes)
		buf_putc(line, '"');
}

/* Adds one field whose type letter has been read; the value is the next argument. */
static void
add_field(struct buf *line, bool text, const char *key, char type, va_list *args)
{
	const char *string = type == 's' ? va_arg(*args, const char *) : NULL;

	if (type == 's' && string == NULL)
		return;
	if (text) {
		buf_printf(line, " %s=", key);
	} else {
		buf_putc(line, ',');
		buf_json_str(line, key);
		buf_putc(line, ':');
	}
	switch (type) {
	case 's': add_string(line, text, string); break;
	case 'i': buf_printf(line, "%" PRId64, va_arg(*args, int64_t)); break;
	case 'b': buf_puts(line, va_arg(*args, int) ? "true" : "false"); break;
	default: abort(); /* the rest of the arguments cannot be read */
	}
}

static void
begin_line(struct buf *line, bool text, enum log_level level)
{
	int64_t now = clock_wall_ms();
	time_t seconds = (time_t)(now / 1000);
	struct tm tm;
	char stamp[32];

	gmtime_r(&seconds, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
	buf_init_keeping(line, LINE_MAX_BYTES - END_RESERVE);
	if (text)
		buf_printf(line, "%s.%03dZ %-7s ", stamp, (int)(now % 1000), level_names[level]);
	else
		buf_printf(line, "{\"ts\":\"%s.%03dZ\",\"level\":\"%s\"", stamp, (int)(now % 1000),
			   level_names[level]);
}

static bool
has_room(void)
{
	struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLOUT };

	return poll(&fd, 1, 0) == 1 && (fd.revents & (POLLOUT | POLLERR)) == POLLOUT;
}

static bool
write_line(const char *line, size_t len)
{
	return has_room() && write(STDERR_FILENO, line, len) == (ssize_t)len;
}

/* Says how many lines are missing, if any; false when that does not get through either. */
static bool
write_lost(bool text)
{
	struct buf line;

	if (lost == 0)
		return true;
	begin_line(&line, text, LOG_WARNING);
	buf_printf(&line,
		   text ? "log_lost lines=%" PRIu64 "\n"
			: ",\"event\":\"log_lost\",\"lines\":%" PRIu64 "}\n",
		   lost);
	if (write_line(line.data, line.len))
		lost = 0;
	buf_fini(&line);
	return lost == 0;
}

static void
end_line(struct buf *line, bool text, bool truncated)
{
	line->cap = LINE_MAX_BYTES;
	if (truncated)
		buf_puts(line, text ? " truncated=true" : ",\"truncated\":true");
	buf_puts(line, text ? "\n" : "}\n");
	pthread_mutex_lock(&sink_lock);
	if (!write_lost(text) || !write_line(line->data, line->len))
		lost++;
	pthread_mutex_unlock(&sink_lock);
	buf_fini(line);
}

void
log_event(enum log_level level, const char *event, ...)
{
	bool text = atomic_load(&as_text), truncated = false;
	struct buf line;
	va_list args;
	const char *key;

	if (!log_enabled(level))
		return;
	begin_line(&line, text, level);
	buf_puts(&line, text ? "" : ",\"event\":");
	add_string(&line, text, event);
	va_start(args, event);
	while (!truncated && (key = va_arg(args, const char *)) != NULL) {
		const char *type = va_arg(args, const char *);
		size_t before = line.len;

		add_field(&line, text, key, type[0], &args);
		if (!buf_ok(&line)) {
			buf_rewind(&line, before);
			truncated = true;
		}
	}
	va_end(args);
	end_line(&line, text, truncated);
}

void
log_line(enum log_level level, const char *format, ...)
{
	bool text = atomic_load(&as_text);
	struct buf line, message;
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
	begin_line(&line, text, level);
	buf_puts(&line, text ? "" : ",\"message\":\"");
	add_text(&line, message.data, message.len);
	buf_puts(&line, text ? "" : "\"");
	end_line(&line, text, false);
	buf_fini(&message);
}

void
log_last(const char *format, ...)
{
	bool text = atomic_load(&as_text);
	char message[VALUE_MAX_BYTES];
	struct buf line;
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	begin_line(&line, text, LOG_ERROR);
	if (text)
		buf_puts(&line, message);
	else
		buf_puts(&line, ",\"message\":");
	if (!text)
		buf_json_str(&line, message);
	buf_puts(&line, text ? "\n" : "}\n");
	/* a lock that this thread holds already would never be free: the line goes out without */
	(void)write_line(line.data, line.len);
	buf_fini(&line);
}
