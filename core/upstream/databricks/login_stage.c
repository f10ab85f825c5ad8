/* SPDX-License-Identifier: Apache-2.0 */
/* What stages have in common: requests, replies, and the lifetime of tokens. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <lakehost/version.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mask.h"
#include "base/mem.h"
#include "base/uri.h"
#include "base/url.h"
#include "config/text.h"
#include "upstream/databricks/login.h"

#define LOGIN_LIFE_MAX_S (10LL * 365 * 24 * 3600) /* a longer lifetime is treated as this one */
#define STALE_MAX_MS (20 * 60000LL) /* how long before its end a token is renewed, at most */
#define END_AHEAD_MS 40000LL	    /* some services refuse a token in its last 30 seconds */
#define CLAIMS_MAX 16384	    /* bytes of the payload of a JWT */
#define WORD_MAX 200		    /* bytes of a service's words in a message */

static const struct json_limits reply_limits = { LOGIN_REPLY_MAX, 32, 10000, 32, 0 };

/* ---- results --------------------------------------------------------------------------------- */

static void __attribute__((format(printf, 3, 0)))
remember(struct login *login, enum mcp_status error, const char *format, va_list args)
{
	vsnprintf(login->why, sizeof(login->why), format, args);
	login->error = error;
}

bool
login_refuse(struct login *login, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	remember(login, MCP_E_UNAUTHENTICATED, format, args);
	va_end(args);
	return false;
}

enum login_result
login_fail(struct login *login, enum mcp_status error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	remember(login, error, format, args);
	va_end(args);
	return LOGIN_FAILED;
}

enum login_result
login_skip(struct login *login, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	remember(login, MCP_E_UNAUTHENTICATED, format, args);
	va_end(args);
	return LOGIN_SKIP;
}

/* ---- requests -------------------------------------------------------------------------------- */

/* A secret, or a request whose answer is one, goes over TLS or stays on this machine. */
static bool
set_url(struct login *login, struct credential_request *request, const char *what, const char *url)
{
	struct url split;
	const char *bad = url_split(url, &split);
	/* The service of a virtual machine, which only the machine itself can reach. */
	bool local = bad == NULL &&
		     (url_host_loopback(split.host) || strcmp(split.host, "169.254.169.254") == 0 ||
		      strcmp(split.host, "metadata.google.internal") == 0);

	if (bad != NULL)
		return login_refuse(login, "the address of %s is not valid: %s", what, bad);
	if (!split.tls && !local)
		return login_refuse(login,
				    "%s (%s) would be used without encryption: only https:// and "
				    "addresses of this machine are allowed",
				    what, split.host);
	request->direct = local;
	request->url = xstrdup(url);
	request->target = xprintf("%s %.*s", what, (int)strcspn(url, "?"), url);
	login_header(request, "Accept", "application/json");
	login_header(request, "User-Agent", "lakehost/" LAKEHOST_VERSION);
	return true;
}

bool
login_get(struct login *login, struct credential_request *request, const char *what,
	  const char *url)
{
	request->method = "GET";
	return set_url(login, request, what, url);
}

bool
login_post(struct login *login, struct credential_request *request, const char *what,
	   const char *url, const char *content_type)
{
	request->method = "POST";
	if (!set_url(login, request, what, url))
		return false;
	login_header(request, "Content-Type", content_type);
	return true;
}

void
login_header(struct credential_request *request, const char *name, const char *value)
{
	char *header = xprintf("%s: %s", name, value);

	strings_add(&request->headers, header);
	secret_free(header);
}

void
login_bearer(struct credential_request *request, const char *token)
{
	char *value = xprintf("Bearer %s", token);

	mask_add(token, strlen(token)); /* the service may repeat it in an error message */
	login_header(request, "Authorization", value);
	secret_free(value);
}

void
login_form(struct credential_request *request, const char *key, const char *value)
{
	if (value == NULL)
		return;
	buf_printf(&request->body, "%s%s=", request->body.len > 0 ? "&" : "", key);
	uri_encode(&request->body, value, strlen(value));
}

