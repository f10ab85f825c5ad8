/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Approvals: one file NAME.json for each approved plugin, in the directory plugins.approvals. It
 * has the digest of the file, its version and vendor, a digest of what clients and operators see,
 * and the manifest itself, so that a change can be shown.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_PLUGIN_APPROVAL_H
#define CORE_PLUGIN_APPROVAL_H

#include <json-c/json.h>
#include <stddef.h>

#include "config/config.h"
#include "module/image.h"
#include "module/refusal.h"

/* The path of the approval of a plugin, for free(); NULL when no directory is known. */
char *approval_path(const struct config *config, const char *name);
/* The approval, new. NULL when there is none (`why` is then empty) or it cannot be used. */
struct json_object *approval_read(const struct config *config, const char *name, char *why,
				  size_t why_size);
/* A digest of the rows and the permissions of a manifest. */
void approval_digest(struct json_object *manifest, char hex[65]);
/* The name of the key that signed the image, by FILE.sig. NULL when there is no such file (`why` is
 * then empty) or no key fits. */
const char *approval_signer(const struct config *config, const char *file,
			    const struct module_image *image, char *why, size_t why_size);

#endif
