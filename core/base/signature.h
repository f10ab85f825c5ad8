/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ed25519 signatures (RFC 8032) of whole files, with keys in PEM. What is signed are the bytes of
 * the file, so other programs can make and check a signature too:
 *
 *	openssl pkeyutl -verify -pubin -inkey vendor.pem -rawin -in FILE -sigfile FILE.sig
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_SIGNATURE_H
#define CORE_BASE_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>

#define SIGNATURE_LEN 64u

/* NULL when the text is a public key for signatures, else the reason. */
const char *signature_key_check(const char *pem);
/* Was `data` signed with the private key that belongs to this public one? */
bool signature_verify(const char *pem, const void *data, size_t len,
		      const unsigned char signature[SIGNATURE_LEN]);
/* Signs with a private key. NULL when done, else the reason. */
const char *signature_make(const char *pem, const void *data, size_t len,
			   unsigned char signature[SIGNATURE_LEN]);

#endif
