/* SPDX-License-Identifier: Apache-2.0 */
#include "limits/lookup.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/pool.h"

#define HOST_MAX 256

struct lookup {
	struct pool_job job;					    /* first */
	void (*fn)(void *data, const struct lookup_result *result); /* NULL: its owner has left */
	void *data;
	char host[HOST_MAX], port[8];
	struct lookup_result result;
};

_Static_assert(LOOKUP_ADDRESS_MAX == NI_MAXHOST, "an address has room");

static void
look_up(struct pool_job *job)
{
	struct lookup *lookup = (struct lookup *)job;
	struct lookup_result *result = &lookup->result;
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;

	result->why = gai_strerror(getaddrinfo(lookup->host, lookup->port, &hints, &list));
	for (struct addrinfo *one = list; one != NULL && result->n < LOOKUP_ADDRESSES_MAX;
	     one = one->ai_next)
		if (getnameinfo(one->ai_addr, one->ai_addrlen, result->address[result->n],
				LOOKUP_ADDRESS_MAX, NULL, 0, NI_NUMERICHOST) == 0)
			result->n++;
	if (list != NULL)
		freeaddrinfo(list);
}

static void
give_result(struct pool_job *job)
{
	struct lookup *lookup = (struct lookup *)job;

	if (lookup->fn != NULL)
		lookup->fn(lookup->data, &lookup->result);
	free(lookup);
}

/* The host stops. */
static void
drop(struct pool_job *job)
{
	free(job);
}

struct lookup *
lookup_new(struct pool *pool, const char *host, uint16_t port,
	   void (*fn)(void *data, const struct lookup_result *result), void *data)
{
	struct lookup *lookup = xcalloc(1, sizeof(*lookup));

	lookup->job =
	    (struct pool_job){ .run = look_up, .done = give_result, .drop = drop, .group = data };
	lookup->fn = fn;
	lookup->data = data;
	snprintf(lookup->host, sizeof(lookup->host), "%s", host);
	snprintf(lookup->port, sizeof(lookup->port), "%u", port);
	pool_submit(pool, &lookup->job);
	return lookup;
}

void
lookup_leave(struct lookup *lookup)
{
	lookup->fn = NULL;
}
