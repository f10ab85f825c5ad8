/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of opening sockets: which addresses are loopback, their names, which are refused and
 * why. */
#include "transport/listen.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/config.h"
#include "suite.h"

static void
check_tcp(const char *host, enum listen_reach reach, const char *prefix)
{
	struct config_listener config = { .kind = LISTEN_TCP, .host = (char *)(uintptr_t)host };
	struct listen_socket *list = NULL;
	char why[200] = "";

	ASSERT_INT(listen_open(&config, &list, why, sizeof(why)), 1);
	ASSERT_STR(why, "");
	if (list == NULL)
		return;
	CU_ASSERT(list->fd >= 0);
	ASSERT_INT(list->reach, reach);
	CU_ASSERT(strncmp(list->address, prefix, strlen(prefix)) == 0);
	CU_ASSERT(atoi(list->address + strlen(prefix)) > 0); /* the real port */
	listen_close(list);
	ASSERT_INT(list->fd, -1);
	listen_close(list); /* twice is allowed */
	free(list);
}

static bool
has_ipv6(void)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6,
					.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool has = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

	if (fd >= 0)
		close(fd);
	return has;
}

static void
tcp_addresses(void)
{
	check_tcp("127.0.0.1", REACH_LOOPBACK, "127.0.0.1:");
	check_tcp("127.8.9.1", REACH_LOOPBACK, "127.8.9.1:");
	check_tcp("0.0.0.0", REACH_ANYWHERE, "0.0.0.0:");
	if (!has_ipv6())
		return;
	check_tcp("::1", REACH_LOOPBACK, "[::1]:");
	check_tcp("::ffff:127.0.0.1", REACH_LOOPBACK, "[::ffff:127.0.0.1]:");
	check_tcp("::", REACH_ANYWHERE, "[::]:");
}

static void
check_refused(struct config_listener config, const char *reason)
{
	struct listen_socket *list = NULL;
	char why[300] = "";

	ASSERT_INT(listen_open(&config, &list, why, sizeof(why)), 0);
	if (strstr(why, reason) == NULL)
		printf("\n    \"%s\" should say \"%s\"", why, reason);
	CU_ASSERT(strstr(why, reason) != NULL);
	CU_ASSERT(list == NULL);
}

static void
refusals_say_why(void)
{
	char no_host[] = "no.such.host.invalid", elsewhere[] = "192.0.2.1", file[] = "/etc/passwd";

	check_refused((struct config_listener){ .kind = LISTEN_TCP, .host = no_host }, no_host);
	check_refused((struct config_listener){ .kind = LISTEN_TCP, .host = elsewhere },
		      "Cannot assign requested address");
	check_refused((struct config_listener){ .kind = LISTEN_UNIX, .host = file },
		      "not a socket");
	check_refused((struct config_listener){ .kind = LISTEN_SYSTEMD },
		      "systemd passed no socket");
}

static void
port_of_another_is_refused(void)
{
	char host[] = "127.0.0.1";
	struct config_listener config = { .kind = LISTEN_TCP, .host = host };
	struct listen_socket *list = NULL;
	char why[200];

	ASSERT_INT(listen_open(&config, &list, why, sizeof(why)), 1);
	if (list == NULL)
		return;
	config.port = (uint16_t)atoi(strchr(list->address, ':') + 1);
	check_refused(config, "Address already in use");
	listen_close(list);
	free(list);
}

static const struct test tests[] = {
	TEST(tcp_addresses),
	TEST(refusals_say_why),
	TEST(port_of_another_is_refused),
};
SUITE(tests)
