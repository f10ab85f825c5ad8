/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealed handles. The bytes of the base64url text: version (1) | key id (1) | nonce (12) |
 * AES-256-GCM of { expiry (8, big endian), payload } | tag (16). Also authenticated: version, key
 * id, purpose, NUL, principal. The key id, a byte of the key's digest, selects the key, so that a
 * forged handle costs one decryption for any number of keys.
 */
#include "base/seal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"

#define VERSION 1
#define HEAD_LEN 2
#define NONCE_LEN 12
#define TAG_LEN 16
#define EXPIRY_LEN 8
#define PLAIN_MAX 65536
#define SEALED_MAX (HEAD_LEN + NONCE_LEN + PLAIN_MAX + TAG_LEN)

_Static_assert(SEAL_LEN(1) == ((HEAD_LEN + NONCE_LEN + EXPIRY_LEN + TAG_LEN + 1) * 4 + 2) / 3,
	       "seal.h knows what is added to a payload");

struct seal_key {
	unsigned char id;
	unsigned char bytes[SEAL_KEY_LEN];
};

struct sealer {
	struct seal_key *keys;
	size_t n;
	/* filled at the first use, because OpenSSL needs about a millisecond for it */
	EVP_CIPHER *cipher;
	atomic_bool ready;
	pthread_mutex_t lock;
};

void
random_bytes(void *out, size_t len)
{
	unsigned char *p = out;

	while (len > 0) {
		ssize_t got = getrandom(p, len < 256 ? len : 256, 0);

		if (got < 0)
			continue; /* only EINTR can happen: try again */
		p += got;
		len -= (size_t)got;
	}
}

static void
sha256(const void *data, size_t len, unsigned char digest[32])
{
	int made = EVP_Digest(data, len, digest, NULL, EVP_sha256(), NULL);

	CHECK(made == 1);
}

void
sha256_hex(const void *data, size_t len, char hex[65])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char digest[32];

	sha256(data, len, digest);
	for (size_t i = 0; i < sizeof(digest); i++) {
		hex[2 * i] = digits[digest[i] >> 4];
		hex[2 * i + 1] = digits[digest[i] & 15];
	}
	hex[64] = '\0';
}

struct sealer *
sealer_new(const unsigned char *keys, size_t n)
{
	struct sealer *sealer = xcalloc(1, sizeof(*sealer));

	sealer->keys = xcalloc(n, sizeof(*sealer->keys));
	sealer->n = n;
	for (size_t i = 0; i < n; i++)
		memcpy(sealer->keys[i].bytes, keys + i * SEAL_KEY_LEN, SEAL_KEY_LEN);
	pthread_mutex_init(&sealer->lock, NULL);
	return sealer;
}

void
sealer_free(struct sealer *sealer)
{
	if (sealer == NULL)
		return;
	explicit_bzero(sealer->keys, sealer->n * sizeof(*sealer->keys));
	free(sealer->keys);
	EVP_CIPHER_free(sealer->cipher);
	pthread_mutex_destroy(&sealer->lock);
	free(sealer);
}

static void
cipher_ready(struct sealer *sealer)
{
	if (atomic_load(&sealer->ready))
		return;
	pthread_mutex_lock(&sealer->lock);
	if (sealer->cipher == NULL) {
		sealer->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
		CHECK(sealer->cipher != NULL);
		for (size_t i = 0; i < sealer->n; i++) {
			unsigned char digest[32];

			sha256(sealer->keys[i].bytes, SEAL_KEY_LEN, digest);
			sealer->keys[i].id = digest[0];
		}
		atomic_store(&sealer->ready, true);
	}
	pthread_mutex_unlock(&sealer->lock);
}

/* Adds the additional data: it is authenticated but not stored. */
static bool
add_context(EVP_CIPHER_CTX *ctx, const unsigned char head[HEAD_LEN], const char *purpose,
	    const char *principal)
{
	int len;

	/* the NUL of the purpose separates it from the principal */
	return EVP_CipherUpdate(ctx, NULL, &len, head, HEAD_LEN) == 1 &&
	       EVP_CipherUpdate(ctx, NULL, &len, (const unsigned char *)purpose,
				(int)strlen(purpose) + 1) == 1 &&
	       EVP_CipherUpdate(ctx, NULL, &len, (const unsigned char *)principal,
				(int)strlen(principal)) == 1;
}

static bool
encrypt(struct sealer *sealer, EVP_CIPHER_CTX *ctx, const char *purpose, const char *principal,
	const unsigned char *plain, size_t len, unsigned char *out)
{
	unsigned char *nonce = out + HEAD_LEN, *text = nonce + NONCE_LEN;
	int n;

	out[0] = VERSION;
	out[1] = sealer->keys[0].id;
	random_bytes(nonce, NONCE_LEN);
	return EVP_EncryptInit_ex2(ctx, sealer->cipher, sealer->keys[0].bytes, nonce, NULL) == 1 &&
	       add_context(ctx, out, purpose, principal) &&
	       EVP_EncryptUpdate(ctx, text, &n, plain, (int)len) == 1 &&
	       EVP_EncryptFinal_ex(ctx, text + n, &n) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, text + len) == 1;
}

