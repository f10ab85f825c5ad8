/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets that are closing: their input is discarded for a short while. */
#include "transport/linger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/loop.h"
#include "base/mem.h"

#define SCRATCH 65536

struct lingerer {
	struct lingerers *all;
	struct lingerer *next, *prev;
	struct loop_watch watch;
	struct loop_timer timer;
};

static void
release(struct lingerer *one)
{
	loop_remove(one->all->loop, &one->watch);
	loop_timer_stop(one->all->loop, &one->timer);
	close(one->watch.fd);
	free(one);
}

static void
end(struct lingerer *one)
{
	struct lingerers *all = one->all;

	CHECK(all->n > 0 && (one->prev != NULL ? one->prev->next == one : all->list == one));
	if (one->prev != NULL)
		one->prev->next = one->next;
	else
		all->list = one->next;
	if (one->next != NULL)
		one->next->prev = one->prev;
	all->n--;
	release(one);
}

static void
on_lingering(struct loop_watch *watch, uint32_t events)
{
	static char scratch[SCRATCH]; /* never read */
	ssize_t n = recv(watch->fd, scratch, sizeof(scratch), MSG_DONTWAIT);

	(void)events;
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		end(watch->data);
}

static void
on_time(struct loop_timer *timer)
{
	end(timer->data);
}

void
linger_start(struct lingerers *all, int fd)
{
	struct lingerer *one;
	int kept;

	shutdown(fd, SHUT_WR);
	if (all->n == LINGER_MAX)
		return;
	kept = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (kept < 0)
		return;
	one = xcalloc(1, sizeof(*one));
	one->all = all;
	one->watch = (struct loop_watch){ .fd = kept, .fn = on_lingering, .data = one };
	one->timer = (struct loop_timer){ .fn = on_time, .data = one };
	if (!loop_add(all->loop, &one->watch, kept, EPOLLIN | EPOLLRDHUP)) {
		close(kept);
		free(one);
		return;
	}
	loop_timer_set(all->loop, &one->timer, LINGER_MS);
	one->next = all->list;
	if (one->next != NULL)
		one->next->prev = one;
	all->list = one;
	all->n++;
}

void
linger_fini(struct lingerers *all)
{
	for (struct lingerer *one = all->list, *next; one != NULL; one = next) {
		next = one->next;
		release(one);
	}
	all->list = NULL;
	all->n = 0;
}
