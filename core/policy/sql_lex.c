/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/sql_lex.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#define SMALL_DOTLESS_I 0x131u	/* U+0131: Java converts it to the capital I */
#define SMALL_LONG_S 0x17fu	/* S */
#define CAPITAL_DOTTED_I 0x130u /* U+0130: its small letter in Java begins with i */
#define KELVIN_SIGN 0x212au	/* k */

enum sort { SORT_BLANK, SORT_LETTER, SORT_DIGIT, SORT_OTHER, SORT_INVALID };

/* ---- characters ---------------------------------------------------------------------------- */

/* The character at `at`; its length in `*len`. For invalid UTF-8 the result is 0, with a length of
 * one byte. */
static uint32_t
character(const char *at, const char *end, size_t *len)
{
	static const unsigned char mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	int step = utf8_step(at, (size_t)(end - at));
	uint32_t c;

	*len = step > 0 ? (size_t)step : 1;
	if (step <= 0 || step > 4)
		return 0;
	c = (unsigned char)*at & mask[step];
	for (int i = 1; i < step; i++)
		c = c << 6 | ((unsigned char)at[i] & 0x3f);
	return c;
}

/* White space that the grammar allows beyond ASCII. */
static bool
is_wide_blank(uint32_t c)
{
	return c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
	       c == 0x202f || c == 0x205f || c == 0x3000;
}

/* Characters that are certainly not letters; some readers may treat them as white space. Spark
 * refuses all other characters that are not letters. */
static bool
is_no_letter(uint32_t c)
{
	return c < 0xaa || (c > 0xaa && c < 0xc0 && c != 0xb5 && c != 0xba) || c == 0xd7 ||
	       c == 0xf7 || c == 0x180e || (c >= 0x2000 && c <= 0x206f) ||
	       (c >= 0xd800 && c <= 0xf8ff) || c == 0xfeff || (c >= 0xfff0 && c <= 0xffff) ||
	       c >= 0xe0000;
}

static enum sort
sort_of(const char *at, const char *end, size_t *len)
{
	char c = *at;
	uint32_t wide;

	*len = 1;
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return SORT_LETTER;
	if (c >= '0' && c <= '9')
		return SORT_DIGIT;
	if (c == ' ' || (c >= '\t' && c <= '\r'))
		return SORT_BLANK;
	if ((unsigned char)c < 0x80)
		return c > ' ' && c != 0x7f ? SORT_OTHER : SORT_INVALID;
	wide = character(at, end, len);
	if (is_wide_blank(wide))
		return SORT_BLANK;
	return is_no_letter(wide) ? SORT_INVALID : SORT_LETTER;
}

/* ---- blanks and comments ------------------------------------------------------------------- */

static bool
starts(const struct sql_lexer *lexer, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(lexer->end - lexer->at) >= len && memcmp(lexer->at, text, len) == 0;
}

/* A comment from "--" to the end of its line. A backslash before the line feed continues the
 * comment. */
static void
skip_line_comment(struct sql_lexer *lexer)
{
	for (lexer->at += 2; lexer->at < lexer->end && *lexer->at != '\r'; lexer->at++)
		if (*lexer->at == '\n' && lexer->at[-1] != '\\')
			break;
}

/* Comments nest, but the start of a hint does not open another one. */
static bool
skip_comment(struct sql_lexer *lexer)
{
	size_t depth = 0;

	while (lexer->at < lexer->end) {
		if (starts(lexer, "*/")) {
			lexer->at += 2;
			if (--depth == 0)
				return true;
		} else if (starts(lexer, "/*") && !starts(lexer, "/*+")) {
			lexer->at += 2;
			depth++;
		} else {
			lexer->at++;
		}
	}
	return false;
}

static bool
skip_blanks(struct sql_lexer *lexer)
{
	size_t len;

	while (lexer->at < lexer->end) {
		if (*lexer->at == '-' && starts(lexer, "--"))
			skip_line_comment(lexer);
		else if (*lexer->at == '/' && starts(lexer, "/*") && !starts(lexer, "/*+")) {
			if (!skip_comment(lexer))
				return false;
		} else if (sort_of(lexer->at, lexer->end, &len) == SORT_BLANK)
			lexer->at += len;
		else
			break;
	}
	return true;
}

/* ---- tokens -------------------------------------------------------------------------------- */

/* A quoted text, from the quote at `at` to the position after its closing quote. A doubled quote
 * reads as two quoted texts in a row, which end at the same position. */
static bool
skip_quoted(struct sql_lexer *lexer, bool escapes)
{
	char quote = *lexer->at++;

	for (; lexer->at < lexer->end; lexer->at++) {
		if (escapes && *lexer->at == '\\' && lexer->at + 1 < lexer->end) {
			lexer->at++;
		} else if (*lexer->at == quote) {
			lexer->at++;
			if (quote != '`' || lexer->at == lexer->end || *lexer->at != '`')
				return true;
		}
	}
	return false;
}

static enum sql_kind
quoted(struct sql_lexer *lexer)
{
	char quote = *lexer->at;

	if (!skip_quoted(lexer, quote != '`'))
		return SQL_BAD;
	return quote == '`' ? SQL_NAME : quote == '"' ? SQL_TEXT_NAME : SQL_TEXT;
}

/* A quoted text of the form $$ text $$, or with letters between the signs. */
static enum sql_kind
body(struct sql_lexer *lexer)
{
	const char *tag = lexer->at++, *close;
	size_t len;

	while (lexer->at < lexer->end && sort_of(lexer->at, lexer->end, &len) == SORT_LETTER)
		lexer->at += len;
	if (lexer->at == lexer->end || *lexer->at != '$')
		return SQL_BAD;
	lexer->at++;
	len = (size_t)(lexer->at - tag);
	close = memmem(lexer->at, (size_t)(lexer->end - lexer->at), tag, len);
	if (close == NULL)
		return SQL_BAD;
	lexer->at = close + len;
	return SQL_BODY;
}

