/* SPDX-License-Identifier: Apache-2.0 */
/* Methods that get a token from the workspace: their stages, and why one does not apply (see struct
 * method). */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_DATABRICKS_LOGIN_OIDC_H
#define CORE_UPSTREAM_DATABRICKS_LOGIN_OIDC_H

#include "upstream/databricks/login.h"

extern const struct login_stage login_m2m_stages[], login_env_stages[], login_file_stages[],
    login_github_stages[], login_devops_stages[], login_metadata_stages[], login_exchange_stages[];

char *login_env_missing(const struct databricks *own);
char *login_file_missing(const struct databricks *own);
char *login_github_missing(const struct databricks *own);
char *login_devops_missing(const struct databricks *own);
char *login_metadata_missing(const struct databricks *own);

/* The id token of a job of GitHub Actions; of any pipeline, at `key` of the answer. */
bool login_github_ask(struct login *login, struct credential_request *request,
		      const char *audience);
enum login_result login_id_take(struct login *login, const struct credential_outcome *answer,
				const char *key, const char *what);

#endif
