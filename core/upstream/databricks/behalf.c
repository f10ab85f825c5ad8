/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/databricks/behalf.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/url.h"
#include "config/file.h"
#include "config/text.h"
#include "config/value.h"
#include "upstream/databricks/login_oidc.h"
#include "upstream/databricks/method.h"
#include "upstream/group.h"

/* They are not in the list of methods: no search for a credential may find them. */
static const struct method exchange_method = { .name = "on-behalf-exchange",
					       .stages = login_exchange_stages };
static const struct method forwarded_method = { .name = "on-behalf-forwarded",
						.stages = login_forwarded_stages };

/* ---- reading --------------------------------------------------------------------------------- */

bool
behalf_uses(enum attribute attribute)
{
	switch (attribute) {
	case A_HOST:
	case A_ACCOUNT_ID:
	case A_WORKSPACE_ID:
	case A_CLOUD:
	case A_DISCOVERY_URL:
	case A_SCOPES: return true;
	default: return false;
	}
}

static void
refuse_credentials(const struct node *group, const struct databricks_source *source)
{
	for (size_t i = 0; i < ATTRIBUTES; i++) {
		if (source->configured[i] != NULL && !behalf_uses((enum attribute)i))
			node_fault(group, databricks_attributes[i].key,
				   "is not used with on_behalf_of, because each request has the "
				   "token of its user: remove it");
	}
}

static void
need(const struct node *group, const char *key, const char *value, const char *what)
{
	if (value == NULL)
		node_fault(group, key, "is missing: on_behalf_of = \"exchange\" needs %s", what);
}

static void
refuse_unused(const struct node *group, const char *key, const char *value)
{
	if (value != NULL)
		node_fault(group, key, "is used only with on_behalf_of = \"exchange\"");
}

/* The issuer is only a name: the host serves nothing at this URL. */
static void
check_issuer(const struct node *group, const char *issuer)
{
	const char *bad;
	struct url url;

	if (issuer == NULL)
		return;
	bad = url_split(issuer, &url);
	if (bad != NULL || !url.tls)
		node_fault(group, "federation_issuer",
			   "must be a URL that begins with https://, as in the federation policy");
}

static void
read_federation(struct config_upstream *upstream, const struct node *group,
		struct federation *federation)
{
	const char *fault;

	federation->key = node_secret(group, "federation_key");
	federation->issuer = node_text(group, "federation_issuer", NULL);
	federation->audience = node_text(group, "federation_audience", NULL);
	if (upstream->behalf != BEHALF_EXCHANGE) {
		refuse_unused(group, "federation_key", federation->key);
		refuse_unused(group, "federation_issuer", federation->issuer);
		refuse_unused(group, "federation_audience", federation->audience);
		return;
	}
	need(group, "federation_key", federation->key,
	     "the private key that signs for users, such as \"file:/etc/lakehost/federation.pem\"");
	need(group, "federation_issuer", federation->issuer,
	     "the issuer of the federation policy, such as \"https://lakehost.example.com\"");
	need(group, "federation_audience", federation->audience,
	     "an audience of the federation policy, such as the id of the account");
	check_issuer(group, federation->issuer);
	fault = federation->key != NULL ? federation_key_fault(federation->key) : NULL;
	if (fault != NULL)
		node_fault(group, "federation_key", "%s", fault);
	group_take_reference(upstream, group, "federation_key");
}

enum behalf
behalf_read(struct config_upstream *upstream, const struct node *group,
	    const struct databricks_source *source, struct federation *federation)
{
	static const char *const words[] = { "none", "exchange", "forwarded", NULL };

	*federation = (struct federation){ 0 };
	upstream->behalf = (enum behalf)node_word(group, "on_behalf_of", words, BEHALF_NONE);
	node_list(group, "on_behalf_users", &upstream->behalf_users);
	read_federation(upstream, group, federation);
	if (upstream->behalf != BEHALF_NONE)
		refuse_credentials(group, source);
	else if (upstream->behalf_users.count > 0)
		node_fault(group, "on_behalf_users", "is used only with on_behalf_of");
	if (upstream->behalf == BEHALF_FORWARDED && source->configured[A_SCOPES] != NULL)
		node_fault(group, "scopes",
			   "is not used with on_behalf_of = \"forwarded\": the platform decides "
			   "which scopes the forwarded token has");
	return upstream->behalf;
}

/* ---- the choice ------------------------------------------------------------------------------ */

void
behalf_choose(const struct databricks_source *source, struct databricks *own,
	      struct databricks_identity *found)
{
	const struct method *method =
	    source->behalf == BEHALF_EXCHANGE ? &exchange_method : &forwarded_method;

	if (own->url == NULL) {
		found->auth_why =
		    xprintf("no host is configured: set host in upstreams.%s of "
			    "lakehost.conf%s",
			    source->role, source->env != NULL ? ", or DATABRICKS_HOST" : "");
		return;
	}
	own->candidate[own->candidates++] = method;
	found->auth_type = xstrdup(method->name);
	found->auth_why =
	    xprintf("%s: the token of each user, %s, host from %s", method->name,
		    source->behalf == BEHALF_EXCHANGE ? "by token federation"
						      : "which a trusted proxy forwards",
		    own->value[A_HOST].from);
}
