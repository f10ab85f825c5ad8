/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plugin secrets: scopes and keys, never values. Secrets API 2.0:
 * https://docs.databricks.com/api/workspace/secrets
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "databricks.h"
#include "secrets.rows.h"

#define API "/api/2.0/secrets"
#define VALUE_MAX 131072 /* largest size of a secret in bytes; the API's limit */

/* ---- list_secrets --------------------------------------------------------------------------- */

/* There are few scopes, all in one list, so a missing scope is reported with similar names. */
static const struct dbx_kind scopes = {
	.noun = "secret scope",
	.list = API "/scopes/list",
	.items = "scopes",
	.id = "name",
	.name = "name",
	.tool = "list_secret_scopes",
	.is_id = dbx_never_an_id,
};

/* True when the first reply reports a missing scope; the call then continues to explain it. The
 * message about a missing secret also contains the name of its scope, so the first word of the
 * message decides. */
static bool
scope_missing(struct mcp_call *call, int *status)
{
	struct dbx_error error;

	if (dbx_ok(call, mcp_reply(call, 0), &error) || error.status != MCP_E_NOT_FOUND ||
	    strncasecmp(error.message, "scope", 5) != 0)
		return false;
	*status = dbx_unknown(call, &scopes, mcp_arg(call, "scope_name"), error.message);
	return true;
}

static struct mcp_words
scope_words(struct mcp_call *call, const char *grant)
{
	const char *scope = mcp_arg(call, "scope_name"), *key = mcp_arg(call, "key");

	return (struct mcp_words){
		.object = key != NULL ? mcp_printf(call, "Secret \"%s/%s\"", scope, key)
				      : mcp_printf(call, "Secret scope \"%s\"", scope),
		.not_found =
		    key != NULL
			? mcp_printf(call, "Call list_secrets scope_name=%s to see its keys.",
				     mcp_quoted(call, scope))
			: "Call list_secret_scopes to see all scopes.",
		.grant = mcp_printf(call, "%s on the scope \"%s\"", grant, scope),
	};
}

static int
secrets_shown(struct mcp_call *call, const void *state, size_t len)
{
	static const struct mcp_list_column columns[] = {
		{ .name = "key", .path = "key" },
		{ .name = "set", .path = "last_updated_timestamp", .show = mcp_show_time },
	};
	struct mcp_words words = scope_words(call, "READ");
	struct json_object *reply, *secrets;
	int status;

	(void)state;
	(void)len;
	if (scope_missing(call, &status))
		return status;
	reply = dbx_reply(call, 0, &words);
	secrets = reply != NULL ? mcp_items(call, reply, "secrets", &words) : NULL;
	if (secrets == NULL)
		return MCP_E_UPSTREAM;
	return mcp_page_table(call, secrets, columns, COUNT(columns),
			      &(struct mcp_page){ .noun = "secrets", .total = -1 });
}

int
list_secrets(struct mcp_call *call)
{
	return mcp_fetch(call, API "/list{?scope}",
			 mcp_object(call, "scope", mcp_arg(call, "scope_name"), NULL),
			 secrets_shown, NULL, 0);
}

/* ---- put_secret ----------------------------------------------------------------------------- */

static bool
is_reference(const char *value)
{
	return strncmp(value, "env:", 4) == 0 || strncmp(value, "file:", 5) == 0;
}

/* Is the text meant as a reference, but spelled wrong? Then the call fails; otherwise the text
 * would be stored as the value. */
static bool
is_nearly_reference(const char *value)
{
	static const char *const starts[] = { "env:", "file:", "$env:", "${env:", "{env:" };

	for (size_t i = 0; i < COUNT(starts); i++)
		if (strncasecmp(value, starts[i], strlen(starts[i])) == 0)
			return !is_reference(value);
	return false;
}

static int
put(struct mcp_call *call, const void *state, size_t len)
{
	const char *scope = mcp_arg(call, "scope_name"), *key = mcp_arg(call, "key");
	const char *value = mcp_arg(call, "secret_value");
	struct mcp_words words = scope_words(call, "WRITE");
	struct dbx_error error;
	int status;

	(void)state;
	(void)len;
	if (scope_missing(call, &status))
		return status;
	/* Called when no byte was sent: the host, not the workspace, refused the reference. */
	if (!dbx_ok(call, mcp_reply(call, 0), &error) && error.http == 0 &&
	    error.status == MCP_E_PERMISSION && is_reference(value))
		return mcp_fail(call, MCP_E_PERMISSION,
				mcp_printf(call, "Secret \"%s/%s\" was not set.", scope, key),
				error.message,
				"Ask the operator to allow this reference. Do not put the "
				"value itself into the conversation instead.");
	if (!dbx_done(call, 0, &words))
		return MCP_E_UPSTREAM;
	return mcp_say(call, "Secret \"%s/%s\" is set.", scope, key);
}

