/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The protocol: from a message's bytes to its one answer. Internally everything uses the stateless
 * revision 2026-07-28; older revisions are an adapter that adds a session. All on the loop thread.
 *
 * Start: eras_new() after registry, calls, pool and sealer; then the transports with
 * eras_receiver(); with stdio also eras_set_stdio() and eras_on_eof(). Stop: calls_drain(), then
 * eras_quiesce() (later messages are still answered), then loop_stop(). Last eras_free(), which
 * ends the open requests before their calls and the pool are freed.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_ERAS_H
#define CORE_ERA_ERAS_H

#include <stdbool.h>
#include <stddef.h>

#include "rpc/exchange.h"

struct calls;
struct eras;
struct limits;
struct loop;
struct pool;
struct principal;
struct sealer;
struct snapshot;

/* All members are borrowed and must outlive the eras. */
struct eras_parts {
	struct loop *loop;
	struct snapshot *snapshot; /* of new requests; the eras hold it */
	struct calls *calls;
	struct limits *limits; /* of principals; NULL: there are no such limits */
	struct pool *pool;     /* parses large bodies */
	struct sealer *sealer; /* seals session ids, cursors and request states */
	size_t page;	       /* rows on one page of a list; 0: all */
	unsigned watch_ms;     /* between two polls of a subscribed resource; 0: five seconds */
	unsigned ask_ms;       /* time for an answer of a legacy client; 0: ten minutes */
};

struct eras *eras_new(const struct eras_parts *parts);
void eras_free(struct eras *eras); /* NULL is fine */
/* The receiver for the transports. It is valid as long as the eras. */
const struct receiver *eras_receiver(struct eras *eras);
/* Sets the stream for messages that belong to no request, for a legacy client on stdio. */
void eras_set_stdio(struct eras *eras, void (*send)(void *data, const char *json, size_t len),
		    void *data);
/* Called when stdin has ended and all its requests are answered, or limits.drain_ms is over. */
void eras_on_eof(struct eras *eras, void (*eof)(void *data), void *data);
/* Has stdin ended? Then no more requests or answers come from there. */
bool eras_input_ended(const struct eras *eras);

/* Are there answers that wait for the audit log? */
bool eras_holding(const struct eras *eras);

/* A reload: from now on new requests use this snapshot. Subscriptions move to it, or end with their
 * result where their principal, or what they watch, is not the same any more. The clients are told
 * which lists may have changed. Running requests keep their own snapshot. A call that a person
 * confirms only after the reload does not begin. `local`: who the client on stdio is now. */
void eras_use(struct eras *eras, struct snapshot *snapshot, const struct principal *local);

/* Called when a plugin reports a change. `what` is "tools", "prompts" or "resources" for a list.
 * When `uri` is not NULL, it names one resource, and `what` is ignored. The change of a list is
 * sent to the open listens that asked for it, the legacy session of stdio and all streams of legacy
 * sessions; sessions without an open stream get it when they open one. The change of a resource is
 * sent to its subscribers. */
void eras_changed(struct eras *eras, const char *what, const char *uri);

/* Called at shutdown: open subscriptions end with their result, and the streams of sessions end. */
void eras_quiesce(struct eras *eras);

#endif
