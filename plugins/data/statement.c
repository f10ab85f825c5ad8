/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a statement. It is submitted without waiting, so that a cancel always has an id. It
 * is polled, first after 50 ms, later every 5 s. Then its rows are shown, or its failure is
 * explained. */
#include "export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POLL_MIN_MS 50
#define POLL_MAX_MS 5000
#define BYTE_LIMIT \
	(8 << 20) /* most bytes of an inline result: its JSON must fit into one reply in memory */

/* ---- names in SQL --------------------------------------------------------------------------- */

const char *
quoted(struct mcp_call *call, const char *identifier)
{
	char *out = mcp_alloc(call, 2 * strlen(identifier) + 3), *to = out;

	*to++ = '`';
	for (; *identifier != '\0'; identifier++) {
		if (*identifier == '`')
			*to++ = '`';
		*to++ = *identifier;
	}
	*to = '`';
	return out;
}

const char *
quoted_name(struct mcp_call *call, const char *catalog, const char *schema, const char *table)
{
	return mcp_printf(call, "%s.%s.%s", quoted(call, catalog), quoted(call, schema),
			  quoted(call, table));
}

/* ---- submit --------------------------------------------------------------------------------- */

static struct mcp_words
submit_words(struct mcp_call *call, const char *warehouse)
{
	return (struct mcp_words){
		.object = warehouse[0] != '\0'
			    ? mcp_printf(call, "The statement on SQL warehouse \"%s\"", warehouse)
			    : "The statement",
		.not_found = "Call list_sql_warehouses to see all warehouses.",
		.grant = "CAN USE on the SQL warehouse",
		.again = "The statement may have run. Check this before you repeat it, unless it "
			 "only reads.",
	};
}

/* Adds a tag to the statement, so that its costs can be found. */
static void
add_tags(struct mcp_call *call, struct json_object *body)
{
	const char *const tags[][2] = {
		{ "lakehost_tool", mcp_context(call, MCP_CTX_ROW).data },
		{ "lakehost_principal", mcp_context(call, MCP_CTX_PRINCIPAL).data },
	};
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < COUNT(tags); i++) {
		struct json_object *tag = json_object_new_object();

		json_object_object_add(tag, "key", json_object_new_string(tags[i][0]));
		json_object_object_add(tag, "value", json_object_new_string(tags[i][1]));
		json_object_array_add(list, tag);
	}
	json_object_object_add(body, "query_tags", list);
}

/* Writes the call that waits for the statement and gives the same answer as this one. */
static const char *
poll_call(struct mcp_call *call, const struct statement *statement)
{
	const char *shape = mcp_repeat(call, (const char *const[]){ "page_token", "row_limit",
								    "cell_chars", "format", NULL });

	return mcp_printf(call, "get_statement_result statement_id=%s%s%s wait_s=30", statement->id,
			  shape != NULL ? " " : "", shape != NULL ? shape : "");
}

bool
statement_over(const char *state)
{
	return strcmp(state, "FAILED") == 0 || strcmp(state, "CANCELED") == 0 ||
	       strcmp(state, "CLOSED") == 0;
}

