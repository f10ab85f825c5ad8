/* SPDX-License-Identifier: Apache-2.0 */
/* The masked values, and how they are searched for. A group of values has two finders: one for the
 * values as they are, one for the values without white space. The finders are built at the first
 * search after a change. They have a reference count: the search of a long text takes time, and a
 * thread that adds a value must not wait for that search. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mask.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/mask_find.h"
#include "base/mask_search.h"
#include "base/mask_view.h"
#include "base/mem.h"

#define MASK_MIN 4
#define REPLACEMENT "***"
/* The largest number of bytes that can spell one byte of a value: an entity of at most twelve
 * bytes, each of which can again be an entity. */
#define SPELLED_MAX (12 * 12)

struct value {
	char *text;
	size_t len;
	bool pinned;
	bool former;	    /* was pinned; not with `pinned` */
	uint64_t writer;    /* the value is not masked yet: it waits for mask_settle() */
	struct value *next; /* older */
};

struct finders {
	atomic_uint refs;
	struct mask_finders found;
};

struct mask_group {
	char *scope;	      /* name of the plugin */
	struct value *values; /* the newest first */
	/* number and bytes of the values that are not pinned: [true] of the former ones. Tokens of
	 * many users must not replace the secrets that were given. */
	struct {
		size_t n, bytes;
	} kept[2];
	struct finders *finders; /* NULL: the finder must be built */
	struct mask_group *next;
};

static struct mask_group everywhere;
static struct mask_group *all_groups; /* the groups of plugins; their number never decreases */
static atomic_bool any;
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static _Thread_local const char *current;
static _Thread_local bool cut_texts;

/* ---- values --------------------------------------------------------------------------------- */

static void
finders_unref(struct finders *finders)
{
	unsigned before;

	if (finders == NULL)
		return;
	before = atomic_fetch_sub(&finders->refs, 1);
	CHECK(before > 0);
	if (before > 1)
		return;
	finder_free(finders->found.plain);
	finder_free(finders->found.squeezed);
	free(finders);
}

static void
group_changed(struct mask_group *group)
{
	finders_unref(group->finders);
	group->finders = NULL;
}

static void
count(struct mask_group *group, const struct value *value)
{
	group->kept[value->former].n++;
	group->kept[value->former].bytes += value->len;
}

static void
uncount(struct mask_group *group, const struct value *value)
{
	CHECK(group->kept[value->former].n > 0);
	CHECK(group->kept[value->former].bytes >= value->len);
	group->kept[value->former].n--;
	group->kept[value->former].bytes -= value->len;
}

static void
drop(struct mask_group *group, struct value **link)
{
	struct value *value = *link;

	*link = value->next;
	if (!value->pinned)
		uncount(group, value);
	explicit_bzero(value->text, value->len);
	free(value->text);
	free(value);
}

static struct value **
find(struct mask_group *group, const char *text, size_t len)
{
	struct value **link = &group->values;

	while (*link != NULL && ((*link)->len != len || memcmp((*link)->text, text, len) != 0))
		link = &(*link)->next;
	return link;
}

/* Makes room by removing the oldest values of one kind. */
static void
keep_caps(struct mask_group *group, bool former)
{
	while (group->kept[former].n > MASK_VALUES_MAX ||
	       group->kept[former].bytes > MASK_BYTES_MAX) {
		struct value **oldest = NULL;

		for (struct value **link = &group->values; *link != NULL; link = &(*link)->next)
			if (!(*link)->pinned && (*link)->former == former)
				oldest = link;
		if (oldest == NULL)
			return;
		drop(group, oldest);
	}
}

/* A value that is there already is pinned now, or was given now. */
static void
renew(struct mask_group *group, struct value *value, bool pinned)
{
	if (value->pinned || (!pinned && !value->former))
		return;
	uncount(group, value);
	value->pinned = pinned;
	value->former = false;
	if (!pinned)
		count(group, value);
}

