/* SPDX-License-Identifier: Apache-2.0 */
/* tools/call (MCP server/tools). */
#include "era/tools.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mask.h"
#include "run/result.h"
#include "config/config.h"
#include "era/downgrade.h"
#include "era/inside.h"
#include "era/invoke.h"
#include "era/methods.h"
#include "era/modern.h"
#include "era/prepare.h"
#include "registry/provider.h"

/* A model can correct its arguments when it reads their faults, so newer revisions return them as a
 * tool's answer and not as a protocol error. */
static void
bad_arguments(struct request *request, const struct row *row, const struct buf *why)
{
	const struct result_limits limits = { 0 };
	struct result result;
	char what[128];

	snprintf(what, sizeof(what), "Invalid arguments for %s", row->name);
	if (request->revision < REV_2025_11_25) {
		invoke_refuse(request, what, why);
		return;
	}
	result_init(&result, &limits);
	result_fail_text(&result, MCP_E_INPUT, what, why->data,
			 "Correct the arguments and call the tool again");
	result.own = true; /* names and values in it are in quotes, on their line */
	request->method->answer(request, &result);
	result_fini(&result);
}

static bool
check(const struct row *row, struct json_object *arguments, bool nul, struct buf *notes,
      struct buf *why)
{
	const char *name = nul ? invoke_nul(arguments) : NULL, *before;
	bool fine;

	if (name == NULL) {
		before = mask_enter(row->provider->name); /* the reasons quote the arguments */
		fine = row_take_arguments(row, arguments, notes, why);
		mask_enter(before);
		return fine;
	}
	buf_printf(why, "%s: U+0000 is not allowed in a text", name);
	return false;
}

static void
checked(struct request *request, const struct row *row, struct json_object *arguments,
	struct buf *notes, const struct buf *text, const struct buf *why)
{
	if (why != NULL) {
		bad_arguments(request, row, why);
		return;
	}
	if (notes->len > 0)
		request->notes = buf_take(notes, NULL);
	invoke_written(request, row, arguments, text);
}

void
tools_call(struct request *request)
{
	const char *name = request_text(request, "name");
	struct json_object *arguments;
	const struct row *row;
	struct buf notes, why;
	bool fine;

	if (name == NULL)
		return;
	row = registry_tool(request->snapshot->registry, name, request_view(request));
	if (row == NULL) {
		invoke_unknown(request, ROW_TOOL, "tool", name);
		return;
	}
	arguments = invoke_arguments(request);
	if (arguments == NULL)
		return;
	if (prepare_needed(request)) {
		prepare_start(request, row, arguments, check, checked);
		return;
	}
	buf_init_keeping(&notes, PREPARE_NOTES_MAX);
	buf_init_keeping(&why, PREPARE_WHY_MAX);
	fine = check(row, arguments, request->message.nul, &notes, &why);
	checked(request, row, arguments, &notes, NULL, fine ? NULL : &why);
	buf_fini(&notes);
	buf_fini(&why);
}

static void
write_failure(struct json *out, const struct result *result, struct buf *meta)
{
	struct json part;
	struct buf text;

	buf_init(&text, LIMIT_RESULT_TEXT);
	result_failure_text(result, &text);
	json_begin(json_member(out, "content"), '[');
	json_begin(out, '{');
	json_string(json_member(out, "type"), "text");
	json_text(json_member(out, "text"), text.data, text.len);
	json_end(out);
	json_end(out);
	json_boolean(json_member(out, "isError"), true);
	buf_fini(&text);
	json_start_inside(&part, meta, '{');
	result_failure_json(result, json_member(&part, "lakehost/error"));
}

static void
write_success(struct json *out, const struct result *result, enum revision revision)
{
	json_begin(json_member(out, "content"), '[');
	for (size_t i = 0; i < result->blocks; i++)
		downgrade_block(out, &result->block[i], revision);
	json_end(out);
	if (downgrade_structured(&result->structured, revision))
		json_raw(json_member(out, "structuredContent"), result->structured.data,
			 result->structured.len);
}

/* A client that expects structured content fails when there is none. */
static bool
broken_promise(const struct row *row, const struct result *result)
{
	return !result->failed && row->output != NULL && result->structured.len == 0;
}

static void
fail_promise(struct result *failure)
{
	const struct result_limits limits = { 0 };

	result_init(failure, &limits);
	result_fail_text(
	    failure, MCP_E_INTERNAL, "The answer of the tool does not match its declaration",
	    "The outputSchema of the tool requires structured content, but the answer has none",
	    NULL);
}

/* The members of a result; appends those of its `_meta` to `meta`. */
static void
write_result(struct json *out, const struct row *row, const struct result *result,
	     enum revision revision, struct buf *meta)
{
	struct result failure;

	buf_add(meta, result->meta.data, result->meta.len);
	if (broken_promise(row, result)) {
		fail_promise(&failure);
		write_failure(out, &failure, meta);
		result_fini(&failure);
	} else if (result->failed) {
		write_failure(out, result, meta);
	} else {
		write_success(out, result, revision);
	}
}

void
tools_answer(struct request *request, const struct result *result)
{
	struct wrap wrap = { .type = "complete", .ttl_ms = -1, .meta = &result->meta };
	struct json *out = request_begin(request);
	struct buf meta;

	if (!result->failed && !broken_promise(request->row, result)) {
		write_success(out, result, request->revision);
		request_end(request, &wrap);
		return;
	}
	buf_init(&meta, LIMIT_RESULT_TEXT);
	write_result(out, request->row, result, request->revision, &meta);
	wrap.meta = &meta;
	request_end(request, &wrap);
	buf_fini(&meta);
}

void
tools_write(struct json *out, const struct config *config, const struct row *row,
	    const struct result *result)
{
	struct wrap wrap = { .type = "complete", .ttl_ms = -1 };
	struct buf meta;

	buf_init(&meta, LIMIT_RESULT_TEXT);
	write_result(out, row, result, REV_MODERN, &meta);
	wrap.meta = &meta;
	modern_wrap(config, out, &wrap);
	buf_fini(&meta);
}
