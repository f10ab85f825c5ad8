/* SPDX-License-Identifier: Apache-2.0 */
/* Which plugins are enabled, by the main file or by their own file in plugins-enabled. */
#include "config/plugins.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/signature.h"
#include "config/faults.h"
#include "config/permission.h"
#include "config/place.h"
#include "config/file.h"
#include "config/reference.h"
#include "config/text.h"
#include "config/value.h"

#define PLUGINS_MAX 200
#define KEY_BYTES_MAX 4096 /* of a public key */

static const char *const isolations[] = { "process", "none", NULL };

static bool
plugin_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= 64 && *name != '-' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

/* ---- files of plugins ---------------------------------------------------------------------- */

void
config_plugin_fini(struct config_plugin *plugin)
{
	free(plugin->name);
	free(plugin->where);
	strings_fini(&plugin->permissions);
	free(plugin->options);
	strings_fini(&plugin->option_places);
	strings_fini(&plugin->set);
	free(plugin->prefix);
	strings_fini(&plugin->rename);
	free(plugin->upstream);
}

static void
read_option_places(struct config_plugin *plugin, const struct node *root)
{
	struct node options = node_group(root, "options");
	struct strings keys = { 0 };

	node_keys(&options, &keys);
	for (size_t i = 0; i < keys.count; i++) {
		char *where = node_where(&options, keys.item[i]);
		char *place = xprintf("%s=%s", keys.item[i], where);

		strings_add(&plugin->option_places, place);
		free(place);
		free(where);
	}
	strings_fini(&keys);
}

static void
read_permissions(struct config_plugin *plugin, const struct node *root)
{
	plugin->narrowed = node_has(root, "permissions");
	node_list(root, "permissions", &plugin->permissions);
	for (size_t i = 0; i < plugin->permissions.count; i++) {
		const char *why = permission_check(plugin->permissions.item[i]);

		if (why != NULL)
			node_fault(root, "permissions", "\"%s\": %s", plugin->permissions.item[i],
				   why);
	}
}

static bool
row_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= 64 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == len;
}

/* Reads rename = { old_name = "new_name"; }; and prefix = "vendor_"; which change names that
 * another plugin uses too. */
static void
read_names(struct config_plugin *plugin, const struct node *root)
{
	struct node rename = node_group(root, "rename");
	int n = rename.setting != NULL ? config_setting_length(rename.setting) : 0;

	plugin->prefix = node_text(root, "prefix", NULL);
	if (plugin->prefix != NULL && !row_name(plugin->prefix))
		node_fault(root, "prefix", "\"%s\" may only have the characters a-z, 0-9 and _",
			   plugin->prefix);
	for (int i = 0; i < n; i++) {
		config_setting_t *item = config_setting_get_elem(rename.setting, (unsigned)i);
		const char *old = config_setting_name(item);
		char *name = node_text(&rename, old, NULL), *pair;

		if (name == NULL || !row_name(name)) {
			node_fault(&rename, old,
				   "must be a name in quotes, with the characters a-z, 0-9 and _");
		} else {
			pair = xprintf("%s=%s", old, name);
			strings_add(&plugin->rename, pair);
			free(pair);
		}
		free(name);
	}
}

/* The isolation in the plugin's file, unless plugins.isolation is stricter. */
static enum isolation
read_isolation(const struct config *config, const struct node *root)
{
	size_t word = node_word(root, "isolation", isolations, config->plugins.isolation);

	return word == 0 || config->plugins.isolate ? ISOLATION_PROCESS : ISOLATION_NONE;
}

static void
read_dropin(struct config *config, struct config_plugin *plugin, const char *path,
	    struct config_faults *faults)
{
	char why[512], *text;
	struct reader reader;
	struct node root;
	struct stat status;
	size_t len;

	text = text_read(path, CONFIG_BYTES_MAX, &len, &status, why, sizeof(why));
	if (text == NULL)
		config_faults_add(faults, "%s: %s", path, why);
	else if ((status.st_mode & S_IWOTH) != 0)
		config_faults_add(faults,
				  "%s: every user may write to this file; run chmod o-w on it",
				  path);
	reader_init(&reader, path, text, faults);
	free(text);
	root = node_root(&reader);
	plugin->where = xprintf("%s:1", path);
	plugin->isolation = read_isolation(config, &root);
	plugin->critical = node_bool(&root, "critical", false);
	plugin->upstream = node_text(&root, "upstream", NULL);
	if (plugin->upstream != NULL && config_upstream(config, plugin->upstream) == NULL)
		node_fault(&root, "upstream", "there is no upstreams.%s", plugin->upstream);
	plugin->options = node_json(&root, "options");
	read_option_places(plugin, &root);
	read_permissions(plugin, &root);
	read_names(plugin, &root);
	reader_finish(&reader);
	reader_fini(&reader);
}

