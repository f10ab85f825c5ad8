/* SPDX-License-Identifier: Apache-2.0 */
#include "host/recording.h"

#include <stdio.h>
#include <string.h>

#include "audit/audit.h"
#include "base/seal.h"
#include "config/config.h"
#include "metrics/metrics.h"

/* False: its key cannot be used. */
static bool
settings_of(const struct config *config, struct audit_settings *settings, char *why,
	    size_t why_size)
{
	const char *key = config->audit.key;
	char fault[512];

	*settings = (struct audit_settings){ .kind = config->audit.kind,
					     .path = config->audit.path,
					     .format = config->audit.format,
					     .required = config->audit.required,
					     .arguments = config->audit.arguments };
	if (config->audit.key_made ? seal_key_make(key, settings->key, fault, sizeof(fault))
				   : seal_key_read(key, settings->key, fault, sizeof(fault)))
		return true;
	snprintf(why, why_size, "audit.key: %s", fault);
	return false;
}

static bool
use(const struct audit_settings *settings, struct loop *loop, char *why, size_t why_size)
{
	if (loop != NULL)
		return audit_start(loop, settings, why, why_size);
	return !settings->required || audit_try(settings, why, why_size);
}

bool
recording_start(const struct config *config, struct loop *loop, char *why, size_t why_size)
{
	struct audit_settings settings;
	bool fine;

	if (config->audit.kind == AUDIT_NONE)
		return true;
	fine = settings_of(config, &settings, why, why_size) && use(&settings, loop, why, why_size);
	explicit_bzero(&settings, sizeof(settings));
	return fine;
}

void
recording_stop(void)
{
	audit_stop();
	metrics_stop();
}
