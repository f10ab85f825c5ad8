/* SPDX-License-Identifier: Apache-2.0 */
/* The loader: every refusal by its name and details, and that nothing of a refused plugin ran. */
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/loop.h"
#include "base/mem.h"
#include "call/pool.h"
#include "plugin/loader.h"
#include "plugin/plugin.h"
#include "plugin/worker.h"
#include "plugin_files.h"
#include "suite.h"

#define BUILT(name) PLUGINS "/bad/" name ".so"
#define ENTRIES_MAX 4

/* A configuration with one plugin directory, made for one test. */
struct bench {
	char *folder;
	struct config config;
	struct config_plugin plugin[ENTRIES_MAX];
	struct loop *loop;
	struct pool *pool;
	struct plugins *plugins;
	bool critical;
};

static void
bench_init(struct bench *bench)
{
	*bench = (struct bench){ .folder = folder_new() };
	worker_set_program(WORKER);
	bench->config.plugins.directories.item = &bench->folder;
	bench->config.plugins.directories.count = 1;
	bench->config.plugins.plugin = bench->plugin;
	bench->config.plugins.name_length = 35;
	bench->loop = loop_new();
	bench->pool = pool_new(bench->loop, 1, 1);
	unsetenv("LAKEHOST_TEST_LOADED");
	unsetenv("LAKEHOST_TEST_OPTIONS");
	unsetenv("LAKEHOST_TEST_STOPPED");
}

static struct config_plugin *
bench_enable(struct bench *bench, const char *name)
{
	struct config_plugin *plugin = &bench->plugin[bench->config.plugins.count++];

	plugin->name = (char *)(uintptr_t)name;
	plugin->where = (char *)(uintptr_t) "test.conf:1";
	plugin->isolation = ISOLATION_NONE;
	return plugin;
}

static void
bench_load(struct bench *bench, bool check_only)
{
	plugins_free(bench->plugins);
	bench->plugins =
	    plugins_load(&bench->config, bench->loop, NULL, check_only, &bench->critical);
}

static void
bench_fini(struct bench *bench)
{
	plugins_free(bench->plugins);
	pool_free(bench->pool);
	loop_free(bench->loop);
	folder_remove(bench->folder);
}

/* The status of the i-th plugin, with its refusal and a part of its details checked. */
static struct plugin_status
expect(const struct bench *bench, size_t i, enum plugin_refusal refusal, const char *why)
{
	struct plugin_status status = { 0 };

	CU_ASSERT_FATAL(i < plugins_count(bench->plugins));
	plugins_status(bench->plugins, i, &status);
	if (status.refusal != refusal || strstr(status.why, why) == NULL)
		printf("\n    %s: %s: %s (should be: %s: %s)", status.name,
		       plugin_refusal_text(status.refusal), status.why,
		       plugin_refusal_text(refusal), why);
	ASSERT_INT(status.refusal, refusal);
	CU_ASSERT(strstr(status.why, why) != NULL);
	return status;
}

/* Loads one plugin "good" whose file the caller has prepared. */
static void
expect_one(struct bench *bench, enum plugin_refusal refusal, const char *why)
{
	bench->config.plugins.count = 0;
	bench_enable(bench, "good");
	bench_load(bench, false);
	expect(bench, 0, refusal, why);
	CU_ASSERT(getenv("LAKEHOST_TEST_LOADED") == NULL);
	bench_fini(bench);
}

/* ---- a plugin that is in order -------------------------------------------------------------- */

