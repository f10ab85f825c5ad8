/* SPDX-License-Identifier: Apache-2.0 */
/* The tokens that a serving host knows: a file, which is read again when it has changed. Loop
 * thread. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_AUTH_STORE_H
#define CORE_AUTH_STORE_H

#include "auth/token.h"

struct token_store;

/* Reads the file; a fault is kept and answered by token_store_list(). `path` is copied. */
struct token_store *token_store_new(const char *path);
void token_store_free(struct token_store *store);
/* The tokens, or NULL with `why` when the file cannot be used now; then every request must be
 * refused. Looks for a change of the file at most once a second. The tokens and `why` are valid
 * until the next call. */
const struct token_list *token_store_list(struct token_store *store, const char **why);
/* Reads the file again. */
void token_store_reload(struct token_store *store);

#endif
