/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/oauth.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <lakehost/version.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/mask.h"
#include "base/mem.h"
#include "base/uri.h"
#include "config/text.h"

#define TOKEN_TIMEOUT_MS 30000			/* time for one answer of a token endpoint */
#define TOKEN_REPLY_MAX (64u << 10)		/* most bytes of that answer */
#define TOKEN_LIFE_MAX_S (10 * 365 * 24 * 3600) /* a longer lifetime is treated as this one */
#define RENEW_AHEAD_MAX_MS 300000 /* the longest time before its end at which a token is renewed */
/* time between attempts after a failed renewal, while the old token is still valid */
#define RENEW_AGAIN_MS 10000

static const struct json_limits token_limits = { TOKEN_REPLY_MAX, 16, 1000, 32, 0 };

void
oauth_authorize(const struct credential *credential, int64_t now_ms, struct credential_step *step)
{
	char *header;

	if (credential->access_token == NULL || now_ms >= credential->expires_ms) {
		step->answer = CREDENTIAL_REQUEST;
		return;
	}
	header = xprintf("Authorization: Bearer %s", credential->access_token);
	step->answer = CREDENTIAL_HEADERS;
	step->renew = now_ms >= credential->renew_ms;
	strings_add(&step->headers, header);
	secret_free(header);
}

/* ---- the request ----------------------------------------------------------------------------- */

/* The encoding of application/x-www-form-urlencoded; %20 is equal to +. */
static void
form_add(struct buf *body, const char *key, const char *value)
{
	if (value == NULL)
		return;
	buf_printf(body, "%s%s=", body->len > 0 ? "&" : "", key);
	uri_encode(body, value, strlen(value));
}

/* Section 2.3.1: id and secret are form-encoded before they are used as user and password. */
static void
add_client_header(const struct oauth_client *client, const char *secret, struct strings *headers)
{
	struct buf pair, text;

	buf_init(&pair, CREDENTIAL_VALUE_MAX);
	buf_init(&text, 2 * CREDENTIAL_VALUE_MAX);
	uri_encode(&pair, client->id, strlen(client->id));
	buf_putc(&pair, ':');
	uri_encode(&pair, secret, strlen(secret));
	buf_puts(&text, "Authorization: Basic ");
	buf_base64(&text, pair.data, pair.len);
	strings_add(headers, text.data);
	explicit_bzero(pair.data, pair.len);
	explicit_bzero(text.data, text.len);
	buf_fini(&pair);
	buf_fini(&text);
}

void
oauth_request(const struct credential *credential, const struct oauth_client *client,
	      struct credential_request *request)
{
	const char *secret = credential->secret;

	request->url = xstrdup(client->token_url);
	request->target = xprintf("the token endpoint %s", client->token_url);
	request->reply_max = TOKEN_REPLY_MAX;
	request->timeout_ms = TOKEN_TIMEOUT_MS;
	strings_add(&request->headers, "Accept: application/json");
	strings_add(&request->headers, "Content-Type: application/x-www-form-urlencoded");
	strings_add(&request->headers, "User-Agent: lakehost/" LAKEHOST_VERSION);
	form_add(&request->body, "grant_type", "client_credentials");
	form_add(&request->body, "scope", client->scope);
	form_add(&request->body, "audience", client->audience);
	if (client->secret_in_body) {
		form_add(&request->body, "client_id", client->id);
		form_add(&request->body, "client_secret", secret);
	} else {
		add_client_header(client, secret, &request->headers);
	}
}

/* ---- its reply ------------------------------------------------------------------------------- */

/* Section 5.2: the error code of the endpoint. It is shown only if it looks like one. */
static const char *
error_word(struct json_object *answer)
{
	const char *word = json_str(answer, "error");

	return word != NULL && strlen(word) <= 40 &&
		       word[strspn(word, "abcdefghijklmnopqrstuvwxyz_")] == '\0'
		 ? word
		 : "no reason given";
}

static enum mcp_status
explain(const struct oauth_client *client, const char *role, const struct mcp_reply *reply,
	struct json_object *answer, char *why, size_t why_size)
{
	if (reply->error != MCP_OK) {
		snprintf(why, why_size, "no access token: %s", reply->why);
		return reply->error;
	}
	if (reply->status == 400 || reply->status == 401 || reply->status == 403) {
		snprintf(why, why_size,
			 "the token endpoint %s refused the client %s (HTTP %d, %s): check "
			 "client_id, client_secret and scope in upstreams.%s.auth",
			 client->token_url, client->id, reply->status, error_word(answer), role);
		return MCP_E_UNAUTHENTICATED;
	}
	snprintf(why, why_size, "the token endpoint %s answered HTTP %d without an access token",
		 client->token_url, reply->status);
	return reply->status >= 500 ? MCP_E_UNAVAILABLE : MCP_E_UPSTREAM;
}

/* Calculates how long the token is valid, and when to ask for the next one. */
static void
set_life(struct credential *credential, struct json_object *answer, int64_t now_ms)
{
	struct json_object *value = json_get(answer, "expires_in");
	/* some services send the number as a text */
	int64_t life = json_object_get_int64(value), ahead;

	if (value == NULL || life <= 0) {
		credential->renew_ms = credential->expires_ms = INT64_MAX; /* until a 401 */
		return;
	}
	life = (life < TOKEN_LIFE_MAX_S ? life : TOKEN_LIFE_MAX_S) * 1000;
	ahead = life / 5 < RENEW_AHEAD_MAX_MS ? life / 5 : RENEW_AHEAD_MAX_MS;
	credential->renew_ms = now_ms + life - ahead;
	credential->expires_ms = now_ms + life - ahead / 10;
}

/* The bearer token, if it can be sent in a header; else NULL. */
static const char *
token_in(const struct mcp_reply *reply, struct json_object *answer)
{
	const char *token = json_str(answer, "access_token"), *type;

	type = json_str(answer, "token_type");
	if (reply->error != MCP_OK || reply->status != 200 || token == NULL ||
	    strlen(token) + 32 > CREDENTIAL_VALUE_MAX ||
	    (type != NULL && strcasecmp(type, "bearer") != 0))
		return NULL;
	for (const char *p = token; *p != '\0'; p++) {
		if (*p <= ' ' || *p >= 0x7f)
			return NULL;
	}
	return *token != '\0' ? token : NULL;
}

/* It is not used, but a later error message of the service could repeat it. */
static void
mask_refresh_token(struct json_object *answer)
{
	const char *token = json_str(answer, "refresh_token");

	if (token != NULL)
		mask_add(token, strlen(token));
}

enum mcp_status
oauth_reply(struct credential *credential, const struct oauth_client *client,
	    const struct mcp_reply *reply, int64_t now_ms, char *why, size_t why_size)
{
	struct json_object *answer = NULL;
	enum mcp_status status = MCP_OK;
	const char *token, *reason;
	size_t at;

	if (reply->body.len > 0)
		answer = json_parse(reply->body.data, reply->body.len, &token_limits, &reason, &at);
	token = token_in(reply, answer);
	mask_refresh_token(answer);
	if (token != NULL) {
		credential_set_token(credential, token);
		set_life(credential, answer, now_ms);
	} else {
		status = explain(client, credential->upstream->role, reply, answer, why, why_size);
		credential->renew_ms = now_ms + RENEW_AGAIN_MS;
	}
	json_object_put(answer);
	return status;
}
