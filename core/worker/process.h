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
	int pidfd; /* -1 where the kernel has none */
};

/* NULL: there is none. */
const char *process_program(void);
/* For tests: another program than the installed one (NULL: that). */
void worker_set_program(const char *path);
/* Starts the program; `channel` is the host's end of the socket, `output` the end of the pipe for
 * its standard output and error. */
bool process_start(struct process *process, const char *name, int plugin_fd, int *channel,
		   int *output, char *why, size_t why_size);
void process_kill(const struct process *process);
/* True when the process is gone; never blocks. `how` describes its end. */
bool process_reap(struct process *process, char *how, size_t how_size);

#endif
