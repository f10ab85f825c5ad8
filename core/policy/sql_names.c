/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table is expected after words such as FROM, JOIN and INTO, and after each comma of a FROM
 * clause. Nearly every keyword of Spark is also a valid name. So where a keyword could be a name,
 * the statement is refused.
 */
#include "policy/sql_names.h"

#include <stdio.h>
#include <string.h>

#include "policy/sql_lex.h"

#define LEVELS_MAX 200u
#define QUERIES_MAX 64u /* names of a WITH list */
#define PARTS 3u

enum expects {
	EXPECT_NOTHING,
	EXPECT_SOURCE, /* a table, subquery or table function, of a list with commas */
	EXPECT_ONE,    /* the same, without a list */
	EXPECT_TARGET, /* a table or view; a bracket after it holds columns */
};

struct level {
	bool list;     /* in a FROM clause: a table follows each comma */
	bool no_from;  /* in brackets of a function whose syntax has a FROM */
	bool of_query; /* the query of a name in the WITH list */
};

enum with_at { WITH_NONE, WITH_NAME, WITH_AS };

struct walk {
	struct sql_lexer lexer;
	struct sql_token now, before, earlier;
	struct sql_names *names;
	enum sql_names_flaw flaw;
	enum expects expects;
	struct level level[LEVELS_MAX];
	size_t depth;
	bool begun, changes_objects, describes, merges; /* by the first words of the statement */
	bool object_seen;				/* CREATE … TABLE or VIEW */
	bool query_seen;				/* … AS SELECT */
	enum with_at with_at;
	bool recursive;
	char query[QUERIES_MAX][SQL_NAME_MAX]; /* names of the WITH list so far */
	size_t queries;
	char pending[SQL_NAME_MAX];
};

static void
flaw(struct walk *walk, enum sql_names_flaw kind)
{
	if (walk->flaw == SQL_NAMES_FINE)
		walk->flaw = kind;
}

static bool
is_one_of(const struct sql_token *token, const char *const *words)
{
	for (; *words != NULL; words++)
		if (sql_is(token, *words))
			return true;
	return false;
}

static void
step(struct walk *walk)
{
	walk->earlier = walk->before;
	walk->before = walk->now;
	if (walk->now.kind != SQL_END && walk->now.kind != SQL_BAD)
		sql_next(&walk->lexer, &walk->now);
}

/* ---- names --------------------------------------------------------------------------------- */

/* The name that begins at `now`; `now` is its last part afterwards. */
struct chain {
	char part[PARTS][SQL_NAME_MAX];
	size_t parts; /* more than PARTS: too many */
	bool call;    /* a bracket follows */
};

static struct sql_token
next_token(const struct walk *walk, struct sql_lexer *after)
{
	struct sql_token token;

	*after = walk->lexer;
	sql_next(after, &token);
	return token;
}

/* Is the next token a dot with a name behind it? Then goes to that name. "t.*" is no name. */
static bool
next_part(struct walk *walk)
{
	struct sql_lexer after;
	struct sql_token token = next_token(walk, &after), behind;

	if (!sql_is_sign(&token, '.'))
		return false;
	sql_next(&after, &behind);
	if (sql_is_sign(&behind, '*') && walk->expects == EXPECT_NOTHING)
		return false;
	step(walk);
	step(walk);
	if (sql_is_name(&walk->now))
		return true;
	flaw(walk, SQL_NAMES_SHORT);
	return false;
}

static void
read_chain(struct walk *walk, struct chain *chain)
{
	struct sql_lexer after;
	struct sql_token token;
	size_t len = 0;

	chain->parts = 0;
	do {
		char part[SQL_NAME_MAX];
		size_t n = sql_add_name(&walk->now, part, 0, sizeof(part));

		part[n < sizeof(part) ? n : sizeof(part) - 1] = '\0';
		if (n + 1 >= sizeof(part))
			flaw(walk, SQL_NAMES_UNREADABLE);
		if (chain->parts < PARTS)
			strcpy(chain->part[chain->parts], part);
		chain->parts++;
		len += (size_t)snprintf(walk->names->name + len, SQL_NAME_MAX - len, "%s%s",
					len > 0 ? "." : "", part);
		if (len >= SQL_NAME_MAX)
			len = SQL_NAME_MAX - 1;
	} while (next_part(walk));
	token = next_token(walk, &after);
	chain->call = sql_is_sign(&token, '(');
}

static void
check_qualified(struct walk *walk, const struct chain *chain)
{
	if (chain->parts != PARTS)
		flaw(walk, SQL_NAMES_SHORT);
	else if (!walk->names->each(walk->names->data, chain->part[0], chain->part[1]))
		flaw(walk, SQL_NAMES_REFUSED);
}

