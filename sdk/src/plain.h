/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the parts of a text that need no escape in JSON, eight bytes at a time. */
#ifndef LAKEHOST_SDK_PLAIN_H
#define LAKEHOST_SDK_PLAIN_H

#include <stddef.h>

/* The length of the first part of the text that a JSON string can contain unchanged: ASCII without
 * control characters, quote and backslash. */
size_t json_plain_run(const char *text, size_t len);

#endif
