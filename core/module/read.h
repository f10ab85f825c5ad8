/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the manifest of a plugin's file. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_MODULE_READ_H
#define CORE_MODULE_READ_H

#include <json-c/json.h>
#include <stddef.h>

#include "module/refusal.h"

/* The manifest of a file. It is read without running code of the plugin: ELF checks, note, JSON
 * gate, structure. Returns a new object, or NULL with the refusal and details. `fd` is the open
 * file. */
struct json_object *manifest_read(int fd, enum plugin_refusal *refusal, char *why, size_t why_size);

#endif
