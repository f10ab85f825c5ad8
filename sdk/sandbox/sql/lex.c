/* SPDX-License-Identifier: Apache-2.0 */
/* Splits Databricks SQL into tokens: words, identifiers in back-ticks, strings with backslash
 * escapes (also in double quotes, also r'raw'), numbers with their suffixes, :parameters,
 * operators. */
#include "sql/sql.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const reserved[] = {
	"ALL",	  "AND",    "ANTI",   "AS",	   "ASC",      "BETWEEN", "BY",	    "CASE",
	"CAST",	  "CROSS",  "DELETE", "DESC",	   "DISTINCT", "ELSE",	  "END",    "ESCAPE",
	"EXCEPT", "EXISTS", "FALSE",  "FROM",	   "FULL",     "GROUP",	  "HAVING", "ILIKE",
	"IN",	  "INNER",  "INSERT", "INTERSECT", "INTO",     "IS",	  "JOIN",   "LATERAL",
	"LEFT",	  "LIKE",   "LIMIT",  "MINUS",	   "NATURAL",  "NOT",	  "NULL",   "OFFSET",
	"ON",	  "OR",	    "ORDER",  "OUTER",	   "QUALIFY",  "REGEXP",  "RIGHT",  "RLIKE",
	"SELECT", "SEMI",   "SET",    "THEN",	   "TRUE",     "UNION",	  "UPDATE", "USING",
	"VALUES", "WHEN",   "WHERE",  "WINDOW",	   "WITH",
};

static const char *const operators[] = {
	/* longest first */
	"<=>", "->>", "::", "||", "<>", "!=", "<=", ">=", "==", "<<", ">>", "->", "=>",
};

static size_t
skip_space(const char *s, size_t at)
{
	for (;;) {
		if (isspace((unsigned char)s[at])) {
			at++;
		} else if (s[at] == '-' && s[at + 1] == '-') {
			at += strcspn(s + at, "\n");
		} else if (s[at] == '/' && s[at + 1] == '*') {
			const char *end = strstr(s + at + 2, "*/");

			at = end != NULL ? (size_t)(end - s) + 2 : strlen(s);
		} else {
			return at;
		}
	}
}

static bool
is_word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || ((unsigned char)c & 0x80) != 0;
}

static char
unescape(char c)
{
	switch (c) {
	case 'n': return '\n';
	case 't': return '\t';
	case 'r': return '\r';
	case 'b': return '\b';
	default: return c;
	}
}

/* Reads a quoted text from s[at]. Fills tok, or makes it TOK_BAD when the text has no end. */
static size_t
lex_quoted(const char *s, size_t at, bool raw, struct sql_token *tok)
{
	char quote = s[at];
	struct buf text = BUF(MAX_MADE);
	bool escapes = quote != '`' && !raw;

	for (at++; s[at] != '\0'; at++) {
		if (s[at] == quote && s[at + 1] == quote && !raw) {
			buf_add(&text, s + at++, 1);
		} else if (s[at] == quote) {
			tok->text = buf_text(&text);
			tok->kind = quote == '`' ? TOK_QUOTED : TOK_STRING;
			return at + 1;
		} else if (s[at] == '\\' && escapes && s[at + 1] != '\0') {
			char c = s[++at];

			if (c == '%' || c == '_')
				buf_add(&text, "\\", 1);
			c = unescape(c);
			buf_add(&text, &c, 1);
		} else {
			buf_add(&text, s + at, 1);
		}
	}
	buf_fini(&text);
	tok->kind = TOK_BAD;
	return at;
}

static size_t
lex_number(const char *s, size_t at, struct sql_token *tok)
{
	size_t start = at, digits;

	while (isdigit((unsigned char)s[at]))
		at++;
	if (s[at] == '.') {
		at++;
		while (isdigit((unsigned char)s[at]))
			at++;
	}
	if ((s[at] == 'e' || s[at] == 'E') &&
	    (isdigit((unsigned char)s[at + 1]) ||
	     ((s[at + 1] == '-' || s[at + 1] == '+') && isdigit((unsigned char)s[at + 2])))) {
		at += 2;
		while (isdigit((unsigned char)s[at]))
			at++;
	}
	digits = at;
	if (strncasecmp(s + at, "bd", 2) == 0 && !is_word_char(s[at + 2]))
		at += 2;
	else if (s[at] != '\0' && strchr("lLsSyYdDfF", s[at]) != NULL && !is_word_char(s[at + 1]))
		at++;
	if (is_word_char(s[at])) {
		while (is_word_char(s[at]))
			at++;
		tok->kind = TOK_BAD;
		return at;
	}
	tok->kind = TOK_NUMBER;
	tok->text = xstrndup(s + start, digits - start);
	return at;
}

static size_t
lex_word(const char *s, size_t at, struct sql_token *tok)
{
	size_t start = at;

	while (is_word_char(s[at]))
		at++;
	tok->text = xstrndup(s + start, at - start);
	tok->kind = TOK_WORD;
	return at;
}

