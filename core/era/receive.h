/* SPDX-License-Identifier: Apache-2.0 */
/* Transports deliver here: bytes become a message, and each message is given to its era. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_RECEIVE_H
#define CORE_ERA_RECEIVE_H

#include <stddef.h>

struct eras;
struct exchange;
struct message;
struct peer;

/* What struct receiver wants: `data` is the eras. */
void receive_message(void *data, struct exchange *exchange, const char *body, size_t len);
void receive_other(void *data, struct exchange *exchange, const char *method);

/* An error about a message that did not become a request. `id` NULL: unknown. */
void exchange_refuse(struct eras *eras, struct exchange *exchange, int status, const char *id,
		     int code, const char *message);
/* Accepted without an answer: 202. */
void exchange_accept(struct exchange *exchange);
/* A notification from the client. */
void notification_receive(struct eras *eras, struct peer *peer, const struct message *message);

#endif
