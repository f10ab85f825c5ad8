/* SPDX-License-Identifier: Apache-2.0 */
/* Git folders. The API lists the Git folders below one path. Without a path it lists only those
 * below /Repos, although every folder may contain some. So the code requests the list for each top
 * folder, one after the other. */
#include "workspace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX_MAX 1024
#define TOKEN_MAX 512
#define TOPS_MAX 1200	/* bytes for the names of top folders */
#define REQUESTS_MAX 20 /* most pages that one call reads */
#define ROWS_ENOUGH 100 /* time after which no further page is read */
#define NAMES_MAX 500	/* bytes for similar or equal names */

/* ---- pages ---------------------------------------------------------------------------------- */

/* State between pages. */
struct repo_walk {
	bool find; /* searches a Git folder by its name, given as repo_id */
	unsigned requests, refused;
	int64_t skip, seen; /* rows before this page; then the number of matching rows */
	unsigned matches;
	char token[TOKEN_MAX]; /* token of the page to read; "": the first page */
	size_t len;
	/* the folders that are still to be read; '\n' follows each. The first one is the current
	 * one */
	char prefixes[TOPS_MAX];
	char id[24];	       /* id of the first match */
	char names[NAMES_MAX]; /* the paths with the same name, or else with a similar name */
};

_Static_assert(sizeof(struct repo_walk) <= MCP_STATE_MAX, "the state of a walk must fit");

/* The page token of this plugin: rows to skip, length of the prefix, the prefix, the platform's
 * token. True when there is no token, or a valid one. */
static bool
token_read(const char *text, int64_t *skip, char prefix[PREFIX_MAX], char token[TOKEN_MAX])
{
	char *end;
	unsigned long n;

	*skip = 0;
	prefix[0] = token[0] = '\0';
	if (text == NULL || text[0] == '\0')
		return true;
	*skip = strtoll(text, &end, 10);
	if (*end != ',' || *skip < 0)
		return false;
	n = strtoul(end + 1, &end, 10);
	if (*end != ',' || n >= PREFIX_MAX || n > strlen(end + 1) ||
	    strlen(end + 1 + n) >= TOKEN_MAX)
		return false;
	snprintf(prefix, PREFIX_MAX, "%.*s", (int)n, end + 1);
	snprintf(token, TOKEN_MAX, "%s", end + 1 + n);
	return prefix[0] == '/' && strchr(prefix, '\n') == NULL;
}

static const char *
token_text(struct mcp_call *call, int64_t skip, const char *prefix, const char *token)
{
	const char *repeated =
	    mcp_repeat(call, (const char *const[]){ "path_prefix", "name_filter", NULL });

	return mcp_printf(call, "list_repos %s%spage_token=%s", repeated != NULL ? repeated : "",
			  repeated != NULL ? " " : "",
			  mcp_quoted(call, mcp_printf(call, "%lld,%zu,%s%s", (long long)skip,
						      strlen(prefix), prefix, token)));
}

/* Removes the prefix: "/Workspace/Users" and "/Users" are the same folder. */
static const char *
without_root(const char *path)
{
	static const char root[] = "/Workspace";

	if (strncmp(path, root, sizeof(root) - 1) != 0)
		return path;
	path += sizeof(root) - 1;
	return path[0] == '/' || path[0] == '\0' ? path : path - (sizeof(root) - 1);
}

/* The argument. NULL when it means all folders. */
static const char *
given_prefix(struct mcp_call *call)
{
	const char *prefix = mcp_arg(call, "path_prefix");

	return prefix == NULL || without_root(prefix)[0] == '\0' ||
		       strcmp(without_root(prefix), "/") == 0
		 ? NULL
		 : prefix;
}

static const char *
current_prefix(struct mcp_call *call, const struct repo_walk *walk)
{
	const char *end = memchr(walk->prefixes, '\n', walk->len);

	return end != NULL ? mcp_printf(call, "%.*s", (int)(end - walk->prefixes), walk->prefixes)
			   : "";
}

