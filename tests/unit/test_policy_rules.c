/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of the policy: whom they are for, what they hide, and which arguments they refuse. */
#include "base/fence.h"
#include "base/json.h"
#include "base/mem.h"
#include "config/text.h"
#include "config_rig.h"
#include "policy/policy.h"
#include "policy/times.h"
#include "registry_helper.h"
#include "suite.h"

#define STRING(name) "\"" name "\":{\"type\":\"string\"}"
#define NUMBER(name) "\"" name "\":{\"type\":\"integer\"}"

/* clang-format off */
static const char manifest[] = "{\"tools\":["
	TOOL("list_jobs", INPUT "," READS ","
	    META("\"access\":\"read\",\"aliases\":[\"jobs-list\"]")) ","
	TOOL("run_job", PROPS(STRING("job_id") "," NUMBER("wait"), "") ","
	    META("\"access\":\"write\",\"scope\":{\"job\":\"job_id\"},"
		 "\"task\":{\"result\":\"run_result\"}")) ","
	TOOL("drop_job", PROPS(STRING("job_id"), "") ","
	    META("\"access\":\"admin\",\"scope\":{\"job\":\"job_id\"}")) ","
	TOOL("look", PROPS(STRING("c") "," STRING("s") "," STRING("t") "," NUMBER("row_limit"), "")
	    "," READS ","
	    META("\"access\":\"read\",\"resource\":\"x://{c}\",\"scope\":{\"catalog\":\"c\","
		 "\"schema\":\"s\",\"table\":\"t\"}")) ","
	TOOL("ask", PROPS(STRING("q") "," NUMBER("row_limit"), "\"q\"") ","
	    META("\"access\":\"by-sql\",\"scope\":{\"sql\":\"q\"}")) ","
	TOOL("open", PROPS(STRING("p") "," STRING("w"), "") "," READS ","
	    META("\"access\":\"read\",\"scope\":{\"path\":\"p\",\"warehouse\":\"w\"}")) "],"
	"\"prompts\":[{\"name\":\"explain\"}]}";
/* clang-format on */

static struct config *config;
static struct registry *registry;
static struct policy *policy;
static struct principal me;

static void
begin(const char *text)
{
	struct strings faults = { 0 };

	config = fine(text);
	registry = registry_of_one(manifest);
	ASSERT_STR(refusals, "");
	policy = policy_new(config, registry, &faults);
	for (size_t i = 0; i < faults.count; i++)
		printf("\n    unexpected: %s", faults.item[i]);
	CU_ASSERT_FATAL(policy != NULL);
	me = (struct principal){ .name = "ann", .access = ACCESS_ADMIN };
}

static void
end(void)
{
	policy_free(policy);
	registry_done(registry);
	config_free(config);
}

/* "allowed", or "rule@where" of a refusal. */
static const char *
at(const char *tool, const char *arguments, int64_t now_s)
{
	static char text[128];
	const struct row *row = registry_tool(registry, tool, row_view_of(ACCESS_ADMIN));
	struct json_object *tree = json_tokener_parse(arguments);
	struct policy_decision decision;

	CU_ASSERT_FATAL(row != NULL && tree != NULL);
	policy_decide_at(policy, &me, row, tree, now_s, &decision);
	json_object_put(tree);
	snprintf(text, sizeof(text), "%s%s%s", decision.verdict.rule,
		 decision.verdict.where != NULL ? "@" : "",
		 decision.verdict.where != NULL ? decision.verdict.where : "");
	return text;
}

static const char *
says(const char *tool, const char *arguments)
{
	return at(tool, arguments, 0);
}

static bool
sees(const char *tool)
{
	return registry_tool(registry, tool, &policy_class_of(policy, &me)->view) != NULL;
}

