/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of trees after the gate: members by type, raw members, writing. */
#include "base/json.h"

#include <math.h>

#include "base/buf.h"
#include "suite.h"

static struct json_object *
parse(const char *text)
{
	return json_parse(text, strlen(text), &json_inbound, NULL, NULL);
}

static void
written_is(const char *text, const char *expected)
{
	struct json_object *tree = parse(text);
	struct buf buf;

	buf_init(&buf, 10000);
	buf_json_tree(&buf, tree);
	ASSERT_STR(buf.data, expected);
	buf_fini(&buf);
	json_object_put(tree);
}

static void
members_by_type(void)
{
	struct json_object *tree = parse("{\"s\":\"x\",\"n\":7,\"d\":2.5,\"w\":1e3,\"t\":true,"
					 "\"f\":false,\"z\":null,\"o\":{\"k\":1},\"a\":[1,2]}");

	ASSERT_STR(json_str(tree, "s"), "x");
	CU_ASSERT(json_str(tree, "n") == NULL && json_str(tree, "none") == NULL);
	CU_ASSERT(json_str(NULL, "s") == NULL && json_str(json_arr(tree, "a"), "s") == NULL);
	ASSERT_INT(json_int(tree, "n", -1), 7);
	ASSERT_INT(json_int(tree, "w", -1), 1000);
	ASSERT_INT(json_int(tree, "d", -1), -1);
	ASSERT_INT(json_int(tree, "s", -1), -1);
	ASSERT_INT(json_int(tree, "z", -1), -1);
	ASSERT_INT(json_int(NULL, "n", 5), 5);
	CU_ASSERT(json_flag(tree, "t", false) && !json_flag(tree, "f", true));
	CU_ASSERT(json_flag(tree, "none", true) && !json_flag(tree, "n", false));
	ASSERT_INT(json_int(json_obj(tree, "o"), "k", 0), 1);
	CU_ASSERT(json_obj(tree, "a") == NULL && json_arr(tree, "o") == NULL);
	ASSERT_INT(json_object_array_length(json_arr(tree, "a")), 2);
	CU_ASSERT(json_get(tree, "z") == NULL && json_get(tree, "d") != NULL);
	json_object_put(tree);
}

static void
integers_at_the_borders(void)
{
	struct json_object *tree =
	    parse("{\"max\":9223372036854775807,\"min\":-9223372036854775808,"
		  "\"big\":9.3e18,\"small\":-9.3e18,\"top\":-9223372036854775808.0}");

	CU_ASSERT(json_int(tree, "max", 0) == INT64_MAX);
	CU_ASSERT(json_int(tree, "min", 0) == INT64_MIN);
	CU_ASSERT(json_int(tree, "top", 0) == INT64_MIN);
	ASSERT_INT(json_int(tree, "big", -1), -1);
	ASSERT_INT(json_int(tree, "small", -1), -1);
	json_object_put(tree);
}

static void
writing_is_compact_and_exact(void)
{
	written_is("null", "null");
	written_is(" [ 1 , true , false , null , \"a\" , { } , [ ] ] ",
		   "[1,true,false,null,\"a\",{},[]]");
	written_is("{\"b\":1,\"a\":{\"c\":[1,2]}}", "{\"b\":1,\"a\":{\"c\":[1,2]}}");
	written_is("\"a\\/b\\u00fc\\n\\u0000\"", "\"a/b\xC3\xBC\\n\\u0000\"");
	written_is("{\"\\u00fc\\n\":1}", "{\"\xC3\xBC\\n\":1}");
	written_is("[0,-1,9223372036854775807,-9223372036854775808,18446744073709551615]",
		   "[0,-1,9223372036854775807,-9223372036854775808,18446744073709551615]");
}

