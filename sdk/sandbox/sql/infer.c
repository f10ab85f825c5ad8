/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Result types. SQLite knows the declared type of a column that a query returns unchanged, but not
 * of an expression. The types of the outermost select list are inferred here by Spark's rules
 * (decimals widen, "/" divides as double, sum(int) is BIGINT, ...). An unknown type is taken from
 * the value in the first row.
 */
#include "sql/sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_REFS = 512, MAX_SINGLE_PROBES = 64, MAX_NESTING = 100 };

struct column_ref {
	size_t from, to; /* tokens a . b */
	struct sql_type type;
};

struct infer {
	struct sql_run *run;
	const struct sql_token *list;
	struct column_ref *refs;
	size_t ref_count;
	int nesting;
};

static void type_of(struct infer *f, size_t from, size_t to, struct sql_type *out);

static void
unknown(struct sql_type *out)
{
	memset(out, 0, sizeof(*out));
	out->precision = out->scale = -1;
}

static void
decimal(struct sql_type *out, int precision, int scale)
{
	if (precision > 38) {
		int whole = precision - scale, least = scale < 6 ? scale : 6;

		scale = 38 - whole > least ? 38 - whole : least;
		precision = 38;
	}
	unknown(out);
	out->name = "DECIMAL";
	out->precision = precision;
	out->scale = scale;
	snprintf(out->text, sizeof(out->text), "DECIMAL(%d,%d)", precision, scale);
}

static bool
is_integer(const struct sql_type *t)
{
	return type_is(t, "INT") || type_is(t, "LONG") || type_is(t, "SHORT") || type_is(t, "BYTE");
}

static bool
is_inexact(const struct sql_type *t)
{
	return type_is(t, "DOUBLE") || type_is(t, "FLOAT") || type_is(t, "STRING");
}

static void
as_decimal(const struct sql_type *t, int *precision, int *scale)
{
	*precision = type_is(t, "DECIMAL") ? t->precision : type_is(t, "LONG") ? 20 : 10;
	*scale = type_is(t, "DECIMAL") ? t->scale : 0;
}

static void
decimal_result(char op, const struct sql_type *a, const struct sql_type *b, struct sql_type *out)
{
	int p1, s1, p2, s2, s, whole;

	as_decimal(a, &p1, &s1);
	as_decimal(b, &p2, &s2);
	if (op == '*') {
		decimal(out, p1 + p2 + 1, s1 + s2);
		return;
	}
	if (op == '/') {
		s = s1 + p2 + 1 > 6 ? s1 + p2 + 1 : 6;
		decimal(out, p1 - s1 + s2 + s, s);
		return;
	}
	s = s1 > s2 ? s1 : s2;
	whole = p1 - s1 > p2 - s2 ? p1 - s1 : p2 - s2;
	decimal(out, op == '%' ? whole + s : whole + s + 1, s);
}

static void
combine(char op, const struct sql_type *a, const struct sql_type *b, struct sql_type *out)
{
	bool known = a->text[0] != '\0' && b->text[0] != '\0';
	bool integers = is_integer(a) && is_integer(b);

	unknown(out);
	if (known && type_is(a, "DATE") && is_integer(b))
		*out = *a;
	else if (known && (is_inexact(a) || is_inexact(b) || (integers && op == '/')))
		type_set(out, "DOUBLE");
	else if ((type_is(a, "DECIMAL") && (type_is(b, "DECIMAL") || is_integer(b))) ||
		 (type_is(b, "DECIMAL") && is_integer(a)))
		decimal_result(op, a, b, out);
	else if (integers)
		type_set(out,
			 op == 'd' || type_is(a, "LONG") || type_is(b, "LONG") ? "BIGINT" : "INT");
}

/* ---- leaves ---- */

