/* SPDX-License-Identifier: Apache-2.0 */
/* The functions: their Databricks name, their code, and their result type; and the functions about
 * the session or the sandbox itself (sleep, raise_error). */
#include "sql/sql.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* type: the result type. "=" means the type of the first argument; "sum" and "avg" follow the rules
 * for decimals; NULL: unknown. */
struct info {
	const char *name, *sqlite, *type;
	bool aggregate;
};

static const struct info infos[] = {
	/* sorted by name */
	{ "abs", NULL, "=", false },
	{ "acos", NULL, "DOUBLE", false },
	{ "add_months", NULL, "DATE", false },
	{ "any", "bool_or", "BOOLEAN", true },
	{ "any_value", "first", "=", true },
	{ "approx_count_distinct", NULL, "BIGINT", true },
	{ "array", NULL, "ARRAY<STRING>", false },
	{ "array_agg", "collect_list", "ARRAY<STRING>", true },
	{ "array_contains", NULL, "BOOLEAN", false },
	{ "array_join", NULL, "STRING", false },
	{ "array_size", "size", "INT", false },
	{ "ascii", NULL, "INT", false },
	{ "asin", NULL, "DOUBLE", false },
	{ "atan", NULL, "DOUBLE", false },
	{ "avg", NULL, "avg", true },
	{ "base64", NULL, "STRING", false },
	{ "bool_and", NULL, "BOOLEAN", true },
	{ "bool_or", NULL, "BOOLEAN", true },
	{ "btrim", "trim", "STRING", false },
	{ "cardinality", "size", "INT", false },
	{ "cbrt", NULL, "DOUBLE", false },
	{ "ceil", NULL, "BIGINT", false },
	{ "ceiling", NULL, "BIGINT", false },
	{ "char", "chr", "STRING", false },
	{ "char_length", "length", "INT", false },
	{ "character_length", "length", "INT", false },
	{ "charindex", "locate", "INT", false },
	{ "chr", NULL, "STRING", false },
	{ "coalesce", NULL, "=", false },
	{ "collect_list", NULL, "ARRAY<STRING>", true },
	{ "collect_set", NULL, "ARRAY<STRING>", true },
	{ "concat", NULL, "STRING", false },
	{ "concat_ws", NULL, "STRING", false },
	{ "contains", NULL, "BOOLEAN", false },
	{ "cos", NULL, "DOUBLE", false },
	{ "count", NULL, "BIGINT", true },
	{ "count_if", NULL, "BIGINT", true },
	{ "crc32", NULL, "BIGINT", false },
	{ "cume_dist", NULL, "DOUBLE", false },
	{ "curdate", "_today", "DATE", false },
	{ "current_catalog", "_catalog", "STRING", false },
	{ "current_database", "_schema", "STRING", false },
	{ "current_date", "_today", "DATE", false },
	{ "current_metastore", "_metastore", "STRING", false },
	{ "current_schema", "_schema", "STRING", false },
	{ "current_timestamp", "_now", "TIMESTAMP", false },
	{ "current_timezone", "_timezone", "STRING", false },
	{ "current_user", "_user", "STRING", false },
	{ "date", "to_date", "DATE", false },
	{ "date_add", NULL, "DATE", false },
	{ "date_diff", "datediff", "INT", false },
	{ "date_format", NULL, "STRING", false },
	{ "date_part", "_extract", "INT", false },
	{ "date_sub", NULL, "DATE", false },
	{ "date_trunc", NULL, "TIMESTAMP", false },
	{ "dateadd", "date_add", "=", false },
	{ "datediff", NULL, "INT", false },
	{ "day", NULL, "INT", false },
	{ "dayname", NULL, "STRING", false },
	{ "dayofmonth", "day", "INT", false },
	{ "dayofweek", NULL, "INT", false },
	{ "dayofyear", NULL, "INT", false },
	{ "dense_rank", NULL, "INT", false },
	{ "element_at", NULL, "STRING", false },
	{ "endswith", NULL, "BOOLEAN", false },
	{ "every", "bool_and", "BOOLEAN", true },
	{ "exp", NULL, "DOUBLE", false },
	{ "extract", "_extract", "INT", false },
	{ "first", NULL, "=", true },
	{ "first_value", NULL, "=", false },
	{ "floor", NULL, "BIGINT", false },
	{ "format_number", NULL, "STRING", false },
	{ "format_string", "printf", "STRING", false },
	{ "from_unixtime", NULL, "STRING", false },
	{ "get_json_object", NULL, "STRING", false },
	{ "getdate", "_now", "TIMESTAMP", false },
	{ "greatest", NULL, "=", false },
	{ "group_concat", NULL, "STRING", true },
	{ "hex", NULL, "STRING", false },
	{ "hour", NULL, "INT", false },
	{ "if", "iif", "=", false },
	{ "iff", "iif", "=", false },
	{ "ifnull", NULL, "=", false },
	{ "initcap", NULL, "STRING", false },
	{ "instr", NULL, "INT", false },
	{ "isnotnull", NULL, "BOOLEAN", false },
	{ "isnull", NULL, "BOOLEAN", false },
	{ "json_array_length", NULL, "INT", false },
	{ "lag", NULL, "=", false },
	{ "last", NULL, "=", true },
	{ "last_day", NULL, "DATE", false },
	{ "last_value", NULL, "=", false },
	{ "lcase", "lower", "STRING", false },
	{ "lead", NULL, "=", false },
	{ "least", NULL, "=", false },
	{ "left", "_left", "STRING", false },
	{ "len", "length", "INT", false },
	{ "length", NULL, "INT", false },
	{ "listagg", "group_concat", "STRING", true },
	{ "ln", NULL, "DOUBLE", false },
	{ "localtimestamp", "_now", "TIMESTAMP", false },
	{ "locate", NULL, "INT", false },
	{ "log", "_log", "DOUBLE", false },
	{ "log10", NULL, "DOUBLE", false },
	{ "log2", NULL, "DOUBLE", false },
	{ "lower", NULL, "STRING", false },
	{ "lpad", NULL, "STRING", false },
	{ "ltrim", NULL, "STRING", false },
	{ "map", NULL, "MAP<STRING,STRING>", false },
	{ "max", NULL, "=", true },
	{ "md5", NULL, "STRING", false },
	{ "mean", "avg", "avg", true },
	{ "median", NULL, "DOUBLE", true },
	{ "min", NULL, "=", true },
	{ "minute", NULL, "INT", false },
	{ "mod", NULL, "=", false },
	{ "month", NULL, "INT", false },
	{ "months_between", NULL, "DOUBLE", false },
	{ "named_struct", NULL, "STRING", false },
	{ "next_day", NULL, "DATE", false },
	{ "now", "_now", "TIMESTAMP", false },
	{ "nth_value", NULL, "=", false },
	{ "ntile", NULL, "INT", false },
	{ "nullif", NULL, "=", false },
	{ "nvl", "ifnull", "=", false },
	{ "nvl2", NULL, NULL, false },
	{ "percent_rank", NULL, "DOUBLE", false },
	{ "percentile", NULL, "DOUBLE", true },
	{ "percentile_approx", "percentile", "DOUBLE", true },
	{ "pi", NULL, "DOUBLE", false },
	{ "pmod", NULL, "=", false },
	{ "pow", NULL, "DOUBLE", false },
	{ "power", NULL, "DOUBLE", false },
	{ "quarter", NULL, "INT", false },
	{ "rand", "_rand", "DOUBLE", false },
	{ "randn", "_randn", "DOUBLE", false },
	{ "random", "_rand", "DOUBLE", false },
	{ "range", NULL, NULL, false },
	{ "rank", NULL, "INT", false },
	{ "regexp_extract", NULL, "STRING", false },
	{ "regexp_like", NULL, "BOOLEAN", false },
	{ "regexp_replace", NULL, "STRING", false },
	{ "repeat", NULL, "STRING", false },
	{ "replace", NULL, "STRING", false },
	{ "reverse", NULL, "STRING", false },
	{ "right", "_right", "STRING", false },
	{ "rlike", "regexp_like", "BOOLEAN", false },
	{ "round", NULL, "=", false },
	{ "row_number", NULL, "INT", false },
	{ "rpad", NULL, "STRING", false },
	{ "rtrim", NULL, "STRING", false },
	{ "second", NULL, "INT", false },
	{ "session_user", "_user", "STRING", false },
	{ "sha", "sha1", "STRING", false },
	{ "sha1", NULL, "STRING", false },
	{ "sha2", NULL, "STRING", false },
	{ "sign", NULL, "DOUBLE", false },
	{ "signum", "sign", "DOUBLE", false },
	{ "sin", NULL, "DOUBLE", false },
	{ "size", NULL, "INT", false },
	{ "sleep", NULL, "DOUBLE", false },
	{ "some", "bool_or", "BOOLEAN", true },
	{ "split", NULL, "ARRAY<STRING>", false },
	{ "sqrt", NULL, "DOUBLE", false },
	{ "startswith", NULL, "BOOLEAN", false },
	{ "std", "stddev", "DOUBLE", true },
	{ "stddev", NULL, "DOUBLE", true },
	{ "stddev_pop", NULL, "DOUBLE", true },
	{ "stddev_samp", "stddev", "DOUBLE", true },
	{ "string_agg", "group_concat", "STRING", true },
	{ "substr", NULL, "STRING", false },
	{ "substring", NULL, "STRING", false },
	{ "substring_index", NULL, "STRING", false },
	{ "sum", NULL, "sum", true },
	{ "tan", NULL, "DOUBLE", false },
	{ "timestamp", "to_timestamp", "TIMESTAMP", false },
	{ "timestampadd", "date_add", "TIMESTAMP", false },
	{ "timestampdiff", "datediff", "BIGINT", false },
	{ "to_date", NULL, "DATE", false },
	{ "to_json", NULL, "STRING", false },
	{ "to_timestamp", NULL, "TIMESTAMP", false },
	{ "translate", NULL, "STRING", false },
	{ "trim", NULL, "STRING", false },
	{ "trunc", NULL, "DATE", false },
	{ "try_avg", "avg", "avg", true },
	{ "try_divide", NULL, "DOUBLE", false },
	{ "try_sum", "sum", "sum", true },
	{ "ucase", "upper", "STRING", false },
	{ "unbase64", NULL, "BINARY", false },
	{ "unix_timestamp", NULL, "BIGINT", false },
	{ "upper", NULL, "STRING", false },
	{ "user", "_user", "STRING", false },
	{ "uuid", NULL, "STRING", false },
	{ "var_pop", NULL, "DOUBLE", true },
	{ "var_samp", "variance", "DOUBLE", true },
	{ "variance", NULL, "DOUBLE", true },
	{ "version", NULL, "STRING", false },
	{ "weekday", NULL, "INT", false },
	{ "weekofyear", NULL, "INT", false },
	{ "year", NULL, "INT", false },
	{ "zeroifnull", NULL, "=", false },
};

