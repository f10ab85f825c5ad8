/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of percent-encoding, paths, templates: checking, matching, expanding. */
#include "base/uri.h"

#include <json-c/json.h>

#include "base/buf.h"
#include "suite.h"

static void
decoded_is(const char *text, const char *expected)
{
	struct buf out;
	bool ok;

	buf_init(&out, 100);
	buf_puts(&out, "<");
	ok = uri_decode(text, strlen(text), &out);
	ASSERT_INT(ok, expected != NULL);
	ASSERT_STR(out.data + 1, expected != NULL ? expected : "");
	buf_fini(&out);
}

static void
decoding(void)
{
	decoded_is("", "");
	decoded_is("abc", "abc");
	decoded_is("a%20b%2Fc%2f", "a b/c/");
	decoded_is("%C3%BC+", "\xC3\xBC+");
	decoded_is("%25%32%35", "%25");
	decoded_is("%", NULL);
	decoded_is("a%2", NULL);
	decoded_is("a%2x", NULL);
	decoded_is("a%G0", NULL);
	decoded_is("a%00", NULL);
	CU_ASSERT(!uri_decode("a\0b", 3, &(struct buf){ .data = (char[1]){ 0 }, .cap = 0 }));
}

static void
encoding(void)
{
	struct buf out;

	buf_init(&out, 1000);
	uri_encode(&out, "azAZ09-._~", 10);
	ASSERT_STR(out.data, "azAZ09-._~");
	buf_reset(&out);
	uri_encode(&out, " /?#[]@!$&'()*+,;=%\"\xC3\xBC\0", 23);
	ASSERT_STR(out.data,
		   "%20%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%25%22%C3%BC%00");
	buf_fini(&out);
}

static void
paths(void)
{
	static const char *const fine[] = { "/api",
					    "/api/2.1/clusters/get",
					    "/a%20b/c",
					    "/a%2Fb",
					    "/%2FVolumes%2Fx",
					    "/...",
					    "/a..b/..c",
					    "/.x",
					    "/a/%2e%2e%2e",
					    "/a:b@c;d=e",
					    "/%2f" };
	static const char *const bad[] = {
		"",	     "a",	  "/",		 "//",	    "/a//b",	   "/a/",
		"/.",	     "/..",	  "/a/..",	 "/a/./b",  "/../a",	   "/%2e",
		"/%2E%2e/a", "/.%2e",	  "/a/%2e.",	 "/a b",    "/a\tb",	   "/a?b",
		"/a#b",	     "/a\\b",	  "/a%00",	 "/a%",	    "/a%2",	   "/a%zz",
		"/a\x7f",    "/\xC3\xBC", "/a%2f..%2fb", "/..%2fb", "/a%2F%2e%2E", "/a%2f./b"
	};

	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		ASSERT_STR(uri_path_check(fine[i]), NULL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (uri_path_check(bad[i]) == NULL)
			printf("\n    %s passed", bad[i]);
		CU_ASSERT(uri_path_check(bad[i]) != NULL);
	}
}