static bool
is_query_name(const struct walk *walk, const struct chain *chain)
{
	for (size_t i = 0; chain->parts == 1 && i < walk->queries; i++)
		if (strcmp(walk->query[i], chain->part[0]) == 0)
			return true;
	return false;
}

static bool
name_in(const char *name, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(name, *list) == 0)
			return true;
	return false;
}

/* Table functions that read no table and no file. */
static const char *const generators[] = { "explode",
					  "explode_outer",
					  "inline",
					  "inline_outer",
					  "json_tuple",
					  "posexplode",
					  "posexplode_outer",
					  "range",
					  "stack",
					  "variant_explode",
					  "variant_explode_outer",
					  NULL };
/* Built-in functions that read tables, files or streams. */
static const char *const readers[] = { "cloud_files",	  "cloud_files_state",
				       "event_log",	  "list_secrets",
				       "read_files",	  "read_kafka",
				       "read_kinesis",	  "read_pubsub",
				       "read_pulsar",	  "read_state_metadata",
				       "read_statestore", "table_changes",
				       "vector_search",	  NULL };

static void
take_table(struct walk *walk)
{
	struct chain chain;
	const bool source = walk->expects != EXPECT_TARGET;

	read_chain(walk, &chain);
	if (walk->expects == EXPECT_SOURCE)
		walk->level[walk->depth].list = true;
	walk->expects = EXPECT_NOTHING;
	if (source && chain.call && chain.parts == 1) {
		if (!name_in(chain.part[0], generators))
			flaw(walk, SQL_NAMES_FUNCTION);
	} else if (!(source && is_query_name(walk, &chain))) {
		check_qualified(walk, &chain);
	}
}

/* A name where no table is expected: a column, an alias or a function. sql_judge() checks functions
 * without a dot, except those that read. */
static void
take_other(struct walk *walk)
{
	struct chain chain;

	read_chain(walk, &chain);
	if (!chain.call)
		return;
	if (chain.parts == 1 && name_in(chain.part[0], readers))
		flaw(walk, SQL_NAMES_FUNCTION);
	else if (chain.parts > 1)
		check_qualified(walk, &chain);
}

/* ---- the WITH list ------------------------------------------------------------------------- */

static void
add_query(struct walk *walk)
{
	if (walk->queries == QUERIES_MAX)
		flaw(walk, SQL_NAMES_UNREADABLE);
	else
		strcpy(walk->query[walk->queries++], walk->pending);
}

/* At the first level, in the WITH list at the start of the statement. True: the token was used. */
static bool
follow_with(struct walk *walk)
{
	size_t n;

	if (walk->with_at == WITH_NONE || walk->depth > 0)
		return false;
	if (walk->with_at == WITH_NAME) {
		if (sql_is(&walk->now, "RECURSIVE") && sql_is(&walk->before, "WITH")) {
			walk->recursive = true;
			return true;
		}
		walk->with_at = sql_is_name(&walk->now) ? WITH_AS : WITH_NONE;
		n = sql_add_name(&walk->now, walk->pending, 0, sizeof(walk->pending));
		walk->pending[n < sizeof(walk->pending) ? n : 0] = '\0';
		return walk->with_at == WITH_AS;
	}
	return sql_is(&walk->now, "AS");
}

/* The query of a WITH list is closed: its name is known from here on. */
static void
end_query(struct walk *walk)
{
	struct sql_lexer after;
	struct sql_token token = next_token(walk, &after);

	if (!walk->recursive)
		add_query(walk);
	walk->with_at = sql_is_sign(&token, ',') ? WITH_NAME : WITH_NONE;
	if (walk->with_at == WITH_NAME)
		step(walk);
}

/* ---- brackets ------------------------------------------------------------------------------ */

static void
bracket_opens(struct walk *walk)
{
	static const char *const with_from[] = { "EXTRACT", "OVERLAY", "POSITION", "SUBSTRING",
						 "SUBSTR",  "TRIM",    NULL };
	struct level level = { .no_from = is_one_of(&walk->before, with_from) };

	if (walk->depth + 1 == LEVELS_MAX) {
		flaw(walk, SQL_NAMES_UNREADABLE);
		return;
	}
	if (walk->with_at == WITH_AS && walk->depth == 0 && sql_is(&walk->before, "AS")) {
		level.of_query = true;
		if (walk->recursive)
			add_query(walk);
	}
	if (walk->expects == EXPECT_SOURCE) /* the list goes on behind the bracket */
		walk->level[walk->depth].list = true;
	walk->level[++walk->depth] = level;
	if (walk->expects == EXPECT_ONE)
		walk->expects = EXPECT_SOURCE;
}

