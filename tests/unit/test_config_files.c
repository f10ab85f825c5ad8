/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the configuration as files: references, modes, the search, and files of plugins. */
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/faults.h"
#include "config/plugins.h"
#include "config/reference.h"
#include "config/text.h"
#include "config_rig.h"
#include "folder.h"
#include "suite.h"
#include "upstream/upstream.h"

static void
make_folder(void)
{
	char *path;

	clean_environment();
	folder_make();
	path = folder_path("plugins-enabled");
	mkdir(path, 0755);
	free(path);
	path = folder_path("plugins-available");
	mkdir(path, 0755);
	free(path);
}

static struct config *
load(const char *path, struct config_faults *faults)
{
	struct config_overrides overrides = { .file = path };

	return config_load(&overrides, upstream_load, faults);
}

static struct config *
load_fine(const char *path)
{
	struct config_faults faults = { 0 };

	return must_be_fine(load(path, &faults), &faults);
}

static void
wrong_file(const char *path, const char *expected)
{
	struct config_faults faults = { 0 };

	CU_ASSERT(load(path, &faults) == NULL);
	ASSERT_INT(faults.count, 1);
	if (faults.count > 0 && strstr(faults.line[0], expected) == NULL)
		printf("\n    \"%s\" should say \"%s\"", faults.line[0], expected);
	CU_ASSERT(faults.count > 0 && strstr(faults.line[0], expected) != NULL);
	config_faults_fini(&faults);
}

static void
references(void)
{
	char why[256], *path, *reference, *value;

	make_folder();
	path = folder_put("secret", "s3cret\n", 0600);
	reference = xprintf("file:%s", path);
	value = reference_read(reference, why, sizeof(why));
	ASSERT_STR(value, "s3cret");
	free(value);
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	value = reference_read("credential:secret", why, sizeof(why));
	ASSERT_STR(value, "s3cret");
	free(value);
	CU_ASSERT(reference_read("credential:../secret", why, sizeof(why)) == NULL);
	CU_ASSERT(reference_read("credential:..", why, sizeof(why)) == NULL);
	CU_ASSERT(reference_read("file:secret", why, sizeof(why)) == NULL);
	ASSERT_STR(why, "file: must be followed by an absolute path");
	CU_ASSERT(reference_read("env:NO_SUCH_VARIABLE", why, sizeof(why)) == NULL);
	ASSERT_STR(why, "the environment variable NO_SUCH_VARIABLE is not set");
	setenv("EMPTY_VARIABLE", "", 1);
	CU_ASSERT(reference_read("env:EMPTY_VARIABLE", why, sizeof(why)) == NULL);
	ASSERT_STR(why, "the value of env:EMPTY_VARIABLE is empty");
	CU_ASSERT(reference_read("file:/tmp", why, sizeof(why)) == NULL);
	ASSERT_STR(why, "/tmp is not a regular file");
	unsetenv("CREDENTIALS_DIRECTORY");
	CU_ASSERT(reference_read("credential:secret", why, sizeof(why)) == NULL);
	CU_ASSERT(!reference_is("secret") && reference_is("env:X"));
	free(path);
	free(reference);
	folder_remove();
}

static void
modes(void)
{
	struct config *c;
	char *path;

	make_folder();
	path =
	    folder_put("l.conf",
		       "upstreams = { workspace = { host = \"h\"; token = \"dapi1\"; }; };", 0600);
	c = load_fine(path);
	CU_ASSERT(strcmp(c->file, path) == 0);
	ASSERT_STR(c->upstream[0].secret, "dapi1");
	config_free(c);
	chmod(path, 0644);
	wrong_file(path, "the file contains a token, and every user may read the file");
	free(path);
	setenv("SOME_TOKEN", "dapi2", 1);
	path = folder_put("l.conf",
			  "upstreams = { workspace = { host = \"h\"; token = \"env:SOME_TOKEN\"; "
			  "}; };",
			  0644);
	c = load_fine(path);
	config_free(c);
	chmod(path, 0666);
	wrong_file(path, "every user may write to this file");
	free(path);
	wrong_file("/nonexistent/l.conf", "cannot read /nonexistent/l.conf");
	folder_remove();
}

static void
search(void)
{
	char *path;
	struct config *c;

	make_folder();
	path = xprintf("%s/lakehost", folder);
	mkdir(path, 0755);
	free(path);
	path = folder_put("lakehost/lakehost.conf", "limits = { depth = 10; };", 0644);
	setenv("XDG_CONFIG_HOME", folder, 1);
	c = load_fine(NULL);
	ASSERT_STR(c->file, path);
	ASSERT_INT(c->limits.depth, 10);
	config_free(c);
	free(path);
	folder_remove();
	clean_environment();
	c = load_fine(NULL);
	CU_ASSERT(c->file == NULL || strstr(c->file, "/etc/lakehost/") != NULL);
	config_free(c);
}

