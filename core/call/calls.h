/* SPDX-License-Identifier: Apache-2.0 */
/* The list of all calls of the host, and how they end. Loop thread only. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CALL_CALLS_H
#define CORE_CALL_CALLS_H

#include <stdbool.h>
#include <stddef.h>

struct call;
struct calls;
struct limits;
struct loop;
struct pool;
struct snapshot;

/* Makes the list. New calls use `snapshot`; so do the caps. The list holds it. */
struct calls *calls_new(struct loop *loop, struct snapshot *snapshot);
/* From now on new calls use this snapshot. Running calls keep their own. */
void calls_use(struct calls *calls, struct snapshot *snapshot);
/* Cancels the running calls of each principal that `gone` names. Returns their number. */
size_t calls_cancel(struct calls *calls, bool (*gone)(void *data, const struct call *call),
		    void *data);
/* Frees the list. The loop must not run afterwards, unless no call was left. */
void calls_free(struct calls *calls);
size_t calls_running(const struct calls *calls);
size_t calls_queued(const struct calls *calls); /* those that wait for their first step */
/* The worker threads that in-process steps run on; borrowed. Without them all steps run on the loop
 * thread, where a step cannot wait for a request. */
void calls_use_pool(struct calls *calls, struct pool *pool);
/* Calls spend from these limits; borrowed. NULL: nothing is limited. */
void calls_use_limits(struct calls *calls, struct limits *limits);
/* Shutdown: no new calls; hybrid waits end now (handles are answered, or with operations.on_cancel
 * "stop" the work is cancelled); calls that still run after `ms` are cancelled; `drained` is called
 * when no call is left. */
void calls_drain(struct calls *calls, unsigned ms, void (*drained)(void *data), void *data);
bool calls_draining(const struct calls *calls);

/* For call.c: the list of calls that are not freed yet. */
void calls_add(struct calls *calls, struct call *call);
void calls_remove(struct calls *calls, struct call *call);

#endif