static void
loads_and_runs_a_good_one(void)
{
	struct bench bench;
	struct plugin_status status;
	const struct row *row;

	bench_init(&bench);
	plugin_copy(BUILT("good"), bench.folder, "good.so");
	bench_enable(&bench, "good")->options = (char *)(uintptr_t) "{\"limit\":7}";
	bench_load(&bench, false);
	status = expect(&bench, 0, PLUGIN_OK, "");
	ASSERT_STR(status.version, "1.0.0");
	ASSERT_STR(status.vendor, "Lakehost");
	CU_ASSERT(status.manifest != NULL && status.file != NULL);
	ASSERT_STR(getenv("LAKEHOST_TEST_LOADED"), "good");
	ASSERT_STR(getenv("LAKEHOST_TEST_OPTIONS"), "{\"limit\":7,\"table\":\"none\"}");
	row = registry_tool(plugins_registry(bench.plugins), "tool_one", ACCESS_READ);
	if (row == NULL)
		abort();
	ASSERT_STR(plugin_name(row->plugin), "good");
	ASSERT_STR(plugin_code(row->plugin, ROW_TOOL, row->index)->name, "tool_one");
	CU_ASSERT(plugin_code(row->plugin, ROW_TOOL, 1) == NULL);
	CU_ASSERT(plugin_runner(row->plugin) == &inprocess_runner);
	ASSERT_INT(plugin_permissions(row->plugin)->count, 1);
	CU_ASSERT(!bench.critical);
	CU_ASSERT(getenv("LAKEHOST_TEST_STOPPED") == NULL);
	bench_fini(&bench);
	ASSERT_STR(getenv("LAKEHOST_TEST_STOPPED"), "good");
}

/* An option that its manifest ties to a variable: the configuration wins, an empty one is none. */
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
	struct bench bench;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bench_init(&bench);
		plugin_copy(BUILT("good"), bench.folder, "good.so");
		bench_enable(&bench, "good")->options = (char *)(uintptr_t)cases[i].options;
		setenv("LAKEHOST_TEST_PLACE_ID", cases[i].value, 1);
		bench_load(&bench, false);
		expect(&bench, 0, PLUGIN_OK, "");
		ASSERT_STR(getenv("LAKEHOST_TEST_OPTIONS"), cases[i].result);
		bench_fini(&bench);
	}
	unsetenv("LAKEHOST_TEST_PLACE_ID");
}

static void
check_runs_no_code(void)
{
	struct bench bench;

	bench_init(&bench);
	plugin_copy(BUILT("bad_start"), bench.folder, "bad_start.so");
	bench_enable(&bench, "bad_start");
	bench_load(&bench, true);
	expect(&bench, 0, PLUGIN_OK, "");
	CU_ASSERT(registry_tool(plugins_registry(bench.plugins), "tool_one", ACCESS_READ) != NULL);
	CU_ASSERT(getenv("LAKEHOST_TEST_LOADED") == NULL);
	bench_fini(&bench);
}

static void
isolated_runs_no_code_in_the_host(void)
{
	struct bench bench;

	bench_init(&bench);
	plugin_copy(BUILT("good"), bench.folder, "good.so");
	bench_enable(&bench, "good")->isolation = ISOLATION_PROCESS;
	bench_load(&bench, false);
	expect(&bench, 0, PLUGIN_OK, "");
	CU_ASSERT(getenv("LAKEHOST_TEST_LOADED") == NULL);
	bench_fini(&bench);
}

static void
one_refusal_leaves_the_others(void)
{
	struct bench bench;

	bench_init(&bench);
	plugin_copy(BUILT("good"), bench.folder, "good.so");
	bench_enable(&bench, "bad_count");
	bench_enable(&bench, "good");
	bench_load(&bench, false);
	expect(&bench, 0, PLUGIN_NOT_FOUND, "there is no bad_count.so in /tmp/lakehost-test-");
	expect(&bench, 1, PLUGIN_OK, "");
	CU_ASSERT(!bench.critical);
	bench.plugin[0].critical = true;
	bench_load(&bench, true);
	CU_ASSERT(bench.critical);
	bench_fini(&bench);
}