static void
number_type(const struct sql_token *tok, struct sql_type *out)
{
	const char *dot = strchr(tok->text, '.');
	size_t digits = strlen(tok->text);
	char suffix = '\0';

	if (tok->len > digits)
		suffix = tok->len - digits == 1 ? 'L' : 'B';
	if (strpbrk(tok->text, "eE") != NULL)
		type_set(out, "DOUBLE");
	else if (dot != NULL)
		decimal(out,
			(int)digits - 1 > 0
			    ? (int)digits - 1 -
				  (tok->text[0] == '0' && dot == tok->text + 1 ? 1 : 0)
			    : 1,
			(int)strlen(dot + 1));
	else if (suffix == '\0' && strtoll(tok->text, NULL, 10) <= INT32_MAX)
		type_set(out, "INT");
	else
		type_set(out, "BIGINT");
}

static void
leaf_type(struct infer *f, size_t at, struct sql_type *out)
{
	const struct sql_token *tok = &f->list[at];
	bool found;

	if (tok->kind == TOK_NUMBER)
		number_type(tok, out);
	else if (tok->kind == TOK_STRING)
		type_set(out, "STRING");
	else if (tok->kind == TOK_PARAM)
		param_value(f->run->query, tok->text, out, &found);
	else if (tok_is(tok, "TRUE") || tok_is(tok, "FALSE"))
		type_set(out, "BOOLEAN");
	else if (tok_is(tok, "NULL"))
		type_set(out, "VOID");
	else if (tok->kind == TOK_WORD && function_rename(tok->text) != NULL)
		function_type(tok->text, NULL, out);
}

static void
column_type(struct infer *f, size_t from, size_t to, struct sql_type *out)
{
	for (size_t i = 0; i < f->ref_count; i++)
		if (f->refs[i].from == from && f->refs[i].to == to)
			*out = f->refs[i].type;
}

/* ---- operators ---- */

struct split {
	size_t at;
	/* the kind of the result: b boolean, s string, + - * / % d(iv), : cast; 0: no operator */
	char op;
	int level; /* binds weaker = higher */
};

static bool
is_binary_place(struct infer *f, size_t from, size_t at)
{
	const struct sql_token *before;

	if (at == from)
		return false;
	before = &f->list[at - 1];
	return before->kind != TOK_OP || tok_is(before, ")") || tok_is(before, "]");
}

static void
classify(struct infer *f, size_t from, size_t at, struct split *best)
{
	static const char *const boolean[] = { "OR",	  "AND",    "NOT",   "=",      "==", "<",
					       ">",	  "<=",	    ">=",    "<>",     "!=", "<=>",
					       "LIKE",	  "ILIKE",  "RLIKE", "REGEXP", "IN", "IS",
					       "BETWEEN", "EXISTS", "!" };
	static const char *const arithmetic[] = { "+", "-", "*", "/", "%", "DIV" };
	const struct sql_token *tok = &f->list[at];
	struct split found = { at, '\0', 0 };

	for (size_t i = 0; i < ARRAY_SIZE(boolean); i++)
		if (tok_is(tok, boolean[i]))
			found = (struct split){ at, 'b', 5 };
	if (tok_is(tok, "||"))
		found = (struct split){ at, 's', 4 };
	for (size_t i = 0; i < 6; i++)
		if (tok_is(tok, arithmetic[i]) && is_binary_place(f, from, at))
			found =
			    (struct split){ at, i == 5 ? 'd' : arithmetic[i][0], i < 2 ? 3 : 2 };
	if (tok_is(tok, "::"))
		found = (struct split){ at, ':', 1 };
	if (found.level > 0 && found.level >= best->level)
		*best = found;
}

static struct split
weakest_operator(struct infer *f, size_t from, size_t to)
{
	struct split best = { 0, '\0', 0 };
	int depth = 0;

	for (size_t i = from; i < to; i++) {
		const struct sql_token *tok = &f->list[i];

		depth -= tok_is(tok, ")") || tok_is(tok, "]") || tok_is(tok, "END");
		if (depth == 0)
			classify(f, from, i, &best);
		depth += tok_is(tok, "(") || tok_is(tok, "[") || tok_is(tok, "CASE");
	}
	return best;
}

