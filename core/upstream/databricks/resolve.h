/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Selects the Databricks workspace and the methods of its credential: the attributes, the order and
 * the checks of "Databricks client unified authentication" (configuration, then environment, then a
 * profile in .databrickscfg; a value that is set is never overwritten; attributes of two families
 * exclude each other unless auth_type decides). Makes no request and runs no program.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_DATABRICKS_RESOLVE_H
#define CORE_UPSTREAM_DATABRICKS_RESOLVE_H

#include "upstream/databricks/databricks.h"
#include "upstream/databricks/profile.h"

/* The values of the configuration, NULL where it has none, and the environment. */
struct databricks_source {
	const char *role; /* "workspace" */
	char *configured[ATTRIBUTES];
	enum behalf behalf; /* with BEHALF_NONE a credential is looked for, else only the host */
	bool allow_http;    /* allows http:// for hosts that are not loopback */
	const char *(*env)(const char *name); /* NULL: DATABRICKS_* does not apply to this role */
	const char *(*ambient)(const char *name); /* other variables; NULL: none */
};

/* The result beside struct databricks; each for free(), `secret` for secret_free(). */
struct databricks_identity {
	char *secret;		    /* of the first method; NULL: it has none */
	enum attribute secret_from; /* which attribute it is */
	char *auth_type;	    /* the name of the first method; NULL: no method applies */
	char *auth_why;	       /* the selected source, or what is missing and how to provide it */
	char *fault;	       /* the fault, or NULL */
	const char *fault_key; /* the key of the configuration that has the fault */
	char *fault_from;      /* or the other source of the fault, which is then not NULL */
	char *warning;
};

/* `own` is filled; databricks_own_fini() frees what is in it. */
void databricks_resolve(const struct databricks_source *source, struct databricks *own,
			struct databricks_identity *found);
void databricks_identity_fini(struct databricks_identity *identity);
void databricks_own_fini(struct databricks *own);

#endif
