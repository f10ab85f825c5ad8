/* SPDX-License-Identifier: Apache-2.0 */
/* What differs between the protocol families: the older revisions (legacy.h) and 2026-07-28
 * (modern.h). */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_ERA_H
#define CORE_ERA_ERA_H

#include <stdbool.h>
#include <stdint.h>

#include "rpc/error.h"

struct buf;
struct json;
struct request;

/* The members that end a result. */
struct wrap {
	const char *type; /* resultType, if the era has one */
	/* time for which the client may cache the result; -1: the result has no such hint */
	int64_t ttl_ms;
	const struct buf *meta; /* the members of `_meta`, or NULL */
};

enum { IN_LEGACY = 1 << 0, IN_MODERN = 1 << 1 };

/* The functions in which a protocol family differs. */
struct era {
	unsigned mask;
	bool cancel_on_close; /* a lost connection cancels the request */
	/* Checks what the era requires, and reads what the request says about its client. False:
	 * the request was refused and is freed. */
	bool (*admit)(struct request *request);
	/* Adds the members of this era to a result that already has its own members. */
	void (*wrap_result)(const struct request *request, struct json *out,
			    const struct wrap *wrap);
	/* The error code of this era for an error. */
	void (*wrap_error)(enum rpc_error error, int *code, int *status);
	/* Called when the call asks the client a question. */
	void (*ask)(struct request *request);
};

#endif
