/* SPDX-License-Identifier: Apache-2.0 */
#include "jwt_rig.h"

#include <CUnit/Basic.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/jwt_algorithm.h"
#include "base/mem.h"
#include "config/oauth.h"
#include "config/text.h"

#define TEXT_MAX (1u << 20)

static EVP_PKEY *rsa, *other, *small, *p256, *p384, *p521;

/* ---- keys ---------------------------------------------------------------------------------- */

void
jwt_rig_begin(void)
{
	if (rsa != NULL)
		return;
	rsa = EVP_RSA_gen(2048);
	other = EVP_RSA_gen(2048);
	small = EVP_RSA_gen(1024);
	p256 = EVP_EC_gen("P-256");
	p384 = EVP_EC_gen("P-384");
	p521 = EVP_EC_gen("P-521");
	CU_ASSERT_FATAL(rsa != NULL && other != NULL && small != NULL && p256 != NULL &&
			p384 != NULL && p521 != NULL);
}

void
jwt_rig_end(void)
{
	EVP_PKEY *const all[] = { rsa, other, small, p256, p384, p521 };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		EVP_PKEY_free(all[i]);
	rsa = NULL;
}

/* A number of the key in base64url, with `width` bytes (0: as few as possible). */
static void
put_number(struct buf *out, const EVP_PKEY *key, const char *name, int width)
{
	unsigned char bytes[512];
	BIGNUM *number = NULL;

	CU_ASSERT_FATAL(EVP_PKEY_get_bn_param(key, name, &number) == 1);
	if (width == 0)
		width = BN_num_bytes(number);
	CU_ASSERT_FATAL(BN_bn2binpad(number, bytes, width) == width);
	buf_base64url(out, bytes, (size_t)width);
	BN_free(number);
}

static void
put_rsa(struct buf *out, const EVP_PKEY *key)
{
	buf_puts(out, "\"kty\":\"RSA\",\"n\":\"");
	put_number(out, key, OSSL_PKEY_PARAM_RSA_N, 0);
	buf_puts(out, "\",\"e\":\"AQAB\"");
}

static void
put_curve(struct buf *out, const EVP_PKEY *key, const char *curve, int width)
{
	buf_printf(out, "\"kty\":\"EC\",\"crv\":\"%s\",\"x\":\"", curve);
	put_number(out, key, OSSL_PKEY_PARAM_EC_PUB_X, width);
	buf_puts(out, "\",\"y\":\"");
	put_number(out, key, OSSL_PKEY_PARAM_EC_PUB_Y, width);
	buf_putc(out, '"');
}

/* The keys of the set: each with a name and further members. Several are the same RSA key, so that
 * only the members decide whether a signature with it is accepted. */
static const struct {
	const char *name, *members;
	EVP_PKEY **key;
} set[] = {
	{ "rsa", ",\"use\":\"sig\"", &rsa },
	{ "p256", "", &p256 },
	{ "p384", ",\"alg\":\"ES384\"", &p384 },
	{ "p521", ",\"key_ops\":[\"sign\",\"verify\"]", &p521 },
	{ "for-encryption", ",\"use\":\"enc\"", &rsa },
	{ "use-number", ",\"use\":7", &rsa },
	{ "wraps-keys", ",\"key_ops\":[\"wrapKey\"]", &rsa },
	{ "ops-text", ",\"key_ops\":\"verify\"", &rsa },
	{ "only-ps384", ",\"alg\":\"PS384\"", &rsa },
	{ "alg-oaep", ",\"alg\":\"RSA-OAEP\"", &rsa },
	{ "alg-number", ",\"alg\":256", &rsa },
	{ "small", "", &small },
	{ "twice", "", &other },
	{ "twice", "", &rsa },
	{ "../../keys/rsa", "", &other },
};

static void
put_key(struct buf *out, size_t i)
{
	const EVP_PKEY *key = *set[i].key;

	buf_putc(out, '{');
	if (key == p256)
		put_curve(out, key, "P-256", 32);
	else if (key == p384)
		put_curve(out, key, "P-384", 48);
	else if (key == p521)
		put_curve(out, key, "P-521", 66);
	else
		put_rsa(out, key);
	buf_printf(out, ",\"kid\":\"%s\"%s}", set[i].name, set[i].members);
}

