/* SPDX-License-Identifier: Apache-2.0 */
/* External links: pre-signed addresses of result chunks that behave like the addresses of an object
 * store. They expire, require the header that was returned with them, and refuse any request with
 * credentials of the workspace. So they detect a client that sends its credentials to the store. */
#include "statements/statements.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { MAC_DIGITS = 32, MAX_PAYLOAD = 256 };

static char *
sign(const char *purpose, const char *payload)
{
	char *text = xprintf("%s:%s", purpose, payload), mac[65];

	hmac_hex(text, mac);
	free(text);
	return xstrndup(mac, MAC_DIGITS);
}

struct json_object *
link_make(const struct statement *s, size_t index)
{
	struct json_object *link = json_object_new_object(), *headers;
	const struct chunk *chunk = &s->chunks[index];
	struct settings settings;
	char *payload, *mac, *text, when[32];
	int64_t expires;

	settings_read(&settings);
	expires = clock_ms() + settings.link_ttl_s * 1000;
	payload = xprintf("%s.%s.%zu.%lld", s->ws->name, s->id, index, (long long)expires);
	json_add_int(link, "chunk_index", (int64_t)index);
	json_add_int(link, "row_offset", chunk->row_offset);
	json_add_int(link, "row_count", chunk->rows);
	json_add_int(link, "byte_count", chunk->bytes);
	mac = sign("link", payload);
	text = xprintf("http://%s:%d/_sandbox/ext/%s.%s", options.host, options.port, payload, mac);
	json_add_str(link, "external_link", text);
	free(text);
	free(mac);
	clock_iso(expires, when);
	json_add_str(link, "expiration", when);
	headers = json_object_new_object();
	mac = sign("header", payload);
	json_add_str(headers, "x-sandbox-key", mac);
	json_add(link, "http_headers", headers);
	free(mac);
	free(payload);
	if (index + 1 < s->chunk_count) {
		json_add_int(link, "next_chunk_index", (int64_t)index + 1);
		text = xprintf("/api/2.0/sql/statements/%s/result/chunks/%zu?row_offset=%lld",
			       s->id, index + 1, (long long)s->chunks[index + 1].row_offset);
		json_add_str(link, "next_chunk_internal_link", text);
		free(text);
	}
	return link;
}

/* ---- the store ---- */

static void
refuse(struct request *req, int status, const char *code, const char *message)
{
	char *xml = xprintf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code>"
			    "<Message>%s</Message><RequestId>%s</RequestId></Error>",
			    code, message, req->request_id);

	reply_bytes(req, status, "application/xml", xml, strlen(xml));
	free(xml);
}

static void
note_foreign(void *arg, const char *name, const char *value)
{
	bool *foreign = arg;
	char *folded = text_fold(name);

	(void)value;
	*foreign = *foreign || strcmp(folded, "authorization") == 0 ||
		   strcmp(folded, "cookie") == 0 || strncmp(folded, "x-databricks-", 13) == 0;
	free(folded);
}

/* Splits "ws.id.chunk.expires.mac". False when the signature is wrong. */
static bool
open_link(const char *token, char *ws, char *id, size_t *index, int64_t *expires, char **payload)
{
	const char *mac = strrchr(token, '.');
	char *expected;
	long long when;
	bool ok;

	if (mac == NULL || strlen(token) > MAX_PAYLOAD)
		return false;
	*payload = xstrndup(token, (size_t)(mac - token));
	expected = sign("link", *payload);
	ok = secret_equal(expected, mac + 1) &&
	     sscanf(*payload, "%63[^.].%36[^.].%zu.%lld", ws, id, index, &when) == 4;
	*expires = ok ? when : 0;
	free(expected);
	return ok;
}

static void
give_chunk(struct request *req, const char *ws_name, const char *id, size_t index)
{
	struct workspace *ws = ws_open(ws_name);
	struct statement *s = ws != NULL ? statement_find(ws, id) : NULL;
	char *text;
	size_t len;

	text = s != NULL ? statement_chunk(s, (int64_t)index, &len) : NULL;
	if (text == NULL)
		refuse(req, 404, "NoSuchKey", "The specified key does not exist.");
	else
		reply_range(req, s->csv ? "text/csv" : "application/json", text, len);
	free(text);
	if (s != NULL)
		statement_unref(s);
}

static void
ext_get(struct request *req)
{
	char ws[64], id[37], *payload = NULL, *key;
	const char *given = request_header(req, "x-sandbox-key");
	bool foreign = false, signed_ok, key_ok;
	int64_t expires;
	size_t index;

	http_headers(req, note_foreign, &foreign);
	signed_ok = open_link(request_var(req, "token"), ws, id, &index, &expires, &payload);
	key = sign("header", payload != NULL ? payload : "");
	key_ok = given != NULL && secret_equal(given, key);
	free(key);
	free(payload);
	if (foreign)
		refuse(req, 400, "InvalidArgument",
		       "Only one auth mechanism allowed; only the "
		       "query string, or the declared headers, may be sent with a pre-signed URL.");
	else if (!signed_ok)
		refuse(req, 403, "SignatureDoesNotMatch", "The request signature does not match.");
	else if (expires < clock_ms())
		refuse(req, 403, "AccessDenied", "Request has expired");
	else if (!key_ok)
		refuse(req, 403, "AccessDenied", "A declared header is missing or wrong.");
	else
		give_chunk(req, ws, id, index);
}

static const struct route links_routes[] = {
	{ "GET", "/_sandbox/ext/{token}", ext_get, ROUTE_OPEN },
	{ 0 },
};

const struct domain links_domain = { .name = "links", .routes = links_routes };
