/* SPDX-License-Identifier: Apache-2.0 */
/* lakehost plugin list|inspect: neither runs code of a plugin. enable and disable are in
 * plugin_switch.c. */
#include "cli/cli.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "cli/plugin_file.h"
#include "module/read.h"
#include "plugin/loader.h"
#include "server/server.h"

static size_t
row_count(struct json_object *manifest, const char *kind)
{
	struct json_object *rows = json_arr(manifest, kind);

	return rows != NULL ? json_object_array_length(rows) : 0;
}

/* ---- list ----------------------------------------------------------------------------------- */

static bool
is_enabled(const struct plugins *plugins, const char *name)
{
	struct plugin_status status;

	for (size_t i = 0; i < plugins_count(plugins); i++) {
		plugins_status(plugins, i, &status);
		if (strcmp(status.name, name) == 0)
			return true;
	}
	return false;
}

static void
list_enabled(FILE *out, const struct plugins *plugins)
{
	for (size_t i = 0; i < plugins_count(plugins); i++) {
		struct plugin_status status;

		plugins_status(plugins, i, &status);
		fprintf(out, "%s\t%s\t%s\t%zu\t%s\t%s%s%s\n", status.name,
			status.version != NULL ? status.version : "-",
			status.refusal == PLUGIN_OK ? "enabled" : "refused",
			row_count(status.manifest, "tools"),
			status.isolation == ISOLATION_NONE ? "none" : "process",
			status.refusal == PLUGIN_OK ? (status.summary ? status.summary : "")
						    : plugin_refusal_text(status.refusal),
			status.why[0] != '\0' ? ": " : "", status.why);
	}
}

/* A file of a plugin directory that the configuration does not enable. */
static void
list_available(FILE *out, const char *directory, const char *file, const char *name)
{
	enum plugin_refusal refusal;
	struct json_object *manifest = NULL, *head;
	char why[256] = "";
	char *path = xprintf("%s/%s", directory, file);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		manifest = manifest_read(fd, &refusal, why, sizeof(why));
	else
		snprintf(why, sizeof(why), "%s", strerror(errno));
	head = json_obj(manifest, "plugin");
	fprintf(out, "%s\t%s\t%s\t%zu\t-\t%s\n", name,
		json_str(head, "version") != NULL ? json_str(head, "version") : "-",
		manifest != NULL ? "available" : "unusable", row_count(manifest, "tools"),
		json_str(head, "summary") != NULL ? json_str(head, "summary") : why);
	json_object_put(manifest);
	if (fd >= 0)
		close(fd);
	free(path);
}

static void
list_directory(FILE *out, const char *directory, const struct plugins *plugins)
{
	struct dirent **entry;
	int n = scandir(directory, &entry, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		const char *file = entry[i]->d_name;
		size_t len = strlen(file);

		if (len > 3 && strcmp(file + len - 3, ".so") == 0) {
			char *name = xstrndup(file, len - 3);

			if (!is_enabled(plugins, name))
				list_available(out, directory, file, name);
			free(name);
		}
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
}

static int
plugin_list(const struct cli *cli)
{
	struct config *config = cli_config(cli);
	struct plugins *plugins;
	bool critical;
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	if (config == NULL)
		return 1;
	log_init(LOG_ERROR, true);
	plugins = plugins_load(config, NULL, &server_plugin, true, &critical);
	out = open_memstream(&text, &size);
	fputs("plugin\tversion\tstate\ttools\tisolation\tabout\n", out);
	list_enabled(out, plugins);
	for (size_t i = 0; i < config->plugins.directories.count; i++)
		list_directory(out, config->plugins.directories.item[i], plugins);
	fclose(out);
	render_table_text(text, size);
	free(text);
	plugins_free(plugins, NULL);
	config_free(config);
	return 0;
}

/* ---- inspect -------------------------------------------------------------------------------- */

/* The tools that the host publishes for an operation. */
static void
print_task(struct json_object *row, const char *tool, const char *access)
{
	static const char *const parts[] = { "result", "cancel" };
	struct json_object *task = json_obj(json_obj(row, "lakehost"), "task");

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (json_str(task, parts[i]) != NULL)
			printf("%-12s %s (%s; %s of %s)\n", "", json_str(task, parts[i]),
			       access != NULL ? access : "?", parts[i], tool);
}

static void
print_row_names(struct json_object *manifest, const char *kind, const char *title)
{
	struct json_object *rows = json_arr(manifest, kind);

	for (size_t i = 0; i < row_count(manifest, kind); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);
		const char *access = json_str(json_obj(row, "lakehost"), "access");
		const char *name = json_str(row, "name");

		printf("%-12s %s%s%s%s\n", i == 0 ? title : "", name != NULL ? name : "?",
		       access != NULL ? " (" : "", access != NULL ? access : "",
		       access != NULL ? ")" : "");
		print_task(row, name, access);
	}
}

