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
#include <stddef.h>

#define DATABRICKS_CFG_MAX (1u << 20) /* bytes of .databrickscfg */

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

/* Makes "https://host[:port][/path]" of what people paste: without a scheme, or with ?o=ID,
 * which is the id of the workspace. A path is kept, as that of a gateway; with a query or
 * fragment behind it the address is that of a page, and refused. Both for free(). Returns NULL
 * when fine, else why not. */
const char *databricks_host(const char *text, char **url, char **workspace_id);

/* One profile of .databrickscfg; each for free(), `token` for secret_free(). */
struct databricks_profile {
	char *name;
	char *host, *token, *auth_type, *workspace_id;
	bool found; /* the section is there */
	bool keys;  /* and has any key */
	bool other; /* keys of another method of authentication */
};

/* Reads the profile `name`, or, when it is NULL, the default one: what [__settings__] names as
 * default_profile, else DEFAULT. */
void databricks_profile_read(const char *text, const char *name,
			     struct databricks_profile *profile);
void databricks_profile_fini(struct databricks_profile *profile);
/* The names of all profiles that have any key, as "a, b, c"; NULL when there is none. For
 * free(). */
char *databricks_profile_names(const char *text);
/* The token of a profile as the file has it now, for secret_free(); NULL with `why`. */
char *databricks_profile_token(const char *config_file, const char *name, char *why,
			       size_t why_size);

/* Where pre-signed links of the platform point: ends of host names, `*` is one label. */
extern const char *const databricks_link_suffixes[];

#endif
