/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lakehost-manifest [--version VERSION] [--name-length N] [--rows STEM] FOLDER OUTPUT: assembles
 * the manifest of a plugin from FOLDER/manifest.json, one JSON file for each row (tools/,
 * resources/, templates/, prompts/) and completions.json. Checks all of it as strictly as the
 * host will, its rows too, and writes it without blanks. With --rows it also writes STEM.h and
 * STEM.c: the descriptor with its rows, the prototypes of their functions, and their names
 * (code.h).
 *
 * manifest.json holds the members of "plugin" and may list, under "tools" and so on, the row
 * files (without ".json") in the order of the descriptor; without a list they are sorted by
 * name. "abi" is added here; "version" is added when it is missing, and so are the permissions
 * that tools name. */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lakehost/plugin.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "config/permission.h"
#include "manifest/code.h"
#include "module/manifest.h"
#include "registry/registry.h"
#include "registry/schema.h"

#define NAME_LENGTH_DEFAULT 35		 /* the default of plugins.name_length */
#define COMPLETIONS (MANIFEST_KINDS - 1) /* FOLDER is not a folder but one file */

struct source {
	char *path;
	struct buf text;
	struct json_object *tree;
};

/* The manifest that is being assembled from a folder. */
struct work {
	const char *top;
	struct json_object *permissions; /* of the plugin */
	struct code *code;		 /* NULL: do not write rows */
};

void
die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("lakehost-manifest: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

/* ---- files ---------------------------------------------------------------------------------- */

static bool
read_whole(const char *path, struct buf *text)
{
	char piece[16384];
	size_t n;
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return false;
	buf_init(text, MANIFEST_BYTES_MAX);
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
		buf_add(text, piece, n);
	if (ferror(file) || !buf_ok(text))
		die("%s: %s", path, ferror(file) ? strerror(errno) : "too large");
	fclose(file);
	return true;
}

static void
die_at(const struct source *source, const char *why, size_t at)
{
	size_t line = 1;

	for (size_t i = 0; i < at && i < source->text.len; i++)
		if (source->text.data[i] == '\n')
			line++;
	die("%s:%zu: %s", source->path, line, why);
}

/* False when there is no such file. */
static bool
source_load(struct source *source, char *path)
{
	const char *why;
	size_t at;

	source->path = path;
	if (!read_whole(path, &source->text))
		return false;
	source->tree = json_parse(source->text.data, source->text.len, &manifest_limits, &why, &at);
	if (source->tree == NULL)
		die_at(source, why, at);
	return true;
}

static void
source_fini(struct source *source)
{
	json_object_put(source->tree);
	buf_fini(&source->text);
	free(source->path);
}

/* ---- the order of rows ---------------------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
names_add(struct names *names, const char *name, size_t len)
{
	names->item = xrealloc(names->item, (names->count + 1) * sizeof(*names->item));
	names->item[names->count++] = xstrndup(name, len);
}

bool
names_has(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->item[i], name) == 0)
			return true;
	return false;
}

void
names_free(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->item[i]);
	free(names->item);
}

static struct names
names_of_folder(const char *folder)
{
	struct names names = { NULL, 0 };
	const struct dirent *entry;
	DIR *dir = opendir(folder);

	if (dir == NULL)
		return names;
	while ((entry = readdir(dir)) != NULL) {
		size_t len = strlen(entry->d_name);

		if (len > 5 && entry->d_name[0] != '.' &&
		    strcmp(entry->d_name + len - 5, ".json") == 0)
			names_add(&names, entry->d_name, len - 5);
	}
	closedir(dir);
	if (names.count > 0)
		qsort(names.item, names.count, sizeof(*names.item), by_name);
	return names;
}

/* The names in the order of manifest.json, which must list every file. */
static struct names
names_in_order(const char *folder, const char *kind, struct json_object *list)
{
	struct names files = names_of_folder(folder), names = { NULL, 0 };

	if (list == NULL)
		return files;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *item = json_object_array_get_idx(list, i);
		const char *name = json_object_get_string(item);

		if (!json_object_is_type(item, json_type_string))
			die("manifest.json: %s[%zu] is not a string", kind, i);
		if (!names_has(&files, name))
			die("manifest.json: %s: the file %s/%s.json does not exist", kind, folder,
			    name);
		if (names_has(&names, name))
			die("manifest.json: %s: \"%s\" is listed twice", kind, name);
		names_add(&names, name, strlen(name));
	}
	for (size_t i = 0; i < files.count; i++)
		if (!names_has(&names, files.item[i]))
			die("manifest.json: %s does not list %s/%s.json", kind, folder,
			    files.item[i]);
	names_free(&files);
	return names;
}

