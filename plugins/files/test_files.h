/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that the tests of the files plugin share. */
#ifndef PLUGINS_FILES_TEST_H
#define PLUGINS_FILES_TEST_H

#include <lakehost/fakehost.h>

#include "suite.h"
#include "texts.h"

#define V "/Volumes/main/default/landing"
#define FILES "/api/2.0/fs/files" V
#define DIRECTORIES "/api/2.0/fs/directories" V
#define DBFS "/api/2.0/dbfs"
#define WORKSPACE "/api/2.0/workspace"
#define FORBIDDEN "{\"error_code\":\"PERMISSION_DENIED\",\"message\":\"No.\"}"
#define NOT_FOUND "{\"error_code\":\"NOT_FOUND\",\"message\":\"It is not found.\"}"
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Request number i of the last call, "METHOD target"; "" when there is no such request. */
static inline const char *
asked(const struct fakehost *host, size_t i)
{
	static char text[8192];
	const struct fakehost_request *request = fakehost_request(host, i);

	text[0] = '\0';
	if (request != NULL)
		snprintf(text, sizeof(text), "%s %s", request->method, request->target);
	return text;
}

/* Makes a reply with bytes, a Content-Type and one more header. */
static inline void
reply_bytes(struct fakehost *host, const char *request, int status, const void *data, size_t len,
	    const char *header, const char *value)
{
	const struct mcp_header headers[] = { { "Content-Type", "text/csv" }, { header, value } };
	const struct mcp_reply reply = { .size = sizeof(reply),
					 .status = status,
					 .why = "",
					 .body = { data, len },
					 .headers = headers,
					 .n_headers = header != NULL ? 2 : 1,
					 .request_id = "",
					 .retry_after_ms = -1,
					 .bytes = len };

	fakehost_reply_with(host, request, &reply);
}

/* Makes replies of the Files API about a file of a volume, a directory, or a missing path. */
static inline void
volume_has(struct fakehost *host, const char *below, char what, const char *size)
{
	char request[512];

	snprintf(request, sizeof(request), "HEAD " FILES "%s", below);
	if (what == 'f')
		reply_bytes(host, request, 200, "", 0, "Content-Length", size);
	else
		fakehost_reply(host, request, 404, "");
	snprintf(request, sizeof(request), "HEAD " DIRECTORIES "%s", below);
	fakehost_reply(host, request, what == 'd' ? 200 : 404, "");
}

#endif
