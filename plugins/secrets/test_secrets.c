/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the plugin secrets on the fake host: no value is ever shown, and the plugin never sees
 * the value of a reference. */
#include <lakehost/fakehost.h>

#include "suite.h"
#include "texts.h"

#define API "/api/2.0/secrets"
#define SCOPES                                                             \
	"{\"scopes\":[{\"name\":\"app\",\"backend_type\":\"DATABRICKS\"}," \
	"{\"name\":\"vault\",\"backend_type\":\"AZURE_KEYVAULT\"}]}"
#define NO_SCOPE \
	"{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\",\"message\":\"Scope ap does not exist!\"}"
#define NO_KEY                                         \
	"{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\"," \
	"\"message\":\"Secret does not exist with scope: app and key: dbpassword\"}"
#define FORBIDDEN "{\"error_code\":\"PERMISSION_DENIED\",\"message\":\"No WRITE permission\"}"

static void
scopes_are_listed(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET " API "/scopes/list", 200, SCOPES);
	result = fakehost_tool(host, "list_secret_scopes", "{}");
	ASSERT_STR(result->text, "scope_name\tbackend\napp\tDATABRICKS\nvault\tAZURE_KEYVAULT\n"
				 "2 scopes.");
	result = fakehost_tool(host, "list_secret_scopes", "{\"name_filter\":\"VAU\"}");
	ASSERT_STR(result->text, "scope_name\tbackend\nvault\tAZURE_KEYVAULT\n1 scope.");
	fakehost_reset(host);
	fakehost_reply(host, "GET " API "/scopes/list", 200, "{}");
	has(fakehost_tool(host, "list_secret_scopes", "{}")->text, "0 scopes.");
	fakehost_free(host);
}

static void
scope_failures_are_reported(void)
{
	static const struct {
		int status;
		const char *body, *next;
		enum mcp_status expected;
	} cases[] = {
		{ 403, FORBIDDEN, "Ask for READ on a secret scope", MCP_E_PERMISSION },
		{ 429, "{}", "Wait half a minute", MCP_E_THROTTLED },
		{ 200, "<html><title>Sign in</title></html>", "get_server_info", MCP_E_UPSTREAM },
		{ 200, "{\"scopes\":[{\"na", "get_server_info", MCP_E_UPSTREAM },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fakehost *host = fakehost_new(&mcp_plugin);
		const struct fakehost_result *result;

		fakehost_reply(host, "GET " API "/scopes/list", cases[i].status, cases[i].body);
		result = fakehost_tool(host, "list_secret_scopes", "{}");
		ASSERT_INT(result->status, cases[i].expected);
		has(result->next, cases[i].next);
		fakehost_free(host);
	}
}

static void
keys_are_listed_without_values(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET " API "/list?scope=app", 200,
		       "{\"secrets\":[{\"key\":\"db-password\","
		       "\"last_updated_timestamp\":1700000000000}]}");
	result = fakehost_tool(host, "list_secrets", "{\"scope_name\":\"app\"}");
	has(result->text, "db-password\t2023-11-14T22:13:20Z");
	has(result->text, "1 secret.");
	fakehost_reply(host, "GET " API "/list?scope=empty", 200, "{}");
	has(fakehost_tool(host, "list_secrets", "{\"scope_name\":\"empty\"}")->text, "0 secrets.");
	fakehost_reply(host, "GET " API "/list?scope=locked", 403, FORBIDDEN);
	result = fakehost_tool(host, "list_secrets", "{\"scope_name\":\"locked\"}");
	ASSERT_STR(result->what, "Secret scope \"locked\" may not be used by this identity.");
	has(result->next, "READ on the scope \"locked\"");
	fakehost_free(host);
}

static void
a_missing_scope_has_suggestions(void)
{
	static const char *const calls[][3] = {
		{ "list_secrets", "{\"scope_name\":\"ap\"}", "GET " API "/list?scope=ap" },
		{ "put_secret",
		  "{\"scope_name\":\"ap\",\"key\":\"k\","
		  "\"secret_value\":\"s0me-v4lue\"}",
		  "POST " API "/put" },
		{ "delete_secret", "{\"scope_name\":\"ap\",\"key\":\"k\"}", "POST " API "/delete" },
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		struct fakehost *host = fakehost_new(&mcp_plugin);
		const struct fakehost_result *result;

		fakehost_reply(host, calls[i][2], 404, NO_SCOPE);
		fakehost_reply(host, "GET " API "/scopes/list", 200, SCOPES);
		result = fakehost_tool(host, calls[i][0], calls[i][1]);
		ASSERT_INT(result->status, MCP_E_NOT_FOUND);
		ASSERT_STR(result->what, "There is no secret scope \"ap\".");
		has(result->next, "Did you mean: app?");
		fakehost_free(host);
	}
}

