/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Access tokens (RFC 6749, section 4.4) are asked for when the first request needs one; one request
 * for many that wait. A token that is about to end is renewed beside the requests that still use
 * it. A 401 costs one renewal, or one look into the file of the secret, and one repetition.
 */
#include "egress/credential.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <lakehost/version.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/seal.h"
#include "base/uri.h"
#include "config/text.h"
#include "egress/internal.h"
#include "upstream/upstream.h"

#define TOKEN_TIMEOUT_MS 30000			/* for one answer of a token endpoint */
#define TOKEN_REPLY_MAX (64u << 10)		/* bytes of that answer */
#define TOKEN_LIFE_MAX_S (10 * 365 * 24 * 3600) /* more seconds are taken as so many */
#define RENEW_AHEAD_MAX_MS 300000 /* how long before its end a token is renewed, at most */
#define RENEW_AGAIN_MS 10000	  /* after a renewal that failed while the old token lives */

static const struct json_limits token_limits = { TOKEN_REPLY_MAX, 16, 1000, 32, 0 };

static struct credential *
credential_of(const struct flight *flight)
{
	const struct egress *egress = flight->egress;

	return &egress->credential[flight->request.upstream - egress->config->upstream];
}

/* ---- beginning and end ----------------------------------------------------------------------- */

/* Replies are shared only under the same host and credential: a name that tells neither. */
static void
identify(struct credential *credential)
{
	const struct config_upstream *upstream = credential->upstream;
	const char *secret =
	    upstream->method == AUTH_OAUTH ? credential->client_secret : credential->secret;
	char *text =
	    xprintf("%s\n%s\n%s\n%s", upstream->url != NULL ? upstream->url : "",
		    secret != NULL ? secret : "", upstream->user != NULL ? upstream->user : "",
		    upstream->workspace_id != NULL ? upstream->workspace_id : "");
	char hex[65];

	sha256_hex(text, strlen(text), hex);
	secret_free(text);
	free(credential->identity);
	credential->identity = xprintf("%s %.32s", upstream->role, hex);
}

/* `secret` is taken. */
static void
set_secret(struct credential *credential, char *secret)
{
	if (credential->secret != NULL)
		mask_unpin(credential->secret, strlen(credential->secret));
	secret_free(credential->secret);
	credential->secret = secret;
	credential->generation++;
	if (secret != NULL)
		mask_pin(secret, strlen(secret));
}

static void
set_client_secret(struct credential *credential, char *secret)
{
	if (credential->client_secret != NULL)
		mask_unpin(credential->client_secret, strlen(credential->client_secret));
	secret_free(credential->client_secret);
	credential->client_secret = secret;
	mask_pin(secret, strlen(secret));
}

void
credential_init(struct credential *credential, struct egress *egress,
		const struct config_upstream *upstream)
{
	*credential = (struct credential){ .egress = egress, .upstream = upstream };
	if (upstream->token != NULL && upstream->method == AUTH_OAUTH)
		set_client_secret(credential, xstrdup(upstream->token));
	else if (upstream->token != NULL)
		set_secret(credential, xstrdup(upstream->token));
	identify(credential);
}

void
credential_fini(struct credential *credential)
{
	secret_free(credential->secret);
	secret_free(credential->client_secret);
	free(credential->identity);
}

/* ---- secrets in files ------------------------------------------------------------------------ */

/* Puts what the file has now in place of the secret. False when that is the same, or unreadable. */
static bool
read_again(struct credential *credential)
{
	const struct config_upstream *upstream = credential->upstream;
	bool oauth = upstream->method == AUTH_OAUTH;
	const char *old = oauth ? credential->client_secret : credential->secret;
	char why[EGRESS_WHY_MAX], *secret;

	if (old == NULL || !upstream_secret_rereadable(upstream))
		return false;
	secret = upstream_secret_read(upstream, why, sizeof(why));
	if (secret == NULL) {
		log_event(LOG_WARNING, "credential", "upstream", "s", upstream->role, "why", "s",
			  why, NULL);
		return false;
	}
	if (strcmp(secret, old) == 0) {
		secret_free(secret);
		return false;
	}
	log_event(LOG_NOTICE, "credential", "upstream", "s", upstream->role, "why", "s",
		  "its file has a new one, which is used from now on", NULL);
	if (oauth)
		set_client_secret(credential, secret);
	else
		set_secret(credential, secret);
	identify(credential);
	return true;
}

void
credential_reload(struct credential *credential)
{
	if (read_again(credential) && credential->upstream->method == AUTH_OAUTH)
		set_secret(credential, NULL);
}

