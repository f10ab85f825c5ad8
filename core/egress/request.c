/* SPDX-License-Identifier: Apache-2.0 */
/* Turns a plugin's request into one that may be sent: checks the permission, then host, path,
 * headers and body. A plugin is not trusted to give valid values; anything unusual is refused. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <lakehost/version.h>

#include "base/check.h"
#include "base/http_syntax.h"
#include "base/mem.h"
#include "base/seal.h"
#include "base/uri.h"
#include "base/url.h"
#include "config/permission.h"
#include "config/text.h"
#include "egress/body.h"
#include "egress/crossing.h"
#include "egress/internal.h"
#include "egress/secrets.h"
#include "upstream/upstream.h"

/* RFC 3986: characters of a path or query that need no encoding. */
static const char uri_characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789-._~!$&'()*+,;=:@/%?";

#define TRACEPARENT_LEN 55
#define AGENT_WORD_MAX 64u /* characters of a name in User-Agent */

struct check {
	struct egress *egress;
	const struct egress_scope *scope;
	const struct mcp_http *http;
	char *why;
	size_t why_size;
};

static enum mcp_status refuse(const struct check *check, enum mcp_status status, const char *format,
			      ...) __attribute__((format(printf, 3, 4)));

static enum mcp_status
refuse(const struct check *check, enum mcp_status status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(check->why, check->why_size, format, args);
	va_end(args);
	return status;
}

/* ---- where to -------------------------------------------------------------------------------- */

static enum mcp_status
check_method(const struct check *check)
{
	const char *method = check->http->method;

	if (method != NULL && http_method(method, strlen(method)))
		return MCP_OK;
	return refuse(check, MCP_E_INTERNAL, "the plugin used an unknown method");
}

static enum mcp_status
check_path(const struct check *check)
{
	const char *path = check->http->path, *query = check->http->query, *bad;

	bad = uri_path_check(path);
	if (bad == NULL && path[strspn(path, uri_characters)] != '\0')
		bad = "a character in it is not percent-encoded";
	if (bad != NULL)
		return refuse(check, MCP_E_INPUT, "the path of the request is refused: %s", bad);
	if (query != NULL && query[strspn(query, uri_characters)] != '\0')
		return refuse(check, MCP_E_INPUT,
			      "the query of the request is refused: a character "
			      "in it is not percent-encoded");
	if (!permission_allows(check->scope->permissions, check->http->method, path))
		return refuse(check, MCP_E_PERMISSION, "plugin %s has no permission for %s %s",
			      check->scope->plugin, check->http->method, path);
	return MCP_OK;
}

static enum mcp_status
find_upstream(const struct check *check, const struct config_upstream **upstream)
{
	const char *own = check->scope->upstream != NULL ? check->scope->upstream : "workspace";
	const char *asked = check->http->upstream, *role = own;

	/* "workspace" is the plugin's own upstream, whatever its name in the configuration. */
	if (asked != NULL && (check->scope->any_upstream || strcmp(asked, "workspace") != 0))
		role = asked;
	if (!check->scope->any_upstream && strcmp(role, own) != 0)
		return refuse(check, MCP_E_PERMISSION,
			      "plugin %s may send requests to upstreams.%s only, not to \"%.64s\"",
			      check->scope->plugin, own, role);
	*upstream = config_upstream(check->egress->config, role);
	if (*upstream == NULL)
		return refuse(check, MCP_E_UNAVAILABLE,
			      "there is no upstreams.%s in the configuration: add it, with the "
			      "address and the credential of the service",
			      role);
	if ((*upstream)->url == NULL || (*upstream)->auth_type == NULL)
		return refuse(check, MCP_E_UNAUTHENTICATED, "%s", (*upstream)->auth_why);
	return MCP_OK;
}

static size_t
last_label(const char *text, size_t len)
{
	while (len > 0 && text[len - 1] != '.')
		len--;
	return len;
}

/* Compares label by label from the end; `*` is one label. */
static bool
host_ends(const char *host, const char *suffix)
{
	size_t h = strlen(host), s = strlen(suffix);

	for (;;) {
		size_t hl = last_label(host, h), sl = last_label(suffix, s);

		if (!(s - sl == 1 && suffix[sl] == '*') &&
		    (s - sl != h - hl || memcmp(suffix + sl, host + hl, s - sl) != 0))
			return false;
		if (sl == 0)
			return true;
		if (hl == 0)
			return false;
		s = sl - 1;
		h = hl - 1;
	}
}

