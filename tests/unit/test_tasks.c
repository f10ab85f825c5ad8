/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the tools that the host publishes for an operation: its result, with and without a wait,
 * its cancel, and handles that are not valid. */
#include "suite.h"

#include "base/loop.h"
#include "config/config.h"
#include "era/task.h"
#include "era_plugin.h"
#include "era_rig.h"
#include "later.h"

#define HANDLE "result._meta.'lakehost/operation'.handle"

static struct sent *
call(const char *tool, const char *arguments)
{
	char params[4096];

	snprintf(params, sizeof(params), "\"name\":\"%s\",\"arguments\":{%s}", tool, arguments);
	return rig_wait(call_modern("tools/call", tool, params));
}

static struct sent *
call_with(const char *tool, const char *handle, const char *more)
{
	char arguments[2048];

	snprintf(arguments, sizeof(arguments), "\"handle\":\"%s\"%s", handle, more);
	return call(tool, arguments);
}

static void
keep(char *handle, size_t size, struct sent *sent)
{
	const char *text = text_at(sent->answer, HANDLE);

	CU_ASSERT_FATAL(text != NULL && strlen(text) < size);
	strcpy(handle, text);
}

static bool
says(const struct sent *sent, const char *part)
{
	return strstr(text_at(sent->answer, "result.content.0.text"), part) != NULL;
}

static bool
fails(const struct sent *sent, const char *part)
{
	return json_object_get_boolean(at(sent->answer, "result.isError")) && says(sent, part);
}

static void
from_start_to_result(void)
{
	char handle[1024];
	struct sent *sent;

	rig_start();
	rig_report = 2;
	sent = call("report", "\"wait_s\":0");
	keep(handle, sizeof(handle), sent);
	CU_ASSERT(says(
	    sent,
	    "The report was begun.\nThe operation is still running.\nNext: get_report handle="));
	CU_ASSERT(says(sent, handle) && says(sent, "To stop the operation: cancel_report"));
	ASSERT_STR(text_at(sent->answer, "result._meta.'lakehost/operation'.result"), "get_report");
	ASSERT_STR(text_at(sent->answer, "result._meta.'lakehost/operation'.cancel"),
		   "cancel_report");
	sent = call_with("get_report", handle, ",\"wait_s\":0");
	CU_ASSERT(says(sent, "2 to go.\nThe operation is still running.\nNext: get_report"));
	keep(handle, sizeof(handle), sent); /* another handle, which has another expiry */
	sent = call_with("get_report", handle, ",\"wait_s\":0");
	CU_ASSERT(says(sent, "1 to go."));
	sent = call_with("get_report", handle, ",\"wait_s\":0");
	ASSERT_STR(text_at(sent->answer, "result.content.0.text"), "The report is ready.");
	CU_ASSERT(at(sent->answer, HANDLE) == NULL);
	rig_report = 3; /* with a wait the operation is polled until it ends */
	sent = call_with("get_report", handle, "");
	ASSERT_STR(text_at(sent->answer, "result.content.0.text"), "The report is ready.");
	ASSERT_INT(rig_report, 0);
	rig_stop();
}

static void
cancelled(void)
{
	char handle[1024];
	struct sent *sent;

	rig_start();
	rig_report = 1000;
	keep(handle, sizeof(handle), call("report", "\"wait_s\":0"));
	sent = call_with("cancel_report", handle, "");
	ASSERT_STR(text_at(sent->answer, "result.content.0.text"), "report was asked to stop.");
	ASSERT_INT(rig_report, -1);
	CU_ASSERT(fails(call_with("get_report", handle, ""), "The report was cancelled"));
	rig_stop();
}

/* A caller that polls and leaves does not stop an operation that another call has begun. */
static void
leaving_stops_nothing(void)
{
	char handle[1024], params[2048];
	struct sent *sent;

	rig_start();
	rig_report = 1000;
	keep(handle, sizeof(handle), call("report", "\"wait_s\":0"));
	snprintf(params, sizeof(params),
		 "\"name\":\"get_report\",\"arguments\":{\"handle\":\"%s\"}", handle);
	sent = call_modern("tools/call", "get_report", params);
	rig_rounds(80);
	CU_ASSERT(rig_report > 0 && rig_report < 1000);
	rig_close(sent);
	rig_idle();
	CU_ASSERT(rig_report > 0);
	CU_ASSERT(says(call_with("get_report", handle, ",\"wait_s\":0"), "to go."));
	rig_stop();
}

