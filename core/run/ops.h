/* SPDX-License-Identifier: Apache-2.0 */
/* Functions and types that the files of the table for plugins share. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_RUN_OPS_H
#define CORE_RUN_OPS_H

#include "run/run.h"

/* The run of the step on this thread. NULL for a call that this thread may not use: its step is on
 * another thread, between two steps, or over. The current or next step of that call then fails with
 * that reason. */
struct run *ops_run(struct mcp_call *call);
/* True when the call has failed, or does not belong to this thread. */
bool ops_failed(const struct run *run);
int ops_failure(const struct run *run);
/* Fails the call because the plugin left out a required argument. */
int ops_missing(struct run *run, const char *what);

/* The level of a line for the log. */
enum mcp_level run_level(enum mcp_level level);
/* Is this the name of a list that can change? */
bool run_can_change(const char *what);

/* The table of functions for plugins. */
extern const struct mcp_ops run_ops;

#endif
