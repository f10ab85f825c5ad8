/* SPDX-License-Identifier: Apache-2.0 */
/* How a request to a generic service is authenticated, and how a reply that is not from the API is
 * recognised. */
#include "upstream/generic/generic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/check.h"
#include "base/mask.h"
#include "base/mem.h"
#include "config/text.h"
#include "upstream/generic/resolve.h"

#define REQUEST_ID_MAX 128
#define BASIC_MAX (192u << 10) /* most bytes of user and password, encoded */

/* ---- credentials ----------------------------------------------------------------------------- */

static const struct generic *
generic_of(const struct config_upstream *upstream)
{
	CHECK(upstream->kind == &upstream_generic && upstream->own != NULL);
	return upstream->own;
}

enum secret_form
generic_secret_form(enum generic_method method)
{
	static const enum secret_form forms[] = { [GENERIC_BEARER] = SECRET_OPAQUE,
						  [GENERIC_NONE] = SECRET_OPAQUE,
						  [GENERIC_BASIC] = SECRET_PASSWORD,
						  [GENERIC_HEADER] = SECRET_HEADER,
						  [GENERIC_OAUTH] = SECRET_PASSWORD };

	CHECK(method < ARRAY_SIZE(forms));
	return forms[method];
}

static void
generic_account(const struct config_upstream *upstream, struct buf *out)
{
	const struct generic *own = generic_of(upstream);

	buf_puts(out, own->user != NULL ? own->user : "");
}

static char *
generic_read_secret(const struct config_upstream *upstream, char *why, size_t why_size)
{
	*why = '\0';
	if (upstream->secret_reference == NULL)
		return NULL;
	return secret_read(upstream->secret_reference,
			   generic_secret_form(generic_of(upstream)->method), why, why_size);
}

/* RFC 7617: base64 of "user:password" in UTF-8. */
static char *
basic_header(const char *user, const char *secret)
{
	char *pair = xprintf("%s:%s", user, secret), *header;
	struct buf text;

	buf_init(&text, BASIC_MAX);
	buf_puts(&text, "Authorization: Basic ");
	buf_base64(&text, pair, strlen(pair));
	secret_free(pair);
	mask_add(strrchr(text.data, ' ') + 1, strlen(strrchr(text.data, ' ') + 1));
	header = xstrdup(text.data);
	explicit_bzero(text.data, text.len);
	buf_fini(&text);
	return header;
}

static void
generic_authorize(const struct credential *credential, int64_t now_ms, struct credential_step *step)
{
	const struct generic *own = generic_of(credential->upstream);
	const char *secret = credential->secret;
	char *header = NULL;

	if (secret == NULL && own->method != GENERIC_NONE) {
		credential_missing(credential, step);
		return;
	}
	step->answer = CREDENTIAL_HEADERS;
	switch (own->method) {
	case GENERIC_NONE: return;
	case GENERIC_OAUTH: oauth_authorize(credential, now_ms, step); return;
	case GENERIC_BEARER: header = xprintf("Authorization: Bearer %s", secret); break;
	case GENERIC_BASIC: header = basic_header(own->user, secret); break;
	case GENERIC_HEADER: header = xprintf("%s: %s", own->header, secret); break;
	}
	strings_add(&step->headers, header);
	secret_free(header);
}

static struct oauth_client
client_of(const struct generic *own)
{
	CHECK(own->method == GENERIC_OAUTH);
	return (struct oauth_client){ .token_url = own->token_url,
				      .id = own->user,
				      .scope = own->scope,
				      .audience = own->audience,
				      .secret_in_body = own->secret_in_body };
}

static enum mcp_status
generic_token_request(struct credential *credential, struct credential_request *request,
		      int64_t now_ms, char *why, size_t why_size)
{
	const struct oauth_client client = client_of(generic_of(credential->upstream));

	(void)now_ms;
	(void)why;
	(void)why_size;
	oauth_request(credential, &client, request);
	return MCP_OK;
}

static enum mcp_status
generic_token_reply(struct credential *credential, const struct credential_outcome *answer,
		    int64_t now_ms, char *why, size_t why_size)
{
	const struct oauth_client client = client_of(generic_of(credential->upstream));

	CHECK(answer->reply != NULL);
	return oauth_reply(credential, &client, answer->reply, now_ms, why, why_size);
}

/* ---- replies --------------------------------------------------------------------------------- */

static bool
generic_foreign_reply(const char *path, const char *accept, int status, const char *content_type,
		      const char *location, char *why, size_t why_size)
{
	(void)path;
	if (status >= 200 && status < 300 && strcmp(accept, "application/json") == 0 &&
	    content_type != NULL && strncasecmp(content_type, "text/html", 9) == 0) {
		snprintf(why, why_size,
			 "answered with a web page instead of JSON, for example a login page: "
			 "check the address and the credential");
		return true;
	}
	if (status < 300 || status >= 400 || status == 304)
		return false;
	if (location == NULL)
		location = "";
	snprintf(why, why_size,
		 "answered with a redirect (to %.*s), which is not followed: check the address and "
		 "the credential",
		 (int)strcspn(location, "?#"), location);
	return true;
}

static bool
generic_refused(int status, struct mcp_text body)
{
	(void)body;
	return status == 401;
}

static char *
generic_request_id(const struct mcp_header *headers, size_t n, struct mcp_text body)
{
	static const char *const names[] = { "X-Request-Id", "Request-Id", "X-Correlation-Id",
					     "X-Arequestid" };
	static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789-_.";

	(void)body;
	for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
		for (size_t i = 0; i < n; i++) {
			size_t len = strspn(headers[i].value, characters);

			if (strcasecmp(headers[i].name, names[k]) == 0 && len > 0)
				return xstrndup(headers[i].value,
						len < REQUEST_ID_MAX ? len : REQUEST_ID_MAX);
		}
	}
	return xstrdup("");
}

static const char *const generic_keys[] = { "url", "auth", NULL };

const struct upstream_kind upstream_generic = {
	.name = "generic",
	.service = "the service",
	.keys = generic_keys,
	.main_keys = "url and auth",
	.resolve = generic_resolve,
	.account = generic_account,
	.read_secret = generic_read_secret,
	.authorize = generic_authorize,
	.token_request = generic_token_request,
	.token_reply = generic_token_reply,
	.foreign_reply = generic_foreign_reply,
	.refused = generic_refused,
	.request_id = generic_request_id,
};