static void
a_missing_key_has_suggestions(void)
{
	static const char arguments[] = "{\"scope_name\":\"app\",\"key\":\"dbpassword\"}";
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "POST " API "/delete", 404, NO_KEY);
	fakehost_reply(host, "GET " API "/list?scope=app", 200,
		       "{\"secrets\":[{\"key\":\"db-password\"},{\"key\":\"token\"}]}");
	result = fakehost_tool(host, "delete_secret", arguments);
	ASSERT_INT(result->status, MCP_E_NOT_FOUND);
	ASSERT_STR(result->what, "There is no secret \"app/dbpassword\".");
	has(result->why, "does not exist with scope: app");
	ASSERT_STR(result->next, "Did you mean: db-password? list_secrets scope_name=app shows "
				 "all.");
	fakehost_reset(host);
	fakehost_reply(host, "POST " API "/delete", 404, NO_KEY);
	fakehost_reply(host, "GET " API "/list?scope=app", 403, FORBIDDEN);
	result = fakehost_tool(host, "delete_secret", arguments);
	ASSERT_STR(result->next, "Call list_secrets scope_name=app to see its keys.");
	fakehost_free(host);
}

static void
a_secret_is_deleted(void)
{
	static const char arguments[] = "{\"scope_name\":\"app\",\"key\":\"old\"}";
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, "POST " API "/delete", 200, "{}");
	ASSERT_STR(fakehost_tool(host, "delete_secret", arguments)->text,
		   "Secret \"app/old\" is deleted.");
	ASSERT_STR(fakehost_request(host, 0)->body, "{\"scope\":\"app\",\"key\":\"old\"}");
	fakehost_reset(host);
	fakehost_reply(host, "POST " API "/delete", 403, FORBIDDEN);
	has(fakehost_tool(host, "delete_secret", arguments)->next, "WRITE on the scope \"app\"");
	fakehost_free(host);
}

/* ---- put_secret ----------------------------------------------------------------------------- */

static void
a_literal_is_sent_and_masked(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "POST " API "/put", 200, "");
	result = fakehost_tool(host, "put_secret",
			       "{\"scope_name\":\"app\",\"key\":\"k\","
			       "\"secret_value\":\"a \\\"quoted\\\" pass\"}");
	ASSERT_STR(result->text, "Secret \"app/k\" is set.");
	ASSERT_STR(fakehost_request(host, 0)->body,
		   "{\"scope\":\"app\",\"key\":\"k\",\"string_value\":\"a \\\"quoted\\\" pass\"}");
	ASSERT_INT(fakehost_request(host, 0)->retry, MCP_RETRY_IDEMPOTENT);
	/* When an upstream sends a value back, it is not shown. */
	fakehost_reset(host);
	fakehost_reply(host, "POST " API "/put", 400,
		       "{\"error_code\":\"INVALID_PARAMETER_VALUE\","
		       "\"message\":\"bad value: a \\\"quoted\\\" pass\"}");
	result = fakehost_tool(host, "put_secret",
			       "{\"scope_name\":\"app\",\"key\":\"k\","
			       "\"secret_value\":\"a \\\"quoted\\\" pass\"}");
	ASSERT_STR(result->why, "bad value: ***");
	fakehost_free(host);
}

static void
a_reference_is_a_piece(void)
{
	static const char *const references[] = { "env:DB_PASSWORD", "file:/run/secrets/db" };

	for (size_t i = 0; i < 2; i++) {
		struct fakehost *host = fakehost_new(&mcp_plugin);
		char arguments[256], body[256];

		snprintf(arguments, sizeof(arguments),
			 "{\"scope_name\":\"a\\\"b\",\"key\":\"k\","
			 "\"secret_value\":\"%s\"}",
			 references[i]);
		snprintf(body, sizeof(body),
			 "{\"scope\":\"a\\\"b\",\"key\":\"k\",\"string_value\":"
			 "\"<secret %s>\"}",
			 references[i]);
		fakehost_reply(host, "POST " API "/put", 200, "{}");
		CU_ASSERT(!fakehost_tool(host, "put_secret", arguments)->failed);
		ASSERT_STR(fakehost_request(host, 0)->body, body);
		fakehost_free(host);
	}
}

static void
a_refused_reference_is_reported(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_no_reply(
	    host, "POST " API "/put", MCP_E_PERMISSION,
	    "the operator does not allow the secret reference \"env:HOME\" is not allowed");
	result = fakehost_tool(host, "put_secret",
			       "{\"scope_name\":\"app\",\"key\":\"k\","
			       "\"secret_value\":\"env:HOME\"}");
	ASSERT_INT(result->status, MCP_E_PERMISSION);
	ASSERT_STR(result->what, "Secret \"app/k\" was not set.");
	has(result->next, "Ask the operator to allow this reference");
	CU_ASSERT(strstr(result->text, "WRITE") == NULL);
	fakehost_free(host);
}

