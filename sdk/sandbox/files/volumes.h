/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by volumes.c (Unity Catalog's volumes) and fs.c (the files in them). */
#ifndef SANDBOX_VOLUMES_H
#define SANDBOX_VOLUMES_H

#include "sandbox.h"

/* Does the volume exist? Names in lower case. The caller holds ws_lock. */
bool volume_exists(struct workspace *ws, const char *catalog, const char *schema, const char *name);
/* Folder of a volume below DIR: "/volumes/main/default/landing".  Caller frees. */
char *volume_folder(const char *catalog, const char *schema, const char *name);
void volumes_seed(struct workspace *ws);
void volume_add(struct workspace *ws, const char *catalog, const char *schema, const char *name,
		const char *type, const char *comment, const char *location, const char *user);

#endif
