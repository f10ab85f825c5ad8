/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the plugin on the fake host: calls, prepared replies of the workspace, and the results. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lakehost/fakehost.h>

static void
expect(const char *actual, const char *part)
{
	if (strstr(actual, part) != NULL)
		return;
	fprintf(stderr, "\"%s\" should hold \"%s\"\n", actual, part);
	exit(1);
}

int
main(void)
{
	struct fakehost *host = fakehost_new_with(&mcp_plugin, "{\"greeting\":\"Good day\"}");

	expect(fakehost_tool(host, "say_hello", "{\"name\":\"Ada\",\"times\":1}")->text,
	       "Good day, Ada!");
	fakehost_reply(host, "GET /api/2.0/preview/scim/v2/Me", 200, "{\"userName\":\"ada@x\"}");
	expect(fakehost_tool(host, "who_am_i", "{}")->text, "You are ada@x.");
	fakehost_reset(host);
	fakehost_no_reply(host, "GET /api/2.0/preview/scim/v2/Me", MCP_E_UNAVAILABLE,
			  "connection refused");
	expect(fakehost_tool(host, "who_am_i", "{}")->text, "connection refused");
	expect(fakehost_read(host, "languages", "hello://languages", "{}")->content, "English");
	expect(fakehost_prompt(host, "greet_team", "{\"team\":\"Delta\"}")->text, "team Delta");
	fakehost_free(host);
	puts("hello: passed");
	return 0;
}
