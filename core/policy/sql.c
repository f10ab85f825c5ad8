/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/sql.h"

#include "base/mem.h"
#include "policy/sql_reader.h"

/* The token after `now`. */
static struct sql_token
look_ahead(const struct reader *reader)
{
	struct sql_lexer lexer = reader->lexer;
	struct sql_token token;

	sql_next(&lexer, &token);
	return token;
}

static bool
take(struct reader *reader, const char *keyword)
{
	if (!sql_is(&reader->now, keyword))
		return false;
	reader_step(reader);
	return true;
}

/* Reads "name (columns) AS (query)": skips the part before AS. The columns may be missing. */
static bool
skip_named_query(struct reader *reader)
{
	bool grouped = false;

	if (!sql_is_name(&reader->now))
		return false;
	reader->naming = true;
	reader_step(reader);
	reader->naming = false;
	for (;;) {
		if (sql_is_sign(&reader->now, '(')) {
			reader_skip_group(reader);
			grouped = true;
		} else if (take(reader, "MAX")) { /* RECURSION LEVEL n */
			if (!take(reader, "RECURSION") || !take(reader, "LEVEL"))
				return false;
			reader_step(reader);
		} else if (take(reader, "AS")) {
			if (!sql_is_sign(&reader->now, '('))
				return false;
			reader_skip_group(reader);
			return true;
		} else {
			return grouped;
		}
	}
}

/* Skips WITH and its list, up to the main statement. */
static bool
skip_with(struct reader *reader)
{
	struct sql_token ahead;

	reader_step(reader);
	ahead = look_ahead(reader);
	/* In WITH RECURSIVE AS (…) the word RECURSIVE is the name of the query. */
	if (!sql_is(&ahead, "AS") && !sql_is_sign(&ahead, '('))
		take(reader, "RECURSIVE");
	while (skip_named_query(reader)) {
		if (!sql_is_sign(&reader->now, ','))
			return true;
		reader_step(reader);
	}
	return false;
}

static enum sql_class statement(struct reader *reader);

/* Reads a query, or a change of data after a WITH list or FROM. */
static enum sql_class
query(struct reader *reader)
{
	static const char *const beginnings[] = { "SELECT", "FROM", "VALUES", "TABLE", NULL };
	static const char *const changes[] = { "INSERT", "UPDATE", "DELETE", "MERGE", NULL };
	static const char *const programs[] = { "MAP", "REDUCE", NULL };
	enum sql_class class = SQL_UNKNOWN;
	bool from, readable = true;

	while (readable && (sql_is_sign(&reader->now, '(') || sql_is(&reader->now, "WITH"))) {
		if (sql_is_sign(&reader->now, '('))
			reader_step(reader);
		else
			readable = skip_with(reader);
	}
	from = sql_is(&reader->now, "FROM");
	if (readable && sql_is_one_of(&reader->now, beginnings))
		class = SQL_READ;
	else if (readable && sql_is_one_of(&reader->now, changes))
		class = SQL_DML;
	else if (readable && sql_is_one_of(&reader->now, programs))
		reader_flaw(reader, SQL_PROGRAM);
	reader_skip_rest(reader);
	return from && reader->inserts ? SQL_DML : class;
}

static bool
at_statement_end(const struct reader *reader)
{
	return reader_at_end(reader) || sql_is_sign(&reader->now, ';');
}

/* Reads SET without a value, which shows settings: alone, with -v, or with a name. SET CATALOG is
 * another spelling of USE CATALOG. */
static enum sql_class
set(struct reader *reader)
{
	reader_step(reader);
	if (take(reader, "CATALOG")) {
		reader_skip_rest(reader);
		return SQL_READ;
	}
	if (sql_is_sign(&reader->now, '-')) {
		reader_step(reader);
		if (!take(reader, "V"))
			return SQL_ADMIN;
	} else {
		while (sql_is_name(&reader->now)) {
			reader_step(reader);
			if (!sql_is_sign(&reader->now, '.'))
				break;
			reader_step(reader);
		}
	}
	return at_statement_end(reader) ? SQL_READ : SQL_ADMIN;
}

