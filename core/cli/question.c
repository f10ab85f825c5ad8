/* SPDX-License-Identifier: Apache-2.0 */
/* Elicitation on a terminal: one line for each field, with type and limits from its schema. */
#include "cli/cli.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"

#define LINE_LENGTH 4096

/* Reads a line from the terminal. False at the end of input. */
static bool
read_line(char *line, size_t size)
{
	fflush(stderr);
	if (fgets(line, (int)size, stdin) == NULL)
		return false;
	line[strcspn(line, "\n")] = '\0';
	return true;
}

/* Reads the value of one field, with its type. NULL when the line does not match the schema. */
static struct json_object *
field_value(struct json_object *schema, const char *line)
{
	const char *type = json_str(schema, "type");
	struct json_object *choices = json_arr(schema, "enum");
	char *end;

	if (type != NULL && strcmp(type, "boolean") == 0) {
		if (strchr("yYjJ1", line[0]) != NULL || strcmp(line, "true") == 0)
			return json_object_new_boolean(1);
		if (strchr("nN0", line[0]) != NULL || strcmp(line, "false") == 0)
			return json_object_new_boolean(0);
		return NULL;
	}
	if (type != NULL && strcmp(type, "integer") == 0) {
		int64_t number = strtoll(line, &end, 10);

		return *end == '\0' ? json_object_new_int64(number) : NULL;
	}
	if (type != NULL && strcmp(type, "number") == 0) {
		double number = strtod(line, &end);

		return *end == '\0' ? json_object_new_double(number) : NULL;
	}
	for (size_t i = 0; choices != NULL && i < json_object_array_length(choices); i++)
		if (strcmp(json_object_get_string(json_object_array_get_idx(choices, i)), line) ==
		    0)
			choices = NULL;
	return choices == NULL ? json_object_new_string(line) : NULL;
}

/* Asks for one field until the line is valid. An empty line means the default, or skips the field.
 * False at the end of input. */
static bool
ask_field(const char *name, struct json_object *schema, bool required, struct json_object *content)
{
	const char *title = json_str(schema, "title");
	struct json_object *fallback = json_get(schema, "default");
	struct json_object *value = NULL;
	char line[LINE_LENGTH];

	while (value == NULL) {
		fprintf(stderr, "  %s", title != NULL ? title : name);
		if (json_arr(schema, "enum") != NULL)
			fprintf(stderr, " %s",
				json_object_to_json_string(json_arr(schema, "enum")));
		if (fallback != NULL)
			fprintf(stderr, " [%s]", json_object_get_string(fallback));
		fputs(": ", stderr);
		if (!read_line(line, sizeof(line)))
			return false;
		if (line[0] != '\0')
			value = field_value(schema, line);
		else if (fallback != NULL)
			value = json_object_get(fallback);
		else if (!required)
			return true;
	}
	json_object_object_add(content, name, value);
	return true;
}

bool
question_required(struct json_object *schema, const char *name)
{
	struct json_object *list = json_arr(schema, "required");

	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++)
		if (strcmp(json_object_get_string(json_object_array_get_idx(list, i)), name) == 0)
			return true;
	return false;
}

static struct json_object *
answer_new(const char *action, struct json_object *content)
{
	struct json_object *answer = json_object_new_object();

	json_object_object_add(answer, "action", json_object_new_string(action));
	if (content != NULL)
		json_object_object_add(answer, "content", content);
	return answer;
}

struct json_object *
question_answer(struct json_object *request)
{
	struct json_object *params = json_obj(request, "params");
	struct json_object *schema = json_obj(params, "requestedSchema");
	struct json_object *fields = json_obj(schema, "properties");
	struct json_object *content;
	const char *method = json_str(request, "method");
	struct json_object_iter field;
	char line[16];

	if (method == NULL || strcmp(method, "elicitation/create") != 0 || !isatty(STDIN_FILENO))
		return NULL;
	if (json_str(params, "message") != NULL) {
		render_text(stderr, json_str(params, "message"),
			    strlen(json_str(params, "message")), 80);
		fputc('\n', stderr);
	}
	content = json_object_new_object();
	if (fields != NULL) {
		json_object_object_foreachC(fields, field) {
			if (!ask_field(field.key, field.val, question_required(schema, field.key),
				       content)) {
				json_object_put(content);
				return answer_new("cancel", NULL);
			}
		}
	}
	fputs("Send this answer? [y/N]: ", stderr);
	if (read_line(line, sizeof(line)) && (line[0] == 'y' || line[0] == 'Y'))
		return answer_new("accept", content);
	json_object_put(content);
	return answer_new("decline", NULL);
}
