/* SPDX-License-Identifier: Apache-2.0 */
/* The list of domains: one declaration and one row each, in routing and seeding order. */
#include "sandbox.h"

extern const struct domain settings_domain, fault_domain, requestlog_domain;
extern const struct domain scim_domain, permissions_domain, oauth_domain;
extern const struct domain grants_domain, uc_change_domain;
extern const struct domain clusters_domain, warehouses_domain;
extern const struct domain uc_domain, statements_domain, links_domain, history_domain;
extern const struct domain notebooks_domain, wsfiles_domain, repos_domain;
extern const struct domain dbfs_domain, volumes_domain, fs_domain, secrets_domain;
extern const struct domain contexts_domain, commands_domain, jobs_domain, runs_domain;
extern const struct domain mlflow_domain, mlflow_runs_domain, registry_domain, uc_models_domain;
extern const struct domain serving_domain, vectors_domain;

const struct domain *const domains[] = {
	&settings_domain,    &fault_domain,    &requestlog_domain,  &scim_domain,
	&oauth_domain,	     &clusters_domain, &warehouses_domain,  &uc_domain,
	&permissions_domain, &grants_domain,   &uc_change_domain,   &statements_domain,
	&links_domain,	     &history_domain,  &notebooks_domain,   &wsfiles_domain,
	&repos_domain,	     &dbfs_domain,     &volumes_domain,	    &fs_domain,
	&secrets_domain,     &contexts_domain, &commands_domain,    &jobs_domain,
	&runs_domain,	     &mlflow_domain,   &mlflow_runs_domain, &registry_domain,
	&uc_models_domain,   &serving_domain,  &vectors_domain,	    NULL,
};
