/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/approval.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/seal.h"
#include "base/signature.h"
#include "base/trust.h"
#include "config/text.h"
#include "module/manifest.h"
#include "module/sealed.h"
#include "plugin/plugin.h"

#define APPROVAL_BYTES_MAX ((size_t)2 << 20)

/* ---- approvals ------------------------------------------------------------------------------ */

char *
approval_path(const struct config *config, const char *name)
{
	return config->plugins.approvals == NULL
		 ? NULL
		 : xprintf("%s/%s.json", config->plugins.approvals, name);
}

/* Whoever can write to the file can approve. */
static bool
is_trusted(const struct stat *stat, char *why, size_t why_size)
{
	if (stat->st_uid != 0 && stat->st_uid != geteuid())
		snprintf(why, why_size, "the file belongs to uid %u, but this host runs as uid %u",
			 stat->st_uid, geteuid());
	else if (others_write(stat))
		snprintf(why, why_size, "other users can write to the file; run chmod go-w on it");
	else
		return true;
	return false;
}

struct json_object *
approval_read(const struct config *config, const char *name, char *why, size_t why_size)
{
	char *path = approval_path(config, name), *text = NULL;
	struct json_object *approval = NULL;
	const char *fault = NULL;
	struct stat stat;
	size_t len = 0, at;

	why[0] = '\0';
	if (path != NULL && lstat(path, &stat) == 0) {
		text = text_read(path, APPROVAL_BYTES_MAX, &len, &stat, why, why_size);
		if (text != NULL && is_trusted(&stat, why, why_size)) {
			approval = json_parse(text, len, &manifest_limits, &fault, &at);
			if (json_str(approval, "sha256") == NULL ||
			    json_str(approval, "rows_sha256") == NULL ||
			    json_obj(approval, "manifest") == NULL) {
				snprintf(why, why_size, "%s",
					 fault != NULL ? fault : "the file is not an approval");
				json_object_put(approval);
				approval = NULL;
			}
		}
	} else if (path != NULL && errno != ENOENT && errno != ENOTDIR) {
		snprintf(why, why_size, "%s", strerror(errno));
	}
	free(text);
	free(path);
	return approval;
}

void
approval_digest(struct json_object *manifest, char hex[65])
{
	struct buf text;

	buf_init(&text, 2 * (size_t)MANIFEST_BYTES_MAX);
	buf_json_tree(&text, json_arr(json_obj(manifest, "plugin"), "permissions"));
	for (size_t kind = 0; kind < MANIFEST_KINDS; kind++) {
		buf_putc(&text, '\n');
		buf_json_tree(&text, json_arr(manifest, manifest_kinds[kind]));
	}
	sha256_hex(text.data, text.len, hex);
	buf_fini(&text);
}

/* ---- signatures ----------------------------------------------------------------------------- */

