/* SPDX-License-Identifier: Apache-2.0 */
#include "limits/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/seal.h"
#include "base/states.h"
#include "limits/hiredis_api.h"
#include "limits/lookup.h"
#include "limits/reader.h"
#include "limits/tls.h"

#define BACKOFF_FIRST_MS 250
#define BACKOFF_MOST_MS 10000
#define CONNECT_MS 3000
#define WHY_MAX 256

enum store_state {
	STORE_BEGINS,	  /* the loop has not run yet */
	STORE_AWAY,	  /* the timer begins the next attempt */
	STORE_RESOLVING,  /* a worker thread looks the name up */
	STORE_CONNECTING, /* hiredis has a context */
	STORE_GREETING,	  /* AUTH, SELECT and PING were sent */
	STORE_READY,
};

static const struct states_row store_rows[] = {
	[STORE_BEGINS] = { "begins", TO(STORE_RESOLVING) | TO(STORE_CONNECTING) | TO(STORE_AWAY) },
	[STORE_AWAY] = { "away", TO(STORE_RESOLVING) | TO(STORE_CONNECTING) },
	[STORE_RESOLVING] = { "resolving", TO(STORE_CONNECTING) | TO(STORE_AWAY) },
	[STORE_CONNECTING] = { "connecting", TO(STORE_GREETING) | TO(STORE_AWAY) },
	[STORE_GREETING] = { "greeting", TO(STORE_READY) | TO(STORE_AWAY) },
	[STORE_READY] = { "ready", TO(STORE_AWAY) },
};
static const struct states store_states = { "store", store_rows, ARRAY_SIZE(store_rows) };

struct pending {
	STAILQ_ENTRY(pending) link;
	struct store *store;
	store_fn fn;
	void *data;
	int64_t until_ms;
	char *command; /* until it was sent */
	size_t len;
};
STAILQ_HEAD(pendings, pending);

struct store {
	const struct hiredis_api *api;
	const struct store_settings *settings;
	struct loop *loop;
	struct pool *pool;
	void (*ready)(void *data);
	void *ready_data;
	enum store_state state;
	redisAsyncContext *context; /* NULL: no connection */
	struct loop_watch watch;
	uint32_t events;
	struct loop_timer retry; /* the next attempt, or the end of this one */
	struct loop_timer limit; /* of the oldest command */
	struct lookup *lookup;
	char address[LOOKUP_ADDRESS_MAX];
	size_t next_address;
	unsigned failures;	       /* since the last connection */
	unsigned greetings;	       /* replies that are missing */
	struct pendings waiting, sent; /* the oldest first */
	size_t pending;
	struct reader_guard guard;
	bool freeing, was_ready;
};

static void attempt(struct store *store);
static void lose(struct store *store, const char *why);

static void
store_move(struct store *store, enum store_state state)
{
	store->state = states_move(&store_states, store->state, state);
}

bool
store_ready(const struct store *store)
{
	return store->state == STORE_READY;
}

/* ---- commands ------------------------------------------------------------------------------- */

static void
answer(struct pending *pending, const struct store_reply *reply)
{
	CHECK(pending->store->pending > 0);
	pending->store->pending--;
	pending->fn(pending->data, reply);
	free(pending->command);
	free(pending);
}

/* Answers commands that were not sent, and wait since before this time. */
static void
answer_waiting(struct store *store, int64_t until_ms)
{
	struct pending *pending;

	while ((pending = STAILQ_FIRST(&store->waiting)) != NULL && pending->until_ms <= until_ms) {
		STAILQ_REMOVE_HEAD(&store->waiting, link);
		answer(pending, NULL);
	}
}

static void
take_reply(const redisReply *from, struct store_reply *reply)
{
	*reply = (struct store_reply){ .n = 1 };
	switch (from->type) {
	case REDIS_REPLY_ERROR: reply->error = from->str; break;
	case REDIS_REPLY_STATUS: reply->number[0] = 1; break;
	case REDIS_REPLY_INTEGER: reply->number[0] = from->integer; break;
	case REDIS_REPLY_NIL: break;
	case REDIS_REPLY_ARRAY:
		CHECK(from->elements <= STORE_NUMBERS_MAX); /* reader.c refuses more */
		reply->n = from->elements;
		for (size_t i = 0; i < from->elements; i++)
			reply->number[i] = from->element[i]->integer;
		break;
	default: reply->error = "another type of reply was expected";
	}
}

