/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the message that a model gets about its arguments, and of the arguments that are
 * corrected before the check. */
#include "registry/schema.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/mask.h"
#include "suite.h"

/* A typical tool. */
static const char table_tool[] =
    "{\"type\":\"object\",\"properties\":{"
    "\"table\":{\"type\":\"string\",\"minLength\":1,\"description\":\"catalog.schema.table\"},"
    "\"row_limit\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000,\"default\":100},"
    "\"detail\":{\"type\":\"string\",\"enum\":[\"concise\",\"full\"],\"default\":\"concise\"},"
    "\"ids\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"maxItems\":3},"
    "\"flag\":{\"type\":\"boolean\"},"
    "\"nothing\":{\"type\":[\"string\",\"null\"]},"
    "\"filter\":{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},"
    "\"job_id\":{\"type\":\"string\"}},\"required\":[\"name\"],\"additionalProperties\":false},"
    "\"token\":{\"type\":\"string\",\"maxLength\":5,\"pattern\":\"^[a-z]*$\"}"
    "},\"required\":[\"table\"],\"additionalProperties\":false}";

static struct json_object *
parse(const char *text)
{
	struct json_object *tree = json_parse(text, strlen(text), &json_inbound, NULL, NULL);

	CU_ASSERT_FATAL(tree != NULL);
	return tree;
}

static struct schema *
compiled(const char *text)
{
	struct json_object *document = parse(text);
	char why[200];
	struct schema *schema = schema_compile(document, why, sizeof(why));

	CU_ASSERT_FATAL(schema != NULL);
	json_object_put(document);
	return schema;
}

static void
says(const struct schema *schema, const char *arguments, const char *expected)
{
	struct json_object *value = parse(arguments);
	struct buf why;

	buf_init(&why, 2000);
	CU_ASSERT(!schema_check(schema, value, &why));
	ASSERT_STR(why.data, expected);
	buf_fini(&why);
	json_object_put(value);
}

static void
tool_says(const char *arguments, const char *expected)
{
	struct schema *schema = compiled(table_tool);

	says(schema, arguments, expected);
	schema_free(schema);
}

static void
tool_says_first(const char *arguments, const char *beginning)
{
	struct schema *schema = compiled(table_tool);
	struct json_object *value = parse(arguments);
	struct buf why;

	buf_init(&why, 2000);
	CU_ASSERT(!schema_check(schema, value, &why));
	buf_cut(&why, strlen(beginning));
	ASSERT_STR(why.data, beginning);
	buf_fini(&why);
	json_object_put(value);
	schema_free(schema);
}

static void
limits_are_named(void)
{
	tool_says("{\"table\":\"t\",\"row_limit\":5000}",
		  "row_limit: 5000 is more than the maximum 1000");
	tool_says("{\"table\":\"t\",\"row_limit\":0}", "row_limit: 0 is less than the minimum 1");
	tool_says("{\"table\":\"\"}", "table: must not be empty");
	tool_says("{\"table\":\"t\",\"token\":\"abcdef\"}",
		  "token: has 6 characters; at most 5 are allowed");
	tool_says("{\"table\":\"t\",\"token\":\"A\"}",
		  "token: \"A\" does not match the pattern ^[a-z]*$");
	tool_says("{\"table\":\"t\",\"ids\":[\"1\",\"2\",\"3\",\"4\"]}",
		  "ids: has 4 items; at most 3 are allowed");
}

static void
names_are_suggested(void)
{
	tool_says("{\"tabel\":\"t\"}",
		  "unknown argument \"tabel\"; did you mean \"table\"? "
		  "Allowed: "
		  "table, row_limit, detail, ids, flag, nothing, filter, token");
	tool_says(
	    "{\"table\":\"t\",\"rowLimit\":1}",
	    "unknown argument \"rowLimit\"; did you mean "
	    "\"row_limit\"? Allowed: table, row_limit, detail, ids, flag, nothing, filter, token");
	tool_says(
	    "{\"table_name\":\"t\"}",
	    "unknown argument \"table_name\"; did you mean "
	    "\"table\"? Allowed: table, row_limit, detail, ids, flag, nothing, filter, token");
	tool_says("{\"table\":\"t\",\"xyzzy\":1}",
		  "unknown argument \"xyzzy\"; allowed: "
		  "table, row_limit, detail, ids, flag, nothing, filter, token");
	tool_says("{\"table\":\"t\",\"detail\":\"ful\"}",
		  "detail: \"ful\" is not one of \"concise\", "
		  "\"full\"; did you mean \"full\"?");
	tool_says("{\"table\":\"t\",\"detail\":\"Full\"}",
		  "detail: \"Full\" is not one of "
		  "\"concise\", \"full\"; did you mean \"full\"?");
	tool_says("{\"table\":\"t\",\"filter\":{\"name\":\"x\",\"jobid\":\"1\"}}",
		  "filter: unknown "
		  "member \"jobid\"; did you mean \"job_id\"? Allowed: name, job_id");
}

