/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the SQL dialect: results of statements, their types, and errors. */
#include "test/client.h"

#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

struct row {
	const char *statement;
	/* types of the columns, separated by commas; NULL: they are not checked */
	const char *types;
	const char *rows; /* the expected data_array, as JSON without spaces */
};

static void
types_of(struct answer *a, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < count_at(a, "manifest.schema.columns"); i++) {
		char path[64];

		snprintf(path, sizeof(path), "manifest.schema.columns[%zu].type_text", i);
		used += (size_t)snprintf(out + used, size - used, "%s%s", i > 0 ? "," : "",
					 text_at(a, path));
	}
}

static void
check(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct answer *a = sql(rows[i].statement);
		struct json_object *data = at(a->json, "result.data_array");
		const char *text =
		    data != NULL
			? json_object_to_json_string_ext(data, JSON_C_TO_STRING_PLAIN |
								   JSON_C_TO_STRING_NOSLASHESCAPE)
			: "";
		char types[512];
		bool ok;

		types_of(a, types, sizeof(types));
		ok = strcmp(text, rows[i].rows) == 0 &&
		     (rows[i].types == NULL || strcmp(types, rows[i].types) == 0);
		if (!ok)
			fprintf(stderr, "\n%s\n  types %s\n  rows  %.300s\n  error %.300s\n",
				rows[i].statement, types, text, text_at(a, "status.error.message"));
		CU_ASSERT_TRUE(ok);
		answer_free(a);
	}
}

#define CHECK(table) check(table, sizeof(table) / sizeof((table)[0]))

static void
test_expressions(void)
{
	static const struct row table[] = {
		{ "SELECT 1, 3000000000, 1.5, 1e3, 'a', true, NULL",
		  "INT,BIGINT,DECIMAL(2,1),DOUBLE,STRING,BOOLEAN,VOID",
		  "[[\"1\",\"3000000000\",\"1.5\",\"1000.0\",\"a\",\"true\",null]]" },
		{ "SELECT 7 / 2, 7 DIV 2, 7 % 4, 10L, 2 + 3 * 4", "DOUBLE,BIGINT,INT,BIGINT,INT",
		  "[[\"3.5\",\"3\",\"3\",\"10\",\"14\"]]" },
		{ "SELECT 12 / (2 + 1) / 2 AS q", "DOUBLE", "[[\"2.0\"]]" },
		{ "SELECT 'it''s', 'it\\'s', \"dq\", r'a\\b'", NULL,
		  "[[\"it's\",\"it's\",\"dq\",\"a\\\\b\"]]" },
		{ "SELECT 1 == 1, 1 <=> NULL, NOT false, 3 BETWEEN 1 AND 5, 'a' IN ('a', 'b')",
		  "BOOLEAN,BOOLEAN,BOOLEAN,BOOLEAN,BOOLEAN",
		  "[[\"true\",\"false\",\"true\",\"true\",\"true\"]]" },
		{ "SELECT 'Abc' LIKE 'a%', 'Abc' ILIKE 'a%', 'a%c' LIKE 'a\\%c', 'abc' RLIKE "
		  "'^a.c$'",
		  NULL, "[[\"false\",\"true\",\"true\",\"true\"]]" },
		{ "SELECT CAST('12' AS INT), '1.25'::DECIMAL(5,1), CAST(1 AS STRING), "
		  "TRY_CAST('x' AS"
		  " INT), CAST('true' AS BOOLEAN), CAST(2.9 AS BIGINT)",
		  "INT,DECIMAL(5,1),STRING,INT,BOOLEAN,BIGINT",
		  "[[\"12\",\"1.3\",\"1\",null,\"true\",\"2\"]]" },
		{ "SELECT CASE WHEN 1 = 2 THEN 'a' ELSE 'b' END c, if(1 < 2, 3, 4), "
		  "coalesce(NULL, 5),"
		  " nvl(NULL, 'z'), nvl2(NULL, 1, 2)",
		  "STRING,INT,INT,STRING,BIGINT", "[[\"b\",\"3\",\"5\",\"z\",\"2\"]]" },
		{ "SELECT -- a comment\n 1 /* another */ AS `odd name`", "INT", "[[\"1\"]]" },
	};

	CHECK(table);
}