/* Moves a value to the front, or adds it. */
static void
put_value(struct mask_group *group, const char *text, size_t len, bool pinned, uint64_t writer)
{
	struct value **link = find(group, text, len), *value = *link;

	if (value != NULL) {
		*link = value->next;
		renew(group, value, pinned);
		if (value->writer != writer && value->writer != 0) {
			value->writer = 0; /* two sources have given this value */
			group_changed(group);
		}
	} else {
		value = xmalloc(sizeof(*value));
		*value = (struct value){
			.text = xstrndup(text, len), .len = len, .pinned = pinned, .writer = writer
		};
		if (!pinned)
			count(group, value);
		group_changed(group);
	}
	value->next = group->values;
	group->values = value;
	keep_caps(group, false);
}

static struct mask_group *
mask_group_of(const char *scope)
{
	struct mask_group *group = all_groups;

	if (scope == NULL)
		return &everywhere;
	while (group != NULL && strcmp(group->scope, scope) != 0)
		group = group->next;
	return group;
}

static void
add(const char *scope, const char *text, size_t len, bool pinned, uint64_t writer)
{
	struct mask_group *group;

	if (text == NULL || len < MASK_MIN || (!pinned && len > MASK_BYTES_MAX))
		return;
	pthread_rwlock_wrlock(&lock);
	group = mask_group_of(scope);
	if (group == NULL) {
		group = xcalloc(1, sizeof(*group));
		group->scope = xstrdup(scope);
		group->next = all_groups;
		all_groups = group;
	}
	put_value(group, text, len, pinned, writer);
	atomic_store(&any, true);
	pthread_rwlock_unlock(&lock);
}

void
mask_pin(const char *value, size_t len)
{
	add(NULL, value, len, true, 0);
}

void
mask_unpin(const char *text, size_t len)
{
	struct value *value;

	pthread_rwlock_wrlock(&lock);
	value = text != NULL ? *find(&everywhere, text, len) : NULL;
	if (value != NULL && value->pinned) {
		value->pinned = false;
		value->former = true;
		count(&everywhere, value);
		keep_caps(&everywhere, true);
	}
	pthread_rwlock_unlock(&lock);
}

void
mask_once(const char *value, size_t len)
{
	mask_pin(value, len);
	mask_unpin(value, len);
}

void
mask_add(const char *value, size_t len)
{
	add(NULL, value, len, false, 0);
}

void
mask_add_in(const char *scope, const char *value, size_t len, uint64_t writer)
{
	add(scope, value, len, false, writer);
}

static void
settle(struct mask_group *group, uint64_t writer)
{
	for (struct value *value = group->values; value != NULL; value = value->next) {
		if (value->writer == writer) {
			value->writer = 0;
			group_changed(group);
		}
	}
}

void
mask_settle(uint64_t writer)
{
	pthread_rwlock_wrlock(&lock);
	settle(&everywhere, writer);
	for (struct mask_group *group = all_groups; group != NULL; group = group->next)
		settle(group, writer);
	pthread_rwlock_unlock(&lock);
}

const char *
mask_enter(const char *scope)
{
	const char *before = current;

	current = scope;
	return before;
}

void
mask_cut_texts(bool cut)
{
	cut_texts = cut;
}

static size_t
longest(const struct mask_group *group)
{
	size_t most = 0;

	for (const struct value *value = group == NULL ? NULL : group->values; value != NULL;
	     value = value->next)
		if (value->len > most)
			most = value->len;
	return most;
}

size_t
mask_reach(void)
{
	size_t everyone, own;

	pthread_rwlock_rdlock(&lock);
	everyone = longest(&everywhere);
	own = longest(mask_group_of(current));
	pthread_rwlock_unlock(&lock);
	return (everyone > own ? everyone : own) * SPELLED_MAX;
}

/* ---- searching ------------------------------------------------------------------------------ */

