/* SPDX-License-Identifier: Apache-2.0 */
/* Functions on dates and timestamps; all of them use UTC. */
#include "sql/sql.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Reads a date. False for NULL, and, with an error set, for an invalid date. */
static bool
get_when(sqlite3_context *ctx, sqlite3_value *v, struct when *out)
{
	if (sqlite3_value_type(v) == SQLITE_NULL)
		return false;
	if (when_parse(arg_text(v), out))
		return true;
	func_error(ctx, "22018",
		   "[CAST_INVALID_INPUT] The value '%.100s' of the type \"STRING\" "
		   "cannot be cast to \"TIMESTAMP\" because it is malformed. Correct the value as "
		   "per the syntax, or change its target type.",
		   arg_text(v));
	return false;
}

static void
give_date(sqlite3_context *ctx, const struct when *w)
{
	char text[16];

	when_date(w, text);
	sqlite3_result_text(ctx, text, -1, SQLITE_TRANSIENT);
}

static void
give_timestamp(sqlite3_context *ctx, const struct when *w)
{
	char text[40];

	when_timestamp(w, text);
	sqlite3_result_text(ctx, text, -1, SQLITE_TRANSIENT);
}

static void
give_same(sqlite3_context *ctx, const struct when *w)
{
	if (w->has_time)
		give_timestamp(ctx, w);
	else
		give_date(ctx, w);
}

static void
fn_today(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct when now = when_now();

	(void)n;
	(void)v;
	give_date(ctx, &now);
}

static void
fn_now(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct when now = when_now();

	(void)n;
	(void)v;
	give_timestamp(ctx, &now);
}

static void
fn_interval_add(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct when w;

	(void)n;
	if (!get_when(ctx, v[0], &w))
		return;
	if (when_add(&w, sqlite3_value_int64(v[1]), arg_text(v[2])))
		give_same(ctx, &w);
	else
		func_error(ctx, "42601", "[INVALID_INTERVAL_FORMAT] Unknown interval unit '%.40s'.",
			   arg_text(v[2]));
}

/* date_add(date, days), or dateadd(UNIT, amount, date) */
static void
fn_date_add(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct when w;

	if (n == 3) {
		fn_interval_add(ctx, 3, (sqlite3_value *[]){ v[2], v[1], v[0] });
		return;
	}
	if (n != 2 || sqlite3_value_type(v[1]) == SQLITE_NULL || !get_when(ctx, v[0], &w))
		return;
	w.days += sqlite3_value_int(v[1]);
	give_date(ctx, &w);
}

static void
fn_date_sub(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct when w;

	(void)n;
	if (sqlite3_value_type(v[1]) == SQLITE_NULL || !get_when(ctx, v[0], &w))
		return;
	w.days -= sqlite3_value_int(v[1]);
	give_date(ctx, &w);
}

static int64_t
months_of(const struct when *w, int *day)
{
	int year, month;

	when_civil(w->days, &year, &month, day);
	return (int64_t)year * 12 + month - 1;
}

static bool
difference(const char *unit, const struct when *a, const struct when *b, int64_t *out)
{
	int64_t us = (b->days - a->days) * INT64_C(86400000000) + b->us - a->us, months;
	int day_a, day_b;

	if (strcasecmp(unit, "MONTH") == 0 || strcasecmp(unit, "YEAR") == 0 ||
	    strcasecmp(unit, "QUARTER") == 0) {
		months = months_of(b, &day_b) - months_of(a, &day_a);
		months -= us >= 0 && day_b < day_a;
		months += us < 0 && day_b > day_a;
		*out = months / (strcasecmp(unit, "YEAR") == 0	    ? 12
				 : strcasecmp(unit, "QUARTER") == 0 ? 3
								    : 1);
		return true;
	}
	static const struct {
		const char *name;
		int64_t us;
	} units[] = { { "WEEK", INT64_C(604800000000) },
		      { "DAY", INT64_C(86400000000) },
		      { "HOUR", INT64_C(3600000000) },
		      { "MINUTE", 60000000 },
		      { "SECOND", 1000000 },
		      { "MILLISECOND", 1000 },
		      { "MICROSECOND", 1 } };

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcasecmp(unit, units[i].name) == 0) {
			*out = us / units[i].us;
			return true;
		}
	}
	return false;
}

/* datediff(end, start) in days, or datediff(UNIT, start, end) */
static void
fn_datediff(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct when a, b;
	int64_t result;

	if (n == 2 && get_when(ctx, v[0], &b) && get_when(ctx, v[1], &a))
		sqlite3_result_int64(ctx, b.days - a.days);
	if (n != 3 || !get_when(ctx, v[1], &a) || !get_when(ctx, v[2], &b))
		return;
	if (difference(arg_text(v[0]), &a, &b, &result))
		sqlite3_result_int64(ctx, result);
	else
		func_error(ctx, "22023",
			   "[INVALID_PARAMETER_VALUE.DATETIME_UNIT] Unknown unit "
			   "'%.40s'.",
			   arg_text(v[0]));
}