static void
print_manifest(const char *path, struct json_object *manifest)
{
	struct json_object *head = json_obj(manifest, "plugin");
	struct json_object *list = json_arr(head, "permissions");
	struct json_object_iter member;

	printf("file         %s\n", path);
	json_object_object_foreachC(head, member)
		if (json_object_is_type(member.val, json_type_string) ||
		    json_object_is_type(member.val, json_type_boolean))
			printf("%-12s %s\n", member.key, json_object_get_string(member.val));
	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++)
		printf("%-12s %s\n", i == 0 ? "permissions" : "",
		       json_object_get_string(json_object_array_get_idx(list, i)));
	print_row_names(manifest, "tools", "tools");
	print_row_names(manifest, "resources", "resources");
	print_row_names(manifest, "templates", "templates");
	print_row_names(manifest, "prompts", "prompts");
}

static int
plugin_inspect(const struct cli *cli)
{
	struct config *config = cli_config(cli);
	struct json_object *manifest = NULL;
	enum plugin_refusal refusal;
	char why[256] = "", *path;
	int fd, status = 1;

	if (config == NULL)
		return 1;
	fd = plugin_file_open(config, cli->argument[1], &path);
	if (fd < 0 && errno == ENOENT && !plugin_is_path(cli->argument[1])) {
		plugin_print_unknown(config, cli->argument[1]);
	} else if (fd < 0) {
		fprintf(stderr, "lakehost: %s: %s\n", path, strerror(errno));
	} else {
		manifest = manifest_read(fd, &refusal, why, sizeof(why));
		if (manifest == NULL)
			fprintf(stderr, "lakehost: %s: %s: %s\n", path,
				plugin_refusal_text(refusal), why);
		close(fd);
	}
	if (manifest != NULL) {
		if (cli->json)
			puts(json_object_to_json_string_ext(manifest,
							    JSON_C_TO_STRING_PRETTY |
								JSON_C_TO_STRING_NOSLASHESCAPE));
		else
			print_manifest(path, manifest);
		status = 0;
	}
	json_object_put(manifest);
	free(path);
	config_free(config);
	return status;
}

static int
plugin_enable(const struct cli *cli)
{
	return cli_plugin_switch(cli, true);
}

static int
plugin_disable(const struct cli *cli)
{
	return cli_plugin_switch(cli, false);
}

struct plugin_verb {
	const char *verb;
	size_t arguments; /* with the verb */
	int (*run)(const struct cli *cli);
};

static const struct plugin_verb verbs[] = {
	{ "list", 1, plugin_list },	      { "enable", 2, plugin_enable },
	{ "disable", 2, plugin_disable },     { "inspect", 2, plugin_inspect },
	{ "new", 3, cli_plugin_new },	      { "lint", 2, cli_plugin_lint },
	{ "test", 2, cli_plugin_test },	      { "sign", 2, cli_plugin_sign },
	{ "approve", 2, cli_plugin_approve },
};

/* An option that only another verb takes, or NULL. */
static const char *
foreign_option(const struct cli *cli, const char *verb)
{
	const struct {
		const char *option, *verb;
		bool given;
	} options[] = {
		{ "--seed", "test", cli->seed != NULL },
		{ "--count", "test", cli->count != NULL },
		{ "--key", "sign", cli->key != NULL },
		{ "--yes", "approve", cli->yes },
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].given && strcmp(options[i].verb, verb) != 0)
			return options[i].option;
	return NULL;
}

static int
run_verb(const struct cli *cli, const struct plugin_verb *verb)
{
	const char *option = foreign_option(cli, verb->verb);

	if (option == NULL)
		return verb->run(cli);
	fprintf(stderr, "lakehost: plugin %s does not take the option %s\n", verb->verb, option);
	return 2;
}

int
cli_plugin(struct cli *cli)
{
	const char *verb = cli->argument[0], *names[ARRAY_SIZE(verbs)], *near;

	setlocale(LC_CTYPE, "C.UTF-8");
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (strcmp(verb, verbs[i].verb) == 0 && cli->arguments == verbs[i].arguments)
			return run_verb(cli, &verbs[i]);
		names[i] = verbs[i].verb;
	}
	near = nearest_name(verb, names, ARRAY_SIZE(names));
	if (near != NULL)
		fprintf(stderr, "lakehost: plugin %s: did you mean \"plugin %s\"?\n", verb, near);
	fputs("Usage: lakehost plugin list | enable NAME | disable NAME | inspect NAME|FILE | "
	      "new NAME DIR | lint FILE | test FILE | sign FILE | "
	      "approve NAME|FILE\n",
	      stderr);
	return 2;
}
