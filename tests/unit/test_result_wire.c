/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of results that are sent to and from a worker process. */
#include "base/json.h"
#include "result_rig.h"
#include "suite.h"

static void
round_trip(void)
{
	struct mcp_block link = { .kind = "resource_link",
				  .uri = "u:1",
				  .name = "n",
				  .trusted = true,
				  .role = "assistant" };
	struct mcp_block blob = { .kind = "resource",
				  .uri = "u:2",
				  .mime = "a/b",
				  .blob = { "\xff", 1 },
				  .trusted = true };
	struct result from, to;
	struct json_object *tree;
	const char *why;
	struct buf one, two;

	buf_init(&one, 10000);
	buf_init(&two, 10000);
	result_init(&from, &usual);
	result_init(&to, &usual);
	say(&from, "a\nb", true);
	result_block(&from, &link);
	result_block(&from, &blob);
	result_structured(&from, "{\"a\":[1,2.5,null]}", 18);
	result_meta(&from, "m", "true", 4);
	result_completion(&from, "c", 9, true);
	result_finish(&from);
	result_write(&from, &one);
	tree = json_parse(one.data, one.len, &json_upstream, &why, NULL);
	CU_ASSERT(result_read(&to, tree, &why));
	result_write(&to, &two);
	ASSERT_STR(two.data, one.data);
	ASSERT_STR(to.block[0].text, from.block[0].text);
	ASSERT_STR(to.block[1].role, "assistant");
	ASSERT_STR(to.block[2].base64, "/w==");
	ASSERT_STR(to.structured.data, from.structured.data);
	ASSERT_INT(to.completion_total, 9);
	json_object_put(tree);
	result_fini(&from);
	result_fini(&to);
	buf_fini(&one);
	buf_fini(&two);
}

static void
failure_round_trip(void)
{
	struct mcp_failure failure = { .size = sizeof(failure),
				       .status = MCP_E_UNSUPPORTED,
				       .what = "w",
				       .next = "n",
				       .http_status = 418,
				       .retry_after_ms = 1234 };
	struct json_object *tree;
	struct result from, to;
	const char *why;
	struct buf out;

	buf_init(&out, 10000);
	result_init(&from, &usual);
	result_init(&to, &usual);
	result_fail(&from, &failure);
	from.require = strdup("sampling");
	result_write(&from, &out);
	tree = json_parse(out.data, out.len, &json_upstream, &why, NULL);
	CU_ASSERT(result_read(&to, tree, &why));
	CU_ASSERT(to.failed);
	ASSERT_INT(to.status, MCP_E_UNSUPPORTED);
	ASSERT_STR(to.what, "w");
	ASSERT_STR(to.why, NULL);
	ASSERT_STR(to.require, "sampling");
	ASSERT_INT(to.http_status, 418);
	ASSERT_INT(to.retry_after_ms, 1234);
	json_object_put(tree);
	result_fini(&from);
	result_fini(&to);
	buf_fini(&out);
}

/* Results of a worker are not trusted. */
static void
hostile_results(void)
{
	static const char *const bad[] = {
		"[]",
		"{\"blocks\":[{}]}",
		"{\"blocks\":[1]}",
		"{\"blocks\":[{\"content\":{\"type\":\"video\"}}]}",
		"{\"blocks\":[{\"content\":{\"type\":\"text\"}}]}",
		"{\"blocks\":[{\"content\":{\"type\":\"text\",\"text\":1}}]}",
		"{\"blocks\":[{\"content\":{\"type\":\"image\",\"data\":\"!\"}}]}",
		"{\"blocks\":[{\"content\":{\"type\":\"resource\",\"resource\":{}}}]}",
		"{\"blocks\":[{\"content\":{\"type\":\"resource_link\",\"uri\":\"u\"}}]}",
		"{\"completion\":[1]}",
		"{\"failure\":{\"status\":\"ok\"}}",
		"{\"failure\":{\"status\":\"odd\"}}",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct json_object *tree = json_tokener_parse(bad[i]);
		struct result result;
		const char *why;

		result_init(&result, &usual);
		CU_ASSERT(!result_read(&result, tree, &why));
		CU_ASSERT_PTR_NOT_NULL(why);
		result_fini(&result);
		json_object_put(tree);
	}
}

/* Longer names than a plugin in this process could give are refused. */
static void
hostile_names(void)
{
	static const struct result_limits limits = { .rows = 1, .text = 10, .cell = 1 };
	const size_t len = 3 * (size_t)RESULT_NAMES_MAX;
	char *uri = malloc(len + 1);
	const char *why;

	memset(uri, 'u', len);
	for (size_t more = 0; more < 2; more++) {
		struct json_object *tree = json_object_new_object(),
				   *list = json_object_new_array(),
				   *entry = json_object_new_object(),
				   *content = json_object_new_object();
		struct result result;
		int n = (int)(len - 1 + more);

		json_object_object_add(tree, "blocks", list);
		json_object_array_add(list, entry);
		json_object_object_add(entry, "content", content);
		json_object_object_add(content, "type", json_object_new_string("resource_link"));
		json_object_object_add(content, "name", json_object_new_string("n"));
		json_object_object_add(content, "uri", json_object_new_string_len(uri, n));
		result_init(&result, &limits);
		ASSERT_INT(result_read(&result, tree, &why), more == 0);
		if (more > 0)
			ASSERT_STR(why, "the names in the result are longer than allowed");
		result_fini(&result);
		json_object_put(tree);
	}
	free(uri);
}

/* More text than the limit, with the host's own notes added, is refused. */
static void
hostile_sizes(void)
{
	struct result_limits limits = { .rows = 1, .text = 10, .cell = 1 };
	struct json_object *tree = json_object_new_object(), *list = json_object_new_array(),
			   *entry = json_object_new_object(), *content = json_object_new_object();
	struct result result;
	char *text = malloc(70000);
	const char *why;

	memset(text, 'x', 70000);
	json_object_object_add(tree, "blocks", list);
	json_object_array_add(list, entry);
	json_object_object_add(entry, "content", content);
	json_object_object_add(content, "type", json_object_new_string("text"));
	json_object_object_add(content, "text", json_object_new_string_len(text, 70000));
	result_init(&result, &limits);
	CU_ASSERT(!result_read(&result, tree, &why));
	ASSERT_STR(why, "the result has more text than allowed");
	result_fini(&result);
	json_object_put(tree);
	free(text);
}

static const struct test tests[] = {
	TEST(round_trip),    TEST(failure_round_trip), TEST(hostile_results),
	TEST(hostile_names), TEST(hostile_sizes),
};
SUITE(tests)
