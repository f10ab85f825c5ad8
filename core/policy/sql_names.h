/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables, views and functions that a SQL statement names, for allow-lists of catalogs and
 * schemas. Only names of three parts are certain: others depend on the catalog and schema of the
 * session. What is not understood is refused, so some valid statements are refused too. The grants
 * of the workspace are the real limit; this one is in front of them.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_POLICY_SQL_NAMES_H
#define CORE_POLICY_SQL_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#define SQL_NAME_MAX 384 /* bytes of a whole name with its end; a longer one is refused */

enum sql_names_flaw {
	SQL_NAMES_FINE,
	SQL_NAMES_STATEMENT,  /* not a kind of statement whose names are understood */
	SQL_NAMES_UNREADABLE, /* not text that the lexer knows, or nested too deeply */
	SQL_NAMES_SHORT,      /* `name` does not have three parts */
	SQL_NAMES_FUNCTION,   /* `name` is a function that may read other data */
	SQL_NAMES_REFUSED,    /* `each` refused `name` */
};

struct sql_names {
	/* A fully qualified name, in small letters. False: it is not allowed. */
	bool (*each)(void *data, const char *catalog, const char *schema);
	void *data;
	char name[SQL_NAME_MAX]; /* the name of a flaw, or "" */
};

/* Calls `each` for the tables, views and qualified functions, up to the first flaw. */
enum sql_names_flaw sql_names_read(const char *text, size_t len, struct sql_names *names);

#endif
