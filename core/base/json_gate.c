/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate: RFC 8259, strictly and within bounds. Nesting is a counter and a stack of frames: its
 * memory has a limit, and the C stack is not used. The keys of an open object wait in a list. When
 * it closes their decoded forms are compared: pairwise when there are few, sorted when there are
 * many. Sorting needs no hash table, so there is none to attack.
 */
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/json_string.h"

#define FRAMES_INLINE 64
#define KEYS_INLINE 64
#define KEYS_PAIRWISE 12
/* Longer numbers are always refused. */
#define NUMBER_MAX 4096

const struct json_limits json_inbound = {
	.bytes = 4u << 20, .depth = 64, .members = 500000, .number = 128, .memory = 128u << 20
};
const struct json_limits json_upstream = {
	.bytes = 16u << 20, .depth = 128, .members = 2000000, .number = 1024, .memory = 256u << 20
};

struct key {
	const char *text; /* decoded */
	size_t len;
	size_t at; /* offset of its opening quote */
};

/* A value that is not wanted, in the place of an index. */
#define NOT_WANTED (JSON_WHOLE - 1)

struct frame {
	bool object;
	int place; /* the index of the container in the list of wanted values */
	size_t first_key;
};

struct gate {
	const char *text, *p, *end;
	const struct json_limits *limits;
	const char *why;
	size_t values;
	struct frame *frames;
	unsigned depth;
	struct key *keys;
	size_t n_keys, key_room;
	/* decoded keys that contain escapes; as long as the text, so it is never reallocated */
	char *decoded;
	size_t decoded_len;
	struct json_finds *finds; /* or NULL */
	int next;		  /* the index of the value that comes next */
	bool escapes;
};

static bool
refuse(struct gate *g, const char *at, const char *why)
{
	g->p = at;
	g->why = why;
	return false;
}

static void
skip_space(struct gate *g)
{
	while (g->p < g->end && (*g->p == ' ' || *g->p == '\n' || *g->p == '\t' || *g->p == '\r'))
		g->p++;
}

static bool
read_string(struct gate *g, bool *escaped)
{
	const char *why;
	const char *behind = json_string_end(g->p, g->end, escaped, &why, &g->p);

	if (behind == NULL)
		return refuse(g, g->p, why);
	g->p = behind;
	g->escapes |= *escaped;
	return true;
}

/* Is a number with these first digits (the first one not 0) and this decimal exponent too large for
 * a double? The threshold is 2^1024 - 2^970, because larger numbers round to infinity. */
static bool
overflows(const char *digits, const char *end, long exponent)
{
	static const char limit[] = "179769313486231580793";
	size_t n = 0;

	if (exponent != 308)
		return exponent > 308;
	for (; digits < end && limit[n] != '\0'; digits++) {
		if (*digits == '.')
			continue;
		if (*digits != limit[n])
			return *digits > limit[n];
		n++;
	}
	return limit[n] == '\0';
}

/* `p` is after a number's sign, `mantissa_end` at its exponent or end. */
static bool
is_finite(const char *p, const char *mantissa_end, long exponent)
{
	const char *point = memchr(p, '.', (size_t)(mantissa_end - p));
	const char *first = p;

	if (point == NULL)
		point = mantissa_end;
	while (first < mantissa_end && (*first == '0' || *first == '.'))
		first++;
	if (first == mantissa_end)
		return true; /* zero */
	exponent += first < point ? point - first - 1 : point - first;
	return !overflows(first, mantissa_end, exponent);
}

static const char *
skip_number_digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* Reads the digits of an exponent after its letter; its value is limited far above any useful
 * one. */
static const char *
read_exponent(const char *p, const char *end, long *exponent)
{
	bool negative = p < end && *p == '-';
	const char *digits;

	if (p < end && (*p == '-' || *p == '+'))
		p++;
	digits = p;
	for (; p < end && *p >= '0' && *p <= '9'; p++)
		if (*exponent < 1000000)
			*exponent = *exponent * 10 + (*p - '0');
	if (negative)
		*exponent = -*exponent;
	return p == digits ? NULL : p;
}

static bool
read_number(struct gate *g)
{
	const char *start = g->p, *p = start, *digits, *mantissa_end;
	size_t most = g->limits->number < NUMBER_MAX ? g->limits->number : NUMBER_MAX;
	long exponent = 0;

	if (*p == '-')
		p++;
	digits = p;
	p = skip_number_digits(p, g->end);
	if (p == digits)
		return refuse(g, start, "bad number");
	if (*digits == '0' && p - digits > 1)
		return refuse(g, start, "leading zero");
	if (p < g->end && *p == '.') {
		const char *fraction = p + 1;

		p = skip_number_digits(fraction, g->end);
		if (p == fraction)
			return refuse(g, start, "bad number");
	}
	mantissa_end = p;
	if (p < g->end && (*p == 'e' || *p == 'E')) {
		p = read_exponent(p + 1, g->end, &exponent);
		if (p == NULL)
			return refuse(g, start, "bad number");
	}
	if ((size_t)(p - start) > most)
		return refuse(g, start, "a number is too long");
	if ((exponent > 0 || p - start > 308) && !is_finite(digits, mantissa_end, exponent))
		return refuse(g, start, "a number is too large");
	g->p = p;
	return true;
}

