/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "audit/tail.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"

#define SYSLOG_PATH "/dev/log"
#define PRIORITY 86	   /* authpriv.info: facility 10, severity 6 (RFC 5424, 6.2.1) */
#define SOCKET_TIMEOUT_S 5 /* for a receiver that does not read */

void
audit_sink_init(struct audit_sink *sink, enum audit_kind kind, const char *path)
{
	*sink = (struct audit_sink){ .kind = kind, .fd = -1 };
	CHECK(kind != AUDIT_NONE && (path != NULL || kind == AUDIT_SYSLOG));
	sink->path = xstrdup(path != NULL ? path : SYSLOG_PATH);
}

void
audit_sink_close(struct audit_sink *sink)
{
	if (sink->fd >= 0)
		close(sink->fd);
	sink->fd = -1;
}

void
audit_sink_fini(struct audit_sink *sink)
{
	audit_sink_close(sink);
	free(sink->path);
}

/* Closes it; the reason is kept. */
__attribute__((format(printf, 2, 3))) static bool
down(struct audit_sink *sink, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(sink->why, sizeof(sink->why), format, args);
	va_end(args);
	audit_sink_close(sink);
	return false;
}

/* ---- opening -------------------------------------------------------------------------------- */

/* Others must not read what people asked, nor change it. */
static bool
check_file(struct audit_sink *sink)
{
	struct stat status;

	if (fstat(sink->fd, &status) != 0)
		return down(sink, "%s: %s", sink->path, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return down(sink, "%s: is not a regular file", sink->path);
	if (status.st_uid != geteuid() && geteuid() != 0)
		return down(sink, "%s: belongs to another user", sink->path);
	if ((status.st_mode & (S_IRWXO | S_IWGRP)) != 0)
		return down(sink, "%s: others may read or write it; run chmod 600 %s", sink->path,
			    sink->path);
	audit_tail_read(sink->fd, &sink->tail);
	return true;
}

static bool
open_file(struct audit_sink *sink)
{
	sink->fd = open(sink->path,
			O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
	if (sink->fd < 0)
		return down(sink, "%s: %s", sink->path, strerror(errno));
	return check_file(sink);
}

static bool
open_socket(struct audit_sink *sink, int type)
{
	const struct timeval patience = { .tv_sec = SOCKET_TIMEOUT_S };
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(sink->path) >= sizeof(address.sun_path))
		return down(sink, "%s: the path is too long for a socket", sink->path);
	strcpy(address.sun_path, sink->path);
	sink->fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (sink->fd < 0)
		return down(sink, "%s: %s", sink->path, strerror(errno));
	setsockopt(sink->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(sink->fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		return down(sink, "%s: %s", sink->path, strerror(errno));
	return true;
}

/* The file, or for one that does not exist its directory. */
static bool
try_file(struct audit_sink *sink)
{
	char *directory;
	bool fine;

	if (access(sink->path, F_OK) == 0)
		return access(sink->path, R_OK | W_OK) == 0 ||
		       down(sink, "%s: %s", sink->path, strerror(errno));
	directory = xstrdup(sink->path);
	strrchr(directory, '/')[1] = '\0';
	fine =
	    access(directory, W_OK | X_OK) == 0 || down(sink, "%s: %s", directory, strerror(errno));
	free(directory);
	return fine;
}

bool
audit_sink_try(struct audit_sink *sink)
{
	struct stat status;

	if (sink->kind == AUDIT_FILE)
		return try_file(sink);
	if (stat(sink->path, &status) != 0)
		return down(sink, "%s: %s", sink->path, strerror(errno));
	return S_ISSOCK(status.st_mode) || down(sink, "%s: is not a socket", sink->path);
}

/* A file that was moved is followed until SIGHUP; one that was removed is not. */
static bool
lost_its_name(const struct audit_sink *sink)
{
	struct stat open_one;

	return sink->kind == AUDIT_FILE &&
	       (fstat(sink->fd, &open_one) != 0 || open_one.st_nlink == 0);
}

enum audit_sink_state
audit_sink_ready(struct audit_sink *sink)
{
	bool is_open = false;

	if (sink->fd >= 0 && !lost_its_name(sink))
		return AUDIT_SINK_SAME;
	audit_sink_close(sink);
	memset(&sink->tail, 0, sizeof(sink->tail));
	switch (sink->kind) {
	case AUDIT_FILE: is_open = open_file(sink); break;
	case AUDIT_SYSLOG: is_open = open_socket(sink, SOCK_DGRAM); break;
	case AUDIT_SOCKET: is_open = open_socket(sink, SOCK_STREAM); break;
	case AUDIT_NONE: break;
	}
	return is_open ? AUDIT_SINK_FRESH : AUDIT_SINK_DOWN;
}

/* ---- writing -------------------------------------------------------------------------------- */

static bool
write_file(struct audit_sink *sink, const char *lines, size_t len, size_t *done)
{
	while (*done < len) {
		ssize_t n = write(sink->fd, lines + *done, len - *done);

		if (n > 0) {
			*done += (size_t)n;
		} else if (n == 0 || errno != EINTR) { /* it stays open: the rest of a line follows
							* when there is room again */
			snprintf(sink->why, sizeof(sink->why), "%s: %s", sink->path,
				 n == 0 ? "nothing can be written" : strerror(errno));
			return false;
		}
	}
	return true;
}

static bool
write_stream(struct audit_sink *sink, const char *lines, size_t len, size_t *done)
{
	while (*done < len) {
		ssize_t n = send(sink->fd, lines + *done, len - *done, MSG_NOSIGNAL);

		if (n > 0)
			*done += (size_t)n;
		else if (n == 0 || errno != EINTR)
			return down(sink, "%s: %s", sink->path,
				    errno == EAGAIN ? "the receiver does not read"
						    : strerror(errno));
	}
	return true;
}

/* One datagram for each line: RFC 3164, as syslog(3) sends it; the receiver adds the time. */
static bool
write_syslog(struct audit_sink *sink, const char *lines, size_t len, size_t *done)
{
	char datagram[CHAIN_LINE_MAX + 64];

	while (*done < len) {
		const char *end = memchr(lines + *done, '\n', len - *done);
		size_t n = end != NULL ? (size_t)(end - lines) - *done : len - *done;
		int head = snprintf(datagram, sizeof(datagram), "<%d>lakehost[%d]: ", PRIORITY,
				    (int)getpid());

		CHECK(n + (size_t)head <= sizeof(datagram));
		memcpy(datagram + head, lines + *done, n);
		if (n > 0 && send(sink->fd, datagram, n + (size_t)head, MSG_NOSIGNAL) < 0) {
			if (errno == EINTR)
				continue;
			return down(sink, "%s: %s", sink->path, strerror(errno));
		}
		*done += n + (end != NULL);
	}
	return true;
}

bool
audit_sink_write(struct audit_sink *sink, const char *lines, size_t len, size_t *done)
{
	switch (sink->kind) {
	case AUDIT_FILE: return write_file(sink, lines, len, done);
	case AUDIT_SYSLOG: return write_syslog(sink, lines, len, done);
	case AUDIT_SOCKET: return write_stream(sink, lines, len, done);
	case AUDIT_NONE: break;
	}
	CHECK(sink->kind != AUDIT_NONE);
	return false;
}
