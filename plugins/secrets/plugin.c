/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plugin secrets: scopes and keys, never values. Secrets API 2.0:
 * https://docs.databricks.com/api/workspace/secrets
 */
#include "databricks.h"

#include <string.h>

#define API "/api/2.0/secrets"
#define VALUE_MAX 131072 /* bytes; the API's limit */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- list_secret_scopes, list_secrets ------------------------------------------------------- */

static int
scopes_shown(struct mcp_call *call, const void *state, size_t len)
{
	static const struct dbx_column columns[] = {
		{ "scope_name", NULL, "name", NULL },
		{ "backend", NULL, "backend_type", NULL },
	};
	struct json_object *reply = dbx_reply(call, 0, &(struct dbx_words){
	    .object = "The list of secret scopes", .grant = "READ on a secret scope" });
	struct json_object *scopes = mcp_get(reply, "scopes"), *kept;

	(void)state;
	(void)len;
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	kept = mcp_keep(call, json_object_new_array());
	for (size_t i = 0; scopes != NULL && i < json_object_array_length(scopes); i++) {
		struct json_object *scope = json_object_array_get_idx(scopes, i);

		if (dbx_name_matches(call, mcp_get_str(call, scope, "name", "")))
			json_object_array_add(kept, json_object_get(scope));
	}
	return dbx_table(call, kept, columns, COUNT(columns),
			 &(struct dbx_page){ .noun = "scopes", .total = -1 });
}

static int
list_secret_scopes(struct mcp_call *call)
{
	return dbx_get(call, API "/scopes/list", NULL, scopes_shown, NULL, 0);
}

/* The scopes are few and all in one list: a missing one is told with its nearest names. */
static bool
never_an_id(const char *text)
{
	(void)text;
	return false;
}

static const struct dbx_kind scopes = {
	.noun = "secret scope", .list = API "/scopes/list", .items = "scopes", .id = "name",
	.name = "name", .tool = "list_secret_scopes", .is_id = never_an_id,
};

/* True when the first reply says that the scope is missing; the call then goes on to explain. */
static bool
scope_missing(struct mcp_call *call, int *status)
{
	struct dbx_error error;

	if (dbx_ok(call, mcp_reply(call, 0), &error) || error.status != MCP_E_NOT_FOUND
	    || strstr(error.message, "cope") == NULL)
		return false;
	*status = dbx_unknown(call, &scopes, mcp_arg(call, "scope_name"), error.message);
	return true;
}

static struct dbx_words
scope_words(struct mcp_call *call, const char *grant)
{
	const char *scope = mcp_arg(call, "scope_name"), *key = mcp_arg(call, "key");

	return (struct dbx_words){
		.object = key != NULL ? mcp_printf(call, "Secret \"%s/%s\"", scope, key)
				      : mcp_printf(call, "Secret scope \"%s\"", scope),
		.not_found = key != NULL
		    ? mcp_printf(call, "Call list_secrets scope_name=%s to see its keys.", scope)
		    : "Call list_secret_scopes to see which exist.",
		.grant = mcp_printf(call, "%s on the scope \"%s\"", grant, scope),
	};
}

static int
secrets_shown(struct mcp_call *call, const void *state, size_t len)
{
	static const struct dbx_column columns[] = {
		{ "key", NULL, "key", NULL },
		{ "set", NULL, "last_updated_timestamp", dbx_show_time },
		{ "age", NULL, "last_updated_timestamp", dbx_show_age },
	};
	struct dbx_words words = scope_words(call, "READ");
	struct json_object *reply;
	int status;

	(void)state;
	(void)len;
	if (scope_missing(call, &status))
		return status;
	reply = dbx_reply(call, 0, &words);
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	return dbx_table(call, mcp_get(reply, "secrets"), columns, COUNT(columns),
			 &(struct dbx_page){ .noun = "secrets", .total = -1 });
}

