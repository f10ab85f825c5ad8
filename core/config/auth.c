/* SPDX-License-Identifier: Apache-2.0 */
#include "config/auth.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/intern.h"
#include "base/mem.h"
#include "base/address.h"
#include "config/oauth.h"
#include "config/file.h"
#include "config/server.h"
#include "config/text.h"
#include "config/value.h"

#define PROXIES_MAX 64u
#define PRINCIPALS_MAX 1024u
#define HEADER_NAME_MAX 64u
#define GROUPS_MAX 256u
#define GROUP_NAME_MAX 128u

static const char *const inbound_words[] = { "none", "token", "header", "oauth", "mtls", NULL };
static const char inbound_any[] = "\"token\", \"header\", \"oauth\" or \"mtls\"";
static const char *const certificate_words[] = { "cn", "email", "dns", "uri", NULL };

/* A setting that would have no effect is a mistake; in this group such a mistake is dangerous. */
static void
only_with(const struct node *node, const char *key, bool used, const char *inbound)
{
	if (!used && node_has(node, key))
		node_fault(node, key, "has an effect only with auth.inbound = %s", inbound);
}

static void
read_tokens(struct config *config, const struct node *auth)
{
	const char *path = node_raw_text(auth, "tokens");

	only_with(auth, "tokens", config->auth.inbound == INBOUND_TOKEN || path == NULL,
		  "\"token\"");
	if (config->auth.inbound != INBOUND_TOKEN)
		return;
	if (path != NULL && *path != '/')
		node_fault(auth, "tokens", "\"%s\" is not an absolute path", path);
	config->auth.tokens = path != NULL ? xstrdup(path) : config_state_file("tokens");
	if (config->auth.tokens == NULL)
		node_fault(auth, "inbound",
			   "no directory is known for the tokens: set auth.tokens, "
			   "XDG_STATE_HOME or HOME");
}

/* Some headers have a meaning of their own and cannot name a user. */
static bool
has_meaning(const char *name)
{
	static const char *const names[] = { "authorization", "host",	"origin",
					     "content-type",  "expect", "content-length",
					     "accept",	      "cookie", "transfer-encoding",
					     "last-event-id" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcasecmp(names[i], name) == 0)
			return true;
	return strncasecmp(name, "mcp-", 4) == 0;
}

static void
check_header_name(const struct node *auth, const char *key, const char *name)
{
	if (strlen(name) > HEADER_NAME_MAX ||
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "0123456789-")] != '\0')
		node_fault(auth, key, "must be the name of a header: letters, digits and -");
	else if (has_meaning(name))
		node_fault(auth, key, "the header \"%s\" has another meaning", name);
}

static void
read_header(struct config *config, const struct node *auth)
{
	const char *name = node_raw_text(auth, "header");
	const char *groups = node_raw_text(auth, "groups_header");
	bool used = config->auth.inbound == INBOUND_HEADER;

	only_with(auth, "header", used || name == NULL, "\"header\"");
	only_with(auth, "groups_header", used || groups == NULL, "\"header\"");
	if (!used)
		return;
	config->auth.header = xstrdup(name != NULL ? name : "X-Forwarded-User");
	check_header_name(auth, "header", config->auth.header);
	if (groups == NULL)
		return;
	config->auth.groups_header = xstrdup(groups);
	check_header_name(auth, "groups_header", groups);
	if (strcasecmp(groups, config->auth.header) == 0)
		node_fault(auth, "groups_header", "must not be the header that names the user");
}

