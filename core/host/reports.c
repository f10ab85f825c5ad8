/* SPDX-License-Identifier: Apache-2.0 */
#include "host/reports.h"

#include "base/log.h"
#include "config/config.h"
#include "plugin/loader.h"

void
report_lines(enum log_level level, const char *event, const struct strings *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		log_event(level, event, "why", "s", lines->item[i], NULL);
}

void
plugins_report(const struct plugins *plugins)
{
	for (size_t i = 0; i < plugins_count(plugins); i++) {
		struct plugin_status status;

		plugins_status(plugins, i, &status);
		if (status.refusal == PLUGIN_OK)
			log_event(LOG_INFO, "plugin", "name", "s", status.name, "version", "s",
				  status.version, "isolation", "s",
				  status.isolation == ISOLATION_NONE ? "none" : "process", NULL);
		else
			log_event(LOG_ERROR, "plugin-refused", "name", "s", status.name, "reason",
				  "s", plugin_refusal_text(status.refusal), "why", "s", status.why,
				  NULL);
	}
}

void
upstreams_report(const struct config *config, const struct plugins *plugins)
{
	for (size_t i = 0; i < config->upstreams; i++) {
		const struct config_upstream *upstream = &config->upstream[i];

		if (!plugins_use(plugins, upstream->role))
			continue;
		if (upstream->url == NULL || upstream->auth_type == NULL)
			log_event(LOG_NOTICE, "upstream-unusable", "upstream", "s", upstream->role,
				  "why", "s", upstream->auth_why, NULL);
		for (size_t k = 0; k < upstream->warnings.count; k++)
			log_event(LOG_WARNING, "upstream-warning", "upstream", "s", upstream->role,
				  "why", "s", upstream->warnings.item[k], NULL);
	}
}
