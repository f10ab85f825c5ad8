/* SPDX-License-Identifier: Apache-2.0 */
#include "parse.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "memory_gone.h"
#include "plain.h"
#include "utf8.h"

/* The memory that json-c needs for a value, including the allocator. The estimates are upper
 * bounds. */
#define COST_OBJECT 816u /* an object, with the 16 slots that each object begins with */
#define COST_MEMBER 64u	 /* and its name */
#define COST_ARRAY 176u
#define COST_ELEMENT 16u
#define COST_NUMBER 64u
#define COST_STRING 72u /* and its bytes */

#define REPLACEMENT "\xEF\xBF\xBD"

struct parse {
	const char *p, *end;
	const char *hole, *behind; /* the value that is left out, or NULL */
	/* scratch memory for strings with escapes, names and numbers; as long as the text */
	char *scratch;
	size_t room;
	size_t left; /* of the budget */
	unsigned depth;
	unsigned add; /* the options of json_object_object_add_ex() */
	enum parse_fault fault;
};

/* A name while its value is read. A short one needs no memory of its own. */
struct name {
	char *text; /* `own`, or allocated */
	char own[48];
};

static struct json_object *parse_value(struct parse *parse);

static struct json_object *
refuse(struct parse *parse, enum parse_fault fault)
{
	if (parse->fault == PARSE_OK)
		parse->fault = fault;
	return NULL;
}

static bool
charge(struct parse *parse, size_t cost)
{
	if (cost > parse->left) {
		refuse(parse, PARSE_TOO_LARGE);
		return false;
	}
	parse->left -= cost;
	return true;
}

/* The tree could not be made. The process ends, because it cannot continue. */
static struct json_object *
made(struct json_object *value)
{
	if (value == NULL)
		memory_gone();
	return value;
}

static void
skip_blanks(struct parse *parse)
{
	while (parse->p < parse->end &&
	       (*parse->p == ' ' || *parse->p == '\n' || *parse->p == '\t' || *parse->p == '\r'))
		parse->p++;
}

static bool
next_is(struct parse *parse, char c)
{
	skip_blanks(parse);
	if (parse->p == parse->end || *parse->p != c)
		return false;
	parse->p++;
	return true;
}

/* Allocates memory for `len` bytes and a NUL. */
static char *
scratch(struct parse *parse, size_t len)
{
	if (len + 1 > parse->room) {
		size_t room = len + 1 < 256 ? 256 : (len + 1) * 2;

		free(parse->scratch);
		parse->scratch = malloc(room);
		if (parse->scratch == NULL)
			memory_gone();
		parse->room = room;
	}
	return parse->scratch;
}

/* ---- strings -------------------------------------------------------------------------------- */

/* Finds the closing quote and sets `*end` to it. NULL when there is none. */
static const char *
string_span(struct parse *parse, const char **end, bool *plain)
{
	const char *start = ++parse->p, *p = start;

	*plain = true;
	for (;;) {
		p += json_plain_run(p, (size_t)(parse->end - p));
		if (p >= parse->end || *p == '"')
			break;
		*plain &= (unsigned char)*p < 0x20; /* control characters are kept */
		p += *p == '\\' ? 2 : 1;
		if (p > parse->end)
			break;
	}
	if (p >= parse->end) {
		refuse(parse, PARSE_BAD);
		return NULL;
	}
	*end = p;
	parse->p = p + 1;
	return start;
}

static long
hex4(const char *p, const char *end)
{
	char digits[5] = "", *behind;
	long value;

	if (end - p < 4)
		return -1;
	memcpy(digits, p, 4);
	if (strspn(digits, "0123456789abcdefABCDEF") != 4)
		return -1;
	value = strtol(digits, &behind, 16);
	return value;
}

static size_t
put_character(char *out, long c)
{
	if (c >= 0xD800 && c <= 0xDFFF)
		c = 0xFFFD;
	return utf8_put(out, (uint32_t)c);
}

/* Decodes the escape at `p`, a backslash, into `out`. Returns the position after it. NULL when the
 * escape is not valid. */
static const char *
unescape(const char *p, const char *end, char *out, size_t *n)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	const char *name = p[1] != '\0' ? strchr(names, p[1]) : NULL;
	long c, low;

	if (name != NULL) {
		out[(*n)++] = values[name - names];
		return p + 2;
	}
	if (p[1] != 'u' || (c = hex4(p + 2, end)) < 0)
		return NULL;
	p += 6;
	if (c >= 0xD800 && c <= 0xDBFF && end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
		low = hex4(p + 2, end);
		if (low >= 0xDC00 && low <= 0xDFFF) {
			c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
			p += 6;
		}
	}
	*n += put_character(out + *n, c);
	return p;
}

/* Decodes the text of a string into the scratch memory. The text becomes at most three times as
 * long. */
