/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the loader: every refusal has its name and details, and no code of a refused plugin
 * runs. */
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lakehost/plugin.h>

#include "base/json.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/trust.h"
#include "call/inprocess.h"
#include "plugin/loader.h"
#include "plugin/plugin.h"
#include "worker/worker.h"
#include "plugin_files.h"
#include "suite.h"
#include "upstream/databricks/databricks.h"
#include "upstream/generic/generic.h"
#include "loader_rig.h"
#include "module/code.h"

/* ---- a valid plugin -------------------------------------------------------------------------- */

static void
loads_and_runs_a_good_one(void)
{
	struct rig rig;
	struct plugin_status status;
	const struct row *row;

	rig_init(&rig);
	plugin_copy(BUILT("good"), rig.folder, "good.so");
	rig_enable(&rig, "good")->options = (char *)(uintptr_t) "{\"limit\":7}";
	rig_load(&rig, false);
	status = expect(&rig, 0, PLUGIN_OK, "");
	ASSERT_STR(status.version, "1.0.0");
	ASSERT_STR(status.vendor, "Lakehost");
	CU_ASSERT(status.manifest != NULL && status.file != NULL);
	ASSERT_STR(getenv("LAKEHOST_TEST_LOADED"), "good");
	ASSERT_STR(getenv("LAKEHOST_TEST_OPTIONS"), "{\"limit\":7,\"table\":\"none\"}");
	row = registry_tool(plugins_registry(rig.plugins), "tool_one", row_view_of(ACCESS_READ));
	if (row == NULL)
		abort();
	ASSERT_STR(row->provider->name, "good");
	ASSERT_STR(row->provider->code(row->provider, row)->name, "tool_one");
	CU_ASSERT(row->provider->code(row->provider, &(struct row){ .index = 1 }) == NULL);
	CU_ASSERT(row->provider->runner == &inprocess_runner);
	ASSERT_INT(row->provider->permissions->count, 1);
	CU_ASSERT(!rig.critical);
	CU_ASSERT(getenv("LAKEHOST_TEST_STOPPED") == NULL);
	rig_fini(&rig);
	ASSERT_STR(getenv("LAKEHOST_TEST_STOPPED"), "good");
}

/* An option with a variable in its manifest: a configured value has priority, an empty variable
 * counts as absent. */
static void
fills_options_from_the_environment(void)
{
	static const struct {
		const char *value, *options, *result;
	} cases[] = {
		{ "oslo", NULL, "{\"place\":\"oslo\",\"table\":\"none\"}" },
		{ "oslo", "{\"place\":\"rome\"}", "{\"place\":\"rome\",\"table\":\"none\"}" },
		{ "", NULL, "{\"table\":\"none\"}" },
	};
	struct rig rig;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		rig_init(&rig);
		plugin_copy(BUILT("good"), rig.folder, "good.so");
		rig_enable(&rig, "good")->options = (char *)(uintptr_t)cases[i].options;
		setenv("LAKEHOST_TEST_PLACE_ID", cases[i].value, 1);
		rig_load(&rig, false);
		expect(&rig, 0, PLUGIN_OK, "");
		ASSERT_STR(getenv("LAKEHOST_TEST_OPTIONS"), cases[i].result);
		rig_fini(&rig);
	}
	unsetenv("LAKEHOST_TEST_PLACE_ID");
}

static void
check_runs_no_code(void)
{
	struct rig rig;

	rig_init(&rig);
	plugin_copy(BUILT("bad_start"), rig.folder, "bad_start.so");
	rig_enable(&rig, "bad_start");
	rig_load(&rig, true);
	expect(&rig, 0, PLUGIN_OK, "");
	CU_ASSERT(registry_tool(plugins_registry(rig.plugins), "tool_one",
				row_view_of(ACCESS_READ)) != NULL);
	CU_ASSERT(getenv("LAKEHOST_TEST_LOADED") == NULL);
	rig_fini(&rig);
}

static void
isolated_runs_no_code_in_the_host(void)
{
	struct rig rig;

	rig_init(&rig);
	plugin_copy(BUILT("good"), rig.folder, "good.so");
	rig_enable(&rig, "good")->isolation = ISOLATION_PROCESS;
	rig_load(&rig, false);
	expect(&rig, 0, PLUGIN_OK, "");
	CU_ASSERT(getenv("LAKEHOST_TEST_LOADED") == NULL);
	rig_fini(&rig);
}

