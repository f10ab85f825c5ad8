/* SPDX-License-Identifier: Apache-2.0 */
/* Properties of replies from the Databricks REST API. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_DATABRICKS_HTTP_H
#define CORE_UPSTREAM_DATABRICKS_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include <lakehost/plugin.h>

/* These are functions of struct upstream_kind; see there. */

/* A redirect, or a web page instead of JSON, means that the request did not reach the API: `why`
 * says so without the query of the redirect. `accept` is the type that the request asked for. False
 * when the reply is from the API. */
bool databricks_login_page(const char *path, const char *accept, int status,
			   const char *content_type, const char *location, char *why,
			   size_t why_size);

/* Is it a 401, or the 403 that some clouds answer for a token that was revoked or never existed? */
bool databricks_refused(int status, struct mcp_text body);

/* The id by which the platform can find the request. It comes from the headers, else from "[ReqId:
 * …]" in the text of an error. "" when there is none. For free(). */
char *databricks_request_id(const struct mcp_header *headers, size_t n, struct mcp_text body);

#endif