/* Two plugins with a tool of the same name: the first has it, but only if it runs. */
static void
refused_names_are_free_again(void)
{
	struct bench bench;

	bench_init(&bench);
	plugin_copy(BUILT("good"), bench.folder, "good.so");
	plugin_copy(BUILT("bad_start"), bench.folder, "bad_start.so");
	bench_enable(&bench, "bad_start");
	bench_enable(&bench, "good");
	bench_load(&bench, true);
	expect(&bench, 0, PLUGIN_OK, "");
	expect(&bench, 1, PLUGIN_ROWS, "tool_one");
	bench_load(&bench, false);
	expect(&bench, 0, PLUGIN_START, "");
	expect(&bench, 1, PLUGIN_OK, "");
	CU_ASSERT(registry_tool(plugins_registry(bench.plugins), "tool_one", ACCESS_READ) != NULL);
	bench_fini(&bench);
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
		  "its ABI is 1.1, in the manifest 1.0" },
		{ BUILT("bad_count"), "bad_count", PLUGIN_DESCRIPTOR,
		  "it has 2 tools, the manifest 1" },
		{ BUILT("bad_dlopen"), "bad_dlopen", PLUGIN_DLOPEN, "nobody_has_this_function" },
		{ BUILT("bad_note"), "bad_note", PLUGIN_NO_MANIFEST, "no note" },
		{ BUILT("bad_operation"), "bad_operation", PLUGIN_DESCRIPTOR,
		  "tools[0] \"tool_one\": its operation lacks start or poll" },
		{ BUILT("bad_permissions"), "bad_permissions", PLUGIN_PERMISSIONS,
		  "\"tool_one\" sends DELETE /api/2.0/things/{id}" },
		{ BUILT("bad_request"), "bad_request", PLUGIN_DESCRIPTOR, "not \"METHOD /path\"" },
		{ BUILT("bad_row"), "bad_row", PLUGIN_DESCRIPTOR,
		  "tools[0] is \"tool_two\", in the manifest \"tool_one\"" },
		{ BUILT("bad_size"), "bad_size", PLUGIN_DESCRIPTOR, "a size of 8" },
		{ BUILT("bad_start"), "bad_start", PLUGIN_START,
		  "not with the options {\"table\":\"none\"}" },
		{ BUILT("bad_stride"), "bad_stride", PLUGIN_DESCRIPTOR, "a stride of 12" },
		{ BUILT("bad_symbol"), "bad_symbol", PLUGIN_NO_SYMBOL, "mcp_plugin" },
		{ BUILT("bad_version"), "bad_version", PLUGIN_DESCRIPTOR,
		  "its version is \"2.0.0\", in the manifest \"1.0.0\"" },
		{ BUILT("bad_ways"), "bad_ways", PLUGIN_DESCRIPTOR, "has 2 of handler" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench bench;
		char *file = xprintf("%s.so", cases[i].name);

		bench_init(&bench);
		plugin_copy(cases[i].file, bench.folder, file);
		bench_enable(&bench, cases[i].name);
		bench_load(&bench, false);
		expect(&bench, 0, cases[i].refusal, cases[i].why);
		ASSERT_INT(registry_count(plugins_registry(bench.plugins), ROW_TOOL, ACCESS_ADMIN),
			   0);
		CU_ASSERT(getenv("LAKEHOST_TEST_STOPPED") == NULL);
		bench_fini(&bench);
		free(file);
	}
}

static void
refuses_bad_rows(void)
{
	struct bench bench;
	struct image image = image_read(BUILT("good"));

	bench_init(&bench);
	image_replace(&image, "\"name\":\"tool_one\"", "\"name\":\"Tool one\"");
	image_write(&image, bench.folder, "good.so");
	image_free(&image);
	expect_one(&bench, PLUGIN_ROWS, "Tool one");
}

/* ---- refusals by file ----------------------------------------------------------------------- */

static void
refuses_what_is_not_there(void)
{
	struct bench bench;

	bench_init(&bench);
	expect_one(&bench, PLUGIN_NOT_FOUND, "there is no good.so in");
}

