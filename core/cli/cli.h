/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: one file a subcommand, declared in one table (cli.c). */
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

#define CLI_SETS_MAX 64

/* What the command line said. */
struct cli {
	struct config_overrides overrides;
	const char *set[CLI_SETS_MAX];
	bool help, json, markdown;
	const char *output;    /* read --output FILE */
	const char *url;       /* client-config --url URL */
	const char **argument; /* behind the subcommand and its options */
	size_t arguments;
};

struct cli_command {
	const char *name, *usage, *summary, *details;
	const char *options; /* of its own, besides the global ones; space-separated */
	size_t least, most;  /* arguments */
	int (*run)(struct cli *cli);
};

int cli_main(int argc, char **argv);

int cli_serve(struct cli *cli);
int cli_check(struct cli *cli);
int cli_doctor(struct cli *cli);
int cli_plugin(struct cli *cli);
int cli_plugin_switch(const struct cli *cli, bool on); /* plugin enable, disable */
int cli_tools(struct cli *cli);
int cli_tools_reference(const struct cli *cli); /* tools --markdown */
int cli_prompts(struct cli *cli);
int cli_resources(struct cli *cli);
int cli_call(struct cli *cli);
int cli_read(struct cli *cli);
int cli_client_config(struct cli *cli);

/* Loads the config and prints every fault on stderr; NULL then. */
struct config *cli_config(const struct cli *cli);
/* A host that serves this process only (no listener), with logs at warning and above. NULL after
 * printing why. */
struct host *cli_host(const struct cli *cli);

/* ---- local.c: a client of the host in the same process -------------------------------------- */

struct local_answer {
	struct json_object *result; /* NULL when there was an error; owned */
	struct json_object *error;  /* the JSON-RPC error object; owned */
	bool cancelled;		    /* by SIGINT */
};

/* Sends one request of the newest revision and runs the loop until it is answered. `params` is
 * taken. `notify`, which may be NULL, sees each notification. Questions (input_required) are asked
 * on the terminal if there is one, and declined otherwise. */
void local_request(struct host *host, const char *method, struct json_object *params,
		   void (*notify)(void *data, struct json_object *message), void *data,
		   struct local_answer *answer);
void local_answer_fini(struct local_answer *answer);
/* Why there is no result, on stderr. */
void local_print_error(const struct local_answer *answer);
/* All pages of a list as one result; NULL after printing the error. `member` holds the items. */
struct json_object *local_list(struct host *host, const char *method, const char *member);

/* ---- absent.c ------------------------------------------------------------------------------- */

/* One line on stderr when an installed tool of this name is not offered: why not. */
void cli_tell_absent(struct host *host, const char *tool);

/* ---- question.c: elicitation on a terminal -------------------------------------------------- */

/* Answers one input request; new object, or NULL when it cannot be answered here. */
struct json_object *question_answer(struct json_object *request);

/* ---- render.c ------------------------------------------------------------------------------- */

/* Prints a text as a person wants to see it on a terminal: tab-separated lines become aligned
 * columns. Control characters are made visible. */
void render_text(FILE *out, const char *text, size_t len, int width);
/* A table of ours, tab-separated, on stdout: aligned on a terminal, as it is on a pipe. */
void render_table_text(const char *text, size_t len);
/* The length of the first sentence of a description. */
int first_sentence(const char *text);
/* A text in one line, without its end: what would begin another one is made visible too. */
void render_line(FILE *out, const char *text);
/* The same bytes for a pipe: with one newline at the end. */
void render_plain(FILE *out, const char *text, size_t len);
/* Display columns of a UTF-8 text. */
int render_width(const char *text, size_t len);
int render_terminal_width(void); /* 0: stdout is no terminal */
/* Prints all content blocks of a result; blobs are named, not shown. */
void render_content(struct json_object *content, int width);

#endif
