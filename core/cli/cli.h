/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: one file for each subcommand. The table of all of them is in cli.c. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_CLI_CLI_H
#define CORE_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "config/config.h"

struct host;
struct json_object;
struct option;
struct row;

#define CLI_SETS_MAX 64

/* The parsed command line. */
struct cli {
	struct config_overrides overrides;
	const char *set[CLI_SETS_MAX];
	bool help, json, markdown;
	const char *output;			/* read --output FILE */
	const char *url;			/* client-config --url URL */
	const char *access;			/* token new --access LEVEL */
	const char *days;			/* token new --days N */
	const char *principal;			/* doctor, policy, audit show: --principal NAME */
	const char *group;			/* policy --group NAME,NAME */
	const char *at;				/* policy test --at TIME */
	const char *groups;			/* token new --groups LIST */
	const char *seed;			/* plugin test --seed SEED */
	const char *count;			/* plugin test --count N */
	const char *key;			/* plugin sign, audit verify: --key FILE */
	bool yes;				/* plugin approve --yes */
	const char *tool, *since, *checkpoints; /* of audit */
	const char **argument;			/* the words after the subcommand and its options */
	size_t arguments;
};

struct cli_command {
	const char *name, *usage, *summary, *details;
	/* the names of the command's own options, separated by spaces; global options are not
	 * listed */
	const char *options;
	size_t least, most; /* arguments */
	int (*run)(struct cli *cli);
};

int cli_main(int argc, char **argv);

int cli_serve(struct cli *cli);
int cli_check(struct cli *cli);
int cli_reload(struct cli *cli);
int cli_doctor(struct cli *cli);
int cli_plugin(struct cli *cli);
int cli_plugin_switch(const struct cli *cli, bool on); /* plugin enable, disable */
int cli_plugin_new(const struct cli *cli);
int cli_plugin_lint(const struct cli *cli);
int cli_plugin_test(const struct cli *cli);
int cli_plugin_sign(const struct cli *cli);
int cli_plugin_approve(const struct cli *cli);
int cli_tools(struct cli *cli);
int cli_tools_reference(const struct cli *cli); /* tools --markdown */
int cli_prompts(struct cli *cli);
int cli_resources(struct cli *cli);
int cli_call(struct cli *cli);
int cli_read(struct cli *cli);
int cli_client_config(struct cli *cli);
int cli_token(struct cli *cli);
int cli_federation_policy(struct cli *cli);
int cli_audit(struct cli *cli);
int cli_complete(struct cli *cli);

/* The tables of cli.c. A name that begins with "-" is never a command. */
const struct cli_command *cli_command(const char *name); /* NULL: unknown */
void cli_each_command(void (*fn)(void *data, const char *name), void *data);
const struct option *cli_options(void); /* ends with a NULL name */
/* Does the command take this option? NULL, no command: the options of every command. */
bool cli_takes(const struct cli_command *command, const struct option *option);
const char *const *client_config_names(void); /* ends with NULL */
int cli_policy(struct cli *cli);

/* Loads the configuration. NULL when it has faults; each is printed on stderr. */
struct config *cli_config(const struct cli *cli);
/* A host for the command line: it has no listener, and logs only warnings and errors. NULL after
 * printing the reason. */
struct host *cli_host(const struct cli *cli);

/* ---- local.c: a client inside the process
 * ----------------------------------------------------- */

struct local_answer {
	struct json_object *result; /* NULL when there was an error; owned */
	struct json_object *error;  /* the JSON-RPC error object; owned */
	bool cancelled;		    /* by SIGINT */
};

/* Sends one request of the newest revision and runs the loop until the answer arrives. Takes
 * ownership of `params`. `notify` is called for each notification and may be NULL. Questions
 * (input_required) are asked on the terminal; without a terminal they are declined. */
void local_request(struct host *host, const char *method, struct json_object *params,
		   void (*notify)(void *data, struct json_object *message), void *data,
		   struct local_answer *answer);
void local_answer_fini(struct local_answer *answer);
/* Prints on stderr why there is no result. */
void local_print_error(const struct local_answer *answer);
/* All pages of a list as one result; NULL after printing the error. `member` holds the items. */
struct json_object *local_list(struct host *host, const char *method, const char *member);

/* The arguments of a tool from JSON or KEY=VALUE words; NULL after printing what is wrong. `row`
 * may be NULL. */
struct json_object *cli_arguments(const struct row *row, const char **words, size_t n);

/* ---- absent.c ------------------------------------------------------------------------------- */

/* When the tool is installed but not offered, prints one line with the reason on stderr. */
void cli_tell_absent(struct host *host, const char *tool);

/* ---- question.c: elicitation on a terminal -------------------------------------------------- */

/* Answers one input request. Returns a new object, or NULL when it cannot be answered here. */
struct json_object *question_answer(struct json_object *request);
/* Does the schema of an object require this property? */
bool question_required(struct json_object *schema, const char *name);

/* ---- render.c ------------------------------------------------------------------------------- */

/* Prints a text for a person at a terminal: tab-separated lines become aligned columns, and control
 * characters become visible. */
void render_text(FILE *out, const char *text, size_t len, int width);
/* Prints a tab-separated table of the host on stdout: aligned on a terminal, unchanged on a
 * pipe. */
void render_table_text(const char *text, size_t len);
/* The length of the first sentence of a description. */
int first_sentence(const char *text);
/* A text on one line, without its line end: characters that would start a new line become
 * visible. */
void render_line(FILE *out, const char *text);
/* Writes the unchanged bytes to a pipe, with one newline at the end. */
void render_plain(FILE *out, const char *text, size_t len);
/* Display columns of a UTF-8 text. */
int render_width(const char *text, size_t len);
int render_terminal_width(void); /* columns of the terminal; 0: stdout is not a terminal */
/* Prints all content blocks of a result. Blobs are named, not printed. */
void render_content(struct json_object *content, int width);

#endif