static void
what_is_missing_is_described(void)
{
	tool_says("{}", "missing argument \"table\" (catalog.schema.table)");
	tool_says("{\"table\":\"t\",\"filter\":{}}", "filter: missing member \"name\"");
}

static void
types_are_named(void)
{
	tool_says("{\"table\":\"t\",\"row_limit\":\"10\"}",
		  "row_limit: \"10\" is a string, not integer");
	tool_says("{\"table\":\"t\",\"row_limit\":1.5}", "row_limit: 1.5 is a number, not integer");
	tool_says("{\"table\":\"t\",\"nothing\":true}",
		  "nothing: true is a boolean, not string or null");
	tool_says("{\"table\":[\"t\"]}", "table: an array instead of string");
	tool_says("{\"table\":null}", "table: null instead of string");
	tool_says("{\"table\":\"t\",\"ids\":[\"1\",{}]}", "ids[1]: an object instead of string");
	tool_says("[]", "the value: an array instead of object");
}

static void
no_argument_is_allowed(void)
{
	struct schema *schema = compiled("{\"type\":\"object\",\"additionalProperties\":false}");

	says(schema, "{\"x\":1}", "unknown argument \"x\"; no name is allowed here");
	schema_free(schema);
}

static void
other_faults(void)
{
	struct schema *schema = compiled(
	    "{\"properties\":{\"a\":{\"const\":\"x\"},\"b\":{\"not\":{}},\"c\":false,"
	    "\"d\":{\"uniqueItems\":true},\"e\":{\"multipleOf\":5},\"f\":{\"exclusiveMinimum\":0},"
	    "\"g\":{\"minItems\":1},\"h\":{\"minLength\":3},\"i\":{\"exclusiveMaximum\":1.5}},"
	    "\"minProperties\":1,\"maxProperties\":2}");

	says(schema, "{\"a\":\"y\"}", "a: \"y\" is not one of \"x\"");
	says(schema, "{\"b\":1}", "b: 1 is not allowed here");
	says(schema, "{\"c\":1}", "c: is not allowed here");
	says(schema, "{\"d\":[\"x\",\"y\",\"x\"]}", "d: \"x\" is listed twice");
	says(schema, "{\"e\":7}", "e: 7 is not a multiple of 5");
	says(schema, "{\"f\":0}", "f: 0 is too small: it must be more than 0");
	says(schema, "{\"g\":[]}", "g: has 0 items; at least 1 are required");
	says(schema, "{\"h\":\"ab\"}", "h: has 2 characters; at least 3 are required");
	says(schema, "{\"i\":2}", "i: 2 is too large: it must be less than 1.5");
	says(schema, "{}", "the value: has 0 members; at least 1 are required");
	says(schema, "{\"x\":1,\"y\":2,\"z\":3}",
	     "the value: has 3 members; at most 2 are allowed");
	schema_free(schema);
}

static void
alternatives(void)
{
	struct schema *schema = compiled(
	    "{\"properties\":{\"unit\":{\"oneOf\":[{\"const\":\"s\",\"title\":\"seconds\"},"
	    "{\"const\":\"ms\",\"title\":\"milliseconds\"}]},"
	    "\"id\":{\"anyOf\":[{\"type\":\"integer\",\"minimum\":1},{\"type\":\"array\"}]},"
	    "\"both\":{\"oneOf\":[{\"minimum\":1},{\"maximum\":9}]}},"
	    "\"anyOf\":[{\"required\":[\"unit\"]},{\"required\":[\"id\"]},{\"required\":[\"both"
	    "\"]}]}");

	says(schema, "{\"unit\":\"h\"}", "unit: \"h\" is not one of \"s\", \"ms\"");
	says(schema, "{\"id\":0}", "id: 0 is less than the minimum 1");
	says(schema, "{\"id\":true}", "id: true matches none of the 2 alternatives");
	says(schema, "{\"both\":5}", "both: 5 matches 2 alternatives, but exactly one is allowed");
	says(schema, "{}",
	     "missing argument \"unit\", and matches no other of the 3 "
	     "alternatives");
	schema_free(schema);
}

static void
long_values_are_shortened(void)
{
	struct schema *schema = compiled("{\"properties\":{\"x\":{\"enum\":[\"a\"]}}}");
	struct json_object *value = json_object_new_object();
	struct buf text, why;

	buf_init(&text, 10000);
	buf_init(&why, 10000);
	for (int i = 0; i < 1000; i++)
		buf_puts(&text, "\xC3\xBC");
	json_object_object_add(value, "x", json_object_new_string(text.data));
	CU_ASSERT(!schema_check(schema, value, &why));
	CU_ASSERT(why.len < 160 && utf8_valid(why.data, why.len));
	CU_ASSERT(strstr(why.data, "\xE2\x80\xA6\" is not one of \"a\"") != NULL);
	buf_fini(&text);
	buf_fini(&why);
	json_object_put(value);
	schema_free(schema);
}