/* ---- waiting --------------------------------------------------------------------------------- */

static void
wait_in(struct credential *credential, struct flight *flight)
{
	struct flight **link = &credential->waiting;

	while (*link != NULL) /* whoever came first goes first */
		link = &(*link)->next_waiting;
	*link = flight;
	flight->waits = true;
}

void
credential_leave(struct flight *flight)
{
	struct flight **link;

	if (!flight->waits)
		return;
	link = &credential_of(flight)->waiting;
	while (*link != flight)
		link = &(*link)->next_waiting;
	*link = flight->next_waiting;
	flight->next_waiting = NULL;
	flight->waits = false;
}

/* Each end may start others, so the list is looked at anew; those that come now wait for the next
 * answer. */
static void
release(struct credential *credential, enum mcp_status error, const char *why)
{
	size_t n = 0;

	for (struct flight *flight = credential->waiting; flight != NULL;
	     flight = flight->next_waiting)
		n++;
	for (; n > 0 && credential->waiting != NULL; n--) {
		struct flight *flight = credential->waiting;

		credential_leave(flight);
		if (error == MCP_OK)
			flight_queue(flight);
		else
			flight_fail(flight, error, why);
	}
}

/* ---- access tokens --------------------------------------------------------------------------- */

/* As application/x-www-form-urlencoded writes it; %20 is as good as +. */
static void
form_add(struct buf *body, const char *key, const char *value)
{
	if (value == NULL)
		return;
	buf_printf(body, "%s%s=", body->len > 0 ? "&" : "", key);
	uri_encode(body, value, strlen(value));
}

/* RFC 6749 section 2.3.1: id and secret are form-encoded before they become user and password. */
static void
client_header(const struct credential *credential, struct strings *headers)
{
	struct buf pair, text;

	buf_init(&pair, EGRESS_VALUE_MAX);
	buf_init(&text, 2 * EGRESS_VALUE_MAX);
	uri_encode(&pair, credential->upstream->user, strlen(credential->upstream->user));
	buf_putc(&pair, ':');
	uri_encode(&pair, credential->client_secret, strlen(credential->client_secret));
	buf_puts(&text, "Authorization: Basic ");
	buf_base64(&text, pair.data, pair.len);
	strings_add(headers, text.data);
	explicit_bzero(pair.data, pair.len);
	explicit_bzero(text.data, text.len);
	buf_fini(&pair);
	buf_fini(&text);
}

void
credential_headers(const struct flight *flight, struct strings *headers)
{
	const struct credential *credential = credential_of(flight);
	const struct config_upstream *upstream = credential->upstream;

	if (!flight->request.grant)
		upstream_kind(upstream)->authorize(upstream, credential->secret, headers);
	else if (!upstream->secret_in_body)
		client_header(credential, headers);
}

static void
token_request(const struct credential *credential, struct request *request)
{
	const struct config_upstream *upstream = credential->upstream;

	*request = (struct request){ .upstream = upstream,
				     .grant = true,
				     .has_body = true,
				     .retry = MCP_RETRY_SAFE, /* it changes nothing */
				     .reply = MCP_REPLY_BUFFER,
				     .max_bytes = TOKEN_REPLY_MAX,
				     .timeout_ms = TOKEN_TIMEOUT_MS };
	request->plugin = xstrdup("lakehost");
	request->method = xstrdup("POST");
	request->url = xstrdup(upstream->token_url);
	request->path = xprintf("the token endpoint %s", upstream->token_url);
	request->accept = xstrdup("application/json");
	transfer_file_init(&request->input);
	transfer_file_init(&request->output);
	strings_add(&request->headers, "Accept: application/json");
	strings_add(&request->headers, "Content-Type: application/x-www-form-urlencoded");
	strings_add(&request->headers, "User-Agent: lakehost/" LAKEHOST_VERSION);
	buf_init(&request->body, EGRESS_BODY_MAX);
	form_add(&request->body, "grant_type", "client_credentials");
	form_add(&request->body, "scope", upstream->scope);
	form_add(&request->body, "audience", upstream->audience);
	if (upstream->secret_in_body) {
		form_add(&request->body, "client_id", upstream->user);
		form_add(&request->body, "client_secret", credential->client_secret);
	}
}

/* RFC 6749 section 5.2: a word of the endpoint's, shown only if it looks like one. */
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
explain(const struct credential *credential, const struct mcp_reply *reply,
	struct json_object *answer, char *why, size_t why_size)
{
	const struct config_upstream *upstream = credential->upstream;

