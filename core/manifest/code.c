/* SPDX-License-Identifier: Apache-2.0 */
/* Writes C: rows, the prototypes of their functions, and the descriptor. */
#include "manifest/code.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

#define ROW_NAME_MAX 1024

static const char *const build_members[] = { "handler", "operation", "request",
					     "answer",	"list",	     "get" };

/* The prefixes of the names of constants, in the order of manifest_kinds; completions have none. */
static const char *const prefixes[MANIFEST_KINDS] = { "TOOL", "RESOURCE", "TEMPLATE", "PROMPT",
						      NULL };

void
code_init(struct code *code)
{
	*code = (struct code){ .start = NULL };
	buf_init(&code->constants, CODE_BYTES_MAX);
	buf_init(&code->prototypes, CODE_BYTES_MAX);
	buf_init(&code->before, CODE_BYTES_MAX);
	for (size_t i = 0; i < MANIFEST_KINDS; i++)
		buf_init(&code->rows[i], CODE_BYTES_MAX);
}

void
code_fini(struct code *code)
{
	free(code->start);
	free(code->stop);
	free(code->reply);
	names_free(&code->declared);
	buf_fini(&code->constants);
	buf_fini(&code->prototypes);
	buf_fini(&code->before);
	for (size_t i = 0; i < MANIFEST_KINDS; i++)
		buf_fini(&code->rows[i]);
}

void
code_strip(struct json_object *row)
{
	struct json_object *meta = json_obj(row, "lakehost");

	for (size_t i = 0; meta != NULL && i < ARRAY_SIZE(build_members); i++)
		json_object_object_del(meta, build_members[i]);
}

/* ---- words of C ------------------------------------------------------------------------------ */

void
code_string(struct buf *out, const char *text)
{
	buf_putc(out, '"');
	for (; *text != '\0'; text++) {
		if (strchr("\"\\?", *text) != NULL)
			buf_printf(out, "\\%c", *text);
		else if ((unsigned char)*text < ' ' || *text == 0x7f)
			buf_printf(out, "\\%03o", (unsigned)*text);
		else
			buf_putc(out, *text);
	}
	buf_putc(out, '"');
}

static bool
is_identifier(const char *text)
{
	return (isalpha((unsigned char)*text) || *text == '_') &&
	       text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789_")] == '\0';
}

static const char *
checked(const char *function, const char *path, const char *key)
{
	if (!is_identifier(function))
		die("%s: %s: \"%s\" is not a valid name of a C function", path, key, function);
	return function;
}

void
code_declare(struct code *code, const char *type, const char *function, const char *parameters,
	     const char *path, const char *key)
{
	checked(function, path, key);
	if (names_has(&code->declared, function))
		return;
	names_add(&code->declared, function, strlen(function));
	buf_printf(&code->prototypes, "%s%s%s;\n", type, function, parameters);
}

static void
declare_handler(struct code *code, const char *function, const char *path, const char *key)
{
	code_declare(code, "int ", function, "(struct mcp_call *)", path, key);
}

/* Writes #define TOOL_LIST_JOBS "list_jobs" */
static void
add_constant(struct code *code, size_t kind, const char *name)
{
	if (prefixes[kind] == NULL)
		return;
	buf_printf(&code->constants, "#define %s_", prefixes[kind]);
	for (const char *c = name; *c != '\0'; c++)
		buf_putc(&code->constants,
			 (char)(isalnum((unsigned char)*c) ? toupper((unsigned char)*c) : '_'));
	buf_putc(&code->constants, ' ');
	code_string(&code->constants, name);
	buf_putc(&code->constants, '\n');
}

/* ---- a row ----------------------------------------------------------------------------------- */

/* A row that is being written. */
struct writing {
	struct code *code;
	const char *path; /* of its file */
	const char *name; /* its number in the descriptor */
	char *function;	  /* the part of its functions' names that comes from the name of the row */
	struct buf *row;
};

/* A text in `meta`; NULL when it has none. */
static const char *
text_of(const struct writing *writing, struct json_object *meta, const char *key)
{
	const char *text = json_str(meta, key);

	if (text == NULL && json_get(meta, key) != NULL)
		die("%s: lakehost.%s: must be a string", writing->path, key);
	return text;
}

