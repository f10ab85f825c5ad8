/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Discovery and the token endpoint: /.well-known/databricks-config, the OAuth metadata, and
 * /oidc/v1/token for client_credentials (RFC 6749 section 4.4) and token exchange (RFC 8693).
 * Access tokens are JWTs signed with the key in DIR.
 *
 * Token exchange accepts any JWT as subject token and trusts its `sub` without checking a
 * signature, because there is no identity provider. Such a subject can only open a workspace of its
 * own.
 */
#include "server/oauth.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { MAX_FORM = 64 * 1024, MAX_SUB = 32 };

/* ---- JWT ---- */

static char *
base64_url(const void *data, size_t len)
{
	char *text = encode_base64(data, len);

	for (char *p = text; *p != '\0'; p++) {
		if (*p == '+')
			*p = '-';
		else if (*p == '/')
			*p = '_';
		else if (*p == '=')
			*p = '\0';
	}
	return text;
}

static char *
signature_of(const char *signed_part)
{
	char *text = xprintf("jwt:%s", signed_part), mac[65];

	hmac_hex(text, mac);
	free(text);
	return base64_url(mac, strlen(mac));
}

static char *
jwt_make(const struct principal *who, int64_t ttl_s)
{
	static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"sandbox\"}";
	struct json_object *claims = json_object_new_object();
	char jti[37], *head, *payload, *part, *mac, *token;
	const char *text;

	id_uuid(jti);
	json_add_str(claims, "iss", "lakehost-sandbox");
	json_add_str(claims, "sub", who->user);
	json_add_str(claims, "workspace", who->workspace);
	json_add_bool(claims, "trusted", who->trusted);
	json_add_str(claims, "scp", "all-apis");
	json_add_int(claims, "iat", clock_ms() / 1000);
	json_add_int(claims, "exp", clock_ms() / 1000 + ttl_s);
	json_add_str(claims, "jti", jti);
	text = json_object_to_json_string_ext(claims, JSON_C_TO_STRING_PLAIN);
	head = base64_url(header, strlen(header));
	payload = base64_url(text, strlen(text));
	part = xprintf("%s.%s", head, payload);
	mac = signature_of(part);
	token = xprintf("%s.%s", part, mac);
	free(head);
	free(payload);
	free(part);
	free(mac);
	json_object_put(claims);
	return token;
}

/* Reads the claims of any JWT without checking its signature; owned. NULL when the text is not a
 * JWT. */
static struct json_object *
jwt_claims(const char *token)
{
	const char *payload = strchr(token, '.');
	struct json_object *claims;
	size_t len = 0;
	char *text;

	if (payload == NULL)
		return NULL;
	payload++;
	text = decode_base64(payload, strcspn(payload, "."), &len);
	if (text == NULL)
		return NULL;
	claims = json_parse(text, strlen(text));
	free(text);
	return claims;
}

bool
jwt_verify(const char *token, struct principal *out)
{
	const char *mac = strrchr(token, '.');
	struct json_object *claims;
	char *part, *expected;
	bool ok;

	if (mac == NULL)
		return false;
	part = xstrndup(token, (size_t)(mac - token));
	expected = signature_of(part);
	ok = secret_equal(expected, mac + 1);
	free(expected);
	free(part);
	if (!ok)
		return false;
	claims = jwt_claims(token);
	ok = json_int(claims, "exp", 0) > clock_ms() / 1000 && json_str(claims, "sub") != NULL &&
	     json_str(claims, "workspace") != NULL;
	if (ok) {
		snprintf(out->workspace, sizeof(out->workspace), "%s",
			 json_str(claims, "workspace"));
		snprintf(out->user, sizeof(out->user), "%s", json_str(claims, "sub"));
		out->trusted = json_flag(claims, "trusted", false);
	}
	json_object_put(claims);
	return ok;
}

/* ---- the token endpoint ---- */

