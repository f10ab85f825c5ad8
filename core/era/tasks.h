/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The extension io.modelcontextprotocol/tasks (SEP-2663) of the modern era: an operation that does
 * not end at once is answered with a task, and the client polls it with tasks/get. The host keeps
 * nothing of a task, see task_id.h. One tasks/get is one poll of the operation.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_TASKS_H
#define CORE_ERA_TASKS_H

#include <json-c/json.h>
#include <stdbool.h>

struct call;
struct call_spec;
struct request;
struct result;
struct row;

#define TASKS_EXTENSION "io.modelcontextprotocol/tasks"

/* Do these capabilities of a client declare the extension? */
bool tasks_declared(struct json_object *capabilities);
/* Refuses a request that needs the extension and does not declare it. False: it is gone. */
bool tasks_required(struct request *request);
/* Before a call of tools/call: how long it waits until it becomes a task, if it may become one.
 * False: it needs a client that declares the extension, and the request was refused. */
bool tasks_prepare(struct request *request, struct call_spec *spec);
/* At its end, or when it asks: answers with a task, if the operation continues and may be one.
 * False: it is not. */
bool tasks_create(struct request *request, const struct call *call);

void tasks_get(struct request *request);
void tasks_update(struct request *request);
void tasks_cancel(struct request *request);
/* The failure of a call that could not be made. */
void tasks_answer(struct request *request, const struct result *result);

#endif
