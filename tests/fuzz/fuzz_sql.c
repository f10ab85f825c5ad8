/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes texts as SQL statements: a statement that counts as a read still does after changes
 * without meaning. Comments have no effect, a second statement is never accepted, case is
 * ignored. */
#include "fuzz.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/config.h"
#include "policy/sql.h"

#define ROOM 65536
#define NAME(text)                     \
	{                              \
		text, sizeof(text) - 1 \
	}

struct part {
	const char *text;
	size_t len;
};

static struct sql_verdict
judged(const char *text, size_t len, const struct sql_rules *rules)
{
	struct sql_verdict verdict;

	sql_judge(text, len, rules, &verdict);
	PROMISE((verdict.class == SQL_READ) <= (verdict.flaw == SQL_SOUND));
	PROMISE((verdict.class == SQL_UNKNOWN) <= (verdict.flaw != SQL_SOUND));
	PROMISE(sql_class_name(verdict.class) != NULL);
	PROMISE(strlen(verdict.function) < sizeof(verdict.function));
	/* a caller who may only read never gets a secret */
	PROMISE(verdict.class != SQL_READ || !verdict.reveals);
	return verdict;
}

static struct sql_verdict
judged_joined(struct part before, struct part text, struct part after)
{
	char *joined = xmalloc(before.len + text.len + after.len + 1);
	struct sql_verdict verdict;

	memcpy(joined, before.text, before.len);
	memcpy(joined + before.len, text.text, text.len);
	memcpy(joined + before.len + text.len, after.text, after.len);
	verdict = judged(joined, before.len + text.len + after.len, NULL);
	free(joined);
	return verdict;
}

static void
check_neighbours(struct part text, const struct sql_verdict *alone)
{
	static const struct part none = { "", 0 };
	static const struct part blanks[] = { NAME("\n"), NAME("\n-- x"), NAME("\n/* x */"),
					      NAME("\n;"), NAME("\n -- \\\n x\n ") };
	static const struct part heads[] = { NAME(" "), NAME("/* x /* y */ */"), NAME("-- x\n"),
					     NAME("-- x\r") };
	static const struct part writes[] = {
		NAME("DELETE FROM t WHERE "), NAME("DROP TABLE t;"),
		NAME("WITH a AS (SELECT /*+ h('*/') */ 1) INSERT INTO t "), NAME("SET x = "),
		NAME("CALL p(")
	};

	for (size_t i = 0; i < ARRAY_SIZE(blanks); i++)
		PROMISE(alone->class == SQL_READ ||
			judged_joined(none, text, blanks[i]).class != SQL_READ);
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		PROMISE(judged_joined(heads[i], text, none).class == alone->class);
	for (size_t i = 0; i < ARRAY_SIZE(writes); i++)
		PROMISE(judged_joined(writes[i], text, none).class != SQL_READ);
	/* two line feeds: the first one may belong to a comment that continues */
	PROMISE(judged_joined(none, text, (struct part)NAME("\n\n;DROP TABLE t")).class !=
		SQL_READ);
	PROMISE(
	    judged_joined(none, text, (struct part)NAME("\n\n;\n;INSERT INTO t SELECT 1")).class !=
	    SQL_READ);
}

static void
check_case(struct part text, const struct sql_verdict *alone)
{
	char *other = xmalloc(text.len + 1);
	struct sql_verdict verdict;

	for (size_t i = 0; i < text.len; i++)
		other[i] = (char)(islower((unsigned char)text.text[i])
				      ? toupper((unsigned char)text.text[i])
				      : tolower((unsigned char)text.text[i]));
	verdict = judged(other, text.len, NULL);
	PROMISE(verdict.class == alone->class && verdict.reveals == alone->reveals);
	free(other);
}

static bool
every_scope(const void *data, const char *scope)
{
	(void)data;
	(void)scope;
	return true;
}

/* Rules that list every function give the same result as no rules, except for secrets. Narrow rules
 * allow fewer statements. */
static void
check_rules(struct part text, const struct sql_verdict *alone)
{
	char all[] = "*", none[] = "none";
	char *all_item = all, *none_item = none;
	const struct strings every = { .item = &all_item, .count = 1 };
	const struct strings narrow = { .item = &none_item, .count = 1 };
	const struct sql_rules open = { .functions = &every, .scope_allowed = every_scope };
	const struct sql_rules closed = { .functions = &narrow };

	PROMISE(!judged(text.text, text.len, &open).reveals);
	PROMISE(judged(text.text, text.len, &closed).class != SQL_READ || alone->class == SQL_READ);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct part text = { len > 0 ? (const char *)data : "", len };
	struct sql_verdict alone;

	if (len >= ROOM)
		return 0;
	alone = judged(text.text, text.len, NULL);
	check_neighbours(text, &alone);
	check_case(text, &alone);
	check_rules(text, &alone);
	return 0;
}
