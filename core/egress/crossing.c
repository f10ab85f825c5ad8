/* SPDX-License-Identifier: Apache-2.0 */
#include "egress/crossing.h"

#include <stdbool.h>
#include <string.h>

#include "egress/egress.h"

void
fence_compare(void *data, enum fence_kind kind, const char *value, size_t len)
{
	struct crossing *crossing = data;
	const struct egress_scope *scope = crossing->scope;
	const bool declared = (scope->declared >> kind & 1u) != 0;

	if (crossing->list != NULL || !fence_limits(scope->fence, kind))
		return;
	crossing->kind = kind;
	if (value == NULL) /* the policy has compared what the tool declares */
		crossing->list = declared ? NULL : &scope->fence->list[kind][0];
	else if (kind == FENCE_PATH)
		crossing->list = fence_refuses_path(scope->fence, value, len, &crossing->kind);
	else
		crossing->list = fence_refuses(scope->fence, kind, value, len);
	if (value == NULL || crossing->list == NULL)
		return;
	len = len < sizeof(crossing->value) ? len : sizeof(crossing->value) - 1;
	memcpy(crossing->value, value, len);
	crossing->value[len] = '\0';
}
