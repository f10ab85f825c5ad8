/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens connections to an HTTP server and measures what each of them costs the server. Prints
 * NAME VALUE lines.
 *
 * 	hold PORT PID N idle		each makes a call of "echo", and stays
 * 	hold PORT PID N MS		each makes a call of "hold", all under way at once for MS
 *
 * Connections are idle for 3 s before they are measured, as most are in practice: a server may give
 * memory back while they are. kb_each: memory of the process PID for each; mb: its memory
 * meanwhile, before_mb and after_mb: before, and 1 s after; late_s: from when the last one was to
 * be answered to when it was. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "share.h"

#define EVENTS 512
/* most connections at a time that are opened and not answered, or not sent on */
#define AT_ONCE 200
#define PATIENCE_MS 60000
#define IDLE_MS 3000

enum state { CONNECTING, SENT, DONE };

struct client {
	int fd;
	enum state state;
};

static int port, poll_fd, n, opened, sent, done;
static pid_t pid;
static long hold_ms = -1; /* -1: idle */
static struct client *clients;

static void
die(const char *what)
{
	fprintf(stderr, "hold: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
open_one(int at)
{
	struct sockaddr_in to = loopback(port);
	struct epoll_event event = { .events = EPOLLOUT, .data.u32 = (unsigned)at };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;

	if (fd < 0)
		die("socket");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0 && errno != EINPROGRESS)
		die("connect");
	clients[at].fd = fd;
	epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event);
}

static void
send_request(int at)
{
	const char *tool = hold_ms < 0 ? "echo" : "hold";
	char args[64], body[1024], request[2048];
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = (unsigned)at };
	int len;

	snprintf(args, sizeof(args), hold_ms < 0 ? "{\"text\":\"held\"}" : "{\"ms\":%ld}", hold_ms);
	len = snprintf(
	    body, sizeof(body),
	    "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/call\",\"params\":{"
	    "\"name\":\"%s\",\"arguments\":%s,\"_meta\":{"
	    "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
	    "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"bench\",\"version\":\"1\"},"
	    "\"io.modelcontextprotocol/clientCapabilities\":{}}}}",
	    at + 1, tool, args);
	len = snprintf(request, sizeof(request),
		       "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
		       "Content-Type: application/json\r\n"
		       "Accept: application/json, text/event-stream\r\n"
		       "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\n"
		       "Mcp-Name: %s\r\nContent-Length: %d\r\n\r\n%s",
		       port, tool, len, body);
	if (write(clients[at].fd, request, (size_t)len) != len)
		die("write");
	clients[at].state = SENT;
	epoll_ctl(poll_fd, EPOLL_CTL_MOD, clients[at].fd, &event);
	sent++;
}

/* A reply is small: it comes in one piece, or its header and "held" come in the first piece. */
static void
take_reply(int at)
{
	char data[65536];
	ssize_t len = read(clients[at].fd, data, sizeof(data) - 1);

	if (len <= 0) {
		fprintf(stderr, "hold: connection %d was closed\n", at);
		exit(1);
	}
	data[len] = '\0';
	if (clients[at].state == DONE)
		return;
	if (strncmp(data, "HTTP/1.1 200", 12) != 0 ||
	    (strstr(data, "held") == NULL && strstr(data, "event-stream") == NULL)) {
		fprintf(stderr, "hold: a wrong answer: %.400s\n", data);
		exit(1);
	}
	clients[at].state = DONE;
	done++;
}

/* Runs until this number of calls is answered, or the time `until` has come. */
static void
run(int answered, double until)
{
	struct epoll_event events[EVENTS];

	while (done < answered && (until == 0 || now() < until)) {
		int limit = hold_ms < 0 ? done : sent, left = PATIENCE_MS, ready;

		for (; opened < n && opened < limit + AT_ONCE; opened++)
			open_one(opened);
		if (until != 0)
			left = (int)((until - now()) * 1e3) + 1;
		ready = epoll_wait(poll_fd, events, EVENTS, left);
		if (ready == 0 && until == 0) {
			fprintf(stderr, "hold: %d of %d are answered, then nothing\n", done, n);
			exit(1);
		}
		for (int i = 0; i < ready; i++) {
			int at = (int)events[i].data.u32;

			if (clients[at].state == CONNECTING)
				send_request(at);
			else
				take_reply(at);
		}
	}
}

/* Waits until all calls are sent. Returns the time when the last one was sent. */
static double
send_all(void)
{
	double began = now();

	while (sent < n) {
		run(n, now() + 0.02);
		if (now() - began > PATIENCE_MS / 1e3) {
			fprintf(stderr, "hold: only %d of %d could be sent\n", sent, n);
			exit(1);
		}
	}
	return now();
}

static void
measure(void)
{
	double before = resident_mb(pid), last = send_all(), during;

	if (hold_ms < 0) {
		run(n, 0);
		usleep(IDLE_MS * 1000);
	} else {
		run(n, last + (double)hold_ms / 2e3);
	}
	during = resident_mb(pid);
	run(n, 0);
	printf("before_mb %.2f\nkb_each %.3f\nmb %.2f\n", before, (during - before) * 1024 / n,
	       during);
	if (hold_ms >= 0)
		printf("late_s %.3f\n", now() - last - (double)hold_ms / 1e3);
	for (int i = 0; i < n; i++)
		close(clients[i].fd);
	usleep(1000000);
	printf("after_mb %.2f\n", resident_mb(pid));
}

int
main(int argc, char **argv)
{
	struct rlimit most;

	if (argc != 5) {
		fprintf(stderr, "usage: hold PORT PID N idle|MS\n");
		return 2;
	}
	port = atoi(argv[1]);
	pid = atoi(argv[2]);
	n = atoi(argv[3]);
	if (strcmp(argv[4], "idle") != 0)
		hold_ms = atol(argv[4]);
	getrlimit(RLIMIT_NOFILE, &most);
	most.rlim_cur = most.rlim_max;
	setrlimit(RLIMIT_NOFILE, &most);
	clients = calloc((size_t)n, sizeof(*clients));
	poll_fd = epoll_create1(0);
	if (clients == NULL || poll_fd < 0)
		die("start");
	measure();
	return 0;
}
