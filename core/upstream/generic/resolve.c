/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the address of a service, and the method and secret of authentication. */
#include "upstream/generic/resolve.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/http_syntax.h"
#include "base/mem.h"
#include "base/uri.h"
#include "base/url.h"
#include "config/file.h"
#include "config/value.h"
#include "upstream/generic/generic.h"
#include "upstream/group.h"

/* Makes "https://host[:port][/path]" from an address, without a slash at its end. A query or
 * fragment is refused. For free(). Returns NULL when the address is valid, else the reason. */
static const char *
generic_url(const char *text, bool allow_http, char **url)
{
	const char *why;
	struct url split;
	size_t len;

	*url = NULL;
	why = url_split(text, &split);
	if (why != NULL)
		return why;
	if (strchr(split.rest, '?') != NULL)
		return "the address has a query; use only the part that all requests begin with";
	if (!split.tls && !url_host_loopback(split.host) && !allow_http)
		return "http:// would send the credential without encryption; use https://, or "
		       "set allow_http = true";
	len = strlen(text);
	while (len > 0 && text[len - 1] == '/')
		len--;
	if (split.rest < text + len) {
		char *path = xstrndup(split.rest, (size_t)(text + len - split.rest));

		why = uri_path_check(path);
		free(path);
	}
	if (why == NULL)
		*url = xstrndup(text, len);
	return why;
}

static const char *const methods[] = {
	[GENERIC_BEARER] = "bearer", [GENERIC_NONE] = "none",	[GENERIC_BASIC] = "basic",
	[GENERIC_HEADER] = "header", [GENERIC_OAUTH] = "oauth", NULL
};

static void
generic_free(void *data)
{
	struct generic *own = data;

	free(own->user);
	free(own->header);
	free(own->token_url);
	free(own->scope);
	free(own->audience);
	free(own);
}

/* Checks a key that the method needs. */
static char *
read_needed(const struct node *auth, const char *key, const char *method)
{
	char *value = node_text(auth, key, NULL);

	if (value == NULL)
		node_fault(auth, key, "is missing: method \"%s\" needs it", method);
	return value;
}

static void
read_auth_secret(struct config_upstream *upstream, const struct generic *own,
		 const struct node *auth, const char *key)
{
	size_t faults = node_faults(auth);
	const char *fault;

	upstream->secret = node_secret(auth, key);
	if (upstream->secret == NULL) {
		if (node_faults(auth) == faults)
			node_fault(auth, key,
				   "is missing: use env:NAME, file:PATH or credential:NAME");
		return;
	}
	fault = secret_fault(upstream->secret, generic_secret_form(own->method));
	if (fault != NULL)
		node_fault(auth, key, "it %s", fault);
	group_take_reference(upstream, auth, key);
}

static void
read_header_name(struct generic *own, const struct node *auth)
{
	static const char *const ours[] = { "Host",	  "Content-Length",    "Content-Type",
					    "Accept",	  "Transfer-Encoding", "Connection",
					    "User-Agent", "traceparent",       "Range" };

	own->header = read_needed(auth, "name", "header");
	if (own->header == NULL)
		return;
	if (!http_token(own->header))
		node_fault(auth, "name", "\"%s\" is not a valid header name", own->header);
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++) {
		if (strcasecmp(own->header, ours[i]) == 0)
			node_fault(auth, "name", "the header %s cannot be used to authenticate",
				   ours[i]);
	}
}

static void
read_oauth(struct config_upstream *upstream, struct generic *own, const struct node *auth,
	   bool allow_http)
{
	static const char *const places[] = { "header", "body", NULL };
	char *url = read_needed(auth, "token_url", "oauth");
	const char *bad = url != NULL ? generic_url(url, allow_http, &own->token_url) : NULL;

	if (bad != NULL)
		node_fault(auth, "token_url",
			   "\"%s\" is not an address that may receive a secret: %s",
			   strchr(url, '@') != NULL ? "…" : url, bad);
	own->user = read_needed(auth, "client_id", "oauth");
	read_auth_secret(upstream, own, auth, "client_secret");
	own->secret_in_body = node_word(auth, "client_auth", places, 0) == 1;
	own->scope = node_text(auth, "scope", NULL);
	own->audience = node_text(auth, "audience", NULL);
	free(url);
}

static void
read_auth_method(struct config_upstream *upstream, struct generic *own, const struct node *auth,
		 bool allow_http)
{
	size_t faults = node_faults(auth);

	own->method = (enum generic_method)node_word(auth, "method", methods, GENERIC_BEARER);
	if (node_faults(auth) > faults)
		return;
	switch (own->method) {
	case GENERIC_NONE: break;
	case GENERIC_BEARER: read_auth_secret(upstream, own, auth, "token"); break;
	case GENERIC_BASIC:
		own->user = read_needed(auth, "user", "basic");
		if (own->user != NULL && strchr(own->user, ':') != NULL)
			node_fault(auth, "user",
				   "must not contain a colon in basic "
				   "authentication");
		read_auth_secret(upstream, own, auth, "password");
		break;
	case GENERIC_HEADER:
		read_header_name(own, auth);
		read_auth_secret(upstream, own, auth, "value");
		break;
	case GENERIC_OAUTH: read_oauth(upstream, own, auth, allow_http); break;
	}
	upstream->auth_type = xstrdup(methods[own->method]);
}

static char *
method_described(const struct generic *own)
{
	switch (own->method) {
	case GENERIC_NONE: return xstrdup("no authentication");
	case GENERIC_BEARER: return xstrdup("bearer: token from the configuration");
	case GENERIC_BASIC: return xprintf("basic: as %s", own->user);
	case GENERIC_HEADER: return xprintf("header: %s", own->header);
	case GENERIC_OAUTH:
		return xprintf("oauth: client %s, tokens of %s", own->user, own->token_url);
	}
	return xstrdup("");
}

void
generic_resolve(struct config_upstream *upstream, const struct node *group)
{
	struct generic *own = xcalloc(1, sizeof(*own));
	size_t faults = node_faults(group);
	struct node auth = node_group(group, "auth");
	bool allow_http = node_bool(group, "allow_http", false);
	char *url = node_text(group, "url", NULL);
	const char *bad = url != NULL ? generic_url(url, allow_http, &upstream->url) : NULL;

	upstream->own = own;
	upstream->own_free = generic_free;
	if (url == NULL)
		upstream->auth_why =
		    xprintf("no address is configured: set upstreams.%s.url", upstream->role);
	else if (bad != NULL)
		node_fault(group, "url", "\"%s\" is not a valid address of a service: %s",
			   strchr(url, '@') != NULL ? "…" : url, bad);
	free(url);
	if (node_has(&auth, "method"))
		read_auth_method(upstream, own, &auth, allow_http);
	if (upstream->auth_why == NULL && upstream->auth_type == NULL)
		upstream->auth_why =
		    xprintf("no credential is configured: set upstreams.%s.auth with its "
			    "method (none, bearer, basic, header or oauth)",
			    upstream->role);
	else if (upstream->auth_why == NULL && node_faults(group) == faults)
		upstream->auth_why = method_described(own);
	else if (upstream->auth_why == NULL)
		upstream->auth_why = xstrdup("the configuration has faults");
}
