/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The C code that is made of a plugin's JSON: STEM.h with the prototype of each function and a
 * constant for each name (TOOL_LIST_JOBS), STEM.c with the rows and the descriptor.
 *
 * The functions of a row are in its member `lakehost`. The defaults come from its name:
 *
 *   "handler": "fn"     the name of the function. By default it is the row's name; for a resource
 *                       or template read_NAME, for a completion complete_ARGUMENT
 *   "operation": {"start": …, "poll": …, "cancel": …, "answer": …}
 *                       each member is "fn", or true for NAME_poll and so on. By default `start` is
 *                       NAME, `poll` is NAME_poll, and there is no `cancel` and no `answer`
 *   "request": "GET /path{?x}"
 *                       the host sends this request; "answer": "fn" gets the reply
 *   "list": {…}, "get": {…}
 *                       in addition to a request: the tool is a table, see table.c
 *
 * Only the build uses these members; they are not in the manifest. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_MANIFEST_CODE_H
#define CORE_MANIFEST_CODE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "module/manifest.h"

#define CODE_BYTES_MAX (4u << 20)
/* In manifest.json: {"start": "fn", "stop": "fn", "reply": "fn"}, the functions of the descriptor,
 * and the one that reads the replies of tables. */
#define CODE_MEMBER "code"

struct names {
	char **item;
	size_t count;
};

struct code {
	char *start, *stop, *reply; /* NULL: none */
	bool tables;		    /* at least one tool is a table */
	struct names declared;
	struct buf constants, prototypes;
	struct buf before; /* the variables to which rows point */
	struct buf rows[MANIFEST_KINDS];
};

void code_init(struct code *code);
void code_fini(struct code *code);
/* All of these exit the program if the JSON, which is in the file `path`, is invalid. */
void code_plugin(struct code *code, struct json_object *manifest, const char *path);
void code_row(struct code *code, size_t kind, struct json_object *row, const char *path);
/* Removes the members of a row that only the build needs. */
void code_strip(struct json_object *row);
/* Writes STEM.h and STEM.c. A file that already has the same content is not changed. */
void code_write(struct code *code, const char *stem);

/* Declares a function once: "int ", its name, "(struct mcp_call *call)". `key` is the member with
 * the name. */
void code_declare(struct code *code, const char *type, const char *function, const char *parameters,
		  const char *path, const char *key);
/* A string of C. */
void code_string(struct buf *out, const char *text);

/* request.c: adds permissions to those of the plugin: the ones that a row names in `requests`, or
 * else the one of its request. The list of the plugin may not be an array yet. */
void permissions_of_row(struct json_object *permissions, struct json_object *row, const char *path);
/* Checks the template of a row's request against the row's properties. `also` has the variables
 * that get their value elsewhere; it may be NULL. */
void request_check(struct json_object *row, const char *request, const struct names *also,
		   const char *path);

/* table.c: writes a tool that is a table. */
struct table {
	struct code *code;
	struct json_object *row;
	const char *kind; /* "list" or "get" */
	const char *path; /* of its file */
	const char *name; /* of the tool */
	const char *request;
	struct buf *out; /* the row of C */
};
void table_write(struct table *table);

/* main.c */
void names_add(struct names *names, const char *name, size_t len);
bool names_has(const struct names *names, const char *name);
void names_free(struct names *names);
/* Writes a file completely or not at all, so that a build that is interrupted leaves no partial
 * file. */
void write_whole(const struct buf *text, const char *path);
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
