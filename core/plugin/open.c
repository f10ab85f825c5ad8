/* SPDX-License-Identifier: Apache-2.0 */
/* Opens a plugin's file once, beneath a plugin directory, and checks the open file. Only root and
 * this user may be able to change it or to replace it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "module/elf.h"
#include "module/manifest.h"
#include "module/read.h"
#include "base/trust.h"
#include "plugin/enabled.h"
#include "plugin/plugin.h"

#define LISTED_MAX 300 /* bytes of directory names in a message */
#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

/* ---- open ----------------------------------------------------------------------------------- */

/* Opens the file without openat2: a link may only point to a file in the same directory. */
static int
open_plainly(int directory, const char *name)
{
	char target[NAME_MAX + 1];
	ssize_t len;
	int fd = openat(directory, name, OPEN_FLAGS | O_NOFOLLOW);

	if (fd >= 0 || errno != ELOOP)
		return fd;
	len = readlinkat(directory, name, target, sizeof(target) - 1);
	if (len <= 0)
		return -1;
	target[len] = '\0';
	if (strchr(target, '/') != NULL || strcmp(target, "..") == 0) {
		errno = EXDEV;
		return -1;
	}
	return openat(directory, target, OPEN_FLAGS | O_NOFOLLOW);
}

static int
open_beneath(int directory, const char *name)
{
	struct open_how how = {
		.flags = OPEN_FLAGS,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, directory, name, &how, sizeof(how));

	/* older kernels do not have openat2; older container runtimes forbid it */
	if (fd < 0 && (errno == ENOSYS || errno == EPERM || errno == EINVAL))
		return open_plainly(directory, name);
	return (int)fd;
}

/* True when the search ends at this directory: the file was found here, or is refused. */
static bool
search_directory(struct plugin *plugin, const char *path)
{
	int directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char file[MANIFEST_NAME_MAX + sizeof(".so")];
	int why;

	if (directory < 0)
		return false;
	snprintf(file, sizeof(file), "%s.so", plugin->name);
	plugin->fd = open_beneath(directory, file);
	why = errno;
	close(directory);
	if (plugin->fd < 0 && why == ENOENT)
		return false;
	plugin->file = xprintf("%s/%s", path, file);
	if (plugin->fd < 0 && (why == EXDEV || why == ELOOP))
		refusal_set(&plugin->refusal, PLUGIN_SYMLINK_OUT,
			    "%s is a link to a file outside of the plugin directory", plugin->file);
	else if (plugin->fd < 0)
		refusal_set(&plugin->refusal, PLUGIN_NOT_REGULAR, "%s: %s", plugin->file,
			    strerror(why));
	return true;
}

static bool
not_found(struct plugin *plugin, const struct strings *directories)
{
	char list[LISTED_MAX] = "", *near;
	size_t len = 0;

	for (size_t i = 0; i < directories->count && len < sizeof(list); i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s", i > 0 ? ", " : "",
					directories->item[i]);
	near = plugins_near(directories, plugin->name);
	refusal_set(&plugin->refusal, PLUGIN_NOT_FOUND, "there is no %s.so in %s%s%s%s",
		    plugin->name, directories->count > 0 ? list : "(plugins.directories is empty)",
		    near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
		    near != NULL ? "\"?" : "");
	free(near);
	return false;
}

/* ---- judge ---------------------------------------------------------------------------------- */

static bool
trusted_owner(uid_t owner)
{
	return owner == 0 || owner == geteuid();
}

