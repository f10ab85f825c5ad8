/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deletes a directory of a volume with everything in it. The API deletes only single files and
 * empty directories. The walk enters the first subdirectory, deletes files in batches, and returns
 * to the parent, so that its state is only the current path.
 */
#include "files.h"

#include <stdio.h>
#include <string.h>

#define BATCH MCP_REQUESTS_MAX /* number of files that are deleted at a time */
#define TOKEN_MAX 1024
#define WALK_LAST_MS 5000 /* time before the deadline in which no new request is made */

struct walk {
	unsigned files, directories; /* deleted so far */
	/* this directory contains only the entry that is being deleted */
	bool last;
	char token[TOKEN_MAX]; /* token of the page that follows a page without entries */
	char at[PATH_BYTES_MAX + 1];
};

_Static_assert(sizeof(struct walk) <= MCP_STATE_MAX, "the state of a walk must fit");

static int listed(struct mcp_call *call, const void *state, size_t len);
static int removed(struct mcp_call *call, const void *state, size_t len);

static const char *
so_far(struct mcp_call *call, const struct walk *walk)
{
	return mcp_printf(call, "%u file%s and %u director%s", walk->files,
			  walk->files == 1 ? "" : "s", walk->directories,
			  walk->directories == 1 ? "y" : "ies");
}

static bool
at_root(const struct walk *walk, const struct place *root)
{
	return strcmp(walk->at, root->path) == 0;
}

static int
stopped(struct mcp_call *call, const struct walk *walk, const struct place *root, const char *why)
{
	return mcp_fail(call, MCP_E_UNAVAILABLE,
			mcp_printf(call, "Only a part of %s is deleted: %s so far.", root->shown,
				   so_far(call, walk)),
			mcp_printf(call, "At %s: %s", walk->at, why),
			mcp_printf(call, "To continue, call delete_file path=%s recursive=true",
				   mcp_quoted(call, root->shown)));
}

/* The reason why a request did not succeed. */
static const char *
said(struct mcp_call *call, const struct dbx_error *error)
{
	return error->message[0] != '\0'
		 ? error->message
		 : mcp_printf(call, "the workspace answered HTTP %d", error->http);
}

/* ---- the next step --------------------------------------------------------------------------- */

static int
list_here(struct mcp_call *call, struct walk *walk, const struct place *root)
{
	struct json_object *values = mcp_object(call, "path", walk->at, "page_token",
						walk->token[0] != '\0' ? walk->token : NULL, NULL);

	json_object_object_add(values, "page_size", json_object_new_int(BATCH));
	mcp_progress(call, walk->files + walk->directories, 0,
		     mcp_printf(call, "deleted %s", so_far(call, walk)));
	if (mcp_number(call, MCP_NUM_DEADLINE_MS) < WALK_LAST_MS)
		return mcp_say(call,
			       "Deleted %s of %s so far; the rest is still there.\n"
			       "Next: delete_file path=%s recursive=true",
			       so_far(call, walk), root->shown, mcp_quoted(call, root->shown));
	return mcp_fetch(call, "/api/2.0/fs/directories{+path}{?page_size,page_token}", values,
			 listed, walk, sizeof(*walk));
}

/* Called when the directory is deleted: continues with its parent, or ends. */
static int
go_up(struct mcp_call *call, struct walk *walk, const struct place *root)
{
	if (at_root(walk, root))
		return mcp_say(call, "Deleted the directory %s: %s.", root->shown,
			       so_far(call, walk));
	*strrchr(walk->at, '/') = '\0';
	walk->token[0] = '\0';
	return list_here(call, walk, root);
}

static int
remove_here(struct mcp_call *call, struct walk *walk)
{
	struct mcp_http request;

	if (!mcp_fetch_request(call, &request, "/api/2.0/fs/directories{+path}",
			       mcp_object(call, "path", walk->at, NULL)))
		return MCP_E_INPUT;
	request.method = "DELETE";
	request.retry = MCP_RETRY_IDEMPOTENT;
	return mcp_suspend(call, &request, 1, 0, removed, walk, sizeof(*walk));
}

/* ---- replies --------------------------------------------------------------------------------- */

/* Reads the state of the walk and the argument path again. false: the call has failed. */
static bool
take_up(struct mcp_call *call, const void *state, size_t len, struct walk *walk, struct place *root)
{
	(void)len;
	memcpy(walk, state, sizeof(*walk));
	return place_argument(call, root);
}

