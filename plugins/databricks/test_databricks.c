/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the shared code: requests, every format of error, times, sizes, facts, unusual JSON. */
#include "databricks.h"
#include "test_plugin.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- a plugin that uses the shared code
 * ------------------------------------------------------- */

static int
reply_shown(struct mcp_call *call, const void *state, size_t len)
{
	struct json_object *reply =
	    dbx_reply(call, 0,
		      &(struct mcp_words){ .object = "Thing \"a\"",
					   .not_found = "Call list_things.",
					   .grant = "USE on the thing",
					   .again = mcp_arg(call, "again") });

	(void)state;
	(void)len;
	return reply == NULL ? MCP_E_UPSTREAM
			     : mcp_say(call, "%s", json_object_to_json_string(reply));
}

static int
reply(struct mcp_call *call)
{
	return mcp_fetch(call, "/api/thing{?id}", NULL, reply_shown, NULL, 0);
}

static int
change_sent(struct mcp_call *call, const void *state, size_t len)
{
	(void)state;
	(void)len;
	return dbx_done(call, 0, &(struct mcp_words){ .object = "Thing \"a\"" })
		 ? mcp_say(call, "done")
		 : MCP_E_UPSTREAM;
}

static int
change(struct mcp_call *call)
{
	return mcp_send(call, "POST", "/api/thing/done", NULL, NULL, MCP_RETRY_NEVER, change_sent,
			NULL, 0);
}

/* Writes the fields that were read from an error, in one line. */
static int
error_shown(struct mcp_call *call, const void *state, size_t len)
{
	struct dbx_error error;
	bool ok = dbx_ok(call, mcp_reply(call, 0), &error);

	(void)state;
	(void)len;
	return mcp_say(call, "%d|%d|%s|%s|%s", ok, (int)error.status, error.code, error.message,
		       error.reason);
}

static int
error(struct mcp_call *call)
{
	return mcp_fetch(call, "/api/thing", mcp_object(call, NULL), error_shown, NULL, 0);
}

static int
sent(struct mcp_call *call, const void *state, size_t len)
{
	(void)len;
	return mcp_say(call, "sent %s", (const char *)state);
}

static int
send_it(struct mcp_call *call)
{
	const char *token = mcp_idempotency_token(call, "token");

	return mcp_send(call, "POST", "/api/thing/{id}{?force}", NULL,
			mcp_arg_bool(call, "empty", false)
			    ? NULL
			    : mcp_object(call, "token", token, "none", NULL, NULL),
			MCP_RETRY_TOKEN, sent, token, strlen(token) + 1);
}

static int
show(struct mcp_call *call)
{
	struct json_object *value = mcp_get(mcp_args(call), "v");
	const char *how = mcp_arg(call, "how");

	return mcp_say(call, "[%s]",
		       strcmp(how, "time") == 0	      ? mcp_show_time(call, value)
		       : strcmp(how, "duration") == 0 ? mcp_show_duration(call, value)
		       : strcmp(how, "bytes") == 0    ? mcp_show_bytes(call, value)
						      : mcp_show_yes(call, value));
}

static int
facts(struct mcp_call *call)
{
	static const struct mcp_fact parts[] = {
		{ .key = "part", .path = "part", .show = mcp_show_id },
		{ .key = "never", .path = "never" },
		{ .key = "size", .path = "size", .detail = MCP_FULL },
	};
	static const struct mcp_fact list[] = {
		{ .key = "name", .path = "name" },
		{ .key = "comment", .path = "comment" },
		{ .key = "empty", .path = "empty" },
		{ .key = "count", .label = "how many", .path = "deep.count" },
		{ .key = "at", .path = "at", .show = mcp_show_time },
		{ .key = "tags", .path = "tags" },
		{ .key = "conf", .path = "conf", .detail = MCP_FULL },
		{ .key = "parts", .path = "parts", MCP_FACT_COLUMNS(parts) },
	};

	return mcp_answer(call, mcp_arg_json(call, "item"), list, COUNT(list),
			  mcp_arg_bool(call, "link", false)
			      ? mcp_url(call, "/x/%s/y", "a b/\"%\xc3\xa9@")
			      : mcp_arg(call, "url"));
}