static void
secrets_are_not_shown(void)
{
	struct schema *schema = compiled(table_tool), *marked;

	schema_hide(schema, "token");
	schema_hide(schema, "no such one");
	says(schema, "{\"table\":\"t\",\"token\":\"S3CR\"}",
	     "token: a string does not match the pattern ^[a-z]*$");
	says(schema, "{\"table\":\"t\",\"token\":12345}", "token: an integer instead of string");
	says(schema, "{\"table\":\"t\",\"detail\":\"x\"}",
	     "detail: \"x\" is not one of \"concise\", \"full\"");
	marked = compiled("{\"properties\":{\"p\":{\"writeOnly\":true,\"items\":{\"maximum"
			  "\":1}}}}");
	says(marked, "{\"p\":[123]}", "p[0]: an integer is more than the maximum 1");
	schema_free(schema);
	schema_free(marked);
}

/* ---- preparation ----------------------------------------------------------------------------- */

static void
prepared_is(const char *arguments, const char *expected)
{
	struct schema *schema = compiled(table_tool);
	struct json_object *value = parse(arguments);
	struct buf why, text;

	buf_init(&why, 2000);
	buf_init(&text, 2000);
	CU_ASSERT(schema_prepare(schema, value, NULL, &why));
	buf_json_tree(&text, value);
	ASSERT_STR(text.data, expected);
	buf_fini(&why);
	buf_fini(&text);
	json_object_put(value);
	schema_free(schema);
}

static void
defaults_are_filled_in(void)
{
	prepared_is("{\"table\":\"t\"}",
		    "{\"table\":\"t\",\"row_limit\":100,\"detail\":\"concise\"}");
	prepared_is("{\"table\":\"t\",\"row_limit\":5,\"detail\":\"full\"}",
		    "{\"table\":\"t\",\"row_limit\":5,\"detail\":\"full\"}");
}

static void
numbers_become_ids(void)
{
	prepared_is(
	    "{\"table\":12,\"row_limit\":1,\"detail\":\"full\",\"ids\":[1,\"2\",-3],"
	    "\"filter\":{\"name\":9223372036854775807,\"job_id\":5}}",
	    "{\"table\":\"12\",\"row_limit\":1,\"detail\":\"full\",\"ids\":[\"1\",\"2\",\"-3\"],"
	    "\"filter\":{\"name\":\"9223372036854775807\",\"job_id\":\"5\"}}");
}

static void
numbers_beyond_64_bits_keep_their_digits(void)
{
	struct schema *schema = compiled("{\"properties\":{\"id\":{\"type\":\"string\"}}}");
	struct json_object *value = parse("{\"id\":99999999999999999999999}");
	struct buf why;

	buf_init(&why, 1000);
	CU_ASSERT(schema_prepare(schema, value, NULL, &why));
	ASSERT_STR(json_str(value, "id"), "99999999999999999999999");
	buf_fini(&why);
	json_object_put(value);
	schema_free(schema);
}

static void
nulls_of_optional_arguments_go(void)
{
	prepared_is(
	    "{\"table\":\"t\",\"row_limit\":null,\"detail\":null,\"nothing\":null,"
	    "\"ids\":null,\"filter\":{\"name\":\"x\",\"job_id\":null}}",
	    "{\"table\":\"t\",\"nothing\":null,\"filter\":{\"name\":\"x\"},\"row_limit\":100,"
	    "\"detail\":\"concise\"}");
}

static void
remaining_faults_are_reported(void)
{
	struct schema *schema = compiled(table_tool);
	struct json_object *value = parse("{\"table\":null}");
	struct buf why;

	buf_init(&why, 1000);
	CU_ASSERT(!schema_prepare(schema, value, NULL, &why));
	ASSERT_STR(why.data, "table: null instead of string");
	buf_fini(&why);
	json_object_put(value);
	schema_free(schema);
}

static void
references_are_followed(void)
{
	struct schema *schema = compiled(
	    "{\"type\":\"object\",\"$defs\":{\"id\":{\"type\":\"string\",\"default\":\"7\"}},"
	    "\"properties\":{\"a\":{\"$ref\":\"#/$defs/id\"},\"b\":{\"$ref\":\"#/$defs/id\"}}}");
	struct json_object *value = parse("{\"a\":1}");
	struct buf why;

	buf_init(&why, 1000);
	CU_ASSERT(schema_prepare(schema, value, NULL, &why));
	ASSERT_STR(json_str(value, "a"), "1");
	ASSERT_STR(json_str(value, "b"), "7");
	buf_fini(&why);
	json_object_put(value);
	schema_free(schema);
}

