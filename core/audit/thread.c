/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread takes up to BATCH records from the queue, makes their lines, and writes them with one
 * system call. It keeps the records until all their lines are written: when another file was opened
 * before that, their lines are made again, behind a line that says where the chain stands.
 */
#include "audit/thread.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit/sink.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"

#define BATCH 64
#define CHECKPOINT_LINES 1000 /* a checkpoint follows this many lines … */
#define CHECKPOINT_MS 60000   /* … or the first line that is this old */
#define RETRY_MS 1000	      /* between two attempts to write */
/* Without `required` no answer waits for its line. Then more records are collected before they are
 * written, because each write and each time that this thread wakes up costs the loop time. */
#define COLLECT_US 1000
#define COLLECT_BYTES (16u << 10) /* with so many bytes of records it does not wait */

struct audit_batch {
	struct audit_record *record[BATCH + 1]; /* one more: for what is put before the first */
	size_t end[BATCH + 1];			/* of its line in `lines` */
	unsigned char mac[BATCH + 1][CHAIN_MAC];
	size_t records;
	struct buf lines;
	size_t done;			 /* bytes that are written */
	uint64_t seq;			 /* of the chain before its first line … */
	unsigned char before[CHAIN_MAC]; /* … and the code */
};

struct audit_thread {
	struct audit_form form;
	bool required;
	size_t most;
	struct loop *loop;
	struct loop_job *news;
	atomic_bool news_wanted, news_posted;
	atomic_uint_fast64_t written;
	atomic_bool failing;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	/* under the lock */
	struct audit_record *queue, **last;
	size_t queued;
	uint64_t lost, lost_told;
	bool stop, reopen;
	char why[320];
	/* the thread's own */
	struct audit_sink sink;
	struct chain chain;
	struct audit_batch batch;
	uint64_t since_checkpoint; /* lines */
	int64_t first_since_ms;
};

/* ---- the batch ------------------------------------------------------------------------------ */

static void
batch_add(struct audit_thread *thread, struct audit_record *record)
{
	struct audit_batch *batch = &thread->batch;
	size_t at = batch->records;

	CHECK(at <= BATCH);
	audit_line(&batch->lines, record, &thread->form, &thread->sink.tail, &thread->chain);
	CHECK(buf_ok(&batch->lines));
	batch->record[at] = record;
	batch->end[at] = batch->lines.len;
	memcpy(batch->mac[at], thread->chain.mac, CHAIN_MAC);
	batch->records++;
}

static void
batch_begin(struct audit_thread *thread)
{
	struct audit_batch *batch = &thread->batch;

	buf_reset(&batch->lines);
	batch->records = batch->done = 0;
	batch->seq = thread->chain.seq;
	memcpy(batch->before, thread->chain.mac, CHAIN_MAC);
}

static struct audit_record *
own_record(enum audit_type type, uint64_t events)
{
	const struct audit_event event = AUDIT_EVENT(type);
	struct audit_record *record = audit_record_new(&event);

	record->events = events;
	return record;
}

/* How many lines of the batch are written to their end. */
static size_t
lines_done(const struct audit_batch *batch)
{
	size_t n = 0;

	while (n < batch->records && batch->end[n] <= batch->done)
		n++;
	return n;
}

/* Another file or connection: the lines that the former one did not get to their end are made
 * again, behind one that says where the chain stands. */
static void
batch_again(struct audit_thread *thread)
{
	struct audit_batch *batch = &thread->batch;
	struct audit_record *rest[BATCH + 1];
	size_t done = lines_done(batch), n = 0;

	for (size_t i = 0; i < batch->records; i++) {
		enum audit_type type = batch->record[i]->event.type;

		if (i < done || type == AUDIT_CONTINUE)
			free(batch->record[i]);
		else
			rest[n++] = batch->record[i];
	}
	thread->chain.seq = batch->seq + done;
	memcpy(thread->chain.mac, done > 0 ? batch->mac[done - 1] : batch->before, CHAIN_MAC);
	batch_begin(thread);
	if (thread->sink.tail.torn > 0)
		buf_putc(&batch->lines, '\n');
	if (thread->chain.seq > 0)
		batch_add(thread, own_record(AUDIT_CONTINUE, 0));
	for (size_t i = 0; i < n; i++)
		batch_add(thread, rest[i]);
}

