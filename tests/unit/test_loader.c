/* SPDX-License-Identifier: Apache-2.0 */
/* The loader: every refusal by its name and details; no code of a refused plugin ran. */
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

#define BUILT(name) PLUGINS "/bad/" name ".so"
#define ENTRIES_MAX 4

/* A configuration with one plugin directory, made for one test. */
struct rig {
	char *folder;
	struct config config;
	struct config_plugin plugin[ENTRIES_MAX];
	struct loop *loop;
	struct pool *pool;
	struct plugins *plugins;
	bool critical;
};

static void
rig_init(struct rig *rig)
{
	*rig = (struct rig){ .folder = folder_new() };
	worker_set_program(WORKER);
	rig->config.plugins.directories.item = &rig->folder;
	rig->config.plugins.directories.count = 1;
	rig->config.plugins.plugin = rig->plugin;
	rig->config.plugins.name_length = 35;
	rig->loop = loop_new();
	rig->pool = pool_new(rig->loop, 1, 1);
	unsetenv("LAKEHOST_TEST_LOADED");
	unsetenv("LAKEHOST_TEST_OPTIONS");
	unsetenv("LAKEHOST_TEST_STOPPED");
}

static struct config_plugin *
rig_enable(struct rig *rig, const char *name)
{
	struct config_plugin *plugin = &rig->plugin[rig->config.plugins.count++];

	plugin->name = (char *)(uintptr_t)name;
	plugin->where = (char *)(uintptr_t) "test.conf:1";
	plugin->isolation = ISOLATION_NONE;
	return plugin;
}

static void
rig_load(struct rig *rig, bool check_only)
{
	plugins_free(rig->plugins);
	rig->plugins = plugins_load(&rig->config, rig->loop, NULL, check_only, &rig->critical);
}

static void
rig_fini(struct rig *rig)
{
	plugins_free(rig->plugins);
	pool_free(rig->pool);
	loop_free(rig->loop);
	folder_remove(rig->folder);
}

/* The status of the i-th plugin, with its refusal and a part of its details checked. */
static struct plugin_status
expect(const struct rig *rig, size_t i, enum plugin_refusal refusal, const char *why)
{
	struct plugin_status status = { 0 };

	CU_ASSERT_FATAL(i < plugins_count(rig->plugins));
	plugins_status(rig->plugins, i, &status);
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
expect_one(struct rig *rig, enum plugin_refusal refusal, const char *why)
{
	rig->config.plugins.count = 0;
	rig_enable(rig, "good");
	rig_load(rig, false);
	expect(rig, 0, refusal, why);
	CU_ASSERT(getenv("LAKEHOST_TEST_LOADED") == NULL);
	rig_fini(rig);
}

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
	row = registry_tool(plugins_registry(rig.plugins), "tool_one", ACCESS_READ);
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

/* An option with a variable in its manifest: the configuration has priority, an empty variable
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
	CU_ASSERT(registry_tool(plugins_registry(rig.plugins), "tool_one", ACCESS_READ) != NULL);
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

/* Two plugins with a tool of the same name: the first has it, but only if it runs. */
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
	CU_ASSERT(registry_tool(plugins_registry(rig.plugins), "tool_one", ACCESS_READ) != NULL);
	rig_fini(&rig);
}

