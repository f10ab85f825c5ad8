/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of manifests: they are read from files with any damage without running code, and their
 * structure is checked. */
#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "module/read.h"
#include "plugin/loader.h"
#include "module/manifest.h"
#include "plugin_files.h"
#include "suite.h"

#define GOOD PLUGINS "/bad/good.so"

/* Returns the result of manifest_read() for a file with these bytes. */
static enum plugin_refusal
read_bytes(const char *data, size_t len, char why[256])
{
	enum plugin_refusal refusal = PLUGIN_OK;
	int fd = memfd_create("plugin", MFD_CLOEXEC);
	struct json_object *manifest;

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	why[0] = '\0';
	manifest = manifest_read(fd, &refusal, why, 256);
	CU_ASSERT((manifest != NULL) == (refusal == PLUGIN_OK));
	CU_ASSERT((why[0] == '\0') == (refusal == PLUGIN_OK));
	json_object_put(manifest);
	close(fd);
	return refusal;
}

static Elf64_Ehdr *
header(const struct image *image)
{
	return (Elf64_Ehdr *)(void *)image->data;
}

static Elf64_Phdr *
segment(const struct image *image, uint32_t type)
{
	Elf64_Phdr *first = (Elf64_Phdr *)(void *)(image->data + header(image)->e_phoff);

	for (size_t i = 0; i < header(image)->e_phnum; i++)
		if (first[i].p_type == type)
			return &first[i];
	abort();
}

static void
reads_what_the_build_wrote(void)
{
	enum plugin_refusal refusal;
	char why[256] = "";
	int fd = open(GOOD, O_RDONLY | O_CLOEXEC);
	struct json_object *manifest = manifest_read(fd, &refusal, why, sizeof(why));
	struct json_object *plugin = json_obj(manifest, "plugin");

	ASSERT_STR(json_str(plugin, "name"), "good");
	ASSERT_STR(json_str(plugin, "abi"), "1.0");
	ASSERT_STR(json_str(plugin, "version"), "1.0.0");
	ASSERT_INT(json_object_array_length(json_arr(manifest, "tools")), 1);
	ASSERT_INT(json_object_array_length(json_arr(manifest, "completions")), 0);
	CU_ASSERT(getenv("LAKEHOST_TEST_LOADED") == NULL);
	json_object_put(manifest);
	close(fd);
}

/* Every shorter file is refused, and no byte is read beyond the end of a file. */
static void
refuses_each_truncation(void)
{
	struct image image = image_read(GOOD);
	char why[256];

	ASSERT_INT(read_bytes(image.data, 0, why), PLUGIN_NOT_ELF);
	ASSERT_INT(read_bytes(image.data, 15, why), PLUGIN_NOT_ELF);
	for (size_t len = 16; len < image.len; len += len < 2048 ? 1 : 97)
		if (read_bytes(image.data, len, why) != PLUGIN_TRUNCATED) {
			printf("\n    %zu of %zu bytes: %s", len, image.len, why);
			CU_FAIL("accepted");
		}
	ASSERT_INT(read_bytes(image.data, image.len - 1, why), PLUGIN_TRUNCATED);
	ASSERT_INT(read_bytes(image.data, image.len, why), PLUGIN_OK);
	image_free(&image);
}

static void
refuses_other_files(void)
{
	static const char script[] = "#!/bin/sh\nexec something --else entirely\n";
	char why[256];

	ASSERT_INT(read_bytes(script, sizeof(script) - 1, why), PLUGIN_NOT_ELF);
}

static void
refuses_other_architectures(void)
{
	struct image image = image_read(GOOD);
	char why[256];

	header(&image)->e_machine ^= 1;
	ASSERT_INT(read_bytes(image.data, image.len, why), PLUGIN_ARCHITECTURE);
	CU_ASSERT(strstr(why, "ELF machine") != NULL);
	header(&image)->e_machine ^= 1;
	header(&image)->e_ident[EI_CLASS] = ELFCLASS32;
	ASSERT_INT(read_bytes(image.data, image.len, why), PLUGIN_ARCHITECTURE);
	CU_ASSERT(strstr(why, "class") != NULL);
	header(&image)->e_ident[EI_CLASS] = ELFCLASS64;
	header(&image)->e_ident[EI_DATA] ^= 3;
	ASSERT_INT(read_bytes(image.data, image.len, why), PLUGIN_ARCHITECTURE);
	CU_ASSERT(strstr(why, "byte order") != NULL);
	image_free(&image);
}

