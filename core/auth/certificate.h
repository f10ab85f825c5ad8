/* SPDX-License-Identifier: Apache-2.0 */
/* Who a client certificate is for (RFC 5280). The transport has checked its chain. Any thread. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_AUTH_CERTIFICATE_H
#define CORE_AUTH_CERTIFICATE_H

#include <stddef.h>

#include "config/config.h"

/* NULL when `name` is the name of the principal, else the reason, a constant. The field must be
 * there exactly once: with two names it would not be known who is meant. */
const char *certificate_name(const unsigned char *der, size_t len, enum certificate_field field,
			     char name[PRINCIPAL_NAME_MAX]);

#endif
