/* SPDX-License-Identifier: Apache-2.0 */
/* Model serving: the list of endpoints, and a query to one. */
#include "ml.h"

#include <stdio.h>
#include <string.h>

/* an idle endpoint needs minutes to start: after this time the call reports that instead of
 * waiting */
#define QUERY_TIMEOUT_MS 50000

/* ---- list_serving_endpoints ----------------------------------------------------------------- */

/* The text of the item at the first of `places` where there is one. NULL when there is none. */
static const char *
first_text(struct mcp_call *call, struct json_object *item, const char *const *places)
{
	for (; *places != NULL; places++) {
		const char *text = mcp_get_str(call, item, *places, "");

		if (text[0] != '\0')
			return text;
	}
	return NULL;
}

static const char *
with_part(struct mcp_call *call, const char *text, const char *before, const char *part,
	  const char *behind)
{
	return part == NULL
		 ? text
		 : mcp_printf(call, "%s%s%s%s%s", text, text[0] ? " " : "", before, part, behind);
}

/* Writes "main.s.fraud version 3", "gpt-4o-mini (openai)". */
static const char *
served_model(struct mcp_call *call, struct json_object *item)
{
	static const char *const entities[] = { "entity_name", "model_name", NULL };
	static const char *const versions[] = { "entity_version", "model_version", NULL };
	static const char *const external[] = { "external_model.name", NULL };
	static const char *const foundation[] = { "foundation_model.name",
						  "foundation_model.display_name", NULL };
	static const char *const provider[] = { "external_model.provider", NULL };
	const char *text = "";

	text = with_part(call, text, "", first_text(call, item, entities), "");
	text = with_part(call, text, "version ", first_text(call, item, versions), "");
	text = with_part(call, text, "", first_text(call, item, external), "");
	text = with_part(call, text, "(", first_text(call, item, provider), ")");
	text = with_part(call, text, "", first_text(call, item, foundation), "");
	return text[0] != '\0' ? text : mcp_get_str(call, item, "name", "?");
}

/* Writes the models that an endpoint serves. Those of a pending configuration are marked. */
const char *
served_models(struct mcp_call *call, struct json_object *endpoint)
{
	static const char *const places[] = { "config.served_entities", "config.served_models",
					      "pending_config.served_entities",
					      "pending_config.served_models" };
	struct json_object *served = NULL;
	const char *text = "";

	for (size_t i = 0; i < COUNT(places) && served == NULL; i++) {
		served = mcp_array(endpoint, places[i]);
		if (served != NULL && json_object_array_length(served) == 0)
			served = NULL;
	}
	for (size_t i = 0; served != NULL && i < json_object_array_length(served); i++)
		text = mcp_printf(call, "%s%s%s", text, i > 0 ? ", " : "",
				  served_model(call, json_object_array_get_idx(served, i)));
	return text;
}

/* ---- query_model_serving_endpoint ----------------------------------------------------------- */

static const char *const families[] = {
	"dataframe_records", "dataframe_split", "instances", "inputs", "messages", "prompt", "input"
};

static const struct dbx_kind endpoints = {
	.noun = "serving endpoint",
	.list = "/api/2.0/serving-endpoints",
	.items = "endpoints",
	.id = "name",
	.name = "name",
	.tool = "list_serving_endpoints",
	.is_id = dbx_never_an_id,
};

static void
say_foreign(struct mcp_call *call, const char *label, const char *text)
{
	if (text[0] == '\0')
		return;
	if (label != NULL)
		mcp_say(call, "%s:", label);
	mcp_say_text(call, text, strlen(text), true);
}

/* The text of a part of an answer: the part's own text, or that of its summary or inner parts. */
static const char *
part_text(struct mcp_call *call, struct json_object *part)
{
	static const char *const places[] = { "text", "refusal", "reasoning", NULL };
	static const char *const inner[] = { "summary", "content" };
	const char *text;

	if (json_object_is_type(part, json_type_string))
		return json_object_get_string(part);
	text = first_text(call, part, places);
	for (size_t i = 0; text == NULL && i < COUNT(inner); i++) {
		struct json_object *list = mcp_objects(call, part, inner[i]);

		for (size_t k = 0; k < json_object_array_length(list); k++) {
			const char *more =
			    mcp_get_str(call, json_object_array_get_idx(list, k), "text", "");

			text = mcp_printf(call, "%s%s%s", text != NULL ? text : "",
					  text != NULL ? "\n" : "", more);
		}
	}
	return text;
}

/* For a part without text its type is shown: "[image_url]". */
static bool
say_part(struct mcp_call *call, struct json_object *part)
{
	const char *type = mcp_get_str(call, part, "type", "part");
	const char *text = part_text(call, part);

	if (text != NULL)
		say_foreign(call,
			    strstr(type, "reasoning") != NULL  ? "reasoning"
			    : mcp_get(part, "refusal") != NULL ? "refusal"
							       : NULL,
			    text);
	else
		mcp_say(call, "[%s]", type);
	return text == NULL || text[0] != '\0';
}

/* The content of a message: a text, or parts of several kinds. */
static bool
say_content(struct mcp_call *call, struct json_object *content)
{
	bool said = false;

	if (content == NULL)
		return false;
	if (!json_object_is_type(content, json_type_array)) {
		say_foreign(call, NULL, mcp_value_text(call, content));
		return mcp_value_text(call, content)[0] != '\0';
	}
	for (size_t i = 0; i < json_object_array_length(content); i++)
		said = say_part(call, json_object_array_get_idx(content, i)) || said;
	return said;
}

