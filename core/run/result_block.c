/* SPDX-License-Identifier: Apache-2.0 */
/* Content blocks: text, images, audio, embedded resources and links (MCP, server/tools, "Tool
 * Result"), within the caps of a result. The end of the result reports what the caps left out. */
#include "run/result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/json_write.h"
#include "base/mem.h"
#include "run/result_internal.h"
#include "run/table.h"
#include "run/text.h"

/* The sizes were checked before; this cap only protects the arithmetic. */
#define BLOCK_CAP ((size_t)1 << 30)
#define TEXT_MARGIN ((size_t)1 << 20)

const char *const block_kind_names[BLOCK_KINDS] = {
	[BLOCK_TEXT] = "text",	       [BLOCK_IMAGE] = "image",	       [BLOCK_AUDIO] = "audio",
	[BLOCK_RESOURCE] = "resource", [BLOCK_LINK] = "resource_link",
};

/* ---- writing -------------------------------------------------------------------------------- */

/* Base64 needs no escapes. */
static void
write_bytes(struct json *out, const char *name, const struct mcp_text *base64)
{
	json_text(json_member(out, name), base64->data, base64->len);
}

static void
write_text(struct json *out, const struct mcp_text *text)
{
	json_text(json_member(out, "text"), text->data, text->len);
}

static void
write_resource(struct json *out, const struct block_parts *parts)
{
	json_begin(json_member(out, "resource"), '{');
	json_string(json_member(out, "uri"), parts->uri);
	json_optional(out, "mimeType", parts->mime);
	if (parts->base64.data != NULL)
		write_bytes(out, "blob", &parts->base64);
	else
		write_text(out, &parts->text);
	json_end(out);
}

static void
write_link(struct json *out, const struct block_parts *parts)
{
	json_optional(out, "uri", parts->uri);
	json_optional(out, "name", parts->name);
	json_optional(out, "title", parts->title);
	json_optional(out, "description", parts->description);
	json_optional(out, "mimeType", parts->mime);
	if (parts->size >= 0)
		json_number(json_member(out, "size"), parts->size);
}

static void
write_content(struct json *out, const struct block_parts *parts)
{
	json_begin(out, '{');
	json_string(json_member(out, "type"), block_kind_names[parts->kind]);
	switch (parts->kind) {
	case BLOCK_TEXT: write_text(out, &parts->text); break;
	case BLOCK_IMAGE:
	case BLOCK_AUDIO:
		write_bytes(out, "data", &parts->base64);
		json_optional(out, "mimeType", parts->mime);
		break;
	case BLOCK_RESOURCE: write_resource(out, parts); break;
	case BLOCK_LINK: write_link(out, parts); break;
	}
	if (parts->untrusted) {
		json_begin(json_member(out, "_meta"), '{');
		json_boolean(json_member(out, "lakehost/untrusted"), true);
		json_end(out);
	}
	json_end(out);
}

static char *
copy_or_null(const char *text)
{
	return text == NULL ? NULL : xstrdup(text);
}

static struct result_block *
new_block(struct result *result)
{
	size_t n = result->blocks++;

	if (n == 0)
		result->block = xmalloc(sizeof(*result->block));
	else if ((n & (n - 1)) == 0) /* the size of the array doubles at powers of two */
		result->block = xrealloc(result->block, 2 * n * sizeof(*result->block));
	return &result->block[n];
}

/* The plain text follows the JSON in the same memory. */
void
result_push(struct result *result, const struct block_parts *parts)
{
	struct result_block *block = new_block(result);
	struct json writer;
	struct buf json;
	size_t json_len;

	*block = (struct result_block){ .kind = parts->kind,
					.uri = copy_or_null(parts->uri),
					.mime = copy_or_null(parts->mime),
					.role = copy_or_null(parts->role),
					.untrusted = parts->untrusted,
					.rows = parts->rows };
	buf_init(&json, BLOCK_CAP);
	json_start(&writer, &json);
	write_content(&writer, parts);
	json_len = json.len;
	if (parts->text.data != NULL) {
		buf_add(&json, "", 1);
		buf_add(&json, parts->text.data, parts->text.len);
	}
	block->json = buf_take(&json, NULL);
	if (block->json == NULL)
		memory_gone();
	block->json_len = json_len;
	if (parts->text.data != NULL) {
		block->text = block->json + json_len + 1;
		block->text_len = parts->text.len;
	}
	if (parts->base64.data != NULL)
		block->base64 = xstrndup(parts->base64.data, parts->base64.len);
}

