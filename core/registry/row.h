/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the rows of a manifest. The files of the registry share this header. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_REGISTRY_ROW_H
#define CORE_REGISTRY_ROW_H

#include <stdbool.h>
#include <stddef.h>

#include "registry/registry.h"

/* The fault of a row, and where it is described. */
struct row_fault {
	char *text;
	size_t size;
};

/* Stores the text "name of the row: …" and returns false. */
bool row_fault(struct row_fault *fault, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Makes the row of `json`. All rules are checked, except conflicts with other rows. NULL with
 * `fault`. */
struct row *row_new(enum row_kind kind, const struct registry_source *source, unsigned index,
		    struct json_object *json, struct row_fault *fault);
/* The resource or template as which a tool is also published; NULL when it has none. */
struct row *row_publish(const struct row *tool);
void row_free(struct row *row);
/* row_task.c: reads `task` and checks its rules; and the tool that the host publishes for that part
 * of the tool's operation, NULL when there is none. False with `fault`. */
bool row_task_init(struct row *row, struct row_fault *fault);
bool row_task(const struct row *tool, enum row_part part, const struct registry_source *source,
	      struct row_fault *fault, struct row **row);

/* row_tool.c, row_other.c: fill in the parts of each kind. */
bool row_tool_init(struct row *row, const struct registry_source *source, struct row_fault *fault);
bool row_resource_init(struct row *row, struct row_fault *fault);
bool row_prompt_init(struct row *row, const struct registry_source *source,
		     struct row_fault *fault);
bool row_completion_init(struct row *row, struct row_fault *fault);

/* row_header.c: collects x-mcp-header annotations. */
bool row_headers_init(struct row *row, struct json_object *schema, struct row_fault *fault);

/* Helpers: checks for a name ([a-z0-9_]+ of at most `most` bytes) and for a member that is not in
 * `known` (which ends with NULL); reads item `i` of a list of strings. */
bool row_name_ok(const char *name, size_t most);
const char *row_unknown_member(struct json_object *object, const char *const *known);
const char *row_string_at(struct json_object *list, size_t i);
/* NULL when `uri` is a valid URI or template for the registry. */
const char *row_uri_check(const char *uri);
bool row_has_variables(const char *uri);
/* Checks that the aliases under `key` of the member lakehost are a list of strings that pass
 * `check`. */
bool row_aliases_check(const struct row *row, const char *key, const char *(*check)(const char *),
		       struct row_fault *fault);
const char *row_alias_check(const char *alias);

#endif