static void
fn_add_months(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct when w;

	(void)n;
	if (sqlite3_value_type(v[1]) == SQLITE_NULL || !get_when(ctx, v[0], &w))
		return;
	when_add(&w, sqlite3_value_int64(v[1]), "MONTH");
	give_date(ctx, &w);
}

static void
fn_months_between(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct when a, b;
	int day_a, day_b;
	int64_t months;

	(void)n;
	if (!get_when(ctx, v[0], &a) || !get_when(ctx, v[1], &b))
		return;
	months = months_of(&a, &day_a) - months_of(&b, &day_b);
	sqlite3_result_double(ctx, (double)months + (day_a - day_b) / 31.0);
}

static void
fn_last_day(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct when w;
	int year, month, day;

	(void)n;
	if (!get_when(ctx, v[0], &w))
		return;
	when_civil(w.days, &year, &month, &day);
	w.days = when_days(year, month + 1, 1) - 1;
	give_date(ctx, &w);
}

static void
fn_next_day(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	static const char *const names[] = { "TH", "FR", "SA", "SU", "MO", "TU", "WE" };
	struct when w;

	(void)n;
	if (sqlite3_value_type(v[1]) == SQLITE_NULL || !get_when(ctx, v[0], &w))
		return;
	for (int i = 1; i <= 7; i++) {
		if (strncasecmp(arg_text(v[1]), names[(((w.days + i) % 7) + 7) % 7], 2) == 0) {
			w.days += i;
			give_date(ctx, &w);
			return;
		}
	}
}

static void
fn_date_trunc(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct when w;

	(void)n;
	if (get_when(ctx, v[1], &w) && when_trunc(&w, arg_text(v[0])))
		give_timestamp(ctx, &w);
}

static void
fn_trunc(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct when w;

	(void)n;
	if (get_when(ctx, v[0], &w) && when_trunc(&w, arg_text(v[1])))
		give_date(ctx, &w);
}

/* ---- fields ---- */

static bool
field(const char *name, const struct when *w, int64_t *out)
{
	int year, month, day;
	int64_t seconds = w->us / 1000000, weekday = ((w->days + 4) % 7 + 7) % 7, thursday;

	when_civil(w->days, &year, &month, &day);
	if (strcasecmp(name, "YEAR") == 0)
		*out = year;
	else if (strcasecmp(name, "QUARTER") == 0)
		*out = (month + 2) / 3;
	else if (strcasecmp(name, "MONTH") == 0)
		*out = month;
	else if (strcasecmp(name, "DAY") == 0)
		*out = day;
	else if (strcasecmp(name, "DAYOFWEEK") == 0)
		*out = weekday + 1; /* Sunday is 1 */
	else if (strcasecmp(name, "WEEKDAY") == 0)
		*out = (weekday + 6) % 7; /* Monday is 0 */
	else if (strcasecmp(name, "DAYOFYEAR") == 0 || strcasecmp(name, "DOY") == 0)
		*out = w->days - when_days(year, 1, 1) + 1;
	else if (strcasecmp(name, "HOUR") == 0)
		*out = seconds / 3600;
	else if (strcasecmp(name, "MINUTE") == 0)
		*out = seconds / 60 % 60;
	else if (strcasecmp(name, "SECOND") == 0)
		*out = seconds % 60;
	else if (strcasecmp(name, "WEEKOFYEAR") == 0 || strcasecmp(name, "WEEK") == 0) {
		thursday = w->days - (weekday + 6) % 7 + 3;
		when_civil(thursday, &year, &month, &day);
		*out = (thursday - when_days(year, 1, 1)) / 7 + 1;
	} else {
		return false;
	}
	return true;
}

static void
fn_extract(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct when w;
	int64_t value;

	(void)n;
	if (!get_when(ctx, v[1], &w))
		return;
	if (field(arg_text(v[0]), &w, &value))
		sqlite3_result_int64(ctx, value);
	else
		func_error(ctx, "22023", "[INVALID_EXTRACT_FIELD] Cannot extract `%.40s`.",
			   arg_text(v[0]));
}

