/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree of a new workspace: folders, notebooks in each language, files, a library. Repos are in
 * repos.c. Longer contents come from seed/, embedded by CMake.
 */
#include "workspace/objects.h"

#include <string.h>

#include "seeds.h"

static const struct {
	const char *path, *type, *language;
	const char *file; /* of seed/ */
	const char *text; /* or the content as text */
} objects[] = {
	{ "/Users", "DIRECTORY", NULL, NULL, NULL },
	{ "/Shared", "DIRECTORY", NULL, NULL, NULL },
	{ "/Repos", "DIRECTORY", NULL, NULL, NULL },
	{ "/Users/ann@example.com", "DIRECTORY", NULL, NULL, NULL },
	{ "/Users/ann@example.com/hello", "NOTEBOOK", "PYTHON", "hello.py", NULL },
	{ "/Users/ann@example.com/Revenue by country", "NOTEBOOK", "PYTHON", "revenue.ipynb",
	  NULL },
	{ "/Users/ann@example.com/daily_report", "NOTEBOOK", "SQL", "daily_report.sql", NULL },
	{ "/Users/ann@example.com/broken", "NOTEBOOK", "PYTHON", "broken.py", NULL },
	{ "/Users/ann@example.com/long_running", "NOTEBOOK", "PYTHON", "long_running.py", NULL },
	{ "/Users/ann@example.com/notes.txt", "FILE", NULL, NULL,
	  "Ask Bob about the landing volume.\nThe daily report runs at 06:00 UTC.\n" },
	{ "/Users/ann@example.com/config.json", "FILE", NULL, NULL,
	  "{\"catalog\": \"main\", \"schema\": \"sales\", \"rows\": 100}\n" },
	{ "/Users/ann@example.com/etl", "DIRECTORY", NULL, NULL, NULL },
	{ "/Users/ann@example.com/etl/01_ingest", "NOTEBOOK", "PYTHON", "ingest.py", NULL },
	{ "/Users/ann@example.com/etl/02_transform", "NOTEBOOK", "SQL", "transform.sql", NULL },
	{ "/Users/ann@example.com/etl/order_stats", "NOTEBOOK", "SCALA", "order_stats.scala",
	  NULL },
	{ "/Users/ann@example.com/etl/forecast", "NOTEBOOK", "R", "forecast.r", NULL },
	{ "/Users/ann@example.com/empty", "DIRECTORY", NULL, NULL, NULL },
	{ "/Users/bob@example.com", "DIRECTORY", NULL, NULL, NULL },
	{ "/Users/bob@example.com/scratch", "NOTEBOOK", "PYTHON", NULL,
	  "# Databricks notebook source\nprint(\"scratch\")\n" },
	{ "/Users/carol@example.com", "DIRECTORY", NULL, NULL, NULL },
	{ "/Users/carol@example.com/features", "NOTEBOOK", "PYTHON", "features.py", NULL },
	{ "/Users/carol@example.com/shared_settings", "NOTEBOOK", "PYTHON", "shared_settings.py",
	  NULL },
	{ "/Shared/libs", "DIRECTORY", NULL, NULL, NULL },
	{ "/Shared/libs/retail_helpers-1.2.0-py3-none-any.whl", "LIBRARY", NULL, NULL,
	  "PK\005\006\0" },
	{ "/Shared/examples", "DIRECTORY", NULL, NULL, NULL },
	{ "/Shared/examples/count_orders", "NOTEBOOK", "SQL", NULL,
	  "-- Databricks notebook source\nSELECT COUNT(*) AS orders FROM main.sales.orders\n" },
	{ "/Shared/read-only", "DIRECTORY", NULL, NULL, NULL },
	{ "/Shared/read-only/policy.md", "FILE", NULL, NULL,
	  "# Policy\nNobody writes to this folder.\n" },
};

static void
seed_one(struct workspace *ws, size_t i)
{
	const char *data = objects[i].text, *format = NULL;
	size_t len = data != NULL ? strlen(data) : 0;

	if (objects[i].file != NULL)
		data = seed_file(objects[i].file, &len);
	if (strcmp(objects[i].type, "NOTEBOOK") == 0)
		format = objects[i].file != NULL && strstr(objects[i].file, ".ipynb") != NULL
			   ? "JUPYTER"
			   : "SOURCE";
	object_store(ws, objects[i].path, objects[i].type, objects[i].language, format, data, len,
		     NULL);
}

void
objects_seed(struct workspace *ws)
{
	for (size_t i = 0; i < ARRAY_SIZE(objects); i++) {
		if (strcmp(objects[i].type, "DIRECTORY") == 0)
			object_add_folder(ws, objects[i].path, "DIRECTORY");
		else
			seed_one(ws, i);
	}
	db_run(ws, "UPDATE objects SET locked = 1 WHERE path = '/Shared/read-only'", "");
}