struct form {
	struct query_arg *args;
	size_t count;
	char *client_id, *client_secret;
};

static void
oauth_error(struct request *req, int status, const char *code, const char *description)
{
	struct json_object *obj = json_object_new_object();

	json_add_str(obj, "error", code);
	json_add_str(obj, "error_description", description);
	json_add_str(obj, "error_id", req->request_id);
	reply_json_status(req, status, obj);
}

static void
read_client(struct request *req, struct form *form)
{
	const char *basic = request_header(req, "Authorization");
	const char *id = args_find(form->args, form->count, "client_id");
	const char *secret = args_find(form->args, form->count, "client_secret");
	size_t len = 0;
	char *pair = NULL, *colon;

	if (basic != NULL && strncmp(basic, "Basic ", 6) == 0)
		pair = decode_base64(basic + 6, strlen(basic + 6), &len);
	colon = pair != NULL ? strchr(pair, ':') : NULL;
	if (colon != NULL) {
		form->client_id = url_decode(pair, (size_t)(colon - pair), true);
		form->client_secret = url_decode(colon + 1, strlen(colon + 1), true);
	} else {
		form->client_id = id != NULL ? xstrdup(id) : NULL;
		form->client_secret = secret != NULL ? xstrdup(secret) : NULL;
	}
	free(pair);
}

static void
issue(struct request *req, const struct principal *who, bool exchanged)
{
	struct json_object *answer = json_object_new_object();
	struct settings settings;
	char *token;

	settings_read(&settings);
	token = jwt_make(who, settings.token_ttl_s);
	json_add_str(answer, "access_token", token);
	json_add_str(answer, "token_type", "Bearer");
	json_add_int(answer, "expires_in", settings.token_ttl_s);
	json_add_str(answer, "scope", "all-apis");
	if (exchanged)
		json_add_str(answer, "issued_token_type",
			     "urn:ietf:params:oauth:token-type:access_token");
	free(token);
	reply_json(req, answer);
	reply_header(req, "Cache-Control", "no-store");
}

static void
client_credentials(struct request *req, const struct form *form)
{
	struct principal who = { "default", "", true };

	if (form->client_id == NULL || form->client_secret == NULL ||
	    !secret_equal(form->client_id, options.client_id) ||
	    !secret_equal(form->client_secret, options.client_secret)) {
		oauth_error(req, 401, "invalid_client", "Client authentication failed");
		return;
	}
	snprintf(who.user, sizeof(who.user), "%s", options.client_id);
	issue(req, &who, false);
}

/* Turns "Ann Smith <ann@corp>" and similar names into a workspace name with the allowed letters. */
static bool
principal_of_sub(const char *sub, struct principal *who)
{
	char name[MAX_SUB + 1];
	size_t n = 0;

	for (; *sub != '\0' && *sub != '@' && n < MAX_SUB; sub++)
		name[n++] = isalnum((unsigned char)*sub) ? (char)tolower((unsigned char)*sub) : '_';
	name[n] = '\0';
	return auth_subject(name, who);
}

static void
token_exchange(struct request *req, const struct form *form)
{
	const char *subject = args_find(form->args, form->count, "subject_token");
	const char *type = args_find(form->args, form->count, "subject_token_type");
	struct json_object *claims;
	struct principal who;
	bool ok;

	if (subject == NULL || type == NULL) {
		oauth_error(req, 400, "invalid_request",
			    "subject_token and subject_token_type are required");
		return;
	}
	if (strcmp(type, "urn:databricks:params:oauth:token-type:personal-access-token") == 0) {
		ok = auth_token(subject, &who);
	} else {
		claims = jwt_claims(subject);
		ok = json_str(claims, "sub") != NULL &&
		     principal_of_sub(json_str(claims, "sub"), &who) &&
		     json_int(claims, "exp", INT64_MAX) > clock_ms() / 1000;
		json_object_put(claims);
	}
	if (ok)
		issue(req, &who, true);
	else
		oauth_error(req, 400, "invalid_grant", "The subject token is not acceptable");
}