/* ---- the parts of a manifest ---------------------------------------------------------------- */

/* Moves the row into the manifest, without the members that only the build needs. */
static void
add_row(struct work *work, struct json_object *rows, size_t kind, struct json_object *row,
	const char *path)
{
	permissions_of_row(work->permissions, row, path);
	if (work->code != NULL)
		code_row(work->code, kind, row, path);
	code_strip(row);
	json_object_array_add(rows, json_object_get(row));
}

static void
add_row_file(struct work *work, struct json_object *rows, size_t kind, const char *folder,
	     const char *stem)
{
	const char *kind_name = manifest_kinds[kind], *name;
	struct source source;

	if (!source_load(&source, xprintf("%s/%s.json", folder, stem)))
		die("%s: %s", source.path, strerror(errno));
	name = json_str(source.tree, "name");
	if (name == NULL)
		die("%s: \"name\" is missing", source.path);
	if ((strcmp(kind_name, "tools") == 0 || strcmp(kind_name, "prompts") == 0) &&
	    strcmp(name, stem) != 0)
		die("%s: the name \"%s\" differs from the file name", source.path, name);
	add_row(work, rows, kind, source.tree, source.path);
	source_fini(&source);
}

static void
add_rows(struct work *work, struct json_object *manifest, size_t kind, struct json_object *order)
{
	const char *name = manifest_kinds[kind];
	char *folder = xprintf("%s/%s", work->top, name);
	struct names names = names_in_order(folder, name, json_arr(order, name));
	struct json_object *rows = json_object_new_array();

	json_object_object_add(manifest, name, rows);
	for (size_t i = 0; i < names.count; i++)
		add_row_file(work, rows, kind, folder, names.item[i]);
	names_free(&names);
	free(folder);
}

/* An entry that is not a completion is left unchanged: the check of the manifest reports its
 * place. */
static void
add_completions(struct work *work, struct json_object *manifest)
{
	struct json_object *rows = json_object_new_array();
	struct source source;
	bool found = source_load(&source, xprintf("%s/completions.json", work->top));

	json_object_object_add(manifest, manifest_kinds[COMPLETIONS], rows);
	if (!found) {
		free(source.path);
		return;
	}
	if (!json_object_is_type(source.tree, json_type_array))
		die("%s: must be an array", source.path);
	for (size_t i = 0; i < json_object_array_length(source.tree); i++) {
		struct json_object *row = json_object_array_get_idx(source.tree, i);

		if (json_str(row, "argument") == NULL || json_obj(row, "ref") == NULL)
			json_object_array_add(rows, json_object_get(row));
		else
			add_row(work, rows, COMPLETIONS, row, source.path);
	}
	source_fini(&source);
}

static bool
is_order(const char *key)
{
	for (size_t i = 0; i < COMPLETIONS; i++)
		if (strcmp(key, manifest_kinds[i]) == 0)
			return true;
	return false;
}

/* Reads the members of manifest.json. From here on its permissions belong to `work`. */
static struct json_object *
plugin_of(struct work *work, const struct source *source, const char *version)
{
	struct json_object *plugin = json_object_new_object();
	struct json_object_iter at;
	char abi[16];

	snprintf(abi, sizeof(abi), "%d.%d", MCP_ABI_MAJOR, MCP_ABI_MINOR);
	json_object_object_add(plugin, "abi", json_object_new_string(abi));
	if (version != NULL && json_get(source->tree, "version") == NULL)
		json_object_object_add(plugin, "version", json_object_new_string(version));
	json_object_object_foreachC(source->tree, at) {
		if (strcmp(at.key, "abi") == 0)
			die("%s: \"abi\" must not be set; the SDK adds it", source->path);
		if (!is_order(at.key) && strcmp(at.key, CODE_MEMBER) != 0)
			json_object_object_add(plugin, at.key, json_object_get(at.val));
	}
	work->permissions = json_arr(plugin, "permissions");
	if (json_get(plugin, "permissions") == NULL) {
		work->permissions = json_object_new_array();
		json_object_object_add(plugin, "permissions", work->permissions);
	}
	return plugin;
}

static void
assemble(struct work *work, const char *version, struct buf *out)
{
	struct json_object *manifest = json_object_new_object();
	struct source source;

	if (!source_load(&source, xprintf("%s/manifest.json", work->top)))
		die("%s: %s", source.path, strerror(errno));
	if (!json_object_is_type(source.tree, json_type_object))
		die("%s: must be an object", source.path);
	if (work->code != NULL)
		code_plugin(work->code, source.tree, source.path);
	json_object_object_add(manifest, "plugin", plugin_of(work, &source, version));
	for (size_t kind = 0; kind < COMPLETIONS; kind++)
		add_rows(work, manifest, kind, source.tree);
	add_completions(work, manifest);
	buf_json_tree(out, manifest);
	json_object_put(manifest);
	source_fini(&source);
}

