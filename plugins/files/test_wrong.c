/* SPDX-License-Identifier: Apache-2.0 */
/* Calls every row of the plugin with replies of wrong types. */
#include <lakehost/fakehost.h>

#include "databricks.h"
#include "test_wrong.h"

static const struct wrong_route routes[] = {
	{ "GET /api/2.0/dbfs/list*", "{\"files\":[{\"path\":\"/a\",\"is_dir\":false,\"file_size\":"
				     "3,"
				     "\"modification_time\":1}]}" },
	{ "GET /api/2.0/dbfs/get-status*", "{\"path\":\"/a\",\"is_dir\":false,\"file_size\":4,"
					   "\"modification_time\":1}" },
	{ "GET /api/2.0/dbfs/read*", "{\"bytes_read\":4,\"data\":\"dGV4dA==\"}" },
	{ "POST /api/2.0/dbfs/create", "{\"handle\":7}" },
	{ "POST /api/2.0/dbfs/put", "{}" },
	{ "POST /api/2.0/dbfs/delete", "{}" },
	{ "POST /api/2.0/dbfs/mkdirs", "{}" },
	{ "GET /api/2.0/workspace/list*", "{\"objects\":[{\"path\":\"/Users/n\",\"object_type\":"
					  "\"FILE\",\"size\":3,\"modified_at\":1}]}" },
	{ "GET /api/2.0/workspace/get-status*",
	  "{\"path\":\"/Users/n\",\"object_type\":\"FILE\","
	  "\"size\":3,\"modified_at\":1,\"language\":\"SQL\"}" },
	{ "GET /api/2.0/workspace/export*", "[\"text\"]" },
	{ "POST /api/2.0/workspace-files/import-file/*", "{}" },
	{ "POST /api/2.0/workspace/delete", "{}" },
	{ "GET /api/2.0/fs/directories/*",
	  "{\"contents\":[{\"path\":\"/Volumes/a/b/c/d\","
	  "\"is_directory\":false,\"file_size\":3,\"last_modified\":1,\"name\":\"d\"}],"
	  "\"next_page_token\":\"\"}" },
	{ "HEAD /api/2.0/fs/files/*", "{}" },
	{ "HEAD /api/2.0/fs/directories/*", "{}" },
	{ "GET /api/2.0/fs/files/*", "[\"text\"]" },
	{ "GET /api/2.1/unity-catalog/catalogs*", "{\"catalogs\":[{\"name\":\"m\",\"updated_at\":1}"
						  "]}" },
	{ "GET /api/2.1/unity-catalog/schemas*", "{\"schemas\":[{\"name\":\"s\"}]}" },
	{ "GET /api/2.1/unity-catalog/volumes*", "{\"volumes\":[{\"name\":\"v\"}]}" },
};

CALL(dbfs_listed, "list_files", "{\"path\":\"dbfs:/\"}")
CALL(workspace_listed, "list_files", "{\"path\":\"/Workspace/Users\"}")
CALL(volume_listed, "list_files", "{\"path\":\"/Volumes/a/b/c\"}")
CALL(catalogs_listed, "list_files", "{\"path\":\"/Volumes\"}")
CALL(schemas_listed, "list_files", "{\"path\":\"/Volumes/a\"}")
CALL(volumes_listed, "list_files", "{\"path\":\"/Volumes/a/b\"}")
CALL(dbfs_told, "get_file_info", "{\"path\":\"dbfs:/a\"}")
CALL(workspace_told, "get_file_info", "{\"path\":\"/Workspace/Users/n\"}")
CALL(volume_told, "get_file_info", "{\"path\":\"/Volumes/a/b/c/d\"}")
CALL(dbfs_read, "read_file", "{\"path\":\"dbfs:/a\"}")
CALL(workspace_read, "read_file", "{\"path\":\"/Workspace/Users/n\"}")
CALL(volume_read, "read_file", "{\"path\":\"/Volumes/a/b/c/d\",\"length\":2}")
CALL(dbfs_written, "write_file", "{\"path\":\"dbfs:/a\",\"content\":\"a\"}")
CALL(notebook_written, "write_file", "{\"path\":\"/Users/n.ipynb\",\"content\":\"{}\"}")
CALL(dbfs_deleted, "delete_file", "{\"path\":\"dbfs:/a\"}")
CALL(workspace_deleted, "delete_file", "{\"path\":\"/Workspace/Users/n\"}")
CALL(directory_made, "create_directory", "{\"path\":\"dbfs:/d\"}")

static const struct fakehost_result *
dbfs_offered(struct fakehost *host)
{
	return fakehost_complete(host, "databricks://files{+path} path", "{\"value\":\"/a/b\"}");
}

static const struct fakehost_result *
volume_offered(struct fakehost *host)
{
	return fakehost_complete(host, "databricks://files{+path} path",
				 "{\"value\":\"/Volumes/a/b/c/d\"}");
}

static const struct fakehost_result *
resource_read(struct fakehost *host)
{
	return fakehost_read(host, "files", "databricks://files/a", "{\"path\":\"/a\"}");
}

static const wrong_call_fn calls[] = {
	dbfs_listed,	   workspace_listed, volume_listed,  catalogs_listed,  schemas_listed,
	volumes_listed,	   dbfs_told,	     workspace_told, volume_told,      dbfs_read,
	workspace_read,	   volume_read,	     dbfs_written,   notebook_written, dbfs_deleted,
	workspace_deleted, directory_made,   dbfs_offered,   volume_offered,   resource_read,
};

static void
wrong_types_are_reported(void)
{
	wrong_calls(&mcp_plugin, routes, COUNT(routes), calls, COUNT(calls), 2000);
}

static const struct test tests[] = {
	TEST(wrong_types_are_reported),
};
SUITE(tests)
