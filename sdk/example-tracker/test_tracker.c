/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the plugin on the fake host: its requests to the tracker, and the answers made from the
 * replies. */
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

static void
issues(struct fakehost *host)
{
	const struct fakehost_result *result;

	fakehost_reply(host, "GET /rest/issues?project=OPS&status=open&limit=2&offset=0", 200,
		       "{\"total\":3,\"issues\":[{\"key\":\"OPS-1\",\"status\":\"open\","
		       "\"assignee\":null,\"summary\":\"Löscht\\nnichts\"},5]}");
	result = fakehost_tool(host, "list_issues", "{\"status\":\"open\",\"limit\":2}");
	expect(result->text, "OPS-1");
	expect(result->text, "list_issues project=OPS status=open limit=2 offset=2");
	fakehost_reply(host, "GET /rest/issues/OPS-1", 200,
		       "{\"key\":\"OPS-1\",\"summary\":\"S\",\"status\":\"open\","
		       "\"description\":\"Two\\nlines\"}");
	expect(fakehost_tool(host, "get_issue", "{\"key\":\"OPS-1\"}")->text, "Two\nlines");
	fakehost_reply(host, "GET /rest/issues/OPS-9", 404, "{\"message\":\"no such issue\"}");
	result = fakehost_tool(host, "get_issue", "{\"key\":\"OPS-9\"}");
	expect(result->why, "no such issue");
	expect(result->next, "Call list_issues");
	fakehost_reply(host, "POST /rest/issues", 201, "{\"key\":\"OPS-4\"}");
	expect(fakehost_tool(host, "create_issue", "{\"summary\":\"New\"}")->text,
	       "Created OPS-4.");
	expect(fakehost_request(host, 0)->body, "\"summary\":\"New\"");
	fakehost_reset(host);
	fakehost_reply(host, "POST /rest/issues", 200, "[]");
	expect(fakehost_tool(host, "create_issue", "{\"summary\":\"New\"}")->why,
	       "not a JSON object");
	fakehost_reset(host);
	fakehost_no_reply(host, "POST /rest/issues", MCP_E_UNAVAILABLE, "connection refused");
	expect(fakehost_tool(host, "create_issue", "{\"summary\":\"N\"}")->why,
	       "connection refused");
}

static void
operation(struct fakehost *host)
{
	fakehost_reply(host, "POST /rest/index", 202, "{\"task\":\"7\"}");
	fakehost_reply(host, "GET /rest/tasks/7", 200, "{\"state\":\"running\",\"percent\":40}");
	fakehost_reply(host, "GET /rest/tasks/7", 200, "{\"state\":\"done\",\"issues\":3}");
	expect(fakehost_tool(host, "rebuild_index", "{}")->text, "rebuilt: 3 issues");
	fakehost_reset(host);
	fakehost_reply(host, "POST /rest/index", 202, "{\"task\":\"8\"}");
	fakehost_reply(host, "GET /rest/tasks/8", 200,
		       "{\"state\":\"failed\",\"message\":\"full\"}");
	expect(fakehost_tool(host, "rebuild_index", "{}")->why, "full");
	fakehost_reset(host);
	fakehost_reply(host, "POST /rest/index", 202, "{\"task\":\"9\"}");
	fakehost_reply(host, "GET /rest/tasks/9", 200, "{\"state\":\"running\",\"percent\":40}");
	fakehost_reply(host, "DELETE /rest/tasks/9", 200, "{}");
	fakehost_wait(host, 0); /* the caller does not wait, and continues later with the handle */
	expect(fakehost_tool(host, "rebuild_index", "{}")->text, "40 %");
	expect(fakehost_poll(host)->text, "40 %");
	expect(fakehost_cancel(host)->text, "");
	expect(fakehost_request(host, 0)->method, "DELETE");
}

int
main(void)
{
	struct fakehost *host = fakehost_new_with(&mcp_plugin, "{\"project\":\"OPS\"}");

	issues(host);
	operation(host);
	fakehost_free(host);
	host = fakehost_new(&mcp_plugin);
	expect(fakehost_tool(host, "list_issues", "{}")->next, "Use project=KEY.");
	fakehost_free(host);
	puts("tracker: passed");
	return 0;
}
