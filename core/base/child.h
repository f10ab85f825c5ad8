/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that are run to their end, without a shell and without waiting: the loop collects their
 * output and their exit status. A program that takes too long, or writes too much, is killed with
 * its whole process group. Loop thread only.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_CHILD_H
#define CORE_BASE_CHILD_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct child;
struct loop;

#define CHILD_ERRORS_MAX 4096 /* bytes of standard error that are kept */

struct child_command {
	char *const *argv; /* NULL-terminated; argv[0] is the absolute path of the program */
	char *const *envp; /* NULL-terminated: the whole environment of the program */
	int64_t timeout_ms;
	size_t output_max; /* bytes of standard output */
};

enum child_end {
	CHILD_EXITED,	 /* `status` is the exit status */
	CHILD_SIGNALED,	 /* `status` is the signal that ended the program */
	CHILD_TIMEOUT,	 /* it was killed: it took longer than timeout_ms */
	CHILD_TOO_LARGE, /* it was killed: it wrote more than output_max */
	CHILD_FAILED,	 /* it could not be started; `status` is the errno */
};

struct child_result {
	enum child_end end;
	int status;
	struct buf output, errors; /* standard output and standard error */
};

/* The result is valid until the function returns. */
typedef void (*child_done_fn)(void *data, const struct child_result *result);

/* Starts the program; copies nothing that is needed later. `done` is called exactly once, later, on
 * the loop thread, also when the program cannot be started. */
struct child *child_start(struct loop *loop, const struct child_command *command,
			  child_done_fn done, void *data);
/* Kills the program and waits for its end; `done` will not be called. */
void child_cancel(struct child *child);

/* The path of a program for free(): `name` itself where it has a slash, else the first executable
 * file of that name in the absolute directories of `path`. NULL: there is none. */
char *child_find(const char *name, const char *path);

#endif
