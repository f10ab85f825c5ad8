/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments of a call against the allow-lists of objects, by the `scope` of its tool. Private
 * to the folder. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_POLICY_SCOPE_H
#define CORE_POLICY_SCOPE_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/fence.h"
#include "registry/registry.h"

/* Why a call is refused. */
struct scope_refusal {
	const struct fence_list *list;
	enum fence_kind kind; /* of the list */
	char why[400];
};

/* The kinds of object (bits by enum fence_kind) that the row declares in its scope. */
unsigned scope_declared(const struct row *row);
/* False: an argument names an object that is not in the lists, or does not say which one. */
bool scope_allows(const struct fence *fence, const struct row *row, struct json_object *arguments,
		  struct scope_refusal *refusal);

#endif
