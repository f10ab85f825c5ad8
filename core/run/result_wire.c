/* SPDX-License-Identifier: Apache-2.0 */
/* A result as bytes between a worker process and the host. The reader trusts nothing: the worker's
 * process runs the plugin's code, so everything from it is limited, masked and rebuilt. */
#include "run/result.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/json_write.h"
#include "base/mem.h"
#include "run/result_internal.h"
#include "run/text.h"

/* bytes for fences and end lines, which are added to the counted text */
#define TEXT_SLACK (64u << 10)
/* an invalid byte of a name becomes three bytes */
#define NAMES_MAX (3 * RESULT_NAMES_MAX)
#define BASE64_MAX (RESULT_BLOB_MAX / 3 * 4 + 4 * RESULT_BLOCKS_MAX)
#define BLOCKS_SLACK 4u

/* ---- writing -------------------------------------------------------------------------------- */

static void
write_blocks(const struct result *result, struct json *out)
{
	json_begin(json_member(out, "blocks"), '[');
	for (size_t i = 0; i < result->blocks; i++) {
		const struct result_block *block = &result->block[i];

		json_begin(out, '{');
		json_raw(json_member(out, "content"), block->json, block->json_len);
		json_optional(out, "role", block->role);
		if (block->rows)
			json_boolean(json_member(out, "rows"), true);
		json_end(out);
	}
	json_end(out);
}

static void
write_failure(const struct result *result, struct json *out)
{
	result_failure_json(result, json_member(out, "failure"));
	json_number(json_member(out, "retry_after_ms"), result->retry_after_ms);
	if (result->missed)
		json_boolean(json_member(out, "missed"), true);
	json_optional(out, "require", result->require);
}

void
result_write(const struct result *result, struct buf *out)
{
	struct json json;

	json_start(&json, out);
	json_begin(&json, '{');
	write_blocks(result, &json);
	if (result->structured.len > 0)
		json_raw(json_member(&json, "structured"), result->structured.data,
			 result->structured.len);
	if (result->meta.len > 0) {
		json_begin(json_member(&json, "meta"), '{');
		json_splice(&json, result->meta.data, result->meta.len);
		json_end(&json);
	}
	if (result->completions > 0) {
		json_begin(json_member(&json, "completion"), '[');
		json_splice(&json, result->completion.data, result->completion.len);
		json_end(&json);
	}
	if (result->completion_total >= 0)
		json_number(json_member(&json, "total"), result->completion_total);
	if (result->completion_more)
		json_boolean(json_member(&json, "more"), true);
	if (result->rows > 0)
		json_number(json_member(&json, "table_rows"), (int64_t)result->rows);
	if (result->failed)
		write_failure(result, &json);
	json_end(&json);
}

/* ---- reading -------------------------------------------------------------------------------- */

static bool
kind_parse(const char *name, enum block_kind *kind)
{
	for (size_t i = 0; name != NULL && i < BLOCK_KINDS; i++) {
		if (strcmp(block_kind_names[i], name) == 0) {
			*kind = (enum block_kind)i;
			return true;
		}
	}
	return false;
}

static bool
is_base64(const char *text, size_t len)
{
	size_t out_len;
	unsigned char *out = malloc(len / 4 * 3 + 3);
	bool ok = out != NULL && base64_decode(text, len, out, &out_len);

	free(out);
	return ok;
}

static const char *
read_base64(struct result *result, struct json_object *value, struct mcp_text *base64)
{
	if (!json_object_is_type(value, json_type_string))
		return "a content block has no bytes";
	base64->data = json_object_get_string(value);
	base64->len = (size_t)json_object_get_string_len(value);
	if (base64->len > BASE64_MAX || result->blob_len > BASE64_MAX - base64->len)
		return "the result has more binary content than allowed";
	result->blob_len += base64->len;
	return is_base64(base64->data, base64->len) ? NULL : "the content of a block is not base64";
}

