/* SPDX-License-Identifier: Apache-2.0 */
/* Calls every row of the plugin with replies of wrong types. */
#include <lakehost/fakehost.h>

#include "databricks.h"
#include "test_wrong.h"

/* clang-format off */
#define ID "0712-123456-abc12345"
#define ITEM                                                                                       \
	"{\"path\":\"/nb\",\"object_type\":\"NOTEBOOK\",\"language\":\"PYTHON\",\"object_id\":1,"  \
	"\"size\":5,\"created_at\":1,\"modified_at\":2}"
#define REPO                                                                                       \
	"{\"id\":1,\"path\":\"/Repos/a/app\",\"branch\":\"main\",\"head_commit_id\":\"abc\","      \
	"\"url\":\"https://g\",\"provider\":\"gitHub\",\"sparse_checkout\":{\"patterns\":[\"a\"]}}"
#define OUTPUT(type, more) "{\"output_type\":\"" type "\"," more "}"
#define EXPORT                                                                                     \
	"{\"cells\":[{\"cell_type\":\"code\",\"source\":[\"a\"],\"outputs\":["                     \
	OUTPUT("stream", "\"text\":[\"t\"]") ","                                                   \
	OUTPUT("error", "\"ename\":\"E\",\"evalue\":\"v\",\"traceback\":[\"l\"]") ","              \
	OUTPUT("display_data", "\"data\":{\"text/html\":[\"<p>a</p>\"],\"image/png\":\"x\"}") ","  \
	OUTPUT("execute_result", "\"data\":{\"image/x\":1},\"metadata\":{"                         \
	       "\"application/vnd.databricks.v1+output\":{\"type\":\"table\",\"schema\":"          \
		   "[{\"name\":"                                                                   \
	       "\"c\"}],\"data\":[[1,\"x\"]]}}") "]}]}"
#define RUN                                                                                        \
	"{\"run_id\":5,\"run_page_url\":\"https://w/5\",\"start_time\":1,\"state\":{"              \
	"\"life_cycle_state\":\"TERMINATED\",\"result_state\":\"SUCCESS\"},\"tasks\":"             \
	    "[{\"task_key\":"                                                                      \
	"\"notebook\",\"run_id\":6,\"state\":{\"result_state\":\"SUCCESS\"}}]}"
#define RESULTS(more) "{\"id\":\"m1\",\"status\":\"Finished\",\"results\":{" more "}}"
/* clang-format on */

static const struct wrong_route routes[] = {
	{ "GET /api/2.0/workspace/list*", "{\"objects\":[{\"path\":\"/Users\",\"object_type\":"
					  "\"DIRECTORY\"}," ITEM "]}" },
	{ "GET /api/2.0/workspace/get-status*", ITEM },
	{ "GET /api/2.0/workspace/export?format=JUPYTER*", EXPORT },
	{ "GET /api/2.0/workspace/export?format=SOURCE*", "[\"source\"]" },
	{ "GET /api/2.0/repos?*", "{\"repos\":[" REPO "],\"next_page_token\":\"\"}" },
	{ "GET /api/2.0/repos", "{\"repos\":[" REPO "]}" },
	{ "GET /api/2.0/repos/1", REPO },
	{ "POST /api/2.2/jobs/runs/submit", "{\"run_id\":5}" },
	{ "GET /api/2.2/jobs/runs/get?*", RUN },
	{ "GET /api/2.2/jobs/runs/get-output*", "{\"notebook_output\":{\"result\":\"r\"}}" },
	{ "GET /api/2.1/clusters/list*", "{\"clusters\":[{\"cluster_id\":\"" ID "\","
					 "\"cluster_name\":\"dev\"}]}" },
	{ "GET /api/2.1/clusters/get*", "{\"state\":\"RUNNING\"}" },
	{ "POST /api/1.2/contexts/create", "{\"id\":\"c1\"}" },
	{ "POST /api/1.2/contexts/destroy", "{\"id\":\"c1\"}" },
	{ "GET /api/1.2/contexts/status*", "{\"id\":\"c1\",\"status\":\"Running\"}" },
	{ "POST /api/1.2/commands/execute", "{\"id\":\"m1\"}" },
	{ "GET /api/1.2/commands/status?clusterId=" ID "&contextId=c1*",
	  RESULTS("\"resultType\":\"table\",\"schema\":[{\"name\":\"a\"}],\"data\":[[1]],"
		  "\"truncated\":true,\"fileName\":\"f\",\"fileNames\":[\"g\"]") },
	{ "GET /api/1.2/commands/status?clusterId=" ID "&contextId=c2*",
	  RESULTS("\"resultType\":\"images\",\"fileName\":\"f\",\"fileNames\":[\"g\"]") },
	{ "GET /api/1.2/commands/status?clusterId=" ID "&contextId=c3*",
	  RESULTS("\"resultType\":\"error\",\"summary\":\"s\",\"cause\":\"c\"") },
	{ "GET /api/1.2/commands/status?clusterId=" ID "&contextId=c4*",
	  RESULTS("\"resultType\":\"text\",\"data\":\"d\"") },
};

#define AGAIN(context) \
	"{\"cluster_id\":\"" ID "\",\"context_id\":\"" context "\",\"command_id\":\"m1\"}"

CALL(items_listed, "list_workspace_items", "{\"path\":\"/\",\"depth\":2}")
CALL(item_told, "get_workspace_item", "{\"path\":\"/nb\"}")
CALL(source_read, "get_notebook_content", "{\"path\":\"/nb\",\"view\":\"source\"}")
CALL(cells_read, "get_notebook_content", "{\"path\":\"/nb\",\"view\":\"cells\"}")
CALL(outputs_read, "get_notebook_content", "{\"path\":\"/nb\",\"view\":\"outputs\"}")
CALL(repos_listed, "list_repos", "{}")
CALL(repo_told, "get_repo_status", "{\"repo_id\":\"1\"}")
CALL(repo_found, "get_repo_status", "{\"repo_id\":\"app\"}")
CALL(repo_at_path, "get_repo_status", "{\"repo_id\":\"/Repos/a/app\"}")
CALL(notebook_run, "run_notebook", "{\"notebook_path\":\"/nb.py\",\"cluster_id\":\"dev\"}")
CALL(code_run, "execute_code", "{\"code\":\"1\",\"language\":\"python\",\"cluster_id\":\"dev\"}")
CALL(pictures_shown, "execute_code", AGAIN("c2"))
CALL(code_failed, "execute_code", AGAIN("c3"))
CALL(text_shown, "execute_code", AGAIN("c4"))

static const struct fakehost_result *
path_offered(struct fakehost *host)
{
	return fakehost_complete(host, "databricks://workspace{+path} path", "{\"value\":\"/\"}");
}

static const struct fakehost_result *
repo_offered(struct fakehost *host)
{
	return fakehost_complete(host, "databricks://repos/{repo_id} repo_id", "{\"value\":\"\"}");
}

static const wrong_call_fn calls[] = {
	items_listed, item_told,  source_read,	cells_read,   outputs_read, repos_listed,
	repo_told,    repo_found, repo_at_path, notebook_run, code_run,	    pictures_shown,
	code_failed,  text_shown, path_offered, repo_offered,
};

static void
wrong_types_are_reported(void)
{
	wrong_calls(&mcp_plugin, routes, COUNT(routes), calls, COUNT(calls), 5000);
}

static const struct test tests[] = {
	TEST(wrong_types_are_reported),
};
SUITE(tests)
