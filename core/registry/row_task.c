/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The member `task` of a tool's `lakehost`: whether its operation may be a task of the extension
 * io.modelcontextprotocol/tasks ("never", "may", "must"), and names of two tools that the host
 * publishes for the operation. One shows its result or how far it is, the other stops it; both get
 * the handle that the tool's answer named. So a vendor need not write them.
 */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/json.h"
#include "base/mem.h"
#include "registry/row.h"

#define TITLE_MAX 256u
#define DESCRIPTION_MAX 512u
#define WAIT_MAX 50 /* as a tool's wait_s */

static const struct {
	const char *key;   /* of `task` */
	const char *title; /* before the tool's */
	/* the description is: this text, the name of the tool, and the text that follows */
	const char *does;
	const char * or ; /* and behind it */
	bool reads;
} parts[] = {
	[ROW_RESULT] = { "result", "Result of: ", "Shows the result of", ", or its progress",
			 true },
	[ROW_CANCEL] = { "cancel", "Stop: ", "Stops", "", false },
};

const char *
row_task_name(const struct row *tool, enum row_part part)
{
	return part == ROW_WHOLE ? NULL : json_str(json_obj(tool->meta, "task"), parts[part].key);
}

/* ---- the rules ------------------------------------------------------------------------------ */

/* `task` is the mode alone, or an object with it. */
static bool
init_mode(struct row *row, struct json_object *task, struct row_fault *fault)
{
	static const char *const modes[] = { "may", "never", "must" }; /* by enum row_task */
	struct json_object *value =
	    json_object_is_type(task, json_type_object) ? json_get(task, "mode") : task;
	const char *mode =
	    json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;

	if (value == NULL)
		return true;
	for (size_t i = 0; mode != NULL && i < ARRAY_SIZE(modes); i++)
		if (strcmp(mode, modes[i]) == 0) {
			row->task = (enum row_task)i;
			return true;
		}
	return row_fault(fault, "lakehost.task: must be never, may or must");
}

static bool
check_names(const struct row *row, struct json_object *task, struct row_fault *fault)
{
	static const char *const known[] = { "mode", "result", "cancel", NULL };
	const char *unknown = row_unknown_member(task, known);
	const char *result = row_task_name(row, ROW_RESULT);
	const char *cancel = row_task_name(row, ROW_CANCEL);

	if (unknown != NULL)
		return row_fault(fault, "lakehost.task.%.40s: is not a known member", unknown);
	if (result == NULL && (json_get(task, "result") != NULL || json_get(task, "mode") == NULL))
		return row_fault(fault, "lakehost.task.result: must be a name");
	if (cancel == NULL && json_get(task, "cancel") != NULL)
		return row_fault(fault, "lakehost.task.cancel: must be a name");
	if (cancel != NULL && result == NULL)
		return row_fault(fault, "lakehost.task.cancel: needs lakehost.task.result");
	return true;
}

bool
row_task_init(struct row *row, struct row_fault *fault)
{
	struct json_object *task = json_get(row->meta, "task");
	const bool reveals = json_get(row->meta, "reveals") != NULL;

	if (reveals)
		/* the text of such a tool is shown only once, to its caller */
		row->task = ROW_TASK_NEVER;
	if (task == NULL)
		return true;
	if (!json_object_is_type(task, json_type_object) &&
	    !json_object_is_type(task, json_type_string))
		return row_fault(fault, "lakehost.task: must be a string or an object");
	if (reveals)
		return row_fault(fault,
				 "lakehost.task: is not allowed together with lakehost.reveals");
	return init_mode(row, task, fault) &&
	       (json_object_is_type(task, json_type_string) || check_names(row, task, fault));
}

/* ---- the rows ------------------------------------------------------------------------------- */

static void
add_text(struct json_object *to, const char *key, const char *text)
{
	json_object_object_add(to, key, json_object_new_string(text));
}

