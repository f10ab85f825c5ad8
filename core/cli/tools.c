/* SPDX-License-Identifier: Apache-2.0 */
/* lakehost tools */
#include "cli/cli.h"

#include <json-c/json.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "host/host.h"

int
first_sentence(const char *text)
{
	const char *end = strstr(text, ". ");

	return (int)(end != NULL ? (size_t)(end - text) : strcspn(text, "\n"));
}

static const char *
effect(struct json_object *tool)
{
	struct json_object *hints = json_obj(tool, "annotations");

	if (json_flag(hints, "readOnlyHint", false))
		return "read";
	return json_flag(hints, "destructiveHint", true) ? "destructive" : "write";
}

static void
print_tools(struct json_object *tools)
{
	char *text = NULL;
	size_t size = 0, n = json_object_array_length(tools);
	FILE *out = open_memstream(&text, &size);

	fputs("tool\teffect\tdescription\n", out);
	for (size_t i = 0; i < n; i++) {
		struct json_object *tool = json_object_array_get_idx(tools, i);
		const char *about = json_str(tool, "description");

		if (about == NULL)
			about = "";
		fprintf(out, "%s\t%s\t%.*s\n", json_str(tool, "name"), effect(tool),
			first_sentence(about), about);
	}
	fclose(out);
	render_table_text(text, size);
	free(text);
}

int
cli_tools(struct cli *cli)
{
	struct host *host;
	struct json_object *all;

	if (cli->markdown)
		return cli_tools_reference(cli);
	host = cli_host(cli);
	all = host != NULL ? local_list(host, "tools/list", "tools") : NULL;
	if (all != NULL && cli->json)
		puts(json_object_to_json_string_ext(all, JSON_C_TO_STRING_PRETTY |
							     JSON_C_TO_STRING_NOSLASHESCAPE));
	else if (all != NULL)
		print_tools(json_arr(all, "tools"));
	json_object_put(all);
	host_free(host);
	return all != NULL ? 0 : 1;
}
