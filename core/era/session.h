/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions of the legacy revisions. An id contains all that is needed (revision, capabilities and
 * name of the client), sealed for its principal, valid for 24 hours. So a restarted host or another
 * replica accepts it too. The state kept for it (log level, subscriptions, running requests) is
 * limited, and can be lost without harm. */
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
struct stream;
struct watch;

#define SESSION_TTL_S 86400u
#define SESSION_SUBSCRIPTIONS 256u /* URIs of one session */
#define SESSION_KEY 16

/* The owner of a space of request ids: the client on stdio, or one legacy session. */
struct peer {
	struct request *open; /* newest first */
};

enum session_state {
	SESSION_NONE,	     /* stdio before initialize */
	SESSION_INITIALIZED, /* the session knows its revision and capabilities */
	/* the client has sent a message after initialize, so it may get notifications of changes */
	SESSION_READY,
};

/* What the client says of itself, cut where it is longer. */
struct session_client {
	char name[64], version[32];
};

/* One resource that the session subscribed to. It is polled only while somebody reads its changes:
 * then it has a watch. */
struct session_subscription {
	char *uri;
	struct watch *watch; /* NULL: the client has no open stream */
	/* the number of the last change that was told of it (eras->changes), or 0 */
	uint64_t told;
	/* what the watch saw last when it ended: the next one compares with it */
	bool known;
	uint64_t seen;
};

struct session {
	struct peer peer;
	struct session_client client;
	enum revision revision;
	char capabilities[128]; /* JSON object text */
	enum session_state state;
	int log_level; /* LEVEL_NONE before logging/setLevel */
	struct session_subscription *subscription;
	size_t subscriptions;
	struct stream *stream; /* the open one, or NULL; see streams.h */
	/* Every change up to this number (eras->changes) is in a stream of the session. */
	bool numbered; /* `heard` is set */
	uint64_t heard;
	int64_t until_s; /* when the id expires, in seconds since 1970; 0: it has none (stdio) */
	/* the table's */
	unsigned char key[SESSION_KEY];
	struct session *chain, *older, *newer;
};

/* Fills a zeroed session with the result of initialize. */
void session_begin(struct session *session, enum revision revision, unsigned can);
void session_spoke(struct session *session); /* Called for a message that is not initialize. */
void session_fini(struct session *session);
/* The subscription to this resource, or NULL. Valid until the next change of subscriptions. */
struct session_subscription *session_subscription(const struct session *session, const char *uri);
/* Takes over the watch. False when the session has the maximum. */
bool session_subscribe(struct session *session, const char *uri, struct watch *watch);
/* Replaces each watch by the one that `again` returns for its URI, which may be NULL. */
void session_rewatch(struct session *session, struct watch *(*again)(void *data, const char *uri),
		     void *data);
void session_unsubscribe(struct session *session, const char *uri);

struct sessions;
struct sessions *sessions_new(struct sealer *sealer, size_t most);
void sessions_free(struct sessions *sessions);
size_t sessions_count(const struct sessions *sessions);
/* Makes a new id for this principal, of at most LIMIT_HANDLE bytes. */
void session_mint(struct sessions *sessions, const char *principal, enum revision revision,
		  unsigned can, const struct session_client *client, struct buf *id);
/* The optional state of an id; it is made when it does not exist (any more). NULL when the id was
 * not made by this host or for this principal, or has expired. With *busy the id is valid, but
 * every entry of the table has running requests. */
struct session *session_find(struct sessions *sessions, const char *principal, const char *id,
			     bool *busy);

#endif
