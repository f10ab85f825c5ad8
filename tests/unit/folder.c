/* SPDX-License-Identifier: Apache-2.0 */
/* See folder.h. */
#define _XOPEN_SOURCE 700
#include "folder.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"

char folder[64];

static size_t files;

void
folder_make(void)
{
	strcpy(folder, "/tmp/lakehost-test-XXXXXX");
	if (mkdtemp(folder) == NULL) {
		perror(folder);
		exit(EXIT_FAILURE);
	}
}

static int
remove_one(const char *path, const struct stat *status, int type, struct FTW *at)
{
	(void)status;
	(void)type;
	(void)at;
	return remove(path);
}

void
folder_remove(void)
{
	if (nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0) {
		perror(folder);
		exit(EXIT_FAILURE);
	}
}

char *
folder_path(const char *name)
{
	return xprintf("%s/%s", folder, name);
}

char *
folder_put(const char *name, const char *text, mode_t mode)
{
	char *path = folder_path(name);
	FILE *file = fopen(path, "w");

	if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0 || chmod(path, mode) != 0) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	return path;
}

static int
count_one(const char *path, const struct stat *status, int type, struct FTW *at)
{
	(void)path;
	(void)type;
	(void)at;
	files += S_ISREG(status->st_mode);
	return 0;
}

size_t
folder_files(void)
{
	files = 0;
	nftw(folder, count_one, 16, FTW_PHYS);
	return files;
}
