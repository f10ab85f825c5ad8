/* SPDX-License-Identifier: Apache-2.0 */
/* Any service with an HTTP API: its address may have a path, and it is told who asks by one of the
 * usual ways. These are the functions of struct upstream_kind, which see. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_GENERIC_GENERIC_H
#define CORE_UPSTREAM_GENERIC_GENERIC_H

#include <lakehost/plugin.h>

#include "config/config.h"

struct buf;

/* Makes "https://host[:port][/path]", with no slash at the end, of an address; a query or
 * fragment is refused. For free(). Returns NULL when fine, else why not. */
const char *generic_url(const char *text, bool allow_http, char **url);

void generic_authorize(const struct config_upstream *upstream, const char *secret,
		       struct strings *headers);
void generic_user_agent(const struct config_upstream *upstream, struct buf *out);
bool generic_foreign_reply(const char *path, const char *accept, int status,
			   const char *content_type, const char *location, char *why,
			   size_t why_size);
bool generic_refused(int status, struct mcp_text body);
char *generic_request_id(const struct mcp_header *headers, size_t n, struct mcp_text body);

#endif
