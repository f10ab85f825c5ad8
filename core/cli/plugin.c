/* SPDX-License-Identifier: Apache-2.0 */
/* lakehost plugin list|enable|disable|inspect: no plugin code runs here. */
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

/* One file of a plugin directory that nothing enables. */
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
	if (render_terminal_width() > 0)
		render_text(stdout, text, size, render_terminal_width());
	else
		fwrite(text, 1, size, stdout);
	free(text);
	plugins_free(plugins);
	config_free(config);
	return 0;
}

/* ---- enable, disable ------------------------------------------------------------------------ */

static int
failed(const char *path)
{
	fprintf(stderr, "lakehost: %s: %s\n", path, strerror(errno));
	return 1;
}

/* The link plugins-enabled/NAME.conf; that it is there already is fine. */
static int
link_one(const char *directory, const char *name)
{
	char *available = xprintf("%s/plugins-available/%s.conf", directory, name);
	char *link = xprintf("%s/plugins-enabled/%s.conf", directory, name);
	char *target = xprintf("../plugins-available/%s.conf", name);
	int status = 0;

	if (access(available, R_OK) != 0)
		status = failed(available);
	else if (symlink(target, link) != 0 && errno != EEXIST)
		status = failed(link);
	free(available);
	free(link);
	free(target);
	return status;
}

/* From the moment that plugins-enabled is there it decides alone, so it begins with the plugins
 * that were enabled without it. */
static int
folder_begin(struct config *config)
{
	char *folder = xprintf("%s/plugins-enabled", config->directory);
	bool begins = config->plugins.defaults, critical;
	struct plugins *plugins;

	if (mkdir(folder, 0755) != 0) {
		int status = errno == EEXIST ? 0 : failed(folder);

		free(folder);
		return status;
	}
	plugins = plugins_load(config, NULL, &server_plugin, true, &critical);
	for (size_t i = 0; begins && i < plugins_count(plugins); i++) {
		struct plugin_status status;

		plugins_status(plugins, i, &status);
		if (json_flag(json_obj(status.manifest, "plugin"), "default", false)
		    && link_one(config->directory, status.name) == 0)
			printf("%s, enabled by default, is in %s now.\n", status.name, folder);
	}
	plugins_free(plugins);
	free(folder);
	return 0;
}

static int
enable(const char *directory, const char *name)
{
	if (link_one(directory, name) != 0)
		return 1;
	printf("%s is enabled. A running host takes it up at its next start.\n", name);
	return 0;
}

static int
disable(const char *directory, const char *name)
{
	char *link = xprintf("%s/plugins-enabled/%s.conf", directory, name);
	struct stat info;
	int status = 0;

	if (lstat(link, &info) != 0 && errno == ENOENT) {
		printf("%s was not enabled.\n", name);
	} else if (!S_ISLNK(info.st_mode)) {
		fprintf(stderr, "lakehost: %s is a file, not a link to plugins-available; move it "
			"away yourself\n", link);
		status = 1;
	} else if (unlink(link) != 0) {
		status = failed(link);
	} else {
		printf("%s is disabled. A running host drops it at its next start.\n", name);
	}
	free(link);
	return status;
}

static int
plugin_switch(const struct cli *cli, int (*action)(const char *directory, const char *name))
{
	struct config *config;
	int status;

	if (strspn(cli->argument[1], "abcdefghijklmnopqrstuvwxyz0123456789_-")
	    != strlen(cli->argument[1])) {
		fprintf(stderr, "lakehost: \"%s\" is not a plugin name\n", cli->argument[1]);
		return 2;
	}
	config = cli_config(cli);
	if (config == NULL)
		return 1;
	log_init(LOG_ERROR, true);
	status = folder_begin(config);
	if (status == 0)
		status = action(config->directory, cli->argument[1]);
	config_free(config);
	return status;
}

/* ---- inspect -------------------------------------------------------------------------------- */

/* Opens NAME in the plugin directories, or FILE where the argument has a slash or ends in .so. */
static int
open_plugin(const struct config *config, const char *which, char **path)
{
	size_t len = strlen(which);

	if (strchr(which, '/') != NULL || (len > 3 && strcmp(which + len - 3, ".so") == 0)) {
		*path = xstrdup(which);
		return open(which, O_RDONLY | O_CLOEXEC);
	}
	for (size_t i = 0; i < config->plugins.directories.count; i++) {
		int fd;

		*path = xprintf("%s/%s.so", config->plugins.directories.item[i], which);
		fd = open(*path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			return fd;
		free(*path);
	}
	*path = xstrdup(which);
	errno = ENOENT;
	return -1;
}

static void
print_names(struct json_object *manifest, const char *kind, const char *title)
{
	struct json_object *rows = json_arr(manifest, kind);

	for (size_t i = 0; i < row_count(manifest, kind); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);
		const char *access = json_str(json_obj(row, "lakehost"), "access");
		const char *name = json_str(row, "name");

		printf("%-12s %s%s%s%s\n", i == 0 ? title : "", name != NULL ? name : "?",
		       access != NULL ? " (" : "", access != NULL ? access : "",
		       access != NULL ? ")" : "");
	}
}

static void
print_manifest(const char *path, struct json_object *manifest)
{
	struct json_object *head = json_obj(manifest, "plugin");
	struct json_object *list = json_arr(head, "permissions");

	printf("file         %s\n", path);
	json_object_object_foreach(head, key, value)
		if (json_object_is_type(value, json_type_string)
		    || json_object_is_type(value, json_type_boolean))
			printf("%-12s %s\n", key, json_object_get_string(value));
	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++)
		printf("%-12s %s\n", i == 0 ? "permissions" : "",
		       json_object_get_string(json_object_array_get_idx(list, i)));
	print_names(manifest, "tools", "tools");
	print_names(manifest, "resources", "resources");
	print_names(manifest, "templates", "templates");
	print_names(manifest, "prompts", "prompts");
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
	fd = open_plugin(config, cli->argument[1], &path);
	if (fd < 0) {
		status = failed(path);
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
			    JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
		else
			print_manifest(path, manifest);
		status = 0;
	}
	json_object_put(manifest);
	free(path);
	config_free(config);
	return status;
}

int
cli_plugin(struct cli *cli)
{
	const char *verb = cli->argument[0];
	bool named = cli->arguments == 2;

	setlocale(LC_CTYPE, "C.UTF-8");
	if (strcmp(verb, "list") == 0 && !named)
		return plugin_list(cli);
	if (strcmp(verb, "enable") == 0 && named)
		return plugin_switch(cli, enable);
	if (strcmp(verb, "disable") == 0 && named)
		return plugin_switch(cli, disable);
	if (strcmp(verb, "inspect") == 0 && named)
		return plugin_inspect(cli);
	fputs("Usage: lakehost plugin list | enable NAME | disable NAME | inspect NAME|FILE\n",
	      stderr);
	return 2;
}
