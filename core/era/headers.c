/* SPDX-License-Identifier: Apache-2.0 */
/* Mcp-Method, Mcp-Name and Mcp-Param-*: present where they must be, and equal to the body. */
#include "era/headers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config.h"
#include "era/eras.h"

#define SENTINEL "=?base64?"
#define SENTINEL_END "?="
#define INTEGER_MAX ((int64_t)1 << 53) /* beyond, JSON readers disagree */
#define NAME_MAX_LEN 200	       /* of a header name that we build */

static bool
visible(const char *value)
{
	for (; *value != '\0'; value++)
		if ((*value < ' ' && *value != '\t') || *value == 0x7f)
			return false; /* char is signed here: bytes from 0x80 are negative */
	return true;
}

bool
header_decode(const char *value, struct buf *out)
{
	size_t len = strlen(value), prefix = strlen(SENTINEL), suffix = strlen(SENTINEL_END), n;
	unsigned char *bytes;
	bool ok;

	if (!visible(value))
		return false;
	if (len < prefix + suffix || strncmp(value, SENTINEL, prefix) != 0
	    || strcmp(value + len - suffix, SENTINEL_END) != 0) {
		buf_add(out, value, len);
		return buf_ok(out);
	}
	len -= prefix + suffix;
	bytes = xmalloc(len / 4 * 3 + 3);
	ok = base64_decode(value + prefix, len, bytes, &n) && utf8_valid((char *)bytes, n);
	if (ok)
		buf_add(out, bytes, n);
	free(bytes);
	return ok && buf_ok(out);
}

bool
header_integer(const char *text, int64_t *value)
{
	bool negative = *text == '-';
	const char *at = text + negative;
	size_t digits = strspn(at, "0123456789"), zeros;
	int64_t sum = 0;

	if (digits == 0 || digits > 16)
		return false;
	for (size_t i = 0; i < digits; i++)
		sum = sum * 10 + (at[i] - '0');
	at += digits;
	if (*at == '.') {
		zeros = strspn(++at, "0");
		if (zeros == 0)
			return false;
		at += zeros;
	}
	if (*at != '\0' || sum >= INTEGER_MAX)
		return false;
	*value = negative ? -sum : sum;
	return true;
}

/* The object that holds the argument, and the argument; NULL when absent or null. */
static struct json_object *
argument_find(const struct param_header *param, struct json_object *arguments,
    struct json_object **parent)
{
	struct json_object *value = arguments;

	for (char **name = param->path; *name != NULL && value != NULL; name++) {
		*parent = value;
		value = json_member(value, *name);
	}
	return value;
}

static bool
same_integer(struct json_object *parent, const char *name, const char *text)
{
	int64_t said, meant = json_int(parent, name, INT64_MIN);

	return meant == INT64_MIN || (header_integer(text, &said) && said == meant);
}

static bool
same_value(const struct param_header *param, struct json_object *parent, struct json_object *value,
    const struct buf *text)
{
	const char *name = NULL;

	switch (param->type) {
	case PARAM_STRING:
		return !json_object_is_type(value, json_type_string)
		    || ((size_t)json_object_get_string_len(value) == text->len
			&& memcmp(json_object_get_string(value), text->data, text->len) == 0);
	case PARAM_BOOLEAN:
		return !json_object_is_type(value, json_type_boolean)
		    || strcmp(text->data, json_object_get_boolean(value) ? "true" : "false") == 0;
	case PARAM_INTEGER:
		for (char **at = param->path; *at != NULL; at++)
			name = *at;
		return same_integer(parent, name, text->data);
	}
	return false;
}

bool
header_matches(const struct param_header *param, struct json_object *arguments, const char *value)
{
	struct json_object *parent = NULL;
	struct json_object *argument = argument_find(param, arguments, &parent);
	struct buf text;
	bool same;

	if (argument == NULL)
		return true;
	if (value == NULL)
		return false;
	buf_init(&text, LIMIT_HEADERS);
	same = header_decode(value, &text) && same_value(param, parent, argument, &text);
	buf_fini(&text);
	return same;
}

static const char *
header_of(const struct request *request, const char *name)
{
	return request->exchange->ops->header(request->exchange, name);
}

static const char *
check_name(const struct request *request, const struct method *method, char *why, size_t why_size)
{
	struct json_object *value = json_member(request->message.params, method->mirrored);
	const char *header = header_of(request, "Mcp-Name");
	struct buf text;
	bool same;

	if (!json_object_is_type(value, json_type_string))
		return NULL; /* a fault of the parameters, not of the header */
	buf_init(&text, LIMIT_HEADERS);
	same = header != NULL && header_decode(header, &text)
	    && text.len == (size_t)json_object_get_string_len(value)
	    && memcmp(text.data, json_object_get_string(value), text.len) == 0;
	buf_fini(&text);
	if (same)
		return NULL;
	snprintf(why, why_size, "the header Mcp-Name %s params.%s",
	    header == NULL ? "is missing: it must repeat" : "does not say the same as",
	    method->mirrored);
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
		    header == NULL ? "is missing: it must repeat" : "does not say the same as");
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
				   : "does not say the same as the method");
		return why;
	}
	if (method != NULL && method->mirrored != NULL)
		fault = check_name(request, method, why, why_size);
	if (fault == NULL && tool != NULL && strcmp(name, "tools/call") == 0)
		row = registry_tool(request->eras->parts.registry, tool,
		    request->principal.access);
	return row == NULL ? fault : check_params(request, row, why, why_size);
}
