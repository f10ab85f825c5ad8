/* SPDX-License-Identifier: Apache-2.0 */
/* The connections of the misbehaving server, with or without TLS. */
#ifndef TESTS_UPSTREAM_INTERNAL_H
#define TESTS_UPSTREAM_INTERNAL_H

#include <openssl/ssl.h>
#include <pthread.h>

#include "upstream.h"

#define REQUESTS_MAX 4096
#define FLAKY_MAX 64

struct upstream {
	int fd;
	uint16_t port;
	char url[64];
	SSL_CTX *tls;
	pthread_t acceptor;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned connections, requests, alive;
	char *request[REQUESTS_MAX];
	struct {
		char path[128];
		unsigned seen;
	} flaky[FLAKY_MAX];
	int *open; /* descriptors of connections, which are shut down at the end */
	size_t n_open;
	bool stopping, released;
};

struct connection {
	struct upstream *upstream;
	int fd;
	SSL *tls;
	char in[65536]; /* bytes that were read beyond the current request */
	size_t n_in;
	bool keep;
};

/* tls.c */
SSL_CTX *tls_context(const char *ca_file);
/* answer.c: answers one request. */
void answer_request(struct connection *connection, const char *head, const char *body, size_t len);

/* upstream.c */
bool send_bytes(struct connection *connection, const void *data, size_t len);
bool send_text(struct connection *connection, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void reset_connection(struct connection *connection);
unsigned times_seen(struct upstream *upstream, const char *path); /* includes this one */
void wait_released(struct upstream *upstream);
void wait_stopping(struct connection *connection); /* or the client has closed the connection */

#endif
