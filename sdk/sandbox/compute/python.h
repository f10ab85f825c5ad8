/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A python3 process that runs the code of one context or notebook run (python/driver.py), spoken to
 * over a socket.  It leads a process group of its own, gets nothing of our environment, and ends
 * with us.  One thread at a time uses it.
 */
#ifndef SANDBOX_PYTHON_H
#define SANDBOX_PYTHON_H

#include "sandbox.h"

struct python;

/* What the code may ask us for; run in the thread that called python_run. */
struct python_host {
	/* Answers {"op": ..., ...} with members, or {"error": text}; the answer is taken over. */
	struct json_object *(*answer)(void *arg, const char *op, struct json_object *message);
	/* Asked now and then: true stops the code as a cancel does.  May be NULL. */
	bool (*stop)(void *arg);
	void *arg;
	struct bg *bg;	     /* cancels; may be NULL */
	int64_t deadline_ms; /* clock_ms() at which to stop; 0 = never */
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

/* NULL with *error set (caller frees).  `widgets`: names to texts, borrowed, or NULL. */
struct python *python_start(struct workspace *ws, struct json_object *widgets, char **error);
/* Kills the process group. */
void python_free(struct python *python);

/* Sends a message ({"op": "run", "code": ...}; taken) and waits for its end.  *done is the driver's
 * answer (owned by the caller; NULL when cancelled, timed out or died).  False when the process is
 * gone and only python_free is left to do. */
bool python_run(struct python *python, struct json_object *message, const struct python_host *host,
		enum python_end *end, struct json_object **done);

#endif
