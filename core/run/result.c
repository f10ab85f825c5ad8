/* SPDX-License-Identifier: Apache-2.0 */
/* The result writer: the caps of a result, structured content, _meta, completions, failures.
 * Content blocks are in result_block.c, tables in table.c. */
#include "run/result.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/json.h"
#include "base/log.h"
#include "base/json_write.h"
#include "base/mem.h"
#include "run/result_internal.h"
#include "run/table.h"
#include "run/text.h"

static const struct {
	const char *name;
	enum mcp_status status;
	bool retryable;
} statuses[] = {
	{ "ok", MCP_OK, false },
	{ "invalid_input", MCP_E_INPUT, false },
	{ "not_found", MCP_E_NOT_FOUND, false },
	{ "permission_denied", MCP_E_PERMISSION, false },
	{ "unauthenticated", MCP_E_UNAUTHENTICATED, false },
	{ "conflict", MCP_E_CONFLICT, false },
	{ "throttled", MCP_E_THROTTLED, true },
	{ "unavailable", MCP_E_UNAVAILABLE, true },
	{ "timeout", MCP_E_TIMEOUT, true },
	{ "cancelled", MCP_E_CANCELLED, false },
	{ "too_large", MCP_E_TOO_LARGE, false },
	{ "bad_upstream_reply", MCP_E_UPSTREAM, false },
	{ "unsupported", MCP_E_UNSUPPORTED, false },
	{ "internal", MCP_E_INTERNAL, false },
};

const char *
status_name(enum mcp_status status)
{
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
		if (statuses[i].status == status)
			return statuses[i].name;
	return "internal";
}

bool
status_parse(const char *name, enum mcp_status *status)
{
	for (size_t i = 0; name != NULL && i < ARRAY_SIZE(statuses); i++) {
		if (strcmp(statuses[i].name, name) == 0) {
			*status = statuses[i].status;
			return true;
		}
	}
	return false;
}

bool
status_retryable(enum mcp_status status)
{
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
		if (statuses[i].status == status)
			return statuses[i].retryable;
	return false;
}

bool
result_format_parse(const char *name, enum result_format *format)
{
	for (size_t i = 0; name != NULL && i < RESULT_FORMATS; i++) {
		if (strcmp(table_formats[i]->name, name) == 0) {
			*format = (enum result_format)i;
			return true;
		}
	}
	return false;
}

const char *
result_format_name(enum result_format format)
{
	CHECK(format < RESULT_FORMATS);
	return table_formats[format]->name;
}

/* ---- lifetime ------------------------------------------------------------------------------- */

void
result_init(struct result *result, const struct result_limits *limits)
{
	*result =
	    (struct result){ .limits = *limits, .completion_total = -1, .retry_after_ms = -1 };
	buf_init(&result->structured, RESULT_STRUCTURED_MAX);
	buf_init_keeping(&result->meta, RESULT_META_MAX);
	buf_init(&result->completion, (size_t)RESULT_COMPLETIONS_MAX * 6 * RESULT_COMPLETION_MAX);
}

static void
drop_contents(struct result *result)
{
	result_drop_blocks(result);
	result_table_free(result->table);
	result->table = NULL;
	buf_fini(&result->structured);
}

void
result_fini(struct result *result)
{
	drop_contents(result);
	buf_fini(&result->meta);
	buf_fini(&result->completion);
	free(result->what);
	free(result->why);
	free(result->next);
	free(result->code);
	free(result->request_id);
	free((char *)(uintptr_t)result->require);
	result->what = result->why = result->next = result->code = result->request_id = NULL;
	result->require = NULL;
}

void
result_clear(struct result *result)
{
	struct result_limits limits = result->limits;

	result_fini(result);
	result_init(result, &limits);
}

void
result_move(struct result *to, struct result *from)
{
	*to = *from;
	result_init(from, &to->limits);
}

bool
result_empty(const struct result *result)
{
	return !result->failed && result->blocks == 0 && result->text_offered == 0 &&
	       result->blocks_left_out == 0 && result->structured.len == 0 &&
	       result->table == NULL && result->completions == 0 && result->meta.len == 0 &&
	       result->completion_total < 0 && !result->completion_more;
}

/* ---- structured content, _meta, completions ------------------------------------------------- */

