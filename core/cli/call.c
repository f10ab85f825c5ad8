/* SPDX-License-Identifier: Apache-2.0 */
/* lakehost call TOOL: calls a tool and prints its result for a person. */
#include "cli/cli.h"

#include <json-c/json.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "host/host.h"
#include "registry/registry.h"

#define EXIT_CANCELLED 130

/* Reads a list whose quotes were removed by a shell: [id,title]. */
static struct json_object *
bare_list(const char *value)
{
	size_t len = strlen(value);
	struct json_object *list;

	if (len < 2 || value[0] != '[' || value[len - 1] != ']' || strpbrk(value, "\"{}") != NULL)
		return NULL;
	list = json_object_new_array();
	for (const char *at = value + 1; at < value + len; at++) {
		size_t n = strcspn(at, ",]");

		json_object_array_add(list, json_object_new_string_len(at, (int)n));
		at += n;
	}
	return list;
}

/* Reads the value of KEY=VALUE. The schema of the argument decides its type: a string is taken as
 * written, any other type is parsed as JSON. */
static struct json_object *
typed_value(const struct row *row, const char *key, const char *value)
{
	struct json_object *schema = row != NULL ? json_obj(row->json, "inputSchema") : NULL;
	const char *type = json_str(json_obj(json_obj(schema, "properties"), key), "type");
	struct json_object *parsed;

	if (type == NULL || strcmp(type, "string") == 0)
		return json_object_new_string(value);
	parsed = json_parse(value, strlen(value), &json_inbound, NULL, NULL);
	if (parsed == NULL && strcmp(type, "array") == 0)
		parsed = bare_list(value);
	return parsed != NULL ? parsed : json_object_new_string(value);
}

struct json_object *
cli_arguments(const struct row *row, const char **words, size_t n)
{
	struct json_object *arguments;
	const char *why;
	size_t at;

	if (n == 1 && words[0][0] == '{') {
		arguments = json_parse(words[0], strlen(words[0]), &json_inbound, &why, &at);
		if (arguments == NULL)
			fprintf(stderr,
				"lakehost: the arguments are not valid JSON: %s at "
				"byte %zu\n",
				why, at);
		return arguments;
	}
	arguments = json_object_new_object();
	for (size_t i = 0; i < n; i++) {
		const char *equals = strchr(words[i], '=');
		char *key;

		if (equals == NULL) {
			fprintf(stderr,
				"lakehost: \"%s\" is not KEY=VALUE and not a JSON "
				"object\n",
				words[i]);
			json_object_put(arguments);
			return NULL;
		}
		key = xstrndup(words[i], (size_t)(equals - words[i]));
		json_object_object_add(arguments, key, typed_value(row, key, equals + 1));
		free(key);
	}
	return arguments;
}

/* Shows progress on stderr, in one line that is overwritten: the finished part, if it is known, and
 * the current step. */
static void
show_progress(void *data, struct json_object *message)
{
	const char *method = json_str(message, "method");
	struct json_object *params = json_obj(message, "params");
	bool *shown = data;
	double done, total;
	const char *text;

	if (method == NULL || strcmp(method, "notifications/progress") != 0 ||
	    !isatty(STDERR_FILENO))
		return;
	text = json_str(params, "message");
	done = json_object_get_double(json_get(params, "progress"));
	total = json_object_get_double(json_get(params, "total"));
	fputs("\r\033[K… ", stderr);
	if (total > 0)
		fprintf(stderr, "%d %% ", (int)(100 * done / total));
	else if (text == NULL)
		fprintf(stderr, "%g", done);
	if (text != NULL)
		render_line(stderr, text);
	fflush(stderr);
	*shown = true;
}

/* The tool in the form that a client sees, or NULL. */
static const struct row *
offered(struct host *host, const char *tool)
{
	return registry_tool(host_registry(host), tool, host_view(host));
}

/* Prints why a question was not answered. Nothing was changed in this case. */
static int
print_unanswered(void)
{
	fputs("lakehost: the tool asks a question, but there is no terminal for the answer\n",
	      stderr);
	return 1;
}

static int
print_answer(const struct cli *cli, struct host *host, const struct local_answer *answer)
{
	const char *type = json_str(answer->result, "resultType");

	if (answer->cancelled || answer->result == NULL) {
		local_print_error(answer);
		if (!answer->cancelled && offered(host, cli->argument[0]) == NULL)
			cli_tell_absent(host, cli->argument[0]);
		return answer->cancelled ? EXIT_CANCELLED : 1;
	}
	if (type != NULL && strcmp(type, "input_required") == 0)
		return print_unanswered();
	if (cli->json)
		puts(json_object_to_json_string_ext(answer->result,
						    JSON_C_TO_STRING_PRETTY |
							JSON_C_TO_STRING_NOSLASHESCAPE));
	else
		render_content(json_arr(answer->result, "content"), render_terminal_width());
	return json_flag(answer->result, "isError", false) ? 1 : 0;
}

int
cli_call(struct cli *cli)
{
	struct host *host = cli_host(cli);
	struct json_object *params, *arguments;
	struct local_answer answer;
	bool shown = false;
	int status = 1;

	if (host == NULL)
		return 1;
	setlocale(LC_CTYPE, "C.UTF-8");
	arguments =
	    cli_arguments(offered(host, cli->argument[0]), cli->argument + 1, cli->arguments - 1);
	if (arguments != NULL) {
		params = json_object_new_object();
		json_object_object_add(params, "name", json_object_new_string(cli->argument[0]));
		json_object_object_add(params, "arguments", arguments);
		local_request(host, "tools/call", params, show_progress, &shown, &answer);
		if (shown)
			fputs("\r\033[K", stderr);
		status = print_answer(cli, host, &answer);
		local_answer_fini(&answer);
	}
	host_free(host);
	return status;
}
