/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stream of a legacy session over HTTP: GET on the endpoint (MCP 2025-03-26 to 2025-11-25,
 * basic/transports, "Listening for Messages from the Server"). It carries the notifications that
 * belong to no request: a list has changed, a subscribed resource has changed.
 *
 * A session has one stream at a time; a new one replaces the former. No notification is stored:
 * each says only "read it again", so a number is enough. Changes are numbered, the number is the
 * event's id, and for each list and each subscription the number of its last change is kept. A
 * client that comes back with Last-Event-ID gets, once each, what has changed since. Loop thread
 * only.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_STREAMS_H
#define CORE_ERA_STREAMS_H

#include <stddef.h>
#include <stdint.h>

struct eras;
struct exchange;
struct watch;

/* A stream ends after this time, so that its client shows its credential again; earlier when the
 * credential or the session expires. The client opens the next one with Last-Event-ID. */
#define STREAM_LIFE_MS 3600000
/* Streams may use this part of server.max_connections: the rest stays for requests. */
#define STREAMS_SHARE 2

/* Handles GET: opens the stream, or refuses it. */
void streams_get(struct eras *eras, struct exchange *exchange);
/* A list has changed (`uri` NULL), or a resource. With `watch` only what that watch serves. */
void streams_tell(struct eras *eras, size_t kind, const char *uri, const struct watch *watch);
/* The first poll of a watch saw `seen`: sessions that saw something else before are told. */
void streams_compare(struct eras *eras, const struct watch *watch, uint64_t seen);
/* A reload: what the sessions watch is watched in the new snapshot. The streams of principals that
 * changed end; their clients come back with their credentials. */
void streams_move(struct eras *eras);
/* Ends each stream whose principal may not have it any more (standing.h). */
void streams_judge(struct eras *eras);
void streams_finish(struct eras *eras); /* all streams end */

#endif
