/* SPDX-License-Identifier: Apache-2.0 */
/* lakehost check: reports every fault that would stop serve or make the first call fail. It uses
 * the start code of serve (host_try), so that both always agree. */
#include "cli/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "auth/token_file.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/log.h"
#include "cli/cli.h"
#include "config/text.h"
#include "egress/egress.h"
#include "host/faults.h"
#include "host/host.h"
#include "plugin/loader.h"
#include "policy/policy.h"
#include "registry/registry.h"
#include "transport/http_tls.h"

#define SUBJECT_MAX 160

void
check_say(struct check *check, enum check_state state, const char *subject, const char *format, ...)
{
	static const char *const words[] = { "ok", "warning", "fault", "not checked", "info" };
	va_list args;

	check->faults += state == CHECK_FAULT;
	printf("%s: %s", subject, words[state]);
	if (format != NULL) {
		fputs(": ", stdout);
		va_start(args, format);
		vprintf(format, args);
		va_end(args);
	}
	putchar('\n');
}

static void
say_configuration(struct check *check)
{
	const struct config *config = host_config(check->host);
	char subject[SUBJECT_MAX];

	snprintf(subject, sizeof(subject), "configuration %s",
		 config->file != NULL ? config->file : "(built-in defaults)");
	check_say(check, CHECK_OK, subject, NULL);
	for (size_t i = 0; i < config->warnings.count; i++)
		check_say(check, CHECK_WARNING, "configuration", "%s", config->warnings.item[i]);
}

/* The message that serve prints when it does not start. */
static void
say_start(struct check *check, const struct strings *faults)
{
	const struct policy *policy = host_policy(check->host);

	for (size_t i = 0; i < faults->count; i++)
		check_say(check, CHECK_FAULT, "start", "%s", faults->item[i]);
	if (faults->count == 0)
		check_say(check, CHECK_OK, "start", NULL);
	for (size_t i = 0; faults->count == 0 && i < policy_warnings(policy)->count; i++)
		check_say(check, CHECK_WARNING, "policy", "%s", policy_warnings(policy)->item[i]);
}

/* An enabled plugin is useless when every tool needs more access than the configuration gives. */
static void
say_access(struct check *check, const char *subject, const struct plugin_status *status)
{
	const struct registry *registry = host_registry(check->host);
	struct json_object *tools = json_arr(status->manifest, "tools");
	size_t n = tools != NULL ? json_object_array_length(tools) : 0;
	const enum access access = host_config(check->host)->access;
	bool hidden = false;

	if (registry == NULL || host_policy(check->host) == NULL)
		return; /* the host does not start; the reason was printed */
	for (size_t i = 0; i < n; i++) {
		const char *name = json_str(json_object_array_get_idx(tools, i), "name");

		if (registry_tool(registry, name, host_view(check->host)) != NULL)
			return;
		hidden = hidden || registry_tool(registry, name, row_view_of(access)) != NULL;
	}
	if (n == 0 || status->withheld->count > 0)
		return;
	if (hidden)
		check_say(check, CHECK_WARNING, subject,
			  "the policy hides all tools of this plugin from standard input");
	else
		check_say(
		    check, CHECK_WARNING, subject,
		    "no tool of this plugin is offered: all need more access than policy.access "
		    "\"%s\"",
		    access_name(access));
}

static void
say_plugin(struct check *check, const struct plugin_status *status)
{
	const char *warn = json_object_get_string(
	    json_object_object_get(json_object_object_get(status->manifest, "plugin"), "warn"));
	char subject[SUBJECT_MAX];
	struct buf text;

	buf_init_keeping(&text, FAULT_TEXT_MAX);
	snprintf(subject, sizeof(subject), "plugin %s%s%s", status->name,
		 status->version != NULL ? " " : "",
		 status->version != NULL ? status->version : "");
	if (plugin_fault(status, &text))
		check_say(check, CHECK_FAULT, subject, "%s", text.data);
	else
		check_say(check, CHECK_OK, subject, NULL);
	buf_fini(&text);
	for (size_t i = 0; status->refusal == PLUGIN_OK && i < status->withheld->count; i++)
		check_say(check, CHECK_WARNING, subject,
			  "%s is not offered: the granted permissions do not allow its requests",
			  status->withheld->item[i]);
	if (status->refusal == PLUGIN_OK)
		say_access(check, subject, status);
	if (status->refusal == PLUGIN_OK && warn != NULL)
		check_say(check, CHECK_WARNING, subject, "%s", warn);
}

static void
say_plugins(struct check *check)
{
	struct plugins *plugins = host_plugins(check->host);
	const struct strings *prompts = plugins_prompt_faults(plugins);

	plugins_try(plugins);
	for (size_t i = 0; i < plugins_count(plugins); i++) {
		struct plugin_status status;

		plugins_status(plugins, i, &status);
		say_plugin(check, &status);
	}
	if (plugins_count(plugins) == 0)
		check_say(check, CHECK_WARNING, "plugins", "no plugin is enabled");
	for (size_t i = 0; i < prompts->count; i++)
		check_say(check, CHECK_FAULT, "prompt", "%s", prompts->item[i]);
}

bool
check_users(const struct check *check, const struct config_upstream *upstream, struct buf *names)
{
	return upstream_users(host_config(check->host), host_plugins(check->host), upstream, names);
}

