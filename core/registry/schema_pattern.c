/* SPDX-License-Identifier: Apache-2.0 */
/* The keyword `pattern`: the part of ECMA-262 regular expressions that POSIX extended expressions
 * can also express; it is translated to them. Characters are Unicode characters in every locale; a
 * character beyond ASCII is written as its UTF-8 bytes. Other syntax (look-around, \b, lazy
 * repetition, back references) is refused, and so is an expression that would expand without
 * bounds. */
#include <regex.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "registry/schema_node.h"

#define GROUPS_MAX 16u
/* most positions of an expression after its repetitions are written out */
#define EXPANDED_MAX 2048u
#define REPEAT_MAX 1024u
#define BEYOND_ASCII "[\xC2-\xF4][\x80-\xBF]+"

struct pattern {
	char *text;
	regex_t regex;
};

/* A translation. It counts the positions of each open group, and of the last atom in it. */
struct translation {
	const char *p;
	struct buf out;
	const char *why;
	struct {
		size_t places, last;
		bool repeatable; /* the last element was an atom without a repetition */
	} group[GROUPS_MAX];
	unsigned depth;
};

static bool
refuse(struct translation *t, const char *why)
{
	t->why = why;
	return false;
}

static bool
add_places(struct translation *t, size_t places)
{
	t->group[t->depth].places += places;
	t->group[t->depth].last = places;
	t->group[t->depth].repeatable = true;
	return t->group[t->depth].places <= EXPANDED_MAX ||
	       refuse(t, "the repetitions make the pattern too long");
}

/* ---- classes: a set of ASCII characters, with or without all characters beyond ASCII --------- */

struct set {
	bool has[128];
	bool beyond;
};

static void
set_range(struct set *set, unsigned char from, unsigned char to)
{
	for (unsigned c = from; c <= to; c++)
		set->has[c] = true;
}

/* Adds the characters of \d, \w or \s (or D, W, S); false for another letter. */
static bool
set_named(struct set *set, char name)
{
	struct set named = { .beyond = false };
	bool negated = name >= 'A' && name <= 'Z';

	switch (negated ? name - 'A' + 'a' : name) {
	case 'w':
		set_range(&named, 'a', 'z');
		set_range(&named, 'A', 'Z');
		named.has['_'] = true;
		set_range(&named, '0', '9');
		break;
	case 'd': set_range(&named, '0', '9'); break;
	case 's':
		set_range(&named, '\t', '\r');
		named.has[' '] = true;
		break;
	default: return false;
	}
	for (unsigned c = 0; c < 128; c++)
		set->has[c] = set->has[c] || named.has[c] != negated;
	set->beyond = set->beyond || negated;
	return true;
}

/* Appends a POSIX bracket expression. NUL is never in it. */
static void
add_bracket(struct buf *out, const struct set *set)
{
	size_t start = out->len + 1;
	bool dash = set->has['-'];

	buf_putc(out, '[');
	if (set->has[']'])
		buf_putc(out, ']');
	for (int c = 1; c < 128; c++)
		if (set->has[c] && strchr("]^-[", c) == NULL)
			buf_putc(out, (char)c);
	if (set->has['['])
		/* allowed, if the next character does not begin the name of a class */
		buf_putc(out, '[');
	/* another character comes first, so that ^ has no special meaning */
	if (dash && out->len == start) {
		buf_putc(out, '-');
		dash = false;
	}
	if (set->has['^'])
		buf_putc(out, '^');
	if (dash)
		buf_putc(out, '-');
	buf_putc(out, ']');
}

static bool
add_set(struct translation *t, const struct set *set)
{
	size_t members = 0;

	for (int c = 1; c < 128; c++)
		members += set->has[c];
	if (members == 0 && !set->beyond)
		return refuse(t, "a class of characters contains no character");
	if (members == 1 && set->has['^']) {
		buf_puts(&t->out, set->beyond ? "(\\^|" BEYOND_ASCII ")" : "\\^");
		return add_places(t, 3);
	}
	if (set->beyond)
		buf_putc(&t->out, '(');
	if (members > 0)
		add_bracket(&t->out, set);
	if (members > 0 && set->beyond)
		buf_putc(&t->out, '|');
	if (set->beyond)
		buf_puts(&t->out, BEYOND_ASCII ")");
	return add_places(t, set->beyond ? 3 : 1);
}

