/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the JSON writer: the texts that it writes, and the texts that it refuses. */
#include "base/json_write.h"

#include <math.h>

#include "base/buf.h"
#include "base/json.h"
#include "child.h"
#include "suite.h"

static struct buf out;
static struct json json;

static void
start(void)
{
	buf_fini(&out);
	buf_init(&out, 4096);
	json_start(&json, &out);
}

/* Asserts that the text is complete, equals this one, and passes the gate. */
static void
assert_written(const char *expected)
{
	size_t at;

	CU_ASSERT(json_complete(&json));
	ASSERT_STR(out.data, expected);
	CU_ASSERT_PTR_NULL(json_gate(out.data, out.len, &json_upstream, &at));
	buf_fini(&out);
}

static void
values_of_each_kind(void)
{
	struct json_object *tree = json_parse("{\"a\":[1,null]}", 14, &json_upstream, NULL, NULL);

	start();
	json_begin(&json, '{');
	json_string(json_member(&json, "quote\""), "line\nend");
	json_string(json_member(&json, "none"), NULL);
	json_text(json_member(&json, "text"), "ab\xFF", 3);
	json_number(json_member(&json, "least"), INT64_MIN);
	json_boolean(json_member(&json, "yes"), true);
	json_boolean(json_member(&json, "no"), false);
	json_tree(json_member(&json, "tree"), tree);
	json_tree(json_member(&json, "no tree"), NULL);
	json_raw(json_member(&json, "raw"), "[1e3]", 5);
	json_open_string(json_member(&json, "pieces"));
	buf_json_inside(&out, "a\"", 2);
	buf_puts(&out, "b");
	json_close_string(&json);
	json_optional(&json, "left out", NULL);
	json_optional(&json, "here", "");
	json_end(&json);
	assert_written("{\"quote\\\"\":\"line\\nend\",\"none\":null,\"text\":\"ab\xEF\xBF\xBD\","
		       "\"least\":-9223372036854775808,\"yes\":true,\"no\":false,"
		       "\"tree\":{\"a\":[1,null]},\"no tree\":null,\"raw\":[1e3],"
		       "\"pieces\":\"a\\\"b\",\"here\":\"\"}");
	json_object_put(tree);
}

static void
commas_stand_between(void)
{
	start();
	json_begin(&json, '[');
	json_begin(&json, '[');
	json_end(&json);
	json_begin(&json, '{');
	json_end(&json);
	json_number(&json, 1);
	json_begin(&json, '{');
	json_begin(json_member(&json, "a"), '[');
	json_string(&json, "x");
	json_string(&json, "y");
	json_end(&json);
	json_number(json_member(&json, "b"), 2);
	json_end(&json);
	json_number(&json, 3);
	json_end(&json);
	assert_written("[[],{},1,{\"a\":[\"x\",\"y\"],\"b\":2},3]");
}

static void
doubles_are_short(void)
{
	static const double numbers[] = { 1, -2, 0.5, 1e15, 0.1 + 0.2, 123456789012345.0 };

	start();
	json_begin(&json, '[');
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		json_double(&json, numbers[i]);
	json_double(&json, (double)INFINITY);
	json_double(&json, (double)NAN);
	json_end(&json);
	assert_written("[1,-2,0.5,1e+15,0.30000000000000004,123456789012345,0,0]");
}

/* Parts are written separately, in several steps, and then inserted. */
static void
insides_are_spliced(void)
{
	struct buf members, values;
	struct json part;

	buf_init(&members, 100);
	buf_init(&values, 100);
	json_start_inside(&part, &members, '{');
	CU_ASSERT(json_complete(&part));
	json_number(json_member(&part, "a"), 1);
	json_start_inside(&part, &members, '{');
	json_begin(json_member(&part, "b"), '[');
	CU_ASSERT_FALSE(json_complete(&part));
	json_end(&part);
	CU_ASSERT(json_complete(&part));
	json_start_inside(&part, &values, '[');
	json_string(&part, "v");
	json_start_inside(&part, &values, '[');
	json_string(&part, "w");
	start();
	json_begin(&json, '{');
	json_splice(&json, "", 0);
	json_splice(&json, members.data, members.len);
	json_begin(json_member(&json, "c"), '[');
	json_splice(&json, values.data, values.len);
	json_number(&json, 2);
	json_splice(&json, values.data, values.len);
	json_end(&json);
	json_splice(&json, "", 0);
	json_boolean(json_member(&json, "d"), true);
	json_end(&json);
	assert_written("{\"a\":1,\"b\":[],\"c\":[\"v\",\"w\",2,\"v\",\"w\"],\"d\":true}");
	buf_fini(&members);
	buf_fini(&values);
}

