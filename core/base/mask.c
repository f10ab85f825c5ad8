/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values never to be shown again. They are found in one pass over a text: every mask has at least
 * four bytes, and these select the few masks that may begin at a place.
 *
 * What another process has written comes after its values were made known here, and was cut to
 * size without knowledge of the values that this process knows. Such a text is read with
 * mask_reading(): its writer's own values pass, and the beginning of a value is one where the text
 * was cut.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"

#define MASK_MIN    4
#define BUCKETS	    1024
#define REPLACEMENT "***"
#define PART_MIN    8 /* bytes of a value that was cut */

struct mask {
	char *value; /* NULL: this place is free */
	size_t len;
	uint64_t age; /* when it was last added */
	int next;     /* in its bucket, 1 + index; 0 ends */
	uint64_t owner; /* whose own answer may show it; 0: nobody's */
};

static struct mask masks[MASK_MAX];
static int buckets[BUCKETS]; /* 1 + index of the first mask */
static uint64_t clock_now;
static atomic_bool any;
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static _Thread_local uint64_t reading; /* the writer of what this thread reads; 0: this process */

static unsigned
bucket_of(const char *text)
{
	uint32_t word;

	memcpy(&word, text, sizeof(word));
	return (word * UINT32_C(2654435761)) >> 22;
}

static void
unlink_mask(int index)
{
	int *link = &buckets[bucket_of(masks[index].value)];

	while (*link != index + 1)
		link = &masks[*link - 1].next;
	*link = masks[index].next;
}

/* The place of `value` if it is there, else a free one, else the oldest. */
static int
find_place(const char *value, size_t len)
{
	int place = 0;

	for (int i = 0; i < MASK_MAX; i++) {
		if (masks[i].value == NULL)
			return i; /* places are filled in order, so it is not further on */
		if (masks[i].len == len && memcmp(masks[i].value, value, len) == 0)
			return i;
		if (masks[i].age < masks[place].age)
			place = i;
	}
	return place;
}

void
mask_add(const char *value, size_t len)
{
	mask_add_of(value, len, 0);
}

void
mask_add_of(const char *value, size_t len, uint64_t owner)
{
	struct mask *mask;
	int place;

	if (value == NULL || len < MASK_MIN)
		return;
	pthread_rwlock_wrlock(&lock);
	place = find_place(value, len);
	mask = &masks[place];
	if (mask->value == NULL || mask->len != len || memcmp(mask->value, value, len) != 0) {
		int *head = &buckets[bucket_of(value)];

		if (mask->value != NULL) {
			unlink_mask(place);
			explicit_bzero(mask->value, mask->len);
			free(mask->value);
		}
		mask->value = xstrndup(value, len);
		mask->len = len;
		mask->next = *head;
		mask->owner = owner;
		*head = place + 1;
	} else if (mask->owner != owner) {
		mask->owner = 0; /* two know it */
	}
	mask->age = ++clock_now;
	atomic_store(&any, true);
	pthread_rwlock_unlock(&lock);
}

void
mask_reading(uint64_t owner)
{
	reading = owner;
}

void
mask_settle(uint64_t owner)
{
	pthread_rwlock_wrlock(&lock);
	for (int i = 0; i < MASK_MAX && masks[i].value != NULL; i++)
		if (masks[i].owner == owner)
			masks[i].owner = 0;
	pthread_rwlock_unlock(&lock);
}

/* Where a writer has cut: the end, an ellipsis, or the end of a fence around the text. */
static bool
was_cut(const char *text, size_t len)
{
	static const char *const ends[] = { "\xE2\x80\xA6", "\n</untrusted-data>" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (len >= strlen(ends[i]) && memcmp(text, ends[i], strlen(ends[i])) == 0)
			return true;
	return len == 0;
}

/* How much of a mask begins at `text`: all of it, or a part that was cut; 0: none. */
static size_t
match_of(const struct mask *mask, const char *text, size_t len)
{
	size_t same = 0;

	if (reading != 0 && mask->owner == reading)
		return 0;
	while (same < len && same < mask->len && text[same] == mask->value[same])
		same++;
	if (same == mask->len)
		return same;
	return reading != 0 && same >= PART_MIN && was_cut(text + same, len - same) ? same : 0;
}

/* The length of the longest mask that begins at `text`; 0: none. */
static size_t
match_at(const char *text, size_t len)
{
	size_t longest = 0;

	if (len < MASK_MIN)
		return 0;
	for (int i = buckets[bucket_of(text)]; i != 0; i = masks[i - 1].next) {
		size_t match = match_of(&masks[i - 1], text, len);

		if (match > longest)
			longest = match;
	}
	return longest;
}

/* Masks that overlap are one hole: neither may show its rest. */
static void
copy_masked(struct buf *out, const char *text, size_t len, size_t at)
{
	size_t shown = 0, hidden = 0; /* text[0..shown) is copied, text[..hidden) masked */

	for (; at < len; at++) {
		size_t match = match_at(text + at, len - at);

		if (match == 0)
			continue;
		if (at >= hidden) {
			buf_add(out, text + shown, at - shown);
			buf_puts(out, REPLACEMENT);
		}
		if (at + match > hidden)
			shown = hidden = at + match;
	}
	buf_add(out, text + shown, len - shown);
}

char *
mask_apply(const char *text, size_t len, size_t *out_len)
{
	struct buf out;
	size_t at = 0;
	char *result = NULL;

	if (text == NULL || !atomic_load(&any))
		return NULL;
	pthread_rwlock_rdlock(&lock);
	while (at < len && match_at(text + at, len - at) == 0)
		at++;
	if (at < len) {
		buf_init(&out, len + 1); /* a mask is longer than its replacement */
		copy_masked(&out, text, len, at);
		result = buf_take(&out, out_len);
	}
	pthread_rwlock_unlock(&lock);
	return result;
}
