/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths. A caller's path is split into segments and joined again, so that a request names exactly
 * the intended file: no dot segment, no control character and no NUL, in any spelling. The
 * normalized path selects the store.
 */
#include "files.h"

#include <string.h>
#include <strings.h>

/* ---- cleaning -------------------------------------------------------------------------------- */

/* Has the segment only dots, also when some are percent-encoded? Names with other escapes are
 * valid; Spark writes such names. */
static bool
only_dots(const char *segment, size_t len)
{
	size_t dots = 0;

	for (size_t i = 0; i < len; dots++) {
		if (segment[i] == '.')
			i++;
		else if (len - i >= 3 && segment[i] == '%' && dbx_hex_digit(segment[i + 1]) == 2 &&
			 dbx_hex_digit(segment[i + 2]) == 14)
			i += 3;
		else
			return false;
	}
	return dots <= 2;
}

static const char *
segment_fault(const char *segment, size_t len)
{
	if (only_dots(segment, len))
		return "The path has a segment \".\" or \"..\".";
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)segment[i] < ' ' || segment[i] == 0x7f)
			return "The path has a control character.";
		if (len - i >= 3 && segment[i] == '%' && dbx_hex_digit(segment[i + 1]) == 0 &&
		    dbx_hex_digit(segment[i + 2]) == 0)
			return "The path has an encoded NUL.";
	}
	return NULL;
}

/* Copies the path without empty segments. NULL with `why`. */
static char *
cleaned(struct mcp_call *call, const char *path, size_t len, unsigned *depth, const char **why)
{
	char *clean = mcp_alloc(call, len + 2), *to = clean;
	const char *end = path + len;

	*depth = 0;
	while (path < end) {
		const char *slash = memchr(path, '/', (size_t)(end - path));
		size_t n = (size_t)((slash != NULL ? slash : end) - path);

		if (n > 0) {
			*why = segment_fault(path, n);
			if (*why != NULL)
				return NULL;
			*to++ = '/';
			memcpy(to, path, n);
			to += n;
			(*depth)++;
		}
		path += n + (slash != NULL);
	}
	if (to == clean)
		*to++ = '/';
	*to = '\0';
	return clean;
}

/* ---- stores ---------------------------------------------------------------------------------- */

/* When the first segment of `path` is `name`, in any case, the rest after it; "" at the end of the
 * path. */
static const char *
behind(const char *path, const char *name)
{
	size_t len = strlen(name);

	if (strncasecmp(path + 1, name, len) != 0)
		return NULL;
	path += len + 1;
	return *path == '\0' || *path == '/' ? path : NULL;
}

/* Writes the first segment in the one spelling that the services accept. */
static void
route(struct mcp_call *call, char *clean, bool dbfs, struct place *place)
{
	static const char *const tops[] = { "Users", "Repos", "Shared" };
	const char *rest = behind(clean, "dbfs");

	if (rest != NULL && !dbfs) {
		clean = mcp_strdup(call, *rest != '\0' ? rest : "/");
		place->depth--;
		dbfs = true;
	}
	rest = behind(clean, "Volumes");
	if (rest != NULL) {
		place->store = place->depth < 4 ? STORE_CATALOG : STORE_VOLUME;
		place->path = place->shown = mcp_printf(call, "/Volumes%s", rest);
		return;
	}
	place->store = STORE_DBFS;
	place->path = clean;
	rest = behind(clean, "Workspace");
	if (rest != NULL && !dbfs) {
		place->store = STORE_WORKSPACE;
		place->path = *rest != '\0' ? rest : "/";
		place->depth--;
	}
	for (size_t i = 0; i < COUNT(tops) && !dbfs; i++)
		if (place->store == STORE_DBFS && behind(clean, tops[i]) != NULL)
			place->store = STORE_WORKSPACE;
	if (place->store == STORE_DBFS)
		place->shown = mcp_printf(call, "dbfs:%s", place->path);
	else
		place->shown =
		    mcp_printf(call, "/Workspace%s", place->depth > 0 ? place->path : "");
}

