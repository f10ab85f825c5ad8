/* SPDX-License-Identifier: Apache-2.0 */
/* Calls every row of the plugin with replies of wrong types. */
#include <lakehost/fakehost.h>

#include "databricks.h"
#include "test_wrong.h"

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
	wrong_calls(&mcp_plugin, routes, COUNT(routes), calls, COUNT(calls), 200);
}

static const struct test tests[] = {
	TEST(wrong_types_are_reported),
};
SUITE(tests)
