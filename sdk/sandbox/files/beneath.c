/* SPDX-License-Identifier: Apache-2.0 */
/* Implements beneath.h. openat2(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS) resolves the paths. */
#include "files/beneath.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FOLDER_MODE = 0700, MAX_DEPTH = 128 };

/* ---- paths as text ---- */

static bool
segment_ok(const char *segment, size_t len)
{
	if (len > MAX_PATH_SEGMENT || (len == 1 && segment[0] == '.') ||
	    (len == 2 && segment[0] == '.' && segment[1] == '.'))
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)segment[i] < 0x20 || segment[i] == 0x7f)
			return false;
	return true;
}

char *
path_clean(const char *path)
{
	struct buf out = BUF(MAX_MADE);
	size_t len;

	if (path == NULL || path[0] != '/' || strlen(path) > MAX_PATH_TEXT)
		return NULL;
	for (const char *p = path; *p != '\0'; p += len) {
		p += strspn(p, "/");
		len = strcspn(p, "/");
		if (!segment_ok(p, len)) {
			buf_fini(&out);
			return NULL;
		}
		if (len > 0) {
			buf_add(&out, "/", 1);
			buf_add(&out, p, len);
		}
	}
	if (out.len == 0)
		buf_add(&out, "/", 1);
	return buf_text(&out);
}

const char *
path_name(const char *path)
{
	return strrchr(path, '/') + 1;
}

char *
path_parent(const char *path)
{
	size_t len = (size_t)(strrchr(path, '/') - path);

	return len == 0 ? xstrdup("/") : xstrndup(path, len);
}

bool
path_within(const char *path, const char *top)
{
	size_t len = strlen(top);

	if (strcmp(top, "/") == 0)
		return true;
	return strncmp(path, top, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

/* ---- one object ---- */

static const char *
relative(const char *path)
{
	return path[1] != '\0' ? path + 1 : ".";
}

int
beneath_open(int root, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC | O_NOFOLLOW),
		.mode = (flags & O_CREAT) != 0 ? 0600 : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, root, relative(path), &how, sizeof(how));
}

int
beneath_stat(int root, const char *path, struct stat *st)
{
	int fd = beneath_open(root, path, O_PATH), rc;

	if (fd < 0)
		return -1;
	rc = fstat(fd, st);
	close(fd);
	if (rc == 0 && S_ISLNK(st->st_mode)) {
		errno = ELOOP;
		rc = -1;
	}
	return rc;
}

/* Opens the folder that contains the last segment of the path. */
static int
open_parent(int root, const char *path)
{
	char *parent = path_parent(path);
	int fd = beneath_open(root, parent, O_PATH | O_DIRECTORY);

	free(parent);
	return fd;
}

static int
make_one(int root, const char *path)
{
	int parent = open_parent(root, path), rc;
	struct stat st;

	if (parent < 0)
		return -1;
	rc = mkdirat(parent, path_name(path), FOLDER_MODE);
	if (rc != 0 && errno == EEXIST) {
		rc = fstatat(parent, path_name(path), &st, AT_SYMLINK_NOFOLLOW);
		if (rc == 0 && !S_ISDIR(st.st_mode)) {
			errno = ENOTDIR;
			rc = -1;
		}
	}
	close(parent);
	return rc;
}

int
beneath_mkdirs(int root, const char *path)
{
	for (const char *end = path; *end != '\0' && path[1] != '\0';) {
		char *part;
		int rc;

		end += 1 + strcspn(end + 1, "/");
		part = xstrndup(path, (size_t)(end - path));
		rc = make_one(root, part);
		free(part);
		if (rc != 0)
			return -1;
	}
	return 0;
}

int
beneath_unlink(int root, const char *path, int flags)
{
	int parent = open_parent(root, path), rc;

	if (parent < 0)
		return -1;
	rc = unlinkat(parent, path_name(path), flags);
	close(parent);
	return rc;
}

