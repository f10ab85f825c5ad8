/* SPDX-License-Identifier: Apache-2.0 */
/* .databrickscfg, the file of the vendor's command line. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_DATABRICKS_PROFILE_H
#define CORE_UPSTREAM_DATABRICKS_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#define DATABRICKS_CFG_MAX (1u << 20) /* bytes of .databrickscfg */

/* One profile of .databrickscfg; each for free(), `token` for secret_free(). */
struct databricks_profile {
	char *name;
	char *host, *token, *auth_type, *workspace_id;
	bool found; /* the section exists */
	bool keys;  /* and has any key */
	bool other; /* keys of another method of authentication */
};

/* Reads the profile `name`. When it is NULL, the default one: the value of default_profile in
 * [__settings__], else DEFAULT. */
void databricks_profile_read(const char *text, const char *name,
			     struct databricks_profile *profile);
void databricks_profile_fini(struct databricks_profile *profile);
/* The names of all profiles with keys, as "a, b, c"; NULL when there is none. For free(). */
char *databricks_profile_names(const char *text);
/* The token of a profile in the current file, for secret_free(); NULL with `why`. */
char *databricks_profile_token(const char *config_file, const char *name, char *why,
			       size_t why_size);

#endif
