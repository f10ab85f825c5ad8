/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists a directory. Volumes have pages. DBFS and the workspace answer everything at once, so their
 * pages are offsets into that answer. Above a volume are the catalogs, schemas and volumes of Unity
 * Catalog.
 */
#include "files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PAGE_MAX 1000
#define OFFERED_MAX 100
#define OFFSET_DIGITS 12 /* largest page token, which is an offset */
#define UC "/api/2.1/unity-catalog"

static const struct mcp_list_column entry_columns[] = {
	{ .name = "type", .path = "type" },
	{ .name = "name", .path = "name" },
	{ .name = "size", .path = "size", .show = mcp_show_bytes },
	{ .name = "modified", .path = "modified", .show = mcp_show_time },
};

static const char *const repeated_arguments[] = { "path", "name_filter", NULL };

/* ---- items in a common form ------------------------------------------------------------------ */

static void
rename_member(struct json_object *item, const char *from, const char *to)
{
	struct json_object *value;

	if (strcmp(from, to) == 0 || !json_object_object_get_ex(item, from, &value))
		return;
	json_object_object_add(item, to, json_object_get(value));
	json_object_object_del(item, from);
}

static bool
shape(struct mcp_call *call, struct json_object *item, const char *type, const char *size,
      const char *modified)
{
	const char *path = mcp_get_str(call, item, "path", "");
	const char *slash = strrchr(path, '/');

	if (mcp_get(item, "name") == NULL)
		json_object_object_add(item, "name",
				       json_object_new_string(slash != NULL ? slash + 1 : path));
	json_object_object_add(item, "type", json_object_new_string(type));
	if (size != NULL && strcmp(type, "directory") != 0)
		rename_member(item, size, "size");
	rename_member(item, modified, "modified");
	return mcp_name_matches(call, mcp_get_str(call, item, "name", ""));
}

static bool
volume_item(struct mcp_call *call, struct json_object *item)
{
	bool directory = mcp_get_bool(item, "is_directory", false);

	return shape(call, item, directory ? "directory" : "file", "file_size", "last_modified");
}

static bool
dbfs_item(struct mcp_call *call, struct json_object *item)
{
	bool directory = mcp_get_bool(item, "is_dir", false);

	return shape(call, item, directory ? "directory" : "file", "file_size",
		     "modification_time");
}

static bool
workspace_item(struct mcp_call *call, struct json_object *item)
{
	char *type = mcp_strdup(call, mcp_get_str(call, item, "object_type", "FILE"));

	for (char *c = type; *c != '\0'; c++)
		*c = (char)(*c >= 'A' && *c <= 'Z' ? *c | 0x20 : *c);
	return shape(call, item, type, "size", "modified_at");
}

static bool
catalog_item(struct mcp_call *call, struct json_object *item)
{
	return shape(call, item, "catalog", NULL, "updated_at");
}

static bool
schema_item(struct mcp_call *call, struct json_object *item)
{
	return shape(call, item, "schema", NULL, "updated_at");
}

static bool
uc_volume_item(struct mcp_call *call, struct json_object *item)
{
	return shape(call, item, "volume", NULL, "updated_at");
}

/* ---- lists with pages ------------------------------------------------------------------------ */

static struct mcp_words
list_words(struct mcp_call *call)
{
	struct place place = { .shown = "" };
	struct mcp_words words;

	if (!place_argument(call, &place))
		return (struct mcp_words){ .object = NULL };
	words = place_words(call, &place,
			    place.store == STORE_VOLUME ? "READ VOLUME on the volume"
							: "USE on its catalog and schema");
	words.object = mcp_printf(call, "Directory %s", words.object);
	return words;
}

#define LIST(path_, limit_, items_, noun_, item_)                                             \
	{                                                                                     \
		.path = (path_), .limit_name = (limit_), .most = PAGE_MAX, .items = (items_), \
		.columns = entry_columns, .n_columns = COUNT(entry_columns), .noun = (noun_), \
		.tool = TOOL_LIST_FILES, .repeat = repeated_arguments, .item = (item_),       \
		.words = list_words, .reply = dbx_reply                                       \
	}

