/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workspaces on Google Cloud: an id token of a service account for the workspace, and, where the
 * account may have one, an access token for Google Cloud itself. With google-credentials the key of
 * the service account signs the request (RFC 7523); with google-id the default credentials of this
 * machine act for the service account.
 */
#include "upstream/databricks/login_google.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mask.h"
#include "base/mem.h"
#include "base/uri.h"
#include "config/text.h"

#define KEY_FILE_MAX 65536 /* bytes of a file with credentials */
#define ASSERTION_S 3600   /* how long a signed request is valid */
#define ASSERTION_MAX 16384
#define FORM "application/x-www-form-urlencoded"
#define GOOGLE "the token service of Google"
#define IAM "the service of Google for impersonation"
#define SCOPES                                            \
	"https://www.googleapis.com/auth/cloud-platform " \
	"https://www.googleapis.com/auth/compute"
#define IAM_SCOPE "https://www.googleapis.com/auth/iam"

static const struct json_limits file_limits = { KEY_FILE_MAX, 16, 1000, 32, 0 };

/* ---- files with credentials ------------------------------------------------------------------ */

/* The object in a JSON text, or in the file of that name; for json_object_put(). */
static struct json_object *
read_object(const char *text, char *why, size_t why_size)
{
	struct json_object *object;
	const char *reason = "", *bytes = text;
	char *file = NULL;
	size_t len = strlen(text), at;

	if (text[strspn(text, " \t\r\n")] != '{') {
		bytes = file = text_read(text, KEY_FILE_MAX, &len, NULL, why, why_size);
		if (file == NULL)
			return NULL;
	}
	object = json_parse(bytes, len, &file_limits, &reason, &at);
	secret_free(file);
	if (json_object_is_type(object, json_type_object))
		return object;
	json_object_put(object);
	snprintf(why, why_size, "the credentials of Google are not a JSON object: %s", reason);
	return NULL;
}

/* A key that OpenSSL can sign with; NULL: it is not one. */
static EVP_PKEY *
private_key(struct json_object *object)
{
	const char *text = json_str(object, "private_key");
	EVP_PKEY *key;
	BIO *bio;

	if (text == NULL)
		return NULL;
	mask_add(text, strlen(text));
	bio = BIO_new_mem_buf(text, (int)strlen(text));
	key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
	BIO_free(bio);
	return key;
}

static bool
is_key_file(struct json_object *object, char *why, size_t why_size)
{
	EVP_PKEY *key = private_key(object);
	bool ok = key != NULL && json_str(object, "client_email") != NULL &&
		  json_str(object, "token_uri") != NULL;

	EVP_PKEY_free(key);
	if (!ok)
		snprintf(why, why_size,
			 "the credentials of Google are not the key of a service account, with "
			 "client_email, token_uri and private_key");
	return ok;
}

/* ---- signed requests ------------------------------------------------------------------------- */

static void
sign(EVP_PKEY *key, struct buf *text)
{
	unsigned char signature[1024];
	size_t len = sizeof(signature);
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (context != NULL && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestSign(context, signature, &len, (const unsigned char *)text->data,
			   text->len) == 1) {
		buf_putc(text, '.');
		buf_base64url(text, signature, len);
	} else {
		buf_fill(text);
	}
	EVP_MD_CTX_free(context);
}

/* A JWT for the token service; `claim` is what it asks for. For secret_free(); NULL: the key cannot
 * sign. */
static char *
make_assertion(struct json_object *object, const char *claim, const char *value)
{
	static const char header[] = "{\"alg\":\"RS256\",\"typ\":\"JWT\"}";
	long long now = (long long)(clock_wall_ms() / 1000);
	EVP_PKEY *key = private_key(object);
	struct buf claims, text;

	buf_init(&claims, ASSERTION_MAX);
	buf_init(&text, ASSERTION_MAX);
	buf_puts(&claims, "{\"iss\":");
	buf_json_str(&claims, json_str(object, "client_email"));
	buf_puts(&claims, ",\"sub\":");
	buf_json_str(&claims, json_str(object, "client_email"));
	buf_puts(&claims, ",\"aud\":");
	buf_json_str(&claims, json_str(object, "token_uri"));
	buf_printf(&claims, ",\"iat\":%lld,\"exp\":%lld,\"%s\":", now, now + ASSERTION_S, claim);
	buf_json_str(&claims, value);
	buf_putc(&claims, '}');
	buf_base64url(&text, header, strlen(header));
	buf_putc(&text, '.');
	buf_base64url(&text, claims.data, claims.len);
	if (key != NULL && buf_ok(&claims))
		sign(key, &text);
	else
		buf_fill(&text);
	EVP_PKEY_free(key);
	buf_fini(&claims);
	return buf_take(&text, NULL);
}

