/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands: /api/1.2/commands. The commands of one context run one after the other, each in a
 * background task that waits for its turn.
 */
#include "compute/contexts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TURN_MS = 10 };

enum command_state { QUEUED, RUNNING, CANCELLING, FINISHED, CANCELLED, FAILED };

static const char *const state_names[] = {
	"Queued", "Running", "Cancelling", "Finished", "Cancelled", "Error",
};

struct command {
	char id[33];
	enum command_state state;
	char *text;
	struct json_object *results; /* NULL until the command has ended */
	struct bg *bg;
	struct context *context; /* its task holds a reference while it runs */
	struct command *next;
};

static bool
has_ended(const struct command *command)
{
	return command->state >= FINISHED;
}

static void
command_free(struct command *command)
{
	bg_unref(command->bg);
	json_object_put(command->results);
	free(command->text);
	free(command);
}

void
commands_free(struct context *context)
{
	struct command *next;

	for (struct command *c = context->first; c != NULL; c = next) {
		next = c->next;
		command_free(c);
	}
}

void
commands_cancel_all(struct context *context)
{
	for (struct command *c = context->first; c != NULL; c = c->next)
		if (!has_ended(c))
			bg_cancel(c->bg);
}

/* ---- results in the form of the platform ---- */

/* Converts a text cell of the engine to JSON of its type. */
static struct json_object *
typed_cell(struct json_object *cell, const char *type)
{
	static const char *const integers[] = { "LONG", "INT", "SHORT", "BYTE" };
	const char *text = cell != NULL ? json_object_get_string(cell) : NULL;

	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(integers); i++)
		if (strcmp(type, integers[i]) == 0)
			return json_object_new_int64(strtoll(text, NULL, 10));
	if (strcmp(type, "DOUBLE") == 0 || strcmp(type, "FLOAT") == 0)
		return json_object_new_double_s(strtod(text, NULL), text);
	if (strcmp(type, "BOOLEAN") == 0)
		return json_object_new_boolean(strcmp(text, "true") == 0);
	return json_object_get(cell);
}

static struct json_object *
table_schema(struct json_object *columns)
{
	struct json_object *schema = json_object_new_array(), *item;

	for (size_t i = 0; i < json_object_array_length(columns); i++) {
		struct json_object *column = json_object_array_get_idx(columns, i);
		char *type = text_fold(json_str(column, "type_text"));
		char *quoted = xprintf("\"%s\"", strcmp(type, "int") == 0      ? "integer"
						 : strcmp(type, "bigint") == 0 ? "long"
									       : type);

		item = json_object_new_object();
		json_add_str(item, "name", json_str(column, "name"));
		json_add_str(item, "type", quoted);
		json_add_str(item, "metadata", "{}");
		json_object_array_add(schema, item);
		free(quoted);
		free(type);
	}
	return schema;
}

static void
add_table(struct json_object *results, struct json_object *table)
{
	struct json_object *columns = json_get(table, "columns"), *rows = json_get(table, "rows");
	struct json_object *data = json_object_new_array();

	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);
		struct json_object *out = json_object_new_array();

		for (size_t k = 0; k < json_object_array_length(row); k++)
			json_object_array_add(out,
					      typed_cell(json_object_array_get_idx(row, k),
							 json_str(json_object_array_get_idx(columns,
											    k),
								  "type_name")));
		json_object_array_add(data, out);
	}
	json_add_str(results, "resultType", "table");
	json_add(results, "data", data);
	json_add(results, "schema", table_schema(columns));
	json_add_bool(results, "truncated", json_flag(table, "truncated", false));
	json_add_bool(results, "isJsonSchema", true);
}

static void
add_error(struct json_object *results, const struct exec_result *from)
{
	struct buf summary = BUF(MAX_MADE);

	buf_puts(&summary, "<span class=\"ansi-red-fg\">");
	html_escape(&summary, from->ename, strlen(from->ename));
	buf_puts(&summary, "</span>: ");
	html_escape(&summary, from->evalue, strlen(from->evalue));
	json_add_str(results, "resultType", "error");
	json_add_str(results, "summary", summary.data);
	json_add_str(results, "cause", from->trace);
	buf_fini(&summary);
}

