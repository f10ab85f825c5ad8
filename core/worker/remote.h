/* SPDX-License-Identifier: Apache-2.0 */
/* Calls whose steps run in a worker: what the host keeps of them, and their runner. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_WORKER_REMOTE_H
#define CORE_WORKER_REMOTE_H

#include "worker/worker.h"

/* The host's state of a sink in the worker. */
struct flow {
	size_t under_way; /* bytes sent and not taken yet */
	bool paused, stopped;
};

/* A blocking request of the step. It outlives its call when the process ends meanwhile. */
struct fetch {
	struct remote *remote; /* NULL: the call is gone */
	struct call_fetch *call_fetch;
	struct flow flow;
};

/* What a call does, as far as its runner knows. */
enum remote_state {
	REMOTE_IDLE,	/* no step runs */
	REMOTE_WAITS,	/* a step waits for a process */
	REMOTE_STEPS,	/* the process that runs now has the step */
	REMOTE_FETCHES, /* the process has the step, which waits for a reply (`fetch`) */
};

struct remote {
	struct worker *worker;
	struct call *call;
	const struct row *row;
	uint64_t id;  /* slot and generation; 0: there was no slot left, so no step can run */
	char *memory; /* of input */
	struct run_input input;
	unsigned char handle[MCP_HANDLE_MAX];
	unsigned epoch;		 /* number of the process that has this call; 0: none */
	enum entry entry;	 /* the last one that was not ENTRY_NEXT */
	char *answers;		 /* input for running it, or NULL */
	enum remote_state state; /* only remote_move() writes it */
	bool masked;		 /* it has added masked values, which its own answer may show */
	unsigned retries;
	int64_t cancelled_ms; /* 0: it was not */
	struct flow flow[MCP_REQUESTS_MAX];
	struct fetch *fetch;
	struct outcome outcome;
	struct result result;
};

/* The `writer` for mask_add_in(). */
static inline uint64_t
remote_writer(const struct remote *remote)
{
	return (uint64_t)(uintptr_t)remote;
}

/* Moves the call to another state; a move that the table does not allow ends the process. */
void remote_move(struct remote *remote, enum remote_state to);
/* NULL when the call has ended. */
struct remote *remote_find(const struct worker *worker, uint64_t id);
/* The current process has this call. */
bool remote_known(const struct remote *remote);
void remote_tell(struct remote *remote, enum wire_type type, uint32_t index, struct buf *out);
/* Passes on outcome and result; the call may be gone afterwards. */
void remote_stepped(struct remote *remote);
void remote_keep_handle(struct remote *remote, const unsigned char *handle, size_t len);
/* A piece is refused or sent as a whole; at least one is always being sent. */
enum sink_verdict remote_flow_send(struct remote *remote, struct flow *flow, uint32_t index,
				   const char *data, size_t len);

/* ---- for the worker ------------------------------------------------------------------------- */

/* The runner of plugins that are isolated. */
extern const struct runner worker_runner;
/* A process is up: sends what waits for it. */
void remotes_send(struct worker *worker);
/* The process is gone: its calls are resumed or fail, and waiting calls fail if it never came
 * up. */
void remotes_lost(struct worker *worker, bool was_up);
void remotes_free(struct worker *worker);
/* Kills the process when a step still runs after its call's end and the grace time. */
void remotes_watch(struct worker *worker);
/* For tests: another grace. */
void worker_set_grace(unsigned ms);

#endif
