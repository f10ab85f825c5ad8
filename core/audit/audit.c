/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue between the loop and the thread of the audit, and what waits for lines to be written.
 * The loop wakes the thread once in a round, so that the thread writes the lines of many calls
 * together.
 */
#include "audit/audit.h"

#include <stdio.h>
#include <string.h>

#include "audit/sink.h"
#include "audit/thread.h"
#include "base/check.h"
#include "base/loop.h"

#define REQUIRED_QUEUES 4 /* a call that has begun must not lose its line: it may use more queue */

static struct {
	bool on;
	struct loop *loop;
	bool required;
	struct audit_thread *thread;
	uint64_t reported;
	bool unheard; /* events that the thread was not woken for */
	struct loop_round round;
	struct loop_job news; /* from the thread: something was written, or nothing can be */
	struct audit_wait *waits, **last_wait;
	char fault[320];
} audit;

/* ---- waiting -------------------------------------------------------------------------------- */

static void
unlink_wait(struct audit_wait *wait)
{
	*wait->link = wait->next;
	if (wait->next != NULL)
		wait->next->link = wait->link;
	else
		audit.last_wait = wait->link;
	wait->link = NULL;
}

/* The waits are in the order of their numbers, nearly: one that comes later than it should waits
 * for the next news. */
static void
run_waits(uint64_t written, bool failed)
{
	while (audit.waits != NULL && (failed || audit.waits->number <= written)) {
		struct audit_wait *wait = audit.waits;

		unlink_wait(wait);
		wait->fn(wait, wait->number <= written);
	}
}

static void
on_news(struct loop_job *job)
{
	uint64_t written;

	(void)job;
	audit_thread_heard(audit.thread);
	do {
		written = audit_thread_written(audit.thread);
		run_waits(written,
			  audit_thread_why(audit.thread, audit.fault, sizeof(audit.fault)));
		if (audit.waits != NULL)
			audit_thread_wants_news(audit.thread);
	} while (audit.waits != NULL && audit_thread_written(audit.thread) != written);
}

static void
wake(void)
{
	if (audit.unheard)
		audit_thread_wake(audit.thread);
	audit.unheard = false;
}

bool
audit_wait(struct audit_wait *wait, uint64_t number)
{
	if (!audit.on || !audit.required || number == 0)
		return false;
	/* in this order: what is written after the look brings news */
	audit_thread_wants_news(audit.thread);
	if (number <= audit_thread_written(audit.thread))
		return false;
	CHECK(wait->fn != NULL && wait->link == NULL);
	wait->number = number;
	wait->next = NULL;
	wait->link = audit.last_wait;
	*audit.last_wait = wait;
	audit.last_wait = &wait->next;
	wake();
	return true;
}

void
audit_wait_end(struct audit_wait *wait)
{
	if (wait->link != NULL)
		unlink_wait(wait);
}

/* ---- events --------------------------------------------------------------------------------- */

static void
on_round(struct loop_round *round)
{
	(void)round;
	wake();
}

bool
audit_on(void)
{
	return audit.on;
}

uint64_t
audit_report(const struct audit_event *event)
{
	struct audit_record *record;

	if (!audit.on)
		return 0;
	CHECK(loop_inside(audit.loop));
	record = audit_record_new(event);
	record->number = ++audit.reported;
	audit_thread_give(audit.thread, record);
	audit.unheard = true;
	return audit.reported;
}

const char *
audit_fault(void)
{
	if (!audit.on || !audit.required)
		return NULL;
	if (audit_thread_why(audit.thread, audit.fault, sizeof(audit.fault)))
		return audit.fault;
	return audit_thread_is_late(audit.thread) ? "the audit log is written too slowly" : NULL;
}

bool
audit_fails(void)
{
	return audit.on && audit_thread_why(audit.thread, audit.fault, sizeof(audit.fault));
}

uint64_t
audit_count(void)
{
	return audit.reported;
}

uint64_t
audit_lost(void)
{
	return audit.on ? audit_thread_lost(audit.thread) : 0;
}

bool
audit_try(const struct audit_settings *settings, char *why, size_t why_size)
{
	struct audit_sink sink;
	bool fine;

	audit_sink_init(&sink, settings->kind, settings->path);
	fine = audit_sink_try(&sink);
	if (!fine)
		snprintf(why, why_size, "audit: %s", sink.why);
	audit_sink_fini(&sink);
	return fine;
}

/* ---- life ----------------------------------------------------------------------------------- */

bool
audit_start(struct loop *loop, const struct audit_settings *settings, char *why, size_t why_size)
{
	size_t most = settings->required ? REQUIRED_QUEUES * AUDIT_QUEUE_MAX : AUDIT_QUEUE_MAX;

	CHECK(!audit.on && settings->kind != AUDIT_NONE);
	memset(&audit, 0, sizeof(audit));
	audit.loop = loop;
	audit.required = settings->required;
	audit.last_wait = &audit.waits;
	audit.news = (struct loop_job){ .fn = on_news };
	audit.round = (struct loop_round){ .fn = on_round };
	audit.thread = audit_thread_new(settings, most, loop, &audit.news, why, why_size);
	if (audit.thread == NULL)
		return false;
	loop_each_round(loop, &audit.round);
	audit.on = true;
	return true;
}

void
audit_stop(void)
{
	if (!audit.on)
		return;
	CHECK(audit.waits == NULL);
	audit.on = false;
	loop_round_end(audit.loop, &audit.round);
	audit_thread_free(audit.thread);
	audit.thread = NULL;
}

void
audit_reopen(void)
{
	if (audit.on)
		audit_thread_reopen(audit.thread);
}
