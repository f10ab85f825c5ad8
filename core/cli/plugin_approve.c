/* SPDX-License-Identifier: Apache-2.0 */
/* lakehost plugin approve NAME|FILE: shows what is new, asks, and records the approval. */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/json_write.h"
#include "base/mem.h"
#include "base/seal.h"
#include "cli/plugin_file.h"
#include "module/manifest.h"
#include "module/read.h"
#include "module/sealed.h"
#include "plugin/approval.h"

#define APPROVAL_MAX ((size_t)2 << 20)

struct approve {
	const struct config *config;
	char *path;
	struct module_image image;
	struct json_object *manifest, *before; /* the latter: the approval so far, or NULL */
	const char *name;
	unsigned differences;
};

/* ---- the difference ------------------------------------------------------------------------- */

static struct json_object *
find_row(struct json_object *manifest, const char *kind, const char *name)
{
	struct json_object *rows = json_arr(manifest, kind);
	char other[256];

	for (size_t i = 0; rows != NULL && i < json_object_array_length(rows); i++) {
		manifest_row_name(json_object_array_get_idx(rows, i), other, sizeof(other));
		if (strcmp(other, name) == 0)
			return json_object_array_get_idx(rows, i);
	}
	return NULL;
}

/* One line with a sign in front; a text as it is, anything else as JSON. */
static void
print_value(const char *sign, const char *label, struct json_object *value)
{
	printf("%s %s", sign, label);
	render_line(stdout,
		    json_object_is_type(value, json_type_string)
			? json_object_get_string(value)
			: json_object_to_json_string_ext(value,
							 JSON_C_TO_STRING_PLAIN |
							     JSON_C_TO_STRING_NOSLASHESCAPE));
	putchar('\n');
}

static void
print_row(const char *sign, const char *kind, const char *name, struct json_object *row)
{
	const char *access = json_str(json_obj(row, "lakehost"), "access");
	const char *text = json_str(row, "description");

	printf("%s %s ", sign, kind);
	render_line(stdout, name);
	printf(" (%s)%s", access != NULL ? access : "read", text != NULL ? ": " : "");
	if (text != NULL)
		render_line(stdout, text);
	putchar('\n');
}

/* The members that differ, each before and after. */
static void
print_members(struct json_object *old, struct json_object *new)
{
	struct json_object_iter member;

	json_object_object_foreachC(old, member) {
		struct json_object *now = json_get(new, member.key);
		char *label = xprintf("    %s: ", member.key);

		if (!json_object_equal(member.val, now)) {
			print_value("-", label, member.val);
			if (now != NULL)
				print_value("+", label, now);
		}
		free(label);
	}
	json_object_object_foreachC(new, member) {
		char *label = xprintf("    %s: ", member.key);

		if (!json_object_object_get_ex(old, member.key, NULL))
			print_value("+", label, member.val);
		free(label);
	}
}

static void
compare_rows(struct approve *approve, struct json_object *old, const char *kind)
{
	struct json_object *rows = json_arr(approve->manifest, kind), *gone = json_arr(old, kind);
	char name[256];

	for (size_t i = 0; rows != NULL && i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i), *was;

		manifest_row_name(row, name, sizeof(name));
		was = find_row(old, kind, name);
		if (was != NULL && json_object_equal(was, row))
			continue;
		approve->differences++;
		print_row(was != NULL ? "~" : "+", kind, name, row);
		if (was != NULL)
			print_members(was, row);
	}
	for (size_t i = 0; gone != NULL && i < json_object_array_length(gone); i++) {
		struct json_object *row = json_object_array_get_idx(gone, i);

		manifest_row_name(row, name, sizeof(name));
		if (find_row(approve->manifest, kind, name) != NULL)
			continue;
		approve->differences++;
		print_row("-", kind, name, row);
	}
}

