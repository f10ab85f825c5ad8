/* SPDX-License-Identifier: Apache-2.0 */
/* The resource databricks://files{+path}: for a directory its list, for a file its content. */
#include "files.h"

#include <string.h>
#include <strings.h>

#define CONTENT_MAX (8 << 20) /* most bytes of a binary content, as in the host */

static const char *
mime_of(const struct place *place, bool text)
{
	static const char *const types[][2] = {
		{ ".csv", "text/csv" },
		{ ".json", "application/json" },
		{ ".md", "text/markdown" },
		{ ".html", "text/html" },
		{ ".py", "text/x-python" },
		{ ".sql", "application/sql" },
		{ ".png", "image/png" },
		{ ".jpg", "image/jpeg" },
		{ ".gif", "image/gif" },
		{ ".pdf", "application/pdf" },
		{ ".parquet", "application/vnd.apache.parquet" },
	};
	const char *dot = strrchr(place->path, '.');

	for (size_t i = 0; dot != NULL && i < COUNT(types); i++)
		if (strcasecmp(dot, types[i][0]) == 0)
			return types[i][1];
	return text ? "text/plain" : "application/octet-stream";
}

static int
embed(struct mcp_call *call, const struct place *place, const struct fetched *fetched)
{
	struct mcp_block block = { .size = sizeof(block),
				   .kind = "resource",
				   .uri = mcp_context(call, MCP_CTX_URI).data };
	size_t from, to;
	bool text = fetched_is_text(fetched, &from, &to);

	block.mime = mime_of(place, text);
	if (text)
		block.text = (struct mcp_text){ fetched->data, fetched->len };
	else
		block.blob = (struct mcp_text){ fetched->data, fetched->len };
	return mcp_block(call, &block);
}

static int
looked_at(struct mcp_call *call, const struct place *place, const struct file_info *info,
	  const void *state)
{
	(void)state;
	if (info->found && info->directory)
		return list_files(call);
	if (info->size > CONTENT_MAX)
		return mcp_fail(call, MCP_E_TOO_LARGE,
				mcp_printf(call, "%s is too large for one message.", place->shown),
				mcp_printf(call, "The file has %lld bytes; a message may have %d.",
					   (long long)info->size, CONTENT_MAX),
				mcp_printf(call,
					   "Call read_file path=%s with offset and length, "
					   "or with to_file.",
					   mcp_quoted(call, place->shown)));
	return file_fetch_known(call, place, info, 0, CONTENT_MAX, embed);
}

int
read_files(struct mcp_call *call)
{
	struct place place;

	if (!place_argument(call, &place))
		return MCP_E_INPUT;
	return place.store == STORE_CATALOG ? list_files(call)
					    : place_stat(call, 0, looked_at, NULL, 0);
}
