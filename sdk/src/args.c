/* SPDX-License-Identifier: Apache-2.0 */
/* The functions that read arguments of the call and options of the plugin. */
#include <limits.h>

#include "parse.h"
#include "step.h"

/* Never NULL. When the object cannot be read, the call fails; it does not count as an empty
 * object. */
static struct json_object *
object_of(struct mcp_call *call, struct mcp_text text, const char *what)
{
	struct json_object *object = NULL;
	enum parse_fault fault = PARSE_BAD;

	if (text.len > 0 && text.len < INT_MAX)
		object =
		    parse_json(text.data, text.len, PARSE_MEMORY_MAX, PARSE_NAMES_DIFFER, &fault);
	if (json_object_is_type(object, json_type_object))
		return mcp_keep(call, object);
	json_object_put(object);
	if (fault == PARSE_TOO_LARGE)
		mcp_fail(call, MCP_E_TOO_LARGE,
			 mcp_printf(call, "The %s have too many values", what),
			 "In memory they would need more than 256 MB", "Send less data");
	else
		mcp_fail(call, MCP_E_INTERNAL, mcp_printf(call, "The %s cannot be read", what),
			 "They are not a JSON object", "Report this to the maintainer of the host");
	return mcp_keep(call, json_object_new_object());
}

struct json_object *
mcp_args(struct mcp_call *call)
{
	struct step *step = step_of(call);

	if (step->arguments == NULL)
		step->arguments = object_of(call, call->ops->arguments(call), "arguments");
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

	if (step->options == NULL)
		step->options = object_of(call, mcp_context(call, MCP_CTX_OPTIONS), "options");
	value = member(step->options, name);
	return value == NULL ? NULL : json_object_get_string(value);
}
