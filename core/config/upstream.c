/* SPDX-License-Identifier: Apache-2.0 */
/* What Lakehost talks to. Which host and credential are meant is decided by upstream/. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/internal.h"
#include "config/reference.h"
#include "config/text.h"
#include "upstream/databricks/resolve.h"
#include "upstream/generic/generic.h"
#include "upstream/upstream.h"

#define UPSTREAMS_MAX 16

static const char *
environment(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0' ? value : NULL;
}

/* The reference that a secret is read from, if it is one to a file. */
static char *
file_reference(const struct node *node, const char *key)
{
	const char *text = node_raw_text(node, key);

	return text != NULL &&
		       (strncmp(text, "file:", 5) == 0 || strncmp(text, "credential:", 11) == 0)
		 ? xstrdup(text)
		 : NULL;
}

__attribute__((format(printf, 2, 3))) static void
warn(struct config_upstream *upstream, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	strings_vprintf(&upstream->warnings, format, args);
	va_end(args);
}

/* A secret that stands in a file of its own: who may read the file has it. */
static void
warn_public(struct config_upstream *upstream)
{
	char why[512], *path;
	struct stat status;

	if (upstream->token_reference == NULL)
		return;
	path = reference_path(upstream->token_reference, why, sizeof(why));
	if (path != NULL && stat(path, &status) == 0 && (status.st_mode & S_IROTH) != 0)
		warn(upstream,
		     "anybody on this machine may read %s, which holds its credential; "
		     "chmod o-r %s",
		     path, path);
	free(path);
}

/* ---- Databricks ---------------------------------------------------------------------------- */

/* A fault outside of the configuration does not end the start: whoever calls hears of it, and
 * `check` does, if the upstream is used at all. */
static void
take_fault(const struct node *node, struct databricks_identity *found)
{
	if (found->fault == NULL)
		return;
	if (found->fault_from == NULL) {
		node_fault(node, found->fault_key, "%s", found->fault);
		return;
	}
	if (strcmp(found->fault_key, "host") == 0) {
		free(found->url);
		found->url = NULL;
	}
	free(found->auth_why);
	found->auth_why = xprintf("%s: %s", found->fault_from, found->fault);
	free(found->auth_type);
	found->auth_type = NULL;
	secret_free(found->token);
	found->token = NULL;
}

static void
resolve_databricks(struct config_upstream *upstream, const struct node *node,
		   const struct databricks_source *source)
{
	struct databricks_identity found = { 0 };

	databricks_resolve(source, &found);
	take_fault(node, &found);
	if (found.warning != NULL)
		warn(upstream, "%s", found.warning);
	upstream->url = found.url;
	upstream->token = found.token;
	upstream->token_of_profile = found.token_of_profile;
	upstream->auth_type = found.auth_type;
	upstream->auth_why = found.auth_why;
	upstream->profile = found.profile;
	upstream->config_file = found.config_file;
	upstream->workspace_id = found.workspace_id;
	free(found.fault);
	free(found.fault_from);
	free(found.warning);
}

static void
read_databricks(struct config_upstream *upstream, const struct node *node)
{
	struct databricks_source source = { .role = upstream->role };

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
	resolve_databricks(upstream, node, &source);
	if (source.token != NULL && upstream->token != NULL)
		upstream->token_reference = file_reference(node, "token");
	warn_public(upstream);
	free(source.host);
	secret_free(source.token);
	free(source.auth_type);
	free(source.profile);
	free(source.config_file);
	free(source.workspace_id);
}

/* ---- any other service --------------------------------------------------------------------- */

static const char *const methods[] = {
	[AUTH_BEARER] = "bearer", [AUTH_NONE] = "none",	  [AUTH_BASIC] = "basic",
	[AUTH_HEADER] = "header", [AUTH_OAUTH] = "oauth", NULL
};

/* A key that the method cannot do without. */
static char *
read_needed(const struct node *auth, const char *key, const char *method)
{
	char *value = node_text(auth, key, NULL);

	if (value == NULL)
		node_fault(auth, key, "is missing: method \"%s\" needs it", method);
	return value;
}

