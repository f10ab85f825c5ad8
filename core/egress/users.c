/* SPDX-License-Identifier: Apache-2.0 */
#include "egress/users.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/forwarded.h"
#include "base/glob.h"
#include "base/mem.h"
#include "base/principal.h"
#include "egress/internal.h"

struct user {
	struct authorizer authorizer; /* the first member: users_give() gets its address */
	struct hash_link by_name;
	TAILQ_ENTRY(user) order;
	unsigned holders; /* requests that have it */
	int64_t used_ms;
};

/* ---- creating and removing ------------------------------------------------------------------- */

void
users_init(struct users *users)
{
	*users = (struct users){ 0 };
	TAILQ_INIT(&users->list);
}

static bool
in_use(const struct user *user)
{
	return user->holders > 0 || user->authorizer.renewal != NULL ||
	       user->authorizer.program != NULL;
}

static void
remove_user(struct users *users, struct user *user)
{
	TAILQ_REMOVE(&users->list, user, order);
	hash_remove(&users->table, &user->by_name);
	users->count--;
	authorizer_fini(&user->authorizer);
	free(user);
}

void
users_fini(struct users *users)
{
	struct user *user;

	while ((user = TAILQ_FIRST(&users->list)) != NULL) {
		CHECK(user->holders == 0);
		remove_user(users, user);
	}
	hash_fini(&users->table);
}

/* Removes credentials that were not used for a long time; with `room` also the oldest one that is
 * not in use, where the table is full. */
static void
drop_old(struct users *users, int64_t now_ms, bool room)
{
	struct user *user = TAILQ_LAST(&users->list, user_list), *before;

	for (; user != NULL; user = before) {
		before = TAILQ_PREV(user, user_list, order);
		if (now_ms - user->used_ms < USERS_IDLE_MS && !(room && users->count >= USERS_MAX))
			return;
		if (!in_use(user))
			remove_user(users, user);
	}
}

bool
users_idle(const struct users *users)
{
	const struct user *user;

	TAILQ_FOREACH(user, &users->list, order)
	if (user->authorizer.renewal != NULL || user->authorizer.program != NULL)
		return false;
	return true;
}

void
users_reload(struct users *users)
{
	struct user *user = TAILQ_FIRST(&users->list), *next;

	for (; user != NULL; user = next) {
		next = TAILQ_NEXT(user, order);
		if (in_use(user))
			credential_reload(&user->authorizer.credential);
		else
			remove_user(users, user);
	}
}

/* ---- finding --------------------------------------------------------------------------------- */

static uint64_t
hash_name(const struct config_upstream *upstream, const struct principal *principal)
{
	return hash_of(upstream, principal->name, strlen(principal->name)) ^ principal->forwarded;
}

static struct user *
find_user(const struct users *users, const struct config_upstream *upstream,
	  const struct principal *principal)
{
	const struct hash_link *link = hash_find(&users->table, hash_name(upstream, principal));

	for (; link != NULL; link = hash_next(link)) {
		struct user *user = link->owner;
		const struct credential *credential = &user->authorizer.credential;

		if (credential->upstream == upstream &&
		    credential->forwarded == principal->forwarded &&
		    strcmp(credential->user, principal->name) == 0)
			return user;
	}
	return NULL;
}

static struct user *
add_user(struct egress *egress, const struct config_upstream *upstream,
	 const struct principal *principal, int64_t now_ms)
{
	struct users *users = &egress->users;
	struct user *user;

	drop_old(users, now_ms, true);
	if (users->count >= USERS_MAX)
		return NULL;
	user = xcalloc(1, sizeof(*user));
	authorizer_init_for(&user->authorizer, egress, upstream, principal);
	user->by_name.owner = user;
	hash_add(&users->table, &user->by_name, hash_name(upstream, principal));
	TAILQ_INSERT_HEAD(&users->list, user, order);
	users->count++;
	return user;
}

/* ---- requests -------------------------------------------------------------------------------- */

static bool
is_listed(const struct config_upstream *upstream, const char *name)
{
	for (size_t i = 0; i < upstream->behalf_users.count; i++)
		if (glob_matches_any_case(upstream->behalf_users.item[i], name, strlen(name)))
			return true;
	return upstream->behalf_users.count == 0;
}

/* Why no request may be made for this principal; MCP_OK: one may. */
static enum mcp_status
refusal(const struct config_upstream *upstream, const struct principal *principal, char *why,
	size_t why_size)
{
	if (principal == NULL || !principal->user) {
		snprintf(why, why_size,
			 "upstreams.%s is used only on behalf of users (on_behalf_of), and "
			 "\"%.60s\" is not a user of an identity provider: connect over HTTP to a "
			 "host whose auth.inbound is \"oauth\", \"header\" or \"mtls\"",
			 upstream->role, principal != NULL ? principal->name : "lakehost");
		return MCP_E_UNAUTHENTICATED;
	}
	if (!is_listed(upstream, principal->name)) {
		snprintf(why, why_size,
			 "upstreams.%s.on_behalf_users does not list the user \"%.60s\"",
			 upstream->role, principal->name);
		return MCP_E_PERMISSION;
	}
	if (upstream->behalf == BEHALF_FORWARDED && principal->forwarded == 0) {
		snprintf(why, why_size,
			 "upstreams.%s needs the token of the user, but the request came without "
			 "the header " FORWARDED_HEADER ": the proxy must send it",
			 upstream->role);
		return MCP_E_UNAUTHENTICATED;
	}
	return MCP_OK;
}

struct authorizer *
users_take(struct egress *egress, const struct config_upstream *upstream,
	   const struct egress_scope *scope, enum mcp_status *status, char *why, size_t why_size)
{
	int64_t now_ms = clock_ms();
	struct principal key;
	struct user *user;

	*status = refusal(upstream, scope->behalf, why, why_size);
	if (*status != MCP_OK)
		return NULL;
	key = *scope->behalf;
	if (upstream->behalf != BEHALF_FORWARDED)
		key.forwarded = 0;
	drop_old(&egress->users, now_ms, false);
	user = find_user(&egress->users, upstream, &key);
	if (user == NULL)
		user = add_user(egress, upstream, &key, now_ms);
	if (user == NULL) {
		snprintf(why, why_size,
			 "more than %u users send requests at the same time: try again later",
			 USERS_MAX);
		*status = MCP_E_UNAVAILABLE;
		return NULL;
	}
	user->used_ms = now_ms;
	user->holders++;
	TAILQ_REMOVE(&egress->users.list, user, order);
	TAILQ_INSERT_HEAD(&egress->users.list, user, order);
	return &user->authorizer;
}

void
users_give(struct authorizer *authorizer)
{
	struct user *user = (struct user *)authorizer;

	if (user == NULL)
		return;
	CHECK(user->holders > 0);
	user->holders--;
}
