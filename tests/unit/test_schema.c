/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of JSON Schema: valid and invalid values, keyword by keyword, and schemas that do not
 * compile. */
#include "registry/schema.h"

#include "base/buf.h"
#include "base/json.h"
#include "registry/schema_node.h"
#include "suite.h"

static struct json_object *
parse(const char *text)
{
	const char *why = NULL;
	struct json_object *tree = json_parse(text, strlen(text), &json_inbound, &why, NULL);

	if (why != NULL)
		printf("\n    %s: %s", text, why);
	CU_ASSERT_FATAL(why == NULL);
	return tree;
}

static struct schema *
compiled(const char *text)
{
	struct json_object *document = parse(text);
	char why[256] = "";
	struct schema *schema = schema_compile(document, why, sizeof(why));

	json_object_put(document); /* the schema has its own reference to the document */
	if (schema == NULL)
		printf("\n    %s: %s", text, why);
	CU_ASSERT_FATAL(schema != NULL);
	return schema;
}

/* `texts` are valid values, then NULL, then invalid values, then NULL. */
static void
judged(const char *schema_text, const char *const *texts)
{
	struct schema *schema = compiled(schema_text);

	for (int expected = 1; expected >= 0; expected--, texts++) {
		for (; *texts != NULL; texts++) {
			struct json_object *value = parse(*texts);
			struct buf why;
			bool fits;

			buf_init(&why, 1000);
			fits = schema_check(schema, value, &why);
			if (fits != expected)
				printf("\n    %s %s: %s", schema_text, *texts, why.data);
			CU_ASSERT(fits == expected);
			CU_ASSERT((why.len == 0) == fits);
			buf_fini(&why);
			json_object_put(value);
		}
	}
	schema_free(schema);
}

#define JUDGED(schema, ...) judged(schema, (const char *const[]){ __VA_ARGS__, NULL })

static void
types(void)
{
	JUDGED("{}", "1", "null", "\"x\"", "[]", "{}", NULL);
	JUDGED("true", "1", "null", NULL);
	JUDGED("false", NULL, "1", "null", "{}");
	JUDGED("{\"type\":\"string\"}", "\"\"", "\"x\"", NULL, "1", "null", "[]", "{}", "true");
	JUDGED("{\"type\":\"integer\"}", "1", "-1", "1.0", "1e3", "18446744073709551615", NULL,
	       "1.5", "\"1\"", "null");
	JUDGED("{\"type\":\"number\"}", "1", "1.5", "-1e-3", NULL, "\"1\"", "true");
	JUDGED("{\"type\":\"boolean\"}", "true", "false", NULL, "0", "\"true\"", "null");
	JUDGED("{\"type\":\"null\"}", "null", NULL, "0", "\"\"", "false");
	JUDGED("{\"type\":\"array\"}", "[]", "[1]", NULL, "{}", "\"\"");
	JUDGED("{\"type\":\"object\"}", "{}", NULL, "[]", "null");
	JUDGED("{\"type\":[\"string\",\"null\"]}", "\"\"", "null", NULL, "1", "{}");
}

static void
numbers(void)
{
	JUDGED("{\"minimum\":3}", "3", "4", "3.0", "\"x\"", NULL, "2", "2.999");
	JUDGED("{\"maximum\":3}", "3", "2.5", NULL, "3.001", "4", "18446744073709551615");
	JUDGED("{\"exclusiveMinimum\":3}", "3.1", "4", NULL, "3", "3.0", "2");
	JUDGED("{\"exclusiveMaximum\":3}", "2.9", NULL, "3", "3.0", "4");
	JUDGED("{\"multipleOf\":2}", "0", "4", "-6", "4.0", NULL, "3", "1.5");
	JUDGED("{\"multipleOf\":0.01}", "0.07", "4.35", "1", "0", NULL, "0.005", "1.001");
	JUDGED("{\"minimum\":9007199254740993}", "9007199254740993", NULL, "9007199254740992");
	JUDGED("{\"maximum\":9223372036854775807}", "9223372036854775807", NULL,
	       "9223372036854775808");
}

