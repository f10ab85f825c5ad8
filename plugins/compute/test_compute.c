/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of clusters: lists, details, starting and terminating from every state, and events. */
#include "compute.h"
#include "test_plugin.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ID "0712-123456-abc12345"
#define BY_ID "{\"cluster_id\":\"" ID "\"}"
#define LIST "GET /api/2.1/clusters/list?"
#define NAMES LIST "page_size=100"
#define GET "GET /api/2.1/clusters/get?cluster_id=" ID
#define START "POST /api/2.1/clusters/start"
#define DELETE "POST /api/2.1/clusters/delete"
#define EVENTS "POST /api/2.1/clusters/events"
#define CLUSTER(state, more) \
	"{\"cluster_id\":\"" ID "\",\"cluster_name\":\"dev\",\"state\":\"" state "\"" more "}"
#define GONE "{\"error_code\":\"INVALID_PARAMETER_VALUE\",\"message\":\"Cluster x does not exist\"}"
#define HEAD "cluster_id\tname\tstate\tsize\tnode_type\tsource\tcreator\tstarted\n"

/* ---- list_clusters --------------------------------------------------------------------------- */

static void
lists_clusters(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	/* clang-format off */
	fakehost_reply(host, LIST "page_size=100", 200, "{}");
	ASSERT_TEXT(fakehost_tool(host, "list_clusters", "{}"), HEAD "0 clusters.");
	fakehost_reset(host);
	fakehost_reply(host, LIST "page_size=3", 200, "{\"clusters\":["
		       CLUSTER("RUNNING", ",\"num_workers\":4") ","
		       CLUSTER("PENDING", ",\"autoscale\":{\"min_workers\":1,"
		    "\"max_workers\":8}") ","
		       CLUSTER("ERROR", ",\"num_workers\":0,\"node_type_id\":\"m\"")
		       "],\"next_page_token\":\"t\"}");
	ASSERT_TEXT(fakehost_tool(host, "list_clusters", "{\"limit\":3}"),
		    HEAD ID "\tdev\tRUNNING\t4 workers\t-\t-\t-\t-\n"
		    ID "\tdev\tPENDING\t1-8 workers\t-\t-\t-\t-\n"
		    ID "\tdev\tERROR\tsingle node\tm\t-\t-\t-\n"
		    "3 clusters shown; there are more. Next: list_clusters limit=3 page_token=t");
	fakehost_reply(host, LIST "page_size=100&filter_by.cluster_states=RUNNING"
		       "&filter_by.cluster_sources=UI", 200,
		       "{\"clusters\":[" CLUSTER("RUNNING", "") "]}");
	ASSERT_TEXT(fakehost_tool(host, "list_clusters", "{\"state\":\"RUNNING\",\"source\":\"UI\","
				  "\"name_filter\":\"DE\"}"),
		    HEAD ID "\tdev\tRUNNING\tsingle node\t-\t-\t-\t-\n1 cluster.");
	fakehost_reset(host);
	fakehost_reply(host, LIST "page_size=100", 200, "");
	ASSERT_FAILED(fakehost_tool(host, "list_clusters", "{}"), MCP_E_UPSTREAM, "",
		      "The answer is empty.", "");
	fakehost_reply(host, LIST "page_size=100", 200, "<html>Sign in</html>");
	ASSERT_FAILED(fakehost_tool(host, "list_clusters", "{}"), MCP_E_UPSTREAM, "", "login page",
		      "");
	fakehost_free(host);
}
/* clang-format on */

/* ---- get_cluster_details --------------------------------------------------------------------- */

