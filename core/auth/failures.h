/* SPDX-License-Identifier: Apache-2.0 */
/* The rate of failed authentications of each address. Loop thread. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_AUTH_FAILURES_H
#define CORE_AUTH_FAILURES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"

#define FAILURES_MAX 10u /* failures of one address within the window */
#define FAILURES_WINDOW_MS 60000
#define FAILURES_ADDRESSES 1024u /* addresses that are counted at a time */

/* Of IPv6 the first 64 bits are one address, because one machine can use every address that begins
 * with them. */
struct failures {
	struct {
		struct address from;
		unsigned count;
		int64_t since_ms;
	} entry[FAILURES_ADDRESSES];
};

/* Counts a failure. False when this address had too many failures, or when too many addresses
 * failed to count one more. */
bool failures_count(struct failures *failures, const struct address *from, int64_t now_ms);

#endif
