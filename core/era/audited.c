/* SPDX-License-Identifier: Apache-2.0 */
#include "era/audited.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/check.h"
#include "base/mem.h"
#include "call/report.h"
#include "config/config.h"
#include "era/batch.h"
#include "era/inside.h"
#include "policy/policy.h"
#include "rpc/frame.h"

/* ---- events --------------------------------------------------------------------------------- */

void
audited_caller(const struct request *request, struct audited_caller *caller)
{
	struct audit_event *event = &caller->event;

	*event = (struct audit_event)AUDIT_EVENT(AUDIT_DECISION);
	event->principal = request->principal.name;
	event->era = revision_name(request->revision);
	if (request->session != NULL) {
		event->client = request->session->client.name;
		event->version = request->session->client.version;
	} else {
		event->client = request->message.meta[META_CLIENT_NAME];
		event->version = request->message.meta[META_CLIENT_VERSION];
	}
	event->from = "stdio";
	if (request->exchange->http) {
		address_text(&request->exchange->from, caller->from);
		event->from = caller->from;
	}
}

/* Adds the row and the arguments, and reports the event. */
static void
report(struct request *request, struct audit_event *event, const struct row *row,
       struct json_object *arguments)
{
	struct buf redact, text;

	buf_init(&redact, LIMIT_HANDLE);
	buf_init(&text, LIMIT_BODY * 2);
	call_report_row(event, row, &redact);
	if (arguments != NULL)
		buf_json_tree(&text, arguments);
	if (buf_ok(&text) && text.len > 0) {
		event->arguments = text.data;
		event->arguments_len = text.len;
	}
	request->audited = audit_report(event);
	buf_fini(&text);
	buf_fini(&redact);
}

void
audited_refusal(struct request *request, const struct row *row, struct json_object *arguments,
		const struct policy_decision *decision)
{
	struct audited_caller caller;

	if (!audit_on())
		return;
	audited_caller(request, &caller);
	caller.event.verdict = "deny";
	caller.event.rule = decision->verdict.rule;
	caller.event.why = decision->why;
	report(request, &caller.event, row, arguments);
}

void
audited_unknown(struct request *request, const char *name)
{
	struct audited_caller caller;
	char shown[NAME_ROOM];

	if (!audit_on())
		return;
	audited_caller(request, &caller);
	caller.event.verdict = "deny";
	caller.event.rule = "unknown";
	caller.event.tool = request_shown(name, shown);
	request->audited = audit_report(&caller.event);
}

void
audited_confirmation(struct request *request, const char *verdict, const char *why)
{
	struct audited_caller caller;

	if (!audit_on())
		return;
	audited_caller(request, &caller);
	caller.event.type = AUDIT_CONFIRMATION;
	caller.event.verdict = verdict;
	caller.event.why = why;
	report(request, &caller.event, request->row, request->arguments);
}

/* ---- answers that wait ---------------------------------------------------------------------- */

struct held_answer {
	struct audit_wait wait; /* first */
	struct eras *eras;
	struct exchange *exchange;
	struct batch *batch; /* or NULL */
	int status;
	char *id;		      /* of the message */
	char *session_id, *challenge; /* response headers, or NULL */
	struct buf answer;
	struct held_answer *next, **link; /* in eras->held_answers */
};

static void
send_held(struct held_answer *held)
{
	struct exchange_header headers[2];
	size_t n = 0;

	if (held->session_id != NULL)
		headers[n++] = (struct exchange_header){ "Mcp-Session-Id", held->session_id };
	if (held->challenge != NULL)
		headers[n++] = (struct exchange_header){ "WWW-Authenticate", held->challenge };
	if (held->batch != NULL)
		batch_add(held->batch, &held->answer);
	else
		held->exchange->ops->finish(held->exchange, held->status, headers, n,
					    held->answer.data, held->answer.len);
}

static void
free_held(struct held_answer *held)
{
	struct eras *eras = held->eras;

	*held->link = held->next;
	if (held->next != NULL)
		held->next->link = held->link;
	buf_fini(&held->answer);
	free(held->id);
	free(held->session_id);
	free(held->challenge);
	free(held);
	eras_check_end(eras);
}

/* Without its line nothing proves what the call did, so its answer is not given. */
static void
on_written(struct audit_wait *wait, bool written)
{
	struct held_answer *held = (struct held_answer *)wait;

	if (!written) {
		buf_reset(&held->answer);
		rpc_write_error(&held->answer, held->id, rpc_error_code(RPC_OVERLOADED),
				"the audit log cannot be written, so the answer is withheld; the "
				"call itself may have had its effect",
				NULL);
		held->status = rpc_error_status(RPC_OVERLOADED);
	}
	send_held(held);
	free_held(held);
}

bool
audited_hold(struct request *request, int status, const struct buf *answer)
{
	struct eras *eras = request->eras;
	struct held_answer *held;

	if (request->audited == 0 || answer == NULL)
		return false;
	held = xcalloc(1, sizeof(*held));
	held->wait.fn = on_written;
	if (!audit_wait(&held->wait, request->audited)) {
		free(held);
		return false;
	}
	held->eras = eras;
	held->exchange = request->exchange;
	held->batch = request->batch;
	held->status = status;
	held->id = request->message.id != NULL ? xstrdup(request->message.id) : NULL;
	held->session_id = request->session_id != NULL ? xstrdup(request->session_id) : NULL;
	held->challenge = request->challenge != NULL ? xstrdup(request->challenge) : NULL;
	buf_init(&held->answer, ANSWER_MAX);
	buf_add(&held->answer, answer->data, answer->len);
	held->next = eras->held_answers;
	held->link = &eras->held_answers;
	if (held->next != NULL)
		held->next->link = &held->next;
	eras->held_answers = held;
	return true;
}

void
audited_forget(struct eras *eras)
{
	struct held_answer *next;

	for (struct held_answer *held = eras->held_answers; held != NULL; held = next) {
		next = held->next;
		audit_wait_end(&held->wait);
		if (held->batch != NULL)
			batch_add(held->batch, NULL);
		else
			held->exchange->ops->finish(held->exchange, 503, NULL, 0, NULL, 0);
		free_held(held);
	}
}