static bool
read_word(struct gate *g, const char *word, size_t len)
{
	if ((size_t)(g->end - g->p) < len || memcmp(g->p, word, len) != 0)
		return refuse(g, g->p, "not a JSON value");
	g->p += len;
	return true;
}

static bool
grow_keys(struct gate *g, struct key *first_room)
{
	size_t room = g->key_room * 2;
	struct key *keys;

	keys = realloc(g->keys == first_room ? NULL : g->keys, room * sizeof(*keys));
	if (keys == NULL)
		return refuse(g, g->p, "out of memory");
	if (g->keys == first_room)
		memcpy(keys, first_room, g->n_keys * sizeof(*keys));
	g->keys = keys;
	g->key_room = room;
	return true;
}

/* Writes the decoded form of an escaped key to key->text. */
static bool
decode_key(struct gate *g, struct key *key)
{
	char *out;

	if (g->decoded == NULL) {
		g->decoded = malloc((size_t)(g->end - key->text));
		if (g->decoded == NULL)
			return refuse(g, key->text, "out of memory");
	}
	out = g->decoded + g->decoded_len;
	key->len = json_string_decode(key->text, key->len, out);
	if (memchr(out, '\0', key->len) != NULL)
		return refuse(g, key->text, "a key contains NUL (U+0000)");
	g->decoded_len += key->len;
	key->text = out;
	return true;
}

/* The index of the member with this key, of the object that is open. */
static int
place_of(const struct gate *g, const struct key *key)
{
	int inside = g->frames[g->depth - 1].place;
	const struct json_wanted *wanted;

	for (int i = 0; inside != NOT_WANTED && i < g->finds->n; i++) {
		wanted = &g->finds->wanted[i];
		if (wanted->inside == inside && wanted->len == key->len &&
		    memcmp(wanted->name, key->text, key->len) == 0)
			return i;
	}
	return NOT_WANTED;
}

/* A wanted value begins at `p`. */
static void
find_start(struct gate *g, int place)
{
	if (place >= 0)
		g->finds->found[place].text = g->p;
}

/* The value ends before `p`. */
static void
find_end(struct gate *g, int place)
{
	if (place >= 0)
		g->finds->found[place].len = (size_t)(g->p - g->finds->found[place].text);
}

/* Reads `"key" :`. `p` must be at the first character that is not white space. */
static bool
read_key(struct gate *g, struct key *first_room)
{
	struct key key = { .at = (size_t)(g->p - g->text) };
	bool escaped;

	if (g->p == g->end || *g->p != '"')
		return refuse(g, g->p, g->p == g->end ? "unfinished object" : "key expected");
	key.text = g->p + 1;
	if (!read_string(g, &escaped))
		return false;
	key.len = (size_t)(g->p - 1 - key.text);
	if (escaped && !decode_key(g, &key))
		return false;
	if (g->n_keys == g->key_room && !grow_keys(g, first_room))
		return false;
	g->keys[g->n_keys++] = key;
	g->next = place_of(g, &key);
	skip_space(g);
	if (g->p == g->end || *g->p != ':')
		return refuse(g, g->p, "colon expected");
	g->p++;
	return true;
}

/* Orders keys by their text, and equal keys by their position, so that the later key is
 * reported. */
static int
compare_keys(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	size_t len = x->len < y->len ? x->len : y->len;
	int order = memcmp(x->text, y->text, len);

	if (order != 0)
		return order;
	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return x->at < y->at ? -1 : 1;
}

