/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the configuration that the loader reads: options, permissions, upstreams, the enabled
 * set. */
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

/* ---- refusals by configuration -------------------------------------------------------------- */

static void
refuses_the_second_of_two(void)
{
	struct rig rig;

	rig_init(&rig);
	plugin_copy(BUILT("good"), rig.folder, "good.so");
	rig_enable(&rig, "good");
	rig_enable(&rig, "good");
	rig_load(&rig, false);
	expect(&rig, 0, PLUGIN_OK, "");
	expect(&rig, 1, PLUGIN_DUPLICATE, "test.conf:1");
	rig_fini(&rig);
}

static void
checks_options(void)
{
	static const struct {
		const char *options, *why;
	} cases[] = {
		{ "{\"tabel\":\"x\"}", "did you mean \"table\"" },
		{ "{\"limit\":0}", "limit" },
		{ "{\"limit\":\"many\"}", "limit" },
		{ "[]", "" },
		{ "{\"limit\":", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig;

		rig_init(&rig);
		plugin_copy(BUILT("good"), rig.folder, "good.so");
		rig_enable(&rig, "good")->options = (char *)(uintptr_t)cases[i].options;
		rig_load(&rig, false);
		expect(&rig, 0, PLUGIN_OPTIONS, cases[i].why);
		expect(&rig, 0, PLUGIN_OPTIONS, "test.conf:1: ");
		CU_ASSERT(getenv("LAKEHOST_TEST_LOADED") == NULL);
		rig_fini(&rig);
	}
}

static void
names_the_place_of_an_option(void)
{
	static const struct {
		const char *options, *set, *why;
	} cases[] = {
		{ "{\"tabel\":\"x\"}", NULL,
		  "test.conf:7: unknown option \"tabel\"; did you mean" },
		{ "{\"limit\":0}", NULL, "test.conf:9: limit: 0 is less than" },
		{ "{\"other\":0}", NULL, "test.conf:1: unknown option \"other\"" },
		{ "{}", "limit=0", "--set plugins.good.options.limit: limit: 0 is less than" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *places[] = { (char *)(uintptr_t) "tabel=test.conf:7",
				   (char *)(uintptr_t) "limit=test.conf:9" };
		char *set[] = { (char *)(uintptr_t)cases[i].set };
		struct config_plugin *plugin;
		struct rig rig;

		rig_init(&rig);
		plugin_copy(BUILT("good"), rig.folder, "good.so");
		plugin = rig_enable(&rig, "good");
		plugin->options = (char *)(uintptr_t)cases[i].options;
		plugin->option_places = (struct strings){ .item = places, .count = 2 };
		plugin->set =
		    (struct strings){ .item = set, .count = cases[i].set != NULL ? 1 : 0 };
		rig_load(&rig, false);
		expect(&rig, 0, PLUGIN_OPTIONS, cases[i].why);
		rig_fini(&rig);
	}
}

static void
narrows_permissions_only(void)
{
	static const struct {
		const char *permission;
		enum plugin_refusal refusal;
	} cases[] = {
		{ "GET /api/2.0/things/one", PLUGIN_OK },
		{ "GET /api/2.0/things/*", PLUGIN_OK },
		{ "GET /api/2.0/things/*/parts/*", PLUGIN_OK },
		{ "POST /api/2.0/things/one", PLUGIN_PERMISSIONS },
		{ "GET /api/2.0/*", PLUGIN_PERMISSIONS },
		{ "GET /*", PLUGIN_PERMISSIONS },
		{ "things", PLUGIN_PERMISSIONS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig;
		struct config_plugin *plugin;
		char *permission = (char *)(uintptr_t)cases[i].permission;

		rig_init(&rig);
		plugin_copy(BUILT("good"), rig.folder, "good.so");
		plugin = rig_enable(&rig, "good");
		plugin->narrowed = true;
		plugin->permissions.item = &permission;
		plugin->permissions.count = 1;
		rig_load(&rig, true);
		expect(&rig, 0, cases[i].refusal,
		       cases[i].refusal == PLUGIN_OK ? "" : cases[i].permission);
		rig_fini(&rig);
	}
}

static void
uses_upstreams_of_its_kind_only(void)
{
	static const struct {
		const char *chosen; /* text in the plugin's file, or NULL */
		enum plugin_refusal refusal;
		const char *why, *role;
	} cases[] = {
		{ NULL, PLUGIN_OK, "", "workspace" },
		{ "eu", PLUGIN_OK, "", "eu" },
		{ "tracker", PLUGIN_UPSTREAM, "the kind of upstreams.tracker is \"generic\"",
		  "tracker" },
	};
	struct config_upstream upstreams[] = {
		{ .role = (char *)(uintptr_t) "workspace", .kind = &upstream_databricks },
		{ .role = (char *)(uintptr_t) "eu", .kind = &upstream_databricks },
		{ .role = (char *)(uintptr_t) "tracker", .kind = &upstream_generic },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig;
		struct plugin_status status;

		rig_init(&rig);
		rig.config.upstream = upstreams;
		rig.config.upstreams = ARRAY_SIZE(upstreams);
		plugin_copy(BUILT("good"), rig.folder, "good.so");
		rig_enable(&rig, "good")->upstream = (char *)(uintptr_t)cases[i].chosen;
		rig_load(&rig, true);
		status = expect(&rig, 0, cases[i].refusal, cases[i].why);
		ASSERT_STR(status.upstream, cases[i].role);
		rig_fini(&rig);
	}
}

static void
refuses_without_a_worker_program(void)
{
	struct rig rig;

	rig_init(&rig);
	worker_set_program("/nonexistent/lakehost-worker");
	plugin_copy(BUILT("good"), rig.folder, "good.so");
	rig_enable(&rig, "good")->isolation = ISOLATION_PROCESS;
	rig_load(&rig, false);
	expect(&rig, 0, PLUGIN_WORKER, "lakehost-worker");
	rig_fini(&rig);
}

/* ---- the enabled set ------------------------------------------------------------------------ */

static void
defaults_all_and_environment(void)
{
	struct rig rig;

	rig_init(&rig);
	plugin_copy(BUILT("good"), rig.folder, "good.so");
	rig.config.plugins.isolation = ISOLATION_NONE;
	rig.config.plugins.defaults = true;
	rig_load(&rig, true);
	ASSERT_INT(plugins_count(rig.plugins), 0); /* its manifest says default: false */
	setenv("LAKEHOST_TEST_ENABLE", "false", 1);
	rig_load(&rig, true);
	ASSERT_INT(plugins_count(rig.plugins), 0);
	setenv("LAKEHOST_TEST_ENABLE", "true", 1);
	rig_load(&rig, true);
	ASSERT_INT(plugins_count(rig.plugins), 1);
	unsetenv("LAKEHOST_TEST_ENABLE");
	rig.config.plugins.defaults = false;
	rig.config.plugins.all = true;
	rig_load(&rig, true);
	ASSERT_INT(plugins_count(rig.plugins), 1); /* in_all: true */
	expect(&rig, 0, PLUGIN_OK, "");
	rig.config.plugins.all = false;
	rig_load(&rig, true);
	ASSERT_INT(plugins_count(rig.plugins), 0);
	rig_fini(&rig);
}

/* The plugin is not named, but the report must say that it is broken. */
static void
scanning_reports_broken_files(void)
{
	struct rig rig;
	struct image image = image_read(BUILT("good"));

	rig_init(&rig);
	image.len = 100;
	image_write(&image, rig.folder, "half.so");
	image_free(&image);
	rig.config.plugins.all = true;
	rig_load(&rig, true);
	ASSERT_INT(plugins_count(rig.plugins), 1);
	expect(&rig, 0, PLUGIN_TRUNCATED, "");
	rig_fini(&rig);
}

static void
first_directory_wins(void)
{
	struct rig rig;
	struct image image = image_read(BUILT("good"));
	char *folders[2];

	rig_init(&rig);
	folders[0] = folder_new();
	folders[1] = rig.folder;
	plugin_copy(BUILT("good"), folders[0], "good.so");
	image.len = 100;
	image_write(&image, folders[1], "good.so");
	image_free(&image);
	rig.config.plugins.directories = (struct strings){ folders, 2 };
	rig_enable(&rig, "good");
	rig_load(&rig, true);
	expect(&rig, 0, PLUGIN_OK, "");
	rig_fini(&rig);
	folder_remove(folders[0]);
}

static const struct test tests[] = {
	TEST(refuses_the_second_of_two),
	TEST(checks_options),
	TEST(names_the_place_of_an_option),
	TEST(narrows_permissions_only),
	TEST(uses_upstreams_of_its_kind_only),
	TEST(refuses_without_a_worker_program),
	TEST(defaults_all_and_environment),
	TEST(scanning_reports_broken_files),
	TEST(first_directory_wins),
};
SUITE(tests)
