/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The credential of one upstream as it is now: a secret that may be read again from its file, or an
 * access token that is asked for, kept, and renewed before it ends. Loop thread only.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_CREDENTIAL_H
#define CORE_EGRESS_CREDENTIAL_H

#include "config/config.h"

struct egress;
struct flight;
struct transfer;

struct credential {
	struct egress *egress;
	const struct config_upstream *upstream;
	char *secret;	     /* what requests carry; NULL: none is at hand, or none is needed */
	char *client_secret; /* what access tokens are asked with, or NULL */
	char *identity;	     /* a digest of host and credential, for whatever is shared by them */
	unsigned generation; /* of `secret` */
	int64_t renew_ms, expires_ms; /* of an access token; monotonic */
	struct transfer *renewal;     /* the request for the next one, under way */
	struct flight *waiting;	      /* those that cannot start without it */
};

void credential_init(struct credential *credential, struct egress *egress,
		     const struct config_upstream *upstream);
void credential_fini(struct credential *credential);

/* True when the flight may start; else it waits, and is started or ended later. */
bool credential_ready(struct flight *flight);
/* The service refused the credential. True when the flight may be sent once more, with another
 * secret; it may have to wait for that. */
bool credential_refused(struct flight *flight);
/* Takes the flight off the list of those that wait. */
void credential_leave(struct flight *flight);
/* Adds the headers that authenticate the flight's request. */
void credential_headers(const struct flight *flight, struct strings *headers);
/* Reads the secret again, if it stands in a file. */
void credential_reload(struct credential *credential);

#endif
