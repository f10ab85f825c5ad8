/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of tokens: one line for each, "NAME ACCESS CREATED EXPIRES SHA256 GROUPS", with times
 * in seconds since 1970, and groups only for a token that has some. Empty lines and lines that
 * begin with # are ignored. Whoever can write to it can let people in, so it must belong to this
 * user or to root, and nobody else may write to it.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_AUTH_TOKEN_FILE_H
#define CORE_AUTH_TOKEN_FILE_H

#include "auth/token.h"

struct stat;

#define TOKEN_FILE_MAX (256u << 10) /* bytes */

/* The whole file, or false with `why`: a line that is not understood makes all of it invalid.
 * `status` receives the status of the file that was read. */
bool token_file_read(const char *path, struct token_list *list, struct stat *status, char *why,
		     size_t why_size);
/* Adds a token; the file is made if it does not exist. False with `why`, for example when the name
 * is taken. The new file replaces the old one at once, under a lock. Any process. */
bool token_file_add(const char *path, const struct token *token, char *why, size_t why_size);
/* Removes the token of that name; false with `why` when there is none. */
bool token_file_remove(const char *path, const char *name, char *why, size_t why_size);

#endif
