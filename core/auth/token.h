/* SPDX-License-Identifier: Apache-2.0 */
/* Access tokens of clients. Lakehost keeps their SHA-256 digests only, in one list. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_AUTH_TOKEN_H
#define CORE_AUTH_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/principal.h"

#define TOKEN_PREFIX "lh_" /* the prefix with which scanners for secrets recognise a token */
#define TOKEN_LENGTH 46u   /* the length of a token: the prefix and 32 random bytes in base64url */
#define TOKEN_NAME_MAX 64u
#define TOKEN_GROUPS_MAX 1024u /* bytes of the names of its groups */
#define TOKEN_DIGEST 64u       /* hexadecimal digits */
#define TOKENS_MAX 1024u       /* of one file */

struct token {
	char name[TOKEN_NAME_MAX + 1]; /* name of its principal */
	enum access access;
	int64_t created_s, expires_s; /* since 1970; expires_s 0: never */
	char digest[TOKEN_DIGEST + 1];
	/* names of the groups with commas between them; "": no group */
	char groups[TOKEN_GROUPS_MAX + 1];
};

struct token_list {
	struct token *token;
	size_t count;
};

/* A new token as text, from getrandom(2). The caller wipes it. */
void token_make(char text[TOKEN_LENGTH + 1]);
void token_digest(const char *text, size_t len, char digest[TOKEN_DIGEST + 1]);
/* NULL when the text is valid as the name of a principal, else the reason. */
const char *token_name_check(const char *name);
/* NULL when the text is a list of groups, with commas between them, else the reason. */
const char *token_groups_check(const char *groups);
/* The token with this digest, or NULL. Takes the same time for each digest, whether it is in the
 * list or not: every entry is compared, and all of its bytes. */
const struct token *token_find(const struct token_list *list, const char digest[TOKEN_DIGEST + 1]);
bool token_expired(const struct token *token, int64_t now_s);
const struct token *token_named(const struct token_list *list, const char *name);
void token_list_fini(struct token_list *list);

#endif
