/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/instance.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/intern.h"
#include "base/log.h"
#include "base/mask.h"
#include "base/mem.h"
#include "base/pool.h"
#include "module/sealed.h"
#include "plugin/plugin.h"
#include "worker/worker.h"

/* ---- what the plugin's own threads may call -------------------------------------------------- */

static void
on_plugin_log(void *owner, enum mcp_level level, const char *message, size_t len)
{
	const struct instance *instance = owner;
	const char *before = mask_enter(instance->provider.name);
	char *copy = xstrndup(message, len);

	log_event((enum log_level)level, "plugin-log", "plugin", "s", instance->provider.name,
		  "message", "s", copy, NULL);
	free(copy);
	mask_enter(before);
}

static void
on_plugin_changed(void *owner, const char *what)
{
	const struct instance *instance = owner;

	plugin_news_add(instance->news, instance->provider.name, what, NULL);
}

static void
on_plugin_updated(void *owner, const char *uri)
{
	const struct instance *instance = owner;

	plugin_news_add(instance->news, instance->provider.name, NULL, uri);
}

static const struct code_services services = {
	.log = on_plugin_log,
	.changed = on_plugin_changed,
	.updated = on_plugin_updated,
};

/* A worker reports for its instance. */
static void
on_worker_changed(const struct provider *provider, const char *what, const char *uri)
{
	const struct instance *instance =
	    (const struct instance *)((const char *)provider - offsetof(struct instance, provider));

	plugin_news_add(instance->news, provider->name, what, uri);
}

/* ---- start ---------------------------------------------------------------------------------- */

/* The dynamic loader counts a file that is mapped already as the same object. So while the host
 * serves, new code is mapped from a copy. */
static bool
copy_file(struct instance *instance, struct plugin *plugin)
{
	struct module_image image;
	char why[REFUSAL_WHY_MAX];
	int fd = module_sealed_copy(instance->fd, &image, why, sizeof(why));

	if (fd < 0)
		return refusal_set(&plugin->refusal, PLUGIN_NOT_REGULAR, "%s: %s", plugin->file,
				   why);
	module_image_fini(&image);
	close(instance->fd);
	instance->fd = fd;
	return true;
}

static bool
start_code(struct instance *instance, struct plugin *plugin)
{
	char why[REFUSAL_WHY_MAX] = "";
	enum plugin_refusal refusal;

	if (plugins_serving(plugin->plugins) && plugin->sha256[0] == '\0' &&
	    !copy_file(instance, plugin))
		return false;
	refusal = code_open(&instance->code, instance->fd, plugin->manifest, why, sizeof(why));
	if (refusal == PLUGIN_OK)
		refusal = code_start(&instance->code, instance->options, &services, instance, why,
				     sizeof(why));
	return refusal == PLUGIN_OK || refusal_set(&plugin->refusal, refusal, "%s", why);
}

static bool
start_worker(struct instance *instance, struct plugin *plugin)
{
	instance->worker =
	    worker_new(&instance->provider, instance->fd, &instance->refusal, instance->loop);
	if (instance->worker == NULL)
		plugin->refusal = instance->refusal;
	return instance->worker != NULL;
}

struct instance *
instance_new(struct plugin *plugin, struct plugin_news *news, struct loop *loop)
{
	struct instance *instance = xcalloc(1, sizeof(*instance));
	bool fine;

	instance->users = 1;
	instance->key = instance_key(plugin);
	instance->options = xstrdup(plugin->options);
	instance->fd = plugin->fd;
	instance->news = plugin_news_share(news);
	instance->loop = loop;
	instance->provider = (struct provider){ .name = intern(plugin->name),
						.options = instance->options,
						.changed = on_worker_changed };
	plugin->fd = -1;
	fine = plugin->isolation == ISOLATION_NONE ? start_code(instance, plugin)
						   : start_worker(instance, plugin);
	if (fine)
		return instance;
	instance_release(instance, NULL);
	return NULL;
}

struct instance *
instance_of_program(void)
{
	struct instance *instance = xcalloc(1, sizeof(*instance));

	instance->users = 1;
	instance->fd = -1;
	return instance;
}

char *
instance_key(const struct plugin *plugin)
{
	return xprintf("%d %s %s %s", plugin->isolation, plugin->stamp, plugin->sha256,
		       plugin->options);
}

/* ---- end ------------------------------------------------------------------------------------ */

static void
instance_free(struct instance *instance)
{
	if (instance->news != NULL)
		plugin_news_free(instance->news);
	free(instance->options);
	free(instance->key);
	free(instance);
}

/* An instance that ends while the host serves. */
struct ending {
	struct pool_job job; /* first */
	struct instance *instance;
};

/* The descriptor may only be closed when the code was really unmapped: see code_open(). */
static void
end_code(struct pool_job *job)
{
	struct instance *instance = ((struct ending *)job)->instance;
	void *object = instance->code.object;
	const bool loaded = instance->code.state != CODE_NONE;

	code_fini(&instance->code);
	if (instance->fd < 0)
		return;
	if (!loaded || code_unmap(object, instance->fd))
		close(instance->fd);
	else
		log_event(LOG_WARNING, "plugin-stays", "plugin", "s", instance->provider.name,
			  "why", "s",
			  "its code cannot be unmapped, so each reload that changes it needs more "
			  "memory until the host is restarted",
			  NULL);
}

static void
ended(struct pool_job *job)
{
	struct ending *ending = (struct ending *)job;

	log_event(LOG_INFO, "plugin-stopped", "name", "s", ending->instance->provider.name, NULL);
	instance_free(ending->instance);
	free(ending);
}

static void
end_later(struct instance *instance, struct pool *pool)
{
	struct ending *ending = xcalloc(1, sizeof(*ending));

	ending->instance = instance;
	ending->job = (struct pool_job){ .run = end_code, .done = ended, .drop = ended };
	pool_submit(pool, &ending->job);
}

/* The host ends, so the code stays mapped. */
static void
end_now(struct instance *instance)
{
	worker_free(instance->worker);
	if (instance->fd >= 0 && instance->code.state == CODE_NONE)
		close(instance->fd);
	code_fini(&instance->code);
	instance_free(instance);
}

struct instance *
instance_share(struct instance *instance)
{
	CHECK(__atomic_fetch_add(&instance->users, 1, __ATOMIC_RELAXED) > 0);
	return instance;
}

void
instance_release(struct instance *instance, struct pool *pool)
{
	unsigned before;

	if (instance == NULL)
		return;
	before = __atomic_fetch_sub(&instance->users, 1, __ATOMIC_ACQ_REL);
	CHECK(before > 0);
	if (before > 1)
		return;
	if (pool == NULL) {
		end_now(instance);
		return;
	}
	worker_leave(instance->worker);
	instance->worker = NULL;
	end_later(instance, pool);
}