static void
operator_type(struct infer *f, size_t from, size_t to, const struct split *s, struct sql_type *out)
{
	struct sql_cursor c = { &f->run->tokens, s->at + 1 };
	struct sql_type left, right;

	if (s->op == 'b') {
		type_set(out, "BOOLEAN");
	} else if (s->op == 's') {
		type_set(out, "STRING");
	} else if (s->op == ':') {
		if (!parse_type(f->run, &c, out))
			unknown(out);
	} else {
		type_of(f, from, s->at, &left);
		if (tok_is(&f->list[s->at + 1], "INTERVAL")) {
			*out = left;
			return;
		}
		type_of(f, s->at + 1, to, &right);
		combine(s->op, &left, &right, out);
	}
}

/* ---- functions and CASE ---- */

static size_t
argument_end(struct infer *f, size_t from, size_t close)
{
	int depth = 0;

	for (size_t i = from; i < close; i++) {
		depth += tok_is(&f->list[i], "(") - tok_is(&f->list[i], ")");
		if (depth == 0 && tok_is(&f->list[i], ","))
			return i;
	}
	return close;
}

static void
call_type(struct infer *f, size_t from, size_t to, struct sql_type *out)
{
	size_t close = tokens_skip_parens(&f->run->tokens, from + 1) - 1, start = from + 2, end;
	struct sql_type first;

	unknown(&first);
	if (tok_is(&f->list[from], "CAST") || tok_is(&f->list[from], "TRY_CAST")) {
		struct sql_cursor c = { &f->run->tokens, close };

		for (size_t i = start; i < close && i < to; i++)
			if (tok_is(&f->list[i], "AS"))
				c.at = i + 1;
		if (c.at == close || !parse_type(f->run, &c, out))
			unknown(out);
		return;
	}
	if (tok_is(&f->list[start], "DISTINCT"))
		start++;
	end = argument_end(f, start, close);
	if ((tok_is(&f->list[from], "IF") || tok_is(&f->list[from], "IFF")) && end < close) {
		start = end + 1;
		end = argument_end(f, start, close);
	}
	if (end > start)
		type_of(f, start, end, &first);
	while (type_is(&first, "NULL") && end < close) { /* coalesce(NULL, 1) */
		start = end + 1;
		end = argument_end(f, start, close);
		type_of(f, start, end, &first);
	}
	if (!function_type(f->list[from].text, &first, out))
		unknown(out);
}

static void
case_type(struct infer *f, size_t from, size_t to, struct sql_type *out)
{
	size_t then = 0;
	int depth = 0;

	for (size_t i = from + 1; i < to; i++) {
		const struct sql_token *tok = &f->list[i];
		bool ends = tok_is(tok, "WHEN") || tok_is(tok, "ELSE") || tok_is(tok, "END");

		if (depth == 0 && then > 0 && ends) {
			type_of(f, then, i, out);
			if (!type_is(out, "NULL"))
				return;
			then = 0;
		}
		if (depth == 0 && (tok_is(tok, "THEN") || tok_is(tok, "ELSE")))
			then = i + 1;
		depth += tok_is(tok, "(") || tok_is(tok, "CASE");
		depth -= tok_is(tok, ")") || (depth > 0 && tok_is(tok, "END"));
	}
}

