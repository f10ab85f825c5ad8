/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Methods that get a token from Microsoft Entra ID, or from the metadata service of a virtual
 * machine on Azure. Service principals send a second token, for the management of Azure: with it
 * they are added to a workspace at their first use.
 */
#include "upstream/databricks/login_azure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/uri.h"
#include "config/text.h"
#include "upstream/databricks/azure.h"
#include "upstream/databricks/login_oidc.h"

#define ENTRA "Microsoft Entra ID"
#define IMDS "the metadata service of the virtual machine"
#define FORM "application/x-www-form-urlencoded"

char *
login_azure_missing(const struct databricks *own)
{
	return azure_cloud_of(own) == NULL
		 ? xstrdup("azure_client_id and azure_client_secret are set, but the host is not a "
			   "workspace on Azure: remove them, or set cloud to \"azure\"")
		 : NULL;
}

/* ---- the tenant ------------------------------------------------------------------------------ */

bool
login_tenant_needed(const struct login *login)
{
	return login->tenant == NULL && databricks_value(login->own, A_AZURE_TENANT_ID) == NULL;
}

bool
login_tenant_ask(struct login *login, struct credential_request *request)
{
	char *url = xprintf("%s/aad/auth", login->own->url);
	bool ok = login_get(login, request, "the workspace", url);

	free(url);
	return ok;
}

/* The login page of a workspace is that of its tenant:
 * https://login.microsoftonline.com/TENANT/oauth2/authorize?… */
enum login_result
login_tenant_take(struct login *login, const struct credential_outcome *answer)
{
	const struct mcp_reply *reply = answer->reply;
	const char *location = NULL, *start;
	char *tenant;

	if (reply->error != MCP_OK)
		return login_fail(login, reply->error, "the tenant is unknown: %s", reply->why);
	for (size_t i = 0; i < reply->n_headers; i++) {
		if (strcasecmp(reply->headers[i].name, "Location") == 0)
			location = reply->headers[i].value;
	}
	if (reply->status < 300 || reply->status >= 400 || location == NULL)
		return LOGIN_NEXT;
	start = strstr(location, "://");
	start = start != NULL ? strchr(start + 3, '/') : NULL;
	if (start == NULL || start[1] == '\0' || start[1] == '/')
		return LOGIN_NEXT;
	tenant = xstrndup(start + 1, strcspn(start + 1, "/?#"));
	login_keep(&login->tenant, tenant);
	free(tenant);
	return LOGIN_NEXT;
}

/* ---- tokens of Entra ID ---------------------------------------------------------------------- */

/* False: the tenant is not known. */
static bool
entra(struct login *login, struct credential_request *request, const char *resource)
{
	const char *tenant = databricks_value(login->own, A_AZURE_TENANT_ID);
	const char *base = databricks_ambient(login->own, "AZURE_AUTHORITY_HOST");
	struct buf url;
	bool ok;

	if (tenant == NULL)
		tenant = login->tenant;
	if (tenant == NULL)
		return login_refuse(
		    login,
		    "the tenant is unknown, and the answer of %s/aad/auth does not name it: "
		    "set azure_tenant_id (ARM_TENANT_ID)",
		    login->own->url);
	if (base == NULL)
		base = azure_cloud_of(login->own)->login;
	buf_init(&url, 4096);
	buf_printf(&url, "%s%s%s", strstr(base, "://") != NULL ? "" : "https://", base,
		   base[strlen(base) - 1] == '/' ? "" : "/");
	uri_encode(&url, tenant, strlen(tenant));
	buf_puts(&url, "/oauth2/token");
	ok = login_post(login, request, ENTRA, url.data, FORM);
	buf_fini(&url);
	if (!ok)
		return false;
	login_form(request, "grant_type", "client_credentials");
	login_form(request, "client_id", databricks_value(login->own, A_AZURE_CLIENT_ID));
	login_form(request, "resource", resource);
	return true;
}

static enum login_result
azure_take(struct login *login, const struct credential_outcome *answer, enum login_slot slot,
	   const char *what)
{
	struct json_object *object = login_object(login, answer->reply, what);
	enum login_result result;

	if (object == NULL)
		return LOGIN_FAILED;
	result = login_take_token(login, slot, object, "access_token", what);
	json_object_put(object);
	return result;
}