static void
refuses_unusual_headers(void)
{
	struct image image = image_read(GOOD);
	char why[256];
	Elf64_Phdr saved;

	header(&image)->e_type = ET_EXEC;
	ASSERT_INT(read_bytes(image.data, image.len, why), PLUGIN_NOT_ELF);
	header(&image)->e_type = ET_DYN;
	header(&image)->e_phentsize = 1;
	ASSERT_INT(read_bytes(image.data, image.len, why), PLUGIN_NOT_ELF);
	header(&image)->e_phentsize = sizeof(Elf64_Phdr);
	header(&image)->e_phoff = UINT64_MAX - 8;
	ASSERT_INT(read_bytes(image.data, image.len, why), PLUGIN_TRUNCATED);
	header(&image)->e_phoff = sizeof(Elf64_Ehdr);
	saved = *segment(&image, PT_LOAD);
	segment(&image, PT_LOAD)->p_offset = UINT64_MAX;
	ASSERT_INT(read_bytes(image.data, image.len, why), PLUGIN_TRUNCATED);
	*segment(&image, PT_LOAD) = saved;
	segment(&image, PT_LOAD)->p_memsz = 1;
	ASSERT_INT(read_bytes(image.data, image.len, why), PLUGIN_NOT_ELF);
	*segment(&image, PT_LOAD) = saved;
	segment(&image, PT_DYNAMIC)->p_type = PT_NULL;
	ASSERT_INT(read_bytes(image.data, image.len, why), PLUGIN_NOT_ELF);
	image_free(&image);
}

/* ---- notes ----------------------------------------------------------------------------------- */

/* Finds the note of the manifest in the file. */
static Elf64_Nhdr *
note(const struct image *image)
{
	char *owner = memmem(image->data, image->len, MANIFEST_NOTE_OWNER "\0\0\0\0{", 13);

	if (owner == NULL)
		abort();
	return (Elf64_Nhdr *)(void *)(owner - sizeof(Elf64_Nhdr));
}

static void
refuses_invalid_notes(void)
{
	struct image image = image_read(GOOD);
	char why[256];
	uint32_t size = note(&image)->n_descsz;

	note(&image)->n_descsz = UINT32_MAX;
	ASSERT_INT(read_bytes(image.data, image.len, why), PLUGIN_BAD_MANIFEST);
	note(&image)->n_descsz = size - 1;
	ASSERT_INT(read_bytes(image.data, image.len, why), PLUGIN_BAD_MANIFEST);
	note(&image)->n_descsz = size;
	note(&image)->n_type = 2;
	ASSERT_INT(read_bytes(image.data, image.len, why), PLUGIN_NO_MANIFEST);
	note(&image)->n_type = MANIFEST_NOTE_TYPE;
	((char *)(note(&image) + 1))[7] = 'x';
	ASSERT_INT(read_bytes(image.data, image.len, why), PLUGIN_NO_MANIFEST);
	image_free(&image);
	image = image_read(GOOD);
	note(&image)->n_namesz = UINT32_MAX;
	ASSERT_INT(read_bytes(image.data, image.len, why), PLUGIN_BAD_MANIFEST);
	image_free(&image);
}

static void
refuses_files_without_note(void)
{
	struct image image = image_read(PLUGINS "/bad/bad_note.so");
	char why[256];

	ASSERT_INT(read_bytes(image.data, image.len, why), PLUGIN_NO_MANIFEST);
	CU_ASSERT(strstr(why, "lakehost_add_plugin") != NULL);
	image_free(&image);
}