static int
table(struct mcp_call *call)
{
	static const struct mcp_list_column columns[] = {
		{ .name = "name", .path = "name" },
		{ .name = "age", .path = "age", .show = mcp_show_duration }
	};

	return mcp_page_table(call, mcp_arg_json(call, "items"), columns, COUNT(columns),
			      &(struct mcp_page){ .noun = "things", .total = -1 });
}

static int
arrays(struct mcp_call *call)
{
	struct json_object *args = mcp_args(call);
	struct json_object *array = mcp_array(args, "v.list");

	return mcp_say(call, "%d %zu", array != NULL,
		       json_object_array_length(mcp_objects(call, args, "v.list")));
}

static const struct mcp_row rows[] = {
	{ .name = "reply", .handler = reply },	 { .name = "error", .handler = error },
	{ .name = "send", .handler = send_it },	 { .name = "show", .handler = show },
	{ .name = "facts", .handler = facts },	 { .name = "table", .handler = table },
	{ .name = "arrays", .handler = arrays }, { .name = "change", .handler = change },
};

const struct mcp_plugin mcp_plugin = {
	MCP_PLUGIN_HEAD,
	.name = "databricks",
	.version = "0",
	.tools = MCP_ROWS(rows),
};

/* ---- errors ---------------------------------------------------------------------------------- */

