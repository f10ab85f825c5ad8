/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the caller and the workspace of a request by its credential.
 *   the generated token `dapi` + 32 hex digits      workspace "default", user ann@example.com
 *   an access token of DIR/oauth-client.json        workspace "default", user = client id
 *   `dapi-SUBJECT` or `dapi-SUBJECT.USER`           workspace SUBJECT, user USER@example.com
 *       (SUBJECT [a-z0-9_]{1,32}, USER [a-z0-9_-]{1,32}, by default the subject; not "default")
 *   an access token made by token exchange          workspace and user from the subject token
 *   `dapi-invalid...`                               403 "Invalid access token."
 * The second form needs no secret, so it never opens "default" and is not trusted with python.
 * `Basic` with user "token" and a token as password counts as Bearer. Without a usable credential
 * the answer is 401. */
#include "sandbox.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "internal.h"
#include "server/oauth.h"

enum { MAX_SUBJECT = 32, MAX_TOKEN = 8192 };

/* ---- secrets kept in DIR ---- */

static bool
load_or_make(const char *name, char *out, size_t size, const char *fresh)
{
	char *path = xprintf("%s/%s", options.data_dir, name);
	char *line = xprintf("%s\n", fresh);
	bool ok = read_secret_file(path, out, size);

	if (!ok && write_secret_file(path, line))
		ok = read_secret_file(path, out, size);
	if (!ok)
		log_line("error", "cannot read or create %s", path);
	free(line);
	free(path);
	return ok;
}

static char *
fresh_client(void)
{
	char id[37], account[37], secret[33], *text;

	id_uuid(id);
	id_uuid(account);
	id_hex(secret, 32);
	text = xprintf("{\"client_id\":\"%s\",\"client_secret\":\"dose%s\","
		       "\"account_id\":\"%s\"}",
		       id, secret, account);
	return text;
}

static bool
load_client(void)
{
	char *fresh = fresh_client(), text[512];
	struct json_object *obj = NULL;
	bool ok = load_or_make("oauth-client.json", text, sizeof(text), fresh);

	free(fresh);
	if (ok)
		obj = json_parse(text, strlen(text));
	ok = json_str(obj, "client_id") != NULL && json_str(obj, "client_secret") != NULL &&
	     json_str(obj, "account_id") != NULL;
	if (ok) {
		snprintf(options.client_id, sizeof(options.client_id), "%s",
			 json_str(obj, "client_id"));
		snprintf(options.client_secret, sizeof(options.client_secret), "%s",
			 json_str(obj, "client_secret"));
		snprintf(options.account_id, sizeof(options.account_id), "%s",
			 json_str(obj, "account_id"));
	} else {
		log_line("error", "oauth-client.json lacks client_id, client_secret, account_id");
	}
	json_object_put(obj);
	return ok;
}

bool
auth_load(void)
{
	char hex[65], fresh[40];

	id_hex(hex, 32);
	snprintf(fresh, sizeof(fresh), "dapi%.32s", hex);
	if (!load_or_make("token", options.pat, sizeof(options.pat), fresh))
		return false;
	id_hex(hex, 64);
	return load_or_make("key", options.key, sizeof(options.key), hex) && load_client();
}

/* ---- checking ---- */

static bool
valid_name(const char *text, size_t len, bool dash)
{
	if (len == 0 || len > MAX_SUBJECT)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_' &&
		    !(dash && c == '-'))
			return false;
	}
	return true;
}

bool
auth_subject(const char *subject, struct principal *out)
{
	size_t len = strcspn(subject, ".");
	const char *user = subject[len] == '.' ? subject + len + 1 : subject;
	size_t user_len = subject[len] == '.' ? strlen(user) : len;

	if (!valid_name(subject, len, false) || !valid_name(user, user_len, true) ||
	    (len == 7 && strncmp(subject, "default", 7) == 0))
		return false;
	snprintf(out->workspace, sizeof(out->workspace), "%.*s", (int)len, subject);
	snprintf(out->user, sizeof(out->user), "%.*s@example.com", (int)user_len, user);
	out->trusted = false;
	return true;
}

bool
auth_token(const char *token, struct principal *out)
{
	if (secret_equal(token, options.pat)) {
		*out = (struct principal){ "default", "ann@example.com", true };
		return true;
	}
	if (strncmp(token, "dapi-invalid", 12) == 0)
		return false;
	return strncmp(token, "dapi-", 5) == 0 && auth_subject(token + 5, out);
}

/* The token of "Bearer X", or of "Basic base64(token:X)". NULL for any other text. The caller frees
 * it. */
static char *
sent_token(struct request *req)
{
	const char *value = request_header(req, "Authorization");
	size_t len = 0;
	char *pair, *token = NULL;

	if (value == NULL || strlen(value) > MAX_TOKEN)
		return NULL;
	if (strncmp(value, "Bearer ", 7) == 0 && value[7] != '\0')
		return xstrdup(value + 7);
	if (strncmp(value, "Basic ", 6) != 0)
		return NULL;
	pair = decode_base64(value + 6, strlen(value + 6), &len);
	if (pair != NULL && len > 6 && strncmp(pair, "token:", 6) == 0)
		token = xstrndup(pair + 6, len - 6);
	free(pair);
	return token;
}

void
reply_401(struct request *req)
{
	struct json_object *obj = json_object_new_object();
	char *message = xprintf("Credential was not sent or was of an unsupported type for this"
				" API. [ReqId: %s]",
				req->request_id);

	json_add_int(obj, "error_code", 401);
	json_add_str(obj, "message", message);
	reply_json_status(req, 401, obj);
	reply_header(req, "WWW-Authenticate", "Bearer realm=\"DatabricksRealm\"");
	reply_header(req, "X-Databricks-Reason-Phrase", message);
	free(message);
}

bool
auth_check(struct request *req)
{
	char *token = sent_token(req);
	struct principal who;
	bool is_jwt = token != NULL && strncmp(token, "eyJ", 3) == 0;
	bool ok = token != NULL && (is_jwt ? jwt_verify(token, &who) : auth_token(token, &who));

	if (token == NULL || (is_jwt && !ok)) {
		free(token);
		reply_401(req);
		return false;
	}
	free(token);
	if (!ok) {
		reply_error(req, 403, "PERMISSION_DENIED", "Invalid access token.");
		return false;
	}
	req->ws = ws_open(who.workspace);
	if (req->ws == NULL) {
		reply_error(req, 500, "INTERNAL_ERROR",
			    "The sandbox cannot open this workspace. "
			    "The log of the sandbox says why.");
		return false;
	}
	snprintf(req->user, sizeof(req->user), "%s", who.user);
	req->trusted = who.trusted;
	return true;
}
