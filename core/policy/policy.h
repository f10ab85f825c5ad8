/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decides whether a principal may make a call. It is called once for each call, after aliases,
 * defaults and conversions, so that it sees the arguments that the handler gets. Which rows a
 * list shows is decided in the registry, from access alone.
 *
 * The rules, in their order:
 * - access: refuses when the row's access is above the principal's;
 * - secret: refuses when the argument named by `scope.sql` calls secret() or try_secret(), or may
 *   hide such a call. This is allowed only where this
 *   principal may call a tool that reveals, and the option of its plugin lists the scope (see
 *   `reveals` in registry.h). This holds for every access;
 * - sql: refuses when the row's access is by-sql, the principal may only read, and the statement
 *   cannot be recognised as a read (policy/sql.h);
 * - allowed: in all other cases. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_POLICY_POLICY_H
#define CORE_POLICY_POLICY_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/principal.h"
#include "base/verdict.h"

struct config;
struct registry;
struct row;

/* The input of a decision. All members are borrowed. */
struct policy {
	const struct config *config;
	const struct registry *registry;
};

struct policy_decision {
	bool allowed;
	struct verdict verdict;
	/* When the call is refused: the three lines of the error. */
	const char *what, *next;
	char why[320];
};

/* Returns decision->allowed. `arguments` are those that the handler will get. */
bool policy_decide(const struct policy *policy, const struct principal *principal,
		   const struct row *row, struct json_object *arguments,
		   struct policy_decision *decision);

#endif
