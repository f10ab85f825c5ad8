/* SPDX-License-Identifier: Apache-2.0 */
/* The credentials of flights. upstream/credential.h decides what a credential needs. This code
 * sends its requests, and flights wait for the replies: many flights can wait for one request. Loop
 * thread only. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_AUTHORIZE_H
#define CORE_EGRESS_AUTHORIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "upstream/credential.h"

struct child;
struct egress;
struct flight;
struct principal;
struct transfer;

/* Of each upstream, or of one user of an upstream (users.h). */
struct authorizer {
	struct egress *egress;
	struct credential credential;
	struct transfer *renewal;		  /* the running request for an access token … */
	struct child *program;			  /* … or the running program that prints one */
	TAILQ_HEAD(flight_queue, flight) waiting; /* for a token, the first that came first */
	size_t n_waiting;
};

void authorizer_init(struct authorizer *authorizer, struct egress *egress,
		     const struct config_upstream *upstream);
/* For requests on behalf of this principal. */
void authorizer_init_for(struct authorizer *authorizer, struct egress *egress,
			 const struct config_upstream *upstream, const struct principal *principal);
void authorizer_fini(struct authorizer *authorizer);

/* True when the flight may start, with these headers, which contain secrets. Otherwise the flight
 * waits and is started later, or it has ended. Then the caller must not use the flight any more. */
bool authorize(struct flight *flight, struct strings *headers);
/* Called when the service refused the credential. True when the flight may be sent once more. */
bool authorize_again(struct flight *flight);
/* Removes the flight from the list of waiting flights. */
void authorize_leave(struct flight *flight);

#endif
