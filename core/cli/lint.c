/* SPDX-License-Identifier: Apache-2.0 */
/* lakehost plugin lint FILE: reads a plugin's file without running its code. */
#include "cli/lint.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/json_write.h"
#include "base/mem.h"
#include "base/seal.h"
#include "base/trust.h"
#include "cli/cli.h"
#include "cli/findings.h"
#include "module/facts.h"
#include "module/image.h"
#include "module/read.h"

#define REPORT_MAX ((size_t)16 << 20) /* bytes of --json */

struct lint {
	const char *path;
	struct module_image image;
	struct json_object *manifest; /* or NULL */
	struct findings findings;
};

static void
check_file_name(struct lint *lint, const struct stat *stat)
{
	const char *base = strrchr(lint->path, '/');
	const char *name = json_str(json_obj(lint->manifest, "plugin"), "name");
	char *wanted = xprintf("%s.so", name);

	base = base != NULL ? base + 1 : lint->path;
	if (strcmp(base, wanted) != 0)
		findings_add(&lint->findings, FIND_FILE_NAME,
			     "The file is %s, but a host looks for the plugin \"%s\" in %s.", base,
			     name, wanted);
	if (others_write(stat))
		findings_add(&lint->findings, FIND_FILE_MODE,
			     "The file has mode %04o: others can change it.",
			     (unsigned)(stat->st_mode & 07777));
	free(wanted);
}

static void
check_image(struct lint *lint)
{
	struct elf_facts facts;

	if (elf_facts_read(&facts, lint->image.data, lint->image.len))
		lint_elf(&lint->findings, &facts);
	else
		findings_add(&lint->findings, FIND_DAMAGED,
			     "The dynamic section or the table of symbols is damaged.");
	elf_facts_fini(&facts);
}

static size_t
all_tokens(struct json_object *manifest, size_t *tools)
{
	struct json_object *list = json_arr(manifest, "tools");
	size_t tokens = 0;

	*tools = list != NULL ? json_object_array_length(list) : 0;
	for (size_t i = 0; i < *tools; i++)
		tokens += lint_tokens(json_object_array_get_idx(list, i));
	return tokens;
}

static void
print_lint_report(const struct lint *lint)
{
	struct json_object *head = json_obj(lint->manifest, "plugin");
	char digest[65];
	size_t tools, tokens;

	if (head != NULL) {
		sha256_hex(lint->image.data, lint->image.len, digest);
		tokens = all_tokens(lint->manifest, &tools);
		printf("%s: %s %s, vendor: %s, ABI %s\nSHA-256 %s\n%zu bytes, %zu tools, about "
		       "%zu tokens in tools/list\n",
		       lint->path, json_str(head, "name"), json_str(head, "version"),
		       json_str(head, "vendor"), json_str(head, "abi"), digest, lint->image.len,
		       tools, tokens);
	}
	findings_print(&lint->findings);
}

static void
write_tools(struct json *json, struct json_object *manifest)
{
	struct json_object *tools = json_arr(manifest, "tools");

	json_begin(json_member(json, "tools"), '[');
	for (size_t i = 0; tools != NULL && i < json_object_array_length(tools); i++) {
		struct json_object *tool = json_object_array_get_idx(tools, i);

		json_begin(json, '{');
		json_string(json_member(json, "name"), json_str(tool, "name"));
		json_number(json_member(json, "tokens"), (int64_t)lint_tokens(tool));
		json_end(json);
	}
	json_end(json);
}

static void
print_lint_json(const struct lint *lint)
{
	struct json_object *head = json_obj(lint->manifest, "plugin");
	struct buf out;
	struct json json;
	char digest[65];

	buf_init(&out, REPORT_MAX);
	json_start(&json, &out);
	json_begin(&json, '{');
	json_string(json_member(&json, "file"), lint->path);
	if (head != NULL) {
		sha256_hex(lint->image.data, lint->image.len, digest);
		json_string(json_member(&json, "name"), json_str(head, "name"));
		json_string(json_member(&json, "version"), json_str(head, "version"));
		json_string(json_member(&json, "vendor"), json_str(head, "vendor"));
		json_string(json_member(&json, "abi"), json_str(head, "abi"));
		json_string(json_member(&json, "sha256"), digest);
		json_number(json_member(&json, "bytes"), (int64_t)lint->image.len);
		write_tools(&json, lint->manifest);
	}
	findings_write(&lint->findings, &json);
	json_end(&json);
	puts(buf_ok(&out) ? out.data : "{}");
	buf_fini(&out);
}

/* False when the file cannot be read at all. */
static bool
read_plugin(struct lint *lint)
{
	char why[REFUSAL_WHY_MAX] = "";
	enum plugin_refusal refusal;
	struct stat stat;
	int fd = open(lint->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &stat) != 0 ||
	    !module_image_read(&lint->image, fd, why, sizeof(why))) {
		fprintf(stderr, "lakehost: %s: %s\n", lint->path,
			why[0] != '\0' ? why : strerror(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	lint->manifest = manifest_read(fd, &refusal, why, sizeof(why));
	if (lint->manifest == NULL)
		findings_add(&lint->findings, FIND_FILE, "The file is %s: %s.",
			     plugin_refusal_text(refusal), why);
	else
		check_file_name(lint, &stat);
	close(fd);
	return true;
}

int
cli_plugin_lint(const struct cli *cli)
{
	struct lint lint = { .path = cli->argument[1] };
	bool bad;

	if (!read_plugin(&lint))
		return 1;
	if (lint.manifest != NULL) {
		check_image(&lint);
		lint_manifest(&lint.findings, lint.manifest);
	}
	if (cli->json)
		print_lint_json(&lint);
	else
		print_lint_report(&lint);
	bad = findings_count(&lint.findings, FINDING_ERROR) +
		  findings_count(&lint.findings, FINDING_WARNING) >
	      0;
	findings_fini(&lint.findings);
	module_image_fini(&lint.image);
	json_object_put(lint.manifest);
	return bad ? 1 : 0;
}