static int
list_secrets(struct mcp_call *call)
{
	return dbx_get(call, API "/list{?scope}",
		       dbx_object(call, "scope", mcp_arg(call, "scope_name"), NULL), secrets_shown,
		       NULL, 0);
}

/* ---- put_secret, delete_secret -------------------------------------------------------------- */

static int
changed(struct mcp_call *call, const void *state, size_t len)
{
	struct dbx_words words = scope_words(call, "WRITE");
	int status;

	(void)len;
	if (scope_missing(call, &status))
		return status;
	if (dbx_reply(call, 0, &words) == NULL)
		return MCP_E_UPSTREAM;
	return mcp_say(call, "Secret \"%s/%s\" is %s.", mcp_arg(call, "scope_name"),
		       mcp_arg(call, "key"), (const char *)state);
}

static bool
is_reference(const char *value)
{
	return strncmp(value, "env:", 4) == 0 || strncmp(value, "file:", 5) == 0;
}

/*
 * The body is sent in pieces, because a referenced value is put in by the host: this plugin never
 * sees it. A literal value is masked from here on.
 */
static int
put_secret(struct mcp_call *call)
{
	const char *value = mcp_arg(call, "secret_value");
	struct json_object *head = dbx_object(call, "scope", mcp_arg(call, "scope_name"), "key",
					      mcp_arg(call, "key"), NULL);
	const char *text = json_object_to_json_string_ext(head, JSON_C_TO_STRING_PLAIN);
	struct mcp_http request = mcp_json_request(call, "POST", API "/put", head,
						   MCP_RETRY_IDEMPOTENT);
	struct mcp_piece pieces[3];

	if (!is_reference(value)) {
		if (strlen(value) > VALUE_MAX)
			return mcp_failf(call, MCP_E_TOO_LARGE, "secret_value has %zu bytes; a "
					 "secret holds at most %d.", strlen(value), VALUE_MAX);
		mcp_mask(call, value);
		json_object_object_add(head, "string_value", json_object_new_string(value));
		request = mcp_json_request(call, "POST", API "/put", head, MCP_RETRY_IDEMPOTENT);
		return mcp_suspend(call, &request, 1, 0, changed, "set", sizeof("set"));
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
	return mcp_suspend(call, &request, 1, 0, changed, "set", sizeof("set"));
}

static int
delete_secret(struct mcp_call *call)
{
	return dbx_send(call, "POST", API "/delete", NULL,
			dbx_object(call, "scope", mcp_arg(call, "scope_name"), "key",
				   mcp_arg(call, "key"), NULL),
			MCP_RETRY_IDEMPOTENT, changed, "deleted", sizeof("deleted"));
}

/* ---- completion ----------------------------------------------------------------------------- */

static int
scopes_offered(struct mcp_call *call, const void *state, size_t len)
{
	(void)state;
	(void)len;
	return dbx_offer(call, "scopes", "name");
}

static int
complete_scope(struct mcp_call *call)
{
	return dbx_get(call, API "/scopes/list", NULL, scopes_offered, NULL, 0);
}

/* ---- the plugin ----------------------------------------------------------------------------- */

static const struct mcp_row tools[] = {
	{ .name = "list_secret_scopes", .handler = list_secret_scopes },
	{ .name = "list_secrets", .handler = list_secrets },
	{ .name = "put_secret", .handler = put_secret },
	{ .name = "delete_secret", .handler = delete_secret },
};

static const struct mcp_row completions[] = {
	{ .name = "databricks://secret-scopes/{scope_name}/secrets scope_name",
	  .handler = complete_scope },
};

const struct mcp_plugin mcp_plugin = {
	MCP_PLUGIN_HEAD,
	.name = LAKEHOST_PLUGIN_NAME,
	.version = LAKEHOST_PLUGIN_VERSION,
	.tools = MCP_ROWS(tools),
	.completions = MCP_ROWS(completions),
};
