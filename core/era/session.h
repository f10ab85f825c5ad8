/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions of the legacy revisions. An id says all that must be known (revision, what the client
 * can do), sealed to its principal, good for 24 hours; so a restarted host or another replica takes
 * it too. What is kept beside it (log level, subscriptions, requests under way) is soft state:
 * bounded, and harmless to lose.
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

/* Who shares a space of request ids: the client on stdio, or one legacy session. */
struct peer {
	struct request *open; /* newest first */
};

enum session_state {
	SESSION_NONE,	     /* stdio before initialize */
	SESSION_INITIALIZED, /* has its revision and capabilities */
	SESSION_READY,	     /* has spoken since: may be told of changes */
};

struct session {
	struct peer peer;
	enum revision revision;
	char capabilities[128]; /* JSON object text */
	enum session_state state;
	int log_level; /* LEVEL_NONE until logging/setLevel */
	char **subscription;
	size_t subscriptions;
	/* the table's */
	unsigned char key[SESSION_KEY];
	struct session *chain, *older, *newer;
};

/* On zeroed memory: what initialize has settled. */
void session_begin(struct session *session, enum revision revision, unsigned can);
void session_spoke(struct session *session); /* a message that is not initialize */
void session_fini(struct session *session);
bool session_subscribed(const struct session *session, const char *uri);
/* False when the session has as many as it may. */
bool session_subscribe(struct session *session, const char *uri);
void session_unsubscribe(struct session *session, const char *uri);

struct sessions;
struct sessions *sessions_new(struct sealer *sealer, size_t most);
void sessions_free(struct sessions *sessions);
size_t sessions_count(const struct sessions *sessions);
/* A new id for this principal; at most LIMIT_HANDLE bytes. */
void session_mint(struct sessions *sessions, const char *principal, enum revision revision,
		  unsigned can, struct buf *id);
/* The soft state of an id; made when it is not (or no longer) there. NULL: not an id of ours, not
 * this principal's, or expired. *busy: sound, but every place is taken by requests under way. */
struct session *session_find(struct sessions *sessions, const char *principal, const char *id,
			     bool *busy);

#endif