static bool
ask_signed(struct login *login, struct credential_request *request, struct json_object *object,
	   const char *claim, const char *value)
{
	char *assertion;

	if (!login_post(login, request, GOOGLE, json_str(object, "token_uri"), FORM))
		return false;
	assertion = make_assertion(object, claim, value);
	if (assertion == NULL)
		return login_refuse(login, "the key of the service account cannot sign");
	mask_add(assertion, strlen(assertion));
	login_form(request, "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
	login_form(request, "assertion", assertion);
	secret_free(assertion);
	return true;
}

/* ---- google-credentials ---------------------------------------------------------------------- */

/* Both checks of a key: at the start, and before each use. */
static struct json_object *
key_of(const struct databricks *own, char *why, size_t why_size)
{
	struct json_object *object;

	object = read_object(databricks_value(own, A_GOOGLE_CREDENTIALS), why, why_size);
	if (object != NULL && !is_key_file(object, why, why_size)) {
		json_object_put(object);
		object = NULL;
	}
	return object;
}

char *
login_google_missing(const struct databricks *own)
{
	char why[256] = "";
	struct json_object *object = key_of(own, why, sizeof(why));
	bool there = object != NULL;

	json_object_put(object);
	return there ? NULL : xstrdup(why);
}

static bool
ask_with_key(struct login *login, struct credential_request *request, const char *claim,
	     const char *value)
{
	char why[256] = "";
	struct json_object *object = key_of(login->own, why, sizeof(why));
	bool ok = object != NULL ? ask_signed(login, request, object, claim, value)
				 : login_refuse(login, "%s", why);

	json_object_put(object);
	return ok;
}

static bool
key_id_ask(struct login *login, struct credential_request *request)
{
	return ask_with_key(login, request, "target_audience", login->own->url);
}

/* An id token has its end in itself. */
static enum login_result
take_id_token(struct login *login, const struct credential_outcome *answer, const char *key,
	      const char *what)
{
	struct json_object *object = login_object(login, answer->reply, what), *claims;
	const char *token = json_str(object, key);
	enum login_result result;

	if (object == NULL)
		return LOGIN_FAILED;
	claims = token != NULL ? login_claims(token) : NULL;
	result = login_take(login, LOGIN_TOKEN, token, json_int(claims, "exp", 0), what);
	json_object_put(claims);
	json_object_put(object);
	return result;
}

static enum login_result
key_id_take(struct login *login, const struct credential_outcome *answer)
{
	return take_id_token(login, answer, "id_token", GOOGLE);
}

static bool
key_access_ask(struct login *login, struct credential_request *request)
{
	return ask_with_key(login, request, "scope", SCOPES);
}

/* Only some operations need it, so an account without it is fine. */
static enum login_result
access_take(struct login *login, const struct credential_outcome *answer, const char *key,
	    const char *what)
{
	struct json_object *object = login_object(login, answer->reply, what);

	if (object != NULL)
		login_take_token(login, LOGIN_SECOND, object, key, what);
	json_object_put(object);
	return LOGIN_NEXT;
}

static enum login_result
key_access_take(struct login *login, const struct credential_outcome *answer)
{
	return access_take(login, answer, "access_token", GOOGLE);
}

const struct login_stage login_google_stages[] = {
	{ NULL, key_id_ask, key_id_take },
	{ NULL, key_access_ask, key_access_take },
	{ NULL, NULL, NULL },
};

/* ---- google-id: the default credentials of this machine -------------------------------------- */

/* The file with them, for free(): the one that is named, or the one of "gcloud auth
 * application-default login". NULL: there is none, so the machine itself is asked. */
static char *
default_file(const struct databricks *own)
{
	const char *named = databricks_ambient(own, "GOOGLE_APPLICATION_CREDENTIALS");
	const char *directory = databricks_ambient(own, "CLOUDSDK_CONFIG");
	const char *home = databricks_ambient(own, "HOME");
	char *path = NULL, *text, why[256];
	size_t len;

	if (named != NULL)
		return xstrdup(named);
	if (directory != NULL)
		path = xprintf("%s/application_default_credentials.json", directory);
	else if (home != NULL)
		path = xprintf("%s/.config/gcloud/application_default_credentials.json", home);
	if (path == NULL)
		return NULL;
	text = text_read(path, KEY_FILE_MAX, &len, NULL, why, sizeof(why));
	if (text == NULL) {
		free(path);
		path = NULL;
	}
	secret_free(text);
	return path;
}

/* Which machine: the variable is that of Google's own libraries. NULL: it is not known to be one of
 * Google Cloud. */
static const char *
metadata_host(const struct databricks *own)
{
	return databricks_ambient(own, "GCE_METADATA_HOST");
}

/* NULL with `why`; without both when the machine itself is to be asked. */
static struct json_object *
default_credentials(const struct databricks *own, char *why, size_t why_size)
{
	char *path = default_file(own);
	struct json_object *object = NULL;

	*why = '\0';
	if (path != NULL)
		object = read_object(path, why, why_size);
	free(path);
	return object;
}

char *
login_google_id_missing(const struct databricks *own)
{
	char why[256];
	struct json_object *object = default_credentials(own, why, sizeof(why));
	const char *type = json_str(object, "type");
	char *missing = NULL;

	if (*why != '\0')
		missing = xstrdup(why);
	else if (object != NULL && (type == NULL || (strcmp(type, "authorized_user") != 0 &&
						     strcmp(type, "service_account") != 0)))
		missing = xstrdup("the default credentials of Google have a type that is not "
				  "supported; use those of a user or of a service account");
	json_object_put(object);
	return missing;
}

static bool
ask_user_token(struct login *login, struct credential_request *request, struct json_object *object)
{
	const char *url = json_str(object, "token_uri");

	if (json_str(object, "refresh_token") == NULL)
		return login_refuse(login, "the default credentials of Google have no "
					   "refresh_token");
	if (!login_post(login, request, GOOGLE,
			url != NULL ? url : "https://oauth2.googleapis.com/token", FORM))
		return false;
	login_form(request, "grant_type", "refresh_token");
	login_form(request, "client_id", json_str(object, "client_id"));
	login_form(request, "client_secret", json_str(object, "client_secret"));
	login_form(request, "refresh_token", json_str(object, "refresh_token"));
	return true;
}

static bool
ask_machine_token(struct login *login, struct credential_request *request)
{
	const char *host = metadata_host(login->own);
	char *url = xprintf("http://%s/computeMetadata/v1/instance/service-accounts/default/token",
			    host != NULL ? host : "metadata.google.internal");
	bool ok = login_get(login, request, "the metadata service of Google Cloud", url);

	free(url);
	login_header(request, "Metadata-Flavor", "Google");
	request->timeout_ms = 10000;
	return ok;
}

static bool
source_ask(struct login *login, struct credential_request *request)
{
	char why[256];
	struct json_object *object = default_credentials(login->own, why, sizeof(why));
	const char *type = json_str(object, "type");
	bool user = type != NULL && strcmp(type, "authorized_user") == 0, ok;

	if (*why != '\0' || (object != NULL && !user && !is_key_file(object, why, sizeof(why))))
		ok = login_refuse(login, "%s", why);
	else if (object == NULL)
		ok = ask_machine_token(login, request);
	else if (user)
		ok = ask_user_token(login, request, object);
	else
		ok = ask_signed(login, request, object, "scope", IAM_SCOPE);
	json_object_put(object);
	return ok;
}

static enum login_result
source_take(struct login *login, const struct credential_outcome *answer)
{
	struct json_object *object;
	const char *token;
	enum login_result result = LOGIN_NEXT;

	object = login_object(login, answer->reply, "the default credentials of Google");
	token = json_str(object, "access_token");
	if (object == NULL)
		result = LOGIN_FAILED;
	else if (token == NULL)
		result = login_fail(login, MCP_E_UPSTREAM,
				    "the default credentials of Google returned no token");
	else
		login_keep_secret(&login->source_token, token);
	json_object_put(object);
	return result;
}

static bool
impersonate(struct login *login, struct credential_request *request, const char *verb)
{
	const char *account = databricks_value(login->own, A_GOOGLE_SERVICE_ACCOUNT);
	struct buf url;
	bool ok;

	buf_init(&url, 4096);
	buf_puts(&url, "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/");
	uri_encode(&url, account, strlen(account));
	buf_printf(&url, ":%s", verb);
	ok = login_post(login, request, IAM, url.data, "application/json");
	buf_fini(&url);
	if (ok)
		login_bearer(request, login->source_token);
	return ok;
}

static bool
impersonated_id_ask(struct login *login, struct credential_request *request)
{
	if (!impersonate(login, request, "generateIdToken"))
		return false;
	buf_puts(&request->body, "{\"includeEmail\":true,\"audience\":");
	buf_json_str(&request->body, login->own->url);
	buf_putc(&request->body, '}');
	return true;
}

static enum login_result
impersonated_id_take(struct login *login, const struct credential_outcome *answer)
{
	return take_id_token(login, answer, "token", IAM);
}

static bool
impersonated_access_ask(struct login *login, struct credential_request *request)
{
	if (!impersonate(login, request, "generateAccessToken"))
		return false;
	buf_puts(&request->body, "{\"scope\":[\"https://www.googleapis.com/auth/cloud-platform\","
				 "\"https://www.googleapis.com/auth/compute\"]}");
	return true;
}

static enum login_result
impersonated_access_take(struct login *login, const struct credential_outcome *answer)
{
	return access_take(login, answer, "accessToken", IAM);
}

const struct login_stage login_google_id_stages[] = {
	{ NULL, source_ask, source_take },
	{ NULL, impersonated_id_ask, impersonated_id_take },
	{ NULL, impersonated_access_ask, impersonated_access_take },
	{ NULL, NULL, NULL },
};