static const char *
read_text(struct result *result, struct json_object *value, struct buf *room,
	  const struct block_parts *parts, struct mcp_text *text)
{
	enum text_place place = parts->rows	 ? TEXT_ROWS
			      : parts->untrusted ? TEXT_OTHERS
						 : TEXT_OURS;

	size_t len;

	if (!json_object_is_type(value, json_type_string))
		return "a content block has no text";
	len = (size_t)json_object_get_string_len(value);
	result->text_len += len;
	if (result->text_len > result->limits.text + TEXT_SLACK)
		return "the result has more text than allowed";
	text->data = json_object_get_string(value);
	if (result->limits.reveals)
		text->data =
		    text_reveal(room, text->data, &len, parts->untrusted ? place : TEXT_EXACT);
	else
		text->data = text_prepare(room, text->data, &len, place);
	text->len = len;
	return NULL;
}

static const char *
read_body(struct result *result, struct json_object *content, struct buf *room,
	  struct block_parts *parts)
{
	struct json_object *resource = json_obj(content, "resource");

	switch (parts->kind) {
	case BLOCK_TEXT:
		return read_text(result, json_get(content, "text"), room, parts, &parts->text);
	case BLOCK_IMAGE:
	case BLOCK_AUDIO: return read_base64(result, json_get(content, "data"), &parts->base64);
	case BLOCK_RESOURCE:
		if (json_str(resource, "uri") == NULL)
			return "an embedded resource has no URI";
		if (json_get(resource, "blob") != NULL)
			return read_base64(result, json_get(resource, "blob"), &parts->base64);
		return read_text(result, json_get(resource, "text"), room, parts, &parts->text);
	case BLOCK_LINK: break;
	}
	return json_str(content, "uri") == NULL || json_str(content, "name") == NULL
		 ? "a resource link has no URI or no name"
		 : NULL;
}

/* A masked member. `keep` holds it until the block is added. */
static const char *
named(struct result *result, struct json_object *object, const char *key, char *keep[],
      size_t *kept)
{
	const char *value = json_str(object, key), *clean;
	struct buf room;
	size_t len;

	if (value == NULL)
		return NULL;
	len = strlen(value);
	result->names_len += len;
	buf_init(&room, len * 3 + 64);
	clean = text_prepare(&room, value, &len, TEXT_LINE);
	keep[*kept] = xstrndup(clean, len);
	buf_fini(&room);
	return keep[(*kept)++];
}

static const char *
read_block(struct result *result, struct json_object *entry)
{
	struct json_object *content = json_obj(entry, "content"), *names;
	struct block_parts parts = { .kind = BLOCK_TEXT };
	const char *why;
	struct buf room;
	char *keep[6];
	size_t kept = 0;

	if (!kind_parse(json_str(content, "type"), &parts.kind))
		return "a content block has an unknown kind";
	if (!result_role_valid(json_str(entry, "role")))
		return "a content block has an unknown role";
	parts.untrusted = json_flag(json_obj(content, "_meta"), "lakehost/untrusted", false);
	parts.rows = parts.kind == BLOCK_TEXT && json_flag(entry, "rows", false);
	buf_init(&room, (size_t)1 << 30);
	why = read_body(result, content, &room, &parts);
	if (why == NULL) {
		names = parts.kind == BLOCK_RESOURCE ? json_obj(content, "resource") : content;
		parts.uri = named(result, names, "uri", keep, &kept);
		parts.name = named(result, names, "name", keep, &kept);
		parts.title = named(result, names, "title", keep, &kept);
		parts.description = named(result, names, "description", keep, &kept);
		parts.mime = named(result, names, "mimeType", keep, &kept);
		parts.role = json_str(entry, "role");
		parts.size = json_int(names, "size", -1);
		if (result->names_len > NAMES_MAX)
			why = "the names in the result are longer than allowed";
		else
			result_push(result, &parts);
	}
	while (kept > 0)
		free(keep[--kept]);
	buf_fini(&room);
	return why;
}

