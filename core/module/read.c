/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the manifest of a file: finds the note, passes it through the JSON gate, and checks the ABI
 * and the structure. */
#include "module/read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lakehost/plugin.h>

#include "base/json.h"
#include "module/elf.h"
#include "module/manifest.h"

/* The ABI is checked first, because the manifest of another major version may have any
 * structure. */
static bool
abi_fits(struct json_object *manifest, char *why, size_t why_size)
{
	const char *abi = json_str(json_obj(manifest, "plugin"), "abi");
	unsigned major, minor;

	if (abi == NULL || !manifest_abi_parse(abi, &major, &minor))
		return true; /* no error here: the check of the structure will report it */
	if (major == MCP_ABI_MAJOR && minor <= MCP_ABI_MINOR)
		return true;
	snprintf(why, why_size, "the plugin is built for ABI %u.%u, but this host has %d.%d", major,
		 minor, MCP_ABI_MAJOR, MCP_ABI_MINOR);
	return false;
}

struct json_object *
manifest_read(int fd, enum plugin_refusal *refusal, char *why, size_t why_size)
{
	struct json_object *manifest;
	const char *reason;
	char *text;
	size_t len, at;

	*refusal = elf_read_manifest(fd, &text, &len, why, why_size);
	if (*refusal != PLUGIN_OK)
		return NULL;
	manifest = json_parse(text, len, &manifest_limits, &reason, &at);
	free(text);
	if (manifest == NULL) {
		snprintf(why, why_size, "%s (at byte %zu)", reason, at);
		*refusal = PLUGIN_BAD_MANIFEST;
		return NULL;
	}
	if (!abi_fits(manifest, why, why_size))
		*refusal = PLUGIN_ABI;
	else if (!manifest_check(manifest, why, why_size))
		*refusal = PLUGIN_BAD_MANIFEST;
	else
		return manifest;
	json_object_put(manifest);
	return NULL;
}
