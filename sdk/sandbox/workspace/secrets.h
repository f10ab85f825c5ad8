/* SPDX-License-Identifier: Apache-2.0 */
/* What secrets.c offers to code that runs (dbutils.secrets.get). */
#ifndef SANDBOX_SECRETS_H
#define SANDBOX_SECRETS_H

#include "sandbox.h"

/* The value, or NULL when there is none that this user may read.  Caller frees. */
char *secret_text(struct workspace *ws, const char *user, bool trusted, const char *scope,
		  const char *key);

#endif
