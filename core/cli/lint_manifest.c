/* SPDX-License-Identifier: Apache-2.0 */
/* plugin lint: the manifest as operators and clients will see it. */
#include "cli/lint.h"

#include <json-c/json.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/findings.h"
#include "config/permission.h"
#include "module/manifest.h"
#include "registry/registry.h"
#include "registry/schema.h"
#include "utf8.h"

#define ROW_TEXT_MAX ((size_t)2 << 20)
#define SHORT_DESCRIPTION 10u /* characters that say nothing */
#define LEVELS_MAX 64	      /* deepest nesting; the gate does not allow more */

/* ---- characters that people do not see ------------------------------------------------------ */

static uint32_t
decoded(const char *text, int len)
{
	unsigned char first = (unsigned char)text[0];
	uint32_t c = len == 1 ? first : first & (0x7fu >> len);

	for (int i = 1; i < len; i++)
		c = c << 6 | ((unsigned char)text[i] & 0x3f);
	return c;
}

/* Controls, direction marks (UAX 9), characters of no width, tags and variation selectors: a reader
 * does not see them, but a model reads them. */
static bool
is_hidden(uint32_t c)
{
	return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0) || c == 0xad ||
	       c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	       (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

static void
check_text(struct findings *findings, const char *where, const char *key, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		int n = utf8_step(text, left);

		if (n <= 0)
			return; /* the gate has refused it */
		if (is_hidden(decoded(text, n))) {
			findings_add(findings, FIND_HIDDEN,
				     "%s: \"%.64s\" has the character U+%04X, which readers do "
				     "not see.",
				     where, key, (unsigned)decoded(text, n));
			return;
		}
		text += n;
		left -= (size_t)n;
	}
}

/* Each text below the value, and each key; `levels` bounds the recursion. */
static void
check_texts(struct findings *findings, const char *where, const char *key,
	    struct json_object *value, int levels)
{
	struct json_object_iter member;

	if (levels == 0)
		return;
	if (json_object_is_type(value, json_type_string)) {
		check_text(findings, where, key, json_object_get_string(value));
	} else if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreachC(value, member) {
			check_text(findings, where, "a key", member.key);
			check_texts(findings, where, member.key, member.val, levels - 1);
		}
	} else if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			check_texts(findings, where, key, json_object_array_get_idx(value, i),
				    levels - 1);
	}
}

/* ---- tools ---------------------------------------------------------------------------------- */

size_t
lint_tokens(struct json_object *tool)
{
	struct json_object_iter member;
	struct buf text;
	size_t bytes = 1; /* a brace; the other one is counted as a comma */

	buf_init(&text, ROW_TEXT_MAX);
	json_object_object_foreachC(tool, member) {
		if (strcmp(member.key, "lakehost") == 0)
			continue;
		buf_reset(&text);
		buf_json_tree(&text, member.val);
		bytes += strlen(member.key) + text.len + 4;
	}
	buf_fini(&text);
	return (bytes + 3) / 4;
}

static void
check_schema(struct findings *findings, const char *name, struct json_object *schema)
{
	struct json_object *properties = json_obj(schema, "properties");
	struct json_object *others = json_get(schema, "additionalProperties");
	struct json_object_iter member;
	struct buf list;

	if (!json_object_is_type(others, json_type_boolean) || json_object_get_boolean(others))
		findings_add(findings, FIND_OPEN_SCHEMA,
			     "%s: the inputSchema accepts arguments that the schema does not name.",
			     name);
	if (properties == NULL)
		return;
	buf_init_keeping(&list, 256);
	json_object_object_foreachC(properties, member) {
		if (json_str(member.val, "description") == NULL &&
		    json_get(member.val, "$ref") == NULL)
			buf_printf(&list, "%s%.64s", list.len > 0 ? ", " : "", member.key);
	}
	if (list.len > 0)
		findings_add(findings, FIND_ARGUMENT, "%s: there is no description of %s.", name,
			     list.data);
	buf_fini(&list);
}

/* Does a request of a tool that reads change something? POST is often used for queries. */
static bool
changes(const char *request)
{
	return strncmp(request, "PUT ", 4) == 0 || strncmp(request, "PATCH ", 6) == 0 ||
	       strncmp(request, "DELETE ", 7) == 0;
}

