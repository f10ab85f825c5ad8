/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Selects the Databricks workspace and the credential: the attributes and the order of "Databricks
 * client unified authentication" (configuration, then environment, then a profile in
 * .databrickscfg; a value that is set is never overwritten). Of its methods this version supports
 * personal access tokens. Makes no request.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_DATABRICKS_RESOLVE_H
#define CORE_UPSTREAM_DATABRICKS_RESOLVE_H

#include <stdbool.h>

/* The values of the configuration, NULL where it has none. */
struct databricks_source {
	const char *role; /* "workspace" */
	char *host, *token, *auth_type, *profile, *config_file, *workspace_id;
	bool allow_http;		      /* allows http:// for hosts that are not loopback */
	const char *(*env)(const char *name); /* NULL: DATABRICKS_* does not apply to this role */
	const char *home;		      /* the directory of .databrickscfg, or NULL */
};

/* The result; each for free(), `token` for secret_free(). */
struct databricks_identity {
	char *url;	 /* scheme://host[:port][/path], or NULL */
	char *token;	 /* NULL: no credential */
	char *auth_type; /* "pat", or NULL */
	char *auth_why;	 /* the selected source, or what is missing and how to provide it */
	char *profile, *config_file; /* the profile and file that were read */
	bool token_of_profile;	     /* so it can be read again */
	char *workspace_id;
	char *fault;	       /* the fault, or NULL */
	const char *fault_key; /* the key of the configuration with the fault … */
	char *fault_from;      /* … or the other source, then not NULL */
	char *warning;
};

void databricks_resolve(const struct databricks_source *source, struct databricks_identity *found);
void databricks_identity_fini(struct databricks_identity *identity);

#endif
