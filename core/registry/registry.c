/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the snapshot. The rows of a plugin are made and checked as a whole before any of them is
 * added: its names must be free, and its completions must refer to its own rows. */
#include "registry/registry.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/uri.h"
#include "registry/row.h"

#define WHY_MAX 512u

struct rows {
	struct row **item;
	size_t count, room;
};

struct pattern_entry {
	const char *pattern;
	const struct row *row;
};

struct registry {
	struct rows kind[ROW_KINDS];
	/* tools by name; the names are strings within the rows */
	struct lh_table *tools, *prompts;
	struct lh_table *uris;		/* static URIs, and patterns as they are written */
	struct pattern_entry *patterns; /* templates in the order in which they are tried */
	size_t n_patterns;
};

/* A plugin whose rows are being added. */
struct draft {
	struct registry *registry;
	const struct registry_source *source;
	struct rows rows;
	struct row_fault fault;
};

static void
rows_add(struct rows *rows, struct row *row)
{
	if (rows->count == rows->room) {
		rows->room = rows->room > 0 ? rows->room * 2 : 16;
		rows->item = xrealloc(rows->item, rows->room * sizeof(struct row *));
	}
	rows->item[rows->count++] = row;
}

/* ---- names ----------------------------------------------------------------------------------- */

static const struct row *
table_find(struct lh_table *table, const char *name)
{
	void *row = NULL;

	return lh_table_lookup_ex(table, name, &row) ? row : NULL;
}

/* Inserts name -> row for all names of a row, or removes those that lead to it. */
struct name_walk {
	bool (*fn)(struct lh_table *table, const char *name, struct row *row);
	struct row *row;
	const char *taken;	/* where fn refused, */
	struct lh_table *table; /* the table of names in which it is inserted */
};

static bool
name_insert(struct lh_table *table, const char *name, struct row *row)
{
	return table_find(table, name) == NULL && lh_table_insert(table, name, row) == 0;
}

static bool
name_delete(struct lh_table *table, const char *name, struct row *row)
{
	if (table_find(table, name) == row)
		lh_table_delete(table, name);
	return true;
}

static bool
walk_one(struct name_walk *walk, struct lh_table *table, const char *name)
{
	if (walk->fn(table, name, walk->row))
		return true;
	walk->taken = name;
	walk->table = table;
	return false;
}

static bool
walk_list(struct name_walk *walk, struct lh_table *table, const char *key)
{
	struct json_object *list = json_arr(walk->row->meta, key);

	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++)
		if (!walk_one(walk, table, row_string_at(list, i)))
			return false;
	return true;
}

/* Calls walk->fn for each name of the row. */
static bool
walk_names(const struct registry *registry, struct name_walk *walk)
{
	const struct row *row = walk->row;

	switch (row->kind) {
	case ROW_TOOL:
		return walk_one(walk, registry->tools, row->name) &&
		       walk_list(walk, registry->tools, "aliases");
	case ROW_PROMPT:
		return walk_one(walk, registry->prompts, row->name) &&
		       walk_list(walk, registry->prompts, "aliases");
	case ROW_RESOURCE:
	case ROW_TEMPLATE:
		return walk_one(walk, registry->uris, row->uri) &&
		       walk_list(walk, registry->uris, "uri_aliases");
	default: return true;
	}
}

/* ---- building -------------------------------------------------------------------------------- */

static const struct {
	const char *member; /* of the manifest */
	const char *one;
} kinds[ROW_KINDS] = {
	[ROW_TOOL] = { "tools", "tool" },
	[ROW_RESOURCE] = { "resources", "resource" },
	[ROW_TEMPLATE] = { "templates", "template" },
	[ROW_PROMPT] = { "prompts", "prompt" },
	[ROW_COMPLETION] = { "completions", "completion" },
};

/* Reports which plugin already has the name, and how the operator can solve the conflict. */
static bool
fault_taken(struct draft *draft, const struct name_walk *walk)
{
	const struct row *holder = table_find(walk->table, walk->taken);
	const char *owner, *file;

	if (holder == NULL) /* out of memory: the table could not grow */
		memory_gone();
	owner = holder->owner;
	file = strrchr(owner, '/'); /* the name belongs to a prompt in a file */
	if (strcmp(owner, draft->source->plugin_name) == 0)
		return row_fault(&draft->fault, "\"%.128s\" is used twice", walk->taken);
	if (walk->table == draft->registry->uris || draft->source->text)
		return row_fault(&draft->fault, "\"%.128s\" is already used by %.64s", walk->taken,
				 file != NULL ? file + 1 : owner);
	return row_fault(&draft->fault,
			 "\"%.100s\" is already used by %.64s; set prefix = \"%.20s_\"; or "
			 "rename = { ... }; in the file of one of the two plugins",
			 walk->taken, owner, draft->source->plugin_name);
}

