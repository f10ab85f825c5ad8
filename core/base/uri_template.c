/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 6570 templates: {x}, {+x}, {?x,y}, {&x,y}. A template is read as a row of parts, literal
 * text and variables; checking, matching and expanding walk over it.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/uri.h"

#define VARS_MAX 32
#define URI_MAX 8192
/* Bounds the search for a match; ordinary templates need a few steps per byte. */
#define STEPS_MAX 100000

/* A literal run (op is 'l'), or the variables of one expression (op 0, '+', '?' or '&'). */
struct part {
	const char *text;
	size_t len;
	char op;
};

/* Takes the part at *at. False at the end; `why` is set when braces do not match. */
static bool
next_part(const char **at, struct part *part, const char **why)
{
	const char *p = *at, *close;

	*why = NULL;
	if (*p == '\0')
		return false;
	if (*p != '{') {
		*part = (struct part){ .text = p, .len = strcspn(p, "{"), .op = 'l' };
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

/* The name at the front of a list "x,y"; advances behind it and its comma. */
static size_t
next_name(const char **at, const char *end, const char **name)
{
	const char *comma = memchr(*at, ',', (size_t)(end - *at));

	*name = *at;
	*at = comma == NULL ? end : comma + 1;
	return (size_t)((comma == NULL ? end : comma) - *name);
}

static bool
name_ok(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= 'A' && name[i] <= 'Z') ||
		      (name[i] >= '0' && name[i] <= '9') || name[i] == '_'))
			return false;
	return len > 0;
}

static const char *
check_literal(const struct part *part)
{
	struct buf scratch;
	bool ok;

	for (size_t i = 0; i < part->len; i++) {
		unsigned char c = (unsigned char)part->text[i];

		if (c <= ' ' || c >= 0x7F || strchr("\"<>\\^`|}", c) != NULL)
			return "a character that a URI cannot hold";
	}
	buf_init(&scratch, part->len + 1);
	ok = uri_decode(part->text, part->len, &scratch);
	buf_fini(&scratch);
	return ok ? NULL : "bad percent escape";
}

struct seen {
	struct part vars[VARS_MAX];
	size_t n;
};

static const char *
check_names(const struct part *part, struct seen *seen)
{
	const char *p = part->text, *end = part->text + part->len, *name;

	if (part->len > 0 && end[-1] == ',')
		return "empty variable name";
	do {
		size_t len = next_name(&p, end, &name);

		if (!name_ok(name, len))
			return "a variable name is letters, digits and _";
		for (size_t i = 0; i < seen->n; i++)
			if (seen->vars[i].len == len && memcmp(seen->vars[i].text, name, len) == 0)
				return "a variable stands twice";
		if (seen->n == VARS_MAX)
			return "too many variables";
		seen->vars[seen->n++] = (struct part){ .text = name, .len = len };
	} while (p < end);
	return NULL;
}

static bool
in_query(char op)
{
	return op == '?' || op == '&';
}

/* What may follow what: `before` is the op of the part before, 'l' at the start. */
static const char *
check_order(const struct part *part, char before, bool query)
{
	if (in_query(before) && !in_query(part->op))
		return "nothing may follow {?…} but {&…}";
	if (part->op == '?' && query)
		return "a second query";
	if (part->op == '&' && !query)
		return "{&…} without a query before it";
	if ((part->op == 0 || part->op == '+') && before != 'l')
		return "two variables side by side";
	if ((part->op == 0 || part->op == '+') && memchr(part->text, ',', part->len) != NULL)
		return "one variable at a time in the path";
	return NULL;
}

const char *
uri_template_check(const char *pattern)
{
	struct seen seen = { .n = 0 };
	struct part part;
	const char *p = pattern, *why;
	char before = 'l';
	bool query = false;

	while (next_part(&p, &part, &why)) {
		why = check_order(&part, before, query);
		if (why == NULL)
			why = part.op == 'l' ? check_literal(&part) : check_names(&part, &seen);
		if (why != NULL)
			return why;
		query = query || part.op == '?' ||
			(part.op == 'l' && memchr(part.text, '?', part.len) != NULL);
		before = part.op;
	}
	return why != NULL ? why : p == pattern ? "empty template" : NULL;
}

void
uri_template_vars(const char *pattern,
		  void (*fn)(void *data, const char *name, size_t len, char op), void *data)
{
	struct part part;
	const char *at = pattern, *why;

	while (next_part(&at, &part, &why)) {
		const char *p = part.text, *end = part.text + part.len, *name;

		while (part.op != 'l' && p < end) {
			size_t len = next_name(&p, end, &name);

			fn(data, name, len, part.op);
		}
	}
}

/* ---- matching ------------------------------------------------------------------------------ */

struct match {
	const char *uri_end;	     /* of the part before a query that the template declares */
	struct part found[VARS_MAX]; /* the raw text of each path variable, in order */
	unsigned steps;
};

