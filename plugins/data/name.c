/* SPDX-License-Identifier: Apache-2.0 */
/* Names of catalogs, schemas and tables, in every form that callers and replies use. */
#include "data.h"

#include <string.h>
#include <strings.h>

/* Copies the last parts of `text` into parts[0..last]. When a part was already given with another
 * value, the call fails and the result is false, because it is not clear which value is meant. */
static bool
take(struct mcp_call *call, const char *argument, size_t last, const char *parts[DBX_NAME_PARTS])
{
	const char *text = mcp_arg(call, argument), *given[DBX_NAME_PARTS];
	size_t n;

	if (text == NULL || text[0] == '\0')
		return true;
	n = dbx_name_parts(call, text, given);
	if (n > last + 1) { /* with too many parts the text counts as one name */
		n = 1;
		given[0] = text;
	}
	for (size_t i = 0; i < n; i++) {
		const char **part = &parts[last + 1 - n + i];

		if (*part != NULL && strcasecmp(*part, given[i]) != 0) {
			mcp_fail(call, MCP_E_INPUT, "The arguments name two different objects.",
				 mcp_printf(call, "%s is \"%s\", but another argument says \"%s\".",
					    argument, text, *part),
				 "Give the name once: in separate parts, or in full as the "
				 "last argument.");
			return false;
		}
		*part = given[i];
	}
	return true;
}

static bool
whole_name(struct mcp_call *call, size_t n, struct table_name *name)
{
	static const char *const arguments[] = { "catalog_name", "schema_name", "table_name" };
	const char *parts[DBX_NAME_PARTS] = { NULL, NULL, NULL };

	for (size_t i = 0; i < n; i++)
		if (!take(call, arguments[i], i, parts))
			return false;
	for (size_t i = 0; i < n; i++)
		if (parts[i] == NULL) {
			mcp_fail(call, MCP_E_INPUT,
				 mcp_printf(call, "%s is missing.", arguments[i]), NULL,
				 n == 2 ? "Give catalog_name and schema_name."
					: "Give catalog_name, schema_name and table_name, or "
					  "the full name catalog.schema.table as table_name.");
			return false;
		}
	name->catalog = parts[0];
	name->schema = parts[1];
	name->table = n > 2 ? parts[2] : "";
	name->full =
	    mcp_printf(call, n > 2 ? "%s.%s.%s" : "%s.%s", parts[0], parts[1], name->table);
	return true;
}

bool
table_name(struct mcp_call *call, struct table_name *name)
{
	return whole_name(call, 3, name);
}

bool
schema_name(struct mcp_call *call, struct table_name *name)
{
	return whole_name(call, 2, name);
}

struct table_name
table_of(struct mcp_call *call, struct json_object *table, const char *asked)
{
	const char *parts[DBX_NAME_PARTS] = { "", "", "" };
	const char *full = mcp_get_str(call, table, "full_name", asked);
	struct table_name name;

	if (dbx_name_parts(call, full, parts) != DBX_NAME_PARTS)
		parts[0] = parts[1] = parts[2] = "";
	name.catalog = mcp_get_str(call, table, "catalog_name", parts[0]);
	name.schema = mcp_get_str(call, table, "schema_name", parts[1]);
	name.table = mcp_get_str(call, table, "name", parts[2]);
	name.full = mcp_printf(call, "%s.%s.%s", name.catalog, name.schema, name.table);
	return name;
}
