/* SPDX-License-Identifier: Apache-2.0 */
/* mcp_expand() fills a template with arguments, in the memory of a call. */
#include <string.h>

#include "step.h"
#include "template.h"

struct target {
	char *text; /* NULL while only the length is calculated */
	size_t len;
};

static void
expanded_put(void *data, const char *text, size_t len)
{
	struct target *target = data;

	if (target->text != NULL && len > 0)
		memcpy(target->text + target->len, text, len);
	target->len += len;
}

const char *
mcp_expand(struct mcp_call *call, const char *template_, struct json_object *values)
{
	struct target target = { 0 };
	struct template_fault fault;

	if (!template_expand(template_, values, expanded_put, &target, &fault)) {
		mcp_fail(call, MCP_E_INPUT, "The arguments do not make a valid address",
			 mcp_printf(call, "%.*s %s", (int)fault.name_len, fault.name, fault.what),
			 "Correct the argument and call again");
		return NULL;
	}
	target.text = mcp_alloc(call, target.len + 1);
	target.len = 0;
	template_expand(template_, values, expanded_put, &target, &fault);
	return target.text;
}