#define FIELD_FUNCTION(name)                                                  \
	static void fn_##name(sqlite3_context *ctx, int n, sqlite3_value **v) \
	{                                                                     \
		struct when w;                                                \
		int64_t value;                                                \
		(void)n;                                                      \
		if (get_when(ctx, v[0], &w) && field(#name, &w, &value))      \
			sqlite3_result_int64(ctx, value);                     \
	}
FIELD_FUNCTION(year)
FIELD_FUNCTION(quarter)
FIELD_FUNCTION(month)
FIELD_FUNCTION(day)
FIELD_FUNCTION(dayofweek)
FIELD_FUNCTION(weekday)
FIELD_FUNCTION(dayofyear)
FIELD_FUNCTION(weekofyear)
FIELD_FUNCTION(hour)
FIELD_FUNCTION(minute)
FIELD_FUNCTION(second)

/* ---- text ---- */

static void
format(sqlite3_context *ctx, const struct when *w, const char *pattern)
{
	struct buf out = BUF(4096);

	when_format(w, pattern, &out);
	give_text(ctx, &out);
}

static void
fn_date_format(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct when w;

	(void)n;
	if (sqlite3_value_type(v[1]) != SQLITE_NULL && get_when(ctx, v[0], &w))
		format(ctx, &w, arg_text(v[1]));
}

static void
fn_dayname(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct when w;

	(void)n;
	if (get_when(ctx, v[0], &w))
		format(ctx, &w, "EEE");
}

/* to_date(text[, pattern]) and to_timestamp(text[, pattern]) */
static bool
scan(sqlite3_context *ctx, int n, sqlite3_value **v, struct when *w)
{
	if (n < 1 || n > 2 || sqlite3_value_type(v[0]) == SQLITE_NULL)
		return false;
	if (n == 1)
		return get_when(ctx, v[0], w);
	if (when_scan(arg_text(v[0]), arg_text(v[1]), w))
		return true;
	func_error(ctx, "22007",
		   "[CANNOT_PARSE_TIMESTAMP] Text '%.100s' could not be parsed. Use "
		   "`try_to_timestamp` to tolerate invalid input string and return NULL instead.",
		   arg_text(v[0]));
	return false;
}

static void
fn_to_date(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct when w;

	if (scan(ctx, n, v, &w))
		give_date(ctx, &w);
}

static void
fn_to_timestamp(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct when w;

	if (scan(ctx, n, v, &w))
		give_timestamp(ctx, &w);
}

static void
fn_unix_timestamp(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct when w = when_now();

	if (n > 0 && !scan(ctx, n, v, &w))
		return;
	sqlite3_result_int64(ctx, w.days * 86400 + w.us / 1000000);
}

static void
fn_from_unixtime(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	int64_t seconds = sqlite3_value_int64(v[0]);
	struct when w = { 0, 0, true };

	if (n < 1 || sqlite3_value_type(v[0]) == SQLITE_NULL || !when_add(&w, seconds, "SECOND"))
		return;
	if (n > 1)
		format(ctx, &w, arg_text(v[1]));
	else
		give_timestamp(ctx, &w);
}

static const struct func_row date_rows[] = {
	{ "_today", fn_today, 0, true },
	{ "_now", fn_now, 0, true },
	{ "_interval_add", fn_interval_add, 3, false },
	{ "date_add", fn_date_add, -1, false },
	{ "date_sub", fn_date_sub, 2, false },
	{ "datediff", fn_datediff, -1, false },
	{ "add_months", fn_add_months, 2, false },
	{ "months_between", fn_months_between, 2, false },
	{ "last_day", fn_last_day, 1, false },
	{ "next_day", fn_next_day, 2, false },
	{ "date_trunc", fn_date_trunc, 2, false },
	{ "trunc", fn_trunc, 2, false },
	{ "_extract", fn_extract, 2, false },
	{ "year", fn_year, 1, false },
	{ "quarter", fn_quarter, 1, false },
	{ "month", fn_month, 1, false },
	{ "day", fn_day, 1, false },
	{ "dayofweek", fn_dayofweek, 1, false },
	{ "weekday", fn_weekday, 1, false },
	{ "dayofyear", fn_dayofyear, 1, false },
	{ "weekofyear", fn_weekofyear, 1, false },
	{ "hour", fn_hour, 1, false },
	{ "minute", fn_minute, 1, false },
	{ "second", fn_second, 1, false },
	{ "date_format", fn_date_format, 2, false },
	{ "dayname", fn_dayname, 1, false },
	{ "to_date", fn_to_date, -1, false },
	{ "to_timestamp", fn_to_timestamp, -1, false },
	{ "unix_timestamp", fn_unix_timestamp, -1, true },
	{ "from_unixtime", fn_from_unixtime, -1, false },
	{ 0 },
};

void
functions_date(struct lake_conn *conn)
{
	register_rows(conn, date_rows);
}
