/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of names, ids and similar names, of lists with their pages, filters, caps and end lines,
 * and of completions. */
#include "databricks.h"
#include "test_plugin.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define CLUSTERS "GET /api/2.1/clusters/list?page_size=100"

/* ---- a plugin that uses the shared code
 * ------------------------------------------------------- */

static int
resolved(struct mcp_call *call, const void *state, size_t len)
{
	const struct dbx_resolved *found = state;

	(void)len;
	return mcp_say(call, "%s -> %s", found->asked, found->id);
}

static int
resolve(struct mcp_call *call)
{
	return dbx_resolve(call, &dbx_clusters, "cluster_id", resolved);
}

static int
unknown(struct mcp_call *call)
{
	return dbx_unknown(call, &dbx_clusters, mcp_arg(call, "cluster_id"), mcp_arg(call, "why"));
}

static int
is(struct mcp_call *call)
{
	const char *text = mcp_arg(call, "text");

	return mcp_say(call, "%d%d%d", dbx_is_cluster_id(text), dbx_is_warehouse_id(text),
		       dbx_is_number(text));
}

static int
nearest(struct mcp_call *call)
{
	const char *near = dbx_nearest(call, mcp_arg(call, "asked"), mcp_arg_json(call, "names"));

	return mcp_say(call, "%s", near != NULL ? near : "none");
}

static bool
named(struct mcp_call *call, struct json_object *item)
{
	return mcp_name_matches(call, mcp_get_str(call, item, "name", ""));
}

static struct mcp_words
words(struct mcp_call *call)
{
	(void)call;
	return (struct mcp_words){ .object = "The list of things" };
}

static int
list(struct mcp_call *call)
{
	static const struct mcp_list_column columns[] = { { .name = "name", .path = "name" } };
	static const char *const repeat[] = { "kind", "name_filter", NULL };
	static const struct mcp_list things = {
		.path = "/api/things{?page_size,page_token,kind}",
		.limit_name = "page_size",
		.most = 50,
		.items = "things",
		.columns = columns,
		.n_columns = 1,
		.noun = "things",
		.tool = "list_things",
		.repeat = repeat,
		.item = named,
		.words = words,
	};

	return mcp_list(call, &things, mcp_object(call, "kind", mcp_arg(call, "kind"), NULL));
}

static int
offered(struct mcp_call *call, const void *state, size_t len)
{
	(void)state;
	(void)len;
	return mcp_offer(call, "things", "name");
}

static int
complete(struct mcp_call *call)
{
	return mcp_fetch(call, "/api/things", mcp_object(call, NULL), offered, NULL, 0);
}

static const struct mcp_row rows[] = {
	{ .name = "resolve", .handler = resolve }, { .name = "unknown", .handler = unknown },
	{ .name = "is", .handler = is },	   { .name = "nearest", .handler = nearest },
	{ .name = "list", .handler = list },
};
static const struct mcp_row completions[] = { { .name = "things name", .handler = complete } };

const struct mcp_plugin mcp_plugin = {
	MCP_PLUGIN_HEAD,
	.name = "databricks",
	.version = "0",
	.tools = MCP_ROWS(rows),
	.completions = MCP_ROWS(completions),
};

/* ---- names ----------------------------------------------------------------------------------- */

static void
knows_ids(void)
{
	static const struct {
		const char *text, *is;
	} cases[] = {
		{ "{\"text\":\"0712-123456-abc12345\"}", "100" },
		{ "{\"text\":\"0712-123456-\"}", "000" },
		{ "{\"text\":\"0712_123456-abc12345\"}", "000" },
		{ "{\"text\":\"0712-123456-ABC\"}", "000" },
		{ "{\"text\":\"1f2e3d4c5b6a7988\"}", "010" },
		{ "{\"text\":\"1f2e3d4c5b6a798\"}", "000" },
		{ "{\"text\":\"9223372036854775807\"}", "001" },
		{ "{\"text\":\"92233720368547758070\"}", "000" },
		{ "{\"text\":\"\"}", "000" },
		{ "{\"text\":\"12a\"}", "000" },
	};
	struct fakehost *host = fakehost_new(&mcp_plugin);

	for (size_t i = 0; i < COUNT(cases); i++)
		ASSERT_TEXT(fakehost_tool(host, "is", cases[i].text), cases[i].is);
	fakehost_free(host);
}

