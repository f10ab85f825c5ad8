/* SPDX-License-Identifier: Apache-2.0 */
#include "base/intern.h"

#include <pthread.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

static struct hash interned;
static pthread_mutex_t intern_lock = PTHREAD_MUTEX_INITIALIZER;

static const char *
find_or_add(const char *text)
{
	const uint64_t hash = hash_of(&interned, text, strlen(text));
	struct hash_link *link = hash_find(&interned, hash);

	while (link != NULL && strcmp(link->owner, text) != 0)
		link = hash_next(link);
	if (link == NULL) {
		link = xcalloc(1, sizeof(*link));
		link->owner = xstrdup(text);
		hash_add(&interned, link, hash);
	}
	return link->owner;
}

const char *
intern(const char *text)
{
	const char *one;

	pthread_mutex_lock(&intern_lock);
	one = find_or_add(text);
	pthread_mutex_unlock(&intern_lock);
	return one;
}
