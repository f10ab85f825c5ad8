/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "policy/rules.h"
#include "policy/scope.h"
#include "policy/sql.h"
#include "registry/provider.h"

/* The data for the rule about secrets. */
struct asking {
	struct policy *policy;
	const struct policy_group *group;
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
		if (row_seen(row, &asking->group->class.view) && row_reveals_scope(row, scope))
			return true;
	return false;
}

/* ---- SQL ----------------------------------------------------------------------------------- */

static const char *
class_text(enum sql_class kind)
{
	static const char *const list[] = {
		[SQL_READ] = "It reads",
		[SQL_DML] = "The statement changes data",
		[SQL_DDL] = "The statement creates, changes or removes objects",
		[SQL_DCL] = "The statement changes privileges",
		[SQL_ADMIN] =
		    "The statement changes the session, maintains tables, or runs statements "
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
		[SQL_UNREADABLE] =
		    "The statement has a quote, comment or bracket without an end, or a "
		    "character that SQL does not know",
		[SQL_SEVERAL] = "The text is more than one statement",
		[SQL_REFERENCE] =
		    "The statement has a ${reference}, which the workspace replaces before it "
		    "reads the statement",
		[SQL_PROGRAM] = "The statement runs a program (USING)",
		[SQL_COMPUTED_NAME] = "The statement calls a function whose name is an expression "
				      "(IDENTIFIER)",
		[SQL_OUTSIDE] =
		    "The statement calls %s(), which runs code or has access beyond the data "
		    "of the workspace",
		[SQL_NOT_LISTED] =
		    "The statement calls %s(), which is not in policy.read_functions",
		[SQL_TOO_DEEP] = "The brackets of the statement are nested too deeply",
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
refuse(struct policy_decision *decision, const char *rule, const char *where, const char *what,
       const char *next)
{
	decision->allowed = false;
	decision->verdict.rule = rule;
	decision->verdict.where = where;
	decision->what = what;
	decision->next = next;
	return false;
}

/* The call that a decision is about. */
struct asked {
	struct policy *policy;
	const struct policy_group *group;
	const struct row *row;
	struct json_object *arguments;
	int64_t now_s;
	struct policy_decision *decision;
	bool reads_only; /* the row is by-sql, and its statement only reads */
};

static bool
decide_sql(struct asked *asked)
{
	struct policy_decision *decision = asked->decision;
	const struct row *row = asked->row;
	const char *argument = json_str(json_obj(row->meta, "scope"), "sql");
	struct json_object *sql = argument != NULL ? json_get(asked->arguments, argument) : NULL;
	const struct asking asking = { asked->policy, asked->group };
	const struct sql_rules rules = { .functions = &asked->policy->config->read_functions,
					 .scope_allowed = scope_allowed,
					 .data = &asking };
	struct sql_verdict verdict = { .class = SQL_UNKNOWN, .flaw = SQL_OTHER };
	const struct rule *rule;
	enum rule_key key;
	enum access access = rules_access(asked->policy, asked->group, row, &rule, &key);

	if (argument == NULL && !row->by_sql)
		return true;
	if (json_object_is_type(sql, json_type_string))
		sql_judge(json_object_get_string(sql), (size_t)json_object_get_string_len(sql),
			  &rules, &verdict);
	if (verdict.reveals) {
		snprintf(decision->why, sizeof(decision->why),
			 "The statement calls secret() or try_secret(), or could hide such a call, "
			 "and no "
			 "tool that shows secrets is enabled for the scope");
		return refuse(decision, "secret", NULL,
			      "The statement was not run: showing secrets is not allowed",
			      "Remove the secret from the statement, or ask the operator to "
			      "allow its scope");
	}
	asked->reads_only = row->by_sql && verdict.class == SQL_READ;
	if (!row->by_sql || access >= ACCESS_WRITE || verdict.class == SQL_READ)
		return true;
	sql_why(&verdict, decision->why, sizeof(decision->why));
	return refuse(decision, "sql", rule != NULL ? rule->config->where[key] : NULL,
		      "The statement was not run: only reading is allowed",
		      "Use a statement that only reads, or ask the operator for write access");
}

/* A tool that reads may have an argument with which it writes (`writes` of the manifest). */
static bool
decide_writes(struct asked *asked)
{
	struct policy_decision *decision = asked->decision;
	const struct row *row = asked->row;
	const char *argument = json_str(row->meta, "writes");
	const struct rule *rule;
	enum rule_key key;

	if (argument == NULL || json_get(asked->arguments, argument) == NULL)
		return true;
	asked->reads_only = false;
	if (rules_access(asked->policy, asked->group, row, &rule, &key) >= ACCESS_WRITE)
		return true;
	snprintf(decision->why, sizeof(decision->why), "with %.64s it writes", argument);
	return refuse(decision, rule_key_name(key), rule != NULL ? rule->config->where[key] : NULL,
		      "The call is not allowed",
		      "Leave the argument out, or ask the operator for write access");
}

/* ---- the view ------------------------------------------------------------------------------ */

static bool
decide_view(const struct asked *asked)
{
	struct policy_decision *decision = asked->decision;
	const struct row *row = asked->row;
	const struct rule *rule;
	enum rule_key key;

	if (row->kind == ROW_COMPLETION || row_seen(row, &asked->group->class.view))
		return true;
	rules_hide(asked->policy, asked->group, row, &rule, &key);
	if (key == RULE_ALLOW)
		snprintf(decision->why, sizeof(decision->why),
			 "the list of allowed objects does not contain \"%.64s\"", row->name);
	else if (key == RULE_DENY)
		snprintf(decision->why, sizeof(decision->why), "\"%.64s\" is denied", row->name);
	else
		snprintf(decision->why, sizeof(decision->why),
			 "\"%.64s\" needs more access than you have", row->name);
	return refuse(decision, rule_key_name(key), rule != NULL ? rule->config->where[key] : NULL,
		      "The call is not allowed", "Ask the operator for more access");
}

/* ---- objects, conditions, times ------------------------------------------------------------- */

static bool
decide_scope(const struct asked *asked)
{
	struct policy_decision *decision = asked->decision;
	struct scope_refusal refusal;

	decision->verdict.fence = rules_fence(asked->policy, asked->group, asked->row);
	if (decision->verdict.fence == NULL)
		return true;
	decision->verdict.declared = scope_declared(asked->row);
	if (scope_allows(decision->verdict.fence, asked->row, asked->arguments, &refusal))
		return true;
	snprintf(decision->why, sizeof(decision->why), "%s", refusal.why);
	return refuse(decision, fence_keys[refusal.kind], refusal.list->where,
		      "The call is not allowed",
		      "Name an object that is allowed, or ask the operator to add it to the list");
}

static bool
decide_conditions(const struct asked *asked, const struct rule *rule)
{
	struct policy_decision *decision = asked->decision;

	for (size_t i = 0; i < rule->conditions; i++) {
		if (!condition_concerns(&rule->condition[i], asked->row) ||
		    condition_holds(&rule->condition[i], asked->arguments))
			continue;
		snprintf(decision->why, sizeof(decision->why), "the policy demands \"%.200s\"",
			 rule->condition[i].text);
		return refuse(decision, "conditions", rule->config->where[RULE_CONDITIONS],
			      "The call is not allowed",
			      "Set the argument to an allowed value, and call again");
	}
	return true;
}

static bool
decide_times(const struct asked *asked, const struct rule *rule)
{
	struct policy_decision *decision = asked->decision;
	size_t at;

	if (rule->config->where[RULE_TIMES] == NULL)
		return true;
	for (size_t i = 0; i < rule->windows; i++)
		if (window_has(&rule->window[i], asked->now_s))
			return true;
	at = (size_t)snprintf(decision->why, sizeof(decision->why),
			      "the policy allows this call only");
	for (size_t i = 0; i < rule->windows && at < sizeof(decision->why); i++)
		at += (size_t)snprintf(decision->why + at, sizeof(decision->why) - at, "%s %s",
				       i > 0 ? "," : "", rule->config->times.item[i]);
	return refuse(decision, "times", rule->config->where[RULE_TIMES],
		      "The call is not allowed at this time", "Call again at an allowed time");
}

static bool
decide_rules(const struct asked *asked)
{
	const struct policy *policy = asked->policy;

	for (size_t i = 0; i < policy->rules; i++) {
		const struct rule *rule = &policy->rule[i];

		if ((rule->conditions == 0 && rule->config->where[RULE_TIMES] == NULL) ||
		    !rule_set_has(&asked->group->set, i) || !rule_concerns(rule, asked->row))
			continue;
		if (!decide_conditions(asked, rule) || !decide_times(asked, rule))
			return false;
	}
	return true;
}

/* ---- confirmation -------------------------------------------------------------------------- */

/* Is it a call that a person may have to confirm? A tool that can destroy something, or that has a
 * sentence for the question; not a statement that only reads. */
static bool
is_grave(const struct asked *asked)
{
	const struct row *row = asked->row;
	struct json_object *hints = json_obj(row->json, "annotations");

	if (row->kind != ROW_TOOL || row->part == ROW_RESULT || asked->reads_only)
		return false;
	return json_str(row->meta, "confirm") != NULL || json_flag(hints, "destructiveHint", false);
}

/* The last rule that says something about it decides. */
static enum confirm
confirm_level(const struct asked *asked)
{
	enum confirm level = CONFIRM_WHEN_POSSIBLE;

	if (!is_grave(asked))
		return CONFIRM_NEVER;
	for (size_t i = 0; i < asked->policy->rules; i++) {
		const struct rule *rule = &asked->policy->rule[i];

		if (rule->config->confirm != CONFIRM_UNSET && rule_set_has(&asked->group->set, i) &&
		    rule_concerns(rule, asked->row))
			level = rule->config->confirm;
	}
	return level;
}

/* ---- the workspace ------------------------------------------------------------------------- */

/* The configuration's own copy of the name. */
static const char *
role_named(const struct config *config, const char *name)
{
	const struct config_upstream *upstream = config_upstream(config, name);

	return upstream != NULL ? upstream->role : NULL;
}

/* The upstream that the call will use: as era/workspace.c chooses it. NULL where no rule asks, or
 * the call names an upstream that does not exist, and so will be refused. */
static const char *
workspace_of(const struct policy *policy, const struct principal *principal, const struct row *row,
	     struct json_object *arguments)
{
	const struct config *config = policy->config;
	const char *own = row->provider != NULL ? row->provider->upstream : NULL, *name;

	if (!policy->spatial)
		return NULL;
	if (!config_has_workspaces(config, own))
		return role_named(config, own != NULL ? own : "workspace");
	name = config_fixed_workspace(config, principal->name);
	if (name == NULL && json_flag(row->meta, "workspaces", false))
		name = json_str(arguments, "workspace");
	return role_named(config, name != NULL ? name : config->workspaces.item[0]);
}

/* The workspace of everything that the principal sees: only where it has no choice. */
static const char *
workspace_seen(const struct policy *policy, const struct principal *principal)
{
	const struct config *config = policy->config;

	if (!policy->spatial)
		return NULL;
	return config->workspaces.count > 1 ? config_fixed_workspace(config, principal->name)
					    : role_named(config, "workspace");
}

/* ---- all rules ----------------------------------------------------------------------------- */

static bool
reveals(const struct row *row)
{
	return json_flag(row->meta, "reveals", false) || json_obj(row->meta, "reveals") != NULL;
}

static bool
decide(struct policy *policy, const struct principal *principal, const struct row *row,
       struct json_object *arguments, const char *workspace, int64_t now_s,
       struct policy_decision *decision)
{
	struct asked asked = { .policy = policy,
			       .group = rules_group(policy, principal, workspace),
			       .row = row,
			       .arguments = arguments,
			       .now_s = now_s,
			       .decision = decision };
	bool allowed;

	*decision =
	    (struct policy_decision){ .allowed = true,
				      .verdict = { .rule = "allowed", .reveals = reveals(row) } };
	allowed = decide_view(&asked) && decide_sql(&asked) && decide_writes(&asked) &&
		  decide_scope(&asked) && decide_rules(&asked);
	if (allowed)
		decision->confirm = confirm_level(&asked);
	CHECK(decision->allowed == allowed && decision->verdict.rule != NULL);
	CHECK(allowed ||
	      (decision->what != NULL && decision->next != NULL && decision->why[0] != '\0'));
	return allowed;
}

bool
policy_decide_at(struct policy *policy, const struct principal *principal, const struct row *row,
		 struct json_object *arguments, int64_t now_s, struct policy_decision *decision)
{
	return decide(policy, principal, row, arguments,
		      workspace_of(policy, principal, row, arguments), now_s, decision);
}

bool
policy_decide_in(struct policy *policy, const struct principal *principal, const struct row *row,
		 struct json_object *arguments, const char *workspace,
		 struct policy_decision *decision)
{
	return decide(policy, principal, row, arguments,
		      workspace != NULL ? workspace
					: workspace_of(policy, principal, row, arguments),
		      clock_wall_ms() / 1000, decision);
}

bool
policy_decide_task(struct policy *policy, const struct principal *principal, const struct row *row,
		   const char *workspace, struct policy_decision *decision)
{
	struct asked asked = { .policy = policy, .row = row, .decision = decision };

	if (workspace == NULL)
		workspace = workspace_of(policy, principal, row, NULL);
	asked.group = rules_group(policy, principal, workspace);
	*decision = (struct policy_decision){ .allowed = true, .verdict = { .rule = "task" } };
	if (!decide_view(&asked))
		return false;
	decision->verdict.fence = rules_fence(policy, asked.group, row);
	if (decision->verdict.fence != NULL)
		decision->verdict.declared = scope_declared(row);
	return true;
}

bool
policy_decide(struct policy *policy, const struct principal *principal, const struct row *row,
	      struct json_object *arguments, struct policy_decision *decision)
{
	return policy_decide_at(policy, principal, row, arguments, clock_wall_ms() / 1000,
				decision);
}

struct policy_class *
policy_class_of(struct policy *policy, const struct principal *principal)
{
	struct principal wider = *principal;

	wider.access = principal_reach(principal);
	return &rules_group(policy, &wider, workspace_seen(policy, principal))->class;
}

/* ---- completions --------------------------------------------------------------------------- */

/* The kind of object that an argument names: by the scope of the template's tool, else by its name
 * as prompts use it. */
static bool
kind_of_argument(const struct row *row, const char *argument, const char *kind)
{
	struct json_object *scope = row->tool != NULL ? json_obj(row->tool->meta, "scope") : NULL;
	const char *name = json_str(scope, kind);

	return name != NULL ? strcmp(name, argument) == 0
			    : scope == NULL && strcmp(kind, argument) == 0;
}

bool
policy_limits_completions(struct policy *policy, const struct principal *principal,
			  const struct row *row)
{
	return rules_fence(policy,
			   rules_group(policy, principal,
				       workspace_of(policy, principal, row, NULL)),
			   row) != NULL;
}

bool
policy_completes(struct policy *policy, const struct principal *principal, const struct row *row,
		 const char *argument, const char *value, struct json_object *arguments)
{
	static const char *const kinds[] = { "catalog",	  "schema",  "path", "secret_scope",
					     "warehouse", "cluster", "job" };
	const struct policy_group *group =
	    rules_group(policy, principal, workspace_of(policy, principal, row, NULL));
	const struct fence *fence = rules_fence(policy, group, row);
	struct json_object *scope = row->tool != NULL ? json_obj(row->tool->meta, "scope") : NULL;
	const char *key = json_str(scope, "catalog"), *catalog;
	enum fence_kind kind;
	char whole[1024];

	if (fence == NULL)
		return true;
	for (unsigned i = 0; i < FENCE_KINDS; i++) {
		if (!kind_of_argument(row, argument, kinds[i]))
			continue;
		if (i == FENCE_PATH)
			return fence_refuses_path(fence, value, strlen(value), &kind) == NULL;
		if (i != FENCE_SCHEMA)
			return fence_refuses(fence, (enum fence_kind)i, value, strlen(value)) ==
			       NULL;
		catalog = json_str(arguments, key != NULL ? key : "catalog");
		snprintf(whole, sizeof(whole), "%s.%s", catalog != NULL ? catalog : "", value);
		return catalog == NULL ||
		       fence_refuses(fence, FENCE_SCHEMA, whole, strlen(whole)) == NULL;
	}
	return true;
}

const char *
policy_confirm_name(enum confirm confirm)
{
	static const char *const names[] = { "never", "never", "when-possible", "always" };

	return names[confirm];
}

/* ---- for reports --------------------------------------------------------------------------- */

void
policy_rules(struct policy *policy, const struct principal *principal,
	     void (*each)(void *data, const struct config_rule *rule), void *data)
{
	for (size_t i = 0; i < policy->rules; i++) {
		const struct config_rule *rule = policy->rule[i].config;
		const char *workspace =
		    rule->workspaces.count > 0 ? rule->workspaces.item[0] : NULL;

		if (rule_set_has(&rules_group(policy, principal, workspace)->set, i))
			each(data, rule);
	}
}
