/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lakehost tools --markdown: prints the reference page of all installed tools, also of those that
 * are not enabled, with facts that tools/list does not contain. It reads the manifests and runs no
 * code of a plugin.
 */
#include "cli/cli.h"

#include <dirent.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lakehost/version.h>

#include "base/json.h"
#include "base/mem.h"
#include "module/read.h"
#include "plugin/loader.h"
#include "module/manifest.h"
#include "server/server.h"

/* ---- arguments ------------------------------------------------------------------------------ */

static bool
must_be_given(struct json_object *schema, const char *name)
{
	struct json_object *required = json_arr(schema, "required");

	for (size_t i = 0; required != NULL && i < json_object_array_length(required); i++)
		if (strcmp(json_object_get_string(json_object_array_get_idx(required, i)), name) ==
		    0)
			return true;
	return false;
}

/* Describes an argument: "integer, 1 to 100, default 20", "one of a, b", "array of string". */
static void
print_type(struct json_object *property)
{
	struct json_object *values = json_arr(property, "enum");
	struct json_object *least = json_get(property, "minimum");
	struct json_object *most = json_get(property, "maximum");
	struct json_object *fallback = json_get(property, "default");
	const char *type = json_str(property, "type");
	const char *item = json_str(json_obj(property, "items"), "type");

	fputs(type != NULL ? type : "any", stdout);
	if (item != NULL)
		printf(" of %s", item);
	for (size_t i = 0; values != NULL && i < json_object_array_length(values); i++)
		printf("%s `%s`", i == 0 ? ":" : ",",
		       json_object_get_string(json_object_array_get_idx(values, i)));
	if (least != NULL && most != NULL)
		printf(", %s to %s", json_object_get_string(least), json_object_get_string(most));
	else if (least != NULL)
		printf(", at least %s", json_object_get_string(least));
	else if (most != NULL)
		printf(", at most %s", json_object_get_string(most));
	if (fallback != NULL)
		printf(", default %s", json_object_get_string(fallback));
}

/* Writes a text into a cell of a table. */
static void
print_markdown_cell(const char *text)
{
	for (; text != NULL && *text != '\0'; text++) {
		if (*text == '|' || *text == '<')
			putchar('\\');
		putchar(*text == '\n' ? ' ' : *text);
	}
}

static void
print_arguments(struct json_object *schema)
{
	struct json_object *properties = json_obj(schema, "properties");

	if (properties == NULL || json_object_object_length(properties) == 0) {
		puts("No arguments.\n");
		return;
	}
	puts("| argument | type | |\n|---|---|---|");
	json_object_object_foreach(properties, name, property) {
		printf("| `%s`%s | ", name, must_be_given(schema, name) ? " (required)" : "");
		print_type(property);
		fputs(" | ", stdout);
		print_markdown_cell(json_str(property, "description"));
		puts(" |");
	}
	putchar('\n');
}

/* ---- rows ----------------------------------------------------------------------------------- */

static void
print_names(const char *title, struct json_object *names)
{
	size_t n = names != NULL ? json_object_array_length(names) : 0;

	for (size_t i = 0; i < n; i++)
		printf("%s `%s`%s", i == 0 ? title : ",",
		       json_object_get_string(json_object_array_get_idx(names, i)),
		       i + 1 == n ? "\n\n" : "");
}

static const char *
access_words(const char *access)
{
	if (access != NULL && strcmp(access, "by-sql") == 0)
		return "what its SQL statement does";
	return access != NULL ? access : "read";
}

