/* SPDX-License-Identifier: Apache-2.0 */
/* The registry: one immutable snapshot of everything that can be called or read, from all plugins.
 * Rows are found by name, alias or URI, and listed page by page. A client sees only texts of the
 * manifests, never texts from a plugin's code. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_REGISTRY_REGISTRY_H
#define CORE_REGISTRY_REGISTRY_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

struct buf;
struct json;
struct provider;
struct schema;
struct sealer;

/* The part of a tool that a row runs: the whole tool, or a part of its operation that the host
 * publishes as a tool of its own. */
enum row_part { ROW_WHOLE, ROW_RESULT, ROW_CANCEL };

/* May the operation of a tool become a task (MCP extension io.modelcontextprotocol/tasks)? MUST: it
 * is refused for clients that do not declare the extension. */
enum row_task { ROW_TASK_MAY, ROW_TASK_NEVER, ROW_TASK_MUST };

enum row_kind { ROW_TOOL, ROW_RESOURCE, ROW_TEMPLATE, ROW_PROMPT, ROW_COMPLETION, ROW_KINDS };

/* Protocol revisions, oldest first. */
enum revision { REV_2024_11_05, REV_2025_03_26, REV_2025_06_18, REV_2025_11_25, REV_2026_07_28 };
#define REVISIONS 5
#define REV_LEGACY_NEWEST REV_2025_11_25
#define REV_MODERN REV_2026_07_28
const char *revision_name(enum revision revision);
bool revision_parse(const char *name, enum revision *revision);

/* An argument that a header Mcp-Param-NAME repeats (MCP 2026-07-28, "x-mcp-header"). */
struct param_header {
	char *name;  /* as annotated */
	char **path; /* property names from the root, NULL-terminated */
	enum { PARAM_STRING, PARAM_INTEGER, PARAM_BOOLEAN } type;
};

/* One row of a manifest. Immutable. */
struct row {
	enum row_kind kind;
	size_t place;			 /* registry_at(kind, place) is this row */
	const struct provider *provider; /* the plugin that runs it; NULL: a prompt that is only
					  * text */
	const char *owner; /* the name of that plugin, or the file of the prompt; borrowed */
	/* the number of the row in the plugin's manifest, within its kind */
	unsigned index;
	/* name of a tool, prompt, resource or template; "" for a completion */
	char *name;
	char *uri;		  /* for a resource its URI; for a template its pattern */
	char *mime;		  /* the MIME type of resources and templates, or NULL */
	struct json_object *json; /* the row as clients see it, without the `lakehost` member */
	struct schema *input;	  /* schema of the arguments of a tool; NULL for other kinds */
	struct schema *output;	  /* schema of the result, for tools that declare one */
	struct param_header *params;
	size_t n_params;
	enum access access;
	bool by_sql;	/* the access depends on the statement */
	unsigned cost;	/* what a call may spend: COST() bits of base/cost.h */
	bool is_inline; /* no step blocks, so all steps run on the loop thread */
	/* the reply to a GET request of the row may be that old; 0: each call sends its own ones */
	uint32_t ttl_ms;
	struct json_object *meta; /* the complete `lakehost` member, or NULL */
	enum row_task task;	  /* whether tools that are operations can be tasks */
	/* the part of `tool` that this row is; ROW_WHOLE: a complete tool */
	enum row_part part;
	const struct row *tool; /* a resource or template published from a tool: that tool; its
				   variables are the tool's arguments. A tool published for the
				   operation of another one: that one. It has the code. */
	/* for a completion: */
	char *ref_name; /* the prompt's name, or the template's pattern */
	bool ref_prompt;
	char *argument;
};

struct registry;

/* The rows that a caller may see: those within `access` that are not hidden. */
struct row_view {
	enum access access;
	const unsigned char *hidden[ROW_KINDS]; /* by `place`, 1: hidden; NULL: no row is */
};
/* The view that depends on access alone. Static. */
const struct row_view *row_view_of(enum access access);

static inline bool
row_seen(const struct row *row, const struct row_view *view)
{
	return row->access <= view->access &&
	       (view->hidden[row->kind] == NULL || view->hidden[row->kind][row->place] == 0);
}

