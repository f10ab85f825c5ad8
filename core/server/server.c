/* SPDX-License-Identifier: Apache-2.0 */
/* get_server_info is the tool that an agent calls first, or when something is missing. It answers
 * without an upstream or a credential, and then reports which one is missing. It reports only
 * upstreams that an enabled plugin uses. */
#include "server/server.h"

#include <json-c/json.h>
#include <string.h>

#include <lakehost/call.h>

#include "base/cost.h"
#include "config/config.h"
#include "limits/limits.h"
#include "run/ops.h"
#include "run/run.h"
#include "upstream/upstream.h"

#define IDENTITY_TIMEOUT_MS 5000

extern const char server_manifest[], server_manifest_end[];

static const struct server_facts *
facts_of(struct mcp_call *call)
{
	return mcp_self(call);
}

/* Writes "compute 0.1.0" for a plugin, with the reason if it was refused. */
static const char *
plugin_line(struct mcp_call *call, size_t i)
{
	struct plugin_status status;

	plugins_status(facts_of(call)->plugins, i, &status);
	if (status.refusal == PLUGIN_OK)
		return mcp_printf(call, "%s %s", status.name, status.version);
	return mcp_printf(call, "%s: refused, %s", status.name,
			  plugin_refusal_text(status.refusal));
}

static void
say_plugins(struct mcp_call *call, struct json_object *info)
{
	struct json_object *list = json_object_new_array();
	const char *text = "";

	for (size_t i = 0; i < plugins_count(facts_of(call)->plugins); i++) {
		const char *line = plugin_line(call, i);

		json_object_array_add(list, json_object_new_string(line));
		text = mcp_printf(call, "%s%s%s", text, i > 0 ? "; " : "", line);
	}
	json_object_object_add(info, "plugins", list);
	mcp_say(call, "plugins: %s", text);
}

static void
add(struct json_object *info, const char *key, const char *value)
{
	json_object_object_add(info, key, json_object_new_string(value));
}

/* What the caller has used of its budgets today. The tool is inline, so all of this runs on the
 * loop thread, to which the limits belong. */
static void
say_budgets(struct mcp_call *call, struct json_object *limits)
{
	const char *principal = mcp_context(call, MCP_CTX_PRINCIPAL).data;
	struct json_object *budgets = NULL, *entry;
	int64_t used, budget;

	for (unsigned cost = 0; cost < COSTS; cost++) {
		const char *key = limits_keys[LIMITS_BUDGET + cost];

		if (!limits_usage(facts_of(call)->limits, principal, (enum cost)cost, &used,
				  &budget))
			continue;
		if (budgets == NULL)
			json_object_object_add(limits, "budgets",
					       budgets = json_object_new_object());
		json_object_object_add(budgets, key, entry = json_object_new_object());
		json_object_object_add(entry, "used", json_object_new_int64(used));
		json_object_object_add(entry, "of", json_object_new_int64(budget));
		mcp_say(call, "budget of today (UTC): %s: %lld of %lld used", key, (long long)used,
			(long long)budget);
	}
}

static void
say_limits(struct mcp_call *call, struct json_object *info)
{
	struct json_object *limits = json_object_new_object();
	unsigned rows = facts_of(call)->config->results.rows,
		 bytes = facts_of(call)->config->results.text,
		 seconds = facts_of(call)->config->limits.call_ms / 1000;

	json_object_object_add(info, "limits", limits);
	json_object_object_add(limits, "rows", json_object_new_int64(rows));
	json_object_object_add(limits, "text_bytes", json_object_new_int64(bytes));
	json_object_object_add(limits, "call_s", json_object_new_int64(seconds));
	mcp_say(call, "limits: %u rows and %u bytes of text for each result, %u s for each call",
		rows, bytes, seconds);
	say_budgets(call, limits);
}

/* ---- upstreams ------------------------------------------------------------------------------ */

/* Does the upstream have a request that returns the identity of the credential? */
static bool
has_identity(struct mcp_call *call, const struct config_upstream *upstream)
{
	return plugins_use(facts_of(call)->plugins, upstream->role) && upstream->url != NULL &&
	       upstream->auth_type != NULL && upstream->kind->identity_path != NULL;
}

/* Reads the identity of the credential from the reply. NULL with `missing`. */
static const char *
identity_in(struct mcp_call *call, const struct config_upstream *upstream, size_t reply_index,
	    const char **missing)
{
	const struct mcp_reply *reply = mcp_reply(call, reply_index);
	const struct upstream_kind *kind = upstream->kind;
	const char *name;

	if (reply->error != MCP_OK) {
		*missing = reply->why;
		return NULL;
	}
	name = mcp_get_str(call, mcp_reply_json(call, reply_index), kind->identity_key, NULL);
	if (reply->status == 200 && name != NULL)
		return name;
	*missing = reply->status == 200
		     ? mcp_printf(call, "%s returned no identity", kind->service)
		     : mcp_printf(call,
				  "%s answered HTTP %d; check that the credential is "
				  "valid",
				  kind->service, reply->status);
	return NULL;
}