const char *
link_check(const struct config_upstream *upstream, const char *text)
{
	struct url url, own;
	const char *bad = url_split(text, &url);

	if (bad != NULL)
		return bad;
	if (url_split(upstream->url, &own) == NULL && url_host_loopback(own.host) &&
	    strcmp(own.host, url.host) == 0 && own.port == url.port && own.tls == url.tls)
		return NULL;
	if (!url.tls || url.port != 443)
		return "the link does not begin with https://";
	for (size_t i = 0; !url.literal6 && i < upstream->link_suffixes.count; i++) {
		if (host_ends(url.host, upstream->link_suffixes.item[i]))
			return NULL;
	}
	return "the host of the link is not in upstreams.*.link_suffixes";
}

static char *
url_of(const char *base, const char *path, const char *query)
{
	const size_t n = strlen(base), of_path = strlen(path);
	const size_t of_query = query != NULL ? strlen(query) : 0;
	char *url = xmalloc(n + of_path + of_query + 2), *at = url;

	memcpy(at, base, n);
	memcpy(at += n, path, of_path + 1);
	if (of_query == 0)
		return url;
	at += of_path;
	*at = '?';
	memcpy(at + 1, query, of_query + 1);
	return url;
}

static enum mcp_status
set_target(struct request *request, const struct check *check)
{
	const struct mcp_http *http = check->http;
	enum mcp_status status;
	const char *bad;
	struct url url;

	if ((http->path == NULL) == (http->url == NULL))
		return refuse(check, MCP_E_INTERNAL,
			      "the plugin gave no path, or both a path and a link");
	status = check_method(check);
	if (status == MCP_OK && http->path != NULL)
		status = check_path(check);
	if (status == MCP_OK)
		status = find_upstream(check, &request->upstream);
	if (status == MCP_OK && request->upstream->behalf != BEHALF_NONE)
		request->user = users_take(check->egress, request->upstream, check->scope, &status,
					   check->why, check->why_size);
	if (status != MCP_OK)
		return status;
	request->link = http->url != NULL;
	if (request->link) {
		if (!permission_allows_link(check->scope->permissions, http->method))
			return refuse(check, MCP_E_PERMISSION,
				      "plugin %s has no permission for \"%s link\"",
				      check->scope->plugin, http->method);
		bad = link_check(request->upstream, http->url);
		if (bad != NULL)
			return refuse(check, MCP_E_PERMISSION, "the pre-signed link is refused: %s",
				      bad);
		url_split(http->url, &url);
		secrets_mask_link(check->scope->plugin, http->url);
		request->url = xstrdup(http->url);
		request->path = xprintf("a pre-signed link to %s", url.host);
	} else {
		CHECK(http->path != NULL);
		request->path = xstrdup(http->path);
		request->url = url_of(request->upstream->url, http->path, http->query);
	}
	if (strlen(request->url) > EGRESS_URL_MAX)
		return refuse(check, MCP_E_TOO_LARGE,
			      "the URL of the request is longer than %d bytes", EGRESS_URL_MAX);
	return MCP_OK;
}

/* ---- headers --------------------------------------------------------------------------------- */

static bool
one_of(const char *name, const char *const *names)
{
	for (; *names != NULL; names++) {
		if (strcasecmp(name, *names) == 0)
			return true;
	}
	return false;
}

static bool
header_allowed(const char *name, bool link)
{
	static const char *const allowed[] = { "Accept",
					       "Content-Type",
					       "Range",
					       "If-Match",
					       "If-None-Match",
					       "If-Modified-Since",
					       "If-Unmodified-Since",
					       "If-Range",
					       NULL };
	/* RFC 9110: headers about the connection and the message, which the host sets; and headers
	 * with credentials. */
	static const char *const ours[] = {
		"Authorization",   "Proxy-Authorization", "Cookie",  "Host",
		"Content-Length",  "Transfer-Encoding",	  "TE",	     "Trailer",
		"Connection",	   "Keep-Alive",	  "Upgrade", "Expect",
		"Accept-Encoding", "Proxy-Connection",	  NULL
	};

	return link ? !one_of(name, ours) : one_of(name, allowed);
}

static const char *
header_check(const struct mcp_header *header, bool link)
{
	if (!http_token(header->name) || !header_allowed(header->name, link))
		return "is not allowed";
	if (strlen(header->value) + strlen(header->name) > EGRESS_VALUE_MAX)
		return "is too long";
	for (const char *p = header->value; *p != '\0'; p++) {
		if ((*p & 0x80) != 0 || *p < ' ' || *p == 0x7f)
			return "has a character that is not valid in a header";
	}
	return NULL;
}

static void
add_header(struct request *request, const char *name, const char *value)
{
	const size_t n = strlen(name), len = strlen(value);
	char *text = xmalloc(n + len + 3);

	memcpy(text, name, n);
	/* For libcurl "Name;" means a header without a value; "Name:" would remove the header. */
	memcpy(text + n, len > 0 ? ": " : ";", len > 0 ? 3 : 2);
	if (len > 0)
		memcpy(text + n + 2, value, len + 1);
	strings_take(&request->headers, text);
}

