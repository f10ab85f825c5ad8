/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Translates Databricks' dialect to SQLite's, token by token: table names, back-ticks, operators,
 * casts, intervals, functions with other names, GROUP BY ALL, and a name for every result column.
 */
#include "sql/rewrite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void
emit(struct rewritten *rw, char kind, size_t src, char *text)
{
	if (rw->out_count == rw->out_cap) {
		rw->out_cap = rw->out_cap * 2 + 64;
		rw->out = xrealloc(rw->out, rw->out_cap * sizeof(*rw->out));
	}
	rw->out[rw->out_count++] = (struct out_token){ text, src, kind };
}

void
rewrite_put(struct rewriter *r, char kind, const char *text)
{
	emit(r->rw, kind, r->list[r->at].pos, xstrdup(text));
}

static struct frame *
top(struct rewriter *r)
{
	return &r->frames[r->depth];
}

const struct sql_token *
rewrite_ahead(const struct rewriter *r, size_t n)
{
	size_t at = r->at + n;

	return &r->list[at < r->to ? at : r->run->tokens.count];
}

static const struct out_token *
last_out(const struct rewriter *r)
{
	static const struct out_token none = { NULL, 0, 'k' };

	return r->rw->out_count > 0 ? &r->rw->out[r->rw->out_count - 1] : &none;
}

/* ---- names ---- */

static bool
qualified_name(struct rewriter *r)
{
	size_t start = r->at, parts = 1, first;

	while (tok_is(rewrite_ahead(r, 1), ".") &&
	       (rewrite_ahead(r, 2)->kind == TOK_WORD || rewrite_ahead(r, 2)->kind == TOK_QUOTED)) {
		r->at += 2;
		parts++;
	}
	if (parts > 1 && tok_is(rewrite_ahead(r, 1), "(")) {
		const struct sql_token *a = &r->list[start], *z = &r->list[r->at];

		return sql_fail(r->run, "42883",
				"[UNRESOLVED_ROUTINE] Cannot resolve routine "
				"`%.*s`"
				". SQLSTATE: 42883",
				(int)(z->pos + z->len - a->pos), r->run->tokens.source + a->pos);
	}
	first = tok_is(rewrite_ahead(r, 1), ".") && tok_is(rewrite_ahead(r, 2), "*") ? r->at
	      : parts >= 2							     ? r->at - 2
			   : r->at; /* Writes table.column, or the table of table.* */
	for (size_t i = first; i <= r->at; i += 2) {
		if (i > first)
			emit(r->rw, '.', r->list[i].pos, xstrdup("."));
		emit(r->rw, 'n', r->list[i].pos, sql_name(r->list[i].text));
	}
	r->at++;
	return true;
}

static bool
is_unit(const struct sql_token *tok)
{
	static const char *const units[] = { "YEAR",   "QUARTER",     "MONTH",	    "WEEK",
					     "DAY",    "DAYOFYEAR",   "HOUR",	    "MINUTE",
					     "SECOND", "MILLISECOND", "MICROSECOND" };

	for (size_t i = 0; tok->kind == TOK_WORD && i < ARRAY_SIZE(units); i++)
		if (strcasecmp(tok->text, units[i]) == 0)
			return true;
	return false;
}

/* Writes the name of a function, which the parenthesis follows. dateadd(DAY, ...) gets its unit as
 * text. */
static bool
function_call(struct rewriter *r)
{
	char *lower = text_fold(r->list[r->at].text);
	const char *renamed = function_rename(lower);
	bool extract = strcmp(lower, "extract") == 0;

	rewrite_put(r, 'f', renamed != NULL ? renamed : lower);
	free(lower);
	r->at++;
	if (is_unit(rewrite_ahead(r, 1)) && tok_is(rewrite_ahead(r, 2), extract ? "FROM" : ",")) {
		rewrite_put(r, '(', "(");
		if (++r->depth == MAX_DEPTH)
			return sql_fail_syntax(r->run, &r->list[r->at]);
		*top(r) = (struct frame){ .kind = 'f' };
		r->at++;
		emit(r->rw, 'l', r->list[r->at].pos, sql_string(r->list[r->at].text));
		rewrite_put(r, 'o', ",");
		r->at += 2;
	}
	return true;
}

