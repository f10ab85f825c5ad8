/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes the words of a text and their trigrams to features, so that similar words get similar
 * vectors. */
#include "ml/embed.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

enum { MAX_WORD = 64 };

static bool
in_word(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

void
each_word(const char *text, void (*fn)(void *arg, const char *word), void *arg)
{
	char word[MAX_WORD + 1] = "";
	size_t len = 0;

	for (;; text++) {
		if (in_word(*text)) {
			if (len < MAX_WORD)
				word[len++] = (char)tolower((unsigned char)*text);
			continue;
		}
		if (len > 0) {
			word[len] = '\0';
			fn(arg, word);
			len = 0;
		}
		if (*text == '\0')
			return;
	}
}

static void
count_one(void *arg, const char *word)
{
	(void)word;
	++*(size_t *)arg;
}

size_t
count_words(const char *text)
{
	size_t n = 0;

	each_word(text, count_one, &n);
	return n;
}

struct look_up {
	const char *word;
	bool found;
};

static void
compare_one(void *arg, const char *word)
{
	struct look_up *look_up = arg;

	look_up->found = look_up->found || strcasecmp(look_up->word, word) == 0;
}

bool
has_word(const char *text, const char *word)
{
	struct look_up look_up = { word, false };

	each_word(text, compare_one, &look_up);
	return look_up.found;
}

/* FNV-1a */
static uint32_t
hash(const char *data, size_t len, uint32_t seed)
{
	uint32_t h = UINT32_C(2166136261) ^ seed;

	for (size_t i = 0; i < len; i++) {
		h ^= (unsigned char)data[i];
		h *= UINT32_C(16777619);
	}
	return h ^ (h >> 15);
}

static void
add_feature(float *out, uint32_t h, float weight)
{
	out[h % EMBED_DIMENSION] += (h >> 16 & 1) != 0 ? weight : -weight;
}

static void
add_word(void *arg, const char *word)
{
	size_t len = strlen(word);
	float *out = arg;

	add_feature(out, hash(word, len, 1), 1.0f);
	for (size_t i = 0; i + 3 <= len; i++)
		add_feature(out, hash(word + i, 3, 2), 0.4f);
}

void
embed_text(const char *text, float out[EMBED_DIMENSION])
{
	double sum = 0;

	memset(out, 0, EMBED_DIMENSION * sizeof(float));
	each_word(text, add_word, out);
	for (int i = 0; i < EMBED_DIMENSION; i++)
		sum += (double)out[i] * (double)out[i];
	for (int i = 0; sum > 0 && i < EMBED_DIMENSION; i++)
		out[i] = (float)((double)out[i] / sqrt(sum));
}
