/* SPDX-License-Identifier: Apache-2.0 */
/* Request ids, refused credentials, and pages that mean "not logged in". */
#include "upstream/databricks/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

#define REQUEST_ID_MAX 128

/* Is another type than JSON expected, because the request asks for it or because of the name of the
 * file that it fetches? */
static bool
html_wanted(const char *path, const char *accept)
{
	size_t len = strlen(path);

	if (accept != NULL &&
	    (strcasestr(accept, "text/") != NULL || strstr(accept, "*/*") != NULL))
		return true;
	return (len > 5 && strcasecmp(path + len - 5, ".html") == 0) ||
	       (len > 4 && strcasecmp(path + len - 4, ".htm") == 0);
}

bool
databricks_login_page(const char *path, const char *accept, int status, const char *content_type,
		      const char *location, char *why, size_t why_size)
{
	if (status >= 300 && status < 400 && status != 304) {
		if (location == NULL)
			location = "";
		if (strstr(location, "private-link-validation-error") != NULL)
			snprintf(why, why_size,
				 "answered with a redirect to an error page of private link: "
				 "the workspace cannot be reached from this network");
		else
			snprintf(why, why_size,
				 "answered with a redirect (to %.*s) instead of an API reply, "
				 "as for a login page: check that host is the URL of a "
				 "workspace, and check the token",
				 (int)strcspn(location, "?#"), location);
		return true;
	}
	if (status >= 200 && status < 300 && content_type != NULL &&
	    strncasecmp(content_type, "text/html", 9) == 0 && !html_wanted(path, accept)) {
		snprintf(why, why_size,
			 "answered with a login page instead of an API reply: check that host "
			 "is the URL of a workspace, and check the token");
		return true;
	}
	return false;
}

bool
databricks_refused(int status, struct mcp_text body)
{
	static const char words[] = "Invalid access token";

	return status == 401 || (status == 403 && body.len > 0 &&
				 memmem(body.data, body.len, words, sizeof(words) - 1) != NULL);
}

static bool
id_character(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '-' || c == '_' || c == '.';
}

static char *
take_id(const char *text, const char *end)
{
	size_t len = 0;

	while (text + len < end && len < REQUEST_ID_MAX && id_character(text[len]))
		len++;
	return len > 0 ? xstrndup(text, len) : NULL;
}

/* Reads the id from Server-Timing: request_id;dur=0;desc="UUID" */
static char *
server_timing_id(const char *value)
{
	const char *entry = strstr(value, "request_id;"), *desc;

	if (entry == NULL)
		return NULL;
	desc = strstr(entry, "desc=");
	if (desc == NULL || desc > entry + strcspn(entry, ","))
		return NULL;
	desc += 5 + (desc[5] == '"');
	return take_id(desc, desc + strlen(desc));
}

char *
databricks_request_id(const struct mcp_header *headers, size_t n, struct mcp_text body)
{
	static const char mark[] = "[ReqId: ";
	const char *found;
	char *id = NULL;

	for (size_t i = 0; i < n && id == NULL; i++) {
		if (strcasecmp(headers[i].name, "X-Request-Id") == 0)
			id = take_id(headers[i].value, headers[i].value + strlen(headers[i].value));
	}
	for (size_t i = 0; i < n && id == NULL; i++) {
		if (strcasecmp(headers[i].name, "Server-Timing") == 0)
			id = server_timing_id(headers[i].value);
	}
	if (id == NULL && body.len > 0) {
		found = memmem(body.data, body.len, mark, sizeof(mark) - 1);
		if (found != NULL)
			id = take_id(found + sizeof(mark) - 1, body.data + body.len);
	}
	return id != NULL ? id : xstrdup("");
}
