/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/store.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "auth/token_file.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define LOOK_MS 1000 /* time between two checks of the file */

struct token_store {
	char *path;
	struct token_list list;
	bool usable;
	char why[512]; /* why the file cannot be used */
	struct stat seen;
	int64_t looked_ms;
};

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_uid == b->st_uid && a->st_mode == b->st_mode &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static void
read_again(struct token_store *store)
{
	bool before = store->usable;
	char why[sizeof(store->why)];

	token_list_fini(&store->list);
	store->usable = token_file_read(store->path, &store->list, &store->seen, why, sizeof(why));
	CHECK(store->usable || store->list.count == 0);
	if (store->usable) {
		log_event(LOG_INFO, "tokens", "count", "i", (int64_t)store->list.count, NULL);
	} else if (before || strcmp(why, store->why) != 0) {
		strcpy(store->why, why);
		log_event(LOG_ERROR, "tokens-unusable", "why", "s", why, "effect", "s",
			  "every request over HTTP is refused", NULL);
	}
}

struct token_store *
token_store_new(const char *path)
{
	struct token_store *store = xcalloc(1, sizeof(*store));

	store->path = xstrdup(path);
	read_again(store);
	store->looked_ms = clock_ms();
	return store;
}

void
token_store_free(struct token_store *store)
{
	if (store == NULL)
		return;
	token_list_fini(&store->list);
	free(store->path);
	free(store);
}

void
token_store_reload(struct token_store *store)
{
	read_again(store);
	store->looked_ms = clock_ms();
}

const struct token_list *
token_store_list(struct token_store *store, const char **why)
{
	int64_t now = clock_ms();
	struct stat status;

	if (now - store->looked_ms >= LOOK_MS) {
		store->looked_ms = now;
		if (!store->usable || stat(store->path, &status) != 0 ||
		    !same_file(&status, &store->seen))
			read_again(store);
	}
	*why = store->usable ? NULL : store->why;
	return store->usable ? &store->list : NULL;
}
