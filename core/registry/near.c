/* SPDX-License-Identifier: Apache-2.0 */
/* The names that an unknown name was probably meant to be. Models write the names of tools with the
 * prefix of their client, in another case, shortened, or with other words. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/nearest.h"
#include "registry/registry.h"

#define WORDS_MAX 12u
#define WORD_MAX 24u  /* most bytes of a word that are compared */
#define PART_LEAST 6u /* least characters of a name that is searched within another one */

struct words {
	char item[WORDS_MAX][WORD_MAX];
	size_t count;
};

struct search {
	const struct registry *registry;
	enum row_kind kind;
	const struct row_view *view;
	const char *wanted;
	const char **found;
	size_t n;
};

static const char *
name_at(const struct search *search, size_t i)
{
	const struct row *row = registry_at(search->registry, search->kind, i);

	return row != NULL && row_seen(row, search->view) ? row->name : NULL;
}

/* The text after the prefix that a client adds: mcp__lakehost__X, lakehost.X, lakehost/X,
 * functions:X. */
static const char *
without_prefix(const char *name)
{
	const char *at = name;

	for (const char *p = name; *p != '\0'; p++) {
		if (strchr("./:", *p) != NULL)
			at = p + 1;
		else if (p[0] == '_' && p[1] == '_')
			at = p + 2;
	}
	return *at != '\0' ? at : name;
}

/* Words end at separators, and where a capital follows a small letter. Singular and plural are
 * equal. */
static void
words_of(const char *name, struct words *words)
{
	size_t len = 0;

	words->count = 0;
	for (const char *p = name; words->count < WORDS_MAX; p++) {
		const bool letter = isalnum((unsigned char)*p) != 0;
		const bool begins =
		    p > name && isupper((unsigned char)*p) && islower((unsigned char)p[-1]);
		char *word = words->item[words->count];

		if (len > 0 && (!letter || begins)) {
			len -= len > 3 && word[len - 1] == 's';
			word[len] = '\0';
			words->count++;
			len = 0;
		}
		if (*p == '\0')
			break;
		if (letter && len < WORD_MAX - 1 && words->count < WORDS_MAX)
			words->item[words->count][len++] = (char)tolower((unsigned char)*p);
	}
}

static bool
has_word(const struct words *words, const char *word)
{
	for (size_t i = 0; i < words->count; i++)
		if (strcmp(words->item[i], word) == 0)
			return true;
	return false;
}

static bool
has_words(const struct words *all, const struct words *some)
{
	for (size_t i = 0; i < some->count; i++)
		if (!has_word(all, some->item[i]))
			return false;
	return some->count > 0;
}

/* Does the tool `name` change something, while `wanted` begins with the verb of another tool? A
 * call of get_secret must not suggest put_secret. */
static bool
other_verb(const struct search *search, size_t at, const char *wanted)
{
	const struct row *row = registry_at(search->registry, search->kind, at);
	const size_t len = strcspn(wanted, "_");

	if (row->access == ACCESS_READ || strncasecmp(row->name, wanted, len + 1) == 0)
		return false;
	for (size_t i = 0;
	     i < registry_count(search->registry, search->kind, row_view_of(ACCESS_ADMIN)); i++) {
		const char *name = name_at(search, i);

		if (name != NULL && strncasecmp(name, wanted, len) == 0 && name[len] == '_')
			return true;
	}
	return false;
}

/* A typing error. */
static void
find_misspelt(struct search *search, const char *wanted)
{
	size_t least = strlen(wanted) / 4 + 1;

	for (size_t i = 0;
	     i < registry_count(search->registry, search->kind, row_view_of(ACCESS_ADMIN)); i++) {
		const char *name = name_at(search, i);
		size_t edits = name != NULL ? nearest_edits(wanted, name) : least;

		if (edits >= least || other_verb(search, i, wanted))
			continue;
		least = edits;
		search->found[0] = name;
		search->n = 1;
	}
}

/* The longest name that is a part of the wanted one: "execute_sql" in "databricks_execute_sql". */
static void
find_within(struct search *search)
{
	size_t longest = PART_LEAST - 1;

	for (size_t i = 0;
	     i < registry_count(search->registry, search->kind, row_view_of(ACCESS_ADMIN)); i++) {
		const char *name = name_at(search, i);

		if (name == NULL || strlen(name) <= longest ||
		    strcasestr(search->wanted, name) == NULL)
			continue;
		longest = strlen(name);
		search->found[0] = name;
		search->n = 1;
	}
}

/* Names that have the same words and few others: "get_table" for "get_table_schema". */
static void
find_by_words(struct search *search, const char *wanted)
{
	size_t rows = registry_count(search->registry, search->kind, row_view_of(ACCESS_ADMIN));
	struct words words, other;

	words_of(wanted, &words);
	for (size_t more = 0; more <= 2; more++) {
		for (size_t i = 0; i < rows && search->n < REGISTRY_NEAR_MAX; i++) {
			const char *name = name_at(search, i);

			if (name == NULL)
				continue;
			words_of(name, &other);
			if (other.count == words.count + more && has_words(&other, &words))
				search->found[search->n++] = name;
		}
	}
}

size_t
registry_near(const struct registry *registry, enum row_kind kind, const char *name,
	      const struct row_view *view, const char *found[REGISTRY_NEAR_MAX])
{
	struct search search = {
		.registry = registry, .kind = kind, .view = view, .wanted = name, .found = found
	};
	const char *bare = without_prefix(name);

	find_misspelt(&search, bare);
	if (search.n == 0)
		find_by_words(&search, bare);
	if (search.n == 0)
		find_within(&search);
	return search.n;
}