static int
removed(struct mcp_call *call, const void *state, size_t len)
{
	struct walk walk;
	struct dbx_error error;
	struct place root;

	if (!take_up(call, state, len, &walk, &root))
		return MCP_E_INPUT;
	if (dbx_ok(call, mcp_reply(call, 0), &error)) {
		walk.directories++;
	} else if (strcmp(error.reason, "FILES_API_DIRECTORY_IS_NOT_EMPTY") == 0 && walk.last) {
		walk.last = false; /* a file was added to the directory meanwhile */
		return list_here(call, &walk, &root);
	} else if (error.status != MCP_E_NOT_FOUND) {
		return stopped(call, &walk, &root, said(call, &error));
	}
	/* In an object store a directory exists only with its content: an empty one may already be
	 * gone. */
	return go_up(call, &walk, &root);
}

static int
batch_deleted(struct mcp_call *call, const void *state, size_t len)
{
	struct walk walk;
	struct dbx_error error;
	struct place root;

	if (!take_up(call, state, len, &walk, &root))
		return MCP_E_INPUT;
	for (size_t i = 0; mcp_reply(call, i) != NULL; i++) {
		if (dbx_ok(call, mcp_reply(call, i), &error))
			walk.files++;
		else if (error.status != MCP_E_NOT_FOUND)
			return stopped(call, &walk, &root, said(call, &error));
	}
	return walk.last ? remove_here(call, &walk) : list_here(call, &walk, &root);
}

/* A name from the API must be checked before it becomes part of a path. */
static bool
name_fine(const struct walk *walk, const char *name)
{
	return name[0] != '\0' && strchr(name, '/') == NULL && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0 && strlen(walk->at) + 1 + strlen(name) <= PATH_BYTES_MAX;
}

/* Splits a page into requests that delete its files, and its first directory. */
static bool
sort_page(struct mcp_call *call, const struct walk *walk, struct json_object *page,
	  struct mcp_http *request, size_t *n, const char **directory, const char **odd)
{
	*n = 0;
	*directory = NULL;
	for (size_t i = 0; i < json_object_array_length(page) && *n < BATCH; i++) {
		struct json_object *item = json_object_array_get_idx(page, i);
		const char *name = mcp_get_str(call, item, "name", "");

		*odd = name;
		if (!name_fine(walk, name))
			return false;
		if (mcp_get_bool(item, "is_directory", false)) {
			*directory = *directory != NULL ? *directory : name;
			continue;
		}
		if (!mcp_fetch_request(call, &request[*n], "/api/2.0/fs/files{+path}",
				       mcp_object(call, "path",
						  mcp_printf(call, "%s/%s", walk->at, name), NULL)))
			return false;
		request[*n].method = "DELETE";
		request[*n].retry = MCP_RETRY_IDEMPOTENT;
		(*n)++;
	}
	return true;
}

static int
page_done(struct mcp_call *call, struct walk *walk, const struct place *root,
	  struct json_object *reply)
{
	struct json_object *page = mcp_objects(call, reply, "contents");
	const char *next = mcp_get_str(call, reply, "next_page_token", ""), *directory, *odd;
	struct mcp_http request[BATCH];
	size_t n;

	if (!sort_page(call, walk, page, request, &n, &directory, &odd))
		return stopped(call, walk, root,
			       mcp_printf(call,
					  "the name \"%s\" cannot be part "
					  "of a path",
					  odd));
	walk->token[0] = '\0';
	walk->last = directory == NULL && next[0] == '\0';
	if (n > 0)
		return mcp_suspend(call, request, n, 0, batch_deleted, walk, sizeof(*walk));
	if (directory != NULL) {
		strcat(strcat(walk->at, "/"), directory);
		return list_here(call, walk, root);
	}
	if (next[0] == '\0')
		return remove_here(call, walk);
	if (strlen(next) >= sizeof(walk->token))
		return stopped(call, walk, root,
			       "the list of the directory has a page token that is too long");
	strcpy(walk->token, next);
	return list_here(call, walk, root);
}

static int
listed(struct mcp_call *call, const void *state, size_t len)
{
	struct walk walk;
	struct json_object *reply;
	struct dbx_error error;
	struct place root;

	if (!take_up(call, state, len, &walk, &root))
		return MCP_E_INPUT;
	if (!dbx_ok(call, mcp_reply(call, 0), &error))
		return error.status == MCP_E_NOT_FOUND
			 ? go_up(call, &walk, &root)
			 : stopped(call, &walk, &root, said(call, &error));
	reply = mcp_reply_json(call, 0);
	if (!json_object_is_type(reply, json_type_object) ||
	    (mcp_get(reply, "contents") != NULL && mcp_array(reply, "contents") == NULL))
		return stopped(call, &walk, &root, "the workspace's reply is not a list");
	return page_done(call, &walk, &root, reply);
}

int
delete_tree(struct mcp_call *call, const struct place *place)
{
	struct walk walk = { .files = 0 };

	snprintf(walk.at, sizeof(walk.at), "%s", place->path);
	return list_here(call, &walk, place);
}