static void
next_prefix(struct repo_walk *walk)
{
	const char *end = memchr(walk->prefixes, '\n', walk->len);
	size_t used = end != NULL ? (size_t)(end + 1 - walk->prefixes) : walk->len;

	memmove(walk->prefixes, walk->prefixes + used, walk->len - used);
	walk->len -= used;
	walk->token[0] = '\0';
}

static void
add_prefix(struct repo_walk *walk, const char *prefix)
{
	size_t n = strlen(prefix);

	if (walk->len + n + 1 > sizeof(walk->prefixes) || strchr(prefix, '\n') != NULL)
		return;
	memcpy(walk->prefixes + walk->len, prefix, n);
	walk->prefixes[walk->len + n] = '\n';
	walk->len += n + 1;
}

/* ---- the pages ------------------------------------------------------------------------------- */

static int repo_get(struct mcp_call *call, const char *id, bool by_name);
static int page_arrived(struct mcp_call *call, const void *state, size_t len);

static int
page_fetch(struct mcp_call *call, const struct repo_walk *walk)
{
	return mcp_fetch(call, "/api/2.0/repos{?path_prefix,next_page_token}",
			 mcp_object(call, "path_prefix", current_prefix(call, walk),
				    "next_page_token", walk->token[0] != '\0' ? walk->token : NULL,
				    NULL),
			 page_arrived, walk, sizeof(*walk));
}

/* Appends a name to the names, if there is room. */
static void
note_name(struct repo_walk *walk, const char *name)
{
	size_t used = strlen(walk->names);

	if (used + strlen(name) + 3 < sizeof(walk->names))
		snprintf(walk->names + used, sizeof(walk->names) - used, "%s%s",
			 used > 0 ? ", " : "", name);
}

/* Does the path end with `name`, which has one or more parts? */
static bool
is_called(const char *path, const char *name)
{
	size_t n = strlen(path), m = strlen(name);

	return n > m && m > 0 && path[n - m - 1] == '/' && strcmp(path + n - m, name) == 0;
}

static void
find_here(struct mcp_call *call, struct repo_walk *walk, struct json_object *repos)
{
	struct json_object *names = mcp_keep(call, json_object_new_array());
	const char *asked = mcp_arg(call, "repo_id"), *near;

	for (size_t i = 0; i < json_object_array_length(repos); i++) {
		struct json_object *repo = json_object_array_get_idx(repos, i);
		const char *path = mcp_get_str(call, repo, "path", "");
		const char *slash = strrchr(path, '/');

		json_object_array_add(names, json_object_new_string(slash != NULL && asked[0] != '/'
									? slash + 1
									: path));
		if (!is_called(path, asked))
			continue;
		if (walk->matches++ == 0) {
			walk->names[0] = '\0';
			snprintf(walk->id, sizeof(walk->id), "%s",
				 mcp_get_str(call, repo, "id", ""));
		}
		note_name(walk, path);
	}
	near = walk->matches == 0 ? dbx_nearest(call, asked, names) : NULL;
	if (near != NULL)
		note_name(walk, near);
}

/* Is the path below the folder `prefix`? A folder whose name only begins with the prefix does not
 * count. */
static bool
is_below(const char *path, const char *prefix)
{
	size_t n;

	path = without_root(path);
	prefix = without_root(prefix);
	n = strlen(prefix);
	return n == 0 || prefix[n - 1] == '/' || strncmp(path, prefix, n) != 0 || path[n] == '/' ||
	       path[n] == '\0';
}

static void
list_here(struct mcp_call *call, struct repo_walk *walk, struct json_object *repos)
{
	const char *prefix = current_prefix(call, walk);
	bool all = given_prefix(call) == NULL;

	for (size_t i = 0; i < json_object_array_length(repos); i++) {
		struct json_object *repo = json_object_array_get_idx(repos, i);
		const char *path = mcp_get_str(call, repo, "path", "");
		const char *cells[] = {
			mcp_get_str(call, repo, "id", ""),
			path,
			mcp_get_str(call, repo, "branch", ""),
			mcp_get_str(call, repo, "head_commit_id", ""),
			mcp_get_str(call, repo, "url", ""),
		};

		if ((all && !is_below(path, prefix)) || !mcp_name_matches(call, path))
			continue;
		if (walk->seen++ >= walk->skip)
			mcp_page_row(call, cells, COUNT(cells));
	}
}

