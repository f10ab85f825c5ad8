/* SPDX-License-Identifier: Apache-2.0 */
/* A call: one use of a row, from its checked arguments to its one answer. The call belongs to the
 * loop thread; only its steps run on other threads. This code drives suspensions (through egress),
 * waits, questions, operations with their hybrid wait, deadlines and cancellation. It does not
 * depend on a protocol. */
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

struct audit_event;
struct call;
struct calls;
struct limits_ticket;

/* The functions that a call reports to; all on the loop thread. */
struct call_events {
	void (*progress)(struct call *call, double done, double total, const char *message);
	void (*client_log)(struct call *call, enum mcp_level level, const char *logger,
			   const char *json, size_t len);
	/* call->outcome has questions, and the handle when they belong to a running operation.
	 * Continue with call_answer(), or end it with call_free(). */
	void (*ask)(struct call *call);
	/* call->result is final. Called exactly once, unless the call was freed before. Afterwards
	 * the owner calls call_free(). For an operation that continues, call->outcome has the kind
	 * OUTCOME_WORKING and the handle, and the result is the interim text. */
	void (*done)(struct call *call);
};

struct call_spec {
	struct snapshot *snapshot; /* the call holds it; NULL: the one of new calls */
	const struct row *row;	   /* of that snapshot */
	const struct principal *principal;
	struct verdict verdict;		  /* the policy's decision, which allowed the call */
	struct json_object *arguments;	  /* converted by the schema; borrowed */
	const struct buf *arguments_text; /* the arguments as JSON text, if that exists already */
	const char *upstream;		  /* the chosen workspace; NULL: the provider's upstream */
	const char *uri;		  /* the URI that the call reads, or NULL */
	const char *notes;		  /* text that must be added to the answer, or NULL */
	const char *traceparent;	  /* or NULL */
	const char *capabilities;	  /* JSON object text of the client's capabilities */
	const char *number;		  /* the same in each repetition of the request; NULL:
					   * a repetition would not be recognised */
	/* JSON object text of the answers so far; NULL: no answer yet */
	const char *answers;
	bool wants_progress;
	/* Replies in memory, of rows with ttl_ms, are not used: it looks for changes. */
	bool fresh;
	/* Hybrid wait of an operation. 0: the argument `wait_s`, else the row's meta `wait_s`, else
	 * 20 s; > 0: this long; < 0: answer with the handle at once (tasks). */
	int wait_ms;
	bool leaves_early; /* the wait ends as soon as no other poll is due within it */
	/* ENTRY_POLL, ENTRY_CANCEL or ENTRY_ANSWER: one such step of the operation `handle`; 0: the
	 * call from its beginning. Behind an answer, and of a row that is ROW_RESULT, more polls
	 * follow for as long as the hybrid wait lasts. */
	enum entry entry;
	const unsigned char *handle;
	size_t handle_len;
	/* the format of tables, from the argument `format` if there is one */
	enum result_format format;
	/* of limits_admit(), or NULL: the call belongs to another one, or nothing is limited. The
	 * call takes it, unless call_new() fails. */
	struct limits_ticket *ticket;
	const struct audit_event *who; /* the caller's part of the audit log's line */
	const struct call_events *events;
	void *owner;
};

struct call {
	struct calls *calls;
	struct snapshot *snapshot; /* of its start */
	const struct row *row;
	struct principal principal;
	struct verdict verdict;
	const char *upstream; /* where its requests go; of the configuration, never NULL */
	const struct call_events *events;
	void *owner;
	char id[24]; /* the correlation id for logs and traceparent */
	int64_t started_us;
	uint64_t audited;      /* the number of its last event in the audit log; 0: none */
	struct result *result; /* at done */
	/* set when `ask` is called, and at `done` of an operation that continues; else NULL */
	struct outcome *outcome;
	/* the other members are private to the files of this folder */
	struct call_state *state;
};

/* For how many milliseconds the answer of an ended call stays as new as its row promises (ttl_ms);
 * 0: the row promises nothing. */
int64_t call_fresh_ms(const struct call *call);

/* NULL with `why` when a cap is reached; then nothing was started. */
struct call *call_new(struct calls *calls, const struct call_spec *spec, const char **why);
void call_start(struct call *call);
/* The client cancelled the call: remote work is cancelled, and `done` still comes (with
 * CANCELLED). */
void call_cancel(struct call *call);
/* Adds answers (JSON object text {key: result object}) and runs the step that asked again. */
void call_answer(struct call *call, const char *answers);
/* Frees the call after `done` or `ask`. At any other time this also cancels the call, which then
 * cleans up without an owner. */
void call_free(struct call *call);

#endif