static bool
entra_secret(struct login *login, struct credential_request *request, const char *resource)
{
	if (login->secret == NULL)
		return login_refuse(login, "azure_client_secret is missing");
	if (!entra(login, request, resource))
		return false;
	login_form(request, "client_secret", login->secret);
	return true;
}

static bool
secret_ask(struct login *login, struct credential_request *request)
{
	return entra_secret(login, request, azure_cloud_of(login->own)->application);
}

static enum login_result
entra_take(struct login *login, const struct credential_outcome *answer)
{
	return azure_take(login, answer, LOGIN_TOKEN, ENTRA);
}

static bool
secret_management_ask(struct login *login, struct credential_request *request)
{
	return entra_secret(login, request, azure_cloud_of(login->own)->management);
}

static enum login_result
entra_management_take(struct login *login, const struct credential_outcome *answer)
{
	return azure_take(login, answer, LOGIN_SECOND, ENTRA);
}

const struct login_stage login_azure_secret_stages[] = {
	LOGIN_TENANT_STAGE,
	{ NULL, secret_ask, entra_take },
	{ NULL, secret_management_ask, entra_management_take },
	{ NULL, NULL, NULL },
};

/* ---- the id token of GitHub, for Entra ID ---------------------------------------------------- */

char *
login_azure_github_missing(const struct databricks *own)
{
	return azure_cloud_of(own) == NULL ? xstrdup("the workspace is not on Azure")
					   : login_github_missing(own);
}

static bool
azure_github_ask(struct login *login, struct credential_request *request)
{
	return login_github_ask(login, request, "api://AzureADTokenExchange");
}

static enum login_result
azure_github_take(struct login *login, const struct credential_outcome *answer)
{
	return login_id_take(login, answer, "value", "the token service of GitHub");
}

static bool
assertion_ask(struct login *login, struct credential_request *request)
{
	if (!entra(login, request, azure_cloud_of(login->own)->application))
		return false;
	login_form(request, "client_assertion_type",
		   "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
	login_form(request, "client_assertion", login->id_token);
	return true;
}

const struct login_stage login_azure_github_stages[] = {
	LOGIN_TENANT_STAGE,
	{ NULL, azure_github_ask, azure_github_take },
	{ NULL, assertion_ask, entra_take },
	{ NULL, NULL, NULL },
};

/* ---- managed identities ---------------------------------------------------------------------- */

char *
login_msi_missing(const struct databricks *own)
{
	if (!attribute_is_true(&own->value[A_AZURE_USE_MSI]))
		return xstrdup("azure_use_msi is not true");
	return azure_cloud_of(own) == NULL ? xstrdup("the workspace is not on Azure") : NULL;
}

static bool
ask_msi(struct login *login, struct credential_request *request, const char *resource)
{
	/* The variable of Microsoft's own libraries for another address. */
	const char *base = databricks_ambient(login->own, "AZURE_POD_IDENTITY_AUTHORITY_HOST");
	const char *client = databricks_value(login->own, A_AZURE_CLIENT_ID);
	struct buf url;
	bool ok;

	buf_init(&url, 4096);
	buf_printf(&url, "%s/metadata/identity/oauth2/token?api-version=2018-02-01&resource=",
		   base != NULL ? base : "http://169.254.169.254");
	uri_encode(&url, resource, strlen(resource));
	if (client != NULL) {
		buf_puts(&url, "&client_id=");
		uri_encode(&url, client, strlen(client));
	}
	ok = login_get(login, request, IMDS, url.data);
	buf_fini(&url);
	login_header(request, "Metadata", "true");
	request->timeout_ms = 10000;
	return ok;
}

static bool
msi_ask(struct login *login, struct credential_request *request)
{
	return ask_msi(login, request, azure_cloud_of(login->own)->application);
}

static enum login_result
msi_take(struct login *login, const struct credential_outcome *answer)
{
	return azure_take(login, answer, LOGIN_TOKEN, IMDS);
}

static bool
msi_management_ask(struct login *login, struct credential_request *request)
{
	return ask_msi(login, request, azure_cloud_of(login->own)->management);
}

static enum login_result
msi_management_take(struct login *login, const struct credential_outcome *answer)
{
	return azure_take(login, answer, LOGIN_SECOND, IMDS);
}

const struct login_stage login_azure_msi_stages[] = {
	{ NULL, msi_ask, msi_take },
	{ NULL, msi_management_ask, msi_management_take },
	{ NULL, NULL, NULL },
};
