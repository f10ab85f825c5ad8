/* SPDX-License-Identifier: Apache-2.0 */
/* The Authorization header of RFC 6750: "Bearer TOKEN". */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_AUTH_BEARER_H
#define CORE_AUTH_BEARER_H

#include <stddef.h>

#define BEARER_MAX 4096u /* bytes of a token that this host made */

enum bearer {
	BEARER_NONE,	  /* no header, an empty one, or another scheme */
	BEARER_MALFORMED, /* the scheme without a valid token */
	BEARER_TOKEN,
};

/* `header` may be NULL. `token` points into it; it has at most `max` bytes. */
enum bearer bearer_read(const char *header, size_t max, const char **token, size_t *len);

#endif