static void
set_limit(struct store *store)
{
	const struct pending *oldest = STAILQ_FIRST(&store->sent);
	int64_t left_ms;

	if (oldest == NULL)
		oldest = STAILQ_FIRST(&store->waiting);
	if (oldest == NULL) {
		loop_timer_stop(store->loop, &store->limit);
		return;
	}
	left_ms = oldest->until_ms - clock_ms();
	loop_timer_set(store->loop, &store->limit, left_ms > 0 ? left_ms : 0);
}

/* The server answers in the order of the commands. */
static void
on_reply(redisAsyncContext *context, void *from, void *data)
{
	static struct store_reply reply; /* 9 kB; there is one loop thread */
	struct pending *pending = data;
	struct store *store = pending->store;

	(void)context;
	CHECK(STAILQ_FIRST(&store->sent) == pending);
	STAILQ_REMOVE_HEAD(&store->sent, link);
	if (from == NULL) {
		if (store->state != STORE_AWAY)
			lose(store, store->guard.why != NULL ? store->guard.why
							     : "the connection was lost");
		answer(pending, NULL);
		return;
	}
	take_reply(from, &reply);
	answer(pending, &reply);
	set_limit(store);
}

static void
send_now(struct store *store, struct pending *pending)
{
	pending->until_ms = clock_ms() + store->settings->timeout_ms;
	STAILQ_INSERT_TAIL(&store->sent, pending, link);
	if (STAILQ_FIRST(&store->sent) == pending)
		set_limit(store);
	if (store->api->send(store->context, on_reply, pending, pending->command, pending->len) !=
	    REDIS_OK) {
		STAILQ_REMOVE(&store->sent, pending, pending, link);
		answer(pending, NULL);
		return;
	}
	free(pending->command);
	pending->command = NULL;
}

/* The protocol of Redis: the number of words, then each with its length. */
static char *
write_command(const char *const *word, const size_t *len, size_t words, size_t *size)
{
	struct buf out;

	CHECK(words <= STORE_WORDS_MAX);
	buf_init(&out, STORE_COMMAND_MAX);
	buf_printf(&out, "*%zu\r\n", words);
	for (size_t i = 0; i < words; i++) {
		const size_t bytes = len != NULL ? len[i] : strlen(word[i]);

		buf_printf(&out, "$%zu\r\n", bytes);
		buf_add(&out, word[i], bytes);
		buf_puts(&out, "\r\n");
	}
	return buf_take(&out, size);
}

bool
store_send(struct store *store, const char *const *word, const size_t *len, size_t words,
	   store_fn fn, void *data)
{
	struct pending *pending;
	char *command;
	size_t size;

	if (store->state == STORE_AWAY || store->pending >= STORE_PENDING_MAX)
		return false;
	command = write_command(word, len, words, &size);
	if (command == NULL)
		return false;
	pending = xcalloc(1, sizeof(*pending));
	*pending = (struct pending){ .store = store,
				     .fn = fn,
				     .data = data,
				     .until_ms = clock_ms() + store->settings->timeout_ms,
				     .command = command,
				     .len = size };
	store->pending++;
	if (store->state == STORE_READY) {
		send_now(store, pending);
	} else {
		STAILQ_INSERT_TAIL(&store->waiting, pending, link);
		set_limit(store);
	}
	return true;
}

/* ---- the connection ------------------------------------------------------------------------- */

/* Ends the attempt or the connection, and begins the pause before the next one. */
static void
lose(struct store *store, const char *why)
{
	const unsigned n = store->failures < 6 ? store->failures : 6;
	int64_t pause_ms = (int64_t)BACKOFF_FIRST_MS << n;
	uint32_t random;

	CHECK(store->state != STORE_AWAY);
	if (store->failures++ == 0 && !store->freeing)
		log_event(LOG_ERROR, "limits-store-away", "store", "s", store->settings->name,
			  "why", "s", why, NULL);
	store_move(store, STORE_AWAY);
	random_bytes(&random, sizeof(random));
	pause_ms = pause_ms < BACKOFF_MOST_MS ? pause_ms : BACKOFF_MOST_MS;
	pause_ms += random % (pause_ms / 4 + 1);
	if (!store->freeing)
		loop_timer_set(store->loop, &store->retry, pause_ms);
	answer_waiting(store, INT64_MAX);
}

/* Frees the context too; not from within hiredis. */
static void
hang_up(struct store *store, const char *why)
{
	if (store->state != STORE_AWAY)
		lose(store, why);
	if (store->context != NULL)
		store->api->free(store->context);
	CHECK(store->context == NULL && STAILQ_EMPTY(&store->sent));
	set_limit(store);
}

