/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The limits of a principal, before its call (limits/limits.h), and texts that may be used once,
 * also across replicas. With a store a request may have to wait for it: then the request is in
 * REQUEST_WAITING, and invoke_resumed() follows.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_LIMITED_H
#define CORE_ERA_LIMITED_H

#include <stdbool.h>

struct invoke_order;
struct request;

/* What the request waits for. */
enum limited_stage {
	LIMITED_CALL,	 /* whether its principal may call */
	LIMITED_CONFIRM, /* whether its confirmation was used before */
	LIMITED_STATE,	 /* whether its state was used before */
};

/* True: the call may begin, and the request has its ticket. False: the request was answered, or
 * waits. A refusal is the tool's answer, with HTTP status 200: a model reads it and knows when to
 * come back. Clients treat status 429 as a failure of the connection. */
bool limited_allows(struct request *request, const struct invoke_order *order);

/* Uses a text for all replicas. True: the request waits, or was answered, because the store is
 * away. False: there is no store, so this process alone decides. */
bool limited_use_once(struct request *request, enum limited_stage stage, const char *text,
		      unsigned ttl_s, const struct invoke_order *order);

/* The request ends: the store's answer is not needed any more. */
void limited_end(struct request *request);

#endif
