/* SPDX-License-Identifier: Apache-2.0 */
/* The host of a workspace as people paste it, and the hosts its pre-signed links point to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/databricks_config.h"
#include "base/mem.h"
#include "base/url.h"

/* Object stores of the three clouds (general, China and US government regions). */
const char *const databricks_link_suffixes[] = { "s3.amazonaws.com",
						 "s3.*.amazonaws.com",
						 "s3.dualstack.*.amazonaws.com",
						 "s3-fips.*.amazonaws.com",
						 "s3.*.amazonaws.com.cn",
						 "blob.core.windows.net",
						 "dfs.core.windows.net",
						 "blob.storage.azure.net",
						 "dfs.storage.azure.net",
						 "blob.core.usgovcloudapi.net",
						 "dfs.core.usgovcloudapi.net",
						 "blob.core.chinacloudapi.cn",
						 "dfs.core.chinacloudapi.cn",
						 "storage.googleapis.com",
						 "r2.cloudflarestorage.com",
						 NULL };

/* The id in ?o=, ?w= or ?workspace_id= of an address from the browser; NULL when there is none. */
static char *
id_in_query(const char *rest)
{
	static const char *const names[] = { "o=", "w=", "workspace_id=" };
	const char *p = strchr(rest, '?');

	while (p != NULL && *p != '\0' && *p != '#') {
		p++;
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			size_t len = strlen(names[i]);
			size_t digits;

			if (strncmp(p, names[i], len) != 0)
				continue;
			digits = strspn(p + len, "0123456789");
			if (digits > 0 && digits < 32 && strchr("&#", p[len + digits]) != NULL)
				return xstrndup(p + len, digits); /* strchr finds the NUL too */
		}
		p += strcspn(p, "&#");
	}
	return NULL;
}

const char *
databricks_host(const char *text, char **url, char **workspace_id)
{
	struct url split = { .tls = true };
	const char *scheme = strstr(text, "://"), *why;
	char *whole, *rest;

	*url = *workspace_id = NULL;
	whole = scheme != NULL ? xstrdup(text) : xprintf("https://%s", text);
	rest = strstr(whole, "://") + 3;
	rest += strcspn(rest, "/?#");
	*workspace_id = id_in_query(rest);
	*rest = '\0'; /* a path, query or fragment of the browser's says nothing more */
	why = url_split(whole, &split);
	free(whole);
	if (why == NULL && (strncmp(split.host, "accounts.", 9) == 0 ||
			    strncmp(split.host, "accounts-dod.", 13) == 0))
		why = "it is an account console, not a workspace";
	if (why != NULL) {
		free(*workspace_id);
		*workspace_id = NULL;
		return why;
	}
	*url = xprintf("%s://%s%s%s", split.tls ? "https" : "http", split.literal6 ? "[" : "",
		       split.host, split.literal6 ? "]" : "");
	if (split.port != (split.tls ? 443 : 80)) {
		char *with_port = xprintf("%s:%u", *url, split.port);

		free(*url);
		*url = with_port;
	}
	return NULL;
}
