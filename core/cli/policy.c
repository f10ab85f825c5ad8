/* SPDX-License-Identifier: Apache-2.0 */
/* policy: what the policy decides, and why. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auth/auth.h"
#include "auth/groups.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json_write.h"
#include "cli/cli.h"
#include "host/host.h"
#include "limits/rule.h"
#include "policy/policy.h"
#include "registry/registry.h"

#define WHY_MAX 768
#define POLICY_REPORT_MAX (1u << 20) /* bytes of what is printed */

static int
policy_fault(const char *why)
{
	fprintf(stderr, "lakehost: %s\n", why);
	return 2;
}

/* A group that the configuration does not name changes nothing, so it is probably a mistake. */
static bool
take_groups(const struct cli *cli, const struct config *config, struct principal *principal)
{
	if (cli->group == NULL)
		return true;
	if (!groups_add_list(config, cli->group, principal))
		return policy_fault("--group: too many groups") == 0;
	if (principal->n_groups == 0)
		fprintf(
		    stderr,
		    "lakehost: the configuration does not name the groups of --group \"%s\", so "
		    "this option has no effect\n",
		    cli->group);
	return true;
}

static bool
take_principal(const struct cli *cli, const struct config *config, struct principal *principal)
{
	char why[WHY_MAX];

	*principal = (struct principal){ .access = ACCESS_NONE };
	if (!take_groups(cli, config, principal))
		return false;
	return auth_assume(config, cli->principal != NULL ? cli->principal : PRINCIPAL_LOCAL,
			   principal, why, sizeof(why)) ||
	       policy_fault(why) == 0;
}

/* 2026-12-24T09:30Z or 2026-12-24T09:30:00Z; -1: something else. */
static int64_t
take_time(const char *text)
{
	static const char *const forms[] = { "%Y-%m-%dT%H:%MZ", "%Y-%m-%dT%H:%M:%SZ" };

	if (text == NULL)
		return clock_wall_ms() / 1000;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm when = { 0 };
		const char *end = strptime(text, forms[i], &when);

		if (end != NULL && *end == '\0')
			return timegm(&when);
	}
	return -1;
}

/* ---- test ---------------------------------------------------------------------------------- */

static void
decision_json(const struct policy_decision *decision)
{
	struct json json;
	struct buf out;

	buf_init(&out, POLICY_REPORT_MAX);
	json_start(&json, &out);
	json_begin(&json, '{');
	json_boolean(json_member(&json, "allowed"), decision->allowed);
	json_string(json_member(&json, "rule"), decision->verdict.rule);
	json_optional(&json, "where", decision->verdict.where);
	if (decision->allowed)
		json_string(json_member(&json, "confirm"), policy_confirm_name(decision->confirm));
	if (!decision->allowed)
		json_string(json_member(&json, "why"), decision->why);
	json_end(&json);
	puts(out.data);
	buf_fini(&out);
}

static void
print_rule(void *data, const struct config_rule *rule)
{
	const char *where = NULL;

	(void)data;
	for (size_t i = 0; where == NULL && i < RULE_KEYS; i++)
		where = rule->where[i];
	printf("applies: %s%s%s\n", rule->name, where != NULL ? " at " : "",
	       where != NULL ? where : "");
}

static int
print_decision(const struct cli *cli, struct policy *policy, const struct principal *principal,
	       const struct policy_decision *decision)
{
	if (cli->json) {
		decision_json(decision);
	} else if (decision->allowed) {
		puts("allowed");
		if (decision->confirm > CONFIRM_NEVER)
			printf("a person must confirm the call: %s\n",
			       policy_confirm_name(decision->confirm));
		policy_rules(policy, principal, print_rule, NULL);
	} else {
		printf("refused by: %s%s%s\nwhy: %s\n", decision->verdict.rule,
		       decision->verdict.where != NULL ? " at " : "",
		       decision->verdict.where != NULL ? decision->verdict.where : "",
		       decision->why);
	}
	return decision->allowed ? 0 : 1;
}