static void
one_refusal_leaves_the_others(void)
{
	struct rig rig;

	rig_init(&rig);
	plugin_copy(BUILT("good"), rig.folder, "good.so");
	rig_enable(&rig, "bad_count");
	rig_enable(&rig, "good");
	rig_load(&rig, false);
	expect(&rig, 0, PLUGIN_NOT_FOUND, "there is no bad_count.so in /tmp/lakehost-test-");
	expect(&rig, 1, PLUGIN_OK, "");
	CU_ASSERT(!rig.critical);
	rig.plugin[0].critical = true;
	rig_load(&rig, true);
	CU_ASSERT(rig.critical);
	rig_fini(&rig);
}

/* Two plugins have a tool of the same name: the first plugin gets the name, but only if it runs. */
static void
refused_names_are_free_again(void)
{
	struct rig rig;

	rig_init(&rig);
	plugin_copy(BUILT("good"), rig.folder, "good.so");
	plugin_copy(BUILT("bad_start"), rig.folder, "bad_start.so");
	rig_enable(&rig, "bad_start");
	rig_enable(&rig, "good");
	rig_load(&rig, true);
	expect(&rig, 0, PLUGIN_OK, "");
	expect(&rig, 1, PLUGIN_ROWS, "tool_one");
	rig_load(&rig, false);
	expect(&rig, 0, PLUGIN_START, "");
	expect(&rig, 1, PLUGIN_OK, "");
	CU_ASSERT(registry_tool(plugins_registry(rig.plugins), "tool_one",
				row_view_of(ACCESS_READ)) != NULL);
	rig_fini(&rig);
}

/* The registry is made again because a plugin refused to start. The new one has all rows that the
 * first one had. */
static void
running_plugins_stay_as_they_are(void)
{
	struct rig rig;
	const struct row *row;

	rig_init(&rig);
	plugin_copy(BUILT("good"), rig.folder, "good.so");
	plugin_copy(BUILT("bad_start"), rig.folder, "bad_start.so");
	rig_enable(&rig, "bad_start")->prefix = (char *)(uintptr_t) "other_";
	rig_enable(&rig, "good");
	rig_load(&rig, false);
	expect(&rig, 0, PLUGIN_START, "");
	expect(&rig, 1, PLUGIN_OK, "");
	row = registry_tool(plugins_registry(rig.plugins), "tool_one", row_view_of(ACCESS_READ));
	ASSERT_STR(row != NULL ? row->provider->self : NULL, "good"); /* set by start() */
	rig_fini(&rig);
}

/* ---- refusals by code ----------------------------------------------------------------------- */

