/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other names for tools and prompts than those of the manifest, when two plugins use the same one:
 * `prefix` and `rename` in the plugin's file. The plugin's code identifies its rows by number. Its
 * texts for a model ("Next: get_job_run …") still work: the original name leads to the row too,
 * unless another row has it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "module/manifest.h"
#include "plugin/plugin.h"

/* The new name of a row, for free(); NULL when the row keeps its name. */
static char *
new_name(const struct config_plugin *config, const char *name)
{
	const size_t len = strlen(name);
	char *prefixed;

	for (size_t i = 0; i < config->rename.count; i++) {
		const char *pair = config->rename.item[i];

		if (strncmp(pair, name, len) == 0 && pair[len] == '=')
			return xstrdup(pair + len + 1);
	}
	if (config->prefix == NULL)
		return NULL;
	prefixed = xmalloc(strlen(config->prefix) + len + 1);
	strcpy(prefixed, config->prefix);
	strcat(prefixed, name);
	return prefixed;
}

/* Renames the tools that the host publishes for an operation. */
static const char *const task_keys[] = { "result", "cancel" };

static void
rename_task(const struct config_plugin *config, struct json_object *task)
{
	for (size_t i = 0; i < ARRAY_SIZE(task_keys); i++) {
		const char *former = json_str(task, task_keys[i]);
		char *name = former != NULL ? new_name(config, former) : NULL;

		if (name != NULL)
			json_object_object_add(task, task_keys[i], json_object_new_string(name));
		free(name);
	}
}

/* Renames or removes the aliases too: the vendor chose them, so they could clash as well. */
static void
rename_row(const struct config_plugin *config, struct json_object *row)
{
	struct json_object *meta = json_obj(row, "lakehost");
	char *former, *name;

	rename_task(config, json_obj(meta, "task"));

	if (json_str(row, "name") == NULL)
		return;
	former = xstrdup(json_str(row, "name"));
	name = new_name(config, former);
	if (name != NULL) {
		if (meta == NULL) {
			meta = json_object_new_object();
			json_object_object_add(row, "lakehost", meta);
		}
		json_object_object_del(meta, "aliases");
		json_object_object_add(meta, "former", json_object_new_string(former));
		json_object_object_add(row, "name", json_object_new_string(name));
	}
	free(former);
	free(name);
}

/* Completions contain the name of their prompt, so it changes there too. */
static void
rename_reference(const struct config_plugin *config, struct json_object *completion)
{
	struct json_object *ref = json_obj(completion, "ref");
	const char *former = json_str(ref, "name");
	char *name = former != NULL ? new_name(config, former) : NULL;

	if (name != NULL)
		json_object_object_add(ref, "name", json_object_new_string(name));
	free(name);
}

static bool
has_row(struct json_object *manifest, const char *kind, const char *name, size_t len)
{
	struct json_object *list = json_arr(manifest, kind);

	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++)
		if (manifest_row_named(json_object_array_get_idx(list, i), name, len))
			return true;
	return false;
}

/* A new name for a row that does not exist would have no effect, so it is an error. */
static bool
check_rename(struct plugin *plugin)
{
	const struct strings *rename = &plugin->config->rename;

	for (size_t i = 0; i < rename->count; i++) {
		const char *pair = rename->item[i];
		size_t len = strcspn(pair, "=");

		if (!has_row(plugin->manifest, "tools", pair, len) &&
		    !has_row(plugin->manifest, "prompts", pair, len))
			return refusal_set(&plugin->refusal, PLUGIN_OPTIONS,
					   "%s: rename: there is no tool or prompt \"%.*s\"",
					   plugin->config->where, (int)len, pair);
	}
	return true;
}

static void
rename_all(const struct config_plugin *config, struct json_object *manifest, const char *kind,
	   void (*fn)(const struct config_plugin *config, struct json_object *row))
{
	struct json_object *list = json_arr(manifest, kind);

	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++)
		fn(config, json_object_array_get_idx(list, i));
}

bool
plugin_rename(struct plugin *plugin)
{
	const struct config_plugin *config = plugin->config;

	const bool narrowed = config != NULL && config->narrowed;

	if (config == NULL || (config->prefix == NULL && config->rename.count == 0 && !narrowed)) {
		plugin->published = json_object_get(plugin->manifest);
		return true;
	}
	if (!check_rename(plugin))
		return false;
	json_object_deep_copy(plugin->manifest, &plugin->published, NULL);
	rename_all(config, plugin->published, "tools", rename_row);
	rename_all(config, plugin->published, "prompts", rename_row);
	rename_all(config, plugin->published, "completions", rename_reference);
	return true;
}
