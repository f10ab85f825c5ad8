/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/json.h"
#include "base/mem.h"
#include "config/config.h"
#include "registry/provider.h"
#include "policy/sql.h"
#include "registry/registry.h"

/* The data for the rule about secrets. */
struct asking {
	const struct policy *policy;
	const struct principal *principal;
};

/* ---- secrets ------------------------------------------------------------------------------- */

static bool
list_has(struct json_object *list, const char *value)
{
	size_t count =
	    json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < count; i++) {
		const char *item = json_object_get_string(json_object_array_get_idx(list, i));

		if (item != NULL &&
		    (strcmp(item, "*") == 0 || (value != NULL && strcmp(item, value) == 0)))
			return true;
	}
	return false;
}

/* Does the option of the row's plugin list the scope? NULL as scope means all scopes. */
static bool
row_reveals_scope(const struct row *row, const char *scope)
{
	const char *option = json_str(json_obj(row->meta, "reveals"), "secret_scope");
	const char *text = option != NULL && row->provider != NULL ? row->provider->options : NULL;
	const char *why;
	size_t at;
	struct json_object *options;
	bool listed;

	if (text == NULL)
		return false;
	options = json_parse(text, strlen(text), &json_inbound, &why, &at);
	listed = list_has(json_get(options, option), scope);
	json_object_put(options);
	return listed;
}

/* SQL may show a secret only where an enabled tool could show it too. */
static bool
scope_allowed(const void *data, const char *scope)
{
	const struct asking *asking = data;
	const struct row *row;

	for (size_t i = 0; (row = registry_at(asking->policy->registry, ROW_TOOL, i)) != NULL; i++)
		if (row->access <= asking->principal->access && row_reveals_scope(row, scope))
			return true;
	return false;
}

/* ---- SQL ----------------------------------------------------------------------------------- */

static const char *
class_text(enum sql_class kind)
{
	static const char *const list[] = {
		[SQL_READ] = "It reads",
		[SQL_DML] = "It changes data",
		[SQL_DDL] = "It creates, changes or removes objects",
		[SQL_DCL] = "It changes privileges",
		[SQL_ADMIN] = "It changes the session, maintains tables, or runs statements "
			      "that are not visible here",
		[SQL_UNKNOWN] =
		    "It is not a statement that certainly changes nothing: SELECT, WITH, "
		    "FROM, VALUES, TABLE, SHOW, DESCRIBE, EXPLAIN, LIST, USE, or SET "
		    "without a value",
	};

	return list[kind];
}

static const char *
flaw_text(enum sql_flaw flaw)
{
	static const char *const list[] = {
		[SQL_UNREADABLE] = "It has a quote, comment or bracket without an end, or a "
				   "character that SQL does not know",
		[SQL_SEVERAL] = "It is more than one statement",
		[SQL_REFERENCE] = "It has a ${reference}, which the workspace replaces before it "
				  "reads the statement",
		[SQL_PROGRAM] = "It runs a program (USING)",
		[SQL_COMPUTED_NAME] = "It calls a function whose name is an expression "
				      "(IDENTIFIER)",
		[SQL_OUTSIDE] = "It calls %s(), which runs code or has access beyond the data "
				"of the workspace",
		[SQL_NOT_LISTED] = "It calls %s(), which is not in policy.read_functions",
		[SQL_TOO_DEEP] = "Its brackets are nested too deeply",
		[SQL_OTHER] = NULL,
	};

	return list[flaw];
}

static void
sql_why(const struct sql_verdict *verdict, char *why, size_t size)
{
	const char *text = verdict->class == SQL_UNKNOWN ? flaw_text(verdict->flaw) : NULL;
	const char *mark = text != NULL ? strstr(text, "%s") : NULL;

	if (text == NULL)
		text = class_text(verdict->class);
	if (mark == NULL)
		snprintf(why, size, "%s", text);
	else
		snprintf(why, size, "%.*s%s%s", (int)(mark - text), text, verdict->function,
			 mark + 2);
}

static bool
refuse(struct policy_decision *decision, const char *rule, const char *what, const char *next)
{
	decision->allowed = false;
	decision->verdict.rule = rule;
	decision->what = what;
	decision->next = next;
	return false;
}

static bool
decide_sql(const struct policy *policy, const struct principal *principal, const struct row *row,
	   struct json_object *arguments, struct policy_decision *decision)
{
	const char *argument = json_str(json_obj(row->meta, "scope"), "sql");
	struct json_object *sql = argument != NULL ? json_get(arguments, argument) : NULL;
	const struct asking asking = { policy, principal };
	const struct sql_rules rules = { .functions = &policy->config->read_functions,
					 .scope_allowed = scope_allowed,
					 .data = &asking };
	struct sql_verdict verdict = { .class = SQL_UNKNOWN, .flaw = SQL_OTHER };

	if (json_object_is_type(sql, json_type_string))
		sql_judge(json_object_get_string(sql), (size_t)json_object_get_string_len(sql),
			  &rules, &verdict);
	if (verdict.reveals) {
		snprintf(decision->why, sizeof(decision->why),
			 "It calls secret() or try_secret(), or could hide such a call, and no "
			 "tool that shows secrets is enabled for the scope");
		return refuse(decision, "secret",
			      "The statement was not run: showing secrets is not allowed",
			      "Remove the secret from the statement, or ask the operator to "
			      "allow its scope");
	}
	if (!row->by_sql || principal->access >= ACCESS_WRITE || verdict.class == SQL_READ)
		return true;
	sql_why(&verdict, decision->why, sizeof(decision->why));
	return refuse(decision, "sql", "The statement was not run: only reading is allowed",
		      "Use a statement that only reads, or ask the operator for write access");
}

/* ---- all rules ----------------------------------------------------------------------------- */

static bool
reveals(const struct row *row)
{
	return json_flag(row->meta, "reveals", false) || json_obj(row->meta, "reveals") != NULL;
}

static bool
decide(const struct policy *policy, const struct principal *principal, const struct row *row,
       struct json_object *arguments, struct policy_decision *decision)
{
	*decision =
	    (struct policy_decision){ .allowed = true,
				      .verdict = { .rule = "allowed", .reveals = reveals(row) } };
	if (row->access > principal->access) {
		snprintf(decision->why, sizeof(decision->why),
			 "\"%.64s\" needs more access than you have", row->name);
		return refuse(decision, "access", "The call is not allowed",
			      "Ask the operator for more access");
	}
	if (json_get(json_obj(row->meta, "scope"), "sql") == NULL && !row->by_sql)
		return true;
	return decide_sql(policy, principal, row, arguments, decision);
}

bool
policy_decide(const struct policy *policy, const struct principal *principal, const struct row *row,
	      struct json_object *arguments, struct policy_decision *decision)
{
	bool allowed = decide(policy, principal, row, arguments, decision);

	CHECK(decision->allowed == allowed && decision->verdict.rule != NULL);
	CHECK(allowed ||
	      (decision->what != NULL && decision->next != NULL && decision->why[0] != '\0'));
	return allowed;
}
