/* SPDX-License-Identifier: Apache-2.0 */
/* Runs one piece of code, see exec.h. Notebooks are in notebook_run.c. */
#include "compute/exec.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workspace/secrets.h"

static const char EXEC_OFF[] =
    "Running python is switched off for this token. Start "
    "lakehost-sandbox with --allow-exec, or use the token that it printed.";

/* ---- results ---- */

void
exec_result_fini(struct exec_result *result)
{
	free(result->text);
	json_object_put(result->table);
	free(result->html);
	free(result->value);
	free(result->ename);
	free(result->evalue);
	free(result->trace);
	memset(result, 0, sizeof(*result));
}

void
exec_fail(struct exec_result *result, const char *ename, const char *fmt, ...)
{
	va_list args;

	free(result->ename);
	free(result->evalue);
	free(result->trace);
	va_start(args, fmt);
	if (vasprintf(&result->evalue, fmt, args) < 0)
		abort();
	va_end(args);
	result->end = EXEC_ERROR;
	result->ename = xstrdup(ename);
	result->trace = xprintf("%s: %s", ename, result->evalue);
	if (result->text == NULL)
		result->text = xstrdup("");
}

void
exec_init(struct exec *exec, struct workspace *ws, const char *user, bool trusted)
{
	memset(exec, 0, sizeof(*exec));
	exec->ws = ws;
	exec->trusted = trusted;
	exec->may_exec = trusted || options.allow_exec;
	snprintf(exec->user, sizeof(exec->user), "%s", user);
	snprintf(exec->session.user, sizeof(exec->session.user), "%s", user);
}

void
exec_fini(struct exec *exec)
{
	python_free(exec->python);
	exec->python = NULL;
	json_object_put(exec->params);
	exec->params = NULL;
}

/* ---- SQL ---- */

/* Converts the texts of an object to parameters of a statement. */
static struct json_object *
as_parameters(struct json_object *texts)
{
	struct json_object *list = json_object_new_array();
	struct json_object_iter it;

	if (!json_object_is_type(texts, json_type_object))
		return list;
	json_object_object_foreachC(texts, it) {
		struct json_object *item = json_object_new_object();

		json_add_str(item, "name", it.key);
		json_add(item, "value", json_object_get(it.val));
		json_add_str(item, "type", "STRING");
		json_object_array_add(list, item);
	}
	return list;
}

static void
sql_failed(struct exec *exec, struct exec_result *result, const char *error)
{
	const char *ename =
	    strstr(error, "PARSE_SYNTAX_ERROR") != NULL ? "ParseException" : "AnalysisException";

	if (bg_cancelled(exec->bg))
		result->end = EXEC_CANCELLED;
	else
		exec_fail(result, ename, "%s", error);
}

static void
run_sql(struct exec *exec, const char *code, struct exec_result *result)
{
	struct json_object *statements = sql_split(code), *params = as_parameters(exec->params);
	char *error = NULL;

	for (size_t i = 0; i < json_object_array_length(statements); i++) {
		const char *text = json_object_get_string(json_object_array_get_idx(statements, i));

		json_object_put(result->table);
		result->table = sql_collect(exec->ws, &exec->session, text, params, MAX_SHOWN_ROWS,
					    exec->bg, &error);
		if (result->table == NULL) {
			sql_failed(exec, result, error);
			free(error);
			break;
		}
		result->truncated = json_flag(result->table, "truncated", false);
	}
	if (result->end == EXEC_OK && exec->deadline_ms > 0 && clock_ms() > exec->deadline_ms)
		result->end = EXEC_TIMEDOUT;
	json_object_put(statements);
	json_object_put(params);
}

/* ---- requests that python code makes ---- */

static struct json_object *
refusal(const char *text)
{
	struct json_object *answer = json_object_new_object();

	json_add_str(answer, "error", text);
	return answer;
}

static struct json_object *
answer_sql(struct exec *exec, struct json_object *message)
{
	struct json_object *params = as_parameters(json_get(message, "args")), *answer;
	const char *query = json_str(message, "query");
	char *error;

	answer = sql_collect(exec->ws, &exec->session, query != NULL ? query : "", params,
			     MAX_COLLECTED_ROWS, exec->bg, &error);
	if (answer == NULL) {
		answer = refusal(error);
		free(error);
	}
	json_object_put(params);
	return answer;
}

