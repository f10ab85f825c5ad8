/* SPDX-License-Identifier: Apache-2.0 */
/* Methods that get a token from Azure: their stages, and why one does not apply (see struct
 * method). */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_DATABRICKS_LOGIN_AZURE_H
#define CORE_UPSTREAM_DATABRICKS_LOGIN_AZURE_H

#include "upstream/databricks/login.h"

extern const struct login_stage login_azure_secret_stages[], login_azure_msi_stages[],
    login_azure_github_stages[];

char *login_azure_missing(const struct databricks *own);
char *login_msi_missing(const struct databricks *own);
char *login_azure_github_missing(const struct databricks *own);

/* The tenant of a workspace on Azure, where it is not configured. */
bool login_tenant_needed(const struct login *login);
bool login_tenant_ask(struct login *login, struct credential_request *request);
enum login_result login_tenant_take(struct login *login, const struct credential_outcome *answer);
#define LOGIN_TENANT_STAGE                                               \
	{                                                                \
		login_tenant_needed, login_tenant_ask, login_tenant_take \
	}

#endif
