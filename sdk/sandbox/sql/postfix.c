/* SPDX-License-Identifier: Apache-2.0 */
/* Operators that follow their operand but become a function call around it: `::`, `+ INTERVAL`,
 * `[index]`. The code searches back for the primary expression that was just written. */
#include "sql/rewrite.h"

#include <stdlib.h>
#include <string.h>

static size_t
matching_back(const struct rewritten *rw, size_t k, bool is_case)
{
	int depth = 0;

	for (;; k--) {
		const struct out_token *t = &rw->out[k];

		if (is_case)
			depth += (t->kind == 'k' && strcmp(t->text, "END") == 0) -
				 (t->kind == 'k' && strcmp(t->text, "CASE") == 0);
		else
			depth += (t->kind == ')' && strcmp(t->text, ")") == 0) - (t->kind == '(');
		if (depth == 0 || k == 0)
			return k;
	}
}

static size_t
primary_start(const struct rewritten *rw)
{
	size_t k = rw->out_count - 1;

	if (rw->out[k].kind == ')') {
		k = matching_back(rw, k, false);
		return k > 0 && rw->out[k - 1].kind == 'f' ? k - 1 : k;
	}
	if (rw->out[k].kind == 'k' && strcmp(rw->out[k].text, "END") == 0)
		return matching_back(rw, k, true);
	while (k >= 2 && rw->out[k].kind == 'n' && rw->out[k - 1].kind == '.')
		k -= 2;
	return k;
}

/* Turns the primary expression p into "function(p". The caller writes the rest and the closing
 * parenthesis. */
bool
postfix_wrap(struct rewriter *r, const char *function)
{
	struct rewritten *rw = r->rw;
	struct out_token call[2];
	size_t k, n = rw->out_count;

	if (n == 0)
		return sql_fail_syntax(r->run, &r->list[r->at]);
	k = primary_start(rw);
	rewrite_put(r, 'f', function);
	rewrite_put(r, '(', "(");
	memcpy(call, rw->out + n, sizeof(call));
	memmove(rw->out + k + 2, rw->out + k, (n - k) * sizeof(*rw->out));
	memcpy(rw->out + k, call, sizeof(call));
	return true;
}

void
postfix_type(struct rewriter *r, const struct sql_type *type, bool close)
{
	rewrite_put(r, 'o', ",");
	emit(r->rw, 'l', r->list[r->at].pos, sql_string(type->text));
	if (close)
		rewrite_put(r, ')', ")");
}

bool
postfix_cast(struct rewriter *r)
{
	struct sql_cursor c = { &r->run->tokens, r->at + 1 };
	struct sql_type type;

	if (!postfix_wrap(r, "_cast") || !parse_type(r->run, &c, &type))
		return false;
	postfix_type(r, &type, true);
	r->at = c.at;
	return true;
}

/* Turns x + INTERVAL 3 DAYS into _interval_add(x, +3, 'DAYS'). */
bool
postfix_interval(struct rewriter *r)
{
	const char *sign = r->list[r->at].text;
	size_t skip = 2;
	bool minus = tok_is(rewrite_ahead(r, skip), "-");
	const struct sql_token *amount, *unit;

	skip += minus ? 1 : 0;
	amount = rewrite_ahead(r, skip);
	unit = rewrite_ahead(r, skip + 1);
	if ((amount->kind != TOK_NUMBER && amount->kind != TOK_STRING) || unit->kind != TOK_WORD)
		return sql_fail_syntax(r->run, amount);
	if (!postfix_wrap(r, "_interval_add"))
		return false;
	rewrite_put(r, 'o', ",");
	emit(r->rw, 'l', amount->pos,
	     xprintf("%lld", (long long)strtoll(amount->text, NULL, 10) *
				 (minus != (*sign == '-') ? -1 : 1)));
	rewrite_put(r, 'o', ",");
	emit(r->rw, 'l', unit->pos, sql_string(unit->text));
	rewrite_put(r, ')', ")");
	r->at += skip + 2;
	return true;
}

/* The token after the primary expression that starts at `at`. */
static size_t
primary_end(const struct rewriter *r, size_t at)
{
	const struct sql_tokens *tokens = &r->run->tokens;
	const struct sql_token *list = tokens->list;
	int depth = 0;

	while (at < r->to && (tok_is(&list[at], "-") || tok_is(&list[at], "+")))
		at++;
	if (tok_is(&list[at], "CASE")) {
		do {
			depth += tok_is(&list[at], "CASE") - tok_is(&list[at], "END");
			at++;
		} while (at < r->to && depth > 0);
	} else if (!tok_is(&list[at], "(")) {
		at++;
	}
	for (;;) {
		if (at < r->to && tok_is(&list[at], "("))
			at = tokens_skip_parens(tokens, at);
		else if (at + 1 < r->to && (tok_is(&list[at], ".") || tok_is(&list[at], "::")))
			at += 2;
		else
			return at < r->to ? at : r->to;
	}
}

bool
postfix_divide(struct rewriter *r)
{
	const struct sql_token *tok = &r->list[r->at];
	size_t end = primary_end(r, r->at + 1);

	rewrite_put(r, 'o', tok_is(tok, "/") ? "* 1.0 /" : tok_is(tok, "%") ? "%" : "/");
	rewrite_put(r, 'f', "_nz");
	rewrite_put(r, '(', "(");
	r->at++;
	return rewrite_close_at(r, end, end, xstrdup(")"));
}
