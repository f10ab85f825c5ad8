/* SPDX-License-Identifier: Apache-2.0 */
/* Methods that get a token from Google: their stages, and why one does not apply (see struct
 * method). */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_DATABRICKS_LOGIN_GOOGLE_H
#define CORE_UPSTREAM_DATABRICKS_LOGIN_GOOGLE_H

#include "upstream/databricks/login.h"

extern const struct login_stage login_google_stages[], login_google_id_stages[];

char *login_google_missing(const struct databricks *own);
char *login_google_id_missing(const struct databricks *own);

#endif