static void
numbers_keep_their_spelling(void)
{
	static const double numbers[] = { 0.1, 1, -2.5, 1e22, 0.30000000000000004 };
	struct json_object *array = json_object_new_array();
	struct buf buf;

	written_is("[0.1,1.0,-2.50,1e3,1E22,1e-7]", "[0.1,1.0,-2.50,1e3,1E22,1e-7]");
	written_is("[123456789012345678901234567890,-9223372036854775809]",
		   "[123456789012345678901234567890,-9223372036854775809]");
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		json_object_array_add(array, json_object_new_double(numbers[i]));
	buf_init(&buf, 100);
	buf_json_tree(&buf, array);
	ASSERT_STR(buf.data, "[0.1,1.0,-2.5,1e+22,0.30000000000000004]");
	buf_fini(&buf);
	json_object_put(array);
}

/* A tree of empty objects needs two hundred times the memory of its text. */
static void
trees_have_a_budget(void)
{
	struct json_limits limits = json_upstream;
	const char *why = NULL;
	struct json_object *tree;
	struct buf text;

	limits.memory = 100000;
	buf_init(&text, 10000);
	buf_puts(&text, "[{}");
	for (int i = 0; i < 90; i++)
		buf_puts(&text, ",{}");
	buf_putc(&text, ']');
	tree = json_parse(text.data, text.len, &limits, &why, NULL);
	CU_ASSERT_PTR_NOT_NULL(tree);
	json_object_put(tree);
	buf_rewind(&text, text.len - 1);
	for (int i = 0; i < 90; i++)
		buf_puts(&text, ",{}");
	buf_putc(&text, ']');
	CU_ASSERT_PTR_NULL(json_parse(text.data, text.len, &limits, &why, NULL));
	ASSERT_STR(why, "too many values");
	buf_fini(&text);
}

static void
numbers_without_json_form_are_null(void)
{
	struct json_object *array = json_object_new_array();
	struct buf buf;

	json_object_array_add(array, json_object_new_double((double)INFINITY));
	json_object_array_add(array, json_object_new_double((double)NAN));
	json_object_array_add(array, json_object_new_string("bad \xFF"));
	buf_init(&buf, 100);
	buf_json_tree(&buf, array);
	ASSERT_STR(buf.data, "[null,null,\"bad \xEF\xBF\xBD\"]");
	buf_fini(&buf);
	json_object_put(array);
}

static void
writing_stops_at_the_cap(void)
{
	struct json_object *tree = parse("{\"a\":[1,2,3]}");

	for (size_t cap = 0; cap < 16; cap++) {
		struct buf buf;

		buf_init(&buf, cap);
		buf_json_tree(&buf, tree);
		ASSERT_INT(buf_ok(&buf), cap >= 13);
		buf_fini(&buf);
	}
	json_object_put(tree);
}

static void
raw_is(const char *text, const char *key, const char *expected)
{
	const struct json_wanted wanted = { JSON_WHOLE, strlen(key), key };
	struct json_span raw = { NULL, 0 };
	struct json_finds finds = { .wanted = &wanted, .found = &raw, .n = 1 };
	char *copy;

	CU_ASSERT(json_gate_find(text, strlen(text), &json_inbound, NULL, &finds) == NULL);
	copy = raw.text != NULL ? strndup(raw.text, raw.len) : NULL;
	ASSERT_STR(copy, expected);
	free(copy);
}

static void
raw_members(void)
{
	raw_is("{\"id\":1.0}", "id", "1.0");
	raw_is(" { \"a\" : { \"id\" : 5 } , \"id\" : \"x\\u0041\" } ", "id", "\"x\\u0041\"");
	raw_is("{\"a\":[\"id\",{\"id\":2},\"]}\\\"\"],\"id\":1e2 }", "id", "1e2");
	raw_is("{\"\\u0069d\":7}", "id", "7");
	raw_is("{\"\\u0069\\u0064\":7}", "id", "7");
	raw_is("{\"id2\":1,\"i\":2,\"\\u0069e\":3}", "id", NULL);
	raw_is("{}", "id", NULL);
	raw_is("[\"id\",1]", "id", NULL);
	raw_is("7", "id", NULL);
	raw_is("{\"id\":null}", "id", "null");
	raw_is("{\"id\": {\"a\":[1,{\"b\":\"}\"}]}\n}", "id", "{\"a\":[1,{\"b\":\"}\"}]}");
	raw_is("{\"a\":\"\\\\\",\"id\":\"\\\"\"}", "id", "\"\\\"\"");
	raw_is("{\"\":1,\"id\":2}", "", "1");
	raw_is("[{\"id\":1}]", "id", NULL);
	raw_is("{\"id\":[]}", "id", "[]");
}