/* A default is a copy: changing the arguments of one call must not change the next. */
static void
defaults_are_copies(void)
{
	struct schema *schema = compiled("{\"properties\":{\"a\":{\"default\":{\"x\":1}}}}");
	struct buf why;

	buf_init(&why, 1000);
	for (int i = 0; i < 2; i++) {
		struct json_object *value = parse("{}");

		CU_ASSERT(schema_prepare(schema, value, NULL, &why));
		ASSERT_INT(json_int(json_obj(value, "a"), "x", 0), 1);
		json_object_object_add(json_obj(value, "a"), "x", json_object_new_int(2));
		json_object_put(value);
	}
	buf_fini(&why);
	schema_free(schema);
}

/* A secret that is cut in the middle would not be found by a mask any more. */
static void
secrets_are_masked_before_the_cut(void)
{
	static const char secret[] = "dapi-0123456789abcdef0123456789abcdef";
	char arguments[300], expected[300];

	mask_add(secret, strlen(secret));
	/* the cut, after 64 bytes of a name and 80 of a value, is inside the secret */
	snprintf(arguments, sizeof(arguments), "{\"table\":\"t\",\"%050d%s\":1}", 0, secret);
	snprintf(expected, sizeof(expected), "unknown argument \"%050d***\"; allowed: ", 0);
	tool_says_first(arguments, expected);
	snprintf(arguments, sizeof(arguments), "{\"table\":\"t\",\"detail\":\"%060d%s\"}", 0,
		 secret);
	snprintf(expected, sizeof(expected), "detail: \"%060d***\" is not one of ", 0);
	tool_says_first(arguments, expected);
	snprintf(arguments, sizeof(arguments),
		 "{\"table\":\"t\",\"filter\":{\"name\":\"n\",\"%040d%s\":1}}", 0, secret);
	snprintf(expected, sizeof(expected), "filter: unknown member \"%040d***\"; ", 0);
	tool_says_first(arguments, expected);
	/* a text that is shortened is marked */
	snprintf(arguments, sizeof(arguments), "{\"table\":\"t\",\"%070d\":1}", 0);
	snprintf(expected, sizeof(expected), "unknown argument \"%064d\xE2\x80\xA6\"; ", 0);
	tool_says_first(arguments, expected);
}

static void
options_are_called_so(void)
{
	struct schema *schema = compiled(table_tool);
	struct json_object *value = parse("{\"table\":\"t\",\"tabel\":1,\"row_limit\":0}");
	const char *first = NULL;
	struct buf why;

	buf_init(&why, 2000);
	CU_ASSERT(!schema_prepare_options(schema, value, &why, &first));
	CU_ASSERT(strstr(why.data, "unknown option \"tabel\"; did you mean \"table\"?") != NULL);
	CU_ASSERT(strstr(why.data, "argument") == NULL);
	ASSERT_STR(first, "tabel");
	buf_reset(&why);
	json_object_object_del(value, "tabel");
	CU_ASSERT(!schema_prepare_options(schema, value, &why, &first));
	CU_ASSERT(strstr(why.data, "row_limit: 0 is less than") != NULL);
	ASSERT_STR(first, "row_limit");
	buf_reset(&why);
	json_object_object_del(value, "row_limit");
	json_object_object_del(value, "table");
	CU_ASSERT(!schema_prepare_options(schema, value, &why, &first));
	CU_ASSERT(strstr(why.data, "missing option \"table\"") != NULL);
	ASSERT_STR(first, "table");
	buf_reset(&why);
	json_object_object_add(value, "table", json_object_new_string("t"));
	CU_ASSERT(schema_prepare_options(schema, value, &why, &first));
	CU_ASSERT(first == NULL);
	buf_fini(&why);
	json_object_put(value);
	schema_free(schema);
}

static const struct test tests[] = {
	TEST(secrets_are_masked_before_the_cut),
	TEST(options_are_called_so),
	TEST(limits_are_named),
	TEST(names_are_suggested),
	TEST(what_is_missing_is_described),
	TEST(types_are_named),
	TEST(no_argument_is_allowed),
	TEST(other_faults),
	TEST(alternatives),
	TEST(long_values_are_shortened),
	TEST(secrets_are_not_shown),
	TEST(defaults_are_filled_in),
	TEST(numbers_become_ids),
	TEST(numbers_beyond_64_bits_keep_their_digits),
	TEST(nulls_of_optional_arguments_go),
	TEST(remaining_faults_are_reported),
	TEST(references_are_followed),
	TEST(defaults_are_copies),
};
SUITE(tests)