	if (reply->error != MCP_OK) {
		snprintf(why, why_size, "no access token: %s", reply->why);
		return reply->error;
	}
	if (reply->status == 400 || reply->status == 401 || reply->status == 403) {
		snprintf(
		    why, why_size,
		    "the token endpoint %s refused the client %s (HTTP %d, %s): check client_id, "
		    "client_secret and scope in upstreams.%s.auth",
		    upstream->token_url, upstream->user, reply->status, error_word(answer),
		    upstream->role);
		return MCP_E_UNAUTHENTICATED;
	}
	snprintf(why, why_size, "the token endpoint %s answered HTTP %d without an access token",
		 upstream->token_url, reply->status);
	return reply->status >= 500 ? MCP_E_UNAVAILABLE : MCP_E_UPSTREAM;
}

/* Until when the token is good, and when to ask for the next one. */
static void
set_life(struct credential *credential, struct json_object *answer)
{
	struct json_object *value = json_get(answer, "expires_in");
	int64_t now = clock_ms(), life, ahead;

	life = json_object_get_int64(value); /* some write it as a text */
	if (value == NULL || life <= 0) {
		credential->renew_ms = credential->expires_ms = INT64_MAX; /* until a 401 */
		return;
	}
	life = (life < TOKEN_LIFE_MAX_S ? life : TOKEN_LIFE_MAX_S) * 1000;
	ahead = life / 5 < RENEW_AHEAD_MAX_MS ? life / 5 : RENEW_AHEAD_MAX_MS;
	credential->renew_ms = now + life - ahead;
	credential->expires_ms = now + life - ahead / 10;
}

/* A bearer token that a header can carry, or NULL. */
static const char *
token_in(const struct mcp_reply *reply, struct json_object *answer)
{
	const char *token = json_str(answer, "access_token"), *type;

	type = json_str(answer, "token_type");
	if (reply->error != MCP_OK || reply->status != 200 || token == NULL ||
	    strlen(token) + 32 > EGRESS_VALUE_MAX ||
	    (type != NULL && strcasecmp(type, "bearer") != 0))
		return NULL;
	for (const char *p = token; *p != '\0'; p++) {
		if (*p <= ' ' || *p >= 0x7f)
			return NULL;
	}
	return *token != '\0' ? token : NULL;
}

static void
token_arrived(void *data, const struct mcp_reply *reply)
{
	struct credential *credential = data;
	struct json_object *answer = NULL;
	enum mcp_status error = MCP_OK;
	const char *token, *reason;
	char why[EGRESS_WHY_MAX] = "";
	size_t at;

	credential->renewal = NULL;
	if (reply->body.len > 0)
		answer = json_parse(reply->body.data, reply->body.len, &token_limits, &reason, &at);
	token = token_in(reply, answer);
	if (token != NULL) {
		set_secret(credential, xstrdup(token));
		set_life(credential, answer);
	} else {
		error = explain(credential, reply, answer, why, sizeof(why));
		log_event(LOG_WARNING, "credential", "upstream", "s", credential->upstream->role,
			  "why", "s", why, NULL);
		credential->renew_ms = clock_ms() + RENEW_AGAIN_MS;
	}
	json_object_put(answer);
	release(credential, error, why);
}

static void
renew(struct credential *credential)
{
	struct request request;

	if (credential->renewal != NULL)
		return;
	read_again(credential);
	token_request(credential, &request);
	credential->renewal =
	    egress_take_off(credential->egress, &request, clock_ms() + TOKEN_TIMEOUT_MS,
			    token_arrived, credential);
}

/* ---- flights --------------------------------------------------------------------------------- */

static bool
needs_none(const struct flight *flight)
{
	return flight->request.link || flight->request.grant;
}

bool
credential_ready(struct flight *flight)
{
	struct credential *credential = credential_of(flight);
	int64_t now = clock_ms();

	if (needs_none(flight) || credential->upstream->method != AUTH_OAUTH) {
		flight->generation = credential->generation;
		return true;
	}
	if (credential->secret == NULL || now >= credential->expires_ms) {
		wait_in(credential, flight);
		renew(credential);
		return false;
	}
	if (now >= credential->renew_ms)
		renew(credential);
	flight->generation = credential->generation;
	return true;
}

bool
credential_refused(struct flight *flight)
{
	struct credential *credential = credential_of(flight);

	if (needs_none(flight) || flight->authorized_again)
		return false;
	flight->authorized_again = true;
	if (flight->generation != credential->generation) /* there is a newer one already */
		return true;
	if (credential->upstream->method != AUTH_OAUTH)
		return read_again(credential);
	set_secret(credential, NULL);
	return true;
}
