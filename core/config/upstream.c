/* SPDX-License-Identifier: Apache-2.0 */
/* What Lakehost talks to. Which host and credential are meant is decided by auth/databricks_*. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/databricks_config.h"
#include "base/mem.h"
#include "config/internal.h"
#include "config/text.h"

#define UPSTREAMS_MAX 16

static const char *
environment(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0' ? value : NULL;
}

static void
read_credential(struct config *config, struct config_upstream *upstream, const struct node *node)
{
	struct databricks_source source = { .role = upstream->role };
	struct databricks_identity found = { 0 };

	/* The environment describes one workspace: the one that everybody means. */
	source.env = strcmp(upstream->role, "workspace") == 0 ? environment : NULL;
	source.home = environment("HOME");
	source.allow_http = node_bool(node, "allow_http", false);
	source.host = node_text(node, "host", NULL);
	source.token = node_secret(node, "token");
	source.auth_type = node_text(node, "auth_type", NULL);
	source.profile = node_text(node, "profile", NULL);
	source.config_file = node_text(node, "config_file", NULL);
	source.workspace_id = node_text(node, "workspace_id", NULL);
	databricks_resolve(&source, &found);
	if (found.fault != NULL)
		node_fault(node, found.fault_key, "%s", found.fault);
	if (found.warning != NULL)
		config_warn(config, "upstreams.%s: %s", upstream->role, found.warning);
	upstream->url = found.url;
	upstream->token = found.token;
	upstream->auth_type = found.auth_type;
	upstream->auth_why = found.auth_why;
	upstream->profile = found.profile;
	upstream->config_file = found.config_file;
	upstream->workspace_id = found.workspace_id;
	free(found.fault);
	free(found.warning);
	free(source.host);
	secret_free(source.token);
	free(source.auth_type);
	free(source.profile);
	free(source.config_file);
	free(source.workspace_id);
}

static void
read_link_suffixes(struct config_upstream *upstream, const struct node *node)
{
	if (node_has(node, "link_suffixes"))
		node_list(node, "link_suffixes", &upstream->link_suffixes);
	else
		for (const char *const *s = databricks_link_suffixes; *s != NULL; s++)
			strings_add(&upstream->link_suffixes, *s);
	for (size_t i = 0; i < upstream->link_suffixes.count; i++) {
		const char *suffix = upstream->link_suffixes.item[i];

		if (strspn(suffix, "abcdefghijklmnopqrstuvwxyz0123456789-.*") != strlen(suffix) ||
		    strchr(suffix, '.') == NULL || *suffix == '.' || strstr(suffix, "..") != NULL)
			node_fault(node, "link_suffixes",
				   "\"%s\" is not the end of a host name in "
				   "lower case, such as \"storage.example.com\"",
				   suffix);
	}
}

static void
read_upstream(struct config *config, const struct node *all, const char *role)
{
	struct config_upstream *upstream;
	struct node node = node_group(all, role);

	config->upstream =
	    xrealloc(config->upstream, (config->upstreams + 1) * sizeof(*config->upstream));
	upstream = &config->upstream[config->upstreams++];
	*upstream = (struct config_upstream){ .role = xstrdup(role) };
	read_credential(config, upstream, &node);
	read_link_suffixes(upstream, &node);
	upstream->ca_file = node_text(&node, "ca_file", NULL);
	if (upstream->ca_file != NULL && access(upstream->ca_file, R_OK) != 0)
		node_fault(&node, "ca_file", "cannot be read: %s", strerror(errno));
	upstream->timeout_ms = (unsigned)node_number(&node, "timeout_ms", 60000, 1000, 3600000);
	upstream->connect_timeout_ms =
	    (unsigned)node_number(&node, "connect_timeout_ms", 30000, 100, 600000);
	upstream->max_connections = (unsigned)node_number(&node, "max_connections", 64, 1, 256);
	upstream->max_retries = (unsigned)node_number(&node, "max_retries", 4, 0, 20);
	upstream->max_reply = node_number(&node, "max_reply", LIMIT_REPLY, 1024, 1u << 30);
}

static bool
role_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= 32 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

void
config_read_upstreams(struct config *config, const struct node *root)
{
	struct node all = node_group(root, "upstreams");
	int n = all.setting != NULL ? config_setting_length(all.setting) : 0;

	read_upstream(config, &all, "workspace");
	if (n > UPSTREAMS_MAX) {
		node_fault(root, "upstreams", "has more than %d entries", UPSTREAMS_MAX);
		n = UPSTREAMS_MAX;
	}
	for (int i = 0; i < n; i++) {
		const char *role =
		    config_setting_name(config_setting_get_elem(all.setting, (unsigned)i));

		if (strcmp(role, "workspace") == 0)
			continue;
		if (role_name(role))
			read_upstream(config, &all, role);
		else
			node_fault(&all, role, "a role has at most 32 of a-z, 0-9, _ and -");
	}
}
