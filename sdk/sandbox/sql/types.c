/* SPDX-License-Identifier: Apache-2.0 */
/* Spark's SQL types: how they are parsed, their names in the Statement Execution and Unity Catalog
 * APIs, and their declaration in SQLite. */
#include "sql/sql.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *word, *canonical, *name, *json;
} simple[] = {
	{ "BIGINT", "BIGINT", "LONG", "long" },
	{ "LONG", "BIGINT", "LONG", "long" },
	{ "INT", "INT", "INT", "integer" },
	{ "INTEGER", "INT", "INT", "integer" },
	{ "SMALLINT", "SMALLINT", "SHORT", "short" },
	{ "SHORT", "SMALLINT", "SHORT", "short" },
	{ "TINYINT", "TINYINT", "BYTE", "byte" },
	{ "BYTE", "TINYINT", "BYTE", "byte" },
	{ "STRING", "STRING", "STRING", "string" },
	{ "TEXT", "STRING", "STRING", "string" },
	{ "DOUBLE", "DOUBLE", "DOUBLE", "double" },
	{ "REAL", "FLOAT", "FLOAT", "float" },
	{ "FLOAT", "FLOAT", "FLOAT", "float" },
	{ "BOOLEAN", "BOOLEAN", "BOOLEAN", "boolean" },
	{ "DATE", "DATE", "DATE", "date" },
	{ "TIMESTAMP", "TIMESTAMP", "TIMESTAMP", "timestamp" },
	{ "TIMESTAMP_LTZ", "TIMESTAMP", "TIMESTAMP", "timestamp" },
	{ "TIMESTAMP_NTZ", "TIMESTAMP_NTZ", "TIMESTAMP_NTZ", "timestamp_ntz" },
	{ "BINARY", "BINARY", "BINARY", "binary" },
	{ "VOID", "VOID", "NULL", "void" },
	{ "VARIANT", "VARIANT", "VARIANT", "variant" },
};
enum { SIMPLE = ARRAY_SIZE(simple) };

static bool
parse_decimal(const char *args, struct sql_type *out)
{
	out->precision = 10;
	out->scale = 0;
	if (*args == '(' && sscanf(args, "(%d,%d)", &out->precision, &out->scale) < 1)
		return false;
	if (out->precision < 1 || out->precision > 38 || out->scale < 0 ||
	    out->scale > out->precision)
		return false;
	out->name = "DECIMAL";
	snprintf(out->text, sizeof(out->text), "DECIMAL(%d,%d)", out->precision, out->scale);
	return true;
}

static bool
parse_nested(const char *text, struct sql_type *out)
{
	static const char *const names[] = { "ARRAY", "MAP", "STRUCT" };

	for (size_t i = 0; i < 3; i++) {
		size_t len = strlen(names[i]);

		if (strncmp(text, names[i], len) == 0 && text[len] == '<' &&
		    text[strlen(text) - 1] == '>') {
			out->name = names[i];
			snprintf(out->text, sizeof(out->text), "%s", text);
			return true;
		}
	}
	return false;
}

/* Makes the canonical form: upper case without spaces, except inside the field list of a STRUCT,
 * where a space separates name and type. */
static void
squeeze(const char *text, char *out, size_t size)
{
	size_t n = 0;

	for (; *text != '\0' && n + 1 < size; text++) {
		bool keep = !isspace((unsigned char)*text);

		if (!keep && n > 0 && isalnum((unsigned char)out[n - 1]) &&
		    isalnum((unsigned char)text[1]) && strchr(out, '<') != NULL)
			keep = true;
		if (keep)
			out[n++] = (char)toupper((unsigned char)*text);
		out[n] = '\0';
	}
	out[n] = '\0';
}

bool
type_parse(const char *text, struct sql_type *out)
{
	char t[128] = "";

	memset(out, 0, sizeof(*out));
	out->precision = out->scale = -1;
	squeeze(text, t, sizeof(t));
	for (size_t i = 0; i < SIMPLE; i++) {
		if (strcmp(t, simple[i].word) == 0) {
			snprintf(out->text, sizeof(out->text), "%s", simple[i].canonical);
			out->name = simple[i].name;
			return true;
		}
	}
	if (strncmp(t, "DECIMAL", 7) == 0 || strncmp(t, "NUMERIC", 7) == 0)
		return parse_decimal(t + 7, out);
	if (strncmp(t, "DEC", 3) == 0 && (t[3] == '\0' || t[3] == '('))
		return parse_decimal(t + 3, out);
	if (strncmp(t, "VARCHAR(", 8) == 0 || strncmp(t, "CHAR(", 5) == 0) {
		snprintf(out->text, sizeof(out->text), "%s", t);
		out->name = t[0] == 'V' ? "STRING" : "CHAR";
		return true;
	}
	return parse_nested(t, out);
}

void
type_set(struct sql_type *out, const char *text)
{
	if (!type_parse(text, out))
		memset(out, 0, sizeof(*out));
}

void
type_from_decl(const char *decl, struct sql_type *out)
{
	char plain[128];
	size_t len;

	memset(out, 0, sizeof(*out));
	out->precision = out->scale = -1;
	if (decl == NULL)
		return;
	if (strcmp(decl, "INTEGER") == 0)
		decl = "BIGINT"; /* only the sandbox's own catalog tables use INTEGER */
	else if (*decl == '"')
		decl++;
	snprintf(plain, sizeof(plain), "%s", decl);
	len = strlen(plain);
	if (len > 0 && plain[len - 1] == '"')
		plain[len - 1] = '\0';
	type_set(out, plain);
}

char *
type_decl(const struct sql_type *type)
{
	if (strcmp(type->text, "STRING") == 0)
		/* TEXT, because SQLite would give "STRING" numeric affinity */
		return xstrdup("TEXT");
	if (strchr(type->text, '<') != NULL)
		return xprintf("\"%s\"", type->text);
	return xstrdup(type->text);
}

char *
type_lower(const struct sql_type *type)
{
	return text_fold(type->text);
}

char *
type_json(const char *column, const struct sql_type *type, bool nullable)
{
	struct json_object *obj = json_object_new_object();
	char *lower = type_lower(type), *text;
	const char *shown = lower;

	for (size_t i = 0; i < SIMPLE; i++)
		if (strcmp(type->text, simple[i].canonical) == 0)
			shown = simple[i].json;
	json_add_str(obj, "name", column);
	json_add_str(obj, "type", shown);
	json_add_bool(obj, "nullable", nullable);
	json_add(obj, "metadata", json_object_new_object());
	text = xstrdup(json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PLAIN |
							       JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(obj);
	free(lower);
	return text;
}

bool
type_is(const struct sql_type *type, const char *name)
{
	return type->name != NULL && strcmp(type->name, name) == 0;
}
