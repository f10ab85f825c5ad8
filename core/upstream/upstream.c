/* SPDX-License-Identifier: Apache-2.0 */
/* The table of kinds, and reading a secret again. */
#include "upstream/upstream.h"

#include <stdio.h>

#include "base/mem.h"
#include "config/reference.h"
#include "upstream/databricks/resolve.h"
#include "upstream/databricks/http.h"
#include "upstream/generic/generic.h"

static const struct upstream_kind kinds[] = {
	[SERVICE_DATABRICKS] = { .name = "databricks",
				 .service = "the workspace",
				 .authorize = databricks_authorize,
				 .user_agent = databricks_user_agent,
				 .foreign_reply = databricks_login_page,
				 .refused = databricks_refused,
				 .request_id = databricks_request_id,
				 .identity_path = "/api/2.0/preview/scim/v2/Me",
				 .identity_key = "userName" },
	[SERVICE_GENERIC] = { .name = "generic",
			      .service = "the service",
			      .authorize = generic_authorize,
			      .user_agent = generic_user_agent,
			      .foreign_reply = generic_foreign_reply,
			      .refused = generic_refused,
			      .request_id = generic_request_id },
};

const struct upstream_kind *
upstream_kind(const struct config_upstream *upstream)
{
	return &kinds[upstream->service];
}

bool
upstream_secret_rereadable(const struct config_upstream *upstream)
{
	return upstream->token_reference != NULL || upstream->token_of_profile;
}

enum secret_form
upstream_secret_form(const struct config_upstream *upstream)
{
	static const enum secret_form forms[] = { [AUTH_BEARER] = SECRET_OPAQUE,
						  [AUTH_NONE] = SECRET_OPAQUE,
						  [AUTH_BASIC] = SECRET_PASSWORD,
						  [AUTH_HEADER] = SECRET_HEADER,
						  [AUTH_OAUTH] = SECRET_PASSWORD };

	return upstream->service == SERVICE_DATABRICKS ? SECRET_TOKEN : forms[upstream->method];
}

char *
upstream_secret_read(const struct config_upstream *upstream, char *why, size_t why_size)
{
	const char *fault;
	char *secret =
	    upstream->token_reference != NULL
		? reference_read(upstream->token_reference, why, why_size)
		: databricks_profile_token(upstream->config_file, upstream->profile, why, why_size);

	if (secret == NULL)
		return NULL;
	fault = secret_fault(secret, upstream_secret_form(upstream));
	if (fault == NULL)
		return secret;
	snprintf(why, why_size, "the value of %s %s",
		 upstream->token_reference != NULL ? upstream->token_reference
						   : "the profile's token",
		 fault);
	secret_free(secret);
	return NULL;
}