/* Writes the call that continues the list after the rows that were shown. */
static const char *
list_next(struct mcp_call *call, const void *data, size_t shown)
{
	const struct repo_walk *walk = data;
	char prefix[PREFIX_MAX], token[TOKEN_MAX];
	int64_t skip;

	token_read(mcp_arg(call, "page_token"), &skip, prefix, token);
	return token_text(call, walk->skip + (int64_t)shown, prefix[0] != '\0' ? prefix : "/Repos",
			  token);
}

static int
list_end(struct mcp_call *call, const struct repo_walk *walk, const char *token)
{
	bool more = walk->len > 0;
	bool first = mcp_arg(call, "page_token") == NULL;

	mcp_table_end(call,
		      &(struct mcp_table_end){
			  .size = sizeof(struct mcp_table_end),
			  .noun = "repos",
			  .total = more || !first ? -1 : walk->seen,
			  .more = more,
			  .next =
			      more ? token_text(call, 0, current_prefix(call, walk), token) : NULL,
			  .next_from = list_next,
			  .next_data = walk });
	if (walk->refused == 0)
		return MCP_OK;
	return mcp_say(call, "%u top %s could not be searched for Git folders.", walk->refused,
		       walk->refused == 1 ? "folder" : "folders");
}

static int
find_end(struct mcp_call *call, const struct repo_walk *walk)
{
	const char *asked = mcp_arg(call, "repo_id");

	if (walk->matches == 1)
		return repo_get(call, walk->id, true);
	if (walk->matches > 1)
		return mcp_fail(call, MCP_E_INPUT,
				mcp_printf(call, "%u Git folders have the name \"%s\".",
					   walk->matches, asked),
				mcp_printf(call, "Their paths: %s.", walk->names),
				"Repeat the call with one of these paths.");
	return mcp_fail(call, MCP_E_NOT_FOUND, mcp_printf(call, "There is no repo \"%s\".", asked),
			walk->len > 0
			    ? "The Git folder is not on the pages of the list that were read. "
			      "Use its path."
			    : "This identity can see no Git folder with that id, name or path.",
			walk->names[0] != '\0'
			    ? mcp_printf(call, "Did you mean: %s? list_repos shows all.",
					 walk->names)
			    : "Call list_repos to see all Git folders.");
}

static int
page_arrived(struct mcp_call *call, const void *state, size_t len)
{
	struct mcp_words words = { .object = "The list of Git folders",
				   .grant = "CAN READ on Git folders" };
	struct json_object *reply, *repos;
	struct dbx_error error;
	struct repo_walk walk;
	const char *next;

	(void)len;
	memcpy(&walk, state, sizeof(walk));
	if (given_prefix(call) == NULL && !dbx_ok(call, mcp_reply(call, 0), &error) &&
	    (error.status == MCP_E_PERMISSION || error.status == MCP_E_NOT_FOUND)) {
		walk.refused++;
		reply = mcp_object(call, NULL);
	} else {
		reply = dbx_reply(call, 0, &words);
	}
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	repos = mcp_items(call, reply, "repos", &words);
	if (repos == NULL)
		return MCP_E_UPSTREAM;
	if (walk.find)
		find_here(call, &walk, repos);
	else
		list_here(call, &walk, repos);
	next = mcp_get_str(call, reply, "next_page_token", "");
	/* Stops when the same token comes again, because the list would never end. */
	if (next[0] == '\0' || strlen(next) >= sizeof(walk.token) || strcmp(next, walk.token) == 0)
		next_prefix(&walk);
	else
		snprintf(walk.token, sizeof(walk.token), "%s", next);
	if (walk.len > 0 && ++walk.requests < REQUESTS_MAX &&
	    (walk.find || walk.seen - walk.skip < ROWS_ENOUGH))
		return page_fetch(call, &walk);
	return walk.find ? find_end(call, &walk) : list_end(call, &walk, walk.token);
}

