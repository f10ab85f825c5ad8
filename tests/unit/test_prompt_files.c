/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of prompts in an operator's folder: which files are accepted, and the message of each
 * fault. */
#include <sys/stat.h>

#include "base/json.h"
#include "base/mem.h"
#include "folder.h"
#include "plugin/loader.h"
#include "config/prompt_files.h"
#include "suite.h"

static struct plugins *plugins;

/* Reads the folder as the host does. */
static const struct registry *
load(void)
{
	static struct config config;
	bool critical;

	config = (struct config){ .prompt_directory = folder };
	plugins = plugins_load(&config, NULL, NULL, true, &critical);
	CU_ASSERT(!critical);
	return plugins_registry(plugins);
}

static void
done(void)
{
	plugins_free(plugins, NULL);
	plugins = NULL;
	folder_remove();
}

static void
put(const char *name, const char *text)
{
	free(folder_put(name, text, 0644));
}

/* The only fault, without the path of the folder. */
static const char *
only_fault(void)
{
	const struct strings *faults = plugins_prompt_faults(plugins);

	if (faults->count != 1 || strncmp(faults->item[0], folder, strlen(folder)) != 0)
		return faults->count == 0 ? "(none)" : faults->item[0];
	return faults->item[0] + strlen(folder) + 1;
}

static const char *
message(const struct row *row, size_t i, const char *key)
{
	struct json_object *list = json_arr(row != NULL ? row->meta : NULL, "messages");

	return list != NULL ? json_str(json_object_array_get_idx(list, i), key) : NULL;
}

/* The prompt as a client sees it. */
static struct json_object *
shown(const struct row *row)
{
	return row != NULL ? row->json : NULL;
}

static const char *
argument(const struct row *row, size_t i, const char *key)
{
	struct json_object *list = json_arr(shown(row), "arguments");

	return list != NULL ? json_str(json_object_array_get_idx(list, i), key) : NULL;
}

/* ---- accepted -------------------------------------------------------------------------------- */

static void
markdown_is_read(void)
{
	const struct registry *registry;
	const struct row *row;

	folder_make();
	put("review.md",
	    "---\r\ntitle: Review: all of it \r\ndescription:A text.\n\n"
	    "required path: The path.\noptional focus:\n---\n\nRead {{path}}.\n{ {{focus}} }\n\n");
	registry = load();
	CU_ASSERT(plugins_prompt_faults(plugins)->count == 0);
	row = registry_prompt(registry, "review", row_view_of(ACCESS_ADMIN));
	CU_ASSERT(row != NULL && row->provider == NULL);
	ASSERT_STR(json_str(shown(row), "title"), "Review: all of it");
	ASSERT_STR(json_str(shown(row), "description"), "A text.");
	ASSERT_STR(argument(row, 0, "name"), "path");
	ASSERT_STR(argument(row, 0, "description"), "The path.");
	CU_ASSERT(json_flag(json_object_array_get_idx(json_arr(shown(row), "arguments"), 0),
			    "required", false));
	ASSERT_STR(argument(row, 1, "name"), "focus");
	CU_ASSERT(argument(row, 1, "description") == NULL);
	ASSERT_STR(message(row, 0, "role"), "user");
	ASSERT_STR(message(row, 0, "text"), "Read {{path}}.\n{ {{focus}} }");
	CU_ASSERT(message(row, 1, "text") == NULL);
	CU_ASSERT(json_get(shown(row), "lakehost") == NULL);
	done();
}

static void
text_alone_is_enough(void)
{
	const struct row *row;

	folder_make();
	put("plain.md", "-- not a rule\nText with { braces } and {{");
	row = registry_prompt(load(), "plain", row_view_of(ACCESS_ADMIN));
	ASSERT_STR(message(row, 0, "text"), "-- not a rule\nText with { braces } and {{");
	done();
}