static void
templates_are_checked(void)
{
	static const char *const fine[] = { "databricks://clusters/{cluster_id}",
					    "/a",
					    "x://{a}-{b}",
					    "/api/2.1{+path}{?a,b}",
					    "/a?x=1{&y}",
					    "/a{?x}{&y,z}",
					    "{+path}",
					    "/a%20b/{x}" };
	static const struct {
		const char *text, *why;
	} bad[] = {
		{ "", "empty template" },
		{ "/a/{x", "{ without }" },
		{ "/a/}", "a character is not valid in a URI" },
		{ "/a b", "a character is not valid in a URI" },
		{ "/a\"b", "a character is not valid in a URI" },
		{ "/\xC3\xBC", "a character is not valid in a URI" },
		{ "/a%2", "a percent escape is not valid" },
		{ "/{}", "a variable name may have letters, digits and _" },
		{ "/{#x}", "a variable name may have letters, digits and _" },
		{ "/{x*}", "a variable name may have letters, digits and _" },
		{ "/{x:3}", "a variable name may have letters, digits and _" },
		{ "/{.x}", "a variable name may have letters, digits and _" },
		{ "/{x}/{x}", "a variable is used twice" },
		{ "/{x}{?x}", "a variable is used twice" },
		{ "/{x}{y}", "two variables must have text between them" },
		{ "/{x}{+y}", "two variables must have text between them" },
		{ "/{x,y}", "a path expression {+…} may have only one variable" },
		{ "/a{?x,}", "the name of a variable is empty" },
		{ "/a{?,x}", "a variable name may have letters, digits and _" },
		{ "/a{?x}/b", "only {&\xE2\x80\xA6} may follow {?\xE2\x80\xA6}" },
		{ "/a{?x}{?y}", "a second query" },
		{ "/a?b=1{?x}", "a second query" },
		{ "/a{&x}", "{&\xE2\x80\xA6} without a query before it" },
	};

	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		ASSERT_STR(uri_template_check(fine[i]), NULL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ASSERT_STR(uri_template_check(bad[i].text), bad[i].why);
}

static void
number_of_variables(void)
{
	for (int n = 31; n <= 33; n++) {
		struct buf text;

		buf_init(&text, 1000);
		for (int i = 0; i < n; i++)
			buf_printf(&text, "/{v%d}", i);
		ASSERT_STR(uri_template_check(text.data),
			   n > 32 ? "there are too many variables" : NULL);
		buf_fini(&text);
	}
}

static void
collect(void *data, const char *name, size_t len, char op)
{
	buf_printf(data, "%c%.*s ", op == 0 ? '.' : op, (int)len, name);
}

static void
variables_are_named(void)
{
	struct buf out;

	buf_init(&out, 100);
	uri_template_vars("/a/{b}/c{+d}{?e,f}{&g}", collect, &out);
	ASSERT_STR(out.data, ".b +d ?e ?f &g ");
	buf_fini(&out);
}

static void
match_is(const char *pattern, const char *uri, const char *expected)
{
	struct json_object *values = uri_template_match(pattern, uri);
	const char *text =
	    values == NULL
		? NULL
		: json_object_to_json_string_ext(values, JSON_C_TO_STRING_PLAIN |
							     JSON_C_TO_STRING_NOSLASHESCAPE);

	if ((text == NULL) != (expected == NULL))
		printf("\n    %s %s", pattern, uri);
	ASSERT_STR(text, expected);
	json_object_put(values);
}

static void
matching(void)
{
	match_is("a://b", "a://b", "{}");
	match_is("a://b", "a://bc", NULL);
	match_is("a://b", "a://", NULL);
	match_is("a://{x}", "a://", NULL);
	match_is("a://{x}", "a://1", "{\"x\":\"1\"}");
	match_is("a://{x}", "a://1/2", NULL);
	match_is("a://{x}", "a://1?y=2", NULL);
	match_is("a://{x}", "a://1#f", NULL);
	match_is("a://{x}/c", "a://b/c", "{\"x\":\"b\"}");
	match_is("a://{x}/{y}", "a://b/c", "{\"x\":\"b\",\"y\":\"c\"}");
	match_is("a://{x}/{y}", "a://b/c/d", NULL);
	match_is("a://{x}/{y}", "a://b/", NULL);
	match_is("a://{x}.{y}.{z}", "a://m.n.o", "{\"x\":\"m\",\"y\":\"n\",\"z\":\"o\"}");
	match_is("a://{x}.{y}", "a://m.n.o", "{\"x\":\"m\",\"y\":\"n.o\"}");
	match_is("a://{x}-end", "a://b-end-end", "{\"x\":\"b-end\"}");
	match_is("a://{+p}", "a://b/c/d?e", "{\"p\":\"b/c/d?e\"}");
	match_is("a://f{+p}", "a://f/Volumes/x%20y", "{\"p\":\"/Volumes/x y\"}");
	match_is("a://{+p}/end", "a://b/end/end", "{\"p\":\"b/end\"}");
	/* the 1 of a percent escape is not the literal 1 */
	match_is("a://{+p}1{+x}", "a://b1%C3%91c", "{\"p\":\"b\",\"x\":\"Ñc\"}");
	match_is("a://{+p}/{x}", "a://b/c/d", "{\"p\":\"b/c\",\"x\":\"d\"}");
	match_is("a://{x}/{+p}", "a://b/c/d", "{\"x\":\"b\",\"p\":\"c/d\"}");
}

static void
matched_values_are_checked(void)
{
	match_is("a://{x}", "a://a%20%C3%BC", "{\"x\":\"a \xC3\xBC\"}");
	match_is("a://{x}", "a://a%2Fb", NULL);
	match_is("a://{x}", "a://a%00", NULL);
	match_is("a://{x}", "a://a%FF", NULL);
	match_is("a://{x}", "a://a%2", NULL);
	match_is("a://{x}", "a://.", NULL);
	match_is("a://{x}", "a://..", NULL);
	match_is("a://{x}", "a://%2e%2E", NULL);
	match_is("a://{x}", "a://...", "{\"x\":\"...\"}");
	match_is("a://{+p}", "a://a/../b", NULL);
	match_is("a://{+p}", "a://a/.", NULL);
	match_is("a://{+p}", "a://a%2F..%2Fb", NULL);
	match_is("a://{+p}", "a://a%2Fb", "{\"p\":\"a/b\"}");
	match_is("a://{+p}", "a://a..b/.c", "{\"p\":\"a..b/.c\"}");
}

static void
queries_are_matched(void)
{
	match_is("a://{x}{?r,s}", "a://1", "{\"x\":\"1\"}");
	match_is("a://{x}{?r,s}", "a://1?", "{\"x\":\"1\"}");
	match_is("a://{x}{?r,s}", "a://1?s=2", "{\"x\":\"1\",\"s\":\"2\"}");
	match_is("a://{x}{?r,s}", "a://1?s=2&r=%20", "{\"x\":\"1\",\"s\":\"2\",\"r\":\" \"}");
	match_is("a://{x}{?r,s}", "a://1?r=", "{\"x\":\"1\",\"r\":\"\"}");
	match_is("a://{x}{?r,s}", "a://1?r=..", "{\"x\":\"1\",\"r\":\"..\"}");
	match_is("a://{x}{?r,s}", "a://1?x=2", NULL);
	match_is("a://{x}{?r,s}", "a://1?t=2", NULL);
	match_is("a://{x}{?r,s}", "a://1?r", NULL);
	match_is("a://{x}{?r,s}", "a://1?r=1&r=2", NULL);
	match_is("a://{x}{?r,s}", "a://1?r=%00", NULL);
	match_is("a://{x}{?r}{&s}", "a://1?s=2", "{\"x\":\"1\",\"s\":\"2\"}");
}

/* Many variables with the same literal text between them: the search ends. */
static void
matching_is_bounded(void)
{
	struct buf pattern, uri;

	buf_init(&pattern, 1000);
	buf_init(&uri, 10000);
	buf_puts(&pattern, "a://");
	buf_puts(&uri, "a://");
	for (int i = 0; i < 20; i++)
		buf_printf(&pattern, "{+v%d}a", i);
	buf_puts(&pattern, "b");
	for (int i = 0; i < 8188; i++)
		buf_putc(&uri, 'a');
	CU_ASSERT(uri_template_match(pattern.data, uri.data) == NULL);
	match_is("a://{x}a{+y}", "a://baaa", "{\"x\":\"b\",\"y\":\"aa\"}");
	buf_cut(&uri, 8192 - 1);
	buf_putc(&uri, 'z');
	for (int n = 8192; n <= 8193; n++, buf_putc(&uri, 'z')) {
		struct json_object *values = uri_template_match("a://{x}", uri.data);

		ASSERT_INT(values != NULL, n == 8192);
		json_object_put(values);
	}
	buf_fini(&pattern);
	buf_fini(&uri);
}

static void
expanded_is(const char *pattern, const char *json, const char *expected, const char *why)
{
	struct json_object *values = json_tokener_parse(json);
	char reason[200] = "";
	struct buf out;
	bool ok;

	buf_init(&out, 200);
	buf_puts(&out, "<");
	ok = uri_template_expand(pattern, values, &out, reason, sizeof(reason));
	ASSERT_INT(ok, expected != NULL);
	/* a full buffer contains nothing, not even the text at the mark */
	ASSERT_STR(buf_ok(&out) ? out.data + 1 : "", expected == NULL ? "" : expected);
	ASSERT_STR(reason, why == NULL ? "" : why);
	buf_fini(&out);
	json_object_put(values);
}

static void
expanding(void)
{
	expanded_is("/a", "{}", "/a", NULL);
	expanded_is("/{x}", "{\"x\":\"a b/c\xC3\xBC\"}", "/a%20b%2Fc%C3%BC", NULL);
	expanded_is("/{x}/{y}", "{\"x\":12,\"y\":true}", "/12/true", NULL);
	expanded_is("/a{+p}", "{\"p\":\"/V x/b\"}", "/a/V%20x/b", NULL);
	expanded_is("/a/{+p}", "{\"p\":\"b\"}", "/a/b", NULL);
	expanded_is("/a{?x,y,z}", "{\"x\":\"1&2\",\"z\":false}", "/a?x=1%262&z=false", NULL);
	expanded_is("/a{?x}{&y}", "{\"y\":2}", "/a?y=2", NULL);
	expanded_is("/a?b=1{&y}", "{\"y\":2}", "/a?b=1&y=2", NULL);
	expanded_is("/a{?x}", "{\"x\":[\"p\",2,true]}", "/a?x=p&x=2&x=true", NULL);
	expanded_is("/a{?x}", "{\"x\":[]}", "/a", NULL);
	expanded_is("/a{?x}", "{\"x\":null}", "/a", NULL);
	expanded_is("/a{?x}", "{\"x\":\"\"}", "/a?x=", NULL);
	expanded_is("/a{?x}", "{\"x\":\"..\"}", "/a?x=..", NULL);
	expanded_is("/{x}", "{\"x\":\"...\"}", "/...", NULL);
}

#define FIFTY "12345678901234567890123456789012345678901234567890"

static void
expanding_fails_closed(void)
{
	expanded_is("/{x}", "{}", NULL, "x is missing");
	expanded_is("/{x}", "{\"x\":null}", NULL, "x is missing");
	expanded_is("/{x}", "{\"x\":\"\"}", NULL, "x is empty, or has an empty segment");
	expanded_is("/{x}", "{\"x\":\".\"}", NULL,
		    "x must not be or contain a \".\" or \"..\" segment");
	expanded_is("/{x}", "{\"x\":\"..\"}", NULL,
		    "x must not be or contain a \".\" or \"..\" segment");
	expanded_is("/{x}", "{\"x\":\"a/../b\"}", NULL,
		    "x must not be or contain a \".\" or \"..\" segment");
	expanded_is("/{x}", "{\"x\":[1]}", NULL, "x is not a single value");
	expanded_is("/{x}", "{\"x\":{}}", NULL, "x is not a single value");
	expanded_is("/{x}", "{\"x\":\"a\\u0000\"}", NULL, "x holds a NUL");
	expanded_is("/a{+p}", "{\"p\":\"/a//b\"}", NULL, "p is empty, or has an empty segment");
	expanded_is("/a{+p}", "{\"p\":\"/a/\"}", NULL, "p is empty, or has an empty segment");
	expanded_is("/a{+p}", "{\"p\":\"/\"}", NULL, "p is empty, or has an empty segment");
	expanded_is("/a{+p}", "{\"p\":\"\"}", NULL, "p is empty, or has an empty segment");
	expanded_is("/a{+p}", "{\"p\":\"/a/../b\"}", NULL,
		    "p must not be or contain a \".\" or \"..\" segment");
	expanded_is("/a{?x}", "{\"x\":{}}", NULL,
		    "x is not a single value or a list of single values");
	expanded_is("/a{?x}", "{\"x\":[[1]]}", NULL,
		    "x is not a single value or a list of single values");
	expanded_is("/a{?x}", "{\"x\":\"\\u0000\"}", NULL, "x holds a NUL");
	expanded_is("/a{x", "{}", NULL, "the template { without }");
	expanded_is("/" FIFTY FIFTY FIFTY "{x}", "{\"x\":\"" FIFTY "\"}", NULL,
		    "the template becomes too long with these values");
}

static const struct test tests[] = {
	TEST(decoding),
	TEST(encoding),
	TEST(paths),
	TEST(templates_are_checked),
	TEST(number_of_variables),
	TEST(variables_are_named),
	TEST(matching),
	TEST(matched_values_are_checked),
	TEST(queries_are_matched),
	TEST(matching_is_bounded),
	TEST(expanding),
	TEST(expanding_fails_closed),
};
SUITE(tests)