/* Shows one answer of a chat or completion model. Values that are not text are shown unchanged. */
static void
say_choice(struct mcp_call *call, struct json_object *choice)
{
	const char *refusal = mcp_get_str(call, choice, "message.refusal", "");
	const char *thought = mcp_get_str(call, choice, "message.reasoning_content", "");
	struct json_object *tools = mcp_get(choice, "message.tool_calls");
	const char *reason = mcp_get_str(call, choice, "finish_reason",
					 mcp_get_str(call, choice, "finishReason", ""));
	bool said;

	say_foreign(call, "reasoning", thought);
	said = say_content(call, mcp_get(choice, "message.content"));
	said = say_content(call, mcp_get(choice, "text")) || said;
	say_foreign(call, "refusal", refusal);
	if (tools != NULL)
		say_foreign(call, "tool calls", mcp_value_text(call, tools));
	if (!said && refusal[0] == '\0' && tools == NULL)
		mcp_say(call, "The answer has no text.");
	if (strcmp(reason, "length") == 0)
		mcp_say(call, "The answer was cut: max_tokens was reached.");
	else if (reason[0] != '\0' && strcmp(reason, "stop") != 0 &&
		 strcmp(reason, "tool_cal"
				"ls") != 0)
		mcp_say(call, "finish reason: %s", reason);
}

/* Shows the choices of a chat or completion model, the messages of an agent, or only the
 * content. */
static bool
say_choices(struct mcp_call *call, struct json_object *reply)
{
	struct json_object *choices = mcp_objects(call, reply, "choices");
	struct json_object *output = mcp_objects(call, reply, "output");
	size_t n = json_object_array_length(choices), messages = json_object_array_length(output);

	for (size_t i = 0; i < n; i++)
		say_choice(call, json_object_array_get_idx(choices, i));
	for (size_t i = 0; n == 0 && i < messages; i++) {
		struct json_object *item = json_object_array_get_idx(output, i);

		if (!say_content(call, mcp_get(item, "content")))
			say_part(call, item);
	}
	return n > 0 || messages > 0 || say_content(call, mcp_array(reply, "content"));
}

/* Shows the members that stand beside the choices. */
static void
say_rest(struct mcp_call *call, struct json_object *reply)
{
	static const char *const members[] = { "predictions", "outputs", "data" };

	for (size_t i = 0; i < COUNT(members); i++)
		say_foreign(call, members[i], mcp_value_text(call, mcp_get(reply, members[i])));
}

static void
say_usage(struct mcp_call *call, struct json_object *reply)
{
	int64_t in =
	    mcp_get_int(reply, "usage.prompt_tokens", mcp_get_int(reply, "usage.input_tokens", -1));
	int64_t out = mcp_get_int(reply, "usage.completion_tokens",
				  mcp_get_int(reply, "usage.output_tokens", -1));

	if (in >= 0 && out >= 0)
		mcp_say(call, "tokens: %lld in, %lld out", (long long)in, (long long)out);
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
				"An endpoint that scales to zero takes minutes to start.",
				"Repeat the call in a minute; list_serving_endpoints shows whether "
				"it is ready.");
	if (error->http == 400 || error->http == 422)
		return mcp_fail(call, MCP_E_INPUT,
				mcp_printf(call, "Serving endpoint \"%s\" rejected the input.",
					   name),
				error->message,
				"Correct input_data as the message says, or call "
				"list_serving_endpoints to see whether the endpoint is "
				"ready.");
	return dbx_fail(call, mcp_reply(call, 0), error,
			&(struct mcp_words){ .object =
						 mcp_printf(call, "Serving endpoint \"%s\"", name),
					     .grant = "CAN QUERY on the endpoint" });
}

static int
answered(struct mcp_call *call, const void *state, size_t len)
{
	struct dbx_error error;
	struct json_object *reply;
	const char *model;

	(void)state;
	(void)len;
	if (!dbx_ok(call, mcp_reply(call, 0), &error))
		return query_failed(call, &error);
	reply = dbx_reply(call, 0,
			  &(struct mcp_words){
			      .object = mcp_printf(call, "The answer of serving endpoint \"%s\"",
						   mcp_arg(call, "endpoint_name")) });
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	model = mcp_reply_header(mcp_reply(call, 0), "served-model-name");
	if (model == NULL)
		model = mcp_get_str(call, reply, "served-model-name",
				    mcp_get_str(call, reply, "model", NULL));
	if (model != NULL)
		mcp_say(call, "model: %s", model);
	if (!say_choices(call, reply))
		say_foreign(call, NULL, mcp_value_text(call, reply));
	else
		say_rest(call, reply);
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
				found == 0 ? "input_data has no known input."
					   : "input_data has several inputs; only one is "
					     "allowed.",
				"Inputs are dataframe_records, dataframe_split, instances, "
				"inputs, messages, prompt and input.",
				"Give exactly one of them; parameters may be added.");
	if (mcp_get_bool(input, "stream", false))
		return mcp_fail(call, MCP_E_INPUT, "stream is not supported here.",
				"A tool returns one answer.", "Omit stream.");
	path = mcp_expand(call, "/serving-endpoints/{endpoint_name}/invocations", mcp_args(call));
	if (path == NULL)
		return MCP_E_INPUT;
	request = mcp_json_request(call, "POST", path, input, MCP_RETRY_NEVER);
	request.timeout_ms = QUERY_TIMEOUT_MS;
	return mcp_suspend(call, &request, 1, 0, answered, NULL, 0);
}
