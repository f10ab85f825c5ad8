/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the rules for rows: each rule is broken once, and the operator's message is checked. */
#include "base/json.h"
#include "registry_helper.h"
#include "suite.h"

static void
refused(const char *manifest, const char *why)
{
	struct registry *registry = registry_of_one(manifest);
	char expected[1024] = "";

	if (why != NULL)
		snprintf(expected, sizeof(expected), "0: %s\n", why);
	ASSERT_STR(refusals, expected);
	for (int kind = 0; why != NULL && kind < ROW_KINDS; kind++)
		ASSERT_INT(registry_count(registry, (enum row_kind)kind, row_view_of(ACCESS_ADMIN)),
			   0);
	registry_done(registry);
}

static void
tool_refused(const char *tool, const char *why)
{
	char manifest[4096];

	snprintf(manifest, sizeof(manifest), "{\"tools\":[%s]}", tool);
	refused(manifest, why);
}

#define GOOD INPUT "," READS "," META("\"access\":\"read\"")

static void
names_of_tools(void)
{
	tool_refused(TOOL("list_things_2", GOOD), NULL);
	tool_refused(TOOL("a2345678901234567890123456789012345", GOOD), NULL);
	tool_refused(TOOL("a23456789012345678901234567890123456", GOOD),
		     "tool a23456789012345678901234567890123456: the name must have 1 to 35 "
		     "characters of a-z, 0-9 and _");
	tool_refused(TOOL("List", GOOD),
		     "tool List: the name must have 1 to 35 characters of a-z, 0-9 and _");
	tool_refused(TOOL("a-b", GOOD),
		     "tool a-b: the name must have 1 to 35 characters of a-z, 0-9 and _");
	tool_refused("{\"description\":\"d\"," GOOD "}",
		     "tool 0: the name must have 1 to 35 characters of a-z, 0-9 and _");
}

static void
members_of_tools(void)
{
	tool_refused(TOOL("a", "\"annotation\":{}," GOOD),
		     "tool a: annotation: is not a known member");
	tool_refused(TOOL("a", "\"title\":1," GOOD), "tool a: title: must be a string");
	tool_refused(TOOL("a", "\"title\":\"\"," GOOD), "tool a: title: must be a string");
	tool_refused(TOOL("a", "\"icons\":{}," GOOD), "tool a: icons: must be a list");
	tool_refused(TOOL("a", "\"_meta\":[]," GOOD), "tool a: _meta: must be an object");
	tool_refused("{\"name\":\"a\"," GOOD "}", "tool a: description: is missing");
	tool_refused("{\"name\":\"a\",\"description\":\"\"," GOOD "}",
		     "tool a: description: must be a string");
}

static void
schemas_of_tools(void)
{
	static const char rest[] = READS "," META("\"access\":\"read\"");
	static const struct {
		const char *members, *why;
	} list[] = {
		{ "", "tool a: inputSchema: must be a schema of type object" },
		{ "\"inputSchema\":true,", "tool a: inputSchema: must be a schema of type object" },
		{ "\"inputSchema\":{},", "tool a: inputSchema: must be a schema of type object" },
		{ "\"inputSchema\":{\"type\":\"array\"},",
		  "tool a: inputSchema: must be a schema of type object" },
		{ "\"inputSchema\":{\"type\":\"object\",\"properties\":{\"x\":{\"type\":\"text"
		  "\"}}},",
		  "tool a: inputSchema: /properties/x/type: names an unknown type" },
		{ INPUT ",\"outputSchema\":{\"type\":5},",
		  "tool a: outputSchema: /type: must be a name or a list of names" },
		{ INPUT ",\"outputSchema\":{\"type\":\"array\"},", NULL },
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		char tool[1024];

		snprintf(tool, sizeof(tool), "{\"name\":\"a\",\"description\":\"d\",%s%s}",
			 list[i].members, rest);
		tool_refused(tool, list[i].why);
	}
}

