/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/databricks/objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/uri.h"

#define VALUE_MAX 8192u /* bytes of a name or path */

/* Where a request names the object. */
enum place {
	IN_SEGMENT, /* the segment {} of the path */
	IN_REST,    /* everything of the path from {} on */
	IN_FIELD,   /* `key` of the query or of the JSON body */
	IN_NEEDED,  /* the same; a request without it names no object, and needs one */
	NEW_OBJECT, /* a new one, without an id */
	UNSEEN,	    /* used, but not named */
};

enum object {
	CATALOG = FENCE_CATALOG,
	SCHEMA = FENCE_SCHEMA,
	PATH = FENCE_PATH,
	SECRET_SCOPE = FENCE_SECRET_SCOPE,
	WAREHOUSE = FENCE_WAREHOUSE,
	CLUSTER = FENCE_CLUSTER,
	JOB = FENCE_JOB,
	NAME,	   /* catalog.schema.object, or catalog.schema */
	DBFS_PATH, /* without "dbfs:" */
	LISTED,	   /* catalog_name and schema_name */
};

/* A path stands behind /api/VERSION/. `*` at its end is any rest. */
static const struct route {
	const char *method; /* NULL: all */
	const char *path;
	enum place place;
	enum object object;
	const char *key;
} routes[] = {
	{ NULL, "unity-catalog/catalogs/{}", IN_SEGMENT, CATALOG, NULL },
	{ NULL, "unity-catalog/schemas/{}", IN_SEGMENT, NAME, NULL },
	{ NULL, "unity-catalog/tables/{}*", IN_SEGMENT, NAME, NULL },
	{ NULL, "unity-catalog/volumes/{}*", IN_SEGMENT, NAME, NULL },
	{ NULL, "unity-catalog/functions/{}*", IN_SEGMENT, NAME, NULL },
	{ NULL, "unity-catalog/models/{}*", IN_SEGMENT, NAME, NULL },
	{ "POST", "unity-catalog/catalogs", IN_NEEDED, CATALOG, "name" },
	{ NULL, "unity-catalog/schemas", IN_NEEDED, LISTED, NULL },
	{ NULL, "unity-catalog/tables", IN_NEEDED, LISTED, NULL },
	{ NULL, "unity-catalog/table-summaries", IN_NEEDED, LISTED, NULL },
	{ NULL, "unity-catalog/volumes", IN_NEEDED, LISTED, NULL },
	{ NULL, "unity-catalog/functions", IN_NEEDED, LISTED, NULL },
	{ NULL, "unity-catalog/models", IN_NEEDED, LISTED, NULL },
	{ NULL, "vector-search/indexes/{}*", IN_SEGMENT, NAME, NULL },
	{ "POST", "vector-search/indexes", IN_NEEDED, NAME, "name" },
	{ NULL, "fs/files/{}", IN_REST, PATH, NULL },
	{ NULL, "fs/directories/{}", IN_REST, PATH, NULL },
	{ NULL, "workspace/*", IN_NEEDED, PATH, "path" },
	{ "POST", "workspace-files/import-file/{}", IN_REST, PATH, NULL },
	{ "GET", "workspace-files/{}", IN_REST, PATH, NULL },
	{ NULL, "dbfs/*", IN_FIELD, DBFS_PATH, "path" },
	{ NULL, "dbfs/move", IN_NEEDED, DBFS_PATH, "source_path" },
	{ NULL, "dbfs/move", IN_NEEDED, DBFS_PATH, "destination_path" },
	{ "GET", "repos", IN_NEEDED, PATH, "path_prefix" },
	{ "POST", "repos", IN_NEEDED, PATH, "path" },
	{ NULL, "repos/{}", UNSEEN, PATH, NULL },
	{ NULL, "secrets/get", IN_NEEDED, SECRET_SCOPE, "scope" },
	{ NULL, "secrets/list", IN_NEEDED, SECRET_SCOPE, "scope" },
	{ NULL, "secrets/put", IN_NEEDED, SECRET_SCOPE, "scope" },
	{ NULL, "secrets/delete", IN_NEEDED, SECRET_SCOPE, "scope" },
	{ NULL, "secrets/acls/*", IN_NEEDED, SECRET_SCOPE, "scope" },
	{ "POST", "secrets/scopes/*", IN_NEEDED, SECRET_SCOPE, "scope" },
	{ NULL, "sql/warehouses/{}*", IN_SEGMENT, WAREHOUSE, NULL },
	{ "POST", "sql/warehouses", NEW_OBJECT, WAREHOUSE, NULL },
	{ "POST", "sql/statements", IN_NEEDED, WAREHOUSE, "warehouse_id" },
	{ "POST", "sql/statements", UNSEEN, CATALOG, NULL },
	{ "POST", "sql/statements", UNSEEN, SCHEMA, NULL },
	{ NULL, "clusters/*", IN_FIELD, CLUSTER, "cluster_id" },
	{ "POST", "clusters/create", NEW_OBJECT, CLUSTER, NULL },
	{ NULL, "commands/*", IN_FIELD, CLUSTER, "clusterId" },
	{ NULL, "contexts/*", IN_FIELD, CLUSTER, "clusterId" },
	{ "POST", "commands/execute", UNSEEN, CATALOG, NULL },
	{ "POST", "commands/execute", UNSEEN, SCHEMA, NULL },
	{ "POST", "commands/execute", UNSEEN, PATH, NULL },
	{ NULL, "jobs/*", IN_FIELD, JOB, "job_id" },
	{ "POST", "jobs/create", NEW_OBJECT, JOB, NULL },
	{ "POST", "jobs/runs/cancel", UNSEEN, JOB, NULL },
	{ "POST", "jobs/runs/delete", UNSEEN, JOB, NULL },
	{ "POST", "jobs/runs/repair", UNSEEN, JOB, NULL },
	{ "POST", "jobs/runs/submit", UNSEEN, JOB, NULL },
	{ "POST", "jobs/runs/submit", UNSEEN, CATALOG, NULL },
	{ "POST", "jobs/runs/submit", UNSEEN, SCHEMA, NULL },
	{ NULL, "permissions/jobs/{}*", IN_SEGMENT, JOB, NULL },
	{ NULL, "permissions/clusters/{}*", IN_SEGMENT, CLUSTER, NULL },
	{ NULL, "permissions/warehouses/{}*", IN_SEGMENT, WAREHOUSE, NULL },
};