static void
strings(void)
{
	JUDGED("{\"minLength\":2}", "\"ab\"", "\"\xC3\xBC\xC3\xBC\"", "1", NULL, "\"a\"", "\"\"",
	       "\"\xF0\x9F\x98\x80\"");
	JUDGED("{\"maxLength\":2}", "\"ab\"", "\"\xF0\x9F\x98\x80\xF0\x9F\x98\x80\"", "\"\"", NULL,
	       "\"abc\"");
	JUDGED("{\"pattern\":\"^a+$\"}", "\"aa\"", "1", NULL, "\"\"", "\"ab\"", "\"a\\u0000\"");
	JUDGED("{\"pattern\":\"b\"}", "\"abc\"", NULL, "\"ac\"");
	JUDGED("{\"format\":\"email\"}", "\"not one\"", "\"a@b\"", NULL);
}

static void
arrays(void)
{
	JUDGED("{\"minItems\":1,\"maxItems\":2}", "[1]", "[1,2]", "{}", NULL, "[]", "[1,2,3]");
	JUDGED("{\"items\":{\"type\":\"integer\"}}", "[]", "[1,2]", NULL, "[1,\"2\"]");
	JUDGED("{\"items\":false}", "[]", NULL, "[1]");
	JUDGED("{\"uniqueItems\":true}", "[]", "[1,2,\"1\"]", "[[1],[2]]", "[{\"a\":1},{\"a\":2}]",
	       "[1,true]", NULL, "[1,1]", "[1,1.0]", "[[1],[1]]",
	       "[{\"a\":1,\"b\":2},{\"b\":2,\"a\":1}]");
}

static void
objects(void)
{
	JUDGED("{\"properties\":{\"a\":{\"type\":\"integer\"}}}", "{}", "{\"a\":1}",
	       "{\"b\":\"x\"}", "[]", NULL, "{\"a\":\"1\"}", "{\"a\":null}");
	JUDGED("{\"required\":[\"a\",\"b\"]}", "{\"a\":1,\"b\":null}", "1", NULL, "{}",
	       "{\"a\":1}");
	JUDGED("{\"properties\":{\"a\":{}},\"additionalProperties\":false}", "{}", "{\"a\":1}",
	       NULL, "{\"b\":1}", "{\"a\":1,\"b\":1}");
	JUDGED("{\"properties\":{\"a\":{}},\"additionalProperties\":{\"type\":\"string\"}}",
	       "{\"a\":1,\"b\":\"x\"}", NULL, "{\"b\":1}");
	JUDGED("{\"minProperties\":1,\"maxProperties\":2}", "{\"a\":1}", "{\"a\":1,\"b\":1}", NULL,
	       "{}", "{\"a\":1,\"b\":1,\"c\":1}");
	JUDGED("{\"properties\":{\"a\":false}}", "{}", NULL, "{\"a\":1}");
}

static void
values(void)
{
	JUDGED("{\"enum\":[\"a\",1,null,[1],{\"x\":1}]}", "\"a\"", "1", "1.0", "null", "[1]",
	       "{\"x\":1.0}", NULL, "\"b\"", "2", "[]", "{}", "false");
	JUDGED("{\"const\":null}", "null", NULL, "0", "false");
	JUDGED("{\"const\":1}", "1", "1.0", NULL, "true", "\"1\"");
}

static void
combinations(void)
{
	JUDGED("{\"allOf\":[{\"minimum\":2},{\"maximum\":4}]}", "3", NULL, "1", "5");
	JUDGED("{\"anyOf\":[{\"type\":\"string\"},{\"minimum\":2}]}", "\"x\"", "2", NULL, "1");
	JUDGED("{\"oneOf\":[{\"multipleOf\":2},{\"multipleOf\":3}]}", "2", "3", NULL, "1", "6");
	JUDGED("{\"not\":{\"type\":\"string\"}}", "1", NULL, "\"x\"");
	JUDGED("{\"if\":{\"type\":\"string\"},\"then\":{\"minLength\":2},\"else\":{\"minimum\":2}}",
	       "\"ab\"", "2", NULL, "\"a\"", "1");
	JUDGED("{\"if\":{\"type\":\"string\"},\"then\":{\"minLength\":2}}", "\"ab\"", "0", NULL,
	       "\"a\"");
	JUDGED("{\"if\":{\"type\":\"string\"},\"else\":{\"minimum\":2}}", "\"\"", "2", NULL, "1");
	JUDGED("{\"then\":false}", "1", NULL);
}