static void
test_functions(void)
{
	static const struct row table[] = {
		{ "SELECT concat('a', 1, 2.5), concat_ws('-', 'a', NULL, 'b'), upper('x'), "
		  "length('äö')",
		  NULL, "[[\"a12.5\",\"a-b\",\"X\",\"2\"]]" },
		{ "SELECT split('a,b,c', ','), size(split('a,b', ',')), split('a,b', ',')[1],"
		  " element_at(array(1, 2), -1)",
		  NULL, "[[\"[\\\"a\\\",\\\"b\\\",\\\"c\\\"]\",\"2\",\"b\",\"2\"]]" },
		{ "SELECT md5('a'), sha2('a', 256) LIKE 'ca978112%', base64('hi'), length(uuid())",
		  NULL, "[[\"0cc175b9c0f1b6a831c399e269772661\",\"true\",\"aGk=\",\"36\"]]" },
		{ "SELECT lpad('7', 3, '0'), initcap('ab cd'), reverse('abc'), left('abc', 2),"
		  " right('abc', 2), substring_index('a.b.c', '.', 2), regexp_replace('a1b2',"
		  " '[0-9]', '#'), regexp_extract('k=v', '(\\\\w)=(\\\\w)', 2)",
		  NULL, "[[\"007\",\"Ab Cd\",\"cba\",\"ab\",\"bc\",\"a.b\",\"a#b#\",\"v\"]]" },
		{ "SELECT greatest(1, 3, NULL), least(2, 1), pmod(-1, 3), try_divide(1, 0),"
		  " format_number(1234567.891, 2)",
		  NULL, "[[\"3\",\"1\",\"2\",null,\"1,234,567.89\"]]" },
		{ "SELECT current_catalog(), current_schema(), current_user(), current_date() ="
		  " to_date(current_timestamp())",
		  NULL, "[[\"main\",\"default\",\"ann@example.com\",\"true\"]]" },
		{ "SELECT get_json_object('{\"a\":{\"b\":[1,2]}}', '$.a.b[1]'), rand() < 1", NULL,
		  "[[\"2\",\"true\"]]" },
	};

	CHECK(table);
}

static void
test_dates(void)
{
	static const struct row table[] = {
		{ "SELECT DATE '2024-02-29' AS d, TIMESTAMP '2024-01-01T10:00:00+02:00' AS t",
		  "DATE,TIMESTAMP", "[[\"2024-02-29\",\"2024-01-01T08:00:00.000Z\"]]" },
		{ "SELECT date_add('2024-02-28', 2), date_sub('2024-03-01', 1), "
		  "datediff('2024-03-01',"
		  " '2024-02-01'), add_months('2024-01-31', 1), last_day('2023-02-01')",
		  "DATE,DATE,INT,DATE,DATE",
		  "[[\"2024-03-01\",\"2024-02-29\",\"29\",\"2024-02-29\",\"2023-02-28\"]]" },
		{ "SELECT DATE '2024-01-31' + INTERVAL 1 MONTH, TIMESTAMP '2024-01-01' - "
		  "INTERVAL '90'"
		  " MINUTES",
		  "DATE,TIMESTAMP", "[[\"2024-02-29\",\"2023-12-31T22:30:00.000Z\"]]" },
		{ "SELECT year('2024-05-06'), quarter('2024-05-06'), dayofweek('2024-05-06'),"
		  " weekofyear('2024-05-06'), extract(HOUR FROM TIMESTAMP '2024-05-06 07:08:09')",
		  "INT,INT,INT,INT,INT", "[[\"2024\",\"2\",\"2\",\"19\",\"7\"]]" },
		{ "SELECT date_format('2024-05-06 07:08:09', 'yyyy/MM/dd HH:mm EEE'), to_date("
		  "'06.05.2024', 'dd.MM.yyyy'), date_trunc('MONTH', '2024-05-06'), unix_timestamp("
		  "'1970-01-02')",
		  "STRING,DATE,TIMESTAMP,BIGINT",
		  "[[\"2024/05/06 07:08 Mon\",\"2024-05-06\",\"2024-05-01T00:00:00.000Z\","
		  "\"86400\"]]" },
		{ "SELECT dateadd(DAY, 3, DATE '2024-01-01'), datediff(MONTH, '2024-01-15',"
		  " '2024-03-14'), to_date('0001-01-01'), date_add('1969-12-31', 1)",
		  NULL, "[[\"2024-01-04\",\"1\",\"0001-01-01\",\"1970-01-01\"]]" },
	};

	CHECK(table);
}