char *
jwt_rig_set(const char *only)
{
	struct buf out;
	bool first = true;

	buf_init(&out, TEXT_MAX);
	buf_puts(&out, "{\"keys\":[");
	for (size_t i = 0; i < ARRAY_SIZE(set); i++) {
		if (only != NULL && strcmp(only, set[i].name) != 0)
			continue;
		if (!first)
			buf_putc(&out, ',');
		put_key(&out, i);
		first = false;
	}
	if (only == NULL) /* kinds that are never used: symmetric, Ed25519, of tomorrow, broken */
		buf_puts(&out, ",{\"kty\":\"oct\",\"kid\":\"oct\",\"k\":\"c2VjcmV0\"}"
			       ",{\"kty\":\"OKP\",\"kid\":\"okp\",\"crv\":\"Ed25519\",\"x\":"
			       "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"
			       ",{\"kty\":\"NEW\",\"kid\":\"new\"},{\"kid\":\"rsa\"},7,null"
			       ",{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"off-curve\",\"x\":"
			       "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\",\"y\":"
			       "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}");
	buf_puts(&out, "]}");
	return buf_take(&out, NULL);
}

/* ---- signatures ---------------------------------------------------------------------------- */

static const char *
digest_of(enum jwt_sign sign)
{
	switch (sign) {
	case SIGN_RS512:
	case SIGN_ES512: return "SHA512";
	case SIGN_PS384:
	case SIGN_ES384: return "SHA384";
	default: return "SHA256";
	}
}

static size_t
sign_with(EVP_PKEY *key, enum jwt_sign sign, const char *text, unsigned char *out, size_t room)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY_CTX *options = NULL;
	size_t len = room;
	bool fine =
	    EVP_DigestSignInit_ex(context, &options, digest_of(sign), NULL, NULL, key, NULL) == 1;

	if (sign == SIGN_PS256 || sign == SIGN_PS384)
		fine = fine && EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
		       EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1;
	fine = fine &&
	       EVP_DigestSign(context, out, &len, (const unsigned char *)text, strlen(text)) == 1;
	CU_ASSERT_FATAL(fine);
	EVP_MD_CTX_free(context);
	return len;
}

/* RFC 7518, 3.4: the two numbers, each with the width of the curve. */
static size_t
to_numbers(unsigned char *bytes, size_t len, int width)
{
	const unsigned char *from = bytes;
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &from, (long)len);

	CU_ASSERT_FATAL(pair != NULL);
	BN_bn2binpad(ECDSA_SIG_get0_r(pair), bytes, width);
	BN_bn2binpad(ECDSA_SIG_get0_s(pair), bytes + width, width);
	ECDSA_SIG_free(pair);
	return 2 * (size_t)width;
}

static size_t
sign_hmac(enum jwt_sign sign, const char *text, unsigned char *out)
{
	unsigned char secret[4096] = { 0 };
	BIGNUM *n = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	int len = 0;
	unsigned made;

	if (sign == SIGN_HMAC_PEM) {
		PEM_write_bio_PUBKEY(bio, rsa);
		len = BIO_read(bio, secret, sizeof(secret));
	} else if (sign == SIGN_HMAC_N) {
		EVP_PKEY_get_bn_param(rsa, OSSL_PKEY_PARAM_RSA_N, &n);
		len = BN_bn2bin(n, secret);
		BN_free(n);
	}
	BIO_free(bio);
	HMAC(EVP_sha256(), secret, len, (const unsigned char *)text, strlen(text), out, &made);
	return made;
}