/* ---- the folders to search
 * -------------------------------------------------------------------- */

/* An earlier call has already read the folders before `from`. */
static void
skip_to(struct mcp_call *call, struct repo_walk *walk, const char *from)
{
	while (walk->len > 0 && strcmp(current_prefix(call, walk), from) != 0)
		next_prefix(walk);
	if (walk->len == 0)
		add_prefix(walk, from);
}

/* The top folders, or the folders that every workspace has. */
static void
add_tops(struct mcp_call *call, struct repo_walk *walk)
{
	struct json_object *tops = mcp_objects(call, mcp_reply_json(call, 0), "objects");
	struct dbx_error error;

	add_prefix(walk, "/Repos");
	if (!dbx_ok(call, mcp_reply(call, 0), &error)) {
		add_prefix(walk, "/Users");
		add_prefix(walk, "/Shared");
		return;
	}
	for (size_t i = 0; i < json_object_array_length(tops); i++) {
		struct json_object *top = json_object_array_get_idx(tops, i);
		const char *type = mcp_get_str(call, top, "object_type", "");
		const char *path = without_root(mcp_get_str(call, top, "path", ""));

		if ((strcmp(type, "DIRECTORY") == 0 || strcmp(type, "REPO") == 0) &&
		    path[0] == '/' && strcmp(path, "/Repos") != 0)
			add_prefix(walk, path);
	}
}

static int
tops_arrived(struct mcp_call *call, const void *state, size_t len)
{
	char prefix[PREFIX_MAX], token[TOKEN_MAX];
	struct repo_walk walk;
	int64_t skip;

	(void)len;
	memcpy(&walk, state, sizeof(walk));
	add_tops(call, &walk);
	if (token_read(mcp_arg(call, "page_token"), &skip, prefix, token) && prefix[0] != '\0') {
		skip_to(call, &walk, prefix);
		snprintf(walk.token, sizeof(walk.token), "%s", token);
	}
	return page_fetch(call, &walk);
}

static int
walk_begin(struct mcp_call *call, const struct repo_walk *walk)
{
	return mcp_fetch(call, "/api/2.0/workspace/list?path=%2F", NULL, tops_arrived, walk,
			 sizeof(*walk));
}

/* ---- list_repos ------------------------------------------------------------------------------ */

int
list_repos(struct mcp_call *call)
{
	static const struct mcp_column columns[] = {
		{ "repo_id", NULL }, { "path", NULL },	 { "branch", NULL },
		{ "head", NULL },    { "remote", NULL },
	};
	const char *prefix = given_prefix(call);
	char from[PREFIX_MAX];
	struct repo_walk walk = { .find = false };

	if (!token_read(mcp_arg(call, "page_token"), &walk.skip, from, walk.token))
		return mcp_fail(call, MCP_E_INPUT, "page_token is not valid for this tool.", NULL,
				"Use the page_token from the end line of the last answer.");
	if (prefix != NULL &&
	    (prefix[0] != '/' || strlen(prefix) >= PREFIX_MAX || strchr(prefix, '\n') != NULL))
		return mcp_fail(call, MCP_E_INPUT, "path_prefix is not a workspace path.",
				"A path must begin with / and have no line ends.",
				"Omit it to list all Git folders.");
	mcp_table(call, columns, COUNT(columns));
	if (prefix == NULL)
		return walk_begin(call, &walk);
	add_prefix(&walk, prefix);
	return page_fetch(call, &walk);
}

/* ---- get_repo_status ------------------------------------------------------------------------- */

/* Finds a Git folder by its id, name or path. */
struct asking {
	bool by_name; /* the id was found in the list */
};

