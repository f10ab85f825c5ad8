/* SPDX-License-Identifier: Apache-2.0 */
/* Session ids, which contain the data of their session, and the limited table of the optional
 * state. */
#include "era/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/seal.h"
#include "base/states.h"
#include "config/config.h"
#include "era/capabilities.h"
#include "era/logging.h"
#include "era/request.h"
#include "era/watch.h"

#define BUCKETS 4096u
#define REVISION_LEN 10u /* "2025-11-25" */
/* before the name and the version of the client, each with its NUL */
#define PAYLOAD_LEN (1u + REVISION_LEN + 2u + SESSION_KEY)
#define PAYLOAD_VERSION '2'
#define SESSION_PURPOSE "session"

struct sessions {
	struct sealer *sealer;
	size_t count, most;
	struct session *bucket[BUCKETS];
	struct session *oldest, *newest; /* by last use */
};

/* ---- one session --------------------------------------------------------------------------- */

static const struct states_row session_rows[] = {
	[SESSION_NONE] = { "none", TO(SESSION_INITIALIZED) },
	[SESSION_INITIALIZED] = { "initialized", TO(SESSION_READY) },
	[SESSION_READY] = { "ready", 0 },
};
static const struct states session_states = { "session", session_rows, ARRAY_SIZE(session_rows) };

static void
session_move(struct session *session, enum session_state state)
{
	session->state = states_move(&session_states, session->state, state);
}

void
session_begin(struct session *session, enum revision revision, unsigned can)
{
	struct buf text;

	session->revision = revision;
	session_move(session, SESSION_INITIALIZED);
	session->log_level = LEVEL_NONE;
	buf_init(&text, sizeof(session->capabilities) - 1);
	capabilities_write(can, &text);
	memcpy(session->capabilities, text.data, text.len + 1);
	buf_fini(&text);
}

void
session_spoke(struct session *session)
{
	if (session->state == SESSION_INITIALIZED)
		session_move(session, SESSION_READY);
}

void
session_fini(struct session *session)
{
	request_forget(&session->peer);
	CHECK(session->stream == NULL);
	for (size_t i = 0; i < session->subscriptions; i++) {
		watch_release(session->subscription[i].watch);
		free(session->subscription[i].uri);
	}
	free(session->subscription);
	session->subscription = NULL;
	session->subscriptions = 0;
}

struct session_subscription *
session_subscription(const struct session *session, const char *uri)
{
	for (size_t i = 0; i < session->subscriptions; i++)
		if (strcmp(session->subscription[i].uri, uri) == 0)
			return &session->subscription[i];
	return NULL;
}

bool
session_subscribe(struct session *session, const char *uri, struct watch *watch)
{
	if (session_subscription(session, uri) != NULL) {
		watch_release(watch);
		return true;
	}
	if (session->subscriptions == SESSION_SUBSCRIPTIONS) {
		watch_release(watch);
		return false;
	}
	session->subscription = xrealloc(session->subscription, (session->subscriptions + 1) *
								    sizeof(*session->subscription));
	session->subscription[session->subscriptions++] =
	    (struct session_subscription){ .uri = xstrdup(uri), .watch = watch };
	return true;
}

void
session_unsubscribe(struct session *session, const char *uri)
{
	struct session_subscription *subscription = session_subscription(session, uri);

	if (subscription == NULL)
		return;
	free(subscription->uri);
	watch_release(subscription->watch);
	*subscription = session->subscription[--session->subscriptions];
}

void
session_rewatch(struct session *session, struct watch *(*again)(void *data, const char *uri),
		void *data)
{
	for (size_t i = 0; i < session->subscriptions; i++) {
		struct session_subscription *subscription = &session->subscription[i];
		struct watch *watch = again(data, subscription->uri);

		watch_release(subscription->watch);
		subscription->watch = watch;
	}
}

/* ---- the table ----------------------------------------------------------------------------- */

struct sessions *
sessions_new(struct sealer *sealer, size_t most)
{
	struct sessions *sessions = xcalloc(1, sizeof(*sessions));

	sessions->sealer = sealer;
	sessions->most = most;
	return sessions;
}

static struct session **
bucket_of(struct sessions *sessions, const unsigned char *key)
{
	/* the key is random: any bits of it are a hash */
	return &sessions->bucket[((unsigned)key[0] | (unsigned)key[1] << 8) % BUCKETS];
}

static void
unlink_age(struct sessions *sessions, struct session *session)
{
	CHECK(session->older != NULL ? session->older->newer == session
				     : sessions->oldest == session);
	CHECK(session->newer != NULL ? session->newer->older == session
				     : sessions->newest == session);
	*(session->older != NULL ? &session->older->newer : &sessions->oldest) = session->newer;
	*(session->newer != NULL ? &session->newer->older : &sessions->newest) = session->older;
}

static void
link_newest(struct sessions *sessions, struct session *session)
{
	session->older = sessions->newest;
	session->newer = NULL;
	*(session->older != NULL ? &session->older->newer : &sessions->oldest) = session;
	sessions->newest = session;
}