static void
check_permissions(struct json_object *plugin, const char *top)
{
	struct json_object *list = json_arr(plugin, "permissions");

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *item = json_object_get_string(json_object_array_get_idx(list, i));
		const char *why = permission_check(item);

		if (why != NULL)
			die("%s/manifest.json: permissions: \"%s\": %s", top, item, why);
	}
}

/* The permissions must allow the probe. */
static void
check_probe(struct json_object *plugin, const char *top)
{
	const char *probe = json_str(plugin, "probe");
	struct json_object *list = json_arr(plugin, "permissions");
	struct strings permissions = { NULL, 0 };

	if (probe == NULL)
		return;
	permissions.count = json_object_array_length(list);
	permissions.item = xcalloc(permissions.count + 1, sizeof(*permissions.item));
	for (size_t i = 0; i < permissions.count; i++)
		permissions.item[i] =
		    xstrdup(json_object_get_string(json_object_array_get_idx(list, i)));
	if (!permission_allows(&permissions, "GET", probe + strlen("GET ")))
		die("%s/manifest.json: probe: \"%s\" is not in its permissions", top, probe);
	for (size_t i = 0; i < permissions.count; i++)
		free(permissions.item[i]);
	free(permissions.item);
}

static void
refuse_rows(void *data, size_t source, const char *why)
{
	(void)source;
	die("%s: %s", (const char *)data, why);
}

/* Checks what the host checks when it loads the plugin, except clashes with other plugins. */
static void
check_as_loaded(struct json_object *manifest, const char *top, unsigned name_length)
{
	struct json_object *plugin = json_obj(manifest, "plugin");
	struct registry_source source = { .plugin_name = json_str(plugin, "name"),
					  .manifest = manifest,
					  .name_length = name_length };
	struct schema *schema;
	char why[256];

	check_permissions(plugin, top);
	check_probe(plugin, top);
	schema = schema_compile(json_obj(plugin, "options"), why, sizeof(why));
	if (schema == NULL)
		die("%s/manifest.json: options: %s", top, why);
	schema_free(schema);
	registry_free(registry_new(&source, 1, refuse_rows, (void *)(uintptr_t)top));
}

static void
check(const struct buf *text, const char *top, unsigned name_length)
{
	char why[256];
	const char *reason;
	size_t at;
	struct json_object *tree;

	if (!buf_ok(text))
		die("%s: the manifest is larger than %u bytes", top, MANIFEST_BYTES_MAX);
	tree = json_parse(text->data, text->len, &manifest_limits, &reason, &at);
	if (tree == NULL)
		die("%s: %s", top, reason);
	if (!manifest_check(tree, why, sizeof(why)))
		die("%s: %s", top, why);
	check_as_loaded(tree, top, name_length);
	json_object_put(tree);
}

void
write_whole(const struct buf *text, const char *path)
{
	char *part = xprintf("%s.part", path);
	FILE *file = fopen(part, "we");

	if (file == NULL)
		die("%s: %s", part, strerror(errno));
	if (fwrite(text->data, 1, text->len, file) != text->len || fclose(file) != 0 ||
	    rename(part, path) != 0)
		die("%s: %s", path, strerror(errno));
	free(part);
}

int
main(int argc, char **argv)
{
	unsigned name_length = NAME_LENGTH_DEFAULT;
	const char *version = NULL, *rows = NULL;
	struct work work = { .top = NULL };
	struct code code;
	struct buf out;

	for (; argc > 2 && strncmp(argv[1], "--", 2) == 0; argc -= 2, argv += 2) {
		if (strcmp(argv[1], "--version") == 0)
			version = argv[2];
		else if (strcmp(argv[1], "--name-length") == 0)
			name_length = (unsigned)strtoul(argv[2], NULL, 10);
		else if (strcmp(argv[1], "--rows") == 0)
			rows = argv[2];
		else
			break;
	}
	if (argc != 3 || argv[1][0] == '-') {
		fputs("usage: lakehost-manifest [--version VERSION] [--name-length N] "
		      "[--rows STEM] FOLDER OUTPUT\n",
		      stderr);
		return 2;
	}
	work.top = argv[1];
	buf_init(&out, MANIFEST_BYTES_MAX);
	code_init(&code);
	work.code = rows != NULL ? &code : NULL;
	assemble(&work, version, &out);
	check(&out, argv[1], name_length);
	if (rows != NULL)
		code_write(&code, rows);
	write_whole(&out, argv[2]);
	code_fini(&code);
	buf_fini(&out);
	return 0;
}
