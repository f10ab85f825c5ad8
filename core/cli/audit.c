/* SPDX-License-Identifier: Apache-2.0 */
/* audit: checks an audit log, and shows it to people. Needs no plugin and no upstream. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit/verify.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "config/text.h"

#define TABLE_MAX (64u << 20) /* bytes of what show prints as a table */
#define KEY_WHY_MAX 512

static int
audit_fault_line(const char *what, const char *why)
{
	fprintf(stderr, "lakehost: %s: %s\n", what, why);
	return 2;
}

/* The file on the command line, or that of the configuration. NULL after printing why. */
static FILE *
open_log(const struct cli *cli, const struct config *config, const char **path)
{
	FILE *file;

	*path = cli->arguments > 1 ? cli->argument[1] : config->audit.path;
	if (cli->arguments < 2 && config->audit.kind != AUDIT_FILE) {
		audit_fault_line("audit",
				 "the configuration has no audit.file: give the name of the file");
		return NULL;
	}
	file = fopen(*path, "re");
	if (file == NULL)
		audit_fault_line(*path, strerror(errno));
	return file;
}

/* ---- verify --------------------------------------------------------------------------------- */

static bool
read_key(const struct cli *cli, const struct config *config, unsigned char key[SEAL_KEY_LEN])
{
	const char *path = cli->key != NULL ? cli->key : config->audit.key;
	char why[KEY_WHY_MAX];

	if (path == NULL) {
		audit_fault_line("audit", "the configuration has no audit log: give the key with "
					  "--key FILE");
		return false;
	}
	if (seal_key_read(path, key, why, sizeof(why)))
		return true;
	audit_fault_line("the key", why);
	return false;
}

static bool
read_checkpoints(const struct cli *cli, struct verify_checkpoint **list, size_t *count)
{
	FILE *log;

	*list = NULL;
	*count = 0;
	if (cli->checkpoints == NULL)
		return true;
	log = fopen(cli->checkpoints, "re");
	if (log == NULL) {
		audit_fault_line(cli->checkpoints, strerror(errno));
		return false;
	}
	*list = audit_checkpoints(log, count);
	fclose(log);
	return true;
}

static int
print_report(const char *path, const struct verify_report *report, size_t checkpoints)
{
	printf("%s: %" PRIu64 " lines, %" PRIu64 " chains", path, report->lines, report->chains);
	if (report->torn > 0)
		printf(", %" PRIu64 " torn", report->torn);
	if (checkpoints > 0)
		printf(", %zu checkpoints of the log", checkpoints);
	if (report->faults > 0) {
		printf(": NOT intact, %" PRIu64 " faults\n", report->faults);
		return 1;
	}
	puts(": intact");
	if (report->open_chains > 0)
		printf("%" PRIu64 " chains have no last line: their process still runs, or was "
		       "killed\n",
		       report->open_chains);
	if (report->after > 0)
		printf("%" PRIu64 " lines stand behind the last checkpoint: if lines were removed "
		       "at the end,\nonly the checkpoints in the log show it (--checkpoints LOG)\n",
		       report->after);
	return 0;
}

static int
verify(const struct cli *cli, const struct config *config)
{
	struct verify_checkpoint *list = NULL;
	unsigned char key[SEAL_KEY_LEN];
	struct verify_report report;
	const char *path;
	size_t count;
	FILE *file;

	if (!read_key(cli, config, key))
		return 2;
	file = open_log(cli, config, &path);
	if (file == NULL || !read_checkpoints(cli, &list, &count)) {
		if (file != NULL)
			fclose(file);
		return 2;
	}
	audit_verify(file, key, list, count, stdout, &report);
	explicit_bzero(key, sizeof(key));
	fclose(file);
	free(list);
	return print_report(path, &report, count);
}

/* ---- show ----------------------------------------------------------------------------------- */

/* "90s", "15m", "24h", "7d" in milliseconds; -1 when it is something else. */
static int64_t
read_since(const char *text)
{
	static const struct {
		char unit;
		int64_t ms;
	} units[] = { { 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 }, { 'd', 86400000 } };
	size_t digits = strspn(text, "0123456789");

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (digits > 0 && digits < 8 && text[digits] == units[i].unit &&
		    text[digits + 1] == '\0')
			return strtoll(text, NULL, 10) * units[i].ms;
	return -1;
}

