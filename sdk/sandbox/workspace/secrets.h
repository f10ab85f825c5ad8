/* SPDX-License-Identifier: Apache-2.0 */
/* For code that runs in the sandbox (dbutils.secrets.get). */
#ifndef SANDBOX_SECRETS_H
#define SANDBOX_SECRETS_H

#include "sandbox.h"

/* The value. NULL when this user may not read it. The caller frees it. */
char *secret_text(struct workspace *ws, const char *user, bool trusted, const char *scope,
		  const char *key);

#endif
