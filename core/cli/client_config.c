/* SPDX-License-Identifier: Apache-2.0 */
/* lakehost client-config CLIENT: prints the settings that connect a client by stdio or URL, with
 * the options that were given. The output never contains the value of a secret. When a client
 * does not pass its environment to the server, the settings name the variables to pass. When a
 * client cannot pass variables by name, only variables that are not secret are printed, with
 * their values. */
#include "cli/cli.h"

#include <json-c/json.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/nearest.h"
#include "base/url.h"
#include "config/file.h"

/* How the server process gets its environment variables. */
enum passing {
	PASSES,	  /* the client passes its whole environment */
	BY_LIST,  /* a list of variable names */
	BY_VALUE, /* {"NAME": reference}; the format turns a name into a reference */
	LITERAL,  /* {"NAME": value}: the client has no references */
};

enum syntax { JSON, TOML, YAML };

/* The file format of each client, as documented. `list` is the member that holds its servers. */
static const struct client {
	const char *name, *file, *list;
	enum syntax syntax;
	const char *type_stdio, *type_http; /* NULL: the client has no "type" */
	const char *url; /* the member for the URL; NULL: the client supports stdio only */
	enum passing passing;
	const char *env, *reference; /* the member for variables, and the form of a reference */
	bool all_tools;		     /* the client needs a list of the tools to use: "*" */
	bool one_command;	     /* program and arguments are in one list */
} clients[] = {
	{ "claude-code",
	  ".mcp.json in the project (or: claude mcp add-json lakehost '<the object "
	  "behind \"lakehost\">')",
	  "mcpServers", JSON, "stdio", "http", "url", PASSES, NULL, NULL, false, false },
	{ "claude-desktop", "claude_desktop_config.json (Settings, Developer, Edit Config)",
	  "mcpServers", JSON, NULL, NULL, NULL, LITERAL, "env", NULL, false, false },
	{ "cline", "cline_mcp_settings.json (MCP Servers, Configure MCP Servers)", "mcpServers",
	  JSON, NULL, "streamableHttp", "url", LITERAL, "env", NULL, false, false },
	{ "codex", "~/.codex/config.toml", NULL, TOML, NULL, NULL, "url", BY_LIST, "env_vars", NULL,
	  false, false },
	{ "copilot-cli", "~/.copilot/mcp-config.json", "mcpServers", JSON, "local", "http", "url",
	  BY_VALUE, "env", "${%s}", true, false },
	{ "cursor", "~/.cursor/mcp.json, or .cursor/mcp.json in the project", "mcpServers", JSON,
	  NULL, NULL, "url", BY_VALUE, "env", "${env:%s}", false, false },
	{ "gemini", "~/.gemini/settings.json, or .gemini/settings.json in the project",
	  "mcpServers", JSON, NULL, NULL, "httpUrl", BY_VALUE, "env", "$%s", false, false },
	{ "goose", "~/.config/goose/config.yaml", "extensions", YAML, "stdio", "streamable_http",
	  "uri", BY_LIST, "env_keys", NULL, false, false },
	{ "jetbrains",
	  "Settings, Tools, AI Assistant, Model Context Protocol (Junie: "
	  "~/.junie/mcp/mcp.json)",
	  "mcpServers", JSON, NULL, NULL, "url", LITERAL, "env", NULL, false, false },
	{ "opencode", "opencode.json in the project, or ~/.config/opencode/opencode.json", "mcp",
	  JSON, "local", "remote", "url", BY_VALUE, "environment", "{env:%s}", false, true },
	{ "vscode", ".vscode/mcp.json in the project", "servers", JSON, "stdio", "http", "url",
	  PASSES, NULL, NULL, false, false },
	{ "windsurf", "~/.codeium/windsurf/mcp_config.json", "mcpServers", JSON, NULL, NULL,
	  "serverUrl", BY_VALUE, "env", "${env:%s}", false, false },
	{ "zed", "settings.json of Zed", "context_servers", JSON, NULL, NULL, "url", PASSES, NULL,
	  NULL, false, false },
};

/* The variables that select a workspace. The first two are always printed, even when they are
 * unset. */