static bool
decode(struct parse *parse, const char *p, const char *end, size_t *len)
{
	char *out = scratch(parse, (size_t)(end - p) * 3);
	size_t n = 0;
	int step;

	while (p < end) {
		if (*p == '\\') {
			p = unescape(p, end, out, &n);
			if (p == NULL) {
				refuse(parse, PARSE_BAD);
				return false;
			}
			continue;
		}
		step = utf8_step(p, (size_t)(end - p));
		if (step > 0) {
			memcpy(out + n, p, (size_t)step);
			n += (size_t)step;
			p += step;
		} else {
			memcpy(out + n, REPLACEMENT, 3);
			n += 3;
			p -= step;
		}
	}
	out[n] = '\0';
	*len = n;
	return true;
}

static struct json_object *
parse_string(struct parse *parse)
{
	bool plain;
	const char *end, *text = string_span(parse, &end, &plain);
	size_t len;

	if (text == NULL)
		return NULL;
	len = (size_t)(end - text);
	if (!plain && !decode(parse, text, end, &len))
		return NULL;
	if (!charge(parse, COST_STRING + len))
		return NULL;
	return made(json_object_new_string_len(plain ? text : parse->scratch, (int)len));
}

static void
keep_name(struct name *name, const char *text, size_t len)
{
	name->text = len < sizeof(name->own) ? name->own : malloc(len + 1);
	if (name->text == NULL)
		memory_gone();
	memcpy(name->text, text, len);
	name->text[len] = '\0';
}

static void
drop_name(struct name *name)
{
	if (name->text != name->own)
		free(name->text);
}

/* Reads a name. If true, drop_name() must follow. */
static bool
parse_name(struct parse *parse, struct name *name)
{
	bool plain;
	const char *end, *text;
	size_t len;

	skip_blanks(parse);
	if (parse->p == parse->end || *parse->p != '"') {
		refuse(parse, PARSE_BAD);
		return false;
	}
	text = string_span(parse, &end, &plain);
	if (text == NULL)
		return false;
	len = (size_t)(end - text);
	if (!plain && !decode(parse, text, end, &len))
		return false;
	if (!plain)
		text = parse->scratch;
	if (memchr(text, '\0', len) != NULL) {
		refuse(parse, PARSE_BAD);
		return false;
	}
	if (!charge(parse, COST_MEMBER + len))
		return false;
	keep_name(name, text, len);
	return true;
}

/* ---- numbers and words ---------------------------------------------------------------------- */

/* A plugin may have set a locale, and strtod() then needs the decimal point of that locale. */
static double
number_value(char *digits)
{
	char *point = strchr(digits, '.'), kept = *localeconv()->decimal_point;
	double value;

	if (point != NULL)
		*point = kept;
	value = strtod(digits, NULL);
	if (point != NULL)
		*point = '.';
	return value;
}

static size_t
digits_at(const char *p)
{
	return strspn(p, "0123456789");
}

/* Reads a number (RFC 8259 §6). `integer` is true when it has neither fraction nor exponent. */
static bool
is_number(const char *p, bool *integer)
{
	size_t n;

	p += *p == '-';
	n = digits_at(p);
	if (n == 0 || (n > 1 && *p == '0'))
		return false;
	p += n;
	/* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): ends in a NUL */
	*integer = *p == '\0';
	if (*p == '.') {
		n = digits_at(++p);
		if (n == 0)
			return false;
		p += n;
	}
	if (*p == 'e' || *p == 'E') {
		p++;
		p += *p == '+' || *p == '-';
		n = digits_at(p);
		if (n == 0)
			return false;
		p += n;
	}
	return *p == '\0';
}

static struct json_object *
number_of(char *digits)
{
	bool integer = false;
	uintmax_t large;
	intmax_t value;

	if (!is_number(digits, &integer))
		return NULL;
	if (integer) {
		errno = 0;
		value = strtoimax(digits, NULL, 10);
		if (errno == 0)
			return made(json_object_new_int64(value));
		errno = 0;
		large = strtoumax(digits, NULL, 10);
		if (errno == 0 && digits[0] != '-')
			return made(json_object_new_uint64(large));
	}
	return made(json_object_new_double_s(number_value(digits), digits));
}

static struct json_object *
parse_number(struct parse *parse)
{
	const char *start = parse->p;
	struct json_object *number;
	size_t len;
	char *digits;

	while (parse->p < parse->end && memchr("+-.0123456789Ee", *parse->p, 15) != NULL)
		parse->p++;
	len = (size_t)(parse->p - start);
	if (len > PARSE_NUMBER_MAX)
		return refuse(parse, PARSE_BAD);
	if (!charge(parse, COST_NUMBER + len))
		return NULL;
	digits = scratch(parse, len);
	memcpy(digits, start, len);
	digits[len] = '\0';
	number = number_of(digits);
	return number != NULL ? number : refuse(parse, PARSE_BAD);
}

