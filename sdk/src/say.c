/* SPDX-License-Identifier: Apache-2.0 */
/* printf for answers. The format is the plugin's own text; the argument of a %s is text of others.
 * So each %s becomes one clean line: a name cannot end a line of the answer and begin another one
 * that looks like a line of the host. */
#include "say.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

#define ROOM_MIN 256
#define NUMBER_MAX 512 /* most bytes that one conversion of a number needs */
#define WIDTH_MAX 200

struct out {
	struct mcp_call *call;
	char *data;
	size_t len, room;
};

/* One conversion: "%-8.3lld". */
struct spec {
	char flags[8];
	int width, precision; /* precision -1: not given */
	char length[3], conversion;
};

/* The arguments are in a struct, so that functions can share the position in them. */
struct arguments {
	va_list list;
};

static void
say_put(struct out *out, const char *text, size_t len)
{
	if (out->len + len + 1 > out->room) {
		size_t room =
		    out->room * 2 > out->len + len + 1 ? out->room * 2 : out->len + len + 1;
		char *data = mcp_alloc(out->call, room < ROOM_MIN ? ROOM_MIN : room);

		if (out->len > 0)
			memcpy(data, out->data, out->len);
		out->data = data;
		out->room = room < ROOM_MIN ? ROOM_MIN : room;
	}
	memcpy(out->data + out->len, text, len);
	out->len += len;
	out->data[out->len] = '\0';
}

static void
put_blanks(struct out *out, size_t n)
{
	for (; n > 0; n--)
		say_put(out, " ", 1);
}

static void
put_line(struct out *out, const char *text, size_t len)
{
	size_t run = 0, i = 0;
	enum unit kind;

	while (i < len) {
		size_t n = unit_special(text + i, len - i, &kind);

		if (n == 0) {
			i++;
			continue;
		}
		say_put(out, text + run, i - run);
		if (kind != UNIT_HIDDEN)
			say_put(out, " ", 1);
		i += n;
		run = i;
	}
	say_put(out, text + run, i - run);
}

/* Appends at most `max` bytes, without an incomplete character at the end. */
static size_t
cut(const char *text, size_t max)
{
	size_t len = strnlen(text, max);

	if (len < max)
		return len;
	for (size_t back = 1; back <= 3 && back <= len; back++) {
		unsigned char c = (unsigned char)text[len - back];
		size_t whole = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 0;

		if (whole > back)
			return len - back;
		if ((c & 0xC0) != 0x80)
			break;
	}
	return len;
}

static void
put_text(struct out *out, const struct spec *spec, const char *text)
{
	size_t before = out->len, len, used;
	size_t width = (size_t)spec->width;

	if (text == NULL)
		text = "(null)";
	len = spec->precision >= 0 ? cut(text, (size_t)spec->precision) : strlen(text);
	if (len < width && strchr(spec->flags, '-') == NULL)
		put_blanks(out, width - len);
	put_line(out, text, len);
	used = out->len - before;
	if (used < width && strchr(spec->flags, '-') != NULL)
		put_blanks(out, width - used);
}

/* ---- numbers -------------------------------------------------------------------------------- */

static intmax_t
signed_argument(const struct spec *spec, struct arguments *args)
{
	if (strcmp(spec->length, "l") == 0)
		return va_arg(args->list, long);
	if (strcmp(spec->length, "ll") == 0)
		return va_arg(args->list, long long);
	if (spec->length[0] == 'j')
		return va_arg(args->list, intmax_t);
	if (spec->length[0] == 'z' || spec->length[0] == 't')
		return va_arg(args->list, ptrdiff_t);
	return va_arg(args->list, int);
}

