/* SPDX-License-Identifier: Apache-2.0 */
/* All rows of a statement in a file of the host: what the caller asked for, the beginning, and the
 * answer. The rows pass neither the model nor this plugin. */
#include "export.h"

#include <stdio.h>
#include <string.h>

#define FOLDERS_NEXT                                                                           \
	"The operator lists the host's folders for files in plugins.transfer_dirs: use a new " \
	"name in one of them, or ask the operator."

static const char *const forms[] = { "csv", "jsonl", "arrow" };

/* ---- what was asked -------------------------------------------------------------------------- */

bool
export_wanted(struct mcp_call *call)
{
	return mcp_arg(call, "to_file") != NULL || mcp_arg(call, "to_path") != NULL;
}

/* Without an argument the name's ending says the form. */
static int
form_by_name(const char *file)
{
	const char *dot = strrchr(file, '.');

	for (size_t i = 0; dot != NULL && i < COUNT(forms); i++)
		if (strcasecmp(dot + 1, forms[i]) == 0)
			return (int)i;
	return EXPORT_CSV;
}

static int
form_asked(struct mcp_call *call, const char *file)
{
	const char *format = mcp_arg(call, "format");

	if (format == NULL)
		return form_by_name(file);
	for (size_t i = 0; i < COUNT(forms); i++)
		if (strcmp(format, forms[i]) == 0)
			return (int)i;
	mcp_fail(call, MCP_E_INPUT, mcp_printf(call, "A file cannot have the format %s.", format),
		 NULL, "Use format=csv, jsonl or arrow, or none.");
	return -1;
}

bool
export_read(struct mcp_call *call, struct export *export)
{
	const char *file = mcp_arg(call, "to_file"), *path = mcp_arg(call, "to_path");
	int form;

	if (file != NULL && path != NULL) {
		mcp_fail(call, MCP_E_INPUT, "to_file and to_path cannot be used together.", NULL,
			 "Use only one of them.");
		return false;
	}
	export->to_path = path != NULL;
	file = path != NULL ? path : file;
	if (file == NULL || file[0] == '\0' || strlen(file) >= sizeof(export->file)) {
		mcp_fail(call, MCP_E_INPUT,
			 mcp_printf(call, "%s is not a valid name.",
				    path != NULL ? "to_path" : "to_file"),
			 mcp_printf(call, "A name has 1 to %zu bytes.", sizeof(export->file) - 1),
			 FOLDERS_NEXT);
		return false;
	}
	form = form_asked(call, file);
	if (form < 0)
		return false;
	if (path != NULL && form == EXPORT_ARROW) {
		mcp_fail(call, MCP_E_UNSUPPORTED, "Arrow streams cannot be written to a path.",
			 "The platform's result is several streams, one for each chunk.",
			 "Use format=csv or jsonl, or to_file.");
		return false;
	}
	export->form = (enum export_form)form;
	strcpy(export->file, file);
	return true;
}

bool
export_handle(struct mcp_call *call, struct export *export)
{
	if (mcp_context(call, MCP_CTX_HANDLE).len !=
	    sizeof(*export) + MCP_HANDLE_MAX - MCP_HANDLE_DATA_MAX)
		return false;
	return mcp_handle_read(call, EXPORT_VERSION, export, sizeof(*export)) == MCP_OK;
}

const char *
export_next(struct mcp_call *call, const struct export *export)
{
	return mcp_printf(call, "get_statement_result statement_id=%s %s=%s format=%s wait_s=50",
			  export->id, export->to_path ? "to_path" : "to_file",
			  mcp_quoted(call, export->file), forms[export->form]);
}

/* ---- the file -------------------------------------------------------------------------------- */

/* A file for a path is first joined in the operator's first folder. */
struct mcp_http
export_file(struct mcp_call *call, const struct export *export, enum mcp_file_op op, uint32_t part)
{
	struct mcp_http request = { .size = sizeof(request) };

	request.file_op = op;
	request.part = part;
	request.reply_file = export->to_path ? EXPORT_STAGED : export->file;
	request.part_of =
	    export->to_path ? mcp_printf(call, "%s %s", export->id, export->file) : export->id;
	request.part_suffix = export->form == EXPORT_ARROW ? ".arrow" : NULL;
	return request;
}