static void
read_proxies(struct config *config, const struct node *auth)
{
	struct strings list = { 0 };

	node_list(auth, "trusted_proxies", &list);
	only_with(auth, "trusted_proxies", config->auth.inbound != INBOUND_NONE || list.count == 0,
		  inbound_any);
	if (list.count > PROXIES_MAX)
		node_fault(auth, "trusted_proxies", "has more than %u entries", PROXIES_MAX);
	config->auth.proxy = xcalloc(PROXIES_MAX, sizeof(*config->auth.proxy));
	for (size_t i = 0; i < list.count && i < PROXIES_MAX; i++) {
		const char *why =
		    address_range_parse(list.item[i], &config->auth.proxy[config->auth.proxies]);

		if (why != NULL)
			node_fault(auth, "trusted_proxies", "\"%s\" %s", list.item[i], why);
		else
			config->auth.proxies++;
	}
	if (config->auth.inbound == INBOUND_HEADER && list.count == 0)
		node_fault(
		    auth, "trusted_proxies",
		    "must list the proxies that are trusted to send the name of the user, such as "
		    "[ \"127.0.0.1\", \"10.1.0.0/16\", \"unix\" ]");
	strings_fini(&list);
}

static void
read_certificate(struct config *config, const struct node *auth)
{
	config->auth.certificate_name =
	    (enum certificate_field)node_word(auth, "certificate_name", certificate_words,
					      CERTIFICATE_CN);
	only_with(auth, "certificate_name",
		  config->auth.inbound == INBOUND_MTLS ||
		      config->auth.certificate_name == CERTIFICATE_CN,
		  "\"mtls\"");
}

/* ---- groups -------------------------------------------------------------------------------- */

const char *
config_group(const struct config *config, const char *name, size_t len)
{
	for (size_t i = 0; i < config->auth.groups.count; i++)
		if (strncmp(config->auth.groups.item[i], name, len) == 0 &&
		    config->auth.groups.item[i][len] == '\0')
			return intern(config->auth.groups.item[i]);
	return NULL;
}

/* A comma separates groups in the header of a proxy and in the file of tokens. */
static const char *
group_name_fault(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > GROUP_NAME_MAX)
		return "the name of a group must have 1 to 128 bytes";
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f || name[i] == ',')
			return "the name of a group must not contain commas or control characters";
	return *name == ' ' || name[len - 1] == ' '
		 ? "the name of a group must not begin or end with a space"
		 : NULL;
}

void
config_name_group(struct config *config, const struct node *node, const char *key, const char *name)
{
	const char *fault = group_name_fault(name);

	if (fault != NULL)
		node_fault(node, key, "\"%s\": %s", name, fault);
	else if (config_group(config, name, strlen(name)) != NULL)
		return;
	else if (config->auth.groups.count == GROUPS_MAX)
		node_fault(node, key, "the configuration names more than %u groups", GROUPS_MAX);
	else
		strings_add(&config->auth.groups, name);
}

static void
read_group(struct config *config, const struct node *node)
{
	struct config_group group = { .name = node_text(node, "name", NULL) };

	group.grants = node_has(node, "access");
	group.access = (enum access)node_word(node, "access", access_names, ACCESS_NONE);
	if (group.name == NULL) {
		node_fault(node, "name", "is missing");
		return;
	}
	for (size_t i = 0; i < config->auth.groups_listed; i++)
		if (strcmp(config->auth.group[i].name, group.name) == 0)
			node_fault(node, "name", "\"%s\" is listed twice", group.name);
	config_name_group(config, node, "name", group.name);
	config->auth.group = xrealloc(config->auth.group, (config->auth.groups_listed + 1) *
							      sizeof(*config->auth.group));
	config->auth.group[config->auth.groups_listed++] = group;
}

/* Reads each group of a list with `fn`. */
static void
read_items(struct config *config, const struct node *root, const char *key, size_t most,
	   void (*fn)(struct config *config, const struct node *item))
{
	size_t n = node_count(root, key);

	if (n > most)
		node_fault(root, key, "has more than %zu entries", most);
	for (size_t i = 0; i < n && i < most; i++) {
		struct node item = node_item(root, key, i);

		fn(config, &item);
	}
}

static void
read_group_list(struct config *config, const struct node *root)
{
	size_t n = node_count(root, "groups");

	only_with(root, "groups", config->auth.inbound != INBOUND_NONE || n == 0, inbound_any);
	read_items(config, root, "groups", GROUPS_MAX, read_group);
}

/* ---- principals ---------------------------------------------------------------------------- */

