/* SPDX-License-Identifier: Apache-2.0 */
/* The meaning of one header value, and whether it equals an argument. This code needs no request,
 * so that it can be fuzzed alone. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_HEADER_VALUE_H
#define CORE_ERA_HEADER_VALUE_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct json_object;
struct param_header;

/* The meaning of a header value: the value itself, or the text inside =?base64?…?=. False when it
 * is malformed: control or non-ASCII characters, bad base64, invalid UTF-8. */
bool header_decode(const char *value, struct buf *out);
/* Reads an integer in plain decimal notation ("42", "-7", "42.0"). It must be exact in a double. */
bool header_integer(const char *text, int64_t *value);
/* Does the header of one annotated argument equal the value in `arguments`? NULL value: no such
 * header. An argument that is absent, null, or not of the annotated type needs no header. */
bool header_matches(const struct param_header *param, struct json_object *arguments,
		    const char *value);

#endif