struct walk {
	const struct upstream_request *request;
	struct json_object *body;
	upstream_object_fn each;
	void *data;
};

/* ---- paths --------------------------------------------------------------------------------- */

/* The part behind /api/VERSION/, or NULL. */
static const char *
behind_version(const char *path)
{
	const char *slash;

	if (strncmp(path, "/api/", 5) != 0)
		return NULL;
	slash = strchr(path + 5, '/');
	return slash != NULL ? slash + 1 : NULL;
}

/* Does the path match? `at` and `len` receive the part for {}. */
static bool
path_fits(const struct route *route, const char *path, const char **at, size_t *len)
{
	const char *p = route->path;
	const size_t fixed = strcspn(p, "{*");

	*at = "";
	*len = 0;
	if (strncmp(path, p, fixed) != 0)
		return false;
	path += fixed;
	p += fixed;
	if (*p == '\0')
		return *path == '\0';
	if (*p == '*')
		return true;
	*at = path;
	*len = route->place == IN_REST ? strlen(path) : strcspn(path, "/");
	p += 2;
	return path[*len] == '\0' || *p == '*';
}

/* ---- values -------------------------------------------------------------------------------- */

static void
tell(const struct walk *walk, enum object object, const char *value, size_t len)
{
	char text[VALUE_MAX];
	const char *dot;
	size_t schema;

	switch (object) {
	case NAME:
		dot = memchr(value, '.', len);
		walk->each(walk->data, FENCE_CATALOG, value,
			   dot != NULL ? (size_t)(dot - value) : len);
		schema = dot != NULL ? (size_t)(dot - value) + 1 : len;
		while (schema < len && value[schema] != '.')
			schema++;
		walk->each(walk->data, FENCE_SCHEMA, value, schema);
		break;
	case DBFS_PATH:
		snprintf(text, sizeof(text), "dbfs:%.*s", (int)len, value);
		walk->each(walk->data, FENCE_PATH, text, strlen(text));
		break;
	default: walk->each(walk->data, (enum fence_kind)object, value, len);
	}
}

/* A percent-encoded value; `slash`: a / is added in front of it. */
static void
tell_encoded(const struct walk *walk, enum object object, const char *at, size_t len, bool slash)
{
	struct buf text;

	buf_init(&text, VALUE_MAX);
	if (slash)
		buf_putc(&text, '/');
	if (uri_decode(at, len, &text) && buf_ok(&text))
		tell(walk, object, text.data, text.len);
	else
		tell(walk, object, "", 0);
	buf_fini(&text);
}

/* Calls tell for each value of the key in the query; false: there is none. */
static bool
tell_query(const struct walk *walk, const char *key, enum object object)
{
	const char *at = walk->request->query;
	const size_t n = strlen(key);
	bool found = false;

	while (*at != '\0') {
		size_t len = strcspn(at, "&");

		if (len > n && strncmp(at, key, n) == 0 && at[n] == '=') {
			tell_encoded(walk, object, at + n + 1, len - n - 1, false);
			found = true;
		}
		at += len + (at[len] == '&');
	}
	return found;
}

