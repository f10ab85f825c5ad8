/* SPDX-License-Identifier: Apache-2.0 */
/* The kind "databricks": its group of the configuration, its credential, its functions. */
#include "upstream/databricks/databricks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "config/reader.h"
#include "config/text.h"
#include "config/value.h"
#include "upstream/credential.h"
#include "upstream/databricks/host.h"
#include "upstream/databricks/http.h"
#include "upstream/databricks/profile.h"
#include "upstream/databricks/resolve.h"
#include "upstream/group.h"
#include "upstream/secret.h"

static const struct databricks *
databricks_of(const struct config_upstream *upstream)
{
	CHECK(upstream->kind == &upstream_databricks && upstream->own != NULL);
	return upstream->own;
}

static void
databricks_free(void *data)
{
	struct databricks *own = data;

	free(own->profile);
	free(own->config_file);
	free(own->workspace_id);
	free(own);
}

/* ---- the configuration ----------------------------------------------------------------------- */

static const char *
environment(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0' ? value : NULL;
}

/* A fault outside of the configuration does not prevent the start. Calls report it, and so does
 * `check` if the upstream is used. */
static void
take_fault(const struct node *group, struct databricks_identity *found)
{
	if (found->fault == NULL)
		return;
	if (found->fault_from == NULL) {
		node_fault(group, found->fault_key, "%s", found->fault);
		return;
	}
	if (strcmp(found->fault_key, "host") == 0) {
		free(found->url);
		found->url = NULL;
	}
	free(found->auth_why);
	found->auth_why = xprintf("%s: %s", found->fault_from, found->fault);
	free(found->auth_type);
	found->auth_type = NULL;
	secret_free(found->token);
	found->token = NULL;
}

/* Moves what was found into the upstream. */
static void
take_identity(struct config_upstream *upstream, struct databricks_identity *found)
{
	struct databricks *own = xcalloc(1, sizeof(*own));

	*own = (struct databricks){ .profile = found->profile,
				    .config_file = found->config_file,
				    .token_of_profile = found->token_of_profile,
				    .workspace_id = found->workspace_id };
	upstream->own = own;
	upstream->own_free = databricks_free;
	upstream->url = found->url;
	upstream->secret = found->token;
	upstream->auth_type = found->auth_type;
	upstream->auth_why = found->auth_why;
	if (found->warning != NULL)
		group_warn(upstream, "%s", found->warning);
	found->profile = found->config_file = found->workspace_id = NULL;
	found->url = found->token = found->auth_type = found->auth_why = NULL;
	databricks_identity_fini(found);
}

static void
databricks_read_group(struct config_upstream *upstream, const struct node *group)
{
	struct databricks_source source = { .role = upstream->role };
	struct databricks_identity found = { 0 };

	/* The environment describes only the default workspace. */
	source.env = strcmp(upstream->role, "workspace") == 0 ? environment : NULL;
	source.home = environment("HOME");
	source.allow_http = node_bool(group, "allow_http", false);
	source.host = node_text(group, "host", NULL);
	source.token = node_secret(group, "token");
	source.auth_type = node_text(group, "auth_type", NULL);
	source.profile = node_text(group, "profile", NULL);
	source.config_file = node_text(group, "config_file", NULL);
	source.workspace_id = node_text(group, "workspace_id", NULL);
	databricks_resolve(&source, &found);
	take_fault(group, &found);
	take_identity(upstream, &found);
	if (source.token != NULL && upstream->secret != NULL)
		group_take_reference(upstream, group, "token");
	free(source.host);
	secret_free(source.token);
	free(source.auth_type);
	free(source.profile);
	free(source.config_file);
	free(source.workspace_id);
}

/* ---- the credential -------------------------------------------------------------------------- */

static void
databricks_account(const struct config_upstream *upstream, struct buf *out)
{
	const struct databricks *own = databricks_of(upstream);

	buf_puts(out, own->workspace_id != NULL ? own->workspace_id : "");
}

static char *
databricks_read_secret(const struct config_upstream *upstream, char *why, size_t why_size)
{
	const struct databricks *own = databricks_of(upstream);
	const char *fault;
	char *token;

	*why = '\0';
	if (upstream->secret_reference != NULL)
		return secret_read(upstream->secret_reference, SECRET_TOKEN, why, why_size);
	if (!own->token_of_profile)
		return NULL;
	token = databricks_profile_token(own->config_file, own->profile, why, why_size);
	fault = token != NULL ? secret_fault(token, SECRET_TOKEN) : NULL;
	if (fault == NULL)
		return token;
	snprintf(why, why_size, "the token of profile %s in %s %s", own->profile, own->config_file,
		 fault);
	secret_free(token);
	return NULL;
}

/* A personal access token, which needs no request before. */
static void
databricks_authorize(const struct credential *credential, int64_t now_ms,
		     struct credential_step *step)
{
	const struct databricks *own = databricks_of(credential->upstream);
	char *header;

	(void)now_ms;
	if (credential->secret == NULL) {
		credential_missing(credential, step);
		return;
	}
	step->answer = CREDENTIAL_HEADERS;
	header = xprintf("Authorization: Bearer %s", credential->secret);
	strings_add(&step->headers, header);
	secret_free(header);
	if (own->workspace_id == NULL)
		return;
	header = xprintf("X-Databricks-Workspace-Id: %s", own->workspace_id);
	strings_add(&step->headers, header);
	free(header);
}

/* The key/value pairs by which the platform counts its clients. */
static void
databricks_user_agent(const struct config_upstream *upstream, struct buf *out)
{
	buf_printf(out, " os/linux auth/%s", upstream->auth_type);
}

/* ---- the kind -------------------------------------------------------------------------------- */

static const char *const databricks_keys[] = { "host",	  "token",	 "auth_type",
					       "profile", "config_file", "workspace_id",
					       NULL };

const struct upstream_kind upstream_databricks = {
	.name = "databricks",
	.service = "the workspace",
	.keys = databricks_keys,
	.main_keys = "host and token",
	.link_suffixes = databricks_link_suffixes,
	.resolve = databricks_read_group,
	.account = databricks_account,
	.read_secret = databricks_read_secret,
	.authorize = databricks_authorize,
	.user_agent = databricks_user_agent,
	.foreign_reply = databricks_login_page,
	.refused = databricks_refused,
	.request_id = databricks_request_id,
	.identity_path = "/api/2.0/preview/scim/v2/Me",
	.identity_key = "userName",
};