/* The arguments as the handler would get them. NULL after printing what is wrong. */
static struct json_object *
take_arguments(const struct cli *cli, const struct row *row)
{
	struct json_object *arguments = cli_arguments(row, cli->argument + 2, cli->arguments - 2);
	struct buf notes, why;
	bool fine = arguments != NULL;

	buf_init_keeping(&notes, POLICY_REPORT_MAX);
	buf_init_keeping(&why, POLICY_REPORT_MAX);
	if (fine && !row_take_arguments(row, arguments, &notes, &why)) {
		fprintf(stderr, "lakehost: the arguments are not valid: %s\n", why.data);
		json_object_put(arguments);
		arguments = NULL;
	}
	buf_fini(&notes);
	buf_fini(&why);
	return arguments;
}

static int
policy_test(const struct cli *cli, struct host *host, const struct principal *principal)
{
	struct policy *policy = host_policy(host);
	const struct row *row =
	    registry_tool(host_registry(host), cli->argument[1], row_view_of(ACCESS_ADMIN));
	struct policy_decision decision;
	struct json_object *arguments;
	int64_t now_s = take_time(cli->at);

	if (now_s < 0)
		return policy_fault("--at must be a time such as 2026-12-24T09:30Z");
	if (row == NULL) {
		policy_fault("no enabled plugin has this tool");
		cli_tell_absent(host, cli->argument[1]);
		return 2;
	}
	arguments = take_arguments(cli, row);
	if (arguments == NULL)
		return 2;
	policy_decide_at(policy, principal, row, arguments, now_s, &decision);
	json_object_put(arguments);
	return print_decision(cli, policy, principal, &decision);
}

/* ---- show ---------------------------------------------------------------------------------- */

static void
add_list(struct buf *out, const struct config_rule *rule, enum rule_key key, const char *name,
	 const struct strings *list)
{
	if (rule->where[key] == NULL)
		return;
	buf_printf(out, "%s\t%s\t", rule->name, name);
	for (size_t i = 0; i < list->count; i++)
		buf_printf(out, "%s%s", i > 0 ? ", " : "", list->item[i]);
	buf_printf(out, "\t%s\n", rule->where[key]);
}

/* One line for each key of the rule. */
static void
add_rule(void *data, const struct config_rule *rule)
{
	struct buf *out = data;

	if (rule->where[RULE_ACCESS] != NULL)
		buf_printf(out, "%s\taccess\t%s\t%s\n", rule->name, access_name(rule->access),
			   rule->where[RULE_ACCESS]);
	for (size_t i = 0; i < rule->plugins; i++)
		buf_printf(out, "%s\tplugins.%s\t%s\t%s\n", rule->name, rule->plugin[i].name,
			   access_name(rule->plugin[i].access), rule->plugin[i].where);
	add_list(out, rule, RULE_ALLOW, "allow", &rule->allow);
	add_list(out, rule, RULE_DENY, "deny", &rule->deny);
	add_list(out, rule, RULE_CONDITIONS, "conditions", &rule->conditions);
	add_list(out, rule, RULE_TIMES, "times", &rule->times);
	for (int i = 0; i < FENCE_KINDS; i++)
		add_list(out, rule, (enum rule_key)(RULE_FENCE + i), fence_keys[i],
			 &rule->fence[i]);
	if (rule->where[RULE_CONFIRM] != NULL)
		buf_printf(out, "%s\tconfirm\t%s\t%s\n", rule->name,
			   policy_confirm_name(rule->confirm), rule->where[RULE_CONFIRM]);
	if (rule->workspaces.count > 0) {
		buf_printf(out, "%s\tonly in workspaces\t", rule->name);
		for (size_t i = 0; i < rule->workspaces.count; i++)
			buf_printf(out, "%s%s", i > 0 ? ", " : "", rule->workspaces.item[i]);
		buf_printf(out, "\t%s\n", rule->where_workspaces);
	}
	if (rule->tools.count > 0) {
		buf_printf(out, "%s\tonly for tools\t", rule->name);
		for (size_t i = 0; i < rule->tools.count; i++)
			buf_printf(out, "%s%s", i > 0 ? ", " : "", rule->tools.item[i]);
		buf_printf(out, "\t%s\n", rule->where_tools);
	}
}

