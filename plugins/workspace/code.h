/* SPDX-License-Identifier: Apache-2.0 */
/* Running code, and showing its results. */
#ifndef PLUGINS_WORKSPACE_CODE_H
#define PLUGINS_WORKSPACE_CODE_H

#include "workspace.h"

#define ID_MAX 64
#define CODE_COLUMNS_MAX 200 /* most columns of a table that is shown */

/* The operation's handle. */
struct command {
	char cluster[ID_MAX], context[ID_MAX], id[ID_MAX];
	int64_t begun_ms;
	bool keep; /* the context is kept after the command */
};

/* Version of the handle that contains a struct command. When the struct changes, this number
 * changes. */
#define COMMAND_VERSION 1
_Static_assert(sizeof(struct command) <= MCP_HANDLE_DATA_MAX, "the handle must fit");

/* Writes the call that continues to wait for the command. */
const char *command_resume(struct mcp_call *call, const struct command *command);
/* Shows the output of finished code: text, a table, pictures. */
int code_results(struct mcp_call *call, struct json_object *results, const struct command *command);
/* Has an answer enough room for the columns of the table? This is checked first, because a failed
 * call cannot destroy a context. */
bool results_fit(struct mcp_call *call, struct json_object *results);
/* The position of the first character that begins at `at` or after it. */
size_t code_utf8(const char *text, size_t at);

#endif
