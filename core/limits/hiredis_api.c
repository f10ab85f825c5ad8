/* SPDX-License-Identifier: Apache-2.0 */
#include "limits/hiredis_api.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define HIREDIS_LIBRARY "libhiredis.so." HIREDIS_SONAME_TEXT

static struct hiredis_api hiredis;

static const struct {
	const char *name;
	void *place;
} hiredis_symbols[] = {
	{ "redisAsyncConnect", &hiredis.connect },
	{ "redisAsyncConnectUnix", &hiredis.connect_unix },
	{ "redisAsyncSetConnectCallback", &hiredis.on_connect },
	{ "redisAsyncFormattedCommand", &hiredis.send },
	{ "redisAsyncHandleRead", &hiredis.handle_read },
	{ "redisAsyncHandleWrite", &hiredis.handle_write },
	{ "redisAsyncFree", &hiredis.free },
};

_Static_assert(ARRAY_SIZE(hiredis_symbols) * sizeof(void *) == sizeof(hiredis),
	       "every member has a symbol");

const struct hiredis_api *
hiredis_open(char *why, size_t why_size)
{
	void *library;

	if (hiredis.free != NULL)
		return &hiredis;
	/* global: its library for TLS looks for its functions there */
	library = dlopen(HIREDIS_LIBRARY, RTLD_NOW | RTLD_GLOBAL);
	if (library == NULL) {
		snprintf(why, why_size,
			 "libhiredis cannot be loaded (%s): install the package that "
			 "has " HIREDIS_LIBRARY,
			 dlerror());
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(hiredis_symbols); i++) {
		void *symbol = dlsym(library, hiredis_symbols[i].name);

		if (symbol == NULL) {
			snprintf(why, why_size, HIREDIS_LIBRARY " lacks %s",
				 hiredis_symbols[i].name);
			return NULL;
		}
		memcpy(hiredis_symbols[i].place, &symbol, sizeof(symbol));
	}
	return &hiredis;
}
