/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of libhiredis that are used. The library is loaded when a store is configured, so
 * that other hosts do not need it. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_LIMITS_HIREDIS_API_H
#define CORE_LIMITS_HIREDIS_API_H

#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <stddef.h>

/* The version of the library whose header this program was compiled with: each version has its own
 * layout. */
#define HIREDIS_TEXT_OF_VALUE(value) #value
#define HIREDIS_TEXT_OF(name) HIREDIS_TEXT_OF_VALUE(name)
#define HIREDIS_SONAME_TEXT HIREDIS_TEXT_OF(HIREDIS_SONAME)

struct hiredis_api {
	redisAsyncContext *(*connect)(const char *address, int port);
	redisAsyncContext *(*connect_unix)(const char *path);
	int (*on_connect)(redisAsyncContext *context, redisConnectCallback *fn);
	int (*send)(redisAsyncContext *context, redisCallbackFn *fn, void *data,
		    const char *command, size_t len);
	void (*handle_read)(redisAsyncContext *context);
	void (*handle_write)(redisAsyncContext *context);
	void (*free)(redisAsyncContext *context);
};

/* Static. NULL with `why`: the library cannot be loaded. */
const struct hiredis_api *hiredis_open(char *why, size_t why_size);

#endif
