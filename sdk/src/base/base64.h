/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 of RFC 4648: the standard alphabet (section 4) and the alphabet for URLs (section 5). */
#ifndef LAKEHOST_SDK_BASE_BASE64_H
#define LAKEHOST_SDK_BASE_BASE64_H

#include "base/buf.h"

void buf_base64(struct buf *buf, const void *data, size_t len);	   /* padded */
void buf_base64url(struct buf *buf, const void *data, size_t len); /* without padding */

/* Strict decoders. False when a character, the padding or an unused bit is not valid. `out` needs
 * len / 4 * 3 + 3 bytes. */
bool base64_decode(const char *text, size_t len, unsigned char *out, size_t *out_len);
bool base64url_decode(const char *text, size_t len, unsigned char *out, size_t *out_len);
/* Accepts either alphabet, with or without padding, and any value of the unused bits. */
bool base64_decode_any(const char *text, size_t len, unsigned char *out, size_t *out_len);
/* The value of a digit of either alphabet; -1: not a digit. */
int base64_digit(unsigned char c);

#endif