static bool
has_text(struct json_object *list, const char *text)
{
	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++)
		if (strcmp(json_object_get_string(json_object_array_get_idx(list, i)), text) == 0)
			return true;
	return false;
}

/* Those of `from` that `other` does not have. */
static void
compare_permissions(struct approve *approve, struct json_object *from, struct json_object *other,
		    const char *sign)
{
	for (size_t i = 0; from != NULL && i < json_object_array_length(from); i++) {
		struct json_object *permission = json_object_array_get_idx(from, i);

		if (has_text(other, json_object_get_string(permission)))
			continue;
		approve->differences++;
		print_value(sign, "permission ", permission);
	}
}

static void
print_head(const struct approve *approve, const char *digest)
{
	struct json_object *head = json_obj(approve->manifest, "plugin");
	char why[REFUSAL_WHY_MAX];
	const char *signer =
	    approval_signer(approve->config, approve->path, &approve->image, why, sizeof(why));

	printf("%s\n", approve->path);
	print_value(" ", "name:      ", json_get(head, "name"));
	print_value(" ", "version:   ", json_get(head, "version"));
	print_value(" ", "vendor:    ", json_get(head, "vendor"));
	print_value(" ", "summary:   ", json_get(head, "summary"));
	printf("  SHA-256:   %s\n  signature: %s\n", digest,
	       signer != NULL	? signer
	       : why[0] != '\0' ? why
				: "none");
	if (approve->before != NULL)
		printf("  approved:  %s, version %s\n", json_str(approve->before, "approved"),
		       json_str(approve->before, "version"));
}

static void
print_difference(struct approve *approve)
{
	struct json_object *old = json_obj(approve->before, "manifest");
	struct json_object *now_list =
	    json_arr(json_obj(approve->manifest, "plugin"), "permissions");
	struct json_object *old_list = json_arr(json_obj(old, "plugin"), "permissions");

	compare_permissions(approve, now_list, old_list, "+");
	compare_permissions(approve, old_list, now_list, "-");
	for (size_t kind = 0; kind < MANIFEST_KINDS; kind++)
		compare_rows(approve, old, manifest_kinds[kind]);
	if (approve->before != NULL && approve->differences == 0)
		puts("The tools and permissions are the same as the approved ones.");
}

/* ---- the record ----------------------------------------------------------------------------- */

static void
write_record(const struct approve *approve, const char *digest, struct buf *out)
{
	struct json_object *head = json_obj(approve->manifest, "plugin");
	time_t now = time(NULL);
	char rows[65], when[32];
	struct json json;
	struct tm tm;

	approval_digest(approve->manifest, rows);
	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	json_start(&json, out);
	json_begin(&json, '{');
	json_string(json_member(&json, "plugin"), approve->name);
	json_string(json_member(&json, "version"), json_str(head, "version"));
	json_string(json_member(&json, "vendor"), json_str(head, "vendor"));
	json_string(json_member(&json, "sha256"), digest);
	json_string(json_member(&json, "rows_sha256"), rows);
	json_string(json_member(&json, "approved"), when);
	json_tree(json_member(&json, "manifest"), approve->manifest);
	json_end(&json);
	buf_putc(out, '\n');
}

static bool
approve_failed(const char *path)
{
	fprintf(stderr, "lakehost: %s: %s\n", path, strerror(errno));
	return false;
}

/* The file takes the place of an old one at once, so a host never reads half of it. */
static bool
save(const struct approve *approve, const struct buf *record)
{
	char *path, *draft;
	int fd;
	bool ok;

	if (mkdir(approve->config->plugins.approvals, 0755) != 0 && errno != EEXIST)
		return approve_failed(approve->config->plugins.approvals);
	path = approval_path(approve->config, approve->name);
	draft = xprintf("%s.XXXXXX", path);
	fd = mkstemp(draft);
	ok = fd >= 0 && fchmod(fd, 0644) == 0 &&
	     write(fd, record->data, record->len) == (ssize_t)record->len && fsync(fd) == 0;
	if (fd >= 0 && close(fd) != 0)
		ok = false;
	ok = ok && rename(draft, path) == 0;
	if (!ok)
		approve_failed(path);
	if (!ok && fd >= 0)
		unlink(draft);
	if (ok)
		printf(
		    "Approved: %s. A running host uses the approval after \"lakehost reload\".\n",
		    path);
	free(draft);
	free(path);
	return ok;
}

