/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/glob.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/text.h"
#include "registry/provider.h"

const char *
rule_key_name(enum rule_key key)
{
	static const char *const names[] = { "access",	   "plugins", "allow",	"deny",
					     "conditions", "times",   "confirm" };

	return key < RULE_FENCE ? names[key] : fence_keys[key - RULE_FENCE];
}

/* ---- names --------------------------------------------------------------------------------- */

static bool
names_have(const struct strings *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (glob_matches(list->item[i], name, strlen(name)))
			return true;
	return false;
}

static bool
list_has_alias(const struct strings *list, const struct row *row)
{
	struct json_object *aliases = json_arr(row->meta, "aliases");

	for (size_t i = 0; aliases != NULL && i < json_object_array_length(aliases); i++)
		if (names_have(list, json_object_get_string(json_object_array_get_idx(aliases, i))))
			return true;
	return false;
}

bool
rule_names(const struct strings *list, const struct row *row, bool aliases)
{
	if (names_have(list, row->name) || (aliases && list_has_alias(list, row)))
		return true;
	return row->tool != NULL && rule_names(list, row->tool, aliases);
}

/* Can a call of the row use one of the workspaces of the rule? Which one a call uses is in the set
 * of its group; here it is only seen that a plugin has another service. */
static bool
uses_workspace(const struct rule *rule, const struct row *row)
{
	const struct provider *provider = row->provider;
	const char *own =
	    provider != NULL && provider->upstream != NULL ? provider->upstream : "workspace";

	if (provider != NULL && provider->of_host)
		return false;
	return strcmp(own, "workspace") == 0 || strings_have(&rule->config->workspaces, own);
}

bool
rule_concerns(const struct rule *rule, const struct row *row)
{
	if (rule->config->workspaces.count > 0 && !uses_workspace(rule, row))
		return false;
	return rule->tools.count == 0 || rule_names(&rule->tools, row, true);
}

/* ---- rows ---------------------------------------------------------------------------------- */

static void
narrow(enum access *access, enum access limit, const struct rule *from, enum rule_key key,
       const struct rule **rule, enum rule_key *why)
{
	/* of equal limits the principal's own names no place, so a rule is rather named */
	if (limit > *access ||
	    (limit == *access && (*rule != NULL || from->config->where[key] == NULL)))
		return;
	*access = limit;
	*rule = from;
	*why = key;
}

enum access
rules_access(const struct policy *policy, const struct policy_group *group, const struct row *row,
	     const struct rule **rule, enum rule_key *key)
{
	enum access access = group->access;

	*rule = NULL;
	*key = RULE_ACCESS;
	for (size_t i = 0; i < policy->rules; i++) {
		const struct rule *each = &policy->rule[i];

		if (!rule_set_has(&group->set, i) || !rule_concerns(each, row))
			continue;
		narrow(&access, each->config->access, each, RULE_ACCESS, rule, key);
		for (size_t k = 0; k < each->config->plugins; k++)
			if (strcmp(each->config->plugin[k].name, row->owner) == 0)
				narrow(&access, each->config->plugin[k].access, each, RULE_PLUGINS,
				       rule, key);
	}
	return access;
}

bool
rules_hide(const struct policy *policy, const struct policy_group *group, const struct row *row,
	   const struct rule **rule, enum rule_key *key)
{
	enum access access = rules_access(policy, group, row, rule, key);

	if (access == ACCESS_NONE || row->access > access)
		return true;
	for (size_t i = 0; i < policy->rules; i++) {
		const struct rule *each = &policy->rule[i];

		if (!rule_set_has(&group->set, i) || !rule_concerns(each, row))
			continue;
		*rule = each;
		*key = RULE_ALLOW;
		if (each->config->where[RULE_ALLOW] != NULL &&
		    !rule_names(&each->allow, row, false))
			return true;
		*key = RULE_DENY;
		if (rule_names(&each->deny, row, true))
			return true;
	}
	return false;
}

/* ---- fences -------------------------------------------------------------------------------- */