/* Members of members are found only where they were wanted. */
static void
finds_inside(void)
{
	static const struct json_wanted wanted[] = { JSON_WANTED(JSON_WHOLE, "a"),
						     JSON_WANTED(0, "b"), JSON_WANTED(1, "c") };
	static const char text[] = "{\"b\":1,\"x\":{\"b\":2,\"a\":{\"b\":3}},"
				   "\"a\":{\"c\":4,\"b\": {\"c\" :\"\\n\" }}}";
	struct json_span found[3] = { { NULL, 0 } };
	struct json_finds finds = { .wanted = wanted, .found = found, .n = 3 };

	CU_ASSERT_PTR_NULL(json_gate_find(text, strlen(text), &json_inbound, NULL, &finds));
	CU_ASSERT(finds.escapes);
	ASSERT_INT(finds.values, 10);
	CU_ASSERT(found[1].len == 12 && memcmp(found[1].text, "{\"c\" :\"\\n\" }", 12) == 0);
	CU_ASSERT(found[2].len == 4 && memcmp(found[2].text, "\"\\n\"", 4) == 0);
	/* an array has no members that are wanted */
	CU_ASSERT_PTR_NULL(json_gate_find("{\"a\":[{\"b\":1}]}", 15, &json_inbound, NULL, &finds));
	CU_ASSERT(found[0].len == 9 && found[1].text == NULL && !finds.escapes);
}

/* A tree can be made without one of the members. */
static void
member_left_out(void)
{
	static const struct json_wanted wanted[] = { JSON_WANTED(JSON_WHOLE, "b") };
	static const char *const texts[] = { "{\"a\":1,\"b\":[2],\"c\":3}",
					     "{\"a\":1, \"b\" : {} }", "{\"b\":\"x\"}",
					     "{\"a\":1}" };
	static const int left[] = { 2, 1, 0, 1 };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct json_span found, whole = { texts[i], strlen(texts[i]) };
		struct json_finds finds = { .wanted = wanted, .found = &found, .n = 1 };
		struct json_object *tree;
		const char *why = NULL;

		CU_ASSERT_PTR_NULL(
		    json_gate_find(whole.text, whole.len, &json_inbound, NULL, &finds));
		tree = json_parse_passed(&whole, &found, &json_inbound, &why);
		CU_ASSERT(why == NULL && json_object_is_type(tree, json_type_object));
		CU_ASSERT_PTR_NULL(json_get(tree, "b"));
		ASSERT_INT(json_object_object_length(tree), left[i]);
		json_object_put(tree);
	}
}

static void
texts_need_no_nul_behind(void)
{
	static const int values[] = { 1, 12, 123, 1234, 12345 };

	for (size_t len = 1; len <= 5; len++) {
		char *copy = malloc(len);
		struct json_object *tree;

		memcpy(copy, "12345", len);
		tree = json_parse(copy, len, &json_inbound, NULL, NULL);
		ASSERT_INT(json_object_get_int(tree), values[len - 1]);
		json_object_put(tree);
		free(copy);
	}
}

static const struct test tests[] = {
	TEST(members_by_type),
	TEST(integers_at_the_borders),
	TEST(writing_is_compact_and_exact),
	TEST(numbers_keep_their_spelling),
	TEST(trees_have_a_budget),
	TEST(numbers_without_json_form_are_null),
	TEST(writing_stops_at_the_cap),
	TEST(raw_members),
	TEST(finds_inside),
	TEST(member_left_out),
	TEST(texts_need_no_nul_behind),
};
SUITE(tests)
