/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the state of a task, for CreateTaskResult, tasks/get and notifications/tasks. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_TASK_WRITE_H
#define CORE_ERA_TASK_WRITE_H

#include <stdint.h>

struct call;
struct config;
struct json;
struct outcome;
struct result;
struct row;

enum task_status {
	TASK_WORKING,
	TASK_INPUT_REQUIRED,
	TASK_COMPLETED, /* the tool has answered, maybe with isError */
	TASK_FAILED,	/* a fault of the plugin or the host: a JSON-RPC error */
	TASK_CANCELLED,
};

#define TASK_MESSAGE_MAX 500u /* bytes of statusMessage */

/* What is known of a task now. All but `message` is borrowed. */
struct task_view {
	const char *id;
	int64_t created_ms; /* since 1970 */
	enum task_status status;
	uint32_t next_ms;		    /* pause until the next poll, if the plugin said one */
	char message[TASK_MESSAGE_MAX + 4]; /* "": none */
	const struct outcome *questions;    /* the questions of a task that is INPUT_REQUIRED */
	const struct result *result;	    /* the result of a task that is COMPLETED or FAILED */
};

/* The operation continues: the message and the pause of its last poll. `interim` may be NULL. */
void task_view_working(struct task_view *view, const struct outcome *outcome,
		       const struct result *interim);
/* The state is not looked up now, because of the rate limit of polls. */
void task_view_unseen(struct task_view *view);
/* Fills the view from a call that has made one poll and has ended. */
void task_view_of(struct task_view *view, const struct call *call);
/* Milliseconds until the client, or a watch, polls again. */
int64_t task_interval(const struct task_view *view);
/* Writes the members of the task into the open object. */
void task_write(struct json *out, const struct config *config, const struct row *row,
		const struct task_view *view);

#endif
