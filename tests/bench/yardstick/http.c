/* SPDX-License-Identifier: Apache-2.0 */
/* The loops of the yardstick. Each thread has a listener, a libmicrohttpd daemon, a curl multi
 * handle and the calls that are held, all on one epoll. */
#define _GNU_SOURCE
#include "cref.h"

#include <curl/curl.h>
#include <json-c/json.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "share.h"

#define CONNECTIONS 15000
#define POOL 8192	/* bytes that libmicrohttpd allocates for a connection */
#define HELD (1u << 15) /* most calls; a power of two */
#define EVENTS 256
#define SPARE 1024 /* number of easy handles that are kept for the next request */

struct request {
	struct MHD_Connection *connection;
	char *body; /* bytes of the client, then of the upstream */
	size_t len, cap;
	struct answer answer;
	double due;
	bool answered;
};

struct loop {
	int poll, daemon_poll;
	struct MHD_Daemon *daemon;
	CURLM *multi;
	double curl_due; /* 0: no timer */
	CURL *spare[SPARE];
	size_t n_spare;
	struct request
	    /* calls in the order in which they end: in one run all are held for the same time */
	    *held[HELD];
	unsigned first, last;
	bool resumed;
};

static int listen_port;
static const char *upstream_url;
static struct curl_slist *upstream_headers;
static _Thread_local struct loop *loop;

static bool
keep(struct request *request, const char *data, size_t len)
{
	if (request->len + len + 1 > request->cap) {
		size_t cap = 2 * (request->len + len) + 64;
		char *body = realloc(request->body, cap);

		if (body == NULL)
			return false;
		request->body = body;
		request->cap = cap;
	}
	memcpy(request->body + request->len, data, len);
	request->len += len;
	return true;
}

static void
resume(struct request *request, const char *text, size_t len)
{
	answer_text(&request->answer, request->answer.id, text, len);
	json_object_put(request->answer.id);
	request->answered = true;
	MHD_resume_connection(request->connection);
	loop->resumed = true;
}

/* ---- the upstream ---- */

static size_t
on_body(char *data, size_t size, size_t n, void *user)
{
	return keep(user, data, size * n) ? size * n : 0;
}

static CURL *
new_easy(void)
{
	CURL *easy = curl_easy_init();

	curl_easy_setopt(easy, CURLOPT_URL, upstream_url);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, upstream_headers);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	return easy;
}

static void
ask_upstream(struct request *request)
{
	CURL *easy = loop->n_spare > 0 ? loop->spare[--loop->n_spare] : new_easy();

	request->len = 0;
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
	curl_multi_add_handle(loop->multi, easy);
}

static void
take_replies(void)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(loop->multi, &left)) != NULL) {
		CURL *easy = message->easy_handle;
		char *private;
		struct request *request;

		if (message->data.result != CURLE_OK)
			fprintf(stderr, "cref: %s\n", curl_easy_strerror(message->data.result));
		curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
		request = (struct request *)private;
		curl_multi_remove_handle(loop->multi, easy);
		if (loop->n_spare < SPARE)
			loop->spare[loop->n_spare++] = easy;
		else
			curl_easy_cleanup(easy);
		resume(request, request->body, request->len);
	}
}

static int
on_timer(CURLM *multi, long ms, void *user)
{
	(void)multi;
	(void)user;
	loop->curl_due = ms < 0 ? 0 : now() + (double)ms / 1e3;
	return 0;
}

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *known)
{
	struct epoll_event event = { .data.fd = fd };

	(void)easy;
	(void)user;
	event.events =
	    ((what & CURL_POLL_IN) ? EPOLLIN : 0) | ((what & CURL_POLL_OUT) ? EPOLLOUT : 0);
	if (what == CURL_POLL_REMOVE)
		epoll_ctl(loop->poll, EPOLL_CTL_DEL, fd, NULL);
	else if (known != NULL || epoll_ctl(loop->poll, EPOLL_CTL_ADD, fd, &event) != 0)
		epoll_ctl(loop->poll, EPOLL_CTL_MOD, fd, &event);
	if (what != CURL_POLL_REMOVE && known == NULL)
		curl_multi_assign(loop->multi, fd, loop);
	return 0;
}

/* ---- the clients ---- */