static void
references(void)
{
	JUDGED("{\"$defs\":{\"a\":{\"type\":\"integer\"}},\"$ref\":\"#/$defs/a\"}", "1", NULL,
	       "\"x\"");
	JUDGED("{\"$defs\":{\"a\":{\"$anchor\":\"here\",\"type\":\"integer\"}},"
	       "\"properties\":{\"x\":{\"$ref\":\"#here\"}}}",
	       "{\"x\":1}", NULL, "{\"x\":\"y\"}");
	JUDGED("{\"type\":\"object\",\"properties\":{\"next\":{\"$ref\":\"#\"},\"v\":{\"type\":"
	       "\"integer\"}},\"additionalProperties\":false}",
	       "{\"next\":{\"next\":{\"v\":1}}}", NULL, "{\"next\":{\"next\":{\"v\":\"1\"}}}",
	       "{\"next\":1}", "{\"next\":{\"w\":1}}");
	JUDGED("{\"properties\":{\"a/b\":{\"type\":\"integer\"},\"c\":{\"$ref\":"
	       "\"#/properties/a~1b\"}}}",
	       "{\"c\":1}", NULL, "{\"c\":\"x\"}");
	JUDGED("{\"$id\":\"urn:x\",\"$defs\":{\"a\\\"b\":{\"maximum\":2}},"
	       "\"$ref\":\"#/$defs/a%22b\"}",
	       "2", NULL, "3");
	JUDGED("{\"other\":{\"deep\":{\"maximum\":2}},\"$ref\":\"#/other/deep\",\"minimum\":1}",
	       "1", "2", NULL, "3", "0");
}

/* The schema of the official conformance suite for dialect 2020-12. */
static void
a_schema_of_the_conformance_suite(void)
{
	JUDGED("{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"object\","
	       "\"$defs\":{\"address\":{\"$anchor\":\"addressDef\",\"type\":\"object\","
	       "\"properties\":{\"street\":{\"type\":\"string\"},\"city\":{\"type\":\"string\"}}}},"
	       "\"properties\":{\"name\":{\"type\":\"string\"},\"address\":{\"$ref\":"
	       "\"#/$defs/address\"},\"contactMethod\":{\"type\":\"string\",\"enum\":[\"phone\","
	       "\"email\"]},\"phone\":{\"type\":\"string\"},\"email\":{\"type\":\"string\"}},"
	       "\"allOf\":[{\"anyOf\":[{\"required\":[\"phone\"]},{\"required\":[\"email\"]}]}],"
	       "\"if\":{\"properties\":{\"contactMethod\":{\"const\":\"phone\"}},\"required\":"
	       "[\"contactMethod\"]},\"then\":{\"required\":[\"phone\"]},\"else\":{\"required\":"
	       "[\"email\"]},\"additionalProperties\":false}",
	       "{\"contactMethod\":\"phone\",\"phone\":\"1\"}", "{\"email\":\"x\"}",
	       "{\"email\":\"x\",\"address\":{\"city\":\"y\"}}", NULL, "{}", "{\"phone\":\"1\"}",
	       "{\"contactMethod\":\"phone\",\"email\":\"x\"}", "{\"email\":\"x\",\"fax\":\"y\"}",
	       "{\"email\":\"x\",\"address\":{\"city\":1}}",
	       "{\"email\":\"x\",\"contactMethod\":\"fax\"}");
}

static void
refused(const char *text, const char *expected)
{
	struct json_object *document = parse(text);
	char why[256] = "";
	struct schema *schema = schema_compile(document, why, sizeof(why));

	CU_ASSERT(schema == NULL);
	ASSERT_STR(why, expected);
	schema_free(schema);
	json_object_put(document);
}

