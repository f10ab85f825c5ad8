/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of peers, and the ranges of them that a configuration lists. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_ADDRESS_H
#define CORE_BASE_ADDRESS_H

#include <stdbool.h>

struct sockaddr;

#define ADDRESS_TEXT_MAX 48 /* bytes of an address as text, with its NUL */

enum address_kind { ADDRESS_UNKNOWN, ADDRESS_UNIX, ADDRESS_IPV4, ADDRESS_IPV6 };

struct address {
	enum address_kind kind;
	unsigned char bytes[16]; /* the address in network order; IPv4 uses the first four bytes */
};

/* The peers that share the first `bits` bits of an address; for ADDRESS_UNIX all of them. */
struct address_range {
	struct address first;
	unsigned bits;
};

/* An IPv4 address that is mapped into IPv6 becomes IPv4. NULL, and unknown families become
 * ADDRESS_UNKNOWN, which is in no range. */
struct address address_of(const struct sockaddr *socket);
bool address_is_loopback(const struct address *address);
void address_text(const struct address *address, char text[ADDRESS_TEXT_MAX]);
/* Reads "unix", an address, or a range such as "10.1.0.0/16". NULL when valid, else the reason. */
const char *address_range_parse(const char *text, struct address_range *range);
bool address_in(const struct address *address, const struct address_range *range);

#endif