static void
build(struct mask_group *group)
{
	struct finders *finders = xmalloc(sizeof(*finders));

	atomic_init(&finders->refs, 1);
	finders->found.plain = finder_new();
	finders->found.squeezed = finder_new();
	for (struct value *value = group->values; value != NULL; value = value->next) {
		struct view text = view_of(value->text, value->len), squeezed;

		if (value->writer != 0)
			continue;
		finder_add(finders->found.plain, value->text, value->len);
		squeezed = view_squeezed(&text, false);
		if (squeezed.len >= SQUEEZED_MIN)
			finder_add(finders->found.squeezed, (const char *)squeezed.byte,
				   squeezed.len);
		explicit_bzero(squeezed.byte, squeezed.len);
		view_fini(&squeezed);
	}
	finder_build(finders->found.plain);
	finder_build(finders->found.squeezed);
	group->finders = finders;
}

static bool
ready(const struct mask_group *group)
{
	return group == NULL || group->values == NULL || group->finders != NULL;
}

static void
finder_ready(void)
{
	struct mask_group *group;

	pthread_rwlock_wrlock(&lock);
	group = mask_group_of(current);
	if (!ready(&everywhere))
		build(&everywhere);
	if (!ready(group))
		build(group);
	pthread_rwlock_unlock(&lock);
}

static struct finders *
finders_ref(const struct mask_group *group)
{
	if (group == NULL || group->finders == NULL)
		return NULL;
	atomic_fetch_add(&group->finders->refs, 1);
	return group->finders;
}

/* The values to search for: the common ones, and those of the plugin that owns the texts. */
static void
take_finders(struct finders *taken[2])
{
	const struct mask_group *group;

	for (;;) {
		pthread_rwlock_rdlock(&lock);
		group = mask_group_of(current);
		if (ready(&everywhere) && ready(group))
			break;
		pthread_rwlock_unlock(&lock);
		finder_ready();
	}
	taken[0] = finders_ref(&everywhere);
	taken[1] = group != &everywhere ? finders_ref(group) : NULL;
	pthread_rwlock_unlock(&lock);
}

/* Calls `fn` with what to search for. */
static void
search_text(const char *text, size_t len, bool shapes,
	    void (*fn)(void *data, const struct mask_search *search), void *data)
{
	struct finders *taken[2] = { NULL, NULL };
	struct mask_search search = {
		.text = text, .len = len, .shapes = shapes, .cut = cut_texts
	};

	if (atomic_load(&any))
		take_finders(taken);
	for (size_t i = 0; i < 2; i++)
		search.finders[i] = taken[i] != NULL ? &taken[i]->found : NULL;
	fn(data, &search);
	finders_unref(taken[0]);
	finders_unref(taken[1]);
}

struct masked {
	char *text;
	size_t *len;
	bool needed;
};

static void
do_mask(void *data, const struct mask_search *search)
{
	struct masked *masked = data;

	masked->text = mask_search(search, REPLACEMENT, masked->len);
}

static void
do_look(void *data, const struct mask_search *search)
{
	((struct masked *)data)->needed = mask_search_finds(search);
}

static char *
mask_text(const char *text, size_t len, size_t *out_len, bool shapes)
{
	struct masked masked = { .len = out_len };

	if (text == NULL || len < MASK_MIN || (!atomic_load(&any) && !shapes))
		return NULL;
	if (len > MASK_TEXT_MAX) {
		if (out_len != NULL)
			*out_len = strlen(REPLACEMENT);
		return xstrdup(REPLACEMENT);
	}
	search_text(text, len, shapes, do_mask, &masked);
	return masked.text;
}

char *
mask_apply(const char *text, size_t len, size_t *out_len)
{
	return mask_text(text, len, out_len, false);
}

char *
mask_record(const char *text, size_t len, size_t *out_len)
{
	return mask_text(text, len, out_len, true);
}

bool
mask_record_needed(const char *text, size_t len)
{
	struct masked masked = { .needed = true };

	if (len <= MASK_TEXT_MAX)
		search_text(text, len, true, do_look, &masked);
	return masked.needed;
}
