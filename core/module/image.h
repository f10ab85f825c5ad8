/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a plugin's file in memory. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_MODULE_IMAGE_H
#define CORE_MODULE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

#define MODULE_BYTES_MAX (64u << 20) /* of a shared object */

struct module_image {
	unsigned char *data;
	size_t len;
};

/* Reads the whole file, which must be a regular one. False with `why`. */
bool module_image_read(struct module_image *image, int fd, char *why, size_t why_size);
void module_image_fini(struct module_image *image);

#endif
