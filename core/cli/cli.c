/* SPDX-License-Identifier: Apache-2.0 */
/* The table of subcommands and of options. Options may stand before or after the subcommand. An
 * option that the command does not accept is an error. */
#include "cli/cli.h"

#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <lakehost/plugin.h>
#include <lakehost/version.h>

#include "base/mem.h"
#include "base/nearest.h"
#include "config/faults.h"
#include "config/text.h"
#include "host/host.h"
#include "transport/listen.h"
#include "upstream/upstream.h"

static const struct cli_command commands[] = {
	{ "serve", "[serve] [--http ADDR:PORT] [--unix PATH]",
	  "serve MCP on stdio, or on HTTP with --http, --unix or a systemd socket",
	  "Without --http, --unix, a systemd socket or listeners in the configuration it serves\n"
	  "stdin and stdout. SIGTERM drains: running calls get up to 30 seconds.\n",
	  "http unix", 0, 0, cli_serve },
	{ "check", "check [--http ADDR:PORT] [--unix PATH]",
	  "test the start of the server without opening a socket; print every fault",
	  "Loads configuration, keys and plugins, and looks for the host and the credential "
	  "of\neach upstream that an enabled plugin uses. Makes no request. Exit status 1 "
	  "when the\nserver would not start, a plugin is refused, or a call could not "
	  "work.\n",
	  "http unix", 0, 0, cli_check },
	{ "reload", "reload [PID]", "let running hosts read their configuration again",
	  "Reloads the host with this process id, or all hosts of this user; with --config only "
	  "those\nthat use this file. Waits for the result. When the configuration has a fault, "
	  "the host\nserves with the former one, the faults are printed, and the exit status is "
	  "1.\n",
	  "", 0, 1, cli_reload },
	{ "doctor", "doctor [--principal USER]",
	  "check, then contact each upstream: credential, identity, one request for each plugin",
	  "Prints which credential is used and why, the identity, and whether the probe "
	  "request\nof each plugin works. Changes nothing. Exit status 1 on any fault.\n"
	  "With --principal, upstreams with on_behalf_of = \"exchange\" are asked on behalf of "
	  "that\nuser; without it they are not asked.\n",
	  "principal", 0, 0, cli_doctor },
	{ "plugin",
	  "plugin list | enable NAME | disable NAME | inspect NAME|FILE | new NAME DIR | "
	  "lint FILE | test FILE [--seed SEED] [--count N] | "
	  "sign FILE --key KEY | approve NAME|FILE [--yes]",
	  "show, switch, make, examine and approve plugins",
	  "list     every plugin found, its state, and the reason when it is refused\nenable   "
	  "link plugins-available/NAME.conf into plugins-enabled/\ndisable  remove that "
	  "link\ninspect  print the manifest of a plugin without running its code (--json: "
	  "all of it)\nnew      write a plugin project "
	  "that builds, with its tests, into the new folder DIR\n"
	  "lint     examine a plugin's file without running its code; exit status 1 when it finds "
	  "an\n         error or a warning (--json: as JSON)\ntest     run a plugin with generated "
	  "arguments and a hostile service. SEED is a number,\n         or the end of a finding, "
	  "which it repeats; N argument objects are made (20000)\n"
	  "sign     write FILE.sig with a private Ed25519 key (PEM)\napprove  show what is new in "
	  "a plugin, ask, and record that it is approved\n",
	  "json seed count key yes", 1, 3, cli_plugin },
	{ "tools", "tools [--json | --markdown]", "list the tools that a client would see",
	  "--json prints the result of tools/list; --markdown prints a reference page of "
	  "all\ninstalled tools, also of those that are not enabled.\n",
	  "json markdown", 0, 0, cli_tools },
	{ "call", "call TOOL [JSON | KEY=VALUE…]",
	  "call a tool in the same way as an MCP "
	  "request",
	  "Arguments are one JSON object, or KEY=VALUE pairs whose types come from the tool's "
	  "schema.\nProgress and questions appear on a terminal. Exit status 1 on a tool "
	  "error.\n--json prints the whole result.\n",
	  "json", 1, SIZE_MAX, cli_call },
	{ "read", "read URI [--output FILE]", "read a resource",
	  "--output writes the bytes of the resource to FILE, which must not exist yet.\n",
	  "output json", 1, 1, cli_read },
	{ "resources", "resources [--json]", "list the resources that a client would see",
	  "Templates contain variables in braces; give \"lakehost read\" a URI with values "
	  "instead.\n--json prints the results of resources/list and resources/templates/list.\n",
	  "json", 0, 0, cli_resources },
	{ "prompts", "prompts [--json]", "list the prompts that a client would see",
	  "A star marks each required argument. --json prints the result of prompts/list.\n",
	  "json", 0, 0, cli_prompts },
	{ "client-config", "client-config CLIENT [--url URL]",
	  "print the settings that connect a client to this host",
	  "CLIENT is claude-code, claude-desktop, cline, codex, copilot-cli, cursor, "
	  "gemini,\ngoose, jetbrains, opencode, vscode, windsurf or zed. Without --url the "
	  "client starts\nthis program on stdio, with the options given here. With --url "
	  "it connects by HTTP.\n",
	  "url", 1, 1, cli_client_config },
	{ "token",
	  "token new NAME [--access LEVEL] [--days N] [--groups LIST] | list | revoke NAME",
	  "make, list and revoke the tokens with which clients call over HTTP",
	  "For auth.inbound = \"token\". new prints the token once; only its digest is stored. "
	  "LEVEL\nis read (the default), write or admin. A token expires after 90 days or after "
	  "N days;\n--days 0: never. LIST has the groups of the principal, with commas between "
	  "them. A "
	  "serving host\nnotices a change within a second.\n",
	  "access days groups", 1, 2, cli_token },
	{ "policy", "policy test TOOL [JSON | KEY=VALUE…] | show",
	  "say whether the policy allows a call, and what a principal may do",
	  "test names the rule that decided, with file and line. Makes no request. Exit status "
	  "1 when\nthe call is refused. show prints the rules that apply, and every tool.\n\n"
	  "  --principal NAME   the principal of the call (default: \"local\")\n"
	  "  --group NAME,…     groups that the credential of the principal would name\n"
	  "  --at TIME          the time of the call, such as 2026-12-24T09:30Z (test)\n"
	  "  --json             the decision as JSON (test)\n",
	  "principal group at json", 1, SIZE_MAX, cli_policy },
	{ "federation-policy", "federation-policy [UPSTREAM]",
	  "print the federation policy that a workspace needs for on_behalf_of",
	  "UPSTREAM (default: \"workspace\") has on_behalf_of = \"exchange\". Prints the issuer, "
	  "the "
	  "audience\nand the public key as JSON, as \"databricks account federation-policy create "
	  "--json\" takes it.\nThe private key is not printed. Makes no request.\n",
	  "", 0, 1, cli_federation_policy },
	{ "audit", "audit verify [FILE] | show [FILE]", "check the audit log, or show it to people",
	  "verify  checks that no line of FILE was changed and that no line is missing. It uses "
	  "the\n        key of the configuration, or --key FILE. --checkpoints LOG also compares "
	  "the\n        checkpoints in a log of lakehost. Exit status 1 when the file is not "
	  "intact.\nshow    prints calls and refusals as a table. --principal, --tool and --since "
	  "24h choose\n        lines; --json prints the chosen lines of the file.\nWithout FILE, "
	  "both read audit.file of the configuration.\n",
	  "key checkpoints principal tool since json", 1, 2, cli_audit },
	{ "complete", "complete -- WORD…",
	  "print the words that can follow on a command line, for the completion of shells",
	  "The last WORD is the beginning of the word to complete; it can be empty. Nothing is\n"
	  "printed where a file name is expected.\n",
	  "", 1, SIZE_MAX, cli_complete },
};