static void
primary_type(struct infer *f, size_t from, size_t to, struct sql_type *out)
{
	const struct sql_token *tok = &f->list[from];

	if (tok_is(tok, "(") && tokens_skip_parens(&f->run->tokens, from) == to) {
		if (!tok_is(&f->list[from + 1], "SELECT"))
			type_of(f, from + 1, to - 1, out);
	} else if (tok_is(tok, "CASE")) {
		case_type(f, from, to, out);
	} else if (tok->kind == TOK_WORD && to > from + 1 && tok_is(&f->list[from + 1], "(")) {
		call_type(f, from, to, out);
	} else if (to == from + 2 && f->list[from + 1].kind == TOK_STRING) {
		type_set(out, tok_is(tok, "DATE") ? "DATE"
			      : tok_is(tok, "X")  ? "BINARY"
						  : "TIMESTAMP");
	} else if (tok_is_name(tok) && !(to == from + 1 && function_rename(tok->text) != NULL &&
					 strncasecmp(tok->text, "current_", 8) == 0)) {
		column_type(f, from, to, out);
	} else if (to == from + 1) {
		leaf_type(f, from, out);
	}
}

static void
type_of(struct infer *f, size_t from, size_t to, struct sql_type *out)
{
	struct split s;

	unknown(out);
	if (from >= to || f->nesting >= MAX_NESTING)
		return;
	f->nesting++;
	s = weakest_operator(f, from, to);
	if (s.op != '\0')
		operator_type(f, from, to, &s, out);
	else if (tok_is(&f->list[from], "-") || tok_is(&f->list[from], "+"))
		type_of(f, from + 1, to, out);
	else
		primary_type(f, from, to, out);
	f->nesting--;
}

/* ---- types of columns, which SQLite gives ---- */

static void
collect_refs(struct infer *f, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		size_t start = i;

		if (tok_is(&f->list[i], "(") && tok_is(&f->list[i + 1], "SELECT")) {
			i = tokens_skip_parens(&f->run->tokens, i) - 1;
			continue;
		}
		if (!tok_is_name(&f->list[i]) || tok_is(&f->list[i + 1], "(") ||
		    f->list[i + 1].kind == TOK_STRING)
			continue;
		while (i + 2 < to && tok_is(&f->list[i + 1], ".") &&
		       (f->list[i + 2].kind == TOK_WORD || f->list[i + 2].kind == TOK_QUOTED))
			i += 2;
		if (f->ref_count == MAX_REFS)
			return;
		f->refs[f->ref_count++] = (struct column_ref){ .from = start, .to = i + 1 };
	}
}

static void
add_source(struct buf *text, const struct sql_tokens *tokens, size_t from, size_t to)
{
	size_t start = tokens->list[from].pos;
	size_t end = to > from ? tokens->list[to - 1].pos + tokens->list[to - 1].len : start;

	buf_add(text, tokens->source + start, end - start);
	buf_puts(text, " ");
}

static size_t
from_clause_end(const struct sql_token *list, size_t at, size_t to)
{
	static const char *const words[] = { "WHERE", "GROUP",	"HAVING",    "ORDER", "LIMIT",
					     "UNION", "EXCEPT", "INTERSECT", "MINUS", "WINDOW" };
	int depth = 0;

	for (; at < to; at++) {
		for (size_t i = 0; depth == 0 && i < ARRAY_SIZE(words); i++)
			if (tok_is(&list[at], words[i]))
				return at;
		depth += tok_is(&list[at], "(") - tok_is(&list[at], ")");
	}
	return to;
}

/* "SELECT a, b.c FROM ...", prepared but never run, gives the declared types of the columns in the
 * tokens [first, end). False when a token is not a column (PARTITION, DAY, ...). */
