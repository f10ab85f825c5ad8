/* SPDX-License-Identifier: Apache-2.0 */
/* The faults of a value, in sentences for a model: position, fault, allowed values. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/json.h"
#include "base/mask.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "registry/schema_fault.h"

#define SHOWN_MAX 80u	   /* bytes of a value in a message */
#define LISTED_MAX 40u	   /* names or values listed in a message */
#define NAME_SHOWN_MAX 64u /* bytes of a name in a message */

/* Writes the part of a caller's text that a message shows, as the inside of JSON quotes. Secrets
 * are masked before the cut: a secret that is cut in the middle would not be found. */
static void
add_shown(struct buf *out, const char *text, size_t most)
{
	size_t len = strlen(text), end;
	char *masked = mask_apply(text, len, &len);
	const char *shown = masked != NULL ? masked : text;

	end = len < most ? len : most;
	while (end > 0 && end < len && ((unsigned char)shown[end] & 0xC0) == 0x80)
		end--;
	buf_json_inside(out, shown, end);
	if (end < len)
		buf_puts(out, "\xE2\x80\xA6");
	free(masked);
}

static void
add_quoted(struct buf *out, const char *text, size_t most)
{
	buf_putc(out, '"');
	add_shown(out, text, most);
	buf_putc(out, '"');
}

static void
add_path(const struct check *c, struct buf *out)
{
	for (size_t i = 0; i < c->path_len; i++) {
		const char *key = c->path[i].key;

		if (key == NULL) {
			buf_printf(out, "[%zu]", c->path[i].index);
		} else {
			buf_puts(out, i > 0 ? "." : "");
			add_shown(out, key, NAME_SHOWN_MAX);
		}
	}
	if (c->path_len == 0)
		buf_puts(out, "the value");
}

/* Writes a value as JSON, shortened; of containers and hidden values only the type. */
static void
add_value(const struct check *c, struct buf *out, struct json_object *value)
{
	if (c->hidden > 0 || (value_type(value) & (TYPE_ARRAY | TYPE_OBJECT)) != 0)
		buf_puts(out, value_type_name(value));
	else if (json_object_is_type(value, json_type_string))
		add_quoted(out, json_object_get_string(value), SHOWN_MAX);
	else
		buf_json_tree(out, value);
}

/* Begins the sentence of a fault. `key` names the member when there is no path. */
static void
begin_fault(struct check *c, const char *key)
{
	CHECK(c->why != NULL && c->path_len <= SCHEMA_DEPTH_MAX);
	if (c->faults == 0)
		c->first = c->path_len > 0 ? c->path[0].key : key;
	if (c->faults++ > 0)
		buf_putc(c->why, '\n');
}

/* After a fault: must the check continue to find others? */
bool
fault_goes_on(const struct check *c)
{
	return c->why != NULL && !c->exhausted && c->faults < FAULTS_MAX;
}

/* `value` may be NULL: the fault shows no value. */
static void __attribute__((format(printf, 3, 0)))
say(struct check *c, struct json_object *const *value, const char *format, va_list args)
{
	if (c->why == NULL)
		return;
	begin_fault(c, NULL);
	add_path(c, c->why);
	buf_puts(c->why, ": ");
	if (value != NULL) {
		add_value(c, c->why, *value);
		buf_putc(c->why, ' ');
	}
	buf_vprintf(c->why, format, args);
}

bool
fault_say(struct check *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(c, NULL, format, args);
	va_end(args);
	return false;
}

/* Writes "path: VALUE " and then the rest of the sentence. */
bool
fault_value(struct check *c, struct json_object *value, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(c, &value, format, args);
	va_end(args);
	return false;
}

bool
fault_limit(struct check *c, struct json_object *value, const char *words,
	    struct json_object *limit)
{
	fault_value(c, value, "%s ", words);
	if (c->why != NULL)
		buf_json_tree(c->why, limit);
	return false;
}

static void
add_names(struct buf *out, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n && i < LISTED_MAX; i++)
		buf_printf(out, "%s%s", i > 0 ? ", " : "", names[i]);
	if (n > LISTED_MAX)
		buf_printf(out, " and %zu more", n - LISTED_MAX);
}

const char **
property_names(const struct node *node)
{
	const char **names = xcalloc(node->n_properties, sizeof(*names));

	for (size_t i = 0; i < node->n_properties; i++)
		names[i] = node->properties[i].name;
	return names;
}

/* Begins a fault about an unknown member: "x: unknown member ". For the top level there is no
 * "x: ". */
static void
begin_named(struct check *c, const char *what, const char *key)
{
	begin_fault(c, key);
	if (c->path_len > 0) {
		add_path(c, c->why);
		buf_puts(c->why, ": ");
	}
	buf_printf(c->why, "%s %s ", what, c->path_len > 0 ? "member" : c->noun);
}

/* Lists the allowed members, but only once in a message. */
bool
fault_unknown(struct check *c, const struct node *node, const char *key, bool list)
{
	const char **names, *near;

	if (c->why == NULL)
		return false;
	begin_named(c, "unknown", key);
	add_quoted(c->why, key, NAME_SHOWN_MAX);
	names = property_names(node);
	near = nearest_name(key, names, node->n_properties);
	if (near != NULL)
		buf_printf(c->why, "; did you mean \"%s\"?", near);
	if (list && node->n_properties > 0) {
		buf_puts(c->why, near != NULL ? " Allowed: " : "; allowed: ");
		add_names(c->why, names, node->n_properties);
	} else if (list) {
		buf_puts(c->why, "; no name is allowed here");
	}
	free(names);
	return false;
}

bool
fault_missing(struct check *c, const struct node *node, const char *key)
{
	const struct property *property = node_property(node, key);
	const char *text = NULL;

	if (c->why == NULL)
		return false;
	if (property != NULL)
		text = json_str(property->node->source, "description");
	begin_named(c, "missing", key);
	buf_printf(c->why, "\"%s\"", key);
	if (text != NULL)
		buf_printf(c->why, " (%.200s)", text);
	return false;
}

/* Lists the allowed values, and names the one that was probably meant. */
bool
fault_not_listed(struct check *c, struct json_object *value, struct json_object *const *allowed,
		 size_t n)
{
	const char **names, *near = NULL;

	if (c->why == NULL)
		return false;
	fault_value(c, value, "is not one of ");
	for (size_t i = 0; i < n && i < LISTED_MAX; i++) {
		buf_puts(c->why, i > 0 ? ", " : "");
		buf_json_tree(c->why, allowed[i]);
	}
	if (n > LISTED_MAX)
		buf_printf(c->why, " and %zu more", n - LISTED_MAX);
	if (!json_object_is_type(value, json_type_string))
		return false;
	names = xcalloc(n, sizeof(*names));
	for (size_t i = 0; i < n; i++)
		names[i] = json_object_is_type(allowed[i], json_type_string)
			     ? json_object_get_string(allowed[i])
			     : "";
	near = nearest_name(json_object_get_string(value), names, n);
	if (near != NULL && near[0] != '\0')
		buf_printf(c->why, "; did you mean \"%s\"?", near);
	free(names);
	return false;
}
