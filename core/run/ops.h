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

bool op_client_can(struct mcp_call *call, const char *capability);
int op_require(struct mcp_call *call, const char *capability);
int op_ask(struct mcp_call *call, const char *key, const char *method, const char *params,
	   size_t len, struct mcp_text *answer);

#endif