enum {
	OPT_CONFIG = 256,
	OPT_SET,
	OPT_READ_ONLY,
	OPT_LOG_LEVEL,
	OPT_HTTP,
	OPT_UNIX,
	OPT_JSON,
	OPT_OUTPUT,
	OPT_URL,
	OPT_MARKDOWN,
	OPT_ACCESS,
	OPT_DAYS,
	OPT_SEED,
	OPT_COUNT,
	OPT_KEY,
	OPT_YES,
	OPT_GROUPS,
	OPT_PRINCIPAL,
	OPT_GROUP,
	OPT_AT,
	OPT_TOOL,
	OPT_SINCE,
	OPT_CHECKPOINTS
};

static const struct option all_options[] = {
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "set", required_argument, NULL, OPT_SET },
	{ "read-only", no_argument, NULL, OPT_READ_ONLY },
	{ "log-level", required_argument, NULL, OPT_LOG_LEVEL },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'v' },
	/* the options after this one are valid only for commands that list them */
	{ "http", required_argument, NULL, OPT_HTTP },
	{ "unix", required_argument, NULL, OPT_UNIX },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "output", required_argument, NULL, OPT_OUTPUT },
	{ "url", required_argument, NULL, OPT_URL },
	{ "markdown", no_argument, NULL, OPT_MARKDOWN },
	{ "access", required_argument, NULL, OPT_ACCESS },
	{ "days", required_argument, NULL, OPT_DAYS },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "count", required_argument, NULL, OPT_COUNT },
	{ "key", required_argument, NULL, OPT_KEY },
	{ "yes", no_argument, NULL, OPT_YES },
	{ "principal", required_argument, NULL, OPT_PRINCIPAL },
	{ "tool", required_argument, NULL, OPT_TOOL },
	{ "since", required_argument, NULL, OPT_SINCE },
	{ "checkpoints", required_argument, NULL, OPT_CHECKPOINTS },
	{ "groups", required_argument, NULL, OPT_GROUPS },
	{ "group", required_argument, NULL, OPT_GROUP },
	{ "at", required_argument, NULL, OPT_AT },
	{ NULL, 0, NULL, 0 },
};

