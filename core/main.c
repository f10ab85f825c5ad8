/* SPDX-License-Identifier: Apache-2.0 */
/* lakehost: a plugin-based MCP host. All else is reached from here through the command line. */
#include "cli/cli.h"

int
main(int argc, char **argv)
{
	return cli_main(argc, argv);
}