/* ---- checkpoints ---------------------------------------------------------------------------- */

/* What is in the log as well: who changes the file would have to change both. */
static void
tell_checkpoint(const struct audit_thread *thread, const char *what, size_t at)
{
	char mac[CHAIN_MAC_TEXT + 1];

	chain_mac_text(thread->batch.mac[at], mac);
	log_event(LOG_NOTICE, "audit-checkpoint", "at", "w", what, "chain", "w", thread->chain.id,
		  "seq", "i", (int64_t)(thread->batch.seq + at + 1), "code", "w", mac, NULL);
}

static void
batch_written(struct audit_thread *thread)
{
	struct audit_batch *batch = &thread->batch;
	uint64_t number = 0;

	for (size_t i = 0; i < batch->records; i++) {
		struct audit_record *record = batch->record[i];
		enum audit_type type = record->event.type;

		if (record->number > 0)
			number = record->number;
		if (type == AUDIT_BEGIN || type == AUDIT_CHECKPOINT || type == AUDIT_END)
			tell_checkpoint(thread, audit_type_names[type], i);
		if (type < AUDIT_BEGIN && thread->since_checkpoint++ == 0)
			thread->first_since_ms = clock_ms();
		if (type == AUDIT_CHECKPOINT)
			thread->since_checkpoint = 0;
		free(record);
	}
	if (number > 0)
		atomic_store(&thread->written, number);
	batch_begin(thread);
}

static bool
checkpoint_due(const struct audit_thread *thread)
{
	return thread->since_checkpoint >= CHECKPOINT_LINES ||
	       (thread->since_checkpoint > 0 &&
		clock_ms() - thread->first_since_ms >= CHECKPOINT_MS);
}

/* ---- writing -------------------------------------------------------------------------------- */

static void
post_news(struct audit_thread *thread)
{
	if (!atomic_exchange(&thread->news_posted, true))
		loop_post(thread->loop, thread->news);
}

static void
set_failing(struct audit_thread *thread, bool failing)
{
	if (atomic_exchange(&thread->failing, failing) == failing)
		return;
	pthread_mutex_lock(&thread->lock);
	snprintf(thread->why, sizeof(thread->why), "%s", failing ? thread->sink.why : "");
	pthread_mutex_unlock(&thread->lock);
	if (failing)
		log_event(LOG_ERROR, "audit-fails", "why", "s", thread->sink.why, "effect", "s",
			  thread->required ? "requests are refused until it can be written"
					   : "events wait, and are lost when too many wait",
			  NULL);
	else
		log_event(LOG_NOTICE, "audit-works", NULL);
	post_news(thread);
}

/* True when the whole batch is written. */
static bool
batch_write(struct audit_thread *thread)
{
	struct audit_batch *batch = &thread->batch;
	enum audit_sink_state state = audit_sink_ready(&thread->sink);

	if (state == AUDIT_SINK_FRESH)
		batch_again(thread);
	if (state == AUDIT_SINK_DOWN ||
	    !audit_sink_write(&thread->sink, batch->lines.data, batch->lines.len, &batch->done)) {
		set_failing(thread, true);
		return false;
	}
	batch_written(thread);
	set_failing(thread, false);
	if (atomic_exchange(&thread->news_wanted, false))
		post_news(thread);
	return true;
}

/* ---- the queue ------------------------------------------------------------------------------ */