static void
bracket_closes(struct walk *walk)
{
	const bool of_query = walk->level[walk->depth].of_query;

	if (walk->depth == 0 || walk->expects != EXPECT_NOTHING) {
		flaw(walk, SQL_NAMES_UNREADABLE);
		return;
	}
	walk->depth--;
	if (of_query)
		end_query(walk);
}

/* ---- words --------------------------------------------------------------------------------- */

/* The first word of the statement, behind EXPLAIN and brackets. True: the word was used. */
static bool
begin(struct walk *walk)
{
	static const char *const queries[] = { "SELECT", "FROM",   "VALUES", "TABLE",
					       "INSERT", "UPDATE", "DELETE", NULL };
	static const char *const objects[] = { "CREATE", "REPLACE",  "DROP",
					       "ALTER",	 "TRUNCATE", NULL };
	static const char *const before[] = { "EXPLAIN",   "CODEGEN", "COST", "EXTENDED",
					      "FORMATTED", "LOGICAL", NULL };
	const struct sql_token *now = &walk->now;

	if (sql_is_sign(now, '(') || is_one_of(now, before))
		return false;
	walk->begun = true;
	walk->with_at = sql_is(now, "WITH") && walk->depth == 0 ? WITH_NAME : WITH_NONE;
	walk->merges = sql_is(now, "MERGE");
	walk->changes_objects = is_one_of(now, objects);
	walk->describes = sql_is(now, "DESCRIBE") || sql_is(now, "DESC");
	if (walk->describes)
		walk->expects = EXPECT_TARGET;
	else if (!walk->changes_objects && !walk->merges && !sql_is(now, "WITH") &&
		 !is_one_of(now, queries))
		flaw(walk, SQL_NAMES_STATEMENT);
	return walk->describes || sql_is(now, "WITH");
}

/* CREATE, DROP and so on: which kind of object. Only tables and views are understood. */
static void
follow_object(struct walk *walk)
{
	static const char *const between[] = { "CREATE",       "OR",	"REPLACE",  "EXTERNAL",
					       "DROP",	       "ALTER", "TRUNCATE", "STREAMING",
					       "MATERIALIZED", NULL };

	if (!walk->changes_objects || walk->object_seen)
		return;
	if (sql_is(&walk->now, "TABLE") || sql_is(&walk->now, "VIEW"))
		walk->object_seen = true;
	else if (!is_one_of(&walk->now, between))
		flaw(walk, SQL_NAMES_STATEMENT);
}

/* What this word makes the walk expect. */
static enum expects
expected_after(const struct walk *walk)
{
	static const char *const targets[] = { "INTO", "OVERWRITE", "TABLE", NULL };
	static const char *const of_objects[] = { "CLONE", "LIKE", "REFERENCES", "VIEW", NULL };
	const struct sql_token *now = &walk->now, *before = &walk->before;

	if (sql_is(now, "FROM") && sql_is(before, "DELETE"))
		return EXPECT_TARGET;
	if (sql_is(now, "FROM"))
		return walk->level[walk->depth].no_from ? EXPECT_NOTHING : EXPECT_SOURCE;
	if (sql_is(now, "JOIN"))
		return EXPECT_ONE;
	if (sql_is(now, "USING"))
		return walk->merges && walk->depth == 0 ? EXPECT_ONE : EXPECT_NOTHING;
	if (is_one_of(now, targets) || (sql_is(now, "UPDATE") && !sql_is(before, "THEN")))
		return EXPECT_TARGET;
	if (!walk->changes_objects || (walk->query_seen && sql_is(now, "LIKE")))
		return EXPECT_NOTHING;
	return is_one_of(now, of_objects) || (sql_is(now, "TO") && sql_is(before, "RENAME"))
		 ? EXPECT_TARGET
		 : EXPECT_NOTHING;
}

/* While a table is expected: a word that may stand in front of it. */
static bool
may_precede(const struct walk *walk)
{
	static const char *const described[] = { "TABLE",   "EXTENDED", "FORMATTED",
						 "HISTORY", "DETAIL",	NULL };
	static const char *const optional[] = { "IF", "NOT", "EXISTS", NULL };

	if (walk->describes && is_one_of(&walk->now, described))
		return true;
	if (walk->changes_objects && walk->depth == 0 && is_one_of(&walk->now, optional))
		return true;
	return sql_is(&walk->now, "TABLE") || sql_is(&walk->now, "LATERAL");
}

