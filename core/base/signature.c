/* SPDX-License-Identifier: Apache-2.0 */
#include "base/signature.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

/* A key with a passphrase is refused: OpenSSL would ask for it on the terminal. */
static int
no_passphrase(char *out, int size, int writing, void *data)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)data;
	return -1;
}

static EVP_PKEY *
read_key(const char *pem, bool secret)
{
	BIO *in = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = NULL;

	if (in != NULL)
		key = secret ? PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL)
			     : PEM_read_bio_PUBKEY(in, NULL, no_passphrase, NULL);
	BIO_free(in);
	return key;
}

static const char *
key_fault(const EVP_PKEY *key, bool secret)
{
	if (key == NULL)
		return secret
			 ? "the file is not a private key in PEM, or the key needs a passphrase"
			 : "the file is not a public key in PEM";
	return EVP_PKEY_is_a(key, "ED25519") ? NULL : "the key is not an Ed25519 key";
}

const char *
signature_key_check(const char *pem)
{
	EVP_PKEY *key = read_key(pem, false);
	const char *fault = key_fault(key, false);

	EVP_PKEY_free(key);
	return fault;
}

bool
signature_verify(const char *pem, const void *data, size_t len,
		 const unsigned char signature[SIGNATURE_LEN])
{
	EVP_PKEY *key = read_key(pem, false);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool ok = key_fault(key, false) == NULL && context != NULL &&
		  EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
		  EVP_DigestVerify(context, signature, SIGNATURE_LEN, data, len) == 1;

	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return ok;
}

const char *
signature_make(const char *pem, const void *data, size_t len,
	       unsigned char signature[SIGNATURE_LEN])
{
	EVP_PKEY *key = read_key(pem, true);
	const char *fault = key_fault(key, true);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t made = SIGNATURE_LEN;

	if (fault == NULL &&
	    (context == NULL || EVP_DigestSignInit(context, NULL, NULL, NULL, key) != 1 ||
	     EVP_DigestSign(context, signature, &made, data, len) != 1 || made != SIGNATURE_LEN))
		fault = "OpenSSL cannot sign with this key";
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return fault;
}