static void
print_tool(struct json_object *tool)
{
	struct json_object *meta = json_obj(tool, "lakehost");
	struct json_object *hints = json_obj(tool, "annotations");
	const char *resource = json_str(meta, "resource");

	printf("### %s\n\n", json_str(tool, "name"));
	printf("%s\n\n", json_str(tool, "description") ? json_str(tool, "description") : "");
	printf("Access: %s%s%s.\n\n", access_words(json_str(meta, "access")),
	       json_flag(hints, "destructiveHint", false) ? ", destructive" : "",
	       json_obj(tool, "outputSchema") != NULL ? "; with structured content" : "");
	print_arguments(json_obj(tool, "inputSchema"));
	if (resource != NULL)
		printf("As resource: `%s`\n\n", resource);
	print_names("The same as a resource:", json_arr(meta, "uri_aliases"));
	print_names("Other names:", json_arr(meta, "aliases"));
}

/* Rows that are not tools: how a client requests them, and what they contain. */
static void
print_others(struct json_object *manifest, const char *kind, const char *title, const char *key)
{
	struct json_object *rows = json_arr(manifest, kind);
	size_t n = rows != NULL ? json_object_array_length(rows) : 0;

	for (size_t i = 0; i < n; i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);

		if (i == 0)
			printf("| %s | |\n|---|---|\n", title);
		printf("| `%s` | ", json_str(row, key));
		print_markdown_cell(json_str(row, "description"));
		puts(i + 1 == n ? " |\n" : " |");
	}
}

static void
print_plugin(struct json_object *manifest, bool own)
{
	struct json_object *head = json_obj(manifest, "plugin");
	struct json_object *tools = json_arr(manifest, "tools");
	const char *summary = json_str(head, "summary"), *name = json_str(head, "name");

	if (own)
		puts("## The host itself\n");
	else
		printf("## Plugin %s\n\n%s%s%s\n\n", name, summary != NULL ? summary : "",
		       summary != NULL ? "." : "",
		       json_flag(head, "default", false)
			   ? ""
			   : " Enabled only if the configuration names it.");
	for (size_t i = 0; tools != NULL && i < json_object_array_length(tools); i++)
		print_tool(json_object_array_get_idx(tools, i));
	print_others(manifest, "resources", "resource", "uri");
	print_others(manifest, "templates", "resource template", "uriTemplate");
	print_others(manifest, "prompts", "prompt", "name");
}

/* ---- plugins -------------------------------------------------------------------------------- */

static bool
print_file(const char *path)
{
	enum plugin_refusal refusal;
	struct json_object *manifest = NULL;
	char why[256] = "cannot be opened";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		manifest = manifest_read(fd, &refusal, why, sizeof(why));
		close(fd);
	}
	if (manifest == NULL) {
		fprintf(stderr, "lakehost: %s: %s\n", path, why);
		return false;
	}
	print_plugin(manifest, false);
	json_object_put(manifest);
	return true;
}

static bool
print_directory(const char *directory)
{
	struct dirent **entry;
	int n = scandir(directory, &entry, NULL, alphasort);
	bool good = true;

	for (int i = 0; i < n; i++) {
		char *path = xprintf("%s/%s", directory, entry[i]->d_name);
		size_t len = strlen(path);

		if (strcmp(path + len - 3, ".so") == 0)
			good = print_file(path) && good;
		free(path);
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
	return good;
}

int
cli_tools_reference(const struct cli *cli)
{
	struct config *config = cli_config(cli);
	struct json_object *own;
	bool good = true;

	if (config == NULL)
		return 1;
	own = json_parse(server_plugin.manifest,
			 (size_t)(server_plugin.manifest_end - server_plugin.manifest),
			 &manifest_limits, NULL, NULL);
	puts("# The tools of Lakehost " LAKEHOST_VERSION "\n\nMade from the plugins' manifests "
	     "by `lakehost tools --markdown`. An argument that ends in `_id` also\naccepts a "
	     "name, if the object has one. Every tool rejects arguments that it does not know.\n");
	print_plugin(own, true);
	json_object_put(own);
	for (size_t i = 0; i < config->plugins.directories.count; i++)
		good = print_directory(config->plugins.directories.item[i]) && good;
	config_free(config);
	return good && fflush(stdout) == 0 ? 0 : 1;
}
