/* SPDX-License-Identifier: Apache-2.0 */
/* Error replies of the platform. Services use many formats. A table has the meaning of each code,
 * and the next step for the caller. */
#include "databricks.h"

#include <ctype.h>
#include <string.h>

#define MESSAGE_MAX 65536 /* most bytes of a message that are read */
#define PAGE_TEXT_MAX 500 /* most bytes of a message that comes from a web page */
#define ELLIPSIS "\xE2\x80\xA6"

/* The meaning of an error code. For an unknown code the HTTP status decides. */
static const struct meaning {
	const char *code;
	enum mcp_status status;
} meanings[] = {
	{ "RESOURCE_DOES_NOT_EXIST", MCP_E_NOT_FOUND },
	{ "NOT_FOUND", MCP_E_NOT_FOUND },
	{ "RESOURCE_ALREADY_EXISTS", MCP_E_CONFLICT },
	{ "ALREADY_EXISTS", MCP_E_CONFLICT },
	{ "RESOURCE_CONFLICT", MCP_E_CONFLICT },
	{ "ABORTED", MCP_E_CONFLICT },
	{ "INVALID_STATE", MCP_E_CONFLICT },
	{ "DIRECTORY_NOT_EMPTY", MCP_E_CONFLICT },
	{ "REQUEST_LIMIT_EXCEEDED", MCP_E_THROTTLED },
	{ "RESOURCE_EXHAUSTED", MCP_E_THROTTLED },
	{ "QUOTA_EXCEEDED", MCP_E_THROTTLED },
	{ "PERMISSION_DENIED", MCP_E_PERMISSION },
	{ "PRIVATE_LINK_VALIDATION_ERROR", MCP_E_PERMISSION },
	{ "FEATURE_DISABLED", MCP_E_UNSUPPORTED },
	/* the route does not exist, and not the object */
	{ "ENDPOINT_NOT_FOUND", MCP_E_UNSUPPORTED },
	{ "METASTORE_DOES_NOT_EXIST", MCP_E_UNSUPPORTED },
	{ "NOT_IMPLEMENTED", MCP_E_UNSUPPORTED },
	{ "UNIMPLEMENTED", MCP_E_UNSUPPORTED },
	{ "UNAUTHENTICATED", MCP_E_UNAUTHENTICATED },
	{ "INVALID_PARAMETER_VALUE", MCP_E_INPUT },
	{ "MALFORMED_REQUEST", MCP_E_INPUT },
	{ "BAD_REQUEST", MCP_E_INPUT },
	{ "TEMPORARILY_UNAVAILABLE", MCP_E_UNAVAILABLE },
	{ "DEADLINE_EXCEEDED", MCP_E_TIMEOUT },
};

static enum mcp_status
classify(const char *code, int http)
{
	size_t len = strlen(code);

	for (size_t i = 0; i < COUNT(meanings); i++)
		if (strcmp(meanings[i].code, code) == 0)
			return meanings[i].status;
	/* codes of Unity Catalog: TABLE_DOES_NOT_EXIST, SCHEMA_DOES_NOT_EXIST, … */
	if (len > 15 && strcmp(code + len - 15, "_DOES_NOT_EXIST") == 0)
		return MCP_E_NOT_FOUND;
	return mcp_status_of(http);
}

/* The length of the `n` bytes without an incomplete character at their end. */
static size_t
whole_characters(const char *text, size_t n)
{
	size_t start = n;

	while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	return start > 0 && ((unsigned char)text[start - 1] & 0x80) != 0 ? start - 1 : start;
}

/* Makes one line of at most PAGE_TEXT_MAX bytes. With `html` tags are removed. An ellipsis marks a
 * cut text. */
