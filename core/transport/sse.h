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

/* A peer that has not read this number of bytes is too slow to be served. The last event, which is
 * the answer, is accepted with any length. */
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
	/* time when the peer last read something, or when there was nothing to read */
	int64_t moved_ms;
};

void sse_init(struct sse *sse); /* opens it */
void sse_fini(struct sse *sse);
/* Adds one message as one event with one data line. False when the queue is full. */
bool sse_event(struct sse *sse, const char *json, size_t len);
/* The same with an event id, which is one line. `json` NULL: the event has only the id and empty
 * data. */
bool sse_event_with_id(struct sse *sse, const char *id, const char *json, size_t len);
/* Adds the last event, if json is not NULL, and the end of the stream. False when out of memory. */
bool sse_end(struct sse *sse, const char *json, size_t len);
void sse_comment(struct sse *sse); /* adds a comment, so that proxies do not close an idle stream */
/* Moves up to `room` bytes out of the queue. */
size_t sse_take(struct sse *sse, char *out, size_t room);
static inline size_t
sse_waiting(const struct sse *sse)
{
	return sse->queue.len - sse->sent;
}

#endif
