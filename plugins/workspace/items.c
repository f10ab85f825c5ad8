/* SPDX-License-Identifier: Apache-2.0 */
/* Tools for the workspace tree: they list a folder with some levels below it, and show one item.
 * The API lists one folder at a time and has no pages. A page of these tools begins at an offset,
 * and the walk through the folders is repeated for each page. */
#include "workspace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PENDING_MAX 3400 /* bytes for the paths of folders that are still to be listed */
#define FOLDERS_MAX 500	 /* most folders that one walk lists */
#define SKIPPED_MAX 400	 /* bytes for the path of a folder that was not listed */

struct mcp_words
path_words(struct mcp_call *call, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *folder = slash == NULL || slash == path
			       ? "/"
			       : mcp_printf(call, "%.*s", (int)(slash - path), path);

	return (struct mcp_words){
		.object = mcp_printf(call, "Workspace path \"%s\"", path),
		.not_found =
		    mcp_printf(call, "Call list_workspace_items path=%s to see its content.",
			       mcp_quoted(call, folder)),
		.grant = "CAN READ on the folder",
	};
}

/* ---- list_workspace_items ------------------------------------------------------------------- */

/* A walk through the folders, level by level. `pending` has the paths that are still to be listed;
 * '\n' follows each path. The first path has the depth `level`; paths after `next_level` bytes are
 * one level deeper. */
struct walk {
	int64_t skip, left; /* rows before this page, and rows that this page still needs */
	int64_t seen;	    /* matching rows */
	int level, depth;
	unsigned folders;
	unsigned refused; /* number of folders that could not be listed */
	bool more;
	/* the first folder that was left out because the walk had too many */
	char unwalked[SKIPPED_MAX];
	size_t next_level, len;
	char pending[PENDING_MAX];
};

_Static_assert(sizeof(struct walk) <= MCP_STATE_MAX, "the state of a walk must fit");

static const struct mcp_column item_columns[] = {
	{ "type", NULL }, { "path", NULL },	{ "language", NULL },
	{ "size", NULL }, { "modified", NULL }, { "object_id", NULL },
};

static int folder_arrived(struct mcp_call *call, const void *state, size_t len);

static int
folder_fetch(struct mcp_call *call, const struct walk *walk)
{
	const char *end = memchr(walk->pending, '\n', walk->len);
	const char *path = mcp_printf(call, "%.*s", (int)(end - walk->pending), walk->pending);

	return mcp_fetch(call, "/api/2.0/workspace/list{?path}",
			 mcp_object(call, "path", path, NULL), folder_arrived, walk, sizeof(*walk));
}

static bool
is_folder(const char *type)
{
	return strcmp(type, "DIRECTORY") == 0 || strcmp(type, "REPO") == 0;
}

/* The folder, or its nearest parent whose path is short enough. */
static void
keep_folder(char to[SKIPPED_MAX], const char *path)
{
	size_t n = strlen(path);

	while (n >= SKIPPED_MAX)
		while (n > 0 && path[--n] != '/')
			;
	memcpy(to, n > 0 ? path : "/", n > 0 ? n : 1);
	to[n > 0 ? n : 1] = '\0';
}

static void
remember_folder(struct walk *walk, const char *path)
{
	size_t n = strlen(path);

	if (walk->len + n + 1 > sizeof(walk->pending) || walk->folders >= FOLDERS_MAX) {
		if (walk->unwalked[0] == '\0')
			keep_folder(walk->unwalked, path);
		return;
	}
	memcpy(walk->pending + walk->len, path, n);
	walk->pending[walk->len + n] = '\n';
	walk->len += n + 1;
	walk->folders++;
}

static bool
item_matches(struct mcp_call *call, struct json_object *item)
{
	const char *type = mcp_arg(call, "object_type");
	const char *path = mcp_get_str(call, item, "path", "");
	const char *slash = strrchr(path, '/');

	return (type == NULL || strcmp(type, mcp_get_str(call, item, "object_type", "")) == 0) &&
	       mcp_name_matches(call, slash != NULL ? slash + 1 : path);
}

