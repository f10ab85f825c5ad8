/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The token of a user that a trusted proxy forwarded. Before its first use the workspace is asked
 * whose token it is. Only the token of the principal itself is used: a proxy that mixes up users
 * must not give one user the rights of another.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/forwarded.h"
#include "base/json.h"
#include "base/mem.h"
#include "upstream/databricks/behalf.h"
#include "upstream/databricks/login.h"

#define NAME_SHOWN 60 /* characters of a name in a message */

static bool
owner_ask(struct login *login, struct credential_request *request)
{
	const char *token = forwarded_token(login->forwarded, login->now_ms);
	char *url;
	bool ok;

	if (login->user == NULL)
		return login_refuse(login, "there is no user on whose behalf to send a token");
	if (token == NULL)
		return login_refuse(login, "the token that was forwarded for the user is not at "
					   "hand any more: send the call again");
	url = xprintf("%s%s", login->own->url, upstream_databricks.identity_path);
	ok = login_get(login, request, "the workspace", url);
	free(url);
	if (!ok)
		return false;
	login_bearer(request, token);
	if (login->own->workspace_id != NULL)
		login_header(request, "X-Databricks-Workspace-Id", login->own->workspace_id);
	return true;
}

/* User names of the workspace are email addresses, in which capital letters make no difference. */
static enum login_result
judge_owner(struct login *login, const char *owner)
{
	const char *token = forwarded_token(login->forwarded, login->now_ms);
	char words[NAME_SHOWN + 1];

	if (owner == NULL)
		return login_fail(login, MCP_E_UPSTREAM,
				  "the workspace does not say whose token was forwarded");
	if (strcasecmp(owner, login->user) != 0) {
		login_words(owner, words, sizeof(words));
		return login_fail(
		    login, MCP_E_PERMISSION,
		    "the token in " FORWARDED_HEADER " belongs to \"%s\", but the "
		    "caller is \"%.*s\": the token is not used; check that auth.header "
		    "is the header with the user's email address",
		    words, NAME_SHOWN, login->user);
	}
	if (token == NULL)
		return login_fail(login, MCP_E_UNAUTHENTICATED,
				  "the token that was forwarded for the user is not at hand any "
				  "more: send the call again");
	return login_take(login, LOGIN_TOKEN, token, forwarded_end_s(token), FORWARDED_HEADER);
}

static enum login_result
owner_take(struct login *login, const struct credential_outcome *answer)
{
	struct json_object *object = login_object(login, answer->reply, "the workspace");
	char words[CREDENTIAL_WHY_MAX];
	enum login_result result;

	if (object == NULL) {
		snprintf(words, sizeof(words), "%s", login->why);
		if (login->error == MCP_E_UNAUTHENTICATED)
			login_fail(login, MCP_E_UNAUTHENTICATED,
				   "the token in " FORWARDED_HEADER " is not valid, or not any "
				   "more: %.300s",
				   words);
		return LOGIN_FAILED;
	}
	result = judge_owner(login, json_str(object, upstream_databricks.identity_key));
	json_object_put(object);
	return result;
}

const struct login_stage login_forwarded_stages[] = {
	{ NULL, owner_ask, owner_take },
	{ NULL, NULL, NULL },
};