/* ---- keywords ---- */

static void
ordinals(struct rewriter *r, bool without_aggregates)
{
	bool first = true;

	for (size_t i = 0; i < r->select.count; i++) {
		const struct select_item *item = &r->select.items[i];

		if (without_aggregates && expr_has_aggregate(&r->run->tokens, item->from, item->to))
			continue;
		emit(r->rw, 'l', r->list[r->at].pos, xprintf("%s%zu", first ? "" : ", ", i + 1));
		first = false;
	}
	if (first)
		emit(r->rw, 'l', r->list[r->at].pos, xstrdup("NULL"));
}

/* Expands GROUP BY ALL and ORDER BY ALL of the outermost query. */
static bool
by_all(struct rewriter *r)
{
	bool group = tok_is(&r->list[r->at], "GROUP");

	if (r->depth > 0 || r->select.count == 0 || !tok_is(rewrite_ahead(r, 1), "BY") ||
	    !tok_is(rewrite_ahead(r, 2), "ALL"))
		return false;
	rewrite_put(r, 'k', group ? "GROUP BY" : "ORDER BY");
	ordinals(r, group);
	r->at += 3;
	return true;
}

static void
clause_starts(struct rewriter *r, const struct sql_token *tok)
{
	struct frame *f = top(r);
	bool function_from = f->kind == 'f' && !f->select_seen;
	const struct sql_token *before = r->at > 0 ? &r->list[r->at - 1] : tok;

	if (tok_is(tok, "FROM") && !function_from && !tok_is(before, "DISTINCT")) {
		f->in_from = f->want_table = true;
	} else if (tok_is(tok, "JOIN") || tok_is(tok, "UPDATE")) {
		f->want_table = true;
	} else if (tok_is(tok, "INTO")) {
		f->want_table = f->no_alias = true;
	} else if (tok_is(tok, "SELECT")) {
		f->select_seen = true;
		f->in_from = f->no_alias = false;
	} else if (tok_is(tok, "WHERE") || tok_is(tok, "GROUP") || tok_is(tok, "HAVING") ||
		   tok_is(tok, "ORDER") || tok_is(tok, "LIMIT") || tok_is(tok, "UNION") ||
		   tok_is(tok, "EXCEPT") || tok_is(tok, "INTERSECT") || tok_is(tok, "WINDOW") ||
		   tok_is(tok, "SET")) {
		f->in_from = false;
	}
}

static bool
keyword(struct rewriter *r)
{
	static const char *const other[][2] = { { "MINUS", "EXCEPT" },
						{ "RLIKE", "REGEXP" },
						{ "ILIKE", "MATCH" } };
	const struct sql_token *tok = &r->list[r->at];
	char *upper = xstrdup(tok->text);

	if ((tok_is(tok, "GROUP") || tok_is(tok, "ORDER")) && by_all(r)) {
		free(upper);
		return true;
	}
	if (tok_is(tok, "LIMIT") && tok_is(rewrite_ahead(r, 1), "ALL")) {
		free(upper);
		r->at += 2;
		return true;
	}
	clause_starts(r, tok);
	for (char *p = upper; *p != '\0'; p++)
		*p = (char)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p);
	for (size_t i = 0; i < 3; i++) {
		if (strcmp(upper, other[i][0]) == 0) {
			free(upper);
			upper = xstrdup(other[i][1]);
		}
	}
	emit(r->rw, 'k', tok->pos, upper);
	r->at++;
	return true;
}

