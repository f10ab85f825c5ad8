/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the classifier that its corpus (tests/policy) does not have: secrets, the operator's
 * list of functions, texts that JSON cannot hold, and sizes. */
#include "base/mem.h"
#include "config/config.h"
#include "policy/sql.h"
#include "policy/sql_lex.h"
#include "suite.h"

static struct sql_verdict
judged(const char *sql, const struct sql_rules *rules)
{
	struct sql_verdict verdict;

	sql_judge(sql, strlen(sql), rules, &verdict);
	return verdict;
}

static enum sql_class
class_of(const char *sql)
{
	return judged(sql, NULL).class;
}

static void
classes_and_flaws(void)
{
	CU_ASSERT(class_of("SELECT 1") == SQL_READ);
	CU_ASSERT(class_of("INSERT INTO t VALUES (1)") == SQL_DML);
	CU_ASSERT(class_of("CREATE TABLE t (a INT)") == SQL_DDL);
	CU_ASSERT(class_of("GRANT SELECT ON TABLE t TO a") == SQL_DCL);
	CU_ASSERT(class_of("CALL p()") == SQL_ADMIN);
	CU_ASSERT(class_of("FLY TO t") == SQL_UNKNOWN);
	CU_ASSERT(judged("SELECT 1", NULL).flaw == SQL_SOUND);
	CU_ASSERT(judged("SELECT 'x", NULL).flaw == SQL_UNREADABLE);
	CU_ASSERT(judged("SELECT 1; SELECT 2", NULL).flaw == SQL_SEVERAL);
	CU_ASSERT(judged("SELECT '${env:HOME}'", NULL).flaw == SQL_REFERENCE);
	CU_ASSERT(judged("FROM t MAP a USING 'x'", NULL).flaw == SQL_PROGRAM);
	CU_ASSERT(judged("SELECT IDENTIFIER('a')(1)", NULL).flaw == SQL_COMPUTED_NAME);
	CU_ASSERT(judged("SELECT main.s.HTTP_request (1)", NULL).flaw == SQL_OUTSIDE);
	ASSERT_STR(judged("SELECT main.s.HTTP_request (1)", NULL).function, "main.s.http_request");
	CU_ASSERT(judged("FLY TO t", NULL).flaw == SQL_OTHER);
	ASSERT_STR(sql_class_name(SQL_UNKNOWN), "unknown");
}

static void
zero_bytes(void)
{
	struct sql_verdict verdict;

	sql_judge("SELECT 1\0; DROP TABLE t", 23, NULL, &verdict);
	CU_ASSERT(verdict.class == SQL_UNKNOWN);
	sql_judge("SELECT 1\0 DROP", 14, NULL, &verdict);
	CU_ASSERT(verdict.class == SQL_UNKNOWN);
	sql_judge("SELECT 'a\0b'", 12, NULL, &verdict);
	CU_ASSERT(verdict.class == SQL_READ);
}

static bool
only_app(const void *data, const char *scope)
{
	(void)data;
	return scope != NULL && strcmp(scope, "app") == 0;
}

static bool
every_scope(const void *data, const char *scope)
{
	(void)data;
	(void)scope;
	return true;
}

