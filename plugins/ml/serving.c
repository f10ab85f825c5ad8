/* SPDX-License-Identifier: Apache-2.0 */
/* Model serving: which endpoints there are, and asking one. */
#include "ml.h"

#include <stdio.h>
#include <string.h>

#define QUERY_TIMEOUT_MS 50000 /* a cold endpoint takes minutes: say so instead of waiting */

/* ---- list_serving_endpoints ----------------------------------------------------------------- */

/* "fraud-3, fraud-4": the models behind an endpoint. */
static const char *
served_models(struct mcp_call *call, struct json_object *endpoint)
{
	static const char *const places[] = { "config.served_entities", "config.served_models",
	    "pending_config.served_entities", "pending_config.served_models" };
	struct json_object *served = NULL;
	const char *text = "";

	for (size_t i = 0; i < COUNT(places) && served == NULL; i++)
		served = dbx_array(endpoint, places[i]);
	for (size_t i = 0; served != NULL && i < json_object_array_length(served); i++) {
		struct json_object *item = json_object_array_get_idx(served, i);
		const char *version = mcp_get_str(call, item, "entity_version", NULL);

		text = mcp_printf(call, "%s%s%s%s%s", text, i > 0 ? ", " : "",
				  mcp_get_str(call, item, "entity_name",
					      mcp_get_str(call, item, "name", "?")),
				  version != NULL ? " v" : "", version != NULL ? version : "");
	}
	return text;
}

static bool
endpoint_item(struct mcp_call *call, struct json_object *endpoint)
{
	json_object_object_add(endpoint, "models",
			       json_object_new_string(served_models(call, endpoint)));
	return dbx_name_matches(call, mcp_get_str(call, endpoint, "name", ""));
}

static const struct dbx_column endpoint_columns[] = {
	{ "name", NULL, "name", NULL },
	{ "ready", NULL, "state.ready", NULL },
	{ "update", NULL, "state.config_update", NULL },
	{ "task", NULL, "task", NULL },
	{ "models", NULL, "models", NULL },
	{ "creator", NULL, "creator", NULL },
};

static const struct dbx_list endpoint_list = {
	.path = "/api/2.0/serving-endpoints",
	.limit_name = "limit",
	.most = 1000,
	.items = "endpoints",
	.columns = endpoint_columns,
	.n_columns = COUNT(endpoint_columns),
	.noun = "endpoints",
	.tool = "list_serving_endpoints",
	.item = endpoint_item,
	.limit = "",
};

int
list_serving_endpoints(struct mcp_call *call)
{
	return dbx_list(call, &endpoint_list, dbx_object(call, NULL));
}

/* ---- query_model_serving_endpoint ----------------------------------------------------------- */

static const char *const families[] = { "dataframe_records", "dataframe_split", "instances",
					"inputs", "messages", "prompt", "input" };

static bool
never_an_id(const char *text)
{
	(void)text;
	return false;
}

static const struct dbx_kind endpoints = {
	.noun = "serving endpoint", .list = "/api/2.0/serving-endpoints", .items = "endpoints",
	.id = "name", .name = "name", .tool = "list_serving_endpoints", .is_id = never_an_id,
};

