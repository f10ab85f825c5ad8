/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/plugin_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "config/place.h"
#include "config/text.h"
#include "module/read.h"
#include "plugin/enabled.h"
#include "plugin/loader.h"
#include "module/manifest.h"

/* ---- changes -------------------------------------------------------------------------------- */

void
changes_keep(struct changes *changes)
{
	strings_fini(&changes->made);
}

void
changes_undo(struct changes *changes)
{
	for (size_t i = changes->made.count; i > 0; i--)
		remove(changes->made.item[i - 1]); /* a directory is removed only when it is
						    * empty */
	strings_fini(&changes->made);
}

static bool
failed(const char *path)
{
	fprintf(stderr, "lakehost: %s: %s\n", path, strerror(errno));
	if (errno == EACCES || errno == EROFS)
		fputs("To change only your own settings, make a file "
		      "~/.config/lakehost/lakehost.conf. It may be empty. It is then read "
		      "instead of the system's file.\n",
		      stderr);
	return false;
}

/* ---- what is installed ---------------------------------------------------------------------- */

/* The file NAME.so, for free(); NULL when it is in no plugin directory. */
static char *
find_object(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->plugins.directories.count; i++) {
		char *path = xprintf("%s/%s.so", config->plugins.directories.item[i], name);

		if (access(path, F_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

bool
plugin_installed(const struct config *config, const char *name)
{
	char *path = find_object(config, name);
	bool found = path != NULL;

	free(path);
	return found;
}

struct json_object *
plugin_manifest(const struct config *config, const char *name)
{
	char *path = find_object(config, name), why[256] = "";
	struct json_object *manifest = NULL;
	enum plugin_refusal refusal;
	int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd >= 0) {
		manifest = manifest_read(fd, &refusal, why, sizeof(why));
		if (manifest == NULL)
			fprintf(stderr, "lakehost: %s: %s: %s\n", path,
				plugin_refusal_text(refusal), why);
		close(fd);
	} else if (path != NULL) {
		failed(path);
	}
	free(path);
	return manifest;
}

void
plugin_print_unknown(const struct config *config, const char *name)
{
	const struct strings *directories = &config->plugins.directories;
	char *near = plugins_near(directories, name);

	fprintf(stderr, "lakehost: there is no plugin \"%s\" in", name);
	for (size_t i = 0; i < directories->count; i++)
		fprintf(stderr, "%s %s", i > 0 ? "," : "", directories->item[i]);
	fputs(directories->count == 0 ? " any plugin directory\n" : "\n", stderr);
	if (near != NULL)
		fprintf(stderr, "Did you mean \"%s\"?\n", near);
	else
		fputs("\"lakehost plugin list\" shows all plugins.\n", stderr);
	free(near);
}

/* ---- a file that is named ------------------------------------------------------------------- */

bool
plugin_is_path(const char *which)
{
	size_t len = strlen(which);

	return strchr(which, '/') != NULL || (len > 3 && strcmp(which + len - 3, ".so") == 0);
}

int
plugin_file_open(const struct config *config, const char *which, char **path)
{
	if (plugin_is_path(which)) {
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

/* ---- a file from a manifest ------------------------------------------------------------------ */

/* A text of the vendor inside a comment: it must not end the line. */
static void
put_comment(FILE *out, const char *text)
{
	for (; text != NULL && *text != '\0'; text++)
		fputc((unsigned char)*text < ' ' || *text == 0x7f ? ' ' : *text, out);
}

static void
put_permissions(FILE *out, struct json_object *head)
{
	struct json_object *list = json_arr(head, "permissions");

	if (list == NULL || json_object_array_length(list) == 0)
		return;
	fputs("\n# The requests that it may make. You can remove some, but not add any. Tools "
	      "that need a removed\n# one are not offered.\n#permissions = [\n",
	      out);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		fputs("#\t\"", out);
		put_comment(out, json_object_get_string(json_object_array_get_idx(list, i)));
		fprintf(out, "\"%s\n", i + 1 < json_object_array_length(list) ? "," : "");
	}
	fputs("#];\n", out);
}

static void
put_options(FILE *out, struct json_object *head)
{
	struct json_object *properties = json_obj(json_obj(head, "options"), "properties");
	struct json_object_iter member;

	if (properties == NULL || json_object_object_length(properties) == 0)
		return;
	fputs("\n# Options of this plugin.\n#options = {\n", out);
	json_object_object_foreachC(properties, member) {
		struct json_object *schema = member.val, *fallback = json_get(schema, "default");

		if (json_str(schema, "description") != NULL) {
			fputs("#\t# ", out);
			put_comment(out, json_str(schema, "description"));
			fputc('\n', out);
		}
		fputs("#\t", out);
		put_comment(out, member.key);
		fputs(" = ", out);
		put_comment(out, fallback != NULL ? json_object_to_json_string(fallback) : "\"\"");
		fputs(";\n", out);
	}
	fputs("#};\n", out);
}

static void
put_file(FILE *out, const char *name, struct json_object *head)
{
	fprintf(out, "# Plugin %s ", name);
	put_comment(out, json_str(head, "version"));
	if (json_str(head, "summary") != NULL)
		fputs(": ", out);
	put_comment(out, json_str(head, "summary"));
	fprintf(out,
		"\n# Written from the plugin's manifest by \"lakehost plugin enable %s\". "
		"Every key shows its default.\n\n# \"none\" runs the plugin in the host, "
		"\"process\" in its own worker process.\n#isolation = "
		"\"process\";\n\n# Must the server refuse to start when this plugin is "
		"refused?\n#critical = false;\n\n# The group of upstreams in lakehost.conf "
		"that it sends requests to.\n#upstream = \"%s\";\n\n# Other names for its "
		"tools and prompts, if another plugin uses the same ones. In rename:\n# "
		"OLD_NAME = \"NEW_NAME\";\n#prefix = \"\";\n#rename = { };\n",
		name, manifest_upstream(head).role);
	put_permissions(out, head);
	put_options(out, head);
}

/* DIR/plugins-available/NAME.conf, which does not exist yet. */
static bool
write_conf(const struct config *config, const char *name, const char *path, struct changes *changes)
{
	char *folder = xprintf("%s/plugins-available", config->directory);
	struct json_object *manifest = plugin_manifest(config, name);
	FILE *out = NULL;
	int fd = -1;
	bool ok = manifest != NULL;

	if (ok && mkdir(folder, 0755) == 0)
		strings_add(&changes->made, folder);
	else if (ok && errno != EEXIST)
		ok = failed(folder);
	if (ok && (fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)) < 0)
		ok = failed(path);
	if (ok) {
		strings_add(&changes->made, path);
		out = fdopen(fd, "w");
		put_file(out, name, json_obj(manifest, "plugin"));
		if (fclose(out) != 0)
			ok = failed(path);
		else
			printf("%s was written from the plugin's manifest.\n", path);
	}
	json_object_put(manifest);
	free(folder);
	return ok;
}

/* ---- plugins-enabled ------------------------------------------------------------------------- */

bool
plugin_folder_make(const struct config *config, struct changes *changes)
{
	char *folder = xprintf("%s/plugins-enabled", config->directory);
	bool ok = true;

	if (mkdir(folder, 0755) == 0)
		strings_add(&changes->made, folder);
	else if (errno != EEXIST)
		ok = failed(folder);
	free(folder);
	return ok;
}

bool
plugin_mark_default(const struct config *config, struct changes *changes)
{
	char *path = xprintf("%s/plugins-enabled/default.conf", config->directory);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
	bool ok = out != NULL || errno == EEXIST;

	if (out != NULL) {
		strings_add(&changes->made, path);
		fputs("# While this file exists, the plugins that are enabled by default stay "
		      "enabled.\n",
		      out);
		ok = fclose(out) == 0;
	}
	if (!ok)
		failed(path);
	free(path);
	return ok;
}

bool
plugin_link(const struct config *config, const char *name, struct changes *changes)
{
	char *system = config_system_directory();
	char *own = xprintf("%s/plugins-available/%s.conf", config->directory, name);
	char *shared = xprintf("%s/plugins-available/%s.conf", system, name);
	char *link = xprintf("%s/plugins-enabled/%s.conf", config->directory, name);
	char *target = xprintf("../plugins-available/%s.conf", name);
	bool ok = true, ours = access(own, F_OK) == 0;

	if (!ours && access(shared, R_OK) == 0) {
		free(target);
		target = xstrdup(shared);
	} else if (!ours) {
		ok = write_conf(config, name, own, changes);
	}
	if (ok && symlink(target, link) == 0)
		strings_add(&changes->made, link);
	else if (ok && errno != EEXIST)
		ok = failed(link);
	free(system);
	free(own);
	free(shared);
	free(link);
	free(target);
	return ok;
}