static bool
probe(struct infer *f, size_t from, const struct select_list *list, size_t to, size_t first,
      size_t end)
{
	struct sql_outcome outcome = { 0 };
	struct sql_run run = { f->run->conn, f->run->query, &outcome, { 0 } };
	struct rewritten rw = { 0 };
	struct sql_type *types = xcalloc(end - first, sizeof(*types));
	struct buf text = BUF(MAX_MADE);
	sqlite3_stmt *st = NULL;
	size_t select = list->first;
	bool ok;

	while (select > from && !tok_is(&f->list[select], "SELECT"))
		select--;
	add_source(&text, &f->run->tokens, from, select);
	buf_puts(&text, "SELECT ");
	for (size_t i = first; i < end; i++) {
		buf_puts(&text, i > first ? ", " : "");
		add_source(&text, &f->run->tokens, f->refs[i].from, f->refs[i].to);
	}
	add_source(&text, &f->run->tokens, list->end, from_clause_end(f->list, list->end, to));
	sql_lex(text.data, &run.tokens);
	ok = sql_rewrite(&run, 0, run.tokens.count, &rw) &&
	     sqlite3_prepare_v2(f->run->conn->db, rw.sql, -1, &st, NULL) == SQLITE_OK &&
	     (size_t)sqlite3_column_count(st) == end - first;
	if (ok)
		result_types(&run, st, &rw, types);
	for (size_t i = first; ok && i < end; i++)
		f->refs[i].type = types[i - first];
	sqlite3_finalize(st);
	rewritten_fini(&rw);
	sql_tokens_fini(&run.tokens);
	sql_outcome_fini(&outcome);
	buf_fini(&text);
	free(types);
	return ok;
}

void
infer_types(struct sql_run *run, const struct select_list *list, size_t from, size_t to,
	    struct rewritten *rw)
{
	struct infer f = { .run = run, .list = run->tokens.list };

	f.refs = xcalloc(MAX_REFS, sizeof(*f.refs));
	rw->types = xcalloc(list->count, sizeof(*rw->types));
	rw->type_count = list->count;
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].star) {
			rw->star_at = i;
			rw->star_count++;
		} else {
			collect_refs(&f, list->items[i].from, list->items[i].to);
		}
	}
	if (f.ref_count > 0 && !probe(&f, from, list, to, 0, f.ref_count))
		for (size_t i = 0; i < f.ref_count && i < MAX_SINGLE_PROBES; i++)
			probe(&f, from, list, to, i, i + 1);
	for (size_t i = 0; i < list->count; i++)
		if (!list->items[i].star)
			type_of(&f, list->items[i].from, list->items[i].to, &rw->types[i]);
	free(f.refs);
}

/* ---- the result columns of a prepared statement ---- */

/* A column of a view that is an expression has no declared type; the catalog stores its type by
 * name. */
static void
catalog_type(struct sql_run *run, const struct rewritten *rw, const char *column,
	     struct sql_type *out)
{
	for (size_t i = 0; i < rw->table_count && out->text[0] == '\0'; i++) {
		const struct table_name *t = &rw->tables[i];
		sqlite3_stmt *st = lake_query(run->conn,
					      "SELECT type FROM _columns WHERE catalog ="
					      " ? AND schema = ? AND tbl = ? AND name = ? COLLATE"
					      " NOCASE",
					      "ssss", t->catalog, t->schema, t->table, column);

		if (lake_next(st)) {
			type_set(out, lake_text(st, 0));
			sqlite3_finalize(st);
		}
	}
}

void
result_types(struct sql_run *run, sqlite3_stmt *st, const struct rewritten *rw,
	     struct sql_type *types)
{
	size_t n = (size_t)sqlite3_column_count(st);

	for (size_t i = 0; i < n; i++) {
		size_t item = i;

		type_from_decl(sqlite3_column_decltype(st, (int)i), &types[i]);
		if (types[i].text[0] != '\0' || rw == NULL)
			continue;
		if (rw->star_count == 1 && i >= rw->star_at)
			item = i + rw->type_count > n + rw->star_at ? i + rw->type_count - n
								    : SIZE_MAX;
		if (rw->star_count <= 1 && item < rw->type_count && item != SIZE_MAX)
			types[i] = rw->types[item];
		if (types[i].text[0] == '\0' && rw->has_range &&
		    strcmp(sqlite3_column_name(st, (int)i), "id") == 0)
			type_set(&types[i], "BIGINT");
		if (types[i].text[0] == '\0')
			catalog_type(run, rw, sqlite3_column_name(st, (int)i), &types[i]);
	}
}
