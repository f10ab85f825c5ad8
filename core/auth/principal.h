/* SPDX-License-Identifier: Apache-2.0 */
/* Who is calling. On stdio, and over HTTP without inbound authentication, everybody is "local". */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_AUTH_PRINCIPAL_H
#define CORE_AUTH_PRINCIPAL_H

#include "config.h"

#define PRINCIPAL_NAME_MAX 256

struct principal {
	char name[PRINCIPAL_NAME_MAX]; /* handles are sealed to it, budgets kept by it */
	enum access access;
};

#endif