static void
invalid_handles(void)
{
	static const char refusal[] = "The handle is not valid";
	char handle[1024], damaged[1024];
	size_t len;

	rig_start();
	rig_report = 2;
	keep(handle, sizeof(handle), call("report", "\"wait_s\":0"));
	len = strlen(handle);
	CU_ASSERT(fails(call_with("get_report", "", ""), refusal));
	CU_ASSERT(fails(call_with("get_report", "r", ""), refusal));
	for (size_t i = 0; i < len; i += 7) { /* changed anywhere */
		strcpy(damaged, handle);
		damaged[i] = damaged[i] == 'A' ? 'B' : 'A';
		CU_ASSERT(fails(call_with("get_report", damaged, ""), refusal));
		CU_ASSERT(fails(call_with("cancel_report", damaged, ""), refusal));
	}
	snprintf(damaged, sizeof(damaged), "%.*s", (int)len - 4, handle);
	CU_ASSERT(fails(call_with("get_report", damaged, ""), refusal));
	CU_ASSERT(fails(call_with("get_other", handle, ""), refusal)); /* of another tool */
	rig_principal = "mallory";
	CU_ASSERT(fails(call_with("get_report", handle, ""), refusal));
	CU_ASSERT(fails(call_with("cancel_report", handle, ""), refusal));
	rig_principal = "local";
	CU_ASSERT(fails(call("get_report", ""), "handle"));
	ASSERT_INT(rig_report, 2); /* the plugin saw no part of these calls */
	rig_restart();
	CU_ASSERT(says(call_with("get_report", handle, ",\"wait_s\":0"), "2 to go."));
	later_ms = (TASK_TTL_S - 60) * INT64_C(1000);
	CU_ASSERT(says(call_with("get_report", handle, ",\"wait_s\":0"), "1 to go."));
	later_ms = (TASK_TTL_S + 60) * INT64_C(1000);
	CU_ASSERT(fails(call_with("get_report", handle, ",\"wait_s\":0"), refusal));
	later_ms = 0;
	rig_stop();
}

/* ---- handles of several workspaces ---------------------------------------------------------- */

static char role_us[] = "workspace", role_eu[] = "eu", me[] = "local";
static char name_policy[] = "policy.rules[0]", place[] = "t.conf:4", get_report[] = "get_report";
static char *fixed, *ruled; /* the principal's workspace, and the one of the rule; or NULL */

/* Two workspaces, and a rule for one of them that denies the polls of reports. */
static void
two_workspaces(struct config *config)
{
	static char *roles[] = { role_us, role_eu }, *denied[] = { get_report };
	static struct config_upstream upstream[] = { { .role = role_us }, { .role = role_eu } };
	static struct config_principal principal;
	static struct config_rule rule;

	config->upstream = upstream;
	config->upstreams = 2;
	config->workspaces = (struct strings){ .item = roles, .count = 2 };
	principal.name = me;
	principal.workspace = fixed;
	config->auth.principal = &principal;
	config->auth.principals = 1;
	rule = (struct config_rule){ .name = name_policy,
				     .access = ACCESS_ADMIN,
				     .workspaces = { .item = &ruled, .count = 1 },
				     .where_workspaces = place,
				     .deny = { .item = denied, .count = 1 },
				     .where = { [RULE_DENY] = place } };
	config->rule = &rule;
	config->rules = ruled != NULL;
}

/* The default workspace is another one, so its rules must not decide about the poll. */
static void
rules_of_the_handle(void)
{
	char handle[1024];

	fixed = role_eu;
	ruled = NULL;
	rig_configure = two_workspaces;
	rig_start();
	rig_report = 1000;
	keep(handle, sizeof(handle), call("report", "\"wait_s\":0"));
	fixed = NULL;
	ruled = role_eu;
	rig_restart();
	CU_ASSERT(fails(call_with("get_report", handle, ",\"wait_s\":0"), "is denied"));
	ASSERT_INT(rig_report, 1000);
	ruled = role_us;
	rig_restart();
	CU_ASSERT(says(call_with("get_report", handle, ",\"wait_s\":0"), "to go."));
	ruled = NULL; /* and the principal may use only the other workspace now */
	fixed = role_us;
	rig_restart();
	CU_ASSERT(
	    fails(call_with("get_report", handle, ",\"wait_s\":0"), "The handle is not valid"));
	CU_ASSERT(fails(call_with("cancel_report", handle, ""), "The handle is not valid"));
	CU_ASSERT(rig_report > 0);
	rig_stop();
}

static void
listed(void)
{
	struct json_object *tools, *tool;
	bool result = false, cancel = false;

	rig_start();
	tools = at(call_modern("tools/list", NULL, "")->answer, "result.tools");
	for (size_t i = 0; i < json_object_array_length(tools); i++) {
		tool = json_object_array_get_idx(tools, i);
		if (strcmp(text_at(tool, "name"), "get_report") == 0) {
			result = json_object_get_boolean(at(tool, "annotations.readOnlyHint"));
			ASSERT_STR(text_at(tool, "title"), "Result of: Report");
			CU_ASSERT(at(tool, "inputSchema.properties.wait_s") != NULL);
			CU_ASSERT(at(tool, "inputSchema.properties.format") != NULL);
			ASSERT_STR(text_at(tool, "inputSchema.required.0"), "handle");
		}
		if (strcmp(text_at(tool, "name"), "cancel_report") == 0) {
			cancel = !json_object_get_boolean(at(tool, "annotations.readOnlyHint"));
			CU_ASSERT(at(tool, "inputSchema.properties.wait_s") == NULL);
		}
		CU_ASSERT(strcmp(text_at(tool, "name"), "cancel_other") != 0);
	}
	CU_ASSERT(result && cancel);
	rig_stop();
}

static const struct test tests[] = {
	TEST(from_start_to_result), TEST(cancelled),	       TEST(leaving_stops_nothing),
	TEST(invalid_handles),	    TEST(rules_of_the_handle), TEST(listed),
};
SUITE(tests)
