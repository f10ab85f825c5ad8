/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lexer of Databricks SQL that is exact about comments, strings and names, and gives up where
 * readers of the same text could differ (a comment in a comment, a backslash before a quote).
 * The statement is never rewritten. Source: SQL language reference, "Lexical structure".
 */
#include "auth/sql.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

enum token { TOKEN_END, TOKEN_WORD, TOKEN_SIGN, TOKEN_QUOTED, TOKEN_BAD };

struct lexer {
	const char *at, *end;
	const char *word; /* of the token */
	size_t len;
	bool doubtful;	  /* a backslash stood before a quote: only raw strings end there */
};

/* ASCII only: a blank of Unicode must not glue two words together. */
static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Blanks and comments; false on a comment without end or in another one. */
static bool
skip_blanks(struct lexer *lexer)
{
	while (lexer->at < lexer->end) {
		const char *at = lexer->at, *close;
		size_t left = (size_t)(lexer->end - at);

		if (isspace((unsigned char)*at)) {
			lexer->at++;
		} else if (left >= 2 && memcmp(at, "--", 2) == 0) {
			close = memchr(at, '\n', left);
			lexer->at = close != NULL ? close : lexer->end;
		} else if (left >= 2 && memcmp(at, "/*", 2) == 0) {
			close = memmem(at + 2, left - 2, "*/", 2);
			if (close == NULL || memmem(at + 2, (size_t)(close - at) - 1, "/*", 2))
				return false;
			lexer->at = close + 2;
		} else {
			break;
		}
	}
	return true;
}

/* From the quote at `at` to behind its counterpart; a doubled one reads as two strings in a row. */
static bool
skip_quoted(struct lexer *lexer)
{
	char quote = *lexer->at++;

	for (; lexer->at < lexer->end; lexer->at++) {
		if (*lexer->at == '\\' && quote != '`' && lexer->at + 1 < lexer->end) {
			if (lexer->at[1] == quote)
				lexer->doubtful = true;
			lexer->at++;
		} else if (*lexer->at == quote) {
			lexer->at++;
			return true;
		}
	}
	return false;
}

static enum token
next_token(struct lexer *lexer)
{
	if (!skip_blanks(lexer))
		return TOKEN_BAD;
	if (lexer->at == lexer->end)
		return TOKEN_END;
	if (strchr("'\"`", *lexer->at) != NULL && *lexer->at != '\0')
		return skip_quoted(lexer) ? TOKEN_QUOTED : TOKEN_BAD;
	lexer->word = lexer->at;
	if (!is_word(*lexer->at)) {
		lexer->at++;
		lexer->len = 1;
		return *lexer->word != '\0' ? TOKEN_SIGN : TOKEN_BAD;
	}
	/* the digits of a number end where a word may begin */
	while (lexer->at < lexer->end && is_word(*lexer->at)
	       && (!isdigit((unsigned char)*lexer->word) || isdigit((unsigned char)*lexer->at)))
		lexer->at++;
	lexer->len = (size_t)(lexer->at - lexer->word);
	return TOKEN_WORD;
}

static bool
word_is_one_of(const struct lexer *lexer, const char *const words[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(words[i]) == lexer->len
		    && strncasecmp(words[i], lexer->word, lexer->len) == 0)
			return true;
	return false;
}

/* The rest of the statement: nothing behind a semicolon, and no word that changes data where the
 * beginning does not settle it ("WITH … INSERT", "FROM … INSERT"). */
static bool
rest_reads(struct lexer *lexer, bool settled)
{
	static const char *const changes[] = { "INSERT", "MERGE", "UPDATE", "DELETE" };
	enum token token;

	while ((token = next_token(lexer)) != TOKEN_END) {
		if (token == TOKEN_BAD)
			return false;
		if (token == TOKEN_WORD && !settled
		    && word_is_one_of(lexer, changes, ARRAY_SIZE(changes)))
			return false;
		if (token == TOKEN_SIGN && *lexer->word == ';')
			return next_token(lexer) == TOKEN_END;
	}
	return true;
}

bool
sql_only_reads(const char *sql, size_t len)
{
	static const char *const settled[] = { "SELECT", "SHOW", "DESCRIBE", "DESC", "EXPLAIN",
		"USE" };
	static const char *const open[] = { "WITH", "FROM", "VALUES", "TABLE" };
	struct lexer lexer = { .at = sql, .end = sql + len };
	bool nested = false, sure;
	enum token token;

	while ((token = next_token(&lexer)) == TOKEN_SIGN && *lexer.word == '(')
		nested = true;
	if (token != TOKEN_WORD)
		return false;
	sure = !nested && word_is_one_of(&lexer, settled, ARRAY_SIZE(settled));
	if (!sure && !word_is_one_of(&lexer, open, ARRAY_SIZE(open))
	    && !(nested && word_is_one_of(&lexer, settled, 1)))
		return false;
	if (!rest_reads(&lexer, sure))
		return false;
	return !lexer.doubtful || (sure && memchr(sql, ';', len) == NULL);
}
