/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the names that were probably meant. */
#include "base/nearest.h"

#include <stdbool.h>
#include <string.h>

#define NEAREST_MAX 64u /* the largest number of bytes that are compared */

/* Case and the kind of separator are ignored: "maxResults" and "max-results" are similar. */
static size_t
fold(const char *text, char out[NEAREST_MAX])
{
	size_t n = 0;

	for (; *text != '\0' && n < NEAREST_MAX; text++) {
		if (*text >= 'A' && *text <= 'Z')
			out[n++] = (char)(*text - 'A' + 'a');
		else if (*text != '_' && *text != '-' && *text != ' ' && *text != '.')
			out[n++] = *text;
	}
	return n;
}

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The number of edits (insert, delete, replace, swap neighbours) that turn one text into the
 * other. */
static size_t
distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][NEAREST_MAX + 1], *before = rows[0], *last = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b_len; j++)
		last[j] = before[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *spare = before;

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t cost = last[j - 1] + (a[i - 1] != b[j - 1]);

			cost = smaller(cost, smaller(last[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				cost = smaller(cost, before[j - 2] + 1);
			row[j] = cost;
		}
		before = last;
		last = row;
		row = spare;
	}
	return last[b_len];
}

size_t
nearest_edits(const char *a, const char *b)
{
	char left[NEAREST_MAX], right[NEAREST_MAX];
	size_t left_len = fold(a, left), right_len = fold(b, right);

	return distance(left, left_len, right, right_len);
}

static bool
contains(const char *text, size_t len, const char *part, size_t part_len)
{
	return part_len >= 3 && memmem(text, len, part, part_len) != NULL;
}

const char *
nearest_name(const char *name, const char *const *names, size_t n)
{
	char wanted[NEAREST_MAX], other[NEAREST_MAX];
	size_t wanted_len = fold(name, wanted), best = wanted_len / 3 + 1;
	const char *found = NULL;

	for (size_t i = 0; i < n; i++) {
		size_t len = fold(names[i], other), edits;

		edits = distance(wanted, wanted_len, other, len);
		if (edits < best || (edits == best && found == NULL && best < wanted_len)) {
			best = edits;
			found = names[i];
		}
	}
	/* one name is the beginning of the other: "table" for "table_name" */
	for (size_t i = 0; found == NULL && i < n; i++) {
		size_t len = fold(names[i], other);

		if (contains(other, len, wanted, wanted_len) ||
		    contains(wanted, wanted_len, other, len))
			found = names[i];
	}
	return found;
}
