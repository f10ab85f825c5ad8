/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the decision about a call: access, secrets in SQL, statements with read access. */
#include "base/json.h"
#include "base/mem.h"
#include "plugin/loader.h"
#include "policy/policy.h"
#include "registry_helper.h"
#include "suite.h"
#include "registry/provider.h"

#define SQL_TOOL(name, access)                          \
	TOOL(name, PROPS("\"q\":{\"type\":\"string\"}", \
			 "\"q\"") "," META("\"access\":\"" access "\",\"scope\":{\"sql\":\"q\"}"))

/* clang-format off */
static const char manifest[] = "{\"plugin\":{\"options\":{\"properties\":{\"scopes\":{\"type\":"
	"\"array\"}}}},\"tools\":["
	READ_TOOL("look") ","
	TOOL("change", INPUT "," META("\"access\":\"write\"")) ","
	SQL_TOOL("ask", "by-sql") "," SQL_TOOL("work", "write") ","
	TOOL("save", READS "," PROPS("\"to\":{\"type\":\"string\"}", "") ","
	    META("\"access\":\"read\",\"writes\":\"to\"")) ","
	TOOL("blind", INPUT "," META("\"access\":\"by-sql\"")) ","
	TOOL("show", READS "," PROPS("\"scope\":{\"type\":\"string\"}", "\"scope\"") ","
	    META("\"access\":\"admin\",\"scope\":{\"secret_scope\":\"scope\"},"
		 "\"reveals\":{\"secret_scope\":\"scopes\"}")) "]}";
/* clang-format on */

static struct config config;
static struct registry *registry;
static struct policy *policy;

static struct policy_decision
decide(const char *tool, enum access access, const char *arguments)
{
	const struct principal principal = { .name = "me", .access = access };
	const struct row *row = registry_tool(registry, tool, row_view_of(ACCESS_ADMIN));
	struct json_object *tree = json_tokener_parse(arguments);
	struct policy_decision decision;

	CU_ASSERT_FATAL(row != NULL);
	CU_ASSERT(policy_decide(policy, &principal, row, tree, &decision) == decision.allowed);
	CU_ASSERT(decision.allowed ||
		  (decision.what != NULL && decision.why[0] != '\0' && decision.next != NULL));
	json_object_put(tree);
	return decision;
}

static const char *
rule(const char *tool, enum access access, const char *arguments)
{
	return decide(tool, access, arguments).verdict.rule;
}

static void
begin(void)
{
	struct strings faults = { 0 };

	provider_number(0)->options = "{}";
	registry = registry_of_one(manifest);
	policy = policy_new(&config, registry, &faults);
	CU_ASSERT_FATAL(policy != NULL);
}

static void
end(void)
{
	registry_done(registry);
	policy_free(policy);
}

static void
by_access(void)
{
	begin();
	ASSERT_STR(rule("look", ACCESS_READ, "{}"), "allowed");
	ASSERT_STR(rule("look", ACCESS_NONE, "{}"), "access");
	ASSERT_STR(rule("change", ACCESS_READ, "{}"), "access");
	ASSERT_STR(rule("change", ACCESS_WRITE, "{}"), "allowed");
	ASSERT_STR(rule("show", ACCESS_WRITE, "{\"scope\":\"a\"}"), "access");
	CU_ASSERT(decide("show", ACCESS_ADMIN, "{\"scope\":\"a\"}").verdict.reveals);
	CU_ASSERT(!decide("look", ACCESS_ADMIN, "{}").verdict.reveals);
	end();
}

/* An argument with which a tool that reads writes. */
static void
by_argument(void)
{
	begin();
	ASSERT_STR(rule("save", ACCESS_READ, "{}"), "allowed");
	ASSERT_STR(rule("save", ACCESS_READ, "{\"to\":\"a\"}"), "access");
	ASSERT_STR(decide("save", ACCESS_READ, "{\"to\":\"a\"}").why, "with to it writes");
	ASSERT_STR(rule("save", ACCESS_WRITE, "{\"to\":\"a\"}"), "allowed");
	end();
}

