/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The four lists. What they hold depends on the revision and the caller's class only (see
 * policy/policy.h), so a whole list is kept there as the bytes of its result, and answering is a
 * copy.
 */
#include "era/lists.h"

#include <stdlib.h>
#include <string.h>

#include "era/cursor.h"
#include "era/inside.h"
#include "policy/policy.h"
#include "rpc/frame.h"

#define LIST_TTL_MS 60000

static void
send_page(struct request *request, enum row_kind kind, size_t start)
{
	struct eras *eras = request->eras;
	struct json *out = request_begin(request);
	size_t next = 0;

	registry_list(request->snapshot->registry, kind, request->revision, request_view(request),
		      start, eras->parts.page, out, &next);
	if (next != 0)
		cursor_seal(request, kind, next, out);
	request_end(request, &(struct wrap){ .type = "complete", .ttl_ms = LIST_TTL_MS });
}

static void
send_whole(struct request *request, enum row_kind kind)
{
	struct eras *eras = request->eras;
	struct buf *list = &request->class->list[kind][request->revision];
	struct json json;
	size_t next;

	if (list->len == 0) {
		json_start(&json, list);
		json_begin(&json, '{');
		registry_list(request->snapshot->registry, kind, request->revision,
			      request_view(request), 0, 0, &json, &next);
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
	    !cursor_open(request, kind, &start))
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
