/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lakehost complete: the words that may stand next on a command line, one on each line, for the
 * completion of shells. They come from the tables of commands and options, so a new command needs
 * nothing here. When nothing is printed, the shell offers files.
 */
#include "cli/cli.h"

#include <ctype.h>
#include <getopt.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "host/host.h"
#include "plugin/enabled.h"

/* The words before the one that is completed. */
struct line {
	const char **word;
	size_t words;
	const char *typed; /* the beginning of the word */
	const struct cli_command *command;
	bool lost;	   /* a word is not a command */
	size_t argument;   /* how many arguments of the command stand before the word */
	const char *first; /* the first of them, or "" */
};

static void
offer(const struct line *line, const char *word, const char *suffix)
{
	size_t len = strlen(line->typed);

	if (strncmp(word, line->typed, len) == 0)
		printf("%s%s\n", word, suffix);
}

static void
offer_all(const struct line *line, const char *const words[])
{
	for (size_t i = 0; words[i] != NULL; i++)
		offer(line, words[i], "");
}

/* ---- options -------------------------------------------------------------------------------- */

static const struct option *
option_find(const char *word)
{
	const struct option *options = cli_options();

	if (strncmp(word, "--", 2) != 0)
		return NULL;
	for (size_t i = 0; options[i].name != NULL; i++)
		if (strcmp(options[i].name, word + 2) == 0)
			return &options[i];
	return NULL;
}

static void
offer_options(const struct line *line)
{
	const struct option *options = cli_options();
	const struct cli_command *command = line->command;
	char word[64];

	if (command == NULL) /* a line without a command serves */
		command = cli_command("serve");
	for (size_t i = 0; options[i].name != NULL; i++) {
		if (!cli_takes(command, &options[i]))
			continue;
		snprintf(word, sizeof(word), "--%s", options[i].name);
		offer(line, word, "");
	}
}

static void
offer_value(const struct line *line, const char *option)
{
	static const char *const levels[] = { "debug", "info", "notice", "warning", "error", NULL };
	static const char *const access[] = { "read", "write", "admin", NULL };

	if (strcmp(option, "log-level") == 0)
		offer_all(line, levels);
	else if (strcmp(option, "access") == 0)
		offer_all(line, access);
}

/* ---- arguments ------------------------------------------------------------------------------ */

/* The words that the usage of a command lists: "plugin list | enable NAME" has list and enable. */
static void
offer_usage(const struct line *line)
{
	const char *at = line->command->usage + strlen(line->command->name);
	char word[32];

	while (at != NULL) {
		size_t len;

		at += strspn(at, " |");
		len = strspn(at, "abcdefghijklmnopqrstuvwxyz-");
		if (len > 0 && len < sizeof(word) && *at != '-' &&
		    (at[len] == ' ' || at[len] == '\0')) {
			snprintf(word, sizeof(word), "%.*s", (int)len, at);
			offer(line, word, "");
		}
		at = strstr(at, " | ");
	}
}

static void
offer_word(void *data, const char *name)
{
	offer(data, name, "");
}

static void
offer_plugins(const struct cli *cli, struct line *line)
{
	struct config *config = cli_config(cli);

	if (config != NULL)
		plugins_each(&config->plugins.directories, offer_word, line);
	config_free(config);
}

/* What a list of the host has, by one member of its items. */
static void
offer_listed(const struct cli *cli, const struct line *line, const char *method, const char *list,
	     const char *member)
{
	struct host *host = cli_host(cli);
	struct json_object *all = host != NULL ? local_list(host, method, list) : NULL;
	struct json_object *items = json_arr(all, list);
	size_t n = items != NULL ? json_object_array_length(items) : 0;

	for (size_t i = 0; i < n; i++) {
		const char *word = json_str(json_object_array_get_idx(items, i), member);

		if (word != NULL)
			offer(line, word, "");
	}
	json_object_put(all);
	host_free(host);
}

/* The arguments of a tool, each with "=" for its value. */
static void
offer_arguments(const struct cli *cli, const struct line *line)
{
	struct host *host = cli_host(cli);
	struct json_object *all = host != NULL ? local_list(host, "tools/list", "tools") : NULL;
	struct json_object *tools = json_arr(all, "tools");
	size_t n = tools != NULL ? json_object_array_length(tools) : 0;

	for (size_t i = 0; i < n; i++) {
		struct json_object *tool = json_object_array_get_idx(tools, i);
		struct json_object *schema = json_obj(tool, "inputSchema");
		struct json_object *properties = json_obj(schema, "properties");
		struct json_object_iter member;

		if (properties == NULL || strcmp(json_str(tool, "name"), line->first) != 0)
			continue;
		json_object_object_foreachC(properties, member)
			offer(line, member.key, "=");
	}
	json_object_put(all);
	host_free(host);
}

static void
offer_argument(const struct cli *cli, struct line *line)
{
	const char *name = line->command->name;

	if (line->argument == 0)
		offer_usage(line);
	if (strcmp(name, "plugin") == 0 && line->argument == 1 && strcmp(line->first, "list") != 0)
		offer_plugins(cli, line);
	else if (strcmp(name, "client-config") == 0 && line->argument == 0)
		offer_all(line, client_config_names());
	else if (strcmp(name, "call") == 0 && line->argument == 0)
		offer_listed(cli, line, "tools/list", "tools", "name");
	else if (strcmp(name, "call") == 0)
		offer_arguments(cli, line);
	else if (strcmp(name, "read") == 0 && line->argument == 0)
		offer_listed(cli, line, "resources/list", "resources", "uri");
}

/* Finds the command and its arguments among the words. Returns the option whose value the typed
 * word is, or NULL. */
static const struct option *
line_read(struct line *line, struct cli *cli)
{
	const struct option *waiting = NULL;

	for (size_t i = 0; i < line->words; i++) {
		const char *word = line->word[i];
		const struct option *option = option_find(word);

		if (waiting != NULL) {
			if (strcmp(waiting->name, "config") == 0)
				cli->overrides.file = word;
			waiting = NULL;
		} else if (option != NULL && option->has_arg == required_argument) {
			waiting = option;
		} else if (*word == '-') {
			continue;
		} else if (line->command == NULL) {
			line->command = cli_command(word);
			line->lost = line->lost || line->command == NULL;
		} else {
			if (line->argument == 0)
				line->first = word;
			line->argument++;
		}
	}
	return waiting;
}

int
cli_complete(struct cli *cli)
{
	struct line line = { .word = cli->argument,
			     .words = cli->arguments - 1,
			     .typed = cli->argument[cli->arguments - 1],
			     .first = "" };
	const struct option *waiting = line_read(&line, cli);

	if (waiting != NULL)
		offer_value(&line, waiting->name);
	else if (line.lost)
		return 0;
	else if (*line.typed == '-')
		offer_options(&line);
	else if (line.command == NULL)
		cli_each_command(offer_word, &line);
	else
		offer_argument(cli, &line);
	return 0;
}