static void
narrowest_access(void)
{
	begin("policy = { access = \"admin\";\n plugins = { nought = \"write\"; };\n rules = (\n"
	      "{ principals = [ \"a*\" ]; access = \"read\"; },\n"
	      "{ principals = [ \"bob\" ]; plugins = { nought = \"none\"; }; }); };");
	ASSERT_STR(says("list_jobs", "{}"), "allowed");
	ASSERT_STR(says("run_job", "{}"), "access@t.conf:4");
	CU_ASSERT(sees("list_jobs") && !sees("run_job") && !sees("drop_job"));
	CU_ASSERT(registry_prompt(registry, "explain", &policy_class_of(policy, &me)->view) !=
		  NULL);
	ASSERT_STR(says("ask", "{\"q\":\"DROP TABLE a\"}"), "sql@t.conf:4");
	strcpy(me.name, "carl");
	ASSERT_STR(says("run_job", "{}"), "allowed");
	ASSERT_STR(says("drop_job", "{}"), "plugins@t.conf:2");
	me.access = ACCESS_READ; /* of the token: no rule decides */
	ASSERT_STR(says("run_job", "{}"), "access");
	strcpy(me.name, "bob");
	ASSERT_STR(says("list_jobs", "{}"), "plugins@t.conf:5");
	CU_ASSERT(registry_prompt(registry, "explain", &policy_class_of(policy, &me)->view) ==
		  NULL);
	end();
}

static void
allow_and_deny(void)
{
	struct json_object *arguments = NULL;

	begin("policy = { allow = [ \"jobs-list\", \"run_*\", \"look\", \"explain\" ];\n"
	      " rules = ( { groups = [ \"g\" ];"
	      " deny = [ \"jobs-*\", \"look\", \"no_such\" ]; } ); };");
	CU_ASSERT(sees("list_jobs") && sees("jobs-list") && sees("run_job") && sees("run_result"));
	ASSERT_STR(says("ask", "{\"q\":\"SELECT 1\"}"), "allow@t.conf:1");
	ASSERT_INT(policy_warnings(policy)->count, 1);
	ASSERT_STR(policy_warnings(policy)->item[0],
		   "t.conf:2: policy.rules[0].deny: \"no_such\" is not the name of a tool, prompt "
		   "or resource of an enabled plugin");
	CU_ASSERT(registry_resource(registry, "x://a", &policy_class_of(policy, &me)->view,
				    &arguments) != NULL);
	json_object_put(arguments);
	me.groups[0] = config->auth.groups.item[0];
	me.n_groups = 1;
	CU_ASSERT(!sees("list_jobs") && !sees("jobs-list") && sees("run_job"));
	ASSERT_STR(says("list_jobs", "{}"), "deny@t.conf:2");
	/* a denied tool cannot be read either */
	CU_ASSERT(registry_resource(registry, "x://a", &policy_class_of(policy, &me)->view,
				    &arguments) == NULL);
	end();
}

/* A task of a hidden tool cannot be polled. Its requests are compared with the lists of objects. */
static void
tasks(void)
{
	struct policy_decision decision;
	const struct row *row;

	begin("policy = { access = \"admin\"; jobs = [ \"12\" ];\n"
	      " rules = ( { groups = [ \"g\" ]; deny = [ \"run_*\" ]; } ); };");
	row = registry_tool(registry, "run_job", row_view_of(ACCESS_ADMIN));
	CU_ASSERT_FATAL(row != NULL);
	CU_ASSERT(policy_decide_task(policy, &me, row, NULL, &decision) && decision.allowed);
	CU_ASSERT(decision.verdict.fence != NULL &&
		  fence_limits(decision.verdict.fence, FENCE_JOB));
	ASSERT_STR(decision.verdict.rule, "task");
	me.groups[0] = config->auth.groups.item[0];
	me.n_groups = 1;
	CU_ASSERT(!policy_decide_task(policy, &me, row, NULL, &decision) && !decision.allowed);
	ASSERT_STR(decision.verdict.where, "t.conf:2");
	me.n_groups = 0;
	me.access = ACCESS_READ;
	CU_ASSERT(!policy_decide_task(policy, &me, row, NULL, &decision));
	end();
}

