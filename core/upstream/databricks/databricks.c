/* SPDX-License-Identifier: Apache-2.0 */
/* The kind "databricks": its group of the configuration, its credential, and its functions. */
#include "upstream/databricks/databricks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/json.h"
#include "base/mem.h"
#include "config/file.h"
#include "config/value.h"
#include "upstream/credential.h"
#include "upstream/databricks/behalf.h"
#include "upstream/databricks/host.h"
#include "upstream/databricks/http.h"
#include "upstream/databricks/login.h"
#include "upstream/databricks/objects.h"
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
	databricks_own_fini(data);
	free(data);
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
take_fault(const struct node *group, struct databricks *own, struct databricks_identity *found)
{
	if (found->fault == NULL)
		return;
	own->candidates = 0;
	if (found->fault_from == NULL) {
		node_fault(group, found->fault_key, "%s", found->fault);
		return;
	}
	if (strcmp(found->fault_key, "host") == 0) {
		free(own->url);
		own->url = NULL;
	}
	free(found->auth_why);
	found->auth_why = xprintf("%s: %s", found->fault_from, found->fault);
	free(found->auth_type);
	found->auth_type = NULL;
	secret_free(found->secret);
	found->secret = NULL;
}

/* Moves the values that were found into the upstream. */
static void
take_identity(struct config_upstream *upstream, struct databricks *own,
	      struct databricks_identity *found)
{
	upstream->own = own;
	upstream->own_free = databricks_free;
	upstream->url = own->url != NULL ? xstrdup(own->url) : NULL;
	upstream->secret = found->secret;
	upstream->auth_type = found->auth_type;
	upstream->auth_why = found->auth_why;
	if (found->warning != NULL)
		group_warn(upstream, "%s", found->warning);
	found->secret = found->auth_type = found->auth_why = NULL;
}

static void
read_attributes(const struct node *group, struct databricks_source *source)
{
	for (size_t i = 0; i < ATTRIBUTES; i++) {
		const struct attribute_row *row = &databricks_attributes[i];

		if (i == A_AZURE_USE_MSI)
			source->configured[i] =
			    node_bool(group, row->key, false) ? xstrdup("true") : NULL;
		else if (row->secret)
			source->configured[i] = node_secret(group, row->key);
		else
			source->configured[i] = node_text(group, row->key, NULL);
	}
}

static void
databricks_read_group(struct config_upstream *upstream, const struct node *group)
{
	struct databricks_source source = { .role = upstream->role, .ambient = environment };
	struct databricks *own = xcalloc(1, sizeof(*own));
	struct federation federation;
	struct databricks_identity found;

	/* The environment describes only the default workspace. */
	source.env = strcmp(upstream->role, "workspace") == 0 ? environment : NULL;
	source.allow_http = node_bool(group, "allow_http", false);
	read_attributes(group, &source);
	source.behalf = behalf_read(upstream, group, &source, &federation);
	databricks_resolve(&source, own, &found);
	own->federation = federation;
	take_fault(group, own, &found);
	take_identity(upstream, own, &found);
	if (upstream->secret != NULL && own->value[found.secret_from].configured)
		group_take_reference(upstream, group, databricks_attributes[found.secret_from].key);
	databricks_identity_fini(&found);
	for (size_t i = 0; i < ATTRIBUTES; i++)
		secret_free(source.configured[i]);
}

/* ---- the credential -------------------------------------------------------------------------- */

static void
databricks_account(const struct config_upstream *upstream, struct buf *out)
{
	static const enum attribute parts[] = { A_WORKSPACE_ID,
						A_AUTH_TYPE,
						A_USERNAME,
						A_CLIENT_ID,
						A_AZURE_CLIENT_ID,
						A_AZURE_TENANT_ID,
						A_GOOGLE_SERVICE_ACCOUNT,
						A_GROUP_ID,
						A_SCOPES,
						A_AUTHORIZATION_DETAILS };
	const struct databricks *own = databricks_of(upstream);

	buf_printf(out, "%s\n%s", own->workspace_id != NULL ? own->workspace_id : "",
		   own->profile != NULL ? own->profile : "");
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		const char *text = databricks_value(own, parts[i]);

		buf_printf(out, "\n%s", text != NULL ? text : "");
	}
}

