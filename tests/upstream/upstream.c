/* SPDX-License-Identifier: Apache-2.0 */
/* Accepts connections, and reads and stores requests. */
#include "internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BODY_MAX (64u << 20)

/* ---- bytes ----------------------------------------------------------------------------------- */

static ssize_t
receive(struct connection *c, void *data, size_t len)
{
	if (c->tls != NULL)
		return SSL_read(c->tls, data, (int)len);
	return recv(c->fd, data, len, 0);
}

bool
send_bytes(struct connection *c, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = c->tls != NULL ? SSL_write(c->tls, p, (int)(len > 65536 ? 65536 : len))
					   : send(c->fd, p, len, MSG_NOSIGNAL);

		if (n <= 0) {
			c->keep = false;
			return false;
		}
		p += n;
		len -= (size_t)n;
	}
	return true;
}

bool
send_text(struct connection *c, const char *format, ...)
{
	va_list args;
	char *text;
	int len;
	bool ok;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		abort();
	ok = send_bytes(c, text, (size_t)len);
	free(text);
	return ok;
}

void
reset_connection(struct connection *c)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	c->keep = false;
}

/* ---- data that the threads share ------------------------------------------------------------- */

static void
remember(struct upstream *u, const char *head, const char *body, size_t len)
{
	size_t head_len = strlen(head);
	char *text = malloc(head_len + len + 1);

	if (text == NULL)
		abort();
	memcpy(text, head, head_len);
	memcpy(text + head_len, body, len);
	text[head_len + len] = '\0';
	pthread_mutex_lock(&u->lock);
	if (u->requests < REQUESTS_MAX)
		u->request[u->requests] = text;
	else
		free(text);
	u->requests++;
	pthread_cond_broadcast(&u->changed);
	pthread_mutex_unlock(&u->lock);
}

unsigned
times_seen(struct upstream *u, const char *path)
{
	unsigned seen = 0;

	pthread_mutex_lock(&u->lock);
	for (size_t i = 0; i < FLAKY_MAX; i++) {
		if (u->flaky[i].path[0] == '\0')
			snprintf(u->flaky[i].path, sizeof(u->flaky[i].path), "%s", path);
		if (strcmp(u->flaky[i].path, path) == 0) {
			seen = ++u->flaky[i].seen;
			break;
		}
	}
	pthread_mutex_unlock(&u->lock);
	return seen;
}

void
wait_released(struct upstream *u)
{
	pthread_mutex_lock(&u->lock);
	while (!u->released && !u->stopping)
		pthread_cond_wait(&u->changed, &u->lock);
	pthread_mutex_unlock(&u->lock);
}

void
wait_stopping(struct connection *c)
{
	char byte;

	while (receive(c, &byte, 1) > 0)
		;
	c->keep = false;
}

unsigned
upstream_connections(struct upstream *u)
{
	unsigned n;

	pthread_mutex_lock(&u->lock);
	n = u->connections;
	pthread_mutex_unlock(&u->lock);
	return n;
}

unsigned
upstream_requests(struct upstream *u)
{
	unsigned n;

	pthread_mutex_lock(&u->lock);
	n = u->requests;
	pthread_mutex_unlock(&u->lock);
	return n;
}

/* Waits until *count is in the range, at most for a minute. */
static bool
wait_count(struct upstream *u, const unsigned *count, unsigned least, unsigned most)
{
	struct timespec end;
	bool there;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 60;
	pthread_mutex_lock(&u->lock);
	while ((*count < least || *count > most) &&
	       pthread_cond_timedwait(&u->changed, &u->lock, &end) != ETIMEDOUT)
		;
	there = *count >= least && *count <= most;
	pthread_mutex_unlock(&u->lock);
	return there;
}

bool
upstream_wait(struct upstream *u, unsigned requests)
{
	return wait_count(u, &u->requests, requests, UINT_MAX);
}

unsigned
upstream_alive_now(struct upstream *u)
{
	unsigned alive;

	pthread_mutex_lock(&u->lock);
	alive = u->alive;
	pthread_mutex_unlock(&u->lock);
	return alive;
}

bool
upstream_alive(struct upstream *u, unsigned connections)
{
	return wait_count(u, &u->alive, 0, connections);
}

char *
upstream_request(struct upstream *u, unsigned i)
{
	char *text = NULL;

	pthread_mutex_lock(&u->lock);
	if (i < u->requests && i < REQUESTS_MAX)
		text = strdup(u->request[i]);
	pthread_mutex_unlock(&u->lock);
	return text;
}

void
upstream_release(struct upstream *u)
{
	pthread_mutex_lock(&u->lock);
	u->released = true;
	pthread_cond_broadcast(&u->changed);
	pthread_mutex_unlock(&u->lock);
}

/* ---- requests -------------------------------------------------------------------------------- */

/* Fills `in` until it has a complete header. Returns its length, or 0 at the end. */
static size_t
read_head(struct connection *c)
{
	for (;;) {
		char *end = memmem(c->in, c->n_in, "\r\n\r\n", 4);
		ssize_t n;

		if (end != NULL)
			return (size_t)(end - c->in) + 4;
		if (c->n_in == sizeof(c->in))
			return 0;
		n = receive(c, c->in + c->n_in, sizeof(c->in) - c->n_in);
		if (n <= 0)
			return 0;
		c->n_in += (size_t)n;
	}
}