static void
objects(void)
{
	begin("policy = { access = \"admin\"; rules = (\n"
	      "{ catalogs = [ \"main\" ]; jobs = [ \"12\" ];\n"
	      " schemas = [ \"main.sales\" ]; paths = [ \"/Shared\" ]; },\n"
	      " { tools = [ \"drop_job\" ]; jobs = [ \"13\" ]; } ); };");
	ASSERT_STR(says("run_job", "{\"job_id\":\"12\"}"), "allowed");
	ASSERT_STR(says("run_job", "{\"job_id\":\"13\"}"), "jobs@t.conf:2");
	ASSERT_STR(says("run_job", "{\"job_id\":\"nightly\"}"), "allowed"); /* egress sees the id */
	ASSERT_STR(says("drop_job", "{\"job_id\":\"12\"}"), "jobs@t.conf:4"); /* both lists */
	ASSERT_STR(says("look", "{}"), "allowed");
	ASSERT_STR(says("look", "{\"c\":\"main\"}"), "allowed");
	ASSERT_STR(says("look", "{\"c\":\"other\"}"), "catalogs@t.conf:2");
	ASSERT_STR(says("look", "{\"s\":\"sales\"}"), "catalogs@t.conf:2"); /* of which catalog? */
	ASSERT_STR(says("look", "{\"c\":\"main\",\"s\":\"hr\"}"), "schemas@t.conf:3");
	ASSERT_STR(says("look", "{\"t\":\"`Main`.sales.x\"}"), "allowed");
	ASSERT_STR(says("look", "{\"c\":\"main\",\"t\":\"other.sales.x\"}"), "catalogs@t.conf:2");
	ASSERT_STR(says("look", "{\"c\":\"main\",\"t\":\"sales.x\"}"), "allowed");
	ASSERT_STR(says("look", "{\"s\":\"main.sales\",\"t\":\"x\"}"), "allowed");
	ASSERT_STR(says("look", "{\"t\":\"main.sales.x.y\"}"), "catalogs@t.conf:2");
	ASSERT_STR(says("ask", "{\"q\":\"SELECT * FROM main.sales.x\"}"), "allowed");
	ASSERT_STR(says("ask", "{\"q\":\"SELECT * FROM main.hr.x\"}"), "schemas@t.conf:3");
	ASSERT_STR(says("ask", "{\"q\":\"SELECT * FROM x\"}"), "catalogs@t.conf:2");
	ASSERT_STR(says("ask", "{\"q\":\"SELECT f(1)\"}"), "catalogs@t.conf:2");
	ASSERT_STR(says("ask", "{\"q\":\"SELECT main.sales.f(a) FROM main.sales.x\"}"), "allowed");
	ASSERT_STR(says("open", "{\"p\":\"Shared/x\",\"w\":\"Any name\"}"), "allowed");
	ASSERT_STR(says("open", "{\"p\":\"/Users/ann\"}"), "paths@t.conf:3");
	ASSERT_STR(says("open", "{\"p\":\"/Shared/../Users\"}"), "paths@t.conf:3");
	end();
}

static void
conditions(void)
{
	begin("policy = { conditions = [ \"row_limit <= 1000\", \"run_job.wait < 30\" ];\n"
	      " rules = ( { conditions = [ \"ask.q != *secret*\", \"job_id=1*\" ]; } ); };");
	ASSERT_STR(says("list_jobs", "{}"), "allowed");
	ASSERT_STR(says("look", "{\"row_limit\":1000}"), "allowed");
	ASSERT_STR(says("look", "{\"row_limit\":1001}"), "conditions@t.conf:1");
	ASSERT_STR(says("look", "{}"), "conditions@t.conf:1"); /* not given, and no default */
	ASSERT_STR(says("run_job", "{\"job_id\":\"12\",\"wait\":29}"), "allowed");
	ASSERT_STR(says("run_job", "{\"job_id\":\"12\",\"wait\":30}"), "conditions@t.conf:1");
	ASSERT_STR(says("run_job", "{\"job_id\":\"2\",\"wait\":1}"), "conditions@t.conf:2");
	ASSERT_STR(says("ask", "{\"q\":\"SELECT 1\",\"row_limit\":1}"), "allowed");
	ASSERT_STR(says("ask", "{\"q\":\"SELECT secret\",\"row_limit\":1}"), "conditions@t.conf:2");
	end();
}