/* Words that are keywords only in certain positions. */
static bool
contextual(const struct rewriter *r)
{
	const struct sql_token *tok = &r->list[r->at];
	const struct out_token *before = last_out(r);
	bool after_close = before->kind == ')';

	if (tok->kind != TOK_WORD || tok_is(rewrite_ahead(r, 1), "."))
		return false;
	if (r->frames[r->depth].kind == 'o')
		return tok_is(tok, "PARTITION") || tok_is(tok, "ROWS") || tok_is(tok, "RANGE") ||
		       tok_is(tok, "UNBOUNDED") || tok_is(tok, "PRECEDING") ||
		       tok_is(tok, "FOLLOWING") || tok_is(tok, "CURRENT") || tok_is(tok, "ROW") ||
		       tok_is(tok, "NULLS") || tok_is(tok, "FIRST") || tok_is(tok, "LAST");
	if (before->kind == 'k' && before->text != NULL && strcmp(before->text, "NULLS") == 0)
		return tok_is(tok, "FIRST") || tok_is(tok, "LAST");
	if (before->kind == 'k' && before->text != NULL && strcmp(before->text, "WITH") == 0)
		return tok_is(tok, "RECURSIVE");
	return (tok_is(tok, "NULLS") &&
		(tok_is(rewrite_ahead(r, 1), "FIRST") || tok_is(rewrite_ahead(r, 1), "LAST"))) ||
	       (after_close && (tok_is(tok, "OVER") ||
				(tok_is(tok, "FILTER") && tok_is(rewrite_ahead(r, 1), "("))));
}

/* ---- one token ---- */

static bool
word(struct rewriter *r)
{
	const struct sql_token *tok = &r->list[r->at], *next = rewrite_ahead(r, 1);

	if ((tok_is(tok, "CAST") || tok_is(tok, "TRY_CAST")) && tok_is(next, "(")) {
		rewrite_put(r, 'f', tok_is(tok, "CAST") ? "_cast" : "_try_cast");
		r->at++;
		return true;
	}
	if (tok_is(tok, "AS") && top(r)->kind == 'c') {
		struct sql_cursor c = { &r->run->tokens, r->at + 1 };
		struct sql_type type;

		if (!parse_type(r->run, &c, &type))
			return false;
		postfix_type(r, &type, false);
		r->at = c.at;
		return true;
	}
	if ((tok_is(tok, "DATE") || tok_is(tok, "TIMESTAMP")) && next->kind == TOK_STRING) {
		emit(r->rw, 'f', tok->pos, xstrdup("_cast"));
		rewrite_put(r, '(', "(");
		emit(r->rw, 'l', next->pos, sql_string(next->text));
		rewrite_put(r, 'o', ",");
		rewrite_put(r, 'l', tok_is(tok, "DATE") ? "'DATE'" : "'TIMESTAMP'");
		rewrite_put(r, ')', ")");
		r->at += 2;
		return true;
	}
	if (tok_is(tok, "X") && next->kind == TOK_STRING) {
		emit(r->rw, 'l', tok->pos, xprintf("x'%s'", next->text));
		r->at += 2;
		return true;
	}
	if (tok_is(tok, "DIV") && last_out(r)->kind != 'o' && last_out(r)->kind != 'k') {
		return postfix_divide(r);
	}
	if (contextual(r))
		return keyword(r);
	if (tok_is(next, "(") &&
	    (!tok_is_reserved(tok) || tok_is(tok, "LEFT") || tok_is(tok, "RIGHT")))
		return function_call(r);
	if (tok_is_reserved(tok))
		return keyword(r);
	if (!tok_is(next, ".") && function_rename(tok->text) != NULL &&
	    strncasecmp(tok->text, "current_", 8) == 0) {
		emit(r->rw, 'f', tok->pos, xstrdup(function_rename(tok->text)));
		rewrite_put(r, '(', "(");
		rewrite_put(r, ')', ")");
		r->at++;
		return true;
	}
	return qualified_name(r);
}

static bool
open_paren(struct rewriter *r)
{
	const struct out_token *before = last_out(r);
	char kind = 'q';

	if (before->kind == 'f')
		kind = strcmp(before->text, "_cast") == 0 || strcmp(before->text, "_try_cast") == 0
			 ? 'c'
			 : 'f';
	else if (before->kind == 'k' && before->text != NULL &&
		 (strcmp(before->text, "OVER") == 0 ||
		  (r->rw->out_count >= 3 && strcmp(before->text, "AS") == 0 &&
		   strcmp(r->rw->out[r->rw->out_count - 3].text, "WINDOW") == 0)))
		kind = 'o';
	top(r)->want_table = false;
	rewrite_put(r, '(', "(");
	r->at++;
	if (++r->depth == MAX_DEPTH)
		return sql_fail_syntax(r->run, &r->list[r->at - 1]);
	*top(r) = (struct frame){ .kind = kind };
	return true;
}

