/* SPDX-License-Identifier: Apache-2.0 */
/* The process of a worker: started, killed, reaped. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_WORKER_PROCESS_H
#define CORE_WORKER_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct process {
	pid_t pid; /* 0: none */
	int pidfd; /* the pidfd; -1 when the kernel does not support it */
};

/* NULL: there is no process. */
const char *process_program(void);
/* For tests: sets another program than the installed one (NULL: the installed one). */
void worker_set_program(const char *path);
/* Starts the program. `channel` receives the host's end of the socket, `output` the end of the pipe
 * for its standard output and error. */
bool process_start(struct process *process, const char *name, int plugin_fd, int *channel,
		   int *output, char *why, size_t why_size);
void process_kill(const struct process *process);
/* True when the process has ended; never blocks. `how` describes how it ended. */
bool process_reap(struct process *process, char *how, size_t how_size);

#endif