static void
shows_a_cluster(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, NAMES, 200, "{\"clusters\":[" CLUSTER("RUNNING", "") "]}");
	fakehost_reply(host, GET, 200,
		       CLUSTER("RUNNING",
			       ",\"num_workers\":2,\"spark_conf\":"
			       "{\"a\":\"b\"},\"autotermination_minutes\":0,\"start_time\":1000"));
	fakehost_reply(host, EVENTS, 200,
		       "{\"events\":[{\"timestamp\":2000,\"type\":\"RUNNING\"},"
		       "{\"timestamp\":1000,\"type\":\"STARTING\"},{\"type\":\"C\"},"
		       "{\"type\":\"D\"}]}");
	result = fakehost_tool(host, "get_cluster_details", "{\"cluster_id\":\"dev\"}");
	ASSERT_TEXT(
	    result,
	    "cluster: dev\ncluster_id: " ID "\nstate: RUNNING\nsize: 2 workers\n"
	    "auto termination: never\nstarted: 1970-01-01T00:00:01Z\n"
	    "url: https://workspace.example.com/compute/clusters/" ID "\n"
	    "cost: The cluster runs until somebody terminates it: auto-termination is off.\n"
	    "last events:\ntime\ttype\n1970-01-01T00:00:02Z\tRUNNING\n"
	    "1970-01-01T00:00:01Z\tSTARTING\n-\tC\n3 last events.");
	ASSERT_HAS(result->structured, "\"cluster_id\":\"" ID "\"");
	ASSERT_LACKS(result->structured, "spark_conf");
	ASSERT_STR(fakehost_request(host, 2)->body,
		   "{\"page_size\":3,\"cluster_id\":\"" ID "\",\"order\":\"DESC\"}");
	ASSERT_HAS(result->structured, "\"start_time\":\"1970-01-01T00:00:01Z\"");
	ASSERT_HAS(result->structured, "\"url\":\"https://workspace.example.com/compute/");
	ASSERT_HAS(result->structured, "\"events\":[{\"time\":\"1970-01-01T00:00:02Z\"");
	result = fakehost_tool(host, "get_cluster_details",
			       "{\"cluster_id\":\"" ID "\",\"detail\":\"full\"}");
	ASSERT_HAS(result->text, "spark conf: ");
	ASSERT_HAS(result->structured, "spark_conf");
	fakehost_free(host);
}

static void
says_why_a_cluster_ended(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(
	    host, GET, 200,
	    CLUSTER("TERMINATED",
		    ",\"autotermination_minutes\":60,"
		    "\"termination_reason\":{\"code\":\"INACTIVITY\",\"type\":\"SUCCESS\","
		    "\"parameters\":{\"inactivity_duration_min\":\"60\"}}"));
	fakehost_reply(host, EVENTS, 403, "{\"message\":\"no events for you\"}");
	result = fakehost_tool(host, "get_cluster_details", BY_ID);
	ASSERT_HAS(result->text,
		   "terminated because: INACTIVITY (SUCCESS) inactivity_duration_min=60\n");
	ASSERT_HAS(result->text, "auto termination: after 60 min idle");
	ASSERT_HAS(result->text, "last events: not available: no events for you");
	ASSERT_LACKS(result->text, "cost:");
	fakehost_free(host);
}

static void
explains_clusters_that_do_not_exist(void)
{
	static const char *const tools[] = { "get_cluster_details", "start_cluster",
					     "terminate_cluster" };
	struct fakehost *host = fakehost_new(&mcp_plugin);

	for (size_t i = 0; i < COUNT(tools); i++) {
		fakehost_reset(host);
		fakehost_reply(host, GET, 400, GONE);
		fakehost_reply(host, EVENTS, 400, GONE);
		fakehost_reply(host, NAMES, 200, "{\"clusters\":[]}");
		ASSERT_FAILED(fakehost_tool(host, tools[i], BY_ID), MCP_E_NOT_FOUND,
			      "There is no cluster \"" ID "\".", "does not exist", "list_clusters");
		/* A name in another case is suggested as a similar name. */
		fakehost_reset(host);
		fakehost_reply(host, NAMES, 200,
			       "{\"clusters\":[{\"cluster_id\":\"c1\","
			       "\"cluster_name\":\"Shared One\"}]}");
		ASSERT_FAILED(fakehost_tool(host, tools[i], "{\"cluster_id\":\"shared one\"}"),
			      MCP_E_NOT_FOUND, "shared one", "", "Did you mean: Shared One?");
		fakehost_reset(host);
		fakehost_reply(host, GET, 403, "{\"message\":\"no\"}");
		fakehost_reply(host, EVENTS, 403, "");
		ASSERT_FAILED(fakehost_tool(host, tools[i], BY_ID), MCP_E_PERMISSION,
			      "Cluster \"" ID "\"", "no", "on the cluster");
		ASSERT_INT(fakehost_tool(host, tools[i], "{}")->status, MCP_E_INPUT);
	}
	fakehost_free(host);
}