/* A registry that is made anew, because a plugin refused to start, has all that the first had. */
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
	row = registry_tool(plugins_registry(rig.plugins), "tool_one", ACCESS_READ);
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
		  "its ABI is 1.1, but 1.0 in the manifest" },
		{ BUILT("bad_count"), "bad_count", PLUGIN_DESCRIPTOR,
		  "it has 2 tools, but the manifest has 1" },
		{ BUILT("bad_dlopen"), "bad_dlopen", PLUGIN_DLOPEN, "nobody_has_this_function" },
		{ BUILT("bad_note"), "bad_note", PLUGIN_NO_MANIFEST, "no note" },
		{ BUILT("bad_operation"), "bad_operation", PLUGIN_DESCRIPTOR,
		  "tools[0] \"tool_one\": its operation has no start or no poll" },
		{ BUILT("bad_permissions"), "bad_permissions", PLUGIN_PERMISSIONS,
		  "\"tool_one\" sends DELETE /api/2.0/things/{id}" },
		{ BUILT("bad_request"), "bad_request", PLUGIN_DESCRIPTOR,
		  "tools[0] \"tool_one\": its request must be \"METHOD /path\"" },
		{ BUILT("bad_row"), "bad_row", PLUGIN_DESCRIPTOR,
		  "tools[0] is \"tool_two\", but \"tool_one\" in the manifest" },
		{ BUILT("bad_size"), "bad_size", PLUGIN_DESCRIPTOR, "its size is 8, but at least" },
		{ BUILT("bad_start"), "bad_start", PLUGIN_START,
		  "not with the options {\"table\":\"none\"}" },
		{ BUILT("bad_stride"), "bad_stride", PLUGIN_DESCRIPTOR, "invalid stride 12" },
		{ BUILT("bad_symbol"), "bad_symbol", PLUGIN_NO_SYMBOL, "mcp_plugin" },
		{ BUILT("bad_task"), "bad_task", PLUGIN_DESCRIPTOR,
		  "tools[0] \"tool_one\": has lakehost.task, but is not an operation" },
		{ BUILT("bad_task_cancel"), "bad_task_cancel", PLUGIN_DESCRIPTOR,
		  "has lakehost.task.cancel, but its operation has no cancel" },
		{ BUILT("bad_version"), "bad_version", PLUGIN_DESCRIPTOR,
		  "its version is \"2.0.0\", but \"1.0.0\" in the manifest" },
		{ BUILT("bad_ways"), "bad_ways", PLUGIN_DESCRIPTOR, "has 2 of handler" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig;
		char *file = xprintf("%s.so", cases[i].name);

		rig_init(&rig);
		plugin_copy(cases[i].file, rig.folder, file);
		rig_enable(&rig, cases[i].name);
		rig_load(&rig, false);
		expect(&rig, 0, cases[i].refusal, cases[i].why);
		ASSERT_INT(registry_count(plugins_registry(rig.plugins), ROW_TOOL, ACCESS_ADMIN),
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

/* A descriptor, its rows and an operation as a later minor version has them, which this host would
 * not load, but whose layout it must understand; and as a plugin has them that forgot its sizes. */
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
	CU_ASSERT(strstr(why, "its operation has the invalid size 0") != NULL);
	code_fini(&code);
	later.plugin.size = 0;
	ASSERT_INT(code_adopt(&code, &later.plugin, manifest, why, sizeof(why)), PLUGIN_DESCRIPTOR);
	CU_ASSERT(strstr(why, "its size is 0") != NULL);
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

/* ---- refusals by file ----------------------------------------------------------------------- */

static void
refuses_missing_plugins(void)
{
	struct rig rig;

	rig_init(&rig);
	expect_one(&rig, PLUGIN_NOT_FOUND, "there is no good.so in");
}

static void
refuses_bad_names(void)
{
	static const char *const names[] = { "../good", "Good", "", "a/b", ".." };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct rig rig;

		rig_init(&rig);
		rig_enable(&rig, names[i]);
		rig_load(&rig, false);
		expect(&rig, 0, PLUGIN_NAME, "a-z");
		rig_fini(&rig);
	}
}

static void
follows_links_inside_only(void)
{
	struct rig rig;
	char *link;

	rig_init(&rig);
	link = xprintf("%s/good.so", rig.folder);
	CU_ASSERT_FATAL(symlink(BUILT("good"), link) == 0);
	free(link);
	expect_one(&rig, PLUGIN_SYMLINK_OUT, "link to a file outside");

	rig_init(&rig);
	plugin_copy(BUILT("good"), rig.folder, "good.so.1");
	link = xprintf("%s/good.so", rig.folder);
	CU_ASSERT_FATAL(symlink("good.so.1", link) == 0);
	free(link);
	rig_enable(&rig, "good");
	rig_load(&rig, false);
	expect(&rig, 0, PLUGIN_OK, "");
	rig_fini(&rig);
}

static void
refuses_what_is_not_a_file(void)
{
	struct rig rig;
	char *path;

	rig_init(&rig);
	path = xprintf("%s/good.so", rig.folder);
	CU_ASSERT_FATAL(mkfifo(path, 0600) == 0);
	free(path);
	expect_one(&rig, PLUGIN_NOT_REGULAR, "file type 10000");

	rig_init(&rig);
	path = xprintf("%s/good.so", rig.folder);
	CU_ASSERT_FATAL(mkdir(path, 0700) == 0);
	free(path);
	expect_one(&rig, PLUGIN_NOT_REGULAR, "file type 40000");
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
		struct rig rig;
		char *path;

		rig_init(&rig);
		plugin_copy(BUILT("good"), rig.folder, "good.so");
		path = xprintf("%s/good.so", rig.folder);
		CU_ASSERT_FATAL(chmod(path, cases[i].mode) == 0);
		free(path);
		expect_one(&rig, PLUGIN_WRITABLE, cases[i].why);
	}
}

static void
refuses_writable_directories(void)
{
	static const mode_t modes[] = { 0777, 01777, 0770 };
	const size_t n = ARRAY_SIZE(modes) - (geteuid() == 0 ? 0 : 1); /* the group may be ours */

	for (size_t i = 0; i < n; i++) {
		struct rig rig;

		rig_init(&rig);
		plugin_copy(BUILT("good"), rig.folder, "good.so");
		CU_ASSERT_FATAL(chmod(rig.folder, modes[i]) == 0);
		expect_one(&rig, PLUGIN_DIRECTORY, "run chmod go-w");
	}
}

/* A private group with one member is not another user: Debian's umask for users is 002. Its user
 * daemon has such a group. */