/* The character that an escape stands for, or -1. `p` is after the backslash. */
static int
escaped_char(char c)
{
	static const char names[] = "tnrfv", values[] = "\t\n\r\f\v";
	const char *name = c == '\0' ? NULL : strchr(names, c);

	if (name != NULL)
		return values[name - names];
	return c > ' ' && c < 0x7F && strchr("^$\\.*+?()[]{}|/-\"'#&,:;<=>@_`~!%", c) != NULL ? c
											      : -1;
}

/* Reads one member of a class. Returns its character, -2 for a named set, or -1 when it is
 * refused. */
static int
class_member(struct translation *t, struct set *set)
{
	char c = *t->p++;

	if (c == '\\') {
		int value;

		c = *t->p;
		if (c == '\0')
			return -1;
		t->p++;
		if (set_named(set, c))
			return -2;
		value = c == 'b' ? -1 : escaped_char(c);
		return value;
	}
	return (unsigned char)c >= 0x80 || c == '\0' ? -1 : c;
}

/* Reads a class. `p` is after the opening bracket. */
static bool
translate_class(struct translation *t)
{
	struct set set = { .beyond = false };
	bool negated = *t->p == '^';

	if (negated)
		t->p++;
	if (*t->p == ']')
		return refuse(t, "a class of characters is empty");
	while (*t->p != ']') {
		int from, to;

		if (*t->p == '\0')
			return refuse(t, "[ without ]");
		from = class_member(t, &set);
		to = from;
		if (t->p[0] == '-' && t->p[1] != ']' && t->p[1] != '\0') {
			t->p++;
			to = class_member(t, &set);
			if (from < 0 || to < 0)
				return refuse(t, "a range of characters is not valid");
		}
		if (from == -1 || to < from)
			return refuse(t, "this class of characters is not supported");
		if (from >= 0)
			set_range(&set, (unsigned char)from, (unsigned char)to);
	}
	t->p++;
	if (negated) {
		for (int c = 0; c < 128; c++)
			set.has[c] = !set.has[c];
		set.beyond = !set.beyond;
	}
	return add_set(t, &set);
}

/* ---- everything else ------------------------------------------------------------------------- */

static bool
translate_escape(struct translation *t)
{
	struct set set = { .beyond = false };
	char c = *t->p;
	int value;

	if (c == '\0')
		return refuse(t, "the pattern must not end with a backslash");
	t->p++;
	if (set_named(&set, c))
		return add_set(t, &set);
	value = escaped_char(c);
	if (value < 0)
		return refuse(t, "this escape is not supported");
	if (strchr("^$\\.*+?()[]{}|", value) != NULL)
		buf_putc(&t->out, '\\');
	buf_putc(&t->out, (char)value);
	return add_places(t, 1);
}

static bool
open_group(struct translation *t)
{
	if (*t->p == '?') {
		if (t->p[1] != ':')
			return refuse(t, "look-around is not supported");
		t->p += 2;
	}
	if (t->depth + 1 == GROUPS_MAX)
		return refuse(t, "the pattern is nested too deeply");
	t->depth++;
	t->group[t->depth].places = t->group[t->depth].last = 0;
	t->group[t->depth].repeatable = false;
	buf_putc(&t->out, '(');
	return true;
}

static bool
close_group(struct translation *t)
{
	size_t places;

	if (t->depth == 0)
		return refuse(t, ") without (");
	places = t->group[t->depth].places;
	t->depth--;
	buf_putc(&t->out, ')');
	return add_places(t, places + 1);
}

static size_t
read_count(struct translation *t)
{
	size_t count = 0;

	for (; *t->p >= '0' && *t->p <= '9'; t->p++)
		if (count <= REPEAT_MAX)
			count = count * 10 + (size_t)(*t->p - '0');
	return count;
}

