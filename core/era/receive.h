/* SPDX-License-Identifier: Apache-2.0 */
/* The transports deliver bytes here. The bytes become a message, which is given to its era. */
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

/* The functions of struct receiver; `data` is the eras. */
void receive_message(void *data, struct exchange *exchange, const char *body, size_t len);
void receive_other(void *data, struct exchange *exchange, const char *method);

/* Sends an error for a message that did not become a request. `id` NULL: unknown. */
void exchange_refuse(struct eras *eras, struct exchange *exchange, int status, const char *id,
		     int code, const char *message);
/* Answers 202: the message is accepted and has no answer. */
void exchange_accept(struct exchange *exchange);
/* Handles a notification from the client. */
void notification_receive(struct eras *eras, struct peer *peer, const struct message *message);

#endif