static bool
same_key(const struct key *a, const struct key *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

/* Refuses the second of two equal keys of the object that ends. */
static bool
keys_unique(struct gate *g, size_t first)
{
	struct key *keys = g->keys + first;
	size_t n = g->n_keys - first;

	if (n <= KEYS_PAIRWISE) {
		for (size_t i = 1; i < n; i++)
			for (size_t j = 0; j < i; j++)
				if (same_key(&keys[i], &keys[j]))
					return refuse(g, g->text + keys[i].at, "duplicate key");
		return true;
	}
	qsort(keys, n, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < n; i++)
		if (same_key(&keys[i - 1], &keys[i]))
			return refuse(g, g->text + keys[i].at, "duplicate key");
	return true;
}

static bool
open_frame(struct gate *g, bool object, int place)
{
	if (g->depth >= g->limits->depth)
		return refuse(g, g->p, "values are nested too deeply");
	g->frames[g->depth++] =
	    (struct frame){ .object = object, .place = place, .first_key = g->n_keys };
	g->p++;
	skip_space(g);
	return true;
}

static bool
close_frame(struct gate *g)
{
	struct frame *frame;

	CHECK(g->depth > 0);
	frame = &g->frames[g->depth - 1];
	CHECK(frame->first_key <= g->n_keys);
	if (frame->object) {
		if (!keys_unique(g, frame->first_key))
			return false;
		g->n_keys = frame->first_key;
	}
	g->depth--;
	g->p++;
	find_end(g, frame->place);
	return true;
}

/* Reads a value that contains no other. */
static bool
read_scalar(struct gate *g)
{
	bool escaped;

	switch (*g->p) {
	case '"': return read_string(g, &escaped);
	case 't': return read_word(g, "true", 4);
	case 'f': return read_word(g, "false", 5);
	case 'n': return read_word(g, "null", 4);
	default:
		if (*g->p == '-' || (*g->p >= '0' && *g->p <= '9'))
			return read_number(g);
		return refuse(g, g->p, "not a JSON value");
	}
}

/* Reads one value to its end, or the start of a container up to its first value; *opened means that
 * a value must follow. */
static bool
read_value(struct gate *g, struct key *first_room, bool *opened)
{
	int place = g->next;
	char close;

	g->next = NOT_WANTED;
	*opened = false;
	skip_space(g);
	if (g->p == g->end)
		return refuse(g, g->p, g->depth == 0 ? "empty text" : "unfinished value");
	if (++g->values > g->limits->members)
		return refuse(g, g->p, "too many values");
	find_start(g, place);
	if (*g->p != '{' && *g->p != '[') {
		if (!read_scalar(g))
			return false;
		find_end(g, place);
		return true;
	}
	close = *g->p == '{' ? '}' : ']';
	if (!open_frame(g, close == '}', place))
		return false;
	if (g->p < g->end && *g->p == close)
		return close_frame(g);
	*opened = true;
	return close == ']' || read_key(g, first_room);
}

/* After a value: closes the containers that end here; *more means that another value must
 * follow. */
static bool
read_behind(struct gate *g, struct key *first_room, bool *more)
{
	*more = false;
	for (;;) {
		bool object;

		skip_space(g);
		if (g->depth == 0)
			return g->p == g->end || refuse(g, g->p, "there is text after the value");
		object = g->frames[g->depth - 1].object;
		if (g->p == g->end)
			return refuse(g, g->p, object ? "unfinished object" : "unfinished array");
		if (*g->p == ',') {
			g->p++;
			skip_space(g);
			*more = true;
			return !object || read_key(g, first_room);
		}
		if (*g->p != (object ? '}' : ']'))
			return refuse(g, g->p,
				      object ? "comma or } expected" : "comma or ] expected");
		if (!close_frame(g))
			return false;
	}
}

static bool
read_text(struct gate *g, struct key *first_room)
{
	bool more = true;

	if ((size_t)(g->end - g->text) > g->limits->bytes)
		return refuse(g, g->text + g->limits->bytes, "the text is too long");
	if (g->end - g->p >= 3 && memcmp(g->p, "\xEF\xBB\xBF", 3) == 0)
		return refuse(g, g->p, "a byte order mark is not allowed");
	while (more) {
		do {
			if (!read_value(g, first_room, &more))
				return false;
		} while (more);
		if (!read_behind(g, first_room, &more))
			return false;
	}
	return true;
}

const char *
json_gate_find(const char *text, size_t len, const struct json_limits *limits, size_t *at,
	       struct json_finds *finds)
{
	struct frame frames[FRAMES_INLINE];
	struct key keys[KEYS_INLINE];
	struct gate g = { .text = text,
			  .p = text,
			  .end = text + len,
			  .limits = limits,
			  .frames = frames,
			  .keys = keys,
			  .key_room = KEYS_INLINE,
			  .finds = finds,
			  .next = finds != NULL ? JSON_WHOLE : NOT_WANTED };

	if (finds != NULL)
		memset(finds->found, 0, (size_t)finds->n * sizeof(*finds->found));
	if (limits->depth > FRAMES_INLINE)
		g.frames = malloc(limits->depth * sizeof(*frames));
	if (g.frames == NULL) {
		g.why = "out of memory";
	} else {
		read_text(&g, keys);
		if (g.frames != frames)
			free(g.frames);
	}
	if (g.keys != keys)
		free(g.keys);
	free(g.decoded);
	if (finds != NULL) {
		finds->values = g.values;
		finds->escapes = g.escapes;
	}
	if (at != NULL)
		*at = (size_t)(g.p - text);
	return g.why;
}

const char *
json_gate(const char *text, size_t len, const struct json_limits *limits, size_t *at)
{
	return json_gate_find(text, len, limits, at, NULL);
}
