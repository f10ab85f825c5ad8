/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics of the columns of up to twenty tables. One SQL statement calculates them. */
#include "data.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS_MAX 100 /* most characters of the statement: each column is a branch of it */
#define SQL_MAX (1 << 20)

/* The content of the statistics, and the columns that they leave out. */
struct stats {
	const char *sql;
	const char *missing; /* "a.b.c, a.b.d": names without a table */
	size_t branches, left_out;
};

/* Writes a text in quotes, safe inside SQL. */
static const char *
literal(struct mcp_call *call, const char *text)
{
	char *out = mcp_alloc(call, 2 * strlen(text) + 3), *to = out;

	*to++ = '\'';
	for (; *text != '\0'; text++) {
		if (*text == '\'' || *text == '\\')
			*to++ = '\\';
		*to++ = *text;
	}
	*to = '\'';
	return out;
}

/* Appends the SELECT of one column: the number of rows and of NULLs, the number of distinct values,
 * the minimum and the maximum. */
static void
add_branch(struct mcp_call *call, struct stats *stats, const struct table_name *table,
	   const char *column)
{
	const char *c = quoted(call, column);

	stats->sql =
	    mcp_printf(call,
		       "%s%sSELECT %s AS `table`, %s AS `column`, COUNT(*) AS "
		       "`rows`, COUNT(*) - COUNT(%s) AS `nulls`, COUNT(DISTINCT %s) AS `distinct`, "
		       "CAST(MIN(%s) AS STRING) AS `min`, CAST(MAX(%s) AS STRING) AS `max` FROM %s",
		       stats->sql, stats->sql[0] != '\0' ? " UNION ALL " : "",
		       literal(call, table->full), literal(call, column), c, c, c, c,
		       quoted_name(call, table->catalog, table->schema, table->table));
	stats->branches++;
}

static bool
countable(struct mcp_call *call, struct json_object *column)
{
	static const char *const complex[] = { "ARRAY",	 "MAP",	     "STRUCT",	  "VARIANT",
					       "BINARY", "GEOMETRY", "GEOGRAPHY", "INTERVAL" };
	const char *type = mcp_get_str(call, column, "type_name", "");

	for (size_t i = 0; i < COUNT(complex); i++)
		if (strcmp(type, complex[i]) == 0)
			return false;
	return mcp_get_str(call, column, "name", "")[0] != '\0';
}

static void
stats_of(struct mcp_call *call, struct stats *stats, struct json_object *table, const char *asked)
{
	struct json_object *columns = mcp_objects(call, table, "columns");
	struct table_name name = table_of(call, table, asked);

	for (size_t i = 0; i < json_object_array_length(columns); i++) {
		struct json_object *column = json_object_array_get_idx(columns, i);

		if (!countable(call, column) || stats->branches >= COLUMNS_MAX ||
		    strlen(stats->sql) > SQL_MAX)
			stats->left_out++;
		else
			add_branch(call, stats, &name, mcp_get_str(call, column, "name", ""));
	}
}

/* Writes one statement over all columns of all tables that exist. */
static struct stats
stats_all(struct mcp_call *call)
{
	struct stats stats = { .sql = "", .missing = "" };
	const char *name;

	for (size_t i = 0; (name = described_name(call, i)) != NULL; i++) {
		struct dbx_error error;

		if (dbx_ok(call, mcp_reply(call, i), &error))
			stats_of(call, &stats, mcp_reply_json(call, i), name);
		else
			stats.missing = mcp_printf(call, "%s%s%s", stats.missing,
						   stats.missing[0] != '\0' ? ", " : "", name);
	}
	return stats;
}

/* Lists the columns that the statistics leave out, as far as the handle has room. */
static void
stats_note(const struct stats *stats, char *note, size_t size)
{
	size_t used = 0;

	if (stats->left_out > 0)
		used =
		    (size_t)snprintf(note, size,
				     "Not counted: %zu column%s of a complex type, "
				     "or beyond %d. ",
				     stats->left_out, stats->left_out == 1 ? "" : "s", COLUMNS_MAX);
	if (stats->missing[0] == '\0')
		return;
	if (strlen(stats->missing) + used + sizeof("Not available: .") > size)
		snprintf(note + used, size - used,
			 "Some tables are not available: see "
			 "detail=names.");
	else
		snprintf(note + used, size - used, "Not available: %s.", stats->missing);
}

static int
stats_build(struct mcp_call *call, const void *state, size_t len)
{
	struct statement statement = { .rows = COLUMNS_MAX };
	struct stats stats = stats_all(call);

	(void)len;
	if (stats.branches == 0)
		return mcp_fail(
		    call, MCP_E_NOT_FOUND,
		    "No statistics can be made for these "
		    "tables.",
		    "The tables do not exist, or have no column of a simple type.",
		    "Call describe_tables with detail=names to see which of these tables exist.");
	stats_note(&stats, statement.note, sizeof(statement.note));
	return statement_submit_made(call, state, stats.sql, &statement);
}

int
stats_on(struct mcp_call *call, const void *state, size_t len)
{
	return described_fetch(call, stats_build, state, len);
}
