/* SPDX-License-Identifier: Apache-2.0 */
#include "era/limited.h"

#include <stdio.h>

#include "base/log.h"
#include "call/spend.h"
#include "config/config.h"
#include "era/audited.h"
#include "era/inside.h"
#include "era/methods.h"
#include "limits/limits.h"
#include "metrics/metrics.h"
#include "policy/policy.h"
#include "run/result.h"

static void
record(struct request *request, const struct row *row, struct json_object *arguments,
       const struct limits_refusal *refusal)
{
	struct policy_decision decision = {
		.verdict = { .rule = refusal->limit, .where = refusal->where },
	};

	snprintf(decision.why, sizeof(decision.why), "%s", refusal->why);
	log_event(LOG_INFO, "call-limited", "principal", "s", request->principal.name, "row", "s",
		  row->name, "rule", "s", refusal->limit, "where", "s", refusal->where, "why", "s",
		  refusal->why, NULL);
	audited_refusal(request, row, arguments, &decision);
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

bool
limited_allows(struct request *request, const struct row *row, struct json_object *arguments)
{
	struct limits *limits = request->eras->parts.limits;
	const unsigned cost = spend_cost(row);
	struct limits_refusal refusal;

	if (limits == NULL)
		return true;
	if (limits_admit(limits, &request->principal, cost, &request->ticket, &refusal))
		return true;
	record(request, row, arguments, &refusal);
	answer(request, &refusal);
	return false;
}
