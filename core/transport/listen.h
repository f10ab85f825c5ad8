/* SPDX-License-Identifier: Apache-2.0 */
/* Listening sockets: TCP, unix, and those from systemd. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_TRANSPORT_LISTEN_H
#define CORE_TRANSPORT_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct config_listener;

/* From which machines or processes a socket can be reached. */
enum listen_reach {
	REACH_ANYWHERE,
	REACH_LOOPBACK, /* this machine only */
	REACH_UNIX,	/* from processes that may open its path */
};

struct listen_socket {
	int fd; /* non-blocking, close-on-exec */
	enum listen_reach reach;
	char *address; /* "127.0.0.1:8765", "[::1]:8765" or a path; owned */
	/* A socket file that this process has made. Only this file is removed, and not a file that
	 * another process made later. */
	bool ours;
	dev_t device;
	ino_t inode;
};

/* The number of sockets that systemd passed to this process (sd_listen_fds(3)), until listen_open()
 * has taken them. */
size_t listen_passed(void);
/* Opens the sockets of one listener of the configuration: one socket, or for LISTEN_SYSTEMD every
 * socket that was passed (sd_listen_fds(3); the variables are then unset). Returns their number and
 * a malloc()ed array; 0 with `why` when any of them cannot be opened. */
size_t listen_open(const struct config_listener *config, struct listen_socket **sockets, char *why,
		   size_t why_size);
/* Closes the descriptor and removes its socket file. */
void listen_close(struct listen_socket *sock);

#endif