/* One answer of a chat or completion model. What it is besides text is said as it came. */
static void
say_choice(struct mcp_call *call, struct json_object *choice)
{
	const char *text = mcp_get_str(call, choice, "message.content",
				       mcp_get_str(call, choice, "text", ""));
	struct json_object *tools = mcp_get(choice, "message.tool_calls");
	const char *reason = mcp_get_str(call, choice, "finish_reason",
					 mcp_get_str(call, choice, "finishReason", ""));

	if (text[0] != '\0' || tools == NULL)
		mcp_say_text(call, text, strlen(text), true);
	if (tools != NULL) {
		text = mcp_printf(call, "tool calls: %s", json_object_to_json_string_ext(tools,
		    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
		mcp_say_text(call, text, strlen(text), true);
	}
	if (strcmp(reason, "length") == 0)
		mcp_say(call, "The answer was cut: max_tokens was reached.");
}

static bool
say_choices(struct mcp_call *call, struct json_object *reply)
{
	struct json_object *choices = dbx_array(reply, "choices");

	for (size_t i = 0; choices != NULL && i < json_object_array_length(choices); i++)
		say_choice(call, json_object_array_get_idx(choices, i));
	return choices != NULL;
}

static void
say_usage(struct mcp_call *call, struct json_object *reply)
{
	struct json_object *usage = mcp_get(reply, "usage");

	if (usage != NULL)
		mcp_say(call, "tokens: %lld in, %lld out",
			(long long)mcp_get_int(usage, "prompt_tokens", 0),
			(long long)mcp_get_int(usage, "completion_tokens", 0));
}

static int
query_failed(struct mcp_call *call, const struct dbx_error *error)
{
	const char *name = mcp_arg(call, "endpoint_name");

	if (error->status == MCP_E_NOT_FOUND)
		return dbx_unknown(call, &endpoints, name, error->message);
	if (error->status == MCP_E_TIMEOUT || error->http == 504)
		return mcp_fail(call, MCP_E_TIMEOUT,
				mcp_printf(call, "Serving endpoint \"%s\" did not answer in time.",
					   name),
				"An endpoint that scales to zero takes minutes to wake.",
				"Repeat the call in a minute; list_serving_endpoints shows whether "
				"it is ready.");
	if (error->http == 400 || error->http == 422)
		return mcp_fail(call, MCP_E_INPUT,
				mcp_printf(call, "Serving endpoint \"%s\" refused the input.",
					   name), error->message,
				"Correct input_data by that message, or see with "
				"list_serving_endpoints whether the endpoint is ready.");
	return dbx_fail(call, mcp_reply(call, 0), error, &(struct dbx_words){
	    .object = mcp_printf(call, "Serving endpoint \"%s\"", name),
	    .grant = "CAN QUERY on the endpoint" });
}

static int
answered(struct mcp_call *call, const void *state, size_t len)
{
	struct dbx_error error;
	struct json_object *reply;
	const char *text, *model;

	(void)state;
	(void)len;
	if (!dbx_ok(call, mcp_reply(call, 0), &error))
		return query_failed(call, &error);
	reply = dbx_reply(call, 0, &(struct dbx_words){
	    .object = mcp_printf(call, "The answer of serving endpoint \"%s\"",
				 mcp_arg(call, "endpoint_name")) });
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	model = mcp_reply_header(mcp_reply(call, 0), "served-model-name");
	if (model != NULL)
		mcp_say(call, "model: %s", model);
	if (!say_choices(call, reply)) {
		text = json_object_to_json_string_ext(reply, JSON_C_TO_STRING_PLAIN
						      | JSON_C_TO_STRING_NOSLASHESCAPE);
		mcp_say_text(call, text, strlen(text), true);
	}
	say_usage(call, reply);
	return MCP_OK;
}

int
query_model_serving_endpoint(struct mcp_call *call)
{
	struct json_object *input = mcp_arg_json(call, "input_data");
	const char *path;
	struct mcp_http request;
	size_t found = 0;

	for (size_t i = 0; i < COUNT(families); i++)
		found += json_object_object_get_ex(input, families[i], NULL) ? 1 : 0;
	if (found != 1)
		return mcp_fail(call, MCP_E_INPUT,
				found == 0 ? "input_data has none of the known inputs."
					   : "input_data has several inputs; it takes one.",
				"Inputs are dataframe_records, dataframe_split, instances, inputs, "
				"messages, prompt and input.",
				"Give exactly one of them, and parameters beside it.");
	if (mcp_get_bool(input, "stream", false))
		return mcp_fail(call, MCP_E_INPUT, "stream is not possible here.",
				"A tool answers once.", "Leave out stream.");
	path = mcp_expand(call, "/serving-endpoints/{endpoint_name}/invocations", mcp_args(call));
	if (path == NULL)
		return MCP_E_INPUT;
	request = mcp_json_request(call, "POST", path, input, MCP_RETRY_NEVER);
	request.timeout_ms = QUERY_TIMEOUT_MS;
	return mcp_suspend(call, &request, 1, 0, answered, NULL, 0);
}
