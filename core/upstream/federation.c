/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/federation.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/seal.h"

#define ASSERTION_TEXT_MAX 16384
#define RSA_BITS_MIN 2048
#define P256_BYTES 32 /* of a coordinate, and of each half of a signature */

void
federation_fini(struct federation *federation)
{
	secret_free(federation->key);
	free(federation->issuer);
	free(federation->audience);
	*federation = (struct federation){ 0 };
}

/* ---- keys ------------------------------------------------------------------------------------ */

/* Otherwise OpenSSL would ask for the passphrase on the terminal. */
static int
no_phrase(char *text, int size, int rwflag, void *data)
{
	(void)text;
	(void)size;
	(void)rwflag;
	(void)data;
	return -1;
}

static EVP_PKEY *
open_key(const char *pem)
{
	BIO *in = pem != NULL ? BIO_new_mem_buf(pem, -1) : NULL;
	EVP_PKEY *key = in != NULL ? PEM_read_bio_PrivateKey(in, NULL, no_phrase, NULL) : NULL;

	BIO_free(in);
	return key;
}

static bool
is_p256(const EVP_PKEY *key)
{
	char name[32];
	size_t len;

	return EVP_PKEY_is_a(key, "EC") &&
	       EVP_PKEY_get_group_name(key, name, sizeof(name), &len) == 1 &&
	       strcmp(name, "prime256v1") == 0;
}

const char *
federation_key_fault(const char *pem)
{
	EVP_PKEY *key = open_key(pem);
	const char *fault = NULL;

	if (key == NULL)
		fault = "is not a private key in PEM without a passphrase";
	else if (EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) < RSA_BITS_MIN)
		fault = "is an RSA key of less than 2048 bits";
	else if (!EVP_PKEY_is_a(key, "RSA") && !is_p256(key))
		fault = "is neither an RSA key nor an EC key on the curve P-256";
	EVP_PKEY_free(key);
	return fault;
}

/* Appends a number of the key as base64url of `len` bytes (0: as few as possible). */
static void
add_number(struct buf *out, const EVP_PKEY *key, const char *name, int len)
{
	unsigned char bytes[2048];
	BIGNUM *number = NULL;

	if (EVP_PKEY_get_bn_param(key, name, &number) != 1) {
		buf_fill(out);
		return;
	}
	if (len == 0)
		len = BN_num_bytes(number);
	if ((size_t)len > sizeof(bytes) || BN_bn2binpad(number, bytes, len) != len)
		buf_fill(out);
	else
		buf_base64url(out, bytes, (size_t)len);
	BN_free(number);
}

/* The members that RFC 7638 needs, in its order and without blanks. */
static void
add_members(struct buf *out, const EVP_PKEY *key)
{
	if (EVP_PKEY_is_a(key, "RSA")) {
		buf_puts(out, "\"e\":\"");
		add_number(out, key, OSSL_PKEY_PARAM_RSA_E, 0);
		buf_puts(out, "\",\"kty\":\"RSA\",\"n\":\"");
		add_number(out, key, OSSL_PKEY_PARAM_RSA_N, 0);
	} else {
		buf_puts(out, "\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"");
		add_number(out, key, OSSL_PKEY_PARAM_EC_PUB_X, P256_BYTES);
		buf_puts(out, "\",\"y\":\"");
		add_number(out, key, OSSL_PKEY_PARAM_EC_PUB_Y, P256_BYTES);
	}
	buf_putc(out, '"');
}

/* The thumbprint of the key (RFC 7638) is its id. */
static void
add_key_id(struct buf *out, const EVP_PKEY *key)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	struct buf text;

	buf_init(&text, ASSERTION_TEXT_MAX);
	buf_putc(&text, '{');
	add_members(&text, key);
	buf_putc(&text, '}');
	if (buf_ok(&text) && EVP_Digest(text.data, text.len, digest, &len, EVP_sha256(), NULL) == 1)
		buf_base64url(out, digest, len);
	else
		buf_fill(out);
	buf_fini(&text);
}