static void
refuses_bad_names(void)
{
	static const char *const names[] = { "../good", "Good", "", "a/b", ".." };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct bench bench;

		bench_init(&bench);
		bench_enable(&bench, names[i]);
		bench_load(&bench, false);
		expect(&bench, 0, PLUGIN_NAME, "a-z");
		bench_fini(&bench);
	}
}

static void
follows_links_inside_only(void)
{
	struct bench bench;
	char *link;

	bench_init(&bench);
	link = xprintf("%s/good.so", bench.folder);
	CU_ASSERT_FATAL(symlink(BUILT("good"), link) == 0);
	free(link);
	expect_one(&bench, PLUGIN_SYMLINK_OUT, "link to a file outside");

	bench_init(&bench);
	plugin_copy(BUILT("good"), bench.folder, "good.so.1");
	link = xprintf("%s/good.so", bench.folder);
	CU_ASSERT_FATAL(symlink("good.so.1", link) == 0);
	free(link);
	bench_enable(&bench, "good");
	bench_load(&bench, false);
	expect(&bench, 0, PLUGIN_OK, "");
	bench_fini(&bench);
}

static void
refuses_what_is_no_file(void)
{
	struct bench bench;
	char *path;

	bench_init(&bench);
	path = xprintf("%s/good.so", bench.folder);
	CU_ASSERT_FATAL(mkfifo(path, 0600) == 0);
	free(path);
	expect_one(&bench, PLUGIN_NOT_REGULAR, "file type 10000");

	bench_init(&bench);
	path = xprintf("%s/good.so", bench.folder);
	CU_ASSERT_FATAL(mkdir(path, 0700) == 0);
	free(path);
	expect_one(&bench, PLUGIN_NOT_REGULAR, "file type 40000");
}

static void
refuses_writable_files(void)
{
	static const struct {
		mode_t mode;
		const char *why;
	} cases[] = { { 0666, "mode 0666: run chmod go-w" },
		      { 0646, "mode 0646" },
		      { 0664, "mode 0664" } };
	const size_t n = ARRAY_SIZE(cases) - (geteuid() == 0 ? 0 : 1); /* the group may be ours */

	for (size_t i = 0; i < n; i++) {
		struct bench bench;
		char *path;

		bench_init(&bench);
		plugin_copy(BUILT("good"), bench.folder, "good.so");
		path = xprintf("%s/good.so", bench.folder);
		CU_ASSERT_FATAL(chmod(path, cases[i].mode) == 0);
		free(path);
		expect_one(&bench, PLUGIN_WRITABLE, cases[i].why);
	}
}

static void
refuses_open_directories(void)
{
	static const mode_t modes[] = { 0777, 01777, 0770 };
	const size_t n = ARRAY_SIZE(modes) - (geteuid() == 0 ? 0 : 1); /* the group may be ours */

	for (size_t i = 0; i < n; i++) {
		struct bench bench;

		bench_init(&bench);
		plugin_copy(BUILT("good"), bench.folder, "good.so");
		CU_ASSERT_FATAL(chmod(bench.folder, modes[i]) == 0);
		expect_one(&bench, PLUGIN_DIRECTORY, "run chmod go-w");
	}
}

/* A group that a user shares with nobody is no other: Debian's umask of users is 002. Its user
 * daemon has such a group. */
