/* SPDX-License-Identifier: Apache-2.0 */
/* The objects that requests to a workspace name. */
#include "upstream/databricks/objects.h"
#include "suite.h"

static char seen[512];

static void
each(void *data, enum fence_kind kind, const char *value, size_t len)
{
	(void)data;
	snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s%s=%.*s",
		 seen[0] != '\0' ? " " : "", fence_names[kind], value != NULL ? (int)len : 1,
		 value != NULL ? value : "?");
}

/* "METHOD path?query" */
static const char *
of(const char *request, const char *body)
{
	char method[8], target[256];
	struct upstream_request asked = { .method = method, .path = target, .query = "" };
	char *mark;

	seen[0] = '\0';
	CU_ASSERT_FATAL(sscanf(request, "%7s %255s", method, target) == 2);
	mark = strchr(target, '?');
	if (mark != NULL) {
		*mark = '\0';
		asked.query = mark + 1;
	}
	asked.body = body;
	asked.body_len = body != NULL ? strlen(body) : 0;
	databricks_objects(&asked, each, NULL);
	return seen;
}

static void
data(void)
{
	ASSERT_STR(of("GET /api/2.1/unity-catalog/catalogs", NULL), "");
	ASSERT_STR(of("GET /api/2.1/unity-catalog/catalogs/main", NULL), "catalog=main");
	ASSERT_STR(of("GET /api/2.1/unity-catalog/schemas?catalog_name=main", NULL),
		   "catalog=main catalog=main schema=main");
	ASSERT_STR(of("GET /api/2.1/unity-catalog/tables?catalog_name=a%62&schema_name=s", NULL),
		   "catalog=ab catalog=ab schema=ab.s");
	ASSERT_STR(of("GET /api/2.1/unity-catalog/tables?catalog_name=a&catalog_name=b", NULL),
		   "catalog=a catalog=b catalog=a schema=a");
	ASSERT_STR(of("GET /api/2.1/unity-catalog/tables", NULL), "catalog= schema=");
	ASSERT_STR(of("GET /api/2.1/unity-catalog/tables/a.b.c", NULL), "catalog=a schema=a.b");
	ASSERT_STR(of("GET /api/9.9/unity-catalog/models/a.b.c/versions/1", NULL),
		   "catalog=a schema=a.b");
	ASSERT_STR(of("POST /api/2.0/sql/statements",
		      "{\"warehouse_id\":\"w\",\"statement\":\"x\"}"),
		   "warehouse=w catalog=? schema=?");
	ASSERT_STR(of("POST /api/2.0/sql/statements", "{}"), "warehouse= catalog=? schema=?");
	ASSERT_STR(of("GET /api/2.0/sql/statements/1", NULL), "");
}

static void
paths(void)
{
	ASSERT_STR(of("GET /api/2.0/fs/files/Volumes/a/b/c%20d", NULL), "path=/Volumes/a/b/c d");
	ASSERT_STR(of("GET /api/2.0/workspace/list?path=%2FShared", NULL), "path=/Shared");
	ASSERT_STR(of("GET /api/2.0/workspace/list", NULL), "path=");
	ASSERT_STR(of("POST /api/2.0/workspace/delete", "{\"path\":\"/a\"}"), "path=/a");
	ASSERT_STR(of("POST /api/2.0/workspace-files/import-file/Users%2Fann", NULL),
		   "path=/Users/ann");
	ASSERT_STR(of("GET /api/2.0/dbfs/read?path=/tmp/x", NULL), "path=dbfs:/tmp/x");
	ASSERT_STR(of("POST /api/2.0/dbfs/move",
		      "{\"source_path\":\"/a\",\"destination_path\":\"/b\"}"),
		   "path=dbfs:/a path=dbfs:/b");
	ASSERT_STR(of("GET /api/2.0/repos/12", NULL), "path=?");
}

static void
others(void)
{
	ASSERT_STR(of("GET /api/2.0/secrets/get?scope=a&key=b", NULL), "secret_scope=a");
	ASSERT_STR(of("GET /api/2.0/secrets/scopes/list", NULL), "");
	ASSERT_STR(of("GET /api/2.0/sql/warehouses", NULL), "");
	ASSERT_STR(of("POST /api/2.0/sql/warehouses/ab12/start", NULL), "warehouse=ab12");
	ASSERT_STR(of("POST /api/2.1/clusters/start", "{\"cluster_id\":\"1-2-c\"}"),
		   "cluster=1-2-c");
	ASSERT_STR(of("POST /api/2.1/clusters/create", "{}"), "cluster=");
	ASSERT_STR(of("POST /api/2.2/jobs/run-now", "{\"job_id\":12}"), "job=12");
	ASSERT_STR(of("POST /api/2.2/jobs/create", "{}"), "job=");
	ASSERT_STR(of("POST /api/2.2/jobs/runs/cancel", "{\"run_id\":1}"), "job=?");
	ASSERT_STR(of("GET /api/2.2/jobs/runs/get?run_id=1", NULL), "");
	ASSERT_STR(of("POST /api/2.2/jobs/runs/submit",
		      "{\"tasks\":[{\"existing_cluster_id\":\"c\",\"notebook_task\":{"
		      "\"notebook_path\":\"/n\"}},{\"new_cluster\":{}}]}"),
		   "job=? catalog=? schema=? cluster=c path=/n cluster=");
	ASSERT_STR(of("POST /api/1.2/commands/execute", "{\"clusterId\":\"c\"}"),
		   "cluster=c catalog=? schema=? path=?");
	ASSERT_STR(of("GET /other/path", NULL), "");
}

static const struct test tests[] = { TEST(data), TEST(paths), TEST(others) };
SUITE(tests)