static bool
draft_add(struct draft *draft, struct row *row)
{
	struct name_walk walk = { .fn = name_insert, .row = row };

	rows_add(&draft->rows, row);
	return walk_names(draft->registry, &walk) || fault_taken(draft, &walk);
}

/* Adds the tool that the host publishes for a part of the tool's operation, if there is one. */
static bool
draft_task(struct draft *draft, const struct row *tool, enum row_part part)
{
	struct row *row;

	return row_task(tool, part, draft->source, &draft->fault, &row) &&
	       (row == NULL || draft_add(draft, row));
}

/* Adds one row. A tool can also add a resource and the tools for its operation. */
static bool
draft_row(struct draft *draft, enum row_kind kind, unsigned index, struct json_object *json)
{
	struct row *row = row_new(kind, draft->source, index, json, &draft->fault), *published;

	if (row == NULL || !draft_add(draft, row))
		return false;
	published = kind == ROW_TOOL ? row_publish(row) : NULL;
	return (published == NULL || draft_add(draft, published)) &&
	       (kind != ROW_TOOL ||
		(draft_task(draft, row, ROW_RESULT) && draft_task(draft, row, ROW_CANCEL)));
}

static bool
draft_kind(struct draft *draft, enum row_kind kind)
{
	struct json_object *list = json_arr(draft->source->manifest, kinds[kind].member);

	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
		struct json_object *json = json_object_array_get_idx(list, i);
		const char *name = json_str(json, "name");
		char why[WHY_MAX];

		if (json_flag(json_obj(json, "lakehost"), "withheld", false) ||
		    draft_row(draft, kind, (unsigned)i, json))
			continue;
		snprintf(why, sizeof(why), "%s", draft->fault.text);
		if (name != NULL)
			return row_fault(&draft->fault, "%s %.64s: %.400s", kinds[kind].one, name,
					 why);
		return row_fault(&draft->fault, "%s %zu: %.400s", kinds[kind].one, i, why);
	}
	return true;
}

struct wanted {
	const char *name;
	bool found;
};

static void
match_variable(void *data, const char *name, size_t len, char op)
{
	struct wanted *wanted = data;

	(void)op;
	if (strlen(wanted->name) == len && memcmp(wanted->name, name, len) == 0)
		wanted->found = true;
}

static bool
has_argument(const struct row *row, const char *name)
{
	struct wanted wanted = { .name = name };
	struct json_object *list = json_arr(row->json, "arguments");

	if (row->kind != ROW_PROMPT)
		uri_template_vars(row->uri, match_variable, &wanted);
	for (size_t i = 0;
	     row->kind == ROW_PROMPT && list != NULL && i < json_object_array_length(list); i++)
		if (strcmp(json_str(json_object_array_get_idx(list, i), "name"), name) == 0)
			return true;
	return wanted.found;
}

/* Checks that a completion belongs to a row of the same plugin, and is the only one for its
 * argument. */
static bool
draft_completions(struct draft *draft)
{
	struct registry *registry = draft->registry;

	for (size_t i = 0; i < draft->rows.count; i++) {
		const struct row *row = draft->rows.item[i], *target;

		if (row->kind != ROW_COMPLETION)
			continue;
		target =
		    table_find(row->ref_prompt ? registry->prompts : registry->uris, row->ref_name);
		if (target == NULL || target->provider != row->provider ||
		    strcmp(row->ref_prompt ? target->name : target->uri, row->ref_name) != 0 ||
		    !has_argument(target, row->argument))
			return row_fault(&draft->fault,
					 "completion of %.128s %.64s: this argument does not exist",
					 row->ref_name, row->argument);
		for (size_t j = 0; j < i; j++) {
			const struct row *other = draft->rows.item[j];

			if (other->kind == ROW_COMPLETION && other->ref_prompt == row->ref_prompt &&
			    strcmp(other->ref_name, row->ref_name) == 0 &&
			    strcmp(other->argument, row->argument) == 0)
				return row_fault(
				    &draft->fault,
				    "completion of %.128s %.64s: this argument is listed twice",
				    row->ref_name, row->argument);
		}
	}
	return true;
}

/* Must template `a` be tried before template `b`? The more specific template comes first:
 * templates without {+x}, then those with the longest text before the first variable. */
static bool
more_specific(const char *a, const char *b)
{
	bool greedy_a = strstr(a, "{+") != NULL, greedy_b = strstr(b, "{+") != NULL;

	return greedy_a != greedy_b ? greedy_b : strcspn(a, "{") > strcspn(b, "{");
}

