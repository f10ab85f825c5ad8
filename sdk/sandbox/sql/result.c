/* SPDX-License-Identifier: Apache-2.0 */
/* Makes result sets: their columns, and rows in the form of the Statement Execution API (text or
 * NULL for every type). */
#include "sql/sql.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- cells ---- */

static void
make_utf8(char *text)
{
	if (utf8_valid(text, strlen(text)))
		return;
	for (; *text != '\0'; text++)
		if ((*text & 0x80) != 0)
			*text = '?';
}

/* A double has 15 exact digits; after these a decimal shows zeros. */
static void
decimal_text(double value, int scale, char *text, size_t size)
{
	int whole = fabs(value) >= 1 ? (int)floor(log10(fabs(value))) + 1 : 1;
	int sure = whole < 15 ? 15 - whole : 0;
	size_t len;

	if (scale <= sure) {
		snprintf(text, size, "%.*f", scale, value);
		return;
	}
	snprintf(text, size, sure > 0 ? "%.*f" : "%.*f.", sure, value);
	len = strlen(text);
	for (int i = sure; i < scale && len + 1 < size; i++)
		text[len++] = '0';
	text[len] = '\0';
}

static void
render_number(sqlite3_stmt *st, int i, const struct sql_type *type, struct buf *out)
{
	bool whole = sqlite3_column_type(st, i) == SQLITE_INTEGER;
	double value = sqlite3_column_double(st, i);
	char text[400];

	if (type_is(type, "BOOLEAN")) {
		strcpy(text, value != 0 ? "true" : "false");
	} else if (whole && !type_is(type, "DOUBLE") && !type_is(type, "FLOAT")) {
		buf_puts(out, (const char *)sqlite3_column_text(st, i));
		if (type_is(type, "DECIMAL") && type->scale > 0)
			buf_printf(out, ".%0*d", type->scale, 0);
		return;
	} else if (type_is(type, "DECIMAL")) {
		decimal_text(value, type->scale, text, sizeof(text));
	} else if (type_is(type, "LONG") || type_is(type, "INT") || type_is(type, "SHORT") ||
		   type_is(type, "BYTE")) {
		snprintf(text, sizeof(text), "%.0f", value);
	} else {
		format_double(value, text);
	}
	buf_puts(out, text);
}

static void
render_text(sqlite3_stmt *st, int i, const struct sql_type *type, struct buf *out)
{
	const char *text = (const char *)sqlite3_column_text(st, i);
	size_t start = out->len;
	struct when w;
	char shown[40];

	if ((type_is(type, "TIMESTAMP") || type_is(type, "TIMESTAMP_NTZ")) &&
	    when_parse(text, &w)) {
		when_date(&w, shown);
		buf_printf(out, "%sT%02d:%02d:%02d.%03d%s", shown, (int)(w.us / 3600000000),
			   (int)(w.us / 60000000 % 60), (int)(w.us / 1000000 % 60),
			   (int)(w.us / 1000 % 1000), type_is(type, "TIMESTAMP") ? "Z" : "");
	} else if (type_is(type, "DATE") && when_parse(text, &w)) {
		when_date(&w, shown);
		buf_puts(out, shown);
	} else {
		buf_puts(out, text);
		if (buf_ok(out))
			make_utf8(out->data + start);
	}
}

static void
render(sqlite3_stmt *st, int i, const struct sql_type *type, struct buf *out)
{
	char *encoded;

	switch (sqlite3_column_type(st, i)) {
	case SQLITE_INTEGER:
	case SQLITE_FLOAT: render_number(st, i, type, out); break;
	case SQLITE_BLOB:
		encoded =
		    encode_base64(sqlite3_column_blob(st, i), (size_t)sqlite3_column_bytes(st, i));
		buf_puts(out, encoded);
		free(encoded);
		break;
	default: render_text(st, i, type, out);
	}
}

/* ---- result sets ---- */

static void
announce(struct sql_run *run, const struct sql_column *columns, size_t n)
{
	run->out->has_result = true;
	if (run->query->on_columns != NULL)
		run->query->on_columns(run->query->arg, columns, n);
}

static void
announce_types(struct sql_run *run, sqlite3_stmt *st, const struct sql_type *types, size_t n)
{
	struct sql_column *columns = xcalloc(n > 0 ? n : 1, sizeof(*columns));

	for (size_t i = 0; i < n; i++) {
		columns[i].name = (char *)(uintptr_t)sqlite3_column_name(st, (int)i);
		columns[i].type_text = (char *)(uintptr_t)types[i].text;
		columns[i].type_name = types[i].name;
		columns[i].precision = types[i].precision;
		columns[i].scale = types[i].scale;
	}
	announce(run, columns, n);
	free(columns);
}

void
types_from_row(sqlite3_stmt *st, bool row, struct sql_type *types)
{
	for (int i = 0; i < sqlite3_column_count(st); i++) {
		if (types[i].text[0] != '\0')
			continue;
		switch (row ? sqlite3_column_type(st, i) : SQLITE_TEXT) {
		case SQLITE_INTEGER: type_set(&types[i], "BIGINT"); break;
		case SQLITE_FLOAT: type_set(&types[i], "DOUBLE"); break;
		case SQLITE_BLOB: type_set(&types[i], "BINARY"); break;
		default: type_set(&types[i], "STRING");
		}
	}
}

