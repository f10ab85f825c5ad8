/* SPDX-License-Identifier: Apache-2.0 */
/* The headers in which a modern request over HTTP repeats what its body says (MCP 2026-07-28,
 * basic/transports, "Standard Request Headers" and "Custom Headers from Tool Parameters"). */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_HEADERS_H
#define CORE_ERA_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct json_object;
struct param_header;
struct request;

/* What a header value means: itself, or the text inside =?base64?…?=. False when it is malformed:
 * control or non-ASCII characters, bad base64, bytes that are no UTF-8. */
bool header_decode(const char *value, struct buf *out);
/* An integer in plain decimal notation ("42", "-7", "42.0"), exact in a double. */
bool header_integer(const char *text, int64_t *value);
/* Does the header of one annotated argument say what `arguments` say? NULL value: no such header.
 * An argument that is absent, null, or not of the annotated type expects nothing. */
bool header_matches(const struct param_header *param, struct json_object *arguments,
		    const char *value);

/* All of them, in the order of the specification. NULL, or which one is missing or differs (`why`
 * holds the text). The version header is checked apart, because the version comes in between. */
const char *headers_check(const struct request *request, char *why, size_t why_size);

#endif
