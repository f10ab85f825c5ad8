/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each file becomes a manifest with one prompt, so that a fault affects only that prompt. The text
 * of a prompt instructs a model: a file that other users can write is refused.
 */
#include "config/prompt_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "config/text.h"
#include "base/trust.h"

struct parse {
	struct prompt_files *files;
	const char *path, *text;
	/* the last two members are parts of the row */
	struct json_object *row, *arguments, *messages;
};

static bool fault(const struct parse *parse, const char *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Records a fault at `at` within the text; NULL: in the file as a whole. Returns false. */
static bool
fault(const struct parse *parse, const char *at, const char *format, ...)
{
	char what[512], line[1024];
	unsigned number = 1;
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	for (const char *p = parse->text; at != NULL && p < at; p++)
		number += *p == '\n';
	if (at != NULL)
		snprintf(line, sizeof(line), "%s:%u: %s", parse->path, number, what);
	else
		snprintf(line, sizeof(line), "%s: %s", parse->path, what);
	strings_add(&parse->files->faults, line);
	return false;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void
add_message(const struct parse *parse, const char *role, const char *text, size_t len)
{
	struct json_object *message = json_object_new_object();

	json_object_object_add(message, "role", json_object_new_string(role));
	json_object_object_add(message, "text", json_object_new_string_len(text, (int)len));
	json_object_array_add(parse->messages, message);
}

static bool
has_argument(const struct parse *parse, const char *name, size_t len)
{
	for (size_t i = 0; i < json_object_array_length(parse->arguments); i++) {
		const char *known =
		    json_str(json_object_array_get_idx(parse->arguments, i), "name");

		if (known != NULL && strlen(known) == len && memcmp(known, name, len) == 0)
			return true;
	}
	return false;
}

/* Each {{name}} must be an argument: otherwise the model would see the misspelled name. */
static bool
check_names(const struct parse *parse, const char *text, bool lines)
{
	for (const char *p = strstr(text, "{{"); p != NULL; p = strstr(p + 2, "{{")) {
		size_t len = strcspn(p + 2, "{}\n");

		if (strncmp(p + 2 + len, "}}", 2) == 0 && !has_argument(parse, p + 2, len))
			return fault(parse, lines ? p : NULL, "{{%.*s}} is not an argument",
				     len < 64 ? (int)len : 64, p + 2);
	}
	return true;
}

/* ---- Markdown -------------------------------------------------------------------------------- */

/* Reads an argument: "required path: What it is." */
static bool
take_argument(const struct parse *parse, const char *at, const char *key, const char *value)
{
	const char *name = strchr(key, ' ') + 1;
	struct json_object *argument = json_object_new_object();

	json_object_array_add(parse->arguments, argument);
	json_object_object_add(argument, "name", json_object_new_string(name));
	if (*value != '\0')
		json_object_object_add(argument, "description", json_object_new_string(value));
	if (key[0] == 'r')
		json_object_object_add(argument, "required", json_object_new_boolean(1));
	return *name != '\0' || fault(parse, at, "the name of an argument is missing");
}

/* Reads one line of the head; `at` is its position. */
static bool
take_line(const struct parse *parse, const char *at, char *line)
{
	char *colon = strchr(line, ':'), *value;

	if (line[strspn(line, " \t\r")] == '\0')
		return true;
	if (colon == NULL)
		return fault(parse, at, "is not \"KEY: TEXT\"");
	*colon = '\0';
	value = colon + 1 + strspn(colon + 1, " \t");
	for (size_t len = strlen(value); len > 0 && strchr(" \t\r", value[len - 1]) != NULL; len--)
		value[len - 1] = '\0';
	if (strncmp(line, "required ", 9) == 0 || strncmp(line, "optional ", 9) == 0)
		return take_argument(parse, at, line, value);
	if (strcmp(line, "title") != 0 && strcmp(line, "description") != 0)
		return fault(parse, at,
			     "\"%.40s\" must be title, description, required NAME or optional "
			     "NAME",
			     line);
	if (json_get(parse->row, line) != NULL)
		return fault(parse, at, "a second %s", line);
	json_object_object_add(parse->row, line, json_object_new_string(value));
	return true;
}

/* The start of the line after the one at `at`, or the end. */
static const char *
next_line(const char *at)
{
	at += strcspn(at, "\n");
	return *at == '\n' ? at + 1 : at;
}

static bool
rule(const char *line)
{
	return strncmp(line, "---", 3) == 0 &&
	       (line[3] == '\n' || strncmp(line + 3, "\r\n", 2) == 0);
}

/* Finds the start of the text after the head. */
static bool
take_head(const struct parse *parse, const char **body)
{
	const char *at = parse->text;

	*body = at;
	if (!rule(at))
		return true;
	for (at = next_line(at); *at != '\0' && !rule(at); at = next_line(at)) {
		char *line = xstrndup(at, strcspn(at, "\n"));
		bool ok = take_line(parse, at, line);

		free(line);
		if (!ok)
			return false;
	}
	if (*at == '\0')
		return fault(parse, parse->text, "the head must end with a second line ---");
	*body = next_line(at);
	return true;
}

static bool
parse_markdown(const struct parse *parse)
{
	const char *body;
	size_t len;

	if (!take_head(parse, &body))
		return false;
	body += strspn(body, "\r\n");
	for (len = strlen(body); len > 0 && strchr(" \t\r\n", body[len - 1]) != NULL; len--)
		;
	if (len == 0)
		return fault(parse, body, "the text is empty");
	add_message(parse, "user", body, len);
	return check_names(parse, body, true);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static bool
take_message(const struct parse *parse, struct json_object *list, size_t i)
{
	struct json_object *message = json_object_array_get_idx(list, i);
	const char *role = json_str(message, "role"), *text = json_str(message, "text");

	if (role == NULL || (strcmp(role, "user") != 0 && strcmp(role, "assistant") != 0))
		return fault(parse, NULL, "messages[%zu].role must be user or assistant", i);
	if (text == NULL || *text == '\0')
		return fault(parse, NULL, "messages[%zu].text is missing", i);
	if (json_object_object_length(message) != 2)
		return fault(parse, NULL, "messages[%zu] has members other than role and text", i);
	add_message(parse, role, text, strlen(text));
	return check_names(parse, text, false);
}

static bool
take_messages(const struct parse *parse, struct json_object *list)
{
	size_t n = list != NULL ? json_object_array_length(list) : 0;

	if (n == 0 || n > PROMPT_MESSAGES_MAX)
		return fault(parse, NULL, "messages must be a list of 1 to %u",
			     PROMPT_MESSAGES_MAX);
	for (size_t i = 0; i < n; i++)
		if (!take_message(parse, list, i))
			return false;
	return true;
}

/* The registry checks everything else, as in every manifest. */
static bool
take_members(struct parse *parse, struct json_object *tree)
{
	struct json_object_iter member;

	json_object_object_foreachC(tree, member) {
		if (strcmp(member.key, "name") == 0 || strcmp(member.key, "lakehost") == 0)
			return fault(parse, NULL, "%s is not allowed in a file", member.key);
		if (strcmp(member.key, "arguments") == 0) {
			if (!json_object_is_type(member.val, json_type_array))
				return fault(parse, NULL, "arguments must be a list");
			parse->arguments = member.val;
		}
		if (strcmp(member.key, "messages") != 0)
			json_object_object_add(parse->row, member.key, json_object_get(member.val));
	}
	return true;
}

static bool
parse_json(struct parse *parse)
{
	const char *why = NULL;
	size_t at = 0;
	struct json_object *tree =
	    json_parse(parse->text, strlen(parse->text), &json_inbound, &why, &at);
	bool ok;

	if (tree == NULL)
		return fault(parse, parse->text + at, "%s", why);
	if (!json_object_is_type(tree, json_type_object))
		ok = fault(parse, NULL, "the file must contain a JSON object");
	else
		ok = take_members(parse, tree) && take_messages(parse, json_arr(tree, "messages"));
	json_object_put(tree);
	return ok;
}

/* ---- files ----------------------------------------------------------------------------------- */

static bool
judge(const struct parse *parse, const struct stat *status)
{
	if (status->st_uid != 0 && status->st_uid != geteuid())
		return fault(parse, NULL, "belongs to uid %u, but this host runs as uid %u",
			     status->st_uid, geteuid());
	if (others_write(status))
		return fault(parse, NULL,
			     "has mode %04o, so other users can write to it; run chmod go-w on it",
			     (unsigned)(status->st_mode & 07777));
	return utf8_valid(parse->text, strlen(parse->text)) || fault(parse, NULL, "is not UTF-8");
}

static void
keep(struct parse *parse)
{
	struct prompt_files *files = parse->files;
	struct json_object *manifest = json_object_new_object(), *list = json_object_new_array();

	json_object_array_add(list, json_object_get(parse->row));
	json_object_object_add(manifest, "prompts", list);
	files->item = xrealloc(files->item, (files->count + 1) * sizeof(*files->item));
	files->item[files->count++] = (struct prompt_file){ xstrdup(parse->path), manifest };
}

static void
read_prompt_file(struct prompt_files *files, const char *path, const char *name, size_t stem)
{
	struct parse parse = { .files = files, .path = path };
	struct json_object *meta = json_object_new_object();
	char *id = xstrndup(name, stem), why[512];
	struct stat status;
	size_t len;
	char *text = text_read(path, PROMPT_BYTES_MAX, &len, &status, why, sizeof(why));

	parse.row = json_object_new_object();
	parse.arguments = json_object_new_array();
	parse.messages = json_object_new_array();
	json_object_object_add(parse.row, "name", json_object_new_string(id));
	json_object_object_add(parse.row, "arguments", parse.arguments);
	json_object_object_add(parse.row, "lakehost", meta);
	json_object_object_add(meta, "messages", parse.messages);
	parse.text = text;
	if (text == NULL)
		strings_add(&files->faults, why);
	else if (judge(&parse, &status) &&
		 (strcmp(name + stem, ".md") == 0 ? parse_markdown(&parse) : parse_json(&parse)))
		keep(&parse);
	json_object_put(parse.row);
	free(id);
	free(text);
}

/* The length of the name without its suffix; 0: the file is not a prompt. */
static size_t
stem_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (dot == NULL || dot == name || *name == '.' || strcmp(name, "README.md") == 0 ||
	    (strcmp(dot, ".md") != 0 && strcmp(dot, ".json") != 0))
		return 0;
	return (size_t)(dot - name);
}

static int
is_prompt(const struct dirent *entry)
{
	return stem_of(entry->d_name) > 0;
}

static int
file_by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

void
prompt_files_read(struct prompt_files *files, const char *directory)
{
	struct parse whole = { .files = files, .path = directory };
	struct dirent **entries = NULL;
	int n;

	*files = (struct prompt_files){ 0 };
	if (directory == NULL)
		return;
	n = scandir(directory, &entries, is_prompt, file_by_name);
	if (n < 0)
		fault(&whole, NULL, "%s", strerror(errno));
	if (n > (int)PROMPT_FILES_MAX)
		fault(&whole, NULL, "has %d prompts; at most %u are allowed", n, PROMPT_FILES_MAX);
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		char *path = xprintf("%s/%s", directory, name);

		if (i < (int)PROMPT_FILES_MAX)
			read_prompt_file(files, path, name, stem_of(name));
		free(path);
		free(entries[i]);
	}
	free(entries);
}

void
prompt_files_fini(struct prompt_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free(files->item[i].path);
		json_object_put(files->item[i].manifest);
	}
	free(files->item);
	strings_fini(&files->faults);
	*files = (struct prompt_files){ 0 };
}