static bool
bad_path(struct mcp_call *call, const char *why)
{
	mcp_fail(call, MCP_E_INPUT, "path is not valid.", why,
		 "Use a path like /Volumes/main/default/landing/a.csv, "
		 "/Workspace/Users/me/a.py or dbfs:/tmp/a.");
	return false;
}

bool
place_find(struct mcp_call *call, const char *path, size_t len, struct place *place)
{
	const char *why = NULL;
	bool dbfs = false;
	char *clean;

	if (len > PATH_BYTES_MAX)
		return bad_path(call,
				mcp_printf(call, "The path has %zu bytes; at most %d are allowed.",
					   len, PATH_BYTES_MAX));
	if (len >= 5 && strncasecmp(path, "dbfs:", 5) == 0) {
		dbfs = true;
		path += 5;
		len -= 5;
	}
	if (len == 0 || path[0] != '/')
		return bad_path(call, "The path does not begin with / or dbfs:/.");
	clean = cleaned(call, path, len, &place->depth, &why);
	if (clean == NULL)
		return bad_path(call, why);
	route(call, clean, dbfs, place);
	return true;
}

bool
place_argument(struct mcp_call *call, struct place *place)
{
	struct json_object *argument = mcp_arg_json(call, "path");
	const char *path = json_object_get_string(argument);
	size_t len = (size_t)json_object_get_string_len(argument);

	/* in a URI the slash may belong to the part before the path */
	if (mcp_context(call, MCP_CTX_URI).len > 0 && path[0] != '/' &&
	    strncasecmp(path, "dbfs:", 5) != 0 && memchr(path, '\0', len) == NULL) {
		path = mcp_printf(call, "/%s", path);
		len++;
	}
	return place_find(call, path, len, place);
}

bool
place_of_file(struct mcp_call *call, struct place *place)
{
	if (!place_argument(call, place))
		return false;
	if (place->store != STORE_CATALOG)
		return true;
	mcp_fail(call, MCP_E_INPUT, mcp_printf(call, "%s does not contain a volume.", place->shown),
		 "Files are in volumes: /Volumes/CATALOG/SCHEMA/VOLUME/….",
		 mcp_printf(call, "Call list_files path=%s to see its content.",
			    mcp_quoted(call, place->shown)));
	return false;
}

/* ---- words ----------------------------------------------------------------------------------- */

struct json_object *
place_values(struct mcp_call *call, const struct place *place)
{
	return mcp_object(call, "path", place->path, NULL);
}

const char *
place_parent(struct mcp_call *call, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == path ? "/" : mcp_printf(call, "%.*s", (int)(slash - path), path);
}

struct mcp_words
place_words(struct mcp_call *call, const struct place *place, const char *grant)
{
	const char *folder = place_parent(call, place->path);

	if (place->store == STORE_DBFS)
		folder = mcp_printf(call, "dbfs:%s", folder);
	else if (place->store == STORE_WORKSPACE)
		folder = mcp_printf(call, "/Workspace%s", folder[1] != '\0' ? folder : "");
	return (struct mcp_words){
		.object = mcp_printf(call, "\"%s\"", place->shown),
		.not_found = place->depth == 0
			       ? NULL
			       : mcp_printf(call, "Call list_files path=%s to see its content.",
					    mcp_quoted(call, folder)),
		.grant = grant,
	};
}