static void
print_help(FILE *out)
{
	fputs("lakehost " LAKEHOST_VERSION ": governed access to Databricks and others over MCP\n"
	      "\n"
	      "Usage: lakehost [OPTION…] [COMMAND [ARGUMENT…]]\n\nCommands:\n",
	      out);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(out, "  %-14s %s\n", commands[i].name, commands[i].summary);
	fputs("\nOptions of every command:\n"
	      "  --config FILE        configuration instead of the default one\n"
	      "  --set KEY=VALUE      override one key, such as results.rows=50; can be repeated\n"
	      "  --read-only          offer only tools that change nothing\n"
	      "  --log-level LEVEL    debug, info, notice, warning or error\n"
	      "  -h, --help           this help, or the help of a command\n"
	      "  -v, --version        the version and the plugin ABI\n"
	      "\nWith DATABRICKS_HOST and DATABRICKS_TOKEN set no configuration is needed.\n",
	      out);
}

static void
print_command_help(const struct cli_command *command)
{
	printf("Usage: lakehost %s\n\n%c%s.\n\n%s", command->usage, command->summary[0] - 'a' + 'A',
	       command->summary + 1, command->details);
	printf("\n'lakehost --help' lists the options of every command.\n");
}

static int
usage_error(const struct cli_command *command, const char *what, const char *which)
{
	char *given = xstrdup(which != NULL ? which : "");

	text_to_line(given);
	fprintf(stderr, "lakehost: %s%s%s\nUsage: lakehost %s\n", what, which ? ": " : "", given,
		command ? command->usage : "[OPTION…] [COMMAND [ARGUMENT…]]");
	free(given);
	return 2;
}

const struct cli_command *
cli_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

void
cli_each_command(void (*fn)(void *data, const char *name), void *data)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fn(data, commands[i].name);
}

const struct option *
cli_options(void)
{
	return all_options;
}

static int
unknown(const char *what, const char *given, const char *near)
{
	if (near == NULL)
		return usage_error(NULL, what, given);
	fprintf(stderr, "lakehost: %s: %s; did you mean \"%s\"?\n", what, given, near);
	return 2;
}

static int
unknown_command(const char *given)
{
	const char *names[ARRAY_SIZE(commands)];

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		names[i] = commands[i].name;
	return unknown("unknown command", given, nearest_name(given, names, ARRAY_SIZE(commands)));
}

static int
unknown_option(const char *given)
{
	const char *names[ARRAY_SIZE(all_options) - 1], *near;
	char text[32];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		names[i] = all_options[i].name;
	near =
	    strncmp(given, "--", 2) == 0 ? nearest_name(given + 2, names, ARRAY_SIZE(names)) : NULL;
	snprintf(text, sizeof(text), "--%s", near != NULL ? near : "");
	return unknown("unknown option", given, near != NULL ? text : NULL);
}

/* Is `word` one of the space-separated `words`? */
static bool
word_in(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = words; *at != '\0'; at += *at == ' ') {
		size_t n = strcspn(at, " ");

		if (n == len && memcmp(at, word, n) == 0)
			return true;
		at += n;
	}
	return false;
}

