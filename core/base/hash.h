/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash table of links that are embedded in what it finds, so adding needs no memory of its own.
 * It grows and shrinks with its content. The hash is keyed by a random number of the process,
 * because a peer chooses most keys and could choose equal hashes. json-c's lh_table does not fit:
 * removed entries lengthen its searches until it is rebuilt. One thread at a time.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_HASH_H
#define CORE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Embed it; it must not move while it is in a table. `owner` is the user's. */
struct hash_link {
	struct hash_link *next; /* private */
	uint64_t hash;
	void *owner;
};

/* Zeroed: an empty table. */
struct hash {
	struct hash_link **bucket;
	size_t size; /* of `bucket`, a power of two */
	size_t count;
};

/* The hash of a key. Equal keys of different scopes (any address, or NULL) have different ones.
 * Any thread. */
uint64_t hash_of(const void *scope, const void *key, size_t len);

/* Several links may have the same hash. `link->owner` was set by the caller. */
void hash_add(struct hash *hash, struct hash_link *link, uint64_t value);
/* The link must be in this table. */
void hash_remove(struct hash *hash, struct hash_link *link);
/* The links of this hash, the latest first; NULL: no (more) link. The caller compares the keys,
 * and must not add or remove links between the two calls. */
struct hash_link *hash_find(const struct hash *hash, uint64_t value);
struct hash_link *hash_next(const struct hash_link *link);
/* Frees the memory of an empty table, which may be used again. */
void hash_fini(struct hash *hash);

#endif