/* Reads EXPLAIN, which shows the plan of a statement without running it. A statement of class
 * admin, for example EXECUTE IMMEDIATE, may have effects while it is analysed. */
static enum sql_class
explain(struct reader *reader)
{
	static const char *const modes[] = { "CODEGEN",	  "COST",    "EXTENDED",
					     "FORMATTED", "LOGICAL", NULL };
	enum sql_class class;

	reader_step(reader);
	if (sql_is_one_of(&reader->now, modes))
		reader_step(reader);
	if (sql_is(&reader->now, "EXPLAIN"))
		return SQL_UNKNOWN;
	class = statement(reader);
	return class == SQL_DML || class == SQL_DDL ? SQL_READ : class;
}

static enum sql_class
by_first_word(const struct sql_token *token)
{
	static const struct {
		enum sql_class class;
		const char *words[24];
	} list[] = {
		/* harmless: in the Statement Execution API the effect of USE ends with the
		 * statement */
		{ SQL_READ, { "SHOW", "DESCRIBE", "DESC", "USE", "LIST" } },
		{ SQL_DML,
		  { "INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "LOAD", "PUT", "REMOVE" } },
		{ SQL_DDL,
		  { "CREATE", "ALTER", "DROP", "REPLACE", "TRUNCATE", "UNDROP", "COMMENT",
		    "DECLARE", "MSCK", "REPAIR", "RESTORE", "SYNC", "CONVERT", "UNSET" } },
		{ SQL_DCL, { "GRANT", "REVOKE", "DENY" } },
		{ SQL_ADMIN, { "RESET",	  "ADD",      "CACHE",	"UNCACHE", "CLEAR",   "REFRESH",
			       "ANALYZE", "OPTIMIZE", "VACUUM", "REORG",   "FSCK",    "GENERATE",
			       "EXECUTE", "CALL",     "BEGIN",	"GET",	   "EXPORT",  "IMPORT",
			       "LOCK",	  "UNLOCK",   "START",	"COMMIT",  "ROLLBACK" } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		if (sql_is_one_of(token, list[i].words))
			return list[i].class;
	return SQL_UNKNOWN;
}

static enum sql_class
statement(struct reader *reader)
{
	static const char *const queries[] = { "SELECT", "WITH", "FROM",   "VALUES",
					       "TABLE",	 "MAP",	 "REDUCE", NULL };
	enum sql_class class;

	if (sql_is_sign(&reader->now, '(') || sql_is_one_of(&reader->now, queries))
		return query(reader);
	if (sql_is(&reader->now, "SET"))
		return set(reader);
	if (sql_is(&reader->now, "EXPLAIN"))
		return explain(reader);
	class = by_first_word(&reader->now);
	reader->lists = sql_is(&reader->now, "LIST");
	reader_skip_rest(reader);
	return class;
}

void
sql_judge(const char *text, size_t len, const struct sql_rules *rules, struct sql_verdict *verdict)
{
	static const struct sql_rules none;
	struct reader reader = { .lexer = { text, text + len },
				 .rules = rules != NULL ? rules : &none,
				 .verdict = verdict };

	*verdict = (struct sql_verdict){ .flaw = SQL_SOUND };
	if (sql_has_reference(text, len))
		reader_flaw(&reader, SQL_REFERENCE);
	reader.now.kind = SQL_SIGN;
	reader_step(&reader);
	verdict->class = statement(&reader);
	reader_skip_rest(&reader);
	if (verdict->class == SQL_READ && verdict->flaw != SQL_SOUND)
		verdict->class = SQL_UNKNOWN;
	else if (verdict->class == SQL_UNKNOWN)
		reader_flaw(&reader, SQL_OTHER);
}

const char *
sql_class_name(enum sql_class kind)
{
	static const char *const names[] = { "read", "dml", "ddl", "dcl", "admin", "unknown" };

	return names[kind];
}
