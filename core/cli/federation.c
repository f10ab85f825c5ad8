/* SPDX-License-Identifier: Apache-2.0 */
/* federation-policy: what the account must trust before users can be acted for. */
#include "base/buf.h"
#include "cli/cli.h"
#include "upstream/upstream.h"

#define POLICY_TEXT_MAX 65536

int
cli_federation_policy(struct cli *cli)
{
	const char *role = cli->arguments > 0 ? cli->argument[0] : "workspace";
	struct config *config = cli_config(cli);
	const struct config_upstream *upstream;
	struct buf text;
	int status = 1;

	if (config == NULL)
		return 1;
	upstream = config_upstream(config, role);
	if (upstream == NULL || upstream->behalf != BEHALF_EXCHANGE) {
		fprintf(stderr,
			"lakehost: there is no upstreams.%.32s with on_behalf_of = "
			"\"exchange\"\n",
			role);
	} else {
		buf_init(&text, POLICY_TEXT_MAX);
		upstream->kind->federation_policy(upstream, &text);
		if (buf_ok(&text) && puts(text.data) >= 0)
			status = 0;
		buf_fini(&text);
	}
	config_free(config);
	return status;
}