static bool
operator(struct rewriter *r)
{
	static const char *const same[][2] = { { "==", "=" }, { "<=>", "IS" }, { "!", "NOT" } };
	const struct sql_token *tok = &r->list[r->at];
	const char *text = tok->text;
	bool star;

	if (tok_is(tok, "("))
		return open_paren(r);
	if (tok_is(tok, "::"))
		return postfix_cast(r);
	if (tok_is(tok, "/") || tok_is(tok, "%"))
		return postfix_divide(r);
	if ((tok_is(tok, "+") || tok_is(tok, "-")) && tok_is(rewrite_ahead(r, 1), "INTERVAL"))
		return postfix_interval(r);
	if (tok_is(tok, ")") || tok_is(tok, "]")) {
		if (r->depth == 0 || (top(r)->kind == '[') != tok_is(tok, "]"))
			return sql_fail_syntax(r->run, tok);
		r->depth--;
		rewrite_put(r, ')', ")");
		r->at++;
		return true;
	}
	if (tok_is(tok, "[")) {
		if (!postfix_wrap(r, "_at") || ++r->depth == MAX_DEPTH)
			return sql_fail_syntax(r->run, tok);
		*top(r) = (struct frame){ .kind = '[' };
		rewrite_put(r, 'o', ",");
		r->at++;
		return true;
	}
	if (strchr(";?:@#${}^", text[0]) != NULL || tok_is(tok, "->") || tok_is(tok, "=>"))
		return sql_fail_syntax(r->run, tok);
	if (tok_is(tok, ",") && top(r)->in_from)
		top(r)->want_table = true;
	for (size_t i = 0; i < 3; i++)
		if (strcmp(text, same[i][0]) == 0)
			text = same[i][1];
	star = strcmp(text, "*") == 0 && last_out(r)->kind == '.';
	rewrite_put(r, star ? 'n' : 'o', text);
	r->at++;
	return true;
}

static bool
one_token(struct rewriter *r)
{
	const struct sql_token *tok = &r->list[r->at];

	if (top(r)->want_table && (tok_is(tok, "VALUES") ||
				   (tok_is(tok, "(") && tok_is(rewrite_ahead(r, 1), "VALUES")))) {
		top(r)->want_table = false;
		return rewrite_values(r);
	}
	if (top(r)->want_table && tok_is_name(tok)) {
		if (tok_is(tok, "TABLE") && tok_is_name(rewrite_ahead(r, 1))) {
			r->at++;
			return true;
		}
		top(r)->want_table = false;
		return emit_table(r->run, r->rw, &r->at, !top(r)->no_alias);
	}
	switch (tok->kind) {
	case TOK_WORD: return word(r);
	case TOK_QUOTED: return qualified_name(r);
	case TOK_STRING:
		emit(r->rw, 'l', tok->pos, sql_string(tok->text));
		r->at++;
		return true;
	case TOK_NUMBER:
		rewrite_put(r, 'l', tok->text);
		r->at++;
		return true;
	case TOK_PARAM:
		emit(r->rw, 'l', tok->pos, xprintf(":%s", tok->text));
		r->at++;
		return true;
	case TOK_OP: return operator(r);
	default: return sql_fail_syntax(r->run, tok);
	}
}

/* ---- the whole ---- */

