/* SPDX-License-Identifier: Apache-2.0 */
/* A request that may be sent. It is checked, and copied from the plugin's request, so nothing is
 * borrowed. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_REQUEST_H
#define CORE_EGRESS_REQUEST_H

#include "base/buf.h"
#include "config/config.h"
#include "metrics/trace.h"

struct authorizer;
struct egress;
struct egress_scope;

struct request {
	const struct config_upstream *upstream;
	struct authorizer *user; /* of the user on whose behalf it is made, or NULL */
	char *plugin, *tool, *principal;
	char *method, *url;
	char *path;		  /* the URL for the log: without query; of a link only the host */
	bool link;		  /* a pre-signed one */
	bool grant;		  /* for an access token, of the host itself */
	bool direct;		  /* never through a proxy */
	bool document;		  /* of the host itself: public, so it needs no credential, and
				 * `upstream` is not one of the configuration's */
	struct trace_place trace; /* its span; trace[0] is NUL without one */
	struct strings headers;	  /* "Name: value" */
	char *accept;		  /* trace context from the headers, or NULL */
	struct buf body;
	char *body_file, *reply_file; /* or NULL */
	char *part_of, *part_suffix;  /* or NULL */
	uint32_t part;
	uint64_t body_from, body_len; /* of body_file; 0: all of it */
	bool has_body;
	enum mcp_retry retry;
	enum mcp_reply_kind reply;
	uint64_t max_bytes; /* 0: any number */
	uint32_t timeout_ms;
	uint32_t cache_ms; /* a reply may be that old; 0: only a new one */
	bool single_flight;
	char *key; /* key of equal requests; NULL: not shared and not cached */
};

/* MCP_OK when the request may be sent, or the reason why it is refused. */
enum mcp_status request_init(struct request *request, struct egress *egress,
			     const struct egress_scope *scope, const struct mcp_http *http,
			     char *why, size_t why_size);
void request_fini(struct request *request);
/* NULL when the pre-signed link is allowed, else the reason. */
const char *link_check(const struct config_upstream *upstream, const char *text);

#endif
