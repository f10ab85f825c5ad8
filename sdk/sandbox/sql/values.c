/* SPDX-License-Identifier: Apache-2.0 */
/* Rewrites VALUES in a FROM clause with names for its columns, because SQLite does not have this
 * syntax: VALUES (1, 'a') AS t(id, name) becomes (SELECT column1 AS "id", column2 AS "name" FROM
 * (VALUES (1, 'a'))) AS "t". */
#include "sql/rewrite.h"

#include <stdlib.h>

/* The names for column1, column2, ... of VALUES: those in "AS t(a, b)", or col1, col2, ... */
static void
name_values(struct rewriter *r, size_t first, size_t aliases, size_t aliases_end)
{
	size_t close = tokens_skip_parens(&r->run->tokens, first), n = 1, given = 0;
	int depth = 0;

	for (size_t i = first; i < close; i++) {
		depth += tok_is(&r->list[i], "(") - tok_is(&r->list[i], ")");
		if (depth == 1 && tok_is(&r->list[i], ","))
			n++;
	}
	rewrite_put(r, '(', "(");
	rewrite_put(r, 'k', "SELECT");
	for (size_t i = 1; i <= n; i++) {
		char *name = xprintf("col%zu", i), *quoted;

		if (aliases + 1 + 2 * given < aliases_end && given == i - 1) {
			free(name);
			name = xstrdup(r->list[aliases + 1 + 2 * given++].text);
		}
		quoted = sql_name(name);
		emit(r->rw, 'k', r->list[first].pos,
		     xprintf("%scolumn%zu AS %s", i > 1 ? ", " : "", i, quoted));
		free(quoted);
		free(name);
	}
	rewrite_put(r, 'k', "FROM");
}

/* Reads [(] VALUES (1, 'a'), (2, 'b') [)] [AS] t(id, name). */
bool
rewrite_values(struct rewriter *r)
{
	const struct sql_tokens *tokens = &r->run->tokens;
	bool paren = tok_is(&r->list[r->at], "(");
	size_t first = r->at + (paren ? 2 : 1), end = first, resume, aliases = 0, aliases_end = 0;
	char *alias, *closing;

	while (tok_is(&r->list[end], "(")) {
		end = tokens_skip_parens(tokens, end);
		if (!tok_is(&r->list[end], ",") || !tok_is(&r->list[end + 1], "("))
			break;
		end++;
	}
	if (end == first || (paren && !tok_is(&r->list[end], ")")))
		return sql_fail_syntax(r->run, &r->list[end]);
	resume = end + (paren ? 1 : 0);
	resume += tok_is(&r->list[resume], "AS");
	alias = tok_is_name(&r->list[resume]) ? sql_name(r->list[resume++].text)
					      : xstrdup("\"values\"");
	if (tok_is(&r->list[resume], "(")) {
		aliases = resume;
		aliases_end = resume = tokens_skip_parens(tokens, resume);
	}
	name_values(r, first, aliases, aliases_end > 0 ? aliases_end - 1 : 0);
	rewrite_put(r, 'k', "( VALUES");
	r->at = first;
	closing = xprintf(")) AS %s", alias);
	free(alias);
	return rewrite_close_at(r, end, resume, closing);
}