struct mcp_words
place_made_words(struct mcp_call *call, const struct place *place)
{
	struct mcp_words words =
	    place_words(call, place,
			place->store == STORE_VOLUME ? "WRITE VOLUME on the volume"
						     : "CAN EDIT on the folder");
	const char *end = place->path;

	if (place->store != STORE_VOLUME)
		return words;
	for (int i = 0; i < 4 && end != NULL; i++) /* /Volumes/CATALOG/SCHEMA */
		end = strchr(i > 0 ? end + 1 : end, '/');
	if (end != NULL)
		words.not_found =
		    mcp_printf(call, "Call list_files path=%s to see its volumes.",
			       mcp_quoted(call, mcp_printf(call, "%.*s", (int)(end - place->path),
							   place->path)));
	return words;
}

const char *
place_notebook(struct mcp_call *call, const struct place *place)
{
	static const char *const extensions[] = { ".py", ".r", ".scala", ".sql", ".ipynb" };
	const char *name = strrchr(place->path, '/'), *dot = strrchr(place->path, '.');

	if (place->store != STORE_WORKSPACE || dot == NULL || name == NULL || dot <= name + 1)
		return NULL;
	for (size_t i = 0; i < COUNT(extensions); i++)
		if (strcasecmp(dot, extensions[i]) == 0)
			return mcp_printf(call, "%.*s", (int)(dot - place->path), place->path);
	return NULL;
}

int
place_missing(struct mcp_call *call, const struct place *place)
{
	struct mcp_words words = place_words(call, place, NULL);
	const char *notebook = place_notebook(call, place);

	return mcp_fail(
	    call, MCP_E_NOT_FOUND, mcp_printf(call, "%s does not exist.", words.object),
	    notebook == NULL
		? "No file and no directory has this path."
		: "No file and no directory has this path. The path of a notebook has no "
		  "extension.",
	    notebook == NULL ? words.not_found
			     : mcp_printf(call,
					  "Call get_notebook_content path=%s if it is a notebook. "
					  "%s",
					  mcp_quoted(call, notebook), words.not_found));
}

bool
place_not_root(struct mcp_call *call, const struct place *place)
{
	if (place->depth > (place->store == STORE_VOLUME ? 4u : 0u))
		return true;
	mcp_fail(call, MCP_E_INPUT,
		 mcp_printf(call, "%s cannot be written or deleted.", place->shown),
		 place->store == STORE_VOLUME ? "The path is a volume."
					      : "The path is the root directory.",
		 "Use the path of a file or directory in it.");
	return false;
}

/* The first `n` segments. */
static const char *
first_segments(struct mcp_call *call, const char *path, unsigned n)
{
	size_t len = 0;

	for (; n > 0 && path[len] != '\0'; n--)
		len += 1 + strcspn(path + len + 1, "/");
	return mcp_printf(call, "%.*s", (int)len, path);
}

const char *
place_url(struct mcp_call *call, const struct place *place)
{
	const char *host = mcp_context(call, MCP_CTX_UPSTREAM_URL).data;
	struct json_object *values = place_values(call, place);

	if (place->store == STORE_DBFS)
		return NULL;
	if (place->store == STORE_WORKSPACE)
		return mcp_printf(call, "%s/#workspace%s", host,
				  place->depth > 0 ? mcp_expand(call, "{+path}", values) : "");
	if (place->store == STORE_CATALOG)
		return mcp_printf(call, "%s/explore/data%s", host,
				  place->depth > 1
				      ? mcp_expand(call, "{+path}",
						   mcp_object(call, "path",
							      place->path + strlen("/Volumes"),
							      NULL))
				      : "");
	json_object_object_add(values, "volumePath", json_object_new_string(place->path));
	json_object_object_add(values, "path",
			       json_object_new_string(
				   first_segments(call, place->path + strlen("/Volumes"), 3)));
	return mcp_printf(call, "%s%s", host,
			  mcp_expand(call, "/explore/data/volumes{+path}{?volumePath}", values));
}

/* The size that means that no request was sent. */
bool
file_refused(const struct mcp_reply *reply, const char *file)
{
	return reply->status == 0 &&
	       (strstr(reply->why, file) != NULL || strstr(reply->why, "transfer_dirs") != NULL);
}
