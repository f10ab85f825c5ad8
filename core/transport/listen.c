/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens listening sockets. A unix socket of a process that has ended is removed; a socket in use is
 * not. Its mode is set before a client can connect. The systemd protocol is two environment
 * variables and descriptors from 3 on, so it needs no library.
 */
#include "transport/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/config.h"

#define SYSTEMD_FIRST_FD 3
/* A peer that acknowledges nothing for this time counts as disconnected (tcp(7),
 * TCP_USER_TIMEOUT). */
#define UNACKNOWLEDGED_MS 120000

union socket_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un un;
	struct sockaddr_storage storage;
};

static enum listen_reach
reach_of(const union socket_address *address)
{
	const struct in6_addr *v6 = &address->v6.sin6_addr;
	bool loopback = false;

	if (address->any.sa_family == AF_UNIX)
		return REACH_UNIX;
	if (address->any.sa_family == AF_INET)
		loopback = ntohl(address->v4.sin_addr.s_addr) >> 24 == 127;
	else if (address->any.sa_family == AF_INET6)
		loopback = IN6_IS_ADDR_LOOPBACK(v6) ||
			   (IN6_IS_ADDR_V4MAPPED(v6) && v6->s6_addr[12] == 127);
	return loopback ? REACH_LOOPBACK : REACH_ANYWHERE;
}

static char *
describe(const union socket_address *address, socklen_t len)
{
	char host[INET6_ADDRSTRLEN];

	if (address->any.sa_family == AF_INET) {
		inet_ntop(AF_INET, &address->v4.sin_addr, host, sizeof(host));
		return xprintf("%s:%d", host, ntohs(address->v4.sin_port));
	}
	if (address->any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &address->v6.sin6_addr, host, sizeof(host));
		return xprintf("[%s]:%d", host, ntohs(address->v6.sin6_port));
	}
	if (len <= offsetof(struct sockaddr_un, sun_path) || address->un.sun_path[0] == '\0')
		return xstrdup("(unnamed)");
	return xstrndup(address->un.sun_path, sizeof(address->un.sun_path));
}

/* Accepted sockets inherit these options on Linux. They fail on a unix socket, harmlessly. */
static void
set_tcp_options(int fd)
{
	const int on = 1, unacknowledged = UNACKNOWLEDGED_MS;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged, sizeof(unacknowledged));
}

/* Reads the kernel's data about a listening socket. */
static bool
adopt(struct listen_socket *sock, int fd)
{
	union socket_address address = { 0 };
	socklen_t len = sizeof(address);
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || getsockname(fd, &address.any, &len) != 0)
		return false;
	if (address.any.sa_family != AF_UNIX)
		set_tcp_options(fd);
	*sock = (struct listen_socket){
		.fd = fd,
		.reach = reach_of(&address),
		.address = describe(&address, len),
	};
	return true;
}

/* ---- TCP ----------------------------------------------------------------------------------- */

static int
bind_tcp(const struct addrinfo *info)
{
	const int on = 1, off = 0;
	int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (info->ai_family == AF_INET6) /* "::" also accepts IPv4 */
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool
open_tcp(const struct config_listener *config, struct listen_socket *sock, char *why,
	 size_t why_size)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
					.ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct addrinfo *list = NULL;
	char port[8];
	int fd = -1, rc;

	snprintf(port, sizeof(port), "%u", (unsigned)config->port);
	rc = getaddrinfo(config->host, port, &hints, &list);
	if (rc != 0) {
		snprintf(why, why_size, "cannot listen on %s: %s", config->host, gai_strerror(rc));
		return false;
	}
	errno = 0;
	for (const struct addrinfo *info = list; info != NULL && fd < 0; info = info->ai_next)
		fd = bind_tcp(info);
	rc = errno;
	freeaddrinfo(list);
	if (fd >= 0 && adopt(sock, fd))
		return true;
	snprintf(why, why_size, "cannot listen on %s port %s: %s%s", config->host, port,
		 strerror(rc),
		 rc == EADDRINUSE ? "; stop the program that uses the port, or choose another port"
				  : "");
	if (fd >= 0)
		close(fd);
	return false;
}

/* ---- unix ---------------------------------------------------------------------------------- */

