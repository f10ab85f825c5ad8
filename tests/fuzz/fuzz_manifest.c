/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes files of plugins: any bytes give a manifest of the right structure or a refusal. A file
 * that begins with '{' is only the text of a manifest. */
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/json.h"
#include "module/read.h"
#include "plugin/loader.h"
#include "module/manifest.h"

#define WHY_MAX 256

static void
check_rows(struct json_object *manifest)
{
	for (size_t kind = 0; kind < MANIFEST_KINDS; kind++) {
		struct json_object *rows = json_arr(manifest, manifest_kinds[kind]);

		PROMISE(rows != NULL);
		for (size_t i = 0; i < json_object_array_length(rows); i++) {
			char name[64];

			manifest_row_name(json_object_array_get_idx(rows, i), name, sizeof(name));
			PROMISE(name[0] != '\0' && strlen(name) < sizeof(name));
		}
	}
}

static void
check_shape(struct json_object *manifest)
{
	struct json_object *plugin = json_obj(manifest, "plugin");
	unsigned major, minor;

	PROMISE(manifest_name_valid(json_str(plugin, "name")));
	PROMISE(manifest_abi_parse(json_str(plugin, "abi"), &major, &minor));
	PROMISE(json_str(plugin, "version") != NULL && json_arr(plugin, "permissions") != NULL);
	PROMISE(json_obj(plugin, "options") != NULL);
	check_rows(manifest);
}

static void
fuzz_text(const char *text, size_t len)
{
	const char *reason;
	size_t at;
	struct json_object *tree = json_parse(text, len, &manifest_limits, &reason, &at);
	char why[WHY_MAX] = "";

	if (tree == NULL)
		return;
	if (manifest_check(tree, why, sizeof(why)))
		check_shape(tree);
	else
		PROMISE(why[0] != '\0');
	json_object_put(tree);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static int fd = -1;
	enum plugin_refusal refusal = PLUGIN_OK;
	struct json_object *manifest;
	char why[WHY_MAX] = "";

	if (len > 0 && data[0] == '{') {
		fuzz_text((const char *)data, len);
		return 0;
	}
	if (fd < 0)
		fd = memfd_create("plugin", MFD_CLOEXEC);
	if (ftruncate(fd, 0) != 0 || pwrite(fd, data, len, 0) != (ssize_t)len)
		abort();
	manifest = manifest_read(fd, &refusal, why, sizeof(why));
	PROMISE((manifest != NULL) == (refusal == PLUGIN_OK));
	PROMISE((why[0] == '\0') == (refusal == PLUGIN_OK));
	if (manifest != NULL)
		check_shape(manifest);
	json_object_put(manifest);
	return 0;
}