static struct json_object *
add_object(struct json_object *to, const char *key)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(to, key, object);
	return object;
}

static void
share(struct json_object *to, const char *key, struct json_object *from)
{
	struct json_object *value = json_get(from, key);

	if (value != NULL)
		json_object_object_add(to, key, json_object_get(value));
}

/* Makes the schema: the handle, and for the result the time to wait for it and the format. */
static void
add_schema(struct json_object *json, const struct row *tool, enum row_part part)
{
	struct json_object *schema = add_object(json, "inputSchema"), *properties, *property;
	struct json_object *own = json_obj(json_obj(tool->json, "inputSchema"), "properties");
	struct json_object *required = json_object_new_array();

	add_text(schema, "type", "object");
	properties = add_object(schema, "properties");
	property = add_object(properties, "handle");
	add_text(property, "type", "string");
	add_text(property, "description", "The whole handle, as the answer shows it.");
	if (part == ROW_RESULT) {
		property = add_object(properties, "wait_s");
		add_text(property, "type", "integer");
		add_text(property, "description",
			 "Seconds to wait for the end of the operation; "
			 "0: do not wait.");
		json_object_object_add(property, "minimum", json_object_new_int(0));
		json_object_object_add(property, "maximum", json_object_new_int(WAIT_MAX));
		share(properties, "format", own);
		share(properties, "cell_chars", own);
	}
	json_object_array_add(required, json_object_new_string("handle"));
	json_object_object_add(schema, "required", required);
	json_object_object_add(schema, "additionalProperties", json_object_new_boolean(false));
}

static void
add_annotations(struct json_object *json, enum row_part part)
{
	struct json_object *hints = add_object(json, "annotations");

	json_object_object_add(hints, "readOnlyHint", json_object_new_boolean(parts[part].reads));
	if (!parts[part].reads)
		json_object_object_add(hints, "idempotentHint", json_object_new_boolean(true));
}

static struct json_object *
task_json(const struct row *tool, enum row_part part)
{
	struct json_object *json = json_object_new_object(), *meta;
	const char *title = json_str(tool->json, "title");
	char text[DESCRIPTION_MAX];

	add_text(json, "name", row_task_name(tool, part));
	snprintf(text, TITLE_MAX, "%s%s", parts[part].title, title != NULL ? title : tool->name);
	add_text(json, "title", text);
	snprintf(text, sizeof(text),
		 "%s the operation that %s started%s. Needs the handle from the answer of %s.",
		 parts[part].does, tool->name, parts[part].or, tool->name);
	add_text(json, "description", text);
	add_schema(json, tool, part);
	if (part == ROW_RESULT)
		share(json, "outputSchema", tool->json);
	add_annotations(json, part);
	meta = add_object(json, "lakehost");
	add_text(meta, "access", parts[part].reads ? "read" : "write");
	share(meta, "inline", tool->meta);
	if (part == ROW_RESULT)
		share(meta, "wait_s", tool->meta);
	return json;
}

/* A principal that may start the operation may also look at it and stop it. by-sql was decided at
 * the start. */
bool
row_task(const struct row *tool, enum row_part part, const struct registry_source *source,
	 struct row_fault *fault, struct row **row)
{
	struct json_object *json;
	char why[256];

	CHECK(tool->kind == ROW_TOOL && part != ROW_WHOLE);
	*row = NULL;
	if (row_task_name(tool, part) == NULL)
		return true;
	json = task_json(tool, part);
	*row = row_new(ROW_TOOL, source, tool->index, json, fault);
	json_object_put(json);
	if (*row == NULL) {
		snprintf(why, sizeof(why), "%.200s", fault->text);
		return row_fault(fault, "lakehost.task.%s: %s", parts[part].key, why);
	}
	(*row)->tool = tool;
	(*row)->part = part;
	(*row)->access = tool->access;
	(*row)->task = ROW_TASK_NEVER; /* the handle is already what a client continues with */
	return true;
}