static void
on_limit(struct loop_timer *timer)
{
	struct store *store = timer->data;
	char why[WHY_MAX];

	if (STAILQ_EMPTY(&store->sent)) { /* the connection is still being made */
		answer_waiting(store, clock_ms());
		set_limit(store);
		return;
	}
	snprintf(why, sizeof(why), "it did not answer within %u ms", store->settings->timeout_ms);
	hang_up(store, why);
}

static void
on_retry(struct loop_timer *timer)
{
	struct store *store = timer->data;

	if (store->state == STORE_AWAY || store->state == STORE_BEGINS)
		attempt(store);
	else
		hang_up(store, "no connection was made in time");
}

static void
on_event(struct loop_watch *watch, uint32_t events)
{
	struct store *store = watch->data;

	if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0 && store->context != NULL)
		store->api->handle_read(store->context);
	if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0 && store->context != NULL)
		store->api->handle_write(store->context);
	if (store->context == NULL)
		set_limit(store);
	else if (store->state == STORE_AWAY)
		hang_up(store, "");
	else if (store->context->c.reader->len > STORE_REPLY_MAX)
		hang_up(store, "its reply is too large");
}

static void
watch_for(struct store *store, uint32_t events)
{
	if (store->events == events)
		return;
	store->events = events;
	loop_modify(store->loop, &store->watch, events);
}

static void
add_read(void *data)
{
	struct store *store = data;

	watch_for(store, store->events | EPOLLIN);
}

static void
del_read(void *data)
{
	struct store *store = data;

	watch_for(store, store->events & ~(uint32_t)EPOLLIN);
}

static void
add_write(void *data)
{
	struct store *store = data;

	watch_for(store, store->events | EPOLLOUT);
}

static void
del_write(void *data)
{
	struct store *store = data;

	watch_for(store, store->events & ~(uint32_t)EPOLLOUT);
}

/* hiredis frees its context, whatever the reason is. */
static void
clean_up(void *data)
{
	struct store *store = data;
	char why[WHY_MAX];

	if (store->guard.why != NULL)
		snprintf(why, sizeof(why), "%s", store->guard.why);
	else if (store->settings->tls && tls_fault() != NULL)
		snprintf(why, sizeof(why), CERTIFICATE_REFUSED "%s", tls_fault());
	else
		snprintf(why, sizeof(why), "%s",
			 store->context->errstr != NULL && *store->context->errstr != '\0'
			     ? store->context->errstr
			     : "the connection was closed");
	loop_remove(store->loop, &store->watch);
	store->context = NULL;
	if (store->state != STORE_AWAY)
		lose(store, why);
}

/* ---- the greeting --------------------------------------------------------------------------- */

static void
on_greeted(void *data, const struct store_reply *reply)
{
	struct store *store = data;
	char why[WHY_MAX];

	if (reply == NULL || store->state != STORE_GREETING)
		return;
	if (reply->error != NULL) {
		snprintf(why, sizeof(why), "it refuses the connection: %s", reply->error);
		lose(store, why); /* on_event() hangs up */
		return;
	}
	if (--store->greetings > 0)
		return;
	loop_timer_stop(store->loop, &store->retry);
	store_move(store, STORE_READY);
	if (store->failures > 0 || !store->was_ready)
		log_event(LOG_NOTICE, "limits-store-ready", "store", "s", store->settings->name,
			  NULL);
	store->failures = 0;
	store->was_ready = true;
	store->ready(store->ready_data);
	while (store->state == STORE_READY && !STAILQ_EMPTY(&store->waiting)) {
		struct pending *pending = STAILQ_FIRST(&store->waiting);

		STAILQ_REMOVE_HEAD(&store->waiting, link);
		send_now(store, pending);
	}
}

static void
greet(struct store *store, const char *const *word, size_t words)
{
	struct pending *pending = xcalloc(1, sizeof(*pending));

	pending->command = write_command(word, NULL, words, &pending->len);
	CHECK(pending->command != NULL);
	pending->store = store;
	pending->fn = on_greeted;
	pending->data = store;
	store->pending++;
	store->greetings++;
	send_now(store, pending);
}

