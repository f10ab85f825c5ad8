/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parser of libhiredis may make of the bytes of a server. Without this a server could end
 * the host: libhiredis calls abort() for an answer to no question, and takes memory for as many
 * elements as an array announces. The accepted answers are a text, a number, nothing, and an array
 * of numbers. All others end the connection.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_LIMITS_READER_H
#define CORE_LIMITS_READER_H

#include <stdbool.h>

#include "limits/hiredis_api.h"

struct reader_guard {
	bool (*expected)(const void *data); /* Is a command without its answer? */
	const void *data;
	const char *why; /* static: the bytes were refused; or NULL */
};

/* Before the first byte is read. `guard` must live as long as the reader. */
void reader_guard(redisReader *reader, struct reader_guard *guard);

#endif