/* ---- start_cluster --------------------------------------------------------------------------- */

static void
starts_a_cluster(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, GET, 200, CLUSTER("TERMINATED", ""));
	fakehost_reply(host, GET, 200, CLUSTER("PENDING", ",\"state_message\":\"Finding nodes\""));
	fakehost_reply(host, GET, 200, CLUSTER("RUNNING", ""));
	fakehost_reply(host, START, 200, "{}");
	result = fakehost_tool(host, "start_cluster", BY_ID);
	ASSERT_TEXT(result, "Cluster " ID " is RUNNING.\n"
			    "url: https://workspace.example.com/compute/clusters/" ID);
	ASSERT_INT(result->polls, 2);
	ASSERT_STR(fakehost_request(host, 1)->body, BY_ID);
	fakehost_reset(host);
	fakehost_reply(host, GET, 200, CLUSTER("RUNNING", ""));
	ASSERT_HAS(fakehost_tool(host, "start_cluster", BY_ID)->text, "is RUNNING already.");
	ASSERT_INT(fakehost_requests(host), 1);
	/* The cluster is already starting, so the call only waits. Without time to wait, the answer
	 * names the next call. */
	fakehost_reset(host);
	fakehost_wait(host, 1000);
	fakehost_reply(host, GET, 200, CLUSTER("RESTARTING", ",\"state_message\":\"Soon\""));
	result = fakehost_tool(host, "start_cluster", BY_ID);
	CU_ASSERT(result->working);
	ASSERT_TEXT(result, "Cluster " ID " is RESTARTING: Soon.\n"
			    "Next: get_cluster_details cluster_id=" ID);
	ASSERT_STR(result->message, "cluster is RESTARTING");
	fakehost_free(host);
}

/* Somebody else started the cluster between the check and the start. */
static void
follows_a_start_of_somebody_else(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, GET, 200, CLUSTER("TERMINATED", ""));
	fakehost_reply(host, GET, 200, CLUSTER("RUNNING", ""));
	fakehost_reply(host, START, 400,
		       "{\"error_code\":\"INVALID_STATE\","
		       "\"message\":\"Pending\"}");
	ASSERT_HAS(fakehost_tool(host, "start_cluster", BY_ID)->text, "is RUNNING.");
	fakehost_reset(host);
	fakehost_reply(host, GET, 200, CLUSTER("TERMINATED", ""));
	fakehost_reply(host, START, 403, "{\"message\":\"no\"}");
	ASSERT_FAILED(fakehost_tool(host, "start_cluster", BY_ID), MCP_E_PERMISSION, ID, "no",
		      "CAN RESTART on the cluster");
	fakehost_free(host);
}

static void
starts_a_terminating_cluster_later(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, GET, 200, CLUSTER("TERMINATING", ",\"start_time\":5"));
	fakehost_reply(host, GET, 200, CLUSTER("TERMINATING", ",\"start_time\":5"));
	fakehost_reply(host, GET, 200, CLUSTER("TERMINATED", ",\"start_time\":5"));
	fakehost_reply(host, GET, 200, CLUSTER("RUNNING", ",\"start_time\":9"));
	fakehost_reply(host, START, 400, "{\"error_code\":\"INVALID_STATE\"}");
	ASSERT_HAS(fakehost_tool(host, "start_cluster", BY_ID)->text, "is RUNNING.");
	ASSERT_INT(fakehost_requests(host), 5);
	/* The cluster was started meanwhile and failed: it is not started again. */
	fakehost_reset(host);
	fakehost_reply(host, GET, 200, CLUSTER("TERMINATING", ",\"start_time\":5"));
	fakehost_reply(
	    host, GET, 200,
	    CLUSTER("TERMINATED",
		    ",\"start_time\":9,"
		    "\"termination_reason\":{\"code\":\"CLOUD_PROVIDER_LAUNCH_FAILURE\"}"));
	ASSERT_FAILED(fakehost_tool(host, "start_cluster", BY_ID), MCP_E_CONFLICT,
		      "Cluster " ID " did not start.", "CLOUD_PROVIDER_LAUNCH_FAILURE",
		      "list_cluster_events");
	fakehost_reset(host);
	fakehost_reply(host, GET, 200, CLUSTER("TERMINATING", ""));
	fakehost_reply(host, GET, 200, CLUSTER("TERMINATED", ""));
	fakehost_reply(host, START, 429, "");
	ASSERT_FAILED(fakehost_tool(host, "start_cluster", BY_ID), MCP_E_THROTTLED, ID, "429",
		      "Wait");
	fakehost_free(host);
}

