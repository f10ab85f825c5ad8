/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fake upstream that costs as little as possible: it answers every request with the same JSON.
 *
 * 	upstream PORT DELAY_MS		0: at once
 *
 * The delay is the same for all requests, so replies are sent in the order of arrival. */
#define _GNU_SOURCE
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "share.h"

#define SOCKETS 20000
#define WAITING (1u << 16) /* number of replies that can wait; must be a power of two */
#define EVENTS 512
#define BODY                                                                            \
	"{\"userName\":\"somebody@example.com\",\"id\":\"1234567890\",\"active\":true," \
	"\"items\":[{\"id\":1,\"name\":\"alpha\"},{\"id\":2,\"name\":\"beta\"},"        \
	"{\"id\":3,\"name\":\"gamma\"}]}"

struct waiting {
	double due;
	int fd;
	/* a number of the descriptor's use, because it may have been closed and opened again */
	unsigned use;
};

static struct waiting queue[WAITING];
static unsigned first, last;
static unsigned uses[SOCKETS];
static char reply[1024];
static size_t reply_len;

static void
answer(int fd)
{
	if (write(fd, reply, reply_len) != (ssize_t)reply_len)
		shutdown(fd, SHUT_RDWR);
}

/* Sends the replies whose time has come. Returns the milliseconds until the next one; -1: there is
 * none. */
static int
answer_due(void)
{
	double at = now();

	for (; first != last; first++) {
		struct waiting *w = &queue[first % WAITING];

		if (w->due > at)
			return (int)((w->due - at) * 1e3) + 1;
		if (uses[w->fd] == w->use)
			answer(w->fd);
	}
	return -1;
}

static void
accept_all(int listener, int poll)
{
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK), one = 1;
		struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

		if (fd < 0)
			return;
		if (fd >= SOCKETS) {
			close(fd);
			continue;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		uses[fd]++;
		epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
	}
}

/* The clients send small requests, so each of them arrives in one piece. */
static void
serve(int fd, double delay)
{
	char data[65536];
	ssize_t len = read(fd, data, sizeof(data));

	if (len <= 0) {
		uses[fd]++;
		close(fd);
	} else if (memmem(data, (size_t)len, "\r\n\r\n", 4) != NULL) {
		if (delay <= 0)
			answer(fd);
		else if (last - first < WAITING)
			queue[last++ % WAITING] = (struct waiting){ now() + delay, fd, uses[fd] };
	}
}

static int
listener_at(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
	struct sockaddr_in at = loopback(port);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, 4096) != 0) {
		perror("upstream");
		exit(1);
	}
	return fd;
}

int
main(int argc, char **argv)
{
	struct rlimit most = { SOCKETS, SOCKETS };
	struct epoll_event events[EVENTS];
	int listener, poll = epoll_create1(0);
	double delay;

	if (argc != 3) {
		fprintf(stderr, "usage: upstream PORT DELAY_MS\n");
		return 2;
	}
	delay = atof(argv[2]) / 1e3;
	setrlimit(RLIMIT_NOFILE, &most);
	signal(SIGPIPE, SIG_IGN);
	reply_len = (size_t)snprintf(reply, sizeof(reply),
				     "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
				     "Content-Length: %zu\r\n\r\n%s",
				     strlen(BODY), BODY);
	listener = listener_at(atoi(argv[1]));
	events[0] = (struct epoll_event){ .events = EPOLLIN, .data.fd = listener };
	epoll_ctl(poll, EPOLL_CTL_ADD, listener, &events[0]);
	for (;;) {
		int n = epoll_wait(poll, events, EVENTS, answer_due());

		for (int i = 0; i < n; i++) {
			if (events[i].data.fd == listener)
				accept_all(listener, poll);
			else
				serve(events[i].data.fd, delay);
		}
	}
}
