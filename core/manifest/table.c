/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tools that are tables in their JSON: a list of columns or of facts, in the member `list` or `get`
 * of `lakehost`. Each becomes a struct mcp_list or mcp_facts of <lakehost/rest.h>, and a function
 * that hands it to mcp_list() or mcp_facts().
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "manifest/code.h"

#define LIST_COLUMNS_MAX 24 /* the same cap as in sdk/src/list.c */
#define FACTS_MAX 200
#define LIST_MOST 100 /* rows of a page, when the JSON has no value */

#define SHOW_PARAMETERS "(struct mcp_call *, struct json_object *)"

/* ---- members of the JSON --------------------------------------------------------------------- */

static void
known_members(struct json_object *object, const char *const *known, const struct table *table,
	      const char *where)
{
	struct json_object_iter at;

	json_object_object_foreachC(object, at) {
		const char *const *name = known;

		while (*name != NULL && strcmp(*name, at.key) != 0)
			name++;
		if (*name == NULL)
			die("%s: lakehost.%s.%s: is not a known member", table->path, where,
			    at.key);
	}
}

/* A text; NULL when there is none. */
static const char *
text(const struct table *table, struct json_object *object, const char *key, const char *where)
{
	const char *value = json_str(object, key);

	if (value == NULL && json_get(object, key) != NULL)
		die("%s: lakehost.%s.%s: must be a string", table->path, where, key);
	return value;
}

static const char *
needed(const struct table *table, struct json_object *object, const char *key, const char *where)
{
	const char *value = text(table, object, key, where);

	if (value == NULL || value[0] == '\0')
		die("%s: lakehost.%s.%s: is missing", table->path, where, key);
	return value;
}

/* Writes ", .key = \"value\"", when there is a value. */
static void
add_text(struct buf *out, const char *member, const char *value)
{
	if (value == NULL)
		return;
	buf_printf(out, ", .%s = ", member);
	code_string(out, value);
}

static void
add_line(struct buf *out, const char *member, const char *value)
{
	if (value == NULL)
		return;
	buf_printf(out, "\t.%s = ", member);
	code_string(out, value);
	buf_puts(out, ",\n");
}

/* Writes "show": a word for a function of the SDK, or the name of a function of the plugin. */
static void
add_show(struct table *table, struct buf *out, const char *show, const char *where)
{
	static const char *const words[] = { "time", "duration", "bytes", "yes", "list", "id" };

	if (show == NULL)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(show, words[i]) == 0) {
			buf_printf(out, ", .show = mcp_show_%s", show);
			return;
		}
	code_declare(table->code, "const char *", show, SHOW_PARAMETERS, table->path, where);
	buf_printf(out, ", .show = %s", show);
}

/* A member that is the name of a function of the plugin. */
static void
add_function(struct table *table, struct buf *out, struct json_object *object, const char *key,
	     const char *type, const char *parameters)
{
	const char *function = text(table, object, key, table->kind);

	if (function == NULL)
		return;
	code_declare(table->code, type, function, parameters, table->path, key);
	buf_printf(out, "\t.%s = %s,\n", key, function);
}

/* Writes "about": the texts of a failure. */
static void
add_about(struct table *table, struct buf *out, struct json_object *about)
{
	static const char *const known[] = { "object", "not_found", "grant", NULL };

	if (about == NULL)
		return;
	known_members(about, known, table, "about");
	buf_puts(out, "\t.about = &(const struct mcp_words){ .object = ");
	code_string(out, needed(table, about, "object", "about"));
	add_text(out, "not_found", text(table, about, "not_found", "about"));
	add_text(out, "grant", text(table, about, "grant", "about"));
	buf_puts(out, " },\n");
}

static void
add_reply(const struct table *table, struct buf *out)
{
	if (table->code->reply != NULL)
		buf_printf(out, "\t.reply = %s,\n", table->code->reply);
}

/* ---- a list ---------------------------------------------------------------------------------- */

static void
write_columns(struct table *table, struct json_object *columns)
{
	static const char *const known[] = { "key", "path", "type", "show", "optional", NULL };
	struct buf *out = &table->code->before;
	size_t n = columns != NULL ? json_object_array_length(columns) : 0;

	if (n == 0 || n > LIST_COLUMNS_MAX)
		die("%s: lakehost.list.columns: must be an array of 1 to %d columns", table->path,
		    LIST_COLUMNS_MAX);
	buf_printf(out, "static const struct mcp_list_column columns_%s[] = {\n", table->name);
	for (size_t i = 0; i < n; i++) {
		struct json_object *column = json_object_array_get_idx(columns, i);
		const char *key = needed(table, column, "key", "list.columns");
		const char *path = text(table, column, "path", "list.columns");

		known_members(column, known, table, "list.columns");
		buf_puts(out, "\t{ .name = ");
		code_string(out, key);
		add_text(out, "type", text(table, column, "type", "list.columns"));
		add_text(out, "path", path != NULL ? path : key);
		add_show(table, out, text(table, column, "show", "list.columns"), "show");
		if (json_flag(column, "optional", false))
			buf_puts(out, ", .optional = true");
		buf_puts(out, " },\n");
	}
	buf_puts(out, "};\n\n");
}