static struct json_object *
parse_word(struct parse *parse)
{
	static const char *const words[] = {
		"null", "true", "false", "-Infinity", "Infinity", "NaN"
	};
	size_t n = sizeof(words) / sizeof(words[0]), i;

	for (i = 0; i < n; i++) {
		size_t len = strlen(words[i]);

		if ((size_t)(parse->end - parse->p) >= len &&
		    memcmp(parse->p, words[i], len) == 0) {
			parse->p += len;
			break;
		}
	}
	if (i > 0 && i < n && !charge(parse, COST_NUMBER))
		return NULL;
	switch (i) {
	case 0: return NULL;
	case 1:
	case 2: return made(json_object_new_boolean(i == 1));
	case 3: return made(json_object_new_double(-HUGE_VAL));
	case 4: return made(json_object_new_double(HUGE_VAL));
	case 5: return made(json_object_new_double(NAN));
	default: return parse_number(parse);
	}
}

/* ---- nesting -------------------------------------------------------------------------------- */

static bool
enter(struct parse *parse)
{
	parse->p++;
	if (++parse->depth <= PARSE_DEPTH_MAX)
		return true;
	refuse(parse, PARSE_BAD);
	return false;
}

static bool
parse_members(struct parse *parse, struct json_object *object)
{
	if (next_is(parse, '}'))
		return true;
	do {
		struct json_object *value;
		struct name name;

		if (!parse_name(parse, &name))
			return false;
		if (!next_is(parse, ':'))
			refuse(parse, PARSE_BAD);
		skip_blanks(parse);
		if (parse->hole != NULL && parse->p == parse->hole) {
			parse->p = parse->behind;
			drop_name(&name);
			continue;
		}
		value = parse->fault == PARSE_OK ? parse_value(parse) : NULL;
		if (parse->fault == PARSE_OK &&
		    json_object_object_add_ex(object, name.text, value, parse->add) != 0)
			memory_gone();
		drop_name(&name);
		if (parse->fault != PARSE_OK)
			return false;
	} while (next_is(parse, ','));
	return next_is(parse, '}');
}

static bool
parse_elements(struct parse *parse, struct json_object *array)
{
	if (next_is(parse, ']'))
		return true;
	do {
		struct json_object *value;

		if (!charge(parse, COST_ELEMENT))
			return false;
		value = parse_value(parse);
		if (parse->fault != PARSE_OK)
			return false;
		if (json_object_array_add(array, value) != 0)
			memory_gone();
	} while (next_is(parse, ','));
	return next_is(parse, ']');
}

static struct json_object *
parse_value(struct parse *parse)
{
	struct json_object *value;
	bool object, whole;

	skip_blanks(parse);
	if (parse->p == parse->end)
		return refuse(parse, PARSE_BAD);
	if (*parse->p == '"')
		return parse_string(parse);
	if (*parse->p != '{' && *parse->p != '[')
		return parse_word(parse);
	object = *parse->p == '{';
	if (!enter(parse) || !charge(parse, object ? COST_OBJECT : COST_ARRAY))
		return NULL;
	value = made(object ? json_object_new_object() : json_object_new_array_ext(4));
	whole = object ? parse_members(parse, value) : parse_elements(parse, value);
	parse->depth--;
	if (whole)
		return value;
	json_object_put(value);
	return refuse(parse, PARSE_BAD);
}

static struct json_object *
parse_whole(struct parse *parse, enum parse_fault *fault)
{
	struct json_object *tree = parse_value(parse);

	skip_blanks(parse);
	if (parse->fault == PARSE_OK && parse->p != parse->end)
		refuse(parse, PARSE_BAD);
	free(parse->scratch);
	*fault = parse->fault;
	if (parse->fault == PARSE_OK)
		return tree;
	json_object_put(tree);
	return NULL;
}

struct json_object *
parse_json(const char *text, size_t len, size_t memory_max, enum parse_names names,
	   enum parse_fault *fault)
{
	struct parse parse = { .p = text, .end = text + len, .left = memory_max };

	parse.add = names == PARSE_NAMES_DIFFER ? JSON_C_OBJECT_ADD_KEY_IS_NEW : 0;
	return parse_whole(&parse, fault);
}

struct json_object *
parse_json_without(const char *text, size_t len, size_t memory_max, const char *hole,
		   const char *behind, enum parse_fault *fault)
{
	struct parse parse = { .p = text,
			       .end = text + len,
			       .hole = hole,
			       .behind = behind,
			       .left = memory_max,
			       .add = JSON_C_OBJECT_ADD_KEY_IS_NEW };

	return parse_whole(&parse, fault);
}
