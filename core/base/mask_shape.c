/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mask_shape.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define HEX DIGITS "abcdefABCDEF"
#define WORD DIGITS LETTERS "_"
#define BASE64URL WORD "-"
#define TOKEN68 BASE64URL ".~+/"
#define QUERY BASE64URL ".~+/=%"

#define LEAST 4 /* bytes; a shorter text could be shorter than what replaces it */

/* A secret is `begin`, and after it at least `least` characters of `allowed`. */
struct shape {
	const char *begin;
	const char *allowed;
	size_t least;
	size_t dots;	 /* the number of full stops that must be in the secret */
	bool after;	 /* `begin` is shown, and the secret stands after it */
	bool any_letter; /* `begin` may be in capital or small letters */
};

static const struct shape shapes[] = {
	{ "lh_", BASE64URL, 43, 0, false, false },
	{ "dapi", HEX "-", 32, 0, false, false },
	{ "dose", HEX, 32, 0, false, false },
	{ "ghp_", WORD, 36, 0, false, false },
	{ "gho_", WORD, 36, 0, false, false },
	{ "ghu_", WORD, 36, 0, false, false },
	{ "ghs_", WORD, 36, 0, false, false },
	{ "ghr_", WORD, 36, 0, false, false },
	{ "github_pat_", WORD, 40, 0, false, false },
	{ "ya29.", BASE64URL ".", 20, 0, false, false },
	{ "eyJ", BASE64URL ".", 20, 2, false, false },
	{ "Bearer ", TOKEN68, 20, 0, true, true },
	{ "Basic ", TOKEN68, 20, 0, true, true },
	{ "X-Amz-Signature=", QUERY, 16, 0, true, true },
	{ "X-Amz-Security-Token=", QUERY, 16, 0, true, true },
	{ "X-Goog-Signature=", QUERY, 16, 0, true, true },
	{ "Signature=", QUERY, 16, 0, true, false },
	{ "sig=", QUERY, 16, 0, true, false },
};

struct found {
	const unsigned char *text;
	size_t len;
	void (*fn)(void *data, size_t first, size_t end);
	void *data;
	size_t no_dots; /* no secret with full stops in it begins before this place */
};

static bool
is_wordlike(unsigned char c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

static bool
stands_at(const struct found *found, size_t at, const char *word, bool any_letter)
{
	const size_t len = strlen(word);
	const char *text = (const char *)found->text + at;

	if (len > found->len - at)
		return false;
	return any_letter ? strncasecmp(text, word, len) == 0 : memcmp(text, word, len) == 0;
}

/* The end of the secret whose allowed characters begin at `from`, or `from` when it is none. */
static size_t
shape_end(struct found *found, const struct shape *shape, size_t from)
{
	size_t end = from, dots = 0;

	/* The rest of a text with too few full stops has no more of them. Without this, a text that
	 * repeats the beginning would be read to its end from each of them. */
	if (shape->dots > 0 && from < found->no_dots)
		return from;
	while (end < found->len && found->text[end] != '\0' &&
	       strchr(shape->allowed, found->text[end]) != NULL)
		dots += found->text[end++] == '.';
	if (dots < shape->dots)
		found->no_dots = end;
	return end - from >= shape->least && dots >= shape->dots ? end : from;
}

/* The end of the secret that begins at `at`; 0 when none begins there. */
static size_t
token_at(struct found *found, size_t at)
{
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		const struct shape *shape = &shapes[i];
		const size_t from = at + strlen(shape->begin);
		size_t end;

		if ((shape->begin[0] | 0x20) != (found->text[at] | 0x20) ||
		    !stands_at(found, at, shape->begin, shape->any_letter))
			continue;
		end = shape_end(found, shape, from);
		if (end == from)
			continue;
		found->fn(found->data, shape->after ? from : at, end);
		return end;
	}
	return 0;
}

/* "://user:password@": the password. A URL without one ends at its path or at a space. */
static size_t
password_at(const struct found *found, size_t at)
{
	size_t colon = 0, end = at + 3;

	if (!stands_at(found, at, "://", false))
		return 0;
	for (; end < found->len && strchr("/?#\"<> \t\r\n", found->text[end]) == NULL; end++) {
		if (found->text[end] == ':' && colon == 0)
			colon = end + 1;
		if (found->text[end] == '@' && colon != 0 && end - colon >= LEAST)
			found->fn(found->data, colon, end);
	}
	return end;
}

/* The content of a private key. A key that was cut has no end. */
static size_t
key_at(const struct found *found, size_t at)
{
	static const char last[] = "-----END ";
	static const char kind[] = "PRIVATE KEY-----";
	const unsigned char *rest = found->text + at, *stop, *end;
	size_t head = found->len - at < 80 ? found->len - at : 80;

	if (!stands_at(found, at, "-----BEGIN ", false))
		return 0;
	stop = memmem(rest, head, kind, strlen(kind));
	if (stop == NULL)
		return 0;
	stop += strlen(kind);
	end = memmem(stop, (size_t)(found->text + found->len - stop), last, strlen(last));
	if (end == NULL)
		end = found->text + found->len;
	if (end - stop >= LEAST)
		found->fn(found->data, (size_t)(stop - found->text), (size_t)(end - found->text));
	return (size_t)(end - found->text);
}

void
shape_scan(const unsigned char *text, size_t len, void (*fn)(void *data, size_t first, size_t end),
	   void *data)
{
	struct found found = { text, len, fn, data, 0 };
	/* the first characters of all forms; most bytes of a text are other ones */
	static const bool first[256] = {
		[':'] = true, ['-'] = true, ['l'] = true, ['d'] = true, ['g'] = true,
		['y'] = true, ['e'] = true, ['B'] = true, ['b'] = true, ['X'] = true,
		['x'] = true, ['S'] = true, ['s'] = true
	};
	size_t end;

	for (size_t i = 0; i < len; i++) {
		if (!first[text[i]])
			continue;
		end = 0;
		if (text[i] == ':')
			end = password_at(&found, i);
		else if (text[i] == '-')
			end = key_at(&found, i);
		else if (i == 0 || !is_wordlike(text[i - 1]))
			end = token_at(&found, i);
		if (end > i)
			i = end - 1;
	}
}