/* The name of an upstream: "workspace"; for others "databricks upstream eu" or "generic upstream
 * tracker". */
static const char *
subject(struct mcp_call *call, const struct config_upstream *upstream)
{
	return strcmp(upstream->role, "workspace") == 0
		 ? "workspace"
		 : mcp_printf(call, "%s upstream %s", upstream->kind->name, upstream->role);
}

/* Writes the line of an upstream. `identity` is NULL when it is unknown, with the reason in
 * `missing`, or when it was not requested. */
static void
say_upstream(struct mcp_call *call, struct json_object *info,
	     const struct config_upstream *upstream, const char *identity, const char *missing)
{
	struct json_object *entry = json_object_new_object(), *list;
	const char *what = subject(call, upstream);

	if (!json_object_object_get_ex(info, "upstreams", &list)) {
		list = json_object_new_array();
		json_object_object_add(info, "upstreams", list);
	}
	json_object_array_add(list, entry);
	add(entry, "role", upstream->role);
	add(entry, "kind", upstream->kind->name);
	add(entry, "credential", upstream->auth_why);
	if (upstream->url != NULL) {
		add(entry, "url", upstream->url);
		mcp_say(call, "%s: %s (%s)", what, upstream->url, upstream->auth_why);
	} else {
		mcp_say(call, "%s: %s", what, upstream->auth_why);
	}
	if (identity != NULL) {
		add(entry, "identity", identity);
		mcp_say(call, "identity: %s", identity);
	} else if (missing != NULL) {
		add(entry, "identity_unknown", missing);
		mcp_say(call, "identity: unknown: %s", missing);
	}
	if (strcmp(upstream->role, "workspace") != 0)
		return;
	if (upstream->url != NULL)
		add(info, "workspace", upstream->url);
	if (identity != NULL)
		add(info, "identity", identity);
}

/* Writes who calls, and what that principal may do here. That is never more than policy.access. */
static void
say_principal(struct mcp_call *call, struct json_object *info)
{
	const char *access = access_name((enum access)ops_run(call)->access);
	const char *principal = mcp_context(call, MCP_CTX_PRINCIPAL).data;

	add(info, "access", access);
	add(info, "principal", principal);
	mcp_say(call, "lakehost %s, access: %s, principal: %s", LAKEHOST_PLUGIN_VERSION, access,
		principal);
}

/* Reads the replies of the upstreams that have an identity, in the order of the configuration. */
static int
say_info(struct mcp_call *call, const void *state, size_t len)
{
	struct json_object *info = mcp_keep(call, json_object_new_object());
	size_t reply = 0;

	(void)state;
	(void)len;
	add(info, "version", LAKEHOST_PLUGIN_VERSION);
	say_principal(call, info);
	for (size_t i = 0; i < facts_of(call)->config->upstreams; i++) {
		const struct config_upstream *upstream = &facts_of(call)->config->upstream[i];
		const char *identity = NULL, *missing = NULL;

		if (!plugins_use(facts_of(call)->plugins, upstream->role))
			continue;
		if (has_identity(call, upstream))
			identity = identity_in(call, upstream, reply++, &missing);
		else if (upstream->kind->identity_path != NULL)
			missing = upstream->auth_why;
		say_upstream(call, info, upstream, identity, missing);
	}
	say_plugins(call, info);
	say_limits(call, info);
	return mcp_structured(call, info);
}

static int
get_server_info(struct mcp_call *call)
{
	struct mcp_http requests[MCP_REQUESTS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < facts_of(call)->config->upstreams && n < MCP_REQUESTS_MAX; i++) {
		const struct config_upstream *upstream = &facts_of(call)->config->upstream[i];

		if (!has_identity(call, upstream))
			continue;
		requests[n] = mcp_get_request(upstream->kind->identity_path, NULL);
		requests[n].upstream = upstream->role;
		requests[n].timeout_ms = IDENTITY_TIMEOUT_MS;
		/* The requests have a short deadline: an unreachable upstream must be reported
		 * soon, and is part of the answer. */
		requests[n++].retry = MCP_RETRY_NEVER;
	}
	return n > 0 ? mcp_suspend(call, requests, n, 0, say_info, NULL, 0)
		     : say_info(call, NULL, 0);
}

static const struct mcp_row tools[] = {
	{ .name = "get_server_info", .handler = get_server_info },
};

static const struct mcp_plugin descriptor = {
	MCP_PLUGIN_HEAD,
	.name = "lakehost",
	.version = LAKEHOST_PLUGIN_VERSION,
	.tools = MCP_ROWS(tools),
};

const struct plugin_builtin server_plugin = {
	.descriptor = &descriptor,
	.manifest = server_manifest,
	.manifest_end = server_manifest_end,
};