static void
refuses_damaged_manifests(void)
{
	static const struct {
		const char *from, *to, *why;
		enum plugin_refusal refusal;
	} cases[] = {
		{ "{\"plugin\"", "['plugin'", "", PLUGIN_BAD_MANIFEST },
		{ "\"vendor\"", "\"vendur\"", "vendur: is not a known member",
		  PLUGIN_BAD_MANIFEST },
		{ "\"abi\":\"1.0\"", "\"abi\":\"1.1\"", "ABI 1.1, but this host has 1.0",
		  PLUGIN_ABI },
		{ "\"abi\":\"1.0\"", "\"abi\":\"2.0\"", "ABI 2.0, but this host has 1.0",
		  PLUGIN_ABI },
		{ "\"abi\":\"1.0\"", "\"abi\":\"one\"", "MAJOR.MINOR", PLUGIN_BAD_MANIFEST },
		{ "\"tools\":", "\"toolz\":", "toolz", PLUGIN_BAD_MANIFEST },
		{ "\"default\":false", "\"default\":\"no\" ", "type boolean", PLUGIN_BAD_MANIFEST },
		{ "\"GET /api", "\"GET-/api", "permissions[0]", PLUGIN_BAD_MANIFEST },
		{ "\"additionalProperties\":false},\"default\"",
		  "\"additionalProperties\":true },\"default\"", "additionalProperties",
		  PLUGIN_BAD_MANIFEST },
		{ "\"name\":\"tool_one\"", "\"nome\":\"tool_one\"", "tools[0].name",
		  PLUGIN_BAD_MANIFEST },
		{ "LAKEHOST_TEST_ENABLE", "lakehost_test_enable", "environment",
		  PLUGIN_BAD_MANIFEST },
		{ "LAKEHOST_TEST_PLACE_ID", "LAKEHOST_TEST_TOKEN_ID", "credential",
		  PLUGIN_BAD_MANIFEST },
		{ "LAKEHOST_TEST_PLACE_ID", "LAKEHOST_TEST_PLACEURL", "_ID or _NAME",
		  PLUGIN_BAD_MANIFEST },
		{ "\"env\":\"LAKEHOST_TEST_PLACE_ID\"", "\"env\":[\"LAKEHOST_TEST_PLACES\"]",
		  "plugin.options.place", PLUGIN_BAD_MANIFEST },
	};
	char why[256];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct image image = image_read(GOOD);

		image_replace(&image, cases[i].from, cases[i].to);
		ASSERT_INT(read_bytes(image.data, image.len, why), cases[i].refusal);
		if (strstr(why, cases[i].why) == NULL)
			printf("\n    \"%s\" should hold \"%s\"", why, cases[i].why);
		CU_ASSERT(strstr(why, cases[i].why) != NULL);
		image_free(&image);
	}
}

/* ---- shape ----------------------------------------------------------------------------------- */

#define PLUGIN_PART                                                                        \
	"\"plugin\":{\"name\":\"p\",\"version\":\"1\",\"vendor\":\"v\",\"summary\":\"s\"," \
	"\"abi\":\"1.0\",\"permissions\":[],\"options\":{\"type\":\"object\","             \
	"\"additionalProperties\":false},\"default\":false,\"in_all\":false"

static bool
shape(const char *text, char why[256])
{
	const char *reason;
	size_t at;
	struct json_object *tree = json_parse(text, strlen(text), &manifest_limits, &reason, &at);
	bool ok;

	if (tree == NULL) {
		printf("\n    %s", reason);
		abort();
	}
	why[0] = '\0';
	ok = manifest_check(tree, why, 256);
	json_object_put(tree);
	return ok;
}

static void
checks_rows(void)
{
	static const struct {
		const char *rows, *why;
	} cases[] = {
		{ "\"tools\":[],\"resources\":[],\"templates\":[],\"prompts\":[],"
		  "\"completions\":[]",
		  NULL },
		{ "\"tools\":[],\"resources\":[{\"name\":\"a\",\"uri\":\"a:b\"}],"
		  "\"templates\":[{\"name\":\"a\",\"uriTemplate\":\"a:{b}\"}],\"prompts\":[],"
		  "\"completions\":[{\"ref\":{\"type\":\"ref/resource\",\"uri\":\"a:{b}\"},"
		  "\"argument\":\"b\"}]",
		  NULL },
		{ "\"tools\":[7],\"resources\":[],\"templates\":[],\"prompts\":[],"
		  "\"completions\":[]",
		  "tools[0]: must be an object" },
		{ "\"tools\":[{\"name\":\"a\",\"lakehost\":{\"former\":\"b\"}}],\"resources\":[],"
		  "\"templates\":[],\"prompts\":[],\"completions\":[]",
		  "tools[0].lakehost.former: is not allowed in a manifest" },
		{ "\"tools\":[{\"name\":\"a\",\"lakehost\":{\"requests\":[\"GET /none\"]}}],"
		  "\"resources\":[],\"templates\":[],\"prompts\":[],\"completions\":[]",
		  "tool a: lakehost.requests[0] is not one of the plugin's permissions" },
		{ "\"tools\":[],\"resources\":[{\"name\":\"a\"}],\"templates\":[],"
		  "\"prompts\":[],\"completions\":[]",
		  "resources[0].uri: must be a string that is not empty" },
		{ "\"tools\":[],\"resources\":[],\"templates\":[{\"name\":\"a\",\"uri\":\"b\"}],"
		  "\"prompts\":[],\"completions\":[]",
		  "templates[0].uriTemplate: must be a string that is not empty" },
		{ "\"tools\":[],\"resources\":[],\"templates\":[],\"prompts\":[],"
		  "\"completions\":[{\"ref\":{\"type\":\"ref/tool\",\"name\":\"a\"},"
		  "\"argument\":\"b\"}]",
		  "completions[0].ref: must name a prompt or a template of the plugin" },
		{ "\"tools\":[],\"resources\":[],\"templates\":[],\"prompts\":[]",
		  "completions: must be an array" },
	};
	char why[256], text[1024];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(text, sizeof(text), "{" PLUGIN_PART "},%s}", cases[i].rows);
		CU_ASSERT(shape(text, why) == (cases[i].why == NULL));
		if (cases[i].why != NULL && strncmp(why, cases[i].why, strlen(cases[i].why)) != 0)
			ASSERT_STR(why, cases[i].why);
	}
}