static struct config_plugin *
append_plugin(struct config_plugin **list, size_t *count, const char *name)
{
	*list = xrealloc(*list, (*count + 1) * sizeof(**list));
	(*list)[*count] = (struct config_plugin){ .name = xstrdup(name) };
	return &(*list)[(*count)++];
}

static int
visible_conf(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 5 && entry->d_name[0] != '.' && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

/* Orders names by their bytes, independent of the locale. */
static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* False when there is no such directory. */
static bool
read_directory(struct config *config, const char *directory, struct config_plugin **list,
	       size_t *count, struct config_faults *faults)
{
	struct dirent **entry;
	int n = scandir(directory, &entry, visible_conf, by_name);

	if (n < 0) {
		if (errno != ENOENT)
			config_faults_add(faults, "%s: %s", directory, strerror(errno));
		return errno != ENOENT;
	}
	for (int i = 0; i < n; i++) {
		char *name = xstrndup(entry[i]->d_name, strlen(entry[i]->d_name) - 5);
		char *path = xprintf("%s/%s", directory, entry[i]->d_name);

		if (!plugin_name(name))
			config_faults_add(faults, "%s is not a valid plugin name", path);
		else if (*count < PLUGINS_MAX)
			read_dropin(config, append_plugin(list, count, name), path, faults);
		else
			config_faults_add(faults, "%s has more than %d entries", path, PLUGINS_MAX);
		free(name);
		free(path);
		free(entry[i]);
	}
	free(entry);
	return true;
}

static const struct config_plugin *
find(const struct config_plugin *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i].name, name) == 0)
			return &list[i];
	}
	return NULL;
}

const struct config_plugin *
config_plugin_settings(const struct config *config, const char *name)
{
	const struct config_plugin *found =
	    find(config->plugins.plugin, config->plugins.count, name);

	return found != NULL ? found
			     : find(config->plugins.available, config->plugins.n_available, name);
}

/* A plugin that the main file enables takes its settings from plugins-available, if the file
 * exists. */
static void
adopt(struct config *config, struct config_plugin *plugin)
{
	struct config_plugin *from =
	    (struct config_plugin *)(uintptr_t)find(config->plugins.available,
						    config->plugins.n_available, plugin->name);

	if (from == NULL)
		return;
	plugin->isolation = from->isolation;
	plugin->critical = from->critical;
	plugin->narrowed = from->narrowed;
	for (size_t i = 0; i < from->permissions.count; i++)
		strings_add(&plugin->permissions, from->permissions.item[i]);
	for (size_t i = 0; i < from->rename.count; i++)
		strings_add(&plugin->rename, from->rename.item[i]);
	for (size_t i = 0; i < from->option_places.count; i++)
		strings_add(&plugin->option_places, from->option_places.item[i]);
	plugin->upstream = from->upstream != NULL ? xstrdup(from->upstream) : NULL;
	plugin->prefix = from->prefix != NULL ? xstrdup(from->prefix) : NULL;
	free(plugin->options);
	plugin->options = xstrdup(from->options);
	free(plugin->where);
	plugin->where = xstrdup(from->where);
}

static int
order(const void *a, const void *b)
{
	return strcmp(((const struct config_plugin *)a)->name,
		      ((const struct config_plugin *)b)->name);
}

/* The settings of a plugin, which the caller may change. They are made if there are none. */
static struct config_plugin *
settings_of(struct config *config, const char *name)
{
	struct config_plugin *plugin =
	    (struct config_plugin *)(uintptr_t)config_plugin_settings(config, name);

	if (plugin != NULL)
		return plugin;
	plugin = append_plugin(&config->plugins.available, &config->plugins.n_available, name);
	plugin->where = xstrdup("--set");
	plugin->isolation = config->plugins.isolation;
	plugin->options = xstrdup("{}");
	return plugin;
}

static void
apply_set(struct config *config)
{
	for (size_t i = 0; i < config->plugins.set.count; i++) {
		const char *pair = config->plugins.set.item[i], *dot = strchr(pair, '.');
		char *name = xstrndup(pair, (size_t)(dot - pair));

		strings_add(&settings_of(config, name)->set, dot + 1);
		free(name);
	}
}

