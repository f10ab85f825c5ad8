/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/key_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/states.h"
#include "base/url.h"
#include "config/oauth.h"

#define METADATA_MAX (64u << 10) /* bytes of the metadata of the authorization server */
#define STORE_WHY_MAX 512

static const struct json_limits metadata_limits = { METADATA_MAX, 16, 2048, 64, 0 };

/* Where the store is. `key_store_move` alone changes it. */
enum key_store_phase {
	STORE_WAITS,	/* nothing runs; the timer is set */
	STORE_METADATA, /* RFC 8414 is asked for */
	STORE_OPENID,	/* the other place of the metadata is asked for */
	STORE_SET,	/* the keys are asked for */
};

static const struct states_row key_store_rows[] = {
	[STORE_WAITS] = { "waits", TO(STORE_METADATA) | TO(STORE_SET) },
	[STORE_METADATA] = { "metadata", TO(STORE_OPENID) | TO(STORE_SET) | TO(STORE_WAITS) },
	[STORE_OPENID] = { "openid", TO(STORE_SET) | TO(STORE_WAITS) },
	[STORE_SET] = { "set", TO(STORE_WAITS) },
};
static const struct states key_store_phases = { "key store", key_store_rows,
						ARRAY_SIZE(key_store_rows) };

struct key_store {
	const struct config_oauth *config;
	struct loop *loop; /* NULL before the start */
	struct fetcher fetcher;
	enum key_store_phase phase;
	void *running; /* the fetch; NULL in STORE_WAITS */
	struct loop_timer timer;
	struct keys *keys; /* NULL: none yet */
	unsigned generation;
	int64_t fetched_ms; /* when the keys came */
	int64_t asked_ms;   /* when key_store_again() began the last fetch … */
	bool asked;	    /* … if it ever did */
};

static void
key_store_move(struct key_store *store, enum key_store_phase phase)
{
	store->phase = states_move(&key_store_phases, store->phase, phase);
}

static void on_document(void *data, const char *body, size_t len, const char *why);

static void
ask(struct key_store *store, enum key_store_phase phase, const char *url, size_t max)
{
	key_store_move(store, phase);
	store->running = store->fetcher.start(store->fetcher.data, url, max, on_document, store);
}

/* ---- the place of the metadata ------------------------------------------------------------- */

/* RFC 8414, 3.1: between host and path. */
static char *
metadata_url(const char *issuer)
{
	struct url url;
	size_t path;

	url_split(issuer, &url);
	path = strlen(url.rest);
	if (path > 0 && url.rest[path - 1] == '/')
		path--;
	return xprintf("%.*s/.well-known/oauth-authorization-server%.*s", (int)(url.rest - issuer),
		       issuer, (int)path, url.rest);
}

/* OpenID Connect Discovery 1.0, 4: after the path. */
static char *
openid_url(const char *issuer)
{
	size_t len = strlen(issuer);

	return xprintf("%.*s/.well-known/openid-configuration",
		       (int)(issuer[len - 1] == '/' ? len - 1 : len), issuer);
}

/* The address of the keys, for free(); NULL with `why`. The issuer must be the very same text
 * (RFC 8414, 3.3), or another server could speak for this one. */
static char *
read_metadata(const struct config_oauth *config, const char *body, size_t len, char *why)
{
	const char *fault = NULL, *issuer, *uri;
	size_t at;
	struct json_object *tree = json_parse(body, len, &metadata_limits, &fault, &at);
	char *url = NULL;

	issuer = json_str(tree, "issuer");
	uri = json_str(tree, "jwks_uri");
	if (!json_object_is_type(tree, json_type_object))
		snprintf(why, STORE_WHY_MAX, "the metadata is not a JSON object%s%s",
			 fault != NULL ? ": " : "", fault != NULL ? fault : "");
	else if (issuer == NULL || strcmp(issuer, config->issuer) != 0)
		snprintf(
		    why, STORE_WHY_MAX,
		    "the metadata names another issuer (\"%.128s\"): auth.oauth.issuer must be "
		    "exactly the same text",
		    issuer != NULL ? issuer : "");
	else if (uri == NULL || oauth_url_fault(uri) != NULL)
		snprintf(why, STORE_WHY_MAX, "the metadata has no jwks_uri with a valid address");
	else
		url = xstrdup(uri);
	json_object_put(tree);
	return url;
}

/* ---- a fetch ------------------------------------------------------------------------------- */

static void
begin(struct key_store *store)
{
	char *url;

	if (store->config->jwks_url != NULL) {
		ask(store, STORE_SET, store->config->jwks_url, KEYS_TEXT_MAX);
		return;
	}
	url = metadata_url(store->config->issuer);
	ask(store, STORE_METADATA, url, METADATA_MAX);
	free(url);
}

static void
on_timer(struct loop_timer *timer)
{
	struct key_store *store = timer->data;

	begin(store);
}

