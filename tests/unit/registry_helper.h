/* SPDX-License-Identifier: Apache-2.0 */
/* Registries made from manifests in JSON text. */
#ifndef TESTS_UNIT_REGISTRY_HELPER_H
#define TESTS_UNIT_REGISTRY_HELPER_H

#include "registry/registry.h"

/* The messages of registry_new() about refused manifests: "0: why\n1: why\n". */
extern char refusals[4096];

/* Makes a registry of `n` manifests. The pointer of plugin i is (struct plugin *)(i + 1). */
struct registry *registry_of(const char *const *manifests, size_t n);
struct registry *registry_of_one(const char *manifest);
/* Frees the registry and its manifests. */
void registry_done(struct registry *registry);
struct provider *provider_number(size_t i);

/* Writes a tool's JSON: its name, then its other members. */
#define TOOL(name, rest) "{\"name\":\"" name "\",\"description\":\"d\"," rest "}"
#define INPUT "\"inputSchema\":{\"type\":\"object\",\"additionalProperties\":false}"
#define READS "\"annotations\":{\"readOnlyHint\":true}"
#define META(members) "\"lakehost\":{" members "}"
#define READ_TOOL(name) TOOL(name, INPUT "," READS "," META("\"access\":\"read\""))
#define PROPS(properties, required)                                             \
	"\"inputSchema\":{\"type\":\"object\",\"properties\":{" properties "}," \
	"\"required\":[" required "]}"

#endif
