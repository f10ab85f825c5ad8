/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of Unity Catalog (catalogs, schemas, tables), their completions, and similar names. */
#include "data.h"

#include <stdio.h>
#include <string.h>

#define UC "/api/2.1/unity-catalog"

/* ---- lists ---------------------------------------------------------------------------------- */

struct mcp_words
schemas_words(struct mcp_call *call)
{
	const char *catalog = dbx_plain_name(call, mcp_arg(call, "catalog_name"));

	return (struct mcp_words){
		.object = mcp_printf(call, "Catalog \"%s\"", catalog),
		.not_found = "Call list_catalogs to see all catalogs.",
		.grant = mcp_printf(call, "USE CATALOG on %s", catalog),
	};
}

struct json_object *
schemas_values(struct mcp_call *call)
{
	return mcp_object(call, "catalog_name", dbx_plain_name(call, mcp_arg(call, "catalog_name")),
			  NULL);
}

struct mcp_words
tables_words(struct mcp_call *call)
{
	struct table_name name = { .catalog = "", .full = "" };

	/* no request: the list began with this page, which was already read */
	schema_name(call, &name);
	return (struct mcp_words){
		.object = mcp_printf(call, "Schema \"%s\"", name.full),
		.not_found =
		    mcp_printf(call, "Call list_schemas catalog_name=%s to see all schemas.",
			       name.catalog),
		.grant = mcp_printf(call, "USE CATALOG on %s and USE SCHEMA on %s", name.catalog,
				    name.full),
	};
}

struct json_object *
tables_values(struct mcp_call *call)
{
	struct table_name name;

	if (!schema_name(call, &name))
		return NULL;
	return mcp_object(call, "catalog_name", name.catalog, "schema_name", name.schema,
			  "omit_columns", "true", "omit_properties", "true", NULL);
}

/* ---- near misses ---------------------------------------------------------------------------- */

struct missing {
	char catalog[256], schema[256], table[256], why[512];
};

static int
missing_explained(struct mcp_call *call, const void *state, size_t len)
{
	const struct missing *missing = state;
	struct json_object *names = mcp_keep(call, json_object_new_array());
	struct json_object *tables = mcp_array(mcp_reply_json(call, 0), "tables");
	const char *near, *next, *what;

	(void)len;
	what = mcp_printf(call, "There is no table %s.%s.%s.", missing->catalog, missing->schema,
			  missing->table);
	for (size_t i = 0; tables != NULL && i < json_object_array_length(tables); i++) {
		struct json_object *name = mcp_get(json_object_array_get_idx(tables, i), "name");

		if (name != NULL)
			json_object_array_add(names, json_object_get(name));
	}
	near = dbx_nearest(call, missing->table, names);
	next = near != NULL
		 ? mcp_printf(call,
			      "Did you mean: %s? Call list_tables catalog_name=%s "
			      "schema_name=%s to see all.",
			      near, missing->catalog, missing->schema)
		 : mcp_printf(call,
			      "Call list_tables catalog_name=%s schema_name=%s to see all tables.",
			      missing->catalog, missing->schema);
	return mcp_fail(call, MCP_E_NOT_FOUND, what, dbx_more(call, what, missing->why), next);
}

int
table_unknown(struct mcp_call *call, const struct table_name *name, const char *why)
{
	struct missing missing;

	snprintf(missing.catalog, sizeof(missing.catalog), "%s", name->catalog);
	snprintf(missing.schema, sizeof(missing.schema), "%s", name->schema);
	snprintf(missing.table, sizeof(missing.table), "%s", name->table);
	mcp_cut_copy(missing.why, sizeof(missing.why), why);
	return mcp_fetch(call,
			 UC "/tables{?catalog_name,schema_name}"
			    "{&omit_columns,omit_properties}",
			 mcp_object(call, "catalog_name", name->catalog, "schema_name",
				    name->schema, "omit_columns", "true", "omit_properties", "true",
				    NULL),
			 missing_explained, &missing, sizeof(missing));
}

/* ---- completions ---------------------------------------------------------------------------- */

/* The value of an argument that the client has already filled in. NULL when it has no value yet. */
static const char *
known(struct mcp_call *call, const char *name)
{
	return dbx_plain_name(call, mcp_get_str(call, mcp_arg_json(call, "context"), name, NULL));
}

int
complete_catalog_name(struct mcp_call *call)
{
	return mcp_offer_from(call, UC "/catalogs", NULL, "catalogs", "name");
}

int
complete_schema_name(struct mcp_call *call)
{
	const char *catalog = known(call, "catalog_name");

	if (catalog == NULL)
		return MCP_OK;
	return mcp_offer_from(call, UC "/schemas{?catalog_name}",
			      mcp_object(call, "catalog_name", catalog, NULL), "schemas", "name");
}

int
complete_table_name(struct mcp_call *call)
{
	const char *catalog = known(call, "catalog_name"), *schema = known(call, "schema_name");

	if (catalog == NULL || schema == NULL)
		return MCP_OK;
	return mcp_offer_from(call, UC "/tables{?catalog_name,schema_name}",
			      mcp_object(call, "catalog_name", catalog, "schema_name", schema,
					 NULL),
			      "tables", "name");
}