static void
misspelled_references_are_not_stored(void)
{
	static const char *const values[] = { "ENV:DB_PASSWORD", "File:/run/x", "${env:X}",
					      "$ENV:X" };

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct fakehost *host = fakehost_new(&mcp_plugin);
		char arguments[256];

		snprintf(arguments, sizeof(arguments),
			 "{\"scope_name\":\"app\",\"key\":\"k\","
			 "\"secret_value\":\"%s\"}",
			 values[i]);
		ASSERT_INT(fakehost_tool(host, "put_secret", arguments)->status, MCP_E_INPUT);
		ASSERT_INT(fakehost_requests(host), 0);
		fakehost_free(host);
	}
}

static void
a_value_has_a_limit(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	char *arguments = malloc(200000), *value;
	const struct fakehost_result *result;

	fakehost_reply(host, "POST " API "/put", 200, "{}");
	for (int over = 0; over < 2; over++) {
		value = arguments + sprintf(arguments, "{\"scope_name\":\"app\",\"key\":\"k\","
						       "\"secret_value\":\"");
		memset(value, 'x', 131072u + (unsigned)over);
		strcpy(value + 131072 + over, "\"}");
		result = fakehost_tool(host, "put_secret", arguments);
		ASSERT_INT(result->status, over ? MCP_E_TOO_LARGE : MCP_OK);
	}
	has(result->what, "131073 bytes");
	free(arguments);
	fakehost_free(host);
}

static void
scopes_are_completed(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, "GET " API "/scopes/list", 200, SCOPES);
	ASSERT_STR(fakehost_complete(host,
				     "databricks://secret-scopes/{scope_name}/secrets "
				     "scope_name",
				     "{\"value\":\"a\"}")
		       ->completion,
		   "[\"app\"]");
	fakehost_free(host);
}

/* Names with quotes, spaces and letters of other alphabets, and a key vault that has a name. */
static void
names_of_every_alphabet(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET " API "/scopes/list", 200,
		       "{\"scopes\":[{\"name\":"
		       "\"B\xc3\xbc"
		       "cher o'brien\",\"backend_type\":\"AZURE_KEYVAULT\","
		       "\"keyvault_metadata\":{\"dns_name\":\"https://v\xc3\xa4"
		       "ult/\"}}]}");
	ASSERT_STR(fakehost_tool(host, "list_secret_scopes", "{}")->text,
		   "scope_name\tbackend\tvault\nB\xc3\xbc"
		   "cher o'brien\tAZURE_KEYVAULT\t"
		   "https://v\xc3\xa4"
		   "ult/\n1 scope.");
	fakehost_reply(host, "GET " API "/list?scope=B%C3%BCcher%20o%27brien", 200,
		       "{\"secrets\":[{\"key\":\"schl\xc3\xbcssel\"}]}");
	has(fakehost_tool(host, "list_secrets",
			  "{\"scope_name\":\"B\xc3\xbc"
			  "cher "
			  "o'brien\"}")
		->text,
	    "schl\xc3\xbcssel");
	fakehost_reply(host, "POST " API "/put", 200, "{}");
	fakehost_tool(host, "put_secret",
		      "{\"scope_name\":\"B\xc3\xbc"
		      "cher o'brien\",\"key\":"
		      "\"k\","
		      "\"secret_value\":\"gr\xc3\xb6\xc3\x9f"
		      "e \\\"q\\\"\"}");
	ASSERT_STR(fakehost_request(host, 0)->body, "{\"scope\":\"B\xc3\xbc"
						    "cher o'brien\","
						    "\"key\":\"k\","
						    "\"string_value\":\"gr\xc3\xb6\xc3\x9f"
						    "e \\\"q\\\"\"}");
	fakehost_reply(host, "POST " API "/delete", 404, NO_KEY);
	result = fakehost_tool(host, "delete_secret",
			       "{\"scope_name\":\"B\xc3\xbc"
			       "cher o'brien\",\"key\":"
			       "\"schl\xc3\xbcsse\"}");
	has(result->next, "Did you mean: schl\xc3\xbcssel? list_secrets "
			  "scope_name=\"B\xc3\xbc"
			  "cher o'brien\"");
	fakehost_free(host);
}

static const struct test tests[] = {
	TEST(scopes_are_listed),
	TEST(scope_failures_are_reported),
	TEST(keys_are_listed_without_values),
	TEST(a_missing_scope_has_suggestions),
	TEST(a_missing_key_has_suggestions),
	TEST(a_secret_is_deleted),
	TEST(a_literal_is_sent_and_masked),
	TEST(a_reference_is_a_piece),
	TEST(a_refused_reference_is_reported),
	TEST(misspelled_references_are_not_stored),
	TEST(a_value_has_a_limit),
	TEST(scopes_are_completed),
	TEST(names_of_every_alphabet),
};
SUITE(tests)