static char *
databricks_read_secret(const struct config_upstream *upstream, char *why, size_t why_size)
{
	const struct databricks *own = databricks_of(upstream);
	enum attribute from = own->candidates > 0 ? own->candidate[0]->secret : A_HOST;
	enum secret_form form = from == A_TOKEN	   ? SECRET_TOKEN
			      : from == A_PASSWORD ? SECRET_PASSWORD
						   : SECRET_OPAQUE;
	const char *fault;
	char *secret;

	*why = '\0';
	if (upstream->secret_reference != NULL)
		return secret_read(upstream->secret_reference, form, why, why_size);
	if (from == A_HOST || strcmp(own->value[from].from, "the profile") != 0)
		return NULL;
	secret = databricks_profile_value(own->config_file, own->profile, from, why, why_size);
	fault = secret != NULL ? secret_fault(secret, form) : NULL;
	if (fault == NULL)
		return secret;
	snprintf(why, why_size, "the %s of profile %s in %s %s", databricks_attributes[from].key,
		 own->profile, own->config_file, fault);
	secret_free(secret);
	return NULL;
}

static void *
databricks_state(const struct config_upstream *upstream)
{
	return login_new(databricks_of(upstream));
}

/* Adds the key/value pairs by which the platform counts its clients. */
static void
databricks_user_agent(const struct credential *credential, struct buf *out)
{
	const struct method *method = login_method(credential->state);

	buf_printf(out, " os/linux auth/%s", method != NULL ? method->name : "none");
}

/* The object that the API for federation policies of an account takes. The key set is a text in
 * it. */
static void
databricks_federation_policy(const struct config_upstream *upstream, struct buf *out)
{
	const struct federation *federation = &databricks_of(upstream)->federation;
	struct buf keys;

	buf_init(&keys, 65536);
	federation_keys(federation, &keys);
	buf_puts(out, "{\"oidc_policy\":{\"issuer\":");
	buf_json_str(out, federation->issuer);
	buf_puts(out, ",\"audiences\":[");
	buf_json_str(out, federation->audience);
	buf_puts(out, "],\"subject_claim\":\"sub\",\"jwks_json\":");
	if (buf_ok(&keys))
		buf_json_str(out, keys.data);
	else
		buf_fill(out);
	buf_puts(out, "}}");
	buf_fini(&keys);
}

/* ---- the kind -------------------------------------------------------------------------------- */

static const char *const databricks_keys[] = { "host",
					       "token",
					       "auth_type",
					       "profile",
					       "config_file",
					       "workspace_id",
					       "account_id",
					       "group_id",
					       "cloud",
					       "discovery_url",
					       "token_audience",
					       "oidc_token_env",
					       "oidc_token_filepath",
					       "username",
					       "password",
					       "client_id",
					       "client_secret",
					       "scopes",
					       "authorization_details",
					       "google_service_account",
					       "google_credentials",
					       "azure_workspace_resource_id",
					       "azure_use_msi",
					       "azure_client_secret",
					       "azure_client_id",
					       "azure_tenant_id",
					       "azure_environment",
					       "metadata_service_url",
					       "databricks_cli_path",
					       "on_behalf_of",
					       "on_behalf_users",
					       "federation_key",
					       "federation_issuer",
					       "federation_audience",
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
	.authorize = login_authorize,
	.token_request = login_request,
	.token_reply = login_reply,
	.state_new = databricks_state,
	.state_free = login_free,
	.reload = login_reload,
	.explain = login_explain,
	.federation_policy = databricks_federation_policy,
	.user_agent = databricks_user_agent,
	.objects = databricks_objects,
	.foreign_reply = databricks_login_page,
	.refused = databricks_refused,
	.request_id = databricks_request_id,
	.identity_path = "/api/2.0/preview/scim/v2/Me",
	.identity_key = "userName",
};