static void
by_statement(void)
{
	begin();
	ASSERT_STR(rule("ask", ACCESS_READ, "{\"q\":\"SELECT 1\"}"), "allowed");
	ASSERT_STR(rule("ask", ACCESS_READ, "{\"q\":\"DROP TABLE t\"}"), "sql");
	ASSERT_STR(rule("ask", ACCESS_WRITE, "{\"q\":\"DROP TABLE t\"}"), "allowed");
	ASSERT_STR(rule("ask", ACCESS_READ, "{\"q\":7}"), "sql");
	ASSERT_STR(rule("ask", ACCESS_READ, "{}"), "sql");
	ASSERT_STR(rule("blind", ACCESS_READ, "{}"), "sql");
	ASSERT_STR(rule("blind", ACCESS_WRITE, "{}"), "allowed");
	ASSERT_STR(rule("work", ACCESS_WRITE, "{\"q\":\"DROP TABLE t\"}"), "allowed");
	ASSERT_STR(
	    decide("ask", ACCESS_READ, "{\"q\":\"SELECT ai_query(1)\"}").why,
	    "The statement calls ai_query(), which runs code or has access beyond the data of "
	    "the workspace");
	ASSERT_STR(decide("ask", ACCESS_READ, "{\"q\":\"GRANT a TO b\"}").why,
		   "The statement changes privileges");
	end();
}

static void
by_secret(void)
{
	static const char ask[] = "{\"q\":\"SELECT secret('app', 'k')\"}";
	static const char hidden[] = "{\"q\":\"EXECUTE IMMEDIATE a\"}";

	begin();
	ASSERT_STR(rule("ask", ACCESS_READ, ask), "secret");
	ASSERT_STR(rule("ask", ACCESS_ADMIN, ask), "secret");
	ASSERT_STR(rule("work", ACCESS_ADMIN, ask), "secret");
	provider_number(0)->options = "{\"scopes\":[\"other\",\"app\"]}";
	ASSERT_STR(rule("ask", ACCESS_ADMIN, ask), "allowed");
	ASSERT_STR(rule("ask", ACCESS_WRITE, ask), "secret"); /* this principal may not call the
							       * tool */
	ASSERT_STR(rule("ask", ACCESS_ADMIN, hidden), "secret");
	provider_number(0)->options = "{\"scopes\":[\"*\"]}";
	ASSERT_STR(rule("ask", ACCESS_ADMIN, ask), "allowed");
	ASSERT_STR(rule("ask", ACCESS_ADMIN, hidden), "allowed");
	provider_number(0)->options = "{\"scopes\":[1, null]}";
	ASSERT_STR(rule("ask", ACCESS_ADMIN, ask), "secret");
	end();
}

static void
by_function(void)
{
	char pattern[] = "main.*";
	char *items[] = { pattern };

	begin();
	ASSERT_STR(rule("ask", ACCESS_READ, "{\"q\":\"SELECT s.f(1)\"}"), "allowed");
	config.read_functions = (struct strings){ .item = items, .count = 1 };
	ASSERT_STR(rule("ask", ACCESS_READ, "{\"q\":\"SELECT s.f(1)\"}"), "sql");
	ASSERT_STR(rule("ask", ACCESS_READ, "{\"q\":\"SELECT main.s.f(1)\"}"), "allowed");
	ASSERT_STR(rule("ask", ACCESS_WRITE, "{\"q\":\"SELECT s.f(1)\"}"), "allowed");
	ASSERT_STR(decide("ask", ACCESS_READ, "{\"q\":\"SELECT s.f(1)\"}").why,
		   "The statement calls s.f(), which is not in policy.read_functions");
	config.read_functions = (struct strings){ 0 };
	end();
}

static const struct test tests[] = { TEST(by_access), TEST(by_argument), TEST(by_statement),
				     TEST(by_secret), TEST(by_function) };
SUITE(tests)
