/* SPDX-License-Identifier: Apache-2.0 */
/* URIs: percent-encoding and the subset of RFC 6570 for resource templates ({x} one segment, {+x} a
 * path), for matching an incoming URI and for expanding request templates. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_URI_H
#define CORE_BASE_URI_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct json_object;

/* Percent-decodes a text. False when it has an invalid escape or NUL. */
bool uri_decode(const char *text, size_t len, struct buf *out);
/* Encodes everything except unreserved characters. */
void uri_encode(struct buf *out, const char *text, size_t len);
/* NULL when the template is valid; otherwise the reason. Two variables of the path need text
 * between them, each variable may be used once, and queries come last. */
const char *uri_template_check(const char *pattern);
/* Calls fn for each variable ("x") with its operator (0, '+', '?', '&'). */
void uri_template_vars(const char *pattern,
		       void (*fn)(void *data, const char *name, size_t len, char op), void *data);
/* Matches a whole URI. On success returns a new object {variable: decoded text}, else NULL. {x}
 * matches one or more characters except '/', '?' and '#', {+x} one or more of any. "." and ".."
 * segments, NUL, and encoded slashes in {x} do not match. {?x,y} and {&x} match a query with only
 * these keys, each at most once; it may be absent. */
struct json_object *uri_template_match(const char *pattern, const char *uri);
/* Expands over an object, see mcp_expand() in <lakehost/call.h>. False with `why`; then nothing was
 * added. */
bool uri_template_expand(const char *pattern, struct json_object *values, struct buf *out,
			 char *why, size_t why_size);
/* A raw, percent-encoded path of a plugin: must begin with '/', have no empty, "." or ".." segment
 * (encoded or not), no control character, space, '?', '#', '\\' or '%00'; '%2f' is allowed. NULL
 * when valid. */
const char *uri_path_check(const char *path);

#endif
