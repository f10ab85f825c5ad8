/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 6570 templates for paths and queries: {x} is one segment, {+x} a path, {?x,y} and {&x,y} a
 * query. The expander guarantees that a value cannot change other parts of the URL. Therefore the
 * SDK and the host use the same source. No state, any thread. */
#ifndef LAKEHOST_SDK_TEMPLATE_H
#define LAKEHOST_SDK_TEMPLATE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

/* A part of a template: literal text (op is 'l'), or the variables of one expression (op 0, '+',
 * '?' or '&'). */
struct template_part {
	const char *text;
	size_t len;
	char op;
};

/* Reads the part at *at. False at the end; `why` is set when braces do not match. */
bool template_next(const char **at, struct template_part *part, const char **why);
/* Reads the first name of a list "x,y", which ends at `end`. Advances behind the name and its
 * comma. */
size_t template_name(const char **at, const char *end, const char **name);

/* A function that gets the text of an expansion, piece by piece. */
typedef void (*template_put)(void *data, const char *text, size_t len);

/* Percent-encodes all characters except unreserved ones. */
void template_encode(const char *text, size_t len, template_put put, void *data);

/* Why an expansion failed: "NAME WHAT". */
struct template_fault {
	const char *name; /* name of the variable, in the template */
	size_t name_len;
	const char *what;
};

/* Fills a template with the members of an object. A value is text, a number or a boolean; in a
 * query also a list of these, and a value that is missing or null is left out together with its
 * name. A value in a path must not be empty, "." or "..", and must not have such a part between
 * slashes. Slashes are encoded, except in {+x}, where each segment must follow the same rule. False
 * with `fault`; the caller must then drop the text that was already written. */
bool template_expand(const char *pattern, struct json_object *values, template_put put, void *data,
		     struct template_fault *fault);

#endif
