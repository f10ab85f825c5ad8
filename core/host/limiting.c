/* SPDX-License-Identifier: Apache-2.0 */
#include "host/limiting.h"

#include <stdio.h>

#include "config/config.h"
#include "limits/limits.h"

bool
limiting_possible(const struct config *config, char *why, size_t why_size)
{
	char fault[512];

	if (config->limits.store == NULL ||
	    limits_can_share(config->limits.store->settings.tls, fault, sizeof(fault)))
		return true;
	snprintf(why, why_size, "limits.store: %s", fault);
	return false;
}

struct limits *
limiting_start(const struct config *config, struct loop *loop, struct pool *pool)
{
	const struct config_store *store = config->limits.store;
	struct limits_settings settings = { .rule = config->limits.rule,
					    .rules = config->limits.rules,
					    .loop = loop,
					    .pool = pool };

	if (store != NULL) {
		settings.store = &store->settings;
		settings.prefix = store->prefix;
		settings.refuse_costly = store->refuse_costly;
		settings.refuse_others = store->refuse_others;
	}
	return limits_new(&settings);
}

void
limiting_end(struct limits *limits)
{
	limits_free(limits);
}
