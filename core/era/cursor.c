/* SPDX-License-Identifier: Apache-2.0 */
#include "era/cursor.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/json_write.h"
#include "base/seal.h"
#include "config/config.h"
#include "era/inside.h"
#include "era/request.h"

#define CURSOR_PURPOSE "cursor"

/* A cursor has the start of a page and the name of its list, so it is valid only for that list. */
struct cursor {
	uint8_t kind, access, reserved[2];
	uint32_t start;
};

bool
cursor_open(const struct request *request, enum row_kind kind, size_t *start)
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
		ok = cursor.kind == kind && cursor.access == principal_reach(&request->principal);
	}
	buf_fini(&payload);
	return ok;
}

void
cursor_seal(const struct request *request, enum row_kind kind, size_t start, struct json *out)
{
	const struct cursor cursor = { .kind = (uint8_t)kind,
				       .access = (uint8_t)principal_reach(&request->principal),
				       .start = (uint32_t)start };
	struct buf text;

	buf_init(&text, LIMIT_HANDLE);
	seal(request->eras->parts.sealer, CURSOR_PURPOSE, request->principal.name, 0, &cursor,
	     sizeof(cursor), &text);
	json_text(json_member(out, "nextCursor"), text.data, text.len);
	buf_fini(&text);
}