const char *
login_scopes(const struct login *login)
{
	const char *scopes = databricks_value(login->own, A_SCOPES);

	return scopes != NULL ? scopes : "all-apis";
}

/* ---- replies --------------------------------------------------------------------------------- */

void
login_words(const char *text, char *words, size_t size)
{
	size_t len = strlen(text);
	char *masked = mask_record(text, len, &len);

	snprintf(words, size, "%s", masked != NULL ? masked : text);
	free(masked);
	text_to_line(words);
	len = strlen(words);
	while (len > 0 && (words[len - 1] == ' ' || (words[len - 1] & 0x80) != 0))
		words[--len] = '\0';
}

/* The words of a service about an error, after a colon; "": it said nothing. */
static void
error_words(struct json_object *object, char words[WORD_MAX])
{
	static const char *const keys[] = { "error_description", "message", "errorSummary",
					    "error_code", "error" };

	const char *text = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(keys) && text == NULL; i++)
		text = json_str(object, keys[i]);
	words[0] = '\0';
	if (text == NULL)
		return;
	memcpy(words, ": ", 3);
	login_words(text, words + 2, WORD_MAX - 2);
}

struct json_object *
login_object(struct login *login, const struct mcp_reply *reply, const char *what)
{
	struct json_object *object = NULL;
	char words[WORD_MAX];
	const char *why;
	size_t at;

	if (reply->error != MCP_OK) {
		login_fail(login, reply->error, "no answer from %s: %s", what, reply->why);
		return NULL;
	}
	if (reply->body.len > 0)
		object = json_parse(reply->body.data, reply->body.len, &reply_limits, &why, &at);
	if (reply->status == 200 && json_object_is_type(object, json_type_object))
		return object;
	error_words(json_object_is_type(object, json_type_object) ? object : NULL, words);
	if (reply->status == 200)
		login_fail(login, MCP_E_UPSTREAM, "%s sent an answer that is not JSON", what);
	else
		login_fail(login,
			   reply->status >= 500 || reply->status == 429 ? MCP_E_UNAVAILABLE
									: MCP_E_UNAUTHENTICATED,
			   "%s answered HTTP %d%s", what, reply->status, words);
	json_object_put(object);
	return NULL;
}

struct json_object *
login_claims(const char *jwt)
{
	unsigned char bytes[CLAIMS_MAX / 4 * 3 + 3];
	struct json_object *claims;
	const char *start = strchr(jwt, '.'), *end, *why;
	size_t len, at;

	end = start != NULL ? strchr(start + 1, '.') : NULL;
	if (end == NULL || end - start > CLAIMS_MAX ||
	    !base64_decode_any(start + 1, (size_t)(end - start - 1), bytes, &len))
		return NULL;
	claims = json_parse((const char *)bytes, len, &reply_limits, &why, &at);
	if (claims != NULL && !json_object_is_type(claims, json_type_object)) {
		json_object_put(claims);
		claims = NULL;
	}
	return claims;
}

/* ---- lifetimes ------------------------------------------------------------------------------- */

/* "2026-01-31T12:00:00.123456Z", with an offset, or with a blank and in local time. 0: it is no
 * time. */
static int64_t
time_of(const char *text)
{
	struct tm tm = { .tm_isdst = -1 };
	const char *rest = strptime(text, "%Y-%m-%d", &tm);
	int hours, minutes;
	bool local;

	if (rest == NULL || (*rest != 'T' && *rest != ' '))
		return 0;
	local = *rest == ' ';
	rest = strptime(rest + 1, "%H:%M:%S", &tm);
	if (rest == NULL)
		return 0;
	if (*rest == '.')
		rest += 1 + strspn(rest + 1, "0123456789");
	if (*rest == '\0' && local)
		return mktime(&tm);
	if (*rest == '\0' || strcmp(rest, "Z") == 0)
		return timegm(&tm);
	if (sscanf(rest + 1, "%2d:%2d", &hours, &minutes) != 2 || (*rest != '+' && *rest != '-'))
		return 0;
	return timegm(&tm) - (*rest == '+' ? 1 : -1) * (hours * 3600 + minutes * 60);
}