static void
option_apply(struct cli *cli, int option)
{
	switch (option) {
	case OPT_CONFIG: cli->overrides.file = optarg; break;
	case OPT_SET:
		if (cli->overrides.sets < CLI_SETS_MAX)
			cli->set[cli->overrides.sets++] = optarg;
		break;
	case OPT_READ_ONLY: cli->overrides.read_only = true; break;
	case OPT_LOG_LEVEL: cli->overrides.log_level = optarg; break;
	case 'h': cli->help = true; break;
	case OPT_HTTP: cli->overrides.http = optarg; break;
	case OPT_UNIX: cli->overrides.unix_path = optarg; break;
	case OPT_JSON: cli->json = true; break;
	case OPT_MARKDOWN: cli->markdown = true; break;
	case OPT_OUTPUT: cli->output = optarg; break;
	case OPT_ACCESS: cli->access = optarg; break;
	case OPT_DAYS: cli->days = optarg; break;
	case OPT_PRINCIPAL: cli->principal = optarg; break;
	case OPT_TOOL: cli->tool = optarg; break;
	case OPT_SINCE: cli->since = optarg; break;
	case OPT_KEY: cli->key = optarg; break;
	case OPT_CHECKPOINTS: cli->checkpoints = optarg; break;
	case OPT_GROUPS: cli->groups = optarg; break;
	case OPT_YES: cli->yes = true; break;
	case OPT_SEED: cli->seed = optarg; break;
	case OPT_COUNT: cli->count = optarg; break;
	case OPT_GROUP: cli->group = optarg; break;
	case OPT_AT: cli->at = optarg; break;
	case OPT_URL: cli->url = optarg; break;
	default: break;
	}
}

/* Parses all options; getopt moves the other words to the end. Returns 0, or an exit status. */
static int
options_parse(struct cli *cli, int argc, char **argv, bool used[])
{
	int option, index = 0;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":hv", all_options, &index)) != -1) {
		if (option == '?')
			return unknown_option(argv[optind - 1]);
		if (option == ':')
			return usage_error(NULL, "the option needs a value", argv[optind - 1]);
		if (option == 'v') {
			printf("lakehost %s (plugin ABI %d.%d)\n", LAKEHOST_VERSION, MCP_ABI_MAJOR,
			       MCP_ABI_MINOR);
			exit(0);
		}
		if (option == OPT_SET && cli->overrides.sets == CLI_SETS_MAX)
			return usage_error(NULL, "too many --set options", NULL);
		used[index] = true;
		option_apply(cli, option);
	}
	return 0;
}

bool
cli_takes(const struct cli_command *command, const struct option *option)
{
	return option->val < OPT_HTTP ||
	       (command != NULL && word_in(command->options, option->name));
}

/* Rejects options that the command does not accept. */
static int
options_check(const struct cli_command *command, const bool used[])
{
	for (size_t i = 0; all_options[i].name != NULL; i++)
		if (used[i] && !cli_takes(command, &all_options[i]))
			return usage_error(command, "this command does not take the option",
					   all_options[i].name);
	return 0;
}

/* Commands other than serve end when their terminal closes, or the reader of their output. main()
 * has blocked SIGHUP and ignored SIGPIPE for serve. */
static void
release_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	signal(SIGPIPE, SIG_DFL);
}

int
cli_main(int argc, char **argv)
{
	static struct cli cli;
	bool used[ARRAY_SIZE(all_options)] = { false };
	const struct cli_command *command = &commands[0];
	int status = options_parse(&cli, argc, argv, used);

	if (status != 0)
		return status;
	cli.overrides.set = cli.set;
	cli.overrides.sockets_passed = listen_passed() > 0;
	cli.argument = (const char **)argv + optind;
	cli.arguments = (size_t)(argc - optind);
	if (cli.arguments > 0) {
		command = cli_command(cli.argument[0]);
		if (command == NULL)
			return unknown_command(cli.argument[0]);
		cli.argument++;
		cli.arguments--;
	} else if (cli.help) {
		print_help(stdout);
		return 0;
	}
	if (cli.help) {
		print_command_help(command);
		return 0;
	}
	status = options_check(command, used);
	if (status == 0 && (cli.arguments < command->least || cli.arguments > command->most))
		status = usage_error(command,
				     cli.arguments < command->least ? "an argument is missing"
								    : "too many arguments",
				     NULL);
	if (status != 0)
		return status;
	if (command->run != cli_serve)
		release_signals();
	return command->run(&cli);
}

struct config *
cli_config(const struct cli *cli)
{
	struct config_faults faults = { 0 };
	struct config *config = config_load(&cli->overrides, upstream_load, &faults);

	for (size_t i = 0; i < faults.count; i++)
		fprintf(stderr, "lakehost: %s\n", faults.line[i]);
	config_faults_fini(&faults);
	return config;
}

struct host *
cli_host(const struct cli *cli)
{
	struct config *config = cli_config(cli);
	struct host *host;
	char why[512];

	if (config == NULL)
		return NULL;
	if (cli->overrides.log_level == NULL && config->log.level < LOG_WARNING)
		config->log.level = LOG_WARNING;
	host = host_new(config, why, sizeof(why));
	if (host == NULL)
		fprintf(stderr, "lakehost: %s\n", why);
	return host;
}
