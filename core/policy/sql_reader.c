/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/sql_reader.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "config/config.h"

bool
sql_is_one_of(const struct sql_token *token, const char *const *keywords)
{
	for (; *keywords != NULL; keywords++)
		if (sql_is(token, *keywords))
			return true;
	return false;
}

void
reader_flaw(struct reader *reader, enum sql_flaw flaw)
{
	if (reader->verdict->flaw == SQL_SOUND)
		reader->verdict->flaw = flaw;
}

static void
function_flaw(struct reader *reader, enum sql_flaw why)
{
	if (reader->verdict->flaw == SQL_SOUND)
		memcpy(reader->verdict->function, reader->name, sizeof(reader->name));
	reader_flaw(reader, why);
}

/* ---- secrets ------------------------------------------------------------------------------- */

static bool
all_scopes_allowed(const struct reader *reader)
{
	return reader->rules->scope_allowed != NULL &&
	       reader->rules->scope_allowed(reader->rules->data, NULL);
}

/* Is `word` called in a text that is not split into tokens here, for example a program or a nested
 * statement? True also when this is uncertain. */
static bool
mentions_call(const char *text, size_t len, const char *word)
{
	const size_t n = strlen(word);

	for (size_t i = 0; i + n < len; i++) {
		size_t next = i + n;

		if (strncasecmp(text + i, word, n) != 0)
			continue;
		while (next < len && strchr(" \t\r\n\v\f`\"", text[next]) != NULL)
			next++;
		/* the text between the name and the bracket may be a comment */
		if (next < len && strchr("(/-", text[next]) != NULL)
			return true;
	}
	return false;
}

static void
maybe_reveals(struct reader *reader)
{
	reader->verdict->reveals = reader->verdict->reveals || !all_scopes_allowed(reader);
}

static void
check_text(struct reader *reader, const char *text, size_t len)
{
	if (mentions_call(text, len, "secret"))
		maybe_reveals(reader);
}

/* EXECUTE IMMEDIATE must run one text, and that text must not hide a call. */
static void
follow_dynamic(struct reader *reader)
{
	static const char *const ends[] = { "INTO", "USING", "END", NULL };
	const struct sql_token *now = &reader->now;

	if (reader->dynamic_at == DYNAMIC_TEXT) {
		if ((now->kind != SQL_TEXT && now->kind != SQL_TEXT_NAME) ||
		    memchr(now->at, '\\', now->len) != NULL ||
		    mentions_call(now->at, now->len, "secret") ||
		    mentions_call(now->at, now->len, "identifier") ||
		    memmem(now->at, now->len, "${", 2) != NULL)
			maybe_reveals(reader);
		reader->dynamic_at = DYNAMIC_END;
	} else if (reader->dynamic_at == DYNAMIC_END) {
		if (now->kind != SQL_END && !sql_is_sign(now, ';') && !sql_is_one_of(now, ends))
			maybe_reveals(reader);
		reader->dynamic_at = DYNAMIC_NONE;
	} else if (sql_is(&reader->before, "EXECUTE") && sql_is(now, "IMMEDIATE")) {
		reader->dynamic_at = DYNAMIC_TEXT;
		reader_flaw(reader, SQL_OTHER);
	}
}

/* Reads the tokens after "secret(": they must be a plain text that is an allowed scope, and a
 * comma. */
static void
follow_secret(struct reader *reader)
{
	const struct sql_token *now = &reader->now;
	bool fine = false;

	if (reader->scope_at == SCOPE_NONE)
		return;
	if (reader->scope_at == SCOPE_TEXT) {
		size_t len = now->len >= 2 ? now->len - 2 : 0;

		fine = (now->kind == SQL_TEXT || now->kind == SQL_TEXT_NAME) && len > 0 &&
		       (*now->at == '\'' || *now->at == '"') && len < sizeof(reader->scope) &&
		       memchr(now->at, '\\', now->len) == NULL &&
		       memchr(now->at, '\0', now->len) == NULL;
		if (fine) {
			memcpy(reader->scope, now->at + 1, len);
			reader->scope[len] = '\0';
			reader->scope_at = SCOPE_COMMA;
			return;
		}
	} else if (sql_is_sign(now, ',')) {
		fine = reader->rules->scope_allowed != NULL &&
		       reader->rules->scope_allowed(reader->rules->data, reader->scope);
	}
	reader->scope_at = SCOPE_NONE;
	if (!fine)
		maybe_reveals(reader);
}

