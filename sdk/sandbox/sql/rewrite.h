/* SPDX-License-Identifier: Apache-2.0 */
/* Types and functions that rewrite.c (tokens in order) and postfix.c (operators after a primary
 * expression) share. */
#ifndef SANDBOX_SQL_REWRITE_H
#define SANDBOX_SQL_REWRITE_H

#include "sql/sql.h"

enum { MAX_DEPTH = 300, MAX_ALIAS = 200, MAX_CLOSERS = 100 };

struct frame {
	/* kind of bracket: q query or plain parentheses, f function, c cast, o OVER, [ index */
	char kind;
	bool in_from, want_table, select_seen, no_alias;
};

/* A text that is written when the source's token `at` is reached. The source then continues at
 * `resume`. */
struct closer {
	size_t at, resume;
	char *text;
};

struct rewriter {
	struct sql_run *run;
	const struct sql_token *list;
	size_t at, to;
	struct rewritten *rw;
	struct frame frames[MAX_DEPTH];
	size_t depth;
	struct select_list select;
	size_t item;
	struct closer closers[MAX_CLOSERS];
	size_t closer_count;
};

/* Appends a token instead of the source's current one. */
void rewrite_put(struct rewriter *r, char kind, const char *text);
/* The token n positions after the current one. Beyond the range it is the end token. */
const struct sql_token *rewrite_ahead(const struct rewriter *r, size_t n);

/* Turns the last primary expression p into "function(p". The caller continues. */
bool postfix_wrap(struct rewriter *r, const char *function);
/* Writes , 'TYPE' and, if needed, the closing parenthesis. */
void postfix_type(struct rewriter *r, const struct sql_type *type, bool close);
/* Writes `text` (and takes ownership of it) instead of the tokens [at, resume). */
bool rewrite_close_at(struct rewriter *r, size_t at, size_t resume, char *text);
/* Handles a division at the current token: the divisor, which follows, is checked for zero. */
bool postfix_divide(struct rewriter *r);
/* Handles VALUES (...), (...) AS t(a, b) at the current token, in a FROM clause. */
bool rewrite_values(struct rewriter *r);
/* x::TYPE */
bool postfix_cast(struct rewriter *r);
/* x + INTERVAL 3 DAYS */
bool postfix_interval(struct rewriter *r);

#endif
