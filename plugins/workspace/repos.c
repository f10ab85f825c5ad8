/* SPDX-License-Identifier: Apache-2.0 */
/* Git folders. Their list names its page token differently from every other service. */
#include "workspace.h"

static bool
repo_item(struct mcp_call *call, struct json_object *repo)
{
	return dbx_name_matches(call, mcp_get_str(call, repo, "path", ""));
}

static const struct dbx_column repo_columns[] = {
	{ "repo_id", NULL, "id", NULL },
	{ "path", NULL, "path", NULL },
	{ "branch", NULL, "branch", NULL },
	{ "head", NULL, "head_commit_id", NULL },
	{ "remote", NULL, "url", NULL },
};

static const struct dbx_list repo_list = {
	.path = "/api/2.0/repos{?path_prefix,next_page_token}",
	.limit_name = "limit",
	.token_name = "next_page_token",
	.most = 100,
	.items = "repos",
	.columns = repo_columns,
	.n_columns = COUNT(repo_columns),
	.noun = "repos",
	.tool = "list_repos",
	.repeat = (const char *const[]){ "path_prefix", "name_filter", NULL },
	.item = repo_item,
};

int
list_repos(struct mcp_call *call)
{
	return dbx_list(call, &repo_list,
			dbx_object(call, "path_prefix", mcp_arg(call, "path_prefix"), NULL));
}

static const struct dbx_kind repos = {
	.noun = "repo", .list = "/api/2.0/repos{?next_page_token}", .items = "repos", .id = "id",
	.name = "path", .tool = "list_repos", .is_id = dbx_is_number,
};

static int
repo_shown(struct mcp_call *call, const void *state, size_t len)
{
	static const struct dbx_column facts[] = {
		{ "repo_id", NULL, "id", NULL },
		{ "path", NULL, "path", NULL },
		{ "branch", NULL, "branch", NULL },
		{ "head", NULL, "head_commit_id", NULL },
		{ "remote", NULL, "url", NULL },
		{ "provider", NULL, "provider", NULL },
		{ "sparse checkout", NULL, "sparse_checkout.patterns", NULL },
	};
	const struct dbx_resolved *asked = state;
	struct json_object *repo, *small;
	struct dbx_error error;

	(void)len;
	if (!dbx_ok(call, mcp_reply(call, 0), &error) && error.status == MCP_E_NOT_FOUND)
		return dbx_unknown(call, &repos, asked->asked, error.message);
	repo = dbx_reply(call, 0, &(struct dbx_words){
	    .object = mcp_printf(call, "Repo \"%s\"", asked->asked),
	    .grant = "CAN READ on the Git folder" });
	if (repo == NULL)
		return MCP_E_UPSTREAM;
	dbx_facts(call, repo, facts, COUNT(facts),
		  dbx_url(call, "/#workspace%s", mcp_get_str(call, repo, "path", "")));
	small = dbx_pick(call, repo, "path", "branch", "head_commit_id", "url", "provider", NULL);
	json_object_object_add(small, "id", json_object_new_string(
	    mcp_get_str(call, repo, "id", "")));
	return mcp_structured(call, small);
}

static int
repo_resolved(struct mcp_call *call, const void *state, size_t len)
{
	const struct dbx_resolved *repo = state;

	return dbx_get(call, "/api/2.0/repos/{id}", dbx_object(call, "id", repo->id, NULL),
		       repo_shown, state, len);
}

int
get_repo_status(struct mcp_call *call)
{
	return dbx_resolve(call, &repos, "repo_id", repo_resolved);
}

static int
repos_offered(struct mcp_call *call, const void *state, size_t len)
{
	(void)state;
	(void)len;
	return dbx_offer(call, "repos", "id");
}

int
complete_repo(struct mcp_call *call)
{
	return dbx_get(call, "/api/2.0/repos", NULL, repos_offered, NULL, 0);
}