/*
 * Builds the snapshot. `list` holds the manifests in publishing order. A row that breaks a rule
 * refuses its whole plugin: reported through `refuse`, the others stay. The rules:
 * - names of tools and prompts are [a-z0-9_]+, of bounded length; no name, alias or URI is taken;
 * - members that no one knows are errors, in rows and in `lakehost`, as misspellings of others;
 * - schemas are within the subset of schema.h, an inputSchema is of type object;
 * - variables of `lakehost.resource` are properties, those in its path required, and no other
 *   property is; only a tool of access read has one;
 * - access agrees with annotations: read has readOnlyHint, write and by-sql do not;
 * - x-mcp-header is a token, once, on a string, integer or boolean reached through properties;
 * - what `scope`, `redact`, `times` and `argument_aliases` name are properties;
 * - only a tool of access admin reveals.
 *
 * The member `lakehost` of a tool: access (read, write, admin, by-sql), inline, wait_s, scope
 * {what: argument} (what: sql, catalog, schema, table, path, secret_scope, warehouse, cluster,
 * job, or a name in reveals: the policy compares the argument with its lists), redact [argument]
 * (its values are not shown in messages, and from eight bytes on masked everywhere), reveals (it
 * is there to show secrets: its text is not masked; true, or {what of `scope`: the option of the
 * plugin that lists which of them may be shown, as texts, "*" for all}), resource (URI or
 * template), mime (of it), aliases
 * [tool name], uri_aliases [URI or template], argument_aliases {other spelling: argument}, times
 * [argument] (the caller may say ISO 8601 or -24h, the handler gets milliseconds since 1970),
 * cost [what a call may spend: names of base/cost.h],
 * workspaces (the host has added the argument `workspace`), former (a name that leads to it too,
 * unless another row has it; the host sets it where the operator renames), requests
 * [permission] (those without which it cannot work), withheld (it is not offered; the host sets it
 * where one of them was taken away), task ("never", "may" or "must",
 * see enum row_task; or {mode: one of these, result: tool name, cancel: tool name}: the host
 * publishes these tools for the tool's operation, and cancel may be left out). Of
 * a resource or template: access, inline, uri_aliases. Of a prompt: inline, aliases, former; of one
 * without a plugin: messages [{role, text}]. Of a completion: inline.
 */
struct registry_source {
	const struct provider *provider;
	const char *plugin_name;
	/* the manifest, as in the note of <lakehost/plugin.h>; borrowed */
	struct json_object *manifest;
	/* plugins.name_length: the longest tool name; 35 by default */
	unsigned name_length;
	bool text; /* a prompt that is only text and has no plugin */
};
#define REGISTRY_NAME_LENGTH 35u /* the value that is used when name_length is 0 */
#define REGISTRY_ALIAS_MAX 128u	 /* most bytes of an alias */
#define REGISTRY_URI_MAX 1024u	 /* most bytes of a URI or template */
struct registry *registry_new(const struct registry_source *list, size_t n,
			      void (*refuse)(void *data, size_t source, const char *why),
			      void *data);
void registry_free(struct registry *registry);

/* Finds rows; NULL when unknown. An alias of a tool leads to its row here, before any other check.
 * Rows that the view does not have are not found. */
const struct row *registry_tool(const struct registry *registry, const char *name,
				const struct row_view *view);
const struct row *registry_prompt(const struct registry *registry, const char *name,
				  const struct row_view *view);
/* Finds the row for a URI: static resources first, then templates, beginning with the most specific
 * one. `arguments` receives the decoded variables as a new object, or NULL when there are no
 * variables. A variable becomes an integer or boolean where the tool's schema needs one and the
 * text is valid. */
const struct row *registry_resource(const struct registry *registry, const char *uri,
				    const struct row_view *view, struct json_object **arguments);
/* True when the reference names an existing prompt or template; `row` may still be NULL (no
 * completion for that argument: an empty answer). `target`: the prompt, resource or template. */
bool registry_completion(const struct registry *registry, bool prompt, const char *ref,
			 const char *argument, const struct row_view *view,
			 const struct row **target, const struct row **row);
size_t registry_count(const struct registry *registry, enum row_kind kind,
		      const struct row_view *view);
const struct row *registry_at(const struct registry *registry, enum row_kind kind, size_t i);

/* Finds the names of rows that an unknown name was probably meant to be, the most similar one
 * first. Returns their number. */
#define REGISTRY_NEAR_MAX 3u
size_t registry_near(const struct registry *registry, enum row_kind kind, const char *name,
		     const struct row_view *view, const char *found[REGISTRY_NEAR_MAX]);

/* The name of the tool that the host publishes for this part of the tool's operation, or NULL. */
const char *row_task_name(const struct row *tool, enum row_part part);
/* Renames arguments by the row's `argument_aliases`; fails with `why` when both spellings are
 * given. */
bool row_rename_arguments(const struct row *row, struct json_object *arguments, struct buf *why);
/* Converts the arguments of a client to those of the handler: renames them, removes arguments that
 * clients are known to add, converts and checks the others (schema_prepare). `notes` receives one
 * line for each change that the caller must know, `why` one line for each fault. */
bool row_take_arguments(const struct row *row, struct json_object *arguments, struct buf *notes,
			struct buf *why);
/* Converts the arguments of a prompt to texts: a number becomes text with the client's digits, null
 * is removed. */
void row_take_texts(struct json_object *arguments);

/*
 * Writes the member `"tools":[…]` (or resources, resourceTemplates, prompts) of one page in the
 * form of `revision`, without fields that the revision does not have. `start` is the offset of the
 * page, `*next` the offset of the next one or 0. A page has `page` rows (0: all).
 */
void registry_list(const struct registry *registry, enum row_kind kind, enum revision revision,
		   const struct row_view *view, size_t start, size_t page, struct json *out,
		   size_t *next);

#endif
