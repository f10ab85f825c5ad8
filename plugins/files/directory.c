/* SPDX-License-Identifier: Apache-2.0 */
/* create_directory also creates missing parent directories. An existing directory is not an
 * error. */
#include "files.h"

static int
made(struct mcp_call *call, const void *state, size_t len)
{
	const struct mcp_reply *reply = mcp_reply(call, 0);
	struct mcp_words words;
	struct dbx_error error;
	struct place place;
	const char *url;

	(void)state;
	(void)len;
	if (!place_argument(call, &place))
		return MCP_E_INPUT;
	words = place_made_words(call, &place);
	if (dbx_ok(call, reply, &error)) {
		url = place_url(call, &place);
		mcp_say(call, "The directory %s exists.", place.shown);
		return url != NULL ? mcp_say(call, "url: %s", url) : MCP_OK;
	}
	if (error.status == MCP_E_CONFLICT)
		return mcp_fail(call, MCP_E_CONFLICT,
				mcp_printf(call, "The directory %s cannot be created.",
					   place.shown),
				error.message, "A file already has this path: use another path.");
	return dbx_fail(call, reply, &error, &words);
}

int
create_directory(struct mcp_call *call)
{
	struct mcp_http request;
	struct place place;

	if (!place_of_file(call, &place))
		return MCP_E_INPUT;
	if (place.store != STORE_VOLUME)
		return mcp_send(call, "POST",
				place.store == STORE_DBFS ? "/api/2.0/dbfs/mkdirs"
							  : "/api/2.0/workspace/mkdirs",
				NULL, place_values(call, &place), MCP_RETRY_IDEMPOTENT, made, NULL,
				0);
	if (!mcp_fetch_request(call, &request, "/api/2.0/fs/directories{+path}",
			       place_values(call, &place)))
		return MCP_E_INPUT;
	request.method = "PUT";
	request.retry = MCP_RETRY_IDEMPOTENT;
	return mcp_suspend(call, &request, 1, 0, made, NULL, 0);
}