/* Formats of errors: Databricks API, "Errors"; RFC 6749 §5.2; RFC 7644 §3.12. */
static const struct {
	int http;
	const char *body, *line; /* ok|status|code|message|reason */
} shapes[] = {
	{ 200, "{}", "1|0|||" },
	{ 500, "", "0|-7|||" },
	{ 400, "{\"error_code\":\"BAD_REQUEST\",\"message\":\"No.\"}",
	  "0|-1|BAD_REQUE"
	  "ST|No.|" },
	{ 404, "{\"error_code\":\"TABLE_DOES_NOT_EXIST\",\"message\":\"x\"}",
	  "0|-2|TABLE_DOES_NOT_EXIST|x|" },
	{ 401, "{\"error_code\":401,\"message\":\"Credential was not sent\"}",
	  "0|-4||Credential was not sent|" },
	{ 400, "{\"message\":\"only words\"}", "0|-1||only words|" },
	{ 403,
	  "{\"error_code\":\"PERMISSION_DENIED\",\"message\":\"m\",\"details\":[7,"
	  "{\"@type\":\"type.googleapis.com/google.rpc.RequestInfo\"},"
	  "{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\","
	  "\"reason\":\"R\"}]}",
	  "0|-3|PERMISSION_DENIED|m|R" },
	{ 403, "{\"error_code\":\"PERMISSION_DENIED\",\"message\":\"m\",\"details\":{}}",
	  "0|-3|PERMISSION_DENIED|m|" },
	{ 400, "{\"error\":\"invalid_grant\",\"error_description\":\"expired\"}",
	  "0|-1||invalid_grant: expired|" },
	{ 500, "{\"error\":\"RuntimeException: boom\",\"message\":\"vague\"}",
	  "0|-7||RuntimeException: boom|" },
	{ 400, "{\"error\":{\"message\":\"model says no\"}}", "0|-1||model says no|" },
	{ 401, "{\"errorCode\":\"E0001\",\"errorSummary\":\"Token expired\"}",
	  "0|-4|E0001|Token expired|" },
	{ 409,
	  "{\"schemas\":[],\"status\":\"409\",\"scimType\":\"uniqueness\","
	  "\"detail\":\"taken\"}",
	  "0|-5|SCIM_409|uniqueness: taken|" },
	{ 500, "{\"status\":500,\"detail\":\"null\"}",
	  "0|-7|SCIM_500|The identity service failed and gave no reason.|" },
	{ 404, "RESOURCE_DOES_NOT_EXIST: no such account",
	  "0|-2|RESOURCE_DOES_NOT_EXIST|no such account|" },
	{ 502, "<html><head><title>502 Bad\nGateway</title></head><body>x</body></html>",
	  "0|-7||502 Bad Gateway|" },
	{ 400, "<h2>HTTP</h2><pre>  Bad <b>Argument</b> </pre>", "0|-1||Bad Argument|" },
	{ 400, "<p>only <i>text</i></p>", "0|-1||only text|" },
	{ 418, "no idea\tat all", "0|-11||no idea at all|" },
	{ 418, "[1,2]", "0|-11||[1,2]|" },
	{ 400,
	  "{\"error_code\":\"INVALID_PARAMETER_VALUE\",\"message\":\"Cluster x "
	  "does not "
	  "exist\"}",
	  "0|-2|INVALID_PARAMETER_VALUE|Cluster x does not exist|" },
	{ 400,
	  "{\"error_code\":\"INVALID_PARAMETER_VALUE\",\"message\":\"Job x doesn't "
	  "exist\"}",
	  "0|-2|INVALID_PARAMETER_VALUE|Job x doesn't exist|" },
	{ 400, "{\"error_code\":\"INVALID_PARAMETER_VALUE\",\"message\":\"too big\"}",
	  "0|-1|INVALID_PARAMETER_VALUE|too big|" },
	{ 403, "{\"message\":\"Invalid access token.\"}", "0|-4||Invalid access token.|" },
	{ 500, "{\"error_code\":\"REQUEST_LIMIT_EXCEEDED\",\"message\":\"slow\"}",
	  "0|-6|REQUEST_LIMIT_EXCEEDED|slow|" },
	{ 404, "{\"error_code\":\"FEATURE_DISABLED\",\"message\":\"off\"}",
	  "0|-12|FEATURE_DISABLED|off|" },
	{ 404, "{\"error_code\":\"METASTORE_DOES_NOT_EXIST\",\"message\":\"none\"}",
	  "0|-12|METASTORE_DOES_NOT_EXIST|none|" },
	{ 404, "{\"error_code\":\"ENDPOINT_NOT_FOUND\",\"message\":\"No API found\"}",
	  "0|-12|ENDPOINT_NOT_FOUND|No API found|" },
	{ 404, "{\"message\":\"No API found for 'GET /x'\"}", "0|-12||No API found for 'GET /x'|" },
	{ 400,
	  "{\"error_code\":\"BAD_REQUEST\",\"message\":\"failed\","
	  "\"external_model_message\":{\"message\":\"no quota\"}}",
	  "0|-1|BAD_REQUEST|failed no quota|" },
	{ 400, "{\"external_model_message\":\"no quota\"}", "0|-1||no quota|" },
	{ 400, "{\"error_code\":[],\"message\":{},\"details\":[[]],\"error\":7}", "0|-1||7|" },
	{ 413, "", "0|-10|||" },
	{ 409, "", "0|-5|||" },
	{ 501, "", "0|-12|||" },
	{ 503, "", "0|-7|||" },
	{ 504, "", "0|-8|||" },
	{ 429, "", "0|-6|||" },
};

static void
reads_every_shape_of_error(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	for (size_t i = 0; i < COUNT(shapes); i++) {
		fakehost_reset(host);
		fakehost_reply(host, "GET /api/thing", shapes[i].http, shapes[i].body);
		ASSERT_TEXT(fakehost_tool(host, "error", "{}"), shapes[i].line);
	}
	fakehost_free(host);
}