static struct json_object *
answer_secret(struct exec *exec, struct json_object *message)
{
	const char *scope = json_str(message, "scope"), *key = json_str(message, "key");
	char *value = scope != NULL && key != NULL
			? secret_text(exec->ws, exec->user, exec->trusted, scope, key)
			: NULL;
	struct json_object *answer;

	if (value == NULL)
		return refusal("Secret does not exist with scope and key, or may not be read.");
	answer = json_object_new_object();
	json_add_str(answer, "value", value);
	explicit_bzero(value, strlen(value));
	free(value);
	return answer;
}

/* dbutils.notebook.run: the other notebook has its own process, session and widgets. */
static struct json_object *
answer_notebook(struct exec *exec, struct json_object *message)
{
	struct json_object *answer = json_object_new_object();
	struct exec_result result = { 0 };
	const char *path = json_str(message, "path");
	int64_t timeout_ms = json_int(message, "timeout", 0) * 1000;
	struct exec inner;

	exec_init(&inner, exec->ws, exec->user, exec->trusted);
	inner.params = json_object_get(json_get(message, "arguments"));
	inner.bg = exec->bg;
	inner.stop = exec->stop;
	inner.stop_arg = exec->stop_arg;
	inner.deadline_ms = timeout_ms > 0 ? clock_ms() + timeout_ms : exec->deadline_ms;
	inner.depth = exec->depth + 1;
	inner.path = exec->path;
	exec_notebook(&inner, path != NULL ? path : "", NULL, &result);
	if (result.end == EXEC_ERROR)
		json_add_str(answer, "error", result.trace);
	else if (result.end == EXEC_TIMEDOUT)
		json_add_str(answer, "error", "The notebook timed out.");
	else
		json_add_str(answer, "value", result.value != NULL ? result.value : "");
	exec_result_fini(&result);
	exec_fini(&inner);
	return answer;
}

static struct json_object *
answer_set_value(struct exec *exec, struct json_object *message)
{
	const char *key = json_str(message, "key");
	struct json_object *task;

	if (exec->values == NULL || exec->task_key == NULL || key == NULL)
		return json_object_new_object(); /* without effect outside of a job */
	task = json_get(exec->values, exec->task_key);
	if (task == NULL) {
		task = json_object_new_object();
		json_add(exec->values, exec->task_key, task);
	}
	json_object_object_add(task, key, json_object_get(json_get(message, "value")));
	return json_object_new_object();
}

static struct json_object *
answer_get_value(struct exec *exec, struct json_object *message)
{
	struct json_object *answer = json_object_new_object(), *task, *value;
	const char *name = json_str(message, "task"), *key = json_str(message, "key");

	task = exec->values != NULL && name != NULL ? json_get(exec->values, name) : NULL;
	value = task != NULL && key != NULL ? json_get(task, key) : NULL;
	if (value != NULL)
		json_add(answer, "value", json_object_get(value));
	return answer;
}

