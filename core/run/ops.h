/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files that make up the table for plugins. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_RUN_OPS_H
#define CORE_RUN_OPS_H

#include "run/run.h"

/* The run that this thread has a step of; NULL for a call that is none of its business: of another
 * thread's step, between two steps, or ended. The step, or the next one, then fails and says so. */
struct run *ops_run(struct mcp_call *call);
/* The call has failed, or is none of this thread's. */
bool ops_failed(const struct run *run);
int ops_failure(const struct run *run);
/* Fails for what a plugin must not leave out. */
int ops_missing(struct run *run, const char *what);

/* The level of a line as the log knows it. */
enum mcp_level run_level(enum mcp_level level);
/* Is this the name of a list that can change? */
bool run_can_change(const char *what);

/* The table handed to plugins. */
extern const struct mcp_ops run_ops;

#endif