/* False when there is no such file (`why` is then empty), or it is not a signature. */
static bool
read_signature(const char *path, unsigned char signature[SIGNATURE_LEN], char *why, size_t why_size)
{
	unsigned char bytes[SIGNATURE_LEN + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n;

	if (fd < 0) {
		if (errno != ENOENT)
			snprintf(why, why_size, "%s: %s", path, strerror(errno));
		return false;
	}
	n = read(fd, bytes, sizeof(bytes));
	close(fd);
	if (n == SIGNATURE_LEN)
		memcpy(signature, bytes, SIGNATURE_LEN);
	else
		snprintf(why, why_size, "%s does not have %u bytes", path, SIGNATURE_LEN);
	return n == SIGNATURE_LEN;
}

const char *
approval_signer(const struct config *config, const char *file, const struct module_image *image,
		char *why, size_t why_size)
{
	unsigned char signature[SIGNATURE_LEN];
	char *path = xprintf("%s.sig", file);
	const char *signer = NULL;

	why[0] = '\0';
	if (read_signature(path, signature, why, why_size)) {
		for (size_t i = 0; signer == NULL && i < config->plugins.keys; i++)
			if (signature_verify(config->plugins.key[i].pem, image->data, image->len,
					     signature))
				signer = config->plugins.key[i].name;
		if (signer == NULL)
			snprintf(why, why_size,
				 "%s was not made with any of the keys in plugins.keys", path);
	}
	free(path);
	return signer;
}

static bool
check_signature(struct plugin *plugin, const struct config *config,
		const struct module_image *image)
{
	char why[REFUSAL_WHY_MAX];

	if (config->plugins.keys == 0 ||
	    approval_signer(config, plugin->file, image, why, sizeof(why)) != NULL)
		return true;
	if (why[0] != '\0')
		return refusal_set(&plugin->refusal, PLUGIN_SIGNATURE, "%s", why);
	return !config->plugins.require_signature ||
	       refusal_set(&plugin->refusal, PLUGIN_SIGNATURE,
			   "there is no %s.sig, and plugins.require_signature is set",
			   plugin->file);
}

/* ---- the stages of loading ------------------------------------------------------------------ */

static bool
has_approval(const struct config *config, const char *name)
{
	char *path = approval_path(config, name);
	bool has = path != NULL && (access(path, F_OK) == 0 || errno != ENOENT);

	free(path);
	return has;
}

bool
plugin_seal(struct plugin *plugin, const struct config *config)
{
	struct module_image image;
	char why[REFUSAL_WHY_MAX];
	bool ok;
	int fd;

	if (!config->plugins.require_approval && config->plugins.keys == 0 &&
	    !has_approval(config, plugin->name))
		return true;
	fd = module_sealed_copy(plugin->fd, &image, why, sizeof(why));
	if (fd < 0)
		return refusal_set(&plugin->refusal, PLUGIN_NOT_REGULAR, "%s: %s", plugin->file,
				   why);
	close(plugin->fd);
	plugin->fd = fd;
	sha256_hex(image.data, image.len, plugin->sha256);
	ok = check_signature(plugin, config, &image);
	module_image_fini(&image);
	return ok;
}

/* The plugin has an approval: is it of this file, or at least of these rows? */
static bool
compare(struct plugin *plugin, const struct config *config, struct json_object *approval)
{
	const char *version = json_str(approval, "version");
	char rows[65];

	approval_digest(plugin->manifest, rows);
	if (strcmp(rows, json_str(approval, "rows_sha256")) != 0)
		return refusal_set(
		    &plugin->refusal, PLUGIN_CHANGED,
		    "the tools or permissions differ from those of the approved version %s: "
		    "\"lakehost plugin approve %s\" shows the difference",
		    version != NULL ? version : "?", plugin->name);
	if (config->plugins.require_approval &&
	    strcmp(plugin->sha256, json_str(approval, "sha256")) != 0)
		return refusal_set(
		    &plugin->refusal, PLUGIN_APPROVAL,
		    "the file differs from the approved file (SHA-256 %s): run \"lakehost "
		    "plugin approve %s\"",
		    plugin->sha256, plugin->name);
	return true;
}

bool
plugin_check_approval(struct plugin *plugin, const struct config *config)
{
	struct json_object *approval;
	char why[256];
	bool ok = true;

	if (plugin->sha256[0] == '\0')
		return true; /* neither required, nor is there an approval */
	approval = approval_read(config, plugin->name, why, sizeof(why));
	if (approval != NULL)
		ok = compare(plugin, config, approval);
	else if (why[0] != '\0')
		ok = refusal_set(&plugin->refusal, PLUGIN_APPROVAL,
				 "the approval in %s cannot be used: %s", config->plugins.approvals,
				 why);
	else if (config->plugins.require_approval)
		ok = refusal_set(&plugin->refusal, PLUGIN_APPROVAL,
				 "there is no approval in %s, and plugins.require_approval is set: "
				 "run \"lakehost plugin approve %s\"",
				 config->plugins.approvals != NULL ? config->plugins.approvals
								   : "plugins.approvals",
				 plugin->name);
	json_object_put(approval);
	return ok;
}
