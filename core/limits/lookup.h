/* SPDX-License-Identifier: Apache-2.0 */
/* Looks a name up on a worker thread. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_LIMITS_LOOKUP_H
#define CORE_LIMITS_LOOKUP_H

#include <stddef.h>
#include <stdint.h>

struct lookup;
struct pool;

#define LOOKUP_ADDRESSES_MAX 8u
#define LOOKUP_ADDRESS_MAX 1025 /* NI_MAXHOST */

struct lookup_result {
	size_t n; /* 0: `why` says why; static */
	const char *why;
	char address[LOOKUP_ADDRESSES_MAX][LOOKUP_ADDRESS_MAX];
};

/* `fn` is called once, on the loop thread; the result is valid until it returns. */
struct lookup *lookup_new(struct pool *pool, const char *host, uint16_t port,
			  void (*fn)(void *data, const struct lookup_result *result), void *data);
/* `fn` is not called any more. */
void lookup_leave(struct lookup *lookup);

#endif
