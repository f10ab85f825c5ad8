/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of a call, while it is suspended between two steps or while a step waits for one. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CALL_SUSPEND_H
#define CORE_CALL_SUSPEND_H

#include <stdbool.h>
#include <stddef.h>

#include "egress/egress.h"
#include "run/run.h"

struct call;
struct call_fetch;

/* The current suspension, or the last one until the step with its replies has ended. All in
 * `arena`. */
struct call_suspension {
	struct arena *arena;
	struct mcp_reply *reply;
	struct suspended_fetch *fetch;
	size_t fetches;		     /* requests, and their replies */
	size_t pending;		     /* number of requests that still run */
	uint64_t held;		     /* bytes of replies, counted in egress */
	bool waiting;		     /* the wait is not over */
	struct call_fetch *blocking; /* requests of a step that waits */
};

/* Sends the requests of a suspended step, and starts its wait. */
void suspend_begin(struct call *call, const struct outcome *outcome);
/* The wait is over: the next step runs, unless requests still run. */
void suspend_waited(struct call *call);
/* The call is ending: ends requests and waits; those of the clean-up only with `all`. */
void suspend_cut(struct call *call, bool all);
/* After the step that had the replies. */
void suspend_forget(struct call *call);
/* The call is freed; a waiting step gets an error now. */
void suspend_end(struct call *call);

/* From runners: a request that a running step waits for. `done` is called once, later, on the loop
 * thread, with a reply that is valid until it returns. Refused when the call is ending and the
 * request is not clean-up. `sink` is NULL unless the reply goes to one. */
struct call_fetch *call_fetch(struct call *call, const struct mcp_http *request,
			      egress_sink_fn sink, egress_done_fn done, void *data);
void call_fetch_resume(struct call_fetch *fetch);
/* A paused sink of the suspension can take more. */
void call_sink_ready(struct call *call, size_t i);

#endif
