/* SPDX-License-Identifier: Apache-2.0 */
/* completion/complete (MCP server/utilities/completion). */
#include "era/completion.h"

#include <string.h>

#include "base/json.h"
#include "run/result.h"
#include "era/inside.h"
#include "era/invoke.h"
#include "policy/policy.h"

static void
send_values(struct request *request, const struct buf *values, int64_t total, bool more)
{
	struct json *out = request_begin(request);

	json_begin(json_member(out, "completion"), '{');
	json_begin(json_member(out, "values"), '[');
	if (values != NULL)
		json_splice(out, values->data, values->len);
	json_end(out);
	if (total >= 0)
		json_number(json_member(out, "total"), total);
	json_boolean(json_member(out, "hasMore"), more);
	json_end(out);
	request_end(request, &(struct wrap){ .type = "complete", .ttl_ms = -1 });
}

/* The row that completes the argument in params.ref and params.argument; false: refused. NULL row:
 * an existing argument without completion. */
static bool
find_ref(struct request *request, const struct row **target, const struct row **row)
{
	struct json_object *params = request->message.params, *ref = json_obj(params, "ref");
	const char *type = json_str(ref, "type");
	bool prompt = type != NULL && strcmp(type, "ref/prompt") == 0;
	bool resource = type != NULL && strcmp(type, "ref/resource") == 0;
	const char *name = message_text(ref, prompt ? "name" : "uri");
	const char *argument = message_text(json_obj(params, "argument"), "name");
	char shown[NAME_ROOM];

	if ((!prompt && !resource) || name == NULL || argument == NULL ||
	    json_str(json_obj(params, "argument"), "value") == NULL)
		request_error(
		    request, RPC_INVALID_PARAMS, NULL,
		    "params.ref must name a ref/prompt or ref/resource, and params.argument have "
		    "a name and a value");
	else if (!registry_completion(request->snapshot->registry, prompt, name, argument,
				      request_view(request), target, row))
		request_error(request, RPC_INVALID_PARAMS, NULL, "unknown %s \"%s\"",
			      prompt ? "prompt" : "resource template", request_shown(name, shown));
	else
		return true;
	return false;
}

void
completion_complete(struct request *request)
{
	struct json_object *params = request->message.params, *arguments, *context;
	const struct row *target = NULL, *row = NULL;

	if (!find_ref(request, &target, &row))
		return;
	if (row == NULL) {
		send_values(request, NULL, 0, false);
		return;
	}
	request->target = target;
	arguments = json_object_new_object();
	context = json_obj(json_obj(params, "context"), "arguments");
	json_object_object_add(arguments, "value",
			       json_object_get(json_get(json_obj(params, "argument"), "value")));
	json_object_object_add(arguments, "context",
			       context != NULL ? json_object_get(context)
					       : json_object_new_object());
	if (request->message.large)
		request_error(request, RPC_INVALID_PARAMS, NULL,
			      "a completion takes at most %u bytes", PARSE_INLINE);
	else if (!request->message.nul || invoke_nul(arguments) == NULL)
		invoke(request, row, arguments, NULL);
	else
		request_error(request, RPC_INVALID_PARAMS, NULL,
			      "params.argument.value and params.context must not contain U+0000");
	json_object_put(arguments);
}

/* Leaves out the values that the policy does not allow. Without lists in the policy nothing is
 * parsed. */
static void
send_allowed(struct request *request, const struct result *result)
{
	struct json_object *argument = json_obj(request->message.params, "argument");
	struct json_object *given =
	    json_obj(json_obj(request->message.params, "context"), "arguments");
	const char *name = message_text(argument, "name");
	struct json_object *values;
	struct buf text, kept;
	size_t n;

	buf_init(&text, ANSWER_MAX);
	buf_init(&kept, ANSWER_MAX);
	buf_printf(&text, "[%s]", result->completion.data);
	values = json_parse(text.data, text.len, &json_upstream, NULL, NULL);
	n = json_object_is_type(values, json_type_array) ? json_object_array_length(values) : 0;
	for (size_t i = 0; i < n; i++) {
		const char *value = json_object_get_string(json_object_array_get_idx(values, i));

		if (!policy_completes(request->snapshot->policy, &request->principal,
				      request->target, name, value, given))
			continue;
		if (kept.len > 0)
			buf_putc(&kept, ',');
		buf_json_str(&kept, value);
	}
	send_values(request, &kept, -1, result->completion_more);
	json_object_put(values);
	buf_fini(&text);
	buf_fini(&kept);
}

void
completion_answer(struct request *request, const struct result *result)
{
	if (result->failed)
		invoke_error(request, result);
	else if (request->target != NULL &&
		 policy_limits_completions(request->snapshot->policy, &request->principal,
					   request->target))
		send_allowed(request, result);
	else
		send_values(request, &result->completion, result->completion_total,
			    result->completion_more);
}