static const char *
one_line(struct mcp_call *call, const char *text, size_t len, bool html)
{
	char *line = mcp_alloc(call, PAGE_TEXT_MAX + sizeof(ELLIPSIS));
	size_t n = 0;
	bool tag = false;

	for (size_t i = 0; i < len && n < PAGE_TEXT_MAX; i++) {
		unsigned char c = (unsigned char)text[i];

		if (html && (c == '<' || c == '>')) {
			tag = c == '<';
			continue;
		}
		if (tag)
			continue;
		if (c <= ' ' || c == 0x7f) {
			if (n > 0 && line[n - 1] != ' ')
				line[n++] = ' ';
			continue;
		}
		line[n++] = (char)c;
	}
	if (n == PAGE_TEXT_MAX)
		strcpy(line + whole_characters(line, n), ELLIPSIS);
	else
		line[n > 0 && line[n - 1] == ' ' ? n - 1 : n] = '\0';
	return line;
}

/* Removes white space at both ends. Line breaks stay, because SQL errors use them to mark a
 * position. The host limits and cleans the text that it shows. */
static const char *
trimmed(struct mcp_call *call, const char *text, size_t len)
{
	while (len > 0 && isspace((unsigned char)*text)) {
		text++;
		len--;
	}
	while (len > 0 && isspace((unsigned char)text[len - 1]))
		len--;
	return mcp_printf(call, "%.*s", (int)(len < MESSAGE_MAX ? len : MESSAGE_MAX), text);
}

/* The text between <tag> and </tag>, or NULL. */
static const char *
html_part(struct mcp_call *call, const char *body, const char *open, const char *close)
{
	const char *from = strcasestr(body, open);
	const char *to = from != NULL ? strcasestr(from, close) : NULL;

	if (to == NULL)
		return NULL;
	from += strlen(open);
	return one_line(call, from, (size_t)(to - from), true);
}

/* Reads an error of SCIM, RFC 7644 §3.12: status, scimType, detail (which may be the text
 * "null"). */
static void
parse_scim(struct mcp_call *call, struct json_object *body, const char *detail,
	   struct dbx_error *error)
{
	const char *type = mcp_get_str(call, body, "scimType", NULL);

	error->code = mcp_printf(call, "SCIM_%s", mcp_get_str(call, body, "status", "?"));
	if (strcmp(detail, "null") == 0)
		detail = "The identity service failed and gave no reason.";
	error->message = type != NULL ? mcp_printf(call, "%s: %s", type, detail) : detail;
}

/* Reads an error of model serving: external_model_message is a text, or the error object of the
 * external service. */
static const char *
external_message(struct mcp_call *call, struct json_object *body)
{
	struct json_object *said = mcp_get(body, "external_model_message");
	const char *text =
	    mcp_get_str(call, said, "error.message", mcp_get_str(call, said, "message", NULL));

	return text != NULL ? text : mcp_value_text(call, said);
}

/* The members in which services send their message, the most useful member first. */
static const char *
json_message(struct mcp_call *call, struct json_object *body, const char *code)
{
	const char *message = mcp_get_str(call, body, "message", NULL);
	const char *text =
	    mcp_get_str(call, body, "error.message", mcp_get_str(call, body, "error", NULL));
	const char *more = mcp_get_str(call, body, "error_description", NULL);

	/* The message of an external model is sent in addition to a general message that only
	 * reports a failure. */
	const char *model = external_message(call, body);

	if (text == NULL)
		text = mcp_get_str(call, body, "errorSummary", NULL);
	if (model[0] != '\0')
		return message != NULL && strstr(message, model) == NULL
			 ? mcp_printf(call, "%s\n%s", message, model)
			 : model;
	if (text != NULL && more != NULL)
		return mcp_printf(call, "%s: %s", text, more);
	/* API 1.2 has its message in "error", often in addition to a general "message". */
	if (text != NULL && (code[0] == '\0' || message == NULL))
		return text;
	return message != NULL ? message : "";
}

