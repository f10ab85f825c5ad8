/* SPDX-License-Identifier: Apache-2.0 */
/* Calls whose steps run in a worker: the data that the host keeps about them, and their runner. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_WORKER_REMOTE_H
#define CORE_WORKER_REMOTE_H

#include "worker/worker.h"

/* The host's data about a sink in the worker. */
struct flow {
	size_t under_way; /* bytes that were sent and not taken yet */
	bool paused, stopped;
};

/* A blocking request of the step. It outlives its call when the process ends meanwhile. */
struct fetch {
	struct remote *remote; /* the call; NULL: it has ended */
	struct call_fetch *call_fetch;
	struct flow flow;
};

/* The activity of a call, as far as its runner knows it. */
enum remote_state {
	REMOTE_IDLE,	/* no step runs */
	REMOTE_WAITS,	/* the step waits for a process to start */
	REMOTE_STEPS,	/* the current process runs the step */
	REMOTE_FETCHES, /* the current process has the step, which waits for a reply (`fetch`) */
};

struct remote {
	struct worker *worker;
	struct call *call;
	const struct row *row;
	uint64_t id;  /* slot and generation; 0: no slot was left, so no step can run */
	char *memory; /* of input */
	struct run_input input;
	unsigned char handle[MCP_HANDLE_MAX];
	unsigned epoch;		 /* number of the process that has this call; 0: no process */
	enum entry entry;	 /* the last entry that was not ENTRY_NEXT */
	char *answers;		 /* the input of this entry, or NULL */
	enum remote_state state; /* only remote_move() writes it */
	/* the call has added masked values, which its own answer may show */
	bool masked;
	unsigned retries;
	int64_t cancelled_ms; /* 0: it was not */
	struct flow flow[MCP_REQUESTS_MAX];
	struct fetch *fetch;
	struct outcome outcome;
	struct result result;
};

/* The value of `writer` for mask_add_in(). */
static inline uint64_t
remote_writer(const struct remote *remote)
{
	return (uint64_t)(uintptr_t)remote;
}

/* Moves the call to another state; a move that the table does not allow ends the process. */
void remote_move(struct remote *remote, enum remote_state to);
/* The call with this id. NULL when it has ended. */
struct remote *remote_find(const struct worker *worker, uint64_t id);
/* Does the current process have this call? */
bool remote_known(const struct remote *remote);
void remote_tell(struct remote *remote, enum wire_type type, uint32_t index, struct buf *out);
/* Passes on outcome and result. The call may be freed afterwards. */
void remote_stepped(struct remote *remote);
void remote_keep_handle(struct remote *remote, const unsigned char *handle, size_t len);
/* Sends a piece to a sink: all of it or nothing. One piece may always be sent. */
enum sink_verdict remote_flow_send(struct remote *remote, struct flow *flow, uint32_t index,
				   const char *data, size_t len);

/* ---- for the worker ------------------------------------------------------------------------- */

/* The runner of plugins that are isolated. */
extern const struct runner worker_runner;
/* Called when a process is ready: sends the steps that wait for it. */
void remotes_send(struct worker *worker);
/* Called when the process has ended: its calls are resumed or fail. Waiting calls fail if it never
 * became ready. */
void remotes_lost(struct worker *worker, bool was_up);
void remotes_free(struct worker *worker);
/* Kills the process when a step is still running after its call has ended and the grace time is
 * over. */
void remotes_watch(struct worker *worker);
/* For tests: sets another grace time. */
void worker_set_grace(unsigned ms);

#endif
