/* SPDX-License-Identifier: Apache-2.0 */
/* What others send for auth.oauth and for client certificates: a token as it is; a token made of
 * "HEADER\nCLAIMS", so that base64 does not hide the JSON; a set of keys; a certificate. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "auth/certificate.h"
#include "auth/jwt.h"
#include "auth/keys.h"
#include "auth/user.h"
#include "base/base64.h"
#include "base/json.h"
#include "base/mem.h"

#define NOW 1700000000
#define SOME (1u << JWT_RS256 | 1u << JWT_ES256)
#define TOKEN_ROOM (4u * JWT_MAX)

static char *const audience[] = { (char *)(uintptr_t) "https://lake.example.com/mcp" };
static const struct config_oauth oauth = { .issuer = (char *)(uintptr_t) "https://as.example.com",
					   .audience = { (char **)(uintptr_t)audience, 1 },
					   .skew_s = 60 };

static void
check_token(const char *text, size_t len)
{
	struct jwt jwt;
	int64_t end = 0;

	if (jwt_read(text, len, SOME, &jwt) != NULL) {
		PROMISE(jwt.claims == NULL);
		return;
	}
	PROMISE(len <= JWT_MAX);
	PROMISE((SOME & 1u << jwt.algorithm) != 0);
	PROMISE(strlen(jwt.kid) <= JWT_KID_MAX && (jwt.named || *jwt.kid == '\0'));
	PROMISE(json_object_is_type(jwt.claims, json_type_object));
	jwt_claim(&jwt, "/realm_access/roles");
	if (jwt_check(&jwt, &oauth, NOW, &end) == NULL) {
		PROMISE(end > NOW);
		PROMISE(strcmp(json_str(jwt.claims, "iss"), oauth.issuer) == 0);
		PROMISE(jwt_check(&jwt, &oauth, end, &end) != NULL);
	}
	jwt_fini(&jwt);
}

static void
check_parts(const char *data, size_t len)
{
	const char *cut = memchr(data, '\n', len);
	struct buf token;

	if (cut == NULL)
		return;
	buf_init(&token, TOKEN_ROOM);
	buf_base64url(&token, data, (size_t)(cut - data));
	buf_putc(&token, '.');
	buf_base64url(&token, cut + 1, len - (size_t)(cut - data) - 1);
	buf_putc(&token, '.');
	for (unsigned i = 0; i < 86; i++) /* the length of a signature of ES256 */
		buf_putc(&token, 'A');
	if (buf_ok(&token))
		check_token(token.data, token.len);
	buf_fini(&token);
}

static void
check_keys(const char *data, size_t len)
{
	char why[512] = "";
	struct keys *keys = keys_new(data, len, why, sizeof(why));

	if (keys == NULL)
		PROMISE(*why != '\0');
	else
		PROMISE(keys_count(keys) > 0 && keys_count(keys) <= KEYS_MAX);
	keys_free(keys);
}

static void
check_certificate(const unsigned char *data, size_t len)
{
	char name[PRINCIPAL_NAME_MAX];

	for (enum certificate_field field = CERTIFICATE_CN; field <= CERTIFICATE_URI; field++)
		if (certificate_name(data, len, field, name) == NULL)
			PROMISE(user_name_valid(name));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = xcalloc(1, len + 1);

	memcpy(text, data, len);
	check_token(text, len);
	check_parts(text, len);
	check_keys(text, len);
	check_certificate(data, len);
	free(text);
	return 0;
}