static void
a_writer_goes_back(void)
{
	struct json_mark mark;

	start();
	json_begin(&json, '{');
	json_number(json_member(&json, "a"), 1);
	mark = json_here(&json);
	json_begin(json_member(&json, "b"), '[');
	json_number(&json, 1);
	json_back(&json, &mark);
	json_number(json_member(&json, "c"), 2);
	json_end(&json);
	assert_written("{\"a\":1,\"c\":2}");
}

/* A text that is too long or too deep is refused. */
static void
what_does_not_fit_fills_the_buffer(void)
{
	for (size_t cap = 0; cap < 16; cap++) {
		buf_init(&out, cap);
		json_start(&json, &out);
		json_begin(&json, '{');
		json_begin(json_member(&json, "a"), '[');
		json_number(&json, 10);
		json_number(&json, 20);
		json_end(&json);
		json_end(&json);
		CU_ASSERT(json_complete(&json));
		ASSERT_INT(buf_ok(&out), cap >= 13);
		buf_fini(&out);
	}
	for (unsigned depth = JSON_WRITE_DEPTH; depth < JSON_WRITE_DEPTH + 3; depth++) {
		start();
		for (unsigned i = 0; i < depth; i++) {
			json_begin(&json, i % 2 == 0 ? '{' : '[');
			if (i % 2 == 0)
				json_member(&json, "a");
		}
		json_number(&json, 1);
		for (unsigned i = 0; i < depth; i++)
			json_end(&json);
		CU_ASSERT(json_complete(&json));
		ASSERT_INT(buf_ok(&out), depth <= JSON_WRITE_DEPTH);
	}
	start();
	json_raw(&json, "", 0);
	CU_ASSERT_FALSE(buf_ok(&out));
	buf_fini(&out);
}

/* ---- mistakes of the writer's caller -------------------------------------------------------- */

static void
two_values(void)
{
	start();
	json_number(&json, 1);
	json_number(&json, 2);
}

static void
value_without_name(void)
{
	start();
	json_begin(&json, '{');
	json_number(&json, 1);
}

static void
name_in_array(void)
{
	start();
	json_begin(&json, '[');
	json_member(&json, "a");
}

static void
two_names(void)
{
	start();
	json_begin(&json, '{');
	json_member(json_member(&json, "a"), "b");
}

static void
name_without_value(void)
{
	start();
	json_begin(&json, '{');
	json_member(&json, "a");
	json_end(&json);
}

static void
end_without_begin(void)
{
	start();
	json_number(&json, 1);
	json_end(&json);
}

static void
end_of_the_inside(void)
{
	start();
	json_start_inside(&json, &out, '{');
	json_end(&json);
}

static void
back_behind_the_end(void)
{
	struct json_mark mark;

	start();
	json_begin(&json, '[');
	mark = json_here(&json);
	json_end(&json);
	json_back(&json, &mark);
}

static void
value_in_string(void)
{
	start();
	json_begin(&json, '[');
	json_open_string(&json);
	json_number(&json, 1);
}

static void
no_bracket(void)
{
	start();
	json_begin(&json, '(');
}

static void
mistakes_end_the_process(void)
{
	static void (*const mistakes[])(
	    void) = { two_values,	   value_without_name, name_in_array,	  two_names,
		      name_without_value,  end_without_begin,  end_of_the_inside, no_bracket,
		      back_behind_the_end, value_in_string };

	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		CU_ASSERT(child_aborts(mistakes[i]));
		CU_ASSERT(strstr(child_output(), "core/base/json_write.c:") != NULL);
	}
}

static const struct test tests[] = {
	TEST(values_of_each_kind),	TEST(commas_stand_between),
	TEST(doubles_are_short),	TEST(insides_are_spliced),
	TEST(a_writer_goes_back),	TEST(what_does_not_fit_fills_the_buffer),
	TEST(mistakes_end_the_process),
};
SUITE(tests)
