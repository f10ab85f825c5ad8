/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files whose names come from clients, kept below one folder. A path is first normalized as text,
 * then the kernel resolves it beneath the folder, so that dots and links cannot lead out of it.
 */
#ifndef SANDBOX_BENEATH_H
#define SANDBOX_BENEATH_H

#include "sandbox.h"

#include <sys/stat.h>

enum { MAX_PATH_TEXT = 4096, MAX_PATH_SEGMENT = 255 };

/* "/a//b/" becomes "/a/b"; "/" stays. NULL when it does not begin with a slash, has a "." or ".."
 * segment or a control character, or is too long. Caller frees. */
char *path_clean(const char *path);
/* The text after the last slash of a normalized path. */
const char *path_name(const char *path);
/* The part before the last slash ("/" at the top). Caller frees. */
char *path_parent(const char *path);
/* Is `path` the folder `top` or below it? Both are normalized. */
bool path_within(const char *path, const char *top);

/* A folder of the workspace ("dbfs", "volumes"), created if necessary; descriptor or -1. */
int beneath_top(struct workspace *ws, const char *name);

/* All of these take a normalized path below `root`, follow no links, and set errno on failure. */
int beneath_open(int root, const char *path, int flags); /* descriptor or -1 */
int beneath_stat(int root, const char *path, struct stat *st);
/* Creates the folder and its parents; 0, or -1 with ENOTDIR when a file is in the way. */
int beneath_mkdirs(int root, const char *path);
int beneath_unlink(int root, const char *path, int flags); /* as unlinkat() */
/* Deletes a file, or a folder with everything in it. */
int beneath_remove_tree(int root, const char *path);
/* Both are below `root`; RENAME_NOREPLACE if flags contain it. */
int beneath_rename(int root, const char *from, const char *to, unsigned flags);
/* Moves `temporary` (below from_fd) to `path` below root; EEXIST unless overwrite. */
int beneath_place(int from_fd, const char *temporary, int root, const char *path, bool overwrite);
/* Calls fn for each entry of a folder, sorted by name, until it returns false. */
int beneath_each(int root, const char *path,
		 bool (*fn)(void *arg, const char *name, const struct stat *st), void *arg);
/* True when the folder has no entries. */
bool beneath_is_empty(int root, const char *path);

bool write_full(int fd, const void *data, size_t len);
/* The content of a file of at most max bytes; NULL (errno EFBIG when it is larger). Caller
 * frees. */
char *read_full(int fd, size_t max, size_t *len);
int64_t stat_ms(const struct stat *st); /* modification time */

#endif
