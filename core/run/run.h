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

/* How a step ended. A step that did several of these ended with the last one in this order. */
enum outcome_kind {
	OUTCOME_DONE,	 /* result holds the answer, or the failure */
	OUTCOME_WORKING, /* poll: result holds the interim answer */
	OUTCOME_HANDLE,	 /* start: the operation runs remotely */
	OUTCOME_SUSPEND, /* requests and/or a wait, then ENTRY_NEXT */
	OUTCOME_ASK,	 /* questions; then the same entry again, with answers */
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

/* The services of the process for a run. Called on the thread that runs the step. They must not
 * block, except http_wait. */
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

/* The input of a run; all copied. */
struct run_input {
	const char *arguments; /* JSON object text */
	size_t arguments_len;
	const char *principal, *row, *upstream_url, *traceparent, *uri, *call_id, *options;
	const char *capabilities;    /* the client's, JSON object text; "{}": none */
	const char *answers;	     /* answers to earlier questions: JSON object text {key:
				   * result}; "{}" */
	const unsigned char *handle; /* of an operation that is polled separately, or NULL */
	size_t handle_len;
	int access; /* of the principal, enum access; only the host's own tools see it */
	void *self; /* set by the plugin's start(); not copied, valid as long as the plugin */
	bool wants_progress;
	bool completion;       /* a completion: offering nothing is a valid answer */
	int64_t deadline_ms;   /* monotonic time when the call must have answered */
	int64_t wait_until_ms; /* monotonic time when the hybrid wait ends */
	struct result_limits limits;
};

/* What a suspension keeps for the next step. Many calls wait at a time, so each has only the bytes
 * that it needs. */
struct run_state {
	void *bytes; /* owned, from malloc(); NULL: none */
	size_t len;
};

enum run_life {
	RUN_WAITS, /* no step runs: only run_cancel() and run_set_deadline() touch it */
	RUN_STEPS, /* one is, on the thread that called run_step() */
	RUN_ENDED, /* run_free(): its memory is still there */
};

struct run {
	struct mcp_call call; /* first member: the plugin's pointer */
	const struct run_services *services;
	void *owner;
	const struct mcp_row *code;
	struct arena *arena; /* of the step */
	char *memory;	     /* all of run_input */
	const char *text[9]; /* context strings by enum mcp_context, within memory */
	const char *arguments;
	size_t arguments_len;
	const char *capabilities_text, *answers_text; /* parsed at the first use */
	char *answers_memory;			      /* the memory of answers that arrived later */
	struct json_object *capabilities, *answers;
	_Atomic int64_t deadline_ms, wait_until_ms;
	_Atomic bool cancelled;
	_Atomic bool misused; /* misused by another thread, or between its steps */
	bool wants_progress, completion;
	int access;
	double progress;  /* the last reported progress: the next must be larger */
	enum entry entry; /* the last one that was not ENTRY_NEXT */
	enum run_life life;
	const char *refused; /* the capability for a question that the client cannot be asked */
	struct result result;
	struct outcome outcome;	 /* `kind` is what the step asked for so far, then how it ended */
	struct mcp_reply *reply; /* the replies for this step; borrowed from the caller of
				  * run_step */
	size_t replies;
	unsigned char *handle; /* of the operation; owned */
	size_t handle_len;
	mcp_step_fn next;	       /* after a suspension */
	struct run_state state, after; /* of the step that runs, and of the step after it */
};

struct run *run_new(const struct mcp_row *code, const struct run_input *input,
		    const struct run_services *services, void *owner);
/* Its memory is kept for a while, to detect a plugin that still uses the call. */
void run_free(struct run *run);

/* Runs one step to its end on this thread and leaves the outcome in run->outcome. `replies` belong
 * to the requests of the last suspension. `answers` (JSON object text, or NULL) replaces the known
 * answers before an entry is run again. A step that did not write, suspend or fail, or that
 * returned an error without a failure, becomes an INTERNAL failure. ENTRY_HANDLER of an operation
 * is its start. Without such a function ENTRY_CANCEL does nothing, and ENTRY_ANSWER polls. A row
 * with `request` suspends at once and answers in the next step. */
void run_step(struct run *run, enum entry entry, struct mcp_reply *replies, size_t n,
	      const char *answers);
/* From the functions of the table: the running step asks for this. */
void run_asks(struct run *run, enum outcome_kind kind);
/* The run whose step is on this thread, or NULL; and the name of its row. */
const struct run *run_current(void);
const char *run_row_name(const struct run *run);
/* From any thread: mcp_cancelled() is true from now on. */
void run_cancel(struct run *run);
void run_set_deadline(struct run *run, int64_t deadline_ms, int64_t wait_until_ms);

#endif