/* ---- function calls ------------------------------------------------------------------------ */

/* Words that may stand before an opening bracket and are not a call. */
static const char *const no_functions[] = {
	"ALL",	  "AND",       "ANY",	  "AS",		"BETWEEN", "BY",	 "CASE",
	"CUBE",	  "DISTINCT",  "DIV",	  "ELSE",	"ESCAPE",  "EXCEPT",	 "EXISTS",
	"FILTER", "FROM",      "GROUP",	  "GROUPING",	"HAVING",  "IDENTIFIER", "ILIKE",
	"IN",	  "INTERSECT", "IS",	  "JOIN",	"LATERAL", "LIKE",	 "LIMIT",
	"MINUS",  "NOT",       "OFFSET",  "ON",		"OR",	   "OVER",	 "PARTITION",
	"PIVOT",  "QUALIFY",   "REGEXP",  "REPEATABLE", "RETURN",  "RLIKE",	 "ROLLUP",
	"SELECT", "SET",       "SETS",	  "SOME",	"STREAM",  "TABLE",	 "TABLESAMPLE",
	"THEN",	  "UNION",     "UNPIVOT", "USING",	"VALUES",  "WHEN",	 "WHERE",
	"WITH",	  NULL
};

/* Words after which a name follows: its columns or parameters may be in brackets. */
static const char *const places[] = { "CALL",	   "EXISTS",	 "FUNCTION", "INTO", "OVERWRITE",
				      "PROCEDURE", "REFERENCES", "TABLE",    "VIEW", NULL };

/* Is the name a word of the grammar, without a dot or quotes? */
static bool
is_grammar(const struct reader *reader)
{
	return strchr(reader->name, '.') == NULL && sql_is_one_of(&reader->before, no_functions);
}

/* Does the operator's list of user functions allow the function? A name that was cut never
 * matches. */
static bool
is_listed(const struct reader *reader)
{
	const struct strings *list = reader->rules->functions;

	if (reader->is_alias || reader->in_hint || is_grammar(reader) ||
	    sql_function_is_built_in(reader->name))
		return true;
	return list == NULL || list->count == 0 ||
	       (reader->name_len + 1 < sizeof(reader->name) &&
		sql_function_is_listed(reader->name, list));
}

static void
check_call(struct reader *reader)
{
	if (reader->naming || reader->is_place)
		return;
	if (sql_function_reveals(reader->last))
		reader->scope_at = SCOPE_TEXT;
	if (sql_function_is_outside(reader->name, reader->last))
		function_flaw(reader, SQL_OUTSIDE);
	else if (!is_listed(reader))
		function_flaw(reader, SQL_NOT_LISTED);
}

/* LATERAL VIEW calls the function after it. */
static bool
is_place(const struct reader *reader)
{
	return sql_is_one_of(&reader->before, places) &&
	       !(sql_is(&reader->before, "VIEW") && sql_is(&reader->earlier, "LATERAL"));
}

/* Stores the qualified name that ends at this token. */
static void
follow_name(struct reader *reader)
{
	const struct sql_token *now = &reader->now, *before = &reader->before;
	bool qualified = sql_is_sign(before, '.') && reader->name_len > 0;

	if (sql_is_sign(now, '.'))
		return;
	if (sql_is_sign(now, '(') && reader->name_len > 0 && sql_is_name(before))
		check_call(reader);
	if (!sql_is_name(now)) {
		reader->name_len = 0;
		return;
	}
	if (qualified) {
		if (reader->name_len + 1 < sizeof(reader->name))
			reader->name[reader->name_len++] = '.';
	} else {
		reader->name_len = 0;
		reader->is_place = is_place(reader);
		reader->is_alias = sql_is(before, "AS") || sql_is_sign(before, ')');
	}
	reader->name_len = sql_add_name(now, reader->name, reader->name_len, sizeof(reader->name));
	sql_add_name(now, reader->last, 0, sizeof(reader->last));
}

/* ---- the reader ---------------------------------------------------------------------------- */