#define HINTS(hints) "\"annotations\":{" hints "}"
#define ACCESS(access) META("\"access\":\"" access "\"")

static void
access_against_annotations(void)
{
	tool_refused(TOOL("a", INPUT "," ACCESS("write")), NULL);
	tool_refused(TOOL("a", INPUT "," ACCESS("by-sql")), NULL);
	tool_refused(TOOL("a", INPUT "," ACCESS("admin")), NULL);
	tool_refused(TOOL("a", INPUT "," READS "," ACCESS("admin")), NULL);
	tool_refused(
	    TOOL("a", INPUT "," ACCESS("read")),
	    "tool a: annotations.readOnlyHint must be true, because lakehost.access is \"read\"");
	tool_refused(
	    TOOL("a", INPUT "," READS "," ACCESS("write")),
	    "tool a: annotations.readOnlyHint must be false, because lakehost.access is \"write\"");
	tool_refused(TOOL("a", INPUT "," READS "," ACCESS("by-sql")),
		     "tool a: annotations.readOnlyHint must be false, because lakehost.access is "
		     "\"by-sql\"");
	tool_refused(
	    TOOL("a", INPUT
		 "," HINTS("\"readOnlyHint\":true,\"destructiveHint\":true") "," ACCESS("read")),
	    "tool a: annotations.destructiveHint: must not be set, because the tool only reads");
	tool_refused(TOOL("a", INPUT "," HINTS("\"readonlyHint\":true") "," ACCESS("read")),
		     "tool a: annotations.readonlyHint: is not a known member");
	tool_refused(TOOL("a", INPUT "," HINTS("\"idempotentHint\":\"yes\"") "," ACCESS("write")),
		     "tool a: annotations.idempotentHint: must be true or false");
	tool_refused(TOOL("a", INPUT ",\"annotations\":[]," ACCESS("write")),
		     "tool a: annotations: must be an object");
}

static void
meta_refused(const char *meta, const char *why)
{
	char tool[2048];

	snprintf(tool, sizeof(tool),
		 "{\"name\":\"a\",\"description\":\"d\"," READS
		 "," PROPS("\"id\":{\"type\":\"string\"},\"n\":{\"type\":\"integer\"}",
			   "\"id\"") ",\"lakehost\":{\"access\":\"read\"%s}}",
		 meta);
	tool_refused(tool, why);
}