/* Under the lock: moves records from the queue to the batch, which then makes their lines. */
static size_t
take_records(struct audit_thread *thread, struct audit_record *taken[BATCH])
{
	size_t n = 0;

	while (n < BATCH - 2 && thread->queue != NULL) {
		struct audit_record *record = thread->queue;

		thread->queue = record->next;
		thread->queued -= record->size;
		taken[n++] = record;
	}
	if (thread->queue == NULL)
		thread->last = &thread->queue;
	if (thread->lost > thread->lost_told) {
		taken[n++] = own_record(AUDIT_LOST, thread->lost - thread->lost_told);
		thread->lost_told = thread->lost;
	}
	return n;
}

/* Under the lock. */
static void
sleep_ms(struct audit_thread *thread, int64_t ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&thread->wake, &thread->lock, &until);
}

/* Under the lock: waits for records. False when the thread must end. */
static bool
wait_records(struct audit_thread *thread)
{
	while (thread->queue == NULL && !thread->stop && !thread->reopen &&
	       !checkpoint_due(thread)) {
		if (thread->since_checkpoint == 0)
			pthread_cond_wait(&thread->wake, &thread->lock);
		else
			sleep_ms(thread, CHECKPOINT_MS - (clock_ms() - thread->first_since_ms));
	}
	if (thread->reopen)
		audit_sink_close(&thread->sink);
	thread->reopen = false;
	return thread->queue != NULL || !thread->stop;
}

/* Under the lock, which it releases. */
static void
fill_batch(struct audit_thread *thread)
{
	const struct timespec wait = { .tv_nsec = COLLECT_US * 1000 };
	struct audit_record *taken[BATCH];
	size_t n;

	if (!thread->required && !thread->stop && thread->queued < COLLECT_BYTES) {
		pthread_mutex_unlock(&thread->lock);
		nanosleep(&wait, NULL);
		pthread_mutex_lock(&thread->lock);
	}
	n = take_records(thread, taken);
	pthread_mutex_unlock(&thread->lock);
	for (size_t i = 0; i < n; i++)
		batch_add(thread, taken[i]);
	if (checkpoint_due(thread))
		batch_add(thread, own_record(AUDIT_CHECKPOINT, 0));
}

/* Until it works; after a stop only once. */
static void
write_until_done(struct audit_thread *thread)
{
	bool stopping = false;

	while (!batch_write(thread) && !stopping) {
		pthread_mutex_lock(&thread->lock);
		if (!thread->stop)
			sleep_ms(thread, RETRY_MS);
		stopping = thread->stop;
		if (thread->reopen)
			audit_sink_close(&thread->sink);
		thread->reopen = false;
		pthread_mutex_unlock(&thread->lock);
	}
}

static void *
run(void *data)
{
	struct audit_thread *thread = data;

	for (;;) {
		bool more;

		/* without records: a file that was closed by SIGHUP begins with its line at once */
		if (thread->batch.records > 0 || thread->sink.fd < 0)
			write_until_done(thread);
		pthread_mutex_lock(&thread->lock);
		more = wait_records(thread);
		if (!more || atomic_load(&thread->failing)) {
			pthread_mutex_unlock(&thread->lock);
			break;
		}
		fill_batch(thread);
	}
	if (!atomic_load(&thread->failing)) {
		batch_add(thread, own_record(AUDIT_END, 0));
		batch_write(thread);
	}
	return NULL;
}

/* ---- for the loop --------------------------------------------------------------------------- */

void
audit_thread_give(struct audit_thread *thread, struct audit_record *record)
{
	bool kept;

	pthread_mutex_lock(&thread->lock);
	kept = record->size <= thread->most - thread->queued;
	if (kept) {
		*thread->last = record;
		thread->last = &record->next;
		thread->queued += record->size;
	} else {
		thread->lost++;
	}
	pthread_mutex_unlock(&thread->lock);
	if (!kept)
		free(record);
}

void
audit_thread_wake(struct audit_thread *thread)
{
	pthread_cond_signal(&thread->wake);
}

void
audit_thread_reopen(struct audit_thread *thread)
{
	pthread_mutex_lock(&thread->lock);
	thread->reopen = true;
	pthread_cond_signal(&thread->wake);
	pthread_mutex_unlock(&thread->lock);
}

