/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lakehost plugin enable|disable: links in plugins-enabled. Once this directory exists, it alone
 * decides which plugins are enabled. So its first link is made together with default.conf, which
 * keeps the default plugins enabled. A command that fails changes nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/plugin_file.h"
#include "config/text.h"
#include "plugin/loader.h"
#include "server/server.h"

static int
unknown_plugin(const struct config *config, const char *name)
{
	plugin_print_unknown(config, name);
	return 1;
}

static int
enable(const struct config *config, const char *name)
{
	struct changes changes = { { NULL, 0 } };
	struct json_object *manifest;
	bool ok;

	if (!plugin_installed(config, name))
		return unknown_plugin(config, name);
	manifest = plugin_manifest(config, name); /* a plugin that cannot be read is not enabled */
	ok = manifest != NULL && plugin_folder_make(config, &changes) &&
	     (!config->plugins.defaults || plugin_mark_default(config, &changes)) &&
	     plugin_link(config, name, &changes);
	json_object_put(manifest);
	if (!ok) {
		changes_undo(&changes);
		return 1;
	}
	changes_keep(&changes);
	printf("%s is enabled. A running host loads it after \"lakehost reload\".\n", name);
	return 0;
}

static bool
is_default(struct json_object *manifest)
{
	return json_flag(json_obj(manifest, "plugin"), "default", false);
}

/* Makes links for all plugins that are enabled by default, except one. */
static bool
spell_out_defaults(const struct config *config, const char *but, struct changes *changes)
{
	bool critical, ok = true;
	struct plugins *plugins = plugins_load(config, NULL, &server_plugin, true, &critical);

	for (size_t i = 0; ok && i < plugins_count(plugins); i++) {
		struct plugin_status status;

		plugins_status(plugins, i, &status);
		if (strcmp(status.name, but) != 0 && is_default(status.manifest))
			ok = plugin_link(config, status.name, changes);
	}
	plugins_free(plugins, NULL);
	return ok;
}

/* Without default.conf the links alone decide. */
static bool
unmark_default(const struct config *config)
{
	char *path = xprintf("%s/plugins-enabled/default.conf", config->directory);
	bool ok = unlink(path) == 0 || errno == ENOENT;

	if (!ok)
		fprintf(stderr, "lakehost: %s: %s\n", path, strerror(errno));
	free(path);
	return ok;
}

/* Disables a plugin that is enabled by default: links for the others replace default.conf. */
static bool
disable_default(const struct config *config, const char *name)
{
	struct changes changes = { { NULL, 0 } };

	if (!plugin_folder_make(config, &changes) || !spell_out_defaults(config, name, &changes) ||
	    !unmark_default(config)) {
		changes_undo(&changes);
		return false;
	}
	changes_keep(&changes);
	return true;
}

static bool
remove_link(const char *link)
{
	if (unlink(link) == 0)
		return true;
	fprintf(stderr, "lakehost: %s: %s\n", link, strerror(errno));
	return false;
}

/* Is the plugin named in the main file or by --set? Then links have no effect. */
static bool
named_elsewhere(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->plugins.count; i++) {
		const struct config_plugin *plugin = &config->plugins.plugin[i];

		if (strcmp(plugin->name, name) == 0)
			return plugin->by_name;
	}
	return false;
}

/* Is the plugin enabled only by default? */
static bool
by_default(const struct config *config, const char *name)
{
	struct json_object *manifest =
	    config->plugins.defaults ? plugin_manifest(config, name) : NULL;
	bool is = is_default(manifest);

	json_object_put(manifest);
	return is;
}

static int
disable(const struct config *config, const char *name, const char *link)
{
	struct stat info;
	const bool there = lstat(link, &info) == 0;
	const bool is = by_default(config, name);

	if (!there && !plugin_installed(config, name))
		return unknown_plugin(config, name);
	if (named_elsewhere(config, name) || config->plugins.all ||
	    (is && config->plugins.by_word)) {
		fprintf(stderr,
			"lakehost: %s is enabled by plugins.enabled in the configuration; remove "
			"the name there\n",
			name);
		return 1;
	}
	if (there && !S_ISLNK(info.st_mode)) {
		fprintf(stderr,
			"lakehost: %s is a file, not a link to plugins-available; remove it "
			"yourself\n",
			link);
		return 1;
	}
	if (!there && !is) {
		printf("%s was not enabled.\n", name);
		return 0;
	}
	if ((is && !disable_default(config, name)) || (there && !remove_link(link)))
		return 1;
	printf("%s is disabled. A running host unloads it after \"lakehost reload\".\n", name);
	return 0;
}

int
cli_plugin_switch(const struct cli *cli, bool on)
{
	const char *name = cli->argument[1];
	struct config *config;
	char *link;
	int status;

	if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") != strlen(name) ||
	    *name == '\0' || strcmp(name, "default") == 0 || strcmp(name, "all") == 0) {
		fprintf(stderr, "lakehost: \"%s\" is not a valid plugin name\n", name);
		return 2;
	}
	config = cli_config(cli);
	if (config == NULL)
		return 1;
	log_init(LOG_ERROR, true);
	link = xprintf("%s/plugins-enabled/%s.conf", config->directory, name);
	status = on ? enable(config, name) : disable(config, name, link);
	free(link);
	config_free(config);
	return status;
}