static void
the_member_lakehost(void)
{
	tool_refused(TOOL("a", INPUT "," READS), "tool a: lakehost: is missing");
	tool_refused(TOOL("a", INPUT "," READS ",\"lakehost\":1"),
		     "tool a: lakehost: must be an object");
	tool_refused(TOOL("a", INPUT "," READS ",\"lakehost\":{}"),
		     "tool a: lakehost.access: must be read, write, admin or by-sql");
	tool_refused(TOOL("a", INPUT "," READS "," ACCESS("all")),
		     "tool a: lakehost.access: must be read, write, admin or by-sql");
	meta_refused(",\"confirmed\":true", "tool a: lakehost.confirmed: is not a known member");
	meta_refused(",\"inline\":1", "tool a: lakehost.inline: must be true or false");
	/* a setting that has no effect is refused */
	meta_refused(",\"task\":1", "tool a: lakehost.task: must be a string or an object");
	meta_refused(",\"task\":\"maybe\"", "tool a: lakehost.task: must be never, may or must");
	meta_refused(",\"task\":{\"mode\":true}",
		     "tool a: lakehost.task: must be never, may or must");
	meta_refused(",\"task\":{\"mode\":\"may\",\"cancel\":\"b\"}",
		     "tool a: lakehost.task.cancel: needs lakehost.task.result");
	meta_refused(",\"task\":\"may\"", NULL);
	meta_refused(",\"task\":{\"mode\":\"must\"}", NULL);
	meta_refused(",\"task\":{}", "tool a: lakehost.task.result: must be a name");
	meta_refused(",\"task\":{\"result\":\"get_a\",\"poll\":\"b\"}",
		     "tool a: lakehost.task.poll: is not a known member");
	meta_refused(",\"task\":{\"result\":\"get_a\",\"cancel\":1}",
		     "tool a: lakehost.task.cancel: must be a name");
	meta_refused(",\"task\":{\"result\":\"Get\"}",
		     "tool a: lakehost.task.result: the name must have 1 to 35 "
		     "characters of a-z, 0-9 and _");
	meta_refused(",\"task\":{\"result\":\"a\"}", "tool a: \"a\" is used twice");
	meta_refused(",\"task\":{\"result\":\"get_a\",\"cancel\":\"get_a\"}",
		     "tool a: \"get_a\" is used twice");
	meta_refused(",\"task\":{\"result\":\"get_a\",\"cancel\":\"cancel_a\"}", NULL);
	meta_refused(",\"confirm\":\"Stop {id}. It costs {id}.\"", NULL);
	for (size_t i = 0; i < 5; i++) {
		static const char *const wrong[] = { "true", "\"\"", "\"Stop {x}\"", "\"Stop {id\"",
						     "\"Stop {}\"" };
		char meta[64];

		snprintf(meta, sizeof(meta), ",\"confirm\":%s", wrong[i]);
		meta_refused(meta, "tool a: lakehost.confirm: must be a sentence in which each "
				   "{NAME} names a property");
	}
	meta_refused(",\"scope\":{\"catalog\":\"id\",\"table\":\"id\",\"job\":\"id\"}", NULL);
	meta_refused(",\"scope\":{\"catalogs\":\"id\"}",
		     "tool a: lakehost.scope.catalogs: must be sql, catalog, schema, table, path, "
		     "secret_scope, warehouse, cluster, job, or a name in lakehost.reveals");
	meta_refused(",\"wait_s\":50,\"inline\":true", NULL);
	meta_refused(",\"requests\":\"GET /x\"", "tool a: lakehost.requests: must be a list");
	meta_refused(",\"requests\":[1]", "tool a: lakehost.requests[0]: must be a string");
	meta_refused(",\"wait_s\":51", "tool a: lakehost.wait_s: must be 0 to 50");
	meta_refused(",\"wait_s\":\"5\"", "tool a: lakehost.wait_s: must be 0 to 50");
}

static void
arguments_in_lakehost_are_properties(void)
{
	meta_refused(",\"scope\":{\"sql\":\"id\"},\"redact\":[\"id\"],"
		     "\"argument_aliases\":{\"ident\":\"id\"}",
		     NULL);
	meta_refused(",\"scope\":[]", "tool a: lakehost.scope: must be an object");
	meta_refused(",\"scope\":{\"catalog\":\"idd\"}",
		     "tool a: lakehost.scope.catalog: must be the name of a property");
	meta_refused(",\"scope\":{\"catalog\":1}",
		     "tool a: lakehost.scope.catalog: must be the name of a property");
	meta_refused(",\"redact\":\"id\"", "tool a: lakehost.redact: must be a list");
	meta_refused(",\"reveals\":1", "tool a: lakehost.reveals: must be true, false or an "
				       "object");
	meta_refused(",\"reveals\":true",
		     "tool a: lakehost.reveals: needs lakehost.access \"admin\"");
	meta_refused(",\"reveals\":{}",
		     "tool a: lakehost.reveals: needs lakehost.access \"admin\"");
	tool_refused(TOOL("a", INPUT "," META("\"access\":\"admin\",\"reveals\":true")), NULL);
	tool_refused(TOOL("a", INPUT "," META("\"access\":\"admin\",\"reveals\":{\"x\":\"y\"}")),
		     "tool a: lakehost.reveals.x: is missing in lakehost.scope");
	tool_refused(TOOL("a", PROPS("\"s\":{}",
				     "") "," META("\"access\":\"admin\",\"scope\":"
						  "{\"x\":\"s\"},\"reveals\":{\"x\":\"y\"}")),
		     "tool a: lakehost.reveals.x: must be the name of an option that is a list");
	meta_refused(",\"cost\":\"rows\"", "tool a: lakehost.cost: must be a list");
	meta_refused(",\"cost\":[\"rows\",\"money\"]",
		     "tool a: lakehost.cost[1]: must be rows, bytes, statement_seconds or "
		     "cluster_starts");
	meta_refused(",\"redact\":[\"idd\"]",
		     "tool a: lakehost.redact[0]: must be the name of a property");
	meta_refused(",\"redact\":[null]", "tool a: lakehost.redact[0]: must be the name of a "
					   "property");
	meta_refused(",\"argument_aliases\":[]",
		     "tool a: lakehost.argument_aliases: must be an object");
	meta_refused(",\"argument_aliases\":{\"x\":\"y\"}",
		     "tool a: lakehost.argument_aliases.x: must be the name of a property");
	meta_refused(",\"argument_aliases\":{\"n\":\"id\"}",
		     "tool a: lakehost.argument_aliases.n: is already the name of a property");
}

