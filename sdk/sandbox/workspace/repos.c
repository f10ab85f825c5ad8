/* SPDX-License-Identifier: Apache-2.0 */
/* Git folders: /api/2.0/repos. A repo is an object of type REPO in the workspace tree, and a row in
 * a table of this file with the same id. The program git is not used; the head commit of a branch
 * is a digest of the branch's name. https://docs.databricks.com/api/workspace/repos */
#include "workspace/objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files/beneath.h"
#include "seeds.h"

static const char repo_tables[] =
    "CREATE TABLE IF NOT EXISTS repos(id INTEGER PRIMARY KEY, path TEXT UNIQUE NOT NULL,"
    " url TEXT NOT NULL, provider TEXT NOT NULL, branch TEXT, head TEXT NOT NULL,"
    " sparse TEXT);";

static const char REPO_COLUMNS[] =
    "SELECT id, path, url, provider, branch, head, sparse FROM repos ";

static struct json_object *
to_json(sqlite3_stmt *st)
{
	struct json_object *obj = json_object_new_object();

	json_add_int(obj, "id", db_int(st, 0));
	json_add_str(obj, "path", db_text(st, 1));
	json_add_str(obj, "url", db_text(st, 2));
	json_add_str(obj, "provider", db_text(st, 3));
	if (*db_text(st, 4) != '\0')
		json_add_str(obj, "branch", db_text(st, 4));
	json_add_str(obj, "head_commit_id", db_text(st, 5));
	if (*db_text(st, 6) != '\0')
		json_add(obj, "sparse_checkout", db_tree(st, 6));
	return obj;
}

struct json_object *
repo_of(struct workspace *ws, const char *path)
{
	sqlite3_stmt *st = db_query(ws,
				    "SELECT id, path, branch, head, url FROM repos"
				    " WHERE path = ?1 OR substr(?1, 1, length(path) + 1) ="
				    " path || '/'",
				    "s", path);
	struct json_object *git;

	if (!db_next(ws, st))
		return NULL;
	git = json_object_new_object();
	json_add_int(git, "id", db_int(st, 0));
	json_add_str(git, "path", db_text(st, 1));
	json_add_str(git, "branch", db_text(st, 2));
	json_add_str(git, "head_commit_id", db_text(st, 3));
	json_add_str(git, "url", db_text(st, 4));
	db_end(st);
	return git;
}

static void
head_of(const char *url, const char *ref, char out[41])
{
	char hex[65], *text = xprintf("%s#%s", url, ref);

	sha256_hex(text, strlen(text), hex);
	snprintf(out, 41, "%.40s", hex);
	free(text);
}

static int64_t
add_repo(struct workspace *ws, const char *path, const char *url, const char *provider,
	 const char *branch, struct json_object *sparse)
{
	char head[41], *readme = xprintf("%s/README.md", path);
	char *text = xprintf("# %s\n\nCloned from %s\n", path_name(path), url);
	int64_t id;

	head_of(url, branch, head);
	object_add_folder(ws, path, "REPO");
	id = db_one_int(ws, "SELECT id FROM objects WHERE path = ?", "s", path);
	object_store(ws, readme, "FILE", NULL, NULL, text, strlen(text), NULL);
	db_run(ws, "INSERT INTO repos VALUES(?, ?, ?, ?, ?, ?, ?)", "isssssj", id, path, url,
	       provider, branch, head, sparse);
	free(readme);
	free(text);
	return id;
}

/* ---- endpoints ---- */

static void
repos_list(struct request *req)
{
	static const struct page_rule rule = { .key = "repos",
					       .size_arg = "page_size",
					       .token_arg = "next_page_token",
					       .default_size = 20,
					       .max_size = 20 };
	const char *prefix = request_arg(req, "path_prefix");
	struct json_object *all = json_object_new_array();
	sqlite3_stmt *st;
	char *sql;

	if (prefix == NULL || *prefix == '\0')
		prefix = "/Repos";
	if (strncmp(prefix, "/Workspace/", 11) == 0)
		prefix += strlen("/Workspace");
	sql = xprintf("%s WHERE substr(path, 1, length(?1)) = ?1 ORDER BY path", REPO_COLUMNS);
	st = db_query(req->ws, sql, "s", prefix);
	free(sql);
	while (db_next(req->ws, st))
		json_object_array_add(all, to_json(st));
	page_reply(req, &rule, prefix, all);
}

/* The repo in the path; the caller owns it. NULL when the request was refused. */
static struct json_object *
named_repo(struct request *req)
{
	const char *id = request_var(req, "repo_id");
	char *end, *sql = xprintf("%s WHERE id = ?", REPO_COLUMNS);
	long long number = strtoll(id, &end, 10);
	struct json_object *repo = NULL;
	sqlite3_stmt *st;

	if (*end != '\0') {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE", "Repo id '%.40s' is not a number.",
			    id);
		free(sql);
		return NULL;
	}
	st = db_query(req->ws, sql, "i", (int64_t)number);
	free(sql);
	if (db_next(req->ws, st)) {
		repo = to_json(st);
		db_end(st);
	} else {
		reply_error(req, 404, "RESOURCE_DOES_NOT_EXIST",
			    "Unable to find the repo with ID %lld.", number);
	}
	return repo;
}

static void
repos_get(struct request *req)
{
	struct json_object *repo = named_repo(req);

	if (repo != NULL)
		reply_json(req, repo);
}

/* The name in an address: "https://host/org/name.git" gives "name". */
static char *
name_of_url(const char *url)
{
	const char *slash = strrchr(url, '/'), *name = slash != NULL ? slash + 1 : url;
	size_t len = strlen(name);

	if (len > 4 && strcmp(name + len - 4, ".git") == 0)
		len -= 4;
	return xstrndup(name, len);
}

