/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manifest of a plugin: one JSON object in the ELF note `.note.lakehost`, from which clients
 * and operators learn everything before plugin code runs. Its shape is checked here, once for the
 * build (lakehost-manifest) and for the loader; what rows may contain is the registry's to judge.
 *
 *   {"plugin": {"name", "version", "vendor", "summary", "abi": "1.0",
 *               "permissions": ["GET /…", and "GET link" for pre-signed links],
 *               "options": {JSON Schema of type object; "env": "NAME_ID" at a property of type
 *               string: the environment variable that fills it where nothing is configured},
 *               "default", "in_all": booleans,
 *               "upstream": {"kind": "databricks" or "generic", "role": "NAME"}: where its requests
 *               go; absent: {"kind": "databricks", "role": "workspace"},
 *               "enable_env": "NAME", "warn": "…", "probe": "GET /…"},
 *    "tools": [{"name", …}], "resources": [{"name", "uri", …}],
 *    "templates": [{"name", "uriTemplate", …}], "prompts": [{"name", …}],
 *    "completions": [{"ref": {"type": "ref/prompt", "name"} or {"type": "ref/resource", "uri"},
 *                     "argument"}]}
 */
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

/* The arrays of rows, in the order of enum row_kind. */
#define MANIFEST_KINDS 5
extern const char *const manifest_kinds[MANIFEST_KINDS];

/* [a-z0-9][a-z0-9_-]*, at most MANIFEST_NAME_MAX. */
bool manifest_name_valid(const char *name);

/* True when the object has the shape above; otherwise `why` says what differs, and where. */
bool manifest_check(struct json_object *manifest, char *why, size_t why_size);

/* What the "upstream" of a manifest's member "plugin" says. */
struct manifest_upstream {
	const char *kind, *role;
};
struct manifest_upstream manifest_upstream(struct json_object *plugin);

/* Reads "MAJOR.MINOR". */
bool manifest_abi_parse(const char *text, unsigned *major, unsigned *minor);

/* Is this the name of the row, or of a tool that the host publishes for its operation? */
bool manifest_row_named(struct json_object *row, const char *name, size_t len);
/* The name that the row's counterpart in the descriptor has: of a completion, "REF ARGUMENT". */
void manifest_row_name(struct json_object *row, char *name, size_t size);

#endif