static void
aliases(void)
{
	meta_refused(",\"aliases\":[\"Old-Name\",\"a:b.c\"]", NULL);
	meta_refused(",\"aliases\":\"x\"", "tool a: lakehost.aliases: must be a list");
	meta_refused(",\"aliases\":[1]", "tool a: lakehost.aliases[0]: must be a string");
	meta_refused(",\"aliases\":[\"ok\",\"a b\"]",
		     "tool a: lakehost.aliases[1]: must have 1 to 128 "
		     "characters of A-Z, a-z, 0-9, _, ., : and -");
	meta_refused(",\"aliases\":[\"\"]", "tool a: lakehost.aliases[0]: must have 1 to 128 "
					    "characters of A-Z, a-z, 0-9, _, ., : and -");
	meta_refused(",\"aliases\":[\"a\"]", "tool a: \"a\" is used twice");
	meta_refused(",\"aliases\":[\"b\",\"b\"]", "tool a: \"b\" is used twice");
}

static void
resources_of_tools(void)
{
	meta_refused(",\"resource\":\"x://t/{id}\",\"mime\":\"text/plain\"", NULL);
	meta_refused(",\"resource\":\"x://t/{id}{?n}\",\"uri_aliases\":[\"x:old/{id}\"]", NULL);
	meta_refused(",\"resource\":1", "tool a: lakehost.resource: must be a string");
	meta_refused(
	    ",\"resource\":\"/t/{id}\"",
	    "tool a: lakehost.resource: must begin with a scheme, such as \"databricks:\"");
	meta_refused(",\"resource\":\"x://{id\"", "tool a: lakehost.resource: { without }");
	meta_refused(",\"resource\":\"x://t/{ident}\"",
		     "tool a: lakehost.resource: {ident} is not the name of a property");
	/* the path provides a required argument */
	meta_refused(",\"resource\":\"x://t/{id}/{n}\"", NULL);
	meta_refused(",\"resource\":\"x://t\"",
		     "tool a: lakehost.resource: the URI must contain every required property");
	meta_refused(",\"mime\":\"text/plain\"", "tool a: lakehost.mime: needs lakehost.resource");
	meta_refused(",\"uri_aliases\":[\"x:y\"]",
		     "tool a: lakehost.uri_aliases: needs lakehost.resource");
	meta_refused(",\"resource\":\"x://t/{id}\",\"uri_aliases\":[\"x:y\"]",
		     "tool a: lakehost.uri_aliases: the URI must contain every required property");
	meta_refused(
	    ",\"resource\":\"x://t/{id}\",\"uri_aliases\":[\"y\"]",
	    "tool a: lakehost.uri_aliases[0]: must begin with a scheme, such as \"databricks:\"");
	meta_refused(",\"resource\":\"x://t/{id}\",\"mime\":1",
		     "tool a: lakehost.mime: must be a string");
	tool_refused(TOOL("a", INPUT "," META("\"access\":\"write\",\"resource\":\"x://t\"")),
		     "tool a: lakehost.resource: the tool must only read");
	tool_refused(TOOL("a", INPUT "," META("\"access\":\"by-sql\",\"resource\":\"x://t\"")),
		     "tool a: lakehost.resource: the tool must only read");
}