/* The arguments that the next call repeats: all but those that mcp_list() adds itself. */
static void
write_repeat(const struct table *table, struct buf *out, const char *limit)
{
	static const char *const own[] = { "page_token", "format", "detail" };
	struct json_object *properties =
	    json_obj(json_obj(table->row, "inputSchema"), "properties");
	struct json_object_iter at;

	if (properties == NULL)
		return;
	buf_puts(out, "\t.repeat = (const char *const[]){ ");
	json_object_object_foreachC(properties, at) {
		bool left = strcmp(at.key, limit) == 0;

		for (size_t i = 0; i < ARRAY_SIZE(own); i++)
			left = left || strcmp(at.key, own[i]) == 0;
		if (left)
			continue;
		code_string(out, at.key);
		buf_puts(out, ", ");
	}
	buf_puts(out, "NULL },\n");
}

/* The argument for the size of a page; "" when the tool has no such argument. */
static const char *
limit_of(const struct table *table, const char *variable)
{
	struct json_object *properties =
	    json_obj(json_obj(table->row, "inputSchema"), "properties");

	if (json_get(properties, "limit") != NULL)
		return "limit";
	return variable != NULL && json_get(properties, variable) != NULL ? variable : "";
}

/* Reads "renamed": {"variable of the request": "argument"}. */
static void
write_renamed(const struct table *table, struct buf *out, struct json_object *renamed,
	      struct names *variables)
{
	struct json_object *properties =
	    json_obj(json_obj(table->row, "inputSchema"), "properties");
	struct json_object_iter at;

	if (renamed == NULL)
		return;
	buf_puts(out, "\t.renamed = (const char *const[]){ ");
	json_object_object_foreachC(renamed, at) {
		const char *argument = text(table, renamed, at.key, "list.renamed");

		if (json_get(properties, argument) == NULL)
			die("%s: lakehost.list.renamed: \"%s\" is not a property of the "
			    "inputSchema",
			    table->path, argument);
		names_add(variables, at.key, strlen(at.key));
		code_string(out, at.key);
		buf_puts(out, ", ");
		code_string(out, argument);
		buf_puts(out, ", ");
	}
	buf_puts(out, "NULL },\n");
}

static void
write_body(struct table *table, struct buf *out, struct json_object *body, bool is_post)
{
	struct buf json;

	if ((body != NULL) != is_post)
		die("%s: lakehost.list.body: must be set for a POST request, and for no other "
		    "request",
		    table->path);
	if (body == NULL)
		return;
	buf_init(&json, CODE_BYTES_MAX);
	buf_json_tree(&json, body);
	buf_putc(&json, '\0');
	add_line(out, "body", json.data);
	buf_fini(&json);
}

/* The path of "GET /path" or "POST /path". */
static const char *
path_of(const struct table *table, bool *is_post)
{
	*is_post = strncmp(table->request, "POST ", 5) == 0;
	if (!*is_post && strncmp(table->request, "GET ", 4) != 0)
		die("%s: lakehost.request: a list must have a GET or a POST request", table->path);
	return strchr(table->request, ' ') + 1;
}

static void
write_list_members(struct table *table, struct json_object *list, struct names *variables)
{
	struct buf *out = &table->code->before;
	const char *variable = text(table, list, "limit", "list");
	const char *token = text(table, list, "token", "list");
	const char *limit = limit_of(table, variable);
	bool is_post;

	add_line(out, "path", path_of(table, &is_post));
	add_line(out, "limit_name", variable);
	if (variable != NULL)
		names_add(variables, variable, strlen(variable));
	add_line(out, "token_name", token);
	names_add(variables, token != NULL ? token : "page_token",
		  strlen(token != NULL ? token : "page_token"));
	add_line(out, "next", text(table, list, "next", "list"));
	buf_printf(out, "\t.most = %lld,\n", (long long)json_int(list, "most", LIST_MOST));
	add_line(out, "items", needed(table, list, "items", "list"));
	buf_printf(out, "\t.columns = columns_%s,\n", table->name);
	buf_printf(out, "\t.n_columns = sizeof(columns_%s) / sizeof(columns_%s[0]),\n", table->name,
		   table->name);
	add_line(out, "noun", needed(table, list, "noun", "list"));
	add_line(out, "tool", table->name);
	if (strcmp(limit, "limit") != 0)
		add_line(out, "limit", limit);
	write_repeat(table, out, limit);
	add_line(out, "filter", text(table, list, "filter", "list"));
	add_about(table, out, json_obj(list, "about"));
	add_reply(table, out);
	write_renamed(table, out, json_obj(list, "renamed"), variables);
	write_body(table, out, json_obj(list, "body"), is_post);
	add_function(table, out, list, "item", "bool ",
		     "(struct mcp_call *, struct json_object *)");
	add_function(table, out, list, "words", "struct mcp_words ", "(struct mcp_call *)");
	add_function(table, out, list, "none", "int ", "(struct mcp_call *)");
}