static bool
tell_member(const struct walk *walk, struct json_object *from, const char *key, enum object object)
{
	struct json_object *value = json_get(from, key);
	const char *text = value != NULL ? json_object_get_string(value) : NULL;

	if (text != NULL)
		tell(walk, object, text, strlen(text));
	return text != NULL;
}

static void
tell_field(const struct walk *walk, const struct route *route)
{
	bool found = tell_query(walk, route->key, route->object);

	found = tell_member(walk, walk->body, route->key, route->object) || found;
	if (!found && route->place == IN_NEEDED)
		tell(walk, route->object, "", 0);
}

/* ---- objects of several fields ------------------------------------------------------------- */

/* The value of a key in the query or the body, decoded, for free(); NULL: none. */
static char *
field(const struct walk *walk, const char *key)
{
	const char *at = walk->request->query, *member = json_str(walk->body, key);
	const size_t n = strlen(key);
	struct buf text;

	for (size_t len; *at != '\0'; at += len + (at[len] == '&')) {
		len = strcspn(at, "&");
		if (len <= n || strncmp(at, key, n) != 0 || at[n] != '=')
			continue;
		buf_init(&text, VALUE_MAX);
		if (!uri_decode(at + n + 1, len - n - 1, &text))
			buf_reset(&text);
		return buf_ok(&text) ? buf_take(&text, NULL) : NULL;
	}
	return member != NULL ? xstrdup(member) : NULL;
}

/* A list of the objects in a schema, or of the schemas of a catalog. */
static void
tell_listed(const struct walk *walk)
{
	char *catalog = field(walk, "catalog_name"), *schema = field(walk, "schema_name");
	char name[2 * VALUE_MAX];

	snprintf(name, sizeof(name), "%s%s%s", catalog != NULL ? catalog : "",
		 schema != NULL ? "." : "", schema != NULL ? schema : "");
	tell_query(walk, "catalog_name", CATALOG); /* each of them, where it is repeated */
	walk->each(walk->data, FENCE_CATALOG, catalog != NULL ? catalog : "",
		   catalog != NULL ? strlen(catalog) : 0);
	walk->each(walk->data, FENCE_SCHEMA, name, catalog != NULL ? strlen(name) : 0);
	free(catalog);
	free(schema);
}

/* One task of a run that is submitted, or the run itself in its older form. */
static void
tell_task(const struct walk *walk, struct json_object *task)
{
	tell_member(walk, task, "existing_cluster_id", CLUSTER);
	if (json_get(task, "new_cluster") != NULL)
		tell(walk, CLUSTER, "", 0);
	tell_member(walk, json_obj(task, "notebook_task"), "notebook_path", PATH);
	tell_member(walk, json_obj(task, "spark_python_task"), "python_file", PATH);
	tell_member(walk, json_obj(task, "sql_task"), "warehouse_id", WAREHOUSE);
	tell_member(walk, json_obj(task, "run_job_task"), "job_id", JOB);
}

static void
tell_tasks(const struct walk *walk)
{
	struct json_object *tasks = json_arr(walk->body, "tasks");

	tell_task(walk, walk->body);
	for (size_t i = 0; tasks != NULL && i < json_object_array_length(tasks); i++)
		tell_task(walk, json_object_array_get_idx(tasks, i));
}

/* ---- the whole ----------------------------------------------------------------------------- */

static void
tell_route(const struct walk *walk, const struct route *route, const char *at, size_t len)
{
	if (route->object == LISTED) {
		tell_listed(walk);
		return;
	}
	switch (route->place) {
	case IN_SEGMENT: tell_encoded(walk, route->object, at, len, false); break;
	case IN_REST: tell_encoded(walk, route->object, at, len, true); break;
	case IN_FIELD:
	case IN_NEEDED: tell_field(walk, route); break;
	case NEW_OBJECT: tell(walk, route->object, "", 0); break;
	case UNSEEN: walk->each(walk->data, (enum fence_kind)route->object, NULL, 0); break;
	}
}

void
databricks_objects(const struct upstream_request *request, upstream_object_fn each, void *data)
{
	const char *path = behind_version(request->path), *at;
	struct walk walk = { .request = request, .each = each, .data = data };
	size_t len;

	if (path == NULL)
		return;
	if (request->body != NULL)
		walk.body =
		    json_parse(request->body, request->body_len, &json_upstream, NULL, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
		if ((routes[i].method == NULL || strcmp(routes[i].method, request->method) == 0) &&
		    path_fits(&routes[i], path, &at, &len))
			tell_route(&walk, &routes[i], at, len);
	if (strcmp(path, "jobs/runs/submit") == 0)
		tell_tasks(&walk);
	json_object_put(walk.body);
}