void
result_push_text(struct result *result, const char *text, size_t len, const char *role)
{
	struct block_parts parts = { .kind = BLOCK_TEXT, .text = { text, len }, .role = role };

	result_push(result, &parts);
}

/* ---- admitting ------------------------------------------------------------------------------ */

/* Of a text that is much too long only this part is read, because the rest cannot be shown. */
static size_t
looked_at(struct result *result, const char *text, size_t len)
{
	size_t most = result->limits.text * 4 + TEXT_MARGIN, kept = text_cut(text, len, most);

	result->text_offered += len - kept;
	return kept;
}

/* The length of the part of a text that fits; it is counted. */
static size_t
admit_text(struct result *result, const char *text, size_t len)
{
	size_t room = result->text_full || result->text_len > result->limits.text
			? 0
			: result->limits.text - result->text_len;
	size_t shown = text_cut(text, len, room);

	result->text_offered += len;
	result->text_len += shown;
	result->text_full |= shown < len;
	return shown;
}

static bool
admit_blob(struct result *result, size_t len)
{
	char why[160];

	if (len <= RESULT_BLOB_MAX - result->blob_len) {
		result->blob_len += len;
		return true;
	}
	snprintf(why, sizeof(why),
		 "the content has %zu bytes; a result may have at most %u bytes of binary content",
		 len, RESULT_BLOB_MAX);
	result_fail_text(result, MCP_E_TOO_LARGE, "The content is too large for one message", why,
			 "Transfer it to a file, or request a part of it");
	return false;
}

static size_t
length(const char *text)
{
	return text == NULL ? 0 : strlen(text);
}

static bool
admit_names(struct result *result, const struct mcp_block *given)
{
	size_t len = length(given->uri) + length(given->name) + length(given->title) +
		     length(given->description) + length(given->mime);
	char why[160];

	if (len <= RESULT_NAMES_MAX - result->names_len) {
		result->names_len += len;
		return true;
	}
	snprintf(why, sizeof(why), "A result may have at most %u bytes of names, URIs and types",
		 RESULT_NAMES_MAX);
	result_fail_text(result, MCP_E_TOO_LARGE, "The names in the content are too long", why,
			 "Request fewer objects at a time");
	return false;
}

/* A name, URI or type: one masked line. NULL stays NULL. */
static char *
prepared(const char *text)
{
	struct buf room;
	size_t len;
	const char *clean;
	char *copy;

	if (text == NULL)
		return NULL;
	len = strlen(text);
	buf_init(&room, len * 3 + 64);
	clean = text_prepare(&room, text, &len, TEXT_LINE);
	copy = xstrndup(clean, len);
	buf_fini(&room);
	return copy;
}

/* Adds a block, with the names of the given one prepared. */
static int
push_named(struct result *result, const struct mcp_block *given, struct block_parts *parts)
{
	char *uri, *name, *title, *description, *mime;

	if (!admit_names(result, given))
		return result->status;
	uri = prepared(given->uri);
	name = prepared(given->name);
	title = prepared(given->title);
	description = prepared(given->description);
	mime = prepared(given->mime);
	parts->uri = uri;
	parts->name = name;
	parts->title = title;
	parts->description = description;
	parts->mime = mime;
	parts->role = given->role;
	parts->untrusted = !given->trusted;
	result_push(result, parts);
	free(uri);
	free(name);
	free(title);
	free(description);
	free(mime);
	return MCP_OK;
}

