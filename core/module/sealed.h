/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A copy of a plugin's file that cannot be changed, not even by the owner of the file: an anonymous
 * file in memory that is sealed (memfd_create(2), F_SEAL_WRITE). The bytes that were checked in it
 * are the bytes that are mapped from it.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_MODULE_SEALED_H
#define CORE_MODULE_SEALED_H

#include <stddef.h>

#include "module/image.h"

/* Reads the file into `image`, and returns the descriptor of a sealed copy of these bytes. -1 with
 * `why`; `image` is then empty. */
int module_sealed_copy(int fd, struct module_image *image, char *why, size_t why_size);

#endif
