/* SPDX-License-Identifier: Apache-2.0 */
/* lakehost-worker: runs the steps of one plugin in its own process. The loop thread reads the
 * host's messages and runs steps that do not block; threads run the others. When the host sends a
 * message that is not allowed at that point, the process ends. */
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
	struct task **task; /* calls by slot, which is the low half of the host's id */
	uint32_t tasks;
};

/* Ends the process because the host made an error. */
void program_fault(const char *why) __attribute__((noreturn));

/* Handles a message of the host about one call. */
void task_message(struct program *program, const struct channel_message *message);
/* Called when the host has ended: running steps are cancelled; when they have ended, their results
 * are dropped. */
void tasks_end(struct program *program);

/* ---- shared by the files -------------------------------------------------------------------- */

enum task_state {
	TASK_WAITS, /* the task waits for the host to run a step */
	TASK_STEPS,
	TASK_FORGOTTEN, /* the host has ended the call, and a step still runs */
};

/* One call. The run belongs to the thread that runs a step; the loop thread may only cancel it. */
struct task {
	struct program *program;
	uint64_t id;
	struct run *run;
	bool is_inline;
	enum task_state state;		/* the loop thread's */
	bool stopped[MCP_REQUESTS_MAX]; /* indexes of sinks that want no more bytes */
	struct pool_job job;
	/* of the step */
	enum entry entry;
	char *message; /* memory of the answers and replies that the run uses */
	const char *answers;
	struct mcp_reply *reply;
	struct mcp_header *header;
	size_t replies;
	/* for a blocking request: `lock` protects the following members */
	pthread_mutex_t lock;
	pthread_cond_t fetched;
	const struct mcp_http *request; /* the request that is running, or NULL */
	struct mcp_reply *into;
	bool fetch_stopped, gone;
};

extern const struct run_services task_services;
/* Services for the plugin's own threads. The owner is the program. */
extern const struct code_services program_services;
/* Handles FETCHED, and SINK of the blocking request. */
void task_fetched(struct task *task, struct wire_reader *in);
void task_fetch_sink(struct task *task, const char *data, size_t len);
/* Called when no answer can arrive any more: a running request ends, later ones fail at once. */
void task_gone(struct task *task);

#endif