static void
checks_probes(void)
{
	static const struct {
		const char *probe;
		bool ok;
	} cases[] = { { "GET /api/2.0/me", true },
		      { "GET /api/2.0/list?limit=1", true },
		      { "POST /api/2.0/me", false },
		      { "GET /api/{id}", false },
		      { "", false } };
	char why[256], text[1024];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(text, sizeof(text),
			 "{" PLUGIN_PART ",\"probe\":\"%s\"},\"tools\":[],\"resources\":[],"
			 "\"templates\":[],\"prompts\":[],\"completions\":[]}",
			 cases[i].probe);
		CU_ASSERT(shape(text, why) == cases[i].ok);
	}
}

static void
checks_upstreams(void)
{
	static const struct {
		const char *upstream;
		bool ok;
	} cases[] = { { "{\"kind\":\"generic\",\"role\":\"tracker\"}", true },
		      { "{\"kind\":\"databricks\"}", true },
		      { "{\"kind\":\"databricks\",\"role\":\"eu\"}", true },
		      { "{\"kind\":\"generic\"}", false }, /* which one? */
		      { "{\"kind\":\"jira\",\"role\":\"x\"}", false },
		      { "{\"kind\":\"generic\",\"role\":\"A b\"}", false },
		      { "{\"kind\":\"generic\",\"role\":\"x\",\"url\":\"y\"}", false },
		      { "{}", false },
		      { "\"generic\"", false } };
	char why[256], text[1024];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(text, sizeof(text),
			 "{" PLUGIN_PART ",\"upstream\":%s},\"tools\":[],\"resources\":[],"
			 "\"templates\":[],\"prompts\":[],\"completions\":[]}",
			 cases[i].upstream);
		CU_ASSERT(shape(text, why) == cases[i].ok);
	}
}

static void
names_of_plugins(void)
{
	CU_ASSERT(manifest_name_valid("secret-values"));
	CU_ASSERT(manifest_name_valid("a"));
	CU_ASSERT(manifest_name_valid("abcdefghijklmnopqrstuvwxyz012345"));
	CU_ASSERT(!manifest_name_valid("abcdefghijklmnopqrstuvwxyz0123456"));
	CU_ASSERT(!manifest_name_valid(""));
	CU_ASSERT(!manifest_name_valid("-a"));
	CU_ASSERT(!manifest_name_valid("../a"));
	CU_ASSERT(!manifest_name_valid("A"));
	CU_ASSERT(!manifest_name_valid("a.so"));
}

static void
abi_numbers(void)
{
	unsigned major = 0, minor = 0;

	CU_ASSERT(manifest_abi_parse("1.0", &major, &minor));
	CU_ASSERT(manifest_abi_parse("12.34", &major, &minor) && major == 12 && minor == 34);
	CU_ASSERT(!manifest_abi_parse("1", &major, &minor));
	CU_ASSERT(!manifest_abi_parse("1.0.0", &major, &minor));
	CU_ASSERT(!manifest_abi_parse(" 1.0", &major, &minor));
	CU_ASSERT(!manifest_abi_parse("-1.0", &major, &minor));
	CU_ASSERT(!manifest_abi_parse("99999999.0", &major, &minor));
}

static const struct test tests[] = {
	TEST(reads_what_the_build_wrote),
	TEST(refuses_each_truncation),
	TEST(refuses_other_files),
	TEST(refuses_other_architectures),
	TEST(refuses_unusual_headers),
	TEST(refuses_invalid_notes),
	TEST(refuses_files_without_note),
	TEST(refuses_damaged_manifests),
	TEST(checks_rows),
	TEST(checks_probes),
	TEST(checks_upstreams),
	TEST(names_of_plugins),
	TEST(abi_numbers),
};

SUITE(tests)
