/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed handles: session ids, cursors, request state, task ids. Payload, purpose, expiry and
 * principal are encrypted with AES-256-GCM and the first key of `server.state_key`; every listed
 * key can open. So a handle needs no state in the server. A peer cannot forge a handle, and cannot
 * read or use a handle of another principal. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_SEAL_H
#define CORE_BASE_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct sealer;

#define SEAL_KEY_LEN 32
/* The bytes of a sealed text of `len` bytes: its base64url has no padding. */
#define SEAL_LEN(len) ((((len) + 38u) * 4u + 2u) / 3u)

/* Makes a sealer. `keys` has n x SEAL_KEY_LEN bytes; they are copied, and sealer_free() wipes the
 * copy. */
struct sealer *sealer_new(const unsigned char *keys, size_t n);
void sealer_free(struct sealer *sealer);
/* Reads a key: the file holds 32 raw bytes or 64 hex digits, and only its owner and group may read
 * or write it. Returns false with `why` filled. */
bool seal_key_read(const char *path, unsigned char key[SEAL_KEY_LEN], char *why, size_t why_size);
/* Makes a key file, mode 0600, unless it exists, then reads it. When several processes do this, all
 * get the same key. */
bool seal_key_make(const char *path, unsigned char key[SEAL_KEY_LEN], char *why, size_t why_size);

/* Appends the sealed payload as base64url text. `purpose` ("session", "cursor", …) and `principal`
 * are authenticated but not stored. `ttl_s` 0: it never expires. */
void seal(struct sealer *sealer, const char *purpose, const char *principal, uint32_t ttl_s,
	  const void *payload, size_t len, struct buf *out);
/* False when the text was not sealed here for this purpose and principal, or has expired. */
bool unseal(struct sealer *sealer, const char *purpose, const char *principal, const char *text,
	    size_t len, struct buf *payload);
/* The same; `until_s` is set to the time when it expires, in seconds since 1970; 0: never. */
bool unseal_until(struct sealer *sealer, const char *purpose, const char *principal,
		  const char *text, size_t len, struct buf *payload, int64_t *until_s);

void random_bytes(void *out, size_t len);
void sha256_hex(const void *data, size_t len, char hex[65]);

#endif