static void
test_queries(void)
{
	static const struct row table[] = {
		{ "SELECT count(*) FROM samples.tpch.lineitem", "BIGINT", "[[\"6000\"]]" },
		{ "SELECT status, sum(amount) AS s, avg(amount), min(order_ts) FROM "
		  "main.sales.orders"
		  " GROUP BY status ORDER BY s DESC LIMIT 1",
		  "STRING,DECIMAL(22,2),DECIMAL(16,6),TIMESTAMP",
		  "[[\"SHIPPED\",\"647450.00\",\"1294.900000\",\"2023-01-01T18:02:00.000Z\"]]" },
		{ "SELECT r.r_name, count(*) n FROM samples.tpch.nation AS n JOIN "
		  "samples.tpch.region r"
		  " ON n.n_regionkey = r.r_regionkey GROUP BY ALL ORDER BY r_name LIMIT 2",
		  "STRING,BIGINT", "[[\"AFRICA\",\"5\"],[\"AMERICA\",\"5\"]]" },
		{ "WITH t AS (SELECT id, id % 2 AS odd FROM range(6)) SELECT odd, count(*) FROM "
		  "t GROUP"
		  " BY odd ORDER BY odd",
		  NULL, "[[\"0\",\"3\"],[\"1\",\"3\"]]" },
		{ "SELECT id, row_number() OVER (PARTITION BY id % 2 ORDER BY id DESC) AS rn FROM"
		  " range(4) ORDER BY id",
		  "BIGINT,INT", "[[\"0\",\"2\"],[\"1\",\"2\"],[\"2\",\"1\"],[\"3\",\"1\"]]" },
		{ "SELECT * FROM VALUES (1, 'a'), (2, 'b') AS t(id, name) WHERE id > 1",
		  "BIGINT,STRING", "[[\"2\",\"b\"]]" },
		{ "SELECT x.col1 + 1 FROM (VALUES (41)) x", NULL, "[[\"42\"]]" },
		{ "SELECT customers.name FROM main.sales.customers WHERE main.sales.customers."
		  "customer_id = 1",
		  "STRING", "[[\"Bob Dupont\"]]" },
		{ "SELECT (SELECT max(id) FROM range(5)) AS m, EXISTS (SELECT 1 FROM range(0)) "
		  "AS e",
		  NULL, "[[\"4\",\"false\"]]" },
		{ "SELECT collect_list(id), count_if(id > 1), stddev_pop(id), median(id) FROM "
		  "range(4)",
		  "ARRAY<STRING>,BIGINT,DOUBLE,DOUBLE",
		  "[[\"[0,1,2,3]\",\"2\",\"1.118033988749895\",\"1.5\"]]" },
		{ "SELECT 1 UNION ALL SELECT 2 MINUS SELECT 2", NULL, "[[\"1\"]]" },
		{ "SELECT id FROM range(10) WHERE id > 1000", "BIGINT", "" },
		{ "SELECT table_name FROM main.information_schema.tables WHERE table_schema = 'hr'"
		  " ORDER BY 1",
		  "STRING", "[[\"departments\"],[\"employees\"]]" },
	};

	CHECK(table);
}

