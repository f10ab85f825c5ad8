/* SPDX-License-Identifier: Apache-2.0 */
/* policy_new(): checks the names, conditions and times of the rules against what is installed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/text.h"
#include "policy/rules.h"

struct compile {
	struct policy *policy;
	const struct config_rule *config;
	struct strings *faults;
};

/* ---- names --------------------------------------------------------------------------------- */

/* A tool, prompt, resource or template of this name or alias; NULL: none. */
static const struct row *
row_named(const struct registry *registry, const char *name)
{
	static const enum row_kind kinds[] = { ROW_RESOURCE, ROW_TEMPLATE };
	const struct row_view *all = row_view_of(ACCESS_ADMIN);
	const struct row *row = registry_tool(registry, name, all);

	if (row == NULL)
		row = registry_prompt(registry, name, all);
	for (size_t k = 0; row == NULL && k < ARRAY_SIZE(kinds); k++) {
		for (size_t i = 0; (row = registry_at(registry, kinds[k], i)) != NULL; i++)
			if (strcmp(row->name, name) == 0)
				break;
	}
	return row;
}

static const char *
nearest(const struct registry *registry, const char *name)
{
	const char *near[REGISTRY_NEAR_MAX];

	return registry_near(registry, ROW_TOOL, name, row_view_of(ACCESS_ADMIN), near) > 0
		 ? near[0]
		 : NULL;
}

/* An unknown name in `deny` is no fault: its package may not be installed. A pattern is never
 * unknown. */
static void
take_names(const struct compile *compile, const struct strings *from, const char *key,
	   const char *where, struct strings *to, bool may_be_unknown)
{
	const struct registry *registry = compile->policy->registry;

	for (size_t i = 0; i < from->count; i++) {
		const char *name = from->item[i], *near;
		const struct row *row =
		    strchr(name, '*') == NULL ? row_named(registry, name) : NULL;

		if (strchr(name, '*') != NULL || row != NULL) {
			strings_add(to, row != NULL ? row->name : name);
			continue;
		}
		near = nearest(registry, name);
		strings_printf(
		    may_be_unknown ? &compile->policy->warnings : compile->faults,
		    "%s: %s.%s: \"%.100s\" is not the name of a tool, prompt or resource of an "
		    "enabled plugin%s%s%s",
		    where, compile->config->name, key, name,
		    near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
		    near != NULL ? "\"?" : "");
		strings_add(to, name); /* it names nothing now */
	}
}

static bool
has_plugin(const struct registry *registry, const char *name)
{
	const struct row *row;

	for (int kind = 0; kind < ROW_KINDS; kind++)
		for (size_t i = 0; (row = registry_at(registry, (enum row_kind)kind, i)) != NULL;
		     i++)
			if (strcmp(row->owner, name) == 0)
				return true;
	return false;
}

static void
check_plugins(const struct compile *compile)
{
	for (size_t i = 0; i < compile->config->plugins; i++) {
		const struct config_plugin_access *plugin = &compile->config->plugin[i];

		if (!has_plugin(compile->policy->registry, plugin->name))
			strings_printf(&compile->policy->warnings,
				       "%s: %s.plugins.%s: no enabled plugin has this name",
				       plugin->where, compile->config->name, plugin->name);
	}
}

/* ---- conditions and times ------------------------------------------------------------------ */

static void
take_conditions(const struct compile *compile, struct rule *rule)
{
	const struct strings *list = &compile->config->conditions;
	char why[320];

	rule->condition = xcalloc(list->count + 1, sizeof(*rule->condition));
	for (; rule->conditions < list->count; rule->conditions++)
		if (!condition_parse(list->item[rule->conditions], compile->policy->registry,
				     &rule->condition[rule->conditions], why, sizeof(why)))
			strings_printf(compile->faults, "%s: %s.conditions: %s",
				       compile->config->where[RULE_CONDITIONS],
				       compile->config->name, why);
}

static void
take_times(const struct compile *compile, struct rule *rule)
{
	const struct strings *list = &compile->config->times;

	rule->window = xcalloc(list->count + 1, sizeof(*rule->window));
	for (; rule->windows < list->count; rule->windows++) {
		const char *why =
		    window_parse(list->item[rule->windows], &rule->window[rule->windows]);

		if (why != NULL)
			strings_printf(compile->faults, "%s: %s.times: \"%.100s\" %s",
				       compile->config->where[RULE_TIMES], compile->config->name,
				       list->item[rule->windows], why);
	}
}

/* ---- workspaces ----------------------------------------------------------------------------- */

/* A rule for a workspace that does not exist would limit nothing. */
static void
check_workspaces(const struct compile *compile)
{
	const struct config *config = compile->policy->config;
	const struct strings *list = &compile->config->workspaces;

	for (size_t i = 0; i < list->count; i++) {
		const char *name = list->item[i];

		if (config_upstream(config, name) == NULL)
			strings_printf(compile->faults,
				       "%s: %s.workspaces: there is no upstreams.%.32s",
				       compile->config->where_workspaces, compile->config->name,
				       name);
	}
}

/* ---- all ----------------------------------------------------------------------------------- */

static void
take_rule(const struct compile *compile, struct rule *rule)
{
	const struct config_rule *config = compile->config;

	rule->config = config;
	take_names(compile, &config->tools, "tools",
		   config->where_tools != NULL ? config->where_tools : "", &rule->tools, false);
	take_names(compile, &config->allow, "allow", config->where[RULE_ALLOW], &rule->allow,
		   false);
	take_names(compile, &config->deny, "deny", config->where[RULE_DENY], &rule->deny, true);
	check_plugins(compile);
	check_workspaces(compile);
	take_conditions(compile, rule);
	take_times(compile, rule);
	for (size_t kind = 0; kind < FENCE_KINDS; kind++)
		rule->fenced = rule->fenced || config->where[RULE_FENCE + kind] != NULL;
}

/* A fence holds a limited number of lists of one kind. */
static void
check_fences(struct policy *policy, struct strings *faults)
{
	for (size_t kind = 0; kind < FENCE_KINDS; kind++) {
		size_t lists = 0;

		for (size_t i = 0; i < policy->rules; i++) {
			const char *where = policy->rule[i].config->where[RULE_FENCE + kind];

			if (where != NULL && ++lists == FENCE_LISTS_MAX + 1)
				strings_printf(faults,
					       "%s: %s.%s: more than %u rules have this list",
					       where, policy->rule[i].config->name,
					       fence_keys[kind], FENCE_LISTS_MAX);
		}
	}
}

struct policy *
policy_new(const struct config *config, const struct registry *registry, struct strings *faults)
{
	struct policy *policy = xcalloc(1, sizeof(*policy));
	const size_t before = faults->count;

	policy->config = config;
	policy->registry = registry;
	policy->rules = config->rules;
	policy->rule = xcalloc(config->rules + 1, sizeof(*policy->rule));
	for (size_t i = 0; i < config->rules; i++) {
		const struct compile compile = { policy, &config->rule[i], faults };

		take_rule(&compile, &policy->rule[i]);
		policy->personal = policy->personal || config->rule[i].principals.count > 0 ||
				   config->rule[i].groups.count > 0 ||
				   config->rule[i].workspaces.count > 0;
		policy->spatial = policy->spatial || config->rule[i].workspaces.count > 0;
	}
	check_fences(policy, faults);
	if (faults->count == before)
		return policy;
	policy_free(policy);
	return NULL;
}

const struct strings *
policy_warnings(const struct policy *policy)
{
	return &policy->warnings;
}
