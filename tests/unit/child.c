/* SPDX-License-Identifier: Apache-2.0 */
#include "child.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static char output[4096];

int
child_run(void (*fn)(void))
{
	struct rlimit no_core = { 0, 0 };
	int ends[2], status = -1;
	size_t len = 0;
	ssize_t got;
	pid_t child;

	if (pipe(ends) != 0 || (child = fork()) < 0)
		abort();
	if (child == 0) {
		setrlimit(RLIMIT_CORE, &no_core);
		dup2(ends[1], STDERR_FILENO);
		fn();
		_exit(0);
	}
	close(ends[1]);
	while (len < sizeof(output) - 1 &&
	       (got = read(ends[0], output + len, sizeof(output) - 1 - len)) > 0)
		len += (size_t)got;
	output[len] = '\0';
	close(ends[0]);
	waitpid(child, &status, 0);
	return status;
}

bool
child_aborts(void (*fn)(void))
{
	int status = child_run(fn);

	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

const char *
child_output(void)
{
	return output;
}
