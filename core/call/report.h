/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a call in the audit log: that it was allowed, and how it ended. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CALL_REPORT_H
#define CORE_CALL_REPORT_H

#include <stdbool.h>

struct audit_event;
struct buf;
struct call;
struct mcp_reply;
struct row;

#define CALL_REQUESTS_MAX 400 /* bytes of the ids of requests */

/* Fills what an event says about a row. `redact` is a buffer for the names of secret arguments,
 * which the event borrows. */
void call_report_row(struct audit_event *event, const struct row *row, struct buf *redact);

/* Begins the span of the call, if there are traces. The traceparent for what the call does, for
 * free(); NULL: none. */
char *call_trace(struct call *call, const char *traceparent);

/* `who` has the caller; NULL: the host itself. */
void call_report_begin(struct call *call, const struct audit_event *who,
		       const struct buf *arguments);
/* `reused`: another request of the host brought the reply, maybe for another call. */
void call_report_reply(struct call *call, const struct mcp_reply *reply, bool reused);
void call_report_end(struct call *call);

#endif
