/* SPDX-License-Identifier: Apache-2.0 */
/* Replies as plugins see them: the transfers and the cache share them by reference counting. Loop
 * thread only. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_REPLY_H
#define CORE_EGRESS_REPLY_H

#include <lakehost/plugin.h>

#include "base/buf.h"

struct budget;

struct reply {
	unsigned refs;
	struct mcp_reply public;
	char *why, *request_id;
	struct buf body;
	struct budget *budget; /* the budget in which the bytes of the body are counted */
	/* the number of these bytes; NULL and 0: they are not counted any more */
	uint64_t counted;
	struct mcp_header *headers; /* names and values are owned */
	size_t n_headers;
};

struct reply *reply_new(size_t body_cap, struct budget *budget);
struct reply *reply_error(enum mcp_status error, const char *why);
struct reply *reply_ref(struct reply *reply);
void reply_unref(struct reply *reply);
void reply_add_header(struct reply *reply, const char *name, size_t name_len, const char *value,
		      size_t value_len);
/* Appends to the body. False when limits.replies has no room; then nothing is appended. */
bool reply_add_body(struct reply *reply, const char *data, size_t len);
/* Ends the counting of the body: its new owner counts the bytes that it keeps. */
void reply_uncount(struct reply *reply);
/* empties the reply for the next attempt */
void reply_clear(struct reply *reply);
const char *reply_header(const struct reply *reply, const char *name); /* or NULL */
void reply_set_why(struct reply *reply, enum mcp_status error, const char *why);
/* Fills `public` from the other members. */
void reply_seal(struct reply *reply);

#endif
