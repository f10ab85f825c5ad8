/* SPDX-License-Identifier: Apache-2.0 */
/* Loads libcurl with dlopen and dlsym, and checks that it is new enough. */
#include "egress/curl_api.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "egress/egress.h"

#define CURL_LIBRARY "libcurl.so.4"
/* 7.87 is the first version with QUICK_EXIT and a cache of certificates */
#define CURL_LEAST 0x075700

static struct curl_api api;

static const struct {
	const char *name;
	size_t offset;
} symbols[] = {
	{ "curl_global_init", offsetof(struct curl_api, global_init) },
	{ "curl_global_cleanup", offsetof(struct curl_api, global_cleanup) },
	{ "curl_version_info", offsetof(struct curl_api, version_info) },
	{ "curl_getdate", offsetof(struct curl_api, getdate) },
	{ "curl_easy_init", offsetof(struct curl_api, easy_init) },
	{ "curl_easy_setopt", offsetof(struct curl_api, easy_setopt) },
	{ "curl_easy_getinfo", offsetof(struct curl_api, easy_getinfo) },
	{ "curl_easy_pause", offsetof(struct curl_api, easy_pause) },
	{ "curl_easy_cleanup", offsetof(struct curl_api, easy_cleanup) },
	{ "curl_easy_strerror", offsetof(struct curl_api, easy_strerror) },
	{ "curl_multi_init", offsetof(struct curl_api, multi_init) },
	{ "curl_multi_setopt", offsetof(struct curl_api, multi_setopt) },
	{ "curl_multi_add_handle", offsetof(struct curl_api, multi_add_handle) },
	{ "curl_multi_remove_handle", offsetof(struct curl_api, multi_remove_handle) },
	{ "curl_multi_socket_action", offsetof(struct curl_api, multi_socket_action) },
	{ "curl_multi_assign", offsetof(struct curl_api, multi_assign) },
	{ "curl_multi_info_read", offsetof(struct curl_api, multi_info_read) },
	{ "curl_multi_cleanup", offsetof(struct curl_api, multi_cleanup) },
	{ "curl_share_init", offsetof(struct curl_api, share_init) },
	{ "curl_share_setopt", offsetof(struct curl_api, share_setopt) },
	{ "curl_share_cleanup", offsetof(struct curl_api, share_cleanup) },
};

_Static_assert(ARRAY_SIZE(symbols) * sizeof(void *) == sizeof(struct curl_api),
	       "every member of struct curl_api has a symbol");

/* Loads the library once; it stays loaded. */
static bool
load(char *why, size_t why_size)
{
	void *library = dlopen(CURL_LIBRARY, RTLD_NOW | RTLD_LOCAL);
	struct curl_api found;

	if (library == NULL) {
		snprintf(why, why_size, "libcurl cannot be loaded (%s): install libcurl4",
			 dlerror());
		return false;
	}
	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
		void *symbol = dlsym(library, symbols[i].name);

		if (symbol == NULL) {
			snprintf(why, why_size, "%s lacks %s", CURL_LIBRARY, symbols[i].name);
			return false;
		}
		memcpy((char *)&found + symbols[i].offset, &symbol, sizeof(symbol));
	}
	if (found.version_info(CURLVERSION_NOW)->version_num < CURL_LEAST) {
		snprintf(why, why_size, "libcurl %s is older than 7.87",
			 found.version_info(CURLVERSION_NOW)->version);
		return false;
	}
	api = found;
	return true;
}

const struct curl_api *
curl_api_acquire(char *why, size_t why_size)
{
	const curl_version_info_data *info;
	CURLcode rc;

	if (api.global_init == NULL) {
		if (!load(why, why_size))
			return NULL;
		info = api.version_info(CURLVERSION_NOW);
		if (info->ssl_version == NULL || strncmp(info->ssl_version, "OpenSSL/", 8) != 0)
			log_line(LOG_WARNING,
				 "libcurl uses %s: TLS connections will need much more time "
				 "and memory than with OpenSSL (package libcurl4)",
				 info->ssl_version != NULL ? info->ssl_version : "no TLS");
	}
	rc = api.global_init(CURL_GLOBAL_DEFAULT);
	if (rc == CURLE_OK)
		return &api;
	snprintf(why, why_size, "libcurl cannot start: %s", api.easy_strerror(rc));
	return NULL;
}

void
curl_api_release(const struct curl_api *curl)
{
	if (curl != NULL)
		curl->global_cleanup();
}

bool
egress_available(char *why, size_t why_size)
{
	const struct curl_api *curl = curl_api_acquire(why, why_size);

	curl_api_release(curl);
	return curl != NULL;
}