/* The form in which times stand in the log: it sorts as the times do. */
static bool
since_text(const struct cli *cli, char text[32])
{
	int64_t ms = cli->since != NULL ? read_since(cli->since) : 0;
	time_t second;
	struct tm tm;

	text[0] = '\0';
	if (cli->since == NULL)
		return true;
	second = (time_t)((clock_wall_ms() - ms) / 1000);
	return ms >= 0 && gmtime_r(&second, &tm) != NULL &&
	       strftime(text, 32, "%Y-%m-%dT%H:%M:%S", &tm) > 0;
}

static bool
is_asked(const char *asked, const char *value)
{
	return asked == NULL || (value != NULL && strcmp(asked, value) == 0);
}

static void
add_cell(struct buf *table, const char *text)
{
	char *line = xstrdup(text != NULL ? text : "");

	text_to_line(line);
	buf_puts(table, line);
	free(line);
}

static void
add_number(struct buf *table, struct json_object *members, const char *name)
{
	int64_t number = json_int(members, name, -1);

	buf_putc(table, '\t');
	if (number >= 0)
		buf_printf(table, "%" PRId64, number);
}

/* One row: when, who, what, how it ended. */
static void
add_row(struct buf *table, struct json_object *members)
{
	const char *verdict = json_str(members, "verdict"), *status = json_str(members, "status");
	const char *why = json_str(members, "why");
	const char *shown = status != NULL ? status : verdict;

	add_cell(table, json_str(members, "time"));
	buf_putc(table, '\t');
	add_cell(table, json_str(members, "principal"));
	buf_putc(table, '\t');
	add_cell(table, json_str(members, "tool") != NULL ? json_str(members, "tool")
							  : json_str(members, "type"));
	buf_putc(table, '\t');
	add_cell(table, shown);
	add_number(table, members, "ms");
	add_number(table, members, "rows");
	buf_putc(table, '\t');
	add_cell(table, why != NULL ? why : json_str(members, "rule"));
	buf_putc(table, '\n');
}

/* People see how calls ended and what was refused; that a call was allowed is said by its end. */
static bool
for_people(struct json_object *members)
{
	static const char *const types[] = { "call", "authentication", "confirmation", "lost" };
	const char *type = json_str(members, "type"), *verdict = json_str(members, "verdict");

	for (size_t i = 0; type != NULL && i < ARRAY_SIZE(types); i++)
		if (strcmp(types[i], type) == 0)
			return true;
	return verdict != NULL && strcmp(verdict, "allow") != 0;
}

static void
show_line(const struct cli *cli, const char *since, const char *line, size_t len, struct buf *table)
{
	struct json_object *tree = json_parse(line, len, &json_upstream, NULL, NULL);
	struct json_object *inside = json_obj(tree, "unmapped");
	struct json_object *members = inside != NULL ? inside : tree;
	const char *time = json_str(members, "time");

	if (time != NULL && strcmp(time, since) >= 0 &&
	    is_asked(cli->principal, json_str(members, "principal")) &&
	    is_asked(cli->tool, json_str(members, "tool"))) {
		if (cli->json)
			printf("%.*s\n", (int)len, line);
		else if (for_people(members))
			add_row(table, members);
	}
	json_object_put(tree);
}

static int
show(const struct cli *cli, const struct config *config)
{
	char since[32], *line = NULL;
	struct buf table;
	const char *path;
	size_t room = 0;
	ssize_t len;
	FILE *file;

	if (!since_text(cli, since))
		return audit_fault_line(
		    "--since", "must be a number followed by s, m, h or d, for example 24h");
	file = open_log(cli, config, &path);
	if (file == NULL)
		return 2;
	buf_init_keeping(&table, TABLE_MAX);
	buf_puts(&table, "time\tprincipal\ttool\tresult\tms\trows\twhy or rule\n");
	while ((len = getline(&line, &room, file)) > 0)
		show_line(cli, since, line, (size_t)len - (line[len - 1] == '\n'), &table);
	if (!cli->json)
		render_table_text(table.data, table.len);
	if (!buf_ok(&table))
		fprintf(stderr,
			"lakehost: there are more lines: choose fewer lines, or use --json\n");
	free(line);
	fclose(file);
	buf_fini(&table);
	return 0;
}

int
cli_audit(struct cli *cli)
{
	bool verifies = strcmp(cli->argument[0], "verify") == 0;
	struct config *config;
	int status;

	if (!verifies && strcmp(cli->argument[0], "show") != 0) {
		fprintf(stderr, "lakehost: audit verify [FILE], or audit show [FILE]\n");
		return 2;
	}
	config = cli_config(cli);
	if (config == NULL)
		return 2;
	status = verifies ? verify(cli, config) : show(cli, config);
	config_free(config);
	return status;
}
