/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts about a path. The Files API answers in headers, and separately for files and directories,
 * so both requests are made at once.
 */
#include "files.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct stat_state {
	file_info_fn fn;
	uint32_t flags;
	_Alignas(max_align_t) char inner[STAT_STATE_MAX];
};

/* ---- the three stores ------------------------------------------------------------------------ */

/* Reads an HTTP date, RFC 9110 5.6.7; 0 when the text is not a date. */
static int64_t
http_date_ms(const char *text)
{
	struct tm parts = { 0 };

	if (text == NULL || strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &parts) == NULL)
		return 0;
	return (int64_t)timegm(&parts) * 1000;
}

static void
copy_text(char *to, size_t size, const char *text)
{
	size_t len = text != NULL ? strlen(text) : 0;

	/* cut before the start of a character */
	if (len >= size)
		for (len = size - 1; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80;)
			len--;
	if (len > 0)
		memcpy(to, text, len);
	to[len] = '\0';
}

static void
from_headers(const struct mcp_reply *reply, struct file_info *info)
{
	const char *length = mcp_reply_header(reply, "Content-Length");

	info->found = true;
	info->modified_ms = http_date_ms(mcp_reply_header(reply, "Last-Modified"));
	if (info->directory)
		return;
	info->size = length != NULL ? strtoll(length, NULL, 10) : -1;
	copy_text(info->content_type, sizeof(info->content_type),
		  mcp_reply_header(reply, "Content-Type"));
}

/* False when neither reply has an answer. */
static bool
volume_info(struct mcp_call *call, struct file_info *info, size_t *failed)
{
	struct dbx_error error;

	for (size_t i = 0; i < 2; i++) {
		info->directory = i == 1;
		if (dbx_ok(call, mcp_reply(call, i), &error)) {
			copy_text(info->type, sizeof(info->type), i == 0 ? "file" : "directory");
			from_headers(mcp_reply(call, i), info);
			return true;
		}
		if (error.status != MCP_E_NOT_FOUND) {
			*failed = i;
			return false;
		}
	}
	return true;
}

static void
dbfs_info(struct json_object *item, struct file_info *info)
{
	info->directory = mcp_get_bool(item, "is_dir", false);
	info->size = info->directory ? -1 : mcp_get_int(item, "file_size", 0);
	info->modified_ms = mcp_get_int(item, "modification_time", 0);
	copy_text(info->type, sizeof(info->type), info->directory ? "directory" : "file");
}

static void
workspace_info(struct mcp_call *call, struct json_object *item, struct file_info *info)
{
	const char *type = mcp_get_str(call, item, "object_type", "FILE");

	info->directory = strcmp(type, "DIRECTORY") == 0 || strcmp(type, "REPO") == 0;
	info->size = mcp_get_int(item, "size", -1);
	info->modified_ms = mcp_get_int(item, "modified_at", 0);
	copy_text(info->language, sizeof(info->language), mcp_get_str(call, item, "language", ""));
	copy_text(info->type, sizeof(info->type), type);
	for (char *c = info->type; *c != '\0'; c++)
		*c = (char)(*c >= 'A' && *c <= 'Z' ? *c | 0x20 : *c);
}

bool
info_is_notebook(const struct file_info *info)
{
	return strcmp(info->type, "notebook") == 0;
}

/* ---- place_stat ------------------------------------------------------------------------------ */

/* Fills `info`. False when a reply is not an answer; `failed` is then its index. */
static bool
read_replies(struct mcp_call *call, const struct place *place, struct file_info *info,
	     size_t *failed)
{
	const char *key = place->store == STORE_DBFS ? "path" : "object_type";
	struct json_object *item;
	struct dbx_error error;

	*failed = 0;
	if (place->store == STORE_VOLUME)
		return volume_info(call, info, failed);
	if (!dbx_ok(call, mcp_reply(call, 0), &error))
		return error.status == MCP_E_NOT_FOUND;
	item = mcp_reply_json(call, 0);
	if (mcp_get_str(call, item, key, "")[0] == '\0')
		return false; /* a valid reply always has this header */
	info->found = true;
	if (place->store == STORE_DBFS)
		dbfs_info(item, info);
	else
		workspace_info(call, item, info);
	return true;
}

static int
arrived(struct mcp_call *call, const void *state, size_t len)
{
	const struct stat_state *stat = state;
	struct file_info info = { .size = -1 };
	struct mcp_words words;
	struct place place;
	size_t failed;

	(void)len;
	if (!place_argument(call, &place))
		return MCP_E_INPUT;
	if (!read_replies(call, &place, &info, &failed)) {
		if ((stat->flags & MCP_HTTP_CLEANUP) == 0) {
			words = place_words(call, &place, "read access to the file");
			if (dbx_done(call, failed, &words))
				mcp_fail(call, MCP_E_UPSTREAM,
					 mcp_printf(call, "%s could not be read.", words.object),
					 "The reply of the workspace does not describe the "
					 "path.",
					 NULL);
			return MCP_E_UPSTREAM;
		}
		info = (struct file_info){ .size = SIZE_UNASKED };
	}
	return stat->fn(call, &place, &info, stat->inner);
}

int
place_stat(struct mcp_call *call, uint32_t flags, file_info_fn fn, const void *state, size_t len)
{
	struct stat_state stat = { .fn = fn, .flags = flags };
	struct mcp_http request[2];
	struct place place;
	size_t n = 1;

	if (!place_of_file(call, &place))
		return MCP_E_INPUT;
	if (len > 0)
		memcpy(stat.inner, state, len);
	if (!mcp_fetch_request(call, &request[0],
			       place.store == STORE_VOLUME ? "/api/2.0/fs/files{+path}"
			       : place.store == STORE_DBFS ? "/api/2.0/dbfs/get-status{?path}"
							   : "/api/2.0/workspace/get-status{?path}",
			       place_values(call, &place)))
		return MCP_E_INPUT;
	if (place.store == STORE_VOLUME) {
		if (!mcp_fetch_request(call, &request[1], "/api/2.0/fs/directories{+path}",
				       place_values(call, &place)))
			return MCP_E_INPUT;
		request[0].method = request[1].method = "HEAD";
		n = 2;
	}
	for (size_t i = 0; i < n; i++)
		request[i].flags |= flags;
	return mcp_suspend(call, request, n, 0, arrived, &stat, sizeof(stat));
}

/* ---- get_file_info --------------------------------------------------------------------------- */

static int
info_shown(struct mcp_call *call, const struct place *place, const struct file_info *info,
	   const void *state)
{
	struct mcp_answer *answer;
	struct json_object *numbers;
	static const struct mcp_fact facts[] = {
		{ .key = "size", .label = "bytes", .path = "size" }
	};

	(void)state;
	if (!info->found)
		return place_missing(call, place);
	answer = mcp_answer_begin(call);
	numbers = mcp_object(call, NULL);
	mcp_answer_text(answer, NULL, "path", place->shown);
	mcp_answer_text(answer, NULL, "type", info->type);
	if (info->size >= 0)
		json_object_object_add(numbers, "size", json_object_new_int64(info->size));
	mcp_answer_add(answer, numbers, facts, COUNT(facts));
	mcp_answer_text(answer, NULL, "modified", mcp_time(call, info->modified_ms));
	mcp_answer_text(answer, "content type", "content_type", info->content_type);
	mcp_answer_text(answer, NULL, "language", info->language);
	mcp_answer_url(answer, place_url(call, place));
	return mcp_answer_end(answer);
}

int
get_file_info(struct mcp_call *call)
{
	return place_stat(call, 0, info_shown, NULL, 0);
}
