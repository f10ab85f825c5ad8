/* SPDX-License-Identifier: Apache-2.0 */
/* lakehost: a plugin-based MCP host. main() runs the command line, which starts every other
 * part. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
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
		if (fd < 0) { /* standard error, if it is open, is the only way to say it */
			dprintf(STDERR_FILENO, "lakehost: /dev/null cannot be opened: %s\n",
				strerror(errno));
			_exit(1);
		}
	} while (fd <= STDERR_FILENO);
	close(fd);
}

/* Before the host reads signals, SIGHUP and SIGPIPE would end the process. A SIGHUP that arrives
 * during the start waits until the host reads it. A closed pipe is an error of write(). */
static void
hold_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int
main(int argc, char **argv)
{
	hold_signals();
	fill_standard_fds();
	return cli_main(argc, argv);
}
