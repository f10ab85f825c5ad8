/* SPDX-License-Identifier: Apache-2.0 */
/* TLS to the store (rediss://): by the library of hiredis for TLS, which exists from hiredis 1.0
 * on, and OpenSSL's libssl. Both are loaded when such a store is configured. The certificate of the
 * server must be trusted and have its name. Loop thread only. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_LIMITS_TLS_H
#define CORE_LIMITS_TLS_H

#include <stdbool.h>
#include <stddef.h>

struct redisContext;

#define CERTIFICATE_REFUSED "its certificate is refused: "

/* False with `why`: this program was built without it, or a library cannot be loaded. */
bool tls_open(char *why, size_t why_size);
/* Begins TLS on a connection that is being made. `ca_file` NULL: the system's authorities. False
 * with `why`. tls_open() was true. */
bool tls_begin(struct redisContext *context, const char *host, const char *ca_file, char *why,
	       size_t why_size);

/* Why the certificate of the last server was refused; static. NULL: it was not refused. */
const char *tls_fault(void);

#endif
