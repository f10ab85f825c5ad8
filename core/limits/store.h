/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection to a Redis or Valkey server that several replicas share. It is made at the start,
 * and again after a loss, with growing pauses. A command that is sent while a connection is being
 * made waits for it. Every command is answered exactly once; within a time limit, after which the
 * connection counts as lost. Names are resolved by a worker thread. Loop thread only.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_LIMITS_STORE_H
#define CORE_LIMITS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct pool;
struct store;

#define STORE_NUMBERS_MAX 1100u	   /* numbers of one reply */
#define STORE_PENDING_MAX 20000u   /* commands without a reply */
#define STORE_COMMAND_MAX 131072u  /* bytes of one command */
#define STORE_REPLY_MAX (1u << 20) /* bytes that wait in the reader */
#define STORE_WORDS_MAX 2100u	   /* words of one command */

struct store_settings {
	const char *name; /* the URL, for messages */
	const char *host; /* NULL: `path` is a unix socket */
	const char *path;
	uint16_t port;
	unsigned db;
	const char *user, *password; /* or NULL */
	bool tls;
	const char *ca_file; /* with TLS; NULL: the system's */
	unsigned timeout_ms;
};

struct store_reply {
	const char *error; /* the server refused the command; or NULL */
	size_t n;
	int64_t number[STORE_NUMBERS_MAX]; /* a status is 1, nil is 0 */
};

/* `reply` NULL: the store is away; whether the command was carried out is not known. */
typedef void (*store_fn)(void *data, const struct store_reply *reply);

/* `settings` is borrowed and must live longer. `ready` is called each time when a connection was
 * made. NULL with `why` when libhiredis cannot be loaded. */
struct store *store_new(const struct store_settings *settings, struct loop *loop, struct pool *pool,
			void (*ready)(void *data), void *data, char *why, size_t why_size);
/* Answers all commands with NULL. NULL is fine. */
void store_free(struct store *store);

/* False: the store is away, and `fn` is not called. */
bool store_send(struct store *store, const char *const *word, const size_t *len, size_t words,
		store_fn fn, void *data);
bool store_ready(const struct store *store);

#endif
