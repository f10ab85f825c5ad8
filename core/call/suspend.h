/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of a call: those of a suspension between two steps, and those for which a running step
 * waits. */
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

/* The current suspension; after its end, the last one until the step with its replies has ended.
 * All members are in `arena`. */
struct call_suspension {
	struct arena *arena;
	struct mcp_reply *reply;
	struct suspended_fetch *fetch;
	size_t fetches;		     /* the requests and their replies */
	size_t pending;		     /* number of requests that are still running */
	uint64_t held;		     /* bytes of replies, counted in egress */
	bool waiting;		     /* the wait has not ended yet */
	struct call_fetch *blocking; /* requests for which a running step waits */
};

/* Sends the requests of a suspended step, and starts its wait. */
void suspend_begin(struct call *call, const struct outcome *outcome);
/* Called when the wait is over: the next step runs, unless requests are still running. */
void suspend_waited(struct call *call);
/* Called when the call is ending: ends requests and waits. Those of the clean-up end only with
 * `all`. */
void suspend_cut(struct call *call, bool all);
/* Does a request of the suspension move a whole file of the host? */
bool suspend_moves(const struct call *call);
/* Called after the step that had the replies. */
void suspend_forget(struct call *call);
/* Called when the call is freed; a waiting step gets an error now. */
void suspend_end(struct call *call);

/* Runners call this for a request for which a running step waits. `done` is called once, later, on
 * the loop thread, with a reply that is valid until it returns. The request is refused when the
 * call is ending and the request is not part of the clean-up. `sink` is NULL unless a sink takes
 * the body. */
struct call_fetch *call_fetch(struct call *call, const struct mcp_http *request,
			      egress_sink_fn sink, egress_done_fn done, void *data);
void call_fetch_resume(struct call_fetch *fetch);
/* Called when a paused sink of the suspension can take more. */
void call_sink_ready(struct call *call, size_t i);

#endif
