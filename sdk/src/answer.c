/* SPDX-License-Identifier: Apache-2.0 */
/* The functions that write the answer: content blocks, structured content, tables, failures. */
#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "step.h"
#include "tree.h"

#define CELLS_ON_STACK 64

int
mcp_block(struct mcp_call *call, const struct mcp_block *block)
{
	return call->ops->block(call, block);
}

int
mcp_say_text(struct mcp_call *call, const char *text, size_t len, bool untrusted)
{
	struct mcp_block block = {
		.size = sizeof(block), .kind = "text", .text = { text, len }, .trusted = !untrusted
	};

	return mcp_block(call, &block);
}

int
mcp_say(struct mcp_call *call, const char *format, ...)
{
	va_list args;
	size_t len;
	char *text;

	va_start(args, format);
	text = say_text(call, format, args, &len);
	va_end(args);
	return mcp_say_text(call, text, len, false);
}

int
mcp_blob(struct mcp_call *call, const char *kind, const char *mime, const void *data, size_t len)
{
	struct mcp_block block = {
		.size = sizeof(block),
		.kind = kind,
		.mime = mime,
		.blob = { data, len },
		.trusted = true,
	};

	return mcp_block(call, &block);
}

int
mcp_embed(struct mcp_call *call, const char *uri, const char *mime, const char *text)
{
	struct mcp_block block = { .size = sizeof(block),
				   .kind = "resource",
				   .uri = uri,
				   .mime = mime,
				   .text = { text, strlen(text) },
				   .trusted = true };

	return mcp_block(call, &block);
}

int
mcp_embed_blob(struct mcp_call *call, const char *uri, const char *mime, const void *data,
	       size_t len)
{
	struct mcp_block block = { .size = sizeof(block),
				   .kind = "resource",
				   .uri = uri,
				   .mime = mime,
				   .blob = { data, len },
				   .trusted = true };

	return mcp_block(call, &block);
}

int
mcp_link(struct mcp_call *call, const char *uri, const char *name, const char *mime, int64_t size)
{
	struct mcp_block block = { .size = sizeof(block),
				   .kind = "resource_link",
				   .uri = uri,
				   .name = name,
				   .mime = mime,
				   .link_size = size,
				   .trusted = true };

	return mcp_block(call, &block);
}

int
mcp_message(struct mcp_call *call, const char *role, const char *format, ...)
{
	struct mcp_block block = {
		.size = sizeof(block), .kind = "text", .role = role, .trusted = true
	};
	va_list args;

	va_start(args, format);
	block.text.data = say_text(call, format, args, &block.text.len);
	va_end(args);
	return mcp_block(call, &block);
}

int
mcp_structured(struct mcp_call *call, struct json_object *tree)
{
	size_t len;
	const char *text = tree_text(call, tree, "Structured content", &len);

	if (text == NULL)
		return MCP_E_INTERNAL;
	return call->ops->structured(call, text, len);
}

int
mcp_complete(struct mcp_call *call, const char *value)
{
	return call->ops->completion(call, value, -1, false);
}

int
mcp_complete_total(struct mcp_call *call, int64_t total, bool more)
{
	return call->ops->completion(call, NULL, total, more);
}

int
mcp_meta(struct mcp_call *call, const char *key, struct json_object *tree)
{
	size_t len;
	const char *text = tree_text(call, tree, "A member of _meta", &len);

	if (text == NULL)
		return MCP_E_INTERNAL;
	return call->ops->meta(call, key, text, len);
}

/* ---- tables --------------------------------------------------------------------------------- */

int
mcp_table(struct mcp_call *call, const struct mcp_column *columns, size_t n)
{
	return call->ops->table_begin(call, columns, n);
}

int
mcp_table_row(struct mcp_call *call, const struct mcp_text *cells, size_t n)
{
	return call->ops->table_row(call, cells, n);
}

int
mcp_table_cells(struct mcp_call *call, const char *const *cells, size_t n)
{
	struct mcp_text few[CELLS_ON_STACK];
	struct mcp_text *texts = n <= CELLS_ON_STACK ? few : mcp_alloc(call, n * sizeof(*texts));

	for (size_t i = 0; i < n; i++)
		texts[i] = (struct mcp_text){ cells[i], cells[i] == NULL ? 0 : strlen(cells[i]) };
	return mcp_table_row(call, texts, n);
}

int
mcp_table_end(struct mcp_call *call, const struct mcp_table_end *end)
{
	return call->ops->table_end(call, end);
}

/* ---- failures ------------------------------------------------------------------------------- */

int
mcp_failure(struct mcp_call *call, const struct mcp_failure *failure)
{
	return call->ops->fail(call, failure);
}

int
mcp_fail(struct mcp_call *call, enum mcp_status status, const char *what, const char *why,
	 const char *next)
{
	struct mcp_failure failure = { .size = sizeof(failure),
				       .status = status,
				       .what = what,
				       .why = why,
				       .next = next,
				       .retry_after_ms = -1 };

	return mcp_failure(call, &failure);
}

int
mcp_failf(struct mcp_call *call, enum mcp_status status, const char *format, ...)
{
	va_list args;
	size_t len;
	char *what;

	va_start(args, format);
	what = say_text(call, format, args, &len);
	va_end(args);
	return mcp_fail(call, status, what, NULL, NULL);
}
