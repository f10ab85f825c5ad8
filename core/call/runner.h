/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The code that runs the steps of a plugin: the pool of this process (inprocess.h), or a worker
 * process. The plugin layer puts it into the provider of a row. All on the loop thread.
 * `cancel`, `deadline` and `end` call nothing back.
 *
 * A runner reports with call_stepped() (life.h), call_progressed() and call_logged()
 * (progress.h). A step that waits for a request gets the reply from call_fetch() (suspend.h). */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CALL_RUNNER_H
#define CORE_CALL_RUNNER_H

#include <stddef.h>
#include <stdint.h>

#include "run/run.h"

struct call;
struct provider;
struct row;

/* A sink's answer to a piece: it took the piece; it took the piece and wants no more bytes; or it
 * did not take the piece, so the host offers it again. */
enum sink_verdict { SINK_MORE, SINK_STOP, SINK_PAUSE };

struct runner {
	/* Begins the plugin's side of a call; returns its handle for the functions below. */
	void *(*begin)(const struct provider *provider, struct call *call, const struct row *row,
		       const struct run_input *input);
	/* Runs one step; call_stepped() follows on the loop thread, possibly before this function
	 * returns. `replies` stay valid until then. */
	void (*step)(void *handle, enum entry entry, struct mcp_reply *replies, size_t n,
		     const char *answers);
	void (*cancel)(void *handle);
	void (*deadline)(void *handle, int64_t deadline_ms, int64_t wait_until_ms);
	/* Gives a piece to the sink of request i of the current suspension. */
	enum sink_verdict (*sink)(void *handle, size_t i, const char *data, size_t len);
	/* The call is freed. A step may still run (on the pool or in a process), but its outcome is
	 * not needed. */
	void (*end)(void *handle);
};

#endif
