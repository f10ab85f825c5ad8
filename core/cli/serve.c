/* SPDX-License-Identifier: Apache-2.0 */
/* lakehost serve */
#include "cli/cli.h"
#include "host.h"

int
cli_serve(struct cli *cli)
{
	struct config *config = cli_config(cli);
	struct host *host;
	char why[512];
	int status;

	if (config == NULL)
		return 1;
	host = host_new(config, why, sizeof(why));
	if (host == NULL) {
		fprintf(stderr, "lakehost: %s\n", why);
		return 1;
	}
	status = host_serve(host);
	host_free(host);
	return status;
}
