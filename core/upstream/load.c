/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the group `upstreams` of the configuration: the roles, and the keys that all kinds have.
 * The kind of each role reads the other keys. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/file.h"
#include "config/text.h"
#include "config/value.h"
#include "upstream/upstream.h"

#define UPSTREAMS_MAX 16
#define KINDS_MAX 8 /* a number that is larger than that of all keys */

static const struct upstream_kind *
read_kind(const struct node *group)
{
	const char *names[KINDS_MAX + 1] = { NULL };

	for (size_t i = 0; i < KINDS_MAX && upstream_kinds[i] != NULL; i++)
		names[i] = upstream_kinds[i]->name;
	return upstream_kinds[node_word(group, "kind", names, 0)];
}

static void
read_link_suffixes(struct config_upstream *upstream, const struct node *group)
{
	const char *const *known = upstream->kind->link_suffixes;

	if (node_has(group, "link_suffixes"))
		node_list(group, "link_suffixes", &upstream->link_suffixes);
	else
		for (; known != NULL && *known != NULL; known++)
			strings_add(&upstream->link_suffixes, *known);
	for (size_t i = 0; i < upstream->link_suffixes.count; i++) {
		const char *suffix = upstream->link_suffixes.item[i];

		if (strspn(suffix, "abcdefghijklmnopqrstuvwxyz0123456789-.*") != strlen(suffix) ||
		    strchr(suffix, '.') == NULL || *suffix == '.' || strstr(suffix, "..") != NULL)
			node_fault(group, "link_suffixes",
				   "\"%s\" must be the end of a host name in lower case, for "
				   "example \"storage.example.com\"",
				   suffix);
	}
}

static bool
kind_has(const struct upstream_kind *kind, const char *name)
{
	for (const char *const *key = kind->keys; *key != NULL; key++) {
		if (strcmp(*key, name) == 0)
			return true;
	}
	return false;
}

/* A key of another kind is not a misspelled key: either the key or the kind is wrong. */
static void
refuse_keys_of_other_kinds(const struct upstream_kind *kind, const struct node *group)
{
	for (const struct upstream_kind *const *other = upstream_kinds; *other != NULL; other++) {
		char *why =
		    xprintf("is a key for upstreams of kind \"%s\", but this upstream has the kind "
			    "\"%s\" with the keys %s",
			    (*other)->name, kind->name, kind->main_keys);

		for (const char *const *key = (*other)->keys; *key != NULL; key++) {
			if (!kind_has(kind, *key))
				node_refuse(group, *key, why);
		}
		free(why);
	}
}

static void
read_upstream(struct config *config, const struct node *all, const char *role)
{
	struct config_upstream *upstream;
	struct node group = node_group(all, role);

	config->upstream =
	    xrealloc(config->upstream, (config->upstreams + 1) * sizeof(*config->upstream));
	upstream = &config->upstream[config->upstreams++];
	*upstream = (struct config_upstream){ .role = xstrdup(role), .kind = read_kind(&group) };
	upstream->kind->resolve(upstream, &group);
	refuse_keys_of_other_kinds(upstream->kind, &group);
	read_link_suffixes(upstream, &group);
	upstream->ca_file = node_text(&group, "ca_file", NULL);
	if (upstream->ca_file != NULL && access(upstream->ca_file, R_OK) != 0)
		node_fault(&group, "ca_file", "cannot be read: %s", strerror(errno));
	upstream->timeout_ms = (unsigned)node_number(&group, "timeout_ms", 60000, 1000, 3600000);
	upstream->connect_timeout_ms =
	    (unsigned)node_number(&group, "connect_timeout_ms", 30000, 100, 600000);
	upstream->requests_per_second =
	    (unsigned)node_number(&group, "requests_per_second", 0, 0, 10000);
	upstream->max_connections = (unsigned)node_number(&group, "max_connections", 256, 1, 1024);
	upstream->cache_ms = (unsigned)node_number(&group, "cache_ms", 300000, 0, 3600000);
	upstream->max_retries = (unsigned)node_number(&group, "max_retries", 4, 0, 20);
	upstream->max_reply = node_number(&group, "max_reply", LIMIT_REPLY, 1024, 1u << 30);
}

static bool
is_role_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= 32 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

static void
add_role(struct config *config, const struct node *all, const char *role)
{
	if (config_upstream(config, role) != NULL)
		return;
	if (!is_role_name(role))
		node_fault(all, role,
			   "the name of an upstream may have at most 32 characters "
			   "of a-z, 0-9, _ and -");
	else if (config->upstreams >= UPSTREAMS_MAX)
		node_fault(all, role, "there are more than %d upstreams", UPSTREAMS_MAX);
	else
		read_upstream(config, all, role);
}

/* The workspaces that calls choose from: upstreams of one kind. */
static void
read_workspaces(struct config *config, const struct node *root)
{
	const struct config_upstream *first = NULL;

	node_list(root, "workspaces", &config->workspaces);
	for (size_t i = 0; i < config->workspaces.count; i++) {
		const char *role = config->workspaces.item[i];
		const struct config_upstream *upstream = config_upstream(config, role);

		if (upstream == NULL)
			node_fault(root, "workspaces", "there is no upstreams.%s", role);
		else if (first != NULL && upstream->kind != first->kind)
			node_fault(root, "workspaces",
				   "upstreams.%s is of another kind than "
				   "upstreams.%s",
				   role, first->role);
		first = first != NULL ? first : upstream;
	}
	if (config->workspaces.count > 0 && !strings_have(&config->workspaces, "workspace"))
		node_fault(root, "workspaces", "\"workspace\" must be one of them");
	for (size_t i = 0; i < config->auth.principals; i++) {
		const struct config_principal *principal = &config->auth.principal[i];

		if (principal->workspace != NULL &&
		    !strings_have(&config->workspaces, principal->workspace))
			node_fault(root, "principals",
				   "the workspace \"%s\" of %s is not in the list workspaces",
				   principal->workspace, principal->name);
	}
}

/* Each way in which a principal is a user of an identity provider. */
static bool
has_users(enum inbound inbound)
{
	return inbound == INBOUND_OAUTH || inbound == INBOUND_HEADER || inbound == INBOUND_MTLS;
}

/* An upstream that acts on behalf of users, in a host that has none, would refuse every call. */
static void
check_behalf(struct config *config, const struct node *all)
{
	for (size_t i = 0; i < config->upstreams; i++) {
		const struct config_upstream *upstream = &config->upstream[i];
		struct node group = node_group(all, upstream->role);

		if (upstream->behalf == BEHALF_NONE)
			continue;
		config->behalf = true;
		config->forwarded = config->forwarded || upstream->behalf == BEHALF_FORWARDED;
		if (!has_users(config->auth.inbound))
			node_fault(&group, "on_behalf_of",
				   "needs users of an identity provider: set auth.inbound to "
				   "\"oauth\", \"header\" or \"mtls\"");
		else if (upstream->behalf == BEHALF_FORWARDED && config->auth.proxies == 0)
			node_fault(&group, "on_behalf_of",
				   "\"forwarded\" takes tokens from the proxies in "
				   "auth.trusted_proxies only, and that list is empty");
	}
}

void
upstream_load(struct config *config, const struct node *root)
{
	struct node all = node_group(root, "upstreams");
	struct strings roles = { 0 };

	node_keys(&all, &roles);
	add_role(config, &all, "workspace");
	for (size_t i = 0; i < roles.count; i++)
		add_role(config, &all, roles.item[i]);
	strings_fini(&roles);
	check_behalf(config, &all);
	read_workspaces(config, root);
}
