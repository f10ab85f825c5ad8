/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps of plugins that are loaded in this process. Steps that never block run on the loop thread.
 * The others run on the pool, where they may wait for requests that the loop makes for them.
 * Reports during a step (progress, logs) are collected and passed to the loop in batches.
 */
#include "call/inprocess.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/pool.h"
#include "call/life.h"
#include "config/snapshot.h"
#include "registry/provider.h"
#include "run/requests.h"

/* Replies and arguments that are larger are processed on a worker thread. */
#define INLINE_REPLY_MAX (64u << 10)
/* When a step takes longer, the following steps of its row run on the pool. */
#define INLINE_MAX_MS 100
#define LOGS_MAX 64u /* number of client logs of one step that may wait for the loop */

struct client_log {
	enum mcp_level level;
	char *logger, *json;
	size_t len;
	struct client_log *next;
};

/* The state of the plugin's side of a call. The loop thread changes it, under the lock, because a
 * step on the pool reads whether its call still exists. */
enum local_state {
	LOCAL_IDLE, /* no step runs */
	LOCAL_HERE, /* a step runs on the loop thread */
	LOCAL_POOL, /* a step was given to the pool and its end has not arrived */
	/* a step was given to the pool, but the call is freed and its outcome is not needed */
	LOCAL_LEFT,
	/* no step runs and the call is freed, but a posted report has not arrived yet */
	LOCAL_ENDED,
};

#define MAY(state) (1u << LOCAL_##state)
static const unsigned local_next[] = {
	[LOCAL_IDLE] = MAY(HERE) | MAY(POOL) | MAY(ENDED), /* set by local_step(), local_end() */
	[LOCAL_HERE] = MAY(IDLE),			   /* local_step() */
	[LOCAL_POOL] = MAY(IDLE) | MAY(LEFT),		   /* set by on_pool_done(), local_end() */
	[LOCAL_LEFT] = MAY(ENDED),			   /* on_pool_done() */
	[LOCAL_ENDED] = 0,
};
#undef MAY

struct local {
	struct pool_job job; /* first */
	struct call *call;   /* only the loop may use the call; a step on the pool may outlive it */
	struct snapshot *snapshot;
	const struct provider *provider;
	const struct row *row;
	struct loop *loop;
	char id[sizeof(((struct call *)NULL)->id)];
	struct run *run;
	bool is_inline;
	bool large; /* the arguments */
	/* the current step */
	enum entry entry;
	struct mcp_reply *replies;
	size_t n;
	char *answers;

	pthread_mutex_t lock; /* protects the members below while a step runs on the pool */
	enum local_state state;
	pthread_cond_t replied;
	struct loop_job report;
	bool reporting; /* `report` is posted */
	bool has_progress;
	double done, total;
	char *message;
	struct client_log *logs, **logs_end;
	unsigned n_logs;
};

/* A request for which a step on the pool waits. */
struct wait {
	struct loop_job job;
	struct local *local;
	const struct mcp_http *request;
	struct mcp_reply *reply;
	struct call_fetch *fetch;
	bool over;
};

/* Returns whether a report is posted and has not arrived yet. */
static bool
move(struct local *local, enum local_state to)
{
	bool posted;

	CHECK(loop_inside(local->loop));
	pthread_mutex_lock(&local->lock);
	CHECK((local_next[local->state] & 1u << to) != 0);
	local->state = to;
	posted = local->reporting;
	pthread_mutex_unlock(&local->lock);
	return posted;
}

/* ---- reports -------------------------------------------------------------------------------- */

static void
client_log_free(struct client_log *log)
{
	free(log->logger);
	free(log->json);
	free(log);
}

static void
local_free(struct local *local)
{
	CHECK(local->state == LOCAL_IDLE || local->state == LOCAL_ENDED);
	CHECK(!local->reporting && local->job.state == POOL_JOB_IDLE);
	while (local->logs != NULL) {
		struct client_log *next = local->logs->next;

		client_log_free(local->logs);
		local->logs = next;
	}
	run_free(local->run);
	free(local->message);
	free(local->answers);
	pthread_mutex_destroy(&local->lock);
	pthread_cond_destroy(&local->replied);
	snapshot_release(local->snapshot);
	free(local);
}

