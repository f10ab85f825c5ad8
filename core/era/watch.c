/* SPDX-License-Identifier: Apache-2.0 */
#include "era/watch.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "config/config.h"
#include "config/snapshot.h"
#include "call/call.h"
#include "call/calls.h"
#include "call/turns.h"
#include "era/capabilities.h"
#include "era/inside.h"
#include "policy/policy.h"
#include "era/streams.h"
#include "era/subscriptions.h"
#include "era/task_id.h"
#include "era/task_write.h"
#include "registry/provider.h"

#define CAPABILITIES_TEXT_MAX 128u

struct watch {
	struct hash_link by_text; /* in eras->watches */
	struct eras *eras;
	struct snapshot *snapshot;  /* of its row; held */
	struct principal principal; /* who polls: the first subscriber */
	const struct row *row;
	struct json_object *arguments; /* of a resource, or NULL */
	struct task_id *task;	       /* NULL: it is a resource */
	char *text;		       /* its URI, or the id of the task */
	unsigned users;		       /* subscribers, and a poll that is being read */
	struct call *call;	       /* the poll that runs, or NULL */
	struct loop_timer timer;
	bool due;      /* the timer waited for the rate limit of the upstream */
	bool known;    /* a poll has succeeded, and … */
	uint64_t seen; /* … this is the hash of what it saw */
};

static void watch_next(struct watch *watch, int64_t after_ms);

/* ---- what was seen ------------------------------------------------------------------------- */

static uint64_t
hash_more(uint64_t hash, const void *bytes, size_t len)
{
	return hash * 31 + (len > 0 ? hash_of(NULL, bytes, len) : 1);
}

static uint64_t
hash_result(const struct result *result)
{
	uint64_t hash = result->failed;

	if (result->failed)
		return hash_more(hash, result->what, strlen(result->what));
	if (result->structured.len > 0)
		return hash_more(hash, result->structured.data, result->structured.len);
	for (size_t i = 0; i < result->blocks; i++)
		hash = hash_more(hash, result->block[i].json, result->block[i].json_len);
	return hash;
}

static uint64_t
hash_view(const struct task_view *view)
{
	uint64_t hash = (uint64_t)view->status + 1;

	hash = hash_more(hash, view->message, strlen(view->message));
	for (size_t i = 0; view->questions != NULL && i < view->questions->questions; i++) {
		const char *key = view->questions->question[i].key;

		hash = hash_more(hash, key, strlen(key));
	}
	return hash;
}

/* ---- polls --------------------------------------------------------------------------------- */

/* The poll has been read; the watch may be gone afterwards. */
static void
watch_read(struct watch *watch, int64_t next_ms)
{
	call_free(watch->call);
	watch->call = NULL;
	if (next_ms >= 0 && watch->users > 1)
		watch_next(watch, next_ms);
	watch_release(watch);
}

/* A poll that failed in passing tells nothing about the resource. */
static void
resource_done(struct watch *watch)
{
	const struct result *result = watch->call->result;
	uint64_t now;

	if (result->failed && (result->missed || status_retryable(result->status)))
		return;
	now = hash_result(result);
	if (!watch->known)
		streams_compare(watch->eras, watch, now);
	else if (now != watch->seen)
		subscriptions_tell(watch->eras, NULL, watch->text, watch);
	watch->known = true;
	watch->seen = now;
}

bool
watch_seen(const struct watch *watch, uint64_t *seen)
{
	*seen = watch->seen;
	return watch->known;
}

/* Returns the time until the next poll; -1: the task has ended. */
static int64_t
task_seen(struct watch *watch, struct task_view *view)
{
	uint64_t now = hash_view(view);
	bool first = !watch->known;

	view->id = watch->text;
	view->created_ms = watch->task->created_ms;
	if (first ? view->status != TASK_WORKING : now != watch->seen)
		subscriptions_tell_task(watch->eras, watch, watch->row, view);
	watch->known = true;
	watch->seen = now;
	return view->status == TASK_WORKING || view->status == TASK_INPUT_REQUIRED
		 ? task_interval(view)
		 : -1;
}

static void
watch_done(struct call *call)
{
	struct watch *watch = call->owner;
	struct task_view view;
	int64_t next_ms = watch->eras->parts.watch_ms;

	CHECK(watch->call == call);
	watch->users++;
	if (watch->task == NULL) {
		resource_done(watch);
	} else {
		task_view_of(&view, call);
		next_ms = task_seen(watch, &view);
	}
	watch_read(watch, next_ms);
}