/* Can this id stand in a path and in a handle? */
static bool
statement_id_kept(struct statement *statement, const char *id)
{
	static const char in_ids[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789_-";

	return id[0] != '\0' && id[strspn(id, in_ids)] == '\0' &&
	       snprintf(statement->id, sizeof(statement->id), "%s", id) <
		   (int)sizeof(statement->id);
}

/* Reads the id in the reply to a submission. False: the call has failed. */
static bool
accepted(struct mcp_call *call, struct statement *statement)
{
	struct mcp_words words = submit_words(call, statement->warehouse);
	struct json_object *reply = dbx_reply(call, 0, &words);

	if (reply == NULL)
		return false;
	if (!statement_id_kept(statement, mcp_get_str(call, reply, "statement_id", ""))) {
		mcp_fail(call, MCP_E_UPSTREAM, "The statement was not accepted.",
			 "The answer of the workspace contains no valid statement_id.", NULL);
		return false;
	}
	if (!statement_over(mcp_get_str(call, reply, "status.state", "")))
		return true;
	statement_failed(call, reply, statement->id);
	return false;
}

/* The statement runs. If the file for a path could not be begun, a poll says why. */
static int
export_begun(struct mcp_call *call, const void *state, size_t len)
{
	(void)len;
	return mcp_handle_write(call, EXPORT_VERSION, state, sizeof(struct export));
}

/* The statement was accepted, and its rows will be written to a file. A file for a path is begun
 * now, because get_statement_result continues only what this tool has begun. */
static int
export_start(struct mcp_call *call, const struct statement *statement)
{
	struct export export = { .begun_ms = statement->begun_ms };
	struct mcp_http request;

	if (!export_read(call, &export))
		return MCP_E_INPUT;
	snprintf(export.id, sizeof(export.id), "%s", statement->id);
	mcp_say(call, "Statement %s was accepted.\nNext: %s", export.id,
		export_next(call, &export));
	if (!export.to_path)
		return export_begun(call, &export, sizeof(export));
	request = export_file(call, &export, MCP_FILE_JOIN, 0);
	return mcp_suspend(call, &request, 1, 0, export_begun, &export, sizeof(export));
}

static int
submitted(struct mcp_call *call, const void *state, size_t len)
{
	struct statement statement;

	(void)len;
	memcpy(&statement, state, sizeof(statement));
	if (!accepted(call, &statement))
		return MCP_E_UPSTREAM;
	if (export_wanted(call))
		return export_start(call, &statement);
	/* The answer when no poll succeeds. */
	mcp_say(call, "Statement %s was accepted.\nNext: %s", statement.id,
		poll_call(call, &statement));
	return mcp_handle_write(call, STATEMENT_VERSION, &statement, sizeof(statement));
}

/* Reads the arguments catalog and schema. The schema may be written with its catalog. */
static bool
session_place(struct mcp_call *call, const char **catalog, const char **schema)
{
	const char *parts[DBX_NAME_PARTS];
	const char *place = mcp_arg(call, "schema");

	*catalog = dbx_plain_name(call, mcp_arg(call, "catalog"));
	*schema = dbx_plain_name(call, place);
	if (place == NULL || dbx_name_parts(call, place, parts) != 2)
		return true;
	if (*catalog != NULL && strcasecmp(*catalog, parts[0]) != 0) {
		mcp_fail(call, MCP_E_INPUT, "catalog and schema name two different catalogs.",
			 mcp_printf(call, "schema is \"%s\", but catalog is \"%s\".", place,
				    *catalog),
			 "Give the catalog once.");
		return false;
	}
	*catalog = parts[0];
	*schema = parts[1];
	return true;
}

/* Where the platform keeps the rows: in the statement itself, limited, or behind links, all of
 * them. */
static bool
result_form(struct mcp_call *call, struct json_object *body)
{
	const char *spool = mcp_option(call, "spool_rows");
	bool file = export_wanted(call);
	struct export export = { .id = "" };

	if (file && !export_read(call, &export))
		return false;
	json_object_object_add(body, "disposition",
			       json_object_new_string(file ? "EXTERNAL_LINKS" : "INLINE"));
	json_object_object_add(body, "format",
			       json_object_new_string(file && export.form == EXPORT_ARROW
							  ? "ARROW_STREAM"
							  : "JSON_ARRAY"));
	if (file)
		return true;
	json_object_object_add(body, "row_limit",
			       json_object_new_int64(spool != NULL ? strtoll(spool, NULL, 10)
								   : 10000));
	json_object_object_add(body, "byte_limit", json_object_new_int64(BYTE_LIMIT));
	return true;
}

int
statement_submit(struct mcp_call *call, const struct warehouse *warehouse, const char *sql,
		 const struct statement *as)
{
	struct statement statement = *as;
	const char *catalog, *schema;
	struct json_object *body;

	if (!session_place(call, &catalog, &schema))
		return MCP_E_INPUT;
	body = mcp_object(call, "statement", sql, "warehouse_id", warehouse->id, "catalog", catalog,
			  "schema", schema, "wait_timeout", "0s", NULL);
	if (!result_form(call, body))
		return MCP_E_INPUT;
	if (!parameters_add(call, body))
		return MCP_E_INPUT;
	add_tags(call, body);
	statement.begun_ms = mcp_number(call, MCP_NUM_NOW_MS);
	snprintf(statement.warehouse, sizeof(statement.warehouse), "%s", warehouse->name);
	return mcp_send(call, "POST", "/api/2.0/sql/statements", NULL, body, MCP_RETRY_NEVER,
			submitted, &statement, sizeof(statement));
}

int
statement_submit_made(struct mcp_call *call, const struct warehouse *warehouse, const char *sql,
		      const struct statement *as)
{
	if (strstr(sql, "${") != NULL)
		return mcp_fail(call, MCP_E_INPUT, "A name must not contain ${ here.",
				"The workspace would replace it before it parses the statement.",
				"Give the table's name as list_tables shows it.");
	return statement_submit(call, warehouse, sql, as);
}

/* ---- poll ----------------------------------------------------------------------------------- */

/* The statement of the handle; of an export only its id and its time. */
static bool
handle_read(struct mcp_call *call, struct statement *statement)
{
	struct export export;

	if (export_handle(call, &export)) {
		*statement = (struct statement){ .begun_ms = export.begun_ms };
		snprintf(statement->id, sizeof(statement->id), "%s", export.id);
		return true;
	}
	return mcp_handle_read(call, STATEMENT_VERSION, statement, sizeof(*statement)) == MCP_OK;
}

/* The next step after an SQL error, selected by its SQLSTATE. */
static const char *
repair_hint(const char *sql_state)
{
	if (strcmp(sql_state, "42P01") == 0)
		return "Call list_tables to see all tables; name them catalog.schema.table.";
	if (strcmp(sql_state, "42703") == 0)
		return "Call get_table_schema to see the columns, then correct the statement.";
	if (strcmp(sql_state, "42P02") == 0)
		return "Give a value for each :name marker in the argument parameters.";
	if (strcmp(sql_state, "42501") == 0)
		return "Ask for the missing privilege. Until then do not repeat this statement.";
	return "Correct the statement and call execute_sql again.";
}

/* The SQLSTATE of an error: the member with this name, or "… SQLSTATE: 42703" in the message when
 * the service sends no such member. */
static const char *
sql_state_of(struct mcp_call *call, struct json_object *reply, const char *message)
{
	const char *mark = strstr(message, "SQLSTATE: ");
	const char *state = mcp_get_str(call, reply, "status.sql_state", NULL);

	if (state == NULL && mark != NULL)
		state = mcp_printf(call, "%.5s", mark + strlen("SQLSTATE: "));
	return state != NULL ? state : "";
}

/* Failures whose cause is not the statement: the same text may succeed later. */
static bool
passing(const char *code)
{
	static const char *const codes[] = { "INTERNAL_ERROR",
					     "TEMPORARILY_UNAVAILABLE",
					     "WORKSPACE_TEMPORARILY_UNAVAILABLE",
					     "SERVICE_UNDER_MAINTENANCE",
					     "DEADLINE_EXCEEDED",
					     "RESOURCE_EXHAUSTED",
					     "ABORTED",
					     "IO_ERROR",
					     "UNKNOWN" };

	for (size_t i = 0; i < COUNT(codes); i++)
		if (strcmp(code, codes[i]) == 0)
			return true;
	return false;
}

int
statement_failed(struct mcp_call *call, struct json_object *reply, const char *id)
{
	const char *message = mcp_get_str(call, reply, "status.error.message", "");
	const char *code = mcp_get_str(call, reply, "status.error.error_code", "");
	const char *sql_state = sql_state_of(call, reply, message);
	const char *state = mcp_get_str(call, reply, "status.state", "");
	bool stopped = strcmp(state, "CANCELED") == 0 || strcmp(state, "CLOSED") == 0;
	bool later = !stopped && sql_state[0] == '\0' && passing(code);
	struct mcp_failure failure = {
		.size = sizeof(failure),
		.status = stopped			  ? MCP_E_CANCELLED
			: later				  ? MCP_E_UNAVAILABLE
			: strcmp(sql_state, "42501") == 0 ? MCP_E_PERMISSION
							  : MCP_E_INPUT,
		.what = mcp_printf(call, "Statement %s %s.", id,
				   strcmp(state, "CANCELED") == 0 ? "was cancelled"
				   : stopped ? "is closed: its result was deleted"
					     : "failed"),
		.why = sql_state[0] == '\0' || strstr(message, sql_state) != NULL
			 ? message[0] != '\0' ? message : NULL
			 : mcp_printf(call, "%s (SQLSTATE %s)", message, sql_state),
		.next = stopped
			  ? "Run the statement again with execute_sql if you still need the result."
		      : later ? "The statement is correct: call execute_sql again in a minute."
			      : repair_hint(sql_state),
		.code = code[0] != '\0' ? code : NULL,
		.retry_after_ms = -1,
	};

	mcp_failure(call, &failure);
	return failure.status;
}

static int
rows_of(struct mcp_call *call, struct json_object *reply, const struct statement *statement)
{
	struct reading reading = {
		.rows = statement->rows,
		.sample = statement->sample,
		.row = statement->row,
		.begun_at = statement->row,
		.chunk = statement->chunk,
		.chunk_row = statement->chunk_row,
	};

	snprintf(reading.id, sizeof(reading.id), "%s", statement->id);
	snprintf(reading.note, sizeof(reading.note), "%s", statement->note);
	snprintf(reading.warehouse, sizeof(reading.warehouse), "%s", statement->warehouse);
	return rows_read(call, &reading, reply);
}

/* Is there a file for a path that was begun, and that gets no rows? */
static bool
export_in_vain(struct mcp_call *call, const struct export *export, struct json_object *reply,
	       const char *state)
{
	if (!export->to_path)
		return false;
	if (strcmp(state, "SUCCEEDED") == 0)
		return !export_has_rows(call, export, reply);
	return statement_over(state);
}

static int export_removed(struct mcp_call *call, const void *unused, size_t len);

/* Without `removed`: a file that gets no rows is removed, and the statement is asked again. */
static int
polled(struct mcp_call *call, const void *removed, size_t len)
{
	struct mcp_words words = { .grant = "the statement: only its author may read it" };
	struct statement statement;
	struct json_object *reply;
	const char *state, *next;
	struct export export;
	struct mcp_http request;
	bool file;

	(void)removed;
	if (!handle_read(call, &statement))
		return MCP_E_INTERNAL;
	file = export_handle(call, &export);
	next = file ? export_next(call, &export) : poll_call(call, &statement);
	words.object = mcp_printf(call, "Statement %s", statement.id);
	words.not_found = "Results are kept for an hour: run the statement again with execute_sql.";
	words.again = mcp_printf(call, "The statement may continue. In a moment call: %s", next);
	reply = dbx_reply(call, 0, &words);
	if (reply == NULL)
		return MCP_E_UPSTREAM;
	state = mcp_get_str(call, reply, "status.state", "");
	if (file && len == 0 && export_in_vain(call, &export, reply, state)) {
		request = export_drop(call, &export);
		return mcp_suspend(call, &request, 1, 0, export_removed, NULL, 0);
	}
	if (strcmp(state, "SUCCEEDED") == 0)
		return file ? export_rows(call, &export, reply) : rows_of(call, reply, &statement);
	if (state[0] == '\0')
		return mcp_fail(call, MCP_E_UPSTREAM,
				mcp_printf(call, "The state of statement %s is not known.",
					   statement.id),
				"The answer of the workspace contains no state.", words.again);
	if (statement_over(state))
		return statement_failed(call, reply, statement.id);
	mcp_say(call, "Statement %s is %s after %s; cancel_statement ends it.\nNext: %s",
		statement.id, state,
		mcp_duration(call, mcp_number(call, MCP_NUM_NOW_MS) - statement.begun_ms), next);
	return mcp_working(call, -1, mcp_printf(call, "statement is %s", state),
			   mcp_pace(call, statement.begun_ms, POLL_MIN_MS, POLL_MAX_MS));
}

static int
export_removed(struct mcp_call *call, const void *unused, size_t len)
{
	struct statement statement;

	(void)unused;
	(void)len;
	if (!handle_read(call, &statement))
		return MCP_E_INTERNAL;
	return mcp_fetch(call, "/api/2.0/sql/statements/{id}",
			 mcp_object(call, "id", statement.id, NULL), polled, "", 1);
}

int
statement_poll(struct mcp_call *call)
{
	struct statement statement;

	if (!handle_read(call, &statement))
		return MCP_E_INTERNAL;
	return mcp_fetch(call, "/api/2.0/sql/statements/{id}",
			 mcp_object(call, "id", statement.id, NULL), polled, NULL, 0);
}

/* ---- cancel --------------------------------------------------------------------------------- */

static int
cancel_sent(struct mcp_call *call, const void *state, size_t len)
{
	const struct statement *statement = state;
	struct mcp_words words = { .object = mcp_printf(call, "Statement %s", statement->id),
				   .not_found = "The statement ended too long ago.",
				   .grant = "the statement: only its author may cancel it" };

	(void)len;
	if (!dbx_done(call, 0, &words))
		return MCP_E_UPSTREAM;
	return mcp_say(
	    call,
	    "Cancelling statement %s was requested. The statement may have ended before.\n"
	    "Next: get_statement_result statement_id=%s",
	    statement->id, statement->id);
}

static int
cancel_request(struct mcp_call *call, const struct statement *statement)
{
	const char *path = mcp_expand(call, "/api/2.0/sql/statements/{id}/cancel",
				      mcp_object(call, "id", statement->id, NULL));
	struct mcp_http request[2];
	struct export export;
	size_t n = 1;

	if (path == NULL)
		return MCP_E_INPUT;
	request[0] =
	    mcp_json_request(call, "POST", path, mcp_object(call, NULL), MCP_RETRY_IDEMPOTENT);
	request[0].flags |= MCP_HTTP_CLEANUP;
	if (export_handle(call, &export))
		request[n++] = export_drop(call, &export);
	return mcp_suspend(call, request, n, 0, cancel_sent, statement, sizeof(*statement));
}

int
statement_cancel(struct mcp_call *call)
{
	struct statement statement;

	if (!handle_read(call, &statement))
		return MCP_E_INTERNAL;
	return cancel_request(call, &statement);
}

int
cancel_statement(struct mcp_call *call)
{
	struct statement statement = { .rows = 0 };
	const char *id = mcp_arg(call, "statement_id");

	if (strlen(id) >= sizeof(statement.id))
		return mcp_fail(call, MCP_E_NOT_FOUND, "statement_id is not valid.", NULL,
				"Use the statement_id from the answer of execute_sql.");
	strcpy(statement.id, id);
	return cancel_request(call, &statement);
}
