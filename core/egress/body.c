/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Request bodies from pieces. A secret reference is resolved here, at the last moment, if the
 * operator listed it. The plugin never sees its value, and the value is masked from then on.
 */
#include "egress/body.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/reference.h"
#include "config/text.h"
#include "egress/limits.h"

/* The secret is also masked in the encoding of the body, so that an echo of the body is masked. */
static void
add_secret(struct buf *body, enum mcp_piece_kind kind, const char *value)
{
	size_t len = strlen(value), before = body->len;

	mask_add(value, len);
	if (kind == MCP_PIECE_SECRET_BASE64)
		buf_base64(body, value, len);
	else
		buf_json_inside(body, value, len);
	if (buf_ok(body) &&
	    (body->len - before != len || memcmp(body->data + before, value, len) != 0))
		mask_add(body->data + before, body->len - before);
}

static enum mcp_status
add_reference(struct buf *body, const struct mcp_piece *piece, const struct strings *references,
	      char *why, size_t why_size)
{
	char *reference = xstrndup(piece->text.data, piece->text.len), detail[256], *value;
	enum mcp_status status = MCP_OK;

	if (strlen(reference) != piece->text.len || !strings_have(references, reference)) {
		snprintf(why, why_size,
			 "the operator does not allow the secret reference \"%.100s\" "
			 "(plugins.secret_references)",
			 reference);
		free(reference);
		return MCP_E_PERMISSION;
	}
	value = reference_read(reference, detail, sizeof(detail));
	if (value == NULL) {
		snprintf(why, why_size, "the secret %s cannot be read: %s", reference, detail);
		status = MCP_E_UNAVAILABLE;
	} else if (piece->kind == MCP_PIECE_SECRET_JSON && !utf8_valid(value, strlen(value))) {
		snprintf(why, why_size, "the secret %s is not text; send it as base64", reference);
		status = MCP_E_INPUT;
	} else {
		add_secret(body, piece->kind, value);
	}
	secret_free(value);
	free(reference);
	return status;
}

enum mcp_status
body_build(struct buf *body, const struct mcp_piece *piece, size_t n,
	   const struct strings *references, char *why, size_t why_size)
{
	enum mcp_status status = MCP_OK;

	for (size_t i = 0; i < n && status == MCP_OK; i++) {
		if (piece[i].kind == MCP_PIECE_BYTES)
			buf_add(body, piece[i].text.data, piece[i].text.len);
		else if (piece[i].kind == MCP_PIECE_SECRET_JSON ||
			 piece[i].kind == MCP_PIECE_SECRET_BASE64)
			status = add_reference(body, &piece[i], references, why, why_size);
		else
			status = MCP_E_INTERNAL;
		if (status == MCP_E_INTERNAL)
			snprintf(why, why_size,
				 "the plugin sent a body piece of an unknown "
				 "kind");
	}
	if (status == MCP_OK && !buf_ok(body)) {
		snprintf(why, why_size, "the body is larger than %u bytes; send a file instead",
			 EGRESS_BODY_MAX);
		return MCP_E_TOO_LARGE;
	}
	return status;
}
