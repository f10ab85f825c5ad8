/* SPDX-License-Identifier: Apache-2.0 */
/* Caps of messages and calls, and what a principal may use. */
#include "config/limits.h"

#include <stdlib.h>
#include <string.h>

#include "base/bucket.h"
#include "base/mem.h"
#include "config/auth.h"
#include "config/file.h"
#include "config/store.h"
#include "config/text.h"
#include "config/value.h"

#define BUDGET_MOST (INT64_C(1) << 43) /* in thousandths it is exact in a double of Lua */
#define UNLIMITED "unlimited"

/* ---- the limits of principals -------------------------------------------------------------- */

static uint64_t
least_of(enum limits_key key)
{
	return key < LIMITS_BUDGET ? 1 : 0; /* a budget of 0 forbids the cost */
}

static uint64_t
most_of(enum limits_key key)
{
	switch (key) {
	case LIMITS_RATE: return BUCKET_ROOM_MAX;
	case LIMITS_CONCURRENCY: return 1000000;
	default: return BUDGET_MOST;
	}
}

/* The value as a text; NULL: it is a number. */
static const char *
text_of(const struct node *node, const char *key)
{
	const struct override *override = reader_find_override(node, key);
	const config_setting_t *setting = reader_find_setting(node, key);

	if (override != NULL)
		return strspn(override->value, "0123456789") == strlen(override->value)
			 ? NULL
			 : override->value;
	if (setting != NULL && config_setting_type(setting) == CONFIG_TYPE_STRING)
		return config_setting_get_string(setting);
	return NULL;
}

static void
read_value(struct limits_rule *rule, const struct node *node, enum limits_key key)
{
	const char *name = limits_keys[key], *text;

	rule->value[key] = LIMITS_NONE;
	if (!node_has(node, name))
		return;
	rule->where[key] = node_where(node, name);
	text = text_of(node, name);
	if (text == NULL)
		rule->value[key] =
		    (int64_t)node_number(node, name, most_of(key), least_of(key), most_of(key));
	else if (strcmp(text, UNLIMITED) != 0)
		node_fault(node, name, "\"%.100s\": must be a number or \"" UNLIMITED "\"", text);
}

static void
read_values(struct limits_rule *rule, const struct node *node)
{
	for (unsigned key = 0; key < LIMITS_KEYS; key++)
		read_value(rule, node, (enum limits_key)key);
}

static bool
limits_something(const struct limits_rule *rule)
{
	for (unsigned key = 0; key < LIMITS_KEYS; key++)
		if (rule->where[key] != NULL && (!rule->together || rule->value[key] >= 0))
			return true;
	return false;
}

static void
read_limits_rule(struct config *config, struct limits_rule *rule, const struct node *node)
{
	struct strings principals = { 0 }, groups = { 0 };

	node_list(node, "principals", &principals);
	node_list(node, "groups", &groups);
	for (size_t i = 0; i < groups.count; i++)
		config_name_group(config, node, "groups", groups.item[i]);
	rule->principal = principals.item;
	rule->principals = principals.count;
	rule->group = groups.item;
	rule->groups = groups.count;
	rule->together = node_bool(node, "together", false);
	read_values(rule, node);
	if (!limits_something(rule))
		node_fault(node, limits_keys[LIMITS_RATE],
			   "is missing, and so is every other key that limits something: the rule "
			   "would have no effect");
}

static void
read_limits_rules(struct config *config, const struct node *limits)
{
	size_t n = node_count(limits, "rules");

	if (n >= LIMITS_RULES_MAX) {
		node_fault(limits, "rules", "has more than %u entries", LIMITS_RULES_MAX - 1);
		n = LIMITS_RULES_MAX - 1;
	}
	config->limits.rule = xcalloc(n + 1, sizeof(*config->limits.rule));
	config->limits.rules = n + 1;
	config->limits.rule[0].name = xstrdup("limits");
	read_values(&config->limits.rule[0], limits);
	for (size_t i = 0; i < n; i++) {
		struct node item = node_item(limits, "rules", i);

		config->limits.rule[i + 1].name = xprintf("limits.rules[%zu]", i);
		read_limits_rule(config, &config->limits.rule[i + 1], &item);
	}
}

/* ---- all ----------------------------------------------------------------------------------- */

void
config_read_limits(struct config *config, const struct node *root)
{
	struct node limits = node_group(root, "limits"), results = node_group(root, "results");

	config->limits.body = (unsigned)node_number(&limits, "body", LIMIT_BODY, 1024, 64u << 20);
	config->limits.depth = (unsigned)node_number(&limits, "depth", LIMIT_DEPTH, 8, 512);
	config->limits.headers =
	    (unsigned)node_number(&limits, "headers", LIMIT_HEADERS, 1024, 65536);
	config->limits.steps = (unsigned)node_number(&limits, "steps", LIMIT_STEPS, 1, 10000);
	config->limits.suspended =
	    (unsigned)node_number(&limits, "suspended", LIMIT_SUSPENDED, 1, 1000000);
	config->limits.replies =
	    node_number(&limits, "replies", LIMIT_REPLIES, 1u << 20, 1ull << 40);
	config->limits.call_ms =
	    (unsigned)node_number(&limits, "call_ms", LIMIT_CALL_MS, 1000, 3600000);
	config->limits.drain_ms =
	    (unsigned)node_number(&limits, "drain_ms", LIMIT_DRAIN_MS, 0, 600000);
	config->limits.left_statement_s =
	    (unsigned)node_number(&limits, "left_statement_s", LIMIT_LEFT_STATEMENT_S, 0, 86400);
	read_limits_rules(config, &limits);
	config_read_store(config, &limits);
	config->results.rows = (unsigned)node_number(&results, "rows", LIMIT_RESULT_ROWS, 1, 10000);
	config->results.text =
	    (unsigned)node_number(&results, "text", LIMIT_RESULT_TEXT, 1000, 10u << 20);
	config->results.cell = (unsigned)node_number(&results, "cell", LIMIT_CELL, 8, 100000);
}

static void
limits_rule_fini(struct limits_rule *rule)
{
	struct strings principals = { rule->principal, rule->principals };
	struct strings groups = { rule->group, rule->groups };

	free(rule->name);
	strings_fini(&principals);
	strings_fini(&groups);
	for (unsigned key = 0; key < LIMITS_KEYS; key++)
		free(rule->where[key]);
}

void
config_limits_fini(struct config *config)
{
	for (size_t i = 0; i < config->limits.rules; i++)
		limits_rule_fini(&config->limits.rule[i]);
	free(config->limits.rule);
	config_store_fini(config);
}