static const struct mcp_list volume_list =
    LIST("/api/2.0/fs/directories{+path}{?page_size,page_token}", "page_size", "contents",
	 "entries", volume_item);

/* The requests for objects above a volume, by the depth of the path. */
static const struct mcp_list above[] = {
	LIST(UC "/catalogs{?max_results,page_token}", "max_results", "catalogs", "catalogs",
	     catalog_item),
	LIST(UC "/schemas{?catalog_name,max_results,page_token}", "max_results", "schemas",
	     "schemas", schema_item),
	LIST(UC "/volumes{?catalog_name,schema_name,max_results,page_token}", "max_results",
	     "volumes", "volumes", uc_volume_item),
};

/* The catalog and schema in a path above a volume. */
static struct json_object *
uc_values(struct mcp_call *call, const struct place *place)
{
	const char *catalog = place->path + strlen("/Volumes");
	const char *schema = *catalog != '\0' ? strchr(catalog + 1, '/') : NULL;

	if (*catalog == '\0')
		return mcp_object(call, NULL);
	if (schema == NULL)
		return mcp_object(call, "catalog_name", catalog + 1, NULL);
	return mcp_object(call, "catalog_name",
			  mcp_printf(call, "%.*s", (int)(schema - catalog - 1), catalog + 1),
			  "schema_name", schema + 1, NULL);
}

/* ---- lists without pages --------------------------------------------------------------------- */

struct whole_list {
	const char *path, *items, *grant;
	bool (*item)(struct mcp_call *call, struct json_object *item);
};

/* The state that is kept between two steps. */
struct listing {
	const struct whole_list *list;
};

static const struct whole_list dbfs_list = {
	"/api/2.0/dbfs/list{?path}",
	"files",
	"access to DBFS",
	dbfs_item,
};

static const struct whole_list workspace_list = {
	"/api/2.0/workspace/list{?path}",
	"objects",
	"CAN READ on the folder",
	workspace_item,
};

static int
show_slice(struct mcp_call *call, struct json_object *items, const struct whole_list *list)
{
	const char *token = mcp_arg(call, "page_token");
	int64_t skip = token != NULL ? strtoll(token, NULL, 10) : 0, total = 0;
	int64_t limit = mcp_limit(call, PAGE_MAX), next = skip + limit;
	struct json_object *page = mcp_keep(call, json_object_new_array());

	for (size_t i = 0; i < json_object_array_length(items); i++) {
		struct json_object *item = json_object_array_get_idx(items, i);

		if (!list->item(call, item))
			continue;
		if (total >= skip && total < next)
			json_object_array_add(page, json_object_get(item));
		total++;
	}
	return mcp_page_table(call, page, entry_columns, COUNT(entry_columns),
			      &(struct mcp_page){
				  .noun = "entries",
				  .tool = "list_files",
				  .extra = mcp_repeat(call, repeated_arguments),
				  .token = token,
				  .total = total,
				  .next_token = total > next
						  ? mcp_printf(call, "%lld", (long long)next)
						  : NULL });
}

static int
whole_arrived(struct mcp_call *call, const void *state, size_t len)
{
	const struct whole_list *list = ((const struct listing *)state)->list;
	struct json_object *reply, *items;
	struct mcp_words words;
	struct place place;

	(void)len;
	if (!place_argument(call, &place))
		return MCP_E_INPUT;
	words = place_words(call, &place, list->grant);
	reply = dbx_reply(call, 0, &words);
	items = reply != NULL ? mcp_items(call, reply, list->items, &words) : NULL;
	return items != NULL ? show_slice(call, items, list) : MCP_E_UPSTREAM;
}

int
list_files(struct mcp_call *call)
{
	const char *token = mcp_arg(call, "page_token");
	struct listing listing;
	struct place place;

	if (!place_argument(call, &place))
		return MCP_E_INPUT;
	if (place.store == STORE_VOLUME)
		return mcp_list(call, &volume_list, place_values(call, &place));
	if (place.store == STORE_CATALOG)
		return mcp_list(call, &above[place.depth - 1], uc_values(call, &place));
	if (token != NULL && token[0] != '\0' &&
	    (!dbx_is_number(token) || strlen(token) > OFFSET_DIGITS))
		return mcp_fail(call, MCP_E_INPUT, "page_token is not valid for this tool.", NULL,
				"Use the page_token from the end line of the last answer.");
	listing.list = place.store == STORE_DBFS ? &dbfs_list : &workspace_list;
	return mcp_fetch(call, listing.list->path, place_values(call, &place), whole_arrived,
			 &listing, sizeof(listing));
}