static enum MHD_Result
send_answer(struct MHD_Connection *connection, struct answer *answer)
{
	struct MHD_Response *response =
	    MHD_create_response_from_buffer(answer->len, answer->text, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result result;

	answer->text = NULL;
	MHD_add_response_header(response, "Content-Type", "application/json");
	result = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result
send_refusal(struct MHD_Connection *connection)
{
	struct MHD_Response *response =
	    MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_BAD_REQUEST, response);

	MHD_destroy_response(response);
	return result;
}

static const char *
header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* Checks that the headers that MCP 2026-07-28 requires are present. */
static bool
headers_present(struct MHD_Connection *c)
{
	return header(c, "MCP-Protocol-Version") != NULL && header(c, "Mcp-Method") != NULL &&
	       header(c, "Mcp-Name") != NULL && header(c, "Accept") != NULL &&
	       header(c, "Origin") == NULL;
}

static enum MHD_Result
serve(struct request *request)
{
	if (request->answered)
		return send_answer(request->connection, &request->answer);
	if (!headers_present(request->connection))
		return send_refusal(request->connection);
	switch (handle(request->body, request->len, &request->answer)) {
	case ANSWERED: return send_answer(request->connection, &request->answer);
	case LATER: break;
	case BAD: return send_refusal(request->connection);
	}
	MHD_suspend_connection(request->connection);
	if (request->answer.upstream) {
		ask_upstream(request);
	} else {
		request->due = now() + request->answer.hold_ms / 1e3;
		loop->held[loop->last++ % HELD] = request;
	}
	return MHD_YES;
}

static enum MHD_Result
on_request(void *user, struct MHD_Connection *connection, const char *url, const char *method,
	   const char *version, const char *data, size_t *len, void **context)
{
	struct request *request = *context;

	(void)user;
	(void)url;
	(void)method;
	(void)version;
	if (request == NULL) {
		request = calloc(1, sizeof(*request));
		if (request == NULL)
			return MHD_NO;
		request->connection = connection;
		*context = request;
		return MHD_YES;
	}
	if (*len == 0)
		return serve(request);
	if (!keep(request, data, *len))
		return MHD_NO;
	*len = 0;
	return MHD_YES;
}

static void
on_end(void *user, struct MHD_Connection *connection, void **context,
       enum MHD_RequestTerminationCode why)
{
	struct request *request = *context;

	(void)user;
	(void)connection;
	(void)why;
	if (request == NULL)
		return;
	free(request->body);
	free(request->answer.text);
	free(request);
	*context = NULL;
}

/* ---- the loop ---- */

static int
listener(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
	struct sockaddr_in at = loopback(listen_port);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, 4096) != 0) {
		perror("cref: listen");
		exit(1);
	}
	return fd;
}

static void
start_loop(void)
{
	struct epoll_event event = { .events = EPOLLIN };

	loop = calloc(1, sizeof(*loop));
	if (loop == NULL)
		exit(1);
	loop->poll = epoll_create1(0);
	loop->multi = curl_multi_init();
	curl_multi_setopt(loop->multi, CURLMOPT_MAXCONNECTS, 512L);
	curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	loop->daemon =
	    MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL,
			     NULL, on_request, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_end, NULL,
			     MHD_OPTION_LISTEN_SOCKET, listener(), MHD_OPTION_CONNECTION_LIMIT,
			     CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL,
			     MHD_OPTION_END);
	if (loop->daemon == NULL)
		exit(1);
	loop->daemon_poll = MHD_get_daemon_info(loop->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	event.data.fd = loop->daemon_poll;
	epoll_ctl(loop->poll, EPOLL_CTL_ADD, loop->daemon_poll, &event);
}

static void
sooner(int *wait_ms, double ms)
{
	int other = ms < 0 ? 0 : ms > 1000 ? 1000 : (int)ms;

	if (*wait_ms < 0 || other < *wait_ms)
		*wait_ms = other;
}

static int
until_next(void)
{
	MHD_UNSIGNED_LONG_LONG of_daemon;
	double at = now();
	int wait_ms = loop->resumed ? 0 : -1;

	if (MHD_get_timeout(loop->daemon, &of_daemon) == MHD_YES)
		sooner(&wait_ms, (double)of_daemon);
	if (loop->curl_due != 0)
		sooner(&wait_ms, (loop->curl_due - at) * 1e3 + 1);
	if (loop->first != loop->last)
		sooner(&wait_ms, (loop->held[loop->first % HELD]->due - at) * 1e3 + 1);
	return wait_ms;
}

static void
run_timers(void)
{
	double at = now();
	int running;

	if (loop->curl_due != 0 && at >= loop->curl_due) {
		loop->curl_due = 0;
		curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	take_replies();
	for (; loop->first != loop->last; loop->first++) {
		struct request *request = loop->held[loop->first % HELD];

		if (request->due > at)
			break;
		resume(request, "held", 4);
	}
}

static void *
run_loop(void *unused)
{
	struct epoll_event events[EVENTS];

	(void)unused;
	start_loop();
	for (;;) {
		int n = epoll_wait(loop->poll, events, EVENTS, until_next()), running;
		bool clients = n <= 0 || loop->resumed;

		loop->resumed = false;
		for (int i = 0; i < n; i++) {
			uint32_t is = events[i].events;

			if (events[i].data.fd == loop->daemon_poll)
				clients = true;
			else
				curl_multi_socket_action(loop->multi, events[i].data.fd,
							 ((is & ~(uint32_t)EPOLLOUT)
							      ? CURL_CSELECT_IN
							      : 0) |
							     ((is & EPOLLOUT) ? CURL_CSELECT_OUT
									      : 0),
							 &running);
		}
		run_timers();
		if (clients || loop->resumed) {
			loop->resumed = false;
			MHD_run(loop->daemon);
		}
	}
	return NULL;
}

int
run_http(int port, int loops, const char *upstream)
{
	struct rlimit most = { 20000, 20000 };
	pthread_t thread;

	listen_port = port;
	upstream_url = upstream;
	setrlimit(RLIMIT_NOFILE, &most);
	signal(SIGPIPE, SIG_IGN);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	upstream_headers = curl_slist_append(NULL, "Authorization: Bearer x");
	for (int i = 1; i < loops; i++)
		pthread_create(&thread, NULL, run_loop, NULL);
	run_loop(NULL);
	return 1;
}