struct mcp_http
export_drop(struct mcp_call *call, const struct export *export)
{
	struct mcp_http request = export_file(call, export, MCP_FILE_DROP, 0);

	request.flags = MCP_HTTP_CLEANUP;
	return request;
}

struct checking {
	mcp_step_fn fn;
	struct export export;
};

static int
checked(struct mcp_call *call, const void *state, size_t len)
{
	const struct checking *checking = state;
	const struct export *export = &checking->export;
	const struct mcp_reply *reply = mcp_reply(call, 0);
	bool begun = mcp_get_bool(mcp_reply_json(call, 0), "begun", false);

	(void)len;
	if (reply->error != MCP_OK && reply->status != 423)
		return mcp_fail(call, reply->error,
				export->to_path
				    ? "A folder of the host is needed for the rows on their way."
				    : mcp_printf(call, "The host's file %s cannot be written.",
						 export->file),
				reply->why, FOLDERS_NEXT);
	if (!export->to_path)
		return checking->fn(call, NULL, 0);
	/* Only execute_sql begins to write at a path: a client knows that this tool may write. */
	if (export->id[0] != '\0' && !begun && reply->status != 423)
		return mcp_fail(call, MCP_E_INPUT,
				mcp_printf(call, "Nothing is on its way to %s.", export->file),
				"This tool only continues what execute_sql has begun.",
				"Call execute_sql with to_path, or use to_file here.");
	return export->id[0] != '\0' ? checking->fn(call, NULL, 0)
				     : export_path_check(call, export, checking->fn);
}

int
export_check(struct mcp_call *call, mcp_step_fn fn)
{
	struct checking checking = { .fn = fn };
	struct mcp_http request;

	if (!export_read(call, &checking.export))
		return MCP_E_INPUT;
	if (mcp_arg(call, "statement_id") != NULL)
		mcp_cut_copy(checking.export.id, sizeof(checking.export.id),
			     mcp_arg(call, "statement_id"));
	request = export_file(call, &checking.export, MCP_FILE_LOOK, 0);
	return mcp_suspend(call, &request, 1, 0, checked, &checking, sizeof(checking));
}

static const char *
file_text(struct mcp_call *call, const struct export *export)
{
	return export->to_path ? export->file
			       : mcp_printf(call, "the host's file %s", export->file);
}

/* ---- the rows -------------------------------------------------------------------------------- */

/* The kind of a column in lines of JSON. Decimals stay exact, because JSON has no limit of
 * digits. */
static const char *
kind_of(struct mcp_call *call, struct json_object *column)
{
	static const char *const numbers[] = { "BYTE",	"SHORT",  "INT",    "LONG",
					       "FLOAT", "DOUBLE", "DECIMAL" };
	const char *type = mcp_get_str(call, column, "type_name", "");

	for (size_t i = 0; i < COUNT(numbers); i++)
		if (strcmp(type, numbers[i]) == 0)
			return "number";
	return strcmp(type, "BOOLEAN") == 0 ? "boolean" : "text";
}

/* A name that no column before has: two members of an object must not have the same name. */
static const char *
own_name(struct mcp_call *call, struct json_object *seen, const char *name)
{
	const char *own = name;

	for (int i = 2; json_object_object_get_ex(seen, own, NULL); i++)
		own = mcp_printf(call, "%s_%d", name, i);
	json_object_object_add(seen, own, NULL);
	return own;
}

static const char *
rows_spec(struct mcp_call *call, const struct export_state *state, struct json_object *columns)
{
	struct json_object *spec = mcp_object(call, "as", forms[state->export.form], "in",
					      state->links ? NULL : "data_array", NULL);
	struct json_object *seen = mcp_keep(call, json_object_new_object());
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < json_object_array_length(columns); i++) {
		struct json_object *pair = json_object_new_array();
		const char *name = rows_column(call, columns, i);

		if (state->export.form == EXPORT_JSONL)
			name = own_name(call, seen, name);
		json_object_array_add(pair, json_object_new_string(name));
		json_object_array_add(pair,
				      json_object_new_string(
					  kind_of(call, json_object_array_get_idx(columns, i))));
		json_object_array_add(list, pair);
	}
	json_object_object_add(spec, "columns", list);
	return json_object_to_json_string_ext(spec, JSON_C_TO_STRING_PLAIN);
}

