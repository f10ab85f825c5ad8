/* SPDX-License-Identifier: Apache-2.0 */
/* Values that cannot be a credential: a text that was pasted with its quotes, or a placeholder.
 * Such a value would be sent and rejected, and the reason would be hard to find. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_UPSTREAM_SECRET_H
#define CORE_UPSTREAM_SECRET_H

#include <stddef.h>

enum secret_form {
	SECRET_TOKEN,	 /* the b64token of RFC 6750 section 2.1: the text after "Bearer" */
	SECRET_OPAQUE,	 /* any visible characters */
	SECRET_HEADER,	 /* the complete value of a header: spaces inside are allowed */
	SECRET_PASSWORD, /* any characters except control characters */
};

/* NULL when the value may be valid, else the fault; never the value itself. The sentence continues
 * after "the token ". */
const char *secret_fault(const char *value, enum secret_form form);

/* The current value of a reference to a file, for secret_free(). NULL with `why` when it cannot be
 * read, or cannot be a credential. */
char *secret_read(const char *reference, enum secret_form form, char *why, size_t why_size);

#endif
