/* SPDX-License-Identifier: Apache-2.0 */
/* Decides which request is sent again, and when. It has no state and no clock. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_RETRY_H
#define CORE_EGRESS_RETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lakehost/plugin.h>

#include "egress/curl_api.h"

struct flight;

struct retry_case {
	enum mcp_retry class;
	CURLcode rc;
	int status;	   /* with CURLE_OK */
	bool sent_nothing; /* no byte of the request was sent */
	bool delivered;
};
/* Is it a status after which some requests are sent again? */
bool retry_status(int status);
bool retry_allowed(const struct retry_case *what);
/* Milliseconds of a Retry-After; -1: absent. */
int64_t retry_after_ms(const struct curl_api *curl, const char *value, int64_t now_wall_ms);
/* The wait before attempt `n` + 1. `after_ms` is the value of Retry-After, or -1; `random` is any
 * number. */
int64_t retry_wait_ms(unsigned n, int64_t after_ms, uint32_t random);
/* The meaning of a failed attempt. */
enum mcp_status failure_describe(const struct flight *flight, CURLcode rc, char *why,
				 size_t why_size);

#endif