static const char *
read_blocks(struct result *result, struct json_object *list)
{
	size_t n = list == NULL ? 0 : json_object_array_length(list);
	const char *why = NULL;

	if (n > RESULT_BLOCKS_MAX + BLOCKS_SLACK)
		return "the result has more content blocks than allowed";
	for (size_t i = 0; i < n && why == NULL; i++)
		why = read_block(result, json_object_array_get_idx(list, i));
	return why;
}

static const char *
read_structured(struct result *result, struct json_object *tree)
{
	struct json_object *value = NULL;
	struct buf json;

	if (!json_object_object_get_ex(tree, "structured", &value))
		return NULL;
	buf_init(&json, RESULT_STRUCTURED_MAX);
	buf_json_tree(&json, value);
	if (buf_ok(&json))
		result_structured(result, json.data, json.len);
	else
		result_structured(result, json.data, (size_t)RESULT_STRUCTURED_MAX + 1);
	buf_fini(&json);
	return NULL;
}

static const char *
read_meta(struct result *result, struct json_object *meta)
{
	struct json_object_iter member;

	if (meta == NULL)
		return NULL;
	json_object_object_foreachC(meta, member) {
		struct buf json;

		buf_init(&json, RESULT_META_MAX);
		buf_json_tree(&json, member.val);
		result_meta(result, member.key, json.data, json.len);
		buf_fini(&json);
	}
	return NULL;
}

static const char *
read_completion(struct result *result, struct json_object *tree)
{
	struct json_object *list = json_arr(tree, "completion");
	size_t n = list == NULL ? 0 : json_object_array_length(list);

	for (size_t i = 0; i < n; i++) {
		struct json_object *value = json_object_array_get_idx(list, i);

		if (!json_object_is_type(value, json_type_string))
			return "a completion is not text";
		result_completion(result, json_object_get_string(value), -1, false);
	}
	result_completion(result, NULL, json_int(tree, "total", -1),
			  json_flag(tree, "more", false));
	return NULL;
}

static const char *
read_failure(struct result *result, struct json_object *tree)
{
	struct json_object *given = json_obj(tree, "failure");
	struct mcp_failure failure = { .size = sizeof(failure) };
	const char *require = json_str(tree, "require");
	int64_t http_status;

	if (given == NULL)
		return NULL;
	if (!status_parse(json_str(given, "status"), &failure.status) || failure.status == MCP_OK)
		return "a failure has an unknown kind";
	http_status = json_int(given, "http_status", 0);
	failure.http_status = http_status >= 100 && http_status <= 999 ? (int)http_status : 0;
	failure.what = json_str(given, "what");
	failure.why = json_str(given, "why");
	failure.next = json_str(given, "next");
	failure.code = json_str(given, "code");
	failure.request_id = json_str(given, "request_id");
	failure.retry_after_ms = json_int(tree, "retry_after_ms", -1);
	failure.missed = json_flag(tree, "missed", false);
	result_fail(result, &failure);
	if (require != NULL)
		result->require = xstrdup(require);
	return NULL;
}

bool
result_read(struct result *result, struct json_object *tree, const char **why)
{
	int64_t rows;

	*why = json_object_is_type(tree, json_type_object) ? NULL : "a result is not an object";
	if (*why == NULL)
		*why = read_blocks(result, json_arr(tree, "blocks"));
	if (*why == NULL)
		*why = read_structured(result, tree);
	if (*why == NULL)
		*why = read_meta(result, json_obj(tree, "meta"));
	if (*why == NULL)
		*why = read_completion(result, tree);
	if (*why == NULL)
		*why = read_failure(result, tree);
	rows = json_int(tree, "table_rows", 0);
	result->rows = rows > 0 ? (size_t)rows : 0;
	result->finished = true;
	return *why == NULL;
}