/* The names that are defined after WITH. */
static void
collect_ctes(struct rewriter *r)
{
	const struct sql_tokens *tokens = &r->run->tokens;

	for (size_t i = r->at; i < r->to; i++) {
		if (!tok_is(&r->list[i], "WITH"))
			continue;
		i += tok_is(&r->list[i + 1], "RECURSIVE") ? 2 : 1;
		while (i < r->to && tok_is_name(&r->list[i])) {
			r->rw->ctes =
			    xrealloc(r->rw->ctes, (r->rw->cte_count + 1) * sizeof(*r->rw->ctes));
			r->rw->ctes[r->rw->cte_count++] = xstrdup(r->list[i].text);
			i++;
			if (tok_is(&r->list[i], "("))
				i = tokens_skip_parens(tokens, i);
			if (!tok_is(&r->list[i], "AS") || !tok_is(&r->list[i + 1], "("))
				break;
			i = tokens_skip_parens(tokens, i + 1);
			if (!tok_is(&r->list[i], ","))
				break;
			i++;
		}
		i = i > r->at ? i - 1 : i;
	}
}

bool
is_cte(const struct rewritten *rw, const char *name)
{
	for (size_t i = 0; i < rw->cte_count; i++)
		if (strcasecmp(rw->ctes[i], name) == 0)
			return true;
	return false;
}

bool
rewrite_close_at(struct rewriter *r, size_t at, size_t resume, char *text)
{
	if (r->closer_count == MAX_CLOSERS) {
		free(text);
		return sql_fail_syntax(r->run, &r->list[r->at]);
	}
	r->closers[r->closer_count++] = (struct closer){ at, resume, text };
	return true;
}

static bool
close_due(struct rewriter *r)
{
	struct closer *due = &r->closers[r->closer_count > 0 ? r->closer_count - 1 : 0];

	if (r->closer_count == 0 || due->at != r->at)
		return false;
	emit(r->rw, ')', r->list[r->at].pos, due->text);
	r->at = due->resume;
	r->closer_count--;
	return true;
}

/* After an unnamed expression of the outermost select list: writes AS and the text of the
 * expression. */
static void
name_item(struct rewriter *r)
{
	const struct select_item *item = &r->select.items[r->item++];
	const struct sql_token *a = &r->list[item->from], *z = &r->list[item->to - 1];
	size_t len = z->pos + z->len - a->pos;
	char *text;

	if (item->has_alias || item->star || item->simple)
		return;
	text = xstrndup(r->run->tokens.source + a->pos, len < MAX_ALIAS ? len : MAX_ALIAS);
	emit(r->rw, 'k', a->pos, xstrdup("AS"));
	emit(r->rw, 'n', a->pos, sql_name(text));
	free(text);
}

static void
join(struct rewritten *rw)
{
	struct buf sql = BUF(MAX_MADE);

	for (size_t i = 0; i < rw->out_count; i++) {
		buf_puts(&sql, rw->out[i].text);
		buf_add(&sql, " ", 1);
	}
	rw->sql = buf_text(&sql);
}

bool
sql_rewrite(struct sql_run *run, size_t from, size_t to, struct rewritten *out)
{
	struct rewriter *r = xcalloc(1, sizeof(*r));
	bool ok = true;

	memset(out, 0, sizeof(*out));
	*r = (struct rewriter){
		.run = run, .list = run->tokens.list, .at = from, .to = to, .rw = out
	};
	r->frames[0].kind = 'q';
	collect_ctes(r);
	select_list_find(&run->tokens, from, to, &r->select);
	while (ok && r->at < to) {
		if (close_due(r))
			continue;
		if (r->item < r->select.count && r->at == r->select.items[r->item].to)
			name_item(r);
		ok = one_token(r);
	}
	while (ok && close_due(r))
		continue;
	if (ok && r->item < r->select.count && r->at == r->select.items[r->item].to)
		name_item(r);
	if (ok && r->depth > 0)
		ok = sql_fail_syntax(run, &run->tokens.list[to]);
	if (ok)
		join(out);
	while (r->closer_count > 0)
		free(r->closers[--r->closer_count].text);
	select_list_fini(&r->select);
	free(r);
	return ok;
}

void
rewritten_fini(struct rewritten *rw)
{
	for (size_t i = 0; i < rw->out_count; i++)
		free(rw->out[i].text);
	free_parts(rw->ctes, rw->cte_count);
	free(rw->ctes);
	free(rw->out);
	free(rw->sql);
	free(rw->tables);
	free(rw->types);
	memset(rw, 0, sizeof(*rw));
}