static bool
in_url(char c)
{
	return (c >= '0' && c <= '9') || (c != '\0' && strchr("_/-.?=&#%", c) != NULL);
}

/* An unquoted address of the form letters://more: the longest such text, if there is one. */
static bool
skip_url(struct sql_lexer *lexer)
{
	const char *from;
	size_t len;

	if (!starts(lexer, "://"))
		return false;
	from = lexer->at += 3;
	while (lexer->at < lexer->end) {
		if (in_url(*lexer->at))
			lexer->at++;
		else if (sort_of(lexer->at, lexer->end, &len) == SORT_LETTER)
			lexer->at += len;
		else
			break;
	}
	if (lexer->at > from)
		return true;
	lexer->at -= 3;
	return false;
}

static enum sql_kind
word(struct sql_lexer *lexer)
{
	const char *from = lexer->at;
	bool letters = true;
	enum sort sort;
	size_t len;

	for (; lexer->at < lexer->end; lexer->at += len) {
		sort = sort_of(lexer->at, lexer->end, &len);
		if (sort != SORT_LETTER && sort != SORT_DIGIT && *lexer->at != '_')
			break;
		letters = letters && sort == SORT_LETTER;
	}
	if (lexer->at - from == 1 && (*from == 'r' || *from == 'R') && lexer->at < lexer->end &&
	    (*lexer->at == '\'' || *lexer->at == '"'))
		return skip_quoted(lexer, false) ? SQL_TEXT : SQL_BAD;
	return letters && skip_url(lexer) ? SQL_URL : SQL_WORD;
}

static enum sql_kind
sign(struct sql_lexer *lexer)
{
	static const struct {
		const char *text;
		enum sql_kind kind;
	} list[] = { { "/*+", SQL_HINT }, { "*/", SQL_HINT_END }, { "|>", SQL_PIPE } };

	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		if (*lexer->at == list[i].text[0] && starts(lexer, list[i].text)) {
			lexer->at += strlen(list[i].text);
			return list[i].kind;
		}
	/* "||>" is "||" and ">" */
	lexer->at += *lexer->at == '|' && starts(lexer, "||") ? 2 : 1;
	return SQL_SIGN;
}

/* Converts a word to capitals as Spark does, as far as they can be part of a keyword. */
static void
fold(struct sql_token *token)
{
	const char *at = token->at, *end = token->at + token->len;
	size_t n = 0, len;

	for (; at < end && n + 1 < SQL_WORD_MAX; at += len) {
		uint32_t c = (unsigned char)*at;

		len = 1;
		if (c >= 'a' && c <= 'z')
			c -= 'a' - 'A';
		else if (c >= 0x80)
			c = character(at, end, &len);
		if (c == SMALL_DOTLESS_I)
			c = 'I';
		else if (c == SMALL_LONG_S)
			c = 'S';
		/* a keyword never has this character */
		token->word[n++] = c < 0x80 ? (char)c : '?';
	}
	token->word[at == end ? n : 0] = '\0';
}

void
sql_next(struct sql_lexer *lexer, struct sql_token *token)
{
	size_t len;

	*token = (struct sql_token){ .kind = SQL_BAD };
	if (!skip_blanks(lexer))
		return;
	token->at = lexer->at;
	if (lexer->at == lexer->end) {
		token->kind = SQL_END;
		return;
	}
	switch (sort_of(lexer->at, lexer->end, &len)) {
	case SORT_LETTER:
	case SORT_DIGIT: token->kind = word(lexer); break;
	case SORT_OTHER:
		token->kind = strchr("'\"`", *lexer->at) != NULL ? quoted(lexer)
			    : *lexer->at == '_'			 ? word(lexer)
			    : *lexer->at == '$'			 ? body(lexer)
								 : sign(lexer);
		break;
	default: break; /* cannot happen: white space was skipped, and invalid bytes are bad */
	}
	token->len = (size_t)(lexer->at - token->at);
	if (token->kind == SQL_WORD)
		fold(token);
}

/* ---- the content of a token ----------------------------------------------------------------- */

bool
sql_is_name(const struct sql_token *token)
{
	return token->kind == SQL_WORD || token->kind == SQL_NAME || token->kind == SQL_TEXT_NAME;
}

size_t
sql_add_name(const struct sql_token *token, char *out, size_t len, size_t size)
{
	bool quoted = token->kind != SQL_WORD;
	const char *at = token->at + quoted, *end = token->at + token->len - quoted;
	size_t step;

	for (; at < end && len + 1 < size; at += step) {
		uint32_t c = character(at, end, &step);

		if (c >= 'A' && c <= 'Z')
			out[len++] = (char)(c + ('a' - 'A'));
		else if (c == KELVIN_SIGN)
			out[len++] = 'k';
		else if (c == CAPITAL_DOTTED_I || c == SMALL_DOTLESS_I)
			out[len++] = 'i';
		else if (c == SMALL_LONG_S)
			out[len++] = 's';
		else
			out[len++] = *at, step = 1;
		if (quoted && *at == '`' && at + 1 < end)
			step = 2; /* doubled */
	}
	out[len] = '\0';
	return len;
}

bool
sql_has_reference(const char *text, size_t len)
{
	const char *end = text + len, *at = text, *from;

	while ((at = memmem(at, (size_t)(end - at), "${", 2)) != NULL) {
		from = at += 2;
		for (; at < end && strchr(" \t\n\v\f\r", *at) == NULL; at++)
			if (*at == '}' && at > from)
				return true;
	}
	return false;
}
