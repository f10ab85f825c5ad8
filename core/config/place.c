/* SPDX-License-Identifier: Apache-2.0 */
#include "config/place.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

char *
config_beside_program(const char *relative)
{
	char exe[4096], *slash;
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n <= 0)
		return NULL;
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	if (slash == NULL)
		return NULL;
	return xprintf("%.*s/%s", (int)(slash - exe), exe, relative);
}

/* The path is relative to the program, so that an installed tree works in any place. In a build it
 * is the path of the build. */
char *
config_system_directory(void)
{
	char *path = config_beside_program("../" LAKEHOST_ETC "/lakehost");
	char *real = path != NULL ? realpath(path, NULL) : NULL;

	free(path);
	return real != NULL ? real : xstrdup(LAKEHOST_SYSCONFDIR "/lakehost");
}