static void
refuses_bad_code(void)
{
	static const struct {
		const char *file, *name;
		enum plugin_refusal refusal;
		const char *why;
	} cases[] = {
		{ BUILT("bad_abi"), "bad_abi", PLUGIN_DESCRIPTOR,
		  "the ABI is 1.1 in the code, but 1.0 in the manifest" },
		{ BUILT("bad_count"), "bad_count", PLUGIN_DESCRIPTOR,
		  "the code has 2 tools, but the manifest has 1" },
		{ BUILT("bad_dlopen"), "bad_dlopen", PLUGIN_DLOPEN, "nobody_has_this_function" },
		{ BUILT("bad_note"), "bad_note", PLUGIN_NO_MANIFEST, "no note" },
		{ BUILT("bad_operation"), "bad_operation", PLUGIN_DESCRIPTOR,
		  "the operation of tools[0] \"tool_one\" has no start function or no poll "
		  "function" },
		{ BUILT("bad_permissions"), "bad_permissions", PLUGIN_PERMISSIONS,
		  "\"tool_one\" sends DELETE /api/2.0/things/{id}" },
		{ BUILT("bad_request"), "bad_request", PLUGIN_DESCRIPTOR,
		  "the request of tools[0] \"tool_one\" must be \"METHOD /path\"" },
		{ BUILT("bad_row"), "bad_row", PLUGIN_DESCRIPTOR,
		  "tools[0] is named \"tool_two\" in the code, but \"tool_one\" in the manifest" },
		{ BUILT("bad_size"), "bad_size", PLUGIN_DESCRIPTOR,
		  "the descriptor has 8 bytes, but must have at least" },
		{ BUILT("bad_start"), "bad_start", PLUGIN_START,
		  "not with the options {\"table\":\"none\"}" },
		{ BUILT("bad_stride"), "bad_stride", PLUGIN_DESCRIPTOR, "invalid stride 12" },
		{ BUILT("bad_symbol"), "bad_symbol", PLUGIN_NO_SYMBOL, "mcp_plugin" },
		{ BUILT("bad_task"), "bad_task", PLUGIN_DESCRIPTOR,
		  "tools[0] \"tool_one\" has lakehost.task in the manifest, but is not an "
		  "operation" },
		{ BUILT("bad_task_cancel"), "bad_task_cancel", PLUGIN_DESCRIPTOR,
		  "has lakehost.task.cancel in the manifest, but its operation has no cancel" },
		{ BUILT("bad_version"), "bad_version", PLUGIN_DESCRIPTOR,
		  "the version is \"2.0.0\" in the code, but \"1.0.0\" in the manifest" },
		{ BUILT("bad_ways"), "bad_ways", PLUGIN_DESCRIPTOR,
		  "has 2 of the members handler" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig;
		char *file = xprintf("%s.so", cases[i].name);

		rig_init(&rig);
		plugin_copy(cases[i].file, rig.folder, file);
		rig_enable(&rig, cases[i].name);
		rig_load(&rig, false);
		expect(&rig, 0, cases[i].refusal, cases[i].why);
		ASSERT_INT(registry_count(plugins_registry(rig.plugins), ROW_TOOL,
					  row_view_of(ACCESS_ADMIN)),
			   0);
		CU_ASSERT(getenv("LAKEHOST_TEST_STOPPED") == NULL);
		rig_fini(&rig);
		free(file);
	}
}

static int
any_handler(struct mcp_call *call)
{
	(void)call;
	return MCP_OK;
}

/* A descriptor, its rows and an operation in the form of a later minor version. This host would not
 * load them, but must understand their layout. And the same in a plugin that forgot to set the
 * sizes. */
static void
reads_larger_descriptors(void)
{
	struct {
		struct mcp_operation operation;
		char more[24];
	} operation = { { sizeof(operation), any_handler, any_handler, NULL, NULL }, "later" };
	struct {
		struct mcp_row row;
		void *more;
	} rows[2] = { { { .name = "one", .handler = any_handler }, rows },
		      { { .name = "two", .operation = &operation.operation }, rows } };
	struct {
		struct mcp_plugin plugin;
		char more[40];
	} later = { { .size = sizeof(later),
		      .abi_major = MCP_ABI_MAJOR,
		      .abi_minor = MCP_ABI_MINOR,
		      .name = "later",
		      .version = "1",
		      .tools = { &rows[0].row, 2, sizeof(rows[0]) } },
		    "later" };
	struct json_object *manifest =
	    json_tokener_parse("{\"plugin\":{\"name\":\"later\",\"version\":\"1\",\"abi\":\"1.0\"},"
			       "\"tools\":[{\"name\":\"one\"},{\"name\":\"two\"}],\"resources\":[],"
			       "\"templates\":[],\"prompts\":[],\"completions\":[]}");
	struct code code = { 0 };
	char why[256] = "";

	ASSERT_INT(code_adopt(&code, &later.plugin, manifest, why, sizeof(why)), PLUGIN_OK);
	ASSERT_STR(why, "");
	ASSERT_INT(code.descriptor.size, sizeof(struct mcp_plugin));
	ASSERT_STR(code.row[ROW_TOOL][1].name, "two");
	ASSERT_INT(code.row[ROW_TOOL][1].operation->size, sizeof(struct mcp_operation));
	CU_ASSERT(code.row[ROW_TOOL][1].operation->poll == any_handler);
	code_fini(&code);
	operation.operation.size = 0;
	ASSERT_INT(code_adopt(&code, &later.plugin, manifest, why, sizeof(why)), PLUGIN_DESCRIPTOR);
	CU_ASSERT(strstr(why, "has the invalid size 0") != NULL);
	code_fini(&code);
	later.plugin.size = 0;
	ASSERT_INT(code_adopt(&code, &later.plugin, manifest, why, sizeof(why)), PLUGIN_DESCRIPTOR);
	CU_ASSERT(strstr(why, "the descriptor has 0 bytes") != NULL);
	code_fini(&code);
	json_object_put(manifest);
}

static void
refuses_bad_rows(void)
{
	struct rig rig;
	struct image image = image_read(BUILT("good"));

	rig_init(&rig);
	image_replace(&image, "\"name\":\"tool_one\"", "\"name\":\"Tool one\"");
	image_write(&image, rig.folder, "good.so");
	image_free(&image);
	expect_one(&rig, PLUGIN_ROWS, "Tool one");
}

static const struct test tests[] = {
	TEST(loads_and_runs_a_good_one),
	TEST(fills_options_from_the_environment),
	TEST(check_runs_no_code),
	TEST(isolated_runs_no_code_in_the_host),
	TEST(one_refusal_leaves_the_others),
	TEST(refused_names_are_free_again),
	TEST(running_plugins_stay_as_they_are),
	TEST(refuses_bad_code),
	TEST(reads_larger_descriptors),
	TEST(refuses_bad_rows),
};
SUITE(tests)