static void
test_commands(void)
{
	static const struct row table[] = {
		{ "SHOW CATALOGS", "STRING", "[[\"main\"],[\"samples\"],[\"system\"]]" },
		{ "SHOW SCHEMAS IN samples LIKE 't*'", "STRING", "[[\"tpch\"]]" },
		{ "SHOW TABLES IN main.hr", "STRING,STRING,BOOLEAN",
		  "[[\"hr\",\"departments\",\"false\"],[\"hr\",\"employees\",\"false\"]]" },
		{ "SHOW COLUMNS IN main.hr.departments", "STRING",
		  "[[\"department_id\"],[\"name\"],[\"location\"]]" },
		{ "DESCRIBE TABLE main.hr.departments", "STRING,STRING,STRING",
		  "[[\"department_id\",\"int\",null],[\"name\",\"string\",null],[\"location\","
		  "\"string\",null]]" },
		{ "CREATE OR REPLACE TABLE main.default.w (id BIGINT NOT NULL, s STRING COMMENT "
		  "'x',"
		  " d DECIMAL(6,2), b BOOLEAN) USING DELTA TBLPROPERTIES ('a' = 'b') COMMENT 'w'",
		  "", "" },
		{ "INSERT INTO main.default.w VALUES (1, '007', 1.5, true), (2, NULL, NULL, false)",
		  "BIGINT,BIGINT", "[[\"2\",\"2\"]]" },
		{ "INSERT INTO TABLE w (id, s) SELECT id, 'r' FROM range(3, 5)", NULL,
		  "[[\"2\",\"2\"]]" },
		{ "UPDATE w SET s = concat(s, '!') WHERE id >= 3", "BIGINT", "[[\"2\"]]" },
		{ "DELETE FROM main.default.w WHERE id = 4", "BIGINT", "[[\"1\"]]" },
		{ "SELECT * FROM w ORDER BY id", "BIGINT,STRING,DECIMAL(6,2),BOOLEAN",
		  "[[\"1\",\"007\",\"1.50\",\"true\"],[\"2\",null,null,\"false\"],[\"3\",\"r!\","
		  "null,"
		  "null]]" },
		{ "CREATE OR REPLACE VIEW v AS SELECT id, d * 2 AS twice FROM w", "", "" },
		{ "SELECT * FROM v WHERE twice > 0", "BIGINT,DECIMAL(17,2)", "[[\"1\",\"3.00\"]]" },
		{ "ALTER TABLE w ADD COLUMNS (extra DATE)", "", "" },
		{ "INSERT OVERWRITE w SELECT 9, 'n', 0, false, DATE '2024-01-01'", NULL,
		  "[[\"1\",\"1\"]]" },
		{ "SELECT extra, s FROM w", "DATE,STRING", "[[\"2024-01-01\",\"n\"]]" },
		{ "TRUNCATE TABLE w", "", "" },
		{ "DROP VIEW v", "", "" },
		{ "DROP TABLE IF EXISTS main.default.w;", "", "" },
		{ "SET x.y = 1", "STRING,STRING", "[[\"x.y \",\" 1\"]]" },
		{ "USE main.sales", "", "" },
	};

	CHECK(table);
}