static void
faults_of_schemas(void)
{
	refused("1", "/: a schema must be an object, true or false");
	refused("{\"properties\":{\"x\":{\"type\":\"text\"}}}",
		"/properties/x/type: names an unknown type");
	refused("{\"type\":[]}", "/type: must be a name or a list of names");
	refused("{\"type\":[\"string\",1]}", "/type: names an unknown type");
	refused("{\"properties\":[]}", "/properties: must be an object");
	refused("{\"properties\":{\"a\":1}}", "/properties/a: a schema must be an object, true or "
					      "false");
	refused("{\"required\":\"a\"}", "/required: must be a list of names");
	refused("{\"required\":[1]}", "/required: must be a list of names");
	refused("{\"enum\":[]}", "/enum: must be a list with at least one value");
	refused("{\"minimum\":\"1\"}", "/minimum: must be a number");
	refused("{\"multipleOf\":0}", "/multipleOf: must be more than 0");
	refused("{\"minLength\":-1}", "/minLength: must be a whole number that is not negative");
	refused("{\"maxItems\":1.5}", "/maxItems: must be a whole number that is not negative");
	refused("{\"uniqueItems\":1}", "/uniqueItems: must be true or false");
	refused("{\"anyOf\":[]}", "/anyOf: must be a list with at least one schema");
	refused("{\"oneOf\":[{},{\"not\":5}]}",
		"/oneOf/1/not: a schema must be an object, true or false");
	refused("{\"items\":[{}]}", "/items: a schema must be an object, true or false");
	refused("{\"description\":1}", "/description: must be a string");
	refused("{\"$schema\":\"http://json-schema.org/draft-07/schema#\"}",
		"/$schema: must be https://json-schema.org/draft/2020-12/schema");
	refused("{\"$defs\":{\"a\":{\"type\":1}}}",
		"/$defs/a/type: must be a name or a list of names");
	refused("{\"patternProperties\":{}}", "/patternProperties: this keyword is not supported");
	refused("{\"unevaluatedProperties\":false}",
		"/unevaluatedProperties: this keyword is not supported");
	refused("{\"pattern\":\"(?=x)\"}", "/pattern: look-around is not supported");
	refused("{\"pattern\":1}", "/pattern: must be a string");
}

static void
faults_of_references(void)
{
	refused("{\"$ref\":\"https://example.com/x\"}",
		"$ref https://example.com/x: only references within the same schema are supported");
	refused("{\"$ref\":\"#/$defs/a\"}", "$ref #/$defs/a: the reference has no target");
	refused("{\"$ref\":\"#none\"}", "$ref #none: the reference has no target");
	refused("{\"$ref\":\"#/type\",\"type\":\"object\"}",
		"$ref #/type: a schema must be an object, true or false");
	refused("{\"$ref\":\"#\"}", "$ref #: a reference leads back to itself");
	refused("{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"$ref\":\"#/$defs/b\"},\"b\":{\"$ref\":"
		"\"#/$defs/a\"}}}",
		"$ref #/$defs/a: a reference leads back to itself");
	refused("{\"$ref\":1}", "/$ref: must be a string");
	refused("{\"$ref\":\"#%zz\"}", "$ref #%zz: the reference has no target");
	refused("{\"$defs\":{\"a\":{\"$id\":\"x\"}}}",
		"/$defs/a/$id: is allowed only at the top of the schema");
	refused("{\"$defs\":{\"a\":{\"$anchor\":\"x\"},\"b\":{\"$anchor\":\"x\"}},"
		"\"$ref\":\"#x\"}",
		"$ref #x: the reference has no target");
}

static void
defaults_must_fit(void)
{
	refused("{\"properties\":{\"a\":{\"type\":\"integer\",\"default\":\"x\"}}}",
		"default: the value: \"x\" is a string, not integer");
	schema_free(compiled("{\"properties\":{\"a\":{\"default\":null}}}"));
}

/* ---- bounds ---------------------------------------------------------------------------------- */

static void
number_of_subschemas(void)
{
	for (int n = SCHEMA_NODES_MAX - 2; n <= (int)SCHEMA_NODES_MAX; n++) {
		struct json_object *document = json_object_new_object();
		struct json_object *properties = json_object_new_object();
		struct schema *schema;
		char name[16], why[256];

		json_object_object_add(document, "properties", properties);
		for (int i = 0; i < n; i++) {
			snprintf(name, sizeof(name), "p%d", i);
			json_object_object_add(properties, name, json_object_new_object());
		}
		schema = schema_compile(document, why, sizeof(why));
		CU_ASSERT((schema != NULL) == (n + 1 <= (int)SCHEMA_NODES_MAX));
		schema_free(schema);
		json_object_put(document);
	}
}

