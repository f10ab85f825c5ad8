/* SPDX-License-Identifier: Apache-2.0 */
/* Server-sent events that wait until the peer reads them (WHATWG HTML, "Server-sent events"; MCP
 * basic/transports, "Streamable HTTP"). */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_TRANSPORT_SSE_H
#define CORE_TRANSPORT_SSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* A peer with more unread bytes is too slow to be served. The last event, the answer, is accepted
 * with any length. */
#define SSE_QUEUE_MAX (1u << 20)

enum sse_state {
	SSE_NONE,  /* no stream */
	SSE_OPEN,  /* events may follow */
	SSE_ENDED, /* no event will follow */
};

/* Zeroed: no stream. */
struct sse {
	struct buf queue;
	size_t sent;
	enum sse_state state;
	int64_t moved_ms; /* when the peer last read something, or there was nothing to read */
};

void sse_init(struct sse *sse); /* opens it */
void sse_fini(struct sse *sse);
/* One message becomes one event with one data line. False when the queue is full. */
bool sse_event(struct sse *sse, const char *json, size_t len);
/* The last event, if json is not NULL, and the end of the stream. False when out of memory. */
bool sse_end(struct sse *sse, const char *json, size_t len);
void sse_comment(struct sse *sse); /* keeps proxies from closing an idle stream */
/* Moves up to `room` bytes out of the queue. */
size_t sse_take(struct sse *sse, char *out, size_t room);
static inline size_t
sse_waiting(const struct sse *sse)
{
	return sse->queue.len - sse->sent;
}

#endif
