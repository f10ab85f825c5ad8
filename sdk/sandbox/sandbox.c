/* SPDX-License-Identifier: Apache-2.0 */
/* lakehost-sandbox: its options, the listening socket, its start and its end. sandbox.h describes
 * the other parts. */
#include "sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

enum { LISTEN_BACKLOG = 512, MAX_DELAY_MS = 3600000 };

struct options options;

/* clang-format off */
static const char usage[] =
"Usage: lakehost-sandbox --listen ADDR:PORT --data DIR [--delay-ms N] [--allow-exec]\n"
"A local workspace that speaks the Databricks REST API, for trying and testing.\n"
"\n"
"  --listen ADDR:PORT  loopback address; port 0 picks a free one (default 127.0.0.1:0)\n"
"  --data DIR          state is kept here; made when absent\n"
"  --delay-ms N        how long a cluster start takes; other delays scale with it (3000)\n"
"  --allow-exec        run python for every token, not only for the printed one\n"
"  --help, --version\n"
"\n"
"When ready it prints DATABRICKS_HOST=... and DATABRICKS_TOKEN=... on standard output.\n"
"A token dapi-NAME (NAME: a-z, 0-9, _) opens a workspace of its own.  An OAuth client for\n"
"the default workspace is in DIR/oauth-client.json.  Admin: /_sandbox/fault, /_sandbox/requests,\n"
"/_sandbox/settings.\n";
/* clang-format on */

static _Noreturn void
fail(const char *what, const char *detail)
{
	fprintf(stderr, "lakehost-sandbox: %s%s%s\n", what, *detail != '\0' ? ": " : "", detail);
	exit(2);
}

/* ---- options ---- */

static bool
is_loopback(const struct sockaddr_storage *addr)
{
	const struct sockaddr_in *v4 = (const void *)addr;
	const struct sockaddr_in6 *v6 = (const void *)addr;

	if (addr->ss_family == AF_INET)
		return (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
	return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

static socklen_t
parse_listen(const char *text, struct sockaddr_storage *addr)
{
	const char *colon = strrchr(text, ':');
	struct sockaddr_in *v4 = (void *)addr;
	struct sockaddr_in6 *v6 = (void *)addr;
	char host[64], *end;
	long port;

	if (colon == NULL || (size_t)(colon - text) >= sizeof(host))
		fail("--listen needs ADDR:PORT", text);
	port = strtol(colon + 1, &end, 10);
	if (colon[1] == '\0' || *end != '\0' || port < 0 || port > 65535)
		fail("--listen has no valid port", text);
	snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
	memset(addr, 0, sizeof(*addr));
	snprintf(options.host, sizeof(options.host), "%s",
		 strcmp(host, "localhost") == 0 ? "127.0.0.1" : host);
	if (inet_pton(AF_INET, options.host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		return sizeof(*v4);
	}
	if (strcmp(host, "[::1]") == 0) {
		v6->sin6_family = AF_INET6;
		v6->sin6_addr = in6addr_loopback;
		v6->sin6_port = htons((uint16_t)port);
		return sizeof(*v6);
	}
	fail("--listen needs a loopback address (127.0.0.1, localhost, [::1])", text);
}

static int64_t
parse_delay(const char *text)
{
	char *end;
	long long ms = strtoll(text, &end, 10);

	if (*text == '\0' || *end != '\0' || ms < 0 || ms > MAX_DELAY_MS)
		fail("--delay-ms must be 0 to 3600000", text);
	return ms;
}

static const char *
parse_options(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "data", required_argument, NULL, 'd' },
		{ "delay-ms", required_argument, NULL, 'm' },
		{ "allow-exec", no_argument, NULL, 'x' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	const char *listen_text = "127.0.0.1:0";
	int c;

	options.delay_ms = 3000;
	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		if (c == 'l') {
			listen_text = optarg;
		} else if (c == 'd') {
			options.data_dir = optarg;
		} else if (c == 'm') {
			options.delay_ms = parse_delay(optarg);
		} else if (c == 'x') {
			options.allow_exec = true;
		} else if (c == 'h') {
			fputs(usage, stdout);
			exit(0);
		} else if (c == 'V') {
			puts("lakehost-sandbox " SANDBOX_VERSION);
			exit(0);
		} else {
			exit(2);
		}
	}
	if (optind < argc)
		fail("unexpected argument", argv[optind]);
	if (options.data_dir == NULL)
		fail("--data DIR is required", "");
	return listen_text;
}

/* ---- start ---- */

static int
open_socket(const struct sockaddr_storage *addr, socklen_t len)
{
	int fd = socket(addr->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} bound = { 0 };
	socklen_t bound_len = sizeof(bound);

	if (fd < 0)
		fail("socket", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (const void *)addr, len) != 0 || listen(fd, LISTEN_BACKLOG) != 0)
		fail("cannot listen", strerror(errno));
	if (getsockname(fd, &bound.any, &bound_len) != 0)
		fail("getsockname", strerror(errno));
	options.port =
	    ntohs(bound.any.sa_family == AF_INET ? bound.v4.sin_port : bound.v6.sin6_port);
	return fd;
}

static void
open_data(void)
{
	char *real;

	umask(077);
	if (mkdir(options.data_dir, 0700) != 0 && errno != EEXIST)
		fail(options.data_dir, strerror(errno));
	real = realpath(options.data_dir, NULL);
	if (real == NULL)
		fail(options.data_dir, strerror(errno));
	options.data_dir = real;
	if (!auth_load())
		fail("cannot prepare the secrets in the data folder", options.data_dir);
}

static void
wait_for_signal(const sigset_t *signals)
{
	int number;

	while (sigwait(signals, &number) != 0)
		continue;
	log_line("info", "signal %d: stopping", number);
}

int
main(int argc, char **argv)
{
	struct sockaddr_storage addr;
	sigset_t signals;
	socklen_t len;
	int fd;

	len = parse_listen(parse_options(argc, argv), &addr);
	if (!is_loopback(&addr))
		fail("--listen needs a loopback address (127.0.0.1, localhost, [::1])",
		     options.host);
	settings_set_delay(options.delay_ms);
	open_data();
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	fd = open_socket(&addr, len);
	if (ws_open("default") == NULL || !http_start(fd))
		fail("cannot start", strerror(errno));
	printf("DATABRICKS_HOST=http://%s:%d\nDATABRICKS_TOKEN=%s\n", options.host, options.port,
	       options.pat);
	fflush(stdout);
	wait_for_signal(&signals);
	background_stop();
	http_stop();
	background_join();
	ws_close_all();
	free((char *)(uintptr_t)options.data_dir);
	return 0;
}