static void
item_row(struct mcp_call *call, struct walk *walk, struct json_object *item)
{
	struct json_object *size = mcp_get(item, "size");
	const char *cells[COUNT(item_columns)] = {
		mcp_get_str(call, item, "object_type", ""),
		mcp_get_str(call, item, "path", ""),
		mcp_get_str(call, item, "language", ""),
		size != NULL ? mcp_show_bytes(call, size) : "",
		mcp_time(call, mcp_get_int(item, "modified_at", 0)),
		mcp_get_str(call, item, "object_id", ""),
	};

	if (walk->seen++ < walk->skip)
		return;
	if (walk->left-- > 0)
		mcp_page_row(call, cells, COUNT(cells));
	else
		walk->more = true;
}

/* Writes the call that continues the walk after the rows that were shown. */
static const char *
walk_next(struct mcp_call *call, const void *data, size_t shown)
{
	const struct walk *walk = data;

	return mcp_printf(call, "list_workspace_items %s%s page_token=%lld",
			  mcp_repeat(call, (const char *const[]){ "path", "object_type",
								  "name_filter", "limit", NULL }),
			  walk->depth > 1 ? mcp_printf(call, " depth=%d", walk->depth) : "",
			  (long long)walk->skip + (long long)shown);
}

/* Writes the call that lists the first folder that was left out. */
static const char *
unwalked_next(struct mcp_call *call, const struct walk *walk)
{
	const char *repeated =
	    mcp_repeat(call, (const char *const[]){ "object_type", "name_filter", "limit", NULL });

	return mcp_printf(call, "list_workspace_items path=%s depth=%d%s%s",
			  mcp_quoted(call, walk->unwalked), walk->depth,
			  repeated != NULL ? " " : "", repeated != NULL ? repeated : "");
}

static int
walk_end(struct mcp_call *call, const struct walk *walk)
{
	int64_t shown = walk->seen - walk->skip;
	bool unwalked = walk->unwalked[0] != '\0';

	if (walk->more)
		shown = mcp_limit(call, 100);
	mcp_table_end(call, &(struct mcp_table_end){
				.size = sizeof(struct mcp_table_end),
				.noun = "items",
				.total = walk->more || unwalked || walk->skip > 0 ? -1 : walk->seen,
				.more = walk->more || unwalked,
				.next = walk->more ? walk_next(call, walk, (size_t)shown)
				      : unwalked   ? unwalked_next(call, walk)
						   : NULL,
				.next_from = walk_next,
				.next_data = walk });
	if (unwalked && !walk->more)
		mcp_say(call,
			"Folders from %s on were not listed: there are too many for one call.",
			walk->unwalked);
	if (walk->refused == 0)
		return MCP_OK;
	return mcp_say(call, "%u %s below cannot be listed by this identity.", walk->refused,
		       walk->refused == 1 ? "folder" : "folders");
}

static int
folder_arrived(struct mcp_call *call, const void *state, size_t len)
{
	struct walk walk;
	struct mcp_words words = path_words(call, mcp_arg(call, "path"));
	struct json_object *reply, *items;
	struct dbx_error error;
	size_t used;

	(void)len;
	memcpy(&walk, state, sizeof(walk));
	/* A folder that was deleted, or that may not be read, does not affect the list of the
	 * others. */
	if (walk.level > 1 && !dbx_ok(call, mcp_reply(call, 0), &error) &&
	    (error.status == MCP_E_PERMISSION || error.status == MCP_E_NOT_FOUND)) {
		walk.refused++;
		reply = mcp_object(call, NULL);
	} else {
		reply = dbx_reply(call, 0, &words);
	}
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	used = (size_t)((char *)memchr(walk.pending, '\n', walk.len) + 1 - walk.pending);
	memmove(walk.pending, walk.pending + used, walk.len - used);
	walk.len -= used;
	walk.next_level -= used;
	items = mcp_items(call, reply, "objects", &words);
	if (items == NULL)
		return MCP_E_UPSTREAM;
	for (size_t i = 0; i < json_object_array_length(items); i++) {
		struct json_object *item = json_object_array_get_idx(items, i);

		if (walk.level < walk.depth &&
		    is_folder(mcp_get_str(call, item, "object_type", "")))
			remember_folder(&walk, mcp_get_str(call, item, "path", ""));
		if (item_matches(call, item))
			item_row(call, &walk, item);
	}
	if (walk.next_level == 0) {
		walk.level++;
		walk.next_level = walk.len;
	}
	return walk.len == 0 || walk.more ? walk_end(call, &walk) : folder_fetch(call, &walk);
}

