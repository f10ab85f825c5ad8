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

#define DEPTH_MAX 1000u /* depth of brackets; Spark fails earlier */
#define SCOPE_MAX 129u	/* of a secret scope's name, with its end */

/* Position in a call of secret(): its scope must be one plain text. */
enum scope_at { SCOPE_NONE, SCOPE_TEXT, SCOPE_COMMA };

/* Position after EXECUTE IMMEDIATE: one text that contains everything, and what may follow it. */
enum dynamic_at { DYNAMIC_NONE, DYNAMIC_TEXT, DYNAMIC_END };

/* In WITH (CREDENTIAL name), after the source. */
enum options_at { OPTIONS_NONE, OPTIONS_OPEN, OPTIONS_CREDENTIAL, OPTIONS_NAME };

/* The tokens of one text; each is examined once. */
struct reader {
	struct sql_lexer lexer;
	struct sql_token now, before, earlier;
	const struct sql_rules *rules;
	struct sql_verdict *verdict;
	char name[SQL_FUNCTION_MAX]; /* the qualified name that ends at `now`, or "" */
	char last[SQL_FUNCTION_MAX]; /* its last part */
	size_t name_len;
	bool is_place; /* a table or function is named here, not called */
	bool is_alias;
	bool naming; /* reading the names of a WITH list */
	bool ended;  /* a semicolon was read */
	bool in_hint;
	bool inserts; /* INSERT INTO or INSERT OVERWRITE was read */
	enum options_at options_at;
	bool lists; /* a LIST statement, whose address needs no quotes */
	enum scope_at scope_at;
	enum dynamic_at dynamic_at;
	char scope[SCOPE_MAX];
	unsigned depth;
	bool computed[DEPTH_MAX]; /* does the bracket of this depth belong to IDENTIFIER( … )? */
	bool computed_before;	  /* one of them was just closed */
};

/* Reads the next token, and skips the semicolons at the end of the statement. */
void reader_step(struct reader *reader);
bool reader_at_end(const struct reader *reader);
void reader_skip_rest(struct reader *reader);
/* From an opening bracket to the token after its partner. */
void reader_skip_group(struct reader *reader);
/* Records the first flaw. */
void reader_flaw(struct reader *reader, enum sql_flaw flaw);

/* `keywords` is NULL-terminated. */
bool sql_is_one_of(const struct sql_token *token, const char *const *keywords);

#endif