static void
write_list(struct table *table, struct json_object *list)
{
	static const char *const known[] = { "items", "noun",	 "columns", "limit",
					     "most",  "token",	 "next",    "filter",
					     "about", "renamed", "body",    "values",
					     "item",  "words",	 "none",    NULL };
	struct buf *out = &table->code->before;
	const char *values = text(table, list, "values", "list");
	struct names variables = { NULL, 0 };

	known_members(list, known, table, "list");
	write_columns(table, json_arr(list, "columns"));
	buf_printf(out, "static const struct mcp_list list_%s = {\n", table->name);
	write_list_members(table, list, &variables);
	buf_puts(out, "};\n\n");
	buf_printf(out, "static int\nserve_%s(struct mcp_call *call)\n{\n", table->name);
	if (values != NULL) {
		code_declare(table->code, "struct json_object *", values, "(struct mcp_call *)",
			     table->path, "values");
		buf_printf(out,
			   "\tstruct json_object *values = %s(call);\n\n"
			   "\treturn values != NULL ? mcp_list(call, &list_%s, values) : "
			   "MCP_E_INPUT;\n}\n\n",
			   values, table->name);
	} else {
		request_check(table->row, table->request, &variables, table->path);
		buf_printf(out, "\treturn mcp_list(call, &list_%s, NULL);\n}\n\n", table->name);
	}
	buf_printf(table->out, ", .handler = serve_%s", table->name);
	names_free(&variables);
}

/* ---- facts ----------------------------------------------------------------------------------- */

/* Writes the facts as an array of C with the name `name`, after the arrays of their columns. */
static void
write_facts(struct table *table, struct json_object *facts, const char *name)
{
	static const char *const known[] = { "key",  "label", "path",	 "show",
					     "full", "block", "columns", NULL };
	struct buf *out = &table->code->before;
	size_t n = facts != NULL ? json_object_array_length(facts) : 0;

	if (n == 0 || n > FACTS_MAX)
		die("%s: lakehost.get.facts: must be an array of 1 to %d facts", table->path,
		    FACTS_MAX);
	for (size_t i = 0; i < n; i++) {
		struct json_object *fact = json_object_array_get_idx(facts, i);
		char *inner = xprintf("%s_%zu", name, i);

		if (json_get(fact, "columns") != NULL)
			write_facts(table, json_arr(fact, "columns"), inner);
		free(inner);
	}
	buf_printf(out, "static const struct mcp_fact %s[] = {\n", name);
	for (size_t i = 0; i < n; i++) {
		struct json_object *fact = json_object_array_get_idx(facts, i);
		const char *key = needed(table, fact, "key", "get.facts");
		const char *path = text(table, fact, "path", "get.facts");

		known_members(fact, known, table, "get.facts");
		buf_puts(out, "\t{ .key = ");
		code_string(out, key);
		add_text(out, "label", text(table, fact, "label", "get.facts"));
		add_text(out, "path", path != NULL ? path : key);
		add_show(table, out, text(table, fact, "show", "get.facts"), "show");
		if (json_flag(fact, "full", false))
			buf_puts(out, ", .detail = MCP_FULL");
		if (json_flag(fact, "block", false))
			buf_puts(out, ", .block = true");
		if (json_get(fact, "columns") != NULL)
			buf_printf(out, ", MCP_FACT_COLUMNS(%s_%zu)", name, i);
		buf_puts(out, " },\n");
	}
	buf_puts(out, "};\n\n");
}

static void
write_get(struct table *table, struct json_object *get)
{
	static const char *const known[] = { "facts", "item", "url", "about", NULL };
	struct buf *out = &table->code->before;
	char *array = xprintf("facts_%s", table->name);

	known_members(get, known, table, "get");
	request_check(table->row, table->request, NULL, table->path);
	write_facts(table, json_arr(get, "facts"), array);
	buf_printf(out,
		   "static const struct mcp_facts get_%s = {\n\t.facts = %s,\n"
		   "\t.n_facts = sizeof(%s) / sizeof(%s[0]),\n",
		   table->name, array, array, array);
	add_line(out, "item", text(table, get, "item", "get"));
	add_line(out, "url", text(table, get, "url", "get"));
	add_about(table, out, json_obj(get, "about"));
	add_reply(table, out);
	buf_printf(out,
		   "};\n\nstatic int\nserve_%s(struct mcp_call *call)\n{\n"
		   "\treturn mcp_facts(call, &get_%s);\n}\n\n",
		   table->name, table->name);
	buf_puts(table->out, ", .request = ");
	code_string(table->out, table->request);
	buf_printf(table->out, ", .answer = serve_%s", table->name);
	free(array);
}

void
table_write(struct table *table)
{
	struct json_object *meta = json_obj(table->row, "lakehost");
	struct json_object *content = json_obj(meta, table->kind);

	if (content == NULL)
		die("%s: lakehost.%s: must be an object", table->path, table->kind);
	table->code->tables = true;
	if (strcmp(table->kind, "list") == 0)
		write_list(table, content);
	else
		write_get(table, content);
	/* no break: a table waits for nothing */
	json_object_object_add(meta, "inline", json_object_new_boolean(true));
}