static void
add_text(struct json_object *results, const struct exec_result *from)
{
	const char *text = from->html != NULL ? from->html : from->text;
	size_t len = strlen(text);

	len -= len > 0 && text[len - 1] == '\n';
	json_add_str(results, "resultType", "text");
	json_add(results, "data", json_object_new_string_len(text, (int)len));
	if (from->truncated)
		json_add_bool(results, "truncated", true);
}

static struct json_object *
results_of(const struct exec_result *from)
{
	struct json_object *results = json_object_new_object();

	if (from->end == EXEC_ERROR)
		add_error(results, from);
	else if (from->table != NULL)
		add_table(results, from->table);
	else
		add_text(results, from);
	return results;
}

/* ---- running ---- */

static bool
is_my_turn(const struct command *command)
{
	for (const struct command *c = command->context->first; c != command; c = c->next)
		if (!has_ended(c))
			return false;
	return true;
}

/* Waits for its turn. False when the command was cancelled in the queue. */
static bool
wait_for_turn(struct command *command, struct bg *bg)
{
	bool turn = false;

	while (!turn) {
		contexts_lock();
		turn = is_my_turn(command);
		if (turn && !bg_cancelled(bg))
			command->state = RUNNING;
		contexts_unlock();
		if (bg_cancelled(bg) || (!turn && !bg_sleep(bg, TURN_MS)))
			return false;
	}
	return true;
}

/* Stops the code when its cluster is terminated meanwhile. */
static bool
context_ended(void *arg)
{
	struct context *context = arg;
	bool gone = context_cluster_gone(context);

	contexts_lock();
	context->dead = context->dead || gone;
	gone = context->dead;
	contexts_unlock();
	return gone;
}

static void
finish(struct command *command, const struct exec_result *result)
{
	bool dead;

	contexts_lock();
	dead = command->context->dead;
	if (result->end == EXEC_CANCELLED || result->end == EXEC_TIMEDOUT) {
		command->state = dead ? FAILED : CANCELLED;
	} else {
		command->results = results_of(result);
		command->state = FINISHED;
	}
	if (command->state == FAILED) {
		command->results = json_object_new_object();
		json_add_str(command->results, "resultType", "error");
		json_add_str(command->results, "cause",
			     "The execution context was destroyed or "
			     "its cluster terminated.");
	}
	contexts_unlock();
}

static void
run_command(struct bg *bg, void *arg)
{
	struct command *command = arg;
	struct context *context = command->context;
	struct exec_result result = { .end = EXEC_CANCELLED };

	if (wait_for_turn(command, bg)) {
		context->exec.bg = bg;
		context->exec.stop = context_ended;
		context->exec.stop_arg = context;
		exec_code(&context->exec, context->language, command->text, "<command>", &result);
		context->exec.bg = NULL;
	}
	finish(command, &result);
	exec_result_fini(&result);
	context_unref(context);
}

/* ---- endpoints ---- */

/* Makes room by removing the oldest commands that have ended. False when there is no such
 * command. */
static bool
make_room(struct context *context)
{
	struct command *old = context->first;

	if (context->command_count < MAX_COMMANDS)
		return true;
	if (!has_ended(old))
		return false;
	context->first = old->next;
	context->command_count--;
	command_free(old);
	return true;
}

/* Starts a command in the context. The caller holds contexts_lock. NULL when there are too many
 * commands. */
static struct command *
command_start(struct context *context, const char *text)
{
	struct command *command;

	if (context->dead || !make_room(context))
		return NULL;
	command = xcalloc(1, sizeof(*command));
	id_hex(command->id, 32);
	command->text = xstrdup(text);
	command->context = context;
	command->bg = bg_start(context->exec.ws, run_command, command);
	if (command->bg == NULL) {
		command_free(command);
		return NULL;
	}
	context->refs++;
	if (context->first == NULL)
		context->first = command;
	else
		context->last->next = command;
	context->last = command;
	context->command_count++;
	return command;
}

