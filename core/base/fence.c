/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fence.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/glob.h"

#define PATH_TEXT_MAX 4096u /* bytes of a path; a longer one is not allowed */

const char *const fence_keys[FENCE_KINDS] = { "catalogs",   "schemas",	"paths", "secret_scopes",
					      "warehouses", "clusters", "jobs" };
const char *const fence_names[FENCE_KINDS] = { "catalog",   "schema",  "path", "secret_scope",
					       "warehouse", "cluster", "job" };

bool
fence_limits(const struct fence *fence, enum fence_kind kind)
{
	return fence->lists[kind] > 0;
}

/* ---- paths --------------------------------------------------------------------------------- */

/* Is `first` the first part of the path? */
static bool
begins(const char *path, size_t len, const char *first)
{
	const size_t n = strlen(first);

	return len >= n && memcmp(path, first, n) == 0 && (len == n || path[n] == '/');
}

/* One spelling of a path: "/Workspace" and "/dbfs" are removed, and "dbfs:" begins a DBFS path.
 * False when the path is not plain. */
static bool
plain_path(const char *path, size_t len, char out[PATH_TEXT_MAX])
{
	const char *prefix = "";
	size_t skip = 0;

	if (len >= 5 && strncasecmp(path, "dbfs:", 5) == 0) {
		prefix = "dbfs:";
		skip = 5;
	} else if (begins(path, len, "/dbfs")) {
		prefix = "dbfs:";
		skip = strlen("/dbfs");
	} else if (begins(path, len, "/Workspace")) {
		skip = strlen("/Workspace");
	}
	path += skip;
	len -= skip;
	while (len > 0 && path[len - 1] == '/')
		len--;
	if ((len > 0 && path[0] != '/') || len + 8 > PATH_TEXT_MAX ||
	    memchr(path, '\0', len) != NULL)
		return false;
	strcpy(out, prefix);
	memcpy(out + strlen(prefix), path, len);
	out[strlen(prefix) + len] = '\0';
	for (const char *part = strchr(out, '/'); part != NULL; part = strchr(part + 1, '/')) {
		size_t n = strcspn(part + 1, "/");

		if (n == 0 || (n <= 2 && strspn(part + 1, ".") >= n))
			return false;
	}
	return true;
}

static bool
path_allowed(const char *entry, const char *path)
{
	char plain[PATH_TEXT_MAX], below[PATH_TEXT_MAX + 2];
	size_t len;

	if (strcmp(entry, "*") == 0)
		return true;
	if (!plain_path(entry, strlen(entry), plain))
		return false;
	len = strlen(plain);
	if (strchr(plain, '*') != NULL && glob_matches(plain, path, strlen(path)))
		return true;
	snprintf(below, sizeof(below), "%s/*", plain);
	if (strchr(plain, '*') != NULL && glob_matches(below, path, strlen(path)))
		return true;
	return strncmp(plain, path, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

/* ---- lists --------------------------------------------------------------------------------- */

/* Of a catalog alone: does some entry name a schema of it? */
static bool
schema_allowed(const char *entry, const char *value, size_t len)
{
	char catalog[256];
	size_t n = strcspn(entry, ".");

	if (memchr(value, '.', len) != NULL)
		return glob_matches_any_case(entry, value, len);
	if (n >= sizeof(catalog))
		return false;
	memcpy(catalog, entry, n);
	catalog[n] = '\0';
	return glob_matches_any_case(catalog, value, len);
}

static bool
entry_allows(enum fence_kind kind, const char *entry, const char *value, size_t len)
{
	if (len == 0)
		return strcmp(entry, "*") == 0;
	switch (kind) {
	case FENCE_CATALOG: return glob_matches_any_case(entry, value, len);
	case FENCE_SCHEMA: return schema_allowed(entry, value, len);
	case FENCE_PATH: return path_allowed(entry, value);
	default: return glob_matches(entry, value, len);
	}
}

static bool
list_allows(const struct fence_list *list, enum fence_kind kind, const char *value, size_t len)
{
	for (size_t i = 0; i < list->entries; i++)
		if (entry_allows(kind, list->entry[i], value, len))
			return true;
	return false;
}

static const struct fence_list *
first_refusing(const struct fence *fence, enum fence_kind kind, const char *value, size_t len)
{
	for (size_t i = 0; i < fence->lists[kind]; i++)
		if (!list_allows(&fence->list[kind][i], kind, value, len))
			return &fence->list[kind][i];
	return NULL;
}

const struct fence_list *
fence_refuses(const struct fence *fence, enum fence_kind kind, const char *value, size_t len)
{
	char plain[PATH_TEXT_MAX];

	if (!fence_limits(fence, kind))
		return NULL;
	if (kind != FENCE_PATH)
		return first_refusing(fence, kind, value, len);
	if (!plain_path(value, len, plain))
		return &fence->list[kind][0];
	if (plain[0] == '\0') /* the root */
		strcpy(plain, "/");
	return first_refusing(fence, kind, plain, strlen(plain));
}

/* The list of the first kind that is limited: a path that is not plain could lead anywhere. */
static const struct fence_list *
any_list(const struct fence *fence, enum fence_kind *kind)
{
	static const enum fence_kind kinds[] = { FENCE_PATH, FENCE_CATALOG, FENCE_SCHEMA };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (fence_limits(fence, kinds[i])) {
			*kind = kinds[i];
			return &fence->list[kinds[i]][0];
		}
	return NULL;
}

/* `rest` is the part after /Volumes/: catalog/schema/… */
static const struct fence_list *
refuses_volume(const struct fence *fence, char *rest, enum fence_kind *kind)
{
	const struct fence_list *list;
	const size_t catalog = strcspn(rest, "/");
	size_t schema = catalog;

	*kind = FENCE_CATALOG;
	list = fence_refuses(fence, FENCE_CATALOG, rest, catalog);
	if (list != NULL)
		return list;
	if (rest[catalog] == '/') {
		schema = catalog + 1 + strcspn(rest + catalog + 1, "/");
		rest[catalog] = '.';
	}
	*kind = FENCE_SCHEMA;
	return fence_refuses(fence, FENCE_SCHEMA, rest, schema);
}

const struct fence_list *
fence_refuses_path(const struct fence *fence, const char *path, size_t len, enum fence_kind *kind)
{
	static const char volumes[] = "/Volumes/";
	const struct fence_list *list = fence_refuses(fence, FENCE_PATH, path, len);
	char plain[PATH_TEXT_MAX];
	char *at = plain;

	*kind = FENCE_PATH;
	if (list != NULL)
		return list;
	if (!plain_path(path, len, plain))
		return any_list(fence, kind);
	if (strncmp(at, "dbfs:", 5) == 0)
		at += 5;
	if (strncmp(at, volumes, sizeof(volumes) - 1) != 0)
		return NULL;
	return refuses_volume(fence, at + sizeof(volumes) - 1, kind);
}