static void
knows_groups_of_one_user(void)
{
	const struct passwd *daemon = getpwnam("daemon");
	const struct group *group = getgrnam("daemon");
	struct stat stat = { .st_mode = S_IFREG | 0664 };

	CU_ASSERT(plugin_others_write(&stat)); /* root has no reason to let its group write */
	stat.st_uid = 54321;		       /* nobody's */
	stat.st_gid = 54321;
	CU_ASSERT(plugin_others_write(&stat));
	if (daemon == NULL || group == NULL || daemon->pw_gid != group->gr_gid ||
	    group->gr_mem[0] != NULL)
		return;
	stat.st_uid = daemon->pw_uid;
	stat.st_gid = daemon->pw_gid;
	CU_ASSERT(!plugin_others_write(&stat));
	stat.st_mode = S_IFREG | 0666;
	CU_ASSERT(plugin_others_write(&stat));
	stat.st_mode = S_IFREG | 0664;
	stat.st_gid = 0;
	CU_ASSERT(plugin_others_write(&stat));
	stat.st_mode = S_IFREG | 0644;
	CU_ASSERT(!plugin_others_write(&stat));
}

/* Only root can give files away; as anybody else there is a file of root to be had, which is fine,
 * so there is nothing to refuse. */
static void
refuses_foreign_owners(void)
{
	struct bench bench;
	char *path;

	bench_init(&bench);
	plugin_copy(BUILT("good"), bench.folder, "good.so");
	path = xprintf("%s/good.so", bench.folder);
	if (geteuid() == 0) {
		CU_ASSERT_FATAL(chown(path, 12345, 12345) == 0);
		expect_one(&bench, PLUGIN_OWNER, "belongs to uid 12345, this host runs as 0");
		bench_init(&bench);
		plugin_copy(BUILT("good"), bench.folder, "good.so");
		CU_ASSERT_FATAL(chown(bench.folder, 12345, 12345) == 0);
		expect_one(&bench, PLUGIN_DIRECTORY, "belongs to uid 12345");
	} else {
		ASSERT_INT(chown(path, 0, 0), -1);
		bench_fini(&bench);
	}
	free(path);
}

static void
refuses_large_files(void)
{
	struct bench bench;
	char *path;

	bench_init(&bench);
	plugin_copy(BUILT("good"), bench.folder, "good.so");
	path = xprintf("%s/good.so", bench.folder);
	CU_ASSERT_FATAL(truncate(path, (64 << 20) + 1) == 0);
	free(path);
	expect_one(&bench, PLUGIN_TOO_LARGE, "67108865 bytes");
}

/* Half a file ends dlopen in a bus error: it must not come to that. */
static void
refuses_damaged_files(void)
{
	struct bench bench;
	struct image image = image_read(BUILT("good"));

	bench_init(&bench);
	image.len /= 2;
	image_write(&image, bench.folder, "good.so");
	image_free(&image);
	expect_one(&bench, PLUGIN_TRUNCATED, "");

	bench_init(&bench);
	image = image_read(BUILT("good"));
	image.data[18] ^= 1; /* e_machine */
	image_write(&image, bench.folder, "good.so");
	image_free(&image);
	expect_one(&bench, PLUGIN_ARCHITECTURE, "ELF machine");

	bench_init(&bench);
	image = image_read(BUILT("good"));
	image.data[0] = 'M';
	image_write(&image, bench.folder, "good.so");
	image_free(&image);
	expect_one(&bench, PLUGIN_NOT_ELF, "does not begin");
}

static void
refuses_bad_manifests(void)
{
	struct bench bench;
	struct image image = image_read(BUILT("good"));

	bench_init(&bench);
	image_replace(&image, "\"abi\":\"1.0\"", "\"abi\":\"2.0\"");
	image_write(&image, bench.folder, "good.so");
	image_free(&image);
	expect_one(&bench, PLUGIN_ABI, "built for ABI 2.0, this host has 1.0");

	bench_init(&bench);
	image = image_read(BUILT("good"));
	image_replace(&image, "\"summary\"", "\"sunmary\"");
	image_write(&image, bench.folder, "good.so");
	image_free(&image);
	expect_one(&bench, PLUGIN_BAD_MANIFEST, "plugin.sunmary: unknown");

	bench_init(&bench);
	image = image_read(BUILT("good"));
	image_replace(&image, "GET /api/2.0/things/*", "EAT /api/2.0/things/*");
	image_write(&image, bench.folder, "good.so");
	image_free(&image);
	expect_one(&bench, PLUGIN_BAD_MANIFEST, "plugin.permissions[0] \"EAT /api");

	bench_init(&bench);
	image = image_read(BUILT("good"));
	image_replace(&image, "\"name\":\"good\"", "\"name\":\"evil\"");
	image_write(&image, bench.folder, "good.so");
	image_free(&image);
	expect_one(&bench, PLUGIN_MANIFEST_NAME, "the manifest says \"evil\"");
}

