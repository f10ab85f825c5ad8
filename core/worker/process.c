/* SPDX-License-Identifier: Apache-2.0 */
/* The process of a worker. It is started with only its socket and the plugin's file. Its end is
 * noticed without waiting. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "worker/worker.h"

#define WORKER_SOCKET 3 /* the descriptors that lakehost-worker expects */
#define WORKER_PLUGIN 4
#define ABOVE_BOTH 10
#define SOCKET_BUFFER (1 << 20)
#define ENVIRONMENT_MAX 16

/* ---- program -------------------------------------------------------------------------------- */

static const char *program_override;

void
worker_set_program(const char *path)
{
	program_override = path;
}

/* The path of the program: in the folder of this program, for a build tree or a moved installation;
 * otherwise the installed one. */
const char *
process_program(void)
{
	static const char *const beside[] = { "lakehost-worker", "worker/lakehost-worker",
					      "../libexec/lakehost/lakehost-worker" };
	static _Thread_local char path[PATH_MAX + 64]; /* a reload asks on another thread */
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (program_override != NULL)
		return access(program_override, X_OK) == 0 ? program_override : NULL;
	self[len > 0 ? len : 0] = '\0';
	slash = strrchr(self, '/');
	for (size_t i = 0; slash != NULL && i < ARRAY_SIZE(beside); i++) {
		snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - self), self, beside[i]);
		if (access(path, X_OK) == 0)
			return path;
	}
	return access(LAKEHOST_WORKER_PROGRAM, X_OK) == 0 ? LAKEHOST_WORKER_PROGRAM : NULL;
}

/* ---- start ---------------------------------------------------------------------------------- */

/* The environment of a worker has only variables for developers' tools, which contain no
 * credential. */
static bool
passes(const char *variable)
{
	static const char *const names[] = { "TZ=",
					     "ASAN_OPTIONS=",
					     "LSAN_OPTIONS=",
					     "TSAN_OPTIONS=",
					     "UBSAN_OPTIONS=",
					     "GCOV_PREFIX=",
					     "GCOV_PREFIX_STRIP=",
					     "LLVM_PROFILE_FILE=" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strncmp(variable, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

static void
environment(char *out[ENVIRONMENT_MAX])
{
	static char locale[] = "LC_ALL=C.UTF-8";
	size_t n = 0;

	out[n++] = locale;
	for (char **at = environ; at != NULL && *at != NULL && n < ENVIRONMENT_MAX - 1; at++)
		if (passes(*at))
			out[n++] = *at;
	out[n] = NULL;
}

/* stdin is empty, stdout and stderr go into the pipe, the two descriptors get their known
 * numbers. */
static int
spawn(pid_t *pid, char *const argv[], int socket_fd, int plugin_fd, int output_fd)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	char *envp[ENVIRONMENT_MAX];
	sigset_t none, all;
	int error;

	environment(envp);
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output_fd, 1);
	posix_spawn_file_actions_adddup2(&actions, output_fd, 2);
	posix_spawn_file_actions_adddup2(&actions, socket_fd, WORKER_SOCKET);
	posix_spawn_file_actions_adddup2(&actions, plugin_fd, WORKER_PLUGIN);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	error = posix_spawn(pid, argv[0], &actions, &attributes, argv, envp);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

static bool
failed(char *why, size_t why_size, const char *what, int error)
{
	snprintf(why, why_size, "%s: %s", what, strerror(error));
	return false;
}

bool
process_start(struct process *process, const char *name, int plugin_fd, int *channel, int *output,
	      char *why, size_t why_size)
{
	const char *program = process_program();
	char parent[16];
	char *argv[4];
	int pair[2], out[2], theirs, file, said, error;

	CHECK(process->pid == 0 && plugin_fd >= 0);
	if (program == NULL)
		return failed(why, why_size, LAKEHOST_WORKER_PROGRAM, ENOENT);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
		return failed(why, why_size, "socketpair", errno);
	if (pipe2(out, O_CLOEXEC) != 0) {
		close(pair[0]);
		close(pair[1]);
		return failed(why, why_size, "pipe2", errno);
	}
	for (int i = 0; i < 2; i++)
		setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &(int){ SOCKET_BUFFER }, sizeof(int));
	/* Duplicates a descriptor to a number that is not needed otherwise. */
	theirs = fcntl(pair[1], F_DUPFD_CLOEXEC, ABOVE_BOTH);
	file = fcntl(plugin_fd, F_DUPFD_CLOEXEC, ABOVE_BOTH);
	said = fcntl(out[1], F_DUPFD_CLOEXEC, ABOVE_BOTH);
	close(pair[1]);
	close(out[1]);
	snprintf(parent, sizeof(parent), "%d", (int)getpid());
	argv[0] = xstrdup(program);
	argv[1] = xstrdup(name);
	argv[2] = parent;
	argv[3] = NULL;
	error = theirs < 0 || file < 0 || said < 0 ? EMFILE
						   : spawn(&process->pid, argv, theirs, file, said);
	free(argv[0]);
	free(argv[1]);
	if (theirs >= 0)
		close(theirs);
	if (file >= 0)
		close(file);
	if (said >= 0)
		close(said);
	if (error != 0) {
		close(pair[0]);
		close(out[0]);
		process->pid = 0;
		return failed(why, why_size, program, error);
	}
	process->pidfd = pidfd_open(process->pid, 0);
	if (process->pidfd >= 0)
		fcntl(process->pidfd, F_SETFD, FD_CLOEXEC);
	*channel = pair[0];
	*output = out[0];
	return true;
}

/* ---- end ------------------------------------------------------------------------------------ */

void
process_kill(const struct process *process)
{
	if (process->pid <= 0)
		return;
	/* The pid is safe to use: only this process collects its children, so the number still
	 * belongs to the child. */
	if (process->pidfd < 0 || pidfd_send_signal(process->pidfd, SIGKILL, NULL, 0) != 0)
		kill(process->pid, SIGKILL);
}

static void
describe(const siginfo_t *info, char *how, size_t size)
{
	const char *name = sigdescr_np(info->si_status);

	if (info->si_code == CLD_EXITED)
		snprintf(how, size, "the process exited with status %d", info->si_status);
	else
		snprintf(how, size, "the process was ended by signal %d (%s)", info->si_status,
			 name != NULL ? name : "unknown");
}

bool
process_reap(struct process *process, char *how, size_t how_size)
{
	siginfo_t info = { 0 };

	if (process->pid <= 0)
		return true;
	if (waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0)
		return false;
	if (info.si_pid != 0 && how != NULL)
		describe(&info, how, how_size);
	if (process->pidfd >= 0)
		close(process->pidfd);
	*process = (struct process){ .pid = 0, .pidfd = -1 };
	return true;
}