/* ---- completion ------------------------------------------------------------------------------ */

/* The source of the names that complete a path, and the text before them. */
struct offer {
	char items[16];
	char folder[PATH_BYTES_MAX + 2]; /* the text as the user typed it, including its slash */
	char start[256];
};

static bool
goes_deeper(struct json_object *item, const char *items)
{
	const char *const above_volumes[] = { "catalogs", "schemas", "volumes" };
	const char *type = json_object_get_string(mcp_get(item, "object_type"));

	for (size_t i = 0; i < COUNT(above_volumes); i++)
		if (strcmp(items, above_volumes[i]) == 0)
			return true;
	return mcp_get_bool(item, "is_directory", false) || mcp_get_bool(item, "is_dir", false) ||
	       (type != NULL && (strcmp(type, "DIRECTORY") == 0 || strcmp(type, "REPO") == 0));
}

static int
offer(struct mcp_call *call, const void *state, size_t len)
{
	const struct offer *offer = state;
	struct json_object *items = mcp_objects(call, mcp_reply_json(call, 0), offer->items);
	size_t offered = 0;

	(void)len;
	for (size_t i = 0; i < json_object_array_length(items) && offered < OFFERED_MAX; i++) {
		struct json_object *item = json_object_array_get_idx(items, i);
		const char *name = mcp_get_str(call, item, "name", NULL);

		if (name == NULL) {
			name = mcp_get_str(call, item, "path", "");
			name = strrchr(name, '/') != NULL ? strrchr(name, '/') + 1 : name;
		}
		if (strncasecmp(name, offer->start, strlen(offer->start)) != 0)
			continue;
		mcp_complete(call, mcp_printf(call, "%s%s%s", offer->folder, name,
					      goes_deeper(item, offer->items) ? "/" : ""));
		offered++;
	}
	return MCP_OK;
}

/* The three roots, which are offered together with the root of DBFS. */
static int
offer_tops(struct mcp_call *call, const char *typed)
{
	static const char *const tops[] = { "/Volumes/", "/Workspace/", "/dbfs/" };

	for (size_t i = 0; i < COUNT(tops); i++)
		if (strncasecmp(tops[i], typed, strlen(typed)) == 0)
			mcp_complete(call, tops[i]);
	return MCP_OK;
}

int
complete_path(struct mcp_call *call)
{
	const char *typed = mcp_arg(call, "value"), *list;
	const char *slash = typed != NULL ? strrchr(typed, '/') : NULL;
	struct json_object *values;
	struct offer state;
	struct place place;

	if (slash == NULL || slash == typed)
		return offer_tops(call, typed != NULL ? typed : "");
	if (strlen(slash) > sizeof(state.start) ||
	    !place_find(call, typed, (size_t)(slash - typed) + 1, &place))
		return MCP_E_INPUT;
	snprintf(state.folder, sizeof(state.folder), "%.*s", (int)(slash - typed) + 1, typed);
	snprintf(state.start, sizeof(state.start), "%s", slash + 1);
	values = place_values(call, &place);
	if (place.store == STORE_CATALOG) {
		values = uc_values(call, &place);
		list = above[place.depth - 1].path;
		snprintf(state.items, sizeof(state.items), "%s", above[place.depth - 1].items);
	} else {
		list = place.store == STORE_VOLUME ? volume_list.path
		     : place.store == STORE_DBFS   ? dbfs_list.path
						   : workspace_list.path;
		snprintf(state.items, sizeof(state.items), "%s",
			 place.store == STORE_VOLUME ? volume_list.items
			 : place.store == STORE_DBFS ? dbfs_list.items
						     : workspace_list.items);
	}
	return mcp_fetch(call, list, values, offer, &state, sizeof(state));
}
