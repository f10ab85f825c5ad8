/* SPDX-License-Identifier: Apache-2.0 */
/* The certificates of clients, on listeners with tls_client_ca. Loop thread only. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_TRANSPORT_HTTP_CERTIFICATE_H
#define CORE_TRANSPORT_HTTP_CERTIFICATE_H

#include <stddef.h>

struct http_connection;

/* NULL when the client has a certificate that an authority in tls_client_ca signed for clients, and
 * that is valid now; else the reason, a constant. `der` is the certificate; it belongs to the
 * connection. The answer is found once for each connection. */
const char *http_certificate(struct http_connection *connection, const unsigned char **der,
			     size_t *len);

#endif
