/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the files that the loader refuses: names, links, modes, owners, damage. */
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
	} cases[] = { { 0666, "mode 0666, so other users can write to it; run chmod go-w" },
		      { 0646, "mode 0646" },
		      { 0664, "mode 0664" } };
	/* unless the group belongs to this user alone */
	const size_t n = ARRAY_SIZE(cases) - (geteuid() == 0 ? 0 : 1);

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
	/* unless the group belongs to this user alone */
	const size_t n = ARRAY_SIZE(modes) - (geteuid() == 0 ? 0 : 1);

	for (size_t i = 0; i < n; i++) {
		struct rig rig;

		rig_init(&rig);
		plugin_copy(BUILT("good"), rig.folder, "good.so");
		CU_ASSERT_FATAL(chmod(rig.folder, modes[i]) == 0);
		expect_one(&rig, PLUGIN_DIRECTORY, "run chmod go-w");
	}
}

/* A private group with one member does not count as another user, because Debian's umask for users
 * is 002. The user daemon has such a group. */
static void
accepts_private_groups(void)
{
	const struct passwd *daemon = getpwnam("daemon");
	const struct group *group = getgrnam("daemon");
	struct stat stat = { .st_mode = S_IFREG | 0664 };

	CU_ASSERT(others_write(&stat)); /* root does not need to let its group write */
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

/* A folder with one plugin, good.so. Its path is for free(). */
static char *
rig_with_good(struct rig *rig)
{
	rig_init(rig);
	plugin_copy(BUILT("good"), rig->folder, "good.so");
	return xprintf("%s/good.so", rig->folder);
}

/* Only root can give files to another user. Other users test only a valid file of root, so no file
 * is refused. */
static void
refuses_foreign_owners(void)
{
	struct rig rig;
	char *path;

	path = rig_with_good(&rig);
	if (geteuid() == 0) {
		CU_ASSERT_FATAL(chown(path, 12345, 12345) == 0);
		expect_one(&rig, PLUGIN_OWNER, "belongs to uid 12345, but this host runs as uid 0");
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

/* With an incomplete file dlopen ends in a bus error, so the file must be refused before dlopen. */
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
	expect_one(&rig, PLUGIN_NOT_ELF, "the file has no ELF header");
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
	expect_one(&rig, PLUGIN_BAD_MANIFEST, "plugin.sunmary: is not a known member");

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

static const struct test tests[] = {
	TEST(refuses_missing_plugins),	 TEST(refuses_bad_names),
	TEST(follows_links_inside_only), TEST(refuses_what_is_not_a_file),
	TEST(refuses_writable_files),	 TEST(refuses_writable_directories),
	TEST(accepts_private_groups),	 TEST(refuses_foreign_owners),
	TEST(refuses_large_files),	 TEST(refuses_damaged_files),
	TEST(refuses_bad_manifests),
};
SUITE(tests)