static void
drop(struct sessions *sessions, struct session *session)
{
	struct session **at = bucket_of(sessions, session->key);

	while (*at != session) {
		CHECK(*at != NULL);
		at = &(*at)->chain;
	}
	*at = session->chain;
	unlink_age(sessions, session);
	CHECK(sessions->count > 0);
	sessions->count--;
	session_fini(session);
	CHECK(session->peer.open == NULL);
	free(session);
}

/* Makes room for one more session: removes the session that was unused for the longest time and has
 * no running request and no open stream. */
static bool
make_room(struct sessions *sessions)
{
	struct session *session = sessions->oldest;

	if (sessions->count < sessions->most)
		return true;
	while (session != NULL && (session->peer.open != NULL || session->stream != NULL))
		session = session->newer;
	if (session == NULL)
		return false;
	drop(sessions, session);
	return true;
}

void
sessions_free(struct sessions *sessions)
{
	while (sessions->oldest != NULL)
		drop(sessions, sessions->oldest);
	CHECK(sessions->count == 0 && sessions->newest == NULL);
	free(sessions);
}

size_t
sessions_count(const struct sessions *sessions)
{
	return sessions->count;
}

/* ---- ids ----------------------------------------------------------------------------------- */

void
session_mint(struct sessions *sessions, const char *principal, enum revision revision, unsigned can,
	     const struct session_client *client, struct buf *id)
{
	const size_t name = strlen(client->name) + 1, version = strlen(client->version) + 1;
	unsigned char payload[PAYLOAD_LEN + sizeof(*client)];

	payload[0] = PAYLOAD_VERSION;
	memcpy(payload + 1, revision_name(revision), REVISION_LEN);
	payload[1 + REVISION_LEN] = (unsigned char)(can >> 8);
	payload[2 + REVISION_LEN] = (unsigned char)can;
	random_bytes(payload + 3 + REVISION_LEN, SESSION_KEY);
	memcpy(payload + PAYLOAD_LEN, client->name, name);
	memcpy(payload + PAYLOAD_LEN + name, client->version, version);
	seal(sessions->sealer, SESSION_PURPOSE, principal, SESSION_TTL_S, payload,
	     PAYLOAD_LEN + name + version, id);
}

static bool
read_client(const unsigned char *bytes, size_t len, struct session_client *client)
{
	const unsigned char *end = memchr(bytes, '\0', len);
	size_t name = end != NULL ? (size_t)(end - bytes) + 1 : 0, version = len - name;

	if (name == 0 || name > sizeof(client->name) || version == 0 ||
	    version > sizeof(client->version) || bytes[len - 1] != '\0')
		return false;
	memcpy(client->name, bytes, name);
	memcpy(client->version, bytes + name, version);
	return true;
}

/* Reads the content of an id. False when this version did not write it. */
static bool
payload_read(const struct buf *payload, enum revision *revision, unsigned *can,
	     unsigned char key[SESSION_KEY], struct session_client *client)
{
	const unsigned char *bytes = (const unsigned char *)payload->data;
	char name[REVISION_LEN + 1] = "";

	if (payload->len <= PAYLOAD_LEN || bytes[0] != PAYLOAD_VERSION ||
	    !read_client(bytes + PAYLOAD_LEN, payload->len - PAYLOAD_LEN, client))
		return false;
	memcpy(name, bytes + 1, REVISION_LEN);
	*can = (unsigned)bytes[1 + REVISION_LEN] << 8 | bytes[2 + REVISION_LEN];
	memcpy(key, bytes + 3 + REVISION_LEN, SESSION_KEY);
	return revision_parse(name, revision) && *revision <= REV_LEGACY_NEWEST;
}

static struct session *
recall(struct sessions *sessions, enum revision revision, unsigned can,
       const unsigned char key[SESSION_KEY], const struct session_client *client)
{
	struct session *session = *bucket_of(sessions, key), **bucket;

	while (session != NULL && memcmp(session->key, key, SESSION_KEY) != 0)
		session = session->chain;
	if (session != NULL) {
		unlink_age(sessions, session);
		link_newest(sessions, session);
		return session;
	}
	if (!make_room(sessions))
		return NULL;
	session = xcalloc(1, sizeof(*session));
	session_begin(session, revision, can);
	session->client = *client;
	memcpy(session->key, key, SESSION_KEY);
	bucket = bucket_of(sessions, key);
	session->chain = *bucket;
	*bucket = session;
	link_newest(sessions, session);
	sessions->count++;
	return session;
}

struct session *
session_find(struct sessions *sessions, const char *principal, const char *id, bool *busy)
{
	unsigned char key[SESSION_KEY];
	struct session_client client = { .name = "" };
	struct session *session = NULL;
	enum revision revision;
	struct buf payload;
	size_t len = strlen(id);
	int64_t until_s;
	unsigned can;

	*busy = false;
	buf_init(&payload, LIMIT_HANDLE);
	if (len <= LIMIT_HANDLE &&
	    unseal_until(sessions->sealer, SESSION_PURPOSE, principal, id, len, &payload,
			 &until_s) &&
	    payload_read(&payload, &revision, &can, key, &client)) {
		session = recall(sessions, revision, can, key, &client);
		*busy = session == NULL;
		if (session != NULL)
			session->until_s = until_s;
	}
	buf_fini(&payload);
	return session;
}
