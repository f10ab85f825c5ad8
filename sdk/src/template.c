/* SPDX-License-Identifier: Apache-2.0 */
#include "template.h"

#include <stdlib.h>
#include <string.h>

#include "memory_gone.h"

bool
template_next(const char **at, struct template_part *part, const char **why)
{
	const char *p = *at, *close;

	*why = NULL;
	if (*p == '\0')
		return false;
	if (*p != '{') {
		*part = (struct template_part){ .text = p, .len = strcspn(p, "{"), .op = 'l' };
		*at = p + part->len;
		return true;
	}
	close = strchr(p, '}');
	if (close == NULL) {
		*why = "{ without }";
		return false;
	}
	p++;
	part->op = 0;
	if (*p != '\0' && strchr("+?&", *p) != NULL)
		part->op = *p++;
	part->text = p;
	part->len = (size_t)(close - p);
	*at = close + 1;
	return true;
}

size_t
template_name(const char **at, const char *end, const char **name)
{
	const char *comma = memchr(*at, ',', (size_t)(end - *at));

	*name = *at;
	*at = comma == NULL ? end : comma + 1;
	return (size_t)((comma == NULL ? end : comma) - *name);
}

static bool
unreserved(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

void
template_encode(const char *text, size_t len, template_put put, void *data)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t run = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		char escape[3] = { '%', digits[c >> 4], digits[c & 15] };

		if (unreserved(text[i]))
			continue;
		put(data, text + run, i - run);
		put(data, escape, sizeof(escape));
		run = i + 1;
	}
	put(data, text + run, len - run);
}

/* ---- expanding ----------------------------------------------------------------------------- */

struct expansion {
	struct json_object *values;
	template_put put;
	void *data;
	bool query; /* a '?' stands already */
	struct template_fault *fault;
};

struct name {
	const char *text;
	size_t len;
};

static bool
fail(struct expansion *x, struct name name, const char *what)
{
	*x->fault = (struct template_fault){ name.text, name.len, what };
	return false;
}

/* The value of a variable. NULL when it is missing or null. */
static struct json_object *
value_of(struct expansion *x, struct name name)
{
	struct json_object *value = NULL;
	char *key;

	if (!json_object_is_type(x->values, json_type_object))
		return NULL;
	key = strndup(name.text, name.len);
	if (key == NULL)
		memory_gone();
	json_object_object_get_ex(x->values, key, &value);
	free(key);
	return value;
}

/* Writes a single value in the spelling of a URI, before it is encoded. */
static bool
text_of(struct expansion *x, struct name name, struct json_object *value, const char **text,
	size_t *len)
{
	enum json_type type = json_object_get_type(value);

	if (type == json_type_object || type == json_type_array || type == json_type_null)
		return fail(x, name,
			    x->query ? "is not a single value or a list of single values"
				     : "is not a single value");
	*text = json_object_get_string(value);
	*len = type == json_type_string ? (size_t)json_object_get_string_len(value) : strlen(*text);
	return memchr(*text, '\0', *len) == NULL || fail(x, name, "holds a NUL");
}

/* A slash within a segment is encoded, but a server may decode it before it checks for dots. */
static bool
has_dot_segment(const char *text, size_t len)
{
	const char *end = text + len;

	for (;;) {
		const char *slash = memchr(text, '/', (size_t)(end - text));
		size_t part = (size_t)((slash == NULL ? end : slash) - text);

		if ((part == 1 || part == 2) && memcmp(text, "..", part) == 0)
			return true;
		if (slash == NULL)
			return false;
		text = slash + 1;
	}
}

static bool
put_segment(struct expansion *x, struct name name, const char *text, size_t len)
{
	if (len == 0)
		return fail(x, name, "is empty, or has an empty segment");
	if (has_dot_segment(text, len))
		return fail(x, name, "must not be or contain a \".\" or \"..\" segment");
	template_encode(text, len, x->put, x->data);
	return true;
}

/* Writes "/a/b" or "a/b": each segment is encoded separately. */
static bool
put_segments(struct expansion *x, struct name name, const char *text, size_t len)
{
	const char *end = text + len;

	if (len > 0 && *text == '/')
		x->put(x->data, text++, 1);
	for (;;) {
		const char *slash = memchr(text, '/', (size_t)(end - text));
		size_t part = (size_t)((slash == NULL ? end : slash) - text);

		if (!put_segment(x, name, text, part))
			return false;
		if (slash == NULL)
			return true;
		x->put(x->data, slash, 1);
		text = slash + 1;
	}
}

static bool
put_path(struct expansion *x, struct name name, char op)
{
	struct json_object *value = value_of(x, name);
	const char *text;
	size_t len;

	if (value == NULL)
		return fail(x, name, "is missing");
	if (!text_of(x, name, value, &text, &len))
		return false;
	return op == '+' ? put_segments(x, name, text, len) : put_segment(x, name, text, len);
}

static bool
put_pair(struct expansion *x, struct name name, struct json_object *value)
{
	bool first = !x->query;
	const char *text;
	size_t len;

	x->query = true;
	if (!text_of(x, name, value, &text, &len))
		return false;
	x->put(x->data, first ? "?" : "&", 1);
	x->put(x->data, name.text, name.len);
	x->put(x->data, "=", 1);
	template_encode(text, len, x->put, x->data);
	return true;
}

static bool
put_query(struct expansion *x, struct name name)
{
	struct json_object *value = value_of(x, name);

	if (value == NULL)
		return true;
	if (!json_object_is_type(value, json_type_array))
		return put_pair(x, name, value);
	for (size_t i = 0; i < json_object_array_length(value); i++)
		if (!put_pair(x, name, json_object_array_get_idx(value, i)))
			return false;
	return true;
}

static bool
put_part(struct expansion *x, const struct template_part *part)
{
	const char *p = part->text, *end = part->text + part->len;
	bool ok = true;

	if (part->op == 'l') {
		x->put(x->data, part->text, part->len);
		x->query = x->query || memchr(part->text, '?', part->len) != NULL;
		return true;
	}
	do {
		struct name name;

		name.len = template_name(&p, end, &name.text);
		ok = part->op == '?' || part->op == '&' ? put_query(x, name)
							: put_path(x, name, part->op);
	} while (ok && p < end);
	return ok;
}

bool
template_expand(const char *pattern, struct json_object *values, template_put put, void *data,
		struct template_fault *fault)
{
	static const struct name whole = { "the template", sizeof("the template") - 1 };
	struct expansion x = { .values = values, .put = put, .data = data, .fault = fault };
	struct template_part part;
	const char *bad;

	while (template_next(&pattern, &part, &bad))
		if (!put_part(&x, &part))
			return false;
	return bad == NULL || fail(&x, whole, bad);
}