/* Passes on the reports that were collected so far. */
static void
flush(struct local *local)
{
	struct client_log *logs;
	char *message;
	bool progress;
	double done, total;

	pthread_mutex_lock(&local->lock);
	logs = local->logs;
	local->logs = NULL;
	local->logs_end = &local->logs;
	local->n_logs = 0;
	progress = local->has_progress;
	local->has_progress = false;
	done = local->done;
	total = local->total;
	message = local->message;
	local->message = NULL;
	pthread_mutex_unlock(&local->lock);
	if (progress)
		call_progressed(local->call, done, total, message);
	free(message);
	while (logs != NULL) {
		struct client_log *next = logs->next;

		call_logged(local->call, logs->level, logs->logger, logs->json, logs->len);
		client_log_free(logs);
		logs = next;
	}
}

static void
on_report(struct loop_job *job)
{
	struct local *local = job->data;

	pthread_mutex_lock(&local->lock);
	CHECK(local->reporting);
	local->reporting = false;
	pthread_mutex_unlock(&local->lock);
	switch (local->state) {
	case LOCAL_IDLE: /* the end of the step has already passed on all reports */
	case LOCAL_LEFT: break;
	case LOCAL_HERE:
	case LOCAL_POOL: flush(local); break;
	case LOCAL_ENDED: local_free(local); break;
	}
}

/* Called on the pool, under the lock. */
static void
post_report(struct local *local)
{
	CHECK(local->state == LOCAL_POOL || local->state == LOCAL_LEFT);
	if (local->reporting || local->state == LOCAL_LEFT)
		return;
	local->reporting = true;
	loop_post(local->loop, &local->report);
}

static void
service_progress(struct run *run, double done, double total, const char *message)
{
	struct local *local = run->owner;

	if (loop_inside(local->loop)) {
		call_progressed(local->call, done, total, message);
		return;
	}
	pthread_mutex_lock(&local->lock);
	local->has_progress = true;
	local->done = done;
	local->total = total;
	free(local->message);
	local->message = message == NULL ? NULL : xstrdup(message);
	post_report(local);
	pthread_mutex_unlock(&local->lock);
}

static void
service_client_log(struct run *run, enum mcp_level level, const char *logger, const char *json,
		   size_t len)
{
	struct local *local = run->owner;
	struct client_log *log;

	if (loop_inside(local->loop)) {
		call_logged(local->call, level, logger, json, len);
		return;
	}
	pthread_mutex_lock(&local->lock);
	if (local->n_logs < LOGS_MAX) {
		log = xcalloc(1, sizeof(*log));
		log->level = level;
		log->logger = logger == NULL ? NULL : xstrdup(logger);
		log->json = xstrndup(json, len);
		log->len = len;
		*local->logs_end = log;
		local->logs_end = &log->next;
		local->n_logs++;
		post_report(local);
	}
	pthread_mutex_unlock(&local->lock);
}

static void
service_log(struct run *run, enum mcp_level level, const char *message, size_t len)
{
	const struct local *local = run->owner;
	char *copy = xstrndup(message, len);

	log_event((enum log_level)level, "plugin-log", "plugin", "s", local->provider->name, "row",
		  "s", local->row->name, "call", "s", local->id, "message", "s", copy, NULL);
	free(copy);
}

static void
service_mask(struct run *run, const char *value, size_t len)
{
	const struct local *local = run->owner;

	/* a value that the step reveals is masked in all other answers */
	mask_add_in(run->result.limits.reveals ? NULL : local->provider->name, value, len, 0);
}

static void
service_changed(struct run *run, const char *what)
{
	const struct local *local = run->owner;

	local->provider->changed(local->provider, what, NULL);
}

static void
service_updated(struct run *run, const char *uri)
{
	const struct local *local = run->owner;

	local->provider->changed(local->provider, NULL, uri);
}

/* ---- blocking requests ---------------------------------------------------------------------- */

/* Runs on the loop thread. The waiting thread does not use its run and its arena during this
 * time. */