static void
test_errors(void)
{
	static const struct {
		const char *statement, *sql_state, *words;
	} table[] = {
		{ "SELEC 1", "42601", "[PARSE_SYNTAX_ERROR] Syntax error at or near 'SELEC'" },
		{ "SELECT FROM", "42601", "[PARSE_SYNTAX_ERROR]" },
		{ "SELECT (1", "42601", "end of input" },
		{ "SELECT 1; SELECT 2", "42601", "at or near 'SELECT'" },
		{ "SELECT 'open", "42601", "[PARSE_SYNTAX_ERROR]" },
		{ "SELECT * FROM nowhere", "42P01",
		  "[TABLE_OR_VIEW_NOT_FOUND] The table or view "
		  "`main`.`default`.`nowhere` cannot be found." },
		{ "SELECT nam FROM main.hr.employees", "42703",
		  "Did you mean one of the "
		  "following? "
		  "[`name`" },
		{ "SELECT nope(1)", "42883", "[UNRESOLVED_ROUTINE] Cannot resolve routine `nope`" },
		{ "SELECT 1 / 0", "22012", "[DIVIDE_BY_ZERO]" },
		{ "SELECT CAST('x' AS DATE)", "22018", "[CAST_INVALID_INPUT] The value 'x'" },
		{ "SELECT a.id FROM range(1) a, range(1) b WHERE id = 1", "42704",
		  "[AMBIGUOUS_REFERENCE]" },
		{ "SELECT raise_error('own words')", "P0001", "own words" },
		{ "CREATE TABLE nowhere.x.t (a INT)", "42P08", "Catalog 'nowhere' was not found" },
		{ "CREATE TABLE main.nowhere.t (a INT)", "42704", "[SCHEMA_NOT_FOUND]" },
		{ "CREATE TABLE main.hr.departments (a INT)", "42P07", "already exists" },
		{ "CREATE TABLE main.hr.t (a BLOBBY)", "0A000", "[UNSUPPORTED_DATATYPE]" },
		{ "INSERT INTO samples.tpch.region VALUES (9, 'x', 'y')", "42501",
		  "[INSUFFICIENT_PERMISSIONS]" },
		{ "INSERT INTO main.hr.departments VALUES (NULL, 'x', 'y')", "23502",
		  "department_id" },
		{ "DROP TABLE main.hr.nowhere", "42P01", "cannot be found" },
		{ "DROP SCHEMA main.hr", "2BP01", "[SCHEMA_NOT_EMPTY]" },
		{ "USE CATALOG nowhere", "42P08", "nowhere" },
		{ "PRAGMA table_list", "42601", "[PARSE_SYNTAX_ERROR]" },
		{ "ATTACH 'x' AS y", "42601", "[PARSE_SYNTAX_ERROR]" },
		{ "SELECT * FROM _tables", "42P01", "`_tables`" },
		{ "SELECT * FROM sqlite_master", "42P01", "`sqlite_master`" },
		{ "SELECT load_extension('x')", "42501", "[INSUFFICIENT_PERMISSIONS]" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct answer *a;
		bool ok;

		a = sql(table[i].statement);
		ok = strcmp(text_at(a, "status.state"), "FAILED") == 0 &&
		     strcmp(text_at(a, "status.sql_state"), table[i].sql_state) == 0 &&
		     strstr(text_at(a, "status.error.message"), table[i].words) != NULL;
		if (!ok)
			fprintf(stderr, "\n%s\n  %s\n", table[i].statement, a->text);
		CU_ASSERT_TRUE(ok);
		answer_free(a);
	}
}

/* Invalid text must fail with a message, and the next statement must work. */
static void
test_garbage(void)
{
	static const char *const garbage[] = {
		")",
		"((((",
		"SELECT )",
		"SELECT * FROM",
		"SELECT * FROM (",
		"SELECT 1 +",
		"SELECT ::INT",
		"SELECT [1]",
		"WITH",
		"WITH x AS",
		"INSERT INTO",
		"UPDATE",
		"CREATE TABLE",
		"DROP",
		"SELECT CASE",
		"SELECT CAST(1 AS)",
		"SELECT 1 + INTERVAL",
		"EXPLAIN",
		"SHOW",
		"DESCRIBE",
		"SELECT * FROM range(",
		"SELECT * FROM range()",
		"SELECT * FROM VALUES",
		"`",
		"\\",
		"SELECT @x",
		"SELECT ${x}",
		"SELECT ?",
		"SELECT 1 -> 2",
		"USE",
		"SET",
		"GROUP BY ALL",
		"SELECT a.b.c.d.e.f FROM x",
		"CREATE VIEW v AS",
		"SELECT extract(DAY FROM",
		"SELECT 1 /",
		"SELECT x FROM y.z.w.v",
	};
	struct answer *a;

	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		a = sql(garbage[i]);
		CU_ASSERT_EQUAL(a->status, 200);
		CU_ASSERT_STRING_EQUAL(text_at(a, "status.state"), "FAILED");
		CU_ASSERT_NOT_EQUAL(*text_at(a, "status.sql_state"), '\0');
		answer_free(a);
	}
	a = sql("SELECT 1");
	CU_ASSERT_STRING_EQUAL(text_at(a, "status.state"), "SUCCEEDED");
	answer_free(a);
}

void
add_sql_suite(void)
{
	CU_pSuite suite = CU_add_suite("sql", NULL, NULL);

	CU_add_test(suite, "expressions", test_expressions);
	CU_add_test(suite, "functions", test_functions);
	CU_add_test(suite, "dates", test_dates);
	CU_add_test(suite, "queries", test_queries);
	CU_add_test(suite, "commands", test_commands);
	CU_add_test(suite, "errors", test_errors);
	CU_add_test(suite, "garbage", test_garbage);
}