/* ---- the command ---------------------------------------------------------------------------- */

static bool
confirmed(const struct cli *cli)
{
	char line[16] = "";

	if (cli->yes)
		return true;
	if (!isatty(STDIN_FILENO)) {
		fputs("lakehost: nothing was approved. If this is what you want, run the command "
		      "again with --yes.\n",
		      stderr);
		return false;
	}
	fputs("Approve this plugin? [y/N] ", stdout);
	fflush(stdout);
	if (fgets(line, sizeof(line), stdin) != NULL && (line[0] == 'y' || line[0] == 'Y'))
		return true;
	fputs("lakehost: nothing was approved.\n", stderr);
	return false;
}

/* What is shown is a copy that cannot change, so this is what is approved. */
static bool
read_plugin_to_approve(struct approve *approve, const char *which)
{
	char why[REFUSAL_WHY_MAX] = "";
	enum plugin_refusal refusal = PLUGIN_OK;
	int fd = plugin_file_open(approve->config, which, &approve->path), copy = -1;

	if (fd < 0 && errno == ENOENT && !plugin_is_path(which)) {
		plugin_print_unknown(approve->config, which);
		return false;
	}
	if (fd < 0)
		return approve_failed(approve->path);
	copy = module_sealed_copy(fd, &approve->image, why, sizeof(why));
	close(fd);
	if (copy >= 0)
		approve->manifest = manifest_read(copy, &refusal, why, sizeof(why));
	if (copy >= 0)
		close(copy);
	if (approve->manifest == NULL) {
		fprintf(stderr, "lakehost: %s: %s%s%s\n", approve->path,
			refusal != PLUGIN_OK ? plugin_refusal_text(refusal) : "",
			refusal != PLUGIN_OK ? ": " : "", why);
		return false;
	}
	approve->name = json_str(json_obj(approve->manifest, "plugin"), "name");
	approve->before = approval_read(approve->config, approve->name, why, sizeof(why));
	if (why[0] != '\0')
		fprintf(stderr, "lakehost: the earlier approval cannot be used: %s\n", why);
	return true;
}

static bool
approve_plugin(struct approve *approve, const struct cli *cli)
{
	struct buf record;
	char digest[65];
	bool ok;

	sha256_hex(approve->image.data, approve->image.len, digest);
	print_head(approve, digest);
	print_difference(approve);
	if (approve->config->plugins.approvals == NULL) {
		fputs("lakehost: plugins.approvals is not set, and the folder of the "
		      "configuration is not known.\n",
		      stderr);
		return false;
	}
	if (approve->before != NULL && approve->differences == 0 &&
	    strcmp(digest, json_str(approve->before, "sha256")) == 0) {
		puts("This file is approved already.");
		return true;
	}
	if (!confirmed(cli))
		return false;
	buf_init(&record, APPROVAL_MAX);
	write_record(approve, digest, &record);
	ok = buf_ok(&record) && save(approve, &record);
	buf_fini(&record);
	return ok;
}

int
cli_plugin_approve(const struct cli *cli)
{
	struct approve approve = { .config = cli_config(cli) };
	bool ok;

	if (approve.config == NULL)
		return 1;
	ok = read_plugin_to_approve(&approve, cli->argument[1]) && approve_plugin(&approve, cli);
	json_object_put(approve.manifest);
	json_object_put(approve.before);
	module_image_fini(&approve.image);
	free(approve.path);
	config_free((struct config *)(uintptr_t)approve.config);
	return ok ? 0 : 1;
}