static void
cuts_long_messages_at_a_character(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;
	char body[2000] = "<p>";

	for (size_t i = 0; i < 400; i++)
		strcat(body, "\xC3\xA4"); /* ä: 800 bytes */
	fakehost_reply(host, "GET /api/thing", 400, body);
	result = fakehost_tool(host, "error", "{}");
	/* the cut is after a whole character, and an ellipsis follows */
	ASSERT_HAS(result->text, "\xC3\xA4\xE2\x80\xA6|");
	CU_ASSERT(strlen(result->text) < 520);
	fakehost_reset(host);
	memcpy(body, "a b", 3); /* this text is not a web page, so only the host limits it */
	fakehost_reply(host, "GET /api/thing", 400, body);
	result = fakehost_tool(host, "error", "{}");
	ASSERT_HAS(result->text, "|a b\xC3\xA4");
	CU_ASSERT(strlen(result->text) > 800);
	fakehost_free(host);
}

static void
fails_in_three_lines(void)
{
	static const struct {
		int http;
		const char *body;
		enum mcp_status status;
		const char *what, *why, *next;
	} cases[] = {
		{ 404, "", MCP_E_NOT_FOUND, "Thing \"a\" does not exist.", "HTTP 404 without",
		  "Call list_things." },
		{ 404, "{\"message\":\"The thing 'A' cannot be found.\"}", MCP_E_NOT_FOUND,
		  "Thing \"a\" does not exist.", "", "Call list_things." },
		{ 404, "{\"message\":\"Thing 'a' was deleted.\"}", MCP_E_NOT_FOUND,
		  "Thing \"a\" does not exist.", "was deleted", "Call list_things." },
		{ 403, "{\"message\":\"no\"}", MCP_E_PERMISSION, "may not be used", "no",
		  "Ask for USE on the thing" },
		{ 401, "", MCP_E_UNAUTHENTICATED, "valid credential", "401",
		  "operator must "
		  "renew" },
		{ 409, "{\"message\":\"busy\"}", MCP_E_CONFLICT,
		  "in a "
		  "state",
		  "busy", "current state" },
		{ 400, "{\"message\":\"bad\"}", MCP_E_INPUT, "was refused", "bad", "Correct the" },
		{ 501, "", MCP_E_UNSUPPORTED, "not offered", "501", "Do not repeat" },
		{ 413, "", MCP_E_TOO_LARGE, "too large", "413", "less data in one call" },
		{ 503, "", MCP_E_UNAVAILABLE, "no valid answer", "503", "in a moment" },
		{ 200, "{\"a\":1", MCP_E_UPSTREAM, "no valid answer", "not JSON", "in a moment" },
		{ 200, "<html>Sign in</html>", MCP_E_UPSTREAM, "no valid answer", "login page",
		  "get_server_info" },
	};
	struct fakehost *host = fakehost_new(&mcp_plugin);

	for (size_t i = 0; i < COUNT(cases); i++) {
		fakehost_reset(host);
		fakehost_reply(host, "GET /api/thing", cases[i].http, cases[i].body);
		ASSERT_FAILED(fakehost_tool(host, "reply", "{}"), cases[i].status, cases[i].what,
			      cases[i].why, cases[i].next);
		/* A message that only repeats the line above is left out. */
		if (cases[i].why[0] == '\0')
			ASSERT_LACKS(fakehost_tool(host, "reply", "{}")->why, "thing");
	}
	fakehost_reset(host);
	fakehost_reply(host, "GET /api/thing?id=7", 204, "");
	ASSERT_TEXT(fakehost_tool(host, "reply", "{\"id\":7}"), "{ }");
	/* An empty reply to a read is not an empty list. The reply to a change may be empty. */
	fakehost_reply(host, "GET /api/thing", 200, "");
	ASSERT_FAILED(fakehost_tool(host, "reply", "{}"), MCP_E_UPSTREAM, "no valid answer",
		      "The answer is empty.", "");
	fakehost_reply(host, "POST /api/thing/done", 200, "");
	ASSERT_TEXT(fakehost_tool(host, "change", "{}"), "done");
	fakehost_reply(host, "POST /api/thing/done", 200, "<html>");
	ASSERT_FAILED(fakehost_tool(host, "change", "{}"), MCP_E_UPSTREAM, "", "login page", "");
	fakehost_reply(host, "GET /api/thing", 503, "");
	ASSERT_HAS(fakehost_tool(host, "reply", "{\"again\":\"Look first.\"}")->next, "Look "
										      "first.");
	fakehost_free(host);
}