/* A subquery, or the query behind INSERT INTO … or CREATE TABLE … AS, begins. */
static bool
begins_query(const struct walk *walk)
{
	static const char *const words[] = { "SELECT", "WITH", "VALUES", "FROM", NULL };

	return sql_is_sign(&walk->before, '(') && is_one_of(&walk->now, words);
}

/* Ends a FROM clause at this level: what follows has commas of its own. */
static void
follow_clauses(struct walk *walk)
{
	static const char *const lists[] = {
		"GROUP", "ORDER", "SORT", "CLUSTER", "DISTRIBUTE", NULL
	};
	static const char *const sets[] = { "UNION", "EXCEPT",	 "INTERSECT", "MINUS",
					    "ALL",   "DISTINCT", NULL };
	struct level *level = &walk->level[walk->depth];

	if ((sql_is(&walk->now, "BY") && is_one_of(&walk->before, lists)) ||
	    (sql_is(&walk->now, "SELECT") && is_one_of(&walk->before, sets)) ||
	    (sql_is(&walk->now, "VIEW") && sql_is(&walk->before, "LATERAL")))
		level->list = false;
}

/* Words that lead to files or run code, in every position where they could mean that. */
static bool
is_outside(const struct walk *walk)
{
	static const char *const words[] = { "LOCATION", "OPTIONS", "DIRECTORY", NULL };
	static const char *const in_queries[] = { "IMMEDIATE", "IDENTIFIER", NULL };

	return (walk->changes_objects && is_one_of(&walk->now, words)) ||
	       is_one_of(&walk->now, in_queries);
}

static void
take_word(struct walk *walk)
{
	walk->merges = walk->merges || sql_is(&walk->now, "MERGE");
	walk->query_seen = walk->query_seen || sql_is(&walk->now, "SELECT");
	if (is_outside(walk)) {
		flaw(walk, SQL_NAMES_STATEMENT);
	} else if (walk->expects != EXPECT_NOTHING) {
		if (begins_query(walk))
			walk->expects = sql_is(&walk->now, "FROM") ? EXPECT_SOURCE : EXPECT_NOTHING;
		else if (!may_precede(walk))
			take_table(walk);
	} else {
		follow_clauses(walk);
		walk->expects = expected_after(walk);
		if (walk->expects == EXPECT_NOTHING)
			take_other(walk);
	}
}

static void
take_token(struct walk *walk)
{
	const struct sql_token *now = &walk->now;

	if (now->kind == SQL_BAD || now->kind == SQL_BODY || now->kind == SQL_URL)
		flaw(walk, SQL_NAMES_UNREADABLE);
	else if (sql_is_sign(now, '('))
		bracket_opens(walk);
	else if (sql_is_sign(now, ')'))
		bracket_closes(walk);
	else if (sql_is_sign(now, ',') && walk->expects == EXPECT_NOTHING)
		walk->expects = walk->level[walk->depth].list ? EXPECT_SOURCE : EXPECT_NOTHING;
	else if (now->kind == SQL_PIPE && walk->expects == EXPECT_NOTHING)
		walk->level[walk->depth].list = false;
	else if (sql_is_name(now))
		take_word(walk);
	else if (walk->expects != EXPECT_NOTHING && now->kind != SQL_HINT)
		flaw(walk, SQL_NAMES_SHORT);
}

enum sql_names_flaw
sql_names_read(const char *text, size_t len, struct sql_names *names)
{
	struct walk walk = { .lexer = { text, text + len }, .names = names };

	names->name[0] = '\0';
	if (sql_has_reference(text, len))
		flaw(&walk, SQL_NAMES_UNREADABLE);
	walk.now.kind = SQL_SIGN;
	for (step(&walk); walk.flaw == SQL_NAMES_FINE && walk.now.kind != SQL_END; step(&walk)) {
		bool used = sql_is_sign(&walk.now, ';');

		names->name[0] = '\0';
		if (sql_is_sign(&walk.before, ';') && !used)
			flaw(&walk, SQL_NAMES_STATEMENT);
		else if (!walk.begun && !used)
			used = begin(&walk);
		follow_object(&walk);
		if (walk.flaw == SQL_NAMES_FINE && !used && !follow_with(&walk))
			take_token(&walk);
	}
	if (walk.flaw == SQL_NAMES_FINE &&
	    (!walk.begun || walk.depth > 0 || walk.expects != EXPECT_NOTHING))
		flaw(&walk, SQL_NAMES_UNREADABLE);
	return walk.flaw;
}