static struct json_object *
answer_python(void *arg, const char *op, struct json_object *message)
{
	static const struct {
		const char *op;
		struct json_object *(*answer)(struct exec *exec, struct json_object *message);
	} table[] = {
		{ "sql", answer_sql },
		{ "secret", answer_secret },
		{ "notebook", answer_notebook },
		{ "task_value_set", answer_set_value },
		{ "task_value_get", answer_get_value },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (strcmp(op, table[i].op) == 0)
			return table[i].answer(arg, message);
	return refusal("The sandbox does not know this request.");
}

/* ---- python ---- */

static bool
has_to_stop(void *arg)
{
	const struct exec *exec = arg;

	return exec->stop(exec->stop_arg);
}

static void
take(char **to, struct json_object *from, const char *name)
{
	const char *text = json_str(from, name);

	if (text != NULL)
		*to = xstrdup(text);
}

static void
take_done(struct json_object *done, enum python_end end, struct exec_result *result)
{
	take(&result->text, done, "text");
	take(&result->html, done, "html");
	result->truncated = json_flag(done, "truncated", false);
	result->table = json_object_get(json_get(done, "table"));
	if (json_flag(result->table, "truncated", false))
		result->truncated = true;
	if (end == PYTHON_EXIT) {
		result->end = EXEC_EXIT;
		take(&result->value, done, "value");
	} else if (end == PYTHON_ERROR) {
		exec_fail(result,
			  json_str(done, "ename") != NULL ? json_str(done, "ename") : "Error", "%s",
			  json_str(done, "evalue") != NULL ? json_str(done, "evalue") : "");
		if (json_str(done, "trace") != NULL) {
			free(result->trace);
			take(&result->trace, done, "trace");
		}
	}
}

/* Sends a message (and takes ownership of it) to the python process, which is started if it does
 * not run. */
static void
run_python(struct exec *exec, struct json_object *message, struct exec_result *result)
{
	struct python_host host = { answer_python,
				    exec->stop != NULL ? has_to_stop : NULL,
				    exec,
				    exec->bg,
				    exec->deadline_ms,
				    exec->keep };
	struct json_object *done = NULL;
	enum python_end end;
	char *error = NULL;

	if (!exec->may_exec) {
		exec_fail(result, "PermissionError", "%s", EXEC_OFF);
	} else if (exec->python == NULL &&
		   (exec->python = python_start(exec->ws, exec->params, &error)) == NULL) {
		exec_fail(result, "RuntimeError", "%s", error);
	}
	free(error);
	if (result->end == EXEC_ERROR) {
		json_object_put(message);
		return;
	}
	if (!python_run(exec->python, message, &host, &end, &done)) {
		python_free(exec->python);
		exec->python = NULL;
	}
	if (end == PYTHON_CANCELLED)
		result->end = EXEC_CANCELLED;
	else if (end == PYTHON_TIMEDOUT)
		result->end = EXEC_TIMEDOUT;
	else if (end == PYTHON_DIED)
		exec_fail(result, "Fatal error", "The Python kernel is unresponsive.");
	else
		take_done(done, end, result);
	json_object_put(done);
}

static void
run_python_code(struct exec *exec, const char *op, const char *code, const char *name,
		struct json_object *argv, struct exec_result *result)
{
	struct json_object *message = json_object_new_object();

	json_add_str(message, "op", op);
	json_add_str(message, "code", code);
	json_add_str(message, "name", name);
	if (argv != NULL)
		json_add(message, "argv", json_object_get(argv));
	run_python(exec, message, result);
}

/* Converts "%fs ls /tmp" to python. */
static void
run_fs(struct exec *exec, const char *code, const char *name, struct exec_result *result)
{
	struct buf python = BUF(MAX_MADE);
	size_t len = strcspn(code, " \t\n");

	buf_printf(&python, "display(dbutils.fs.%.*s(", (int)len, code);
	for (const char *p = code + len; *(p += strspn(p, " \t\n")) != '\0'; p += len) {
		len = strcspn(p, " \t\n");
		buf_json(&python, p, len);
		buf_puts(&python, ", ");
	}
	buf_puts(&python, "))");
	run_python_code(exec, "run", python.data, name, NULL, result);
	buf_fini(&python);
}

void
exec_code(struct exec *exec, const char *language, const char *code, const char *name,
	  struct exec_result *result)
{
	memset(result, 0, sizeof(*result));
	if (strcmp(language, "python") == 0)
		run_python_code(exec, "run", code, name, NULL, result);
	else if (strcmp(language, "sql") == 0)
		run_sql(exec, code, result);
	else if (strcmp(language, "sh") == 0)
		run_python_code(exec, "shell", code, name, NULL, result);
	else if (strcmp(language, "fs") == 0)
		run_fs(exec, code, name, result);
	else if (strcmp(language, "pip") == 0)
		result->text = xstrdup("The sandbox installs no packages; it uses those of the "
				       "system's python3.\n");
	else if (strcmp(language, "scala") == 0 || strcmp(language, "r") == 0)
		exec_fail(result, "UnsupportedLanguage",
			  "The sandbox has no %s: it runs python and"
			  " SQL.",
			  strcmp(language, "r") == 0 ? "R" : "Scala");
	else
		exec_fail(result, "UsageError", "Line magic function `%%%s` not found.", language);
	if (result->text == NULL)
		result->text = xstrdup("");
}

void
exec_script(struct exec *exec, const char *code, const char *name, struct json_object *argv,
	    struct exec_result *result)
{
	memset(result, 0, sizeof(*result));
	run_python_code(exec, "script", code, name, argv, result);
	if (result->text == NULL)
		result->text = xstrdup("");
}