static const struct variable {
	const char *name;
	bool secret;
} variables[] = {
	{ "DATABRICKS_HOST", false },		{ "DATABRICKS_TOKEN", true },
	{ "DATABRICKS_CONFIG_PROFILE", false }, { "DATABRICKS_CONFIG_FILE", false },
	{ "DATABRICKS_AUTH_TYPE", false },	{ "DATABRICKS_WORKSPACE_ID", false },
	{ "DATABRICKS_WAREHOUSE_ID", false },
};
#define ALWAYS 2u

/* ---- arguments ------------------------------------------------------------------------------- */

/* The absolute path of this program; owned. */
static char *
program_path(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	return n > 0 ? xstrndup(path, (size_t)n) : xstrdup("lakehost");
}

static void
add_word(struct json_object *words, const char *word)
{
	json_object_array_add(words, json_object_new_string(word));
}

/* Every option that was given, in the form that the program accepts. */
static void
add_options(struct json_object *words, const struct config_overrides *given)
{
	char *file = given->file != NULL ? realpath(given->file, NULL) : NULL;

	if (given->file != NULL) {
		add_word(words, "--config");
		add_word(words, file != NULL ? file : given->file);
	}
	free(file);
	for (size_t i = 0; i < given->sets; i++) {
		add_word(words, "--set");
		add_word(words, given->set[i]);
	}
	if (given->read_only)
		add_word(words, "--read-only");
	if (given->log_level != NULL) {
		add_word(words, "--log-level");
		add_word(words, given->log_level);
	}
}

static struct json_object *
command_of(const struct client *client, const struct cli *cli, struct json_object *server)
{
	struct json_object *words = json_object_new_array();
	char *program = program_path();

	if (client->one_command)
		add_word(words, program);
	else
		json_object_object_add(server, client->syntax == YAML ? "cmd" : "command",
				       json_object_new_string(program));
	free(program);
	add_options(words, &cli->overrides);
	return words;
}

/* ---- environment ----------------------------------------------------------------------------- */

static bool
is_set(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0';
}

static struct json_object *
names_of(void)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		if (i < ALWAYS || is_set(variables[i].name))
			add_word(list, variables[i].name);
	return list;
}

static struct json_object *
values_of(const struct client *client)
{
	struct json_object *env = json_object_new_object();
	char text[128];

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		const char *name = variables[i].name, *percent;

		if (!is_set(name) || (client->passing == LITERAL && variables[i].secret))
			continue;
		if (client->passing == LITERAL) {
			json_object_object_add(env, name, json_object_new_string(getenv(name)));
			continue;
		}
		percent = strstr(client->reference, "%s");
		snprintf(text, sizeof(text), "%.*s%s%s", (int)(percent - client->reference),
			 client->reference, name, percent + 2);
		json_object_object_add(env, name, json_object_new_string(text));
	}
	return env;
}

static void
add_environment(const struct client *client, struct json_object *server)
{
	struct json_object *env;

	if (client->passing == PASSES)
		return;
	env = client->passing == BY_LIST ? names_of() : values_of(client);
	if (json_object_is_type(env, json_type_object) && json_object_object_length(env) == 0)
		json_object_put(env);
	else
		json_object_object_add(server, client->env, env);
}

/* ---- snippets -------------------------------------------------------------------------------- */

static void
add_text(struct json_object *object, const char *key, const char *text)
{
	if (text != NULL)
		json_object_object_add(object, key, json_object_new_string(text));
}

static struct json_object *
server_object(const struct client *client, const struct cli *cli)
{
	struct json_object *server = json_object_new_object(), *words;

	add_text(server, "type", cli->url != NULL ? client->type_http : client->type_stdio);
	if (cli->url != NULL) {
		add_text(server, client->url, cli->url);
	} else {
		words = command_of(client, cli, server);
		json_object_object_add(server, client->one_command ? "command" : "args", words);
		add_environment(client, server);
	}
	if (client->all_tools) {
		words = json_object_new_array();
		add_word(words, "*");
		json_object_object_add(server, "tools", words);
	}
	return server;
}

