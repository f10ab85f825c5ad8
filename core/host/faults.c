/* SPDX-License-Identifier: Apache-2.0 */
#include "host/faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "config/text.h"
#include "host/generation.h"
#include "plugin/loader.h"
#include "transport/http_tls.h"

bool
plugin_fault(const struct plugin_status *status, struct buf *text)
{
	const char *where = status->config != NULL ? status->config->where : NULL;
	const size_t file = where != NULL ? strcspn(where, ":") : 0;
	const bool said = where == NULL || strncmp(status->why, "--set ", 6) == 0 ||
			  memmem(status->why, strlen(status->why), where, file) != NULL;

	if (status->refusal == PLUGIN_OK)
		return false;
	buf_printf(text, "refused: %s%s%s%s%s%s", plugin_refusal_text(status->refusal),
		   status->why[0] != '\0' ? ": " : "", status->why, said ? "" : " (",
		   said ? "" : where, said ? "" : ")");
	return true;
}

bool
upstream_users(const struct config *config, const struct plugins *plugins,
	       const struct config_upstream *upstream, struct buf *names)
{
	const size_t before = names->len;

	for (size_t i = 0; i < plugins_count(plugins); i++) {
		struct plugin_status status;

		plugins_status(plugins, i, &status);
		if (status.refusal == PLUGIN_OK && status.upstream != NULL &&
		    (strcmp(status.upstream, upstream->role) == 0 ||
		     (config_has_workspaces(config, status.upstream) &&
		      strings_have(&config->workspaces, upstream->role))))
			buf_printf(names, "%s%s", names->len > before ? ", " : "", status.name);
	}
	return names->len > before;
}

bool
upstream_fault(const struct plugins *plugins, const struct config_upstream *upstream,
	       struct buf *text)
{
	if (!plugins_use(plugins, upstream->role) ||
	    (upstream->url != NULL && upstream->auth_type != NULL))
		return false;
	buf_printf(text, "%s%s%s", upstream->url != NULL ? upstream->url : "",
		   upstream->url != NULL ? ": " : "", upstream->auth_why);
	return true;
}

bool
missing_upstream(const struct config *config, const struct plugin_status *status, struct buf *text)
{
	if (status->refusal != PLUGIN_OK || status->upstream == NULL ||
	    config_upstream(config, status->upstream) != NULL)
		return false;
	buf_printf(text,
		   "plugin %s needs this upstream, but lakehost.conf has no upstreams.%s: add the "
		   "group, with the address and the credential of the service",
		   status->name, status->upstream);
	return true;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static void
add_fault(struct strings *faults, const char *kind, const char *name, const struct buf *text)
{
	char *line = xprintf("%s %s: %s", kind, name, text->data);

	text_to_line(line);
	strings_add(faults, line);
	free(line);
}

static void
add_of_plugins(const struct generation *generation, struct strings *faults)
{
	const struct plugins *plugins = generation->plugins;
	const struct strings *prompts = plugins_prompt_faults(plugins);
	struct buf text;

	buf_init_keeping(&text, FAULT_TEXT_MAX);
	for (size_t i = 0; i < plugins_count(plugins); i++) {
		struct plugin_status status;

		plugins_status_loaded(plugins, i, &status);
		buf_reset(&text);
		if (plugin_fault(&status, &text))
			add_fault(faults, "plugin", status.name, &text);
		else if (missing_upstream(generation->config, &status, &text))
			add_fault(faults, "upstream", status.upstream, &text);
	}
	buf_fini(&text);
	for (size_t i = 0; i < prompts->count; i++)
		strings_add(faults, prompts->item[i]);
}

static void
add_of_upstreams(const struct generation *generation, struct strings *faults)
{
	const struct config *config = generation->config;
	struct buf text;

	buf_init_keeping(&text, FAULT_TEXT_MAX);
	for (size_t i = 0; i < config->upstreams; i++) {
		buf_reset(&text);
		if (upstream_fault(generation->plugins, &config->upstream[i], &text))
			add_fault(faults, "upstream", config->upstream[i].role, &text);
	}
	buf_fini(&text);
}

void
generation_faults(const struct generation *generation, struct strings *faults)
{
	const struct config *config = generation->config;
	char why[256];

	add_of_plugins(generation, faults);
	add_of_upstreams(generation, faults);
	for (size_t i = 0; i < config->server.listeners; i++)
		if (!http_tls_try(&config->server.listener[i], why, sizeof(why)))
			strings_add(faults, why);
}
