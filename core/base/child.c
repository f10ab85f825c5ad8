/* SPDX-License-Identifier: Apache-2.0 */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/loop.h"
#include "base/mem.h"

#define POLL_MS 20     /* how often the end is looked for where the kernel has no pidfd */
#define CANCEL_MS 1000 /* how long child_cancel() waits for a killed program */
#define READ_BYTES 16384

struct stream {
	struct child *child;
	struct loop_watch watch;
	struct buf *to;
	bool strict; /* more than fits is a failure; else the rest is dropped */
};

struct child {
	struct loop *loop;
	pid_t pid; /* 0: it was not started, or its end was collected */
	struct loop_watch death;
	struct loop_timer timer; /* the deadline; or, after a failed start, the report */
	struct loop_timer poll;
	struct stream output, errors;
	struct child_result result;
	bool killed;
	child_done_fn done;
	void *data;
};

/* ---- the end --------------------------------------------------------------------------------- */

static void
child_kill(struct child *child)
{
	if (child->pid > 0)
		kill(-child->pid, SIGKILL);
}

static void
child_stop(struct child *child, enum child_end end)
{
	if (child->killed)
		return;
	child->killed = true;
	child->result.end = end;
	child_kill(child);
}

static void
stream_close(struct stream *stream)
{
	if (stream->watch.active)
		loop_remove(stream->child->loop, &stream->watch);
	if (stream->watch.fd >= 0)
		close(stream->watch.fd);
	stream->watch.fd = -1;
}

static void
child_free(struct child *child)
{
	stream_close(&child->output);
	stream_close(&child->errors);
	if (child->death.active)
		loop_remove(child->loop, &child->death);
	if (child->death.fd >= 0)
		close(child->death.fd);
	loop_timer_stop(child->loop, &child->timer);
	loop_timer_stop(child->loop, &child->poll);
	if (child->result.output.len > 0) /* it may be a credential */
		explicit_bzero(child->result.output.data, child->result.output.len);
	buf_fini(&child->result.output);
	buf_fini(&child->result.errors);
	free(child);
}

/* Reads what is there now. False at the end of the stream. */
static bool
stream_drain(struct stream *stream)
{
	char bytes[READ_BYTES];
	ssize_t n;

	while (stream->watch.fd >= 0) {
		n = read(stream->watch.fd, bytes, sizeof(bytes));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 && errno == EAGAIN;
		if (stream->strict || stream->to->len + (size_t)n < stream->to->cap)
			buf_add(stream->to, bytes, (size_t)n);
		explicit_bzero(bytes, (size_t)n);
		if (stream->strict && !buf_ok(stream->to)) {
			child_stop(stream->child, CHILD_TOO_LARGE);
			return false;
		}
	}
	return false;
}

static void
stream_ready(struct loop_watch *watch, uint32_t events)
{
	struct stream *stream = watch->data;

	(void)events;
	if (!stream_drain(stream))
		stream_close(stream);
}

static void
child_finish(struct child *child, int status)
{
	child_kill(child); /* what the program left behind */
	child->pid = 0;
	stream_drain(&child->output);
	stream_drain(&child->errors);
	if (!child->killed) {
		child->result.end = WIFEXITED(status) ? CHILD_EXITED : CHILD_SIGNALED;
		child->result.status = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
	}
	child->done(child->data, &child->result);
	child_free(child);
}

static void
child_collect(struct child *child)
{
	int status;
	pid_t pid = waitpid(child->pid, &status, WNOHANG);

	if (pid == child->pid)
		child_finish(child, status);
	else if (child->death.fd < 0)
		loop_timer_set(child->loop, &child->poll, POLL_MS);
}

static void
child_died(struct loop_watch *watch, uint32_t events)
{
	(void)events;
	child_collect(watch->data);
}

static void
child_polled(struct loop_timer *timer)
{
	child_collect(timer->data);
}

static void
child_timed(struct loop_timer *timer)
{
	struct child *child = timer->data;

	if (child->pid > 0) {
		child_stop(child, CHILD_TIMEOUT);
		return;
	}
	child->done(child->data, &child->result);
	child_free(child);
}

/* ---- the start ------------------------------------------------------------------------------- */

