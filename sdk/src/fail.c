/* SPDX-License-Identifier: Apache-2.0 */
/* Reads replies of all services: the meaning of an HTTP status, and where the message is. */
#include <string.h>

#include <lakehost/rest.h>

static const struct meaning {
	int http;
	enum mcp_status status;
} meanings[] = {
	{ 400, MCP_E_INPUT },	    { 401, MCP_E_UNAUTHENTICATED }, { 403, MCP_E_PERMISSION },
	{ 404, MCP_E_NOT_FOUND },   { 409, MCP_E_CONFLICT },	    { 413, MCP_E_TOO_LARGE },
	{ 422, MCP_E_INPUT },	    { 429, MCP_E_THROTTLED },	    { 501, MCP_E_UNSUPPORTED },
	{ 503, MCP_E_UNAVAILABLE }, { 504, MCP_E_TIMEOUT },
};

enum mcp_status
mcp_status_of(int http)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].http == http)
			return meanings[i].status;
	return http >= 500 ? MCP_E_UNAVAILABLE : MCP_E_UPSTREAM;
}

static const char *
filled(struct mcp_call *call, const char *text)
{
	const char *out = "";

	if (text == NULL)
		return NULL;
	while (*text != '\0') {
		size_t plain = strcspn(text, "{"), len = strcspn(text, "}");
		const char *value;

		out = mcp_printf(call, "%s%.*s", out, (int)plain, text);
		if (text[plain] == '\0' || len < plain || text[len] == '\0')
			break;
		value = mcp_arg(call,
				mcp_printf(call, "%.*s", (int)(len - plain - 1), text + plain + 1));
		out = mcp_printf(call, "%s%s", out, value != NULL ? value : "");
		text += len + 1;
	}
	return out;
}

struct mcp_words
mcp_words_filled(struct mcp_call *call, const struct mcp_words *words)
{
	return (struct mcp_words){
		.object = filled(call, words->object),
		.not_found = filled(call, words->not_found),
		.grant = filled(call, words->grant),
		.again = filled(call, words->again),
	};
}

static const char *
what_of(enum mcp_status status)
{
	switch (status) {
	case MCP_E_NOT_FOUND: return "does not exist";
	case MCP_E_PERMISSION: return "is not permitted";
	case MCP_E_UNAUTHENTICATED: return "needs a valid credential";
	case MCP_E_THROTTLED: return "is throttled by the service";
	case MCP_E_INPUT: return "was refused";
	default: return "got no valid answer from the service";
	}
}

static const char *
next_of(struct mcp_call *call, enum mcp_status status, const struct mcp_words *words)
{
	switch (status) {
	case MCP_E_NOT_FOUND: return words->not_found;
	case MCP_E_UNAUTHENTICATED: return "Check the credential with: lakehost doctor";
	case MCP_E_PERMISSION:
		return words->grant != NULL ? mcp_printf(call, "It needs %s.", words->grant) : NULL;
	case MCP_E_INPUT: return NULL;
	default: return words->again;
	}
}

/* The message of an error. It is searched where most services put it. */
static const char *
message_of(struct mcp_call *call, const struct mcp_reply *reply, struct json_object *body)
{
	static const char *const places[] = { "message", "error.message",     "detail",
					      "title",	 "error_description", "error" };

	if (reply->error != MCP_OK)
		return reply->why;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const char *text = mcp_get_str(call, body, places[i], "");

		if (text[0] != '\0')
			return text;
	}
	return reply->status >= 300
		 ? mcp_printf(call, "It answered HTTP %d without a message.", reply->status)
		 : "It answered something that is not a JSON object.";
}

struct json_object *
mcp_reply_object(struct mcp_call *call, size_t index, const struct mcp_words *words)
{
	static const struct mcp_words none = { 0 };
	const struct mcp_reply *reply = mcp_reply(call, index);
	struct json_object *body = mcp_reply_json(call, index);
	const struct mcp_words *about = words != NULL ? words : &none;
	bool arrived = reply->error == MCP_OK, ok = arrived && reply->status / 100 == 2;
	struct mcp_failure failure = { .size = sizeof(failure),
				       .http_status = reply->status,
				       .request_id = reply->request_id,
				       .retry_after_ms = reply->retry_after_ms };

	if (ok && reply->body.len == 0)
		return mcp_object(call, NULL);
	if (ok && json_object_is_type(body, json_type_object))
		return body;
	failure.status = !arrived ? reply->error
		       : ok	  ? MCP_E_UPSTREAM
				  : mcp_status_of(reply->status);
	failure.what =
	    mcp_printf(call, "%s %s.", about->object != NULL ? about->object : "The request",
		       what_of(failure.status));
	failure.why = message_of(call, reply, body);
	failure.next = next_of(call, failure.status, about);
	failure.missed = !arrived || reply->status == 429 || reply->status >= 500;
	mcp_failure(call, &failure);
	return NULL;
}

struct json_object *
mcp_items(struct mcp_call *call, struct json_object *reply, const char *path,
	  const struct mcp_words *words)
{
	if (mcp_get(reply, path) == NULL || mcp_array(reply, path) != NULL)
		return mcp_objects(call, reply, path);
	mcp_fail(call, MCP_E_UPSTREAM,
		 mcp_printf(call, "%s got no valid answer.",
			    words->object != NULL ? words->object : "The list"),
		 mcp_printf(call, "\"%s\" in the reply is not a list.", path), NULL);
	return NULL;
}