/* Random bytes for ids, which are no secrets: one system call gives those of many requests. */
static const unsigned char *
id_bytes(struct egress *egress)
{
	if (egress->ids_left == 0) {
		random_bytes(egress->ids, sizeof(egress->ids));
		egress->ids_left = ARRAY_SIZE(egress->ids);
	}
	return egress->ids[--egress->ids_left];
}

static void
add_traceparent(struct request *request, struct egress *egress, const char *given)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *id;
	char text[TRACEPARENT_LEN + 1] = "00-";
	size_t at = 3;

	if (traces_on() && given != NULL) { /* a span of its own, below that of the call */
		trace_begin(&request->trace, given);
		trace_parent(&request->trace, text);
		add_header(request, "traceparent", text);
		return;
	}
	if (given != NULL && traceparent_valid(given)) {
		add_header(request, "traceparent", given);
		return;
	}
	id = id_bytes(egress); /* W3C Trace Context: version, trace, parent, sampled */
	for (size_t i = 0; i < EGRESS_ID_BYTES; i++) {
		if (i == 16)
			text[at++] = '-';
		text[at++] = digits[id[i] >> 4];
		text[at++] = digits[id[i] & 15];
	}
	memcpy(text + at, "-01", 4);
	add_header(request, "traceparent", text);
}

/* At most AGENT_WORD_MAX characters, each one that a token may have. */
static void
add_agent_word(struct buf *text, const char *name, const char *word)
{
	if (word == NULL)
		return;
	buf_puts(text, name);
	for (size_t i = 0; word[i] != '\0' && i < AGENT_WORD_MAX; i++)
		buf_putc(text, http_token_char(word[i]) ? word[i] : '-');
}

static void
add_user_agent(struct request *request, const struct egress *egress)
{
	size_t i = (size_t)(request->upstream - egress->config->upstream);
	struct buf text;

	buf_init(&text, 512);
	buf_puts(&text, "lakehost/" LAKEHOST_VERSION);
	if (request->upstream->kind->user_agent != NULL)
		request->upstream->kind->user_agent(&egress->authorizer[i].credential, &text);
	add_agent_word(&text, " tool/", request->tool);
	add_agent_word(&text, " principal/", request->principal);
	add_header(request, "User-Agent", text.data);
	buf_fini(&text);
}

