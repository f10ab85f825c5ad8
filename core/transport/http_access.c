/* SPDX-License-Identifier: Apache-2.0 */
#include "transport/http_access.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/auth.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/url.h"
#include "rpc/error.h"
#include "transport/http_certificate.h"
#include "transport/http_connection.h"

#define PREFLIGHT_HEADERS_MAX 1024u

static bool
is_local(const char *host)
{
	return strcmp(host, "localhost") == 0 || strcmp(host, "127.0.0.1") == 0 ||
	       strcmp(host, "::1") == 0;
}

/* An entry of a list without a port matches any port. */
static bool
listed_host(const struct strings *list, const struct url *url)
{
	for (size_t i = 0; i < list->count; i++) {
		struct url entry = { .port = 0 };

		if (url_authority(list->item[i], &entry) == NULL && *entry.rest == '\0' &&
		    strcmp(entry.host, url->host) == 0 &&
		    (entry.port == 0 || entry.port == url->port))
			return true;
	}
	return false;
}

static bool
host_allowed(const struct http_listener *listener, const struct url *url)
{
	const struct strings *list = &listener->http->config->server.allowed_hosts;
	enum listen_reach reach = listener->sock.reach;

	if (list->count == 0 && (reach == REACH_UNIX || reach == REACH_ANYWHERE))
		return true; /* a web page reaches a unix socket only through a proxy */
	return is_local(url->host) || listed_host(list, url) ||
	       (listener->host != NULL && strcasecmp(url->host, listener->host) == 0);
}

static bool
origin_allowed(const struct http_listener *listener, const char *text)
{
	const struct strings *list = &listener->http->config->server.allowed_origins;
	struct url url;

	if (strcasecmp(text, "null") == 0)
		/* "null": sandboxed frames and redirects send it instead of an origin */
		return false;
	for (size_t i = 0; i < list->count; i++) {
		struct url entry;

		if (strcasecmp(list->item[i], text) == 0)
			return true;
		if (url_split(list->item[i], &entry) == NULL && *entry.rest == '\0' &&
		    url_split(text, &url) == NULL && *url.rest == '\0' && url.tls == entry.tls &&
		    url.port == entry.port && strcmp(url.host, entry.host) == 0)
			return true;
	}
	if (url_split(text, &url) != NULL || *url.rest != '\0')
		return false;
	return is_local(url.host) || listed_host(list, &url);
}

static void
forbid(struct http_refusal *refusal, const char *why)
{
	*refusal = (struct http_refusal){ .status = 403,
					  .code = rpc_error_code(RPC_INVALID_REQUEST),
					  .why = why };
}

void
http_access_check(struct http_connection *connection, const struct url *target,
		  struct http_refusal *refusal)
{
	const struct http_listener *listener = connection->listener;
	const struct http_head *head = &connection->head;
	struct url named = { .port = listener->tls ? 443 : 80 };
	bool readable = url_authority(head->host, &named) == NULL && *named.rest == '\0';

	if (target != NULL)
		named = *target;
	if ((target == NULL && !readable) || !host_allowed(listener, &named))
		forbid(refusal,
		       "the Host header does not name a host of this server; if the host is right, "
		       "add it to server.allowed_hosts");
	else if (head->origin != NULL && !origin_allowed(listener, head->origin))
		forbid(refusal, "the Origin is not allowed; if the origin is trusted, add it to "
				"server.allowed_origins");
	connection->cors = refusal->status == 0 ? head->origin : NULL;
}

