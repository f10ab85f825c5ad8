/* SPDX-License-Identifier: Apache-2.0 */
/* Absolute http and https URLs (RFC 3986), split strictly: no user information, no fragment, no
 * character that must be percent-encoded. Anything unusual is refused, never repaired. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_URL_H
#define CORE_BASE_URL_H

#include <stdbool.h>
#include <stdint.h>

#define URL_HOST_MAX 254

struct url {
	bool tls;		 /* https */
	char host[URL_HOST_MAX]; /* lower case; IPv6 without brackets */
	bool literal6;		 /* the host is an IPv6 address */
	uint16_t port;		 /* the given port, or the default of the scheme */
	const char *rest;	 /* path and query within the given text, or "" */
};

/* NULL when valid, else the reason. */
const char *url_split(const char *text, struct url *url);
/* Splits only "host[:port]" or "[v6]:port". `port` keeps its value when the text has no port, and
 * *rest is the text that follows. NULL when valid, else the reason. */
const char *url_authority(const char *text, struct url *url);
/* localhost, *.localhost, 127.0.0.0/8 and ::1. */
bool url_host_loopback(const char *host);

#endif