static void
on_fetched(void *data, const struct mcp_reply *reply)
{
	struct wait *wait = data;
	struct local *local = wait->local;

	pthread_mutex_lock(&local->lock);
	CHECK(local->state == LOCAL_POOL && !wait->over);
	reply_copy(wait->reply, reply, local->run->arena);
	wait->over = true;
	pthread_cond_signal(&local->replied);
	pthread_mutex_unlock(&local->lock);
}

static int
on_fetch_sink(void *data, const char *bytes, size_t len)
{
	const struct wait *wait = data;

	return wait->request->sink(wait->request->sink_data, bytes, len) ? SINK_MORE : SINK_STOP;
}

static void
on_wait_posted(struct loop_job *job)
{
	struct wait *wait = job->data;

	call_fetch(wait->local->call, wait->request,
		   wait->request->reply == MCP_REPLY_SINK ? on_fetch_sink : NULL, on_fetched, wait);
}

static void
service_http_wait(struct run *run, const struct mcp_http *request, struct mcp_reply *reply)
{
	struct local *local = run->owner;
	struct wait wait = { .job = { .fn = on_wait_posted, .data = &wait },
			     .local = local,
			     .request = request,
			     .reply = reply };

	if (loop_inside(local->loop)) {
		reply_none(reply, MCP_E_INTERNAL,
			   "a tool marked inline must not wait for a request");
		return;
	}
	reply_none(reply, MCP_E_CANCELLED, "the call was cancelled");
	pthread_mutex_lock(&local->lock);
	if (local->state == LOCAL_POOL)
		loop_post(local->loop, &wait.job);
	while (!wait.over && local->state == LOCAL_POOL)
		pthread_cond_wait(&local->replied, &local->lock);
	pthread_mutex_unlock(&local->lock);
}

static const struct run_services services = {
	.progress = service_progress,
	.log = service_log,
	.client_log = service_client_log,
	.mask = service_mask,
	.changed = service_changed,
	.updated = service_updated,
	.http_wait = service_http_wait,
};

/* ---- the runner ----------------------------------------------------------------------------- */

static void
run_now(struct local *local)
{
	const char *before = mask_enter(local->provider->name);

	run_step(local->run, local->entry, local->replies, local->n, local->answers);
	mask_enter(before);
}

static void
on_pool(struct pool_job *job)
{
	run_now((struct local *)job);
}

/* The pool has ended the step; this runs on the loop thread. Reports are passed on before the
 * outcome. */
static void
on_pool_done(struct pool_job *job)
{
	struct local *local = (struct local *)job;

	if (local->state == LOCAL_LEFT) {
		if (!move(local, LOCAL_ENDED))
			local_free(local);
		return;
	}
	flush(local);
	move(local, LOCAL_IDLE);
	call_stepped(local->call, &local->run->outcome, &local->run->result);
}

/* Called when the host ends. The call has ended too, and no report arrives any more. */
static void
on_pool_dropped(struct pool_job *job)
{
	struct local *local = (struct local *)job;

	local->reporting = false;
	move(local, LOCAL_ENDED);
	local_free(local);
}

static void *
local_begin(const struct provider *provider, struct call *call, const struct row *row,
	    const struct run_input *input)
{
	struct local *local = xcalloc(1, sizeof(*local));
	const struct row *runs = row->tool != NULL ? row->tool : row; /* published from a tool */
	const struct mcp_row *code = provider->code(provider, runs);
	struct run_input own = *input;

	local->call = call;
	local->snapshot = snapshot_hold(call->snapshot);
	local->provider = provider;
	local->row = row;
	local->loop = call->calls->loop;
	memcpy(local->id, call->id, sizeof(local->id));
	CHECK(code != NULL); /* the plugin runs in this process */
	own.self = provider->self;
	local->run = run_new(code, &own, &services, local);
	/* the step only passes on a request and its reply, so it needs no code that could block */
	local->is_inline = runs->is_inline || (code->request != NULL && code->answer == NULL);
	local->large = input->arguments_len > INLINE_REPLY_MAX;
	local->job = (struct pool_job){
		.run = on_pool, .done = on_pool_done, .drop = on_pool_dropped, .group = provider
	};
	local->report = (struct loop_job){ .fn = on_report, .data = local };
	local->logs_end = &local->logs;
	pthread_mutex_init(&local->lock, NULL);
	pthread_cond_init(&local->replied, NULL);
	return local;
}