static void
say_upstream(struct check *check, const struct config_upstream *upstream)
{
	char subject[SUBJECT_MAX];
	struct buf users, text;

	buf_init_keeping(&users, USERS_MAX);
	buf_init_keeping(&text, FAULT_TEXT_MAX);
	snprintf(subject, sizeof(subject), "upstream %s", upstream->role);
	if (!check_users(check, upstream, &users)) {
		if (upstream->url != NULL)
			check_say(check, CHECK_SKIPPED, subject, "no enabled plugin uses it");
	} else if (upstream_fault(host_plugins(check->host), upstream, &text)) {
		check_say(check, CHECK_FAULT, subject, "%s (needed by %s)", text.data, users.data);
	} else {
		check_say(check, CHECK_OK, subject, "%s, %s", upstream->url, upstream->auth_why);
		if (!check->online)
			check_say(check, CHECK_SKIPPED, subject,
				  "check does not use the network; run \"lakehost doctor\" to "
				  "test the address and the credential");
		for (size_t i = 0; i < upstream->warnings.count; i++)
			check_say(check, CHECK_WARNING, subject, "%s", upstream->warnings.item[i]);
	}
	buf_fini(&users);
	buf_fini(&text);
}

/* A plugin may name an upstream that the configuration does not have. */
static void
say_unknown_upstreams(struct check *check)
{
	struct plugins *plugins = host_plugins(check->host);
	struct buf text;

	buf_init_keeping(&text, FAULT_TEXT_MAX);
	for (size_t i = 0; i < plugins_count(plugins); i++) {
		struct plugin_status status;
		char subject[SUBJECT_MAX];

		plugins_status(plugins, i, &status);
		buf_reset(&text);
		if (!missing_upstream(host_config(check->host), &status, &text))
			continue;
		snprintf(subject, sizeof(subject), "upstream %s", status.upstream);
		check_say(check, CHECK_FAULT, subject, "%s", text.data);
	}
	buf_fini(&text);
}

static void
say_upstreams(struct check *check)
{
	const struct config *config = host_config(check->host);
	struct plugins *plugins = host_plugins(check->host);
	bool used = false;
	char why[256];

	for (size_t i = 0; i < plugins_count(plugins); i++) {
		struct plugin_status status;

		plugins_status(plugins, i, &status);
		used = used || status.upstream != NULL;
	}
	if (used && egress_available(why, sizeof(why)))
		check_say(check, CHECK_OK, "libcurl", NULL);
	else if (used)
		check_say(check, CHECK_FAULT, "libcurl", "%s", why);
	for (size_t i = 0; i < config->upstreams; i++)
		say_upstream(check, &config->upstream[i]);
	say_unknown_upstreams(check);
}

/* Reports who may call over HTTP. A file of tokens that cannot be used stops the start. */
static void
say_callers(struct check *check)
{
	const struct config *config = host_config(check->host);
	struct token_list list;
	struct stat status;
	char why[512];

	if (config->auth.inbound == INBOUND_NONE)
		check_say(check, CHECK_OK, "callers",
			  "everyone who reaches the listener, as the principal " PRINCIPAL_LOCAL);
	else if (config->auth.inbound == INBOUND_HEADER)
		check_say(check, CHECK_OK, "callers", "the users that trusted proxies name in %s",
			  config->auth.header);
	else if (config->auth.inbound == INBOUND_OAUTH)
		check_say(check, CHECK_OK, "callers", "everyone who has an access token from %s",
			  config->auth.oauth->issuer);
	else if (config->auth.inbound == INBOUND_MTLS)
		check_say(check, CHECK_OK, "callers", "everyone who has a client certificate");
	if (config->auth.inbound != INBOUND_TOKEN ||
	    !token_file_read(config->auth.tokens, &list, &status, why, sizeof(why)))
		return;
	check_say(check, list.count > 0 ? CHECK_OK : CHECK_WARNING, "callers", "%zu token%s in %s",
		  list.count, list.count == 1 ? "" : "s", config->auth.tokens);
	token_list_fini(&list);
}

static void
say_listeners(struct check *check)
{
	const struct config *config = host_config(check->host);
	const size_t n = config->server.listeners;
	char why[256];

	for (size_t i = 0; i < n; i++)
		if (!http_tls_try(&config->server.listener[i], why, sizeof(why)))
			check_say(check, CHECK_FAULT, "listeners", "%s", why);
	if (n > 0)
		say_callers(check);
	if (n > 0)
		check_say(check, CHECK_SKIPPED, "listeners", "only serve opens %s",
			  n == 1 ? "the socket" : "the sockets");
}

bool
check_begin(struct check *check, const struct cli *cli, bool online)
{
	struct config *config = cli_config(cli);
	struct strings faults = { NULL, 0 };

	if (config == NULL)
		return false;
	log_init(LOG_OFF, true); /* the report contains the log messages */
	*check = (struct check){ .host = host_try(config, &faults), .online = online };
	say_configuration(check);
	say_start(check, &faults);
	say_plugins(check);
	say_upstreams(check);
	say_listeners(check);
	strings_fini(&faults);
	return true;
}

int
check_end(struct check *check)
{
	host_free(check->host);
	if (check->faults > 0)
		printf("%u fault%s\n", check->faults, check->faults == 1 ? "" : "s");
	return check->faults > 0 ? 1 : 0;
}

int
cli_check(struct cli *cli)
{
	struct check check;

	return check_begin(&check, cli, false) ? check_end(&check) : 1;
}