static bool
judge_file(struct plugin *plugin)
{
	struct stat stat;

	if (fstat(plugin->fd, &stat) != 0)
		return refusal_set(&plugin->refusal, PLUGIN_NOT_REGULAR, "%s: %s", plugin->file,
				   strerror(errno));
	snprintf(plugin->stamp, sizeof(plugin->stamp), "%llu:%llu:%lld:%lld.%ld:%lld.%ld",
		 (unsigned long long)stat.st_dev, (unsigned long long)stat.st_ino,
		 (long long)stat.st_size, (long long)stat.st_mtim.tv_sec, stat.st_mtim.tv_nsec,
		 (long long)stat.st_ctim.tv_sec, stat.st_ctim.tv_nsec);
	if (!S_ISREG(stat.st_mode))
		return refusal_set(&plugin->refusal, PLUGIN_NOT_REGULAR, "%s has file type %o",
				   plugin->file, (unsigned)(stat.st_mode & S_IFMT));
	if (!trusted_owner(stat.st_uid))
		return refusal_set(&plugin->refusal, PLUGIN_OWNER,
				   "%s belongs to uid %u, but this host runs as uid %u",
				   plugin->file, stat.st_uid, geteuid());
	if (others_write(&stat))
		return refusal_set(
		    &plugin->refusal, PLUGIN_WRITABLE,
		    "%s has mode %04o, so other users can write to it; run chmod go-w on it",
		    plugin->file, (unsigned)(stat.st_mode & 07777));
	if (stat.st_size > (off_t)PLUGIN_BYTES_MAX)
		return refusal_set(&plugin->refusal, PLUGIN_TOO_LARGE,
				   "%s has %lld bytes; at most %u are allowed", plugin->file,
				   (long long)stat.st_size, PLUGIN_BYTES_MAX);
	return true;
}

static bool
judge_directory(struct plugin *plugin, const char *path, bool innermost)
{
	struct stat stat;

	if (lstat(path, &stat) != 0)
		return refusal_set(&plugin->refusal, PLUGIN_DIRECTORY, "%s: %s", path,
				   strerror(errno));
	/* In a sticky directory users can rename or remove only their own files. */
	if (others_write(&stat) && (innermost || !(stat.st_mode & S_ISVTX)))
		return refusal_set(
		    &plugin->refusal, PLUGIN_DIRECTORY,
		    "%s has mode %04o, so other users can write to it; run chmod go-w on it", path,
		    (unsigned)(stat.st_mode & 07777));
	if (trusted_owner(stat.st_uid))
		return true;
	if (innermost)
		return refusal_set(&plugin->refusal, PLUGIN_DIRECTORY,
				   "%s belongs to uid %u, but this host runs as uid %u", path,
				   stat.st_uid, geteuid());
	log_event(LOG_WARNING, "plugin-directory", "plugin", "s", plugin->name, "path", "s", path,
		  "why", "s",
		  "belongs to another user, who could replace the plugins in this directory", NULL);
	return true;
}

/* Checks the directory of the file, and each one above it. */
static bool
judge_directories(struct plugin *plugin)
{
	char link[32], path[PATH_MAX];
	bool innermost = true, ok = true;
	ssize_t len;
	char *slash;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", plugin->fd);
	len = readlink(link, path, sizeof(path) - 1);
	if (len <= 0)
		return refusal_set(&plugin->refusal, PLUGIN_DIRECTORY,
				   "the path of the file cannot be read: %s", strerror(errno));
	path[len] = '\0';
	while (ok && (slash = strrchr(path, '/')) != NULL) {
		slash[slash == path ? 1 : 0] = '\0';
		ok = judge_directory(plugin, path, innermost);
		innermost = false;
		if (slash == path)
			break;
	}
	return ok;
}

bool
plugin_open(struct plugin *plugin, const struct strings *directories)
{
	if (!manifest_name_valid(plugin->name))
		return refusal_set(&plugin->refusal, PLUGIN_NAME,
				   "must have 1 to %u characters of a-z, 0-9, _ and -",
				   MANIFEST_NAME_MAX);
	for (size_t i = 0; i < directories->count; i++)
		if (search_directory(plugin, directories->item[i]))
			return plugin->refusal.kind == PLUGIN_OK && judge_file(plugin) &&
			       judge_directories(plugin);
	return not_found(plugin, directories);
}

bool
plugin_read_manifest(struct plugin *plugin)
{
	enum plugin_refusal refusal;
	char why[REFUSAL_WHY_MAX];
	const char *name;

	plugin->manifest = manifest_read(plugin->fd, &refusal, why, sizeof(why));
	if (plugin->manifest == NULL)
		return refusal_set(&plugin->refusal, refusal, "%s", why);
	plugin->head = json_obj(plugin->manifest, "plugin");
	name = json_str(plugin->head, "name");
	if (strcmp(name, plugin->name) != 0)
		return refusal_set(&plugin->refusal, PLUGIN_MANIFEST_NAME,
				   "the file is %s.so, but the name in the manifest is \"%s\"",
				   plugin->name, name);
	return true;
}
