/* SPDX-License-Identifier: Apache-2.0 */
#include "host/notify.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"

#define PENDING_MAX 8 /* messages that the manager has not taken yet */
#define MESSAGE_MAX 64
#define RETRY_MS 50

struct notify {
	struct loop *loop;
	struct loop_timer retry, ping;
	unsigned ping_ms; /* 0: the manager does not watch */
	int fd;
	struct sockaddr_un address;
	socklen_t address_len;
	char pending[PENDING_MAX][MESSAGE_MAX];
	unsigned pendings;
};

/* ---- messages ------------------------------------------------------------------------------- */

/* True when the manager has the message, or can never take it. */
static bool
send_message(const struct notify *notify, const char *text)
{
	ssize_t sent = sendto(notify->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL,
			      (const struct sockaddr *)&notify->address, notify->address_len);

	if (sent < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS))
		return false;
	if (sent < 0)
		log_event(LOG_WARNING, "notify-failed", "why", "s", strerror(errno), NULL);
	return true;
}

static void
send_pending(struct loop_timer *timer)
{
	struct notify *notify = timer->data;
	unsigned done = 0;

	while (done < notify->pendings && send_message(notify, notify->pending[done]))
		done++;
	notify->pendings -= done;
	memmove(notify->pending, notify->pending + done,
		notify->pendings * sizeof(notify->pending[0]));
	if (notify->pendings > 0)
		loop_timer_set(notify->loop, timer, RETRY_MS);
}

/* Messages keep their order. When too many wait, the oldest is lost: the newest state counts. */
static void
say(struct notify *notify, const char *text)
{
	if (notify->pendings == PENDING_MAX) {
		memmove(notify->pending, notify->pending + 1,
			(PENDING_MAX - 1) * sizeof(notify->pending[0]));
		notify->pendings--;
	}
	snprintf(notify->pending[notify->pendings++], MESSAGE_MAX, "%s", text);
	loop_timer_stop(notify->loop, &notify->retry);
	send_pending(&notify->retry);
}

static void
ping(struct loop_timer *timer)
{
	struct notify *notify = timer->data;

	if (notify->pendings == 0)
		say(notify, "WATCHDOG=1");
	loop_timer_set(notify->loop, timer, notify->ping_ms);
}

/* ---- the manager ---------------------------------------------------------------------------- */

/* A path, or a name in the abstract namespace that begins with "@". */
static bool
address_set(struct notify *notify, const char *path)
{
	struct sockaddr_un *address = &notify->address;
	const size_t len = strlen(path);

	if ((*path != '/' && *path != '@') || len >= sizeof(address->sun_path))
		return false;
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, len + 1);
	notify->address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	if (*path == '@')
		address->sun_path[0] = '\0';
	else
		notify->address_len++;
	return true;
}

/* Half of the time that the manager waits for a message; 0 when it watches another process or
 * none. */
static unsigned
watchdog_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	unsigned long long value;
	char *end = NULL;

	if (usec == NULL || *usec < '0' || *usec > '9')
		return 0;
	if (pid != NULL && strtol(pid, NULL, 10) != (long)getpid())
		return 0;
	errno = 0;
	value = strtoull(usec, &end, 10) / 2000;
	if (errno != 0 || *end != '\0' || value > 1u << 30)
		return 0;
	return value > 0 ? (unsigned)value : 1;
}

struct notify *
notify_new(struct loop *loop)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct notify *notify = NULL;

	if (path != NULL && *path != '\0') {
		notify = xcalloc(1, sizeof(*notify));
		notify->loop = loop;
		notify->retry = (struct loop_timer){ .fn = send_pending, .data = notify };
		notify->ping = (struct loop_timer){ .fn = ping, .data = notify };
		notify->ping_ms = watchdog_ms();
		notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (notify->fd < 0 || !address_set(notify, path)) {
			log_event(LOG_WARNING, "notify-failed", "why", "s",
				  "NOTIFY_SOCKET is not a path or a name that begins with @", NULL);
			notify_free(notify);
			notify = NULL;
		}
	}
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return notify;
}

void
notify_free(struct notify *notify)
{
	if (notify == NULL)
		return;
	loop_timer_stop(notify->loop, &notify->retry);
	loop_timer_stop(notify->loop, &notify->ping);
	if (notify->fd >= 0)
		close(notify->fd);
	free(notify);
}

void
notify_ready(struct notify *notify)
{
	if (notify == NULL)
		return;
	say(notify, "READY=1");
	if (notify->ping_ms > 0)
		loop_timer_set(notify->loop, &notify->ping, notify->ping_ms);
}

/* systemd compares this time with its own, to know which of several reloads is meant. */
void
notify_reloading(struct notify *notify)
{
	struct timespec now;
	char text[MESSAGE_MAX];

	if (notify == NULL)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
		 (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	say(notify, text);
}

void
notify_stopping(struct notify *notify)
{
	if (notify != NULL)
		say(notify, "STOPPING=1");
}