/* The function of one step of an operation; NULL when it has none. The caller frees it. */
static char *
step_of(const struct writing *writing, struct json_object *operation, const char *step)
{
	const char *name = json_str(operation, step);
	bool is_start = strcmp(step, "start") == 0;

	if (name != NULL)
		return xstrdup(name);
	if (json_get(operation, step) == NULL && is_start)
		return xstrdup(writing->function);
	if (json_flag(operation, step, strcmp(step, "poll") == 0))
		return xprintf("%s_%s", writing->function, step);
	return NULL;
}

static void
write_operation(struct writing *writing, struct json_object *operation)
{
	static const char *const steps[] = { "start", "poll", "cancel", "answer" };
	struct buf *out = &writing->code->before;
	struct json_object_iter at;
	bool known;

	json_object_object_foreachC(operation, at) {
		known = json_object_is_type(at.val, json_type_string) ||
			json_object_is_type(at.val, json_type_boolean);
		for (size_t i = 0; known && i < ARRAY_SIZE(steps); i++)
			if (strcmp(at.key, steps[i]) == 0)
				break;
			else if (i + 1 == ARRAY_SIZE(steps))
				known = false;
		if (!known)
			die("%s: lakehost.operation.%s: must be the name of a function, or true",
			    writing->path, at.key);
	}
	checked(writing->function, writing->path, "name");
	buf_printf(out,
		   "static const struct mcp_operation operation_%s = {\n"
		   "\t.size = sizeof(struct mcp_operation),\n",
		   writing->function);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		char *function = step_of(writing, operation, steps[i]);

		if (function != NULL) {
			declare_handler(writing->code, function, writing->path,
					"lakehost.operation");
			buf_printf(out, "\t.%s = %s,\n", steps[i], function);
		}
		free(function);
	}
	buf_puts(out, "};\n\n");
	buf_printf(writing->row, ", .operation = &operation_%s", writing->function);
}

static void
write_request(struct writing *writing, struct json_object *row, const char *request,
	      const char *answer)
{
	request_check(row, request, NULL, writing->path);
	buf_puts(writing->row, ", .request = ");
	code_string(writing->row, request);
	if (answer == NULL)
		return;
	declare_handler(writing->code, answer, writing->path, "lakehost.answer");
	buf_printf(writing->row, ", .answer = %s", answer);
}

static void
write_way(struct writing *writing, struct json_object *row)
{
	struct json_object *meta = json_obj(row, "lakehost");
	struct json_object *operation = json_obj(meta, "operation");
	const char *handler = text_of(writing, meta, "handler");
	const char *request = text_of(writing, meta, "request");
	const char *answer = text_of(writing, meta, "answer");
	const char *kind = json_get(meta, "list") != NULL ? "list"
			 : json_get(meta, "get") != NULL  ? "get"
							  : NULL;

	if (operation == NULL && json_get(meta, "operation") != NULL)
		die("%s: lakehost.operation: must be an object", writing->path);
	if ((handler != NULL) + (request != NULL) + (operation != NULL) > 1)
		die("%s: lakehost must have only one of handler, request and operation",
		    writing->path);
	if (kind != NULL && (request == NULL || answer != NULL))
		die("%s: lakehost.%s: is allowed only with a request that has no answer",
		    writing->path, kind);
	if (answer != NULL && request == NULL)
		die("%s: lakehost.answer is allowed only with lakehost.request", writing->path);
	if (kind != NULL) {
		table_write(&(struct table){ writing->code, row, kind, writing->path, writing->name,
					     request, writing->row });
	} else if (operation != NULL) {
		write_operation(writing, operation);
	} else if (request != NULL) {
		write_request(writing, row, request, answer);
	} else {
		const char *function = handler != NULL ? handler : writing->function;

		declare_handler(writing->code, function, writing->path,
				handler != NULL ? "lakehost.handler" : "name");
		buf_printf(writing->row, ", .handler = %s", function);
	}
}

/* The name that the function has by convention; the caller frees it. */
static char *
function_of(size_t kind, struct json_object *row)
{
	if (strcmp(manifest_kinds[kind], "completions") == 0)
		return xprintf("complete_%s", json_str(row, "argument"));
	if (strcmp(manifest_kinds[kind], "resources") == 0 ||
	    strcmp(manifest_kinds[kind], "templates") == 0)
		return xprintf("read_%s", json_str(row, "name"));
	return xstrdup(json_str(row, "name"));
}