static void
dropins(void)
{
	const struct config_plugin *p;
	char *path, *target, *link;
	struct config *c;

	make_folder();
	free(folder_put("plugins-available/data.conf",
			"isolation = \"none\"; options = { a = 1;\nb = "
			"[ \"x\\\"y\", \"z\" ]; c = { d = true; e = 1.5; f = 5000000000L; }; };",
			0644));
	free(folder_put("plugins-enabled/alpha.conf",
			"critical = true; permissions = [ \"GET /a/*\" ];", 0644));
	free(folder_put("plugins-enabled/.hidden.conf", "junk", 0644));
	free(folder_put("plugins-enabled/README", "junk", 0644));
	target = xprintf("%s/plugins-available/data.conf", folder);
	link = xprintf("%s/plugins-enabled/zeta.conf", folder);
	ASSERT_INT(symlink(target, link), 0);
	path = folder_put("l.conf", "plugins = { enabled = [ \"data\", \"mid\", \"alpha\" ]; };",
			  0644);
	c = load_fine(path);
	CU_ASSERT(!c->plugins.defaults);
	ASSERT_INT(c->plugins.count, 4);
	p = c->plugins.plugin;
	ASSERT_STR(p[0].name, "alpha");
	CU_ASSERT(p[0].critical && p[0].narrowed && p[0].isolation == ISOLATION_PROCESS);
	ASSERT_STR(p[0].permissions.item[0], "GET /a/*");
	ASSERT_STR(p[0].options, "{}");
	CU_ASSERT(strstr(p[0].where, "/plugins-enabled/alpha.conf:1") != NULL);
	/* a plugin that is enabled by name has its settings from plugins-available */
	ASSERT_STR(p[1].name, "data");
	ASSERT_INT(p[1].isolation, ISOLATION_NONE);
	ASSERT_STR(p[1].options, "{\"a\":1,\"b\":[\"x\\\"y\",\"z\"],\"c\":{\"d\":true,\"e\":1.5,"
				 "\"f\":5000000000}}");
	ASSERT_INT(p[1].option_places.count, 3);
	CU_ASSERT(strncmp(p[1].option_places.item[1], "b=", 2) == 0);
	CU_ASSERT(strstr(p[1].option_places.item[1], "/plugins-available/data.conf:2") != NULL);
	ASSERT_STR(p[2].name, "mid");
	CU_ASSERT(!p[2].narrowed && p[2].isolation == ISOLATION_PROCESS);
	ASSERT_STR(p[3].name, "zeta");
	ASSERT_INT(p[3].isolation, ISOLATION_NONE);
	CU_ASSERT(config_plugin_settings(c, "zeta") == &p[3]);
	CU_ASSERT(config_plugin_settings(c, "nobody") == NULL);
	config_free(c);
	free(path);
	free(target);
	free(link);
	folder_remove();
}

static void
dropins_decide(void)
{
	char *path, *directory;
	struct config *c;

	make_folder();
	free(folder_put("plugins-available/data.conf", "isolation = \"none\";", 0644));
	path = folder_put("l.conf", "", 0644);
	c = load_fine(path); /* an empty plugins-enabled means that no plugin is enabled */
	CU_ASSERT(!c->plugins.defaults && !c->plugins.all && c->plugins.count == 0);
	CU_ASSERT(config_plugin_settings(c, "data") == NULL);
	config_free(c);
	directory = xprintf("%s/plugins-enabled", folder);
	rmdir(directory);
	free(directory);
	c = load_fine(path);
	CU_ASSERT(c->plugins.defaults);
	CU_ASSERT(config_plugin_settings(c, "data") != NULL);
	config_free(c);
	free(path);
	folder_remove();
}

static void
dropins_refused(void)
{
	char *path, *bad;

	make_folder();
	path = folder_put("l.conf", "", 0644);
	bad = folder_put("plugins-enabled/a.conf", "isolatoin = \"none\";", 0644);
	wrong_file(path, "/plugins-enabled/a.conf:1: isolatoin: unknown key; did you mean "
			 "\"isolation\"?");
	free(bad);
	bad = folder_put("plugins-enabled/a.conf", "permissions = [ \"FETCH /a\" ];", 0644);
	wrong_file(path, "permissions: \"FETCH /a\": ");
	free(bad);
	bad = folder_put("plugins-enabled/a.conf", "upstream = \"mars\";", 0644);
	wrong_file(path, "upstream: there is no upstreams.mars");
	free(bad);
	bad = folder_put("plugins-enabled/a.conf", "upstream = \"workspace\";", 0666);
	wrong_file(path, "every user may write to this file");
	unlink(bad);
	ASSERT_INT(symlink("/nonexistent", bad), 0);
	wrong_file(path, "cannot read");
	unlink(bad);
	free(bad);
	bad = folder_put("plugins-enabled/Big Name.conf", "", 0644);
	wrong_file(path, "is not a valid plugin name");
	free(bad);
	free(path);
	folder_remove();
}