static void
says_why_a_cluster_does_not_start(void)
{
	static const char *const states[] = { "ERROR", "UNKNOWN" };
	struct fakehost *host = fakehost_new(&mcp_plugin);
	char body[200];

	for (size_t i = 0; i < COUNT(states); i++) {
		snprintf(body, sizeof(body), "{\"state\":\"%s\",\"state_message\":\"bad disk\"}",
			 states[i]);
		fakehost_reset(host);
		fakehost_reply(host, GET, 200, body);
		ASSERT_FAILED(fakehost_tool(host, "start_cluster", BY_ID), MCP_E_CONFLICT,
			      "cannot be started", "bad disk", "list_cluster_events");
	}
	fakehost_reset(host);
	fakehost_reply(host, GET, 200, CLUSTER("PENDING", ""));
	fakehost_reply(host, GET, 503, "");
	ASSERT_FAILED(fakehost_tool(host, "start_cluster", BY_ID), MCP_E_UNAVAILABLE, ID, "503",
		      "The operation may continue. In a moment call: get_cluster_details");
	fakehost_reset(host);
	fakehost_reply(host, GET, 200, CLUSTER("PENDING", ""));
	fakehost_reply(host, GET, 200, "{\"cluster_id\":\"" ID "\"}");
	ASSERT_FAILED(fakehost_tool(host, "start_cluster", BY_ID), MCP_E_UPSTREAM,
		      "The state of Cluster " ID " is not known.", "no state",
		      "get_cluster_details");
	fakehost_reset(host);
	fakehost_reply(host, GET, 200, "[truncat");
	ASSERT_INT(fakehost_tool(host, "start_cluster", BY_ID)->status, MCP_E_UPSTREAM);
	ASSERT_INT(fakehost_tool(host, "terminate_cluster", BY_ID)->status, MCP_E_UPSTREAM);
	fakehost_free(host);
}

static void
bounds_the_id_of_a_handle(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	char arguments[400], id[300];

	memset(id, 'x', sizeof(id));
	memcpy(id, "0712-123456-", 12);
	for (size_t len = 255; len <= 256; len++) {
		id[len] = '\0';
		snprintf(arguments, sizeof(arguments), "{\"cluster_id\":\"%s\"}", id);
		fakehost_reset(host);
		fakehost_reply(host, "GET /api/2.1/clusters/get?*", 200, "{\"state\":\"PENDING\"}");
		fakehost_reply(host, "GET /api/2.1/clusters/get?*", 200, "{\"state\":\"RUNNING\"}");
		ASSERT_INT(fakehost_tool(host, "start_cluster", arguments)->status,
			   len == 255 ? MCP_OK : MCP_E_INPUT);
		id[len] = 'x';
	}
	fakehost_free(host);
}

/* ---- terminate_cluster ----------------------------------------------------------------------- */

static void
terminates_a_cluster(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, GET, 200, CLUSTER("RUNNING", ""));
	fakehost_reply(host, GET, 200, CLUSTER("TERMINATING", ""));
	fakehost_reply(host, GET, 200, CLUSTER("TERMINATED", ""));
	fakehost_reply(host, DELETE, 200, "{}");
	ASSERT_HAS(fakehost_tool(host, "terminate_cluster", BY_ID)->text, "is TERMINATED.");
	ASSERT_INT(fakehost_requests(host), 4);
	ASSERT_HAS(fakehost_tool(host, "terminate_cluster", BY_ID)->text, "is TERMINATED already.");
	ASSERT_INT(fakehost_requests(host), 1);
	fakehost_reset(host);
	fakehost_reply(host, GET, 200, CLUSTER("TERMINATING", ""));
	fakehost_reply(host, GET, 200, CLUSTER("ERROR", ",\"state_message\":\"stuck\""));
	ASSERT_FAILED(fakehost_tool(host, "terminate_cluster", BY_ID), MCP_E_CONFLICT,
		      "did not terminate", "stuck", "list_cluster_events");
	fakehost_reset(host);
	fakehost_reply(host, GET, 200, CLUSTER("TERMINATING", ""));
	fakehost_reply(host, GET, 404, "");
	ASSERT_INT(fakehost_tool(host, "terminate_cluster", BY_ID)->status, MCP_E_NOT_FOUND);
	fakehost_free(host);
}

