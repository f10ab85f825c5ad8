/* SPDX-License-Identifier: Apache-2.0 */
/* The functions with which a plugin asks the client. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_RUN_OPS_CLIENT_H
#define CORE_RUN_OPS_CLIENT_H

#include "run/run.h"

bool op_client_can(struct mcp_call *call, const char *capability);
int op_require(struct mcp_call *call, const char *capability);
int op_ask(struct mcp_call *call, const char *key, const char *method, const char *params,
	   size_t len, struct mcp_text *answer);

#endif