static void
finds_near_names(void)
{
	static const struct {
		const char *arguments, *near;
	} cases[] = {
		{ "{\"asked\":\"order\",\"names\":[\"orders\",\"Order\",\"other\",\"x\"]}",
		  "Order, orders, other" },
		{ "{\"asked\":\"order\",\"names\":[\"a\",\"customers\"]}", "none" },
		{ "{\"asked\":\"ab\",\"names\":[\"aa\",\"ac\",\"ad\",\"ae\"]}", "aa, ac, ad" },
		{ "{\"asked\":\"nightly\",\"names\":[\"nightly-etl-of-all\",\"x\",\"Nightly-x\"]}",
		  "Nightly-x, nightly-etl-of-all" },
		{ "{\"asked\":\"the orders\",\"names\":[\"orders\",\"he\"]}", "orders" },
		{ "{\"asked\":\"a\",\"names\":\"x\"}", "none" },
		{ "{\"asked\":\"a\",\"names\":[]}", "none" },
		{ "{\"asked\":\"a\"}", "none" },
	};
	struct fakehost *host = fakehost_new(&mcp_plugin);

	for (size_t i = 0; i < COUNT(cases); i++)
		ASSERT_TEXT(fakehost_tool(host, "nearest", cases[i].arguments), cases[i].near);
	fakehost_free(host);
}

#define DEV "{\"cluster_id\":\"1111-111111-dev\",\"cluster_name\":\"dev\"}"
#define PROD "{\"cluster_id\":\"2222-222222-prod\",\"cluster_name\":\"prod\"}"

static void
resolves_names_and_ids(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	ASSERT_TEXT(fakehost_tool(host, "resolve", "{\"cluster_id\":\"0712-123456-abc\"}"),
		    "0712-123456-abc -> 0712-123456-abc");
	ASSERT_INT(fakehost_requests(host), 0);
	fakehost_reply(host, CLUSTERS, 200,
		       "{\"clusters\":[7," DEV "],\"next_page_token\":\"t2\"}");
	fakehost_reply(host, CLUSTERS "&page_token=t2", 200, "{\"clusters\":[" PROD "]}");
	ASSERT_TEXT(fakehost_tool(host, "resolve", "{\"cluster_id\":\"dev\"}"),
		    "dev -> 1111-111111-dev");
	ASSERT_TEXT(fakehost_tool(host, "resolve", "{\"cluster_id\":\"prod\"}"),
		    "prod -> 2222-222222-prod");
	ASSERT_INT(fakehost_requests(host), 2);
	ASSERT_FAILED(fakehost_tool(host, "resolve", "{\"cluster_id\":\"dav\"}"), MCP_E_NOT_FOUND,
		      "There is no cluster \"dav\".", "This identity can see no object with",
		      "Did you mean: dev? list_clusters shows all.");
	ASSERT_FAILED(fakehost_tool(host, "resolve", "{\"cluster_id\":\"zzz\"}"), MCP_E_NOT_FOUND,
		      "zzz", "", "Call list_clusters");
	ASSERT_INT(fakehost_tool(host, "resolve", "{}")->status, MCP_E_INPUT);
	ASSERT_INT(fakehost_tool(host, "resolve", "{\"cluster_id\":\"\"}")->status, MCP_E_INPUT);
	fakehost_free(host);
}

/* An id of the list is accepted in any form. It has priority over an equal name. */
static void
accepts_ids_as_listed(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, CLUSTERS, 200,
		       "{\"clusters\":["
		       "{\"cluster_id\":\"1\",\"cluster_name\":\"04fd9939\"},"
		       "{\"cluster_id\":\"04fd9939\",\"cluster_name\":\"n\"},"
		       "{\"cluster_id\":4711,\"cluster_name\":\"m\"}]}");
	ASSERT_TEXT(fakehost_tool(host, "resolve", "{\"cluster_id\":\"04fd9939\"}"),
		    "04fd9939 -> 04fd9939");
	ASSERT_TEXT(fakehost_tool(host, "resolve", "{\"cluster_id\":\"4711\"}"), "4711 -> 4711");
	ASSERT_TEXT(fakehost_tool(host, "resolve", "{\"cluster_id\":\"m\"}"), "m -> 4711");
	fakehost_free(host);
}

