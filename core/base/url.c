/* SPDX-License-Identifier: Apache-2.0 */
/* The part of RFC 3986 that a base URL or a pre-signed link needs. */
#include "base/url.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

static bool
alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Reads a host name or IPv4 address; returns the rest, or NULL. */
static const char *
read_host(const char *text, struct url *url)
{
	size_t n = 0;

	while (alnum(text[n]) || text[n] == '-' || text[n] == '.' || text[n] == '_') {
		if (n + 1 >= sizeof(url->host) ||
		    (text[n] == '.' && (n == 0 || text[n - 1] == '.')))
			return NULL;
		url->host[n] = (char)tolower((unsigned char)text[n]);
		n++;
	}
	url->host[n] = '\0';
	return n > 0 && url->host[n - 1] != '.' ? text + n : NULL;
}

/* Reads "[v6]"; returns the rest, or NULL. */
static const char *
read_literal6(const char *text, struct url *url)
{
	const char *end = strchr(text, ']');
	struct in6_addr address;
	size_t n = end != NULL ? (size_t)(end - text) - 1 : 0;

	if (n == 0 || n >= INET6_ADDRSTRLEN)
		return NULL;
	memcpy(url->host, text + 1, n);
	url->host[n] = '\0';
	/* Writes an address in its one spelling, so that addresses can be compared as text. */
	if (inet_pton(AF_INET6, url->host, &address) != 1 ||
	    inet_ntop(AF_INET6, &address, url->host, sizeof(url->host)) == NULL)
		return NULL;
	url->literal6 = true;
	return end + 1;
}

const char *
url_authority(const char *text, struct url *url)
{
	unsigned long port = 0;
	size_t digits = 0;

	url->literal6 = false;
	text = *text == '[' ? read_literal6(text, url) : read_host(text, url);
	if (text == NULL)
		return "the host is not a name or an address";
	url->rest = text;
	if (*text != ':')
		return NULL;
	for (text++; *text >= '0' && *text <= '9' && digits < 6; text++, digits++)
		port = port * 10 + (unsigned long)(*text - '0');
	if (digits == 0 || port > 65535)
		return "the port is not a number from 0 to 65535";
	url->port = (uint16_t)port;
	url->rest = text;
	return NULL;
}

const char *
url_split(const char *text, struct url *url)
{
	const char *why;

	if (strncasecmp(text, "https://", 8) == 0) {
		url->tls = true;
		text += 8;
	} else if (strncasecmp(text, "http://", 7) == 0) {
		url->tls = false;
		text += 7;
	} else {
		return "the address does not begin with https:// or http://";
	}
	url->port = url->tls ? 443 : 80;
	why = url_authority(text, url);
	if (why != NULL)
		return why;
	if (*url->rest != '\0' && *url->rest != '/' && *url->rest != '?')
		return *url->rest == '@' ? "the address contains user information"
					 : "a character after the host is not valid";
	for (const char *p = url->rest; *p != '\0'; p++) {
		if (*p <= ' ' || *p == 0x7f || (*p & 0x80) != 0 ||
		    strchr("\"<>\\^`{|}#", *p) != NULL)
			return "a character in the address is not percent-encoded, or the "
			       "address has a fragment";
	}
	return NULL;
}

bool
url_host_loopback(const char *host)
{
	size_t len = strlen(host);
	struct in_addr address;

	if (inet_pton(AF_INET, host, &address) == 1)
		return (ntohl(address.s_addr) >> 24) == 127;
	return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
	       (len > 10 && strcmp(host + len - 10, ".localhost") == 0);
}
