/* SPDX-License-Identifier: Apache-2.0 */
/* Loads plugins in this sequence: enabled plugins, file, manifest, options, rows, code. All plugins
 * finish one stage before the next stage begins, because the registry checks the rows of all
 * plugins together, and no code may run before that check. */
#include "plugin/loader.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/json.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "call/inprocess.h"
#include "module/manifest.h"
#include "config/text.h"
#include "plugin/enabled.h"
#include "plugin/plugin.h"
#include "config/prompt_files.h"
#include "worker/remote.h"
#include "worker/worker.h"

#define NEWS_MAX 256u /* changes that wait for the loop; they are all different */

struct news {
	char *what, *uri;
	struct news *next;
};

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
	void (*changed)(void *data, const char *what, const char *uri);
	void *changed_data;
	pthread_mutex_t lock; /* protects the changes, which any thread may report */
	struct news *news, **news_end;
	unsigned n_news;
	struct loop_job job;
	bool posted;
};

/* ---- news ----------------------------------------------------------------------------------- */

static struct news *
news_take(struct plugins *plugins)
{
	struct news *news;

	pthread_mutex_lock(&plugins->lock);
	CHECK(plugins->posted && plugins->n_news <= NEWS_MAX);
	news = plugins->news;
	plugins->news = NULL;
	plugins->news_end = &plugins->news;
	plugins->n_news = 0;
	plugins->posted = false;
	pthread_mutex_unlock(&plugins->lock);
	return news;
}

static struct news *
news_free(struct news *news)
{
	struct news *next = news->next;

	free(news->what);
	free(news->uri);
	free(news);
	return next;
}

static void
news_deliver(struct loop_job *job)
{
	struct plugins *plugins = job->data;

	CHECK(loop_inside(plugins->loop));
	for (struct news *news = news_take(plugins); news != NULL; news = news_free(news))
		if (plugins->changed != NULL)
			plugins->changed(plugins->changed_data, news->what, news->uri);
}