int
beneath_rename(int root, const char *from, const char *to, unsigned flags)
{
	int from_parent = open_parent(root, from), to_parent = open_parent(root, to), rc = -1;

	if (from_parent >= 0 && to_parent >= 0)
		rc = renameat2(from_parent, path_name(from), to_parent, path_name(to), flags);
	if (from_parent >= 0)
		close(from_parent);
	if (to_parent >= 0)
		close(to_parent);
	return rc;
}

int
beneath_place(int from_fd, const char *temporary, int root, const char *path, bool overwrite)
{
	int parent = open_parent(root, path), rc;

	if (parent < 0)
		return -1;
	rc = renameat2(from_fd, temporary, parent, path_name(path),
		       overwrite ? 0 : RENAME_NOREPLACE);
	close(parent);
	return rc;
}

/* ---- folders ---- */

int
beneath_top(struct workspace *ws, const char *name)
{
	char *path = xprintf("/%s", name);
	int fd = -1;

	if (beneath_mkdirs(ws->dir_fd, path) == 0)
		fd = beneath_open(ws->dir_fd, path, O_PATH | O_DIRECTORY);
	free(path);
	return fd;
}

static DIR *
open_folder(int root, const char *path)
{
	int fd = beneath_open(root, path, O_RDONLY | O_DIRECTORY);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (dir == NULL && fd >= 0)
		close(fd);
	return dir;
}

static const char *
next_name(DIR *dir)
{
	struct dirent *entry;

	while ((entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			return entry->d_name;
	return NULL;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int
beneath_each(int root, const char *path,
	     bool (*fn)(void *arg, const char *name, const struct stat *st), void *arg)
{
	DIR *dir = open_folder(root, path);
	char **names = NULL;
	const char *name;
	size_t count = 0;
	struct stat st;
	bool go_on = true;

	if (dir == NULL)
		return -1;
	while ((name = next_name(dir)) != NULL) {
		names = xrealloc(names, (count + 1) * sizeof(*names));
		names[count++] = xstrdup(name);
	}
	if (count > 0)
		qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 0; i < count; i++) {
		if (go_on && fstatat(dirfd(dir), names[i], &st, AT_SYMLINK_NOFOLLOW) == 0)
			go_on = fn(arg, names[i], &st);
		free(names[i]);
	}
	free(names);
	closedir(dir);
	return 0;
}

bool
beneath_is_empty(int root, const char *path)
{
	DIR *dir = open_folder(root, path);
	bool empty = dir != NULL && next_name(dir) == NULL;

	if (dir != NULL)
		closedir(dir);
	return empty;
}

static int
remove_below(int parent, const char *name, int depth)
{
	const char *entry;
	DIR *dir;
	int fd, rc = 0;

	if (unlinkat(parent, name, 0) == 0)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -1;
	if (depth > MAX_DEPTH) {
		errno = ELOOP;
		return -1;
	}
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (dir == NULL)
		return -1;
	while (rc == 0 && (entry = next_name(dir)) != NULL)
		rc = remove_below(fd, entry, depth + 1);
	closedir(dir);
	return rc == 0 ? unlinkat(parent, name, AT_REMOVEDIR) : -1;
}

int
beneath_remove_tree(int root, const char *path)
{
	int parent = open_parent(root, path), rc;

	if (parent < 0)
		return -1;
	rc = remove_below(parent, path_name(path), 0);
	close(parent);
	return rc;
}

/* ---- contents ---- */

bool
write_full(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

char *
read_full(int fd, size_t max, size_t *len)
{
	struct stat st;
	char *data;
	size_t have = 0;

	if (fstat(fd, &st) != 0)
		return NULL;
	if ((uint64_t)st.st_size > max) {
		errno = EFBIG;
		return NULL;
	}
	data = xcalloc(1, (size_t)st.st_size + 1);
	while (have < (size_t)st.st_size) {
		ssize_t n = pread(fd, data + have, (size_t)st.st_size - have, (off_t)have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		have += (size_t)n;
	}
	*len = have;
	return data;
}

int64_t
stat_ms(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000 + st->st_mtim.tv_nsec / 1000000;
}