static uintmax_t
unsigned_argument(const struct spec *spec, struct arguments *args)
{
	unsigned value;

	if (strcmp(spec->length, "l") == 0)
		return va_arg(args->list, unsigned long);
	if (strcmp(spec->length, "ll") == 0)
		return va_arg(args->list, unsigned long long);
	if (spec->length[0] == 'j')
		return va_arg(args->list, uintmax_t);
	if (spec->length[0] == 'z' || spec->length[0] == 't')
		return va_arg(args->list, size_t);
	value = va_arg(args->list, unsigned);
	if (strcmp(spec->length, "hh") == 0)
		return (unsigned char)value;
	return spec->length[0] == 'h' ? (unsigned short)value : value;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

/* Writes the conversion again, with the given width and precision and the length modifier that is
 * used here. */
static void
put_number(struct out *out, const struct spec *spec, struct arguments *args)
{
	char format[32], text[NUMBER_MAX];
	int len;

	snprintf(format, sizeof(format), "%%%s*.*%s%c", spec->flags,
		 strchr("diuoxX", spec->conversion) != NULL ? "j"
		 : spec->length[0] == 'L'		    ? "L"
							    : "",
		 spec->conversion);
	/* NOLINTBEGIN(bugprone-branch-clone): the types of the arguments differ */
	if (spec->conversion == 'd' || spec->conversion == 'i')
		len = snprintf(text, sizeof(text), format, spec->width, spec->precision,
			       signed_argument(spec, args));
	else if (strchr("uoxX", spec->conversion) != NULL)
		len = snprintf(text, sizeof(text), format, spec->width, spec->precision,
			       unsigned_argument(spec, args));
	else if (spec->length[0] == 'L')
		len = snprintf(text, sizeof(text), format, spec->width, spec->precision,
			       va_arg(args->list, long double));
	else
		len = snprintf(text, sizeof(text), format, spec->width, spec->precision,
			       va_arg(args->list, double));
	/* NOLINTEND(bugprone-branch-clone) */
	if (len > 0)
		say_put(out, text, (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1);
}

#pragma GCC diagnostic pop

static void
put_other(struct out *out, const struct spec *spec, struct arguments *args)
{
	char text[32];

	if (spec->conversion == 'c') {
		text[0] = (char)va_arg(args->list, int);
		text[1] = '\0';
	} else {
		snprintf(text, sizeof(text), "%p", va_arg(args->list, void *));
	}
	put_text(out, &(struct spec){ .width = spec->width, .precision = -1 }, text);
}

/* ---- the format ----------------------------------------------------------------------------- */

static int
count(const char **at, struct arguments *args)
{
	int n = 0;

	if (**at == '*') {
		(*at)++;
		return va_arg(args->list, int);
	}
	for (; **at >= '0' && **at <= '9'; (*at)++)
		if (n < INT16_MAX)
			n = n * 10 + (**at - '0');
	return n;
}

/* Reads the conversion after a '%'. Returns the position after it. */
static const char *
read_spec(const char *at, struct spec *spec, struct arguments *args)
{
	size_t n = 0;

	*spec = (struct spec){ .precision = -1 };
	for (; *at != '\0' && strchr("-+ #0'", *at) != NULL; at++)
		if (n + 2 < sizeof(spec->flags))
			spec->flags[n++] = *at;
	spec->width = count(&at, args);
	if (spec->width < 0) {
		spec->flags[n] = '-';
		spec->width = spec->width > -WIDTH_MAX ? -spec->width : WIDTH_MAX;
	}
	if (spec->width > WIDTH_MAX)
		spec->width = WIDTH_MAX;
	if (*at == '.') {
		at++;
		spec->precision = count(&at, args);
	}
	for (n = 0; n + 1 < sizeof(spec->length) && *at != '\0' && strchr("hljztL", *at) != NULL;)
		spec->length[n++] = *at++;
	spec->conversion = *at;
	return *at != '\0' ? at + 1 : at;
}

/* False for an unknown conversion. The rest of the format is then written as text, because the
 * types of the following arguments are not known. */
static bool
convert(struct out *out, struct spec *spec, struct arguments *args)
{
	if (spec->conversion == '%') {
		say_put(out, "%", 1);
	} else if (spec->conversion == 's' && spec->length[0] == '\0') {
		put_text(out, spec, va_arg(args->list, const char *));
	} else if (spec->conversion != '\0' && strchr("diuoxXeEfFgGaA", spec->conversion) != NULL) {
		if (spec->precision > WIDTH_MAX)
			spec->precision = WIDTH_MAX;
		put_number(out, spec, args);
	} else if (spec->conversion == 'c' || spec->conversion == 'p') {
		put_other(out, spec, args);
	} else {
		return false;
	}
	return true;
}

char *
say_text(struct mcp_call *call, const char *format, va_list list, size_t *len)
{
	struct out out = { .call = call };
	struct arguments args;
	struct spec spec;

	va_copy(args.list, list);
	say_put(&out, "", 0);
	while (*format != '\0') {
		size_t plain = strcspn(format, "%");
		const char *behind;

		say_put(&out, format, plain);
		format += plain;
		if (*format == '\0')
			break;
		behind = read_spec(format + 1, &spec, &args);
		if (!convert(&out, &spec, &args)) {
			say_put(&out, format, strlen(format));
			break;
		}
		format = behind;
	}
	va_end(args.list);
	*len = out.len;
	return out.data;
}

const char *
mcp_line(struct mcp_call *call, const char *text)
{
	struct out out = { .call = call };

	say_put(&out, "", 0);
	put_line(&out, text, strlen(text));
	return out.data;
}
