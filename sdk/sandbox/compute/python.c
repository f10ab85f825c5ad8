/* SPDX-License-Identifier: Apache-2.0 */
/* See python.h. */
#include "compute/python.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files/beneath.h"
#include "seeds.h"

enum {
	CHANNEL_FD = 3,
	SCRIPT_FD = 4,		     /* the working directory, in the view of the process */
	MAX_LINE = 32 * 1024 * 1024, /* most bytes that the process may send at once */
	POLL_MS = 50,
	STOP_CHECK_MS = 500,
	INTERRUPT_GRACE_MS = 3000, /* time from SIGINT to SIGKILL */
};

struct python {
	pid_t pid;
	int fd;
	struct workspace *ws;
	char *folder; /* working directory for scratch files, below ws->dir */
	struct buf in;
	size_t scanned; /* there is no line end in the bytes before this position */
};

/* ---- start ---- */

static int
script_fd(void)
{
	size_t len;
	const char *script = seed_file("driver.py", &len);
	int fd = memfd_create("driver.py", MFD_CLOEXEC);

	if (fd >= 0 && (!write_full(fd, script, len) || lseek(fd, 0, SEEK_SET) != 0)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* The descriptors may have the numbers that the child needs, so all of them are moved first. */
static int
actions_init(posix_spawn_file_actions_t *actions, int channel, int script, const char *folder)
{
	int away = (channel > script ? channel : script) + 1;
	int rc = posix_spawn_file_actions_init(actions);

	rc = rc != 0 ? rc : posix_spawn_file_actions_adddup2(actions, channel, away);
	rc = rc != 0 ? rc : posix_spawn_file_actions_adddup2(actions, script, away + 1);
	rc = rc != 0 ? rc : posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
	rc = rc != 0 ? rc : posix_spawn_file_actions_addopen(actions, 1, "/dev/null", O_WRONLY, 0);
	rc = rc != 0 ? rc : posix_spawn_file_actions_addopen(actions, 2, "/dev/null", O_WRONLY, 0);
	rc = rc != 0 ? rc : posix_spawn_file_actions_adddup2(actions, away, CHANNEL_FD);
	rc = rc != 0 ? rc : posix_spawn_file_actions_adddup2(actions, away + 1, SCRIPT_FD);
	rc = rc != 0 ? rc : posix_spawn_file_actions_addclosefrom_np(actions, SCRIPT_FD + 1);
	return rc != 0 ? rc : posix_spawn_file_actions_addchdir_np(actions, folder);
}

static int
attributes_init(posix_spawnattr_t *attr)
{
	sigset_t none, defaults;
	int rc = posix_spawnattr_init(attr);

	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	rc = rc != 0 ? rc : posix_spawnattr_setsigmask(attr, &none);
	rc = rc != 0 ? rc : posix_spawnattr_setsigdefault(attr, &defaults);
	return rc != 0
		 ? rc
		 : posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF);
}

/* Is it certain that no other user can replace the file? */
static bool
is_safe(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (st.st_uid == 0 || st.st_uid == geteuid()) &&
	       (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* The path of the python3 that was found when the sandbox was built, or else of the system's
 * python3. The caller's PATH is not used, and folders that other users can write to are left out.
 * NULL when there is no python3. */
static const char *
interpreter(void)
{
	static const char *const places[] = { SANDBOX_PYTHON3, "/usr/bin/python3", "/bin/python3" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		char *folder = xstrndup(places[i], (size_t)(strrchr(places[i], '/') - places[i]));
		bool found = is_safe(folder) && is_safe(places[i]) && access(places[i], X_OK) == 0;

		free(folder);
		if (found)
			return places[i];
	}
	return NULL;
}

static int
spawn(struct python *python, int channel, int script)
{
	const char *const argv[] = { "python3", "-I", "-B", "/proc/self/fd/4", NULL };
	char *folder = ws_path(python->ws, "%s", python->folder + 1);
	char *home = xprintf("HOME=%s", folder);
	const char *const env[] = { "PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8",
				    "DATABRICKS_RUNTIME_VERSION=16.4", home, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	const char *program = interpreter();
	int rc = actions_init(&actions, channel, script, folder);

	if (rc == 0)
		rc = attributes_init(&attr);
	if (rc == 0)
		rc = program == NULL
		       ? ENOENT
		       : posix_spawn(&python->pid, program, &actions, &attr,
				     (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	free(home);
	free(folder);
	return rc;
}

static bool
make_folder(struct python *python)
{
	char hex[33];

	id_hex(hex, 32);
	python->folder = xprintf("/scratch/%s", hex);
	return beneath_mkdirs(python->ws->dir_fd, python->folder) == 0;
}

static bool
send_line(struct python *python, struct json_object *message)
{
	size_t len;
	const char *text = json_object_to_json_string_length(message,
							     JSON_C_TO_STRING_PLAIN |
								 JSON_C_TO_STRING_NOSLASHESCAPE,
							     &len);
	bool ok = true;

	for (size_t at = 0; ok && at <= len;) {
		ssize_t n = at < len ? send(python->fd, text + at, len - at, MSG_NOSIGNAL)
				     : send(python->fd, "\n", 1, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		ok = n > 0;
		at += ok ? (size_t)n : 0;
	}
	json_object_put(message);
	return ok;
}

static bool
say_hello(struct python *python, struct json_object *widgets)
{
	struct json_object *hello = json_object_new_object();
	char *dbfs = ws_path(python->ws, "dbfs"), *volumes = ws_path(python->ws, "volumes");

	json_add_str(hello, "op", "hello");
	json_add_str(hello, "dbfs", dbfs);
	json_add_str(hello, "volumes", volumes);
	if (widgets != NULL)
		json_add(hello, "widgets", json_object_get(widgets));
	free(dbfs);
	free(volumes);
	return send_line(python, hello);
}

struct python *
python_start(struct workspace *ws, struct json_object *widgets, char **error)
{
	struct python *python = xcalloc(1, sizeof(*python));
	int pair[2] = { -1, -1 }, script = script_fd(), rc;

	python->ws = ws;
	python->fd = -1;
	buf_init(&python->in, MAX_LINE);
	*error = NULL;
	if (script < 0 || !make_folder(python) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
		rc = errno;
	} else {
		python->fd = pair[0];
		rc = spawn(python, pair[1], script);
		close(pair[1]);
	}
	if (script >= 0)
		close(script);
	if (rc == 0 && !say_hello(python, widgets))
		rc = EPIPE;
	if (rc == 0)
		return python;
	*error = rc == ENOENT ? xstrdup("python3 is not installed on the sandbox's machine.")
			      : xprintf("python3 cannot be started: %s", strerror(rc));
	python_free(python);
	return NULL;
}

void
python_free(struct python *python)
{
	if (python == NULL)
		return;
	if (python->fd >= 0)
		close(python->fd);
	if (python->pid > 0) {
		kill(-python->pid, SIGKILL);
		while (waitpid(python->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	if (python->folder != NULL)
		beneath_remove_tree(python->ws->dir_fd, python->folder);
	free(python->folder);
	buf_fini(&python->in);
	free(python);
}

/* ---- a conversation ---- */

enum waited { WAITED_LINE, WAITED_NOTHING, WAITED_GONE };

/* Takes the next complete line, without its line end, from the buffer. NULL when there is none. */
static struct json_object *
take_line(struct python *python)
{
	struct json_object *message;
	char *end = NULL;
	size_t used;

	if (python->in.len > python->scanned)
		end = memchr(python->in.data + python->scanned, '\n',
			     python->in.len - python->scanned);
	python->scanned = end != NULL ? 0 : python->in.len;
	if (end == NULL)
		return NULL;
	message = json_parse(python->in.data, (size_t)(end - python->in.data));
	used = (size_t)(end + 1 - python->in.data);
	buf_drop(&python->in, used);
	return message != NULL ? message : json_object_new_object();
}

static enum waited
wait_line(struct python *python, struct json_object **message)
{
	struct pollfd ready = { .fd = python->fd, .events = POLLIN };
	char block[16384];
	ssize_t n;

	*message = take_line(python);
	if (*message != NULL)
		return WAITED_LINE;
	if (poll(&ready, 1, POLL_MS) <= 0)
		return WAITED_NOTHING;
	n = recv(python->fd, block, sizeof(block), MSG_DONTWAIT);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return WAITED_NOTHING;
	if (n <= 0)
		return WAITED_GONE;
	buf_add(&python->in, block, (size_t)n);
	if (!buf_ok(&python->in))
		return WAITED_GONE;
	*message = take_line(python);
	return *message != NULL ? WAITED_LINE : WAITED_NOTHING;
}

static bool
answer_request(struct python *python, const struct python_host *host, struct json_object *message)
{
	const char *op = json_str(message, "op");
	struct json_object *answer = host->answer(host->arg, op != NULL ? op : "", message);

	json_add_int(answer, "id", json_int(message, "id", 0));
	return send_line(python, answer);
}

static enum python_end
end_of(struct json_object *done)
{
	const char *status = json_str(done, "status");

	if (status != NULL && strcmp(status, "ok") == 0)
		return PYTHON_OK;
	if (status != NULL && strcmp(status, "exit") == 0)
		return PYTHON_EXIT;
	if (status != NULL && strcmp(status, "interrupted") == 0)
		return PYTHON_CANCELLED;
	return PYTHON_ERROR;
}

/* The state while code is running. */
struct watch {
	int64_t checked_ms, interrupted_ms;
	bool stop;
};

/* Must the code stop? When the process is to be kept, the code is first interrupted. True: kill the
 * process. */
static bool
must_end(struct python *python, const struct python_host *host, struct watch *watch,
	 enum python_end *end)
{
	int64_t now = clock_ms();

	if (host->stop != NULL && !watch->stop && now - watch->checked_ms > STOP_CHECK_MS) {
		watch->checked_ms = now;
		watch->stop = host->stop(host->arg);
	}
	watch->stop = watch->stop || bg_cancelled(host->bg);
	if (!watch->stop && (host->deadline_ms == 0 || now < host->deadline_ms))
		return false;
	*end = watch->stop ? PYTHON_CANCELLED : PYTHON_TIMEDOUT;
	if (!host->keep || stopping())
		return true;
	if (watch->interrupted_ms == 0) {
		watch->interrupted_ms = now;
		kill(-python->pid, SIGINT);
	}
	return now - watch->interrupted_ms > INTERRUPT_GRACE_MS;
}

bool
python_run(struct python *python, struct json_object *message, const struct python_host *host,
	   enum python_end *end, struct json_object **done)
{
	struct watch watch = { .checked_ms = clock_ms() };
	struct json_object *line;
	enum waited waited;

	*done = NULL;
	*end = PYTHON_DIED;
	if (!send_line(python, message))
		return false;
	for (;;) {
		if (must_end(python, host, &watch, end))
			return false;
		waited = wait_line(python, &line);
		if (waited == WAITED_GONE)
			return false;
		if (waited == WAITED_NOTHING)
			continue;
		if (json_str(line, "op") != NULL && strcmp(json_str(line, "op"), "done") == 0)
			break;
		if (!answer_request(python, host, line)) {
			json_object_put(line);
			return false;
		}
		json_object_put(line);
	}
	if (watch.interrupted_ms == 0)
		*end = end_of(line);
	if (*end == PYTHON_CANCELLED || *end == PYTHON_TIMEDOUT)
		json_object_put(line);
	else
		*done = line;
	return true;
}