static int
compare_info(const void *key, const void *row)
{
	return strcasecmp(key, ((const struct info *)row)->name);
}

static const struct info *
find_info(const char *name)
{
	return bsearch(name, infos, ARRAY_SIZE(infos), sizeof(infos[0]), compare_info);
}

const char *
function_rename(const char *name)
{
	const struct info *info = find_info(name);

	return info != NULL ? info->sqlite : NULL;
}

bool
function_is_aggregate(const char *name)
{
	const struct info *info = find_info(name);

	return info != NULL && info->aggregate;
}

static bool
aggregate_type(bool sum, const struct sql_type *first, struct sql_type *out)
{
	char text[32];
	int more = sum ? 10 : 4, precision;

	if (type_is(first, "DECIMAL")) {
		precision = first->precision + more > 38 ? 38 : first->precision + more;
		snprintf(text, sizeof(text), "DECIMAL(%d,%d)", precision,
			 sum ? first->scale : first->scale + 4);
		type_set(out, text);
		return true;
	}
	if (first->text[0] == '\0')
		return false;
	type_set(out, sum && !type_is(first, "DOUBLE") && !type_is(first, "FLOAT") &&
			      !type_is(first, "STRING")
			  ? "BIGINT"
			  : "DOUBLE");
	return true;
}

