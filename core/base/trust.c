/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who can change a file that this process trusts. Debian and others give each user a private group
 * and a umask of 002, so that all files of the user are writable for a group with no other member.
 * That group is not another user.
 */
#include "base/trust.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

/* buffer for an entry of the lists of users and groups; a larger entry counts as shared */
#define ENTRY_BYTES 65536u

/* Is the group the primary group of the user, with the user's name and no other member? */
static bool
is_own_group(uid_t uid, gid_t gid)
{
	char *users = xmalloc(ENTRY_BYTES), *groups = xmalloc(ENTRY_BYTES);
	struct passwd user, *found_user = NULL;
	struct group group, *found_group = NULL;
	bool own;

	own = getpwuid_r(uid, &user, users, ENTRY_BYTES, &found_user) == 0 && found_user != NULL &&
	      getgrgid_r(gid, &group, groups, ENTRY_BYTES, &found_group) == 0 &&
	      found_group != NULL && user.pw_gid == gid && strcmp(user.pw_name, group.gr_name) == 0;
	for (char **member = own ? group.gr_mem : NULL; member != NULL && *member != NULL; member++)
		own = own && strcmp(*member, user.pw_name) == 0;
	free(users);
	free(groups);
	return own;
}

bool
others_write(const struct stat *stat)
{
	if ((stat->st_mode & S_IWOTH) != 0)
		return true;
	return (stat->st_mode & S_IWGRP) != 0 &&
	       (stat->st_uid == 0 || !is_own_group(stat->st_uid, stat->st_gid));
}

bool
make_private_parents(const char *path)
{
	char *copy = xstrdup(path);
	bool ok = true;

	for (char *slash = strchr(copy + 1, '/'); ok && slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		ok = mkdir(copy, 0700) == 0 || errno == EEXIST;
		*slash = '/';
	}
	free(copy);
	return ok;
}
