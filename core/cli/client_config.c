/* SPDX-License-Identifier: Apache-2.0 */
/* lakehost client-config CLIENT: the snippet that connects a client, by stdio or by URL. */
#include "cli/cli.h"

#include <json-c/json.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

/* Where each client keeps its servers. `list` is the member that holds them. */
static const struct client {
	const char *name, *file, *list;
	const char *type_stdio, *type_http; /* NULL: the client wants no "type" */
} clients[] = {
	{ "claude-code", ".mcp.json in the project (or: claude mcp add-json lakehost '<the object "
	  "behind \"lakehost\">')", "mcpServers", "stdio", "http" },
	{ "claude-desktop", "claude_desktop_config.json (Settings, Developer, Edit Config)",
	  "mcpServers", NULL, NULL },
	{ "vscode", ".vscode/mcp.json in the project", "servers", "stdio", "http" },
	{ "cursor", "~/.cursor/mcp.json, or .cursor/mcp.json in the project", "mcpServers", NULL,
	  NULL },
	{ "codex", "~/.codex/config.toml", NULL, NULL, NULL },
};

/* The absolute path of this program; owned. */
static char *
program_path(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	return n > 0 ? xstrndup(path, (size_t)n) : xstrdup("lakehost");
}

static struct json_object *
server_object(const struct client *client, const struct cli *cli)
{
	struct json_object *server = json_object_new_object();
	struct json_object *words = json_object_new_array();
	const char *type = cli->url != NULL ? client->type_http : client->type_stdio;
	char *program = program_path();

	if (type != NULL)
		json_object_object_add(server, "type", json_object_new_string(type));
	if (cli->url != NULL) {
		json_object_object_add(server, "url", json_object_new_string(cli->url));
		json_object_put(words);
	} else {
		json_object_object_add(server, "command", json_object_new_string(program));
		if (cli->overrides.file != NULL) {
			char *file = realpath(cli->overrides.file, NULL);

			json_object_array_add(words, json_object_new_string("--config"));
			json_object_array_add(words, json_object_new_string(
			    file != NULL ? file : cli->overrides.file));
			free(file);
		}
		json_object_object_add(server, "args", words);
	}
	free(program);
	return server;
}

static void
print_json(const struct client *client, const struct cli *cli)
{
	struct json_object *root = json_object_new_object();
	struct json_object *list = json_object_new_object();

	json_object_object_add(list, "lakehost", server_object(client, cli));
	json_object_object_add(root, client->list, list);
	puts(json_object_to_json_string_ext(root,
	    JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
}

/* TOML's basic strings are spelled like JSON's for all that a path or URL can hold. */
static void
print_toml(const struct client *client, const struct cli *cli)
{
	struct json_object *server = server_object(client, cli);

	puts("[mcp_servers.lakehost]");
	json_object_object_foreach(server, key, value)
		printf("%s = %s\n", key, json_object_to_json_string_ext(value,
		    JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(server);
}

int
cli_client_config(struct cli *cli)
{
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++) {
		if (strcmp(clients[i].name, cli->argument[0]) != 0)
			continue;
		fprintf(stderr, "Put this into %s:\n", clients[i].file);
		if (clients[i].list != NULL)
			print_json(&clients[i], cli);
		else
			print_toml(&clients[i], cli);
		if (cli->url == NULL)
			fputs("The server finds the workspace by DATABRICKS_HOST and "
			      "DATABRICKS_TOKEN, its configuration, or ~/.databrickscfg.\n",
			      stderr);
		return 0;
	}
	fprintf(stderr, "lakehost: unknown client \"%s\"; known are:", cli->argument[0]);
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++)
		fprintf(stderr, " %s", clients[i].name);
	fputc('\n', stderr);
	return 2;
}
