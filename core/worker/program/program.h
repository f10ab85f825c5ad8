/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lakehost-worker: runs the steps of one plugin in its own process. The loop thread reads the
 * host's messages and runs steps that do not block; threads run the others. A host that sends
 * anything out of order is not valid: the process ends.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_WORKER_PROGRAM_PROGRAM_H
#define CORE_WORKER_PROGRAM_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"
#include "base/pool.h"
#include "run/run.h"
#include "worker/channel.h"
#include "module/code.h"

#define PROGRAM_THREADS 16

struct task;

struct program {
	const char *name; /* of the plugin */
	struct loop *loop;
	struct pool *pool;
	struct channel channel;
	struct json_object *manifest;
	struct code code;
	char *options;
	bool open;
	struct task **task; /* by slot: the low half of the host's id */
	uint32_t tasks;
};

/* Ends the process because the host has a fault. */
void program_fault(const char *why) __attribute__((noreturn));

/* A message of the host about one call. */
void task_message(struct program *program, const struct channel_message *message);
/* The host has ended: running steps are cancelled, waited for and dropped. */
void tasks_end(struct program *program);

/* ---- shared by the files -------------------------------------------------------------------- */

enum task_state {
	TASK_WAITS, /* for the host to run a step */
	TASK_STEPS,
	TASK_FORGOTTEN, /* the host has ended the call, and a step still runs */
};

/* One call. Its run belongs to the thread that runs a step; the loop thread may only cancel it. */
struct task {
	struct program *program;
	uint64_t id;
	struct run *run;
	bool is_inline;
	enum task_state state;		/* the loop thread's */
	bool stopped[MCP_REQUESTS_MAX]; /* sinks that want no more bytes */
	struct pool_job job;
	/* of the step */
	enum entry entry;
	char *message; /* memory of answers and replies */
	const char *answers;
	struct mcp_reply *reply;
	struct mcp_header *header;
	size_t replies;
	/* for a blocking request: `lock` protects the following members */
	pthread_mutex_t lock;
	pthread_cond_t fetched;
	const struct mcp_http *request; /* the running request, or NULL */
	struct mcp_reply *into;
	bool fetch_stopped, gone;
};

extern const struct run_services task_services;
/* For the plugin's own threads; the owner is the program. */
extern const struct code_services program_services;
/* FETCHED; and SINK of the blocking request. */
void task_fetched(struct task *task, struct wire_reader *in);
void task_fetch_sink(struct task *task, const char *data, size_t len);
/* No answer can come any more: a running request ends, later ones fail at once. */
void task_gone(struct task *task);

#endif