/* default.conf is not a plugin: with it, the plugins that are enabled by default stay enabled. */
static bool
take_default(struct config_plugin **files, size_t *count)
{
	for (size_t i = 0; i < *count; i++) {
		if (strcmp((*files)[i].name, "default") != 0)
			continue;
		config_plugin_fini(&(*files)[i]);
		memmove(&(*files)[i], &(*files)[i + 1], (*count - i - 1) * sizeof(**files));
		(*count)--;
		return true;
	}
	return false;
}

void
config_read_dropins(struct config *config, const char *directory, struct config_faults *faults)
{
	size_t named = config->plugins.count;
	struct config_plugin *files = NULL;
	size_t n_files = 0;
	char *path = xprintf("%s/plugins-enabled", directory);

	if (read_directory(config, path, &files, &n_files, faults))
		config->plugins.defaults =
		    take_default(&files, &n_files) || config->plugins.by_word;
	free(path);
	/* Files of plugins that are not enabled are not read, so their faults have no effect. */
	path = xprintf("%s/plugins-available", directory);
	if (named > 0 || config->plugins.all || config->plugins.defaults)
		read_directory(config, path, &config->plugins.available,
			       &config->plugins.n_available, faults);
	free(path);
	for (size_t i = 0; i < named; i++) {
		if (find(files, n_files, config->plugins.plugin[i].name) == NULL) {
			adopt(config, &config->plugins.plugin[i]);
			files = xrealloc(files, (n_files + 1) * sizeof(*files));
			files[n_files++] = config->plugins.plugin[i];
		} else {
			config_plugin_fini(&config->plugins.plugin[i]);
		}
	}
	free(config->plugins.plugin);
	config->plugins.plugin = files;
	config->plugins.count = n_files;
	if (n_files > 0)
		qsort(files, n_files, sizeof(*files), order);
	apply_set(config);
}

/* ---- the group "plugins" ------------------------------------------------------------------- */

static void
read_enabled(struct config *config, const struct node *plugins)
{
	struct strings enabled = { 0 };
	char *where = node_where(plugins, "enabled");

	node_list(plugins, "enabled", &enabled);
	config->plugins.defaults = !node_has(plugins, "enabled");
	for (size_t i = 0; i < enabled.count; i++) {
		const char *name = enabled.item[i];
		struct config_plugin *plugin;

		if (strcmp(name, "default") == 0 && enabled.count == 1) {
			config->plugins.defaults = config->plugins.by_word = true;
		} else if (strcmp(name, "all") == 0) {
			config->plugins.all = true;
		} else if (!plugin_name(name)) {
			node_fault(plugins, "enabled", "\"%s\" is not a valid plugin name", name);
		} else if (config->plugins.count < PLUGINS_MAX) {
			plugin =
			    append_plugin(&config->plugins.plugin, &config->plugins.count, name);
			plugin->where = xstrdup(where);
			plugin->by_name = true;
			plugin->isolation = config->plugins.isolation;
			plugin->options = xstrdup("{}");
		}
	}
	strings_fini(&enabled);
	free(where);
}

