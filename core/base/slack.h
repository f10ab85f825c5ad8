/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives memory back to the system. When thousands of calls or connections have ended, the allocator
 * keeps their memory, because a few blocks that are still used lie between the free ones (free(3)
 * returns only what is at the end of the heap). This file counts roughly what calls and connections
 * hold. When much less is held than before, and that has been so for a moment, a worker thread
 * trims the heap.
 *
 * One for the process. All functions are for the loop thread. Before slack_start() and after
 * slack_end() they do nothing.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_SLACK_H
#define CORE_BASE_SLACK_H

#include <stddef.h>

#define SLACK_MIN ((size_t)8 << 20) /* bytes: after a smaller fall nothing is trimmed */
#define SLACK_REST_MS 250u /* the time without a further fall, before the heap is trimmed */

struct loop;
struct pool;

/* `loop` and `pool` are borrowed until slack_end(), which comes before pool_free(). */
void slack_start(struct loop *loop, struct pool *pool, unsigned rest_ms);
void slack_end(void);

/* A call or a connection has begun, or ended. `bytes` is an estimate, the same in both calls. */
void slack_held(size_t bytes);
void slack_freed(size_t bytes);

/* How often the heap was trimmed since slack_start(). */
unsigned slack_trims(void);

#endif
