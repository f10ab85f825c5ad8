/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions to a legacy client. Where the modern era ends a request with its questions, the older
 * revisions send requests to the client on the stream of the request that caused them, and the
 * answers come back as messages of their own. So a tool that asks is written once.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_BRIDGE_H
#define CORE_ERA_BRIDGE_H

#include <stdbool.h>

struct message;
struct peer;
struct request;

/* Sends the questions of the request's call; the call goes on once all are answered. */
void bridge_ask(struct request *request);
/* A response from this peer; one that answers nothing of ours is ignored. */
void bridge_response(struct peer *peer, const struct message *message);
/* The request ends. `tell`: so does the client's work on what is not answered yet. */
void bridge_end(struct request *request, bool tell);

#endif
