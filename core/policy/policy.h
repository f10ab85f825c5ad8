/* SPDX-License-Identifier: Apache-2.0 */
/*
 * May this principal make this call? Asked once per call, when aliases are resolved, defaults are
 * filled in and values are coerced, so that what is judged is what is run. What a principal sees in
 * lists is the registry's matter, and follows from access alone.
 *
 * The rules, in their order:
 * - access: the row's access is above the principal's;
 * - secret: the argument named by `scope.sql` calls secret() or try_secret(), or may hide such a
 *   call. Allowed only where a tool that reveals is there for this principal, and its plugin's
 *   option lists the scope (see `reveals` in registry.h). This holds with every access;
 * - sql: the row's access is by-sql, the principal may only read, and the statement is none that
 *   surely reads (policy/sql.h);
 * - allowed: otherwise.
 */
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

/* What decisions are made from; all borrowed. */
struct policy {
	const struct config *config;
	const struct registry *registry;
};

struct policy_decision {
	bool allowed;
	struct verdict verdict;
	/* When refused: the three lines of the error. */
	const char *what, *next;
	char why[320];
};

/* Returns decision->allowed. `arguments` are those that the plugin will see. */
bool policy_decide(const struct policy *policy, const struct principal *principal,
		   const struct row *row, struct json_object *arguments,
		   struct policy_decision *decision);

#endif
