/* SPDX-License-Identifier: Apache-2.0 */
/* Registries made from manifests in JSON text. */
#include "registry_helper.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "registry/provider.h"

#define SOURCES_MAX 8

char refusals[4096];
static struct provider providers[SOURCES_MAX];
static struct json_object *trees[SOURCES_MAX];

struct provider *
provider_number(size_t i)
{
	return &providers[i];
}

static void
refuse(void *data, size_t source, const char *why)
{
	size_t len = strlen(refusals);

	(void)data;
	snprintf(refusals + len, sizeof(refusals) - len, "%zu: %s\n", source, why);
}

struct registry *
registry_of(const char *const *manifests, size_t n)
{
	static const char *const names[] = { "nought", "one", "two", "three", "four" };
	struct registry_source list[SOURCES_MAX];

	refusals[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		const char *why = NULL;

		trees[i] =
		    json_parse(manifests[i], strlen(manifests[i]), &json_upstream, &why, NULL);
		if (why != NULL)
			printf("\n    %s: %s", manifests[i], why);
		CU_ASSERT_FATAL(why == NULL);
		list[i] = (struct registry_source){ .provider = provider_number(i),
						    .plugin_name = names[i],
						    .manifest = trees[i] };
	}
	return registry_new(list, n, refuse, NULL);
}

struct registry *
registry_of_one(const char *manifest)
{
	return registry_of(&manifest, 1);
}

void
registry_done(struct registry *registry)
{
	registry_free(registry);
	for (size_t i = 0; i < SOURCES_MAX; i++) {
		json_object_put(trees[i]);
		trees[i] = NULL;
	}
}