int
result_structured(struct result *result, const char *json, size_t len)
{
	struct json_limits limits = json_inbound;
	const char *why;
	size_t at = 0;

	if (result->failed)
		return result->status;
	if (len > RESULT_STRUCTURED_MAX) {
		char reason[128];

		snprintf(reason, sizeof(reason),
			 "the structured content has %zu bytes; at most %u are allowed", len,
			 RESULT_STRUCTURED_MAX);
		result_fail_text(result, MCP_E_TOO_LARGE, "The result is too large", reason,
				 "Request a smaller part, or less detail");
		return MCP_E_TOO_LARGE;
	}
	limits.bytes = RESULT_STRUCTURED_MAX;
	why = json_gate(json, len, &limits, &at);
	if (why != NULL)
		return result_defect(result, "structured content is not JSON: %s at byte %zu", why,
				     at);
	buf_reset(&result->structured);
	text_mask_json(&result->structured, json, len);
	return MCP_OK;
}

/* Rows in a file leave the service as rows in the answer do. NULL when done, else the reason. */
static const char *
add_written(struct result *result, const char *json, size_t len)
{
	char text[20];
	int64_t rows;

	if (len == 0 || len >= sizeof(text))
		return "it must be a number of rows";
	memcpy(text, json, len);
	text[len] = '\0';
	if (strspn(text, "0123456789") < len)
		return "it must be a number of rows";
	rows = strtoll(text, NULL, 10);
	result->rows += (size_t)rows < SIZE_MAX / 2 - result->rows ? (size_t)rows : 0;
	return NULL;
}

/* The members of one object pass the gate together, which finds a key that is used twice. */
int
result_meta(struct result *result, const char *key, const char *json, size_t len)
{
	struct buf *meta = &result->meta, whole;
	size_t before = meta->len, at;
	struct json part;
	const char *why;

	if (result->failed)
		return result->status;
	why = json_gate(json, len, &json_inbound, &at);
	if (why == NULL) {
		buf_init(&whole, RESULT_META_MAX);
		text_mask_json(&whole, json, len);
		json_start_inside(&part, meta, '{');
		json_raw(json_member(&part, key), whole.data, whole.len);
		buf_fini(&whole);
		if (!buf_ok(meta))
			why = "all members together have more than 16 KiB";
	}
	if (why == NULL) {
		buf_init(&whole, RESULT_META_MAX + 2);
		json_start(&part, &whole);
		json_begin(&part, '{');
		json_splice(&part, meta->data, meta->len);
		json_end(&part);
		why = json_gate(whole.data, whole.len, &json_inbound, &at);
		buf_fini(&whole);
	}
	if (why == NULL && strcmp(key, RESULT_ROWS_WRITTEN) == 0)
		why = add_written(result, json, len);
	if (why == NULL)
		return MCP_OK;
	buf_rewind(meta, before);
	return result_defect(result, "_meta member \"%s\": %s", key, why);
}

int
result_completion(struct result *result, const char *value, int64_t total, bool more)
{
	struct json part;
	struct buf room;
	size_t len;

	if (result->failed)
		return result->status;
	if (total >= 0)
		result->completion_total = total;
	result->completion_more |= more;
	if (value == NULL)
		return MCP_OK;
	len = strlen(value);
	if (result->completions >= RESULT_COMPLETIONS_MAX || len > RESULT_COMPLETION_MAX) {
		result->completion_more = true;
		return MCP_E_TOO_LARGE;
	}
	buf_init(&room, len * 3 + 16);
	value = text_prepare(&room, value, &len, TEXT_LINE);
	json_start_inside(&part, &result->completion, '[');
	json_text(&part, value, len);
	result->completions++;
	buf_fini(&room);
	return MCP_OK;
}

/* ---- failures ------------------------------------------------------------------------------- */

char *
result_line(const char *text)
{
	struct buf line;
	size_t len;

	if (text == NULL || text[0] == '\0')
		return NULL;
	buf_init(&line, RESULT_LINE_MAX + 8);
	text_line(&line, text, RESULT_LINE_MAX);
	return buf_take(&line, &len);
}

/* A long text is shown as its beginning and its end, which are the most useful parts, and the
 * number of bytes that were removed of `whole` bytes. They have at most `most` bytes. The two
 * arguments may be the same text. */
static void
put_ends(struct buf *out, const struct mcp_text *begin, const struct mcp_text *end, size_t whole,
	 size_t most)
{
	const char *head = begin->data, *tail = end->data;
	size_t shown = text_cut(head, begin->len, most / 2);
	size_t left_at = end->len - most / 3;
	bool lines = memchr(head, '\n', begin->len) != NULL || memchr(tail, '\n', end->len) != NULL;
	const char *at;

	while (((unsigned char)tail[left_at] & 0xC0) == 0x80)
		left_at++;
	if (lines) { /* cuts between lines, unless the lines are too long */
		at = memrchr(head, '\n', shown);
		shown = at != NULL && (size_t)(at - head) > most / 4 ? (size_t)(at - head) : shown;
		at = memchr(tail + left_at, '\n', end->len - left_at);
		left_at = at != NULL && (size_t)(at + 1 - tail) < end->len - most / 6
			    ? (size_t)(at + 1 - tail)
			    : left_at;
	}
	buf_add(out, head, shown);
	buf_puts(out, lines ? "\n[" : " [");
	text_number(out, whole - shown - (end->len - left_at));
	buf_puts(out, lines ? " bytes are left out here]\n" : " bytes are left out here] ");
	buf_add(out, tail + left_at, end->len - left_at);
}

