/* SPDX-License-Identifier: Apache-2.0 */
/* Loads plugins in this sequence: enabled plugins, file, manifest, options, rows, code. All plugins
 * finish one stage before the next stage begins, because the registry checks the rows of all
 * plugins together, and no code may run before that check. */
#include "plugin/loader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/json.h"
#include "base/log.h"
#include "base/intern.h"
#include "base/mem.h"
#include "call/inprocess.h"
#include "module/code.h"
#include "module/manifest.h"
#include "config/text.h"
#include "plugin/enabled.h"
#include "plugin/instance.h"
#include "plugin/news.h"
#include "plugin/plugin.h"
#include "config/prompt_files.h"
#include "worker/remote.h"
#include "worker/worker.h"

struct plugins {
	const struct config *config;
	struct loop *loop;
	struct plugin *builtin; /* or NULL */
	struct plugin *item;
	size_t count;
	struct prompt_files prompts;
	/* memory for reading the files with prompts, and for their rows */
	struct strings prompt_faults;
	struct registry *registry;
	struct plugin_news *news;
	const struct plugins *before; /* those that serve while these are loaded; else NULL */
};

void
plugins_on_change(struct plugins *plugins,
		  void (*changed)(void *data, const char *what, const char *uri), void *data)
{
	plugin_news_tell(plugins->news, changed, data);
}

/* ---- stages --------------------------------------------------------------------------------- */

static void
stage_file(struct plugins *plugins, struct plugin *plugin, const struct plugin_name *name)
{
	const struct config *config = plugins->config;

	plugin->plugins = plugins;
	plugin->name = name->name;
	plugin->config = name->config;
	plugin->isolation =
	    name->config != NULL ? name->config->isolation : config->plugins.isolation;
	plugin->fd = -1;
	if (name->duplicate) {
		refusal_set(&plugin->refusal, PLUGIN_DUPLICATE, "%s",
			    name->config != NULL && name->config->where != NULL
				? name->config->where
				: "");
		return;
	}
	if (plugin_open(plugin, &config->plugins.directories) && plugin_seal(plugin, config) &&
	    plugin_read_manifest(plugin) && plugin_check_approval(plugin, config))
		plugin_configure(plugin, plugin->plugins->config);
}

/* The input of a registry: plugins, then files with prompts. */
struct sources {
	struct plugins *plugins;
	struct registry_source *item;
	size_t n, room;
	size_t files; /* number of files with prompts, which come last */
};

static void
refuse_rows(void *data, size_t source, const char *why)
{
	const struct sources *sources = data;
	size_t first = sources->n - sources->files;
	char *line;

	if (source < first) {
		refusal_set(&sources->item[source].provider->plugin->refusal, PLUGIN_ROWS, "%s",
			    why);
		return;
	}
	CHECK(source < sources->n);
	line = xprintf("%s: %s", sources->plugins->prompts.item[source - first].path, why);
	strings_add(&sources->plugins->prompt_faults, line);
	free(line);
}

static void
add_source(struct sources *sources, struct plugin *plugin, const char *name,
	   struct json_object *manifest)
{
	CHECK(sources->n < sources->room);
	sources->item[sources->n++] = (struct registry_source){
		.provider = plugin != NULL ? &plugin->provider : NULL,
		.plugin_name = name,
		.manifest = manifest,
		.text = plugin == NULL,
		.name_length = sources->plugins->config->plugins.name_length,
	};
}

static const struct mcp_row *
plugin_code(const struct provider *provider, const struct row *row)
{
	const struct plugin *plugin = provider->plugin;

	return code_row(&plugin->instance->code, plugin->manifest, row->kind, row->index);
}

static void
provider_changed(const struct provider *provider, const char *what, const char *uri)
{
	plugin_news_add(provider->plugin->plugins->news, provider->name, what, uri);
}

/* What calls need to know of a plugin whose configuration is already known. */
static struct provider
provider_of(struct plugin *plugin)
{
	const struct instance *instance = plugin->instance;

	return (struct provider){
		.name = intern(plugin->name),
		.options = plugin->options,
		.permissions = &plugin->permissions,
		.upstream = plugin->upstream,
		.of_host = plugin == plugin->plugins->builtin,
		.runner = plugin->isolation == ISOLATION_NONE ? &inprocess_runner : &worker_runner,
		.worker = instance != NULL ? instance->worker : NULL,
		.plugin = plugin,
		.self = instance != NULL ? instance->code.self : NULL,
		.code = plugin_code,
		.changed = provider_changed,
	};
}

static void
add_plugin(struct sources *sources, struct plugin *plugin)
{
	CHECK(plugin->name != NULL && plugin->published != NULL);
	plugin->provider = provider_of(plugin);
	add_source(sources, plugin, plugin->name, plugin->published);
}