static size_t
signature(enum jwt_sign sign, const char *text, unsigned char *out, size_t room)
{
	switch (sign) {
	case SIGN_RS256:
	case SIGN_RS512:
	case SIGN_PS256:
	case SIGN_PS384: return sign_with(rsa, sign, text, out, room);
	case SIGN_SHORT: return sign_with(rsa, sign, text, out, room) - 1;
	case SIGN_OTHER: return sign_with(other, sign, text, out, room);
	case SIGN_SMALL: return sign_with(small, sign, text, out, room);
	case SIGN_ES256: return to_numbers(out, sign_with(p256, sign, text, out, room), 32);
	case SIGN_ES384: return to_numbers(out, sign_with(p384, sign, text, out, room), 48);
	case SIGN_ES512: return to_numbers(out, sign_with(p521, sign, text, out, room), 66);
	case SIGN_DER: return sign_with(p256, sign, text, out, room);
	case SIGN_NOTHING: return 0;
	case SIGN_ZEROS: memset(out, 0, 64); return 64;
	default: return sign_hmac(sign, text, out);
	}
}

char *
jwt_rig_token(const char *header, const char *claims, enum jwt_sign sign)
{
	unsigned char bytes[1024];
	struct buf out;

	buf_init(&out, TEXT_MAX);
	buf_base64url(&out, header, strlen(header));
	buf_putc(&out, '.');
	buf_base64url(&out, claims, strlen(claims));
	CU_ASSERT_FATAL(buf_ok(&out));
	bytes[0] = 0;
	{
		size_t len = signature(sign, out.data, bytes, sizeof(bytes));

		buf_putc(&out, '.');
		buf_base64url(&out, bytes, len);
	}
	return buf_take(&out, NULL);
}

/* ---- configuration and fetches -------------------------------------------------------------- */

void
jwt_rig_config(struct config *config)
{
	static struct config_oauth own;
	static struct config_scope scopes[] = {
		{ (char *)(uintptr_t) "lake.read", (char *)(uintptr_t) "lake.read", ACCESS_READ },
		{ (char *)(uintptr_t) "lake.write", (char *)(uintptr_t) "api://lake/lake.write",
		  ACCESS_WRITE },
	};

	own = (struct config_oauth){ .issuer = (char *)(uintptr_t)ISSUER,
				     .resource = (char *)(uintptr_t)RESOURCE,
				     .skew_s = 60,
				     .refresh_s = 3600,
				     .max_age_s = 86400,
				     .principal_claim = (char *)(uintptr_t) "sub",
				     .groups_claim = (char *)(uintptr_t) "groups",
				     .scope = scopes,
				     .scopes = ARRAY_SIZE(scopes) };
	own.metadata = (char *)(uintptr_t) "https://lake.example.com" OAUTH_METADATA "/mcp";
	own.algorithms = (1u << JWT_ALGORITHMS) - 1;
	strings_add(&own.audience, RESOURCE);
	strings_add(&own.audience, "api://lake");
	*config = (struct config){ .access = ACCESS_ADMIN };
	config->server.title = (char *)(uintptr_t) "Lake";
	config->auth.inbound = INBOUND_OAUTH;
	config->auth.unknown = ACCESS_ADMIN;
	config->auth.oauth = &own;
	strings_add(&config->auth.groups, "analysts");
	strings_add(&config->auth.groups, "ops");
}

void
jwt_rig_config_fini(struct config *config)
{
	strings_fini(&config->auth.oauth->audience);
	strings_fini(&config->auth.groups);
}

char *jwt_rig_asked;
size_t jwt_rig_fetches;
static fetched_fn waiting;
static void *waiting_data;

static void *
rig_start(void *data, const char *url, size_t max, fetched_fn done, void *done_data)
{
	(void)data;
	(void)max;
	CU_ASSERT_FATAL(jwt_rig_asked == NULL); /* one at a time */
	jwt_rig_asked = xstrdup(url);
	jwt_rig_fetches++;
	waiting = done;
	waiting_data = done_data;
	return &waiting;
}

static void
rig_cancel(void *data, void *running)
{
	(void)data;
	CU_ASSERT(running == &waiting && jwt_rig_asked != NULL);
	free(jwt_rig_asked);
	jwt_rig_asked = NULL;
}

struct fetcher
jwt_rig_fetcher(void)
{
	return (struct fetcher){ NULL, rig_start, rig_cancel };
}

void
jwt_rig_answer(const char *body, const char *why)
{
	CU_ASSERT_FATAL(jwt_rig_asked != NULL);
	free(jwt_rig_asked);
	jwt_rig_asked = NULL;
	waiting(waiting_data, body, body != NULL ? strlen(body) : 0, why);
}
