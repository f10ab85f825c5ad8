/* SPDX-License-Identifier: Apache-2.0 */
/* What the audit log gets from requests, and answers that wait for it. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_AUDITED_H
#define CORE_ERA_AUDITED_H

#include <stdbool.h>

#include "audit/event.h"
#include "base/address.h"

struct buf;
struct eras;
struct json_object;
struct policy_decision;
struct request;
struct row;

/* The caller of a request, as an event says it. */
struct audited_caller {
	struct audit_event event;
	char from[ADDRESS_TEXT_MAX];
};
/* Texts are borrowed from the request. */
void audited_caller(const struct request *request, struct audited_caller *caller);

/* A call that the policy refused. `arguments` are those of the decision. */
void audited_refusal(struct request *request, const struct row *row, struct json_object *arguments,
		     const struct policy_decision *decision);
/* A name that this principal cannot call: there is no such tool, or it needs more access. */
void audited_unknown(struct request *request, const char *name);

/* A person was asked ("ask"), confirmed ("confirm"), did not ("deny", with the reason), or the
 * confirmation was not valid any more ("expired"). */
void audited_confirmation(struct request *request, const char *verdict, const char *why);

/* Does the answer have to wait until the audit log has the request's lines? Then it is copied, and
 * sent or replaced later; the request itself can end now. `answer` is the text of the answer. */
bool audited_hold(struct request *request, int status, const struct buf *answer);
/* The host stops: what still waits is dropped. */
void audited_forget(struct eras *eras);

#endif
