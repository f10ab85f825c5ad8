/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is particular to each kind of service: how a request is authenticated and announced, how a
 * reply of its API is told from something else, and where a request's id stands. Egress goes
 * through this table only. Nothing here contacts anybody.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_UPSTREAM_H
#define CORE_UPSTREAM_UPSTREAM_H

#include <lakehost/plugin.h>

#include "config/config.h"
#include "upstream/secret.h"

struct buf;

struct upstream_kind {
	const char *name;    /* "databricks": the word in the configuration */
	const char *service; /* "the workspace": for people */
	/* Adds the headers that authenticate a request, "Name: value" each. Only for requests below
	 * upstream->url itself. `secret` is the current one, NULL where the method has none. */
	void (*authorize)(const struct config_upstream *upstream, const char *secret,
			  struct strings *headers);
	/* Appends to User-Agent, beginning with a blank. */
	void (*user_agent)(const struct config_upstream *upstream, struct buf *out);
	/* True when a reply cannot be the API's, with `why`, which goes on after the address.
	 * `accept` is what the request asked for, `location` may be NULL. */
	bool (*foreign_reply)(const char *path, const char *accept, int status,
			      const char *content_type, const char *location, char *why,
			      size_t why_size);
	/* Does the reply say that the credential is not (or no longer) valid, rather than that
	 * it may not do this? Such a request was not carried out. */
	bool (*refused)(int status, struct mcp_text body);
	/* The id under which the service can find the request; "" when there is none. For
	 * free(). */
	char *(*request_id)(const struct mcp_header *headers, size_t n, struct mcp_text body);
	/* Who the credential is: the path to GET, and the members of the reply that say it; NULL
	 * where no such request is known. */
	const char *identity_path, *identity_key;
};

const struct upstream_kind *upstream_kind(const struct config_upstream *upstream);

/* What its secret may look like. */
enum secret_form upstream_secret_form(const struct config_upstream *upstream);

/* May the secret of this upstream be read again, because it stands in a file? */
bool upstream_secret_rereadable(const struct config_upstream *upstream);
/* Reads it; for secret_free(). NULL with `why` when it cannot be read or cannot be right. */
char *upstream_secret_read(const struct config_upstream *upstream, char *why, size_t why_size);

#endif
