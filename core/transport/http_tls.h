/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_TRANSPORT_HTTP_TLS_H
#define CORE_TRANSPORT_HTTP_TLS_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"

/* Certificate and key of a listener, and the authorities of its clients (or NULL), in the form that
 * libmicrohttpd needs. */
struct http_tls {
	char *certificate, *key, *client_ca;
	struct MHD_OptionItem option[5]; /* for MHD_OPTION_ARRAY */
};

/* Reads all three. A listener without TLS gets no options. False with `why`. */
bool http_tls_load(struct http_tls *tls, const struct config_listener *config, char *why,
		   size_t why_size);
void http_tls_fini(struct http_tls *tls);
/* Checks everything about a listener that needs no open socket; false with `why`. */
bool http_tls_try(const struct config_listener *config, char *why, size_t why_size);

#endif