static void
read_secret(struct config_upstream *upstream, const struct node *auth, const char *key)
{
	size_t faults = auth->reader->faults->count;
	const char *fault;

	upstream->token = node_secret(auth, key);
	if (upstream->token == NULL) {
		if (auth->reader->faults->count == faults)
			node_fault(auth, key,
				   "is missing: give env:NAME, file:PATH or "
				   "credential:NAME");
		return;
	}
	fault = secret_fault(upstream->token, upstream_secret_form(upstream));
	if (fault != NULL)
		node_fault(auth, key, "it %s", fault);
	upstream->token_reference = file_reference(auth, key);
	warn_public(upstream);
}

static void
read_header_name(struct config_upstream *upstream, const struct node *auth)
{
	static const char *const ours[] = { "Host",	  "Content-Length",    "Content-Type",
					    "Accept",	  "Transfer-Encoding", "Connection",
					    "User-Agent", "traceparent",       "Range" };
	static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789-_.!#$%&'*+^`|~";

	upstream->header = read_needed(auth, "name", "header");
	if (upstream->header == NULL)
		return;
	if (upstream->header[strspn(upstream->header, characters)] != '\0')
		node_fault(auth, "name", "\"%s\" is not the name of a header", upstream->header);
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++) {
		if (strcasecmp(upstream->header, ours[i]) == 0)
			node_fault(auth, "name", "the header %s does not authenticate", ours[i]);
	}
}

static void
read_oauth(struct config_upstream *upstream, const struct node *auth, bool allow_http)
{
	static const char *const places[] = { "header", "body", NULL };
	char *url = read_needed(auth, "token_url", "oauth");
	const char *bad = url != NULL ? generic_url(url, allow_http, &upstream->token_url) : NULL;

	if (bad != NULL)
		node_fault(auth, "token_url",
			   "\"%s\" is not an address to which a secret may be sent: %s",
			   strchr(url, '@') != NULL ? "…" : url, bad);
	upstream->user = read_needed(auth, "client_id", "oauth");
	read_secret(upstream, auth, "client_secret");
	upstream->secret_in_body = node_word(auth, "client_auth", places, 0) == 1;
	upstream->scope = node_text(auth, "scope", NULL);
	upstream->audience = node_text(auth, "audience", NULL);
	free(url);
}

static void
read_method(struct config_upstream *upstream, const struct node *auth, bool allow_http)
{
	size_t faults = auth->reader->faults->count;

	upstream->method = (enum auth_method)node_word(auth, "method", methods, AUTH_BEARER);
	if (auth->reader->faults->count > faults)
		return;
	switch (upstream->method) {
	case AUTH_NONE: break;
	case AUTH_BEARER: read_secret(upstream, auth, "token"); break;
	case AUTH_BASIC:
		upstream->user = read_needed(auth, "user", "basic");
		if (upstream->user != NULL && strchr(upstream->user, ':') != NULL)
			node_fault(auth, "user", "a colon ends the user in basic authentication");
		read_secret(upstream, auth, "password");
		break;
	case AUTH_HEADER:
		read_header_name(upstream, auth);
		read_secret(upstream, auth, "value");
		break;
	case AUTH_OAUTH: read_oauth(upstream, auth, allow_http); break;
	}
	upstream->auth_type = xstrdup(methods[upstream->method]);
}

static char *
describe_method(const struct config_upstream *upstream)
{
	switch (upstream->method) {
	case AUTH_NONE: return xstrdup("no authentication");
	case AUTH_BEARER: return xstrdup("bearer: token from the configuration");
	case AUTH_BASIC: return xprintf("basic: as %s", upstream->user);
	case AUTH_HEADER: return xprintf("header: %s", upstream->header);
	case AUTH_OAUTH:
		return xprintf("oauth: client %s, tokens of %s", upstream->user,
			       upstream->token_url);
	}
	return xstrdup("");
}

