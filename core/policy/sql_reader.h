/* SPDX-License-Identifier: Apache-2.0 */
/* The sequence of tokens of a SQL text, shared by the files of the classifier. Facts that matter in
 * any position, above all function calls, are recorded while tokens are read. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_POLICY_SQL_READER_H
#define CORE_POLICY_SQL_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/sql.h"
#include "policy/sql_lex.h"

#define DEPTH_MAX 1000u /* most open brackets; Spark fails with fewer */
#define SCOPE_MAX 129u	/* bytes of the name of a secret scope, with the NUL */

/* The position in a call of secret(): its scope must be one plain text. */
enum scope_at { SCOPE_NONE, SCOPE_TEXT, SCOPE_COMMA };

/* The position after EXECUTE IMMEDIATE: one text that contains the whole statement, and the words
 * that may follow it. */
enum dynamic_at { DYNAMIC_NONE, DYNAMIC_TEXT, DYNAMIC_END };

/* The position in WITH (CREDENTIAL name), after the source. */
enum options_at { OPTIONS_NONE, OPTIONS_OPEN, OPTIONS_CREDENTIAL, OPTIONS_NAME };

/* The tokens of one text. Each token is examined once. */
struct reader {
	struct sql_lexer lexer;
	struct sql_token now, before, earlier;
	const struct sql_rules *rules;
	struct sql_verdict *verdict;
	char name[SQL_FUNCTION_MAX]; /* the qualified name that ends at `now`, or "" */
	char last[SQL_FUNCTION_MAX]; /* its last part */
	size_t name_len;
	bool is_place; /* the next name is that of a table or function, and not a call */
	bool is_alias;
	bool naming; /* the names of a WITH list are being read */
	bool ended;  /* a semicolon was read */
	bool in_hint;
	bool inserts; /* INSERT INTO or INSERT OVERWRITE was read */
	enum options_at options_at;
	bool lists; /* in a LIST statement, whose address needs no quotes */
	enum scope_at scope_at;
	enum dynamic_at dynamic_at;
	char scope[SCOPE_MAX];
	unsigned depth;
	bool computed[DEPTH_MAX]; /* for each depth: does the bracket belong to IDENTIFIER( … )? */
	bool computed_before;	  /* the bracket of an IDENTIFIER( … ) was just closed */
};

/* Reads the next token, and skips the semicolons at the end of the statement. */
void reader_step(struct reader *reader);
bool reader_at_end(const struct reader *reader);
void reader_skip_rest(struct reader *reader);
/* Skips from an opening bracket to the token after its closing bracket. */
void reader_skip_group(struct reader *reader);
/* Records a flaw, if it is the first one. */
void reader_flaw(struct reader *reader, enum sql_flaw flaw);

/* Is the token one of `keywords`? The list ends with NULL. */
bool sql_is_one_of(const struct sql_token *token, const char *const *keywords);

#endif
