/* SPDX-License-Identifier: Apache-2.0 */
/* The queue of a server-sent event stream. */
#include "transport/sse.h"

#include <string.h>

#include "base/check.h"
#include "base/clock.h"

/* The memory of a burst is freed after it was sent. */
#define STREAM_KEEP_ROOM 16384u

void
sse_init(struct sse *sse)
{
	*sse = (struct sse){ .state = SSE_OPEN, .moved_ms = clock_ms() };
	buf_init_keeping(&sse->queue, SIZE_MAX / 2); /* its timeout is counted from its beginning */
}

void
sse_fini(struct sse *sse)
{
	buf_fini(&sse->queue);
	sse->sent = 0;
	sse->state = SSE_NONE;
}

/* In the event stream a data line ends at a line break, so line breaks between JSON's tokens become
 * spaces. */
static void
add_event(struct sse *sse, const char *id, const char *json, size_t len)
{
	size_t start;

	if (json != NULL)
		buf_puts(&sse->queue, "event: message\n");
	if (id != NULL)
		buf_printf(&sse->queue, "id: %s\n", id);
	buf_puts(&sse->queue, "data: ");
	if (json == NULL)
		json = "", len = 0;
	start = sse->queue.len;
	buf_add(&sse->queue, json, len);
	if (memchr(json, '\n', len) != NULL || memchr(json, '\r', len) != NULL)
		for (size_t i = start; i < sse->queue.len; i++)
			if (sse->queue.data[i] == '\n' || sse->queue.data[i] == '\r')
				sse->queue.data[i] = ' ';
	buf_puts(&sse->queue, "\n\n");
}

bool
sse_event_with_id(struct sse *sse, const char *id, const char *json, size_t len)
{
	CHECK(sse->state != SSE_NONE);
	if (sse->state == SSE_ENDED || len > SSE_QUEUE_MAX ||
	    sse_waiting(sse) > SSE_QUEUE_MAX - len)
		return false;
	add_event(sse, id, json, len);
	return buf_ok(&sse->queue);
}

bool
sse_event(struct sse *sse, const char *json, size_t len)
{
	return sse_event_with_id(sse, NULL, json, len);
}

bool
sse_end(struct sse *sse, const char *json, size_t len)
{
	CHECK(sse->state == SSE_OPEN);
	if (json != NULL)
		add_event(sse, NULL, json, len);
	sse->state = SSE_ENDED;
	return buf_ok(&sse->queue);
}

void
sse_comment(struct sse *sse)
{
	if (sse->state == SSE_OPEN && sse_waiting(sse) == 0)
		buf_puts(&sse->queue, ":\n\n");
}

size_t
sse_take(struct sse *sse, char *out, size_t room)
{
	size_t len = sse_waiting(sse);

	CHECK(sse->sent <= sse->queue.len);
	if (len > room)
		len = room;
	memcpy(out, sse->queue.data + sse->sent, len);
	sse->sent += len;
	sse->moved_ms = clock_ms();
	if (sse->sent < sse->queue.len)
		return len;
	sse->sent = 0;
	if (sse->queue.room > STREAM_KEEP_ROOM)
		buf_fini(&sse->queue);
	else
		buf_reset(&sse->queue);
	return len;
}