static void
says_when_to_retry(void)
{
	struct mcp_reply reply = { .size = sizeof(reply),
				   .status = 429,
				   .why = "",
				   .body = { "", 0 },
				   .request_id = "r-1",
				   .retry_after_ms = 2500 };
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply_with(host, "GET /api/thing", &reply);
	result = fakehost_tool(host, "reply", "{}");
	ASSERT_FAILED(result, MCP_E_THROTTLED, "rate-limited", "429", "Wait 3 s");
	ASSERT_INT(result->retry_after_ms, 2500);
	fakehost_reset(host);
	fakehost_reply(host, "GET /api/thing", 429, "");
	ASSERT_HAS(fakehost_tool(host, "reply", "{}")->next, "half a minute");
	fakehost_reset(host);
	fakehost_no_reply(host, "GET /api/thing", MCP_E_TIMEOUT, "");
	ASSERT_FAILED(fakehost_tool(host, "reply", "{}"), MCP_E_TIMEOUT, "", "No answer arrived.",
		      "in a moment");
	fakehost_reset(host);
	fakehost_no_reply(host, "GET /api/thing", MCP_E_UNAVAILABLE, "connection refused");
	ASSERT_FAILED(fakehost_tool(host, "reply", "{}"), MCP_E_UNAVAILABLE, "",
		      "connection refused", "in a moment");
	fakehost_free(host);
}

/* ---- requests -------------------------------------------------------------------------------- */

static void
sends_json_and_tokens(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, "POST /api/thing/a%2Fb?force=true", 200, "{}");
	ASSERT_TEXT(fakehost_tool(host, "send",
				  "{\"id\":\"a/b\",\"force\":true,"
				  "\"token\":\"mine\"}"),
		    "sent mine");
	ASSERT_STR(fakehost_request(host, 0)->body, "{\"token\":\"mine\"}");
	ASSERT_INT(fakehost_request(host, 0)->retry, MCP_RETRY_TOKEN);
	fakehost_reply(host, "POST /api/thing/b", 200, "{}");
	ASSERT_INT(strlen(fakehost_tool(host, "send", "{\"id\":\"b\"}")->text), strlen("sent"
										       " ") +
										    32);
	fakehost_tool(host, "send", "{\"id\":\"b\",\"empty\":true}");
	ASSERT_STR(fakehost_request(host, 0)->body, "{}");
	ASSERT_INT(fakehost_tool(host, "send", "{\"id\":\"..\"}")->status, MCP_E_INPUT);
	ASSERT_INT(fakehost_requests(host), 0);
	fakehost_free(host);
}

static void
accepts_any_json_as_array(void)
{
	static const struct {
		const char *arguments, *text;
	} cases[] = {
		{ "{\"v\":{\"list\":[{},7,[],{}]}}", "1 2" },
		{ "{\"v\":{\"list\":[]}}", "1 0" },
		{ "{\"v\":{\"list\":{}}}", "0 0" },
		{ "{\"v\":{\"list\":\"x\"}}", "0 0" },
		{ "{\"v\":7}", "0 0" },
		{ "{}", "0 0" },
	};
	struct fakehost *host = fakehost_new(&mcp_plugin);

	for (size_t i = 0; i < COUNT(cases); i++)
		ASSERT_TEXT(fakehost_tool(host, "arrays", cases[i].arguments), cases[i].text);
	fakehost_free(host);
}

