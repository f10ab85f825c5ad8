/* SPDX-License-Identifier: Apache-2.0 */
#include "era/once.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

struct once_used {
	struct hash_link by_text;
	STAILQ_ENTRY(once_used) age;
	int64_t until_ms;
	char text[ONCE_TEXT_MAX];
};

void
once_init(struct once *once)
{
	*once = (struct once){ 0 };
	STAILQ_INIT(&once->by_age);
}

static void
drop_first(struct once *once)
{
	struct once_used *used = STAILQ_FIRST(&once->by_age);

	STAILQ_REMOVE_HEAD(&once->by_age, age);
	hash_remove(&once->used, &used->by_text);
	free(used);
}

void
once_fini(struct once *once)
{
	while (!STAILQ_EMPTY(&once->by_age))
		drop_first(once);
	hash_fini(&once->used);
}

enum once_verdict
once_use(struct once *once, const char *text, int64_t ttl_ms)
{
	int64_t now = clock_ms();
	struct once_used *used;
	struct hash_link *link;
	uint64_t key;

	while (!STAILQ_EMPTY(&once->by_age) && STAILQ_FIRST(&once->by_age)->until_ms <= now)
		drop_first(once);
	key = hash_of(NULL, text, strlen(text));
	for (link = hash_find(&once->used, key); link != NULL; link = hash_next(link)) {
		used = link->owner;
		if (strcmp(used->text, text) == 0)
			return ONCE_AGAIN;
	}
	if (once->used.count >= ONCE_MAX)
		return ONCE_FULL;
	used = xcalloc(1, sizeof(*used));
	snprintf(used->text, sizeof(used->text), "%s", text);
	used->until_ms = now + ttl_ms;
	used->by_text.owner = used;
	hash_add(&once->used, &used->by_text, key);
	STAILQ_INSERT_TAIL(&once->by_age, used, age);
	return ONCE_FIRST;
}
