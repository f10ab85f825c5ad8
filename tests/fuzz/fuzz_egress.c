/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes three lines: a permission, a path or link, a header's value. Accepted values must follow
 * the rules, which are checked here in another way. */
#include "fuzz.h"

#include <string.h>

#include "upstream/databricks/http.h"
#include "base/mem.h"
#include "base/uri.h"
#include "base/url.h"
#include "config/permission.h"
#include "egress/internal.h"

static void
check_permission(char *permission, const char *path)
{
	struct strings list = { .item = &permission, .count = 1 };
	const char *star = strchr(permission, '*'), *space = strchr(permission, ' ');
	char *method;

	if (permission_check(permission) != NULL)
		return;
	PROMISE(space != NULL && strstr(permission, "//") == NULL);
	PROMISE(space[1] == '/' || strcmp(space, " link") == 0);
	PROMISE(!permission_allows(&list, "NOSUCH", path));
	if (uri_path_check(path) != NULL || strchr(path, '{') != NULL)
		return;
	method = xstrndup(permission, (size_t)(space - permission));
	if (permission_allows(&list, method, path)) {
		if (star == NULL)
			PROMISE(strcmp(space + 1, path) == 0);
		else
			PROMISE(strncmp(space + 1, path, (size_t)(star - space - 1)) == 0);
	}
	free(method);
}

static bool
ends(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len >= n && strcmp(text + len - n, end) == 0;
}

static void
check_link(const char *link)
{
	char *suffixes[] = { (char *)"s3.*.amazonaws.com", (char *)"blob.example" };
	struct config_upstream upstream = { .url = (char *)"http://127.0.0.1:8080",
					    .link_suffixes = { suffixes, 2 } };
	struct url url;

	if (link_check(&upstream, link) != NULL)
		return;
	PROMISE(url_split(link, &url) == NULL);
	if (url.tls) {
		PROMISE(url.port == 443);
		PROMISE(ends(url.host, ".amazonaws.com") || strcmp(url.host, "blob.example") == 0 ||
			ends(url.host, ".blob.example"));
	} else {
		PROMISE(strcmp(url.host, "127.0.0.1") == 0 && url.port == 8080);
	}
}

static void
check_header(const char *value)
{
	struct mcp_header headers[] = { { "Server-Timing", value }, { "X-Request-Id", value } };
	struct mcp_text body = { value, strlen(value) };
	char why[128], *id;

	for (size_t n = 0; n <= 2; n++) {
		id = databricks_request_id(headers, n, body);
		PROMISE(strlen(id) <= 128 && strpbrk(id, " \"<>\r\n") == NULL);
		free(id);
	}
	PROMISE(databricks_login_page("/api", NULL, 302, NULL, value, why, sizeof(why)));
	databricks_login_page("/api", value, 200, value, value, why, sizeof(why));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text, *path, *value;

	if (len > 8192)
		return 0;
	text = xstrndup((const char *)data, len);
	path = text + strcspn(text, "\n");
	if (*path != '\0')
		*path++ = '\0';
	value = path + strcspn(path, "\n");
	if (*value != '\0')
		*value++ = '\0';
	check_permission(text, path);
	check_link(path);
	check_header(value);
	free(text);
	return 0;
}
