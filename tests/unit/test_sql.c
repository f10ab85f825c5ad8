/* SPDX-License-Identifier: Apache-2.0 */
/* Which statements may run where only reading is allowed: what must pass, and what must not. */
#include "auth/sql.h"

#include "suite.h"

static void
must_pass(void)
{
	static const char *const list[] = {
		"SELECT 1", "select 1;", "  SELECT 1 ; -- done\n", "-- why\nSELECT 1",
		"/* why */ SELECT /*+ BROADCAST(t) */ 1", "SELECT 'a;b'", "SELECT \"a;b\"",
		"SELECT `a;``b` FROM t", "SELECT 'it''s; DROP'", "SELECT 'DELETE' AS op",
		"SELECT update, delete FROM changes", "SELECT 'a\\'b'", "SELECT r'\\d+'",
		"WITH a AS (SELECT 1) SELECT * FROM a", "FROM t SELECT a", "VALUES (1), (2)",
		"TABLE main.sales.orders", "(SELECT 1) UNION (SELECT 2)",
		"SHOW TABLES IN main.sales", "DESCRIBE TABLE t", "DESC t",
		"EXPLAIN DELETE FROM t", "USE CATALOG main",
		"WITH a AS (SELECT 'INSERT' AS op) SELECT * FROM a",
		"WITH a AS (SELECT `DELETE` FROM t) SELECT * FROM a", "SELECT 1--",
		"SELECT gr\xC3\xBC\xC3\x9F", "SELECT * FROM t WHERE a = :name",
		"WITH inserted AS (SELECT 1) SELECT 1 FROM inserted",
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		if (!sql_only_reads(list[i], strlen(list[i])))
			printf("refused: %s\n", list[i]);
		CU_ASSERT(sql_only_reads(list[i], strlen(list[i])));
	}
}

static void
must_not_pass(void)
{
	static const char *const list[] = {
		"", ";", "--", "/*", "(", "1", "'SELECT 1'", "`SELECT` 1", "SELECTED",
		"INSERT INTO t VALUES (1)", "CREATE TABLE t (a INT)", "DROP TABLE t",
		"TRUNCATE TABLE t", "MERGE INTO t USING s ON a = b WHEN MATCHED THEN DELETE",
		"UPDATE t SET a = 1", "DELETE FROM t", "GRANT SELECT ON TABLE t TO a",
		"CALL p()", "SET a = b", "COPY INTO t", "OPTIMIZE t",
		"EXECUTE IMMEDIATE 'DROP TABLE t'", "BEGIN SELECT 1; END", "REFRESH TABLE t",
		"SELECT 1; DROP TABLE t", "SELECT 1;;", "SELECT 1; SELECT 2",
		"/* SELECT */ DROP TABLE t", "-- SELECT\nDROP TABLE t",
		"/* /* */ SELECT 1 */ DROP TABLE t", "SELECT 1 /* no end", "SELECT 'no end",
		"WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a",
		"with a as (select 1) DELETE from t", "FROM s INSERT INTO t SELECT a",
		"(FROM s INSERT INTO t SELECT a)", "WITH a AS (SELECT 1)INSERT INTO t SELECT 1",
		"WITH a AS (SELECT r'\\') INSERT INTO t SELECT ''",
		"SELECT r'\\'; DROP TABLE t --'", "SELECT 'a\\'; DROP TABLE t --'",
		"WITH a AS (SELECT 1)\xC2\xA0INSERT INTO t SELECT 1",
		"WITH a AS (SELECT 1.0)/**/INSERT INTO t SELECT 1",
		"WITH a AS (TABLE t) FROM a\nMERGE INTO t",
		"WITH a AS (SELECT 1) FROM a SELECT 1INSERT INTO t",
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		if (sql_only_reads(list[i], strlen(list[i])))
			printf("let through: %s\n", list[i]);
		CU_ASSERT(!sql_only_reads(list[i], strlen(list[i])));
	}
	CU_ASSERT(!sql_only_reads("SELECT 1\0; DROP TABLE t", 23));
	CU_ASSERT(!sql_only_reads("SELECT 1\0 DROP", 14));
}

static const struct test tests[] = { TEST(must_pass), TEST(must_not_pass) };
SUITE(tests)