static bool
same_news(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Called under the lock. True when nothing must be added: the change is already in the list, or the
 * list is full. */
static bool
news_known(struct plugins *plugins, const char *what, const char *uri)
{
	for (const struct news *news = plugins->news; news != NULL; news = news->next)
		if (same_news(news->what, what) && same_news(news->uri, uri))
			return true;
	return plugins->n_news >= NEWS_MAX;
}

/* Called under the lock. True when the loop must be told. */
static bool
news_add(struct plugins *plugins, const char *what, const char *uri)
{
	struct news *news = xcalloc(1, sizeof(*news));
	bool post = !plugins->posted;

	news->what = what != NULL ? xstrdup(what) : NULL;
	news->uri = uri != NULL ? xstrdup(uri) : NULL;
	*plugins->news_end = news;
	plugins->news_end = &news->next;
	plugins->n_news++;
	plugins->posted = true;
	return post;
}

static void
plugin_changed(const struct provider *provider, const char *what, const char *uri)
{
	struct plugins *plugins = provider->plugin->plugins;
	bool full, post = false;

	pthread_mutex_lock(&plugins->lock);
	full = plugins->n_news == NEWS_MAX;
	if (!news_known(plugins, what, uri))
		post = news_add(plugins, what, uri);
	full = !full && plugins->n_news == NEWS_MAX;
	pthread_mutex_unlock(&plugins->lock);
	if (full)
		log_event(LOG_WARNING, "plugin-updates-lost", "plugin", "s", provider->name, "why",
			  "s", "more resources change than clients can be notified of", NULL);
	if (post)
		loop_post(plugins->loop, &plugins->job);
}

void
plugins_on_change(struct plugins *plugins,
		  void (*changed)(void *data, const char *what, const char *uri), void *data)
{
	plugins->changed = changed;
	plugins->changed_data = data;
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

	return code_row(&plugin->code, plugin->manifest, row->kind, row->index);
}

/* Loads a plugin whose configuration is already known. */
static struct provider
provider_of(struct plugin *plugin)
{
	return (struct provider){
		.name = plugin->name,
		.options = plugin->options,
		.permissions = &plugin->permissions,
		.upstream = plugin->upstream,
		.of_host = plugin == plugin->plugins->builtin,
		.runner = plugin->isolation == ISOLATION_NONE ? &inprocess_runner : &worker_runner,
		.worker = plugin->worker,
		.plugin = plugin,
		.self = plugin->code.self,
		.code = plugin_code,
		.changed = plugin_changed,
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
	if (plugin->head == NULL || code_adopt(&plugin->code, builtin->descriptor, plugin->manifest,
					       details, sizeof(details)) != PLUGIN_OK) {
		log_line(LOG_ERROR, "the host's own tools are not valid: %s",
			 why != NULL ? why : details);
		abort();
	}
	plugin->name = xstrdup(json_str(plugin->head, "name"));
	plugin_configure(plugin, plugins->config);
	return plugin;
}

/* ---- code of plugins that run in the host --------------------------------------------------- */

static void
on_plugin_log(void *owner, enum mcp_level level, const char *message, size_t len)
{
	const struct plugin *plugin = owner;
	const char *before = mask_enter(plugin->name);
	char *copy = xstrndup(message, len);

	log_event((enum log_level)level, "plugin-log", "plugin", "s", plugin->name, "message", "s",
		  copy, NULL);
	free(copy);
	mask_enter(before);
}

static void
on_plugin_changed(void *owner, const char *what)
{
	plugin_changed(&((struct plugin *)owner)->provider, what, NULL);
}

static void
on_plugin_updated(void *owner, const char *uri)
{
	plugin_changed(&((struct plugin *)owner)->provider, NULL, uri);
}

static const struct code_services services = {
	.log = on_plugin_log,
	.changed = on_plugin_changed,
	.updated = on_plugin_updated,
};

static void
stage_code(struct plugin *plugin)
{
	char why[REFUSAL_WHY_MAX] = "";
	enum plugin_refusal refusal;

	refusal = code_open(&plugin->code, plugin->fd, plugin->manifest, why, sizeof(why));
	if (refusal == PLUGIN_OK)
		refusal =
		    code_start(&plugin->code, plugin->options, &services, plugin, why, sizeof(why));
	if (refusal != PLUGIN_OK)
		refusal_set(&plugin->refusal, refusal, "%s", why);
	plugin->provider.self = plugin->code.self;
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

/* True when the plugin was refused by this call. */
static bool
run_plugin(struct plugins *plugins, struct plugin *plugin)
{
	if (plugin->refusal.kind != PLUGIN_OK || plugin->running)
		return false;
	CHECK(plugin->code.state == CODE_NONE && plugin->worker == NULL);
	if (plugin->isolation == ISOLATION_NONE)
		stage_code(plugin);
	else
		plugin->provider.worker = plugin->worker =
		    worker_new(&plugin->provider, plugin->fd, &plugin->refusal, plugins->loop);
	if (plugin->refusal.kind != PLUGIN_OK)
		return true;
	plugin->running = true;
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

struct plugins *
plugins_load(const struct config *config, struct loop *loop, const struct plugin_builtin *builtin,
	     bool check_only, bool *critical)
{
	struct plugins *plugins = xcalloc(1, sizeof(*plugins));
	struct plugin_name *names = plugins_enabled(config, &plugins->count);

	plugins->config = config;
	plugins->loop = loop;
	plugins->news_end = &plugins->news;
	plugins->job = (struct loop_job){ .fn = news_deliver, .data = plugins };
	pthread_mutex_init(&plugins->lock, NULL);
	plugins->item = xcalloc(plugins->count + 1, sizeof(*plugins->item));
	for (size_t i = 0; i < plugins->count; i++)
		stage_file(plugins, &plugins->item[i], &names[i]);
	free(names);
	if (builtin != NULL)
		plugins->builtin = builtin_new(plugins, builtin);
	prompt_files_read(&plugins->prompts, config->prompt_directory);
	stage_registry(plugins);
	if (!check_only)
		run_plugins(plugins);
	*critical = false;
	for (size_t i = 0; i < plugins->count; i++)
		*critical |= plugins->item[i].refusal.kind != PLUGIN_OK &&
			     plugins->item[i].config != NULL && plugins->item[i].config->critical;
	return plugins;
}

void
plugins_try(struct plugins *plugins)
{
	for (size_t i = 0; i < plugins->count; i++)
		if (plugins->item[i].worker != NULL)
			worker_try(plugins->item[i].worker);
}

void
plugin_fini(struct plugin *plugin)
{
	worker_free(plugin->worker);
	/* The shared object stays mapped under the name of its descriptor, which must never be used
	 * again. */
	if (plugin->fd >= 0 && plugin->code.state == CODE_NONE)
		close(plugin->fd);
	code_fini(&plugin->code);
	json_object_put(plugin->published);
	strings_fini(&plugin->withheld);
	json_object_put(plugin->manifest);
	strings_fini(&plugin->permissions);
	free(plugin->options);
	free(plugin->file);
	free(plugin->name);
}

void
plugins_free(struct plugins *plugins)
{
	if (plugins == NULL)
		return;
	registry_free(plugins->registry);
	for (size_t i = 0; i < plugins->count; i++)
		plugin_fini(&plugins->item[i]);
	if (plugins->builtin != NULL)
		plugin_fini(plugins->builtin);
	free(plugins->builtin);
	prompt_files_fini(&plugins->prompts);
	strings_fini(&plugins->prompt_faults);
	for (struct news *news = plugins->news; news != NULL;)
		news = news_free(news);
	pthread_mutex_destroy(&plugins->lock);
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
plugins_status(const struct plugins *plugins, size_t i, struct plugin_status *status)
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
