/* SPDX-License-Identifier: Apache-2.0 */
/* Names of Unity Catalog in any spelling: in parts, with or without back-ticks. */
#include "databricks.h"

#include <string.h>

/* Reads one part at *at and moves *at behind it. NULL when its back-ticks do not match. */
static const char *
take_part(struct mcp_call *call, const char **at)
{
	const char *from = *at;
	size_t len = strcspn(from, "."), used = 0;
	char *part;

	if (from[0] != '`') {
		*at = from + len;
		return mcp_printf(call, "%.*s", (int)len, from);
	}
	part = mcp_alloc(call, strlen(from) + 1);
	for (from++; *from != '\0'; from++) {
		if (*from == '`' && *++from != '`') {
			*at = from;
			return *from == '\0' || *from == '.' ? part : NULL;
		}
		part[used++] = *from;
	}
	return NULL;
}

size_t
dbx_name_parts(struct mcp_call *call, const char *text, const char *parts[DBX_NAME_PARTS])
{
	const char *at = text;
	size_t n = 0;

	for (; n < DBX_NAME_PARTS; at++) {
		parts[n] = take_part(call, &at);
		if (parts[n] == NULL || parts[n][0] == '\0')
			break;
		n++;
		if (*at != '\0')
			continue;
		/* A name cannot contain a dot: one pair of back-ticks encloses all parts. */
		return n == 1 && text[0] == '`' && strchr(parts[0], '.') != NULL
			 ? dbx_name_parts(call, parts[0], parts)
			 : n;
	}
	parts[0] = text;
	return 1;
}

const char *
dbx_plain_name(struct mcp_call *call, const char *text)
{
	const char *parts[DBX_NAME_PARTS], *name;
	size_t n;

	if (text == NULL)
		return NULL;
	n = dbx_name_parts(call, text, parts);
	name = parts[0];
	for (size_t i = 1; i < n; i++)
		name = mcp_printf(call, "%s.%s", name, parts[i]);
	return name;
}

const char *
dbx_show_dependencies(struct mcp_call *call, struct json_object *list)
{
	static const char *const places[] = { "table.table_full_name",
					      "function.function_full_name",
					      "connection.connection_name",
					      "credential.credential_name" };
	size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
	const char *text = "";

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < COUNT(places); k++) {
			const char *name =
			    mcp_get_str(call, json_object_array_get_idx(list, i), places[k], NULL);

			if (name != NULL)
				text = mcp_printf(call, "%s%s%s", text, text[0] ? ", " : "", name);
		}
	return text;
}

int
dbx_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