static void
read_generic(struct config_upstream *upstream, const struct node *node)
{
	size_t faults = node->reader->faults->count;
	struct node auth = node_group(node, "auth");
	bool allow_http = node_bool(node, "allow_http", false);
	char *url = node_text(node, "url", NULL);
	const char *bad = url != NULL ? generic_url(url, allow_http, &upstream->url) : NULL;

	if (url == NULL)
		upstream->auth_why =
		    xprintf("no address configured: give upstreams.%s.url", upstream->role);
	else if (bad != NULL)
		node_fault(node, "url", "\"%s\" is not the address of a service: %s",
			   strchr(url, '@') != NULL ? "…" : url, bad);
	free(url);
	if (node_has(&auth, "method"))
		read_method(upstream, &auth, allow_http);
	if (upstream->auth_why == NULL && upstream->auth_type == NULL)
		upstream->auth_why =
		    xprintf("there is no credential: give upstreams.%s.auth with its method (none, "
			    "bearer, basic, header or oauth)",
			    upstream->role);
	else if (upstream->auth_why == NULL && node->reader->faults->count == faults)
		upstream->auth_why = describe_method(upstream);
	else if (upstream->auth_why == NULL)
		upstream->auth_why = xstrdup("the configuration has faults");
}

/* ---- what all have ------------------------------------------------------------------------- */

static void
read_link_suffixes(struct config_upstream *upstream, const struct node *node)
{
	if (node_has(node, "link_suffixes"))
		node_list(node, "link_suffixes", &upstream->link_suffixes);
	else if (upstream->service == SERVICE_DATABRICKS)
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

/* A key of the other kind is no misspelling: either it or the kind is meant otherwise. */
static void
refuse_keys_of_other_kind(const struct node *node, enum service service)
{
	static const char *const of_databricks[] = { "host",	"token",       "auth_type",
						     "profile", "config_file", "workspace_id",
						     NULL };
	static const char *const of_generic[] = { "url", "auth", NULL };
	const bool generic = service == SERVICE_GENERIC;

	for (const char *const *key = generic ? of_databricks : of_generic; *key != NULL; key++)
		node_refuse(node, *key,
			    generic ? "is a key of kind \"databricks\"; this upstream is "
				      "\"generic\", which has url and auth"
				    : "is a key of kind \"generic\"; this upstream is "
				      "\"databricks\", which has host and token");
}

static void
read_upstream(struct config *config, const struct node *all, const char *role)
{
	static const char *const kinds[] = {
		[SERVICE_DATABRICKS] = "databricks", [SERVICE_GENERIC] = "generic", NULL
	};
	struct config_upstream *upstream;
	struct node node = node_group(all, role);

	config->upstream =
	    xrealloc(config->upstream, (config->upstreams + 1) * sizeof(*config->upstream));
	upstream = &config->upstream[config->upstreams++];
	*upstream = (struct config_upstream){ .role = xstrdup(role) };
	upstream->service = (enum service)node_word(&node, "kind", kinds, SERVICE_DATABRICKS);
	if (upstream->service == SERVICE_GENERIC)
		read_generic(upstream, &node);
	else
		read_databricks(upstream, &node);
	refuse_keys_of_other_kind(&node, upstream->service);
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

static void
add_role(struct config *config, const struct node *all, const char *role)
{
	if (config_upstream(config, role) != NULL)
		return;
	if (!role_name(role))
		node_fault(all, role, "a role has at most 32 of a-z, 0-9, _ and -");
	else if (config->upstreams >= UPSTREAMS_MAX)
		node_fault(all, role, "there are more than %d upstreams", UPSTREAMS_MAX);
	else
		read_upstream(config, all, role);
}

/* Those that only --set knows: "upstreams.ROLE.KEY=…". */
static void
add_roles_of_overrides(struct config *config, const struct node *all)
{
	static const char prefix[] = "upstreams.";
	const struct reader *reader = all->reader;

	for (size_t i = 0; i < reader->overrides; i++) {
		const char *path = reader->override[i].path, *role, *dot;

		if (strncmp(path, prefix, sizeof(prefix) - 1) != 0)
			continue;
		role = path + sizeof(prefix) - 1;
		dot = strchr(role, '.');
		if (dot != NULL) {
			char *name = xstrndup(role, (size_t)(dot - role));

			add_role(config, all, name);
			free(name);
		}
	}
}

void
config_read_upstreams(struct config *config, const struct node *root)
{
	struct node all = node_group(root, "upstreams");
	int n = all.setting != NULL ? config_setting_length(all.setting) : 0;

	add_role(config, &all, "workspace");
	for (int i = 0; i < n; i++)
		add_role(config, &all,
			 config_setting_name(config_setting_get_elem(all.setting, (unsigned)i)));
	add_roles_of_overrides(config, &all);
}