/* The body is sent in pieces, because the host inserts the value of a reference, and this plugin
 * never sees that value. A literal value is masked from here on. */
int
put_secret(struct mcp_call *call)
{
	const char *value = mcp_arg(call, "secret_value");
	struct json_object *head = mcp_object(call, "scope", mcp_arg(call, "scope_name"), "key",
					      mcp_arg(call, "key"), NULL);
	const char *text = json_object_to_json_string_ext(head, JSON_C_TO_STRING_PLAIN);
	struct mcp_http request =
	    mcp_json_request(call, "POST", API "/put", head, MCP_RETRY_IDEMPOTENT);
	struct mcp_piece pieces[3];

	if (is_nearly_reference(value))
		return mcp_fail(call, MCP_E_INPUT,
				"secret_value is neither a value nor a valid reference.",
				"References have the form env:NAME or file:PATH.",
				"Repeat the call with a reference in this form.");
	if (!is_reference(value)) {
		if (strlen(value) > VALUE_MAX)
			return mcp_failf(call, MCP_E_TOO_LARGE,
					 "secret_value has %zu bytes; a "
					 "secret holds at most %d.",
					 strlen(value), VALUE_MAX);
		mcp_mask(call, value);
		json_object_object_add(head, "string_value", json_object_new_string(value));
		request = mcp_json_request(call, "POST", API "/put", head, MCP_RETRY_IDEMPOTENT);
		return mcp_suspend(call, &request, 1, 0, put, NULL, 0);
	}
	pieces[0].kind = MCP_PIECE_BYTES;
	text = mcp_printf(call, "%.*s,\"string_value\":\"", (int)strlen(text) - 1, text);
	pieces[0].text = (struct mcp_text){ text, strlen(text) };
	pieces[1].kind = MCP_PIECE_SECRET_JSON;
	pieces[1].text = (struct mcp_text){ value, strlen(value) };
	pieces[2].kind = MCP_PIECE_BYTES;
	pieces[2].text = (struct mcp_text){ "\"}", 2 };
	request.body = pieces;
	request.n_body = COUNT(pieces);
	return mcp_suspend(call, &request, 1, 0, put, NULL, 0);
}

/* ---- delete_secret -------------------------------------------------------------------------- */

/* Called when the key does not exist: suggests similar keys. `state` has the platform's message. */
static int
key_unknown(struct mcp_call *call, const void *state, size_t len)
{
	const char *scope = mcp_arg(call, "scope_name"), *key = mcp_arg(call, "key"), *near;
	struct json_object *keys = mcp_keep(call, json_object_new_array());
	struct json_object *list = mcp_objects(call, mcp_reply_json(call, 0), "secrets");

	(void)len;
	for (size_t i = 0; i < json_object_array_length(list); i++)
		json_object_array_add(keys,
				      json_object_new_string(
					  mcp_get_str(call, json_object_array_get_idx(list, i),
						      "key", "")));
	near = dbx_nearest(call, key, keys);
	return mcp_fail(call, MCP_E_NOT_FOUND,
			mcp_printf(call, "There is no secret \"%s/%s\".", scope, key), state,
			near != NULL
			    ? mcp_printf(call,
					 "Did you mean: %s? list_secrets scope_name=%s shows "
					 "all.",
					 near, mcp_quoted(call, scope))
			    : mcp_printf(call, "Call list_secrets scope_name=%s to see its keys.",
					 mcp_quoted(call, scope)));
}

static int
deleted(struct mcp_call *call, const void *state, size_t len)
{
	const char *scope = mcp_arg(call, "scope_name");
	struct mcp_words words = scope_words(call, "WRITE");
	struct dbx_error error;
	char why[512];
	int status;

	(void)state;
	(void)len;
	if (scope_missing(call, &status))
		return status;
	if (!dbx_ok(call, mcp_reply(call, 0), &error) && error.status == MCP_E_NOT_FOUND) {
		mcp_cut_copy(why, sizeof(why), error.message);
		return mcp_fetch(call, API "/list{?scope}", mcp_object(call, "scope", scope, NULL),
				 key_unknown, why, strlen(why) + 1);
	}
	if (!dbx_done(call, 0, &words))
		return MCP_E_UPSTREAM;
	return mcp_say(call, "Secret \"%s/%s\" is deleted.", scope, mcp_arg(call, "key"));
}

int
delete_secret(struct mcp_call *call)
{
	return mcp_send(call, "POST", API "/delete", NULL,
			mcp_object(call, "scope", mcp_arg(call, "scope_name"), "key",
				   mcp_arg(call, "key"), NULL),
			MCP_RETRY_IDEMPOTENT, deleted, NULL, 0);
}

/* ---- completion ----------------------------------------------------------------------------- */

int
complete_scope_name(struct mcp_call *call)
{
	return mcp_offer_from(call, API "/scopes/list", NULL, "scopes", "name");
}