void
seal(struct sealer *sealer, const char *purpose, const char *principal, uint32_t ttl_s,
     const void *payload, size_t len, struct buf *out)
{
	uint64_t expiry = ttl_s == 0 ? 0 : (uint64_t)(clock_wall_ms() / 1000) + ttl_s;
	size_t plain_len = EXPIRY_LEN + len;
	size_t sealed_len = HEAD_LEN + NONCE_LEN + plain_len + TAG_LEN;
	EVP_CIPHER_CTX *ctx;
	unsigned char *plain, *sealed;
	bool sealed_ok;

	CHECK(sealer->n > 0);
	if (len > PLAIN_MAX - EXPIRY_LEN) {
		buf_fill(out);
		return;
	}
	cipher_ready(sealer);
	plain = xmalloc(plain_len);
	sealed = xmalloc(sealed_len);
	for (int i = 0; i < EXPIRY_LEN; i++)
		plain[i] = (unsigned char)(expiry >> (8 * (EXPIRY_LEN - 1 - i)));
	if (len > 0)
		memcpy(plain + EXPIRY_LEN, payload, len);
	ctx = EVP_CIPHER_CTX_new();
	sealed_ok =
	    ctx != NULL && encrypt(sealer, ctx, purpose, principal, plain, plain_len, sealed);
	/* a failure ends the process; otherwise unencrypted bytes would be sent */
	CHECK(sealed_ok);
	EVP_CIPHER_CTX_free(ctx);
	buf_base64url(out, sealed, sealed_len);
	explicit_bzero(plain, plain_len);
	free(plain);
	free(sealed);
}

/* Decrypts into `plain` the `len` bytes that follow the header and the nonce. */
static bool
decrypt(struct sealer *sealer, const struct seal_key *key, const char *purpose,
	const char *principal, unsigned char *sealed, size_t len, unsigned char *plain)
{
	unsigned char *nonce = sealed + HEAD_LEN, *text = nonce + NONCE_LEN;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	bool ok;
	int n;

	CHECK(ctx != NULL);
	ok = EVP_DecryptInit_ex2(ctx, sealer->cipher, key->bytes, nonce, NULL) == 1 &&
	     add_context(ctx, sealed, purpose, principal) &&
	     EVP_DecryptUpdate(ctx, plain, &n, text, (int)len) == 1 &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, text + len) == 1 &&
	     EVP_DecryptFinal_ex(ctx, plain + n, &n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

static bool
expired(const unsigned char *plain, int64_t *until_s)
{
	uint64_t expiry = 0;

	for (int i = 0; i < EXPIRY_LEN; i++)
		expiry = expiry << 8 | plain[i];
	*until_s = (int64_t)expiry;
	return expiry != 0 && (uint64_t)(clock_wall_ms() / 1000) >= expiry;
}

static bool
open_sealed(struct sealer *sealer, const char *purpose, const char *principal,
	    unsigned char *sealed, size_t len, struct buf *payload, int64_t *until_s)
{
	size_t plain_len = len - HEAD_LEN - NONCE_LEN - TAG_LEN;
	unsigned char *plain = xmalloc(plain_len);
	bool ok = false;

	CHECK(len >= HEAD_LEN + NONCE_LEN + EXPIRY_LEN + TAG_LEN);
	for (size_t i = 0; !ok && i < sealer->n; i++)
		ok =
		    sealer->keys[i].id == sealed[1] &&
		    decrypt(sealer, &sealer->keys[i], purpose, principal, sealed, plain_len, plain);
	ok = ok && !expired(plain, until_s);
	if (ok)
		buf_add(payload, plain + EXPIRY_LEN, plain_len - EXPIRY_LEN);
	explicit_bzero(plain, plain_len);
	free(plain);
	return ok && buf_ok(payload);
}

bool
unseal_until(struct sealer *sealer, const char *purpose, const char *principal, const char *text,
	     size_t len, struct buf *payload, int64_t *until_s)
{
	unsigned char *sealed;
	size_t sealed_len;
	bool ok;

	if (len > SEALED_MAX / 3 * 4 + 4)
		return false;
	cipher_ready(sealer);
	sealed = xmalloc(len / 4 * 3 + 3);
	ok = base64url_decode(text, len, sealed, &sealed_len) &&
	     sealed_len >= HEAD_LEN + NONCE_LEN + EXPIRY_LEN + TAG_LEN && sealed[0] == VERSION &&
	     open_sealed(sealer, purpose, principal, sealed, sealed_len, payload, until_s);
	free(sealed);
	return ok;
}

bool
unseal(struct sealer *sealer, const char *purpose, const char *principal, const char *text,
       size_t len, struct buf *payload)
{
	int64_t until_s;

	return unseal_until(sealer, purpose, principal, text, len, payload, &until_s);
}