static void
json_is_read(void)
{
	const struct row *row;

	folder_make();
	put("two.json", "{\"title\":\"Two\",\"arguments\":[{\"name\":\"a\",\"required\":true}],"
			"\"messages\":[{\"role\":\"user\",\"text\":\"{{a}}\"},"
			"{\"role\":\"assistant\",\"text\":\"Yes.\"}]}");
	row = registry_prompt(load(), "two", row_view_of(ACCESS_ADMIN));
	CU_ASSERT(plugins_prompt_faults(plugins)->count == 0);
	ASSERT_STR(json_str(shown(row), "title"), "Two");
	ASSERT_STR(message(row, 1, "role"), "assistant");
	ASSERT_STR(message(row, 1, "text"), "Yes.");
	CU_ASSERT(json_get(shown(row), "messages") == NULL);
	done();
}

static void
others_are_passed_over(void)
{
	folder_make();
	put("README.md", "How to write prompts: {{name}}");
	put(".hidden.md", "{{x}}");
	put("notes.txt", "{{x}}");
	put("backup.md~", "{{x}}");
	put("b.md", "B");
	put("a.md", "A");
	CU_ASSERT(registry_count(load(), ROW_PROMPT, row_view_of(ACCESS_READ)) == 2);
	CU_ASSERT(plugins_prompt_faults(plugins)->count == 0);
	ASSERT_STR(registry_at(plugins_registry(plugins), ROW_PROMPT, 0)->name, "a");
	done();
}

/* ---- refused --------------------------------------------------------------------------------- */

