/* SPDX-License-Identifier: Apache-2.0 */
/* JSON strings byte by byte; shared by the files of the gate. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_JSON_STRING_H
#define CORE_BASE_JSON_STRING_H

#include <stdbool.h>
#include <stddef.h>

/* Checks the string whose opening quote is at `p`. Returns the position after its closing quote, or
 * NULL with `why` and the position `at`. */
const char *json_string_end(const char *p, const char *end, bool *escaped, const char **why,
			    const char **at);

/* Decodes the inside of a valid string; `out` has room for len bytes, and may be `raw` or stand
 * before it in the same memory. */
size_t json_string_decode(const char *raw, size_t len, char *out);

#endif