/* ---- x-mcp-header ---------------------------------------------------------------------------- */

static void
header_refused(const char *properties, const char *meta, const char *why)
{
	char tool[2048];

	snprintf(tool, sizeof(tool),
		 "{\"name\":\"a\",\"description\":\"d\"," READS
		 ",\"inputSchema\":{\"type\":\"object\",%s},\"lakehost\":{\"access\":\"read\"%s}}",
		 properties, meta);
	tool_refused(tool, why);
}

#define P(properties) "\"properties\":{" properties "}"
#define STRING(name) "{\"type\":\"string\",\"x-mcp-header\":\"" name "\"}"

static void
headers_that_break_a_rule(void)
{
	header_refused(P("\"x\":" STRING("Region")), "", NULL);
	header_refused(P("\"x\":" STRING("")), "",
		       "tool a: x-mcp-header: must be a token, as names of HTTP headers are");
	header_refused(P("\"x\":" STRING("a b")), "",
		       "tool a: x-mcp-header: must be a token, as names of HTTP headers are");
	header_refused(P("\"x\":" STRING("a:")), "",
		       "tool a: x-mcp-header: must be a token, as names of HTTP headers are");
	header_refused(P("\"x\":{\"type\":\"string\",\"x-mcp-header\":1}"), "",
		       "tool a: x-mcp-header: must be a token, as names of HTTP headers are");
	header_refused(
	    P("\"x\":{\"type\":\"number\",\"x-mcp-header\":\"N\"}"), "",
	    "tool a: x-mcp-header N: is allowed only for a string, an integer or a boolean");
	header_refused(
	    P("\"x\":{\"x-mcp-header\":\"N\"}"), "",
	    "tool a: x-mcp-header N: is allowed only for a string, an integer or a boolean");
	header_refused(
	    P("\"x\":{\"type\":[\"string\",\"null\"],\"x-mcp-header\":\"N\"}"), "",
	    "tool a: x-mcp-header N: is allowed only for a string, an integer or a boolean");
	header_refused(P("\"x\":" STRING("Region") ",\"y\":" STRING("region")), "",
		       "tool a: x-mcp-header region: is listed twice");
	header_refused(P("\"x\":" STRING("R")), ",\"redact\":[\"x\"]",
		       "tool a: lakehost.redact[0]: the property must not also be sent in a header "
		       "(x-mcp-header)");
}

