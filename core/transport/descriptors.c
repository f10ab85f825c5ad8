/* SPDX-License-Identifier: Apache-2.0 */
#include "transport/descriptors.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int
descriptor_take(int fd, int flags)
{
	int taken = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	return taken >= 0 ? taken : open("/dev/null", flags | O_CLOEXEC);
}

void
descriptors_seal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, STDIN_FILENO);
	if (dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		dup2(null, STDOUT_FILENO);
	if (null > STDERR_FILENO)
		close(null);
}

enum output
descriptor_open_output(int *fd)
{
	struct stat st = { 0 };
	char path[32];
	int own = -1;

	fstat(*fd, &st);
	if (S_ISSOCK(st.st_mode))
		return OUTPUT_SOCKET;
	if (S_ISREG(st.st_mode))
		return OUTPUT_NONBLOCKING;
	if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", *fd);
		own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	}
	if (own < 0)
		return OUTPUT_BLOCKING;
	close(*fd);
	*fd = own;
	return OUTPUT_NONBLOCKING;
}
