/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tools that the host publishes for operations (`lakehost.task` of a tool). The handle that a
 * client gets is the plugin's, sealed to the principal and to the tool, so it cannot be forged,
 * read or used by somebody else, and nothing is kept here.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_TASK_H
#define CORE_ERA_TASK_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/buf.h"

struct call;
struct call_spec;
struct request;
struct row;

#define TASK_TTL_S 86400u /* a handle is valid for a day after the answer that named it */

/* The data for a call of a published task tool. */
struct task {
	struct json_object *arguments; /* the arguments of the request without the handle; owned */
	struct buf handle;
};

/* Makes of a request for such a tool one entry of its operation, and does nothing for other rows.
 * False: the handle is invalid, and the request was answered. task_fini() after call_new(). */
bool task_open(struct request *request, struct call_spec *spec, struct task *task);
void task_fini(struct task *task);
/* The workspace of the operation that such a request is about, of the configuration. NULL: the
 * request is for no such tool, or its handle is not valid. */
const char *task_workspace(const struct request *request, const struct row *row,
			   struct json_object *arguments);
/* Adds to the answer of a call what its reader needs: the handle and the tools while the operation
 * goes on, and that it was stopped. */
void task_tell(const struct request *request, struct call *call);

#endif
