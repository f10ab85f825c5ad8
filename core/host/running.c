/* SPDX-License-Identifier: Apache-2.0 */
#include "host/running.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "config/text.h"

#define SYSTEM_DIRECTORY "/run/lakehost"
#define LINE_BYTES_MAX 1000 /* of a fault */

struct running {
	int fd;
	char *path;
	char *made; /* its directory, if this host made it */
};

/* ---- where ---------------------------------------------------------------------------------- */

static void
add_directory(struct strings *list, char *path)
{
	if (!strings_have(list, path))
		strings_add(list, path);
	free(path);
}

/* systemd may name several directories, with colons between them. */
static void
add_service_directory(struct strings *list)
{
	const char *text = getenv("RUNTIME_DIRECTORY");

	if (text != NULL && *text == '/')
		add_directory(list, xstrndup(text, strcspn(text, ":")));
}

static void
add_user_directory(struct strings *list)
{
	const char *text = getenv("XDG_RUNTIME_DIR");
	char *path = text != NULL && *text == '/' ? xstrdup(text)
						  : xprintf("/run/user/%u", (unsigned)geteuid());

	/* A login makes it. It is not made here: /run/user with our mode would shut other users
	 * out. */
	if (access(path, X_OK) == 0)
		add_directory(list, xprintf("%s/lakehost", path));
	free(path);
}

void
running_directories(struct strings *list)
{
	add_service_directory(list);
	add_user_directory(list);
	add_directory(list, xstrdup(SYSTEM_DIRECTORY));
}

/* ---- the host ------------------------------------------------------------------------------- */

static bool
running_open(struct running *running, const char *directory)
{
	struct stat status;
	bool made = false;

	running->path = xprintf("%s/%ld" RUNNING_SUFFIX, directory, (long)getpid());
	running->fd = -1;
	/* again: a host that has just ended may have removed the directory between the calls */
	for (int i = 0; i < 2 && running->fd < 0; i++) {
		made = mkdir(directory, 0700) == 0 || made;
		/* a link that another user put there is not followed, nor is his file used */
		unlink(running->path);
		running->fd =
		    open(running->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	}
	running->made = made ? xstrdup(directory) : NULL;
	if (running->fd >= 0 && fstat(running->fd, &status) == 0 &&
	    flock(running->fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	if (running->fd >= 0)
		close(running->fd);
	free(running->path);
	free(running->made);
	return false;
}

struct running *
running_new(void)
{
	struct running *running = xcalloc(1, sizeof(*running));
	struct strings list = { NULL, 0 };
	bool open = false;

	running_directories(&list);
	for (size_t i = 0; i < list.count && !open; i++)
		open = running_open(running, list.item[i]);
	strings_fini(&list);
	if (open)
		return running;
	free(running);
	return NULL;
}

void
running_free(struct running *running)
{
	if (running == NULL)
		return;
	unlink(running->path);
	if (running->made != NULL)
		rmdir(running->made); /* fails while another host has its file there */
	close(running->fd);
	free(running->path);
	free(running->made);
	free(running);
}

static int
fault_length(const char *fault)
{
	const size_t len = strcspn(fault, "\n");

	return len < LINE_BYTES_MAX ? (int)len : LINE_BYTES_MAX;
}

/* A reader takes the text only with its last line, "end". */
void
running_write(struct running *running, const struct running_state *state)
{
	const struct strings *faults = state->faults;
	struct buf text;
	size_t done = 0;
	ssize_t n = 0;

	if (running == NULL)
		return;
	buf_init(&text, RUNNING_BYTES_MAX);
	buf_printf(&text, "pid %ld\nconfig %s\ngeneration %u\nbegun %u\ndone %u\n", (long)getpid(),
		   state->config != NULL ? state->config : "-", state->generation, state->begun,
		   state->done);
	for (size_t i = 0; faults != NULL && i < faults->count; i++)
		if (text.len + LINE_BYTES_MAX + sizeof("fault \nend\n") < RUNNING_BYTES_MAX)
			buf_printf(&text, "fault %.*s\n", fault_length(faults->item[i]),
				   faults->item[i]);
	buf_puts(&text, "end\n");
	if (ftruncate(running->fd, 0) == 0)
		for (; done < text.len && n >= 0; done += n > 0 ? (size_t)n : 0)
			n = pwrite(running->fd, text.data + done, text.len - done, (off_t)done);
	buf_fini(&text);
}

/* ---- who looks for it ------------------------------------------------------------------------ */

static bool
take_line(struct running_host *host, const char *line)
{
	const char *value = strchr(line, ' ');
	const size_t len = value != NULL ? (size_t)(value - line) : strlen(line);

	if (value == NULL)
		return strcmp(line, "end") == 0;
	value++;
	if (strncmp(line, "pid", len) == 0)
		host->pid = (pid_t)strtol(value, NULL, 10);
	else if (strncmp(line, "config", len) == 0)
		host->config = strcmp(value, "-") == 0 ? NULL : xstrdup(value);
	else if (strncmp(line, "generation", len) == 0)
		host->generation = (unsigned)strtoul(value, NULL, 10);
	else if (strncmp(line, "begun", len) == 0)
		host->begun = (unsigned)strtoul(value, NULL, 10);
	else if (strncmp(line, "done", len) == 0)
		host->done = (unsigned)strtoul(value, NULL, 10);
	else if (strncmp(line, "fault", len) == 0)
		strings_add(&host->faults, value);
	return false;
}

/* False: the text is not complete, because it is being written. */
static bool
take_text(struct running_host *host, char *text)
{
	bool complete = false;
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		complete = take_line(host, line);
	return complete && host->pid > 0;
}

static bool
read_once(int fd, struct running_host *host)
{
	char text[RUNNING_BYTES_MAX + 1];
	struct stat status = { 0 };
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	bool fine;

	if (n < 0)
		return false;
	text[n] = '\0';
	*host = (struct running_host){ 0 };
	fine = fstat(fd, &status) == 0 && take_text(host, text);
	host->owner = status.st_uid;
	if (!fine)
		running_host_fini(host);
	return fine;
}

bool
running_read(const char *path, struct running_host *host)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	bool fine = false;

	if (fd < 0)
		return false;
	/* nobody else holds the lock: the host was killed */
	if (flock(fd, LOCK_SH | LOCK_NB) == 0)
		unlink(path);
	else
		for (int i = 0; i < 50 && !fine; i++) {
			fine = read_once(fd, host);
			if (!fine)
				usleep(2000);
		}
	close(fd);
	return fine;
}

/* The owner of /proc/PID is root for a host, which permits no debugger, so its text is read. */
static bool
is_of_user(pid_t pid, uid_t user)
{
	char path[64], line[256];
	unsigned real = 0;
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
	file = fopen(path, "re");
	while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL)
		found = sscanf(line, "Uid: %u", &real) == 1;
	if (file != NULL)
		fclose(file);
	return found && real == user;
}

bool
running_signal(const struct running_host *host, int number)
{
	int process = (int)syscall(SYS_pidfd_open, host->pid, 0);
	bool mine;
	int why;

	if (process < 0)
		return false;
	/* after the process was opened: its number cannot become that of another one */
	mine = host->owner == geteuid() || is_of_user(host->pid, host->owner);
	if (mine && syscall(SYS_pidfd_send_signal, process, number, NULL, 0) == 0) {
		close(process);
		return true;
	}
	why = mine ? errno : EACCES;
	close(process);
	errno = why;
	return false;
}

void
running_host_fini(struct running_host *host)
{
	free(host->config);
	strings_fini(&host->faults);
	*host = (struct running_host){ 0 };
}