static size_t
content_length(const char *head)
{
	const char *line = strcasestr(head, "\r\nContent-Length:");

	return line != NULL ? strtoul(line + 17, NULL, 10) : 0;
}

static bool
read_body(struct connection *c, char *body, size_t len)
{
	size_t have = c->n_in < len ? c->n_in : len;

	memcpy(body, c->in, have);
	memmove(c->in, c->in + have, c->n_in - have);
	c->n_in -= have;
	while (have < len) {
		ssize_t n = receive(c, body + have, len - have);

		if (n <= 0)
			return false;
		have += (size_t)n;
	}
	return true;
}

static bool
serve_one(struct connection *c)
{
	size_t head_len = read_head(c), len;
	char *head, *body;
	bool ok;

	if (head_len == 0)
		return false;
	head = strndup(c->in, head_len);
	memmove(c->in, c->in + head_len, c->n_in - head_len);
	c->n_in -= head_len;
	len = content_length(head);
	body = malloc(len + 1);
	if (head == NULL || body == NULL || len > BODY_MAX)
		abort();
	ok = read_body(c, body, len);
	if (ok) {
		body[len] = '\0';
		remember(c->upstream, head, body, len);
		answer_request(c, head, body, len);
	}
	free(head);
	free(body);
	return ok && c->keep;
}

static void
forget(struct upstream *u, int fd)
{
	pthread_mutex_lock(&u->lock);
	for (size_t i = 0; i < u->n_open; i++) {
		if (u->open[i] == fd)
			u->open[i] = u->open[--u->n_open];
	}
	/* under the lock, because upstream_stop() must not shut down another descriptor */
	close(fd);
	u->alive--;
	pthread_cond_broadcast(&u->changed);
	pthread_mutex_unlock(&u->lock);
}

static void *
serve(void *data)
{
	struct connection *c = data;

	c->keep = true;
	if (c->upstream->tls != NULL) {
		c->tls = SSL_new(c->upstream->tls);
		SSL_set_fd(c->tls, c->fd);
	}
	if (c->tls == NULL || SSL_accept(c->tls) == 1) {
		while (serve_one(c))
			;
		if (c->tls != NULL)
			SSL_shutdown(c->tls);
	}
	SSL_free(c->tls);
	forget(c->upstream, c->fd);
	free(c);
	return NULL;
}

static void
welcome(struct upstream *u, int fd)
{
	struct connection *c = calloc(1, sizeof(*c));
	const int on = 1;
	pthread_t thread;

	if (c == NULL)
		abort();
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c->upstream = u;
	c->fd = fd;
	pthread_mutex_lock(&u->lock);
	u->connections++;
	u->alive++;
	u->open = realloc(u->open, (u->n_open + 1) * sizeof(*u->open));
	u->open[u->n_open++] = fd;
	pthread_mutex_unlock(&u->lock);
	if (pthread_create(&thread, NULL, serve, c) != 0)
		abort();
	pthread_detach(thread);
}

static void *
accept_all(void *data)
{
	struct upstream *u = data;
	int fd;

	while ((fd = accept4(u->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		welcome(u, fd);
	return NULL;
}

/* ---- creating and freeing
 * --------------------------------------------------------------------- */

struct upstream *
upstream_start(const char *ca_file)
{
	struct upstream *u = calloc(1, sizeof(*u));
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);

	if (u == NULL)
		abort();
	pthread_mutex_init(&u->lock, NULL);
	pthread_cond_init(&u->changed, NULL);
	if (ca_file != NULL)
		u->tls = tls_context(ca_file);
	u->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (u->fd < 0 || bind(u->fd, (struct sockaddr *)&address, len) != 0 ||
	    listen(u->fd, 128) != 0 || getsockname(u->fd, (struct sockaddr *)&address, &len) != 0 ||
	    pthread_create(&u->acceptor, NULL, accept_all, u) != 0)
		abort();
	u->port = ntohs(address.sin_port);
	snprintf(u->url, sizeof(u->url), "http%s://127.0.0.1:%u", ca_file != NULL ? "s" : "",
		 u->port);
	return u;
}

uint16_t
upstream_port(const struct upstream *u)
{
	return u->port;
}

const char *
upstream_url(const struct upstream *u)
{
	return u->url;
}

void
upstream_stop(struct upstream *u)
{
	shutdown(u->fd, SHUT_RDWR);
	pthread_join(u->acceptor, NULL);
	close(u->fd);
	pthread_mutex_lock(&u->lock);
	u->stopping = true;
	pthread_cond_broadcast(&u->changed);
	for (size_t i = 0; i < u->n_open; i++)
		shutdown(u->open[i], SHUT_RDWR);
	while (u->alive > 0)
		pthread_cond_wait(&u->changed, &u->lock);
	pthread_mutex_unlock(&u->lock);
	for (unsigned i = 0; i < u->requests && i < REQUESTS_MAX; i++)
		free(u->request[i]);
	free(u->open);
	SSL_CTX_free(u->tls);
	free(u);
}