/* Removes a socket file if no process listens on it. False when the path is in use. */
static bool
clear_stale(const union socket_address *address, char *why, size_t why_size)
{
	const char *path = address->un.sun_path;
	struct stat st;
	int fd, rc;

	if (lstat(path, &st) != 0)
		return true; /* bind() reports the error, if the path is in use */
	if (!S_ISSOCK(st.st_mode)) {
		snprintf(why, why_size,
			 "cannot listen on %s: the path is a file that is not a "
			 "socket",
			 path);
		return false;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	rc = fd < 0 ? -1 : connect(fd, &address->any, sizeof(address->un));
	if (rc != 0 && errno == ECONNREFUSED)
		rc = unlink(path);
	else
		rc = -1;
	if (fd >= 0)
		close(fd);
	if (rc != 0)
		snprintf(
		    why, why_size,
		    "cannot listen on %s: another process uses the path; stop that process, or "
		    "choose another path",
		    path);
	return rc == 0;
}

static bool
open_unix(const struct config_listener *config, struct listen_socket *sock, char *why,
	  size_t why_size)
{
	union socket_address address = { .un = { .sun_family = AF_UNIX } };
	const char *path = config->host;
	struct stat st;
	int fd;

	if (strlen(path) >= sizeof(address.un.sun_path)) {
		snprintf(why, why_size,
			 "cannot listen on %s: the path of a socket may have at "
			 "most %zu bytes",
			 path, sizeof(address.un.sun_path) - 1);
		return false;
	}
	memcpy(address.un.sun_path, path, strlen(path) + 1);
	if (!clear_stale(&address, why, why_size))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* chmod before listen(): no client can connect earlier, so the mode is effective from the
	 * start */
	if (fd < 0 || bind(fd, &address.any, sizeof(address.un)) != 0 ||
	    chmod(path, config->mode & 0777) != 0 || listen(fd, SOMAXCONN) != 0 ||
	    stat(path, &st) != 0 || !adopt(sock, fd)) {
		snprintf(why, why_size, "cannot listen on %s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	sock->ours = true;
	sock->device = st.st_dev;
	sock->inode = st.st_ino;
	return true;
}

/* ---- systemd ------------------------------------------------------------------------------- */

static long
number_of(const char *name)
{
	const char *text = getenv(name);
	char *end = NULL;
	long value;

	if (text == NULL || *text == '\0')
		return 0;
	errno = 0;
	value = strtol(text, &end, 10);
	return errno == 0 && *end == '\0' && value > 0 && value < 1 << 20 ? value : 0;
}

size_t
listen_passed(void)
{
	return number_of("LISTEN_PID") == (long)getpid() ? (size_t)number_of("LISTEN_FDS") : 0;
}

static bool
listens(int fd)
{
	int type = 0, accepts = 0;
	socklen_t len = sizeof(int);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM &&
	       getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &len) == 0 && accepts != 0;
}

/* NULL when the descriptor is a valid listening socket; its data are then in `sock`. */
static const char *
take_inherited(struct listen_socket *sock, int fd, bool anywhere)
{
	if (!listens(fd) || !adopt(sock, fd))
		return "is not a listening stream socket; its socket unit must have "
		       "ListenStream= and Accept=no";
	if (sock->reach == REACH_ANYWHERE && !anywhere) {
		listen_close(sock);
		return "can be reached from other machines, and there is no inbound "
		       "authentication, or neither TLS nor a listed proxy; its socket unit must "
		       "listen on 127.0.0.1, [::1] or a unix socket";
	}
	return NULL;
}

static size_t
open_systemd(const struct config_listener *config, struct listen_socket **sockets, char *why,
	     size_t why_size)
{
	size_t n = listen_passed();

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (n == 0) {
		snprintf(why, why_size,
			 "systemd passed no socket to this process; start it by its socket unit");
		return 0;
	}
	*sockets = xcalloc(n, sizeof(**sockets));
	for (size_t i = 0; i < n; i++) {
		const int fd = SYSTEMD_FIRST_FD + (int)i;
		const char *fault = take_inherited(&(*sockets)[i], fd, config->anywhere);

		if (fault == NULL)
			continue;
		snprintf(why, why_size, "descriptor %d passed by systemd %s", fd, fault);
		while (i-- > 0)
			listen_close(&(*sockets)[i]);
		free(*sockets);
		*sockets = NULL;
		return 0;
	}
	return n;
}

/* -------------------------------------------------------------------------------------------- */

size_t
listen_open(const struct config_listener *config, struct listen_socket **sockets, char *why,
	    size_t why_size)
{
	struct listen_socket one = { .fd = -1 };
	bool opened;

	if (config->kind == LISTEN_SYSTEMD)
		return open_systemd(config, sockets, why, why_size);
	opened = config->kind == LISTEN_UNIX ? open_unix(config, &one, why, why_size)
					     : open_tcp(config, &one, why, why_size);
	if (!opened)
		return 0;
	*sockets = xmalloc(sizeof(one));
	**sockets = one;
	return 1;
}

void
listen_close(struct listen_socket *sock)
{
	struct stat st;

	if (sock->fd >= 0)
		close(sock->fd);
	sock->fd = -1;
	if (sock->ours && stat(sock->address, &st) == 0 && st.st_dev == sock->device &&
	    st.st_ino == sock->inode)
		unlink(sock->address);
	sock->ours = false;
	free(sock->address);
	sock->address = NULL;
}
