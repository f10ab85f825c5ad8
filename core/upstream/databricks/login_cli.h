/* SPDX-License-Identifier: Apache-2.0 */
/* Methods that run the command lines of Databricks and of Azure: their stages, and why one does
 * not apply (see struct method). */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_DATABRICKS_LOGIN_CLI_H
#define CORE_UPSTREAM_DATABRICKS_LOGIN_CLI_H

#include "upstream/databricks/login.h"

extern const struct login_stage login_cli_stages[], login_az_stages[];

char *login_cli_missing(const struct databricks *own);
char *login_az_missing(const struct databricks *own);

#endif
