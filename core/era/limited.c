/* SPDX-License-Identifier: Apache-2.0 */
#include "era/limited.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/spend.h"
#include "config/config.h"
#include "era/audited.h"
#include "era/inside.h"
#include "era/invoke.h"
#include "era/methods.h"
#include "limits/limits.h"
#include "metrics/metrics.h"
#include "policy/policy.h"
#include "run/result.h"

static void
record(struct request *request, const struct limits_refusal *refusal)
{
	const struct row *row = request->row;

	struct policy_decision decision = {
		.verdict = { .rule = refusal->limit, .where = refusal->where },
	};

	snprintf(decision.why, sizeof(decision.why), "%s", refusal->why);
	log_event(LOG_INFO, "call-limited", "principal", "s", request->principal.name, "row", "s",
		  row->name, "rule", "s", refusal->limit, "where", "s", refusal->where, "why", "s",
		  refusal->why, NULL);
	audited_refusal(request, row, request->arguments, &decision);
	metrics_limited(refusal->limit);
}

static void
answer(struct request *request, const struct limits_refusal *refusal)
{
	const struct result_limits none = { 0 };
	struct mcp_failure failure = { .size = sizeof(failure),
				       .status = MCP_E_THROTTLED,
				       .what = refusal->what,
				       .why = refusal->why,
				       .next = refusal->next,
				       .retry_after_ms = refusal->retry_ms };
	struct result result;

	result_init(&result, &none);
	result_fail(&result, &failure);
	request->method->answer(request, &result);
	result_fini(&result);
}

static void
refuse_limited(struct request *request, const struct limits_refusal *refusal)
{
	record(request, refusal);
	answer(request, refusal);
}

/* ---- waiting for the store ------------------------------------------------------------------ */

struct limited {
	struct limits_wait wait; /* first */
	struct request *request;
	enum limited_stage stage;
	struct invoke_order order; /* of the request, whose texts are copied … */
	char *uri;		   /* … here */
	struct buf text;
};

static struct limited *
limited_of(struct request *request)
{
	if (request->limited == NULL) {
		request->limited = xcalloc(1, sizeof(*request->limited));
		request->limited->request = request;
	}
	return request->limited;
}

void
limited_end(struct request *request)
{
	struct limited *limited = request->limited;

	if (limited == NULL)
		return;
	limits_wait_end(&limited->wait);
	free(limited->uri);
	buf_fini(&limited->text);
	free(limited);
	request->limited = NULL;
}

static void
store_answered(struct limits_wait *wait)
{
	struct limited *limited = (struct limited *)wait;
	struct request *request = limited->request;
	const bool fine = wait->verdict == LIMITS_ADMITTED;

	CHECK(request->limited == limited && request->phase == REQUEST_WAITING);
	if (!fine && wait->refusal.limit != NULL) {
		refuse_limited(request, &wait->refusal);
		return;
	}
	if (limited->stage == LIMITED_CALL)
		request->ticket = wait->ticket;
	invoke_resumed(request, limited->stage, fine, &limited->order);
}

/* Keeps what the request needs later, when the functions that now run have returned. */
static void
keep(struct limited *limited, enum limited_stage stage, const struct invoke_order *order)
{
	limited->stage = stage;
	limited->wait.fn = store_answered;
	if (order != &limited->order) {
		limited->order = *order;
		if (order->uri != NULL)
			limited->order.uri = limited->uri = xstrdup(order->uri);
		if (order->text != NULL) {
			buf_init(&limited->text, LIMIT_BODY * 2);
			buf_add(&limited->text, order->text->data, order->text->len);
			limited->order.text = &limited->text;
		}
	}
	request_move(limited->request, REQUEST_WAITING);
}

bool
limited_allows(struct request *request, const struct invoke_order *order)
{
	struct limits *limits = request->eras->parts.limits;
	struct limited *limited;

	if (limits == NULL)
		return true;
	limited = limited_of(request);
	switch (
	    limits_admit(limits, &request->principal, spend_cost(request->row), &limited->wait)) {
	case LIMITS_ADMITTED: request->ticket = limited->wait.ticket; return true;
	case LIMITS_LATER: keep(limited, LIMITED_CALL, order); return false;
	case LIMITS_REFUSED: break;
	}
	refuse_limited(request, &limited->wait.refusal);
	return false;
}

bool
limited_use_once(struct request *request, enum limited_stage stage, const char *text,
		 unsigned ttl_s, const struct invoke_order *order)
{
	struct limits *limits = request->eras->parts.limits;
	struct limited *limited;

	if (!limits_shared(limits))
		return false;
	limited = limited_of(request);
	if (limits_use_once(limits, text, ttl_s, &limited->wait) == LIMITS_LATER)
		keep(limited, stage, order);
	else
		refuse_limited(request, &limited->wait.refusal);
	return true;
}
