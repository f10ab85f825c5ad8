/* SPDX-License-Identifier: Apache-2.0 */
/* lakehost prompts, lakehost resources: lists what a client is offered besides tools. */
#include "cli/cli.h"

#include <json-c/json.h>
#include <locale.h>
#include <stdlib.h>

#include "base/json.h"
#include "host/host.h"

/* "run_id*, task": a star marks a required argument. */
static void
put_arguments(FILE *out, struct json_object *prompt)
{
	struct json_object *list = json_arr(prompt, "arguments");

	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
		struct json_object *argument = json_object_array_get_idx(list, i);

		fprintf(out, "%s%s%s", i > 0 ? ", " : "", json_str(argument, "name"),
			json_flag(argument, "required", false) ? "*" : "");
	}
}

static void
put_about(FILE *out, struct json_object *item)
{
	const char *about = json_str(item, "description");

	if (about == NULL)
		about = json_str(item, "title");
	if (about != NULL)
		fprintf(out, "%.*s", first_sentence(about), about);
	fputc('\n', out);
}

static void
put_prompt(FILE *out, struct json_object *prompt)
{
	fprintf(out, "%s\t", json_str(prompt, "name"));
	put_arguments(out, prompt);
	fputc('\t', out);
	put_about(out, prompt);
}

static void
put_resource(FILE *out, struct json_object *resource)
{
	const char *uri = json_str(resource, "uri");

	fprintf(out, "%s\t%s\t", uri != NULL ? uri : json_str(resource, "uriTemplate"),
		json_str(resource, "name"));
	put_about(out, resource);
}

static void
put_all(FILE *out, struct json_object *list, void (*put)(FILE *out, struct json_object *item))
{
	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++)
		put(out, json_object_array_get_idx(list, i));
}

static void
print_json(struct json_object *tree)
{
	puts(json_object_to_json_string_ext(tree, JSON_C_TO_STRING_PRETTY |
						      JSON_C_TO_STRING_NOSLASHESCAPE));
}

int
cli_prompts(struct cli *cli)
{
	struct host *host = cli_host(cli);
	struct json_object *all = host != NULL ? local_list(host, "prompts/list", "prompts") : NULL;
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	setlocale(LC_CTYPE, "C.UTF-8");
	if (all != NULL && cli->json) {
		print_json(all);
	} else if (all != NULL) {
		out = open_memstream(&text, &size);
		fputs("prompt\targuments\tabout\n", out);
		put_all(out, json_arr(all, "prompts"), put_prompt);
		fclose(out);
		render_table_text(text, size);
	}
	free(text);
	json_object_put(all);
	host_free(host);
	return all != NULL ? 0 : 1;
}

int
cli_resources(struct cli *cli)
{
	struct host *host = cli_host(cli);
	struct json_object *fixed =
	    host != NULL ? local_list(host, "resources/list", "resources") : NULL;
	struct json_object *templates =
	    fixed != NULL ? local_list(host, "resources/templates/list", "resourceTemplates")
			  : NULL;
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	setlocale(LC_CTYPE, "C.UTF-8");
	if (templates != NULL && cli->json) {
		json_object_object_add(fixed, "resourceTemplates",
				       json_object_get(json_arr(templates, "resourceTemplates")));
		print_json(fixed);
	} else if (templates != NULL) {
		out = open_memstream(&text, &size);
		fputs("resource\tname\tabout\n", out);
		put_all(out, json_arr(fixed, "resources"), put_resource);
		put_all(out, json_arr(templates, "resourceTemplates"), put_resource);
		fclose(out);
		render_table_text(text, size);
	}
	free(text);
	json_object_put(templates);
	json_object_put(fixed);
	host_free(host);
	return templates != NULL ? 0 : 1;
}