static void
folders(void)
{
	char *text;

	make_folder();
	text = xprintf("plugins = { transfer_dirs = [ \"%s\" ]; directories = \"%s\"; "
		       "secret_references = [ \"env:A\", \"file:/b\" ]; };",
		       folder, folder);
	config_free(fine(text));
	free(text);
	wrong("plugins = { transfer_dirs = [ \"tmp\" ]; };",
	      "t.conf:1: plugins.transfer_dirs: \"tmp\" is not an absolute path");
	wrong("prompts = { directory = \"tmp\"; };",
	      "t.conf:1: prompts.directory: \"tmp\" is not an absolute path");
	wrong("plugins = { transfer_dirs = [ \"/\" ]; };",
	      "t.conf:1: plugins.transfer_dirs: / cannot be used as a directory");
	wrong("plugins = { transfer_dirs = [ \"/nonexistent\" ]; };",
	      "t.conf:1: plugins.transfer_dirs: /nonexistent cannot be used as a directory");
	wrong("plugins = { secret_references = [ \"dapi1\" ]; };",
	      "t.conf:1: plugins.secret_references: \"dapi1\": the value must have the form "
	      "env:NAME, file:PATH or credential:NAME");
	wrong("plugins = { enabled = [ \"../evil\" ]; };",
	      "t.conf:1: plugins.enabled: \"../evil\" is not a valid plugin name");
	folder_remove();
}

/* The installed files of plugins are valid, also when every setting in them is in effect. */
static void
samples_of_plugins(void)
{
	static const char *const names[] = { "compute", "workspace",	 "data",
					     "jobs",	"files",	 "ml",
					     "secrets", "secret-values", "prompts" };
	struct config *c;
	char why[256], *path;
	size_t len;

	make_folder();
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *from = xprintf("%s/plugins-available/%s.conf", ETC_DIR, names[i]);
		char *to = xprintf("plugins-enabled/%s.conf", names[i]);
		char *text = text_read(from, 65536, &len, NULL, why, sizeof(why));

		ASSERT_STR(text != NULL ? "read" : why, "read");
		if (text != NULL && i % 2 == 0)
			for (char *p = text; (p = strstr(p, "\n#")) != NULL; p++)
				p[1] = p[2] == ' ' ? '#' : ' ';
		free(folder_put(to, text != NULL ? text : "", 0644));
		free(text);
		free(from);
		free(to);
	}
	path = folder_put("l.conf", "", 0644);
	c = load_fine(path);
	ASSERT_INT(c->plugins.count, ARRAY_SIZE(names));
	for (size_t i = 0; i < c->plugins.count; i++) {
		const struct config_plugin *plugin = &c->plugins.plugin[i];
		bool effective =
		    strcmp(plugin->name, "workspace") != 0 && strcmp(plugin->name, "jobs") != 0 &&
		    strcmp(plugin->name, "ml") != 0 && strcmp(plugin->name, "secret-values") != 0;

		ASSERT_INT(plugin->isolation, ISOLATION_NONE);
		CU_ASSERT(plugin->narrowed == effective);
		ASSERT_STR(plugin->upstream, effective ? "workspace" : NULL);
	}
	config_free(c);
	free(path);
	folder_remove();
}

static void
systemd(void)
{
	const struct config_overrides passed = { .sockets_passed = true };
	struct config *c;

	clean_environment();
	setenv("STATE_DIRECTORY", "/var/lib/lakehost:/other", 1);
	c = fine(NULL);
	ASSERT_INT(c->server.listeners, 0);
	CU_ASSERT(c->server.stdio);
	ASSERT_STR(c->server.state_keys.item[0], "/var/lib/lakehost/state.key");
	CU_ASSERT(c->server.state_key_made);
	config_free(c);
	c = fine_with(NULL, &passed);
	ASSERT_INT(c->server.listeners, 1);
	ASSERT_INT(c->server.listener[0].kind, LISTEN_SYSTEMD);
	CU_ASSERT(!c->server.stdio);
	config_free(c);
	clean_environment();
}

static void
state_keys(void)
{
	struct config *c;

	clean_environment();
	setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x", 1);
	c = fine("server = { state_key = [ \"credential:key\", \"file:/old\" ]; };");
	ASSERT_INT(c->server.state_keys.count, 2);
	ASSERT_STR(c->server.state_keys.item[0], "/run/credentials/x/key");
	ASSERT_STR(c->server.state_keys.item[1], "/old");
	CU_ASSERT(!c->server.state_key_made);
	config_free(c);
	wrong("server = { state_key = \"/k\"; };",
	      "t.conf:1: server.state_key: \"/k\": the value must have the form env:NAME, "
	      "file:PATH or credential:NAME");
	wrong("server = { state_key = \"env:K\"; };",
	      "t.conf:1: server.state_key: \"env:K\": the path is not a file");
	clean_environment();
	unsetenv("HOME");
	c = fine(NULL);
	ASSERT_INT(c->server.state_keys.count, 0);
	config_free(c);
}

static const struct test tests[] = {
	TEST(references),     TEST(modes),	     TEST(search),  TEST(dropins),
	TEST(dropins_decide), TEST(dropins_refused), TEST(folders), TEST(samples_of_plugins),
	TEST(systemd),	      TEST(state_keys),
};
SUITE(tests)
