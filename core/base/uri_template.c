/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 6570 templates of resources and requests: checking, matching and, with the expander of the
 * SDK, expanding. */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/uri.h"
#include "template.h"

#define VARS_MAX 32
#define URI_MAX 8192
/* Limits the search for a match; ordinary templates need a few steps for each byte. */
#define STEPS_MAX 100000

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
check_literal(const struct template_part *part)
{
	struct buf scratch;
	bool ok;

	for (size_t i = 0; i < part->len; i++) {
		unsigned char c = (unsigned char)part->text[i];

		if (c <= ' ' || c >= 0x7F || strchr("\"<>\\^`|}", c) != NULL)
			return "a character is not valid in a URI";
	}
	buf_init(&scratch, part->len + 1);
	ok = uri_decode(part->text, part->len, &scratch);
	buf_fini(&scratch);
	return ok ? NULL : "a percent escape is not valid";
}

struct seen {
	struct template_part vars[VARS_MAX];
	size_t n;
};

static const char *
check_names(const struct template_part *part, struct seen *seen)
{
	const char *p = part->text, *end = part->text + part->len, *name;

	if (part->len > 0 && end[-1] == ',')
		return "the name of a variable is empty";
	do {
		size_t len = template_name(&p, end, &name);

		if (!name_ok(name, len))
			return "a variable name may have letters, digits and _";
		for (size_t i = 0; i < seen->n; i++)
			if (seen->vars[i].len == len && memcmp(seen->vars[i].text, name, len) == 0)
				return "a variable is used twice";
		if (seen->n == VARS_MAX)
			return "there are too many variables";
		seen->vars[seen->n++] = (struct template_part){ .text = name, .len = len };
	} while (p < end);
	return NULL;
}

static bool
in_query(char op)
{
	return op == '?' || op == '&';
}

/* Which kind of part may follow which. `before` is the operator of the part before, 'l' at the
 * start. */
static const char *
check_order(const struct template_part *part, char before, bool query)
{
	if (in_query(before) && !in_query(part->op))
		return "only {&…} may follow {?…}";
	if (part->op == '?' && query)
		return "a second query";
	if (part->op == '&' && !query)
		return "{&…} without a query before it";
	if ((part->op == 0 || part->op == '+') && before != 'l')
		return "two variables must have text between them";
	if ((part->op == 0 || part->op == '+') && memchr(part->text, ',', part->len) != NULL)
		return "a path expression {+…} may have only one variable";
	return NULL;
}

const char *
uri_template_check(const char *pattern)
{
	struct seen seen = { .n = 0 };
	struct template_part part;
	const char *p = pattern, *why;
	char before = 'l';
	bool query = false;

	while (template_next(&p, &part, &why)) {
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
	struct template_part part;
	const char *at = pattern, *why;

	while (template_next(&at, &part, &why)) {
		const char *p = part.text, *end = part.text + part.len, *name;

		while (part.op != 'l' && p < end) {
			size_t len = template_name(&p, end, &name);

			fn(data, name, len, part.op);
		}
	}
}

/* ---- matching ------------------------------------------------------------------------------ */

struct match {
	const char *uri_end; /* length of the part before a query that the template declares */
	struct template_part found[VARS_MAX]; /* the raw text of each path variable, in order */
	unsigned steps;
};

static bool match_parts(struct match *m, const char *pattern, const char *uri, size_t n_found);

/* Would a text that ends at this length end within a percent escape? */
static bool
cuts_escape(const char *text, size_t len)
{
	return text[len - 1] == '%' || (len > 1 && text[len - 2] == '%');
}

/* Tries each length of a variable: the shortest first for {x}, the longest first for {+x}. */
static bool
match_variable(struct match *m, const struct template_part *part, const char *rest, const char *uri,
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
		if (cuts_escape(uri, len))
			continue;
		m->found[n_found] = (struct template_part){ .text = uri, .len = len };
		if (match_parts(m, rest, uri + len, n_found + 1))
			return true;
	}
	return false;
}

/* The recursion is as deep as the number of variables. */
static bool
match_parts(struct match *m, const char *pattern, const char *uri, size_t n_found)
{
	struct template_part part;
	const char *why;

	while (template_next(&pattern, &part, &why) && !in_query(part.op)) {
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

/* Decodes and checks one variable, and adds it. */
static bool
add_value(struct json_object *values, const struct template_part *name,
	  const struct template_part *raw, char op)
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
	struct template_part key; /* the key that is searched in a query */
	bool known;
};

static void
walk_path(void *data, const char *name, size_t len, char op)
{
	struct walk *walk = data;
	struct template_part part = { .text = name, .len = len };

	if (in_query(op))
		return;
	CHECK(walk->n < VARS_MAX); /* cannot be NULL: match_parts() has found as many variables */
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

/* One "key=value" of the query: its key must be declared and must not be repeated. */
static bool
add_pair(const char *pattern, struct json_object *values, const char *pair, size_t len)
{
	const char *equals = memchr(pair, '=', len);
	struct walk walk = { .key = { .text = pair } };
	struct template_part value;
	char *key;
	bool twice;

	if (equals == NULL)
		return false;
	walk.key.len = (size_t)(equals - pair);
	value = (struct template_part){ .text = equals + 1, .len = len - walk.key.len - 1 };
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

static void
put_expanded(void *data, const char *text, size_t len)
{
	buf_add(data, text, len);
}

bool
uri_template_expand(const char *pattern, struct json_object *values, struct buf *out, char *why,
		    size_t why_size)
{
	struct template_fault fault = { "the template", strlen("the template"),
					"becomes too long with these values" };
	size_t before = out->len;

	if (template_expand(pattern, values, put_expanded, out, &fault) && buf_ok(out))
		return true;
	snprintf(why, why_size, "%.*s %s", (int)fault.name_len, fault.name, fault.what);
	buf_cut(out, before);
	return false;
}