/* Makes the registry of the valid plugins, and refuses those whose rows are not valid. */
static void
stage_registry(struct plugins *plugins)
{
	const struct prompt_files *prompts = &plugins->prompts;
	struct sources sources = { .plugins = plugins, .files = prompts->count };

	sources.room = plugins->count + prompts->count + 1;
	sources.item = xcalloc(sources.room, sizeof(*sources.item));
	if (plugins->builtin != NULL)
		add_plugin(&sources, plugins->builtin);
	for (size_t i = 0; i < plugins->count; i++)
		if (plugins->item[i].refusal.kind == PLUGIN_OK)
			add_plugin(&sources, &plugins->item[i]);
	for (size_t i = 0; i < prompts->count; i++)
		add_source(&sources, NULL, prompts->item[i].path, prompts->item[i].manifest);
	strings_fini(&plugins->prompt_faults);
	for (size_t i = 0; i < prompts->faults.count; i++)
		strings_add(&plugins->prompt_faults, prompts->faults.item[i]);
	registry_free(plugins->registry);
	plugins->registry = registry_new(sources.item, sources.n, refuse_rows, &sources);
	free(sources.item);
}

/* The host's own rows. A fault in them is a fault of the build, so it ends the program. */
static struct plugin *
builtin_new(struct plugins *plugins, const struct plugin_builtin *builtin)
{
	struct plugin *plugin = xcalloc(1, sizeof(*plugin));
	const char *why = NULL;
	char details[REFUSAL_WHY_MAX] = "";
	size_t at;

	plugin->plugins = plugins;
	plugin->fd = -1;
	plugin->isolation = ISOLATION_NONE;
	plugin->manifest =
	    json_parse(builtin->manifest, (size_t)(builtin->manifest_end - builtin->manifest),
		       &manifest_limits, &why, &at);
	plugin->head = json_obj(plugin->manifest, "plugin");
	plugin->instance = instance_of_program();
	if (plugin->head == NULL ||
	    code_adopt(&plugin->instance->code, builtin->descriptor, plugin->manifest, details,
		       sizeof(details)) != PLUGIN_OK) {
		log_line(LOG_ERROR, "the host's own tools are not valid: %s",
			 why != NULL ? why : details);
		abort();
	}
	plugin->name = xstrdup(json_str(plugin->head, "name"));
	plugin_configure(plugin, plugins->config);
	return plugin;
}

/* ---- load ----------------------------------------------------------------------------------- */

static void
warn(const struct plugin *plugin)
{
	const char *text = json_str(plugin->head, "warn");

	if (text != NULL)
		log_event(LOG_WARNING, "plugin-warning", "name", "s", plugin->name, "warning", "s",
			  text, NULL);
}

/* The instance that serves already, if it can serve this plugin as well. */
static struct instance *
shared_instance(const struct plugin *plugin)
{
	const struct plugins *before = plugin->plugins->before;
	struct instance *found = NULL;
	char *key;

	if (before == NULL)
		return NULL;
	key = instance_key(plugin);
	for (size_t i = 0; i < before->count && found == NULL; i++) {
		struct instance *instance = before->item[i].instance;

		if (instance != NULL && strcmp(before->item[i].name, plugin->name) == 0 &&
		    strcmp(instance->key, key) == 0)
			found = instance_share(instance);
	}
	free(key);
	return found;
}

/* True when the plugin was refused by this call. */
static bool
run_plugin(struct plugins *plugins, struct plugin *plugin)
{
	if (plugin->refusal.kind != PLUGIN_OK || plugin->instance != NULL)
		return false;
	plugin->instance = shared_instance(plugin);
	if (plugin->instance == NULL)
		plugin->instance = instance_new(plugin, plugins->news, plugins->loop);
	if (plugin->instance == NULL)
		return true;
	plugin->provider.self = plugin->instance->code.self;
	plugin->provider.worker = plugin->instance->worker;
	warn(plugin);
	return false;
}

/* A plugin that refuses to start releases the names of its rows. Plugins that were refused because
 * of these names are checked again. */
static void
run_plugins(struct plugins *plugins)
{
	bool refused;

	do {
		refused = false;
		for (size_t i = 0; i < plugins->count; i++)
			refused |= run_plugin(plugins, &plugins->item[i]);
		if (!refused)
			return;
		for (size_t i = 0; i < plugins->count; i++)
			if (plugins->item[i].refusal.kind == PLUGIN_ROWS)
				refusal_set(&plugins->item[i].refusal, PLUGIN_OK, "%s", "");
		stage_registry(plugins);
	} while (refused);
}

static struct plugins *
plugins_read(const struct config *config, const struct plugin_builtin *builtin,
	     const struct plugins *before, struct loop *loop)
{
	struct plugins *plugins = xcalloc(1, sizeof(*plugins));
	struct plugin_name *names = plugins_enabled(config, &plugins->count);

	plugins->config = config;
	plugins->loop = loop;
	plugins->before = before;
	plugins->news = before != NULL ? plugin_news_share(before->news) : plugin_news_new(loop);
	plugins->item = xcalloc(plugins->count + 1, sizeof(*plugins->item));
	for (size_t i = 0; i < plugins->count; i++)
		stage_file(plugins, &plugins->item[i], &names[i]);
	free(names);
	if (builtin != NULL)
		plugins->builtin = builtin_new(plugins, builtin);
	prompt_files_read(&plugins->prompts, config->prompt_directory);
	stage_registry(plugins);
	return plugins;
}

