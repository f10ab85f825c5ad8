/* SPDX-License-Identifier: Apache-2.0 */
/*
 * .databrickscfg, the file of the vendor's command line, as that program reads it (gopkg.in/ini.v1
 * with SpaceBeforeInlineComment): keys are case-sensitive, a value ends at " #" or " ;", one pair
 * of quotes around it is removed. [DEFAULT] is an ordinary profile, and has the keys before the
 * first section. A line that is neither a section nor "key = value" makes the file unusable.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_DATABRICKS_PROFILE_H
#define CORE_UPSTREAM_DATABRICKS_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "upstream/databricks/attributes.h"

#define DATABRICKS_CFG_MAX (1u << 20) /* bytes of .databrickscfg */

/* One profile of .databrickscfg; each text for free(), those of `value` for secret_free(). */
struct databricks_profile {
	char *name;
	char *value[ATTRIBUTES]; /* NULL: the profile does not have it, or it is empty */
	bool keys;		 /* the profile has any key */
	bool named;		 /* by the caller or by default_profile, so it must exist */
};

/* Reads the profile `name`. When it is NULL, the default one: the value of default_profile in
 * [__settings__], else DEFAULT. NULL when the file is valid, else the fault, for free(). */
char *databricks_profile_read(const char *text, const char *name,
			      struct databricks_profile *profile);
void databricks_profile_fini(struct databricks_profile *profile);
/* The names of all profiles with keys, as "a, b, c"; NULL when there is none. For free(). */
char *databricks_profile_names(const char *text);
/* One value of a profile in the current file, for secret_free(); NULL with `why`. */
char *databricks_profile_value(const char *config_file, const char *name, enum attribute attribute,
			       char *why, size_t why_size);

#endif
