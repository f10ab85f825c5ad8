/* SPDX-License-Identifier: Apache-2.0 */
#include "era/step_up.h"

#include "base/log.h"
#include "config/config.h"
#include "config/oauth.h"
#include "era/inside.h"
#include "policy/policy.h"

/* The least access with which the call would be allowed; ACCESS_NONE: no token would allow it. */
static enum access
access_needed(const struct request *request, const struct row *row, struct json_object *arguments,
	      const char *workspace)
{
	struct principal wider = request->principal;
	const enum access most = principal_reach(&wider);
	struct policy_decision decision;

	while (wider.access < most) {
		wider.access++;
		if (policy_decide_in(request->snapshot->policy, &wider, row, arguments, workspace,
				     &decision))
			return wider.access;
	}
	return ACCESS_NONE;
}

bool
step_up(struct request *request, const struct row *row, struct json_object *arguments,
	const char *workspace)
{
	const struct config_oauth *oauth = request->snapshot->config->auth.oauth;
	const struct config_scope *scope;
	enum access needed;

	/* the elements of a batch have one status in common */
	if (oauth == NULL || request->batch != NULL)
		return false;
	needed = access_needed(request, row, arguments, workspace);
	scope = needed != ACCESS_NONE ? oauth_scope_for(oauth, needed) : NULL;
	if (scope == NULL)
		return false;
	log_event(LOG_INFO, "scope-missing", "principal", "s", request->principal.name, "row", "s",
		  row->name, "scope", "s", scope->name, NULL);
	request->challenge = oauth_challenge(oauth, needed, "insufficient_scope", NULL);
	request_error(request, RPC_INSUFFICIENT_SCOPE, NULL,
		      "the token does not allow \"%s\": the client must ask for the scope \"%s\"",
		      row->name, scope->request);
	return true;
}