/* Standard input is empty; no other descriptor of this process is passed on. */
static int
child_spawn(struct child *child, const struct child_command *command, int output, int errors)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int error;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output, 1);
	posix_spawn_file_actions_adddup2(&actions, errors, 2);
	posix_spawn_file_actions_addclosefrom_np(&actions, 3);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
						  POSIX_SPAWN_SETPGROUP);
	error = posix_spawn(&child->pid, command->argv[0], &actions, &attributes, command->argv,
			    command->envp);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	if (error != 0)
		child->pid = 0;
	return error;
}

/* A pipe above the standard descriptors, so that none is replaced while they are set. */
static bool
pipe_open(int pipe[2])
{
	if (pipe2(pipe, O_CLOEXEC) != 0) {
		pipe[0] = pipe[1] = -1;
		return false;
	}
	for (int i = 0; i < 2; i++) {
		int fd = pipe[i] > 2 ? pipe[i] : fcntl(pipe[i], F_DUPFD_CLOEXEC, 3);

		if (fd < 0)
			return false;
		if (fd != pipe[i])
			close(pipe[i]);
		pipe[i] = fd;
	}
	return fcntl(pipe[0], F_SETFL, O_NONBLOCK) == 0;
}

static bool
stream_open(struct child *child, struct stream *stream, int pipe[2], struct buf *to, bool strict)
{
	*stream = (struct stream){ .child = child, .to = to, .strict = strict };
	stream->watch = (struct loop_watch){ .fn = stream_ready, .data = stream, .fd = -1 };
	pipe[0] = pipe[1] = -1;
	if (!pipe_open(pipe) || !loop_add(child->loop, &stream->watch, pipe[0], EPOLLIN)) {
		stream->watch.fd = pipe[0];
		return false;
	}
	return true;
}

static int
child_run(struct child *child, const struct child_command *command)
{
	int output[2], errors[2], error;
	bool opened;

	opened = stream_open(child, &child->output, output, &child->result.output, true);
	opened = stream_open(child, &child->errors, errors, &child->result.errors, false) && opened;
	error = opened ? child_spawn(child, command, output[1], errors[1]) : EMFILE;
	if (output[1] >= 0)
		close(output[1]);
	if (errors[1] >= 0)
		close(errors[1]);
	return error;
}

struct child *
child_start(struct loop *loop, const struct child_command *command, child_done_fn done, void *data)
{
	struct child *child = xcalloc(1, sizeof(*child));
	int error, fd;

	CHECK(command->argv[0] != NULL && command->argv[0][0] == '/');
	child->loop = loop;
	child->done = done;
	child->data = data;
	child->death = (struct loop_watch){ .fn = child_died, .data = child, .fd = -1 };
	child->timer = (struct loop_timer){ .fn = child_timed, .data = child };
	child->poll = (struct loop_timer){ .fn = child_polled, .data = child };
	buf_init(&child->result.output, command->output_max);
	buf_init(&child->result.errors, CHILD_ERRORS_MAX);
	error = child_run(child, command);
	if (error != 0) {
		child->result.end = CHILD_FAILED;
		child->result.status = error;
		loop_timer_set(loop, &child->timer, 0);
		return child;
	}
	loop_timer_set(loop, &child->timer, command->timeout_ms);
	fd = pidfd_open(child->pid, 0);
	if (fd >= 0 && loop_add(loop, &child->death, fd, EPOLLIN))
		return child;
	if (fd >= 0)
		close(fd);
	child->death.fd = -1;
	loop_timer_set(loop, &child->poll, POLL_MS);
	return child;
}

void
child_cancel(struct child *child)
{
	child_kill(child);
	for (int ms = 0; child->pid > 0 && ms < CANCEL_MS; ms++) {
		if (waitpid(child->pid, NULL, WNOHANG) == child->pid)
			break;
		poll(NULL, 0, 1);
	}
	child_free(child);
}

/* ---- programs -------------------------------------------------------------------------------- */

static bool
is_program(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

char *
child_find(const char *name, const char *path)
{
	if (strchr(name, '/') != NULL)
		return *name == '/' && is_program(name) ? xstrdup(name) : NULL;
	while (path != NULL && *path != '\0') {
		size_t len = strcspn(path, ":");
		char *candidate = xprintf("%.*s/%s", (int)len, path, name);

		if (*path == '/' && is_program(candidate))
			return candidate;
		free(candidate);
		path += len + (path[len] == ':');
	}
	return NULL;
}
