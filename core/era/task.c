/* SPDX-License-Identifier: Apache-2.0 */
#include "era/task.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/seal.h"
#include "call/call.h"
#include "era/inside.h"
#include "era/invoke.h"
#include "era/workspace.h"
#include "registry/provider.h"

#define PURPOSE_MAX 256u
#define SEALED_MAX 2048u /* bytes of a sealed handle */
#define NOTE_TEXT_MAX (2 * SEALED_MAX)

/* Handles of two tools, or of two workspaces, are as different as keys. */
static void
purpose_of(const struct row *tool, const char *upstream, char purpose[PURPOSE_MAX])
{
	snprintf(purpose, PURPOSE_MAX, "task:%s:%s:%s", tool->provider->name, tool->name, upstream);
}

/* ---- in ------------------------------------------------------------------------------------- */

static void
refuse_task(struct request *request, const struct row *tool)
{
	char next[256];

	snprintf(next, sizeof(next),
		 "Give the whole handle of the last answer, or call %s to start again", tool->name);
	invoke_fail(
	    request, MCP_E_INPUT, "The handle is not valid",
	    "The handle is incomplete or was changed, has expired, or was made for another tool "
	    "or another principal",
	    next);
}

/* Where the handle was made, of the configuration; NULL: it is not valid. */
static const char *
open_handle(const struct request *request, const struct row *tool, const char *handle,
	    struct buf *opened)
{
	const char *upstream;
	char purpose[PURPOSE_MAX];

	if (handle == NULL || strlen(handle) > SEALED_MAX)
		return NULL;
	for (size_t i = 0; (upstream = workspace_at(request->snapshot->config, tool, i)) != NULL;
	     i++) {
		if (!workspace_is_open(request->snapshot->config, tool, request->principal.name,
				       upstream))
			continue;
		purpose_of(tool, upstream, purpose);
		buf_reset(opened);
		if (unseal(request->eras->parts.sealer, purpose, request->principal.name, handle,
			   strlen(handle), opened) &&
		    opened->len > 0)
			return upstream;
	}
	return NULL;
}

const char *
task_workspace(const struct request *request, const struct row *row, struct json_object *arguments)
{
	const char *upstream;
	struct buf opened;

	if (row->part == ROW_WHOLE)
		return NULL;
	CHECK(row->tool != NULL);
	buf_init(&opened, MCP_HANDLE_MAX);
	upstream = open_handle(request, row->tool, json_str(arguments, "handle"), &opened);
	buf_fini(&opened);
	return upstream;
}

bool
task_open(struct request *request, struct call_spec *spec, struct task *task)
{
	const struct row *row = spec->row;
	struct json_object_iter each;
	const char *handle;

	*task = (struct task){ 0 };
	if (row->part == ROW_WHOLE)
		return true;
	CHECK(row->tool != NULL);
	handle = json_str(spec->arguments, "handle");
	buf_init(&task->handle, MCP_HANDLE_MAX);
	spec->upstream = open_handle(request, row->tool, handle, &task->handle);
	if (spec->upstream == NULL) {
		task_fini(task);
		refuse_task(request, row->tool);
		return false;
	}
	task->arguments = json_object_new_object();
	json_object_object_foreachC(spec->arguments, each)
		if (strcmp(each.key, "handle") != 0)
			json_object_object_add(task->arguments, each.key,
					       json_object_get(each.val));
	spec->arguments = task->arguments;
	spec->arguments_text = NULL;
	spec->handle = (const unsigned char *)task->handle.data;
	spec->handle_len = task->handle.len;
	spec->entry = row->part == ROW_CANCEL	    ? ENTRY_CANCEL
		    : request->answers_text != NULL ? ENTRY_ANSWER
						    : ENTRY_POLL;
	return true;
}

void
task_fini(struct task *task)
{
	json_object_put(task->arguments);
	buf_fini(&task->handle);
}

/* ---- out ------------------------------------------------------------------------------------ */

/* The tool that the operation belongs to. */
static const struct row *
tool_of(const struct row *row)
{
	return row->part == ROW_WHOLE ? row : row->tool;
}

static void
tell_working(const struct request *request, struct call *call, const struct row *tool)
{
	const char *result = row_task_name(tool, ROW_RESULT);
	const char *cancel = row_task_name(tool, ROW_CANCEL);
	struct buf handle, text;
	struct json json;
	char purpose[PURPOSE_MAX];

	buf_init(&handle, SEALED_MAX);
	buf_init(&text, NOTE_TEXT_MAX);
	purpose_of(tool, call->upstream, purpose);
	seal(request->eras->parts.sealer, purpose, request->principal.name, TASK_TTL_S,
	     call->outcome->handle, call->outcome->handle_len, &handle);
	buf_printf(&text, "The operation is still running.\nNext: %s handle=%s", result,
		   handle.data);
	if (cancel != NULL)
		buf_printf(&text, "\nTo stop the operation: %s with the same handle", cancel);
	result_note(call->result, text.data);
	buf_reset(&text);
	json_start(&json, &text);
	json_begin(&json, '{');
	json_string(json_member(&json, "handle"), handle.data);
	json_string(json_member(&json, "result"), result);
	json_optional(&json, "cancel", cancel);
	json_end(&json);
	CHECK(buf_ok(&handle) && buf_ok(&text));
	result_meta(call->result, "lakehost/operation", text.data, text.len);
	buf_fini(&handle);
	buf_fini(&text);
}

void
task_tell(const struct request *request, struct call *call)
{
	const struct row *row = call->row, *tool = tool_of(row);
	char text[128];

	if (row->kind != ROW_TOOL || call->result->failed)
		return;
	if (row->part == ROW_CANCEL && result_empty(call->result)) {
		snprintf(text, sizeof(text), "%s was asked to stop.", tool->name);
		result_note(call->result, text);
	} else if (call->outcome != NULL && row_task_name(tool, ROW_RESULT) != NULL) {
		tell_working(request, call, tool);
	}
}