/* Only a task has questions that somebody can answer. */
static void
watch_asks(struct call *call)
{
	struct watch *watch = call->owner;
	struct task_view view = { .status = TASK_INPUT_REQUIRED, .questions = call->outcome };
	int64_t next_ms = watch->eras->parts.watch_ms;

	CHECK(watch->call == call);
	watch->users++;
	if (watch->task != NULL)
		next_ms = task_seen(watch, &view);
	watch_read(watch, next_ms);
}

static const struct call_events watch_events = { .ask = watch_asks, .done = watch_done };

/* The workspace of the task; for a resource that of the principal, or NULL: the default. */
static const char *
watch_upstream(const struct watch *watch)
{
	return watch->task != NULL
		 ? watch->task->upstream
		 : config_fixed_workspace(watch->snapshot->config, watch->principal.name);
}

/* Each poll is decided again: the time of day is part of the rules. */
static bool
watch_allowed(struct watch *watch, struct policy_decision *decision)
{
	struct policy *policy = watch->snapshot->policy;

	return watch->task != NULL
		 ? policy_decide_task(policy, &watch->principal, watch->row, watch->task->upstream,
				      decision)
		 : policy_decide(policy, &watch->principal, watch->row, watch->arguments, decision);
}

static void
watch_poll(struct watch *watch)
{
	struct policy_decision decision;
	struct call_spec spec = { .snapshot = watch->snapshot,
				  .row = watch->row,
				  .upstream = watch_upstream(watch),
				  .principal = &watch->principal,
				  .arguments = watch->arguments,
				  .wait_ms = -1,
				  .fresh = true,
				  .capabilities = "{}",
				  .events = &watch_events,
				  .owner = watch };
	const char *why;
	struct buf text;

	if (!watch_allowed(watch, &decision)) {
		watch_next(watch, watch->eras->parts.watch_ms);
		return;
	}
	spec.verdict = decision.verdict;
	spec.verdict.rule = "watch";
	buf_init(&text, CAPABILITIES_TEXT_MAX);
	if (watch->task == NULL) {
		spec.uri = watch->text;
	} else {
		capabilities_write(watch->task->can, &text);
		spec.capabilities = text.data;
		spec.entry = ENTRY_POLL;
		spec.handle = watch->task->handle;
		spec.handle_len = watch->task->handle_len;
		spec.format = watch->task->format;
	}
	watch->call = call_new(watch->eras->parts.calls, &spec, &why);
	buf_fini(&text);
	if (watch->call != NULL)
		call_start(watch->call); /* it may have ended, and the watch too */
	else
		watch_next(watch, watch->eras->parts.watch_ms);
}

/* All polls of an upstream share its rate. */
static void
on_watch(struct loop_timer *timer)
{
	struct watch *watch = timer->data;
	const struct provider *provider = watch->row->provider;
	int64_t delay = 0;

	CHECK(watch->call == NULL);
	if (!watch->due)
		delay =
		    turns_poll_delay(watch->eras->parts.calls,
				     provider->upstream == NULL ? "workspace" : provider->upstream,
				     INT64_MAX);
	watch->due = delay > 0;
	if (delay > 0)
		loop_timer_set(watch->eras->parts.loop, timer, delay);
	else
		watch_poll(watch);
}

static void
watch_next(struct watch *watch, int64_t after_ms)
{
	if (!calls_draining(watch->eras->parts.calls))
		loop_timer_set(watch->eras->parts.loop, &watch->timer, after_ms);
}

