/* SPDX-License-Identifier: Apache-2.0 */
/* Reads names in statements: a.b.c, IDENTIFIER(...), information_schema, range(...); and writes
 * table references in the form of SQLite. */
#include "sql/sql.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_PARTS = 8 };

char *
sql_string(const char *text)
{
	char *sqlite = sqlite3_mprintf("%Q", text), *out = xstrdup(sqlite);

	sqlite3_free(sqlite);
	return out;
}

char *
sql_name(const char *text)
{
	char *sqlite = sqlite3_mprintf("\"%w\"", text), *out = xstrdup(sqlite);

	sqlite3_free(sqlite);
	return out;
}

void
free_parts(char **parts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(parts[i]);
}

/* Reads a name such as "a.`b c`.d" from a parameter or a string literal. */
static bool
split_identifier(struct sql_run *run, const char *text, char **parts, size_t max, size_t *n)
{
	struct sql_tokens tokens;
	bool ok = true;

	sql_lex(text, &tokens);
	for (size_t i = 0; ok && i < tokens.count; i += 2) {
		const struct sql_token *tok = &tokens.list[i];

		ok = (tok->kind == TOK_WORD || tok->kind == TOK_QUOTED) && *n < max &&
		     (i + 1 == tokens.count || tok_is(&tokens.list[i + 1], "."));
		if (ok)
			parts[(*n)++] = xstrdup(tok->text);
	}
	sql_tokens_fini(&tokens);
	if (ok && *n > 0)
		return true;
	return sql_fail(run, "42601",
			"[PARSE_SYNTAX_ERROR] '%.200s' is not an identifier. "
			"SQLSTATE: 42601",
			text);
}

static bool
parse_identifier_clause(struct sql_run *run, struct sql_cursor *c, char **parts, size_t max,
			size_t *n)
{
	const struct sql_token *arg;
	struct sql_type type;
	const char *text;
	bool found;

	c->at += 2; /* IDENTIFIER ( */
	arg = cur_next(c);
	if (arg->kind == TOK_PARAM) {
		text = param_value(run->query, arg->text, &type, &found);
		if (text == NULL)
			return sql_fail(run, "42P02",
					"[UNBOUND_SQL_PARAMETER] Found the unbound "
					"parameter: %s. SQLSTATE: 42P02",
					arg->text);
	} else if (arg->kind == TOK_STRING) {
		text = arg->text;
	} else {
		return sql_fail_syntax(run, arg);
	}
	if (!split_identifier(run, text, parts, max, n))
		return false;
	return cur_accept(c, ")") || sql_fail_syntax(run, cur_peek(c));
}

bool
parse_parts(struct sql_run *run, struct sql_cursor *c, char **parts, size_t max, size_t *n)
{
	*n = 0;
	if (tok_is(cur_peek(c), "IDENTIFIER") && tok_is(cur_ahead(c, 1), "("))
		return parse_identifier_clause(run, c, parts, max, n);
	for (;;) {
		const struct sql_token *tok = cur_peek(c);
		bool ok =
		    *n == 0 ? tok_is_name(tok) : tok->kind == TOK_WORD || tok->kind == TOK_QUOTED;

		if (!ok || *n == max) {
			free_parts(parts, *n);
			*n = 0;
			return sql_fail_syntax(run, tok);
		}
		parts[(*n)++] = xstrdup(cur_next(c)->text);
		if (!cur_accept(c, "."))
			return true;
	}
}

bool
parse_name(struct sql_run *run, struct sql_cursor *c, struct table_name *out)
{
	const struct sql_token *start = cur_peek(c);
	char *parts[MAX_PARTS];
	size_t n;
	bool ok;

	if (!parse_parts(run, c, parts, MAX_PARTS, &n))
		return false;
	ok = name_resolve(run->conn->session, parts, n, out);
	free_parts(parts, n);
	if (!ok)
		return sql_fail(run, "42601",
				"[INVALID_IDENTIFIER] The name `%.*s` is invalid: at "
				"most three parts of at most 255 characters, without periods, "
				"spaces or slashes. SQLSTATE: 42601",
				(int)start->len, run->tokens.source + start->pos);
	return true;
}

bool
parse_type(struct sql_run *run, struct sql_cursor *c, struct sql_type *out)
{
	const struct sql_token *start = cur_peek(c);
	struct buf text = BUF(1000);
	int angle = 0, paren = 0;
	bool ok;

	if (start->kind != TOK_WORD)
		return sql_fail_syntax(run, start);
	buf_puts(&text, cur_next(c)->text);
	while (cur_peek(c)->kind != TOK_END &&
	       (angle > 0 || paren > 0 || tok_is(cur_peek(c), "<") || tok_is(cur_peek(c), "("))) {
		const struct sql_token *tok = cur_next(c);

		angle += tok_is(tok, "<") - tok_is(tok, ">") - 2 * tok_is(tok, ">>");
		paren += tok_is(tok, "(") - tok_is(tok, ")");
		if (tok->kind == TOK_WORD && buf_ok(&text) &&
		    strchr("<>,:(", text.data[text.len - 1]) == NULL)
			buf_puts(&text, " ");
		buf_puts(&text, tok->text != NULL ? tok->text : "");
	}
	ok = buf_ok(&text) && type_parse(text.data, out);
	buf_fini(&text);
	if (!ok)
		return sql_fail(run, "0A000",
				"[UNSUPPORTED_DATATYPE] Unsupported data type "
				"\"%.*s\". "
				"SQLSTATE: 0A000",
				(int)start->len, run->tokens.source + start->pos);
	return true;
}

