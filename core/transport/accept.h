/* SPDX-License-Identifier: Apache-2.0 */
/* What the Accept fields of a request allow (RFC 9110, 12.5.1). */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_TRANSPORT_ACCEPT_H
#define CORE_TRANSPORT_ACCEPT_H

#include <stdbool.h>

/* The state of one media type: the most specific range that matches it decides. */
struct accept_type {
	/* how specific the matching range is. 0: no range matches; 3: a range with the full name */
	unsigned specificity;
	bool admitted; /* the weight q of that range is above zero */
};

/* A zeroed struct: no field was read. */
struct accept {
	bool given;
	struct accept_type json, stream; /* application/json, text/event-stream */
};

/* Reads one more field line. Several lines are one list (RFC 9110, 5.3). */
void accept_read(struct accept *accept, const char *value);
/* Is JSON allowed? Without any Accept field every type is allowed. */
bool accept_json(const struct accept *accept);
/* Is a stream allowed? Only when it is named, because a plain answer is always safe. */
bool accept_stream(const struct accept *accept);

#endif