static bool
give_row(struct sql_run *run, sqlite3_stmt *st, const struct sql_type *types, size_t n,
	 struct buf *text, size_t *offsets)
{
	const char **cells = xcalloc(n > 0 ? n : 1, sizeof(*cells));
	size_t *lens = xcalloc(n > 0 ? n : 1, sizeof(*lens));
	bool more = true;

	buf_reset(text);
	for (size_t i = 0; i < n; i++) {
		offsets[i] = text->len;
		if (sqlite3_column_type(st, (int)i) != SQLITE_NULL)
			render(st, (int)i, &types[i], text);
		lens[i] = text->len - offsets[i];
		buf_add(text, "", 1);
	}
	for (size_t i = 0; buf_ok(text) && i < n; i++)
		cells[i] =
		    sqlite3_column_type(st, (int)i) != SQLITE_NULL ? text->data + offsets[i] : NULL;
	if (!buf_ok(text))
		more = sql_fail(run, "54000", "A row of the result is larger than %u bytes.",
				MAX_MADE);
	else if (run->query->on_row != NULL)
		more = run->query->on_row(run->query->arg, n, cells, lens);
	free(cells);
	free(lens);
	return more;
}

/* Steps a prepared query until its end, or until the receiver stops; finalizes it. */
bool
sql_give_rows(struct sql_run *run, sqlite3_stmt *st, const struct rewritten *rw)
{
	size_t n = (size_t)sqlite3_column_count(st);
	struct sql_type *types = xcalloc(n > 0 ? n : 1, sizeof(*types));
	size_t *offsets = xcalloc(n > 0 ? n : 1, sizeof(*offsets));
	struct buf text = BUF(MAX_MADE);
	int rc;

	result_types(run, st, rw, types);
	rc = sqlite3_step(st);
	types_from_row(st, rc == SQLITE_ROW, types);
	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		announce_types(run, st, types, n);
	while (rc == SQLITE_ROW) {
		if (!give_row(run, st, types, n, &text, offsets))
			rc = SQLITE_DONE;
		else
			rc = sqlite3_step(st);
	}
	if (!buf_ok(&text))
		rc = SQLITE_TOOBIG; /* give_row() has already set the error */
	else if (rc != SQLITE_DONE)
		sql_fail_sqlite(run, rw);
	sqlite3_finalize(st);
	buf_fini(&text);
	free(types);
	free(offsets);
	return rc == SQLITE_DONE;
}

bool
sql_emit_columns(struct sql_run *run, const char *columns)
{
	struct sql_column list[8] = { 0 };
	struct sql_type types[8];
	size_t n = 0;

	while (*columns != '\0' && n < 8) {
		size_t name = strcspn(columns, ":"), type = strcspn(columns + name + 1, ",");
		char *text = xstrndup(columns + name + 1, type);

		type_set(&types[n], text);
		free(text);
		list[n].name = xstrndup(columns, name);
		list[n].type_text = types[n].text;
		list[n].type_name = types[n].name;
		list[n].precision = list[n].scale = -1;
		n++;
		columns += name + 1 + type;
		columns += *columns == ',';
	}
	announce(run, list, n);
	for (size_t i = 0; i < n; i++)
		free(list[i].name);
	return true;
}

void
sql_emit_cells(struct sql_run *run, size_t n, const char *const *cells)
{
	size_t lens[8] = { 0 };

	for (size_t i = 0; i < n && i < 8; i++)
		lens[i] = cells[i] != NULL ? strlen(cells[i]) : 0;
	if (run->query->on_row != NULL)
		run->query->on_row(run->query->arg, n, cells, lens);
}

bool
sql_emit_row(struct sql_run *run, const char *columns, const char *const *cells)
{
	size_t n = 1;

	for (const char *p = columns; *p != '\0'; p++)
		n += *p == ',';
	sql_emit_columns(run, columns);
	sql_emit_cells(run, n, cells);
	return true;
}

bool
sql_emit(struct sql_run *run, const char *columns, const char *sql, const char *types, ...)
{
	const char *cells[8];
	sqlite3_stmt *st = NULL;
	va_list args;
	int n;

	if (sqlite3_prepare_v2(run->conn->db, sql, -1, &st, NULL) != SQLITE_OK)
		return sql_fail_sqlite(run, NULL);
	va_start(args, types);
	for (int i = 0; types[i] != '\0'; i++)
		sqlite3_bind_text(st, i + 1, va_arg(args, const char *), -1, SQLITE_TRANSIENT);
	va_end(args);
	sql_emit_columns(run, columns);
	n = sqlite3_column_count(st);
	while (sqlite3_step(st) == SQLITE_ROW) {
		for (int i = 0; i < n && i < 8; i++) {
			bool flag = sqlite3_column_type(st, i) == SQLITE_INTEGER;

			cells[i] = flag ? (sqlite3_column_int(st, i) != 0 ? "true" : "false")
					: (const char *)sqlite3_column_text(st, i);
		}
		sql_emit_cells(run, (size_t)n, cells);
	}
	sqlite3_finalize(st);
	return true;
}

bool
sql_affected(struct sql_run *run, int64_t rows, bool inserted)
{
	char text[24];

	run->out->affected = rows;
	snprintf(text, sizeof(text), "%lld", (long long)rows);
	return sql_emit_row(run,
			    inserted ? "num_affected_rows:BIGINT,num_inserted_rows:BIGINT"
				     : "num_affected_rows:BIGINT",
			    (const char *const[]){ text, text });
}
