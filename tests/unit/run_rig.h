/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a handler as one step. The services of the step count their calls. */
#ifndef TESTS_UNIT_RUN_RIG_H
#define TESTS_UNIT_RUN_RIG_H

#include <lakehost/call.h>

#include "run/requests.h"
#include "run/run.h"

/* The handler of both rows; each test sets it. */
extern int (*act)(struct mcp_call *call);
extern const struct mcp_row plain, remote; /* a row with a handler, and a row with an operation */
extern const struct mcp_operation operation;
extern const struct run_services services;
extern int waited, progressed, logged; /* number of calls of each service */
extern enum mcp_level last_level;

/* A step that does nothing, as the next step of suspensions. */
int next_nothing(struct mcp_call *call, const void *state, size_t len);
/* The input of a typical call. */
struct run_input usual(void);
/* Runs `fn` as the handler of a new run, which the caller frees. */
struct run *run_once(const struct mcp_row *row, int (*fn)(struct mcp_call *call));

#endif
