/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decides what a principal sees and which calls it may make. policy_decide() is called once for
 * each call, after aliases, defaults and conversions, so that it sees the arguments that the
 * handler gets. A call must satisfy every rule that applies to its principal and tool, so the
 * narrowest rule wins. The checks, in their order, with the name of the rule that a verdict has:
 *
 * - access, plugins, allow, deny: the row is not in the view of the principal. Such a row is not
 *   listed either;
 * - secret: the argument named by `scope.sql` calls secret() or try_secret(), or may hide such a
 *   call. Allowed only where this principal may call a tool that reveals, and the option of its
 *   plugin lists the scope (see `reveals` in registry.h). This holds for every access;
 * - sql: the row's access is by-sql, the principal may only read, and the statement is not
 *   certainly a read (policy/sql.h);
 * - catalogs, schemas, paths, secret_scopes, warehouses, clusters, jobs: an argument that the tool
 *   declares in `scope`, or a name in its SQL, is not in an allow-list. Egress compares the
 *   requests of the call with the same lists (verdict.fence);
 * - conditions: an argument does not satisfy a condition;
 * - times: it is not the time for this call;
 * - allowed: all other calls.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_POLICY_POLICY_H
#define CORE_POLICY_POLICY_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/principal.h"
#include "base/verdict.h"
#include "config/config.h"
#include "registry/registry.h"

struct policy;

/* Principals that the same rules apply to, and that have the same access, share one. It lives as
 * long as the policy. */
struct policy_class {
	struct row_view view;
	struct buf list[ROW_KINDS][REVISIONS]; /* for the user: whole lists, empty at first */
	struct policy_group *rules;	       /* private */
};
#define POLICY_LIST_MAX (64u << 20) /* bytes of one list */

/* Compiles the rules of the configuration. NULL when there is a fault; each is a line "file:12:
 * key: what". Both are borrowed and must live longer. */
struct policy *policy_new(const struct config *config, const struct registry *registry,
			  struct strings *faults);
void policy_free(struct policy *policy); /* NULL is fine */
/* What is probably a mistake, but stops nothing. */
const struct strings *policy_warnings(const struct policy *policy);

/* By the widest access that the principal has or could get, so that a client can ask for it. Never
 * NULL. Loop thread. */
struct policy_class *policy_class_of(struct policy *policy, const struct principal *principal);

struct policy_decision {
	bool allowed;
	struct verdict verdict;
	enum confirm confirm; /* when allowed: must a person confirm the call? */
	/* When refused: the three lines of the error. */
	const char *what, *next;
	char why[480];
};

/* Returns decision->allowed. `arguments` are those that the handler will get. Loop thread. */
bool policy_decide(struct policy *policy, const struct principal *principal, const struct row *row,
		   struct json_object *arguments, struct policy_decision *decision);
/* The same at another time than now; seconds since 1970. */
bool policy_decide_at(struct policy *policy, const struct principal *principal,
		      const struct row *row, struct json_object *arguments, int64_t now_s,
		      struct policy_decision *decision);

/* The same now, for a call whose workspace is known, because the operation of its handle is there:
 * the name of an upstream of the configuration. NULL: the workspace that the call chooses. */
bool policy_decide_in(struct policy *policy, const struct principal *principal,
		      const struct row *row, struct json_object *arguments, const char *workspace,
		      struct policy_decision *decision);

/* The decision about a poll, an answer or a cancel of an operation that the tool of this row began.
 * Its arguments were decided when it began, so only the view is decided again. The verdict has the
 * fence for the requests. `workspace` is the upstream of the operation; NULL: that of the plugin.
 * Loop thread. */
bool policy_decide_task(struct policy *policy, const struct principal *principal,
			const struct row *row, const char *workspace,
			struct policy_decision *decision);

/* Does the policy have lists of objects that completions of the row are compared with? */
bool policy_limits_completions(struct policy *policy, const struct principal *principal,
			       const struct row *row);
/* May this value be shown as the completion of an argument of the row (a template, or a prompt)?
 * `arguments` has the other arguments that are known, or is NULL. */
bool policy_completes(struct policy *policy, const struct principal *principal,
		      const struct row *row, const char *argument, const char *value,
		      struct json_object *arguments);

/* "never", "when-possible" or "always". */
const char *policy_confirm_name(enum confirm confirm);

/* Calls `each` for each rule that applies to the principal, in the order of the configuration. */
void policy_rules(struct policy *policy, const struct principal *principal,
		  void (*each)(void *data, const struct config_rule *rule), void *data);

#endif
