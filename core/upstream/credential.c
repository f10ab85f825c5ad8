/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/credential.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "base/mask.h"
#include "base/mem.h"
#include "base/seal.h"
#include "config/text.h"
#include "upstream/upstream.h"

#define ACCOUNT_MAX (4u << 20) /* buffer that is larger than the texts of a configuration */

/* Replaces a value. A value is masked in all output as long as it is in use. */
static void
replace(char **place, const char *value)
{
	if (*place != NULL)
		mask_unpin(*place, strlen(*place));
	secret_free(*place);
	*place = value != NULL ? xstrdup(value) : NULL;
	if (value != NULL)
		mask_pin(value, strlen(value));
}

const char *
credential_identity(struct credential *credential)
{
	const struct config_upstream *upstream = credential->upstream;
	struct buf account;
	char hex[65], *text;

	if (credential->identity != NULL)
		return credential->identity;
	buf_init(&account, ACCOUNT_MAX);
	if (upstream->kind->account != NULL)
		upstream->kind->account(upstream, &account);
	CHECK(buf_ok(&account)); /* a cut text could give two accounts the same name */
	text = xprintf("%s\n%s\n%s\n%s\n%" PRIu64, upstream->url != NULL ? upstream->url : "",
		       credential->secret != NULL ? credential->secret : "", account.data,
		       credential->user != NULL ? credential->user : "", credential->forwarded);
	sha256_hex(text, strlen(text), hex);
	secret_free(text);
	buf_fini(&account);
	credential->identity = xprintf("%s %.32s", upstream->role, hex);
	return credential->identity;
}

static void
set_secret(struct credential *credential, const char *secret)
{
	replace(&credential->secret, secret);
	credential->generation++;
	free(credential->identity);
	credential->identity = NULL;
}

void
credential_set_token(struct credential *credential, const char *token)
{
	replace(&credential->access_token, token);
	credential->generation++;
}

void
credential_init(struct credential *credential, const struct config_upstream *upstream)
{
	CHECK(upstream->kind != NULL);
	CHECK((upstream->kind->token_request == NULL) == (upstream->kind->token_reply == NULL));
	*credential = (struct credential){ .upstream = upstream };
	set_secret(credential, upstream->secret);
	if (upstream->kind->state_new != NULL)
		credential->state = upstream->kind->state_new(upstream);
}

void
credential_init_for(struct credential *credential, const struct config_upstream *upstream,
		    const char *user, uint64_t forwarded)
{
	credential_init(credential, upstream);
	credential->user = xstrdup(user);
	credential->forwarded = forwarded;
}

void
credential_fini(struct credential *credential)
{
	/* the tokens of users come and go; their masks may be replaced */
	if (credential->user != NULL)
		replace(&credential->access_token, NULL);
	free(credential->user);
	if (credential->state != NULL)
		credential->upstream->kind->state_free(credential->state);
	secret_free(credential->secret);
	secret_free(credential->access_token);
	free(credential->identity);
	*credential = (struct credential){ 0 };
}

/* ---- steps ----------------------------------------------------------------------------------- */

void
credential_step(const struct credential *credential, int64_t now_ms, struct credential_step *step)
{
	const struct upstream_kind *kind = credential->upstream->kind;

	*step = (struct credential_step){ 0 };
	kind->authorize(credential, now_ms, step);
	CHECK(step->answer == CREDENTIAL_HEADERS || step->headers.count == 0);
	CHECK((step->answer == CREDENTIAL_ERROR) == (step->error != MCP_OK));
	CHECK((step->answer != CREDENTIAL_REQUEST && !step->renew) || kind->token_request != NULL);
}

void
credential_missing(const struct credential *credential, struct credential_step *step)
{
	step->answer = CREDENTIAL_ERROR;
	step->error = MCP_E_UNAUTHENTICATED;
	snprintf(step->why, sizeof(step->why), "%s", credential->upstream->auth_why);
}

/* ---- secrets in files ------------------------------------------------------------------------ */

/* Replaces the secret by the content of its file. False when the content is the same, or cannot be
 * read. */
static bool
read_again(struct credential *credential)
{
	const struct config_upstream *upstream = credential->upstream;
	char why[CREDENTIAL_WHY_MAX] = "", *secret;
	bool other;

	if (credential->secret == NULL)
		return false;
	secret = upstream->kind->read_secret(upstream, why, sizeof(why));
	other = secret != NULL && strcmp(secret, credential->secret) != 0;
	if (other)
		snprintf(why, sizeof(why),
			 "the file of the credential has a new secret, which is used from now on");
	if (*why != '\0')
		log_event(other ? LOG_NOTICE : LOG_WARNING, "credential", "upstream", "s",
			  upstream->role, "why", "s", why, NULL);
	if (other)
		set_secret(credential, secret);
	secret_free(secret);
	return other;
}

void
credential_reload(struct credential *credential)
{
	bool other = read_again(credential);

	if (credential->upstream->kind->reload != NULL)
		other = credential->upstream->kind->reload(credential) || other;
	if (other && credential->access_token != NULL)
		credential_set_token(credential, NULL);
}

/* ---- access tokens --------------------------------------------------------------------------- */

enum mcp_status
credential_request(struct credential *credential, struct credential_request *request,
		   int64_t now_ms, char *why, size_t why_size)
{
	const struct upstream_kind *kind = credential->upstream->kind;
	enum mcp_status status;

	CHECK(kind->token_request != NULL);
	read_again(credential);
	*why = '\0';
	*request = (struct credential_request){ .method = "POST" };
	buf_init(&request->body, CREDENTIAL_REQUEST_BODY);
	status = kind->token_request(credential, request, now_ms, why, why_size);
	if (status == MCP_OK && !buf_ok(&request->body)) {
		snprintf(why, why_size, "the request for an access token would be too large");
		status = MCP_E_TOO_LARGE;
	}
	if (status != MCP_OK) {
		credential_request_fini(request);
		log_event(LOG_WARNING, "credential", "upstream", "s", credential->upstream->role,
			  "why", "s", why, NULL);
		return status;
	}
	CHECK(request->target != NULL && request->reply_max > 0 && request->timeout_ms > 0);
	CHECK((request->url != NULL) == (request->command.count == 0));
	return MCP_OK;
}

void
credential_request_fini(struct credential_request *request)
{
	free(request->url);
	free(request->target);
	strings_wipe(&request->headers);
	strings_wipe(&request->command);
	strings_wipe(&request->environment);
	if (request->body.len > 0)
		explicit_bzero(request->body.data, request->body.len);
	buf_fini(&request->body);
}

enum mcp_status
credential_reply(struct credential *credential, const struct credential_outcome *answer,
		 int64_t now_ms, char *why, size_t why_size)
{
	enum mcp_status status;

	*why = '\0';
	credential->more = false;
	status = credential->upstream->kind->token_reply(credential, answer, now_ms, why, why_size);
	CHECK(status != MCP_OK || credential->more || credential->access_token != NULL);
	if (status != MCP_OK)
		log_event(LOG_WARNING, "credential", "upstream", "s", credential->upstream->role,
			  "why", "s", why, NULL);
	return status;
}

void
credential_explain(const struct credential *credential, struct strings *lines)
{
	if (credential->upstream->kind->explain != NULL)
		credential->upstream->kind->explain(credential, lines);
}

bool
credential_refused(struct credential *credential, unsigned generation)
{
	CHECK(generation <= credential->generation);
	if (generation != credential->generation) /* a newer token already exists */
		return true;
	if (credential->access_token == NULL)
		return read_again(credential);
	credential_set_token(credential, NULL);
	return true;
}
