/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/chain.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

#include "base/base64.h"
#include "base/check.h"

#define MAC_KEY ",\"mac\":\""

void
chain_init(struct chain *chain, const unsigned char key[SEAL_KEY_LEN])
{
	static const char digits[] = "0123456789abcdef";
	static char sha256[] = "SHA256";
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
				OSSL_PARAM_construct_end() };
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	unsigned char random[CHAIN_ID / 2];

	memset(chain, 0, sizeof(*chain));
	chain->hmac = EVP_MAC_CTX_new(hmac);
	CHECK(chain->hmac != NULL);
	CHECK(EVP_MAC_init(chain->hmac, key, SEAL_KEY_LEN, params) == 1);
	EVP_MAC_free(hmac);
	random_bytes(random, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++) {
		chain->id[2 * i] = digits[random[i] >> 4];
		chain->id[2 * i + 1] = digits[random[i] & 15];
	}
}

void
chain_fini(struct chain *chain)
{
	EVP_MAC_CTX_free(chain->hmac);
	chain->hmac = NULL;
}

/* Without a key EVP_MAC_init() starts again with the one before. */
void
chain_mac(const struct chain *chain, const unsigned char before[CHAIN_MAC], const char *line,
	  size_t len, unsigned char mac[CHAIN_MAC])
{
	size_t got = 0;

	CHECK(EVP_MAC_init(chain->hmac, NULL, 0, NULL) == 1);
	CHECK(EVP_MAC_update(chain->hmac, before, CHAIN_MAC) == 1);
	CHECK(EVP_MAC_update(chain->hmac, (const unsigned char *)line, len) == 1);
	CHECK(EVP_MAC_final(chain->hmac, mac, &got, CHAIN_MAC) == 1 && got == CHAIN_MAC);
}

void
chain_mac_text(const unsigned char mac[CHAIN_MAC], char text[CHAIN_MAC_TEXT + 1])
{
	struct buf buf;

	buf_init(&buf, CHAIN_MAC_TEXT);
	buf_base64url(&buf, mac, CHAIN_MAC);
	CHECK(buf_ok(&buf) && buf.len == CHAIN_MAC_TEXT);
	memcpy(text, buf.data, CHAIN_MAC_TEXT + 1);
	buf_fini(&buf);
}

bool
chain_find_mac(const char *line, size_t len, size_t *signed_len, unsigned char mac[CHAIN_MAC])
{
	const size_t key = strlen(MAC_KEY);
	unsigned char bytes[CHAIN_MAC + 3];
	size_t end = len, got;

	while (end > 0 && line[end - 1] == '}')
		end--;
	if (end == len || end < key + CHAIN_MAC_TEXT + 1 || line[end - 1] != '"')
		return false;
	*signed_len = end - 1 - CHAIN_MAC_TEXT - key;
	if (memcmp(line + *signed_len, MAC_KEY, key) != 0 ||
	    !base64url_decode(line + *signed_len + key, CHAIN_MAC_TEXT, bytes, &got) ||
	    got != CHAIN_MAC)
		return false;
	memcpy(mac, bytes, CHAIN_MAC);
	return true;
}