static int
add_text(struct result *result, const struct mcp_block *given)
{
	struct block_parts parts = { .kind = BLOCK_TEXT,
				     .role = given->role,
				     .untrusted = !given->trusted };
	const char *text = given->text.data == NULL ? "" : given->text.data;
	size_t len = looked_at(result, text, given->text.len), shown;
	enum text_place place;
	struct buf room, fenced;

	buf_init(&room, len * 3 + 64);
	buf_init(&fenced, BLOCK_CAP);
	place = given->trusted ? TEXT_OURS : TEXT_OTHERS;
	if (result->limits.reveals)
		text = text_reveal(&room, text, &len, given->trusted ? TEXT_EXACT : place);
	else
		text = text_prepare(&room, text, &len, place);
	shown = admit_text(result, text, len);
	if (!given->trusted) {
		text_fence(&fenced, text, shown);
		parts.text = (struct mcp_text){ fenced.data, fenced.len };
	} else {
		parts.text = (struct mcp_text){ text, shown };
	}
	if (shown > 0 || len == 0)
		result_push(result, &parts);
	buf_fini(&room);
	buf_fini(&fenced);
	return MCP_OK;
}

static int
add_blob(struct result *result, const struct mcp_block *given, enum block_kind kind)
{
	struct block_parts parts = { .kind = kind, .size = -1 };
	struct buf base64;
	int status;

	if (!admit_blob(result, given->blob.len))
		return result->status;
	buf_init(&base64, BLOCK_CAP);
	buf_base64(&base64, given->blob.data, given->blob.len);
	parts.base64 = (struct mcp_text){ base64.data, base64.len };
	status = push_named(result, given, &parts);
	buf_fini(&base64);
	return status;
}

static int
add_media(struct result *result, const struct mcp_block *given, enum block_kind kind)
{
	if (given->blob.data == NULL || given->mime == NULL)
		return result_defect(result, "a block of kind %s needs bytes and a type",
				     given->kind);
	return add_blob(result, given, kind);
}

static int
add_resource(struct result *result, const struct mcp_block *given)
{
	struct block_parts parts = { .kind = BLOCK_RESOURCE, .size = -1 };
	struct buf room;
	const char *text = given->text.data == NULL ? "" : given->text.data;
	size_t len;
	int status;

	if (given->uri == NULL)
		return result_defect(result, "an embedded resource needs a URI");
	if (given->blob.data != NULL)
		return add_blob(result, given, BLOCK_RESOURCE);
	len = looked_at(result, text, given->text.len);
	buf_init(&room, len * 3 + 64);
	text = text_prepare(&room, text, &len, given->trusted ? TEXT_OURS : TEXT_OTHERS);
	parts.text = (struct mcp_text){ text, admit_text(result, text, len) };
	status = push_named(result, given, &parts);
	buf_fini(&room);
	return status;
}

static int
add_link(struct result *result, const struct mcp_block *given)
{
	struct block_parts parts = { .kind = BLOCK_LINK,
				     .size = given->link_size > 0 ? given->link_size : -1 };
	size_t len = length(given->uri) + length(given->name) + length(given->title) +
		     length(given->description);

	if (given->uri == NULL || given->name == NULL)
		return result_defect(result, "a resource link needs a URI and a name");
	/* the texts of a link are also read by the model: all of them are shown, or the link is
	 * left out */
	if (result->text_full || len > result->limits.text - result->text_len) {
		result->blocks_left_out++;
		return MCP_E_TOO_LARGE;
	}
	result->text_len += len;
	result->text_offered += len;
	return push_named(result, given, &parts);
}

/* The role of a prompt's message (MCP, server/prompts, "PromptMessage"). */
bool
result_role_valid(const char *role)
{
	return role == NULL || strcmp(role, "user") == 0 || strcmp(role, "assistant") == 0;
}

int
result_block(struct result *result, const struct mcp_block *block)
{
	const char *kind = block->kind == NULL ? "" : block->kind;

	if (result->failed)
		return result->status;
	if ((block->text.data == NULL && block->text.len > 0) ||
	    (block->blob.data == NULL && block->blob.len > 0))
		return result_defect(result, "the content of a block is NULL but has a length");
	if (result->blocks >= RESULT_BLOCKS_MAX) {
		result->blocks_left_out++;
		return MCP_E_TOO_LARGE;
	}
	if (!result_role_valid(block->role))
		return result_defect(result, "\"%s\" is not a known role", block->role);
	if (strcmp(kind, "text") == 0)
		return add_text(result, block);
	if (strcmp(kind, "image") == 0)
		return add_media(result, block, BLOCK_IMAGE);
	if (strcmp(kind, "audio") == 0)
		return add_media(result, block, BLOCK_AUDIO);
	if (strcmp(kind, "resource") == 0)
		return add_resource(result, block);
	if (strcmp(kind, "resource_link") == 0)
		return add_link(result, block);
	return result_defect(result, "\"%s\" is not a known kind of content block", kind);
}