static void
refuses_names_that_are_not_unique(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	char body[4000] = "{\"clusters\":[";

	fakehost_reply(host, CLUSTERS, 200, "{\"clusters\":[" DEV "," DEV "]}");
	ASSERT_FAILED(fakehost_tool(host, "resolve", "{\"cluster_id\":\"dev\"}"), MCP_E_INPUT,
		      "2 clusters have the name \"dev\".", "1111-111111-dev, 1111-111111-dev.",
		      "one of these ids");
	for (int i = 0; i < 11; i++)
		strcat(strcat(body, i > 0 ? "," : ""), DEV);
	strcat(body, "]}");
	fakehost_reset(host);
	fakehost_reply(host, CLUSTERS, 200, body);
	ASSERT_FAILED(fakehost_tool(host, "resolve", "{\"cluster_id\":\"dev\"}"), MCP_E_INPUT,
		      "11 clusters", ", and more.", "");
	fakehost_free(host);
}

static void
stops_at_endless_lists(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	char name[1100], arguments[1200];

	fakehost_reply(host, CLUSTERS "*", 200, "{\"clusters\":[],\"next_page_token\":\"t\"}");
	ASSERT_FAILED(fakehost_tool(host, "resolve", "{\"cluster_id\":\"dev\"}"), MCP_E_NOT_FOUND,
		      "dev", "2 pages of the list", "list_clusters");
	ASSERT_INT(fakehost_requests(host), 2);
	for (int i = 0; i < 25; i++) {
		snprintf(arguments, sizeof(arguments), CLUSTERS "&page_token=%d", i);
		snprintf(name, sizeof(name), "{\"next_page_token\":\"%d\"}", i + 1);
		fakehost_reply(host, i > 0 ? arguments : CLUSTERS, 200, name);
	}
	ASSERT_FAILED(fakehost_tool(host, "resolve", "{\"cluster_id\":\"dev\"}"), MCP_E_NOT_FOUND,
		      "dev", "20 pages of the list", "list_clusters");
	memset(name, 'x', sizeof(name));
	name[1024] = '\0';
	snprintf(arguments, sizeof(arguments), "{\"cluster_id\":\"%s\"}", name);
	ASSERT_HAS(fakehost_tool(host, "resolve", arguments)->what,
		   "is longer than the name of any");
	name[1023] = '\0';
	snprintf(arguments, sizeof(arguments), "{\"cluster_id\":\"%s\"}", name);
	ASSERT_INT(fakehost_tool(host, "resolve", arguments)->status, MCP_E_NOT_FOUND);
	fakehost_reset(host);
	fakehost_reply(host, CLUSTERS, 403, "{\"message\":\"no\"}");
	ASSERT_FAILED(fakehost_tool(host, "resolve", "{\"cluster_id\":\"dev\"}"), MCP_E_PERMISSION,
		      "The list of clusters", "no", "administrator");
	fakehost_free(host);
}

static void
explains_ids_that_do_not_exist(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const char *id = "{\"cluster_id\":\"1111-111111-dex\",\"why\":\"gone\"}";

	fakehost_reply(host, CLUSTERS, 200, "{\"clusters\":[" DEV "," DEV "," PROD "]}");
	ASSERT_FAILED(fakehost_tool(host, "unknown", id), MCP_E_NOT_FOUND,
		      "There is no cluster \"1111-111111-dex\".", "gone",
		      "Did you mean: 1111-111111-dev?");
	/* The list has the object, but the workspace still answers that it is unknown. */
	ASSERT_FAILED(fakehost_tool(host, "unknown", "{\"cluster_id\":\"dev\"}"), MCP_E_NOT_FOUND,
		      "\"dev\"", "", "Call list_clusters");
	fakehost_reset(host);
	fakehost_reply(host, CLUSTERS, 500, "");
	ASSERT_FAILED(fakehost_tool(host, "unknown", id), MCP_E_NOT_FOUND, "1111-111111-dex",
		      "gone", "Call list_clusters");
	fakehost_free(host);
}

/* ---- lists ----------------------------------------------------------------------------------- */

static void
lists_pages(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, "GET /api/things?page_size=50", 200, "{}");
	ASSERT_TEXT(fakehost_tool(host, "list", "{}"), "name\n0 things.");
	fakehost_reset(host);
	fakehost_reply(host, "GET /api/things?page_size=50", 200,
		       "{\"things\":[{\"name\":\"a"
		       "\"}]}");
	ASSERT_TEXT(fakehost_tool(host, "list", "{}"), "name\na\n1 thing.");
	fakehost_reply(host, "GET /api/things?page_size=2&kind=big%20one", 200,
		       "{\"things\":[{\"name\":\"a\"},{\"name\":\"b\"}],"
		       "\"next_page_token\":\"t2\"}");
	ASSERT_TEXT(fakehost_tool(host, "list", "{\"limit\":2,\"kind\":\"big one\"}"),
		    "name\na\nb\n2 things shown; there are more. "
		    "Next: list_things kind=\"big one\" limit=2 page_token=t2");
	fakehost_reply(host, "GET /api/things?page_size=2&page_token=t2", 200,
		       "{\"things\":[{\"name\":\"c\"}],\"next_page_token\":\"\"}");
	ASSERT_TEXT(fakehost_tool(host, "list", "{\"limit\":2,\"page_token\":\"t2\"}"),
		    "name\nc\n1 thing.");
	fakehost_free(host);
}