int
list_workspace_items(struct mcp_call *call)
{
	struct walk walk = { .level = 1, .depth = (int)mcp_arg_int(call, "depth", 1) };
	const char *path = mcp_arg(call, "path"), *page = mcp_arg(call, "page_token");

	if (strlen(path) + 2 > sizeof(walk.pending) || strchr(path, '\n') != NULL || path[0] != '/')
		return mcp_fail(call, MCP_E_INPUT, "path is not a workspace path.",
				"A path must begin with / and have no line ends.",
				"Start with list_workspace_items path=/.");
	if (page != NULL && page[0] != '\0' && !dbx_is_number(page))
		return mcp_fail(call, MCP_E_INPUT, "page_token is not valid for this tool.", NULL,
				"Use the page_token from the end line of the last answer.");
	walk.skip = page != NULL ? strtoll(page, NULL, 10) : 0;
	walk.left = mcp_limit(call, 100);
	remember_folder(&walk, path);
	walk.next_level = walk.len;
	mcp_table(call, item_columns, COUNT(item_columns));
	return folder_fetch(call, &walk);
}

/* ---- get_workspace_item --------------------------------------------------------------------- */

static int
item_shown(struct mcp_call *call, const char *path, struct json_object *item, const void *state)
{
	static const struct mcp_fact facts[] = {
		{ .key = "language", .path = "language" },
		{ .key = "object_id", .path = "object_id", .show = mcp_show_id },
		{ .key = "resource_id", .path = "resource_id" },
		{ .key = "is_git_folder",
		  .label = "Git folder",
		  .path = "directory_info.is_git_folder" },
		{ .key = "size", .label = "bytes", .path = "size" },
		{ .key = "created_at",
		  .label = "created",
		  .path = "created_at",
		  .show = mcp_show_time },
		{ .key = "modified_at",
		  .label = "modified",
		  .path = "modified_at",
		  .show = mcp_show_time },
	};
	struct mcp_answer *answer = mcp_answer_begin(call);
	const char *shown = mcp_get_str(call, item, "path", "");
	const char *type = mcp_get_str(call, item, "object_type", "");

	(void)state;
	mcp_answer_text(answer, NULL, "path", shown[0] != '\0' ? shown : path);
	mcp_answer_text(answer, "type", "object_type", type[0] != '\0' ? type : "UNKNOWN");
	mcp_answer_add(answer, item, facts, COUNT(facts));
	mcp_answer_url(answer, mcp_url(call, "/#workspace%s", path));
	return mcp_answer_end(answer);
}

int
get_workspace_item(struct mcp_call *call)
{
	return item_look(call, "path", item_shown, NULL, 0);
}

/* ---- completion ----------------------------------------------------------------------------- */

/* Adds the items of the folder to the text so far. */
int
complete_path(struct mcp_call *call)
{
	const char *value = mcp_arg(call, "value");
	const char *slash = value != NULL ? strrchr(value, '/') : NULL;
	const char *folder = slash == NULL || slash == value
			       ? "/"
			       : mcp_printf(call, "%.*s", (int)(slash - value), value);

	return mcp_offer_from(call, "/api/2.0/workspace/list{?path}",
			      mcp_object(call, "path", folder, NULL), "objects", "path");
}