/* ---- the end -------------------------------------------------------------------------------- */

static void
free_block(struct result_block *block)
{
	free(block->json); /* this also frees the text, which is in the same memory */
	free(block->base64);
	free(block->uri);
	free(block->mime);
	free(block->role);
}

void
result_drop_blocks(struct result *result)
{
	for (size_t i = 0; i < result->blocks; i++)
		free_block(&result->block[i]);
	free(result->block);
	result->block = NULL;
	result->blocks = 0;
}

/* Messages of a prompt stay separate, and so do rows for a program. */
static bool
joins(const struct result_block *block, const struct result_block *next)
{
	return block->kind == BLOCK_TEXT && next->kind == BLOCK_TEXT && !block->rows &&
	       !next->rows && block->role == NULL && next->role == NULL &&
	       block->untrusted == next->untrusted;
}

/* When there is one block of rows for a program, it comes first, and the texts about it are
 * merged. */
static void
rows_first(struct result *result)
{
	struct result_block rows;
	size_t at = result->blocks;

	for (size_t i = 0; i < result->blocks; i++) {
		if (!result->block[i].rows)
			continue;
		if (at < result->blocks)
			return;
		at = i;
	}
	if (at == 0 || at == result->blocks)
		return;
	rows = result->block[at];
	memmove(result->block + 1, result->block, at * sizeof(rows));
	result->block[0] = rows;
}

void
result_merge(struct result *result)
{
	struct result_block *old = result->block;
	size_t n = result->blocks, end;

	rows_first(result);
	result->block = NULL;
	result->blocks = 0;
	for (size_t i = 0; i < n; i = end) {
		struct block_parts parts = { .kind = BLOCK_TEXT, .untrusted = old[i].untrusted };
		struct buf text;

		for (end = i + 1; end < n && joins(&old[i], &old[end]); end++)
			;
		if (end == i + 1) {
			*new_block(result) = old[i];
			continue;
		}
		buf_init(&text, BLOCK_CAP);
		for (size_t k = i; k < end; k++) {
			if (text.len > 0 && text.data[text.len - 1] != '\n')
				buf_putc(&text, '\n');
			buf_add(&text, old[k].text, old[k].text_len);
			free_block(&old[k]);
		}
		parts.text = (struct mcp_text){ text.data, text.len };
		result_push(result, &parts);
		buf_fini(&text);
	}
	free(old);
}

void
result_note(struct result *result, const char *text)
{
	result_push_text(result, text, strlen(text), NULL);
	result_merge(result);
}

static bool
has_text(const struct result *result)
{
	for (size_t i = 0; i < result->blocks; i++)
		if (result->block[i].kind == BLOCK_TEXT)
			return true;
	return false;
}

static void
say_left_out(struct result *result)
{
	struct buf note;

	if (result->text_offered == result->text_len && result->blocks_left_out == 0)
		return;
	buf_init(&note, 256);
	if (result->text_offered > result->text_len) {
		text_number(&note, result->text_len);
		buf_puts(&note, " of ");
		text_number(&note, result->text_offered);
		buf_puts(&note, " bytes of text shown. ");
	}
	if (result->blocks_left_out > 0) {
		text_number(&note, result->blocks_left_out);
		buf_puts(&note,
			 result->blocks_left_out == 1 ? " content block" : " content blocks");
		buf_puts(&note, " left out. ");
	}
	buf_puts(&note, "Request a smaller part or less detail.");
	result_push_text(result, note.data, note.len,
			 result->blocks > 0 ? result->block[result->blocks - 1].role : NULL);
	buf_fini(&note);
}

void
result_finish(struct result *result)
{
	struct mcp_table_end end = { .size = sizeof(end), .total = -1 };

	if (result->finished || result->failed)
		return;
	result->finished = true;
	if (result->table != NULL)
		result_table_end(result, &end, NULL, NULL);
	if (result->structured.len > 0 && !has_text(result)) {
		size_t shown = admit_text(result, result->structured.data, result->structured.len);

		result_push_text(result, result->structured.data, shown, NULL);
	}
	say_left_out(result);
	result_merge(result);
}