static struct address
address_of_peer(const struct http_connection *connection)
{
	const union MHD_ConnectionInfo *info;

	if (connection->listener->sock.reach == REACH_UNIX)
		return (struct address){ .kind = ADDRESS_UNIX };
	info = MHD_get_connection_info(connection->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	return address_of(info != NULL ? info->client_addr : NULL);
}

void
http_authenticate(struct http_connection *connection, struct http_refusal *refusal)
{
	struct http *http = connection->listener->http;
	struct auth_request request = { .tls = connection->listener->tls,
					.authorization = connection->head.authorization,
					.user = connection->head.user,
					.groups = connection->head.groups,
					.forwarded = connection->head.forwarded };
	struct auth_refusal why;

	request.from = address_of_peer(connection);
	connection->exchange.from = request.from;
	connection->exchange.since = http->snapshot->number;
	if (http->auth == NULL) {
		connection->exchange.principal = http->principal;
		return;
	}
	if (connection->listener->client_ca)
		request.certificate_fault =
		    http_certificate(connection, &request.certificate, &request.certificate_len);
	/* the principal of the last request was removed */
	CHECK(connection->exchange.principal.name[0] == '\0');
	if (auth_check(http->auth, &request, &connection->exchange.principal, &why)) {
		CHECK(connection->exchange.principal.access != ACCESS_NONE);
		return;
	}
	*refusal = (struct http_refusal){ .status = why.status,
					  .code = rpc_error_code(RPC_INVALID_REQUEST),
					  .why = why.why,
					  .field = why.field,
					  .value = why.value };
}

static bool
is_proxy(const struct config *config, const struct address *from)
{
	for (size_t i = 0; i < config->auth.proxies; i++)
		if (address_in(from, &config->auth.proxy[i]))
			return true;
	return false;
}

/* In a time that does not depend on where they differ. */
static bool
is_bearer(const char *authorization, const char *token)
{
	static const char scheme[] = "Bearer ";
	size_t len = strlen(token);
	unsigned char differs = 0;

	if (authorization == NULL || strncasecmp(authorization, scheme, strlen(scheme)) != 0)
		return false;
	authorization += strlen(scheme);
	if (strlen(authorization) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		differs |= (unsigned char)(authorization[i] ^ token[i]);
	return differs == 0;
}

void
http_check_reader(struct http_connection *connection, struct http_refusal *refusal)
{
	const struct config *config = connection->listener->http->config;
	const struct address from = address_of_peer(connection);
	const char *token = config->metrics.token;
	bool here = from.kind == ADDRESS_UNIX || address_is_loopback(&from);

	if (token != NULL ? is_bearer(connection->head.authorization, token)
			  : here && !is_proxy(config, &from))
		return;
	*refusal = (struct http_refusal){
		.status = token != NULL ? 401 : 403,
		.code = rpc_error_code(RPC_INVALID_REQUEST),
		.why = token != NULL ? "the metrics need the token of metrics.token: send the "
				       "header \"Authorization: Bearer TOKEN\""
				     : "without metrics.token the metrics can be read on this "
				       "machine only, and not through a proxy",
		.field = token != NULL ? "WWW-Authenticate" : NULL,
		.value = token != NULL ? "Bearer realm=\"lakehost metrics\"" : NULL
	};
}

void
http_add_cors(struct MHD_Response *response, const struct http_connection *connection)
{
	if (connection->cors == NULL)
		return;
	CHECK(http_has_request(connection)); /* otherwise the text of the header is freed */
	MHD_add_response_header(response, "Access-Control-Allow-Origin", connection->cors);
	MHD_add_response_header(response, "Access-Control-Expose-Headers",
				"Mcp-Session-Id, WWW-Authenticate");
	MHD_add_response_header(response, "Vary", "Origin");
}

/* The request headers that a page may set: those of MCP, and those that every client sends. */
static bool
header_allowed(const char *name, size_t len)
{
	static const char *const names[] = { "accept",	      "authorization", "content-type",
					     "last-event-id", "traceparent",   "tracestate",
					     "baggage" };

	if (len > 4 && strncasecmp(name, "mcp-", 4) == 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == len && strncasecmp(names[i], name, len) == 0)
			return true;
	return false;
}

/* Fetch standard, "CORS-preflight request": the answer lists the requested headers that are
 * allowed. */
struct MHD_Response *
http_preflight(struct http_connection *connection)
{
	const char *asked = MHD_lookup_connection_value(connection->mhd, MHD_HEADER_KIND,
							"Access-Control-Request-Headers");
	struct MHD_Response *response =
	    MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	struct buf names;

	if (response == NULL)
		return NULL;
	http_add_cors(response, connection);
	MHD_add_response_header(response, "Access-Control-Allow-Methods", "GET, POST, DELETE");
	MHD_add_response_header(response, "Access-Control-Max-Age", "600");
	buf_init(&names, PREFLIGHT_HEADERS_MAX);
	while (asked != NULL && *asked != '\0') {
		size_t len;

		asked += strspn(asked, " \t,");
		len = strcspn(asked, " \t,");
		if (header_allowed(asked, len)) {
			if (names.len > 0)
				buf_puts(&names, ", ");
			buf_add(&names, asked, len);
		}
		asked += len;
	}
	if (names.len > 0 && buf_ok(&names))
		MHD_add_response_header(response, "Access-Control-Allow-Headers", names.data);
	buf_fini(&names);
	return response;
}