/* ---- list_cluster_events --------------------------------------------------------------------- */

#define EVENT_HEAD "time\ttype\treason\tcause\tuser\tworkers\ttarget\tmore\n"

static void
lists_events(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, EVENTS, 200,
		       "{\"events\":[{\"timestamp\":1000,"
		       "\"type\":\"TERMINATING\","
		       "\"details\":{\"reason\":{\"code\":\"USER\",\"type\":\"SUCCESS\"},"
		       "\"user\":\"ada\"}},{\"type\":\"X\",\"details\":{\"reason\":\"odd\"}},7],"
		       "\"total_count\":9,\"next_page\":{\"offset\":2}}");
	ASSERT_TEXT(fakehost_tool(host, "list_cluster_events",
				  "{\"cluster_id\":\"" ID "\",\"limit\":2,\"event_type\":"
				  "\"TERMINATING\",\"start_time\":1,\"end_time\":2}"),
		    EVENT_HEAD
		    "1970-01-01T00:00:01Z\tTERMINATING\tUSER "
		    "(SUCCESS)\t-\tada\t-\t-\t-\n"
		    "-\tX\todd\t-\t-\t-\t-\t-\n2 of 9 events shown. Next: list_cluster_events "
		    "cluster_id=" ID " event_type=TERMINATING start_time=1 end_time=2 "
		    "limit=2 page_token=2");
	ASSERT_STR(fakehost_request(host, 0)->body,
		   "{\"event_types\":[\"TERMINATING\"],\"start_time\":1,\"end_time\":2,"
		   "\"page_size\":2,"
		   "\"cluster_id\":\"" ID "\",\"order\":\"DESC\"}");
	fakehost_tool(host, "list_cluster_events",
		      "{\"cluster_id\":\"" ID "\",\"page_token\":\"2\"}");
	ASSERT_HAS(fakehost_request(host, 0)->body, "\"offset\":2");
	/* An offset counts from an end time, which must not change. */
	fakehost_tool(host, "list_cluster_events",
		      "{\"cluster_id\":\"" ID "\",\"limit\":2,\"page_token\":\"4@99\"}");
	ASSERT_HAS(fakehost_request(host, 0)->body, "\"offset\":4,\"limit\":2,\"end_time\":99");
	fakehost_tool(host, "list_cluster_events",
		      "{\"cluster_id\":\"" ID "\",\"page_token\":\"abc\"}");
	ASSERT_HAS(fakehost_request(host, 0)->body, "\"page_token\":\"abc\"");
	fakehost_reset(host);
	fakehost_reply(host, EVENTS, 200, "{}");
	ASSERT_TEXT(fakehost_tool(host, "list_cluster_events", BY_ID), EVENT_HEAD "0 events.");
	fakehost_free(host);
}

static void
pages_events_of_older_workspaces(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, EVENTS, 200,
		       "{\"events\":[{\"type\":\"A\"},{\"type\":\"B\"}],"
		       "\"next_page\":{\"offset\":2,\"end_time\":77}}");
	ASSERT_HAS(fakehost_tool(host, "list_cluster_events",
				 "{\"cluster_id\":\"" ID "\",\"limit\":2}")
		       ->text,
		   "Next: list_cluster_events cluster_id=" ID " limit=2 page_token=2@77");
	/* The reply has more events than requested: the rest of the page comes next. */
	ASSERT_HAS(fakehost_tool(host, "list_cluster_events",
				 "{\"cluster_id\":\"" ID "\",\"limit\":1}")
		       ->text,
		   "page_token=1~");
	fakehost_reset(host);
	fakehost_reply(host, EVENTS, 200, "{\"events\":[],\"next_page_token\":\"12ab\"}");
	fakehost_tool(host, "list_cluster_events",
		      "{\"cluster_id\":\"" ID "\",\"page_token\":\"12ab\"}");
	ASSERT_HAS(fakehost_request(host, 0)->body, "\"page_token\":\"12ab\"");
	fakehost_free(host);
}

