/* SPDX-License-Identifier: Apache-2.0 */
#include "egress/parts_place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/seal.h"

#define LOCK_TRIES 3 /* the file may get another name between its opening and the lock */

enum mcp_status
parts_place_open(struct parts_place *place, const struct parts *parts, char *why, size_t why_size)
{
	enum mcp_status status;
	char *text, hex[65];

	place->dir =
	    transfer_folder(parts->dirs, parts->path, &place->name, &status, why, why_size);
	if (place->dir < 0)
		return status;
	text = xprintf("%s\n%s", place->name, parts->of);
	sha256_hex(text, strlen(text), hex);
	free(text);
	snprintf(place->prefix, sizeof(place->prefix), TRANSFER_PREFIX "%.*s", PARTS_KEY_DIGITS,
		 hex);
	return MCP_OK;
}

void
parts_place_close(struct parts_place *place)
{
	free(place->name);
	close(place->dir);
}

enum mcp_status
parts_busy(struct parts_far *far, const char *path, char *why, size_t why_size)
{
	if (far != NULL)
		far->busy = true;
	snprintf(why, why_size, "another call works on %s", path);
	return MCP_E_CONFLICT;
}

/* ---- names ----------------------------------------------------------------------------------- */

static DIR *
list_folder(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd >= 0 ? fdopendir(fd) : NULL;

	if (list == NULL && fd >= 0)
		close(fd);
	return list;
}

static bool
is_ours(const struct parts_place *place, const char *name)
{
	size_t len = strlen(place->prefix);

	return strncmp(name, place->prefix, len) == 0 && name[len] == '.';
}

/* Reads "PREFIX.COUNT.BYTES.part". */
static bool
joined_name(const struct parts_place *place, const char *name, struct parts_far *far)
{
	unsigned long long bytes;
	int end = 0;

	if (!is_ours(place, name) ||
	    sscanf(name + strlen(place->prefix), ".%u.%llu.part%n", &far->count, &bytes, &end) != 2)
		return false;
	far->bytes = bytes;
	return end > 0 && name[strlen(place->prefix) + (size_t)end] == '\0';
}

/* Removes what an earlier transfer has left, if nothing works on it. */
static void
remove_stale(int dir, const char *name)
{
	struct stat info;
	int fd;

	if (fstatat(dir, name, &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(info.st_mode) ||
	    time(NULL) - info.st_mtime < PARTS_STALE_S)
		return;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		unlinkat(dir, name, 0);
	close(fd);
}

bool
parts_find(const struct parts_place *place, char name[PARTS_NAME_MAX], struct parts_far *far)
{
	DIR *list = list_folder(place->dir);
	const struct dirent *entry;
	bool found = false;

	while (list != NULL && (entry = readdir(list)) != NULL) {
		if (strncmp(entry->d_name, TRANSFER_PREFIX, sizeof(TRANSFER_PREFIX) - 1) != 0 ||
		    strlen(entry->d_name) >= PARTS_NAME_MAX)
			continue;
		if (joined_name(place, entry->d_name, far)) {
			strcpy(name, entry->d_name);
			found = true;
			break;
		}
		if (!is_ours(place, entry->d_name))
			remove_stale(place->dir, entry->d_name);
	}
	if (list != NULL)
		closedir(list);
	if (!found)
		far->count = 0, far->bytes = 0;
	return found;
}

void
parts_remove(const struct parts_place *place)
{
	DIR *list = list_folder(place->dir);
	const struct dirent *entry;

	while (list != NULL && (entry = readdir(list)) != NULL)
		if (is_ours(place, entry->d_name))
			unlinkat(place->dir, entry->d_name, 0);
	if (list != NULL)
		closedir(list);
}

bool
parts_same_file(int dir, const char *name, int fd)
{
	struct stat mine, named;

	return fstat(fd, &mine) == 0 && fstatat(dir, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       mine.st_ino == named.st_ino && mine.st_dev == named.st_dev;
}

int
parts_open_joined(const struct parts_place *place, int flags, int lock, char name[PARTS_NAME_MAX],
		  struct parts_far *far)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		int fd;

		if (!parts_find(place, name, far)) {
			if ((flags & O_CREAT) == 0) {
				errno = ENOENT;
				return -1;
			}
			snprintf(name, PARTS_NAME_MAX, "%s.0.0.part", place->prefix);
		}
		fd = openat(place->dir, name, flags | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0 && errno != ENOENT)
			return -1;
		if (fd < 0)
			continue;
		if (flock(fd, lock) == 0 && parts_same_file(place->dir, name, fd))
			return fd;
		close(fd);
	}
	errno = EWOULDBLOCK;
	return -1;
}
