/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin's requests to the client: its capabilities, and questions. */
#include <stdlib.h>
#include <string.h>

#include <lakehost/call.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "run/ops.h"
#include "run/ops_client.h"
#include "run/result_internal.h"

static struct json_object *
parsed(struct json_object **tree, const char *text)
{
	if (*tree == NULL) {
		*tree = json_parse(text, strlen(text), &json_inbound, NULL, NULL);
		if (*tree == NULL)
			*tree = json_object_new_object();
	}
	return *tree;
}

/* The capability "elicitation.url" is the member url of the member elicitation. An elicitation
 * capability without a mode means forms (MCP, client/elicitation, "Capabilities"). */
bool
op_client_can(struct mcp_call *call, const char *capability)
{
	struct run *run = ops_run(call);
	struct json_object *at, *elicitation;
	char name[128];

	if (run == NULL || capability == NULL)
		return false;
	at = parsed(&run->capabilities, run->capabilities_text);
	elicitation = json_obj(at, "elicitation");
	if (strcmp(capability, "elicitation.form") == 0)
		return elicitation != NULL && (json_get(elicitation, "form") != NULL ||
					       json_get(elicitation, "url") == NULL);
	while (at != NULL && *capability != '\0') {
		size_t len = strcspn(capability, ".");

		if (len >= sizeof(name))
			return false;
		memcpy(name, capability, len);
		name[len] = '\0';
		at = json_get(at, name);
		capability += len + (capability[len] == '.');
	}
	return at != NULL &&
	       !(json_object_is_type(at, json_type_boolean) && !json_object_get_boolean(at));
}

int
op_require(struct mcp_call *call, const char *capability)
{
	struct run *run = ops_run(call);
	struct buf what;

	if (ops_failed(run))
		return ops_failure(run);
	if (capability == NULL)
		return ops_missing(run, "the plugin asked about a capability that is NULL");
	if (op_client_can(call, capability))
		return MCP_OK;
	buf_init(&what, RESULT_LINE_MAX);
	buf_printf(&what, "This call needs a client with the capability \"%s\"", capability);
	result_fail_text(&run->result, MCP_E_UNSUPPORTED, what.data,
			 "The client does not declare this capability",
			 "Use a client that has this capability");
	run->result.require = xstrdup(capability);
	buf_fini(&what);
	return MCP_E_UNSUPPORTED;
}

/* The capability that a question needs. NULL: there is no question of this kind. */
static const char *
capability_for(const char *method, struct json_object *params)
{
	const char *mode = json_str(params, "mode");

	if (strcmp(method, "elicitation/create") == 0)
		return mode != NULL && strcmp(mode, "url") == 0 ? "elicitation.url"
								: "elicitation.form";
	if (strcmp(method, "sampling/createMessage") == 0)
		return json_get(params, "tools") != NULL ? "sampling.tools" : "sampling";
	return strcmp(method, "roots/list") == 0 ? "roots" : NULL;
}

static void
record_question(struct run *run, const char *key, const char *method, const char *params,
		size_t len)
{
	struct outcome *outcome = &run->outcome;

	for (size_t i = 0; i < outcome->questions; i++)
		if (strcmp(outcome->question[i].key, key) == 0)
			return;
	outcome->question =
	    xrealloc(outcome->question, (outcome->questions + 1) * sizeof(*outcome->question));
	outcome->question[outcome->questions++] = (struct question){
		.key = xstrdup(key), .method = xstrdup(method), .params = xstrndup(params, len)
	};
}

/* Answers that are not objects count as missing (MCP, basic/patterns/mrtr). */
static bool
answered(struct run *run, const char *key, struct mcp_text *answer)
{
	struct json_object *value = json_obj(parsed(&run->answers, run->answers_text), key);
	struct buf text;

	if (value == NULL)
		return false;
	buf_init(&text, json_inbound.bytes);
	buf_json_tree(&text, value);
	answer->data = arena_strndup(run->arena, text.data, text.len);
	answer->len = text.len;
	buf_fini(&text);
	return true;
}

int
op_ask(struct mcp_call *call, const char *key, const char *method, const char *params, size_t len,
       struct mcp_text *answer)
{
	struct run *run = ops_run(call);
	struct json_object *tree;
	const char *capability, *why;

	*answer = (struct mcp_text){ NULL, 0 };
	if (ops_failed(run))
		return ops_failure(run);
	if (key == NULL || method == NULL || params == NULL)
		return ops_missing(
		    run, "the plugin asked a question without its key, method or parameters");
	if (answered(run, key, answer))
		return MCP_OK;
	if (len > QUESTION_PARAMS_MAX || run->outcome.questions >= QUESTIONS_MAX)
		return result_defect(
		    &run->result,
		    "the plugin asked more than 8 questions, or one of more than 64 KiB");
	tree = json_parse(params, len, &json_inbound, &why, NULL);
	if (!json_object_is_type(tree, json_type_object)) {
		json_object_put(tree);
		return result_defect(&run->result,
				     "the parameters of a question are not an object");
	}
	capability = capability_for(method, tree);
	json_object_put(tree);
	if (capability == NULL)
		return result_defect(
		    &run->result,
		    "the plugin asked a question with the method \"%s\", which clients do not know",
		    method);
	if (!op_client_can(call, capability)) {
		run->refused = capability;
		return MCP_E_UNSUPPORTED;
	}
	record_question(run, key, method, params, len);
	run_asks(run, OUTCOME_ASK);
	return MCP_ASKED;
}
