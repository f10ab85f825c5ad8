/* SPDX-License-Identifier: Apache-2.0 */
/* Which tables a statement names, and which statements are refused. */
#include "policy/sql_names.h"
#include "suite.h"

static char seen[512];

static bool
each(void *data, const char *catalog, const char *schema)
{
	(void)data;
	snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s%s.%s",
		 seen[0] != '\0' ? " " : "", catalog, schema);
	return strcmp(catalog, "other") != 0;
}

static enum sql_names_flaw
read_names(const char *sql)
{
	struct sql_names names = { .each = each };

	seen[0] = '\0';
	return sql_names_read(sql, strlen(sql), &names);
}

static void
fine(const char *sql, const char *expected)
{
	enum sql_names_flaw flaw = read_names(sql);

	if (flaw != SQL_NAMES_FINE)
		printf("\n    refused (%d): %s", (int)flaw, sql);
	ASSERT_INT(flaw, SQL_NAMES_FINE);
	ASSERT_STR(seen, expected);
}

static void
refused(const char *sql, enum sql_names_flaw expected)
{
	enum sql_names_flaw flaw = read_names(sql);

	if (flaw != expected)
		printf("\n    %d, should be %d: %s", (int)flaw, (int)expected, sql);
	ASSERT_INT(flaw, expected);
}

static void
queries(void)
{
	fine("SELECT 1", "");
	fine("SELECT a, b FROM main.s.t", "main.s");
	fine("select * from `Main`.\"S\".t x;", "main.s");
	fine("SELECT x.*, count(*) FROM main.s.t AS x, main.u.v y WHERE a IN (1, 2)",
	     "main.s main.u");
	fine("SELECT a FROM main.s.t JOIN main.u.v USING (a, b) LEFT JOIN main.w.x ON 1 = 1",
	     "main.s main.u main.w");
	fine("SELECT a FROM (SELECT b, c FROM main.s.t GROUP BY b, c) q, main.u.v",
	     "main.s main.u");
	fine("SELECT a FROM main.s.t UNION ALL SELECT b, c FROM main.u.v", "main.s main.u");
	fine("SELECT a, (SELECT max(b) FROM main.u.v) FROM main.s.t ORDER BY a, b LIMIT 5",
	     "main.u main.s");
	fine("SELECT explode(a), trim(BOTH 'x' FROM b), extract(YEAR FROM c) FROM main.s.t",
	     "main.s");
	fine("SELECT id FROM range(10) r, main.s.t", "main.s");
	fine("SELECT k, v FROM main.s.t LATERAL VIEW explode(m) e AS k, v", "main.s");
	fine("FROM main.s.t SELECT a", "main.s");
	fine("FROM main.s.t |> WHERE a > 1 |> SELECT a, b", "main.s");
	fine("VALUES (1, 2), (3, 4)", "");
	fine("EXPLAIN EXTENDED SELECT a FROM main.s.t", "main.s");
	fine("SELECT main.f.twice(a) FROM main.s.t", "main.f main.s");
}

static void
with_lists(void)
{
	fine("WITH q AS (SELECT a FROM main.s.t) SELECT * FROM q", "main.s");
	fine("WITH q (a, b) AS (SELECT 1, 2), r AS (SELECT a FROM q) SELECT * FROM r, q", "");
	fine("WITH RECURSIVE q AS (SELECT 1 UNION ALL SELECT a FROM q) SELECT a FROM q", "");
	/* a name is known only behind its query, and only in the list at the start */
	refused("WITH q AS (SELECT * FROM q) SELECT * FROM q", SQL_NAMES_SHORT);
	refused("WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a", SQL_NAMES_SHORT);
	refused("SELECT * FROM (WITH q AS (SELECT 1) SELECT * FROM q), q", SQL_NAMES_SHORT);
	refused("WITH q AS (SELECT 1) DELETE FROM q", SQL_NAMES_SHORT);
	refused("WITH q AS (SELECT 1) INSERT INTO q SELECT 1", SQL_NAMES_SHORT);
	refused("WITH q AS (SELECT 1) MERGE INTO main.s.t USING secret.t ON a = b WHEN MATCHED "
		"THEN DELETE",
		SQL_NAMES_SHORT);
}

