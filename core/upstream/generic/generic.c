/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/generic/generic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/uri.h"
#include "base/url.h"
#include "config/text.h"

#define REQUEST_ID_MAX 128
#define BASIC_MAX (128u << 10) /* bytes of user and password, encoded */

const char *
generic_url(const char *text, bool allow_http, char **url)
{
	const char *why;
	struct url split;
	size_t len;

	*url = NULL;
	why = url_split(text, &split);
	if (why != NULL)
		return why;
	if (strchr(split.rest, '?') != NULL)
		return "it has a query; give the address and path that all requests begin with";
	if (!split.tls && !url_host_loopback(split.host) && !allow_http)
		return "http:// would send the credential in the clear; use https://, or say "
		       "allow_http = true";
	len = strlen(text);
	while (len > 0 && text[len - 1] == '/')
		len--;
	if (split.rest < text + len) {
		char *path = xstrndup(split.rest, (size_t)(text + len - split.rest));

		why = uri_path_check(path);
		free(path);
	}
	if (why == NULL)
		*url = xstrndup(text, len);
	return why;
}

/* RFC 7617: base64 of "user:password" in UTF-8. */
static char *
basic_header(const struct config_upstream *upstream, const char *secret)
{
	char *pair = xprintf("%s:%s", upstream->user, secret), *header;
	struct buf text;

	buf_init(&text, BASIC_MAX);
	buf_puts(&text, "Authorization: Basic ");
	buf_base64(&text, pair, strlen(pair));
	secret_free(pair);
	header = xstrdup(text.data);
	explicit_bzero(text.data, text.len);
	buf_fini(&text);
	return header;
}

void
generic_authorize(const struct config_upstream *upstream, const char *secret,
		  struct strings *headers)
{
	char *header = NULL;

	switch (upstream->method) {
	case AUTH_NONE: return;
	case AUTH_BEARER:
	case AUTH_OAUTH: header = xprintf("Authorization: Bearer %s", secret); break;
	case AUTH_BASIC: header = basic_header(upstream, secret); break;
	case AUTH_HEADER: header = xprintf("%s: %s", upstream->header, secret); break;
	}
	strings_add(headers, header);
	secret_free(header);
}

void
generic_user_agent(const struct config_upstream *upstream, struct buf *out)
{
	(void)upstream;
	(void)out;
}

bool
generic_foreign_reply(const char *path, const char *accept, int status, const char *content_type,
		      const char *location, char *why, size_t why_size)
{
	(void)path;
	if (status >= 200 && status < 300 && strcmp(accept, "application/json") == 0 &&
	    content_type != NULL && strncasecmp(content_type, "text/html", 9) == 0) {
		snprintf(why, why_size,
			 "answered with a page for people where JSON was asked for, "
			 "such as a login page: check the address and the credential");
		return true;
	}
	if (status < 300 || status >= 400 || status == 304)
		return false;
	if (location == NULL)
		location = "";
	snprintf(why, why_size,
		 "answered with a redirect (to %.*s), which is not followed: check the address and "
		 "the credential",
		 (int)strcspn(location, "?#"), location);
	return true;
}

bool
generic_refused(int status, struct mcp_text body)
{
	(void)body;
	return status == 401;
}

char *
generic_request_id(const struct mcp_header *headers, size_t n, struct mcp_text body)
{
	static const char *const names[] = { "X-Request-Id", "Request-Id", "X-Correlation-Id",
					     "X-Arequestid" };
	static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789-_.";

	(void)body;
	for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
		for (size_t i = 0; i < n; i++) {
			size_t len = strspn(headers[i].value, characters);

			if (strcasecmp(headers[i].name, names[k]) == 0 && len > 0)
				return xstrndup(headers[i].value,
						len < REQUEST_ID_MAX ? len : REQUEST_ID_MAX);
		}
	}
	return xstrdup("");
}