static enum mcp_status
set_headers(struct request *request, const struct check *check)
{
	const struct mcp_http *http = check->http;
	bool type = false;

	for (size_t i = 0; i < http->n_headers; i++) {
		const struct mcp_header *header = &http->headers[i];
		const char *bad = header_check(header, request->link);

		if (bad != NULL)
			return refuse(check, MCP_E_INTERNAL,
				      "the header \"%.64s\" of the plugin %s", header->name, bad);
		add_header(request, header->name, header->value);
		type = type || strcasecmp(header->name, "Content-Type") == 0;
		if (strcasecmp(header->name, "Accept") == 0) {
			free(request->accept);
			request->accept = xstrdup(header->value);
		}
	}
	if (request->link)
		return MCP_OK;
	if (request->accept == NULL)
		add_header(request, "Accept",
			   request->reply == MCP_REPLY_SINK || request->reply == MCP_REPLY_FILE
			       ? "*/*"
			       : "application/json");
	if (!type && request->has_body)
		add_header(request, "Content-Type",
			   http->body_file != NULL ? "application/octet-stream"
						   : "application/json");
	add_traceparent(request, check->egress, check->scope->traceparent);
	add_user_agent(request, check->egress);
	return MCP_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static enum mcp_status
set_bodies(struct request *request, const struct check *check)
{
	const struct mcp_http *http = check->http;
	const struct config *config = check->egress->config;

	request->has_body = http->n_body > 0 || http->body_file != NULL;
	if (http->n_body > 0 && http->body_file != NULL)
		return refuse(check, MCP_E_INTERNAL,
			      "the plugin gave a body and also a file for the body");
	if (request->has_body && strcmp(http->method, "HEAD") == 0)
		return refuse(check, MCP_E_INTERNAL, "the plugin gave a body to a HEAD request");
	if (http->reply == MCP_REPLY_FILE && http->reply_file == NULL)
		return refuse(check, MCP_E_INTERNAL, "the plugin named no file for the reply");
	if (http->body_file != NULL)
		request->body_file = xstrdup(http->body_file);
	if (http->reply == MCP_REPLY_FILE)
		request->reply_file = xstrdup(http->reply_file);
	if (http->part_of != NULL)
		request->part_of = xstrdup(http->part_of);
	if (http->part_suffix != NULL)
		request->part_suffix = xstrdup(http->part_suffix);
	request->part = http->part;
	request->body_from = http->body_from;
	request->body_len = http->body_len;
	return body_build(&request->body, http->body, http->n_body,
			  &config->plugins.secret_references, check->why, check->why_size);
}

/* Compares the objects that the request names with the lists of the policy. */
static enum mcp_status
check_fence(const struct request *request, const struct check *check)
{
	const struct upstream_kind *kind = request->upstream->kind;
	const char *target = request->url + strlen(request->upstream->url);
	const char *mark = strchr(target, '?');
	struct crossing crossing = { .scope = check->scope };
	char *path;

	if (check->scope->fence == NULL || request->link || kind->objects == NULL)
		return MCP_OK;
	path = mark != NULL ? xstrndup(target, (size_t)(mark - target)) : xstrdup(target);
	kind->objects(&(struct upstream_request){ .method = check->http->method,
						  .path = path,
						  .query = mark != NULL ? mark + 1 : "",
						  .body = request->body.len > 0 ? request->body.data
										: NULL,
						  .body_len = request->body.len },
		      fence_compare, &crossing);
	free(path);
	if (crossing.list == NULL)
		return MCP_OK;
	return refuse(check, MCP_E_PERMISSION,
		      "the policy's list of %s does not allow the request %s %s%s%s%s",
		      fence_keys[crossing.kind], check->http->method, request->path,
		      crossing.value[0] != '\0' ? ": \"" : "", crossing.value,
		      crossing.value[0] != '\0' ? "\"" : "");
}

static void
set_limits(struct request *request, const struct mcp_http *http)
{
	const struct config_upstream *upstream = request->upstream;

	request->retry = http->retry;
	request->reply = http->reply;
	request->timeout_ms = http->timeout_ms > 0 ? http->timeout_ms : upstream->timeout_ms;
	request->max_bytes = http->max_bytes;
	if (http->reply == MCP_REPLY_BUFFER &&
	    (request->max_bytes == 0 || request->max_bytes > upstream->max_reply))
		request->max_bytes = upstream->max_reply;
}

/* Only plain reads are shared between transfers, because a header might change the reply. */
static void
set_key(struct request *request, const struct egress *egress, const struct mcp_http *http,
	uint32_t ttl_ms)
{
	size_t i = (size_t)(request->upstream - egress->config->upstream);
	struct authorizer *authorizer =
	    request->user != NULL ? request->user : &egress->authorizer[i];
	bool plain = !request->link && !request->has_body && http->reply == MCP_REPLY_BUFFER &&
		     strcmp(http->method, "GET") == 0 &&
		     http->n_headers == (request->accept != NULL ? 1 : 0);

	/* what the plugin asks for, or else what its row declares; the operator's limit holds */
	uint32_t cache_ms = http->cache_ms > 0 ? http->cache_ms : ttl_ms;

	if (cache_ms > request->upstream->cache_ms)
		cache_ms = request->upstream->cache_ms;
	if (!plain || (cache_ms == 0 && (http->flags & MCP_HTTP_SINGLE_FLIGHT) == 0))
		return;
	request->key = xprintf("%s %s %llu %s", credential_identity(&authorizer->credential),
			       request->accept != NULL ? request->accept : "",
			       (unsigned long long)request->max_bytes, request->url);
	request->cache_ms = cache_ms;
	request->single_flight = (http->flags & MCP_HTTP_SINGLE_FLIGHT) != 0;
}

enum mcp_status
request_init(struct request *request, struct egress *egress, const struct egress_scope *scope,
	     const struct mcp_http *http, char *why, size_t why_size)
{
	struct check check = { egress, scope, http, why, why_size };
	enum mcp_status status;

	*request = (struct request){ 0 };
	buf_init(&request->body, EGRESS_BODY_MAX);
	status = set_target(request, &check);
	if (status != MCP_OK)
		return status;
	request->plugin = xstrdup(scope->plugin);
	request->tool = scope->tool != NULL ? xstrdup(scope->tool) : NULL;
	request->principal = scope->principal != NULL ? xstrdup(scope->principal) : NULL;
	request->method = xstrdup(http->method);
	set_limits(request, http);
	status = set_bodies(request, &check);
	if (status == MCP_OK)
		status = check_fence(request, &check);
	if (status == MCP_OK)
		status = set_headers(request, &check);
	if (status == MCP_OK)
		set_key(request, egress, http, scope->ttl_ms);
	return status;
}

void
request_fini(struct request *request)
{
	users_give(request->user);
	free(request->plugin);
	free(request->tool);
	free(request->principal);
	free(request->method);
	free(request->url);
	free(request->path);
	free(request->accept);
	free(request->key);
	/* overwritten first: headers and body may contain secrets */
	strings_wipe(&request->headers);
	if (request->body.len > 0)
		explicit_bzero(request->body.data, request->body.len);
	buf_fini(&request->body);
	free(request->body_file);
	free(request->reply_file);
	free(request->part_of);
	free(request->part_suffix);
}