static void
add_pattern(struct registry *registry, const char *pattern, const struct row *row)
{
	size_t i = registry->n_patterns;
	struct pattern_entry *list;

	if (!row_has_variables(pattern))
		return;
	list = xrealloc(registry->patterns, (i + 1) * sizeof(*list));
	for (; i > 0 && more_specific(pattern, list[i - 1].pattern); i--)
		list[i] = list[i - 1];
	list[i] = (struct pattern_entry){ .pattern = pattern, .row = row };
	CHECK(i == 0 || !more_specific(pattern, list[i - 1].pattern));
	registry->patterns = list;
	registry->n_patterns++;
}

/* Do the row's own names lead to the row? Otherwise a call would run another row. */
static bool
leads_to(const struct registry *registry, const struct row *row)
{
	switch (row->kind) {
	case ROW_TOOL: return table_find(registry->tools, row->name) == row;
	case ROW_PROMPT: return table_find(registry->prompts, row->name) == row;
	case ROW_RESOURCE:
	case ROW_TEMPLATE: return table_find(registry->uris, row->uri) == row;
	default: return true;
	}
}

static void
draft_commit(struct draft *draft)
{
	for (size_t i = 0; i < draft->rows.count; i++) {
		struct row *row = draft->rows.item[i];
		struct json_object *aliases = json_arr(row->meta, "uri_aliases");

		CHECK(leads_to(draft->registry, row));
		row->place = draft->registry->kind[row->kind].count;
		rows_add(&draft->registry->kind[row->kind], row);
		if (row->uri == NULL)
			continue;
		add_pattern(draft->registry, row->uri, row);
		for (size_t j = 0; aliases != NULL && j < json_object_array_length(aliases); j++)
			add_pattern(draft->registry, row_string_at(aliases, j), row);
	}
}

static void
draft_drop(struct draft *draft)
{
	for (size_t i = 0; i < draft->rows.count; i++) {
		struct name_walk walk = { .fn = name_delete, .row = draft->rows.item[i] };

		walk_names(draft->registry, &walk);
	}
	for (size_t i = 0; i < draft->rows.count; i++) {
		CHECK(draft->rows.item[i]->kind == ROW_COMPLETION ||
		      !leads_to(draft->registry, draft->rows.item[i]));
		row_free(draft->rows.item[i]);
	}
}

static bool
add_source(struct registry *registry, const struct registry_source *source, char *why, size_t size)
{
	struct draft draft = { .registry = registry,
			       .source = source,
			       .fault = { .text = why, .size = size } };
	bool ok = true;

	for (int kind = 0; ok && kind < ROW_KINDS; kind++)
		ok = draft_kind(&draft, (enum row_kind)kind);
	ok = ok && draft_completions(&draft);
	if (ok)
		draft_commit(&draft);
	else
		draft_drop(&draft);
	free(draft.rows.item);
	return ok;
}

/* Adds the original names of rows that the operator renamed, if other rows do not have these
 * names. */
static void
add_former(struct registry *registry, enum row_kind kind, struct lh_table *table)
{
	for (size_t i = 0; i < registry->kind[kind].count; i++) {
		struct row *row = registry->kind[kind].item[i];
		const char *former = json_str(row->meta, "former");

		if (former != NULL)
			name_insert(table, former, row);
	}
}

struct registry *
registry_new(const struct registry_source *list, size_t n,
	     void (*refuse)(void *data, size_t source, const char *why), void *data)
{
	struct registry *registry = xcalloc(1, sizeof(*registry));

	registry->tools = lh_kchar_table_new(64, NULL);
	registry->prompts = lh_kchar_table_new(16, NULL);
	registry->uris = lh_kchar_table_new(64, NULL);
	if (registry->tools == NULL || registry->prompts == NULL || registry->uris == NULL)
		memory_gone();
	for (size_t i = 0; i < n; i++) {
		char why[WHY_MAX] = "";

		if (!add_source(registry, &list[i], why, sizeof(why)))
			refuse(data, i, why);
	}
	add_former(registry, ROW_TOOL, registry->tools);
	add_former(registry, ROW_PROMPT, registry->prompts);
	return registry;
}

void
registry_free(struct registry *registry)
{
	if (registry == NULL)
		return;
	lh_table_free(registry->tools);
	lh_table_free(registry->prompts);
	lh_table_free(registry->uris);
	for (int kind = 0; kind < ROW_KINDS; kind++) {
		for (size_t i = 0; i < registry->kind[kind].count; i++)
			row_free(registry->kind[kind].item[i]);
		free(registry->kind[kind].item);
	}
	free(registry->patterns);
	free(registry);
}

const struct row_view *
row_view_of(enum access access)
{
	static const struct row_view views[] = {
		[ACCESS_NONE] = { .access = ACCESS_NONE },
		[ACCESS_READ] = { .access = ACCESS_READ },
		[ACCESS_WRITE] = { .access = ACCESS_WRITE },
		[ACCESS_ADMIN] = { .access = ACCESS_ADMIN },
	};

	CHECK(access <= ACCESS_ADMIN);
	return &views[access];
}

