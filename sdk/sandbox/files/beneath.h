/* SPDX-License-Identifier: Apache-2.0 */
/* Files whose names come from clients, kept below one folder. A path is first normalized as
 * text, then the kernel resolves it beneath the folder, so that dots and links cannot leave the
 * folder. */
#ifndef SANDBOX_BENEATH_H
#define SANDBOX_BENEATH_H

#include "sandbox.h"

#include <sys/stat.h>

enum { MAX_PATH_TEXT = 4096, MAX_PATH_SEGMENT = 255 };

/* Normalizes a path: "/a//b/" becomes "/a/b"; "/" does not change. NULL when it does not begin with
 * a slash, has a "." or ".." segment or a control character, or is too long. Caller frees. */
char *path_clean(const char *path);
/* The text after the last slash of a normalized path. */
const char *path_name(const char *path);
/* The part before the last slash ("/" at the root). The caller frees it. */
char *path_parent(const char *path);
/* Is `path` the folder `top` or below it? Both paths are normalized. */
bool path_within(const char *path, const char *top);

/* Opens a folder of the workspace ("dbfs", "volumes"), which is created if necessary. Returns a
 * descriptor, or -1. */
int beneath_top(struct workspace *ws, const char *name);

/* All of these functions take a normalized path below `root`, follow no links, and set errno when
 * they fail. */
int beneath_open(int root, const char *path, int flags); /* descriptor or -1 */
int beneath_stat(int root, const char *path, struct stat *st);
/* Creates the folder and its parents. Returns 0, or -1 with ENOTDIR when a part of the path is a
 * file. */
int beneath_mkdirs(int root, const char *path);
int beneath_unlink(int root, const char *path, int flags); /* as unlinkat() */
/* Deletes a file, or a folder with everything in it. */
int beneath_remove_tree(int root, const char *path);
/* Renames a path. Both paths are below `root`. Flags may contain RENAME_NOREPLACE. */
int beneath_rename(int root, const char *from, const char *to, unsigned flags);
/* Moves `temporary` (below from_fd) to `path` below root. EEXIST when the path exists, unless
 * overwrite is set. */
int beneath_place(int from_fd, const char *temporary, int root, const char *path, bool overwrite);
/* Calls fn for each entry of a folder, sorted by name, until it returns false. */
int beneath_each(int root, const char *path,
		 bool (*fn)(void *arg, const char *name, const struct stat *st), void *arg);
/* Is the folder empty? */
bool beneath_is_empty(int root, const char *path);

bool write_full(int fd, const void *data, size_t len);
/* Reads a file of at most max bytes. NULL on failure (errno EFBIG when the file is larger). The
 * caller frees the content. */
char *read_full(int fd, size_t max, size_t *len);
int64_t stat_ms(const struct stat *st); /* modification time */

#endif