/* Seconds since 1970; 0 when the object does not say when the token ends, -1 when what it says is
 * not valid. */
static int64_t
end_of(struct json_object *object, int64_t wall_s)
{
	static const char *const epochs[] = { "expires_on" };
	static const char *const texts[] = { "expiry", "expiresOn", "expireTime" };
	struct json_object *value = json_get(object, "expires_in");
	const char *text;
	int64_t life;

	if (value != NULL) { /* some services send a text */
		life = json_object_get_int64(value);
		return life > 0 ? wall_s + (life < LOGIN_LIFE_MAX_S ? life : LOGIN_LIFE_MAX_S) : -1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(epochs); i++) {
		value = json_get(object, epochs[i]);
		if (value != NULL && json_object_get_int64(value) > 0)
			return json_object_get_int64(value);
		if (value != NULL)
			return -1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		text = json_str(object, texts[i]);
		if (text != NULL)
			return time_of(text) > 0 ? time_of(text) : -1;
	}
	return 0;
}

/* The same rule as in the SDKs: renewed in the last half of its life, at most 20 minutes before its
 * end, and not used any more in its last seconds. */
static void
set_times(struct login *login, int64_t life_ms)
{
	int64_t stale = life_ms / 2 < STALE_MAX_MS ? life_ms / 2 : STALE_MAX_MS;
	int64_t ahead = life_ms / 10 < END_AHEAD_MS ? life_ms / 10 : END_AHEAD_MS;

	if (login->now_ms + life_ms - stale < login->renew_ms)
		login->renew_ms = login->now_ms + life_ms - stale;
	if (login->now_ms + life_ms - ahead < login->expires_ms)
		login->expires_ms = login->now_ms + life_ms - ahead;
}

/* A bearer token that is valid in a header. */
static bool
token_valid(const char *token)
{
	size_t len = strlen(token);

	if (len == 0 || len + 64 > CREDENTIAL_VALUE_MAX)
		return false;
	for (const char *p = token; *p != '\0'; p++) {
		if (*p <= ' ' || *p >= 0x7f)
			return false;
	}
	return true;
}

enum login_result
login_take(struct login *login, enum login_slot slot, const char *token, int64_t expires_s,
	   const char *what)
{
	int64_t wall_ms = clock_wall_ms(), life_ms = INT64_MAX;

	if (token == NULL || !token_valid(token))
		return login_fail(login, MCP_E_UPSTREAM, "%s sent an answer without a valid token",
				  what);
	if (expires_s < 0)
		return login_fail(login, MCP_E_UPSTREAM,
				  "%s sent a token without a valid expiry time", what);
	if (expires_s > 0 && expires_s < INT64_MAX / 1000)
		life_ms = expires_s * 1000 - wall_ms;
	if (life_ms <= 0)
		return login_fail(login, MCP_E_UNAUTHENTICATED,
				  "%s sent a token that has already expired: log in again", what);
	if (life_ms < LOGIN_LIFE_MAX_S * 1000)
		set_times(login, life_ms);
	/* the next stage can fail before the token is in use */
	if (login->user != NULL)
		mask_once(token, strlen(token));
	else
		mask_add(token, strlen(token));
	secret_free(login->token[slot]);
	login->token[slot] = xstrdup(token);
	return LOGIN_NEXT;
}

/* Tokens that are not used. A later error message could repeat them. */
static void
mask_others(struct json_object *object)
{
	static const char *const keys[] = { "refresh_token", "refreshToken", "id_token" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *token = json_str(object, keys[i]);

		if (token != NULL)
			mask_add(token, strlen(token));
	}
}

enum login_result
login_take_token(struct login *login, enum login_slot slot, struct json_object *object,
		 const char *key, const char *what)
{
	const char *type = json_str(object, "token_type");

	mask_others(object);
	if (type == NULL)
		type = json_str(object, "tokenType");
	if (type != NULL && strcasecmp(type, "bearer") != 0)
		return login_fail(login, MCP_E_UPSTREAM, "%s sent a token of an unknown type",
				  what);
	return login_take(login, slot, json_str(object, key),
			  end_of(object, clock_wall_ms() / 1000), what);
}
