/* SPDX-License-Identifier: Apache-2.0 */
/* lakehost: a plugin-based MCP host. main() starts the command line; every part is reached from
 * there. */
#include <fcntl.h>
#include <unistd.h>

#include "cli/cli.h"

/* A caller may have closed 0, 1 or 2. The next opened file would get that number and would be used
 * as standard input or as the log. */
static void
fill_standard_fds(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
		if (fd < 0)
			_exit(1);
	} while (fd <= STDERR_FILENO);
	close(fd);
}

int
main(int argc, char **argv)
{
	fill_standard_fds();
	return cli_main(argc, argv);
}