/* Was a plugin refused that is marked critical? */
static bool
critical_refused(const struct plugins *plugins)
{
	for (size_t i = 0; i < plugins->count; i++)
		if (plugins->item[i].refusal.kind != PLUGIN_OK && plugins->item[i].config != NULL &&
		    plugins->item[i].config->critical)
			return true;
	return false;
}

struct plugins *
plugins_load(const struct config *config, struct loop *loop, const struct plugin_builtin *builtin,
	     bool check_only, bool *critical)
{
	struct plugins *plugins = plugins_read(config, builtin, NULL, loop);

	if (!check_only)
		run_plugins(plugins);
	*critical = critical_refused(plugins);
	return plugins;
}

struct plugins *
plugins_load_beside(const struct plugins *before, const struct config *config,
		    const struct plugin_builtin *builtin, bool *critical)
{
	struct plugins *plugins = plugins_read(config, builtin, before, before->loop);

	run_plugins(plugins);
	plugins->before = NULL; /* it will be freed first */
	*critical = critical_refused(plugins);
	return plugins;
}

void
plugins_wait(void)
{
	workers_left();
}

bool
plugins_serving(const struct plugins *plugins)
{
	return plugins->before != NULL;
}

void
plugins_set_self(struct plugins *plugins, void *self)
{
	plugins->builtin->provider.self = self;
}

void
plugins_try(struct plugins *plugins)
{
	for (size_t i = 0; i < plugins->count; i++)
		if (plugins->item[i].instance != NULL && plugins->item[i].instance->worker != NULL)
			worker_try(plugins->item[i].instance->worker);
}

void
plugin_fini(struct plugin *plugin, struct pool *pool)
{
	instance_release(plugin->instance, pool);
	if (plugin->fd >= 0)
		close(plugin->fd);
	json_object_put(plugin->published);
	strings_fini(&plugin->withheld);
	json_object_put(plugin->manifest);
	strings_fini(&plugin->permissions);
	free(plugin->options);
	free(plugin->file);
	free(plugin->name);
}

void
plugins_free(struct plugins *plugins, struct pool *pool)
{
	if (plugins == NULL)
		return;
	registry_free(plugins->registry);
	for (size_t i = 0; i < plugins->count; i++)
		plugin_fini(&plugins->item[i], pool);
	if (plugins->builtin != NULL)
		plugin_fini(plugins->builtin, NULL);
	free(plugins->builtin);
	prompt_files_fini(&plugins->prompts);
	strings_fini(&plugins->prompt_faults);
	plugin_news_free(plugins->news);
	free(plugins->item);
	free(plugins);
}

/* ---- questions ------------------------------------------------------------------------------ */

struct registry *
plugins_registry(const struct plugins *plugins)
{
	return plugins->registry;
}

size_t
plugins_count(const struct plugins *plugins)
{
	return plugins->count;
}

static const char *
upstream_of(const struct plugin *plugin)
{
	return plugin->permissions.count > 0 ? plugin->upstream : NULL;
}

void
plugins_status_loaded(const struct plugins *plugins, size_t i, struct plugin_status *status)
{
	const struct plugin *plugin = &plugins->item[i];

	*status = (struct plugin_status){
		.name = plugin->name,
		.version = json_str(plugin->head, "version"),
		.vendor = json_str(plugin->head, "vendor"),
		.summary = json_str(plugin->head, "summary"),
		.file = plugin->file,
		.isolation = plugin->isolation,
		.refusal = plugin->refusal.kind,
		.why = plugin->refusal.why,
		.config = plugin->config,
		.manifest = plugin->manifest,
		.permissions = &plugin->permissions,
		.withheld = &plugin->withheld,
		.upstream = upstream_of(plugin),
	};
}

void
plugins_status(const struct plugins *plugins, size_t i, struct plugin_status *status)
{
	const struct instance *instance = plugins->item[i].instance;

	plugins_status_loaded(plugins, i, status);
	if (status->refusal != PLUGIN_OK || instance == NULL)
		return;
	status->refusal = instance->refusal.kind;
	status->why = instance->refusal.why;
}

bool
plugins_use(const struct plugins *plugins, const char *role)
{
	for (size_t i = 0; i < plugins->count; i++) {
		const struct plugin *plugin = &plugins->item[i];
		const char *upstream = upstream_of(plugin);

		if (plugin->refusal.kind == PLUGIN_OK && upstream != NULL &&
		    (strcmp(upstream, role) == 0 ||
		     (config_has_workspaces(plugins->config, upstream) &&
		      strings_have(&plugins->config->workspaces, role))))
			return true;
	}
	return false;
}

const struct strings *
plugins_prompt_faults(const struct plugins *plugins)
{
	return &plugins->prompt_faults;
}
