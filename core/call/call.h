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
#include "base/verdict.h"
#include "registry/registry.h"
#include "run/result.h"
#include "run/run.h"

struct call;
struct calls;

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
	/* ENTRY_POLL, ENTRY_CANCEL or ENTRY_ANSWER: one such step of the operation `handle`; 0: the
	 * call from its beginning. Behind an answer, and of a row that is ROW_RESULT, more polls
	 * follow for as long as the hybrid wait lasts. */
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

/* NULL with `why` when a cap is reached (then nothing was started). */
struct call *call_new(struct calls *calls, const struct call_spec *spec, const char **why);
void call_start(struct call *call);
/* The client withdrew: remote work is cancelled, `done` still comes (with CANCELLED). */
void call_cancel(struct call *call);
/* Feeds answers (JSON object text {key: result object}) and runs the asking step again. */
void call_answer(struct call *call, const char *answers);
/* After done or ask. At any other time the call is cancelled too, and cleans up unseen. */
void call_free(struct call *call);

#endif
