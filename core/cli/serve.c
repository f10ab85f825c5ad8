/* SPDX-License-Identifier: Apache-2.0 */
/* lakehost serve */
#include "cli/cli.h"

#include <unistd.h>

#include "host/host.h"
#include "upstream/upstream.h"

/* Help for a person who starts the program on a terminal. */
static void
greet(void)
{
	fputs("lakehost speaks MCP on standard input and output, and is normally started by a "
	      "client. \"lakehost client-config cursor\" prints the settings for one.\nFirst "
	      "steps: \"lakehost check\", \"lakehost tools\", \"lakehost call get_server_info\", "
	      "\"lakehost --help\". Ctrl-D ends it.\n",
	      stderr);
}

int
cli_serve(struct cli *cli)
{
	struct config *config = cli_config(cli);
	struct host *host;
	char why[512];
	int status;

	if (config == NULL)
		return 1;
	if (config->server.stdio && isatty(STDIN_FILENO))
		greet();
	host = host_new(config, why, sizeof(why));
	if (host == NULL) {
		fprintf(stderr, "lakehost: %s\n", why);
		return 1;
	}
	host_reload_with(host, &cli->overrides, upstream_load);
	status = host_serve(host);
	host_free(host);
	return status;
}