/* The file is begun, or an earlier poll has begun it. */
static int
begun(struct mcp_call *call, const void *data, size_t len)
{
	const struct mcp_reply *reply = mcp_reply(call, 0);
	struct json_object *far = mcp_reply_json(call, 0);
	struct export_state state;

	memcpy(&state, data, len);
	if (reply->status == 423 || reply->error == MCP_E_TIMEOUT)
		return export_working(call, &state);
	if (reply->status == 409)
		return mcp_say(call, "The host's file %s exists: an earlier call has written it.",
			       state.export.file);
	if (reply->error != MCP_OK)
		return export_give_up(call, &state, reply->error, reply->why);
	state.have = (uint32_t)mcp_get_int(far, "parts", 0);
	state.bytes = (uint64_t)mcp_get_int(far, "bytes", 0);
	return export_batch(call, &state);
}

/* Fails the call because the platform keeps the result in another form. */
static int
other_form(struct mcp_call *call, const struct export *export, const char *format)
{
	return mcp_fail(call, MCP_E_INPUT,
			mcp_printf(call, "Statement %s has its result as %s.", export->id, format),
			mcp_printf(call, "It cannot become a file of the format %s.",
				   forms[export->form]),
			mcp_printf(call,
				   "Run the statement again: execute_sql with to_file and "
				   "format=%s.",
				   forms[export->form]));
}

/* CSV of the platform would write NULL as the word null, so it is used only for a result that has
 * no other form. */
static bool
form_fits(const struct export *export, const char *format)
{
	if (strcmp(format, "ARROW_STREAM") == 0)
		return export->form == EXPORT_ARROW;
	if (strcmp(format, "CSV") == 0)
		return export->form == EXPORT_CSV;
	return export->form != EXPORT_ARROW;
}

/* The number of chunks; -1: the reply does not have it, or it cannot be right. */
static int64_t
chunks_of(struct json_object *manifest)
{
	int64_t chunks = mcp_get_int(manifest, "total_chunk_count", -1);

	if (chunks == 0 && mcp_get_int(manifest, "total_row_count", 0) > 0)
		return -1;
	return chunks <= UINT32_MAX ? chunks : -1;
}

bool
export_has_rows(struct mcp_call *call, const struct export *export, struct json_object *reply)
{
	struct json_object *manifest = mcp_get(reply, "manifest");

	return json_object_array_length(mcp_objects(call, manifest, "schema.columns")) > 0 &&
	       chunks_of(manifest) >= 0 &&
	       form_fits(export, mcp_get_str(call, manifest, "format", "JSON_ARRAY")) &&
	       mcp_get_int(manifest, "total_byte_count", 0) <= export_path_most(export);
}

int
export_rows(struct mcp_call *call, const struct export *export, struct json_object *reply)
{
	struct json_object *manifest = mcp_get(reply, "manifest");
	struct json_object *columns = mcp_objects(call, manifest, "schema.columns");
	const char *format = mcp_get_str(call, manifest, "format", "JSON_ARRAY");
	struct export_state state = { .export = *export };
	struct mcp_http request;

	state.rows = mcp_get_int(manifest, "total_row_count", -1);
	state.truncated = mcp_get_bool(manifest, "truncated", false);
	state.links = mcp_get(reply, "result.external_links.0") != NULL;
	state.chunks = chunks_of(manifest);
	state.poll_ms = mcp_number(call, MCP_NUM_NOW_MS);
	if (json_object_array_length(columns) == 0)
		return mcp_say(call, "Done, without rows. Statement %s. No file was written.",
			       export->id);
	if (state.chunks < 0)
		return mcp_fail(call, MCP_E_UPSTREAM, "The rows cannot be written to a file.",
				"The workspace did not say how many chunks the result has.",
				"Read the rows with get_result_page instead.");
	if (!form_fits(export, format))
		return other_form(call, export, format);
	if (export->to_path &&
	    !export_path_holds(call, export, mcp_get_int(manifest, "total_byte_count", 0)))
		return MCP_E_TOO_LARGE;
	request = export_file(call, export, MCP_FILE_JOIN, 0);
	if (export->form != EXPORT_ARROW && strcmp(format, "CSV") != 0)
		request.rows = rows_spec(call, &state, columns);
	return mcp_suspend(call, &request, 1, 0, begun, &state, sizeof(state));
}

