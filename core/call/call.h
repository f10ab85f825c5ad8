/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call: one use of a row, from its checked arguments to its one answer. Lives on the loop
 * thread; only its steps run elsewhere. It drives suspensions (through egress), waits, questions,
 * operations with their hybrid wait, deadlines and cancellation, and knows no protocol.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CALL_CALL_H
#define CORE_CALL_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/principal.h"
#include "run/result.h"
#include "run/run.h"
#include "base/verdict.h"
#include "egress/egress.h"
#include "registry/registry.h"

struct call;
struct calls;
struct egress;
struct loop;
struct pool;

/* To whom a call reports; all on the loop thread. */
struct call_events {
	void (*progress)(struct call *call, double done, double total, const char *message);
	void (*client_log)(struct call *call, enum mcp_level level, const char *logger,
			   const char *json, size_t len);
	/* call->outcome has questions, and the handle if they are those of an operation under way:
	 * call_answer(), or call_free() to end it here. */
	void (*ask)(struct call *call);
	/* call->result is final. Exactly once, unless the call was freed before. Then call_free.
	 * An operation that goes on has call->outcome of kind OUTCOME_WORKING, with its handle, and
	 * the result is what to read meanwhile. */
	void (*done)(struct call *call);
};

struct call_spec {
	const struct row *row; /* alive while any call is: the snapshot is kept by `calls` */
	const struct principal *principal;
	struct verdict verdict;		  /* of the policy, which let the call pass */
	struct json_object *arguments;	  /* prepared by the schema; borrowed */
	const struct buf *arguments_text; /* the same as JSON, if somebody has written it */
	const char *uri;		  /* being read, or NULL */
	const char *notes;		  /* what the answer must say besides, or NULL */
	const char *traceparent;	  /* or NULL */
	const char *capabilities;	  /* JSON object text of the client's capabilities */
	const char *answers;		  /* JSON object text of answers so far; NULL: none */
	bool wants_progress;
	/* Hybrid wait of an operation: 0: as the argument `wait_s`, the row's meta `wait_s` or the
	 * default of 20 s says; > 0: this long, < 0: answer with the handle at once (tasks). */
	int wait_ms;
	/* ENTRY_POLL, ENTRY_CANCEL or ENTRY_ANSWER: one such step of the operation `handle`, for
	 * tasks; 0: the call from its beginning. */
	enum entry entry;
	const unsigned char *handle;
	size_t handle_len;
	enum result_format format; /* of tables: from the argument `format` if it has one */
	const struct call_events *events;
	void *owner;
};

struct call {
	struct calls *calls;
	const struct row *row;
	struct principal principal;
	struct verdict verdict;
	const struct call_events *events;
	void *owner;
	char id[24]; /* correlation id, in logs and traceparent */
	int64_t started_us;
	struct result *result;	 /* at done */
	struct outcome *outcome; /* at ask; at done of an operation that goes on; else NULL */
	/* the rest is call.c's: see there */
	struct call_state *state;
};

/* The host's calls: `egress`, `pool` and the caps that they share. */
struct calls *calls_new(struct loop *loop, const struct config *config, struct egress *egress);
void calls_free(struct calls *calls); /* the loop must not run afterwards, unless none was left */
size_t calls_running(const struct calls *calls);
/* The worker threads that in-process steps run on; borrowed. Without them all steps run on the loop
 * thread, where requests cannot be waited for. */
void calls_use_pool(struct calls *calls, struct pool *pool);
/* Shutdown: no new ones; hybrid waits end now (handles are answered); those still running after
 * `ms` are cancelled; `drained` is called once none is left. */
void calls_drain(struct calls *calls, unsigned ms, void (*drained)(void *data), void *data);

/* NULL with `why` when a cap is reached (then nothing was started). */
struct call *call_new(struct calls *calls, const struct call_spec *spec, const char **why);
void call_start(struct call *call);
/* The client withdrew: remote work is cancelled, `done` still comes (with CANCELLED). */
void call_cancel(struct call *call);
/* Feeds answers (JSON object text {key: result object}) and runs the asking step again. */
void call_answer(struct call *call, const char *answers);
/* After done or ask. At any other time the call is cancelled too, and cleans up unseen. */
void call_free(struct call *call);

/* What a sink makes of a piece: taken, taken and enough, or not taken: it comes again. */
enum sink_verdict { SINK_MORE, SINK_STOP, SINK_PAUSE };

/* What runs the steps of a plugin: in process by the pool, or a worker process. Set up by the
 * plugin layer; call/ uses only this. All on the loop thread; `cancel`, `deadline` and `end` call
 * nothing back. */
struct runner {
	/* Begins the plugin's side of a call; returns its handle for the functions below. */
	void *(*begin)(const struct provider *provider, struct call *call, const struct row *row,
		       const struct run_input *input);
	/* Runs one step; call_stepped() follows, on the loop thread, maybe before this returns.
	 * `replies` stay alive until then. */
	void (*step)(void *handle, enum entry entry, struct mcp_reply *replies, size_t n,
		     const char *answers);
	void (*cancel)(void *handle);
	void (*deadline)(void *handle, int64_t deadline_ms, int64_t wait_until_ms);
	/* A piece for the sink of request i of the suspension under way. */
	enum sink_verdict (*sink)(void *handle, size_t i, const char *data, size_t len);
	void (*end)(void *handle);
};
/* Of plugins that are loaded in this process. */
extern const struct runner inprocess_runner;

/* From runners: the step has ended, with this outcome and result (borrowed until the next step
 * or end, but their contents may be moved out: what is left then is valid and empty); progress and
 * logs in between. */
void call_stepped(struct call *call, struct outcome *outcome, struct result *result);
void call_progressed(struct call *call, double done, double total, const char *message);
void call_logged(struct call *call, enum mcp_level level, const char *logger, const char *json,
		 size_t len);
/* A blocking request of a step under way: `done` comes once, later, on the loop thread, and is
 * given a reply that lives until it returns. Refused when the call is cancelled and the request is
 * no clean-up. `sink` is NULL unless the reply goes to one. */
struct call_fetch;
struct call_fetch *call_fetch(struct call *call, const struct mcp_http *request,
			      egress_sink_fn sink, egress_done_fn done, void *data);
void call_fetch_resume(struct call_fetch *fetch);
/* A paused sink can take more. */
void call_sink_ready(struct call *call, size_t i);

#endif
