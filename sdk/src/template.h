/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 6570 templates for paths and queries: {x} one segment, {+x} a path, {?x,y} and {&x,y} a
 * query. The expander is what keeps a value in its place in a URL, so there is one: the host
 * compiles it, too. No state, any thread.
 */
#ifndef LAKEHOST_SDK_TEMPLATE_H
#define LAKEHOST_SDK_TEMPLATE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

/* Literal text (op is 'l'), or the variables of one expression (op 0, '+', '?' or '&'). */
struct template_part {
	const char *text;
	size_t len;
	char op;
};

/* Reads the part at *at. False at the end; `why` is set when braces do not match. */
bool template_next(const char **at, struct template_part *part, const char **why);
/* The name at the front of a list "x,y", which ends at `end`; advances behind it and its comma. */
size_t template_name(const char **at, const char *end, const char **name);

/* Where the text of an expansion goes, piece by piece. */
typedef void (*template_put)(void *data, const char *text, size_t len);

/* Percent-encodes all but unreserved characters. */
void template_encode(const char *text, size_t len, template_put put, void *data);

/* What an expansion failed for: "NAME WHAT". */
struct template_fault {
	const char *name; /* of the variable, in the template */
	size_t name_len;
	const char *what;
};

/*
 * Expands over an object. A value is text, a number or a boolean; in a query also a list of these,
 * and one that is missing or null is left out with its name. A value of a path is not empty, not
 * "." or ".." and has no such part between slashes. Slashes are encoded, but in {+x}, whose
 * segments each follow the same rule. False with
 * `fault`; what was put until then must be dropped.
 */
bool template_expand(const char *pattern, struct json_object *values, template_put put, void *data,
		     struct template_fault *fault);

#endif
