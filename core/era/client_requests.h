/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of the server to a legacy client: elicitation, sampling, roots. In the modern era a
 * request ends with its questions (mrtr.h). In the older revisions the server sends requests to the
 * client, on the stream of the client's request, and the client answers in separate messages. This
 * file hides the difference from tools. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_CLIENT_REQUESTS_H
#define CORE_ERA_CLIENT_REQUESTS_H

#include <stdbool.h>

struct eras;
struct message;
struct outcome;
struct peer;
struct request;

/* Sends the questions of the request's call; the call continues when all are answered. */
void client_requests_send(struct request *request);
/* The same with questions of the host, before there is a call; invoke_confirmed() follows. */
void client_requests_ask(struct request *request, const struct outcome *outcome);
/* A response from this peer. It is ignored when it does not belong to a question. */
void client_requests_answered(struct eras *eras, const struct peer *peer,
			      const struct message *message);
/* Called when the request ends. With `tell` the client is asked to stop working on the unanswered
 * questions. */
void client_requests_end(struct request *request, bool tell);

#endif
