/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The four lists. What they hold depends on the revision and the caller's access only, so a whole
 * list is kept as the bytes of its result, and answering is a copy. Cursors are sealed offsets.
 */
#include <stdlib.h>
#include <string.h>

#include "base/seal.h"
#include "config/config.h"
#include "era/eras.h"
#include "rpc/frame.h"

#define LIST_TTL_MS 60000
#define CURSOR_PURPOSE "cursor"

/* Where a page starts, and for which list: a cursor fits no other one. */
struct cursor {
	uint8_t kind, access, reserved[2];
	uint32_t start;
};

static bool
cursor_read(struct request *request, enum row_kind kind, size_t *start)
{
	const char *text = json_str(request->message.params, "cursor");
	struct cursor cursor;
	struct buf payload;
	size_t len = text == NULL ? 0 : strlen(text);
	bool ok;

	if (text == NULL || len > LIMIT_HANDLE)
		return false;
	buf_init(&payload, LIMIT_HANDLE);
	ok = unseal(request->eras->parts.sealer, CURSOR_PURPOSE, request->principal.name, text, len,
		    &payload) &&
	     payload.len == sizeof(cursor);
	if (ok) {
		memcpy(&cursor, payload.data, sizeof(cursor));
		*start = cursor.start;
		ok = cursor.kind == kind && cursor.access == request->principal.access;
	}
	buf_fini(&payload);
	return ok;
}

static void
cursor_write(const struct request *request, enum row_kind kind, size_t start, struct json *out)
{
	const struct cursor cursor = { .kind = (uint8_t)kind,
				       .access = (uint8_t)request->principal.access,
				       .start = (uint32_t)start };
	struct buf text;

	buf_init(&text, LIMIT_HANDLE);
	seal(request->eras->parts.sealer, CURSOR_PURPOSE, request->principal.name, 0, &cursor,
	     sizeof(cursor), &text);
	json_text(json_member(out, "nextCursor"), text.data, text.len);
	buf_fini(&text);
}

static void
send_page(struct request *request, enum row_kind kind, size_t start)
{
	struct eras *eras = request->eras;
	struct json *out = request_begin(request);
	size_t next = 0;

	registry_list(eras->parts.registry, kind, request->revision, request->principal.access,
		      start, eras->parts.page, out, &next);
	if (next != 0)
		cursor_write(request, kind, next, out);
	request_end(request, &(struct wrap){ .type = "complete", .ttl_ms = LIST_TTL_MS });
}

static void
send_whole(struct request *request, enum row_kind kind)
{
	struct eras *eras = request->eras;
	struct buf *list = &eras->lists[kind][request->revision][request->principal.access];
	struct json json;
	size_t next;

	if (list->len == 0) {
		json_start(&json, list);
		json_begin(&json, '{');
		registry_list(eras->parts.registry, kind, request->revision,
			      request->principal.access, 0, 0, &json, &next);
		request->era->wrap_result(request, &json,
					  &(struct wrap){ .type = "complete",
							  .ttl_ms = LIST_TTL_MS });
		json_end(&json);
	}
	buf_reset(&eras->out);
	rpc_begin_result(&json, &eras->out, request->message.id);
	json_raw(&json, list->data, list->len);
	json_end(&json);
	request_send(request, 200);
}

static void
list(struct request *request, enum row_kind kind)
{
	size_t start = 0;

	if (json_object_object_get_ex(request->message.params, "cursor", NULL) &&
	    !cursor_read(request, kind, &start))
		request_error(request, RPC_INVALID_PARAMS, NULL,
			      "params.cursor is not valid for this "
			      "list: leave it out to start from the beginning");
	else if (request->eras->parts.page == 0 && start == 0)
		send_whole(request, kind);
	else
		send_page(request, kind, start);
}

void
tools_list(struct request *request)
{
	list(request, ROW_TOOL);
}

void
prompts_list(struct request *request)
{
	list(request, ROW_PROMPT);
}

void
resources_list(struct request *request)
{
	list(request, ROW_RESOURCE);
}

void
templates_list(struct request *request)
{
	list(request, ROW_TEMPLATE);
}
