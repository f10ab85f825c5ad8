/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ids of tasks (MCP extension io.modelcontextprotocol/tasks, "Task IDs"). An id contains all that
 * is needed to go on with the task, sealed for its principal. So nothing is kept here: another
 * process with the same state key goes on with it, and a foreign, changed or expired id is unknown.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_TASK_ID_H
#define CORE_ERA_TASK_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lakehost/plugin.h>

#include "base/principal.h"
#include "run/result.h"

struct buf;
struct eras;
struct principal;
struct request;
struct row;
struct snapshot;

#define TASK_ID_TTL_S 604800u /* a task can be polled for a week after its creation */

struct task_id {
	const struct row *row; /* the tool that began the operation */
	const char *upstream;  /* where it runs; of the configuration */
	int64_t created_ms;    /* since 1970 */
	unsigned can;	       /* capabilities of the client that created it */
	enum result_format format;
	uint32_t cell_chars; /* the argument of that name; 0: not given */
	unsigned char handle[MCP_HANDLE_MAX];
	size_t handle_len;
};

/* Appends at most LIMIT_HANDLE bytes. */
void task_id_seal(const struct request *request, const struct task_id *id, struct buf *out);
/* False: the id is unknown to this principal, for one of many reasons, or its tool does not exist
 * any more. */
bool task_id_open(const struct eras *eras, const struct snapshot *snapshot,
		  const struct principal *principal, const char *text, struct task_id *id);

#endif
