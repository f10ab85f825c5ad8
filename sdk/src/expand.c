/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 6570 templates for paths and queries, so that no value can leave its place in a URL. */
#include <stdlib.h>
#include <string.h>

#include "step.h"

struct expansion {
	struct mcp_call *call;
	struct json_object *values;
	char *out; /* NULL while only the size is counted */
	size_t len;
	bool query;
	const char *name; /* of the offending variable */
	const char *why;
};

static void
put(struct expansion *x, const char *text, size_t len)
{
	if (x->out != NULL && len > 0)
		memcpy(x->out + x->len, text, len);
	x->len += len;
}

static void
put_encoded(struct expansion *x, const char *text, size_t len)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		char escape[3] = { '%', hex[c >> 4], hex[c & 15] };

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    (c != '\0' && strchr("-._~", c) != NULL))
			put(x, text + i, 1);
		else
			put(x, escape, sizeof(escape));
	}
}

static bool
fail(struct expansion *x, const char *name, size_t len, const char *why)
{
	char *copy = mcp_alloc(x->call, len + 1);

	memcpy(copy, name, len);
	x->name = copy;
	x->why = why;
	return false;
}

static struct json_object *
value_of(struct expansion *x, const char *name, size_t len)
{
	struct json_object *value = NULL;
	char key[128];

	if (len >= sizeof(key) || !json_object_is_type(x->values, json_type_object))
		return NULL;
	memcpy(key, name, len);
	key[len] = '\0';
	json_object_object_get_ex(x->values, key, &value);
	return value;
}

/* A scalar as text; NULL for anything else, or when it holds a NUL. */
static const char *
scalar(struct json_object *value, size_t *len)
{
	const char *text;

	if (value == NULL || json_object_is_type(value, json_type_object) ||
	    json_object_is_type(value, json_type_array))
		return NULL;
	text = json_object_get_string(value);
	*len = json_object_is_type(value, json_type_string)
		 ? (size_t)json_object_get_string_len(value)
		 : strlen(text);
	return memchr(text, '\0', *len) == NULL ? text : NULL;
}

static const char *
put_segment(struct expansion *x, const char *text, size_t len)
{
	if (len == 0)
		return "is empty or has an empty segment";
	if ((len == 1 && text[0] == '.') || (len == 2 && text[0] == '.' && text[1] == '.'))
		return "has a segment \".\" or \"..\"";
	put_encoded(x, text, len);
	return NULL;
}

static const char *
put_segments(struct expansion *x, const char *text, size_t len)
{
	const char *why = NULL;

	if (len > 0 && text[0] == '/') {
		put(x, text++, 1);
		len--;
	}
	for (;;) {
		const char *slash = memchr(text, '/', len);
		size_t part = slash == NULL ? len : (size_t)(slash - text);

		why = put_segment(x, text, part);
		if (why != NULL || slash == NULL)
			return why;
		put(x, slash, 1);
		text = slash + 1;
		len -= part + 1;
	}
}

static bool
put_path(struct expansion *x, const char *name, size_t name_len, bool several)
{
	struct json_object *value = value_of(x, name, name_len);
	size_t len = 0;
	const char *text = scalar(value, &len), *why;

	if (value == NULL)
		return fail(x, name, name_len, "is missing");
	if (text == NULL)
		return fail(x, name, name_len, "is no plain text");
	why = several ? put_segments(x, text, len) : put_segment(x, text, len);
	return why == NULL || fail(x, name, name_len, why);
}

static bool
put_pair(struct expansion *x, const char *name, size_t name_len, struct json_object *value)
{
	size_t len = 0;
	const char *text = scalar(value, &len);

	if (text == NULL)
		return fail(x, name, name_len, "is neither plain text nor a list of such");
	put(x, x->query ? "&" : "?", 1);
	x->query = true;
	put(x, name, name_len);
	put(x, "=", 1);
	put_encoded(x, text, len);
	return true;
}

static bool
put_query(struct expansion *x, const char *name, size_t name_len)
{
	struct json_object *value = value_of(x, name, name_len);

	if (value == NULL)
		return true;
	if (!json_object_is_type(value, json_type_array))
		return put_pair(x, name, name_len, value);
	for (size_t i = 0; i < json_object_array_length(value); i++)
		if (!put_pair(x, name, name_len, json_object_array_get_idx(value, i)))
			return false;
	return true;
}

/* One expression, without its braces. */
static bool
put_expression(struct expansion *x, const char *text, size_t len)
{
	char op = len > 0 && strchr("+?&", text[0]) != NULL ? text[0] : '\0';
	const char *end = text + len;

	if (op != '\0')
		text++;
	for (;;) {
		const char *comma = memchr(text, ',', (size_t)(end - text));
		size_t name_len = (size_t)((comma == NULL ? end : comma) - text);
		bool ok = op == '?' || op == '&' ? put_query(x, text, name_len)
						 : put_path(x, text, name_len, op == '+');

		if (!ok || comma == NULL)
			return ok;
		text = comma + 1;
	}
}

static bool
put_template(struct expansion *x, const char *template_)
{
	x->query = false;
	x->len = 0;
	while (*template_ != '\0') {
		size_t len = strcspn(template_, "{");
		const char *close;

		put(x, template_, len);
		x->query = x->query || memchr(template_, '?', len) != NULL;
		template_ += len;
		if (*template_ == '\0')
			return true;
		close = strchr(template_, '}');
		if (close == NULL)
			return fail(x, "the template", 12, "has a { without }");
		if (!put_expression(x, template_ + 1, (size_t)(close - template_ - 1)))
			return false;
		template_ = close + 1;
	}
	return true;
}

const char *
mcp_expand(struct mcp_call *call, const char *template_, struct json_object *values)
{
	struct expansion x = { .call = call, .values = values };

	if (!put_template(&x, template_)) {
		mcp_fail(call, MCP_E_INPUT, "The arguments make no valid address",
			 mcp_printf(call, "%s %s", x.name, x.why),
			 "Correct the argument and call again");
		return NULL;
	}
	x.out = mcp_alloc(call, x.len + 1);
	put_template(&x, template_);
	return x.out;
}