static const char *
algorithm(const EVP_PKEY *key)
{
	return EVP_PKEY_is_a(key, "RSA") ? "RS256" : "ES256";
}

void
federation_keys(const struct federation *federation, struct buf *out)
{
	EVP_PKEY *key = open_key(federation->key);

	if (key == NULL) {
		buf_fill(out);
		return;
	}
	buf_puts(out, "{\"keys\":[{");
	add_members(out, key);
	buf_printf(out, ",\"use\":\"sig\",\"alg\":\"%s\",\"kid\":\"", algorithm(key));
	add_key_id(out, key);
	buf_puts(out, "\"}]}");
	EVP_PKEY_free(key);
}

/* ---- assertions ------------------------------------------------------------------------------ */

/* RFC 7518, 3.4: both numbers of the signature, one after the other, instead of DER. */
static bool
add_pair(struct buf *text, const unsigned char *der, size_t len)
{
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)len);
	unsigned char bytes[2 * P256_BYTES];
	bool ok =
	    pair != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(pair), bytes, P256_BYTES) == P256_BYTES &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(pair), bytes + P256_BYTES, P256_BYTES) == P256_BYTES;

	if (ok)
		buf_base64url(text, bytes, sizeof(bytes));
	ECDSA_SIG_free(pair);
	return ok;
}

static bool
add_signature(struct buf *text, EVP_PKEY *key)
{
	unsigned char signature[2048];
	size_t len = sizeof(signature);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool ok = context != NULL &&
		  EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
		  EVP_DigestSign(context, signature, &len, (const unsigned char *)text->data,
				 text->len) == 1;

	EVP_MD_CTX_free(context);
	buf_putc(text, '.');
	if (ok && EVP_PKEY_is_a(key, "RSA"))
		buf_base64url(text, signature, len);
	return ok && (EVP_PKEY_is_a(key, "RSA") || add_pair(text, signature, len));
}

static void
add_claims(struct buf *claims, const struct federation *federation, const char *subject,
	   int64_t now_s)
{
	unsigned char id[16];

	random_bytes(id, sizeof(id));
	buf_puts(claims, "{\"iss\":");
	buf_json_str(claims, federation->issuer);
	buf_puts(claims, ",\"aud\":");
	buf_json_str(claims, federation->audience);
	buf_puts(claims, ",\"sub\":");
	buf_json_str(claims, subject);
	buf_printf(claims, ",\"iat\":%lld,\"exp\":%lld,\"jti\":\"", (long long)now_s,
		   (long long)now_s + FEDERATION_LIFE_S);
	buf_base64url(claims, id, sizeof(id));
	buf_puts(claims, "\"}");
}

char *
federation_assertion(const struct federation *federation, const char *subject, int64_t now_s)
{
	EVP_PKEY *key = open_key(federation->key);
	struct buf part, text;
	bool ok = key != NULL;

	buf_init(&part, ASSERTION_TEXT_MAX);
	buf_init(&text, ASSERTION_TEXT_MAX);
	if (ok) {
		buf_printf(&part, "{\"alg\":\"%s\",\"typ\":\"JWT\",\"kid\":\"", algorithm(key));
		add_key_id(&part, key);
		buf_puts(&part, "\"}");
		buf_base64url(&text, part.data, part.len);
		ok = buf_ok(&part);
		buf_fini(&part);
		buf_init(&part, ASSERTION_TEXT_MAX);
		add_claims(&part, federation, subject, now_s);
		buf_putc(&text, '.');
		buf_base64url(&text, part.data, part.len);
		ok = ok && buf_ok(&part) && add_signature(&text, key) && buf_ok(&text);
	}
	EVP_PKEY_free(key);
	buf_fini(&part);
	if (!ok)
		buf_fill(&text);
	return buf_take(&text, NULL);
}