/* One line for each limit that holds for the principal. */
static void
add_limit(struct buf *out, const struct limits_rule *rule, unsigned key)
{
	char number[32];

	snprintf(number, sizeof(number), "%" PRId64, rule->value[key]);
	buf_printf(out, "%s\t%s\t%s\t%s\t%s\n", rule->name, limits_keys[key],
		   rule->value[key] < 0 ? "unlimited" : number,
		   rule->together ? "all principals of the rule together" : "this principal",
		   rule->where[key]);
}

static void
show_limits(const struct config *config, const struct principal *principal, struct buf *out)
{
	const struct limits_rule *own[LIMITS_KEYS];
	int64_t value[LIMITS_KEYS];
	size_t none;

	buf_reset(out);
	buf_puts(out, "rule\tlimit\tvalue\tfor\tplace\n");
	none = out->len;
	limits_resolve(config->limits.rule, config->limits.rules, principal, value, own);
	for (unsigned key = 0; key < LIMITS_KEYS; key++)
		if (own[key] != NULL)
			add_limit(out, own[key], key);
	for (size_t i = 0; i < config->limits.rules; i++) {
		const struct limits_rule *rule = &config->limits.rule[i];

		for (unsigned key = 0; key < LIMITS_KEYS; key++)
			if (rule->together && rule->where[key] != NULL &&
			    limits_rule_applies(rule, principal))
				add_limit(out, rule, key);
	}
	if (out->len == none)
		return;
	render_table_text(out->data, out->len);
	puts("What was used today is known to the serving host: get_server_info tells each caller\n"
	     "its own budgets, and the metrics lakehost_spent_total count all callers.\n");
}

static void
add_tool(struct buf *out, struct policy *policy, const struct principal *principal,
	 const struct row *row)
{
	struct policy_decision decision;
	struct json_object *none = json_object_new_object();

	if (row_seen(row, &policy_class_of(policy, principal)->view)) {
		buf_printf(out, "%s\toffered\t\t\n", row->name);
	} else {
		policy_decide(policy, principal, row, none, &decision);
		buf_printf(out, "%s\thidden\t%s\t%s\n", row->name, decision.verdict.rule,
			   decision.verdict.where != NULL ? decision.verdict.where : "");
	}
	json_object_put(none);
}

static int
policy_show(struct host *host, const struct principal *principal)
{
	struct policy *policy = host_policy(host);
	const struct row *row;
	struct buf out;

	printf("principal: %s\naccess: %s\ngroups:", principal->name,
	       access_name(principal->access));
	for (unsigned i = 0; i < principal->n_groups; i++)
		printf("%s %s", i > 0 ? "," : "", principal->groups[i]);
	puts("\n");
	buf_init(&out, POLICY_REPORT_MAX);
	buf_puts(&out, "rule\tkey\tvalue\tplace\n");
	policy_rules(policy, principal, add_rule, &out);
	render_table_text(out.data, out.len);
	putchar('\n');
	show_limits(host_config(host), principal, &out);
	buf_reset(&out);
	buf_puts(&out, "tool\tanswer\trule\tplace\n");
	for (size_t i = 0; (row = registry_at(host_registry(host), ROW_TOOL, i)) != NULL; i++)
		add_tool(&out, policy, principal, row);
	render_table_text(out.data, out.len);
	buf_fini(&out);
	return 0;
}

static int
policy_run(const struct cli *cli, struct host *host)
{
	const bool test = strcmp(cli->argument[0], "test") == 0;
	struct principal principal;

	if ((!test && strcmp(cli->argument[0], "show") != 0) || (test && cli->arguments < 2) ||
	    (!test && cli->arguments > 1)) {
		fputs("Usage: lakehost policy test TOOL [JSON | KEY=VALUE…] | show\n", stderr);
		return 2;
	}
	if (!test && (cli->json || cli->at != NULL))
		return policy_fault("--json and --at are for \"policy test\"");
	if (!take_principal(cli, host_config(host), &principal))
		return 2;
	return test ? policy_test(cli, host, &principal) : policy_show(host, &principal);
}

int
cli_policy(struct cli *cli)
{
	struct host *host = cli_host(cli);
	int status = host != NULL ? policy_run(cli, host) : 1;

	host_free(host);
	return status;
}