/* The server sends more items than requested: the next call begins at a position within the
 * page. */
static void
shows_no_more_than_requested(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, "GET /api/things?page_size=2", 200,
		       "{\"things\":[{\"name\":\"a\"},"
		       "{\"name\":\"b\"},{\"name\":\"c\"}],\"next_page_token\":\"7~x\"}");
	fakehost_reply(host, "GET /api/things?page_size=2&page_token=7~x", 200,
		       "{\"things\":[{\"name\":\"e\"}]}");
	ASSERT_TEXT(fakehost_tool(host, "list", "{\"limit\":2}"),
		    "name\na\nb\n2 things shown; "
		    "there are more. Next: list_things limit=2 page_token=2~");
	ASSERT_TEXT(fakehost_tool(host, "list", "{\"limit\":2,\"page_token\":\"2~\"}"),
		    "name\nc\n1 thing shown; there are more. "
		    "Next: list_things limit=2 page_token=0~7~x");
	ASSERT_TEXT(fakehost_tool(host, "list", "{\"limit\":2,\"page_token\":\"0~7~x\"}"),
		    "name\ne\n1 thing.");
	ASSERT_TEXT(fakehost_tool(host, "list", "{\"limit\":2,\"page_token\":\"99~\"}"),
		    "name\n0 things shown; there are more. "
		    "Next: list_things limit=2 page_token=0~7~x");
	fakehost_free(host);
}

static void
keeps_within_limits(void)
{
	static const struct {
		const char *arguments;
		const char *target;
	} cases[] = {
		{ "{\"limit\":49}", "GET /api/things?page_size=49" },
		{ "{\"limit\":50}", "GET /api/things?page_size=50" },
		{ "{\"limit\":51}", "GET /api/things?page_size=50" },
		{ "{\"limit\":0}", "GET /api/things?page_size=1" },
		{ "{\"limit\":1}", "GET /api/things?page_size=1" },
	};
	struct fakehost *host = fakehost_new(&mcp_plugin);

	for (size_t i = 0; i < COUNT(cases); i++) {
		fakehost_reset(host);
		fakehost_reply(host, cases[i].target, 200, "{}");
		ASSERT_TEXT(fakehost_tool(host, "list", cases[i].arguments), "name\n0 things.");
	}
	fakehost_results(host, 10, 0, 0, NULL);
	fakehost_reply(host, "GET /api/things?page_size=10", 200, "{}");
	ASSERT_TEXT(fakehost_tool(host, "list", "{\"limit\":11}"), "name\n0 things.");
	fakehost_free(host);
}

static void
walks_over_empty_pages(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, "GET /api/things?page_size=50", 200,
		       "{\"things\":[{\"name\":\"zoo\"}],\"next_page_token\":\"t2\"}");
	fakehost_reply(host, "GET /api/things?page_size=50&page_token=t2", 200,
		       "{\"next_page_token\":\"t3\"}");
	fakehost_reply(host, "GET /api/things?page_size=50&page_token=t3", 200,
		       "{\"things\":[{\"name\":\"ABC\"}]}");
	ASSERT_TEXT(fakehost_tool(host, "list", "{\"name_filter\":\"b\"}"), "name\nABC\n1 thing.");
	ASSERT_INT(fakehost_requests(host), 3);
	ASSERT_TEXT(fakehost_tool(host, "list", "{\"name_filter\":\"q\"}"), "name\n0 things.");
	fakehost_reset(host);
	fakehost_reply(host, "GET /api/things?*", 200, "{\"next_page_token\":\"again\"}");
	result = fakehost_tool(host, "list", "{\"name_filter\":\"q\"}");
	ASSERT_TEXT(result, "name\n0 things.\nThe workspace gives the same page as the next one. "
			    "It is not known whether there are more things.");
	ASSERT_INT(fakehost_requests(host), 2);
	fakehost_free(host);
}

