/* SPDX-License-Identifier: Apache-2.0 */
/* prompts/get (MCP server/prompts). */
#include "era/prompts.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "run/result.h"
#include "era/downgrade.h"
#include "era/inside.h"
#include "era/invoke.h"

#define PROMPT_ARGUMENTS_MAX 1000

/* Checks that everything required is present, and that every value is text. False: the request was
 * refused. */
static bool
check_arguments(struct request *request, const struct row *row, struct json_object *arguments)
{
	struct json_object *declared = json_arr(row->json, "arguments");
	size_t n = declared == NULL ? 0 : json_object_array_length(declared);
	struct json_object_iter each;
	char shown[NAME_ROOM];
	const char *nul;

	for (size_t i = 0; i < n; i++) {
		struct json_object *argument = json_object_array_get_idx(declared, i);
		const char *name = json_str(argument, "name");

		if (json_flag(argument, "required", false) && json_get(arguments, name) == NULL) {
			request_error(request, RPC_INVALID_PARAMS, NULL,
				      "the prompt %s needs the argument \"%s\"", row->name, name);
			return false;
		}
	}
	nul = request->message.nul ? invoke_nul(arguments) : NULL;
	if (nul != NULL) {
		request_error(request, RPC_INVALID_PARAMS, NULL,
			      "the argument \"%s\" contains U+0000", request_shown(nul, shown));
		return false;
	}
	if (json_object_object_length(arguments) > PROMPT_ARGUMENTS_MAX) {
		request_error(request, RPC_INVALID_PARAMS, NULL,
			      "a prompt takes at most %d arguments", PROMPT_ARGUMENTS_MAX);
		return false;
	}
	json_object_object_foreachC(arguments, each) {
		if (!json_object_is_type(each.val, json_type_string)) {
			request_error(request, RPC_INVALID_PARAMS, NULL,
				      "the argument \"%s\" must be a string",
				      request_shown(each.key, shown));
			return false;
		}
	}
	return true;
}

/* Replaces each {{name}} by the argument of that name; a missing argument becomes an empty text. */
static void
fill_in(struct buf *out, const char *text, struct json_object *arguments)
{
	const char *open, *close;

	while ((open = strstr(text, "{{")) != NULL && (close = strstr(open, "}}")) != NULL) {
		char *name = xstrndup(open + 2, (size_t)(close - open - 2));
		const char *value = json_str(arguments, name);
		bool is_name = name[strcspn(name, "{\n")] == '\0';

		buf_add(out, text, (size_t)(open - text));
		buf_puts(out, !is_name ? "{{" : value != NULL ? value : "");
		text = is_name ? close + 2 : open + 2;
		free(name);
	}
	buf_puts(out, text);
}

/* Answers with a prompt from an operator's file; no code of a plugin runs. */
static void
answer_text(struct request *request, const struct row *row, struct json_object *arguments)
{
	const struct config *config = request->snapshot->config;
	struct json_object *messages = json_arr(row->meta, "messages");
	struct result_limits limits = { .rows = config->results.rows,
					.text = config->results.text,
					.cell = config->results.cell };
	struct result result;
	struct buf text;

	result_init(&result, &limits);
	buf_init(&text, LIMIT_BODY);
	for (size_t i = 0; i < json_object_array_length(messages); i++) {
		struct json_object *message = json_object_array_get_idx(messages, i);
		struct mcp_block block = { .size = sizeof(block), .kind = "text", .trusted = true };

		buf_reset(&text);
		fill_in(&text, json_str(message, "text"), arguments);
		block.text = (struct mcp_text){ text.data, text.len };
		block.role = json_str(message, "role");
		result_block(&result, &block);
	}
	result_finish(&result);
	request->row = row;
	prompts_answer(request, &result);
	buf_fini(&text);
	result_fini(&result);
}

void
prompts_get(struct request *request)
{
	const char *name = request_text(request, "name");
	struct json_object *arguments;
	const struct row *row;

	if (name == NULL)
		return;
	row = registry_prompt(request->snapshot->registry, name, request_view(request));
	if (row == NULL) {
		invoke_unknown(request, ROW_PROMPT, "prompt", name);
		return;
	}
	arguments = invoke_arguments(request);
	if (arguments == NULL)
		return;
	row_take_texts(arguments);
	if (!check_arguments(request, row, arguments))
		return;
	if (row->provider == NULL)
		answer_text(request, row, arguments);
	else
		invoke(request, row, arguments, NULL);
}

void
prompts_answer(struct request *request, const struct result *result)
{
	struct json *out;

	if (result->failed) {
		invoke_error(request, result);
		return;
	}
	out = request_begin(request);
	json_optional(out, "description", json_str(request->row->json, "description"));
	json_begin(json_member(out, "messages"), '[');
	for (size_t i = 0; i < result->blocks; i++) {
		const struct result_block *block = &result->block[i];

		json_begin(out, '{');
		json_string(json_member(out, "role"), block->role != NULL ? block->role : "user");
		downgrade_block(json_member(out, "content"), block, request->revision);
		json_end(out);
	}
	json_end(out);
	request_end(request,
		    &(struct wrap){ .type = "complete", .ttl_ms = -1, .meta = &result->meta });
}