static void
headers_out_of_reach(void)
{
	static const char *const list[] = {
		"\"x-mcp-header\":\"N\"",
		P("\"x\":{\"type\":\"array\",\"items\":" STRING("N") "}"),
		P("\"x\":{\"anyOf\":[" STRING("N") "]}"),
		P("\"x\":{\"additionalProperties\":" STRING("N") "}"),
		"\"allOf\":[{" P("\"x\":" STRING("N")) "}]",
		"\"if\":{" P("\"x\":" STRING("N")) "}",
		"\"$defs\":{\"d\":" STRING("N") "}",
		"\"not\":{" P("\"x\":" STRING("N")) "}",
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		header_refused(list[i], "",
			       "tool a: x-mcp-header: is allowed only for members of properties");
	/* a property may have this name, and a value may contain it */
	header_refused(P("\"x-mcp-header\":{\"type\":\"string\"}"), "", NULL);
	header_refused(P("\"x\":{\"const\":{\"x-mcp-header\":1}}"), "", NULL);
}

/* clang-format off */
static void
headers_are_collected(void)
{
	struct registry *registry = registry_of_one("{\"tools\":[" TOOL("a", READS ","
	    ACCESS("read") ",\"inputSchema\":{\"type\":\"object\"," P("\"r\":" STRING("Region") ","
	    "\"o\":{\"type\":\"object\"," P("\"level\":{\"type\":\"integer\",\"x-mcp-header\":"
	    "\"Level\"}") "},\"b\":{\"type\":\"boolean\",\"x-mcp-header\":\"B\"}") "}") "]}");
	const struct row *row = registry_tool(registry, "a", row_view_of(ACCESS_READ));
	/* clang-format on */

	CU_ASSERT_FATAL(row != NULL && row->n_params == 3);
	ASSERT_STR(row->params[0].name, "Region");
	ASSERT_STR(row->params[0].path[0], "r");
	CU_ASSERT(row->params[0].path[1] == NULL && row->params[0].type == PARAM_STRING);
	ASSERT_STR(row->params[1].path[0], "o");
	ASSERT_STR(row->params[1].path[1], "level");
	CU_ASSERT(row->params[1].path[2] == NULL && row->params[1].type == PARAM_INTEGER);
	CU_ASSERT(row->params[2].type == PARAM_BOOLEAN);
	registry_done(registry);
}

/* ---- other kinds ----------------------------------------------------------------------------- */

static void
resources(void)
{
	refused("{\"resources\":[{\"uri\":\"x://a\",\"name\":\"A b\",\"mimeType\":\"text/plain\","
		"\"size\":5,\"lakehost\":{\"access\":\"admin\",\"inline\":true}}]}",
		NULL);
	refused("{\"resources\":[{\"uri\":\"x://a\"}]}",
		"resource 0: the name must have 1 to 128 bytes");
	refused("{\"resources\":[{\"name\":\"a\"}]}", "resource a: uri: missing");
	refused("{\"resources\":[{\"name\":\"a\",\"uri\":\"x://{y}\"}]}",
		"resource a: uri: with variables");
	refused("{\"resources\":[{\"name\":\"a\",\"uri\":\"x://a b\"}]}",
		"resource a: uri: a character is not valid in a URI");
	refused("{\"resources\":[{\"name\":\"a\",\"uri\":\"x:a\",\"lakehost\":{\"rights\":1}}]}",
		"resource a: lakehost.rights: is not a known member");
	refused("{\"resources\":[{\"name\":\"a\",\"uri\":\"x:a\",\"lakehost\":{\"access\":"
		"\"by-sql\"}}]}",
		"resource a: lakehost.access: must be read, write or admin");
	refused("{\"templates\":[{\"name\":\"a\",\"uriTemplate\":\"x:{b}\"}]}", NULL);
	refused("{\"templates\":[{\"name\":\"a\",\"uriTemplate\":\"x:b\"}]}",
		"template a: uriTemplate: without variables");
	refused("{\"templates\":[{\"name\":\"a\",\"uri\":\"x:b\"}]}",
		"template a: uri: is not a known member");
}

static void
length_of_uris(void)
{
	for (int len = REGISTRY_URI_MAX - 1; len <= (int)REGISTRY_URI_MAX + 1; len++) {
		char manifest[2048], uri[REGISTRY_URI_MAX + 2];

		memset(uri, 'a', sizeof(uri));
		memcpy(uri, "x:", 2);
		uri[len] = '\0';
		snprintf(manifest, sizeof(manifest),
			 "{\"resources\":[{\"name\":\"a\",\"uri\":\"%s\"}]}", uri);
		refused(manifest,
			len > (int)REGISTRY_URI_MAX ? "resource a: uri: is too long" : NULL);
	}
}

static void
prompts(void)
{
	refused("{\"prompts\":[{\"name\":\"p\",\"arguments\":[{\"name\":\"x\",\"required\":true,"
		"\"title\":\"X\",\"description\":\"d\"}],\"lakehost\":{\"aliases\":[\"q\"]}}]}",
		NULL);
	refused("{\"prompts\":[{\"name\":\"P\"}]}",
		"prompt P: the name must have 1 to 35 characters of a-z, 0-9 and _");
	refused("{\"prompts\":[{\"name\":\"p\",\"args\":[]}]}",
		"prompt p: args: is not a known member");
	refused("{\"prompts\":[{\"name\":\"p\",\"arguments\":{}}]}",
		"prompt p: arguments: must be a list");
	refused("{\"prompts\":[{\"name\":\"p\",\"arguments\":[{}]}]}",
		"prompt p: arguments[0].name: must be a name");
	refused("{\"prompts\":[{\"name\":\"p\",\"arguments\":[{\"name\":\"x\",\"type\":1}]}]}",
		"prompt p: arguments[0].type: is not a known member");
	refused("{\"prompts\":[{\"name\":\"p\",\"arguments\":[{\"name\":\"x\",\"required\":1}]}]}",
		"prompt p: arguments[0].required: must be true or false");
	refused("{\"prompts\":[{\"name\":\"p\",\"arguments\":[{\"name\":\"x\"},{\"name\":\"x"
		"\"}]}]}",
		"prompt p: arguments[1]: \"x\" is listed twice");
}

#define PROMPT "\"prompts\":[{\"name\":\"p\",\"arguments\":[{\"name\":\"x\"}]}]"
#define TEMPLATE "\"templates\":[{\"name\":\"t\",\"uriTemplate\":\"x:{y}\"}]"
#define COMPLETION(type, key, name, argument)                            \
	"{\"ref\":{\"type\":\"ref/" type "\",\"" key "\":\"" name "\"}," \
	"\"argument\":\"" argument "\"}"

static void
completions(void)
{
	refused("{" PROMPT "," TEMPLATE
		",\"completions\":[" COMPLETION("prompt", "name", "p",
						"x") "," COMPLETION("resource", "uri", "x:{y}",
								    "y") "]}",
		NULL);
	refused("{" PROMPT ",\"completions\":[" COMPLETION("prompt", "name", "p", "z") "]}",
		"completion of p z: this argument does not exist");
	refused("{" PROMPT ",\"completions\":[" COMPLETION("prompt", "name", "q", "x") "]}",
		"completion of q x: this argument does not exist");
	refused("{" TEMPLATE ",\"completions\":[" COMPLETION("resource", "uri", "x:{z}", "z") "]}",
		"completion of x:{z} z: this argument does not exist");
	refused("{" PROMPT ",\"completions\":[" COMPLETION("prompt", "name", "p",
							   "x") "," COMPLETION("prompt", "name",
									       "p", "x") "]}",
		"completion of p x: this argument is listed twice");
	refused("{\"completions\":[" COMPLETION("tool", "name", "p", "x") "]}",
		"completion 0: ref.type: must be ref/prompt or ref/resource");
	refused("{\"completions\":[" COMPLETION("prompt", "uri", "p", "x") "]}",
		"completion 0: ref.name: is missing");
	refused("{" PROMPT ",\"completions\":[{\"ref\":{\"type\":\"ref/prompt\",\"name\":\"p\"}}]}",
		"completion 0: argument: is missing");
	refused("{\"completions\":[{\"what\":1}]}", "completion 0: what: is not a known member");
}

static const struct test tests[] = {
	TEST(names_of_tools),
	TEST(members_of_tools),
	TEST(schemas_of_tools),
	TEST(access_against_annotations),
	TEST(the_member_lakehost),
	TEST(arguments_in_lakehost_are_properties),
	TEST(aliases),
	TEST(resources_of_tools),
	TEST(headers_that_break_a_rule),
	TEST(headers_out_of_reach),
	TEST(headers_are_collected),
	TEST(resources),
	TEST(length_of_uris),
	TEST(prompts),
	TEST(completions),
};
SUITE(tests)