static void
times(void)
{
	const int64_t monday = 1764547200; /* 2025-12-01 00:00 UTC */
	struct window window;

	begin("policy = { rules = ( { tools = [ \"run_*\" ];\n"
	      " times = [ \"Mon-Fri 08:00-18:00 UTC\", \"Sat 22:00-02:00 UTC\" ]; } ); };");
	ASSERT_STR(at("run_job", "{}", monday + 8 * 3600), "allowed");
	ASSERT_STR(at("run_job", "{}", monday + 8 * 3600 - 1), "times@t.conf:2");
	ASSERT_STR(at("run_job", "{}", monday + 18 * 3600), "times@t.conf:2");
	ASSERT_STR(at("run_job", "{}", monday + 5 * 86400 + 23 * 3600), "allowed");
	ASSERT_STR(at("run_job", "{}", monday + 6 * 86400 + 3600), "allowed"); /* Sunday, 1:00 */
	ASSERT_STR(at("run_job", "{}", monday + 6 * 86400 + 2 * 3600), "times@t.conf:2");
	ASSERT_STR(at("list_jobs", "{}", monday), "allowed");
	end();
	CU_ASSERT(window_parse("daily 00:00-24:00 UTC", &window) == NULL);
	CU_ASSERT(window_parse("Sat,Sun 08:00-09:30 local", &window) == NULL && window.local);
	ASSERT_INT(window.days, 1u << 6 | 1u);
	CU_ASSERT(window_parse("Fri-Mon 08:00-09:30 UTC", &window) == NULL);
	ASSERT_INT(window.days, 1u << 5 | 1u << 6 | 1u | 1u << 1);
	CU_ASSERT(window_parse("", &window) != NULL && window_parse("Mon", &window) != NULL);
	CU_ASSERT(window_parse("Mon 08:00-18:00", &window) != NULL);
	CU_ASSERT(window_parse("Mon 08:00-18:00 CET", &window) != NULL);
	CU_ASSERT(window_parse("Mox 08:00-18:00 UTC", &window) != NULL);
	CU_ASSERT(window_parse("Mon 08:00-08:00 UTC", &window) != NULL);
	CU_ASSERT(window_parse("Mon 08:00-24:01 UTC", &window) != NULL);
	CU_ASSERT(window_parse("Mon 08:60-24:00 UTC", &window) != NULL);
	CU_ASSERT(window_parse("Mon, 08:00-18:00 UTC", &window) != NULL);
}

/* The fault of a policy that does not compile. */
static void
faulty(const char *text, const char *expected)
{
	struct strings faults = { 0 };

	config = fine(text);
	registry = registry_of_one(manifest);
	CU_ASSERT(policy_new(config, registry, &faults) == NULL);
	ASSERT_INT(faults.count, 1);
	ASSERT_STR(faults.count > 0 ? faults.item[0] : "", expected);
	strings_fini(&faults);
	registry_done(registry);
	config_free(config);
}

