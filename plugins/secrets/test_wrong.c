/* SPDX-License-Identifier: Apache-2.0 */
/* Calls every row of the plugin with replies of wrong types. */
#include <lakehost/fakehost.h>

#include "databricks.h"
#include "test_wrong.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define CALL(name, tool, arguments)                                      \
	static const struct fakehost_result *name(struct fakehost *host) \
	{                                                                \
		return fakehost_tool(host, tool, arguments);             \
	}

static const struct wrong_route routes[] = {
	{ "GET /api/2.0/secrets/scopes/list", "{\"scopes\":[{\"name\":\"app\",\"backend_type\":"
					      "\"DATABRICKS\"}]}" },
	{ "GET /api/2.0/secrets/list?*", "{\"secrets\":[{\"key\":\"k\",\"last_updated_timestamp\":"
					 "1}]}" },
	{ "POST /api/2.0/secrets/put", "{}" },
	{ "POST /api/2.0/secrets/delete", "{}" },
};

CALL(scopes_listed, "list_secret_scopes", "{}")
CALL(secrets_listed, "list_secrets", "{\"scope_name\":\"app\"}")
CALL(secret_put, "put_secret", "{\"scope_name\":\"app\",\"key\":\"k\",\"secret_value\":\"v\"}")
CALL(secret_deleted, "delete_secret", "{\"scope_name\":\"app\",\"key\":\"k\"}")

static const struct fakehost_result *
scope_offered(struct fakehost *host)
{
	return fakehost_complete(host, "databricks://secret-scopes/{scope_name}/secrets scope_name",
				 "{\"value\":\"\"}");
}

static const wrong_call_fn calls[] = { scopes_listed, secrets_listed, secret_put, secret_deleted,
				       scope_offered };

static void
wrong_types_are_reported(void)
{
	size_t n = 0;

	for (size_t i = 0; i < COUNT(calls); i++)
		n += wrong_replies(&mcp_plugin, routes, COUNT(routes), calls[i]);
	CU_ASSERT(n > 200);
	printf("%zu ways ", n);
}

static const struct test tests[] = {
	TEST(wrong_types_are_reported),
};
SUITE(tests)