/* ---- showing --------------------------------------------------------------------------------- */

static void
shows_times_and_sizes(void)
{
	static const struct {
		const char *arguments, *text;
	} cases[] = {
		{ "{\"how\":\"time\",\"v\":1795360202000}", "[2026-11-22T15:10:02Z]" },
		{ "{\"how\":\"time\",\"v\":0}", "[]" },
		{ "{\"how\":\"duration\",\"v\":999}", "[999 ms]" },
		{ "{\"how\":\"duration\",\"v\":59999}", "[59 s]" },
		{ "{\"how\":\"duration\",\"v\":200000}", "[3 min 20 s]" },
		{ "{\"how\":\"duration\",\"v\":7260000}", "[2 h 1 min]" },
		{ "{\"how\":\"duration\",\"v\":172800000}", "[2 d]" },
		{ "{\"how\":\"duration\",\"v\":-1}", "[]" },
		{ "{\"how\":\"bytes\",\"v\":999}", "[999 B]" },
		{ "{\"how\":\"bytes\",\"v\":1000}", "[1.0 kB]" },
		{ "{\"how\":\"bytes\",\"v\":999999}", "[1.0 MB]" },
		{ "{\"how\":\"bytes\",\"v\":5000000000000000000}", "[5000.0 PB]" },
		{ "{\"how\":\"yes\",\"v\":true}", "[yes]" },
		{ "{\"how\":\"yes\",\"v\":false}", "[]" },
		{ "{\"how\":\"age\",\"v\":0}", "[]" },
	};
	struct fakehost *host = fakehost_new(&mcp_plugin);

	for (size_t i = 0; i < COUNT(cases); i++)
		ASSERT_TEXT(fakehost_tool(host, "show", cases[i].arguments), cases[i].text);
	fakehost_free(host);
}

/* The text and the structured content have the same facts; numbers and booleans keep their type. */
static void
shows_facts_in_both_forms(void)
{
	static const struct {
		const char *arguments, *text, *structure;
	} cases[] = {
		{ "{\"item\":{\"name\":\"n\",\"empty\":\"\",\"deep\":{\"count\":7},\"at\":1000}}",
		  "name: n\nhow many: 7\nat: 1970-01-01T00:00:01Z",
		  "{\"name\":\"n\",\"count\":7,\"at\":\"1970-01-01T00:00:01Z\"}" },
		{ "{\"item\":{\"name\":null,\"comment\":true,\"deep\":[],\"tags\":[\"a\",2]}}",
		  "comment: true\ntags: a, 2", "{\"comment\":true,\"tags\":[\"a\",2]}" },
		{ "{\"item\":{\"tags\":{\"k\":\"v/w\",\"l\":1},\"conf\":{\"a\":{\"b\":[1]}}}}",
		  "tags: k=v/w, l=1", "{\"tags\":{\"k\":\"v/w\",\"l\":1}}" },
		{ "{\"detail\":\"full\",\"item\":{\"conf\":{\"a\":{\"b\":[\"/\"]}}}}",
		  "conf: {\"a\":{\"b\":[\"/\"]}}", "{\"conf\":{\"a\":{\"b\":[\"/\"]}}}" },
		{ "{\"item\":{\"parts\":[{\"part\":1,\"size\":3},{\"part\":\"x\"},{},7]}}",
		  "part\n1\nx\n-\n3 parts.", "{\"parts\":[{\"part\":\"1\"},{\"part\":\"x\"},{}]}" },
		{ "{\"detail\":\"full\",\"item\":{\"parts\":[{\"part\":1,\"size\":3}]}}",
		  "part\tsize\n1\t3\n1 part.", "{\"parts\":[{\"part\":\"1\",\"size\":3}]}" },
		{ "{\"item\":{\"parts\":[{}]}}", "{}", "{}" },
		{ "{\"item\":{\"parts\":\"x\"}}", "{}", "{}" },
		{ "{\"item\":7}", "{}", "{}" },
		{ "{\"link\":true}", "url: https://workspace.example.com/x/a%20b/%22%25%C3%A9@/y",
		  "{\"url\":\"https://workspace.example.com/x/a%20b/%22%25%C3%A9@/y\"}" },
		{ "{\"url\":\"https://h/a b?c=\\\"\\n%20\"}", "url: https://h/a%20b?c=%22%0A%20",
		  "{\"url\":\"https://h/a%20b?c=%22%0A%20\"}" },
		{ "{\"url\":\"javascript:x\"}", "{}", "{}" },
	};
	struct fakehost *host = fakehost_new(&mcp_plugin);

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct fakehost_result *result =
		    fakehost_tool(host, "facts", cases[i].arguments);

		ASSERT_TEXT(result, cases[i].text);
		ASSERT_STR(result->structured, cases[i].structure);
	}
	fakehost_free(host);
}

