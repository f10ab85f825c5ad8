/* SPDX-License-Identifier: Apache-2.0 */
/* Files and folders for tests of plugins. When they cannot be created, the test ends at once. */
#include "plugin_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

static void
must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

char *
folder_new(void)
{
	char *folder = xstrdup("/tmp/lakehost-test-XXXXXX");

	must(mkdtemp(folder) != NULL, folder);
	return folder;
}

void
folder_remove(char *folder)
{
	const struct dirent *entry;
	DIR *dir = opendir(folder);

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char *path = xprintf("%s/%s", folder, entry->d_name);

		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    unlink(path) != 0)
			rmdir(path);
		free(path);
	}
	if (dir != NULL)
		closedir(dir);
	rmdir(folder);
	free(folder);
}

struct image
image_read(const char *path)
{
	struct image image;
	struct stat stat;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	must(fd >= 0 && fstat(fd, &stat) == 0, path);
	image.len = (size_t)stat.st_size;
	image.data = xmalloc(image.len + 1);
	must(read(fd, image.data, image.len) == (ssize_t)image.len, path);
	close(fd);
	return image;
}

void
image_free(struct image *image)
{
	free(image->data);
	*image = (struct image){ NULL, 0 };
}

void
image_write(const struct image *image, const char *folder, const char *name)
{
	char *path = xprintf("%s/%s", folder, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	must(fd >= 0 && fchmod(fd, 0644) == 0, path);
	must(write(fd, image->data, image->len) == (ssize_t)image->len, path);
	close(fd);
	free(path);
}

void
image_replace(struct image *image, const char *from, const char *to)
{
	char *at = memmem(image->data, image->len, from, strlen(from));

	errno = EINVAL;
	must(at != NULL && strlen(from) == strlen(to), from);
	for (; *to != '\0'; at++, to++)
		*at = *to;
}

void
plugin_copy(const char *path, const char *folder, const char *name)
{
	struct image image = image_read(path);

	image_write(&image, folder, name);
	image_free(&image);
}
