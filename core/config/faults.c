/* SPDX-License-Identifier: Apache-2.0 */
/* Collecting what is wrong, and letting a configuration go. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/internal.h"
#include "config/text.h"

#define FAULTS_MAX 100 /* more would not be read */

void
config_faults_add(struct config_faults *faults, const char *format, ...)
{
	struct strings list = { .item = faults->line, .count = faults->count };
	va_list args;

	if (faults->count >= FAULTS_MAX)
		return;
	if (faults->count == FAULTS_MAX - 1)
		format = "there are more faults; these were the first";
	va_start(args, format);
	strings_vprintf(&list, format, args);
	va_end(args);
	faults->line = list.item;
	faults->count = list.count;
}

void
config_faults_fini(struct config_faults *faults)
{
	struct strings list = { .item = faults->line, .count = faults->count };

	strings_fini(&list);
	*faults = (struct config_faults){ 0 };
}

void
config_warn(struct config *config, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	strings_vprintf(&config->warnings, format, args);
	va_end(args);
}

static void
upstream_fini(struct config_upstream *upstream)
{
	free(upstream->role);
	free(upstream->url);
	free(upstream->auth_type);
	free(upstream->auth_why);
	secret_free(upstream->secret);
	free(upstream->secret_reference);
	if (upstream->own_free != NULL)
		upstream->own_free(upstream->own);
	free(upstream->ca_file);
	strings_fini(&upstream->warnings);
	strings_fini(&upstream->link_suffixes);
}

void
config_plugin_fini(struct config_plugin *plugin)
{
	free(plugin->name);
	free(plugin->where);
	strings_fini(&plugin->permissions);
	free(plugin->options);
	strings_fini(&plugin->set);
	free(plugin->prefix);
	strings_fini(&plugin->rename);
	free(plugin->upstream);
}

static void
plugins_fini(struct config_plugin *plugin, size_t count)
{
	for (size_t i = 0; i < count; i++)
		config_plugin_fini(&plugin[i]);
	free(plugin);
}

static void
server_fini(struct config *config)
{
	for (size_t i = 0; i < config->server.listeners; i++) {
		free(config->server.listener[i].host);
		free(config->server.listener[i].tls_certificate);
		free(config->server.listener[i].tls_key);
	}
	free(config->server.listener);
	free(config->server.endpoint);
	strings_fini(&config->server.allowed_hosts);
	strings_fini(&config->server.allowed_origins);
	free(config->server.name);
	free(config->server.title);
	free(config->server.instructions);
	strings_fini(&config->server.state_keys);
}

void
config_free(struct config *config)
{
	if (config == NULL)
		return;
	free(config->file);
	free(config->directory);
	free(config->prompt_directory);
	strings_fini(&config->read_functions);
	strings_fini(&config->warnings);
	server_fini(config);
	for (size_t i = 0; i < config->upstreams; i++)
		upstream_fini(&config->upstream[i]);
	free(config->upstream);
	strings_fini(&config->plugins.directories);
	strings_fini(&config->plugins.transfer_dirs);
	strings_fini(&config->plugins.secret_references);
	strings_fini(&config->plugins.set);
	plugins_fini(config->plugins.plugin, config->plugins.count);
	plugins_fini(config->plugins.available, config->plugins.n_available);
	free(config);
}
