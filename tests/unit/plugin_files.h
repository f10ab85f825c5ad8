/* SPDX-License-Identifier: Apache-2.0 */
/* Plugin files for tests. They are copied into a folder of their own and damaged there. */
#ifndef TESTS_UNIT_PLUGIN_FILES_H
#define TESTS_UNIT_PLUGIN_FILES_H

#include <stddef.h>
#include <sys/types.h>

/* the content of a file, in memory */
struct image {
	char *data;
	size_t len;
};

/* A new folder of mode 0700 below /tmp; folder_remove() removes it with its content. */
char *folder_new(void);
void folder_remove(char *folder);

struct image image_read(const char *path);
void image_free(struct image *image);
/* Writes folder/name with mode 0644. */
void image_write(const struct image *image, const char *folder, const char *name);
/* Replaces the first occurrence of `from` by `to`, which has the same length. */
void image_replace(struct image *image, const char *from, const char *to);
/* Copies a built plugin "good" to folder/name. */
void plugin_copy(const char *path, const char *folder, const char *name);

#endif