/* Reads {n}, {n,} or {n,m}. `p` is after the brace. */
static bool
translate_braces(struct translation *t, size_t *times)
{
	const char *start = t->p;
	size_t least, most;

	least = most = read_count(t);
	if (t->p == start)
		return refuse(t, "{ that is not a repetition");
	if (*t->p == ',') {
		t->p++;
		most = *t->p == '}' ? least + 1 : read_count(t);
	}
	if (*t->p != '}' || most < least)
		return refuse(t, "{ that is not a repetition");
	if (most > REPEAT_MAX)
		return refuse(t, "a number of repetitions is too large");
	t->p++;
	buf_add(&t->out, start - 1, (size_t)(t->p - start) + 1);
	*times = most > 0 ? most : 1;
	return true;
}

static bool
translate_repeat(struct translation *t, char c)
{
	size_t times = 1, last = t->group[t->depth].last;

	if (!t->group[t->depth].repeatable)
		return refuse(t, "a repetition does not follow a character or a group");
	t->group[t->depth].repeatable = false;
	if (c == '{') {
		if (!translate_braces(t, &times))
			return false;
	} else {
		buf_putc(&t->out, c);
	}
	if (*t->p == '?')
		return refuse(t, "lazy repetition is not supported");
	t->group[t->depth].places += last * (times - 1);
	return t->group[t->depth].places <= EXPANDED_MAX ||
	       refuse(t, "the repetitions make the pattern too long");
}

static bool
translate_any(struct translation *t)
{
	struct set set = { .beyond = true };

	set_range(&set, 1, 127);
	set.has['\n'] = set.has['\r'] = false;
	return add_set(t, &set);
}

static bool
translate_literal(struct translation *t)
{
	const char *start = t->p - 1;
	int step = utf8_step(start, strlen(start));

	if (step < 1)
		return refuse(t, "invalid UTF-8");
	t->p = start + step;
	if (step > 1)
		buf_putc(&t->out, '(');
	buf_add(&t->out, start, (size_t)step);
	if (step > 1)
		buf_putc(&t->out, ')');
	return add_places(t, (size_t)step);
}

static bool
translate_next(struct translation *t)
{
	char c = *t->p++;

	switch (c) {
	case '\\': return translate_escape(t);
	case '[': return translate_class(t);
	case '(': return open_group(t);
	case ')': return close_group(t);
	case '*':
	case '+':
	case '?':
	case '{': return translate_repeat(t, c);
	case '.': return translate_any(t);
	case '^':
	case '$':
	case '|':
		t->group[t->depth].repeatable = false;
		buf_putc(&t->out, c);
		return true;
	case ']':
	case '}': return refuse(t, "a bracket or brace has no counterpart");
	default: return translate_literal(t);
	}
}

static bool
translate(struct translation *t)
{
	while (*t->p != '\0')
		if (!translate_next(t))
			return false;
	if (t->depth > 0)
		return refuse(t, "( without )");
	return buf_ok(&t->out) || refuse(t, "the repetitions make the pattern too long");
}

struct pattern *
pattern_compile(const char *text, const char **why)
{
	struct translation t = { .p = text };
	struct pattern *pattern = NULL;

	*why = "the pattern is too long";
	if (strlen(text) > PATTERN_MAX)
		return NULL;
	buf_init(&t.out, 200 * PATTERN_MAX);
	if (translate(&t)) {
		pattern = xcalloc(1, sizeof(*pattern));
		pattern->text = xstrdup(text);
		if (regcomp(&pattern->regex, t.out.data, REG_EXTENDED | REG_NOSUB) != 0) {
			t.why = "the pattern is not a valid regular expression";
			free(pattern->text);
			free(pattern);
			pattern = NULL;
		}
	}
	*why = t.why;
	buf_fini(&t.out);
	return pattern;
}

void
pattern_free(struct pattern *pattern)
{
	if (pattern == NULL)
		return;
	regfree(&pattern->regex);
	free(pattern->text);
	free(pattern);
}

const char *
pattern_text(const struct pattern *pattern)
{
	return pattern->text;
}

bool
pattern_matches(const struct pattern *pattern, const char *text, size_t len)
{
	regmatch_t range = { .rm_so = 0, .rm_eo = (regoff_t)len };

	return len <= PATTERN_TEXT_MAX &&
	       regexec(&pattern->regex, text, 1, &range, REG_STARTEND) == 0;
}
