/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled rules, and which of them apply. Private to the folder. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_POLICY_RULES_H
#define CORE_POLICY_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fence.h"
#include "base/hash.h"
#include "config/config.h"
#include "policy/conditions.h"
#include "policy/policy.h"
#include "policy/times.h"

#define CLASSES_MAX 1024u /* different sets of rules and access */
#define MEMBERS_MAX 8192u /* principals whose class is kept; then all are forgotten */

struct rule_set {
	uint64_t bit[RULES_MAX / 64];
};

static inline bool
rule_set_has(const struct rule_set *set, size_t i)
{
	return (set->bit[i / 64] >> (i % 64) & 1) != 0;
}
static inline void
rule_set_add(struct rule_set *set, size_t i)
{
	set->bit[i / 64] |= (uint64_t)1 << (i % 64);
}

struct rule {
	const struct config_rule *config;
	struct strings tools, allow, deny; /* aliases are replaced by the name of their row */
	struct condition *condition;
	size_t conditions;
	struct window *window;
	size_t windows;
	bool fenced; /* has an allow-list of objects */
};

/* A set of rules with its allow-lists, for calls. */
struct policy_fence {
	struct policy_fence *next;
	struct rule_set set;
	struct fence fence;
};

struct policy_group {
	struct policy_class class;
	enum access access;  /* of the principals themselves */
	struct rule_set set; /* the rules for these principals, whatever the tool */
	unsigned char *hidden[ROW_KINDS];
};

/* A principal in a workspace, and its class. */
struct policy_member {
	struct hash_link by_key;
	const char *workspace; /* of the configuration; NULL: not known */
	struct principal principal;
	struct policy_group *group;
};

struct policy {
	const struct config *config;
	const struct registry *registry;
	struct rule *rule;
	size_t rules;
	bool personal; /* some rule is not for all principals, or not for all workspaces */
	bool spatial;  /* some rule is not for all workspaces */
	struct strings warnings;
	struct policy_group *group[CLASSES_MAX];
	size_t groups;
	struct hash members;
	struct policy_member **member;
	size_t n_members;
	struct policy_fence *fences;
};

/* Is the rule for calls of this row? */
bool rule_concerns(const struct rule *rule, const struct row *row);
/* Does a name or pattern of the list name the row, or the tool that it is published from? With
 * `aliases` also by an alias. */
bool rule_names(const struct strings *list, const struct row *row, bool aliases);
/* The access of the group to the row: the narrowest of all rules that apply. `rule` and `key`
 * receive the one that decided; NULL: the principal's own access. */
enum access rules_access(const struct policy *policy, const struct policy_group *group,
			 const struct row *row, const struct rule **rule, enum rule_key *key);
/* Is the row hidden from the group? Then `rule` and `key` say why. */
bool rules_hide(const struct policy *policy, const struct policy_group *group,
		const struct row *row, const struct rule **rule, enum rule_key *key);
/* The allow-lists for a call of the row; NULL: there is none. */
const struct fence *rules_fence(struct policy *policy, const struct policy_group *group,
				const struct row *row);
/* The group of a principal for calls that use `workspace`, the name of an upstream of the
 * configuration. NULL: the workspace is not known yet, so only rules for all workspaces count. */
struct policy_group *rules_group(struct policy *policy, const struct principal *principal,
				 const char *workspace);

/* "catalogs" of RULE_FENCE + FENCE_CATALOG. */
const char *rule_key_name(enum rule_key key);

#endif
