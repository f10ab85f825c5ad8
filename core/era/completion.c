/* SPDX-License-Identifier: Apache-2.0 */
/* completion/complete (MCP server/utilities/completion). */
#include "era/completion.h"

#include <string.h>

#include "base/json.h"
#include "run/result.h"
#include "era/inside.h"
#include "era/invoke.h"

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
find_ref(struct request *request, const struct row **row)
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
	else if (!registry_completion(request->eras->parts.registry, prompt, name, argument, row))
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
	const struct row *row = NULL;

	if (!find_ref(request, &row))
		return;
	if (row == NULL) {
		send_values(request, NULL, 0, false);
		return;
	}
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

void
completion_answer(struct request *request, const struct result *result)
{
	if (result->failed)
		invoke_error(request, result);
	else
		send_values(request, &result->completion, result->completion_total,
			    result->completion_more);
}
