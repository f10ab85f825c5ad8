/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what a plugin's file says of itself. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_MODULE_READ_H
#define CORE_MODULE_READ_H

#include <json-c/json.h>
#include <stddef.h>

#include "module/refusal.h"

/* The manifest of a file, without running plugin code: ELF checks, note, JSON gate, shape. Returns
 * a new object, or NULL with the refusal and details. `fd` is open on the file. */
struct json_object *manifest_read(int fd, enum plugin_refusal *refusal, char *why, size_t why_size);

#endif
