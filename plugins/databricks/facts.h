/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers of get_* tools. One list of facts, declared in a table, gives both the lines of the text
 * ("key: value") and the members of structuredContent. Lists of objects are tables in the text and
 * arrays of objects in the structure. Lists and rows (dbx_list, dbx_table) have no structure.
 *
 *	static const struct dbx_fact facts[] = {
 *		{ .key = "name", .path = "cluster_name" },
 *		{ .key = "started", .path = "start_time", .show = dbx_show_time },
 *		{ .key = "spark_conf", .path = "spark_conf", .detail = DBX_FULL },
 *		{ .key = "libraries", .path = "libraries", DBX_COLUMNS(library_facts) },
 *	};
 *	return dbx_answer(call, reply, facts, COUNT(facts), dbx_url(call, "/x/%s", id));
 */
#ifndef PLUGINS_DATABRICKS_FACTS_H
#define PLUGINS_DATABRICKS_FACTS_H

#include "databricks.h"

enum dbx_detail {
	DBX_CONCISE, /* always shown */
	DBX_FULL,    /* with detail=full only */
};

struct dbx_fact {
	const char *key;   /* member of structuredContent */
	const char *label; /* of the line or column of the text; NULL: the key */
	const char *path;  /* in the item, as in mcp_get() */
	/* The text. A scalar is this text in structuredContent too; an object or an array stays as
	 * it is (with dbx_show_id it becomes text, for a fact that the outputSchema declares as
	 * text). NULL: a scalar keeps its type, an array of scalars becomes "a, b", an object of
	 * scalars "k=v, l=w", anything else JSON. An absent or empty value leaves the fact out. */
	const char *(*show)(struct mcp_call *call, struct json_object *value);
	enum dbx_detail detail;
	/* Not NULL: `path` holds an array of objects, and these are the facts of each. Columns
	 * without a value are left out. */
	const struct dbx_fact *columns;
	size_t n_columns;
};

#define DBX_COLUMNS(list) .columns = (list), .n_columns = sizeof(list) / sizeof((list)[0])

/* The whole answer in one call. `url` may be NULL. */
int dbx_answer(struct mcp_call *call, struct json_object *item, const struct dbx_fact *facts,
	       size_t n, const char *url);

/* An answer made in parts; it belongs to the step. The text follows the order of the calls. */
struct dbx_answer *dbx_answer_begin(struct mcp_call *call);
void dbx_answer_add(struct dbx_answer *answer, struct json_object *item,
		    const struct dbx_fact *facts, size_t n);
/* A fact that was computed. `label` NULL: the key. NULL or "" is left out. */
void dbx_answer_text(struct dbx_answer *answer, const char *label, const char *key,
		     const char *text);
/* A foreign text of several lines: fenced in the text, a string in the structure. */
void dbx_answer_block(struct dbx_answer *answer, const char *label, const char *key,
		      const char *text);
/* An object of scalars, or an array of them: indented lines "name = value" or "value" in the text,
 * the same tree in the structure. An empty one is left out. */
void dbx_answer_list(struct dbx_answer *answer, const char *label, const char *key,
		     struct json_object *tree);
/* A link. It is left out unless it is http or https. */
void dbx_answer_url(struct dbx_answer *answer, const char *url);
/* A table of `items` (an array that holds only objects, see dbx_objects) by `fact->columns`.
 * `page`: their position in a list, as for dbx_table(); NULL: these are all items. */
void dbx_answer_table(struct dbx_answer *answer, const struct dbx_fact *fact,
		      struct json_object *items, const struct dbx_page *page);
struct mcp_call *dbx_answer_call(struct dbx_answer *answer);
/* Writes structuredContent. */
int dbx_answer_end(struct dbx_answer *answer);

#endif
