/* SPDX-License-Identifier: Apache-2.0 */
/* Tools that do very little, so that the host itself is measured. */
#include "bench.rows.h"

#include <stdlib.h>
#include <string.h>

int
echo(struct mcp_call *call)
{
	const char *said = mcp_arg(call, "text");
	size_t len = strlen(said);

	return mcp_say_text(call, said, len, false);
}

int
big(struct mcp_call *call)
{
	size_t len = (size_t)mcp_arg_int(call, "bytes", 0);
	char *text = malloc(len + 1);
	int status;

	if (text == NULL)
		return mcp_failf(call, MCP_E_TOO_LARGE, "No memory for so many bytes");
	memset(text, 'x', len);
	status = mcp_say_text(call, text, len, false);
	free(text);
	return status;
}

static int
held(struct mcp_call *call, const void *state, size_t len)
{
	(void)state;
	(void)len;
	return mcp_say(call, "held");
}

int
hold(struct mcp_call *call)
{
	return mcp_again(call, (uint32_t)mcp_arg_int(call, "ms", 0), held, NULL, 0);
}

int
upstream(struct mcp_call *call)
{
	const struct mcp_reply *reply = mcp_reply(call, 0);

	if (reply->error != MCP_OK || reply->status != 200)
		return mcp_fail(call, reply->error != MCP_OK ? reply->error : MCP_E_UPSTREAM,
				"The upstream did not answer", reply->why, NULL);
	return mcp_say_text(call, reply->body.data, reply->body.len, false);
}