/* ---- refusals by configuration -------------------------------------------------------------- */

static void
refuses_the_second_of_two(void)
{
	struct bench bench;

	bench_init(&bench);
	plugin_copy(BUILT("good"), bench.folder, "good.so");
	bench_enable(&bench, "good");
	bench_enable(&bench, "good");
	bench_load(&bench, false);
	expect(&bench, 0, PLUGIN_OK, "");
	expect(&bench, 1, PLUGIN_DUPLICATE, "test.conf:1");
	bench_fini(&bench);
}

static void
judges_options(void)
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
		struct bench bench;

		bench_init(&bench);
		plugin_copy(BUILT("good"), bench.folder, "good.so");
		bench_enable(&bench, "good")->options = (char *)(uintptr_t)cases[i].options;
		bench_load(&bench, false);
		expect(&bench, 0, PLUGIN_OPTIONS, cases[i].why);
		expect(&bench, 0, PLUGIN_OPTIONS, "test.conf:1: ");
		CU_ASSERT(getenv("LAKEHOST_TEST_LOADED") == NULL);
		bench_fini(&bench);
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
		struct bench bench;
		struct config_plugin *plugin;
		char *permission = (char *)(uintptr_t)cases[i].permission;

		bench_init(&bench);
		plugin_copy(BUILT("good"), bench.folder, "good.so");
		plugin = bench_enable(&bench, "good");
		plugin->narrowed = true;
		plugin->permissions.item = &permission;
		plugin->permissions.count = 1;
		bench_load(&bench, true);
		expect(&bench, 0, cases[i].refusal,
		       cases[i].refusal == PLUGIN_OK ? "" : cases[i].permission);
		bench_fini(&bench);
	}
}

static void
uses_upstreams_of_its_kind_only(void)
{
	static const struct {
		const char *chosen; /* in the plugin's file, or NULL */
		enum plugin_refusal refusal;
		const char *why, *role;
	} cases[] = {
		{ NULL, PLUGIN_OK, "", "workspace" },
		{ "eu", PLUGIN_OK, "", "eu" },
		{ "tracker", PLUGIN_UPSTREAM, "upstreams.tracker is of kind \"generic\"",
		  "tracker" },
	};
	struct config_upstream upstreams[] = {
		{ .role = (char *)(uintptr_t) "workspace" },
		{ .role = (char *)(uintptr_t) "eu" },
		{ .role = (char *)(uintptr_t) "tracker", .service = SERVICE_GENERIC },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench bench;
		struct plugin_status status;

		bench_init(&bench);
		bench.config.upstream = upstreams;
		bench.config.upstreams = ARRAY_SIZE(upstreams);
		plugin_copy(BUILT("good"), bench.folder, "good.so");
		bench_enable(&bench, "good")->upstream = (char *)(uintptr_t)cases[i].chosen;
		bench_load(&bench, true);
		status = expect(&bench, 0, cases[i].refusal, cases[i].why);
		ASSERT_STR(status.upstream, cases[i].role);
		bench_fini(&bench);
	}
}

static void
refuses_without_a_worker_program(void)
{
	struct bench bench;

	bench_init(&bench);
	worker_set_program("/nonexistent/lakehost-worker");
	plugin_copy(BUILT("good"), bench.folder, "good.so");
	bench_enable(&bench, "good")->isolation = ISOLATION_PROCESS;
	bench_load(&bench, false);
	expect(&bench, 0, PLUGIN_WORKER, "lakehost-worker");
	bench_fini(&bench);
}