static bool match_parts(struct match *m, const char *pattern, const char *uri, size_t n_found);

/* Tries each length of a variable: {x} the shortest first, {+x} the longest first. */
static bool
match_variable(struct match *m, const struct part *part, const char *rest, const char *uri,
	       size_t n_found)
{
	size_t most = (size_t)(m->uri_end - uri);

	if (part->op == 0)
		for (size_t i = 0; i < most; i++)
			if (strchr("/?#", uri[i]) != NULL)
				most = i;
	for (size_t i = 1; i <= most; i++) {
		size_t len = part->op == '+' ? most + 1 - i : i;

		if (++m->steps > STEPS_MAX)
			return false;
		m->found[n_found] = (struct part){ .text = uri, .len = len };
		if (match_parts(m, rest, uri + len, n_found + 1))
			return true;
	}
	return false;
}

/* Recursion is as deep as the template has variables. */
static bool
match_parts(struct match *m, const char *pattern, const char *uri, size_t n_found)
{
	struct part part;
	const char *why;

	while (next_part(&pattern, &part, &why) && !in_query(part.op)) {
		if (part.op != 'l')
			return n_found < VARS_MAX &&
			       match_variable(m, &part, pattern, uri, n_found);
		if ((size_t)(m->uri_end - uri) < part.len || memcmp(uri, part.text, part.len) != 0)
			return false;
		uri += part.len;
	}
	return uri == m->uri_end;
}

static bool
has_dot_segment(const char *text)
{
	for (const char *p = text;; p++) {
		size_t len = strcspn(p, "/");

		if (len == strspn(p, ".") && (len == 1 || len == 2))
			return true;
		p += len;
		if (*p == '\0')
			return false;
	}
}

/* Decodes and judges one variable, and adds it. */
static bool
add_value(struct json_object *values, const struct part *name, const struct part *raw, char op)
{
	struct buf text;
	char *key;
	bool ok;

	buf_init(&text, raw->len + 1);
	ok = uri_decode(raw->text, raw->len, &text) && utf8_valid(text.data, text.len);
	if (ok && op == 0)
		ok = strchr(text.data, '/') == NULL;
	if (ok && !in_query(op))
		ok = !has_dot_segment(text.data);
	if (ok) {
		key = xstrndup(name->text, name->len);
		json_object_object_add(values, key,
				       json_object_new_string_len(text.data, (int)text.len));
		free(key);
	}
	buf_fini(&text);
	return ok;
}

struct walk {
	const struct match *match;
	struct json_object *values;
	size_t n;
	bool ok;
	struct part key; /* of a query: what is looked for */
	bool known;
};

static void
walk_path(void *data, const char *name, size_t len, char op)
{
	struct walk *walk = data;
	struct part part = { .text = name, .len = len };

	if (in_query(op))
		return;
	walk->ok = walk->ok && add_value(walk->values, &part, &walk->match->found[walk->n], op);
	walk->n++;
}

static void
walk_query(void *data, const char *name, size_t len, char op)
{
	struct walk *walk = data;

	if (in_query(op) && len == walk->key.len && memcmp(name, walk->key.text, len) == 0)
		walk->known = true;
}

/* One "key=value" of the query: its key must be declared and not have come before. */
static bool
add_pair(const char *pattern, struct json_object *values, const char *pair, size_t len)
{
	const char *equals = memchr(pair, '=', len);
	struct walk walk = { .key = { .text = pair } };
	struct part value;
	char *key;
	bool twice;

	if (equals == NULL)
		return false;
	walk.key.len = (size_t)(equals - pair);
	value = (struct part){ .text = equals + 1, .len = len - walk.key.len - 1 };
	uri_template_vars(pattern, walk_query, &walk);
	if (!walk.known)
		return false;
	key = xstrndup(pair, walk.key.len);
	twice = json_object_object_get_ex(values, key, NULL) != 0;
	free(key);
	return !twice && add_value(values, &walk.key, &value, '?');
}

static bool
add_query(const char *pattern, struct json_object *values, const char *query)
{
	while (*query != '\0') {
		size_t len = strcspn(query, "&");

		if (!add_pair(pattern, values, query, len))
			return false;
		query += len;
		if (*query == '&')
			query++;
	}
	return true;
}

struct json_object *
uri_template_match(const char *pattern, const char *uri)
{
	const char *query = strstr(pattern, "{?") != NULL ? strchr(uri, '?') : NULL;
	struct match m = { .steps = 0 };
	struct walk walk = { .match = &m, .ok = true };
	size_t len = strlen(uri);

	if (len > URI_MAX)
		return NULL;
	m.uri_end = query != NULL ? query : uri + len;
	if (!match_parts(&m, pattern, uri, 0))
		return NULL;
	walk.values = json_object_new_object();
	uri_template_vars(pattern, walk_path, &walk);
	if (walk.ok && (query == NULL || add_query(pattern, walk.values, query + 1)))
		return walk.values;
	json_object_put(walk.values);
	return NULL;
}

