/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which Databricks workspace is meant, and with which credential: the attributes and the order of
 * "Databricks client unified authentication" (configuration, then environment, then a profile in
 * .databrickscfg; what is set is never overwritten). Of its methods this version has personal
 * access tokens. Nothing here contacts anybody.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_DATABRICKS_RESOLVE_H
#define CORE_UPSTREAM_DATABRICKS_RESOLVE_H

#include <stdbool.h>

/* What the configuration says, NULL where it says nothing. */
struct databricks_source {
	const char *role; /* "workspace" */
	char *host, *token, *auth_type, *profile, *config_file, *workspace_id;
	bool allow_http;		      /* to hosts that are not loopback */
	const char *(*env)(const char *name); /* NULL: DATABRICKS_* does not apply to this role */
	const char *home;		      /* where .databrickscfg is looked for, or NULL */
};

/* What was found; each for free(), `token` for secret_free(). */
struct databricks_identity {
	char *url;	 /* scheme://host[:port][/path], or NULL */
	char *token;	 /* NULL: no credential */
	char *auth_type; /* "pat", or NULL */
	char *auth_why;	 /* which source was chosen, or what is missing and how to provide it */
	char *profile, *config_file; /* the ones that were read */
	bool token_of_profile;	     /* so it can be read again */
	char *workspace_id;
	char *fault;	       /* what cannot be right, or NULL */
	const char *fault_key; /* the key of the configuration it is about … */
	char *fault_from;      /* … or the other place that it came from, not NULL then */
	char *warning;
};

void databricks_resolve(const struct databricks_source *source, struct databricks_identity *found);
void databricks_identity_fini(struct databricks_identity *identity);

#endif
