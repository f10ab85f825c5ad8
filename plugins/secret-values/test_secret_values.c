/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the plugin secret-values on the fake host: who may read which scope, and how a value is
 * shown. */
#include <lakehost/fakehost.h>

#include "suite.h"
#include "texts.h"

#define GET "GET /api/2.0/secrets/get?scope=app&key="
#define APP "{\"scopes\":[\"other\",\"app\"]}"

static const struct fakehost_result *
get(struct fakehost *host, const char *scope, const char *key)
{
	char arguments[256];

	snprintf(arguments, sizeof(arguments), "{\"scope_name\":\"%s\",\"key\":\"%s\"}", scope,
		 key);
	return fakehost_tool(host, "get_secret", arguments);
}

static void
only_listed_scopes_are_read(void)
{
	static const struct {
		const char *options, *scope;
		bool allowed;
	} cases[] = {
		{ "{}", "app", false },
		{ "{\"scopes\":[]}", "app", false },
		{ "{\"scopes\":\"app\"}", "app", false },
		{ "{\"scopes\":[null,5,{}]}", "app", false },
		{ "{\"scopes\":[\"ap\",\"apps\",\"APP\"]}", "app", false },
		{ "{\"scopes\":[\"app\"]}", "app", true },
		{ APP, "app", true },
		{ "{\"scopes\":[\"*\"]}", "app", true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fakehost *host = fakehost_new_with(&mcp_plugin, cases[i].options);
		const struct fakehost_result *result;

		fakehost_reply(host, GET "k", 200, "{\"key\":\"k\",\"value\":\"eA==\"}");
		result = get(host, cases[i].scope, "k");
		ASSERT_INT(result->status, cases[i].allowed ? MCP_OK : MCP_E_PERMISSION);
		ASSERT_INT(fakehost_requests(host), cases[i].allowed);
		if (!cases[i].allowed)
			has(result->next, "option \"scopes\" of the plugin secret-values");
		fakehost_free(host);
	}
}

static void
a_text_is_decoded_and_shown(void)
{
	struct fakehost *host = fakehost_new_with(&mcp_plugin, APP);
	const struct fakehost_result *result;

	/* base64 of "correct horse\nbattery staple\n" */
	fakehost_reply(host, GET "pass", 200,
		       "{\"key\":\"pass\",\"value\":"
		       "\"Y29ycmVjdCBob3JzZQpiYXR0ZXJ5IHN0YXBsZQo=\"}");
	result = get(host, "app", "pass");
	CU_ASSERT(!result->failed);
	has(result->text, "Secret \"app/pass\", 29 bytes (in any other answer it is shown as ***)");
	has(result->text, "\ncorrect horse\nbattery staple\n");
	has(result->log, "warning: secret value read: scope \"app\", key \"pass\", by local");
	CU_ASSERT(strstr(result->log, "horse") == NULL);
	fakehost_free(host);
}

/* The base64 form of a value is as secret as the value. */
static void
the_base64_form_is_masked_too(void)
{
	struct fakehost *host = fakehost_new_with(&mcp_plugin, APP);

	fakehost_reply(host, GET "b64", 200, "{\"value\":\"czNjcjN0LXZhbHVl\"}");
	has(get(host, "app", "b64")->text, "\ns3cr3t-value");
	fakehost_reply(host, GET "echo", 500,
		       "{\"error_code\":\"INTERNAL_ERROR\","
		       "\"message\":\"czNjcjN0LXZhbHVl is s3cr3t-value\"}");
	ASSERT_STR(get(host, "app", "echo")->why, "*** is ***");
	fakehost_free(host);
}

static void
binary_values_are_base64(void)
{
	static const struct {
		const char *value, *bytes;
		bool text;
	} cases[] = {
		{ "AAEC/w==", "4 bytes that are not text", false }, /* 00 01 02 ff */
		{ "YWL/YWI=", "5 bytes that are not text", false }, /* a lone ff */
		{ "4oKs4oKs", "6 bytes (", true },		    /* two euro signs */
		{ "4oI=", "2 bytes that are not text", false },	    /* a cut euro sign */
		{ "wIBhYWE=", "5 bytes that are not text", false }, /* an overlong NUL */
		{ "7aCAYQ==", "4 bytes that are not text", false }, /* a surrogate */
		{ "9JCAgA==", "4 bytes that are not text", false }, /* beyond Unicode */
		{ "8J+YgA==", "4 bytes (", true },		    /* a character of four bytes */
		{ "4oIo", "3 bytes that are not text", false },	    /* "(" inside a character */
		{ "G1szMW0=", "5 bytes that are not text", false }, /* an escape sequence */
		{ "YQ0KCWI=", "5 bytes (", true },		    /* line end and tab */
		{ "", "0 bytes (", true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fakehost *host = fakehost_new_with(&mcp_plugin, APP);
		char body[128];
		const struct fakehost_result *result;

		snprintf(body, sizeof(body), "{\"value\":\"%s\"}", cases[i].value);
		fakehost_reply(host, GET "k", 200, body);
		result = get(host, "app", "k");
		has(result->text, cases[i].bytes);
		if (!cases[i].text)
			has(result->text, cases[i].value);
		fakehost_free(host);
	}
}

static void
failures_are_reported(void)
{
	struct fakehost *host = fakehost_new_with(&mcp_plugin, APP);
	char *large = malloc(300000);
	const struct fakehost_result *result;

	fakehost_reply(host, GET "gone", 404,
		       "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\","
		       "\"message\":\"Secret gone does not exist in scope app.\"}");
	result = get(host, "app", "gone");
	ASSERT_STR(result->what, "Secret \"app/gone\" does not exist.");
	ASSERT_STR(result->next, "Call list_secrets scope_name=app to see its keys.");
	fakehost_reply(host, GET "no", 403,
		       "{\"error_code\":\"PERMISSION_DENIED\","
		       "\"message\":\"no\"}");
	has(get(host, "app", "no")->next, "READ on the scope \"app\"");
	/* when the reply has no value, the answer contains no part of the reply */
	fakehost_reply(host, GET "none", 200, "{\"key\":\"none\",\"value\":{}}");
	ASSERT_INT(get(host, "app", "none")->status, MCP_E_UPSTREAM);
	fakehost_reply(host, GET "schl%C3%BCssel", 200, "{\"value\":\"Z3LDvG4=\"}");
	has(get(host, "app", "schl\xc3\xbcssel")->text, "gr\xc3\xbcn");
	fakehost_reply(host, GET "odd", 200, "{\"value\":\"no base64!\"}");
	ASSERT_STR(get(host, "app", "odd")->what, "The secret's value is not base64.");
	memset(large, 'A', 299999);
	memcpy(large, "{\"value\":\"", 10);
	strcpy(large + 270000, "\"}");
	fakehost_reply(host, GET "large", 200, large);
	ASSERT_INT(get(host, "app", "large")->status, MCP_E_TOO_LARGE);
	free(large);
	fakehost_free(host);
}

static const struct test tests[] = {
	TEST(only_listed_scopes_are_read),   TEST(a_text_is_decoded_and_shown),
	TEST(the_base64_form_is_masked_too), TEST(binary_values_are_base64),
	TEST(failures_are_reported),
};
SUITE(tests)
