/* SPDX-License-Identifier: Apache-2.0 */
/* Files that requests send, or in which replies are saved. They must be below the operator's
 * transfer_dirs: with openat2() the kernel refuses every path that leaves them, by "..", by a link
 * or by a mount of /proc. An output has a temporary name until it is complete, and never replaces
 * an existing file. */
#include "egress/transfer_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/seal.h"
#include "config/config.h"

void
transfer_file_init(struct transfer_file *file)
{
	*file = (struct transfer_file){ .fd = -1, .dir = -1 };
}

void
transfer_file_fini(struct transfer_file *file)
{
	if (file->part != NULL)
		unlinkat(file->dir, file->part, 0);
	if (file->fd >= 0)
		close(file->fd);
	if (file->dir >= 0)
		close(file->dir);
	free(file->part);
	free(file->piece);
	free(file->name);
	transfer_file_init(file);
}

static int
open_beneath(int dir, const char *path, int flags, mode_t mode)
{
	struct open_how how = { 0 };

	how.flags = (unsigned)(flags | O_CLOEXEC | O_NOFOLLOW);
	how.mode = mode;
	how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

/* `path` within `dir`, or NULL when it is elsewhere. */
static const char *
within(const char *dir, const char *path)
{
	size_t len = strlen(dir);

	while (len > 1 && dir[len - 1] == '/')
		len--;
	if (strncmp(path, dir, len) != 0 || path[len] != '/')
		return NULL;
	return path + len + strspn(path + len, "/");
}

static bool
has(int dir, const char *path)
{
	int probe = open_beneath(dir, path, O_PATH, 0);

	if (probe >= 0)
		close(probe);
	return probe >= 0;
}

/* Opens the transfer directory that contains `path`. A relative path belongs to the first directory
 * that has the file, or to the first one of all. Sets the rest of the path. */
static int
open_dir(const struct strings *dirs, const char *path, const char **rest, char *why,
	 size_t why_size)
{
	int dir = -1;

	*rest = path;
	for (size_t i = 0; i < dirs->count && dir < 0; i++) {
		if (*path == '/')
			*rest = within(dirs->item[i], path);
		if (*rest == NULL || **rest == '\0')
			continue;
		dir = open(dirs->item[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (dir >= 0 && *path != '/' && !has(dir, path)) {
			close(dir);
			dir = -1;
		}
	}
	if (dir < 0 && *path != '/' && *path != '\0' && dirs->count > 0)
		dir = open(dirs->item[0], O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 && dirs->count == 0)
		snprintf(why, why_size,
			 "files of the host cannot be used: plugins.transfer_dirs is empty");
	else if (dir < 0)
		snprintf(why, why_size, "%s is not in one of the operator's transfer_dirs", path);
	return dir;
}

enum mcp_status
transfer_failed(const char *path, char *why, size_t why_size)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		snprintf(why, why_size, "%s or its folder does not exist", path);
		return MCP_E_NOT_FOUND;
	case EEXIST:
		snprintf(why, why_size, "%s already exists; use another name", path);
		return MCP_E_CONFLICT;
	case ELOOP:
	case EXDEV:
		snprintf(why, why_size, "%s is outside of the operator's transfer_dirs", path);
		return MCP_E_PERMISSION;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		snprintf(why, why_size, "%s cannot become larger: %s", path, strerror(errno));
		return MCP_E_TOO_LARGE;
	default:
		snprintf(why, why_size, "%s: %s", path, strerror(errno));
		return errno == EACCES || errno == EPERM ? MCP_E_PERMISSION : MCP_E_UNAVAILABLE;
	}
}

enum mcp_status
transfer_file_read(struct transfer_file *file, const struct strings *dirs, const char *path,
		   char *why, size_t why_size)
{
	enum mcp_status status = MCP_OK;
	struct stat info;
	const char *rest;

	file->dir = open_dir(dirs, path, &rest, why, why_size);
	if (file->dir < 0)
		return MCP_E_PERMISSION;
	file->fd = open_beneath(file->dir, rest, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (file->fd < 0 || fstat(file->fd, &info) != 0) {
		status = transfer_failed(path, why, why_size);
	} else if (!S_ISREG(info.st_mode)) {
		snprintf(why, why_size, "%s is not a regular file", path);
		status = MCP_E_INPUT;
	} else {
		file->size = (uint64_t)info.st_size;
	}
	return status;
}

/* Makes the temporary file. */
static bool
open_part(struct transfer_file *file)
{
	unsigned char number[8];

	random_bytes(number, sizeof(number));
	file->part =
	    xprintf(TRANSFER_PREFIX "%02x%02x%02x%02x%02x%02x%02x%02x.part", number[0], number[1],
		    number[2], number[3], number[4], number[5], number[6], number[7]);
	file->fd = openat(file->dir, file->part,
			  O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (file->fd >= 0)
		return true;
	free(file->part);
	file->part = NULL;
	return false;
}

/* Control characters would forge lines of a listing, and our temporary files have names of their
 * own (parts.h). */
static bool
name_fits(const char *name)
{
	if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    strncmp(name, TRANSFER_PREFIX, strlen(TRANSFER_PREFIX)) == 0)
		return false;
	for (; *name != '\0'; name++)
		if ((unsigned char)*name < 0x20 || *name == 0x7f)
			return false;
	return true;
}

int
transfer_folder(const struct strings *dirs, const char *path, char **name, enum mcp_status *status,
		char *why, size_t why_size)
{
	const char *rest, *slash;
	char *parent;
	int dir = open_dir(dirs, path, &rest, why, why_size), folder;

	*status = MCP_E_PERMISSION;
	if (dir < 0)
		return -1;
	slash = strrchr(rest, '/');
	parent = slash == NULL ? xstrdup(".") : xstrndup(rest, (size_t)(slash - rest));
	folder = open_beneath(dir, parent, O_RDONLY | O_DIRECTORY, 0);
	free(parent);
	close(dir);
	if (folder < 0) {
		*status = transfer_failed(path, why, why_size);
		return -1;
	}
	*name = xstrdup(slash == NULL ? rest : slash + 1);
	if (name_fits(*name))
		return folder;
	snprintf(why, why_size,
		 "%s is not a valid file name: it must not be empty, contain control characters or "
		 "begin with " TRANSFER_PREFIX,
		 path);
	*status = MCP_E_INPUT;
	free(*name);
	*name = NULL;
	close(folder);
	return -1;
}

enum mcp_status
transfer_file_write(struct transfer_file *file, const struct strings *dirs, const char *path,
		    char *why, size_t why_size)
{
	enum mcp_status status;
	struct stat info;

	file->dir = transfer_folder(dirs, path, &file->name, &status, why, why_size);
	if (file->dir < 0)
		return status;
	file->synced = true;
	if (fstatat(file->dir, file->name, &info, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return transfer_failed(path, why, why_size);
	}
	return open_part(file) ? MCP_OK : transfer_failed(path, why, why_size);
}

bool
transfer_file_put(struct transfer_file *file, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(file->fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
		file->size += (uint64_t)n;
	}
	return true;
}

bool
transfer_file_restart(struct transfer_file *file)
{
	if (file->size == 0)
		return true;
	file->size = 0;
	return ftruncate(file->fd, 0) == 0 && lseek(file->fd, 0, SEEK_SET) == 0;
}

/* The name is given only when the bytes are on the disk, and is then written to the disk too: after
 * a loss of power there is a complete file with this name, or no file. */
enum mcp_status
transfer_file_keep(struct transfer_file *file, char *why, size_t why_size)
{
	char **from = file->piece != NULL ? &file->piece : &file->part;

	if (file->synced && fsync(file->fd) != 0)
		return transfer_failed(file->name, why, why_size);
	if (renameat2(file->dir, *from, file->dir, file->name, RENAME_NOREPLACE) != 0)
		return transfer_failed(file->name, why, why_size);
	free(*from);
	*from = NULL;
	if (file->synced)
		fsync(file->dir); /* a file system without this has no better way */
	return MCP_OK;
}