static bool
same_upstream(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* ---- subscribers --------------------------------------------------------------------------- */

/* Principals with the same rules share the watch of a resource of a workspace, because all of them
 * use the same credential of the host. Where an upstream acts on behalf of users, a watch
 * belongs to one user. */
static bool
may_share(const struct watch *watch, const struct principal *principal)
{
	struct policy *policy = watch->snapshot->policy;

	if (watch->snapshot->config->behalf && strcmp(watch->principal.name, principal->name) != 0)
		return false;
	return policy_class_of(policy, &watch->principal) == policy_class_of(policy, principal);
}

/* A task belongs to its principal. `upstream` NULL: the default, or a task. During a reload watches
 * of both snapshots exist. */
static struct watch *
watch_find(struct eras *eras, const struct principal *principal, const char *text,
	   const char *upstream)
{
	struct hash_link *link = hash_find(&eras->watches, hash_of(NULL, text, strlen(text)));

	for (; link != NULL; link = hash_next(link)) {
		struct watch *watch = link->owner;

		if (watch->snapshot == eras->parts.snapshot && strcmp(watch->text, text) == 0 &&
		    (watch->task != NULL || (same_upstream(watch_upstream(watch), upstream) &&
					     may_share(watch, principal))))
			return watch;
	}
	return NULL;
}

/* During a reload: a watch of this text in the former snapshot, or NULL. */
static struct watch *
watch_former(struct eras *eras, const char *text)
{
	struct hash_link *link = hash_find(&eras->watches, hash_of(NULL, text, strlen(text)));

	for (; link != NULL; link = hash_next(link)) {
		struct watch *watch = link->owner;

		if (watch->snapshot != eras->parts.snapshot && strcmp(watch->text, text) == 0)
			return watch;
	}
	return NULL;
}

/* Another subscriber. The token that came with this request is newer than that of the watch. */
static struct watch *
watch_join(struct watch *watch, const struct principal *principal)
{
	watch->users++;
	if (principal->forwarded != 0)
		watch->principal.forwarded = principal->forwarded;
	return watch;
}

static struct watch *
watch_new(struct eras *eras, const struct principal *principal, const struct row *row,
	  const char *text)
{
	struct watch *watch = xcalloc(1, sizeof(*watch));
	const struct watch *former = watch_former(eras, text);

	watch->eras = eras;
	watch->snapshot = snapshot_hold(eras->parts.snapshot);
	/* a change during the reload is told */
	if (former != NULL &&
	    (!watch->snapshot->config->behalf ||
	     strcmp(former->principal.name, principal->name) == 0) &&
	    same_upstream(watch_upstream(former),
			  config_fixed_workspace(watch->snapshot->config, principal->name))) {
		watch->known = former->known;
		watch->seen = former->seen;
	}
	watch->principal = *principal;
	watch->row = row;
	watch->text = xstrdup(text);
	watch->users = 1;
	watch->timer = (struct loop_timer){ .fn = on_watch, .data = watch };
	watch->by_text.owner = watch;
	hash_add(&eras->watches, &watch->by_text, hash_of(NULL, text, strlen(text)));
	watch_next(watch, 0);
	return watch;
}

/* The new watch of an object that is watched already replaces the former one. */
static bool
has_room(struct eras *eras, const char *text)
{
	return eras->watches.count < WATCHES_MAX || watch_former(eras, text) != NULL;
}

struct watch *
watch_resource(struct eras *eras, const struct principal *principal, const char *uri)
{
	struct policy_decision decision;
	struct json_object *arguments = NULL;
	const struct snapshot *now = eras->parts.snapshot;
	const struct row *row =
	    registry_resource(now->registry, uri, &policy_class_of(now->policy, principal)->view,
			      &arguments);
	const char *upstream = config_fixed_workspace(now->config, principal->name);
	struct watch *watch = NULL;

	if (row != NULL && !policy_decide(now->policy, principal, row, arguments, &decision))
		row = NULL;
	if (row != NULL)
		watch = watch_find(eras, principal, uri, upstream);
	if (watch != NULL) {
		watch_join(watch, principal);
	} else if (row != NULL && has_room(eras, uri)) {
		watch = watch_new(eras, principal, row, uri);
		watch->arguments = arguments;
		return watch;
	}
	json_object_put(arguments);
	return watch;
}

struct watch *
watch_task(struct eras *eras, const struct principal *principal, const char *id)
{
	struct watch *watch;
	struct task_id task;

	if (!task_id_open(eras, eras->parts.snapshot, principal, id, &task))
		return NULL;
	watch = watch_find(eras, principal, id, NULL);
	if (watch != NULL) {
		watch_join(watch, principal);
	} else if (has_room(eras, id)) {
		watch = watch_new(eras, principal, task.row, id);
		watch->task = xmalloc(sizeof(task));
		*watch->task = task;
	}
	return watch;
}

void
watch_release(struct watch *watch)
{
	if (watch == NULL)
		return;
	CHECK(watch->users > 0);
	if (--watch->users > 0)
		return;
	loop_timer_stop(watch->eras->parts.loop, &watch->timer);
	if (watch->call != NULL)
		call_free(watch->call);
	hash_remove(&watch->eras->watches, &watch->by_text);
	json_object_put(watch->arguments);
	free(watch->task);
	free(watch->text);
	snapshot_release(watch->snapshot);
	free(watch);
}
