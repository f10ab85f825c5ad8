/* SPDX-License-Identifier: Apache-2.0 */
/* For code that runs (dbutils.secrets.get). */
#ifndef SANDBOX_SECRETS_H
#define SANDBOX_SECRETS_H

#include "sandbox.h"

/* The value, or NULL when this user may read none. Caller frees. */
char *secret_text(struct workspace *ws, const char *user, bool trusted, const char *scope,
		  const char *key);

#endif
