/* SPDX-License-Identifier: Apache-2.0 */
/* Mcp-Method, Mcp-Name and Mcp-Param-*: present where they are required, and equal to the body. */
#include "era/headers.h"

#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "era/header_value.h"
#include "era/inside.h"
#include "era/methods.h"

#define NAME_MAX_LEN 200 /* bytes of a header name that is built here */

static const char *
header_of(const struct request *request, const char *name)
{
	return request->exchange->ops->header(request->exchange, name);
}

static const char *
check_name(const struct request *request, const struct method *method, char *why, size_t why_size)
{
	struct json_object *value = json_get(request->message.params, method->mirrored);
	const char *header = header_of(request, "Mcp-Name");
	struct buf text;
	bool same;

	if (!json_object_is_type(value, json_type_string))
		return NULL; /* an error of the parameters, not of the header */
	buf_init(&text, LIMIT_HEADERS);
	same = header != NULL && header_decode(header, &text) &&
	       text.len == (size_t)json_object_get_string_len(value) &&
	       memcmp(text.data, json_object_get_string(value), text.len) == 0;
	buf_fini(&text);
	if (same)
		return NULL;
	snprintf(why, why_size, "the header Mcp-Name %s params.%s",
		 header == NULL ? "is missing: it must repeat" : "differs from", method->mirrored);
	return why;
}

static const char *
check_params(const struct request *request, const struct row *row, char *why, size_t why_size)
{
	struct json_object *arguments = json_obj(request->message.params, "arguments");

	for (size_t i = 0; i < row->n_params; i++) {
		char name[NAME_MAX_LEN];
		const char *header;

		snprintf(name, sizeof(name), "Mcp-Param-%s", row->params[i].name);
		header = header_of(request, name);
		if (header_matches(&row->params[i], arguments, header))
			continue;
		snprintf(why, why_size, "the header %s %s the argument", name,
			 header == NULL ? "is missing: it must repeat" : "differs from");
		return why;
	}
	return NULL;
}

const char *
headers_check(const struct request *request, char *why, size_t why_size)
{
	const char *name = request->message.method, *header = header_of(request, "Mcp-Method");
	const struct method *method = method_find(name, IN_MODERN);
	const char *tool = message_text(request->message.params, "name");
	const struct row *row = NULL;
	const char *fault = NULL;

	if (header == NULL || strcmp(header, name) != 0) {
		snprintf(why, why_size, "the header Mcp-Method %s",
			 header == NULL ? "is missing: it must repeat the method"
					: "differs from the method");
		return why;
	}
	if (method != NULL && method->mirrored != NULL)
		fault = check_name(request, method, why, why_size);
	if (fault == NULL && tool != NULL && strcmp(name, "tools/call") == 0)
		row = registry_tool(request->snapshot->registry, tool, request_view(request));
	return row == NULL ? fault : check_params(request, row, why, why_size);
}