static bool
is_slow(const struct calls *calls, const struct row *row)
{
	size_t i = 0;

	while (i < calls->n_slow && calls->slow[i] != row)
		i++;
	return i < calls->n_slow;
}

static size_t
reply_bytes(const struct local *local)
{
	size_t bytes = 0;

	for (size_t i = 0; i < local->n; i++)
		bytes += local->replies[i].body.len;
	return bytes;
}

static bool
runs_here(const struct local *local)
{
	if (local->large || is_slow(local->call->calls, local->row) ||
	    reply_bytes(local) > INLINE_REPLY_MAX)
		return false;
	return local->is_inline ||
	       (local->run->code->request != NULL && local->entry != ENTRY_NEXT);
}

/* Runs the step on the loop thread, which delays everything else. A step that takes too long is
 * logged, and later steps of its row run on the pool. */
static void
run_here(struct local *local)
{
	struct calls *calls = local->call->calls;
	const char *plugin = local->provider->name;
	int64_t ms;

	loop_runs_plugin(local->loop, plugin);
	run_now(local);
	ms = loop_busy_ms(local->loop, &plugin);
	loop_runs_plugin(local->loop, NULL);
	if (ms <= INLINE_MAX_MS || calls->pool == NULL || calls->n_slow == SLOW_ROWS_MAX ||
	    local->snapshot != calls->snapshot)
		return;
	calls->slow[calls->n_slow++] = local->row;
	log_event(
	    LOG_WARNING, "slow-step", "plugin", "s", plugin, "row", "s", local->row->name, "ms",
	    "i", ms, "why", "s",
	    "a step marked inline blocked the loop; from now on a worker thread runs the steps "
	    "of this tool",
	    NULL);
}

static void
local_step(void *handle, enum entry entry, struct mcp_reply *replies, size_t n, const char *answers)
{
	struct local *local = handle;

	local->entry = entry;
	local->replies = replies;
	local->n = n;
	free(local->answers);
	local->answers = answers == NULL ? NULL : xstrdup(answers);
	if (!runs_here(local) && local->call->calls->pool != NULL) {
		move(local, LOCAL_POOL);
		local->job.large = reply_bytes(local) >= POOL_LARGE_BYTES;
		pool_submit(local->call->calls->pool, &local->job);
		return;
	}
	move(local, LOCAL_HERE);
	run_here(local);
	move(local, LOCAL_IDLE);
	call_stepped(local->call, &local->run->outcome, &local->run->result);
}

static void
local_cancel(void *handle)
{
	run_cancel(((struct local *)handle)->run);
}

static void
local_deadline(void *handle, int64_t deadline_ms, int64_t wait_until_ms)
{
	run_set_deadline(((struct local *)handle)->run, deadline_ms, wait_until_ms);
}

static enum sink_verdict
local_sink(void *handle, size_t i, const char *data, size_t len)
{
	const struct local *local = handle;
	const struct mcp_http *request;

	CHECK(local->state == LOCAL_IDLE && i < local->run->outcome.requests);
	request = &local->run->outcome.request[i];
	return request->sink(request->sink_data, data, len) ? SINK_MORE : SINK_STOP;
}

/* A step that still runs keeps the data that it needs. This happens only when the host ends. */
static void
local_end(void *handle)
{
	struct local *local = handle;

	/* during a step on the loop thread a call can be cancelled, but not end */
	CHECK(local->state == LOCAL_IDLE || local->state == LOCAL_POOL);
	run_cancel(local->run);
	if (local->state == LOCAL_POOL) {
		move(local, LOCAL_LEFT);
		pthread_cond_broadcast(&local->replied);
	} else if (local->reporting) {
		move(local, LOCAL_ENDED);
	} else {
		local_free(local);
	}
}

const struct runner inprocess_runner = {
	.begin = local_begin,
	.step = local_step,
	.cancel = local_cancel,
	.deadline = local_deadline,
	.sink = local_sink,
	.end = local_end,
};
