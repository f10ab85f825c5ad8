/* SPDX-License-Identifier: Apache-2.0 */
/* Values that are stored elsewhere: env:NAME, file:PATH (absolute) and credential:NAME, a file in
 * $CREDENTIALS_DIRECTORY, which systemd sets. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CONFIG_REFERENCE_H
#define CORE_CONFIG_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>

#define REFERENCE_VALUE_MAX 65536 /* bytes of a referenced value */

bool reference_is(const char *text);
bool reference_is_file(const char *text); /* file: or credential:, which can be read again */
/* NULL when the syntax of the reference is valid, else the reason. Reads no file. */
const char *reference_check(const char *reference);
/* The path of a file: or credential: reference, for free(). For other references NULL with
 * `why`. */
char *reference_path(const char *reference, char *why, size_t why_size);
/* The value that the reference names, without a final newline; for secret_free(). NULL with `why`,
 * which names the reference but never contains a value. */
char *reference_read(const char *reference, char *why, size_t why_size);

#endif
