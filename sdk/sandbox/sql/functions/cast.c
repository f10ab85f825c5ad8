/* SPDX-License-Identifier: Apache-2.0 */
/* Conversions between types in Spark's ANSI mode, and the shortest text of a double. */
#include "sql/sql.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void
format_double(double value, char out[40])
{
	if (isnan(value)) {
		strcpy(out, "NaN");
	} else if (isinf(value)) {
		strcpy(out, value > 0 ? "Infinity" : "-Infinity");
	} else {
		for (int digits = 15; digits <= 17; digits++) {
			snprintf(out, 40, "%.*g", digits, value);
			if (strtod(out, NULL) == value)
				break;
		}
		if (strpbrk(out, ".e") == NULL)
			strcat(out, ".0");
	}
}

static bool
integer_range(const struct sql_type *type, int64_t *min, int64_t *max)
{
	static const struct {
		const char *name;
		int64_t max;
	} kinds[] = { { "BYTE", INT8_MAX },
		      { "SHORT", INT16_MAX },
		      { "INT", INT32_MAX },
		      { "LONG", INT64_MAX } };

	for (size_t i = 0; i < 4; i++) {
		if (type_is(type, kinds[i].name)) {
			*max = kinds[i].max;
			*min = -kinds[i].max - 1;
			return true;
		}
	}
	return false;
}

static bool
to_integer(const char *text, int64_t min, int64_t max, struct sql_value *out)
{
	char *end;

	errno = 0;
	out->kind = VALUE_INT;
	out->i = strtoll(text, &end, 10);
	if (end != text && *end == '.') {
		end++;
		while (isdigit((unsigned char)*end))
			end++;
	}
	while (isspace((unsigned char)*end))
		end++;
	return end != text && *end == '\0' && errno == 0 && out->i >= min && out->i <= max;
}

static bool
to_double(const char *text, struct sql_value *out)
{
	char *end;

	out->kind = VALUE_REAL;
	out->d = strtod(text, &end);
	while (isspace((unsigned char)*end))
		end++;
	return end != text && *end == '\0' && strpbrk(text, "xX") == NULL;
}

static bool
to_decimal(const char *text, const struct sql_type *type, struct sql_value *out)
{
	double scale = pow(10, type->scale);

	if (!to_double(text, out) || !isfinite(out->d) ||
	    fabs(out->d) >= pow(10, type->precision - type->scale))
		return false;
	out->d = round(out->d * scale) / scale;
	return true;
}

static bool
to_boolean(const char *text, struct sql_value *out)
{
	static const char *const words[] = { "true",  "t", "yes", "y", "1",
					     "false", "f", "no",  "n", "0" };

	for (size_t i = 0; i < 10; i++) {
		if (strcasecmp(text, words[i]) == 0) {
			*out = (struct sql_value){ .kind = VALUE_INT, .i = i < 5 };
			return true;
		}
	}
	return false;
}

static bool
to_when(const char *text, bool date, struct sql_value *out)
{
	struct when w;
	char shown[40];

	if (!when_parse(text, &w))
		return false;
	if (date)
		when_date(&w, shown);
	else
		when_timestamp(&w, shown);
	*out = (struct sql_value){ .kind = VALUE_TEXT, .text = xstrdup(shown) };
	return true;
}

bool
cast_text(const char *text, const struct sql_type *type, struct sql_value *out)
{
	int64_t min, max;

	memset(out, 0, sizeof(*out));
	while (isspace((unsigned char)*text) && type->name != NULL && !type_is(type, "STRING"))
		text++;
	if (integer_range(type, &min, &max))
		return to_integer(text, min, max, out);
	if (type_is(type, "DOUBLE") || type_is(type, "FLOAT"))
		return to_double(text, out);
	if (type_is(type, "DECIMAL"))
		return to_decimal(text, type, out);
	if (type_is(type, "BOOLEAN"))
		return to_boolean(text, out);
	if (type_is(type, "DATE"))
		return to_when(text, true, out);
	if (type_is(type, "TIMESTAMP") || type_is(type, "TIMESTAMP_NTZ"))
		return to_when(text, false, out);
	if (type_is(type, "NULL"))
		return true;
	*out = (struct sql_value){ .kind = VALUE_TEXT, .text = xstrdup(text) };
	return true;
}

/* ---- the functions _cast(value, 'TYPE') and _try_cast ---- */

static char *
value_text(sqlite3_value *v)
{
	char text[40];

	if (sqlite3_value_type(v) != SQLITE_FLOAT)
		return xstrdup((const char *)sqlite3_value_text(v));
	format_double(sqlite3_value_double(v), text);
	return xstrdup(text);
}

static bool
real_to_integer(sqlite3_context *ctx, sqlite3_value *v, const struct sql_type *type)
{
	int64_t min, max;
	double d = trunc(sqlite3_value_double(v));

	if (sqlite3_value_type(v) != SQLITE_FLOAT || !integer_range(type, &min, &max))
		return false;
	if (d < (double)min || d >= (double)max + 1)
		func_error(ctx, "22003",
			   "[CAST_OVERFLOW] The value %g cannot be cast to \"%s\" "
			   "due "
			   "to an overflow. Use `try_cast` to tolerate overflow and return NULL "
			   "instead.",
			   d, type->text);
	else
		sqlite3_result_int64(ctx, (sqlite3_int64)d);
	return true;
}

static void
give(sqlite3_context *ctx, struct sql_value *value)
{
	if (value->kind == VALUE_INT)
		sqlite3_result_int64(ctx, value->i);
	else if (value->kind == VALUE_REAL)
		sqlite3_result_double(ctx, value->d);
	else if (value->kind == VALUE_TEXT)
		sqlite3_result_text(ctx, value->text, -1, SQLITE_TRANSIENT);
	free(value->text);
}

static void
cast_value(sqlite3_context *ctx, sqlite3_value **v, bool try)
{
	struct sql_value value;
	struct sql_type type;
	char *text;

	type_set(&type, (const char *)sqlite3_value_text(v[1]));
	if (sqlite3_value_type(v[0]) == SQLITE_NULL || (!try && real_to_integer(ctx, v[0], &type)))
		return;
	if (type_is(&type, "BOOLEAN") && sqlite3_value_type(v[0]) != SQLITE_TEXT) {
		sqlite3_result_int(ctx, sqlite3_value_double(v[0]) != 0);
		return;
	}
	if (type_is(&type, "BINARY")) {
		sqlite3_result_blob(ctx, sqlite3_value_blob(v[0]), sqlite3_value_bytes(v[0]),
				    SQLITE_TRANSIENT);
		return;
	}
	text = value_text(v[0]);
	if (cast_text(text, &type, &value)) {
		give(ctx, &value);
	} else {
		free(value.text);
		if (!try)
			func_error(ctx, "22018",
				   "[CAST_INVALID_INPUT] The value '%.100s' of the "
				   "type \"STRING\" cannot be cast to \"%s\" because it is "
				   "malformed. Correct the value as per the syntax, or change its "
				   "target type. Use `try_cast` to tolerate malformed input and "
				   "return NULL instead.",
				   text, type.text);
	}
	free(text);
}

static void
fn_cast(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	(void)n;
	cast_value(ctx, v, false);
}

static void
fn_try_cast(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	(void)n;
	cast_value(ctx, v, true);
}

static const struct func_row cast_rows[] = {
	{ "_cast", fn_cast, 2, false },
	{ "_try_cast", fn_try_cast, 2, false },
	{ 0 },
};

void
functions_cast(struct lake_conn *conn)
{
	register_rows(conn, cast_rows);
}
