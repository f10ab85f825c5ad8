/* SPDX-License-Identifier: Apache-2.0 */
/* A hash table. Each entry has its link embedded, so that adding an entry allocates no memory. It
 * grows and shrinks with its content. The hash is keyed by a random number of the process, because
 * a peer chooses most keys and could choose equal hashes. json-c's lh_table does not fit: removed
 * entries lengthen its searches until it is rebuilt. One thread at a time. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_HASH_H
#define CORE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Embed the link in the entry. The link must not move while it is in a table. The user of the table
 * sets `owner`. */
struct hash_link {
	struct hash_link *next; /* private */
	uint64_t hash;
	void *owner;
};

/* A zeroed struct is an empty table. */
struct hash {
	struct hash_link **bucket;
	size_t size; /* number of buckets, a power of two */
	size_t count;
};

/* The hash of a key. Equal keys of different scopes (any address, or NULL) have different hashes.
 * Any thread. */
uint64_t hash_of(const void *scope, const void *key, size_t len);

/* Adds a link. Several links may have the same hash. The caller has set `link->owner`. */
void hash_add(struct hash *hash, struct hash_link *link, uint64_t value);
/* Removes a link, which must be in this table. */
void hash_remove(struct hash *hash, struct hash_link *link);
/* Finds the first or next link with this hash, beginning with the latest one. NULL when there is no
 * more. The caller compares the keys, and must not add or remove links between two calls. */
struct hash_link *hash_find(const struct hash *hash, uint64_t value);
struct hash_link *hash_next(const struct hash_link *link);
/* Frees the memory of an empty table. The table may be used again. */
void hash_fini(struct hash *hash);

#endif
