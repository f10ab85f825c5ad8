/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions of the legacy revisions. An id contains all that is needed (revision, capabilities of
 * the client), sealed for its principal, valid for 24 hours. So a restarted host or another replica
 * accepts it too. The state kept for it (log level, subscriptions, running requests) is optional:
 * bounded, and losing it does no harm.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_SESSION_H
#define CORE_ERA_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "registry/registry.h"

struct buf;
struct request;
struct sealer;

#define SESSION_TTL_S 86400u
#define SESSION_SUBSCRIPTIONS 256u /* URIs of one session */
#define SESSION_KEY 16

/* The owner of a space of request ids: the client on stdio, or one legacy session. */
struct peer {
	struct request *open; /* newest first */
};

enum session_state {
	SESSION_NONE,	     /* stdio before initialize */
	SESSION_INITIALIZED, /* has its revision and capabilities */
	SESSION_READY,	     /* has sent a message since: may get notifications of changes */
};

struct session {
	struct peer peer;
	enum revision revision;
	char capabilities[128]; /* JSON object text */
	enum session_state state;
	int log_level; /* LEVEL_NONE before logging/setLevel */
	char **subscription;
	size_t subscriptions;
	/* the table's */
	unsigned char key[SESSION_KEY];
	struct session *chain, *older, *newer;
};

/* On zeroed memory: the result of initialize. */
void session_begin(struct session *session, enum revision revision, unsigned can);
void session_spoke(struct session *session); /* a message that is not initialize */
void session_fini(struct session *session);
bool session_subscribed(const struct session *session, const char *uri);
/* False when the session has the maximum. */
bool session_subscribe(struct session *session, const char *uri);
void session_unsubscribe(struct session *session, const char *uri);

struct sessions;
struct sessions *sessions_new(struct sealer *sealer, size_t most);
void sessions_free(struct sessions *sessions);
size_t sessions_count(const struct sessions *sessions);
/* A new id for this principal; at most LIMIT_HANDLE bytes. */
void session_mint(struct sessions *sessions, const char *principal, enum revision revision,
		  unsigned can, struct buf *id);
/* The optional state of an id; made when it does not exist (any more). NULL: not an id of this
 * host, not this principal's, or expired. *busy: valid, but every entry has running requests. */
struct session *session_find(struct sessions *sessions, const char *principal, const char *id,
			     bool *busy);

#endif
