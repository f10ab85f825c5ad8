/* SPDX-License-Identifier: Apache-2.0 */
/* Passes the standard output and error of a worker's process to the log. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_WORKER_OUTPUT_H
#define CORE_WORKER_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"

#define WORKER_LINE_MAX 1024 /* most bytes of output in one event */

/* The output of the current process, or of the last one. */
struct worker_output {
	struct loop *loop;
	const char *plugin; /* borrowed */
	struct loop_watch watch;
	int fd; /* -1: closed */
	char line[WORKER_LINE_MAX];
	size_t len;
	unsigned lines; /* of this second */
	int64_t since, left_out;
};

void worker_output_init(struct worker_output *output, struct loop *loop, const char *plugin);
/* takes ownership of the descriptor */
void worker_output_open(struct worker_output *output, int fd);
bool worker_output_read(struct worker_output *output); /* true: there may be more to read */
void worker_output_close(struct worker_output *output);

#endif
