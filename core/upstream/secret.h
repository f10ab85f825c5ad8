/* SPDX-License-Identifier: Apache-2.0 */
/* What a credential cannot look like: a text that was pasted with its quotes, or never filled in.
 * Such a value would be sent, refused by the service, and nobody would learn why. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_SECRET_H
#define CORE_UPSTREAM_SECRET_H

#include <stddef.h>

enum secret_form {
	SECRET_TOKEN,	 /* b64token of RFC 6750 section 2.1: what stands behind "Bearer" */
	SECRET_OPAQUE,	 /* any visible characters */
	SECRET_HEADER,	 /* the whole value of a header: blanks inside are fine */
	SECRET_PASSWORD, /* any characters but controls */
};

/* NULL when the value may be right, else what is wrong; never the value itself. The sentence
 * goes on after "the token ". */
const char *secret_fault(const char *value, enum secret_form form);

/* The value of a reference to a file as it is now, for secret_free(). NULL with `why` when it
 * cannot be read or cannot be right. */
char *secret_read(const char *reference, enum secret_form form, char *why, size_t why_size);

#endif
