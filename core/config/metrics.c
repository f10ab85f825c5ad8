/* SPDX-License-Identifier: Apache-2.0 */
/* Who may read the metrics, and who gets the traces. */
#include "config/metrics.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/file.h"
#include "config/value.h"

#define TOKEN_MIN 16 /* characters; a shorter one can be guessed */

void
config_read_metrics(struct config *config, const struct node *root)
{
	struct node metrics = node_group(root, "metrics");

	config->metrics.enabled = node_bool(&metrics, "enabled", true);
	config->metrics.token = node_secret(&metrics, "token");
	if (config->metrics.token != NULL && !config->metrics.enabled)
		node_fault(&metrics, "token", "has an effect only with metrics.enabled = true");
	else if (config->metrics.token != NULL && strlen(config->metrics.token) < TOKEN_MIN)
		node_fault(&metrics, "token", "is shorter than %d characters", TOKEN_MIN);
}

void
config_read_traces(struct config *config, const struct node *root)
{
	struct node traces = node_group(root, "traces");

	config->traces = node_text(&traces, "upstream", NULL);
	if (config->traces != NULL && config_upstream(config, config->traces) == NULL)
		node_fault(&traces, "upstream", "\"%s\" is not in upstreams", config->traces);
}

void
config_metrics_fini(struct config *config)
{
	secret_free(config->metrics.token);
	free(config->traces);
}
