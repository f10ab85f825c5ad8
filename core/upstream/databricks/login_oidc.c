/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Methods that get a token from the workspace itself: OAuth for service principals (client
 * credentials, RFC 6749 section 4.4), and token federation (token exchange, RFC 8693) with the id
 * token of a pipeline. First the workspace is asked where its token endpoint is.
 */
#include "upstream/databricks/login_oidc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mask.h"
#include "base/mem.h"
#include "base/uri.h"
#include "base/url.h"
#include "config/text.h"

#define ID_TOKEN_MAX 16384 /* bytes of a file with an id token */
#define FORM "application/x-www-form-urlencoded"

/* ---- where the token endpoint is ------------------------------------------------------------- */

static bool
metadata_needed(const struct login *login)
{
	return !login->metadata_known && databricks_value(login->own, A_DISCOVERY_URL) == NULL;
}

static bool
metadata_ask(struct login *login, struct credential_request *request)
{
	char *url = xprintf("%s/.well-known/databricks-config", login->own->url);
	bool ok = login_get(login, request, "the workspace", url);

	free(url);
	return ok;
}

static void
keep_known(char **place, const char *own, struct json_object *metadata, const char *key)
{
	const char *text = json_str(metadata, key);

	if (own == NULL && text != NULL && *text != '\0')
		login_keep(place, text);
}

/* "https://host/oidc/accounts/{account_id}" to the address of its document. */
static void
keep_discovery_url(struct login *login, const char *endpoint)
{
	static const char mark[] = "{account_id}";
	const char *account = databricks_value(login->own, A_ACCOUNT_ID);
	const char *at = strstr(endpoint, mark);
	size_t len = strlen(endpoint);
	char *url;

	if (account == NULL)
		account = login->account_id;
	if (at != NULL && account == NULL)
		return;
	while (len > 0 && endpoint[len - 1] == '/')
		len--;
	if (at != NULL)
		url =
		    xprintf("%.*s%s%.*s", (int)(at - endpoint), endpoint, account,
			    (int)(len - (size_t)(at - endpoint) - strlen(mark)), at + strlen(mark));
	else
		url = xprintf("%.*s", (int)len, endpoint);
	free(login->discovery_url);
	login->discovery_url = xprintf("%s/.well-known/oauth-authorization-server", url);
	free(url);
}

/* Many workspaces do not have this document, and then nothing is missing. */
static enum login_result
metadata_take(struct login *login, const struct credential_outcome *answer)
{
	struct json_object *metadata, *audiences;
	const char *account = databricks_value(login->own, A_ACCOUNT_ID), *endpoint;

	if (answer->reply->error != MCP_OK)
		return login_fail(login, answer->reply->error, "no access token: %s",
				  answer->reply->why);
	login->metadata_known = true;
	metadata = login_object(login, answer->reply, "the workspace");
	if (metadata == NULL)
		return LOGIN_NEXT;
	keep_known(&login->account_id, account, metadata, "account_id");
	keep_known(&login->workspace_id, login->own->workspace_id, metadata, "workspace_id");
	audiences = json_arr(metadata, "token_federation_default_oidc_audiences");
	if (audiences != NULL && json_object_array_length(audiences) > 0)
		login_keep(&login->audience,
			   json_object_get_string(json_object_array_get_idx(audiences, 0)));
	else if (json_str(metadata, "workspace_id") == NULL)
		login_keep(&login->audience, account != NULL ? account : login->account_id);
	endpoint = json_str(metadata, "oidc_endpoint");
	if (endpoint != NULL && *endpoint != '\0')
		keep_discovery_url(login, endpoint);
	json_object_put(metadata);
	return LOGIN_NEXT;
}

static bool
discovery_needed(const struct login *login)
{
	return login->token_url == NULL;
}

static bool
discovery_ask(struct login *login, struct credential_request *request)
{
	const char *url = databricks_value(login->own, A_DISCOVERY_URL);
	char *made = NULL;
	bool ok;

	if (url == NULL)
		url = login->discovery_url;
	if (url == NULL)
		url = made =
		    xprintf("%s/oidc/.well-known/oauth-authorization-server", login->own->url);
	ok = login_get(login, request, "the OAuth metadata", url);
	free(made);
	return ok;
}