static void
on_connect(const redisAsyncContext *context, int status)
{
	struct store *store = context->data;
	const struct store_settings *settings = store->settings;
	const char *with_user[] = { "AUTH", settings->user, settings->password };
	const char *with_password[] = { "AUTH", settings->password };
	char number[16];
	const char *select[] = { "SELECT", number };
	static const char *const ping[] = { "PING" };

	if (status != REDIS_OK) /* clean_up() follows */
		return;
	store_move(store, STORE_GREETING);
	store->greetings = 0;
	if (settings->user != NULL)
		greet(store, with_user, 3);
	else if (settings->password != NULL)
		greet(store, with_password, 2);
	snprintf(number, sizeof(number), "%u", settings->db);
	if (settings->db > 0)
		greet(store, select, 2);
	greet(store, ping, 1);
}

/* ---- the address ---------------------------------------------------------------------------- */

static void
connect_to(struct store *store, const char *address)
{
	const struct store_settings *settings = store->settings;
	redisAsyncContext *context = settings->host != NULL
				       ? store->api->connect(address, settings->port)
				       : store->api->connect_unix(settings->path);
	char why[WHY_MAX];

	store_move(store, STORE_CONNECTING);
	if (context == NULL || context->err != 0) {
		snprintf(why, sizeof(why), "%s", context == NULL ? "no memory" : context->errstr);
		if (context != NULL)
			store->api->free(context);
		lose(store, why);
		return;
	}
	if (settings->tls &&
	    !tls_begin(&context->c, settings->host, settings->ca_file, why, sizeof(why))) {
		store->api->free(context);
		lose(store, why);
		return;
	}
	store->watch = (struct loop_watch){ .fn = on_event, .data = store };
	store->events = 0;
	if (!loop_add(store->loop, &store->watch, context->c.fd, 0)) {
		store->api->free(context);
		lose(store, "the kernel has no room for another watch");
		return;
	}
	store->context = context;
	reader_guard(context->c.reader, &store->guard);
	context->data = store;
	context->ev.data = store;
	context->ev.addRead = add_read;
	context->ev.delRead = del_read;
	context->ev.addWrite = add_write;
	context->ev.delWrite = del_write;
	context->ev.cleanup = clean_up;
	loop_timer_set(store->loop, &store->retry, CONNECT_MS);
	store->api->on_connect(context, on_connect);
}

static void
looked_up(void *data, const struct lookup_result *found)
{
	struct store *store = data;
	char why[WHY_MAX];

	store->lookup = NULL;
	if (found->n > 0) {
		snprintf(store->address, sizeof(store->address), "%s",
			 found->address[store->next_address++ % found->n]);
		connect_to(store, store->address);
	} else {
		snprintf(why, sizeof(why), "its name cannot be resolved: %s", found->why);
		lose(store, why);
	}
}

static void
attempt(struct store *store)
{
	const struct store_settings *settings = store->settings;

	if (settings->host == NULL) {
		connect_to(store, NULL);
		return;
	}
	store_move(store, STORE_RESOLVING);
	store->lookup = lookup_new(store->pool, settings->host, settings->port, looked_up, store);
}

/* libhiredis has the answer, and the command is removed before the next one is read. */
static bool
is_expected(const void *data)
{
	const struct store *store = data;

	return !STAILQ_EMPTY(&store->sent);
}

/* ---- making --------------------------------------------------------------------------------- */

struct store *
store_new(const struct store_settings *settings, struct loop *loop, struct pool *pool,
	  void (*ready)(void *data), void *data, char *why, size_t why_size)
{
	const struct hiredis_api *api = hiredis_open(why, why_size);
	struct store *store;

	if (api == NULL)
		return NULL;
	store = xcalloc(1, sizeof(*store));
	store->api = api;
	store->settings = settings;
	store->loop = loop;
	store->pool = pool;
	store->ready = ready;
	store->ready_data = data;
	store->retry = (struct loop_timer){ .fn = on_retry, .data = store };
	store->limit = (struct loop_timer){ .fn = on_limit, .data = store };
	store->guard = (struct reader_guard){ .expected = is_expected, .data = store };
	STAILQ_INIT(&store->waiting);
	STAILQ_INIT(&store->sent);
	loop_timer_set(loop, &store->retry, 0);
	return store;
}

void
store_free(struct store *store)
{
	if (store == NULL)
		return;
	store->freeing = true;
	if (store->lookup != NULL)
		lookup_leave(store->lookup);
	hang_up(store, "the host stops");
	loop_timer_stop(store->loop, &store->retry);
	loop_timer_stop(store->loop, &store->limit);
	free(store);
}
