/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A python3 process that runs the code of one context or notebook run (python/driver.py). It
 * communicates over a socket, leads its own process group, inherits no environment, and ends with
 * the sandbox. Only one thread at a time uses it.
 */
#ifndef SANDBOX_PYTHON_H
#define SANDBOX_PYTHON_H

#include "sandbox.h"

struct python;

/* Requests that the code may make. They run on the thread that called python_run(). */
struct python_host {
	/* Answers {"op": ..., ...} with members, or {"error": text}. The caller owns the answer. */
	struct json_object *(*answer)(void *arg, const char *op, struct json_object *message);
	/* Called regularly: true stops the code like a cancel. May be NULL. */
	bool (*stop)(void *arg);
	void *arg;
	struct bg *bg;	     /* the task whose cancel stops the code; may be NULL */
	int64_t deadline_ms; /* the time (clock_ms()) of the timeout; 0: no timeout */
	bool keep;	     /* a cancel interrupts the code and keeps the process */
};

enum python_end {
	PYTHON_OK,
	PYTHON_ERROR,
	PYTHON_EXIT,
	PYTHON_CANCELLED,
	PYTHON_TIMEDOUT,
	PYTHON_DIED,
};

/* Starts a process. NULL with *error set (the caller frees it). `widgets` maps names to texts;
 * borrowed, or NULL. */
struct python *python_start(struct workspace *ws, struct json_object *widgets, char **error);
/* Kills the process group and frees the process. */
void python_free(struct python *python);

/* Sends a message ({"op": "run", "code": ...}; takes ownership) and waits until it is done. *done
 * is the driver's answer (owned by the caller; NULL when cancelled, timed out or crashed). False
 * when the process has ended; then only python_free may be called. */
bool python_run(struct python *python, struct json_object *message, const struct python_host *host,
		enum python_end *end, struct json_object **done);

#endif
