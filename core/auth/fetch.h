/* SPDX-License-Identifier: Apache-2.0 */
/* How auth gets a public document by HTTP. The host gives the functions, because auth/ does not
 * know who makes requests. Loop thread only. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_AUTH_FETCH_H
#define CORE_AUTH_FETCH_H

#include <stddef.h>

/* `body` is borrowed until the function returns. NULL: there is no document, and `why` says why. */
typedef void (*fetched_fn)(void *data, const char *body, size_t len, const char *why);

struct fetcher {
	void *data;
	/* GET of a document of at most `max` bytes. `done` is called once, later. Never NULL. */
	void *(*start)(void *data, const char *url, size_t max, fetched_fn done, void *done_data);
	void (*cancel)(void *data, void *running); /* `done` will not be called */
};

#endif