/* ---- expanding ----------------------------------------------------------------------------- */

struct expansion {
	struct json_object *values;
	struct buf *out;
	bool query; /* a '?' stands already */
	char *why;
	size_t why_size;
};

static bool
fail(struct expansion *x, const char *name, const char *what)
{
	if (x->why_size > 0)
		snprintf(x->why, x->why_size, "%s %s", name, what);
	return false;
}

/* A scalar in the spelling of a URI, before encoding; NULL for anything else. */
static const char *
scalar_text(struct json_object *value, size_t *len)
{
	enum json_type type = json_object_get_type(value);
	const char *text;

	if (type == json_type_null || type == json_type_object || type == json_type_array)
		return NULL;
	text = json_object_get_string(value);
	*len = type == json_type_string ? (size_t)json_object_get_string_len(value) : strlen(text);
	return text;
}

static bool
add_segment(struct expansion *x, const char *name, const char *text, size_t len)
{
	if (len == 0)
		return fail(x, name, "is empty, or has an empty segment");
	if ((len == 1 || len == 2) && memcmp(text, "..", len) == 0)
		return fail(x, name, "must not be or hold a \".\" or \"..\" segment");
	uri_encode(x->out, text, len);
	return true;
}

/* "/a/b" or "a/b": each segment by itself. */
static bool
add_segments(struct expansion *x, const char *name, const char *text, size_t len)
{
	const char *end = text + len;

	if (len > 0 && *text == '/') {
		buf_putc(x->out, '/');
		text++;
	}
	for (;;) {
		const char *slash = memchr(text, '/', (size_t)(end - text));
		size_t part = (size_t)((slash == NULL ? end : slash) - text);

		if (!add_segment(x, name, text, part))
			return false;
		if (slash == NULL)
			return true;
		buf_putc(x->out, '/');
		text = slash + 1;
	}
}

static bool
expand_path(struct expansion *x, const char *name, char op)
{
	size_t len = 0;
	struct json_object *value = json_get(x->values, name);
	const char *text = scalar_text(value, &len);

	if (value == NULL)
		return fail(x, name, "is missing");
	if (text == NULL)
		return fail(x, name, "is not a single value");
	if (memchr(text, '\0', len) != NULL)
		return fail(x, name, "holds a NUL");
	return op == '+' ? add_segments(x, name, text, len) : add_segment(x, name, text, len);
}

static bool
add_key_value(struct expansion *x, const char *name, struct json_object *value)
{
	size_t len = 0;
	const char *text = scalar_text(value, &len);

	if (text == NULL)
		return fail(x, name, "is not a single value or a list of such");
	if (memchr(text, '\0', len) != NULL)
		return fail(x, name, "holds a NUL");
	buf_putc(x->out, x->query ? '&' : '?');
	x->query = true;
	buf_puts(x->out, name);
	buf_putc(x->out, '=');
	uri_encode(x->out, text, len);
	return true;
}

static bool
expand_query(struct expansion *x, const char *name)
{
	struct json_object *value = json_get(x->values, name);

	if (value == NULL)
		return true;
	if (!json_object_is_type(value, json_type_array))
		return add_key_value(x, name, value);
	for (size_t i = 0; i < json_object_array_length(value); i++)
		if (!add_key_value(x, name, json_object_array_get_idx(value, i)))
			return false;
	return true;
}

static bool
expand_part(struct expansion *x, const struct part *part)
{
	const char *p = part->text, *end = part->text + part->len, *text;
	bool ok = true;

	if (part->op == 'l') {
		buf_add(x->out, part->text, part->len);
		x->query = x->query || memchr(part->text, '?', part->len) != NULL;
		return true;
	}
	while (ok && p < end) {
		size_t len = next_name(&p, end, &text);
		char *name = xstrndup(text, len);

		ok = in_query(part->op) ? expand_query(x, name) : expand_path(x, name, part->op);
		free(name);
	}
	return ok;
}

bool
uri_template_expand(const char *pattern, struct json_object *values, struct buf *out, char *why,
		    size_t why_size)
{
	struct expansion x = { .values = values, .out = out, .why = why, .why_size = why_size };
	size_t before = out->len;
	struct part part;
	const char *bad;

	while (next_part(&pattern, &part, &bad)) {
		if (!expand_part(&x, &part)) {
			buf_cut(out, before);
			return false;
		}
	}
	if (bad == NULL && buf_ok(out))
		return true;
	fail(&x, "the template", bad != NULL ? bad : "expands to something too long");
	buf_cut(out, before);
	return false;
}
