/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plugin's side of a call: the memory behind `struct mcp_call`, and the mcp_ops table. It runs
 * steps and records their outcome. It does not depend on clients, eras or upstreams. The same code
 * runs in the host (plugins loaded in process) and in lakehost-worker, so both behave alike.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_RUN_RUN_H
#define CORE_RUN_RUN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lakehost/plugin.h>

#include "run/result.h"

struct arena;
struct json_object;
struct run;

#define QUESTIONS_MAX 8u
#define QUESTION_PARAMS_MAX (64u << 10) /* bytes */

/* A question recorded by mcp_ask. */
struct question {
	char *key, *method, *params; /* params: JSON text */
};

enum entry { ENTRY_HANDLER, ENTRY_START, ENTRY_POLL, ENTRY_CANCEL, ENTRY_ANSWER, ENTRY_NEXT };

/* How a step ended. When a step did several of these, the last one in this order counts. */
enum outcome_kind {
	OUTCOME_DONE,	 /* the result has the answer, or the failure */
	OUTCOME_WORKING, /* after a poll: the result has the interim answer */
	OUTCOME_HANDLE,	 /* after a start: the operation runs remotely */
	OUTCOME_SUSPEND, /* requests, a wait, or both; ENTRY_NEXT follows */
	OUTCOME_ASK,	 /* questions; the same entry follows again, with the answers */
};
#define OUTCOMES (OUTCOME_ASK + 1)

/* Only SUSPEND has requests (maybe none), only ASK has questions, and HANDLE has a handle. */
struct outcome {
	enum outcome_kind kind;
	struct mcp_http *request; /* deep copies, owned; sink and sink_data are the plugin's */
	size_t requests;
	uint32_t after_ms;
	struct question *question;
	size_t questions;
	unsigned char *handle; /* owned; set by outcome_set_handle() */
	size_t handle_len;
	int percent; /* -1: unknown */
	char *message;
	uint32_t next_ms;
};

/* The services of the process for a run. They are called on the thread that runs the step. They
 * must not block, except http_wait. */
struct run_services {
	void (*progress)(struct run *run, double done, double total, const char *message);
	void (*log)(struct run *run, enum mcp_level level, const char *message, size_t len);
	void (*client_log)(struct run *run, enum mcp_level level, const char *logger,
			   const char *json, size_t len);
	void (*mask)(struct run *run, const char *value, size_t len);
	void (*changed)(struct run *run, const char *what);
	void (*updated)(struct run *run, const char *uri);
	/* Fills `reply` with copies in the run's arena. */
	void (*http_wait)(struct run *run, const struct mcp_http *request, struct mcp_reply *reply);
};

/* The input of a run. All of it is copied. */
struct run_input {
	const char *arguments; /* JSON object text */
	size_t arguments_len;
	const char *principal, *row, *upstream_url, *traceparent, *uri, *call_id, *options, *number;
	const char *capabilities; /* the client's capabilities as JSON object text; "{}": none */
	const char *answers;	  /* answers to earlier questions: JSON object text {key:
				   * result}; "{}" */
	/* the handle of an operation that is polled separately, or NULL */
	const unsigned char *handle;
	size_t handle_len;
	int access; /* the principal's access (enum access); only the host's own tools see it */
	/* the pointer that the plugin's start() set; not copied, valid as long as the plugin */
	void *self;
	bool wants_progress;
	bool completion;       /* the row is a completion, for which an empty answer is valid */
	int64_t deadline_ms;   /* the call must be answered before this time (monotonic) */
	int64_t wait_until_ms; /* the hybrid wait ends at this time (monotonic) */
	struct result_limits limits;
};

/* What a suspension keeps for the next step. Many calls wait at a time, so each has only the bytes
 * that it needs. */
struct run_state {
	void *bytes; /* memory from malloc(), which is owned; NULL: none */
	size_t len;
};

enum run_life {
	RUN_WAITS, /* no step runs; only run_cancel() and run_set_deadline() may change the run */
	RUN_STEPS, /* a step runs, on the thread that called run_step() */
	RUN_ENDED, /* run_free() was called; its memory is kept */
};

struct run {
	struct mcp_call call; /* must be the first member: it is the plugin's pointer */
	const struct run_services *services;
	void *owner;
	const struct mcp_row *code;
	struct arena *arena;  /* of the step */
	char *memory;	      /* the strings of run_input */
	const char *text[10]; /* context strings by enum mcp_context; they point into `memory` */
	const char *arguments;
	size_t arguments_len;
	const char *capabilities_text, *answers_text; /* JSON texts, parsed at the first use */
	/* the memory of answers that arrived after the start */
	char *answers_memory;
	struct json_object *capabilities, *answers;
	_Atomic int64_t deadline_ms, wait_until_ms;
	_Atomic bool cancelled;
	_Atomic bool misused; /* the plugin used the call on another thread, or between its steps */
	bool wants_progress, completion;
	int access;
	double progress;  /* the last reported progress; the next value must be larger */
	enum entry entry; /* the last entry that was not ENTRY_NEXT */
	enum run_life life;
	const char *refused; /* the capability that the client lacks for a question */
	struct result result;
	/* `kind` is first what the step has asked for so far, and at the end how it ended */
	struct outcome outcome;
	/* the replies for this step; borrowed from the caller of run_step() */
	struct mcp_reply *reply;
	size_t replies;
	unsigned char *handle; /* the handle of the operation; owned */
	size_t handle_len;
	mcp_step_fn next; /* after a suspension */
	/* the states of the step that is running, and of the step after it */
	struct run_state state, after;
};

struct run *run_new(const struct mcp_row *code, const struct run_input *input,
		    const struct run_services *services, void *owner);
/* Frees a run. Its memory is kept for a while, to detect a plugin that still uses the call. */
void run_free(struct run *run);

/* Runs one step to its end on this thread and leaves the outcome in run->outcome. `replies` belong
 * to the requests of the last suspension. `answers` (JSON object text, or NULL) replaces the known
 * answers before an entry is run again. A step that did not write, suspend or fail, or that
 * returned an error without a failure, becomes an INTERNAL failure. ENTRY_HANDLER of an operation
 * is its start. Without such a function ENTRY_CANCEL does nothing, and ENTRY_ANSWER polls. A row
 * with `request` suspends at once and answers in the next step. */
void run_step(struct run *run, enum entry entry, struct mcp_reply *replies, size_t n,
	      const char *answers);
/* Functions of the table call this when the running step asks for this outcome. */
void run_asks(struct run *run, enum outcome_kind kind);
/* The run whose step is on this thread, or NULL; and the name of its row. */
const struct run *run_current(void);
const char *run_row_name(const struct run *run);
/* From now on mcp_cancelled() is true. Any thread. */
void run_cancel(struct run *run);
void run_set_deadline(struct run *run, int64_t deadline_ms, int64_t wait_until_ms);

#endif
