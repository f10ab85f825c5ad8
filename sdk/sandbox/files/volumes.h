/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that volumes.c (Unity Catalog's volumes) and fs.c (the files in them) share. */
#ifndef SANDBOX_VOLUMES_H
#define SANDBOX_VOLUMES_H

#include "sandbox.h"

/* Does the volume exist? The names are in lower case. The caller holds ws_lock. */
bool volume_exists(struct workspace *ws, const char *catalog, const char *schema, const char *name);
/* The folder of a volume below DIR: "/volumes/main/default/landing". The caller frees it. */
char *volume_folder(const char *catalog, const char *schema, const char *name);
void volumes_seed(struct workspace *ws);
void volume_add(struct workspace *ws, const char *catalog, const char *schema, const char *name,
		const char *type, const char *comment, const char *location, const char *user);

#endif