static int
repo_shown(struct mcp_call *call, const void *state, size_t len)
{
	static const struct mcp_fact facts[] = {
		{ .key = "branch", .path = "branch", .show = mcp_show_id },
		{ .key = "head_commit_id", .label = "head", .path = "head_commit_id" },
		{ .key = "remote", .path = "url" },
		{ .key = "provider", .path = "provider" },
		{ .key = "sparse_checkout",
		  .label = "sparse checkout",
		  .path = "sparse_checkout.patterns" },
		{ .key = "git_cli_enabled",
		  .label = "git commands enabled",
		  .path = "git_cli_enabled" },
	};
	const struct asking *asking = state;
	const char *asked = mcp_arg(call, "repo_id"), *id, *path;
	struct mcp_words words = {
		.object = mcp_printf(call, "Repo \"%s\"", asked),
		.not_found = "Call list_repos to see all Git folders.",
		.grant = "CAN READ on the Git folder",
	};
	struct mcp_answer *answer;
	struct json_object *repo;
	struct dbx_error error;

	(void)len;
	/* A number may be a name too. */
	if (!dbx_ok(call, mcp_reply(call, 0), &error) && error.status == MCP_E_NOT_FOUND &&
	    !asking->by_name)
		return walk_begin(call, &(struct repo_walk){ .find = true });
	repo = dbx_reply(call, 0, &words);
	if (repo == NULL)
		return MCP_E_UPSTREAM;
	id = mcp_get_str(call, repo, "id", "");
	path = mcp_get_str(call, repo, "path", "");
	if (id[0] == '\0' || path[0] == '\0')
		return mcp_fail(call, MCP_E_UPSTREAM,
				mcp_printf(call, "%s could not be read.", words.object),
				"The reply of the workspace has no id or no path.",
				words.not_found);
	answer = mcp_answer_begin(call);
	mcp_answer_text(answer, "repo_id", "id", id);
	mcp_answer_text(answer, NULL, "path", path);
	mcp_answer_add(answer, repo, facts, COUNT(facts));
	mcp_answer_url(answer, mcp_url(call, "/#workspace%s", path));
	return mcp_answer_end(answer);
}

static int
repo_get(struct mcp_call *call, const char *id, bool by_name)
{
	return mcp_fetch(call, "/api/2.0/repos/{id}", mcp_object(call, "id", id, NULL), repo_shown,
			 &(struct asking){ by_name }, sizeof(struct asking));
}

/* The object_id of a Git folder is also its repo_id. */
static int
path_seen(struct mcp_call *call, const void *state, size_t len)
{
	const char *asked = mcp_arg(call, "repo_id"), *type;
	struct mcp_words words = path_words(call, asked);
	struct json_object *item;
	struct dbx_error error;

	(void)state;
	(void)len;
	if (!dbx_ok(call, mcp_reply(call, 0), &error) && error.status == MCP_E_NOT_FOUND)
		return walk_begin(call, &(struct repo_walk){ .find = true });
	item = dbx_reply(call, 0, &words);
	if (item == NULL)
		return MCP_E_UPSTREAM;
	type = mcp_get_str(call, item, "object_type", "object of an unknown type");
	if (strcmp(type, "REPO") != 0 && !mcp_get_bool(item, "directory_info.is_git_folder", false))
		return mcp_fail(call, MCP_E_INPUT,
				mcp_printf(call, "%s is not a Git folder.", asked),
				mcp_printf(call, "It is a %s.", mcp_line(call, type)),
				"Call list_repos to see all Git folders.");
	return repo_get(call, mcp_get_str(call, item, "object_id", ""), true);
}

int
get_repo_status(struct mcp_call *call)
{
	const char *asked = mcp_arg(call, "repo_id");

	if (asked == NULL || asked[0] == '\0')
		return mcp_fail(call, MCP_E_INPUT, "repo_id is missing.", NULL,
				"Give the id, the name or the path of a Git folder.");
	if (asked[0] == '/')
		return mcp_fetch(call, "/api/2.0/workspace/get-status{?path}",
				 mcp_object(call, "path", asked, NULL), path_seen, NULL, 0);
	return dbx_is_number(asked) ? repo_get(call, asked, false)
				    : walk_begin(call, &(struct repo_walk){ .find = true });
}

/* ---- completion ------------------------------------------------------------------------------ */

int
complete_repo_id(struct mcp_call *call)
{
	return mcp_offer_from(call, "/api/2.0/repos", NULL, "repos", "id");
}