/* The path of a new repo. When the sandbox chooses the path, it creates the parent folder. NULL
 * when the request was refused. */
static char *
place_for(struct request *req, const char *url)
{
	const char *given = json_str(req->body, "path");
	struct object there;
	char *name, *path, *parent;
	bool ok;

	if (given == NULL) {
		name = name_of_url(url);
		path = xprintf("/Repos/%s/%s", req->user, *name != '\0' ? name : "repo");
		free(name);
	} else {
		path = object_path_body(req);
	}
	if (path == NULL)
		return NULL;
	parent = path_parent(path);
	if (given == NULL)
		ok = object_mkdirs(req, parent);
	else if ((ok = object_need(req, parent, &there)))
		object_fini(&there);
	if (ok && object_find(req->ws, path, &there)) {
		object_fini(&there);
		reply_error(req, 400, "RESOURCE_ALREADY_EXISTS",
			    "The given folder already exists: %.1000s", path);
		ok = false;
	}
	free(parent);
	if (ok && object_writable(req, path))
		return path;
	free(path);
	return NULL;
}

static void
repos_create(struct request *req)
{
	const char *url = body_need(req, "url"), *provider;
	struct json_object *created;
	char *path, head[41];

	if (url == NULL)
		return;
	provider = body_need(req, "provider");
	if (provider == NULL)
		return;
	path = place_for(req, url);
	if (path == NULL)
		return;
	created = json_object_new_object();
	json_add_int(created, "id",
		     add_repo(req->ws, path, url, provider, "main",
			      json_get(req->body, "sparse_checkout")));
	json_add_str(created, "path", path);
	json_add_str(created, "url", url);
	json_add_str(created, "provider", provider);
	json_add_str(created, "branch", "main");
	head_of(url, "main", head);
	json_add_str(created, "head_commit_id", head);
	free(path);
	reply_json(req, created);
}

static void
repos_update(struct request *req)
{
	struct json_object *repo = named_repo(req);
	const char *branch = json_str(req->body, "branch"), *tag = json_str(req->body, "tag");
	char head[41];

	if (repo == NULL)
		return;
	if (branch != NULL && tag != NULL) {
		reply_error(req, 400, "INVALID_PARAMETER_VALUE",
			    "Only one of branch and tag may be given.");
	} else {
		if (branch != NULL || tag != NULL) {
			head_of(json_str(repo, "url"), branch != NULL ? branch : tag, head);
			db_run(req->ws, "UPDATE repos SET branch = ?, head = ? WHERE id = ?", "ssi",
			       branch, head, json_int(repo, "id", 0));
		}
		if (json_get(req->body, "sparse_checkout") != NULL)
			db_run(req->ws, "UPDATE repos SET sparse = ? WHERE id = ?", "ji",
			       json_get(req->body, "sparse_checkout"), json_int(repo, "id", 0));
		reply_empty(req);
	}
	json_object_put(repo);
}

static void
repos_delete(struct request *req)
{
	struct json_object *repo = named_repo(req);

	if (repo == NULL)
		return;
	object_delete(req->ws, json_str(repo, "path"));
	json_object_put(repo);
	reply_empty(req);
}

/* ---- seeds ---- */

static void
seed_file_at(struct workspace *ws, const char *path, const char *type, const char *language,
	     const char *file)
{
	size_t len;
	const char *data = seed_file(file, &len);

	object_store(ws, path, type, language, language != NULL ? "SOURCE" : NULL, data, len, NULL);
}

static void
seed_repos(struct workspace *ws)
{
	static const struct {
		const char *path, *url, *provider, *branch;
	} repos[] = {
		{ "/Repos/ann@example.com/lakehouse-app",
		  "https://git.example.com/retail/"
		  "lakehouse-app.git",
		  "gitHub", "main" },
		{ "/Repos/bob@example.com/dbt-models",
		  "https://git.example.com/retail/dbt-models"
		  ".git",
		  "gitLab", "feature/returns" },
		{ "/Users/carol@example.com/forecasting",
		  "https://git.example.com/ml/forecasting"
		  ".git",
		  "gitHub", "main" },
	};

	object_add_folder(ws, "/Repos/ann@example.com", "DIRECTORY");
	object_add_folder(ws, "/Repos/bob@example.com", "DIRECTORY");
	for (size_t i = 0; i < ARRAY_SIZE(repos); i++)
		add_repo(ws, repos[i].path, repos[i].url, repos[i].provider, repos[i].branch, NULL);
	object_add_folder(ws, "/Repos/ann@example.com/lakehouse-app/notebooks", "DIRECTORY");
	object_add_folder(ws, "/Repos/ann@example.com/lakehouse-app/src", "DIRECTORY");
	seed_file_at(ws, "/Repos/ann@example.com/lakehouse-app/notebooks/report", "NOTEBOOK", "SQL",
		     "daily_report.sql");
	seed_file_at(ws, "/Repos/ann@example.com/lakehouse-app/src/app.py", "FILE", NULL, "app.py");
}

static const struct route repos_routes[] = {
	{ "GET", "/api/2.0/repos", repos_list, 0 },
	{ "POST", "/api/2.0/repos", repos_create, 0 },
	{ "GET", "/api/2.0/repos/{repo_id}", repos_get, 0 },
	{ "PATCH", "/api/2.0/repos/{repo_id}", repos_update, 0 },
	{ "DELETE", "/api/2.0/repos/{repo_id}", repos_delete, 0 },
	{ 0 },
};

const struct domain repos_domain = {
	.name = "repos",
	.routes = repos_routes,
	.tables = repo_tables,
	.seed = seed_repos,
};
