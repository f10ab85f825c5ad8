/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manifest of a plugin: one JSON object in the ELF note `.note.lakehost`, which clients and
 * operators see before code of the plugin runs. Its structure is checked here, for the build
 * (lakehost-manifest) and for the loader; the registry checks the content of rows.
 *
 *   {"plugin": {"name", "version", "vendor", "summary", "abi": "1.0",
 *               "permissions": ["GET /…", and "GET link" for pre-signed links],
 *               "options": {JSON Schema of type object; "env": "NAME_ID" at a property of type
 *               string: the environment variable that fills it when it is not configured},
 *               "default", "in_all": booleans,
 *               "upstream": {"kind": "databricks" or "generic", "role": "NAME"}: the
 *               service to which it sends requests; when absent: {"kind": "databricks",
 *               "role": "workspace"},
 *               "enable_env": "NAME", "warn": "…", "probe": "GET /…"},
 *    "tools": [{"name", …}], "resources": [{"name", "uri", …}],
 *    "templates": [{"name", "uriTemplate", …}], "prompts": [{"name", …}],
 *    "completions": [{"ref": {"type": "ref/prompt", "name"} or {"type": "ref/resource", "uri"},
 *                     "argument"}]} */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_MODULE_MANIFEST_H
#define CORE_MODULE_MANIFEST_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"

#define MANIFEST_BYTES_MAX (1u << 20)
#define MANIFEST_ROWS_MAX 1000u /* of one kind */
#define MANIFEST_NAME_MAX 32u	/* characters of a plugin's name */

#define MANIFEST_NOTE_OWNER "Lakehost"
#define MANIFEST_NOTE_TYPE 1u

extern const struct json_limits manifest_limits;

/* The members of a manifest that are arrays of rows, in the order of enum row_kind. */
#define MANIFEST_KINDS 5
extern const char *const manifest_kinds[MANIFEST_KINDS];

/* Is it a valid name: [a-z0-9][a-z0-9_-]*, at most MANIFEST_NAME_MAX characters? */
bool manifest_name_valid(const char *name);

/* Has the object the structure of a manifest? If not, `why` names the difference and its
 * position. */
bool manifest_check(struct json_object *manifest, char *why, size_t why_size);

/* Reads "upstream" in the member "plugin" of a manifest. */
struct manifest_upstream {
	const char *kind, *role;
};
struct manifest_upstream manifest_upstream(struct json_object *plugin);

/* Reads "MAJOR.MINOR". */
bool manifest_abi_parse(const char *text, unsigned *major, unsigned *minor);

/* Is this the name of the row, or of a tool that the host publishes for the row's operation? */
bool manifest_row_named(struct json_object *row, const char *name, size_t len);
/* The name of the row in the descriptor; for a completion, "REF ARGUMENT". */
void manifest_row_name(struct json_object *row, char *name, size_t size);

#endif
