/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a SQL text, split exactly as Spark's lexer splits them (SqlBaseLexer.g4 of 4.x), so
 * that both find the same comments. Text that the lexer does not recognise is SQL_BAD, and so is a
 * quote or comment without an end. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_POLICY_SQL_LEX_H
#define CORE_POLICY_SQL_LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum sql_kind {
	SQL_END,
	SQL_BAD,
	SQL_WORD, /* a keyword or a plain name; also a number without a dot */
	SQL_NAME, /* `name` */
	SQL_TEXT, /* 'text', r'text', r"text" */
	/* a text in double quotes: it is a name when spark.sql.ansi.doubleQuotedIdentifiers is
	 * set */
	SQL_TEXT_NAME,
	SQL_BODY, /* $tag$ text $tag$ */
	SQL_URL,  /* an address without quotes: letters://more */
	/* the start of a hint (slash, star, plus); the words of the hint are tokens too */
	SQL_HINT,
	SQL_HINT_END,
	SQL_PIPE, /* |> */
	SQL_SIGN, /* any other character */
};

#define SQL_WORD_MAX 16 /* size of the longest keyword, with its NUL, plus one */

struct sql_token {
	enum sql_kind kind;
	const char *at; /* the token within the text, including quotes; it does not end with NUL */
	size_t len;
	/* the word of SQL_WORD in capitals; "" when it is too long for a keyword */
	char word[SQL_WORD_MAX];
};

struct sql_lexer {
	const char *at, *end;
};

/* The next token. Must not be called after SQL_END or SQL_BAD. */
void sql_next(struct sql_lexer *lexer, struct sql_token *token);

/* Is the token this keyword (given in capitals) without quotes? Spark converts a statement to
 * Java's capitals, so U+0131 counts as I and U+017F as S. */
static inline bool
sql_is(const struct sql_token *token, const char *keyword)
{
	return token->word[0] == keyword[0] && strcmp(token->word, keyword) == 0;
}
static inline bool
sql_is_sign(const struct sql_token *token, char sign)
{
	return token->kind == SQL_SIGN && token->len == 1 && *token->at == sign;
}
/* Can the token be the name of a function or table? */
bool sql_is_name(const struct sql_token *token);
/* Adds the name in small letters, without its quotes, to `out` of `size` bytes from `len` on;
 * returns the new length. A name that does not fit is cut, and then equals no name of the lists. */
size_t sql_add_name(const struct sql_token *token, char *out, size_t len, size_t size);

/* Would Spark replace a ${reference} in this text before parsing it? */
bool sql_has_reference(const char *text, size_t len);

#endif