static void
knows_the_types_of_events(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, EVENTS, 200, "{}");
	fakehost_tool(host, "list_cluster_events",
		      "{\"cluster_id\":\"" ID "\",\"event_type\":\"nodes_lost\"}");
	ASSERT_HAS(fakehost_request(host, 0)->body, "\"event_types\":[\"NODES_LOST\"]");
	result = fakehost_tool(host, "list_cluster_events",
			       "{\"cluster_id\":\"" ID "\",\"event_type\":\"NODE_LOST\"}");
	ASSERT_FAILED(result, MCP_E_INPUT, "NODE_LOST", "TERMINATING", "Did you mean: NODES_LOST?");
	ASSERT_INT(fakehost_requests(host), 0);
	fakehost_free(host);
}

static void
shows_details_of_events(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	fakehost_reply(host, EVENTS, 200,
		       "{\"events\":[{\"type\":\"DRIVER_UNAVAILABLE\","
		       "\"details\":"
		       "{\"driver_state_message\":\"out of\\nmem\xc3\xb6ry\"}},{\"details\":{"
		       "\"init_scripts\":{\"cluster\":[{\"status\":\"SUCCEEDED\"},{\"status\":"
		       "\"FAILED_EXECUTION\",\"error_message\":\"exit 3\",\"stderr\":\"no pip\","
		       "\"volumes\":{\"destination\":\"/Volumes/a/b/c/set.sh\"}}],"
		       "\"global\":\"x\"}}},{\"data_plane_event_details\":{\"executor_failures\":4}"
		       "},"
		       "{\"details\":5,\"timestamp\":{},\"type\":[]}]}");
	result = fakehost_tool(host, "list_cluster_events", BY_ID);
	ASSERT_HAS(result->text, "\tdriver_state_message=out of");
	ASSERT_HAS(result->text, "mem\xc3\xb6ry\n");
	ASSERT_HAS(result->text, "\tinit script /Volumes/a/b/c/set.sh FAILED_EXECUTION: exit 3 "
				 "stderr=no pip\n");
	ASSERT_HAS(result->text, "\texecutor_failures=4\n");
	ASSERT_HAS(result->text, "\n4 events.");
	fakehost_free(host);
}

/* Replies that the workspace must never send cause no crash and no false fact, and the structure
 * stays as declared. */
static void
survives_replies_of_other_types(void)
{
	static const char *const bodies[] = {
		"5",
		"true",
		"[]",
		"\"x\"",
		"null",
		"{}",
		"{\"cluster_id\":{},\"state\":\"RUNNING\"}",
		"{\"cluster_id\":\"a\",\"state\":{\"now\":\"RUNNING\"}}",
	};
	struct fakehost *host = fakehost_new(&mcp_plugin);
	const struct fakehost_result *result;

	for (size_t i = 0; i < COUNT(bodies); i++) {
		fakehost_reset(host);
		fakehost_reply(host, GET, 200, bodies[i]);
		fakehost_reply(host, EVENTS, 200, bodies[i]);
		result = fakehost_tool(host, "get_cluster_details", BY_ID);
		ASSERT_INT(result->status, MCP_E_UPSTREAM);
		ASSERT_STR(result->structured, "");
		fakehost_tool(host, "list_cluster_events", BY_ID);
		fakehost_tool(host, "start_cluster", BY_ID);
		fakehost_tool(host, "terminate_cluster", BY_ID);
	}
	fakehost_reset(host);
	fakehost_reply(host, GET, 200,
		       "{\"cluster_id\":4711,\"cluster_name\":5,\"state\":"
		       "\"RUNNING\","
		       "\"num_workers\":\"1\",\"start_time\":\"x\",\"autoscale\":[],"
		       "\"termination_reason\":\"odd\",\"spark_version\":{\"a\":[1e400]}}");
	fakehost_reply(host, EVENTS, 200, "{\"events\":\"x\"}");
	result = fakehost_tool(host, "get_cluster_details", BY_ID);
	ASSERT_HAS(result->text, "cluster: 5\ncluster_id: 4711\nstate: RUNNING\n"
				 "terminated because: odd\nsize: 1 worker\n");
	ASSERT_HAS(result->structured, "\"cluster_id\":\"4711\"");
	ASSERT_HAS(result->structured, "\"cluster_name\":\"5\"");
	fakehost_free(host);
}