static enum login_result
discovery_take(struct login *login, const struct credential_outcome *answer)
{
	struct json_object *metadata;
	const char *url, *bad;
	struct url split;

	if (answer->reply->error == MCP_OK && answer->reply->status == 404)
		return login_fail(login, MCP_E_UNAUTHENTICATED,
				  "databricks OAuth is not supported for this host (HTTP 404): use "
				  "a personal access token, or check the host");
	metadata = login_object(login, answer->reply, "the OAuth metadata of the workspace");
	if (metadata == NULL)
		return LOGIN_FAILED;
	url = json_str(metadata, "token_endpoint");
	bad = url != NULL ? url_split(url, &split) : "it has no token_endpoint";
	if (bad == NULL && !split.tls && !url_host_loopback(split.host))
		bad = "its token_endpoint is not https://";
	if (bad == NULL)
		login_keep(&login->token_url, url);
	else
		login_fail(login, MCP_E_UPSTREAM, "the OAuth metadata of the workspace: %s", bad);
	json_object_put(metadata);
	return bad == NULL ? LOGIN_NEXT : LOGIN_FAILED;
}

#define DISCOVERY                                               \
	{ metadata_needed, metadata_ask, metadata_take },       \
	{                                                       \
		discovery_needed, discovery_ask, discovery_take \
	}

/* ---- the token ------------------------------------------------------------------------------- */

static void
add_common(struct login *login, struct credential_request *request)
{
	login_form(request, "scope", login_scopes(login));
	login_form(request, "authorization_details",
		   databricks_value(login->own, A_AUTHORIZATION_DETAILS));
	login_form(request, "assume_group", databricks_value(login->own, A_GROUP_ID));
}

static bool
m2m_ask(struct login *login, struct credential_request *request)
{
	char *pair, *header;
	struct buf text;

	if (login->secret == NULL)
		return login_refuse(login, "the client secret is missing");
	if (!login_post(login, request, "the token endpoint", login->token_url, FORM))
		return false;
	buf_init(&text, CREDENTIAL_VALUE_MAX);
	pair = xprintf("%s:%s", databricks_value(login->own, A_CLIENT_ID), login->secret);
	buf_base64(&text, pair, strlen(pair));
	header = xprintf("Basic %s", text.data);
	login_header(request, "Authorization", header);
	explicit_bzero(text.data, text.len);
	buf_fini(&text);
	secret_free(pair);
	secret_free(header);
	login_form(request, "grant_type", "client_credentials");
	add_common(login, request);
	return true;
}

static void
explain_refusal(struct login *login, const char *words)
{
	if (login->user != NULL)
		login_fail(login, MCP_E_UNAUTHENTICATED,
			   "%.300s: there is no token for %.60s; check that this is the name of a "
			   "user there, and that the federation policy is the one that \"lakehost "
			   "federation-policy\" prints",
			   words, login->user);
	else
		login_fail(login, MCP_E_UNAUTHENTICATED,
			   "%.300s; check the client and its secret, or the federation policy, of "
			   "%s",
			   words, login_method(login)->name);
}

static enum login_result
endpoint_take(struct login *login, const struct credential_outcome *answer)
{
	struct json_object *object;
	enum login_result result;
	char words[CREDENTIAL_WHY_MAX];

	object = login_object(login, answer->reply, "the token endpoint");
	if (object == NULL) {
		snprintf(words, sizeof(words), "%s", login->why);
		if (login->error == MCP_E_UNAUTHENTICATED)
			explain_refusal(login, words);
		login_keep(&login->token_url, NULL); /* it may have moved */
		return LOGIN_FAILED;
	}
	result = login_take_token(login, LOGIN_TOKEN, object, "access_token", "the token endpoint");
	json_object_put(object);
	return result;
}

static bool
exchange(struct login *login, struct credential_request *request)
{
	if (!login_post(login, request, "the token endpoint", login->token_url, FORM))
		return false;
	login_form(request, "grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");
	login_form(request, "subject_token", login->id_token);
	login_form(request, "subject_token_type", "urn:ietf:params:oauth:token-type:jwt");
	login_form(request, "client_id", databricks_value(login->own, A_CLIENT_ID));
	add_common(login, request);
	return true;
}

/* ---- on behalf of a user --------------------------------------------------------------------- */

/* The assertion names the principal and nothing else: no token of the client is in it. */
static bool
behalf_ask(struct login *login, struct credential_request *request)
{
	char *assertion;

	if (login->user == NULL)
		return login_refuse(login, "there is no user on whose behalf to ask for a token");
	assertion =
	    federation_assertion(&login->own->federation, login->user, clock_wall_ms() / 1000);
	if (assertion == NULL)
		return login_refuse(login, "federation_key cannot sign an assertion");
	mask_once(assertion, strlen(assertion));
	secret_free(login->id_token);
	login->id_token = assertion;
	return exchange(login, request);
}