static bool
is_directory(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static void
read_folders(const struct node *plugins, const char *key, struct strings *list)
{
	node_list(plugins, key, list);
	for (size_t i = 0; i < list->count; i++) {
		const char *path = list->item[i];

		if (*path != '/')
			node_fault(plugins, key, "\"%s\" is not an absolute path", path);
		else if (strcmp(path, "/") == 0 || !is_directory(path))
			node_fault(plugins, key, "%s cannot be used as a directory", path);
	}
}

/* The path is relative to the program, so that an installed tree and a build work in any place. */
static void
default_directories(struct strings *list)
{
	static const char *const places[] = { "../" LAKEHOST_LIBDIR "/lakehost/plugins",
					      "../lib/lakehost/plugins" };
	for (size_t i = 0; i < ARRAY_SIZE(places) && list->count == 0; i++) {
		char *path = config_beside_program(places[i]);
		char *real = path != NULL ? realpath(path, NULL) : NULL;

		if (real != NULL && is_directory(real))
			strings_add(list, real);
		free(real);
		free(path);
	}
}

/* Is NAME.so in one of the plugin directories? */
static bool
is_installed(const struct config *config, const char *name)
{
	bool found = false;

	for (size_t i = 0; !found && i < config->plugins.directories.count; i++) {
		char *path = xprintf("%s/%s.so", config->plugins.directories.item[i], name);

		found = access(path, F_OK) == 0;
		free(path);
	}
	return found;
}

/* Values of --set plugins.NAME.options.KEY=VALUE: they are kept until the files of the plugins were
 * read. */
static void
read_set_options(struct config *config, struct reader *reader)
{
	static const char before[] = "plugins.", between[] = ".options.";

	for (size_t i = 0; i < reader->overrides; i++) {
		struct override *o = &reader->override[i];
		const char *name = o->path + strlen(before), *key;
		char *plugin, *pair;

		if (strncmp(o->path, before, strlen(before)) != 0 ||
		    (key = strstr(name, between)) == NULL)
			continue;
		plugin = xstrndup(name, (size_t)(key - name));
		pair = xprintf("%s.%s=%s", plugin, key + strlen(between), o->value);
		if (!plugin_name(plugin) || !is_installed(config, plugin))
			config_faults_add(reader->faults,
					  "--set %s: there is no plugin \"%s\" (\"lakehost "
					  "plugin list\" shows all)",
					  o->path, plugin);
		else
			strings_add(&config->plugins.set, pair);
		o->used = true;
		free(plugin);
		free(pair);
	}
}

/* plugins.keys = { NAME = "FILE" }: the file is read now, so a missing one stops the start. */
static void
read_keys(struct config *config, const struct node *plugins)
{
	struct node group = node_group(plugins, "keys");
	struct strings names = { 0 };

	node_keys(&group, &names);
	config->plugins.key = xcalloc(names.count + 1, sizeof(config->plugins.key[0]));
	for (size_t i = 0; i < names.count; i++) {
		char *path = node_text(&group, names.item[i], NULL), why[256] = "", *pem = NULL;
		const char *fault = NULL;
		size_t len;

		if (path == NULL || *path != '/')
			fault = "the entry must be the absolute path of a file";
		else if ((pem = text_read(path, KEY_BYTES_MAX, &len, NULL, why, sizeof(why))) ==
			 NULL)
			fault = why;
		else
			fault = signature_key_check(pem);
		if (fault != NULL) {
			node_fault(&group, names.item[i], "%s: %s", path != NULL ? path : "",
				   fault);
			free(pem);
		} else {
			config->plugins.key[config->plugins.keys++] =
			    (struct config_key){ xstrdup(names.item[i]), pem };
		}
		free(path);
	}
	strings_fini(&names);
}

static void
read_approval(struct config *config, const struct node *plugins)
{
	config->plugins.require_approval = node_bool(plugins, "require_approval", false);
	config->plugins.require_signature = node_bool(plugins, "require_signature", false);
	config->plugins.approvals = node_text(plugins, "approvals", NULL);
	if (config->plugins.approvals != NULL && *config->plugins.approvals != '/')
		node_fault(plugins, "approvals", "\"%s\" is not an absolute path",
			   config->plugins.approvals);
	read_keys(config, plugins);
	if (config->plugins.require_signature && config->plugins.keys == 0)
		node_fault(plugins, "require_signature", "needs a key in plugins.keys");
}

void
config_read_plugins(struct config *config, const struct node *root)
{
	static const char *const of_all[] = { "process", "none", "", NULL }; /* "": not said */
	struct node plugins = node_group(root, "plugins");
	size_t word = node_word(&plugins, "isolation", of_all, 2);

	config->plugins.isolation = word == 1 ? ISOLATION_NONE : ISOLATION_PROCESS;
	config->plugins.isolate = word == 0;
	read_folders(&plugins, "directories", &config->plugins.directories);
	if (config->plugins.directories.count == 0)
		default_directories(&config->plugins.directories);
	read_folders(&plugins, "transfer_dirs", &config->plugins.transfer_dirs);
	node_list(&plugins, "secret_references", &config->plugins.secret_references);
	for (size_t i = 0; i < config->plugins.secret_references.count; i++) {
		const char *reference = config->plugins.secret_references.item[i];
		const char *why = reference_check(reference);

		if (why != NULL)
			node_fault(&plugins, "secret_references", "\"%s\": %s", reference, why);
	}
	config->plugins.name_length = (unsigned)node_number(&plugins, "name_length", 35, 16, 64);
	read_approval(config, &plugins);
	read_set_options(config, plugins.reader);
	read_enabled(config, &plugins);
}