static void
changes(void)
{
	fine("INSERT INTO main.s.t (a, b) VALUES (1, 2), (3, 4)", "main.s");
	fine("INSERT OVERWRITE TABLE main.s.t SELECT a, b FROM main.u.v", "main.s main.u");
	fine("UPDATE main.s.t SET a = 1, b = 2 WHERE c = 3", "main.s");
	fine("DELETE FROM main.s.t WHERE a = 1", "main.s");
	fine("MERGE INTO main.s.t x USING main.u.v y ON x.a = y.a WHEN MATCHED THEN UPDATE SET a = "
	     "1, b = 2 WHEN NOT MATCHED THEN INSERT (a, b) VALUES (1, 2)",
	     "main.s main.u");
	fine("CREATE OR REPLACE TABLE main.s.t AS SELECT a FROM main.u.v WHERE b LIKE 'x%'",
	     "main.s main.u");
	fine("CREATE TABLE IF NOT EXISTS main.s.t LIKE main.u.v", "main.s main.u");
	fine("CREATE TABLE main.s.t SHALLOW CLONE main.u.v", "main.s main.u");
	fine("ALTER TABLE main.s.t RENAME TO main.u.v", "main.s main.u");
	fine("DROP VIEW IF EXISTS main.s.v", "main.s");
	fine("TRUNCATE TABLE main.s.t", "main.s");
	fine("DESCRIBE TABLE EXTENDED main.s.t", "main.s");
	refused("CREATE TABLE main.s.t LIKE secret.t", SQL_NAMES_SHORT);
	refused("ALTER TABLE main.s.t RENAME TO other", SQL_NAMES_SHORT);
	refused("CREATE TABLE main.s.t LOCATION 's3://b/p'", SQL_NAMES_STATEMENT);
	refused("CREATE SCHEMA main.x", SQL_NAMES_STATEMENT);
	refused("CREATE FUNCTION main.s.f() RETURN 1", SQL_NAMES_STATEMENT);
}

static void
not_allowed(void)
{
	refused("SELECT * FROM other.s.t", SQL_NAMES_REFUSED);
	refused("SELECT * FROM main.s.t, other.s.t", SQL_NAMES_REFUSED);
	refused("SELECT other.s.f(1)", SQL_NAMES_REFUSED);
	refused("SELECT * FROM main.s.t WHERE a = (SELECT max(a) FROM other.s.t)",
		SQL_NAMES_REFUSED);
	refused("SELECT * FROM t", SQL_NAMES_SHORT);
	refused("SELECT * FROM s.t", SQL_NAMES_SHORT);
	refused("SELECT * FROM a.b.c.d", SQL_NAMES_SHORT);
	refused("SELECT * FROM delta.`s3://bucket/x`", SQL_NAMES_SHORT);
	refused("SELECT * FROM main.s.t JOIN t", SQL_NAMES_SHORT);
	refused("SELECT * FROM (t)", SQL_NAMES_SHORT);
	refused("SELECT * FROM 'x'", SQL_NAMES_SHORT);
	refused("SELECT * FROM read_files('/Volumes/x')", SQL_NAMES_FUNCTION);
	refused("SELECT * FROM table_changes('other.s.t', 1)", SQL_NAMES_FUNCTION);
	refused("SELECT * FROM main.s.t, LATERAL read_files('x')", SQL_NAMES_FUNCTION);
	refused("SELECT * FROM TABLE(read_files('x'))", SQL_NAMES_FUNCTION);
	refused("SELECT * FROM IDENTIFIER('other.s.t')", SQL_NAMES_STATEMENT);
	refused("EXECUTE IMMEDIATE 'SELECT 1'", SQL_NAMES_STATEMENT);
	refused("SHOW TABLES IN other.s", SQL_NAMES_STATEMENT);
	refused("USE CATALOG other", SQL_NAMES_STATEMENT);
	refused("COPY INTO main.s.t FROM '/Volumes/x'", SQL_NAMES_STATEMENT);
	refused("GRANT SELECT ON TABLE main.s.t TO x", SQL_NAMES_STATEMENT);
	refused("SELECT 1; SELECT * FROM main.s.t", SQL_NAMES_STATEMENT);
	refused("SELECT * FROM ${x}", SQL_NAMES_UNREADABLE);
	refused("SELECT 'a", SQL_NAMES_UNREADABLE);
	refused("SELECT * FROM main.s.t)", SQL_NAMES_UNREADABLE);
	refused("", SQL_NAMES_UNREADABLE);
}

/* Nearly every keyword can be an alias or a table: none of them may hide a table that follows. */
static void
keywords_as_names(void)
{
	static const char *const words[] = { "where",  "group", "order",  "having", "limit",
					     "select", "union", "window", "on",	    "lateral",
					     "values", "using", "set",	  "exists", "history" };
	char sql[128];

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		snprintf(sql, sizeof(sql), "SELECT 1 FROM main.s.t %s, secret.t", words[i]);
		CU_ASSERT(read_names(sql) != SQL_NAMES_FINE);
		snprintf(sql, sizeof(sql), "SELECT 1 FROM main.s.t AS %s (a, b), secret", words[i]);
		CU_ASSERT(read_names(sql) != SQL_NAMES_FINE);
		snprintf(sql, sizeof(sql), "SELECT 1 FROM %s JOIN main.s.t", words[i]);
		CU_ASSERT(read_names(sql) != SQL_NAMES_FINE);
		snprintf(sql, sizeof(sql), "SELECT 1 FROM %s", words[i]);
		CU_ASSERT(read_names(sql) != SQL_NAMES_FINE);
	}
	refused("SELECT is DISTINCT FROM secret", SQL_NAMES_SHORT);
}

static const struct test tests[] = { TEST(queries), TEST(with_lists), TEST(changes),
				     TEST(not_allowed), TEST(keywords_as_names) };
SUITE(tests)