void
code_row(struct code *code, size_t kind, struct json_object *row, const char *path)
{
	char name[ROW_NAME_MAX];
	struct writing writing = { .code = code,
				   .path = path,
				   .name = name,
				   .function = function_of(kind, row),
				   .row = &code->rows[kind] };

	manifest_row_name(row, name, sizeof(name));
	add_constant(code, kind, name);
	buf_puts(writing.row, "\t{ .name = ");
	code_string(writing.row, name);
	write_way(&writing, row);
	buf_puts(writing.row, " },\n");
	free(writing.function);
}

/* ---- the descriptor -------------------------------------------------------------------------- */

void
code_plugin(struct code *code, struct json_object *manifest, const char *path)
{
	struct json_object *own = json_obj(manifest, CODE_MEMBER);
	struct json_object_iter at;

	if (own == NULL && json_get(manifest, CODE_MEMBER) != NULL)
		die("%s: " CODE_MEMBER ": must be an object", path);
	if (own == NULL)
		return;
	json_object_object_foreachC(own, at) {
		const char *function = json_object_get_string(at.val);

		checked(function != NULL ? function : "", path, CODE_MEMBER);
		if (strcmp(at.key, "start") == 0)
			code->start = xstrdup(function);
		else if (strcmp(at.key, "stop") == 0)
			code->stop = xstrdup(function);
		else if (strcmp(at.key, "reply") == 0)
			code->reply = xstrdup(function);
		else
			die("%s: " CODE_MEMBER ".%s: is not a known member", path, at.key);
	}
	if (code->start != NULL)
		buf_printf(&code->prototypes,
			   "int %s(const struct mcp_host *, void **, char *, size_t);\n",
			   code->start);
	if (code->reply != NULL)
		buf_printf(&code->prototypes,
			   "struct json_object *%s(struct mcp_call *, size_t,\n"
			   "\tconst struct mcp_words *);\n",
			   code->reply);
	if (code->stop != NULL)
		buf_printf(&code->prototypes, "void %s(void *);\n", code->stop);
}

static void
add(struct buf *out, const struct buf *part)
{
	buf_add(out, part->data, part->len);
}

static void
compose_header(const struct code *code, struct buf *out)
{
	buf_puts(out, "/* Made by lakehost-manifest of the plugin's JSON. */\n"
		      "#pragma once\n\n");
	buf_printf(out, "#include <lakehost/%s.h>\n\n",
		   code->tables || code->reply != NULL ? "rest" : "call");
	add(out, &code->constants);
	buf_puts(out, "\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n");
	add(out, &code->prototypes);
	buf_puts(out, "#ifdef __cplusplus\n}\n#endif\n");
}

static void
compose_source(const struct code *code, const char *header, struct buf *out)
{
	buf_printf(out,
		   "/* Made by lakehost-manifest of the plugin's JSON. */\n#include \"%s\"\n\n",
		   header);
	add(out, &code->before);
	for (size_t i = 0; i < MANIFEST_KINDS; i++) {
		if (code->rows[i].len == 0)
			continue;
		buf_printf(out, "static const struct mcp_row rows_%s[] = {\n", manifest_kinds[i]);
		add(out, &code->rows[i]);
		buf_puts(out, "};\n\n");
	}
	buf_puts(out, "const struct mcp_plugin mcp_plugin = {\n\tMCP_PLUGIN_HEAD,\n"
		      "\t.name = LAKEHOST_PLUGIN_NAME,\n\t.version = LAKEHOST_PLUGIN_VERSION,\n");
	for (size_t i = 0; i < MANIFEST_KINDS; i++)
		if (code->rows[i].len > 0)
			buf_printf(out, "\t.%s = MCP_ROWS(rows_%s),\n", manifest_kinds[i],
				   manifest_kinds[i]);
	if (code->start != NULL)
		buf_printf(out, "\t.start = %s,\n", code->start);
	if (code->stop != NULL)
		buf_printf(out, "\t.stop = %s,\n", code->stop);
	buf_puts(out, "};\n");
}

void
code_write(struct code *code, const char *stem)
{
	const char *slash = strrchr(stem, '/');
	char *header = xprintf("%s.h", stem), *source = xprintf("%s.c", stem);
	struct buf out;

	buf_init(&out, CODE_BYTES_MAX);
	compose_header(code, &out);
	write_whole(&out, header);
	buf_reset(&out);
	compose_source(code, slash != NULL ? header + (slash + 1 - stem) : header, &out);
	write_whole(&out, source);
	buf_fini(&out);
	free(header);
	free(source);
}