static void
parse_json(struct mcp_call *call, struct json_object *body, struct dbx_error *error)
{
	const char *detail = mcp_get_str(call, body, "detail", NULL);
	struct json_object *details = mcp_array(body, "details");

	error->code =
	    mcp_get_str(call, body, "error_code", mcp_get_str(call, body, "errorCode", ""));
	if (isdigit((unsigned char)error->code[0]))
		error->code = ""; /* skipped: the gateway sends the HTTP status in this member */
	error->message = json_message(call, body, error->code);
	if (error->message[0] == '\0' && detail != NULL)
		parse_scim(call, body, detail, error);
	for (size_t i = 0; details != NULL && i < json_object_array_length(details); i++) {
		struct json_object *item = json_object_array_get_idx(details, i);

		if (strstr(mcp_get_str(call, item, "@type", ""), "ErrorInfo") != NULL)
			error->reason = mcp_get_str(call, item, "reason", "");
	}
}

/* "ERROR_CODE: message" */
static bool
parse_coded(struct mcp_call *call, const struct mcp_text *body, struct dbx_error *error)
{
	size_t n = strspn(body->data, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");

	if (n < 3 || strncmp(body->data + n, ": ", 2) != 0)
		return false;
	error->code = mcp_printf(call, "%.*s", (int)n, body->data);
	error->message = trimmed(call, body->data + n + 2, body->len - n - 2);
	return true;
}

static void
parse_body(struct mcp_call *call, const struct mcp_reply *reply, struct dbx_error *error)
{
	const struct mcp_text *body = &reply->body;
	struct json_object *json = mcp_json(call, body->data, body->len);
	const char *part;

	if (json != NULL && json_object_is_type(json, json_type_object)) {
		parse_json(call, json, error);
		error->message = trimmed(call, error->message, strlen(error->message));
	} else if (body->len > 0 && parse_coded(call, body, error)) {
		return;
	} else if (body->len > 0 && strchr(body->data, '<') != NULL) {
		part = html_part(call, body->data, "<pre>", "</pre>");
		if (part == NULL)
			part = html_part(call, body->data, "<title>", "</title>");
		error->message = part != NULL ? part : one_line(call, body->data, body->len, true);
	} else {
		error->message = trimmed(call, body->data, body->len);
	}
}

/* Services that answer 400 where 404 would be right. */
static bool
means_not_found(const struct dbx_error *error)
{
	return error->http == 400 && strcmp(error->code, "INVALID_PARAMETER_VALUE") == 0 &&
	       (strstr(error->message, "does not exist") != NULL ||
		strstr(error->message, "doesn't exist") != NULL);
}

/* Is it an error about a route that the workspace does not have, without the usual code? */
static bool
means_no_route(const struct dbx_error *error)
{
	return error->http == 404 && (strncmp(error->message, "No API found for", 16) == 0 ||
				      strncmp(error->message, "No API available", 16) == 0);
}

/* An unknown token gets 403, although the workspace has not checked any permission. */
static bool
means_bad_token(const struct dbx_error *error)
{
	return error->http == 403 && strstr(error->message, "nvalid access token") != NULL;
}

bool
dbx_ok(struct mcp_call *call, const struct mcp_reply *reply, struct dbx_error *error)
{
	*error = (struct dbx_error){ .status = MCP_OK, .code = "", .message = "", .reason = "" };
	if (reply == NULL)
		return false;
	error->http = reply->status;
	if (reply->error != MCP_OK) {
		error->status = reply->error;
		error->message = reply->why;
		return false;
	}
	if (reply->status >= 200 && reply->status < 300)
		return true;
	parse_body(call, reply, error);
	error->status = classify(error->code, reply->status);
	if (means_not_found(error))
		error->status = MCP_E_NOT_FOUND;
	if (means_no_route(error))
		error->status = MCP_E_UNSUPPORTED;
	if (means_bad_token(error))
		error->status = MCP_E_UNAUTHENTICATED;
	return false;
}

/* clang-format off */
static const char *
next_step(struct mcp_call *call, const struct mcp_reply *reply, const struct dbx_error *error,
	  const struct mcp_words *words)
{
	switch (error->status) {
	case MCP_E_NOT_FOUND:
		return words->not_found != NULL ? words->not_found
						: "Check the name, then repeat the call.";
	case MCP_E_PERMISSION:
		return words->grant != NULL
		    ? mcp_printf(call, "Ask for %s. Until then do not repeat this call.",
				 words->grant)
		    : "Ask an administrator for access. Until then do not repeat this call.";
	case MCP_E_UNAUTHENTICATED:
		return "The host's credential is missing or was rejected: the operator must "
		    "renew it. Do not repeat this call.";
	case MCP_E_THROTTLED:
		return reply != NULL && reply->retry_after_ms > 0
		    ? mcp_printf(call, "Wait %lld s, then repeat the call.",
				 (long long)(reply->retry_after_ms + 999) / 1000)
		    : "Wait half a minute, then repeat the call.";
	case MCP_E_INPUT:
		return mcp_arg(call, "page_token") != NULL
		    ? "Use the page_token from the end line of the last answer, or none for "
		        "the first page."
		    : "Correct the arguments, then repeat the call.";
	case MCP_E_CONFLICT:
		return "Check its current state before you repeat the call.";
	case MCP_E_UNSUPPORTED:
		return strcmp(error->code, "METASTORE_DOES_NOT_EXIST") == 0
		    ? "This workspace has no Unity Catalog. Do not repeat this call."
		    : "Do not repeat this call; the workspace's administrator may enable it.";
	case MCP_E_TOO_LARGE:
		return "Request less data in one call.";
	default:
		return words->again != NULL
		    ? words->again
		    : "Repeat the call in a moment; get_server_info shows the workspace in use.";
	}
}
/* clang-format on */

static const char *
what_of(enum mcp_status status)
{
	switch (status) {
	case MCP_E_NOT_FOUND: return "does not exist";
	case MCP_E_PERMISSION: return "may not be used by this identity";
	case MCP_E_UNAUTHENTICATED: return "needs a valid credential";
	case MCP_E_THROTTLED: return "is rate-limited by the workspace";
	case MCP_E_CONFLICT: return "is in a state that does not allow this";
	case MCP_E_INPUT: return "was refused";
	case MCP_E_UNSUPPORTED: return "is not offered by this workspace";
	case MCP_E_TOO_LARGE: return "is too large";
	default: return "got no valid answer from the workspace";
	}
}

/* Was the page token rejected? */
static bool
blames_token(struct mcp_call *call, const struct dbx_error *error)
{
	return mcp_arg(call, "page_token") != NULL &&
	       (error->status == MCP_E_INPUT || error->status == MCP_E_NOT_FOUND) &&
	       (strcasestr(error->message, "page token") != NULL ||
		strcasestr(error->message, "page_token") != NULL ||
		strcasestr(error->message, "pageToken") != NULL);
}

/* Messages that only say that an object does not exist. */
static bool
is_stock(const char *word)
{
	static const char *const stock[] = {
		"a",	 "already",   "an",    "and",	"be",	  "can",  "cannot", "could",
		"does",	 "doesn't",   "error", "exist", "exists", "find", "for",    "found",
		"given", "in",	      "is",    "it",	"named",  "no",	  "not",    "of",
		"path",	 "specified", "the",   "there", "this",	  "was",  "with"
	};

	for (size_t i = 0; i < COUNT(stock); i++)
		if (strcasecmp(stock[i], word) == 0)
			return true;
	return false;
}

const char *
dbx_more(struct mcp_call *call, const char *what, const char *message)
{
	char *words = mcp_alloc(call, strlen(message) + 1), *rest = NULL;
	bool repeats = false;

	strcpy(words, message);
	for (char *word = strtok_r(words, " \t\r\n\"`(),;:!", &rest); word != NULL;
	     word = strtok_r(NULL, " \t\r\n\"`(),;:!", &rest)) {
		size_t n;

		while (*word == '\'')
			word++;
		n = strlen(word);
		while (n > 0 && (word[n - 1] == '.' || word[n - 1] == '\''))
			word[--n] = '\0';
		if (n == 0 || is_stock(word))
			continue;
		if (strcasestr(what, word) == NULL)
			return message;
		repeats = true;
	}
	return repeats || message[0] == '\0' ? NULL : message;
}

int
dbx_fail(struct mcp_call *call, const struct mcp_reply *reply, const struct dbx_error *error,
	 const struct mcp_words *words)
{
	static const struct mcp_words none = { 0 };
	const struct mcp_words *w = words != NULL ? words : &none;
	const char *object = blames_token(call, error) ? "page_token"
			   : w->object != NULL	       ? w->object
						       : "The request";
	const char *what = mcp_printf(call, "%s %s.", object, what_of(error->status));
	struct mcp_failure failure = {
		.size = sizeof(failure),
		.status = error->status,
		.what = what,
		.why = error->message[0] != '\0' ? dbx_more(call, what, error->message)
		     : error->http == 0
			 ? "No answer arrived."
			 : mcp_printf(call, "The workspace answered HTTP %d without a message.",
				      error->http),
		.next = next_step(call, reply, error, w),
		.code = error->code[0] != '\0' ? error->code : NULL,
		.http_status = error->http,
		.request_id = reply != NULL ? reply->request_id : NULL,
		.retry_after_ms = reply != NULL ? reply->retry_after_ms : -1,
		.missed = error->http == 0 || error->http == 429 || error->http >= 500,
	};

	mcp_failure(call, &failure);
	return error->status;
}

/* Describes a body that is not JSON of the wanted type. */
static const char *
body_fault(const struct mcp_reply *reply, bool is_json, const char *other)
{
	if (reply->body.len == 0)
		return "The answer is empty.";
	if (is_json || strcmp(reply->body.data, "null") == 0)
		return other;
	return strchr(reply->body.data, '<') != NULL
		 ? "The answer is a web page instead of JSON: a login page, or the page of a "
		   "wrong host."
		 : "The answer is not JSON.";
}

/* Checks a successful reply for the wanted type. `other` is the message for JSON of another
 * type. */
static struct json_object *
reply_of(struct mcp_call *call, size_t index, const struct mcp_words *words, enum json_type type,
	 const char *other)
{
	const struct mcp_reply *reply = mcp_reply(call, index);
	struct json_object *json;
	struct dbx_error error;

	if (!dbx_ok(call, reply, &error)) {
		if (error.status != MCP_OK)
			dbx_fail(call, reply, &error, words);
		return NULL;
	}
	if (reply->status == 204 && reply->body.len == 0 && type == json_type_object)
		return mcp_object(call, NULL);
	json = reply->body.len > 0 ? mcp_json(call, reply->body.data, reply->body.len) : NULL;
	if (json != NULL && json_object_is_type(json, type))
		return json;
	error.status = MCP_E_UPSTREAM;
	error.message = body_fault(reply, json != NULL, other);
	dbx_fail(call, reply, &error, words);
	return NULL;
}

struct json_object *
dbx_reply(struct mcp_call *call, size_t index, const struct mcp_words *words)
{
	return reply_of(call, index, words, json_type_object,
			"The answer is JSON, but not an object.");
}

bool
dbx_done(struct mcp_call *call, size_t index, const struct mcp_words *words)
{
	const struct mcp_reply *reply = mcp_reply(call, index);
	struct dbx_error error;

	return (reply != NULL && reply->body.len == 0 && dbx_ok(call, reply, &error)) ||
	       dbx_reply(call, index, words) != NULL;
}

struct json_object *
dbx_reply_array(struct mcp_call *call, size_t index, const struct mcp_words *words)
{
	return reply_of(call, index, words, json_type_array,
			"The answer is JSON, but not an array.");
}