bool
function_type(const char *name, const struct sql_type *first, struct sql_type *out)
{
	static const struct sql_type none = { .precision = -1, .scale = -1 };
	const struct info *info = find_info(name);

	if (first == NULL)
		first = &none;
	if (info == NULL || info->type == NULL)
		return false;
	if (strcmp(info->type, "sum") == 0 || strcmp(info->type, "avg") == 0)
		return aggregate_type(info->type[0] == 's', first, out);
	if (strcmp(info->type, "=") == 0)
		*out = *first;
	else
		type_set(out, info->type);
	return out->text[0] != '\0';
}

char *
functions_list(void)
{
	struct buf text = BUF(MAX_MADE);

	for (size_t i = 0; i < ARRAY_SIZE(infos); i++)
		buf_printf(&text, "%s\n", infos[i].name);
	return buf_text(&text);
}

const char *
arg_text(sqlite3_value *v)
{
	const unsigned char *text = sqlite3_value_text(v);

	return text != NULL ? (const char *)text : "";
}

void
give_text(sqlite3_context *ctx, struct buf *out)
{
	if (buf_ok(out))
		sqlite3_result_text(ctx, out->data, (int)out->len, SQLITE_TRANSIENT);
	else
		sqlite3_result_error_toobig(ctx);
	buf_fini(out);
}

