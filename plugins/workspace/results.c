/* SPDX-License-Identifier: Apache-2.0 */
/* The output of code, as the command execution API returns it: text (of a long one the beginning
 * and the end), rows, and the names of pictures. */
#include "code.h"

#include <string.h>

#define PICTURES_MAX 100 /* most file names of pictures that are shown */

size_t
code_utf8(const char *text, size_t at)
{
	while (((unsigned char)text[at] & 0xc0) == 0x80)
		at++;
	return at;
}

bool
results_fit(struct mcp_call *call, struct json_object *results)
{
	struct json_object *schema = mcp_array(results, "schema");
	size_t n = schema != NULL ? json_object_array_length(schema) : 0;

	return n <= CODE_COLUMNS_MAX &&
	       (int64_t)strlen(json_object_to_json_string_ext(schema, JSON_C_TO_STRING_PLAIN)) <
		   mcp_number(call, MCP_NUM_MAX_TEXT);
}

static int
say_table(struct mcp_call *call, struct json_object *results)
{
	struct json_object *schema = mcp_array(results, "schema");
	struct json_object *rows = mcp_array(results, "data");
	size_t n = schema != NULL ? json_object_array_length(schema) : 0;
	struct mcp_column heads[CODE_COLUMNS_MAX];
	const char *cells[CODE_COLUMNS_MAX];
	size_t count = rows != NULL ? json_object_array_length(rows) : 0;
	int status;

	for (size_t i = 0; i < n; i++) {
		struct json_object *column = json_object_array_get_idx(schema, i);

		heads[i] = (struct mcp_column){ mcp_get_str(call, column, "name", ""), NULL };
	}
	status = mcp_table(call, heads, n);
	for (size_t r = 0; r < count && status == MCP_OK; r++) {
		struct json_object *row = json_object_array_get_idx(rows, r);

		for (size_t i = 0; i < n; i++)
			cells[i] = mcp_get_str(call, row, mcp_printf(call, "%zu", i), NULL);
		status = mcp_table_cells(call, cells, n);
	}
	mcp_table_end(call, &(struct mcp_table_end){
				.size = sizeof(struct mcp_table_end),
				.noun = "rows",
				.total = (int64_t)count,
				.at_least = mcp_get_bool(results, "truncated", false),
				.more = mcp_get_bool(results, "truncated", false),
			    });
	if (!mcp_get_bool(results, "truncated", false))
		return MCP_OK;
	return mcp_say(call, "The cluster cut the result: select fewer rows, or aggregate.");
}

size_t
say_room(struct mcp_call *call)
{
	int64_t room = mcp_number(call, MCP_NUM_MAX_TEXT) - ROOM_FOR_WORDS;

	return room < ROOM_LEAST ? ROOM_LEAST : (size_t)room;
}

/* ---- output --------------------------------------------------------------------------------- */

const char *
command_resume(struct mcp_call *call, const struct command *command)
{
	return mcp_printf(call, "execute_code cluster_id=%s context_id=%s command_id=%s%s",
			  mcp_quoted(call, command->cluster), mcp_quoted(call, command->context),
			  mcp_quoted(call, command->id), command->keep ? " keep_context=true" : "");
}

/* Shows the output from the byte `output_from` on, as far as the answer has room. */
static int
say_from(struct mcp_call *call, const char *text, size_t from, const struct command *command)
{
	size_t len = strlen(text), room = say_room(call), to;

	if (from >= len)
		return mcp_say(call, "The output has %zu bytes; output_from=%zu is after its end.",
			       len, from);
	from = code_utf8(text, from);
	to = len - from > room ? code_utf8(text, from + room) : len;
	mcp_say(call, "bytes %zu-%zu of %zu of the output:", from, to - 1, len);
	mcp_say_text(call, text + from, to - from, true);
	return to == len
		 ? MCP_OK
		 : mcp_say(call, "Next: %s output_from=%zu", command_resume(call, command), to);
}

/* Shows a short output completely; of a long output the beginning and the end, where the result
 * is. */
static int
say_output(struct mcp_call *call, const char *text, const struct command *command)
{
	size_t len = strlen(text), room = say_room(call), head, tail;
	int64_t from = mcp_arg_int(call, "output_from", -1);

	if (from >= 0)
		return say_from(call, text, (size_t)from, command);
	if (len <= room)
		return mcp_say_text(call, text, len, true);
	head = code_utf8(text, room / 2);
	tail = code_utf8(text, len - room / 2);
	mcp_say(call,
		"The output has %zu bytes. Its beginning and its end are shown; bytes %zu-%zu "
		"are left out.",
		len, head, tail - 1);
	mcp_say_text(call, text, head, true);
	mcp_say(call, "… %zu bytes left out …", tail - head);
	mcp_say_text(call, text + tail, len - tail, true);
	if (command->keep)
		return mcp_say(call, "Next: %s output_from=%zu", command_resume(call, command),
			       head);
	return mcp_say(call,
		       "The context is closed, so the middle cannot be read any more. To read "
		       "all of a long output, write it to a file in a volume and call "
		       "read_file. Or call execute_code with keep_context=true: its answer "
		       "names the call that reads the rest.");
}

/* The text names the file of the picture, or contains the picture: data:image/png;base64,... */
static int
say_picture(struct mcp_call *call, const char *name)
{
	if (strncmp(name, "data:", 5) != 0)
		return mcp_say(call, "file: %s", name);
	return mcp_say(call,
		       "file: none; the reply itself contains the picture (%.*s, %zu "
		       "bytes)",
		       (int)strcspn(name, ";,") - 5, name + 5, strlen(name));
}

static int
say_pictures(struct mcp_call *call, struct json_object *results)
{
	struct json_object *names = mcp_array(results, "fileNames");
	const char *one = mcp_get_str(call, results, "fileName", "");

	mcp_say(call, "The code ran; its result is a picture, which is not shown.");
	if (one[0] != '\0')
		say_picture(call, one);
	for (size_t i = 0; names != NULL && i < json_object_array_length(names) && i < PICTURES_MAX;
	     i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(names, i));

		if (name != NULL)
			say_picture(call, name);
	}
	return MCP_OK;
}

int
code_results(struct mcp_call *call, struct json_object *results, const struct command *command)
{
	const char *type = mcp_get_str(call, results, "resultType", "");
	const char *text;

	if (command->keep)
		mcp_say(call, "context_id: %s (cluster %s)", command->context, command->cluster);
	if (strcmp(type, "table") == 0 && mcp_get(results, "schema.0") != NULL)
		return say_table(call, results);
	if (strcmp(type, "table") == 0)
		return mcp_say(call, "The code ran and has no rows to show.");
	if (strcmp(type, "image") == 0 || strcmp(type, "images") == 0)
		return say_pictures(call, results);
	if (strcmp(type, "text") != 0)
		return mcp_say(call, "The code ran; its result is of type %s, which is not shown.",
			       type[0] != '\0' ? type : "none");
	text = clean_text(call, mcp_get_str(call, results, "data", ""), false);
	return text[0] != '\0' ? say_output(call, text, command)
			       : mcp_say(call, "The code ran and printed nothing.");
}
