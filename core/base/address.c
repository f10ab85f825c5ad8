/* SPDX-License-Identifier: Apache-2.0 */
#include "base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/check.h"

static unsigned
bits_of(enum address_kind kind)
{
	return kind == ADDRESS_IPV4 ? 32 : kind == ADDRESS_IPV6 ? 128 : 0;
}

static struct address
address_ipv6(const struct in6_addr *six)
{
	struct address address = { .kind = ADDRESS_IPV6 };

	if (IN6_IS_ADDR_V4MAPPED(six)) {
		address.kind = ADDRESS_IPV4;
		memcpy(address.bytes, six->s6_addr + 12, 4);
	} else {
		memcpy(address.bytes, six->s6_addr, 16);
	}
	return address;
}

struct address
address_of(const struct sockaddr *socket)
{
	struct address address = { .kind = ADDRESS_UNKNOWN };

	if (socket == NULL)
		return address;
	if (socket->sa_family == AF_UNIX) {
		address.kind = ADDRESS_UNIX;
	} else if (socket->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, socket, sizeof(in));
		address.kind = ADDRESS_IPV4;
		memcpy(address.bytes, &in.sin_addr, 4);
	} else if (socket->sa_family == AF_INET6) {
		struct sockaddr_in6 in;

		memcpy(&in, socket, sizeof(in));
		address = address_ipv6(&in.sin6_addr);
	}
	return address;
}

bool
address_is_loopback(const struct address *address)
{
	static const struct in6_addr one = IN6ADDR_LOOPBACK_INIT;

	if (address->kind == ADDRESS_IPV4)
		return address->bytes[0] == 127;
	return address->kind == ADDRESS_IPV6 && memcmp(address->bytes, &one, sizeof(one)) == 0;
}

void
address_text(const struct address *address, char text[ADDRESS_TEXT_MAX])
{
	if (address->kind == ADDRESS_UNIX)
		snprintf(text, ADDRESS_TEXT_MAX, "unix");
	else if (address->kind == ADDRESS_UNKNOWN)
		snprintf(text, ADDRESS_TEXT_MAX, "unknown");
	else
		CHECK(inet_ntop(address->kind == ADDRESS_IPV4 ? AF_INET : AF_INET6, address->bytes,
				text, ADDRESS_TEXT_MAX) != NULL);
}

/* Are all bits after the first `bits` zero? */
static bool
rest_is_zero(const struct address *address, unsigned bits)
{
	for (unsigned i = bits; i < bits_of(address->kind); i++)
		if ((address->bytes[i / 8] & (0x80u >> i % 8)) != 0)
			return false;
	return true;
}

/* The number after the slash, from 1 to `most`; 0 when it is invalid. */
static unsigned
read_bits(const char *text, unsigned most)
{
	unsigned long bits;

	if (*text < '1' || *text > '9' || strlen(text) > 3 ||
	    strspn(text, "0123456789") != strlen(text))
		return 0;
	bits = strtoul(text, NULL, 10);
	return bits <= most ? (unsigned)bits : 0;
}

const char *
address_range_parse(const char *text, struct address_range *range)
{
	const char *slash = strchr(text, '/');
	size_t len = slash != NULL ? (size_t)(slash - text) : strlen(text);
	char host[ADDRESS_TEXT_MAX];
	struct in6_addr six;

	*range = (struct address_range){ 0 };
	if (strcmp(text, "unix") == 0) {
		range->first.kind = ADDRESS_UNIX;
		return NULL;
	}
	if (len >= sizeof(host))
		return "is not an address";
	memcpy(host, text, len);
	host[len] = '\0';
	if (inet_pton(AF_INET, host, range->first.bytes) == 1) {
		range->first.kind = ADDRESS_IPV4;
	} else if (inet_pton(AF_INET6, host, &six) == 1) {
		range->first = address_ipv6(&six);
		if (range->first.kind == ADDRESS_IPV4)
			return "is IPv4 written as IPv6: write it as IPv4";
	} else {
		return "is not \"unix\", an IPv4 or IPv6 address, or a range such as "
		       "\"10.1.0.0/16\"";
	}
	range->bits = bits_of(range->first.kind);
	if (slash != NULL)
		range->bits = read_bits(slash + 1, range->bits);
	if (range->bits == 0)
		return "has an invalid number of bits after the slash";
	return rest_is_zero(&range->first, range->bits)
		 ? NULL
		 : "has bits after the range: they must be zero";
}

bool
address_in(const struct address *address, const struct address_range *range)
{
	unsigned whole = range->bits / 8, rest = range->bits % 8;

	if (address->kind == ADDRESS_UNKNOWN || address->kind != range->first.kind)
		return false;
	if (memcmp(address->bytes, range->first.bytes, whole) != 0)
		return false;
	return rest == 0 || ((address->bytes[whole] ^ range->first.bytes[whole]) &
			     (0xff00u >> rest & 0xff)) == 0;
}
