/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl, loaded for the first request. Linking it would add about 5 ms to each start of the
 * program, and a host that only lists its tools never needs it. The file name selects the OpenSSL
 * build. The table has the functions that this folder uses.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_CURL_API_H
#define CORE_EGRESS_CURL_API_H

/* libcurl's macros that check option types would need the functions under their own names, so they
 * are switched off. */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <stddef.h>

struct curl_api {
	CURLcode (*global_init)(long flags);
	void (*global_cleanup)(void);
	curl_version_info_data *(*version_info)(CURLversion age);
	time_t (*getdate)(const char *text, const time_t *unused);
	CURL *(*easy_init)(void);
	CURLcode (*easy_setopt)(CURL *easy, CURLoption option, ...);
	CURLcode (*easy_getinfo)(CURL *easy, CURLINFO info, ...);
	CURLcode (*easy_pause)(CURL *easy, int bitmask);
	void (*easy_cleanup)(CURL *easy);
	const char *(*easy_strerror)(CURLcode code);
	CURLM *(*multi_init)(void);
	CURLMcode (*multi_setopt)(CURLM *multi, CURLMoption option, ...);
	CURLMcode (*multi_add_handle)(CURLM *multi, CURL *easy);
	CURLMcode (*multi_remove_handle)(CURLM *multi, CURL *easy);
	CURLMcode (*multi_socket_action)(CURLM *multi, curl_socket_t s, int events, int *running);
	CURLMcode (*multi_assign)(CURLM *multi, curl_socket_t s, void *data);
	CURLMsg *(*multi_info_read)(CURLM *multi, int *left);
	CURLMcode (*multi_cleanup)(CURLM *multi);
	CURLSH *(*share_init)(void);
	CURLSHcode (*share_setopt)(CURLSH *share, CURLSHoption option, ...);
	CURLSHcode (*share_cleanup)(CURLSH *share);
};

/* The loaded and initialised library. Each success needs one curl_api_release(). NULL with `why`.
 * On the loop thread. */
const struct curl_api *curl_api_acquire(char *why, size_t why_size);
void curl_api_release(const struct curl_api *curl);

#endif
