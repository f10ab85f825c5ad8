/* SPDX-License-Identifier: Apache-2.0 */
/* The revision that added each feature: see the "Key Changes" page of each revision of the
 * specification. */
#include "era/downgrade.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/json_write.h"
#include "run/result.h"
#include "era/request.h"

static void
write_text_block(struct json *out, const char *text)
{
	json_begin(out, '{');
	json_string(json_member(out, "type"), "text");
	json_string(json_member(out, "text"), text);
	json_end(out);
}

void
downgrade_block(struct json *out, const struct result_block *block, enum revision revision)
{
	if (block->kind == BLOCK_LINK && revision < REV_2025_06_18)
		write_text_block(out, block->uri);
	else if (block->kind == BLOCK_AUDIO && revision < REV_2025_03_26)
		write_text_block(out,
				 "[audio, which this client's protocol revision cannot carry]");
	else
		json_raw(out, block->json, block->json_len);
}

bool
downgrade_structured(const struct buf *structured, enum revision revision)
{
	const char *text = structured->data;

	if (structured->len == 0 || revision < REV_2025_06_18)
		return false;
	return revision >= REV_MODERN || text[strspn(text, " \t\r\n")] == '{';
}

void
downgrade_question(struct json_object *params, enum revision revision, const char *id)
{
	const char *mode = json_str(params, "mode");

	if (mode == NULL)
		return;
	if (strcmp(mode, "url") == 0) {
		if (json_get(params, "elicitationId") == NULL)
			json_object_object_add(params, "elicitationId", json_object_new_string(id));
	} else if (revision < REV_2025_11_25) {
		json_object_object_del(params, "mode"); /* these revisions have no other kind */
	}
}
