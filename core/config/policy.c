/* SPDX-License-Identifier: Apache-2.0 */
#include "config/policy.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/auth.h"
#include "config/config.h"
#include "config/file.h"
#include "config/text.h"
#include "config/value.h"

/* From CONFIRM_NEVER on. */
static const char *const confirm_words[] = { "never", "when-possible", "always", NULL };

/* ---- objects ------------------------------------------------------------------------------- */

static bool
all_of(const char *text, const char *characters)
{
	return text[strspn(text, characters)] == '\0';
}

/* NULL, or the reason why the entry could never be compared with an object. */
static const char *
entry_check(enum fence_kind kind, const char *entry)
{
	const char *dot = strchr(entry, '.');

	if (strcmp(entry, "*") == 0)
		return NULL;
	switch (kind) {
	case FENCE_CATALOG:
		return dot == NULL ? NULL : "must be the name of a catalog, without a dot";
	case FENCE_SCHEMA:
		return dot != NULL && dot > entry && dot[1] != '\0' && strchr(dot + 1, '.') == NULL
			 ? NULL
			 : "must be \"catalog.schema\"";
	case FENCE_PATH:
		return entry[0] == '/' || strncmp(entry, "dbfs:/", 6) == 0
			 ? NULL
			 : "must begin with / or dbfs:/";
	case FENCE_SECRET_SCOPE: return NULL;
	case FENCE_WAREHOUSE:
		return all_of(entry, "0123456789abcdef*")
			 ? NULL
			 : "must be the id of a warehouse, not its name: "
			   "list_sql_warehouses shows it";
	case FENCE_CLUSTER:
		return strchr(entry, '-') != NULL &&
			       all_of(entry, "0123456789abcdefghijklmnopqrstuvwxyz-*")
			 ? NULL
			 : "must be the id of a cluster, not its name: list_clusters shows it";
	default:
		return all_of(entry, "0123456789*")
			 ? NULL
			 : "must be the id of a job, not its name: list_jobs shows it";
	}
}

/* An empty list is the same as none. */
static void
read_list(struct config_rule *rule, const struct node *node, const char *key, enum rule_key which,
	  struct strings *list)
{
	node_list(node, key, list);
	if (list->count > 0)
		rule->where[which] = node_where(node, key);
}

static void
read_fence(struct config_rule *rule, const struct node *node, enum fence_kind kind)
{
	const char *key = fence_keys[kind];

	read_list(rule, node, key, RULE_FENCE + (enum rule_key)kind, &rule->fence[kind]);
	for (size_t i = 0; i < rule->fence[kind].count; i++) {
		const char *why = entry_check(kind, rule->fence[kind].item[i]);

		if (why != NULL)
			node_fault(node, key, "\"%.100s\" %s", rule->fence[kind].item[i], why);
	}
}

/* ---- one rule ------------------------------------------------------------------------------ */

static void
read_plugins(struct config_rule *rule, const struct node *node)
{
	struct node group = node_group(node, "plugins");
	struct strings names = { 0 };

	node_keys(&group, &names);
	if (group.setting != NULL || names.count > 0)
		rule->where[RULE_PLUGINS] = node_where(node, "plugins");
	for (size_t i = 0; group.setting != NULL && i < names.count; i++) {
		struct config_plugin_access plugin = { .name = xstrdup(names.item[i]) };

		plugin.access =
		    (enum access)node_word(&group, names.item[i], access_names, ACCESS_NONE);
		plugin.where = node_where(&group, names.item[i]);
		rule->plugin = xrealloc(rule->plugin, (rule->plugins + 1) * sizeof(plugin));
		rule->plugin[rule->plugins++] = plugin;
	}
	strings_fini(&names);
}

static void
read_confirm(struct config_rule *rule, const struct node *node)
{
	if (!node_has(node, "confirm"))
		return;
	rule->confirm = CONFIRM_NEVER + (enum confirm)node_word(node, "confirm", confirm_words, 0);
	rule->where[RULE_CONFIRM] = node_where(node, "confirm");
}