static void
print_snippet(const struct client *client, struct json_object *server)
{
	struct json_object *root = json_object_new_object();
	struct json_object *list = json_object_new_object();

	json_object_object_add(list, "lakehost", json_object_get(server));
	json_object_object_add(root, client->list, list);
	puts(json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY |
						      JSON_C_TO_STRING_SPACED |
						      JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
}

static const char *
one_line(struct json_object *value)
{
	return json_object_to_json_string_ext(value, JSON_C_TO_STRING_SPACED |
							 JSON_C_TO_STRING_NOSLASHESCAPE);
}

/* A basic string of TOML has the syntax of a JSON string for every character of a path or URL. */
static void
print_toml(struct json_object *server)
{
	struct json_object_iter member;

	puts("[mcp_servers.lakehost]");
	json_object_object_foreachC(server, member)
		printf("%s = %s\n", member.key, one_line(member.val));
}

/* A JSON value is also a valid YAML value. */
static void
print_yaml(const struct client *client, struct json_object *server)
{
	struct json_object_iter member;

	printf("%s:\n  lakehost:\n    enabled: true\n    name: lakehost\n", client->list);
	json_object_object_foreachC(server, member)
		printf("    %s: %s\n", member.key, one_line(member.val));
	puts("    timeout: 300");
}

static void
print_hints(const struct client *client, const struct cli *cli)
{
	if (cli->url != NULL)
		return;
	if (client->passing == LITERAL && is_set("DATABRICKS_TOKEN"))
		fprintf(stderr,
			"%s does not pass DATABRICKS_TOKEN on, and its file must not contain a "
			"token: write host and token into a profile of ~/.databrickscfg, "
			"or use --set upstreams.workspace.token=file:PATH.\n",
			client->name);
	fputs("The server finds its services in its configuration. It finds a Databricks "
	      "workspace also in DATABRICKS_HOST and DATABRICKS_TOKEN, or in ~/.databrickscfg.\n",
	      stderr);
}

/* ---- command --------------------------------------------------------------------------------- */

static const struct client *
find_client(const char *name)
{
	const char *names[ARRAY_SIZE(clients)], *near;

	for (size_t i = 0; i < ARRAY_SIZE(clients); i++) {
		if (strcmp(clients[i].name, name) == 0)
			return &clients[i];
		names[i] = clients[i].name;
	}
	near = nearest_name(name, names, ARRAY_SIZE(clients));
	fprintf(stderr, "lakehost: unknown client \"%s\"", name);
	if (near != NULL)
		fprintf(stderr, "; did you mean \"%s\"?", near);
	fputs(near != NULL ? " Known are:" : "; known are:", stderr);
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++)
		fprintf(stderr, " %s", clients[i].name);
	fputc('\n', stderr);
	return NULL;
}

/* Checks for values that the output must not or cannot contain; prints the reason. */
static bool
refused(const struct client *client, const struct cli *cli)
{
	struct url url = { .port = 0 };
	const char *why;

	for (size_t i = 0; i < cli->overrides.sets; i++) {
		if (!reader_set_is_secret(cli->overrides.set[i]))
			continue;
		fprintf(stderr,
			"lakehost: --set %.*s: the value of a secret must not be in the "
			"client's settings; use env:NAME or file:PATH\n",
			(int)strcspn(cli->overrides.set[i], "="), cli->overrides.set[i]);
		return true;
	}
	if (cli->url == NULL)
		return false;
	if (client->url == NULL) {
		fprintf(stderr, "lakehost: %s supports stdio only; remove --url\n", client->name);
		return true;
	}
	why = strstr(cli->url, "://") != NULL ? url_split(cli->url, &url)
					      : "it must begin with http:// or https://";
	if (why != NULL)
		fprintf(stderr, "lakehost: --url %s is not valid: %s\n", cli->url, why);
	return why != NULL;
}

const char *const *
client_config_names(void)
{
	static const char *names[ARRAY_SIZE(clients) + 1];

	for (size_t i = 0; i < ARRAY_SIZE(clients); i++)
		names[i] = clients[i].name;
	return names;
}

int
cli_client_config(struct cli *cli)
{
	const struct client *client = find_client(cli->argument[0]);
	struct json_object *server;

	if (client == NULL || refused(client, cli))
		return 2;
	fprintf(stderr, "Add this to %s:\n", client->file);
	server = server_object(client, cli);
	switch (client->syntax) {
	case JSON: print_snippet(client, server); break;
	case TOML: print_toml(server); break;
	case YAML: print_yaml(client, server); break;
	}
	json_object_put(server);
	print_hints(client, cli);
	return 0;
}
