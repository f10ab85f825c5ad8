/* SPDX-License-Identifier: Apache-2.0 */
/* The files of the folders seed/ and python/, which CMake embeds into the program. */
#ifndef SANDBOX_SEEDS_H
#define SANDBOX_SEEDS_H

#include <stddef.h>

/* The content of a file by its name, which must be in files.cmake. */
const char *seed_file(const char *name, size_t *len);

#endif