bool
expect_end(struct sql_run *run, struct sql_cursor *c)
{
	return cur_peek(c)->kind == TOK_END || sql_fail_syntax(run, cur_peek(c));
}

/* ---- table references in a query ---- */

static bool
alias_follows(const struct sql_token *tok)
{
	return tok_is(tok, "AS") || tok_is_name(tok);
}

static void
emit_alias(struct rewritten *rw, size_t src, const char *alias)
{
	emit(rw, 'k', src, xstrdup("AS"));
	emit(rw, 'n', src, sql_name(alias));
}

/* Arguments of range() may be numbers, parameters and arithmetic; they are copied unchanged. */
static bool
range_arguments(struct sql_run *run, size_t open, size_t close, char **args, size_t *n)
{
	struct buf text = BUF(MAX_MADE);

	for (size_t i = open + 1; i < close; i++) {
		const struct sql_token *tok = &run->tokens.list[i];
		bool comma = tok_is(tok, ",");

		if (!comma && tok->kind != TOK_NUMBER && tok->kind != TOK_PARAM &&
		    (tok->kind != TOK_OP || strchr("+-*()", tok->text[0]) == NULL)) {
			buf_fini(&text);
			return sql_fail_syntax(run, tok);
		}
		if (!comma)
			buf_printf(&text, " %s%s", tok->kind == TOK_PARAM ? ":" : "", tok->text);
		if (comma || i + 1 == close) {
			if (*n == 3 || text.len == 0) {
				buf_fini(&text);
				return sql_fail_syntax(run, tok);
			}
			args[(*n)++] = buf_text(&text);
		}
	}
	buf_fini(&text);
	return *n > 0 || sql_fail_syntax(run, &run->tokens.list[close]);
}

static bool
emit_range(struct sql_run *run, struct rewritten *rw, size_t *at, bool alias)
{
	size_t open = *at + 1, end = tokens_skip_parens(&run->tokens, open), n = 0;
	size_t src = run->tokens.list[*at].pos;
	char *args[3] = { NULL };
	bool ok = range_arguments(run, open, end - 1, args, &n);

	if (ok) {
		const char *from = n == 1 ? "0" : args[0], *to = n == 1 ? args[0] : args[1];
		const char *step = n == 3 ? args[2] : "1";

		emit(
		    rw, ')', src,
		    xprintf("(WITH RECURSIVE _range(id) AS (SELECT (%s) WHERE (%s) < (%s) UNION ALL"
			    " SELECT id + (%s) FROM _range WHERE id + (%s) < (%s)) SELECT id FROM "
			    "_range)",
			    from, from, to, step, step, to));
		*at = end;
		rw->has_range = true;
		if (alias && !alias_follows(&run->tokens.list[*at]))
			emit_alias(rw, src, "range");
	}
	free_parts(args, n);
	return ok;
}

static bool
emit_information_schema(struct sql_run *run, struct rewritten *rw, const struct table_name *name,
			size_t src)
{
	static const char *const views[][2] = {
		{ "catalogs", "catalog_name" }, { "schemata", "catalog_name" },
		{ "tables", "table_catalog" },	{ "columns", "table_catalog" },
		{ "views", "table_catalog" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(views); i++) {
		if (strcmp(name->table, views[i][0]) != 0)
			continue;
		if (strcmp(name->catalog, "system") == 0)
			emit(rw, ')', src, xprintf("(SELECT * FROM _is_%s)", views[i][0]));
		else
			emit(rw, ')', src,
			     xprintf("(SELECT * FROM _is_%s WHERE %s = '%s')", views[i][0],
				     views[i][1], name->catalog));
		return true;
	}
	return sql_fail_table(run, name, src);
}

static void
remember_table(struct rewritten *rw, const struct table_name *name)
{
	rw->tables = xrealloc(rw->tables, (rw->table_count + 1) * sizeof(*rw->tables));
	rw->tables[rw->table_count++] = *name;
}

bool
emit_table(struct sql_run *run, struct rewritten *rw, size_t *at, bool alias)
{
	struct sql_cursor c = { &run->tokens, *at };
	const struct sql_token *tok = cur_peek(&c);
	struct table_name name;
	size_t src = tok->pos;

	if (tok_is(tok, "range") && tok_is(cur_ahead(&c, 1), "("))
		return emit_range(run, rw, at, alias);
	if (tok_is_name(tok) && !tok_is(cur_ahead(&c, 1), ".") && is_cte(rw, tok->text)) {
		emit(rw, 'n', src, sql_name(tok->text));
		(*at)++;
		return true;
	}
	if (!parse_name(run, &c, &name))
		return false;
	*at = c.at;
	if (strcmp(name.schema, "information_schema") == 0 &&
	    lake_has_catalog(run->conn, name.catalog)) {
		if (!emit_information_schema(run, rw, &name, src))
			return false;
	} else if (lake_table_type(run->conn, &name) == NULL) {
		return sql_fail_table(run, &name, src);
	} else {
		emit(rw, 'n', src, name_mangled(&name));
		remember_table(rw, &name);
	}
	if (alias && !alias_follows(cur_peek(&c)))
		emit_alias(rw, src, name.table);
	return true;
}