static void
fence_fill(struct policy *policy, struct policy_fence *fence)
{
	for (size_t i = 0; i < policy->rules; i++) {
		const struct config_rule *config = policy->rule[i].config;

		for (size_t kind = 0; rule_set_has(&fence->set, i) && kind < FENCE_KINDS; kind++) {
			struct fence_list *list =
			    &fence->fence.list[kind][fence->fence.lists[kind]];

			if (config->where[RULE_FENCE + kind] == NULL)
				continue;
			CHECK(fence->fence.lists[kind] < FENCE_LISTS_MAX); /* policy_new() */
			list->entry = (const char *const *)config->fence[kind].item;
			list->entries = config->fence[kind].count;
			list->where = config->where[RULE_FENCE + kind];
			fence->fence.lists[kind]++;
		}
	}
}

const struct fence *
rules_fence(struct policy *policy, const struct policy_group *group, const struct row *row)
{
	struct rule_set set = { { 0 } };
	struct policy_fence *fence;
	bool any = false;

	for (size_t i = 0; i < policy->rules; i++)
		if (policy->rule[i].fenced && rule_set_has(&group->set, i) &&
		    rule_concerns(&policy->rule[i], row)) {
			rule_set_add(&set, i);
			any = true;
		}
	if (!any)
		return NULL;
	for (fence = policy->fences; fence != NULL; fence = fence->next)
		if (memcmp(&fence->set, &set, sizeof(set)) == 0)
			return &fence->fence;
	fence = xcalloc(1, sizeof(*fence));
	fence->set = set;
	fence_fill(policy, fence);
	fence->next = policy->fences;
	policy->fences = fence;
	return &fence->fence;
}

/* ---- groups of principals ------------------------------------------------------------------ */

static bool
applies(const struct config_rule *rule, const struct principal *principal, const char *workspace)
{
	if (rule->workspaces.count > 0 &&
	    (workspace == NULL || !strings_have(&rule->workspaces, workspace)))
		return false;
	if (rule->principals.count == 0 && rule->groups.count == 0)
		return true;
	if (names_have(&rule->principals, principal->name))
		return true;
	for (size_t i = 0; i < rule->groups.count; i++)
		if (principal_in_group(principal, rule->groups.item[i]))
			return true;
	return false;
}

/* Completions have no name: a principal that sees a row may use the completions of it. */
static void
group_fill(const struct policy *policy, struct policy_group *group)
{
	const struct rule *rule;
	const struct row *row;
	enum rule_key key;

	group->class.view.access = group->access;
	group->class.rules = group;
	for (int kind = 0; kind < ROW_KINDS; kind++) {
		size_t n = registry_count(policy->registry, (enum row_kind)kind,
					  row_view_of(ACCESS_ADMIN));

		for (size_t i = 0; i < REVISIONS; i++)
			buf_init(&group->class.list[kind][i], POLICY_LIST_MAX);
		group->hidden[kind] = xcalloc(n + 1, 1);
		group->class.view.hidden[kind] = group->hidden[kind];
		for (size_t i = 0;
		     kind != ROW_COMPLETION &&
		     (row = registry_at(policy->registry, (enum row_kind)kind, i)) != NULL;
		     i++)
			group->hidden[kind][i] = rules_hide(policy, group, row, &rule, &key);
	}
}

/* The last group is for all that would need more of them: it sees nothing. */
static struct policy_group *
group_new(struct policy *policy, enum access access, const struct rule_set *set)
{
	struct policy_group *group;

	CHECK(policy->groups < CLASSES_MAX);
	group = policy->group[policy->groups++] = xcalloc(1, sizeof(*group));
	group->access = access;
	group->set = *set;
	if (policy->groups == CLASSES_MAX) {
		log_event(LOG_ERROR, "policy-full", "why", "s",
			  "principals have too many different sets of rules; further ones see "
			  "nothing. Use groups in policy.rules, and restart the host",
			  NULL);
		group->access = ACCESS_NONE;
	}
	group_fill(policy, group);
	return group;
}