static bool
nested_fits(const struct schema *schema, int depth)
{
	struct json_object *value = json_object_new_object();
	struct buf why;
	bool fits;

	for (int i = 1; i < depth; i++) {
		struct json_object *outer = json_object_new_object();

		json_object_object_add(outer, "n", value);
		value = outer;
	}
	buf_init(&why, 1000);
	fits = schema_check(schema, value, &why);
	if (!fits)
		ASSERT_STR(why.data, "checking the value takes too long");
	buf_fini(&why);
	json_object_put(value);
	return fits;
}

/* Each level needs two steps: the reference and its target. */
static void
depth_of_values(void)
{
	struct schema *schema = compiled("{\"properties\":{\"n\":{\"$ref\":\"#\"}}}");

	CU_ASSERT(nested_fits(schema, 64));
	CU_ASSERT(nested_fits(schema, SCHEMA_DEPTH_MAX / 2));
	CU_ASSERT(!nested_fits(schema, SCHEMA_DEPTH_MAX / 2 + 1));
	schema_free(schema);
}

/* Ten alternatives at each of ten levels would need ten thousand million checks. */
static void
alternatives_are_bounded(void)
{
	struct schema *schema;
	struct buf text;

	buf_init(&text, 100000);
	buf_puts(&text, "{\"$defs\":{\"l0\":{\"type\":\"string\"}");
	for (int i = 1; i <= 10; i++) {
		buf_printf(&text, ",\"l%d\":{\"oneOf\":[", i);
		for (int j = 0; j < 10; j++)
			buf_printf(&text, "%s{\"$ref\":\"#/$defs/l%d\"}", j > 0 ? "," : "", i - 1);
		buf_puts(&text, "]}");
	}
	buf_puts(&text, "},\"$ref\":\"#/$defs/l10\"}");
	schema = compiled(text.data);
	CU_ASSERT(!nested_fits(schema, 1));
	schema_free(schema);
	buf_fini(&text);
}

static void
long_arrays_are_checked_whole(void)
{
	struct schema *schema = compiled("{\"items\":{\"type\":\"integer\"}}"), *unique;
	struct json_object *array = json_object_new_array();
	struct buf why;

	unique = compiled("{\"uniqueItems\":true}");
	for (int i = 0; i < 400000; i++)
		json_object_array_add(array, json_object_new_int(i));
	buf_init(&why, 1000);
	CU_ASSERT(schema_check(schema, array, &why));
	CU_ASSERT(!schema_check(unique, array, &why));
	ASSERT_STR(why.data, "checking the value takes too long");
	buf_fini(&why);
	json_object_put(array);
	schema_free(schema);
	schema_free(unique);
}

/* ---- patterns -------------------------------------------------------------------------------- */

static void
pattern_judged(const char *text, const char *const *list)
{
	const char *why = NULL;
	struct pattern *pattern = pattern_compile(text, &why);

	if (pattern == NULL)
		printf("\n    %s: %s", text, why);
	CU_ASSERT_FATAL(pattern != NULL);
	for (int expected = 1; expected >= 0; expected--, list++) {
		for (; *list != NULL; list++) {
			bool matches = pattern_matches(pattern, *list, strlen(*list));

			if (matches != expected)
				printf("\n    %s %s", text, *list);
			CU_ASSERT(matches == expected);
		}
	}
	ASSERT_STR(pattern_text(pattern), text);
	pattern_free(pattern);
}

#define MATCHES(pattern, ...) pattern_judged(pattern, (const char *const[]){ __VA_ARGS__, NULL })