/* ---- the enabled set ------------------------------------------------------------------------ */

static void
defaults_all_and_environment(void)
{
	struct bench bench;

	bench_init(&bench);
	plugin_copy(BUILT("good"), bench.folder, "good.so");
	bench.config.plugins.isolation = ISOLATION_NONE;
	bench.config.plugins.defaults = true;
	bench_load(&bench, true);
	ASSERT_INT(plugins_count(bench.plugins), 0); /* its manifest says default: false */
	setenv("LAKEHOST_TEST_ENABLE", "false", 1);
	bench_load(&bench, true);
	ASSERT_INT(plugins_count(bench.plugins), 0);
	setenv("LAKEHOST_TEST_ENABLE", "true", 1);
	bench_load(&bench, true);
	ASSERT_INT(plugins_count(bench.plugins), 1);
	unsetenv("LAKEHOST_TEST_ENABLE");
	bench.config.plugins.defaults = false;
	bench.config.plugins.all = true;
	bench_load(&bench, true);
	ASSERT_INT(plugins_count(bench.plugins), 1); /* in_all: true */
	expect(&bench, 0, PLUGIN_OK, "");
	bench.config.plugins.all = false;
	bench_load(&bench, true);
	ASSERT_INT(plugins_count(bench.plugins), 0);
	bench_fini(&bench);
}

/* Nobody asked for it, but that it is broken must not stay unsaid. */
static void
scanning_reports_broken_files(void)
{
	struct bench bench;
	struct image image = image_read(BUILT("good"));

	bench_init(&bench);
	image.len = 100;
	image_write(&image, bench.folder, "half.so");
	image_free(&image);
	bench.config.plugins.all = true;
	bench_load(&bench, true);
	ASSERT_INT(plugins_count(bench.plugins), 1);
	expect(&bench, 0, PLUGIN_TRUNCATED, "");
	bench_fini(&bench);
}

static void
first_directory_wins(void)
{
	struct bench bench;
	struct image image = image_read(BUILT("good"));
	char *folders[2];

	bench_init(&bench);
	folders[0] = folder_new();
	folders[1] = bench.folder;
	plugin_copy(BUILT("good"), folders[0], "good.so");
	image.len = 100;
	image_write(&image, folders[1], "good.so");
	image_free(&image);
	bench.config.plugins.directories = (struct strings){ folders, 2 };
	bench_enable(&bench, "good");
	bench_load(&bench, true);
	expect(&bench, 0, PLUGIN_OK, "");
	bench_fini(&bench);
	folder_remove(folders[0]);
}

static const struct test tests[] = {
	TEST(loads_and_runs_a_good_one),
	TEST(fills_options_from_the_environment),
	TEST(check_runs_no_code),
	TEST(isolated_runs_no_code_in_the_host),
	TEST(one_refusal_leaves_the_others),
	TEST(refused_names_are_free_again),
	TEST(refuses_bad_code),
	TEST(refuses_bad_rows),
	TEST(refuses_what_is_not_there),
	TEST(refuses_bad_names),
	TEST(follows_links_inside_only),
	TEST(refuses_what_is_no_file),
	TEST(refuses_writable_files),
	TEST(refuses_open_directories),
	TEST(knows_groups_of_one_user),
	TEST(refuses_foreign_owners),
	TEST(refuses_large_files),
	TEST(refuses_damaged_files),
	TEST(refuses_bad_manifests),
	TEST(refuses_the_second_of_two),
	TEST(judges_options),
	TEST(narrows_permissions_only),
	TEST(uses_upstreams_of_its_kind_only),
	TEST(refuses_without_a_worker_program),
	TEST(defaults_all_and_environment),
	TEST(scanning_reports_broken_files),
	TEST(first_directory_wins),
};

SUITE(tests)