const struct login_stage login_exchange_stages[] = {
	DISCOVERY,
	{ NULL, behalf_ask, endpoint_take },
	{ NULL, NULL, NULL },
};

const struct login_stage login_m2m_stages[] = {
	DISCOVERY,
	{ NULL, m2m_ask, endpoint_take },
	{ NULL, NULL, NULL },
};

/* ---- id tokens in the environment, or in a file ---------------------------------------------- */

static const char *
id_variable(const struct databricks *own)
{
	const char *name = databricks_value(own, A_OIDC_TOKEN_ENV);

	return name != NULL ? name : "DATABRICKS_OIDC_TOKEN";
}

static const char *
id_in_environment(const struct databricks *own)
{
	/* The SDKs' variable belongs to the role "workspace" only, a configured one to any. */
	if (databricks_value(own, A_OIDC_TOKEN_ENV) == NULL)
		return own->env != NULL ? own->env(id_variable(own)) : NULL;
	return databricks_ambient(own, id_variable(own));
}

char *
login_env_missing(const struct databricks *own)
{
	return id_in_environment(own) == NULL ? xprintf("%s is not set", id_variable(own)) : NULL;
}

static bool
env_ask(struct login *login, struct credential_request *request)
{
	const char *token = id_in_environment(login->own);

	if (token == NULL)
		return login_refuse(login, "%s is not set any more", id_variable(login->own));
	login_keep_secret(&login->id_token, token);
	return exchange(login, request);
}

const struct login_stage login_env_stages[] = {
	DISCOVERY,
	{ NULL, env_ask, endpoint_take },
	{ NULL, NULL, NULL },
};

/* Without the white space around it; NULL with `why`. */
static char *
id_in_file(const struct databricks *own, char *why, size_t why_size)
{
	const char *path = databricks_value(own, A_OIDC_TOKEN_FILEPATH);
	char *text, *token = NULL;
	size_t len, from = 0;

	text = text_read(path, ID_TOKEN_MAX, &len, NULL, why, why_size);
	if (text == NULL)
		return NULL;
	from = strspn(text, " \t\r\n");
	while (len > from && strchr(" \t\r\n", text[len - 1]) != NULL)
		len--;
	if (len > from)
		token = xstrndup(text + from, len - from);
	else
		snprintf(why, why_size, "%s is empty", path);
	secret_free(text);
	return token;
}

char *
login_file_missing(const struct databricks *own)
{
	char why[300], *token = id_in_file(own, why, sizeof(why));
	bool there = token != NULL;

	secret_free(token);
	return there ? NULL : xstrdup(why);
}

static bool
file_ask(struct login *login, struct credential_request *request)
{
	char why[300], *token = id_in_file(login->own, why, sizeof(why));

	if (token == NULL)
		return login_refuse(login, "%s", why);
	login_keep_secret(&login->id_token, token);
	secret_free(token);
	return exchange(login, request);
}

const struct login_stage login_file_stages[] = {
	DISCOVERY,
	{ NULL, file_ask, endpoint_take },
	{ NULL, NULL, NULL },
};

/* ---- id tokens of pipelines ------------------------------------------------------------------ */

static bool
exchange_ask(struct login *login, struct credential_request *request)
{
	return exchange(login, request);
}

bool
login_github_ask(struct login *login, struct credential_request *request, const char *audience)
{
	const char *base = databricks_ambient(login->own, "ACTIONS_ID_TOKEN_REQUEST_URL");
	const char *token = databricks_ambient(login->own, "ACTIONS_ID_TOKEN_REQUEST_TOKEN");
	struct buf url;
	bool ok;

	if (base == NULL || token == NULL)
		return login_refuse(login, "ACTIONS_ID_TOKEN_REQUEST_URL or _TOKEN is not set any "
					   "more");
	buf_init(&url, 8192);
	buf_printf(&url, "%s%caudience=", base, strchr(base, '?') != NULL ? '&' : '?');
	uri_encode(&url, audience, strlen(audience));
	ok = login_get(login, request, "the token service of GitHub", url.data);
	buf_fini(&url);
	if (ok)
		login_bearer(request, token);
	return ok;
}

enum login_result
login_id_take(struct login *login, const struct credential_outcome *answer, const char *key,
	      const char *what)
{
	struct json_object *object = login_object(login, answer->reply, what);
	const char *token = json_str(object, key);
	enum login_result result = LOGIN_NEXT;

	if (object == NULL)
		result = answer->reply->error != MCP_OK ? LOGIN_FAILED : LOGIN_SKIP;
	else if (token == NULL || *token == '\0')
		result = login_skip(login, "%s answered without a token", what);
	else
		login_keep_secret(&login->id_token, token);
	json_object_put(object);
	return result;
}