/* For every reply the structured content is JSON that the host accepts. */
static void
keeps_facts_in_bounds(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;
	char *text = malloc(600000), *at = text;

	at += sprintf(at, "{\"detail\":\"full\",\"item\":{\"name\":\"");
	memset(at, 'n', 9000);
	at += 9000;
	at += sprintf(at, "\",\"conf\":");
	for (int i = 0; i < 30; i++)
		at += sprintf(at, "[");
	for (int i = 0; i < 30; i++)
		at += sprintf(at, "]");
	at += sprintf(at, ",\"tags\":[1");
	for (int i = 0; i < 150000; i++)
		at += sprintf(at, ",1");
	strcpy(at, "]}}");
	result = fakehost_tool(host, "facts", text);
	CU_ASSERT(!result->failed);
	ASSERT_HAS(result->text, "(the first 8000 of 9000 bytes)");
	ASSERT_HAS(result->structured, "(the first 8000 of 9000 bytes)");
	ASSERT_HAS(result->structured, "\"[[[[[[[[[[[[[[]]]]]]]]]]]]]]\"");
	CU_ASSERT(strlen(result->structured) < 250000);
	free(text);
	fakehost_free(host);
}

static void
shows_a_dash_for_absent_values(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	ASSERT_TEXT(fakehost_tool(host, "table",
				  "{\"items\":[{\"name\":\"a\",\"age\":1},"
				  "{\"name\":\"\"},7]}"),
		    "name\tage\na\t1 ms\n-\t-\n-\t-\n3 things.");
	ASSERT_TEXT(fakehost_tool(host, "table", "{\"items\":{}}"), "name\tage\n0 things.");
	ASSERT_TEXT(fakehost_tool(host, "table", "{}"), "name\tage\n0 things.");
	fakehost_free(host);
}

/* A cut text is marked, and is cut between characters. */
static void
cuts_copies(void)
{
	char to[8];

	mcp_cut_copy(to, sizeof(to), "1234567");
	ASSERT_STR(to, "1234567");
	mcp_cut_copy(to, sizeof(to), "12345678");
	ASSERT_STR(to, "1234\xE2\x80\xA6");
	mcp_cut_copy(to, sizeof(to),
		     "123\xC3\xA4"
		     "5678");
	ASSERT_STR(to, "123\xE2\x80\xA6");
	mcp_cut_copy(to, sizeof(to), "");
	ASSERT_STR(to, "");
}

static const struct test tests[] = {
	TEST(cuts_copies),
	TEST(reads_every_shape_of_error),
	TEST(cuts_long_messages_at_a_character),
	TEST(fails_in_three_lines),
	TEST(says_when_to_retry),
	TEST(sends_json_and_tokens),
	TEST(accepts_any_json_as_array),
	TEST(shows_times_and_sizes),
	TEST(shows_facts_in_both_forms),
	TEST(keeps_facts_in_bounds),
	TEST(shows_a_dash_for_absent_values),
};
SUITE(tests)
