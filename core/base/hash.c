/* SPDX-License-Identifier: Apache-2.0 */
/* Chained hash tables, and SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input
 * PRF"). */
#include "base/hash.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/check.h"
#include "base/mem.h"

#define SIZE_MIN 16u

/* ---- the hash ------------------------------------------------------------------------------- */

static uint64_t secret[2];
static pthread_once_t secret_once = PTHREAD_ONCE_INIT;

static void
make_secret(void)
{
	/* getrandom() returns so few bytes completely; only a signal can interrupt it */
	while (getrandom(secret, sizeof(secret), 0) != (ssize_t)sizeof(secret))
		;
}

static inline uint64_t
rotated(uint64_t value, unsigned bits)
{
	return value << bits | value >> (64 - bits);
}

static inline void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotated(v[1], 13) ^ v[0];
	v[0] = rotated(v[0], 32);
	v[2] += v[3];
	v[3] = rotated(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotated(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotated(v[1], 17) ^ v[2];
	v[2] = rotated(v[2], 32);
}

static inline void
sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
}

uint64_t
hash_of(const void *scope, const void *key, size_t len)
{
	const unsigned char *bytes = key;
	uint64_t v[4], word = 0;
	size_t at = 0;

	pthread_once(&secret_once, make_secret);
	v[0] = secret[0] ^ UINT64_C(0x736f6d6570736575);
	v[1] = secret[1] ^ UINT64_C(0x646f72616e646f6d);
	v[2] = secret[0] ^ UINT64_C(0x6c7967656e657261);
	v[3] = secret[1] ^ UINT64_C(0x7465646279746573);
	sip_word(v, (uint64_t)(uintptr_t)scope);
	for (; len - at >= sizeof(word); at += sizeof(word)) {
		memcpy(&word, bytes + at, sizeof(word));
		sip_word(v, word);
	}
	word = (uint64_t)len << 56;
	for (unsigned shift = 0; at < len; at++, shift += 8)
		word |= (uint64_t)bytes[at] << shift;
	sip_word(v, word);
	v[2] ^= 0xff;
	sip_round(v);
	sip_round(v);
	sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* ---- the table ------------------------------------------------------------------------------ */

static struct hash_link **
hash_bucket(const struct hash *hash, uint64_t value)
{
	return &hash->bucket[value & (hash->size - 1)];
}

/* Entries with the same hash keep their order. */
static void
resize(struct hash *hash, size_t size)
{
	struct hash old = *hash;

	hash->bucket = xcalloc(size, sizeof(struct hash_link *));
	hash->size = size;
	for (size_t i = 0; i < old.size; i++) {
		struct hash_link *reversed = NULL, *next;

		for (struct hash_link *link = old.bucket[i]; link != NULL; link = next) {
			next = link->next;
			link->next = reversed;
			reversed = link;
		}
		for (; reversed != NULL; reversed = next) {
			struct hash_link **bucket = hash_bucket(hash, reversed->hash);

			next = reversed->next;
			reversed->next = *bucket;
			*bucket = reversed;
		}
	}
	free(old.bucket);
}

void
hash_add(struct hash *hash, struct hash_link *link, uint64_t value)
{
	struct hash_link **bucket;

	if (hash->size == 0)
		resize(hash, SIZE_MIN);
	else if (hash->count == hash->size)
		resize(hash, hash->size * 2);
	bucket = hash_bucket(hash, value);
	link->hash = value;
	link->next = *bucket;
	*bucket = link;
	hash->count++;
}

void
hash_remove(struct hash *hash, struct hash_link *link)
{
	struct hash_link **at;

	CHECK(hash->count > 0);
	at = hash_bucket(hash, link->hash);
	while (*at != link) {
		CHECK(*at != NULL);
		at = &(*at)->next;
	}
	*at = link->next;
	link->next = NULL;
	hash->count--;
	if (hash->size > SIZE_MIN && hash->count < hash->size / 8)
		resize(hash, hash->size / 2);
}

static struct hash_link *
same_hash(struct hash_link *link, uint64_t value)
{
	while (link != NULL && link->hash != value)
		link = link->next;
	return link;
}

struct hash_link *
hash_find(const struct hash *hash, uint64_t value)
{
	return hash->size == 0 ? NULL : same_hash(*hash_bucket(hash, value), value);
}

struct hash_link *
hash_next(const struct hash_link *link)
{
	return same_hash(link->next, link->hash);
}

void
hash_fini(struct hash *hash)
{
	CHECK(hash->count == 0);
	free(hash->bucket);
	*hash = (struct hash){ 0 };
}