static void
faults(void)
{
	faulty("policy = {\n allow = [ \"list_job\" ]; };",
	       "t.conf:2: policy.allow: \"list_job\" is not the name of a tool, prompt or resource "
	       "of an enabled plugin; did you mean \"list_jobs\"?");
	faulty(
	    "policy = { rules = (\n{ tools = [ \"x\" ]; access = \"read\"; }); };",
	    "t.conf:2: policy.rules[0].tools: \"x\" is not the name of a tool, prompt or resource "
	    "of an enabled plugin");
	faulty("policy = { conditions = [ \"rows < 1\" ]; };",
	       "t.conf:1: policy.conditions: \"rows < 1\": no tool has an argument \"rows\"");
	faulty("policy = { conditions = [ \"nothing.q = 1\" ]; };",
	       "t.conf:1: policy.conditions: \"nothing.q = 1\": no tool has the name \"nothing\"");
	faulty("policy = { conditions = [ \"look.q = 1\" ]; };",
	       "t.conf:1: policy.conditions: \"look.q = 1\": no tool of that name has an argument "
	       "\"q\"");
	faulty("policy = { times = [ \"never\" ]; };",
	       "t.conf:1: policy.times: \"never\" must be DAYS HH:MM-HH:MM ZONE, such as \"Mon-Fri "
	       "08:00-18:00 UTC\"; DAYS can be daily or Sat,Sun, and ZONE is UTC or local");
	wrong("policy = { catalogs = [ \"a.b\" ]; };",
	      "t.conf:1: policy.catalogs: \"a.b\" must be the name of a catalog, without a dot");
	wrong("policy = { schemas = [ \"a\" ]; };",
	      "t.conf:1: policy.schemas: \"a\" must be \"catalog.schema\"");
	wrong("policy = { jobs = [ \"nightly\" ]; };",
	      "t.conf:1: policy.jobs: \"nightly\" must be the id of a job, not its name: list_jobs "
	      "shows it");
	wrong("policy = { rules = ( {\nprincipals = [ \"a\" ]; } ); };",
	      "t.conf:1: policy.rules.access: is missing, and the rule has no other key that "
	      "limits something, so it would have no effect");
	wrong("policy = { rules = ( { denny = [ \"y\" ]; deny = [ \"x\" ]; } ); };",
	      "t.conf:1: policy.rules.denny: unknown key; did you mean \"deny\"?");
}

/* ---- workspaces ----------------------------------------------------------------------------- */

#define TWO                                                                                \
	"upstreams = { workspace = { host = \"https://a.example.com\"; token = \"t1\"; };" \
	" eu = { host = \"https://b.example.com\"; token = \"t2\"; }; };"                  \
	"auth = { inbound = \"header\"; trusted_proxies = [ \"unix\" ]; };"                \
	"workspaces = [ \"workspace\", \"eu\" ];"                                          \
	"principals = ( { name = \"eve\"; access = \"admin\"; workspace = \"eu\"; } );"

static const char two_workspaces[] =
    TWO "policy = { access = \"admin\"; rules = (\n"
	"{ workspaces = [ \"eu\" ]; access = \"read\"; },\n"
	"{ workspaces = [ \"eu\" ]; jobs = [ \"7\" ]; },\n"
	"{ workspaces = [ \"workspace\" ]; deny = [ \"look\" ]; } ); };";

static void
rules_of_a_workspace(void)
{
	struct policy_decision decision;
	const struct row *row;

	begin(two_workspaces);
	row = registry_tool(registry, "run_job", row_view_of(ACCESS_ADMIN));
	ASSERT_STR(at("run_job", "{\"job_id\":\"7\"}", 0), "allowed");
	/* ann may choose, so she sees what is allowed in one of the two */
	CU_ASSERT(sees("run_job") && sees("look") && sees("drop_job"));
	ASSERT_STR(at("look", "{\"c\":\"main\"}", 0), "deny@t.conf:4");
	CU_ASSERT(policy_decide_task(policy, &me, row, "workspace", &decision));
	CU_ASSERT(!policy_decide_task(policy, &me, row, "eu", &decision));
	strcpy(me.name, "eve");
	CU_ASSERT(!sees("run_job") && sees("look") && !sees("drop_job"));
	ASSERT_STR(at("run_job", "{\"job_id\":\"7\"}", 0), "access@t.conf:2");
	ASSERT_STR(at("look", "{\"c\":\"main\"}", 0), "allowed");
	end();
}

static const struct test tests[] = {
	TEST(narrowest_access), TEST(allow_and_deny), TEST(tasks),  TEST(objects),
	TEST(conditions),	TEST(times),	      TEST(faults), TEST(rules_of_a_workspace),
};
SUITE(tests)
