/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists in the form of each protocol revision (MCP schema of the revision). Older clients get no
 * field that their revision does not have, because some reject a whole list because of one.
 */
#include <string.h>

#include "base/json.h"
#include "base/json_write.h"
#include "registry/registry.h"

/* Only the modern revision allows a root that is not an object. */
static bool
root_is_object(struct json_object *schema)
{
	const char *type = json_str(schema, "type");

	return type != NULL && strcmp(type, "object") == 0;
}

static bool
member_known(enum row_kind kind, const char *key, struct json_object *value, enum revision revision)
{
	if (strcmp(key, "title") == 0 || strcmp(key, "_meta") == 0)
		return revision >= REV_2025_06_18;
	if (strcmp(key, "icons") == 0)
		return revision >= REV_2025_11_25;
	if (kind == ROW_TOOL && strcmp(key, "annotations") == 0)
		return revision >= REV_2025_03_26;
	if (kind == ROW_TOOL && strcmp(key, "outputSchema") == 0)
		return revision >= REV_MODERN ||
		       (revision >= REV_2025_06_18 && root_is_object(value));
	return true;
}

/* The arguments of a prompt have titles too. */
static void
write_prompt_arguments(struct json *out, struct json_object *list, enum revision revision)
{
	json_begin(out, '[');
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object_iter member;

		json_begin(out, '{');
		json_object_object_foreachC(json_object_array_get_idx(list, i), member)
			if (member_known(ROW_PROMPT, member.key, member.val, revision))
				json_tree(json_member(out, member.key), member.val);
		json_end(out);
	}
	json_end(out);
}

static void
write_row(struct json *out, const struct row *row, enum revision revision)
{
	struct json_object_iter member;

	json_begin(out, '{');
	json_object_object_foreachC(row->json, member) {
		if (!member_known(row->kind, member.key, member.val, revision))
			continue;
		json_member(out, member.key);
		if (row->kind == ROW_PROMPT && strcmp(member.key, "arguments") == 0)
			write_prompt_arguments(out, member.val, revision);
		else
			json_tree(out, member.val);
	}
	json_end(out);
}

void
registry_list(const struct registry *registry, enum row_kind kind, enum revision revision,
	      const struct row_view *view, size_t start, size_t page, struct json *out,
	      size_t *next)
{
	static const char *const names[ROW_KINDS] = { "tools", "resources", "resourceTemplates",
						      "prompts", "completions" };
	const struct row *row;
	size_t shown = 0;

	*next = 0;
	json_begin(json_member(out, names[kind]), '[');
	for (size_t i = start; (row = registry_at(registry, kind, i)) != NULL; i++) {
		if (!row_seen(row, view))
			continue;
		if (page > 0 && shown == page) {
			*next = i;
			break;
		}
		write_row(out, row, revision);
		shown++;
	}
	json_end(out);
}
