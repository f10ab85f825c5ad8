/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chain of an audit log. Each process start begins one, with an id of its own. Each line ends
 * in `,"mac":"…"` and the closing brackets; the code is
 *
 *	base64url(HMAC-SHA-256(key, code of the line before, as 32 bytes, then the bytes of this
 *	                       line before `,"mac":"`))
 *
 * and for the first line of a chain the code before is 32 zero bytes. So a line cannot be changed,
 * removed or moved without the key. Used by the thread of the audit, and by verify.
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_AUDIT_CHAIN_H
#define CORE_AUDIT_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/seal.h"

#define CHAIN_MAC 32	    /* bytes of a code */
#define CHAIN_MAC_TEXT 43   /* characters of it */
#define CHAIN_ID 16	    /* characters of an id */
#define CHAIN_LINE_MAX 8000 /* bytes of a line with its newline: syslog takes that much */

struct chain {
	void *hmac; /* of libcrypto, with the key */
	char id[CHAIN_ID + 1];
	uint64_t seq; /* of the last line; 0: there is none yet */
	unsigned char mac[CHAIN_MAC];
};

/* With a new id. */
void chain_init(struct chain *chain, const unsigned char key[SEAL_KEY_LEN]);
void chain_fini(struct chain *chain);

/* The code of a line whose part before `,"mac":"` is given. */
void chain_mac(const struct chain *chain, const unsigned char before[CHAIN_MAC], const char *line,
	       size_t len, unsigned char mac[CHAIN_MAC]);
void chain_mac_text(const unsigned char mac[CHAIN_MAC], char text[CHAIN_MAC_TEXT + 1]);

/* Finds the code at the end of a line without its newline: `*signed_len` is the length of the part
 * before it. False when the line does not end in one. */
bool chain_find_mac(const char *line, size_t len, size_t *signed_len, unsigned char mac[CHAIN_MAC]);

#endif
