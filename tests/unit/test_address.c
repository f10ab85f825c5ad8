/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the addresses of peers and their ranges. */
#include "base/address.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "suite.h"

static struct address
from_text(const char *text)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return address_of((struct sockaddr *)&in);
	CU_ASSERT_FATAL(inet_pton(AF_INET6, text, &in6.sin6_addr) == 1);
	return address_of((struct sockaddr *)&in6);
}

static void
kinds(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr other = { .sa_family = AF_PACKET };
	struct address address = address_of((struct sockaddr *)&un);
	char text[ADDRESS_TEXT_MAX];

	ASSERT_INT(address.kind, ADDRESS_UNIX);
	address_text(&address, text);
	ASSERT_STR(text, "unix");
	CU_ASSERT(!address_is_loopback(&address));
	ASSERT_INT(address_of(NULL).kind, ADDRESS_UNKNOWN);
	ASSERT_INT(address_of(&other).kind, ADDRESS_UNKNOWN);
	address = from_text("::ffff:10.0.0.9");
	ASSERT_INT(address.kind, ADDRESS_IPV4);
	address_text(&address, text);
	ASSERT_STR(text, "10.0.0.9");
}

static void
loopback(void)
{
	static const struct {
		const char *text;
		bool is;
	} cases[] = { { "127.0.0.1", true },
		      { "127.9.9.9", true },
		      { "::1", true },
		      { "::ffff:127.0.0.1", true },
		      { "126.255.255.255", false },
		      { "128.0.0.1", false },
		      { "::2", false },
		      { "::", false },
		      { "fe80::1", false },
		      { "0.0.0.0", false } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct address address = from_text(cases[i].text);

		ASSERT_INT(address_is_loopback(&address), cases[i].is);
	}
}

static void
ranges(void)
{
	static const struct {
		const char *range, *address;
		bool in;
	} cases[] = {
		{ "10.1.2.3", "10.1.2.3", true },
		{ "10.1.2.3", "10.1.2.4", false },
		{ "10.1.2.3", "::ffff:10.1.2.3", true },
		{ "10.1.0.0/16", "10.1.255.255", true },
		{ "10.1.0.0/16", "10.2.0.0", false },
		{ "10.1.0.0/16", "10.0.255.255", false },
		{ "10.0.0.0/9", "10.127.255.255", true },
		{ "10.0.0.0/9", "10.128.0.0", false },
		{ "128.0.0.0/1", "255.0.0.1", true },
		{ "128.0.0.0/1", "127.255.255.255", false },
		{ "10.1.2.2/31", "10.1.2.3", true },
		{ "10.1.2.2/31", "10.1.2.4", false },
		{ "10.1.2.3/32", "10.1.2.3", true },
		{ "10.1.2.3/32", "10.1.2.2", false },
		{ "fd00::/8", "fdff::1", true },
		{ "fd00::/8", "fe00::1", false },
		{ "2001:db8::/33", "2001:db8:7fff::", true },
		{ "2001:db8::/33", "2001:db8:8000::", false },
		{ "2001:db8::1", "2001:db8::1", true },
		{ "2001:db8::1/128", "2001:db8::2", false },
		{ "a00::/8", "10.0.0.1", false },
		{ "unix", "10.0.0.1", false },
		{ "unix", "::1", false },
	};
	struct address_range range;
	struct address unix_peer = { .kind = ADDRESS_UNIX }, unknown = { .kind = ADDRESS_UNKNOWN };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct address address = from_text(cases[i].address);

		ASSERT_STR(address_range_parse(cases[i].range, &range), NULL);
		ASSERT_INT(address_in(&address, &range), cases[i].in);
		CU_ASSERT(!address_in(&unknown, &range));
		ASSERT_INT(address_in(&unix_peer, &range), strcmp(cases[i].range, "unix") == 0);
	}
}

static void
invalid_ranges(void)
{
	static const char *const texts[] = {
		"",
		"*",
		"localhost",
		"10.0.0",
		"10.0.0.256",
		"010.0.0.1",
		"10.0.0.1 ",
		" 10.0.0.1",
		"10.0.0.0/",
		"10.0.0.0/0",
		"0.0.0.0/0",
		"::/0",
		"10.0.0.0/33",
		"10.0.0.0/08",
		"10.0.0.0/+8",
		"10.0.0.0/8/8",
		"10.0.0.0/8 ",
		"10.0.0.1/8",
		"10.0.0.2/30x",
		"fd00::/129",
		"fd00::1/64",
		"fd00::1%eth0",
		"[fd00::1]",
		"::ffff:10.0.0.1",
		"::ffff:10.0.0.0/104",
		"UNIX",
		"unix/8",
		"10.0.0.0/4294967304",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc",
	};
	struct address_range range;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (address_range_parse(texts[i], &range) == NULL) {
			printf("\n    accepted: %s", texts[i]);
			CU_FAIL("an invalid range is accepted");
		} else {
			CU_PASS("");
		}
}

static const struct test tests[] = { TEST(kinds), TEST(loopback), TEST(ranges),
				     TEST(invalid_ranges) };
SUITE(tests)
