/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets that are recognised by their form. The log, the audit log and the traces keep texts that
 * others wrote: the arguments of a model, the error message of a program. Such a text can contain a
 * secret whose value the host does not know. These forms are found:
 * - tokens with a known prefix: of Lakehost (lh_), Databricks (dapi, dose), GitHub (ghp_, gho_, …)
 *   and Google (ya29.);
 * - JSON web tokens (RFC 7519): eyJ….….…;
 * - the credentials after "Bearer " and "Basic " (RFC 6750 section 2.1, RFC 7617 section 2);
 * - signatures and session tokens in presigned links of AWS, Azure and Google;
 * - the password in a URL (RFC 3986 section 3.2.1);
 * - private keys in PEM (RFC 7468).
 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_BASE_MASK_SHAPE_H
#define CORE_BASE_MASK_SHAPE_H

#include <stddef.h>

/* Calls `fn` with the range [first, end) of each secret in the text. The prefix of a token belongs
 * to the range; a word like "Bearer " or "sig=" does not. Linear in `len`. */
void shape_scan(const unsigned char *text, size_t len,
		void (*fn)(void *data, size_t first, size_t end), void *data);

#endif