static void
secrets(void)
{
	static const struct sql_rules app = { .scope_allowed = only_app };
	static const struct sql_rules all = { .scope_allowed = every_scope };
	static const struct {
		const char *sql;
		/* does the statement reveal a secret that is not allowed? */
		bool with_none, with_app, with_all;
	} list[] = {
		{ "SELECT secret('app', 'k')", true, false, false },
		{ "SELECT try_secret(\"app\", 'k')", true, false, false },
		{ "INSERT INTO t SELECT `SECRET` ('app', 'k')", true, false, false },
		{ "SELECT secret('other', 'k')", true, true, false },
		{ "SELECT secret('app', 'k'), secret('other', 'k')", true, true, false },
		{ "SELECT secret('a' 'pp', 'k')", true, true, false },
		{ "SELECT secret('app' || '', 'k')", true, true, false },
		{ "SELECT secret('\\x61pp', 'k')", true, true, false },
		{ "SELECT secret(r'app', 'k')", true, true, false },
		{ "SELECT secret(:scope, 'k')", true, true, false },
		{ "SELECT secret(", true, true, false },
		{ "SELECT IDENTIFIER('secret')('app', 'k')", true, true, false },
		{ "EXECUTE IMMEDIATE 'SELECT secret(\"app\", \"k\")'", true, true, false },
		{ "EXECUTE IMMEDIATE text", true, true, false },
		{ "EXECUTE IMMEDIATE 'SELECT sec' || 'ret(1, 2)'", true, true, false },
		{ "BEGIN EXECUTE IMMEDIATE 'DROP TABLE t'; END", false, false, false },
		{ "CREATE VIEW v AS SELECT secret('other', 'k')", true, true, false },
		{ "CREATE VIEW v WITH METRICS LANGUAGE YAML AS $$ expr: secret('o', 'k') $$", true,
		  true, false },
		{ "SELECT secret FROM t", false, false, false },
		{ "INSERT INTO secret (a) VALUES (1)", false, false, false },
		{ "CREATE TABLE IF NOT EXISTS main.s.secret (a INT)", false, false, false },
		{ "INSERT INTO IDENTIFIER(:t) (a) VALUES (1)", false, false, false },
		{ "SELECT 'secret(1)' -- secret(2)", false, false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(list); i++) {
		if (judged(list[i].sql, NULL).reveals != list[i].with_none ||
		    judged(list[i].sql, &app).reveals != list[i].with_app ||
		    judged(list[i].sql, &all).reveals != list[i].with_all)
			printf("\n    %s", list[i].sql);
		CU_ASSERT(judged(list[i].sql, NULL).reveals == list[i].with_none);
		CU_ASSERT(judged(list[i].sql, &app).reveals == list[i].with_app);
		CU_ASSERT(judged(list[i].sql, &all).reveals == list[i].with_all);
	}
}

static void
listed_functions(void)
{
	char first[] = "main.Tools.*", second[] = "mask_*_name";
	char *items[] = { first, second };
	const struct strings patterns = { .item = items, .count = 2 };
	const struct sql_rules rules = { .functions = &patterns };
	static const char *const fine[] = {
		"SELECT main.tools.f(1)",
		"SELECT `Main`.TOOLS.`f`(1)",
		"SELECT mask_first_name(a), upper(b), count(*) FROM t WHERE a IN (1) AND (b)",
		"SELECT builtin.upper(a), CAST(a AS DECIMAL(3, 1)) FROM (VALUES (1)) AS t (a)",
		"WITH t (a) AS (SELECT 1) SELECT a::varchar(3), sum(a) OVER (ORDER BY a) FROM t",
		"SELECT /*+ REPARTITION(3) */ a FROM t JOIN u USING (a)"
	};
	static const char *const not_fine[] = {
		"SELECT f(1)",	      "SELECT main.tools2.f(1)", "SELECT main.s.upper(1)",
		"SELECT `f` (1)",     "SELECT s.filter(1)",	 "SELECT * FROM main.s.rows(1)",
		"SELECT mask_name(a)"
	};

	for (size_t i = 0; i < ARRAY_SIZE(fine); i++) {
		if (judged(fine[i], &rules).class != SQL_READ)
			printf("\n    %s: %s", fine[i], judged(fine[i], &rules).function);
		CU_ASSERT(judged(fine[i], &rules).class == SQL_READ);
	}
	for (size_t i = 0; i < ARRAY_SIZE(not_fine); i++) {
		CU_ASSERT(judged(not_fine[i], &rules).flaw == SQL_NOT_LISTED);
		CU_ASSERT(class_of(not_fine[i]) == SQL_READ);
	}
	ASSERT_STR(judged("SELECT s.filter(1)", &rules).function, "s.filter");
}

/* A name that does not fit into its buffer cannot hide a call. */
static void
long_names(void)
{
	char sql[1024], name[301];
	char item[] = "*.f";
	char *items[] = { item };
	const struct strings patterns = { .item = items, .count = 1 };
	const struct sql_rules rules = { .functions = &patterns };

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(sql, sizeof(sql), "SELECT %s.reflect(1)", name);
	CU_ASSERT(class_of(sql) == SQL_UNKNOWN);
	snprintf(sql, sizeof(sql), "SELECT %s.%s.secret('a', 'b')", name, name);
	CU_ASSERT(class_of(sql) == SQL_UNKNOWN && judged(sql, NULL).reveals);
	snprintf(sql, sizeof(sql), "SELECT %.125s.f(1)", name);
	CU_ASSERT(judged(sql, &rules).flaw == SQL_NOT_LISTED);
	snprintf(sql, sizeof(sql), "SELECT %.100s.f(1)", name);
	CU_ASSERT(judged(sql, &rules).class == SQL_READ);
}

/* Large texts of one kind: each text is read only once. */
static void
large_texts(void)
{
	static const char *const pieces[] = { "(",	     "IDENTIFIER(", "/*",
					      "$a",	     "${",	    "`",
					      "(WITH a AS ", "a.",	    "SELECT /*+ ",
					      ";",	     "secret(",	    "EXECUTE IMMEDIATE ",
					      "'' " };
	const size_t size = 1u << 20;
	char *text = xmalloc(size);

	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		size_t n = strlen(pieces[i]);
		struct sql_verdict verdict;

		memcpy(text, "SELECT ", 7);
		for (size_t at = 7; at < size; at++)
			text[at] = pieces[i][(at - 7) % n];
		sql_judge(text, size, NULL, &verdict);
		CU_ASSERT(verdict.class == SQL_UNKNOWN || verdict.class == SQL_READ);
	}
	free(text);
}

static void
brackets_end_somewhere(void)
{
	char *text = xmalloc(2600);
	struct sql_verdict verdict;

	for (size_t depth = 999; depth <= 1001; depth++) {
		size_t len = (size_t)snprintf(text, 2600, "SELECT ");

		memset(text + len, '(', depth);
		text[len + depth] = '1';
		memset(text + len + depth + 1, ')', depth);
		sql_judge(text, len + 2 * depth + 1, NULL, &verdict);
		CU_ASSERT(verdict.flaw == (depth <= 1000 ? SQL_SOUND : SQL_TOO_DEEP));
	}
	free(text);
}

static const struct test tests[] = {
	TEST(classes_and_flaws),      TEST(zero_bytes), TEST(secrets),
	TEST(listed_functions),	      TEST(long_names), TEST(large_texts),
	TEST(brackets_end_somewhere),
};
SUITE(tests)