char *
login_github_missing(const struct databricks *own)
{
	if (databricks_ambient(own, "ACTIONS_ID_TOKEN_REQUEST_TOKEN") != NULL &&
	    databricks_ambient(own, "ACTIONS_ID_TOKEN_REQUEST_URL") != NULL)
		return NULL;
	return xstrdup("this is not a job of GitHub Actions with the permission id-token: write");
}

static bool
github_ask(struct login *login, struct credential_request *request)
{
	const char *audience = databricks_value(login->own, A_TOKEN_AUDIENCE);

	if (audience == NULL)
		audience = login->audience != NULL ? login->audience : login->token_url;
	return login_github_ask(login, request, audience);
}

static enum login_result
github_take(struct login *login, const struct credential_outcome *answer)
{
	return login_id_take(login, answer, "value", "the token service of GitHub");
}

const struct login_stage login_github_stages[] = {
	DISCOVERY,
	{ NULL, github_ask, github_take },
	{ NULL, exchange_ask, endpoint_take },
	{ NULL, NULL, NULL },
};

static const char *const devops_variables[] = {
	"SYSTEM_ACCESSTOKEN",	"SYSTEM_TEAMFOUNDATIONCOLLECTIONURI",
	"SYSTEM_TEAMPROJECTID", "SYSTEM_HOSTTYPE",
	"SYSTEM_PLANID",	"SYSTEM_JOBID"
};

char *
login_devops_missing(const struct databricks *own)
{
	for (size_t i = 0; i < ARRAY_SIZE(devops_variables); i++) {
		if (databricks_ambient(own, devops_variables[i]) == NULL)
			return xprintf("%s is not set", devops_variables[i]);
	}
	return NULL;
}

static bool
devops_ask(struct login *login, struct credential_request *request)
{
	const char *value[ARRAY_SIZE(devops_variables)];
	char *url;
	bool ok;

	for (size_t i = 0; i < ARRAY_SIZE(devops_variables); i++) {
		value[i] = databricks_ambient(login->own, devops_variables[i]);
		if (value[i] == NULL)
			return login_refuse(login, "%s is not set any more", devops_variables[i]);
	}
	url = xprintf("%s%s/_apis/distributedtask/hubs/%s/plans/%s/jobs/%s/oidctoken"
		      "?api-version=7.2-preview.1",
		      value[1], value[2], value[3], value[4], value[5]);
	ok = login_post(login, request, "the token service of Azure DevOps", url,
			"application/json");
	free(url);
	if (ok)
		login_bearer(request, value[0]);
	return ok;
}

static enum login_result
devops_take(struct login *login, const struct credential_outcome *answer)
{
	return login_id_take(login, answer, "oidcToken", "the token service of Azure DevOps");
}

const struct login_stage login_devops_stages[] = {
	DISCOVERY,
	{ NULL, devops_ask, devops_take },
	{ NULL, exchange_ask, endpoint_take },
	{ NULL, NULL, NULL },
};

/* ---- the metadata service -------------------------------------------------------------------- */

char *
login_metadata_missing(const struct databricks *own)
{
	const char *text = databricks_value(own, A_METADATA_SERVICE_URL);
	struct url url;

	if (url_split(text, &url) != NULL)
		return xstrdup("metadata_service_url is not a valid address");
	if (strcmp(url.host, "localhost") != 0 && strcmp(url.host, "127.0.0.1") != 0)
		return xstrdup("only localhost URLs are allowed as metadata_service_url");
	return NULL;
}

static bool
service_ask(struct login *login, struct credential_request *request)
{
	if (!login_get(login, request, "the metadata service",
		       databricks_value(login->own, A_METADATA_SERVICE_URL)))
		return false;
	login_header(request, "X-Databricks-Metadata-Version", "1");
	login_header(request, "X-Databricks-Host", login->own->url);
	request->timeout_ms = 10000;
	return true;
}

static enum login_result
service_take(struct login *login, const struct credential_outcome *answer)
{
	struct json_object *object = login_object(login, answer->reply, "the metadata service");
	enum login_result result;

	if (object == NULL)
		return LOGIN_FAILED;
	result =
	    login_take_token(login, LOGIN_TOKEN, object, "access_token", "the metadata service");
	json_object_put(object);
	return result;
}

const struct login_stage login_metadata_stages[] = {
	{ NULL, service_ask, service_take },
	{ NULL, NULL, NULL },
};