static void
open_bracket(struct reader *reader)
{
	if (reader->computed_before) {
		reader_flaw(reader, SQL_COMPUTED_NAME);
		maybe_reveals(reader);
	}
	if (reader->depth < DEPTH_MAX)
		reader->computed[reader->depth] =
		    sql_is(&reader->before, "IDENTIFIER") && !reader->is_place && !reader->naming;
	else
		reader_flaw(reader, SQL_TOO_DEEP);
	reader->depth++;
}

/* After IDENTIFIER( … ), which is a name, an opening bracket is a call. */
static void
follow_brackets(struct reader *reader)
{
	const struct sql_token *now = &reader->now;
	bool computed = false;

	if (sql_is_sign(now, '(')) {
		open_bracket(reader);
	} else if (sql_is_sign(now, ')') && reader->depth > 0) {
		reader->depth--;
		computed = reader->depth < DEPTH_MAX && reader->computed[reader->depth];
	} else if (sql_is_sign(now, ')') || (now->kind == SQL_END && reader->depth > 0)) {
		reader_flaw(reader, SQL_UNREADABLE);
	}
	reader->computed_before = computed;
}

/* A hint is valid only after SELECT or after another hint. */
static void
follow_hint(struct reader *reader)
{
	const struct sql_token *before = &reader->before;

	if (reader->now.kind == SQL_HINT) {
		if (reader->in_hint || (before->kind != SQL_HINT_END && !sql_is(before, "SELECT")))
			reader_flaw(reader, SQL_OTHER);
		reader->in_hint = true;
	} else if (reader->now.kind == SQL_HINT_END) {
		if (!reader->in_hint)
			reader_flaw(reader, SQL_OTHER);
		reader->in_hint = false;
	} else if (reader->now.kind == SQL_END && reader->in_hint) {
		reader_flaw(reader, SQL_UNREADABLE);
	}
}

/* USING followed by a text runs a program; USING followed by a bracket has the columns of a
 * join. */
static bool
is_program(const struct reader *reader)
{
	const struct sql_token *now = &reader->now;

	return sql_is(&reader->before, "USING") &&
	       (now->kind == SQL_TEXT || now->kind == SQL_TEXT_NAME || now->kind == SQL_BODY ||
		sql_is_sign(now, ':') || sql_is_sign(now, '?'));
}

/* True after INSERT INTO or INSERT OVERWRITE. "1INSERT" is one word for Spark, but may be two words
 * for other systems. */
static bool
is_insert(const struct reader *reader)
{
	const char *word = reader->before.word;

	if (!sql_is(&reader->now, "INTO") && !sql_is(&reader->now, "OVERWRITE"))
		return false;
	return strcmp(word + strspn(word, "0123456789"), "INSERT") == 0;
}

/* INSERT INTO, MERGE INTO or DELETE FROM at the start of a subquery, or after its WITH list. Spark
 * and Databricks do not allow it; other systems do. */
static bool
is_nested_change(const struct reader *reader)
{
	const struct sql_token *verb = &reader->before;

	if (reader->depth == 0 ||
	    (!sql_is_sign(&reader->earlier, '(') && !sql_is_sign(&reader->earlier, ')')))
		return false;
	if (sql_is(verb, "DELETE"))
		return sql_is(&reader->now, "FROM") && sql_is_sign(&reader->earlier, '(');
	return is_insert(reader) || (sql_is(verb, "MERGE") && sql_is(&reader->now, "INTO"));
}

/* Reads the words after a pipe: an operator, or nothing. No such operator writes. */
static bool
is_piped(const struct sql_token *token)
{
	static const char *const operators[] = {
		"AGGREGATE", "ANTI",   "AS",	 "CLUSTER", "CROSS",	 "DISTRIBUTE",	"DROP",
		"EXCEPT",    "EXTEND", "FULL",	 "INNER",   "INTERSECT", "JOIN",	"LATERAL",
		"LEFT",	     "LIMIT",  "MINUS",	 "NATURAL", "OFFSET",	 "ORDER",	"PIVOT",
		"RIGHT",     "SELECT", "SEMI",	 "SET",	    "SORT",	 "TABLESAMPLE", "UNION",
		"UNPIVOT",   "WHERE",  "WINDOW", NULL
	};

	return sql_is_one_of(token, operators) || token->kind == SQL_END ||
	       token->kind == SQL_PIPE || sql_is_sign(token, ')') || sql_is_sign(token, ';');
}