/* Rows that the host drops because of its caps are shown next, from the same page. */
static void
leads_to_dropped_rows(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_results(host, 0, 24, 0, NULL);
	fakehost_reply(host, "GET /api/things?*", 200,
		       "{\"things\":[{\"name\":\"first\"},{\"name\":\"second\"},"
		       "{\"name\":\"third\"},{\"name\":\"4\"}],\"next_page_token\":\"t2\"}");
	ASSERT_TEXT(fakehost_tool(host, "list", "{\"page_token\":\"t1\",\"kind\":\"k\"}"),
		    "name\nfirst\nsecond\nthird\n3 things shown; there are more. "
		    "Next: list_things kind=k page_token=3~t1");
	fakehost_free(host);
}

/* A cut name is shown completely in a shorter page, and the end line names the call for that
 * page. */
static void
leads_to_whole_cells(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	char body[8000] = "{\"things\":[", name[310];

	memset(name, 'n', 300);
	strcpy(name + 300, "\"}");
	for (int i = 0; i < 11; i++)
		sprintf(body + strlen(body), "%s{\"name\":\"%s", i > 0 ? "," : "", name);
	strcat(body, "]}");
	fakehost_reply(host, "GET /api/things?*", 200, body);
	ASSERT_HAS(fakehost_tool(host, "list", "{\"kind\":\"k\"}")->text,
		   "11 things. 11 cells cut at 200 characters; whole: list_things kind=k limit=10");
	ASSERT_LACKS(fakehost_tool(host, "list", "{\"kind\":\"k\",\"limit\":10}")->text, " cut ");
	fakehost_free(host);
}

static void
refuses_long_names(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	char text[5000], arguments[5100];

	memset(text, 'x', sizeof(text));
	text[1024] = '\0';
	snprintf(arguments, sizeof(arguments), "{\"page_token\":\"%s\"}", text);
	ASSERT_INT(fakehost_tool(host, "list", arguments)->status, MCP_E_INPUT);
	memset(text, 'x', sizeof(text));
	text[4000] = '\0';
	snprintf(arguments, sizeof(arguments), "{\"kind\":\"%s\"}", text);
	ASSERT_INT(fakehost_tool(host, "list", arguments)->status, MCP_E_INPUT);
	ASSERT_INT(fakehost_requests(host), 0);
	fakehost_reply(host, "GET /api/things?*", 403, "{\"message\":\"no\"}");
	ASSERT_FAILED(fakehost_tool(host, "list", "{}"), MCP_E_PERMISSION, "The list of things",
		      "no", "");
	fakehost_free(host);
}

static void
offers_completions(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	char body[8000] = "{\"things\":[{\"name\":\"Main\"},{\"name\":\"\"},7";

	fakehost_reply(host, "GET /api/things", 200,
		       "{\"things\":[{\"name\":\"Main\"},"
		       "{\"name\":\"other\"},{\"name\":\"\"},7,{\"name\":\"mad\"}]}");
	ASSERT_STR(fakehost_complete(host, "things name", "{\"value\":\"ma\"}")->completion,
		   "[\"Main\",\"mad\"]");
	ASSERT_STR(fakehost_complete(host, "things name", "{}")->completion,
		   "[\"Main\",\"other\",\"mad\"]");
	for (int i = 0; i < 120; i++)
		strcat(body, ",{\"name\":\"x\"}");
	strcat(body, "]}");
	fakehost_reset(host);
	fakehost_reply(host, "GET /api/things", 200, body);
	ASSERT_INT(strlen(fakehost_complete(host, "things name", "{\"value\":\"x\"}")->completion),
		   100 * strlen("\"x\",") + 1);
	fakehost_reset(host);
	fakehost_reply(host, "GET /api/things", 500, "");
	ASSERT_STR(fakehost_complete(host, "things name", "{}")->completion, "[]");
	fakehost_free(host);
}

static const struct test tests[] = {
	TEST(knows_ids),
	TEST(finds_near_names),
	TEST(resolves_names_and_ids),
	TEST(accepts_ids_as_listed),
	TEST(refuses_names_that_are_not_unique),
	TEST(stops_at_endless_lists),
	TEST(explains_ids_that_do_not_exist),
	TEST(lists_pages),
	TEST(shows_no_more_than_requested),
	TEST(keeps_within_limits),
	TEST(walks_over_empty_pages),
	TEST(leads_to_dropped_rows),
	TEST(leads_to_whole_cells),
	TEST(refuses_long_names),
	TEST(offers_completions),
};
SUITE(tests)
