/* SPDX-License-Identifier: Apache-2.0 */
/* The tokens of a SQL text as they go by, between the files of the classifier: whatever matters
 * wherever it stands, above all function calls, is noted on the way. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_POLICY_SQL_READER_H
#define CORE_POLICY_SQL_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/sql.h"
#include "policy/sql_lex.h"

#define DEPTH_MAX 1000u /* of brackets; Spark itself gives up before */
#define SCOPE_MAX 129u	/* of a secret scope's name, with its end */

/* Where the reader stands in a call of secret(): its scope has to be one plain text. */
enum scope_at { SCOPE_NONE, SCOPE_TEXT, SCOPE_COMMA };

/* Where it stands behind EXECUTE IMMEDIATE: one text that says all, and what may follow it. */
enum dynamic_at { DYNAMIC_NONE, DYNAMIC_TEXT, DYNAMIC_END };

/* In WITH (CREDENTIAL name), behind what is read. */
enum options_at { OPTIONS_NONE, OPTIONS_OPEN, OPTIONS_CREDENTIAL, OPTIONS_NAME };

/* The tokens of one text, each looked at once as it goes by. */
struct reader {
	struct sql_lexer lexer;
	struct sql_token now, before, earlier;
	const struct sql_rules *rules;
	struct sql_verdict *verdict;
	char name[SQL_FUNCTION_MAX]; /* the qualified name that ends at `now`, or "" */
	char last[SQL_FUNCTION_MAX]; /* its last part */
	size_t name_len;
	bool is_place; /* a table or function is named there, and not called */
	bool is_alias;
	bool naming; /* the names of a WITH list are being read */
	bool ended;  /* a semicolon was seen */
	bool in_hint;
	bool inserts; /* INSERT INTO, INSERT OVERWRITE was seen */
	enum options_at options_at;
	bool lists; /* a LIST statement, where an address needs no quotes */
	enum scope_at scope_at;
	enum dynamic_at dynamic_at;
	char scope[SCOPE_MAX];
	unsigned depth;
	bool computed[DEPTH_MAX]; /* is the bracket of this depth that of IDENTIFIER( … )? */
	bool computed_before;	  /* such a one has just been closed */
};

/* Goes to the next token, and past the semicolons that end the statement. */
void reader_step(struct reader *reader);
bool reader_at_end(const struct reader *reader);
void reader_skip_rest(struct reader *reader);
/* From an opening bracket to behind its counterpart. */
void reader_skip_group(struct reader *reader);
/* Notes the first flaw. */
void reader_flaw(struct reader *reader, enum sql_flaw flaw);

/* `keywords` is NULL-terminated. */
bool sql_is_one_of(const struct sql_token *token, const char *const *keywords);

#endif
