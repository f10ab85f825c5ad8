/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the outermost select list of a query: its items, their aliases, and whether they are plain
 * columns, stars or aggregates. */
#include "sql/sql.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool
ends_list(const struct sql_token *tok)
{
	static const char *const words[] = { "FROM",   "WHERE",	  "GROUP",  "HAVING",	 "ORDER",
					     "LIMIT",  "UNION",	  "EXCEPT", "INTERSECT", "MINUS",
					     "WINDOW", "QUALIFY", ")" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (tok_is(tok, words[i]))
			return true;
	return false;
}

/* Can a word after this token be an implicit alias? */
static bool
ends_expression(const struct sql_token *list, size_t at, size_t from)
{
	const struct sql_token *tok = &list[at];

	if (tok->kind == TOK_NUMBER && at > from && tok_is(&list[at - 1], "INTERVAL"))
		return false;
	if (tok->kind == TOK_STRING && at > from && tok_is(&list[at - 1], "INTERVAL"))
		return false;
	if (tok->kind == TOK_OP)
		return tok_is(tok, ")") || tok_is(tok, "]");
	if (tok_is_reserved(tok))
		return tok_is(tok, "END") || tok_is(tok, "NULL") || tok_is(tok, "TRUE") ||
		       tok_is(tok, "FALSE");
	return true;
}

static bool
is_simple(const struct sql_token *list, size_t from, size_t to)
{
	if ((to - from) % 2 == 0 || (to - from == 1 && function_rename(list[from].text) != NULL &&
				     strncasecmp(list[from].text, "current_", 8) == 0))
		return false;
	for (size_t i = from; i < to; i++) {
		bool name = (i - from) % 2 == 0;

		if (name ? !tok_is_name(&list[i]) : !tok_is(&list[i], "."))
			return false;
	}
	return true;
}

static void
add_item(const struct sql_tokens *tokens, size_t from, size_t end, struct select_list *out)
{
	const struct sql_token *list = tokens->list;
	struct select_item item = { .from = from, .to = end, .end = end };

	if (end <= from)
		return;
	if (end - from >= 3 && tok_is(&list[end - 2], "AS")) {
		item.to = end - 2;
		item.has_alias = true;
	} else if (end - from >= 2 && tok_is_name(&list[end - 1]) &&
		   ends_expression(list, end - 2, from)) {
		item.to = end - 1;
		item.has_alias = true;
	}
	item.star = tok_is(&list[item.to - 1], "*") &&
		    (item.to - from == 1 || tok_is(&list[item.to - 2], "."));
	item.simple = is_simple(list, from, item.to);
	out->items = xrealloc(out->items, (out->count + 1) * sizeof(*out->items));
	out->items[out->count++] = item;
}

bool
select_list_find(const struct sql_tokens *tokens, size_t from, size_t to, struct select_list *out)
{
	const struct sql_token *list = tokens->list;
	size_t i = from, start;
	int depth = 0;

	memset(out, 0, sizeof(*out));
	while (i < to && (depth > 0 || !tok_is(&list[i], "SELECT"))) {
		depth += tok_is(&list[i], "(") - tok_is(&list[i], ")");
		i++;
	}
	if (i >= to)
		return false;
	i++;
	if (tok_is(&list[i], "DISTINCT") || tok_is(&list[i], "ALL"))
		i++;
	out->first = start = i;
	for (; i < to && !(depth == 0 && ends_list(&list[i])); i++) {
		depth += tok_is(&list[i], "(") - tok_is(&list[i], ")");
		if (depth == 0 && tok_is(&list[i], ",")) {
			add_item(tokens, start, i, out);
			start = i + 1;
		}
	}
	add_item(tokens, start, i, out);
	out->end = i;
	return out->count > 0;
}

void
select_list_fini(struct select_list *list)
{
	free(list->items);
	memset(list, 0, sizeof(*list));
}

bool
expr_has_aggregate(const struct sql_tokens *tokens, size_t from, size_t to)
{
	const struct sql_token *list = tokens->list;

	for (size_t i = from; i + 1 < to; i++) {
		if (list[i].kind != TOK_WORD || !tok_is(&list[i + 1], "(") ||
		    !function_is_aggregate(list[i].text))
			continue;
		if (!tok_is(&list[tokens_skip_parens(tokens, i + 1)], "OVER"))
			return true;
	}
	return false;
}