static void
faults_are_named(void)
{
	static const struct {
		const char *name, *text, *fault;
	} cases[] = {
		{ "a.md", "", "a.md:1: the text is empty" },
		{ "a.md", "---\n---\n \n", "a.md:3: the text is empty" },
		{ "a.md", "---\ntitle: x\n", "a.md:1: the head must end with a second line ---" },
		{ "a.md", "---\ntitle\n---\nx", "a.md:2: is not \"KEY: TEXT\"" },
		{ "a.md", "---\nhead: x\n---\nx",
		  "a.md:2: \"head\" must be title, description, required NAME or optional NAME" },
		{ "a.md", "---\ntitle: x\ntitle: y\n---\nx", "a.md:3: a second title" },
		{ "a.md", "---\nrequired : x\n---\nx",
		  "a.md:2: the name of an argument is missing" },
		{ "a.md", "---\noptional A b: x\n---\nx",
		  "a.md: prompt a: arguments[0].name: must be a name" },
		{ "a.md", "---\noptional a: x\noptional a: y\n---\nx",
		  "a.md: prompt a: arguments[1]: \"a\" is listed twice" },
		{ "a.md", "one\ntwo {{b}}", "a.md:2: {{b}} is not an argument" },
		{ "a.md", "{{ a }}", "a.md:1: {{ a }} is not an argument" },
		{ "a.md", "\xff", "a.md: is not UTF-8" },
		{ "A.md", "x",
		  "A.md: prompt A: the name must have 1 to 35 characters of a-z, 0-9 and _" },
		{ "a.json", "[]", "a.json: the file must contain a JSON object" },
		{ "a.json", "{\n\"messages\":", "a.json:2: unfinished value" },
		{ "a.json", "{}", "a.json: messages must be a list of 1 to 16" },
		{ "a.json", "{\"messages\":[]}", "a.json: messages must be a list of 1 to 16" },
		{ "a.json", "{\"messages\":[1]}",
		  "a.json: messages[0].role must be user or assistant" },
		{ "a.json", "{\"messages\":[{\"role\":\"user\"}]}",
		  "a.json: messages[0].text is missing" },
		{ "a.json", "{\"messages\":[{\"role\":\"user\",\"text\":\"x\",\"a\":1}]}",
		  "a.json: messages[0] has members other than role and text" },
		{ "a.json", "{\"messages\":[{\"role\":\"user\",\"text\":\"{{x}}\"}]}",
		  "a.json: {{x}} is not an argument" },
		{ "a.json", "{\"name\":\"b\"}", "a.json: name is not allowed in a file" },
		{ "a.json", "{\"lakehost\":{}}", "a.json: lakehost is not allowed in a file" },
		{ "a.json", "{\"arguments\":{}}", "a.json: arguments must be a list" },
		{ "a.json", "{\"icon\":1,\"messages\":[{\"role\":\"user\",\"text\":\"x\"}]}",
		  "a.json: prompt a: icon: is not a known member" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		folder_make();
		put(cases[i].name, cases[i].text);
		put("fine.md", "This one is.");
		CU_ASSERT(registry_prompt(load(), "fine", row_view_of(ACCESS_ADMIN)) != NULL);
		ASSERT_STR(only_fault(), cases[i].fault);
		done();
	}
}

static void
names_are_taken_once(void)
{
	folder_make();
	put("a.md", "One.");
	put("a.json", "{\"messages\":[{\"role\":\"user\",\"text\":\"Two.\"}]}");
	ASSERT_STR(message(registry_prompt(load(), "a", row_view_of(ACCESS_ADMIN)), 0, "text"),
		   "Two.");
	ASSERT_STR(only_fault(), "a.md: prompt a: \"a\" is already used by a.json");
	done();
}

static void
files_of_others_are_refused(void)
{
	folder_make();
	free(folder_put("a.md", "x", 0666));
	CU_ASSERT(registry_prompt(load(), "a", row_view_of(ACCESS_ADMIN)) == NULL);
	ASSERT_STR(only_fault(),
		   "a.md: has mode 0666, so other users can write to it; run chmod go-w on it");
	done();
}

static void
sizes_are_bounded(void)
{
	char *text = xmalloc(PROMPT_BYTES_MAX + 2), *what;

	memset(text, 'x', PROMPT_BYTES_MAX + 1);
	text[PROMPT_BYTES_MAX] = '\0';
	folder_make();
	put("most.md", text);
	CU_ASSERT(registry_prompt(load(), "most", row_view_of(ACCESS_ADMIN)) != NULL);
	done();
	text[PROMPT_BYTES_MAX] = 'x';
	text[PROMPT_BYTES_MAX + 1] = '\0';
	folder_make();
	put("more.md", text);
	load();
	what = xprintf("%s/more.md is larger than %u bytes", folder, PROMPT_BYTES_MAX);
	ASSERT_STR(plugins_prompt_faults(plugins)->item[0], what);
	free(what);
	done();
	free(text);
}

static void
numbers_are_bounded(void)
{
	char name[16];

	folder_make();
	for (unsigned i = 0; i <= PROMPT_FILES_MAX; i++) {
		snprintf(name, sizeof(name), "p%03u.md", i);
		put(name, "x");
	}
	CU_ASSERT(registry_count(load(), ROW_PROMPT, row_view_of(ACCESS_READ)) == PROMPT_FILES_MAX);
	CU_ASSERT(plugins_prompt_faults(plugins)->count == 1);
	done();
}

static void
folders_can_be_missing(void)
{
	struct prompt_files files;

	prompt_files_read(&files, NULL);
	CU_ASSERT(files.count == 0 && files.faults.count == 0);
	prompt_files_fini(&files);
	prompt_files_read(&files, "/nonexistent/prompts");
	CU_ASSERT(files.count == 0 && files.faults.count == 1);
	ASSERT_STR(files.faults.item[0], "/nonexistent/prompts: No such file or directory");
	prompt_files_fini(&files);
}

static const struct test tests[] = {
	TEST(markdown_is_read),
	TEST(text_alone_is_enough),
	TEST(json_is_read),
	TEST(others_are_passed_over),
	TEST(faults_are_named),
	TEST(names_are_taken_once),
	TEST(files_of_others_are_refused),
	TEST(sizes_are_bounded),
	TEST(numbers_are_bounded),
	TEST(folders_can_be_missing),
};

SUITE(tests)