/* The reason keeps its lines, because messages of SQL and tracebacks need them. */
static char *
why_of(const char *given, size_t most)
{
	size_t whole = given == NULL ? 0 : strlen(given);
	struct mcp_text begin = { .len = whole }, end = { .len = whole };
	struct buf room, room_end, out;
	bool more;
	char *why;

	buf_init(&room, whole * 3 + 64);
	buf_init(&room_end, whole * 3 + 64);
	buf_init(&out, most + 64);
	begin.data = text_prepare_start(&room, whole == 0 ? "" : given, &begin.len, TEXT_OTHERS,
					most, &more);
	if (more) {
		end.data = text_prepare_end(&room_end, given, &end.len, TEXT_OTHERS, most, &more);
		put_ends(&out, &begin, &end, whole, most);
	} else {
		while (begin.len > 0 && strchr("\n\t ", begin.data[begin.len - 1]) != NULL)
			begin.len--;
		if (begin.len <= most)
			buf_add(&out, begin.data, begin.len);
		else
			put_ends(&out, &begin, &begin, begin.len, most);
	}
	buf_fini(&room);
	buf_fini(&room_end);
	why = out.len > 0 ? buf_take(&out, NULL) : NULL;
	buf_fini(&out);
	return why;
}

static bool
known_reason(enum mcp_status status)
{
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
		if (statuses[i].status == status)
			return status != MCP_OK;
	return false;
}

/* Makes the failure the answer and drops earlier text. When there are several failures, the first
 * one counts. */
int
result_fail(struct result *result, const struct mcp_failure *failure)
{
	if (result->failed)
		return result->status;
	drop_contents(result);
	result->failed = true;
	result->status = known_reason(failure->status) ? failure->status : MCP_E_INTERNAL;
	result->what = result_line(failure->what);
	if (result->what == NULL)
		result->what = xstrdup("The call failed");
	result->why =
	    why_of(failure->why, result->limits.why > 0 ? result->limits.why : RESULT_WHY_MAX);
	result->next = result_line(failure->next);
	result->code = result_line(failure->code);
	result->request_id = result_line(failure->request_id);
	result->http_status = failure->http_status;
	result->retry_after_ms = failure->retry_after_ms > 0 ? failure->retry_after_ms : -1;
	result->missed = failure->missed;
	return result->status;
}

void
result_fail_text(struct result *result, enum mcp_status status, const char *what, const char *why,
		 const char *next)
{
	struct mcp_failure failure = { .size = sizeof(failure),
				       .status = status,
				       .what = what,
				       .why = why,
				       .next = next,
				       .retry_after_ms = -1 };

	result_fail(result, &failure);
}

int
result_defect(struct result *result, const char *format, ...)
{
	const char *plugin = result->limits.plugin;
	char what[128], why[512];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	snprintf(what, sizeof(what), "The plugin %s%smade a mistake", plugin != NULL ? plugin : "",
		 plugin != NULL ? " " : "");
	result_fail_text(result, MCP_E_INTERNAL, what, why,
			 "Report this to the maintainer of the plugin");
	return MCP_E_INTERNAL;
}

void
result_failure_text(const struct result *result, struct buf *out)
{
	buf_puts(out, result->what == NULL ? "The call failed" : result->what);
	if (result->why != NULL) {
		buf_putc(out, '\n');
		if (!result->own && strchr(result->why, '\n') != NULL)
			text_fence(out, result->why, strlen(result->why));
		else
			buf_puts(out, result->why);
	}
	if (result->next != NULL)
		buf_printf(out, "\n%s", result->next);
}

void
result_failure_json(const struct result *result, struct json *out)
{
	json_begin(out, '{');
	json_string(json_member(out, "status"), status_name(result->status));
	json_optional(out, "code", result->code);
	if (result->http_status > 0)
		json_number(json_member(out, "http_status"), result->http_status);
	json_optional(out, "request_id", result->request_id);
	json_boolean(json_member(out, "retryable"), status_retryable(result->status));
	if (result->retry_after_ms >= 0)
		json_number(json_member(out, "retry_after_s"),
			    (result->retry_after_ms + 999) / 1000);
	json_optional(out, "what", result->what);
	json_optional(out, "why", result->why);
	json_optional(out, "next", result->next);
	json_end(out);
}
