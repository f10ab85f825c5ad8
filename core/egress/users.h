/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The credentials of users on whose behalf requests are made: one for each upstream, user, and
 * forwarded token. They are made when a request needs them. Requests of two users never share a
 * credential; a request holds its own one until it has ended. Loop thread only.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_USERS_H
#define CORE_EGRESS_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include <lakehost/plugin.h>

#include "base/hash.h"
#include "config/config.h"

#define USERS_MAX 1000u	      /* credentials; the one that was used least recently is removed */
#define USERS_IDLE_MS 3600000 /* a credential that is not used for so long is removed */

struct authorizer;
struct egress;
struct egress_scope;
struct user;

struct users {
	struct hash table;
	TAILQ_HEAD(user_list, user) list; /* the one that was used last is the first one */
	size_t count;
};

void users_init(struct users *users);
void users_fini(struct users *users);
/* The credential for a request to this upstream, which acts on behalf of users; users_give() gives
 * it back. NULL with `why` and `status`: the request has no user, or must not be made for it. */
struct authorizer *users_take(struct egress *egress, const struct config_upstream *upstream,
			      const struct egress_scope *scope, enum mcp_status *status, char *why,
			      size_t why_size);
void users_give(struct authorizer *authorizer); /* NULL is fine */
/* Does no credential wait for a reply? */
bool users_idle(const struct users *users);
/* Removes what is not in use; reads the rest again. */
void users_reload(struct users *users);

#endif
