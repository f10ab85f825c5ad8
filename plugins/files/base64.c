/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 (RFC 4648) for contents in DBFS and in arguments. The code uses libcrypto. */
#include "files.h"

#include <limits.h>
#include <openssl/evp.h>
#include <string.h>

char *
base64_encode(struct mcp_call *call, const void *data, size_t len)
{
	char *text = mcp_alloc(call, len / 3 * 4 + 5);

	if (len > 0)
		EVP_EncodeBlock((unsigned char *)text, data, (int)len);
	return text;
}

/* an extra check, because EVP accepts a text without padding and RFC 4648 does not */
static bool
whole(const char *text, size_t len)
{
	size_t digits = 0;

	for (size_t i = 0; i < len; i++)
		digits += strchr(" \t\r\n", text[i]) == NULL;
	return digits % 4 == 0;
}

char *
base64_decode(struct mcp_call *call, const char *text, size_t len, size_t *decoded)
{
	EVP_ENCODE_CTX *context = EVP_ENCODE_CTX_new();
	unsigned char *data = mcp_alloc(call, len / 4 * 3 + 4);
	int some = 0, rest = 0;
	bool ok = context != NULL && len < INT_MAX && memchr(text, '\0', len) == NULL &&
		  memchr(text, '-', len) == NULL && whole(text, len);

	if (ok) {
		EVP_DecodeInit(context);
		ok = EVP_DecodeUpdate(context, data, &some, (const unsigned char *)text,
				      (int)len) >= 0 &&
		     EVP_DecodeFinal(context, data + some, &rest) >= 0;
	}
	EVP_ENCODE_CTX_free(context);
	*decoded = (size_t)some + (size_t)rest;
	return ok ? (char *)data : NULL;
}
