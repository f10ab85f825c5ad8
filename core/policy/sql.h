/* SPDX-License-Identifier: Apache-2.0 */
/* Classifies a SQL statement by its text alone: a small recogniser for Spark's grammar
 * (SqlBaseParser.g4 of 4.x), and for the Databricks SQL reference where Spark does not know a
 * statement or function. It examines the beginning of a statement, the part after its WITH list,
 * and every function call. The statement is never rewritten. A statement that is not understood
 * does not count as a query. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_POLICY_SQL_H
#define CORE_POLICY_SQL_H

#include <stdbool.h>
#include <stddef.h>

struct strings;

enum sql_class {
	SQL_READ,    /* changes nothing, and reads only the workspace's own data */
	SQL_DML,     /* changes rows or files */
	SQL_DDL,     /* changes objects */
	SQL_DCL,     /* changes privileges */
	SQL_ADMIN,   /* changes the session, maintains tables, or runs code that is not visible */
	SQL_UNKNOWN, /* cannot be classified with certainty */
};

/* Why a statement that looks like a query does not count as one. Its class is then SQL_UNKNOWN. */
enum sql_flaw {
	SQL_SOUND,
	SQL_UNREADABLE,	   /* an unknown character; a quote, comment or bracket without an end */
	SQL_SEVERAL,	   /* more than one statement */
	SQL_REFERENCE,	   /* ${…}, which Spark replaces before it parses the text */
	SQL_PROGRAM,	   /* TRANSFORM, MAP or REDUCE … USING */
	SQL_COMPUTED_NAME, /* a function whose name is an expression: IDENTIFIER( … ) */
	/* calls the function `function`, which runs code or has access beyond the data */
	SQL_OUTSIDE,
	SQL_NOT_LISTED, /* calls the function `function`, which is not in `rules.functions` */
	SQL_TOO_DEEP,
	SQL_OTHER,
};

#define SQL_FUNCTION_MAX 128

struct sql_verdict {
	enum sql_class class;
	enum sql_flaw flaw;
	char function[SQL_FUNCTION_MAX]; /* in small letters */
	/* The text calls, or may call, secret() or try_secret() for a scope that is not allowed.
	 * This is set for statements of all classes. */
	bool reveals;
};

struct sql_rules {
	/* Patterns of the user-defined functions that a query may call; NULL or empty: all
	 * functions. */
	const struct strings *functions;
	/* May the values of this secret scope be shown? NULL as scope means all scopes. */
	bool (*scope_allowed)(const void *data, const char *scope);
	const void *data;
};

/* Classifies `len` bytes at `text`. Time and memory are bounded; memory does not grow with the
 * text. `rules` NULL: every user-defined function is allowed, and no scope. */
void sql_judge(const char *text, size_t len, const struct sql_rules *rules,
	       struct sql_verdict *verdict);

const char *sql_class_name(enum sql_class kind);

/* Functions of sql_functions.c. Names are in small letters, qualified or not, as they stand in the
 * statement. */
bool sql_function_is_built_in(const char *name);
/* Does the function run code, or have access beyond the data of the workspace? `last` is the last
 * part of `name`. */
bool sql_function_is_outside(const char *name, const char *last);
/* Is the function secret or try_secret? */
bool sql_function_reveals(const char *last);
/* Does `name` match a pattern, in which * is any text? Case is ignored. */
bool sql_function_is_listed(const char *name, const struct strings *patterns);

#endif