static void
token_post(struct request *req)
{
	struct form form = { 0 };
	const char *grant;

	if (req->raw.len > MAX_FORM || !args_parse(req->raw.data, &form.args, &form.count)) {
		oauth_error(req, 400, "invalid_request", "The form cannot be decoded");
	} else {
		read_client(req, &form);
		grant = args_find(form.args, form.count, "grant_type");
		if (grant == NULL)
			oauth_error(req, 400, "invalid_request", "grant_type is required");
		else if (strcmp(grant, "client_credentials") == 0)
			client_credentials(req, &form);
		else if (strcmp(grant, "urn:ietf:params:oauth:grant-type:token-exchange") == 0)
			token_exchange(req, &form);
		else
			oauth_error(req, 400, "unsupported_grant_type",
				    "client_credentials and token-exchange are supported");
	}
	args_free(form.args, form.count);
	free(form.client_id);
	free(form.client_secret);
}

/* ---- discovery ---- */

static char *
url(const char *path)
{
	return xprintf("http://%s:%d%s", options.host, options.port, path);
}

static void
add_url(struct json_object *obj, const char *name, const char *path)
{
	char *text = url(path);

	json_add_str(obj, name, text);
	free(text);
}

/* Without a token this is the default workspace, with a token it is the caller's. */
static void
databricks_config(struct request *req)
{
	struct json_object *answer = json_object_new_object(), *audiences;
	char *token_url = url("/oidc/v1/token");
	struct workspace *ws = ws_open("default");
	char id[32];

	add_url(answer, "oidc_endpoint", "/oidc");
	json_add_str(answer, "account_id", options.account_id);
	if (ws != NULL) {
		snprintf(id, sizeof(id), "%lld", (long long)ws->org_id);
		json_add_str(answer, "workspace_id", id);
	}
	json_add_str(answer, "cloud", "AWS");
	json_add_str(answer, "host_type", "workspace");
	audiences = json_object_new_array();
	json_object_array_add(audiences, json_object_new_string(token_url));
	json_add(answer, "token_federation_default_oidc_audiences", audiences);
	free(token_url);
	reply_json(req, answer);
}

static void
add_list(struct json_object *obj, const char *name, const char *const *values)
{
	struct json_object *list = json_object_new_array();

	for (; *values != NULL; values++)
		json_object_array_add(list, json_object_new_string(*values));
	json_add(obj, name, list);
}

static void
oauth_metadata(struct request *req)
{
	static const char *const grants[] = { "client_credentials",
					      "urn:ietf:params:oauth:grant-type:token-exchange",
					      NULL };
	static const char *const methods[] = { "client_secret_basic", "client_secret_post", "none",
					       NULL };
	static const char *const scopes[] = { "all-apis", "offline_access", NULL };
	struct json_object *answer = json_object_new_object();

	add_url(answer, "issuer", "/oidc");
	add_url(answer, "authorization_endpoint", "/oidc/v1/authorize");
	add_url(answer, "token_endpoint", "/oidc/v1/token");
	add_list(answer, "grant_types_supported", grants);
	add_list(answer, "token_endpoint_auth_methods_supported", methods);
	add_list(answer, "scopes_supported", scopes);
	reply_json(req, answer);
}

static const struct route oauth_routes[] = {
	{ "GET", "/.well-known/databricks-config", databricks_config, ROUTE_OPEN },
	{ "GET", "/oidc/.well-known/oauth-authorization-server", oauth_metadata, ROUTE_OPEN },
	{ "GET", "/oidc/.well-known/openid-configuration", oauth_metadata, ROUTE_OPEN },
	{ "POST", "/oidc/v1/token", token_post, ROUTE_OPEN | ROUTE_RAW_BODY },
	{ 0 },
};

const struct domain oauth_domain = { .name = "oauth", .routes = oauth_routes };