void
audit_thread_heard(struct audit_thread *thread)
{
	atomic_store(&thread->news_posted, false);
}

void
audit_thread_wants_news(struct audit_thread *thread)
{
	atomic_store(&thread->news_wanted, true);
	if (atomic_load(&thread->failing)) /* there would be none before it works again */
		post_news(thread);
}

uint64_t
audit_thread_written(const struct audit_thread *thread)
{
	return atomic_load(&thread->written);
}

uint64_t
audit_thread_lost(struct audit_thread *thread)
{
	uint64_t lost;

	pthread_mutex_lock(&thread->lock);
	lost = thread->lost;
	pthread_mutex_unlock(&thread->lock);
	return lost;
}

bool
audit_thread_why(struct audit_thread *thread, char *why, size_t why_size)
{
	if (!atomic_load(&thread->failing))
		return false;
	pthread_mutex_lock(&thread->lock);
	snprintf(why, why_size, "%s", thread->why);
	pthread_mutex_unlock(&thread->lock);
	return true;
}

bool
audit_thread_is_late(struct audit_thread *thread)
{
	bool late;

	pthread_mutex_lock(&thread->lock);
	late = thread->queued > thread->most / 4;
	pthread_mutex_unlock(&thread->lock);
	return late;
}

/* ---- life ----------------------------------------------------------------------------------- */

static void
thread_release(struct audit_thread *thread)
{
	for (size_t i = 0; i < thread->batch.records; i++)
		free(thread->batch.record[i]);
	while (thread->queue != NULL) {
		struct audit_record *next = thread->queue->next;

		free(thread->queue);
		thread->queue = next;
	}
	buf_fini(&thread->batch.lines);
	audit_sink_fini(&thread->sink);
	chain_fini(&thread->chain);
	pthread_cond_destroy(&thread->wake);
	pthread_mutex_destroy(&thread->lock);
	free(thread);
}

static bool
start_thread(struct audit_thread *thread)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all); /* only the loop reads signals */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&thread->thread, NULL, run, thread);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc == 0;
}

struct audit_thread *
audit_thread_new(const struct audit_settings *settings, size_t most, struct loop *loop,
		 struct loop_job *news, char *why, size_t why_size)
{
	struct audit_thread *thread = xcalloc(1, sizeof(*thread));
	pthread_condattr_t monotonic;

	thread->form = (struct audit_form){ .ocsf = settings->format == AUDIT_OCSF,
					    .arguments = settings->arguments };
	thread->required = settings->required;
	thread->most = most;
	thread->loop = loop;
	thread->news = news;
	thread->last = &thread->queue;
	pthread_mutex_init(&thread->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&thread->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	buf_init(&thread->batch.lines, (BATCH + 1) * CHAIN_LINE_MAX + 1);
	audit_sink_init(&thread->sink, settings->kind, settings->path);
	chain_init(&thread->chain, settings->key);
	batch_begin(thread);
	if (audit_sink_ready(&thread->sink) == AUDIT_SINK_FRESH && thread->sink.tail.torn > 0)
		buf_putc(&thread->batch.lines, '\n');
	batch_add(thread, own_record(AUDIT_BEGIN, 0));
	atomic_store(&thread->news_posted, true); /* the loop knows by what this returns */
	if ((batch_write(thread) || !settings->required) && start_thread(thread)) {
		atomic_store(&thread->news_posted, false);
		return thread;
	}
	snprintf(why, why_size, "audit: %s",
		 thread->sink.why[0] != '\0' ? thread->sink.why : "no thread can be started");
	thread_release(thread);
	return NULL;
}

void
audit_thread_free(struct audit_thread *thread)
{
	pthread_mutex_lock(&thread->lock);
	thread->stop = true;
	pthread_cond_signal(&thread->wake);
	pthread_mutex_unlock(&thread->lock);
	pthread_join(thread->thread, NULL);
	thread_release(thread);
}