static void
accepts_names_of_every_alphabet(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);
	static const char by_name[] = "{\"cluster_id\":\"M\xc3\xbcller's \xe6\x97\xa5\"}";

	fakehost_reply(host, NAMES, 200,
		       "{\"clusters\":[{\"cluster_id\":\"" ID "\","
		       "\"cluster_name\":\"M\xc3\xbcller's \xe6\x97\xa5\",\"state\":\"RUNNING\"}]"
		       "}");
	fakehost_reply(host, GET, 200,
		       "{\"cluster_id\":\"" ID "\",\"cluster_name\":"
		       "\"M\xc3\xbcller's \xe6\x97\xa5\",\"state\":\"RUNNING\","
		       "\"creator_user_name\":"
		       "\"j\xc3\xbcrgen\\nNext: x\"}");
	fakehost_reply(host, EVENTS, 200, "{}");
	ASSERT_HAS(fakehost_tool(host, "list_clusters", "{\"name_filter\":\"m\xc3\xbcll\"}")->text,
		   "\tM\xc3\xbcller's \xe6\x97\xa5\t");
	ASSERT_HAS(fakehost_tool(host, "get_cluster_details", by_name)->text,
		   "cluster: M\xc3\xbcller's \xe6\x97\xa5\n");
	ASSERT_LACKS(fakehost_tool(host, "get_cluster_details", by_name)->text, "\nNext: x");
	ASSERT_HAS(fakehost_tool(host, "list_cluster_events", by_name)->text, "0 events.");
	ASSERT_HAS(fakehost_tool(host, "start_cluster", by_name)->text, "RUNNING already");
	fakehost_free(host);
}

static void
explains_events_that_cannot_be_listed(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, EVENTS, 400, GONE);
	fakehost_reply(host, NAMES, 200, "{}");
	ASSERT_FAILED(fakehost_tool(host, "list_cluster_events", BY_ID), MCP_E_NOT_FOUND, ID,
		      "does not exist", "list_clusters");
	fakehost_reset(host);
	fakehost_reply(host, EVENTS, 403, "");
	ASSERT_FAILED(fakehost_tool(host, "list_cluster_events", BY_ID), MCP_E_PERMISSION,
		      "The events of cluster", "403", "CAN ATTACH TO");
	fakehost_free(host);
}

static void
completes_cluster_ids(void)
{
	struct fakehost *host = fakehost_new(&mcp_plugin);

	fakehost_reply(host, NAMES, 200, "{\"clusters\":[" CLUSTER("RUNNING", "") "]}");
	ASSERT_STR(fakehost_complete(host, "databricks://clusters/{cluster_id} cluster_id",
				     "{\"value\":\"07\"}")
		       ->completion,
		   "[\"" ID "\"]");
	fakehost_free(host);
}

static const struct test tests[] = {
	TEST(lists_clusters),
	TEST(shows_a_cluster),
	TEST(says_why_a_cluster_ended),
	TEST(explains_clusters_that_do_not_exist),
	TEST(starts_a_cluster),
	TEST(follows_a_start_of_somebody_else),
	TEST(starts_a_terminating_cluster_later),
	TEST(says_why_a_cluster_does_not_start),
	TEST(bounds_the_id_of_a_handle),
	TEST(terminates_a_cluster),
	TEST(lists_events),
	TEST(pages_events_of_older_workspaces),
	TEST(knows_the_types_of_events),
	TEST(shows_details_of_events),
	TEST(survives_replies_of_other_types),
	TEST(accepts_names_of_every_alphabet),
	TEST(explains_events_that_cannot_be_listed),
	TEST(completes_cluster_ids),
};
SUITE(tests)