static void
check_access(struct findings *findings, const char *name, struct json_object *tool)
{
	struct json_object *host = json_obj(tool, "lakehost");
	struct json_object *requests = json_arr(host, "requests");
	const char *access = json_str(host, "access");

	if (access == NULL || strcmp(access, "read") != 0)
		return;
	if (json_flag(json_obj(tool, "annotations"), "destructiveHint", false))
		findings_add(findings, FIND_HINT,
			     "%s: the tool only reads, but has destructiveHint true.", name);
	for (size_t i = 0; requests != NULL && i < json_object_array_length(requests); i++) {
		const char *request =
		    json_object_get_string(json_object_array_get_idx(requests, i));

		if (request != NULL && changes(request))
			findings_add(findings, FIND_METHOD,
				     "%s: the access is \"read\", but the tool sends %.100s.", name,
				     request);
	}
}

static size_t
check_tool(struct findings *findings, struct json_object *tool)
{
	const char *name = json_str(tool, "name"), *text = json_str(tool, "description");
	size_t tokens = lint_tokens(tool);

	if (name == NULL)
		return tokens; /* the rows are refused for this */
	if (text == NULL || strlen(text) < SHORT_DESCRIPTION)
		findings_add(findings, FIND_DESCRIPTION, "%s: the description says almost nothing.",
			     name);
	check_schema(findings, name, json_obj(tool, "inputSchema"));
	check_access(findings, name, tool);
	if (tokens > LINT_TOOL_TOKENS)
		findings_add(
		    findings, FIND_TOKENS,
		    "%s: the tool takes about %zu tokens of each model's context; more than %u "
		    "is much for a tool.",
		    name, tokens, LINT_TOOL_TOKENS);
	return tokens;
}

static void
check_tools(struct findings *findings, struct json_object *manifest)
{
	struct json_object *tools = json_arr(manifest, "tools");
	size_t tokens = 0;

	for (size_t i = 0; tools != NULL && i < json_object_array_length(tools); i++)
		tokens += check_tool(findings, json_object_array_get_idx(tools, i));
	if (tokens > LINT_TOOLS_TOKENS)
		findings_add(
		    findings, FIND_TOKENS,
		    "All tools of the plugin together take about %zu tokens of each model's "
		    "context; more than %u is much for a plugin.",
		    tokens, LINT_TOOLS_TOKENS);
}

/* ---- what the host checks when it loads the plugin ------------------------------------------ */

static void
row_refused(void *data, size_t source, const char *why)
{
	(void)source;
	findings_add(data, FIND_ROW, "%s.", why);
}

/* Two segments that can be anything are too much to say yes to. */
static bool
is_wide(const char *permission)
{
	const char *path = strchr(permission, '/');

	return path != NULL && (strcmp(path, "/*") == 0 || strcmp(path, "/api/*") == 0);
}

static void
check_permissions(struct findings *findings, struct json_object *head)
{
	struct json_object *list = json_arr(head, "permissions");

	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
		const char *permission = json_object_get_string(json_object_array_get_idx(list, i));
		const char *why = permission_check(permission);

		if (why != NULL)
			findings_add(findings, FIND_PERMISSION, "\"%.100s\": %s.", permission, why);
		else if (is_wide(permission))
			findings_add(findings, FIND_PERMISSION_WIDE,
				     "\"%.100s\" allows all of the service.", permission);
	}
}

static void
check_as_loaded(struct findings *findings, struct json_object *manifest)
{
	struct json_object *head = json_obj(manifest, "plugin");
	struct registry_source source = { .plugin_name = json_str(head, "name"),
					  .manifest = manifest };
	struct schema *schema;
	char why[256];

	check_permissions(findings, head);
	schema = schema_compile(json_obj(head, "options"), why, sizeof(why));
	if (schema == NULL)
		findings_add(findings, FIND_OPTIONS, "The schema of the options is not valid: %s.",
			     why);
	schema_free(schema);
	registry_free(registry_new(&source, 1, row_refused, findings));
}

void
lint_manifest(struct findings *findings, struct json_object *manifest)
{
	check_texts(findings, "plugin", "plugin", json_obj(manifest, "plugin"), LEVELS_MAX);
	for (size_t kind = 0; kind < MANIFEST_KINDS; kind++) {
		struct json_object *rows = json_arr(manifest, manifest_kinds[kind]);

		for (size_t i = 0; rows != NULL && i < json_object_array_length(rows); i++) {
			struct json_object *row = json_object_array_get_idx(rows, i);
			char name[256];

			manifest_row_name(row, name, sizeof(name));
			check_texts(findings, name, "row", row, LEVELS_MAX);
		}
	}
	check_as_loaded(findings, manifest);
	check_tools(findings, manifest);
}
