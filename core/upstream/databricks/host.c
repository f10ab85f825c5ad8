/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the host of a workspace in every form that people paste, and lists the hosts of its
 * pre-signed links. */
#include "upstream/databricks/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* The id in ?o=, ?w= or ?workspace_id= of an address from a browser. NULL when it has no such
 * parameter. */
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
				/* not NUL, which strchr would find too */
				return xstrndup(p + len, digits);
		}
		p += strcspn(p, "&#");
	}
	return NULL;
}

/* Cuts `rest` to nothing. An address with a path is refused: without the path it would be another
 * address than the one that was given. */
static const char *
cut_path(char *rest)
{
	bool path =
	    rest[strspn(rest, "/")] != '\0' && strchr("?#", rest[strspn(rest, "/")]) == NULL;

	rest[0] = '\0';
	return path
		 ? "a workspace has no path in its address: use only the part before the path; for "
		   "another service behind this address use kind = \"generic\""
		 : NULL;
}

static const char *
judge_host(const char *host)
{
	if (strncmp(host, "accounts.", 9) == 0 || strncmp(host, "accounts-dod.", 13) == 0)
		return "this is the address of an account console, not of a workspace";
	return NULL;
}

static char *
join(const struct url *split)
{
	char port[8] = "";

	if (split->port != (split->tls ? 443 : 80))
		snprintf(port, sizeof(port), ":%u", split->port);
	return xprintf("%s://%s%s%s%s%s", split->tls ? "https" : "http", split->literal6 ? "[" : "",
		       split->host, split->literal6 ? "]" : "", port, split->rest);
}

const char *
databricks_host(const char *text, char **url, char **workspace_id)
{
	struct url split = { .tls = true };
	const char *scheme = strstr(text, "://"), *why, *bad_path;
	char *whole, *rest;

	*url = *workspace_id = NULL;
	if (strpbrk(text, "\"'`") != NULL)
		return "the address must not be in quotes";
	whole = scheme != NULL ? xstrdup(text) : xprintf("https://%s", text);
	rest = strstr(whole, "://") + 3;
	rest += strcspn(rest, "/?#");
	*workspace_id = id_in_query(rest);
	bad_path = cut_path(rest);
	why = url_split(whole, &split);
	if (why == NULL)
		why = bad_path != NULL ? bad_path : judge_host(split.host);
	if (why == NULL) {
		*url = join(&split);
	} else {
		free(*workspace_id);
		*workspace_id = NULL;
	}
	free(whole);
	return why;
}
