/* SPDX-License-Identifier: Apache-2.0 */
/* prompts/get (MCP server/prompts). */
#include <string.h>

#include "base/json.h"
#include "call/result.h"
#include "era/downgrade.h"
#include "era/eras.h"
#include "era/invoke.h"

/* All that is required is there, and all is text; false: refused. */
static bool
check_arguments(struct request *request, const struct row *row, struct json_object *arguments)
{
	struct json_object *declared = json_arr(row->json, "arguments");
	size_t n = declared == NULL ? 0 : json_object_array_length(declared);
	struct json_object_iter each;

	for (size_t i = 0; i < n; i++) {
		struct json_object *argument = json_object_array_get_idx(declared, i);
		const char *name = json_str(argument, "name");

		if (json_flag(argument, "required", false) &&
		    json_member(arguments, name) == NULL) {
			request_error(request, RPC_INVALID_PARAMS, NULL,
				      "the prompt %s needs the argument \"%s\"", row->name, name);
			return false;
		}
	}
	json_object_object_foreachC(arguments, each)
	{
		if (!json_object_is_type(each.val, json_type_string)) {
			request_error(request, RPC_INVALID_PARAMS, NULL,
				      "the argument \"%.128s\" must be a string", each.key);
			return false;
		}
	}
	return true;
}

void
prompts_get(struct request *request)
{
	const char *name = request_text(request, "name");
	struct json_object *arguments;
	const struct row *row;

	if (name == NULL)
		return;
	row = registry_prompt(request->eras->parts.registry, name);
	if (row == NULL) {
		request_error(request, RPC_INVALID_PARAMS, NULL, "unknown prompt \"%.128s\"", name);
		return;
	}
	arguments = invoke_arguments(request);
	if (arguments != NULL && check_arguments(request, row, arguments))
		invoke(request, row, arguments, NULL);
}

void
prompts_answer(struct request *request, const struct result *result)
{
	struct buf *out;

	if (result->failed) {
		invoke_error(request, result);
		return;
	}
	out = request_begin(request);
	add_member(out, "description", json_str(request->row->json, "description"));
	add_comma(out);
	buf_puts(out, "\"messages\":[");
	for (size_t i = 0; i < result->blocks; i++) {
		const struct result_block *block = &result->block[i];

		add_comma(out);
		buf_putc(out, '{');
		add_member(out, "role", block->role != NULL ? block->role : "user");
		buf_puts(out, ",\"content\":");
		downgrade_block(out, block, request->revision);
		buf_putc(out, '}');
	}
	buf_putc(out, ']');
	request_end(request,
		    &(struct wrap){ .type = "complete", .ttl_ms = -1, .meta = &result->meta });
}
