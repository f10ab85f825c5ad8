/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lakehost-worker: runs the steps of one plugin, in a process of its own. The loop thread reads
 * what the host says and runs steps that do not block; the others go to threads. A host that sends
 * anything out of order is no host: the process ends.
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

/* Ends the process: the host is at fault. */
void program_fault(const char *why) __attribute__((noreturn));

/* What the host says of one call. */
void task_message(struct program *program, const struct channel_message *message);
/* The host is gone: steps under way are told so, waited for and forgotten. */
void tasks_end(struct program *program);

/* ---- between the files ---------------------------------------------------------------------- */

enum task_state {
	TASK_WAITS, /* for the host to run a step */
	TASK_STEPS,
	TASK_FORGOTTEN, /* the host has ended the call, and a step still runs */
};

/* One call. Its run belongs to the thread that runs a step; the loop thread may only cancel. */
struct task {
	struct program *program;
	uint64_t id;
	struct run *run;
	bool is_inline;
	enum task_state state;		/* the loop thread's */
	bool stopped[MCP_REQUESTS_MAX]; /* sinks that want no more */
	struct pool_job job;
	/* of the step */
	enum entry entry;
	char *message; /* what answers and replies point into */
	const char *answers;
	struct mcp_reply *reply;
	struct mcp_header *header;
	size_t replies;
	/* of a blocking request: `lock` guards what follows */
	pthread_mutex_t lock;
	pthread_cond_t fetched;
	const struct mcp_http *request; /* under way, or NULL */
	struct mcp_reply *into;
	bool fetch_stopped, gone;
};

extern const struct run_services task_services;
/* Of the plugin's own threads; the owner is the program. */
extern const struct code_services program_services;
/* FETCHED; and SINK of the blocking request. */
void task_fetched(struct task *task, struct wire_reader *in);
void task_fetch_sink(struct task *task, const char *data, size_t len);
/* Nobody will answer any more: a request under way ends, later ones fail at once. */
void task_gone(struct task *task);

#endif
