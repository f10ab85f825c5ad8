/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/token.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/check.h"
#include "base/seal.h"

#define TOKEN_BYTES 32u /* of randomness */

void
token_make(char text[TOKEN_LENGTH + 1])
{
	unsigned char bytes[TOKEN_BYTES];
	struct buf out;

	random_bytes(bytes, sizeof(bytes));
	buf_init(&out, TOKEN_LENGTH);
	buf_puts(&out, TOKEN_PREFIX);
	buf_base64url(&out, bytes, sizeof(bytes));
	CHECK(buf_ok(&out) && out.len == TOKEN_LENGTH);
	memcpy(text, out.data, TOKEN_LENGTH + 1);
	explicit_bzero(bytes, sizeof(bytes));
	explicit_bzero(out.data, out.len);
	buf_fini(&out);
}

void
token_digest(const char *text, size_t len, char digest[TOKEN_DIGEST + 1])
{
	sha256_hex(text, len, digest);
}

const char *
token_name_check(const char *name)
{
	static const char allowed[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@+-";

	if (*name == '\0' || strlen(name) > TOKEN_NAME_MAX)
		return "a name must have 1 to 64 characters";
	if (name[strspn(name, allowed)] != '\0')
		return "a name may contain only letters, digits and . _ @ + -";
	if (*name == '-')
		return "a name must not begin with -";
	return strcmp(name, PRINCIPAL_LOCAL) == 0
		 ? "\"" PRINCIPAL_LOCAL "\" is reserved for the principal of standard input"
		 : NULL;
}

const char *
token_groups_check(const char *groups)
{
	size_t len = strlen(groups);

	if (len == 0 || len > TOKEN_GROUPS_MAX)
		return "the names of the groups must have 1 to 1024 bytes together";
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)groups[i] <= 0x20 || groups[i] == 0x7f)
			return "the name of a group must not contain spaces or control characters";
	return *groups == ',' || groups[len - 1] == ',' || strstr(groups, ",,") != NULL
		 ? "groups must be separated by exactly one comma"
		 : NULL;
}

const struct token *
token_find(const struct token_list *list, const char digest[TOKEN_DIGEST + 1])
{
	const struct token *found = NULL;

	CHECK(strlen(digest) == TOKEN_DIGEST);
	for (size_t i = 0; i < list->count; i++)
		if (CRYPTO_memcmp(list->token[i].digest, digest, TOKEN_DIGEST) == 0)
			/* no break: the header promises the same time for every digest */
			found = &list->token[i];
	return found;
}

bool
token_expired(const struct token *token, int64_t now_s)
{
	return token->expires_s != 0 && now_s >= token->expires_s;
}

const struct token *
token_named(const struct token_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->token[i].name, name) == 0)
			return &list->token[i];
	return NULL;
}

void
token_list_fini(struct token_list *list)
{
	free(list->token);
	*list = (struct token_list){ 0 };
}