bool
any_null(int n, sqlite3_value **v)
{
	for (int i = 0; i < n; i++)
		if (sqlite3_value_type(v[i]) == SQLITE_NULL)
			return true;
	return false;
}

void
func_error(sqlite3_context *ctx, const char *sql_state, const char *fmt, ...)
{
	va_list args;
	char *text = NULL, *whole;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		abort();
	va_end(args);
	whole = xprintf("%s SQLSTATE: %s", text, sql_state);
	sqlite3_result_error(ctx, whole, -1);
	free(whole);
	free(text);
}

/* ---- session and sandbox ---- */

static struct lake_conn *
conn_of(sqlite3_context *ctx)
{
	return sqlite3_user_data(ctx);
}

static void
fn_catalog(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	const struct sql_session *session = conn_of(ctx)->session;

	(void)n;
	(void)v;
	sqlite3_result_text(ctx,
			    session != NULL && session->catalog[0] != '\0' ? session->catalog
									   : "main",
			    -1, SQLITE_TRANSIENT);
}

static void
fn_schema(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	const struct sql_session *session = conn_of(ctx)->session;

	(void)n;
	(void)v;
	sqlite3_result_text(ctx,
			    session != NULL && session->schema[0] != '\0' ? session->schema
									  : "default",
			    -1, SQLITE_TRANSIENT);
}

static void
fn_user(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	const struct sql_session *session = conn_of(ctx)->session;

	(void)n;
	(void)v;
	sqlite3_result_text(ctx, session != NULL ? session->user : "", -1, SQLITE_TRANSIENT);
}

static void
fn_metastore(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	char *text = xprintf("aws:us-west-2:%s", conn_of(ctx)->ws->metastore_id);

	(void)n;
	(void)v;
	sqlite3_result_text(ctx, text, -1, SQLITE_TRANSIENT);
	free(text);
}

static void
fn_version(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	(void)n;
	(void)v;
	sqlite3_result_text(ctx, "4.0.0 lakehost-sandbox-" SANDBOX_VERSION, -1, SQLITE_STATIC);
}

static void
fn_timezone(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	(void)n;
	(void)v;
	sqlite3_result_text(ctx, "Etc/UTC", -1, SQLITE_STATIC);
}

/* sleep(seconds) waits for that time and ends at once on a cancel. It returns the seconds. */
static void
fn_sleep(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	double seconds = sqlite3_value_double(v[0]);

	(void)n;
	if (seconds < 0 || seconds > 86400) {
		func_error(ctx, "22023",
			   "[INVALID_PARAMETER_VALUE] sleep takes 0 to 86400 "
			   "seconds.");
		return;
	}
	if (!bg_sleep(conn_of(ctx)->bg, (int64_t)(seconds * 1000)))
		sqlite3_interrupt(conn_of(ctx)->db);
	sqlite3_result_double(ctx, seconds);
}

static void
fn_raise_error(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	(void)n;
	func_error(ctx, "P0001", "[USER_RAISED_EXCEPTION] %.500s",
		   (const char *)sqlite3_value_text(v[0]));
}

/* _ts(epoch milliseconds) makes a timestamp, for the catalog's own tables. */
static void
fn_ts(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	int64_t ms = sqlite3_value_int64(v[0]);
	struct when w = { ms / 86400000, ms % 86400000 * 1000, true };
	char text[40];

	(void)n;
	when_timestamp(&w, text);
	sqlite3_result_text(ctx, text, -1, SQLITE_TRANSIENT);
}

static const struct func_row rows[] = {
	{ "_catalog", fn_catalog, 0, false },
	{ "_schema", fn_schema, 0, false },
	{ "_user", fn_user, 0, false },
	{ "_metastore", fn_metastore, 0, false },
	{ "_timezone", fn_timezone, 0, false },
	{ "version", fn_version, 0, false },
	{ "sleep", fn_sleep, 1, true },
	{ "raise_error", fn_raise_error, 1, true },
	{ "_ts", fn_ts, 1, false },
	{ 0 },
};

void
register_rows(struct lake_conn *conn, const struct func_row *list)
{
	for (; list->name != NULL; list++)
		sqlite3_create_function(conn->db, list->name, list->args,
					SQLITE_UTF8 | (list->random ? 0 : SQLITE_DETERMINISTIC),
					conn, list->fn, NULL, NULL);
}

void
functions_register(struct lake_conn *conn)
{
	register_rows(conn, rows);
	functions_cast(conn);
	functions_text(conn);
	functions_number(conn);
	functions_nested(conn);
	functions_date(conn);
	functions_aggregate(conn);
}
