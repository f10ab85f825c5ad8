/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of the authorization server as they are known now. They are fetched at the start, again
 * when they are older than auth.oauth.keys_refresh_s, and when a token names a key that is not
 * known. A fetch that fails leaves the former keys in use until keys_max_age_s. Loop thread only.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_AUTH_KEY_STORE_H
#define CORE_AUTH_KEY_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/fetch.h"
#include "auth/keys.h"

#define KEY_STORE_AGAIN_MS 10000 /* between two fetches that are asked for; after a failure */

struct config_oauth;
struct key_store;
struct loop;

/* `config` is borrowed. */
struct key_store *key_store_new(const struct config_oauth *config);
void key_store_free(struct key_store *store); /* NULL is fine; ends a running fetch */
/* Begins to fetch, and goes on until the end. `fetcher` is copied. */
void key_store_start(struct key_store *store, struct loop *loop, const struct fetcher *fetcher);
/* Before the start: takes the keys of a store that serves, so that a reload does not wait for them.
 * They are fetched again when they are old. Nothing happens where they are of another issuer, or
 * come from another place. */
void key_store_inherit(struct key_store *store, const struct key_store *from);
/* The keys, or NULL: none were ever fetched, or they are too old; `why` says so (a constant). */
const struct keys *key_store_keys(const struct key_store *store, int64_t now_ms, const char **why);
/* Changes with each new set of keys. */
unsigned key_store_generation(const struct key_store *store);
/* A token names an unknown key, or the administrator asks. True: a fetch runs now. False: the last
 * one that was asked for is younger than KEY_STORE_AGAIN_MS, or nothing was started. */
bool key_store_again(struct key_store *store, int64_t now_ms);

#endif
