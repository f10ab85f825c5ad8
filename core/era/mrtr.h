/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MRTR, multi round-trip requests (MCP 2026-07-28, basic/patterns/mrtr): a call that needs its
 * client's answers ends with its questions and a sealed state (request_state.h); the client sends
 * the request again, with the state and the answers.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_MRTR_H
#define CORE_ERA_MRTR_H

#include <stdbool.h>

struct json;
struct outcome;
struct request;

/* Reads inputResponses and requestState into request->answers and round. False: the request was
 * refused. */
bool mrtr_read(struct request *request);
/* The member inputRequests of the open object. */
void mrtr_write_questions(struct json *out, const struct outcome *outcome);
/* Answers with the questions of the request's call. */
void mrtr_ask(struct request *request);
/* The same with questions of the host. */
void mrtr_ask_outcome(struct request *request, const struct outcome *outcome);

#endif
