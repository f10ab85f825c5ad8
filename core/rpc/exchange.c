/* SPDX-License-Identifier: Apache-2.0 */
/* What all exchanges without headers of HTTP have in common. */
#include "rpc/exchange.h"

#include <stddef.h>

const char *
exchange_no_header(struct exchange *exchange, const char *name)
{
	(void)exchange;
	(void)name;
	return NULL;
}

void
exchange_no_headers(struct exchange *exchange, const char *prefix,
		    void (*fn)(void *data, const char *name, const char *value), void *data)
{
	(void)exchange;
	(void)prefix;
	(void)fn;
	(void)data;
}
