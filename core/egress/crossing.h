/* SPDX-License-Identifier: Apache-2.0 */
/* An object of a request against the allow-lists of the policy. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_EGRESS_CROSSING_H
#define CORE_EGRESS_CROSSING_H

#include <stddef.h>

#include "base/fence.h"

struct egress_scope;

/* Why a request is refused; the first reason stays. */
struct crossing {
	const struct egress_scope *scope;
	const struct fence_list *list; /* NULL: the request is allowed so far */
	enum fence_kind kind;	       /* of the list */
	char value[128];	       /* or "" */
};

/* For upstream_kind.objects; `data` is the crossing. */
void fence_compare(void *data, enum fence_kind kind, const char *value, size_t len);

#endif