static struct policy_group *
group_find(struct policy *policy, enum access access, const struct rule_set *set)
{
	for (size_t i = 0; i < policy->groups; i++)
		if (policy->group[i]->access == access &&
		    memcmp(&policy->group[i]->set, set, sizeof(*set)) == 0)
			return policy->group[i];
	if (policy->groups == CLASSES_MAX)
		return policy->group[CLASSES_MAX - 1];
	return group_new(policy, access, set);
}

static void
members_forget(struct policy *policy)
{
	for (size_t i = 0; i < policy->n_members; i++) {
		hash_remove(&policy->members, &policy->member[i]->by_key);
		free(policy->member[i]);
	}
	policy->n_members = 0;
}

static bool
same_principal(const struct principal *a, const struct principal *b)
{
	if (strcmp(a->name, b->name) != 0 || a->access != b->access || a->n_groups != b->n_groups)
		return false;
	for (unsigned i = 0; i < a->n_groups; i++)
		if (strcmp(a->groups[i], b->groups[i]) != 0)
			return false;
	return true;
}

static bool
same_workspace(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static struct policy_group *
group_of_rules(struct policy *policy, const struct principal *principal, const char *workspace)
{
	struct rule_set set = { { 0 } };

	for (size_t i = 0; i < policy->rules; i++)
		if (applies(policy->rule[i].config, principal, workspace))
			rule_set_add(&set, i);
	return group_find(policy, principal->access, &set);
}

/* Without personal rules there are only as many groups as access levels. */
struct policy_group *
rules_group(struct policy *policy, const struct principal *principal, const char *workspace)
{
	struct policy_member *member;
	struct hash_link *link;
	uint64_t hash;

	if (!policy->personal) {
		for (size_t i = 0; i < policy->groups; i++)
			if (policy->group[i]->access == principal->access)
				return policy->group[i];
		return group_of_rules(policy, principal, NULL);
	}
	if (!policy->spatial)
		workspace = NULL;
	hash = hash_of(NULL, principal->name, strlen(principal->name));
	for (link = hash_find(&policy->members, hash); link != NULL; link = hash_next(link)) {
		member = link->owner;
		if (same_workspace(member->workspace, workspace) &&
		    same_principal(&member->principal, principal))
			return member->group;
	}
	if (policy->n_members == MEMBERS_MAX)
		members_forget(policy);
	if (policy->member == NULL)
		policy->member = xcalloc(MEMBERS_MAX, sizeof(struct policy_member *));
	member = policy->member[policy->n_members++] = xcalloc(1, sizeof(*member));
	member->principal = *principal;
	member->workspace = workspace;
	member->group = group_of_rules(policy, principal, workspace);
	member->by_key.owner = member;
	hash_add(&policy->members, &member->by_key, hash);
	return member->group;
}

/* ---- the end ------------------------------------------------------------------------------- */

static void
group_free(struct policy_group *group)
{
	for (int kind = 0; kind < ROW_KINDS; kind++) {
		for (size_t i = 0; i < REVISIONS; i++)
			buf_fini(&group->class.list[kind][i]);
		free(group->hidden[kind]);
	}
	free(group);
}

static void
rule_free(struct rule *rule)
{
	strings_fini(&rule->tools);
	strings_fini(&rule->allow);
	strings_fini(&rule->deny);
	for (size_t i = 0; i < rule->conditions; i++)
		condition_fini(&rule->condition[i]);
	free(rule->condition);
	free(rule->window);
}

void
policy_free(struct policy *policy)
{
	struct policy_fence *fence, *next;

	if (policy == NULL)
		return;
	members_forget(policy);
	hash_fini(&policy->members);
	free(policy->member);
	for (size_t i = 0; i < policy->groups; i++)
		group_free(policy->group[i]);
	for (fence = policy->fences; fence != NULL; fence = next) {
		next = fence->next;
		free(fence);
	}
	for (size_t i = 0; i < policy->rules; i++)
		rule_free(&policy->rule[i]);
	free(policy->rule);
	strings_fini(&policy->warnings);
	free(policy);
}