static void
read_membership(struct config *config, const struct node *node, struct config_principal *principal)
{
	node_list(node, "groups", &principal->groups);
	if (principal->groups.count > PRINCIPAL_GROUPS_MAX)
		node_fault(node, "groups", "has more than %u entries", PRINCIPAL_GROUPS_MAX);
	for (size_t i = 0; i < principal->groups.count; i++)
		config_name_group(config, node, "groups", principal->groups.item[i]);
}

static void
read_principal(struct config *config, const struct node *node)
{
	struct config_principal principal = { .name = node_text(node, "name", NULL) };

	principal.access = (enum access)node_word(node, "access", access_names, ACCESS_NONE);
	if (!node_has(node, "access"))
		node_fault(node, "access",
			   "is missing: it must be \"none\", \"read\", \"write\" or \"admin\"");
	if (principal.name == NULL)
		node_fault(node, "name", "is missing");
	else if (strlen(principal.name) >= PRINCIPAL_NAME_MAX)
		node_fault(node, "name", "is longer than %d bytes", PRINCIPAL_NAME_MAX - 1);
	else if (strcmp(principal.name, PRINCIPAL_LOCAL) == 0)
		node_fault(node, "name",
			   "\"local\" is reserved for the principal of standard input");
	for (size_t i = 0; principal.name != NULL && i < config->auth.principals; i++)
		if (strcmp(config->auth.principal[i].name, principal.name) == 0)
			node_fault(node, "name", "\"%s\" is listed twice", principal.name);
	read_membership(config, node, &principal);
	principal.workspace = node_text(node, "workspace", NULL);
	if (principal.name == NULL) {
		free(principal.workspace);
		strings_fini(&principal.groups);
		return;
	}
	config->auth.principal =
	    xrealloc(config->auth.principal,
		     (config->auth.principals + 1) * sizeof(*config->auth.principal));
	config->auth.principal[config->auth.principals++] = principal;
}

static void
read_principals(struct config *config, const struct node *root)
{
	size_t n = node_count(root, "principals");

	only_with(root, "principals", config->auth.inbound != INBOUND_NONE || n == 0, inbound_any);
	read_items(config, root, "principals", PRINCIPALS_MAX, read_principal);
}

/* The default when `access` is absent: a token or its scopes have an access of their own; a header
 * has none, so the key is required. */
static void
read_unknown(struct config *config, const struct node *root)
{
	struct node policy = node_group(root, "policy");
	bool says = config->auth.inbound == INBOUND_TOKEN ||
		    (config->auth.oauth != NULL && config->auth.oauth->scopes > 0);
	enum access absent = says ? ACCESS_ADMIN : ACCESS_NONE;
	bool given = node_raw_text(&policy, "default_access") != NULL;

	only_with(&policy, "default_access", config->auth.inbound != INBOUND_NONE || !given,
		  inbound_any);
	config->auth.unknown =
	    given ? (enum access)node_word(&policy, "default_access", access_names, absent)
		  : absent;
}

void
config_read_auth(struct config *config, const struct node *root)
{
	struct node auth = node_group(root, "auth");

	config->auth.inbound =
	    (enum inbound)node_word(&auth, "inbound", inbound_words, INBOUND_NONE);
	read_tokens(config, &auth);
	read_header(config, &auth);
	config_read_oauth(config, &auth);
	read_certificate(config, &auth);
	read_proxies(config, &auth);
	read_group_list(config, root);
	read_principals(config, root);
	read_unknown(config, root);
}

void
config_auth_fini(struct config *config)
{
	free(config->auth.tokens);
	free(config->auth.header);
	free(config->auth.groups_header);
	config_oauth_fini(config);
	free(config->auth.proxy);
	for (size_t i = 0; i < config->auth.principals; i++) {
		free(config->auth.principal[i].name);
		free(config->auth.principal[i].workspace);
		strings_fini(&config->auth.principal[i].groups);
	}
	free(config->auth.principal);
	for (size_t i = 0; i < config->auth.groups_listed; i++)
		free(config->auth.group[i].name);
	free(config->auth.group);
	strings_fini(&config->auth.groups);
}