static void
patterns(void)
{
	MATCHES("", "", "x", NULL);
	MATCHES("^[a-z_][a-z0-9_]*$", "a", "_x9", NULL, "", "9a", "A", "a-b", "a\n");
	MATCHES("^(a|bc)+$", "a", "bca", NULL, "b", "");
	MATCHES("^(?:a|b){2,3}$", "ab", "aba", NULL, "a", "abab");
	MATCHES("^a{2}$", "aa", NULL, "a", "aaa");
	MATCHES("^a{2,}$", "aa", "aaaaa", NULL, "a");
	MATCHES("^\\d{4}-\\d\\d$", "2026-07", NULL, "20x6-07", "2026-7");
	MATCHES("^\\w+\\.\\w+$", "a.b", NULL, "a-b", "a.");
	MATCHES("^\\S+$", "ab", "\xC3\xBC", NULL, "a b", "a\t", "");
	MATCHES("^\\D$", "x", "\xC3\xBC", NULL, "1", "ab");
	MATCHES("^[^/]+$", "a", "\xC3\xBC", "a\nb", NULL, "a/b", "");
	MATCHES("^[\\w.\\-]+$", "a-b.c_1", NULL, "a/b", "\\");
	MATCHES("^[\\^\\-]$", "^", "-", NULL, "\\", "a");
	MATCHES("^[\\^]$", "^", NULL, "\\", "");
	MATCHES("^[[\\]]+$", "[]", "]", NULL, "a");
	MATCHES("^[^\\]]$", "[", "a", NULL, "]");
	MATCHES("^[\\D]$", "a", "\xE2\x82\xAC", NULL, "1");
	MATCHES("^.$", "a", "\xC3\xBC", "\xF0\x9F\x98\x80", NULL, "", "ab", "\n");
	MATCHES("^.{3}$",
		"a\xC3\xBC"
		"b",
		NULL, "ab",
		"a\xC3\xBC"
		"bc");
	MATCHES("^\xC3\xBC{2}$", "\xC3\xBC\xC3\xBC", NULL, "\xC3\xBC", "\xC3\xBC\xBC");
	MATCHES("\\$\\{\\}\\(\\)\\[\\]\\*\\+\\?\\|\\\\\\/", "${}()[]*+?|\\/", NULL, "x");
	MATCHES("a\\tb", "a\tb", NULL, "atb");
}

static void
patterns_that_are_refused(void)
{
	static const char *const list[] = { "(",
					    ")",
					    "a)",
					    "[",
					    "[a",
					    "[]",
					    "[^]",
					    "*",
					    "+a",
					    "a**",
					    "a+?",
					    "a{",
					    "a{x}",
					    "a{2",
					    "a{3,2}",
					    "a{9999}",
					    "{2}",
					    "a}",
					    "]",
					    "(?=a)",
					    "(?!a)",
					    "(?<n>a)",
					    "\\",
					    "\\b",
					    "\\1",
					    "\\u0041",
					    "\\p{L}",
					    "[z-a]",
					    "[\\d-z]",
					    "[\\b]",
					    "[\xC3\xBC]",
					    "((((((((((((((((a))))))))))))))))",
					    "(a{100}){100}",
					    "(((a{9}){9}){9}){9}",
					    "[^\\w\\W]",
					    "^*" };
	char text[PATTERN_MAX + 2];

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		const char *why = NULL;
		struct pattern *pattern = pattern_compile(list[i], &why);

		if (pattern != NULL)
			printf("\n    %s", list[i]);
		CU_ASSERT(pattern == NULL && why != NULL);
		pattern_free(pattern);
	}
	for (size_t len = PATTERN_MAX - 1; len <= PATTERN_MAX + 1; len++) {
		const char *why;
		struct pattern *pattern;

		memset(text, 'a', len);
		text[len] = '\0';
		pattern = pattern_compile(text, &why);
		CU_ASSERT((pattern != NULL) == (len <= PATTERN_MAX));
		pattern_free(pattern);
	}
}

static void
a_long_text_fits_no_pattern(void)
{
	static char text[PATTERN_TEXT_MAX + 2];
	const char *why;
	struct pattern *pattern = pattern_compile("^a*$", &why);

	memset(text, 'a', sizeof(text) - 1);
	CU_ASSERT(pattern_matches(pattern, text, PATTERN_TEXT_MAX));
	CU_ASSERT(!pattern_matches(pattern, text, PATTERN_TEXT_MAX + 1));
	pattern_free(pattern);
}

static const struct test tests[] = {
	TEST(types),
	TEST(numbers),
	TEST(strings),
	TEST(arrays),
	TEST(objects),
	TEST(values),
	TEST(combinations),
	TEST(references),
	TEST(a_schema_of_the_conformance_suite),
	TEST(faults_of_schemas),
	TEST(faults_of_references),
	TEST(defaults_must_fit),
	TEST(number_of_subschemas),
	TEST(depth_of_values),
	TEST(alternatives_are_bounded),
	TEST(long_arrays_are_checked_whole),
	TEST(patterns),
	TEST(patterns_that_are_refused),
	TEST(a_long_text_fits_no_pattern),
};
SUITE(tests)
