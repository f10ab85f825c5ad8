/* SPDX-License-Identifier: Apache-2.0 */
/* A Databricks workspace. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_DATABRICKS_DATABRICKS_H
#define CORE_UPSTREAM_DATABRICKS_DATABRICKS_H

#include "upstream/databricks/attributes.h"
#include "upstream/federation.h"
#include "upstream/upstream.h"

extern const struct upstream_kind upstream_databricks;

#define DATABRICKS_METHODS 15 /* of unified authentication that Lakehost has */

struct method;

/* What is in `own`: what was found out about the workspace without asking anybody. Each text is for
 * free(), or NULL. */
struct databricks {
	struct attribute_value value[ATTRIBUTES];
	char *url;		     /* scheme://host[:port][/path] */
	char *profile, *config_file; /* the profile and file that were read */
	bool profile_named;	     /* not only the fallback to DEFAULT */
	char *workspace_id;	     /* sent along where one host serves several workspaces */
	/* The methods that may be used, in their order. The second one is only used when the first
	 * one finds that it does not apply, for example because nobody logged in with it. */
	const struct method *candidate[DATABRICKS_METHODS];
	size_t candidates;
	struct federation federation; /* for on_behalf_of = "exchange" */
	struct strings skipped; /* "basic: no username is set": methods before the first one */
	const char *(*env)(const char *name);	  /* DATABRICKS_* of this role; NULL: none */
	const char *(*ambient)(const char *name); /* other variables of the process; NULL: none */
};

/* The value of an attribute, or NULL. */
static inline const char *
databricks_value(const struct databricks *own, enum attribute attribute)
{
	return own->value[attribute].text;
}
/* A variable of the process that is not an attribute, or NULL. */
const char *databricks_ambient(const struct databricks *own, const char *name);

#endif