/* ---- the answer ------------------------------------------------------------------------------ */

static const char *
size_text(struct mcp_call *call, uint64_t bytes)
{
	return mcp_show_bytes(call, mcp_keep(call, json_object_new_int64((int64_t)bytes)));
}

int
export_done(struct mcp_call *call, struct export_state *state)
{
	const struct export *export = &state->export;
	const char *what = export->to_path ? export->file
			 : export->form == EXPORT_ARROW && state->chunks != 1
			     ? mcp_printf(call, "the host's files %s.0000.arrow to %s.%04lld.arrow",
					  export->file, export->file, (long long)state->chunks - 1)
			 : export->form == EXPORT_ARROW
			     ? mcp_printf(call, "the host's file %s.0000.arrow", export->file)
			     : file_text(call, export);

	if (!export->to_path && export->form == EXPORT_ARROW && state->chunks == 0)
		return mcp_say(call, "Statement %s has no rows. No file was written.", export->id);
	if (state->rows > 0) /* for the budget of rows */
		mcp_meta(call, "lakehost/rows_written",
			 mcp_keep(call, json_object_new_int64(state->rows)));
	mcp_say(call, "Wrote %s (%s) to %s.",
		state->rows >= 0
		    ? mcp_printf(call, "%lld %s as %s", (long long)state->rows,
				 state->rows == 1 ? "row" : "rows", forms[export->form])
		    : forms[export->form],
		size_text(call, state->bytes), what);
	if (state->truncated)
		mcp_say(call, "The platform kept only these rows of the result. For all rows run "
			      "the statement with execute_sql and to_file.");
	return mcp_say(call, "statement_id: %s", export->id);
}

int
export_working(struct mcp_call *call, const struct export_state *state)
{
	uint32_t done = state->have > state->from ? state->have : state->from;

	mcp_say(call,
		"%u of %lld chunks of statement %s are here; the host's file %s is not "
		"complete yet.\nNext: %s",
		done, (long long)state->chunks, state->export.id, state->export.file,
		export_next(call, &state->export));
	return mcp_working(call,
			   state->chunks > 0 ? (int)(100 * (int64_t)done / state->chunks) : -1,
			   mcp_printf(call, "%u of %lld chunks are here", done,
				      (long long)state->chunks),
			   50);
}

static int
gave_up(struct mcp_call *call, const void *data, size_t len)
{
	const struct export_state *state = data;
	const struct mcp_reply *reply = mcp_reply(call, 0);
	const char *why = state->why;
	size_t end = strlen(why);

	(void)len;
	return mcp_fail(call, state->status,
			mcp_printf(call, "Writing %s was not completed.",
				   file_text(call, &state->export)),
			mcp_printf(call, "%.*s. %s",
				   (int)(end > 0 && why[end - 1] == '.' ? end - 1 : end), why,
				   reply->error == MCP_OK
				       ? "No part of the file exists now."
				       : "Incomplete files, whose names begin with .lakehost-, "
					 "may be in the folder."),
			state->gone ? "Results are kept for an hour: run the statement again with "
				      "execute_sql and to_file."
				    : mcp_printf(call,
						 "When the cause is removed, call %s. The "
						 "statement is not run again.",
						 export_next(call, &state->export)));
}

int
export_give_up(struct mcp_call *call, struct export_state *state, int status, const char *why)
{
	struct mcp_http request = export_drop(call, &state->export);

	state->status = status;
	mcp_cut_copy(state->why, sizeof(state->why),
		     why[0] != '\0' ? why : "The reason is not known");
	return mcp_suspend(call, &request, 1, 0, gave_up, state, sizeof(*state));
}
