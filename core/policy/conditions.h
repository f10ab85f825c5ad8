/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions on arguments: "row_limit <= 1000", "execute_sql.row_limit <= 1000". */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_POLICY_CONDITIONS_H
#define CORE_POLICY_CONDITIONS_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

struct registry;
struct row;

enum condition_op { OP_LESS, OP_LESS_EQUAL, OP_MORE, OP_MORE_EQUAL, OP_EQUAL, OP_NOT_EQUAL };

struct condition {
	const char *text; /* as written; borrowed */
	char *tool;	  /* a pattern of names of tools, or NULL: every tool with the argument */
	char *argument;
	enum condition_op op;
	struct json_object *value; /* a number, boolean, or text, in which * is any text */
};

/* [TOOL.]ARGUMENT OP VALUE. OP is < <= > >= = or !=. False with `why`: it has another form, or no
 * tool of that name, or no tool with that argument, exists. */
bool condition_parse(const char *text, const struct registry *registry, struct condition *condition,
		     char *why, size_t why_size);
void condition_fini(struct condition *condition);
/* Is the row one that has the argument? A row without it is not limited. */
bool condition_concerns(const struct condition *condition, const struct row *row);
/* Do the arguments satisfy it? They have the defaults of the tool's schema. An argument that is
 * missing all the same satisfies only !=. Each item of a list must satisfy it. */
bool condition_holds(const struct condition *condition, struct json_object *arguments);

#endif
