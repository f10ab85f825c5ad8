/* SPDX-License-Identifier: Apache-2.0 */
/* Converts the arguments of a call from the client's form to the handler's form. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/json.h"
#include "base/mem.h"
#include "registry/registry.h"
#include "registry/schema.h"

/*
 * Arguments that clients add, although no schema declares them:
 * - wait_for_previous: scheduling of Gemini CLI (google-gemini/gemini-cli issue 27403);
 * - toolCallId, and with it sessionId, action, chatInput and tool: context of n8n's agent
 *   (n8n-io/n8n issues 21500 and 21716, sansan0/TrendRadar issue 768);
 * - random_string: Cursor adds it for tools without arguments.
 * sessionId, action and tool could have another meaning. They are removed only when toolCallId or
 * chatInput is there too. */
static const char *const added_always[] = { "wait_for_previous", "toolCallId", "chatInput" };
static const char *const added_with[] = { "sessionId", "action", "tool" };
#define ADDED_ALONE "random_string"

static bool
has(struct json_object *object, const char *name)
{
	return json_object_object_get_ex(object, name, NULL);
}

static void
drop(const struct row *row, struct json_object *arguments, const char *name)
{
	if (has(arguments, name) &&
	    !has(json_obj(json_obj(row->json, "inputSchema"), "properties"), name))
		json_object_object_del(arguments, name);
}

static void
drop_added(const struct row *row, struct json_object *arguments)
{
	struct json_object *required;
	const bool context = has(arguments, "toolCallId") || has(arguments, "chatInput");

	for (size_t i = 0; context && i < ARRAY_SIZE(added_with); i++)
		drop(row, arguments, added_with[i]);
	for (size_t i = 0; i < ARRAY_SIZE(added_always); i++)
		drop(row, arguments, added_always[i]);
	if (!has(arguments, ADDED_ALONE))
		return;
	required = json_arr(json_obj(row->json, "inputSchema"), "required");
	if (required == NULL || json_object_array_length(required) == 0)
		drop(row, arguments, ADDED_ALONE);
}

bool
row_rename_arguments(const struct row *row, struct json_object *arguments, struct buf *why)
{
	struct json_object *aliases = json_obj(row->meta, "argument_aliases");
	struct json_object_iter member;
	bool ok = true;

	if (aliases == NULL)
		return true;
	json_object_object_foreachC(aliases, member) {
		const char *name = json_object_get_string(member.val);
		struct json_object *value, *own;

		if (!json_object_object_get_ex(arguments, member.key, &value))
			continue;
		if (json_object_object_get_ex(arguments, name, &own) && own != NULL &&
		    value != NULL) {
			buf_printf(why,
				   "%s\"%s\" and \"%s\" are the same argument: use one of "
				   "them",
				   why->len > 0 ? "\n" : "", name, member.key);
			ok = false;
		} else if (value != NULL || !has(arguments, name)) {
			json_object_object_add(arguments, name, json_object_get(value));
		}
		json_object_object_del(arguments, member.key);
	}
	return ok;
}

bool
row_take_arguments(const struct row *row, struct json_object *arguments, struct buf *notes,
		   struct buf *why)
{
	bool ok = row_rename_arguments(row, arguments, why);
	struct buf more;

	CHECK(row->kind == ROW_TOOL && row->input != NULL);
	drop_added(row, arguments);
	buf_init_keeping(&more, why->cap);
	if (!schema_prepare(row->input, arguments, notes, &more)) {
		buf_printf(why, "%s%s", why->len > 0 ? "\n" : "", more.data);
		ok = false;
	}
	buf_fini(&more);
	return ok;
}

void
row_take_texts(struct json_object *arguments)
{
	json_object_object_foreach(arguments, key, value) {
		enum json_type type = json_object_get_type(value);

		if (value == NULL)
			json_object_object_del(arguments, key);
		else if (type == json_type_int || type == json_type_double)
			json_object_object_add(arguments, key,
					       json_object_new_string(
						   json_object_to_json_string(value)));
	}
}