/* ---- lookups --------------------------------------------------------------------------------- */

const struct row *
registry_tool(const struct registry *registry, const char *name, const struct row_view *view)
{
	const struct row *row = table_find(registry->tools, name);

	CHECK(row == NULL || row->kind == ROW_TOOL);
	return row != NULL && row_seen(row, view) ? row : NULL;
}

const struct row *
registry_prompt(const struct registry *registry, const char *name, const struct row_view *view)
{
	const struct row *row = table_find(registry->prompts, name);

	CHECK(row == NULL || row->kind == ROW_PROMPT);
	return row != NULL && row_seen(row, view) ? row : NULL;
}

size_t
registry_count(const struct registry *registry, enum row_kind kind, const struct row_view *view)
{
	size_t count = 0;

	for (size_t i = 0; i < registry->kind[kind].count; i++)
		count += row_seen(registry->kind[kind].item[i], view);
	return count;
}

const struct row *
registry_at(const struct registry *registry, enum row_kind kind, size_t i)
{
	CHECK(kind < ROW_KINDS);
	return i < registry->kind[kind].count ? registry->kind[kind].item[i] : NULL;
}

/* A URI contains only text. When the tool's schema needs an integer or boolean, the text is
 * converted. */
static struct json_object *
typed(const char *type, const char *text)
{
	int64_t number;
	int end = -1;

	if (type == NULL)
		return NULL;
	if (strcmp(type, "boolean") == 0 && strcmp(text, "true") == 0)
		return json_object_new_boolean(1);
	if (strcmp(type, "boolean") == 0 && strcmp(text, "false") == 0)
		return json_object_new_boolean(0);
	if (strcmp(type, "integer") != 0 || strlen(text) > 18 || strspn(text, "-0123456789") == 0)
		return NULL;
	if (sscanf(text, "%" SCNd64 "%n", &number, &end) == 1 && text[end] == '\0')
		return json_object_new_int64(number);
	return NULL;
}

static void
type_arguments(const struct row *tool, struct json_object *arguments)
{
	struct json_object *properties =
	    json_obj(json_obj(tool->json, "inputSchema"), "properties");
	struct json_object_iter member;

	json_object_object_foreachC(arguments, member) {
		const char *type = json_str(json_obj(properties, member.key), "type");
		struct json_object *value = typed(type, json_object_get_string(member.val));

		/* the key already exists, so the table does not change during the loop */
		if (value != NULL)
			json_object_object_add(arguments, member.key, value);
	}
}

static const struct row *
match_pattern(const struct registry *registry, const char *uri, const struct row_view *view,
	      struct json_object **arguments)
{
	for (size_t i = 0; i < registry->n_patterns; i++) {
		const struct pattern_entry *entry = &registry->patterns[i];

		if (!row_seen(entry->row, view))
			continue;
		*arguments = uri_template_match(entry->pattern, uri);
		if (*arguments == NULL)
			continue;
		if (entry->row->tool != NULL)
			type_arguments(entry->row->tool, *arguments);
		return entry->row;
	}
	return NULL;
}

const struct row *
registry_resource(const struct registry *registry, const char *uri, const struct row_view *view,
		  struct json_object **arguments)
{
	const struct row *row;

	*arguments = NULL;
	if (row_has_variables(uri))
		return NULL; /* a pattern is not a URI */
	row = table_find(registry->uris, uri);
	if (row != NULL)
		return row_seen(row, view) ? row : NULL;
	return match_pattern(registry, uri, view, arguments);
}

static const struct row *
find_completion(const struct registry *registry, const struct row *target, const char *argument)
{
	for (size_t i = 0; i < registry->kind[ROW_COMPLETION].count; i++) {
		const struct row *row = registry->kind[ROW_COMPLETION].item[i];

		if (row->ref_prompt == (target->kind == ROW_PROMPT) &&
		    strcmp(row->ref_name, row->ref_prompt ? target->name : target->uri) == 0 &&
		    strcmp(row->argument, argument) == 0)
			return row;
	}
	return NULL;
}

bool
registry_completion(const struct registry *registry, bool prompt, const char *ref,
		    const char *argument, const struct row_view *view, const struct row **found,
		    const struct row **row)
{
	const struct row *target = table_find(prompt ? registry->prompts : registry->uris, ref);
	struct json_object *arguments = NULL;

	/* a client may also send a URI in which the variables are replaced by values */
	if (target == NULL && !prompt)
		target = registry_resource(registry, ref, view, &arguments);
	json_object_put(arguments);
	if (target != NULL && !row_seen(target, view))
		target = NULL;
	*found = target;
	*row = target == NULL ? NULL : find_completion(registry, target, argument);
	return target != NULL;
}