/* Reads WITH and a bracket: options of the source. The options of a database may contain statements
 * that the database runs first, so only WITH (CREDENTIAL name) counts as safe. */
static void
follow_options(struct reader *reader)
{
	const struct sql_token *now = &reader->now;
	bool fine = true;

	switch (reader->options_at) {
	case OPTIONS_NONE:
		if (sql_is_sign(now, '(') && sql_is(&reader->before, "WITH"))
			reader->options_at = OPTIONS_OPEN;
		return;
	case OPTIONS_OPEN: fine = sql_is(now, "CREDENTIAL"); break;
	case OPTIONS_CREDENTIAL: fine = sql_is_name(now); break;
	case OPTIONS_NAME: fine = sql_is_sign(now, ')'); break;
	}
	if (!fine)
		reader_flaw(reader, SQL_OTHER);
	reader->options_at =
	    fine && reader->options_at != OPTIONS_NAME ? reader->options_at + 1 : OPTIONS_NONE;
}

/* format.`address` reads files. Files of a web server, or of the machine that runs the query, are
 * not the workspace's. An address in a cloud's storage is allowed, because the workspace decides
 * who may read it. */
static bool
is_foreign_address(const struct reader *reader)
{
	static const char *const storage[] = { "abfs", "abfss", "adl", "dbfs", "gs",   "r2",
					       "s3",   "s3a",	"s3n", "wasb", "wasbs" };
	const struct sql_token *now = &reader->now;
	const char *at;
	size_t len = 0;

	if ((now->kind != SQL_NAME && now->kind != SQL_TEXT_NAME) ||
	    !sql_is_sign(&reader->before, '.'))
		return false;
	at = now->at + 1; /* skips the quote; a token without text has no address */
	while (len + 3 < now->len && (isalnum((unsigned char)at[len]) || strchr("+-.", at[len])))
		len++;
	if (len == 0 || len + 3 >= now->len || at[len] != ':' || at[len + 1] != '/')
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(storage); i++)
		if (strlen(storage[i]) == len && strncasecmp(storage[i], at, len) == 0)
			return false;
	return true;
}

static void
follow_words(struct reader *reader)
{
	if (is_foreign_address(reader))
		reader_flaw(reader, SQL_OTHER);
	if (is_program(reader))
		reader_flaw(reader, SQL_PROGRAM);
	if (reader->now.kind == SQL_BODY) {
		check_text(reader, reader->now.at, reader->now.len);
		reader_flaw(reader, SQL_OTHER);
	}
	/* Spark refuses this; another system might see a comment in it */
	if (reader->now.kind == SQL_URL && !reader->lists)
		reader_flaw(reader, SQL_OTHER);
	if (reader->before.kind == SQL_PIPE && !is_piped(&reader->now))
		reader_flaw(reader, SQL_OTHER);
	if (is_nested_change(reader))
		reader_flaw(reader, SQL_OTHER);
	reader->inserts = reader->inserts || is_insert(reader);
}

void
reader_step(struct reader *reader)
{
	if (reader->now.kind == SQL_END || reader->now.kind == SQL_BAD)
		return;
	reader->earlier = reader->before;
	reader->before = reader->now;
	sql_next(&reader->lexer, &reader->now);
	if (reader->now.kind == SQL_BAD) {
		reader_flaw(reader, SQL_UNREADABLE);
		check_text(reader, reader->lexer.at,
			   (size_t)(reader->lexer.end - reader->lexer.at));
	}
	if (reader->ended && reader->now.kind != SQL_END && !sql_is_sign(&reader->now, ';'))
		reader_flaw(reader, SQL_SEVERAL);
	reader->ended = reader->ended || sql_is_sign(&reader->now, ';');
	follow_secret(reader);
	follow_dynamic(reader);
	follow_name(reader);
	follow_brackets(reader);
	follow_hint(reader);
	follow_options(reader);
	follow_words(reader);
}

bool
reader_at_end(const struct reader *reader)
{
	return reader->now.kind == SQL_END || reader->now.kind == SQL_BAD;
}

void
reader_skip_rest(struct reader *reader)
{
	while (!reader_at_end(reader))
		reader_step(reader);
}

void
reader_skip_group(struct reader *reader)
{
	unsigned outside = reader->depth - 1;

	while (!reader_at_end(reader) && reader->depth > outside)
		reader_step(reader);
	reader_step(reader);
}