/* The context in the body, if its cluster is running. NULL when the request was refused. */
static struct context *
context_of_body(struct request *req)
{
	const char *cluster = need_12(req, json_str(req->body, "clusterId"), "clusterId"), *id;

	if (cluster == NULL)
		return NULL;
	id = need_12(req, json_str(req->body, "contextId"), "contextId");
	if (id == NULL || !cluster_ready(req, cluster))
		return NULL;
	return context_need(req, cluster, id);
}

static void
commands_execute(struct request *req)
{
	const char *text = need_12(req, json_str(req->body, "command"), "command"), *language;
	struct command *command = NULL;
	struct context *context;
	char id[33] = "";

	if (text == NULL)
		return;
	language = need_12(req, json_str(req->body, "language"), "language");
	if (language == NULL)
		return;
	context = context_of_body(req);
	if (context == NULL)
		return;
	if (strcmp(language, context->language) != 0) {
		error_12(req, 400, "InvalidParameterException: the context runs %s, not %.40s",
			 context->language, language);
	} else {
		contexts_lock();
		command = command_start(context, text);
		if (command != NULL)
			snprintf(id, sizeof(id), "%s", command->id);
		contexts_unlock();
		if (command != NULL)
			reply_id_12(req, id);
		else
			error_12(req, 429, "TooManyCommands: the context has %d commands to run",
				 MAX_COMMANDS);
	}
	context_unref(context);
}

static struct command *
command_find(struct context *context, const char *id)
{
	struct command *c = context->first;

	while (c != NULL && strcmp(c->id, id) != 0)
		c = c->next;
	return c;
}

static void
commands_status(struct request *req)
{
	const char *cluster = need_12(req, request_arg(req, "clusterId"), "clusterId");
	const char *context_id, *id;
	struct json_object *answer = NULL;
	struct context *context;
	struct command *command;

	context_id =
	    cluster != NULL ? need_12(req, request_arg(req, "contextId"), "contextId") : NULL;
	id = context_id != NULL ? need_12(req, request_arg(req, "commandId"), "commandId") : NULL;
	if (id == NULL || !cluster_ready(req, cluster))
		return;
	context = context_need(req, cluster, context_id);
	if (context == NULL)
		return;
	contexts_lock();
	command = command_find(context, id);
	if (command != NULL) {
		answer = json_object_new_object();
		json_add_str(answer, "id", command->id);
		json_add_str(answer, "status", state_names[command->state]);
		if (command->results != NULL) {
			size_t len;
			const char *text =
			    json_object_to_json_string_length(command->results,
							      JSON_C_TO_STRING_PLAIN |
								  JSON_C_TO_STRING_NOSLASHESCAPE,
							      &len);

			json_add(answer, "results", json_raw(text, len));
		} else {
			json_object_object_add(answer, "results", NULL);
		}
	}
	contexts_unlock();
	if (answer != NULL)
		reply_json(req, answer);
	else
		error_12(req, 404, "CommandNotFound: %.40s", id);
	context_unref(context);
}

static void
commands_cancel(struct request *req)
{
	const char *id = need_12(req, json_str(req->body, "commandId"), "commandId");
	struct context *context;
	struct command *command;
	struct bg *bg = NULL;

	if (id == NULL)
		return;
	context = context_of_body(req);
	if (context == NULL)
		return;
	contexts_lock();
	command = command_find(context, id);
	if (command != NULL)
		bg = bg_ref(command->bg);
	if (command != NULL && !has_ended(command))
		command->state = CANCELLING;
	else if (command != NULL) {
		bg_unref(bg);
		bg = NULL;
	}
	contexts_unlock();
	if (bg != NULL) {
		bg_cancel(bg);
		bg_unref(bg);
	}
	if (command != NULL)
		reply_id_12(req, id);
	else
		error_12(req, 404, "CommandNotFound: %.40s", id);
	context_unref(context);
}

static const struct route command_routes[] = {
	{ "POST", "/api/1.2/commands/execute", commands_execute, ROUTE_UNLOCKED },
	{ "GET", "/api/1.2/commands/status", commands_status, ROUTE_UNLOCKED },
	{ "POST", "/api/1.2/commands/cancel", commands_cancel, ROUTE_UNLOCKED },
	{ 0 },
};

const struct domain commands_domain = { .name = "commands", .routes = command_routes };