static void
accepts_private_groups(void)
{
	const struct passwd *daemon = getpwnam("daemon");
	const struct group *group = getgrnam("daemon");
	struct stat stat = { .st_mode = S_IFREG | 0664 };

	CU_ASSERT(others_write(&stat)); /* root has no reason to let its group write */
	stat.st_uid = 54321;		/* nobody's */
	stat.st_gid = 54321;
	CU_ASSERT(others_write(&stat));
	if (daemon == NULL || group == NULL || daemon->pw_gid != group->gr_gid ||
	    group->gr_mem[0] != NULL)
		return;
	stat.st_uid = daemon->pw_uid;
	stat.st_gid = daemon->pw_gid;
	CU_ASSERT(!others_write(&stat));
	stat.st_mode = S_IFREG | 0666;
	CU_ASSERT(others_write(&stat));
	stat.st_mode = S_IFREG | 0664;
	stat.st_gid = 0;
	CU_ASSERT(others_write(&stat));
	stat.st_mode = S_IFREG | 0644;
	CU_ASSERT(!others_write(&stat));
}

/* A folder with one plugin, good.so; its path, for free(). */
static char *
rig_with_good(struct rig *rig)
{
	rig_init(rig);
	plugin_copy(BUILT("good"), rig->folder, "good.so");
	return xprintf("%s/good.so", rig->folder);
}

/* Only root can give files away. For other users there is only a valid file of root, so nothing can
 * be refused. */
static void
refuses_foreign_owners(void)
{
	struct rig rig;
	char *path;

	path = rig_with_good(&rig);
	if (geteuid() == 0) {
		CU_ASSERT_FATAL(chown(path, 12345, 12345) == 0);
		expect_one(&rig, PLUGIN_OWNER, "belongs to uid 12345, but this host runs as 0");
		rig_init(&rig);
		plugin_copy(BUILT("good"), rig.folder, "good.so");
		CU_ASSERT_FATAL(chown(rig.folder, 12345, 12345) == 0);
		expect_one(&rig, PLUGIN_DIRECTORY, "belongs to uid 12345");
	} else {
		ASSERT_INT(chown(path, 0, 0), -1);
		rig_fini(&rig);
	}
	free(path);
}

static void
refuses_large_files(void)
{
	struct rig rig;
	char *path;

	path = rig_with_good(&rig);
	CU_ASSERT_FATAL(truncate(path, (64 << 20) + 1) == 0);
	free(path);
	expect_one(&rig, PLUGIN_TOO_LARGE, "67108865 bytes");
}

/* Half a file ends dlopen in a bus error: it must not reach dlopen. */
static void
refuses_damaged_files(void)
{
	struct rig rig;
	struct image image = image_read(BUILT("good"));

	rig_init(&rig);
	image.len /= 2;
	image_write(&image, rig.folder, "good.so");
	image_free(&image);
	expect_one(&rig, PLUGIN_TRUNCATED, "");

	rig_init(&rig);
	image = image_read(BUILT("good"));
	image.data[18] ^= 1; /* e_machine */
	image_write(&image, rig.folder, "good.so");
	image_free(&image);
	expect_one(&rig, PLUGIN_ARCHITECTURE, "ELF machine");

	rig_init(&rig);
	image = image_read(BUILT("good"));
	image.data[0] = 'M';
	image_write(&image, rig.folder, "good.so");
	image_free(&image);
	expect_one(&rig, PLUGIN_NOT_ELF, "it has no ELF header");
}

static void
refuses_bad_manifests(void)
{
	struct rig rig;
	struct image image = image_read(BUILT("good"));

	rig_init(&rig);
	image_replace(&image, "\"abi\":\"1.0\"", "\"abi\":\"2.0\"");
	image_write(&image, rig.folder, "good.so");
	image_free(&image);
	expect_one(&rig, PLUGIN_ABI, "built for ABI 2.0, but this host has 1.0");

	rig_init(&rig);
	image = image_read(BUILT("good"));
	image_replace(&image, "\"summary\"", "\"sunmary\"");
	image_write(&image, rig.folder, "good.so");
	image_free(&image);
	expect_one(&rig, PLUGIN_BAD_MANIFEST, "plugin.sunmary: unknown");

	rig_init(&rig);
	image = image_read(BUILT("good"));
	image_replace(&image, "GET /api/2.0/things/*", "EAT /api/2.0/things/*");
	image_write(&image, rig.folder, "good.so");
	image_free(&image);
	expect_one(&rig, PLUGIN_BAD_MANIFEST, "plugin.permissions[0] \"EAT /api");

	rig_init(&rig);
	image = image_read(BUILT("good"));
	image_replace(&image, "\"name\":\"good\"", "\"name\":\"evil\"");
	image_write(&image, rig.folder, "good.so");
	image_free(&image);
	expect_one(&rig, PLUGIN_MANIFEST_NAME, "but the name in the manifest is \"evil\"");
}

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
		const char *chosen; /* in the plugin's file, or NULL */
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

/* It is not named, but the report must mention that it is broken. */
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
	TEST(refuses_missing_plugins),
	TEST(refuses_bad_names),
	TEST(follows_links_inside_only),
	TEST(refuses_what_is_not_a_file),
	TEST(refuses_writable_files),
	TEST(refuses_writable_directories),
	TEST(accepts_private_groups),
	TEST(refuses_foreign_owners),
	TEST(refuses_large_files),
	TEST(refuses_damaged_files),
	TEST(refuses_bad_manifests),
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
