/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments of the call and options of the plugin. */
#include "step.h"

struct json_object *
mcp_args(struct mcp_call *call)
{
	struct step *step = step_of(call);
	struct mcp_text text;

	if (step->arguments == NULL) {
		text = call->ops->arguments(call);
		step->arguments = mcp_json(call, text.data, text.len);
		if (step->arguments == NULL) {
			mcp_fail(call, MCP_E_INTERNAL, "The arguments could not be read",
				 "They are no JSON object",
				 "Report this to whoever maintains the plugin");
			step->arguments = mcp_keep(call, json_object_new_object());
		}
	}
	return step->arguments;
}

static struct json_object *
member(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	if (json_object_is_type(object, json_type_object))
		json_object_object_get_ex(object, name, &value);
	return value;
}

struct json_object *
mcp_arg_json(struct mcp_call *call, const char *name)
{
	return member(mcp_args(call), name);
}

const char *
mcp_arg(struct mcp_call *call, const char *name)
{
	struct json_object *value = mcp_arg_json(call, name);

	return value == NULL ? NULL : json_object_get_string(value);
}

int64_t
mcp_arg_int(struct mcp_call *call, const char *name, int64_t absent)
{
	return mcp_get_int(mcp_arg_json(call, name), "", absent);
}

bool
mcp_arg_bool(struct mcp_call *call, const char *name, bool absent)
{
	return mcp_get_bool(mcp_arg_json(call, name), "", absent);
}

const char *
mcp_option(struct mcp_call *call, const char *name)
{
	struct step *step = step_of(call);
	struct json_object *value;

	if (step->options == NULL) {
		struct mcp_text text = mcp_context(call, MCP_CTX_OPTIONS);

		step->options = mcp_json(call, text.data, text.len);
	}
	value = member(step->options, name);
	return value == NULL ? NULL : json_object_get_string(value);
}