static size_t
lex_operator(const char *s, size_t at, struct sql_token *tok)
{
	size_t len = 1;

	for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
		if (strncmp(s + at, operators[i], strlen(operators[i])) == 0) {
			len = strlen(operators[i]);
			break;
		}
	}
	tok->kind = strchr("()[],;.+-*/%<>=!&|^~?{}:@#$", s[at]) != NULL ? TOK_OP : TOK_BAD;
	tok->text = xstrndup(s + at, len);
	return at + len;
}

static size_t
lex_one(const char *s, size_t at, struct sql_token *tok)
{
	if (s[at] == '\'' || s[at] == '"' || s[at] == '`')
		return lex_quoted(s, at, false, tok);
	if ((s[at] == 'r' || s[at] == 'R') && (s[at + 1] == '\'' || s[at + 1] == '"'))
		return lex_quoted(s, at + 1, true, tok);
	if (isdigit((unsigned char)s[at]) || (s[at] == '.' && isdigit((unsigned char)s[at + 1])))
		return lex_number(s, at, tok);
	if (is_word_char(s[at]))
		return lex_word(s, at, tok);
	if (s[at] == ':' && is_word_char(s[at + 1])) {
		at = lex_word(s, at + 1, tok);
		tok->kind = TOK_PARAM;
		return at;
	}
	return lex_operator(s, at, tok);
}

void
sql_lex(const char *source, struct sql_tokens *out)
{
	size_t cap = 0, at = skip_space(source, 0);

	memset(out, 0, sizeof(*out));
	out->source = source;
	for (;;) {
		struct sql_token tok = { .kind = TOK_END, .pos = at };

		if (source[at] != '\0' && out->count < MAX_TOKENS)
			at = lex_one(source, at, &tok);
		tok.len = at - tok.pos;
		if (tok.text == NULL)
			/* a text for tokens of every kind, also for unfinished quotes and the
			 * end */
			tok.text = xstrdup("");
		if (out->count + 1 > cap) {
			cap = cap * 2 + 64;
			out->list = xrealloc(out->list, cap * sizeof(*out->list));
		}
		out->list[out->count] = tok;
		if (tok.kind == TOK_END)
			return;
		out->count++;
		at = skip_space(source, at);
	}
}

void
sql_tokens_fini(struct sql_tokens *tokens)
{
	for (size_t i = 0; i <= tokens->count && tokens->list != NULL; i++)
		free(tokens->list[i].text);
	free(tokens->list);
	memset(tokens, 0, sizeof(*tokens));
}

bool
tok_is(const struct sql_token *tok, const char *word)
{
	return (tok->kind == TOK_WORD || tok->kind == TOK_OP) && strcasecmp(tok->text, word) == 0;
}

static int
compare_word(const void *key, const void *row)
{
	return strcasecmp(key, *(const char *const *)row);
}

bool
tok_is_reserved(const struct sql_token *tok)
{
	return tok->kind == TOK_WORD && bsearch(tok->text, reserved, ARRAY_SIZE(reserved),
						sizeof(reserved[0]), compare_word) != NULL;
}

bool
tok_is_name(const struct sql_token *tok)
{
	return tok->kind == TOK_QUOTED || (tok->kind == TOK_WORD && !tok_is_reserved(tok));
}

const struct sql_token *
cur_ahead(const struct sql_cursor *c, size_t n)
{
	size_t at = c->at + n;

	return &c->tokens->list[at < c->tokens->count ? at : c->tokens->count];
}

const struct sql_token *
cur_peek(const struct sql_cursor *c)
{
	return cur_ahead(c, 0);
}

const struct sql_token *
cur_next(struct sql_cursor *c)
{
	const struct sql_token *tok = cur_peek(c);

	if (tok->kind != TOK_END)
		c->at++;
	return tok;
}

bool
cur_accept(struct sql_cursor *c, const char *words)
{
	size_t n = 0;

	while (*words != '\0') {
		size_t len = strcspn(words, " ");
		const struct sql_token *tok = cur_ahead(c, n);

		if ((tok->kind != TOK_WORD && tok->kind != TOK_OP) || strlen(tok->text) != len ||
		    strncasecmp(tok->text, words, len) != 0)
			return false;
		n++;
		words += len;
		words += *words == ' ';
	}
	c->at += n;
	return true;
}

size_t
tokens_skip_parens(const struct sql_tokens *tokens, size_t open)
{
	int depth = 0;

	for (size_t i = open; i < tokens->count; i++) {
		if (tok_is(&tokens->list[i], "("))
			depth++;
		else if (tok_is(&tokens->list[i], ")") && --depth == 0)
			return i + 1;
	}
	return tokens->count;
}

/* Splits a script at semicolons. The lexer skips comments and quotes. */
struct json_object *
sql_split(const char *script)
{
	struct json_object *list = json_object_new_array();
	struct sql_tokens tokens;
	size_t start = 0;

	sql_lex(script, &tokens);
	for (size_t i = 0; i <= tokens.count; i++) {
		const struct sql_token *tok = &tokens.list[i];

		if (i < tokens.count && !tok_is(tok, ";"))
			continue;
		if (i > start) {
			const struct sql_token *last = &tokens.list[i - 1];
			size_t from = tokens.list[start].pos;

			json_object_array_add(list,
					      json_object_new_string_len(script + from,
									 (int)(last->pos +
									       last->len - from)));
		}
		start = i + 1;
	}
	sql_tokens_fini(&tokens);
	return list;
}
