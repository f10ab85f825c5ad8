/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions on text. A NULL argument makes the result NULL unless a comment says otherwise.
 * Positions and lengths count characters, not bytes.
 */
#include "sql/sql.h"

#include <ctype.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_REPEAT = 16 * 1024 * 1024, MAX_GROUPS = 10 };

static size_t
char_len(const char *s)
{
	size_t n = 1;

	while (*s != '\0' && ((unsigned char)s[n] & 0xc0) == 0x80)
		n++;
	return n;
}

static int64_t
count_chars(const char *s)
{
	int64_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static const char *
skip_chars(const char *s, int64_t n)
{
	while (n-- > 0 && *s != '\0')
		s += char_len(s);
	return s;
}

/* ---- joining and cutting ---- */

static void
add_value(struct buf *out, sqlite3_value *v)
{
	char text[40];

	if (sqlite3_value_type(v) == SQLITE_FLOAT) {
		format_double(sqlite3_value_double(v), text);
		buf_puts(out, text);
	} else {
		buf_puts(out, arg_text(v));
	}
}

static void
fn_concat(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct buf out = BUF(MAX_MADE);

	if (any_null(n, v))
		return;
	for (int i = 0; i < n; i++)
		add_value(&out, v[i]);
	give_text(ctx, &out);
}

static void
fn_concat_ws(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct buf out = BUF(MAX_MADE);
	bool first = true;

	if (n < 1 || sqlite3_value_type(v[0]) == SQLITE_NULL)
		return;
	for (int i = 1; i < n; i++) {
		if (sqlite3_value_type(v[i]) == SQLITE_NULL)
			continue;
		if (!first)
			buf_puts(&out, arg_text(v[0]));
		add_value(&out, v[i]);
		first = false;
	}
	give_text(ctx, &out);
}

static void
fn_left(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	const char *s = arg_text(v[0]);

	if (!any_null(n, v))
		sqlite3_result_text(ctx, s, (int)(skip_chars(s, sqlite3_value_int64(v[1])) - s),
				    SQLITE_TRANSIENT);
}

static void
fn_right(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	const char *s = arg_text(v[0]);

	if (!any_null(n, v))
		sqlite3_result_text(ctx, skip_chars(s, count_chars(s) - sqlite3_value_int64(v[1])),
				    -1, SQLITE_TRANSIENT);
}

static void
fn_repeat(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct buf out = BUF(MAX_REPEAT);

	if (any_null(n, v))
		return;
	for (int64_t i = sqlite3_value_int64(v[1]); i > 0 && buf_ok(&out); i--)
		buf_puts(&out, arg_text(v[0]));
	if (!buf_ok(&out)) {
		buf_fini(&out);
		func_error(ctx, "22001",
			   "[COLLECTION_SIZE_LIMIT_EXCEEDED] repeat makes at most %d "
			   "bytes here.",
			   MAX_REPEAT);
		return;
	}
	give_text(ctx, &out);
}

static void
pad(sqlite3_context *ctx, int n, sqlite3_value **v, bool left)
{
	struct buf out = BUF(MAX_REPEAT), fill = BUF(MAX_REPEAT);
	const char *s = arg_text(v[0]), *with = n > 2 ? arg_text(v[2]) : " ";
	int64_t want = sqlite3_value_int64(v[1]), have = count_chars(s);

	if (any_null(n, v))
		return;
	if (want > MAX_REPEAT / 8)
		want = MAX_REPEAT / 8;
	if (want <= have) {
		buf_add(&out, s, (size_t)(skip_chars(s, want) - s));
	} else {
		const char *at = with;

		for (int64_t i = have; i < want && *with != '\0'; i++) {
			buf_add(&fill, at, char_len(at));
			at += char_len(at);
			at = *at != '\0' ? at : with;
		}
		buf_puts(&out, left ? fill.data : s);
		buf_puts(&out, left ? s : fill.data);
	}
	buf_fini(&fill);
	give_text(ctx, &out);
}

static void
fn_lpad(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	if (n >= 2)
		pad(ctx, n, v, true);
}

static void
fn_rpad(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	if (n >= 2)
		pad(ctx, n, v, false);
}

static void
fn_reverse(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	const char *s = arg_text(v[0]);
	size_t len = strlen(s);
	char *out = xcalloc(1, len + 1);

	for (size_t at = 0; at < len && !any_null(n, v);) {
		size_t c = char_len(s + at);

		memcpy(out + len - at - c, s + at, c);
		at += c;
	}
	if (!any_null(n, v))
		sqlite3_result_text(ctx, out, (int)len, SQLITE_TRANSIENT);
	free(out);
}

static void
fn_initcap(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	char *out = xstrdup(arg_text(v[0]));
	bool start = true;

	for (char *p = out; *p != '\0'; p++) {
		*p = (char)(start ? toupper((unsigned char)*p) : tolower((unsigned char)*p));
		start = *p == ' ';
	}
	if (!any_null(n, v))
		sqlite3_result_text(ctx, out, -1, SQLITE_TRANSIENT);
	free(out);
}

static void
fn_substring_index(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	const char *s = arg_text(v[0]), *sep = arg_text(v[1]), *at;
	int64_t count = sqlite3_value_int64(v[2]), total = 0, i = 0;

	if (any_null(n, v) || *sep == '\0')
		return;
	for (at = s; (at = strstr(at, sep)) != NULL; at += strlen(sep))
		total++;
	if (count == 0 || count > total || -count > total) {
		sqlite3_result_text(ctx, count == 0 ? "" : s, -1, SQLITE_TRANSIENT);
		return;
	}
	if (count < 0)
		count = total + count + 1;
	for (at = s; (at = strstr(at, sep)) != NULL; at += strlen(sep))
		if (++i == count)
			break;
	if (sqlite3_value_int64(v[2]) > 0)
		sqlite3_result_text(ctx, s, (int)(at - s), SQLITE_TRANSIENT);
	else
		sqlite3_result_text(ctx, at + strlen(sep), -1, SQLITE_TRANSIENT);
}

static void
fn_translate(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	const char *s = arg_text(v[0]), *from = arg_text(v[1]), *to = arg_text(v[2]);
	struct buf out = BUF(MAX_MADE);

	if (any_null(n, v))
		return;
	for (; *s != '\0'; s++) {
		const char *at = strchr(from, *s);

		if (at == NULL)
			buf_add(&out, s, 1);
		else if ((size_t)(at - from) < strlen(to))
			buf_add(&out, to + (at - from), 1);
	}
	give_text(ctx, &out);
}

/* ---- searching ---- */

static void
fn_locate(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	const char *s, *at;
	int64_t start = n > 2 ? sqlite3_value_int64(v[2]) : 1;

	if (n < 2 || any_null(n, v))
		return;
	s = arg_text(v[1]);
	at = start > 0 ? strstr(skip_chars(s, start - 1), arg_text(v[0])) : NULL;
	if (at == NULL) {
		sqlite3_result_int(ctx, 0);
		return;
	}
	for (start = 1; s < at; s += char_len(s))
		start++;
	sqlite3_result_int64(ctx, start);
}

static void
fn_contains(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	if (!any_null(n, v))
		sqlite3_result_int(ctx, strstr(arg_text(v[0]), arg_text(v[1])) != NULL);
}

static void
fn_startswith(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	const char *part = arg_text(v[1]);

	if (!any_null(n, v))
		sqlite3_result_int(ctx, strncmp(arg_text(v[0]), part, strlen(part)) == 0);
}

static void
fn_endswith(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	const char *s = arg_text(v[0]), *part = arg_text(v[1]);
	size_t a = strlen(s), b = strlen(part);

	if (!any_null(n, v))
		sqlite3_result_int(ctx, a >= b && strcmp(s + a - b, part) == 0);
}

/* LIKE, with backslash as the default escape. The code is iterative, so that no pattern needs
 * exponential time. */
static bool
like(const char *p, const char *s, char escape, bool fold)
{
	const char *star = NULL, *retry = NULL;

	while (*s != '\0') {
		bool literal = *p == escape && p[1] != '\0';
		char a = literal ? p[1] : *p, b = *s;

		if (fold) {
			a = (char)tolower((unsigned char)a);
			b = (char)tolower((unsigned char)b);
		}
		if (!literal && *p == '%') {
			star = ++p;
			retry = s;
		} else if (!literal && *p == '_') {
			p++;
			s += char_len(s);
		} else if (*p != '\0' && a == b) {
			p += literal ? 2 : 1;
			s++;
		} else if (star != NULL) {
			p = star;
			s = ++retry;
		} else {
			return false;
		}
	}
	while (*p == '%')
		p++;
	return *p == '\0';
}

static void
fn_like(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	if (!any_null(n, v))
		sqlite3_result_int(ctx, like(arg_text(v[0]), arg_text(v[1]),
					     n > 2 ? arg_text(v[2])[0] : '\\', false));
}

static void
fn_ilike(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	if (!any_null(n, v))
		sqlite3_result_int(ctx, like(arg_text(v[0]), arg_text(v[1]), '\\', true));
}

/* Translates Java's \d \w \s and their negations, which POSIX does not have inside brackets. */
static char *
posix_pattern(const char *java)
{
	struct buf out = BUF(MAX_MADE);

	for (; *java != '\0'; java++) {
		if (java[0] == '\\' && java[1] == 'd') {
			buf_puts(&out, "[0-9]");
			java++;
		} else if (java[0] == '\\' && java[1] == 'D') {
			buf_puts(&out, "[^0-9]");
			java++;
		} else if (strncmp(java, "(?:", 3) == 0) {
			buf_puts(&out, "(");
			java += 2;
		} else {
			buf_add(&out, java, 1);
		}
	}
	return buf_text(&out);
}

static bool
compile(sqlite3_context *ctx, const char *pattern, regex_t *out)
{
	char *posix = posix_pattern(pattern);
	int rc = strlen(posix) < 1000 ? regcomp(out, posix, REG_EXTENDED) : REG_ESPACE;

	free(posix);
	if (rc != 0)
		func_error(ctx, "22023",
			   "[INVALID_PARAMETER_VALUE.PATTERN] The value of parameter "
			   "`regexp` is invalid: '%.100s'.",
			   pattern);
	return rc == 0;
}

static void
fn_regexp(sqlite3_context *ctx, int n, sqlite3_value **v) /* regexp(pattern, text) */
{
	regex_t re;

	if (any_null(n, v) || !compile(ctx, arg_text(v[0]), &re))
		return;
	sqlite3_result_int(ctx, regexec(&re, arg_text(v[1]), 0, NULL, 0) == 0);
	regfree(&re);
}

static void
fn_regexp_like(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	fn_regexp(ctx, n, (sqlite3_value *[]){ v[1], v[0] });
}

static void
fn_regexp_extract(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	int64_t group = n > 2 ? sqlite3_value_int64(v[2]) : 1;
	regmatch_t m[MAX_GROUPS];
	const char *s;
	regex_t re;

	if (n < 2 || any_null(n, v) || !compile(ctx, arg_text(v[1]), &re))
		return;
	s = arg_text(v[0]);
	if (group >= 0 && group < MAX_GROUPS && regexec(&re, s, MAX_GROUPS, m, 0) == 0 &&
	    m[group].rm_so >= 0)
		sqlite3_result_text(ctx, s + m[group].rm_so, m[group].rm_eo - m[group].rm_so,
				    SQLITE_TRANSIENT);
	else
		sqlite3_result_text(ctx, "", 0, SQLITE_STATIC);
	regfree(&re);
}

static void
add_replacement(struct buf *out, const char *with, const char *s, const regmatch_t *m)
{
	for (; *with != '\0'; with++) {
		if (*with == '$' && isdigit((unsigned char)with[1])) {
			const regmatch_t *g = &m[with[1] - '0'];

			if (g->rm_so >= 0)
				buf_add(out, s + g->rm_so, (size_t)(g->rm_eo - g->rm_so));
			with++;
		} else {
			buf_add(out, with, 1);
		}
	}
}

static void
fn_regexp_replace(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct buf out = BUF(MAX_MADE);
	regmatch_t m[MAX_GROUPS];
	const char *s;
	int flags = 0;
	regex_t re;

	if (any_null(n, v) || !compile(ctx, arg_text(v[1]), &re))
		return;
	for (s = arg_text(v[0]); regexec(&re, s, MAX_GROUPS, m, flags) == 0; flags = REG_NOTBOL) {
		const char *end = s + m[0].rm_eo;

		buf_add(&out, s, (size_t)m[0].rm_so);
		add_replacement(&out, arg_text(v[2]), s, m);
		if (m[0].rm_eo == m[0].rm_so && *end != '\0')
			buf_add(&out, end++, 1);
		s = end;
		if (*s == '\0')
			break;
	}
	buf_puts(&out, s);
	regfree(&re);
	give_text(ctx, &out);
}

static const struct func_row text_rows[] = {
	{ "concat", fn_concat, -1, false },
	{ "concat_ws", fn_concat_ws, -1, false },
	{ "_left", fn_left, 2, false },
	{ "_right", fn_right, 2, false },
	{ "repeat", fn_repeat, 2, false },
	{ "lpad", fn_lpad, -1, false },
	{ "rpad", fn_rpad, -1, false },
	{ "reverse", fn_reverse, 1, false },
	{ "initcap", fn_initcap, 1, false },
	{ "substring_index", fn_substring_index, 3, false },
	{ "translate", fn_translate, 3, false },
	{ "locate", fn_locate, -1, false },
	{ "contains", fn_contains, 2, false },
	{ "startswith", fn_startswith, 2, false },
	{ "endswith", fn_endswith, 2, false },
	{ "like", fn_like, 2, false },
	{ "like", fn_like, 3, false },
	{ "match", fn_ilike, 2, false },
	{ "regexp", fn_regexp, 2, false },
	{ "regexp_like", fn_regexp_like, 2, false },
	{ "regexp_extract", fn_regexp_extract, -1, false },
	{ "regexp_replace", fn_regexp_replace, 3, false },
	{ 0 },
};

void
functions_text(struct lake_conn *conn)
{
	register_rows(conn, text_rows);
}