/* It failed when there is a `why`. */
static void
rest(struct key_store *store, const char *why)
{
	int64_t wait = why != NULL ? KEY_STORE_AGAIN_MS : (int64_t)store->config->refresh_s * 1000;

	key_store_move(store, STORE_WAITS);
	loop_timer_set(store->loop, &store->timer, wait);
	if (why != NULL)
		log_event(LOG_ERROR, "oauth-keys", "issuer", "s", store->config->issuer, "why", "s",
			  why, "effect", "s",
			  store->keys != NULL
			      ? "the former keys stay in use until they are older than "
				"auth.oauth.keys_max_age_s"
			      : "every request over HTTP is refused",
			  NULL);
}

static void
take_set(struct key_store *store, const char *body, size_t len)
{
	char why[STORE_WHY_MAX], text[STORE_WHY_MAX + 64];
	struct keys *keys = keys_new(body, len, why, sizeof(why));

	if (keys == NULL) {
		snprintf(text, sizeof(text), "the set of keys: %s", why);
		rest(store, text);
		return;
	}
	keys_free(store->keys);
	store->keys = keys;
	store->generation++;
	store->fetched_ms = clock_ms();
	log_event(LOG_INFO, "oauth-keys", "issuer", "s", store->config->issuer, "count", "i",
		  (int64_t)keys_count(keys), NULL);
	rest(store, NULL);
}

static void
take_metadata(struct key_store *store, const char *body, size_t len, const char *why)
{
	char fault[STORE_WHY_MAX], *url = NULL;

	if (body != NULL)
		url = read_metadata(store->config, body, len, fault);
	else
		snprintf(fault, sizeof(fault), "%s", why);
	if (url != NULL) {
		ask(store, STORE_SET, url, KEYS_TEXT_MAX);
	} else if (store->phase == STORE_METADATA) {
		url = openid_url(store->config->issuer);
		ask(store, STORE_OPENID, url, METADATA_MAX);
	} else {
		rest(store, fault);
	}
	free(url);
}

static void
on_document(void *data, const char *body, size_t len, const char *why)
{
	struct key_store *store = data;

	CHECK(store->phase != STORE_WAITS && store->running != NULL);
	store->running = NULL;
	if (store->phase != STORE_SET)
		take_metadata(store, body, len, why);
	else if (body != NULL)
		take_set(store, body, len);
	else
		rest(store, why);
}

/* ---- from outside -------------------------------------------------------------------------- */

struct key_store *
key_store_new(const struct config_oauth *config)
{
	struct key_store *store = xcalloc(1, sizeof(*store));

	store->config = config;
	store->timer = (struct loop_timer){ .fn = on_timer, .data = store };
	return store;
}

void
key_store_free(struct key_store *store)
{
	if (store == NULL)
		return;
	if (store->running != NULL)
		store->fetcher.cancel(store->fetcher.data, store->running);
	if (store->loop != NULL)
		loop_timer_stop(store->loop, &store->timer);
	keys_free(store->keys);
	free(store);
}

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

void
key_store_inherit(struct key_store *store, const struct key_store *from)
{
	CHECK(store->loop == NULL && store->keys == NULL);
	if (from->keys == NULL || !same_text(store->config->issuer, from->config->issuer) ||
	    !same_text(store->config->jwks_url, from->config->jwks_url) ||
	    !same_text(store->config->ca_file, from->config->ca_file))
		return;
	store->keys = keys_share(from->keys);
	store->generation = from->generation;
	store->fetched_ms = from->fetched_ms;
	store->asked = from->asked;
	store->asked_ms = from->asked_ms;
}

void
key_store_start(struct key_store *store, struct loop *loop, const struct fetcher *fetcher)
{
	int64_t due = store->fetched_ms + (int64_t)store->config->refresh_s * 1000 - clock_ms();

	CHECK(store->loop == NULL);
	store->loop = loop;
	store->fetcher = *fetcher;
	if (store->keys == NULL || due <= 0)
		begin(store);
	else
		loop_timer_set(loop, &store->timer, due);
}

const struct keys *
key_store_keys(const struct key_store *store, int64_t now_ms, const char **why)
{
	*why = NULL;
	if (store->keys == NULL)
		*why = "the keys of the authorization server were not fetched yet";
	else if (now_ms - store->fetched_ms > (int64_t)store->config->max_age_s * 1000)
		*why = "the keys of the authorization server are too old, and new ones cannot be "
		       "fetched";
	return *why == NULL ? store->keys : NULL;
}

unsigned
key_store_generation(const struct key_store *store)
{
	return store->generation;
}

bool
key_store_again(struct key_store *store, int64_t now_ms)
{
	if (store->loop == NULL)
		return false;
	if (store->phase != STORE_WAITS)
		return true;
	if (store->asked && now_ms - store->asked_ms < KEY_STORE_AGAIN_MS)
		return false;
	store->asked = true;
	store->asked_ms = now_ms;
	loop_timer_stop(store->loop, &store->timer);
	begin(store);
	return true;
}
