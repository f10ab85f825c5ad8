/* SPDX-License-Identifier: Apache-2.0 */
/* What a protocol family decides: the older revisions (legacy.h) and 2026-07-28 (modern.h). */
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

/* What closes a result. */
struct wrap {
	const char *type;	/* resultType, where the era has one */
	int64_t ttl_ms;		/* how long it may be cached; -1: no such hint belongs here */
	const struct buf *meta; /* the inside of `_meta`, or NULL */
};

enum { IN_LEGACY = 1 << 0, IN_MODERN = 1 << 1 };

/* What a protocol family decides. */
struct era {
	unsigned mask;
	bool cancel_on_close; /* a lost connection withdraws the request */
	/* Checks what the era demands and reads what the request says about its client. False: it
	 * was refused, and is gone. */
	bool (*admit)(struct request *request);
	/* Adds the members of this era to a result whose own members stand there already. */
	void (*wrap_result)(const struct request *request, struct json *out,
			    const struct wrap *wrap);
	/* How it spells an error. */
	void (*wrap_error)(enum rpc_error error, int *code, int *status);
	/* The call asks the client something. */
	void (*ask)(struct request *request);
};

#endif
