/* SPDX-License-Identifier: Apache-2.0 */
/* lakehost check: everything that serve would refuse, before it does. */
#include "cli/cli.h"

#include "base/log.h"
#include "plugin/loader.h"
#include "server/server.h"

/* Prints one line a plugin; returns true when it was refused. */
static bool
report(const struct plugin_status *status)
{
	if (status->refusal == PLUGIN_OK) {
		printf("plugin %s %s: ok\n", status->name, status->version);
		return false;
	}
	printf("plugin %s: refused: %s%s%s", status->name, plugin_refusal_text(status->refusal),
	       status->why[0] != '\0' ? ": " : "", status->why);
	if (status->config != NULL && status->config->where != NULL)
		printf(" (%s)", status->config->where);
	putchar('\n');
	return true;
}

int
cli_check(struct cli *cli)
{
	struct config *config = cli_config(cli);
	struct plugins *plugins;
	bool critical, refused = false;

	if (config == NULL)
		return 1;
	log_init(LOG_ERROR, true);
	printf("configuration %s: ok\n", config->file ? config->file : "(built-in defaults)");
	for (size_t i = 0; i < config->warnings.count; i++)
		printf("warning: %s\n", config->warnings.item[i]);
	for (size_t i = 0; i < config->upstreams; i++)
		printf("upstream %s: %s%s%s\n", config->upstream[i].role,
		       config->upstream[i].url != NULL ? config->upstream[i].url : "",
		       config->upstream[i].url != NULL ? ", " : "", config->upstream[i].auth_why);
	plugins = plugins_load(config, NULL, &server_plugin, true, &critical);
	for (size_t i = 0; i < plugins_count(plugins); i++) {
		struct plugin_status status;

		plugins_status(plugins, i, &status);
		refused |= report(&status);
	}
	for (size_t i = 0; i < plugins_prompt_faults(plugins)->count; i++) {
		printf("prompt %s\n", plugins_prompt_faults(plugins)->item[i]);
		refused = true;
	}
	plugins_free(plugins);
	config_free(config);
	return refused ? 1 : 0;
}
