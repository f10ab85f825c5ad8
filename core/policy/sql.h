/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a SQL statement may do, judged by its words alone: a small recogniser after Spark's grammar
 * (SqlBaseParser.g4 of 4.x), and after the Databricks SQL reference where Spark does not know a
 * statement or function. It looks at the beginning of a statement, behind its WITH list, and at
 * every function call. The statement is never rewritten. What is not understood is not a query.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_POLICY_SQL_H
#define CORE_POLICY_SQL_H

#include <stdbool.h>
#include <stddef.h>

struct strings;

enum sql_class {
	SQL_READ,    /* changes nothing, and reaches nothing but the workspace's own data */
	SQL_DML,     /* changes rows or files */
	SQL_DDL,     /* changes objects */
	SQL_DCL,     /* changes privileges */
	SQL_ADMIN,   /* changes the session, maintains tables, runs what is not shown */
	SQL_UNKNOWN, /* none of these surely */
};

/* Why a statement that looks like a query is none (its class is then SQL_UNKNOWN). */
enum sql_flaw {
	SQL_SOUND,
	SQL_UNREADABLE,	   /* an unknown character; a quote, comment or bracket without end */
	SQL_SEVERAL,	   /* more than one statement */
	SQL_REFERENCE,	   /* ${…}, which Spark replaces before it reads the text */
	SQL_PROGRAM,	   /* TRANSFORM, MAP or REDUCE … USING */
	SQL_COMPUTED_NAME, /* a function named by an expression */
	SQL_OUTSIDE,	   /* calls `function`: it runs code, or reaches beyond the data */
	SQL_NOT_LISTED,	   /* calls `function`, which `rules.functions` does not have */
	SQL_TOO_DEEP,
	SQL_OTHER,
};

#define SQL_FUNCTION_MAX 128

struct sql_verdict {
	enum sql_class class;
	enum sql_flaw flaw;
	char function[SQL_FUNCTION_MAX]; /* in small letters */
	/* The text calls, or may call, secret() or try_secret() for a scope that is not allowed.
	 * Said of statements of all classes. */
	bool reveals;
};

struct sql_rules {
	/* Patterns of the user-defined functions that a query may call; NULL or empty: all. */
	const struct strings *functions;
	/* May the values of this secret scope be shown? NULL as scope: those of all scopes. */
	bool (*scope_allowed)(const void *data, const char *scope);
	const void *data;
};

/* Judges `len` bytes at `text`; takes time and no memory that grow with it. `rules` NULL: every
 * user-defined function and no scope. */
void sql_judge(const char *text, size_t len, const struct sql_rules *rules,
	       struct sql_verdict *verdict);

const char *sql_class_name(enum sql_class kind);

/* sql_functions.c. Names are in small letters, and as written: qualified or not. */
bool sql_function_is_built_in(const char *name);
/* Does it run code, or reach beyond the data of the workspace? `last` is the last part of
 * `name`. */
bool sql_function_is_outside(const char *name, const char *last);
/* secret or try_secret. */
bool sql_function_reveals(const char *last);
/* Does `name` fit a pattern, in which * is any text? Case does not matter. */
bool sql_function_is_listed(const char *name, const struct strings *patterns);

#endif