static void
read_rule(struct config_rule *rule, const struct node *node)
{
	read_plugins(rule, node);
	read_list(rule, node, "allow", RULE_ALLOW, &rule->allow);
	read_list(rule, node, "deny", RULE_DENY, &rule->deny);
	read_list(rule, node, "conditions", RULE_CONDITIONS, &rule->conditions);
	read_list(rule, node, "times", RULE_TIMES, &rule->times);
	for (int kind = 0; kind < FENCE_KINDS; kind++)
		read_fence(rule, node, (enum fence_kind)kind);
	read_confirm(rule, node);
}

/* ---- all rules ----------------------------------------------------------------------------- */

static bool
limits_anything(const struct config_rule *rule)
{
	for (size_t i = 0; i < RULE_KEYS; i++)
		if (rule->where[i] != NULL)
			return true;
	return false;
}

static void
read_item(struct config *config, struct config_rule *rule, const struct node *node)
{
	node_list(node, "principals", &rule->principals);
	node_list(node, "groups", &rule->groups);
	for (size_t i = 0; i < rule->groups.count; i++)
		config_name_group(config, node, "groups", rule->groups.item[i]);
	node_list(node, "tools", &rule->tools);
	if (node_has(node, "tools"))
		rule->where_tools = node_where(node, "tools");
	node_list(node, "workspaces", &rule->workspaces);
	if (node_has(node, "workspaces"))
		rule->where_workspaces = node_where(node, "workspaces");
	rule->access = ACCESS_ADMIN;
	if (node_has(node, "access")) {
		rule->access = (enum access)node_word(node, "access", access_names, ACCESS_NONE);
		rule->where[RULE_ACCESS] = node_where(node, "access");
	}
	read_rule(rule, node);
	if (!limits_anything(rule))
		node_fault(node, "access",
			   "is missing, and the rule has no other key that limits something, so it "
			   "would have no effect");
}

static void
read_rules(struct config *config, const struct node *policy)
{
	size_t n = node_count(policy, "rules");

	if (n >= RULES_MAX) {
		node_fault(policy, "rules", "has more than %u entries", RULES_MAX - 1);
		n = RULES_MAX - 1;
	}
	config->rule = xcalloc(n + 1, sizeof(*config->rule));
	config->rules = n + 1;
	config->rule[0].name = xstrdup("policy");
	config->rule[0].access = ACCESS_ADMIN;
	read_rule(&config->rule[0], policy);
	for (size_t i = 0; i < n; i++) {
		struct node item = node_item(policy, "rules", i);

		config->rule[i + 1].name = xprintf("policy.rules[%zu]", i);
		read_item(config, &config->rule[i + 1], &item);
	}
}

void
config_read_policy(struct config *config, const struct node *root, bool read_only)
{
	struct node policy = node_group(root, "policy");

	config->access = (enum access)node_word(&policy, "access", access_names, ACCESS_WRITE);
	if (read_only && config->access > ACCESS_READ)
		config->access = ACCESS_READ;
	node_list(&policy, "read_functions", &config->read_functions);
	read_rules(config, &policy);
	config->rule[0].access = config->access;
	config->rule[0].where[RULE_ACCESS] =
	    read_only ? xstrdup("--read-only") : node_where(&policy, "access");
}

static void
rule_fini(struct config_rule *rule)
{
	free(rule->name);
	strings_fini(&rule->principals);
	strings_fini(&rule->groups);
	strings_fini(&rule->tools);
	free(rule->where_tools);
	strings_fini(&rule->workspaces);
	free(rule->where_workspaces);
	for (size_t i = 0; i < rule->plugins; i++) {
		free(rule->plugin[i].name);
		free(rule->plugin[i].where);
	}
	free(rule->plugin);
	strings_fini(&rule->allow);
	strings_fini(&rule->deny);
	strings_fini(&rule->conditions);
	strings_fini(&rule->times);
	for (size_t i = 0; i < FENCE_KINDS; i++)
		strings_fini(&rule->fence[i]);
	for (size_t i = 0; i < RULE_KEYS; i++)
		free(rule->where[i]);
}

void
config_policy_fini(struct config *config)
{
	for (size_t i = 0; i < config->rules; i++)
		rule_fini(&config->rule[i]);
	free(config->rule);
	strings_fini(&config->read_functions);
}
