/* SPDX-License-Identifier: Apache-2.0 */
/* The table handed to plugins: each function checks what the plugin gave, then records it in the
 * run or passes it to the services of the process. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <lakehost/call.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/loop.h"
#include "base/mem.h"
#include "call/result_internal.h"
#include "call/run.h"
#include "call/text.h"

#define CLIENT_LOG_MAX 8192u

static struct run *
run_of(struct mcp_call *call)
{
	return (struct run *)call;
}

/* A struct of the plugin as this host knows it: fields of a newer minor version are dropped, those
 * that an older one does not have are zero. */
static void
adopt(void *mine, size_t mine_size, const void *theirs)
{
	uint32_t size;

	memcpy(&size, theirs, sizeof(size));
	memset(mine, 0, mine_size);
	memcpy(mine, theirs, size < mine_size ? size : mine_size);
}

/* ---- what was asked ------------------------------------------------------------------------- */

static struct mcp_text
op_arguments(struct mcp_call *call)
{
	return (struct mcp_text){ run_of(call)->arguments, run_of(call)->arguments_len };
}

static struct mcp_text
op_context(struct mcp_call *call, enum mcp_context what)
{
	struct run *run = run_of(call);

	if (what == MCP_CTX_HANDLE)
		return (struct mcp_text){ arena_strndup(run->arena, (const char *)run->handle,
							run->handle_len),
					  run->handle_len };
	if ((size_t)what >= ARRAY_SIZE(run->text))
		return (struct mcp_text){ "", 0 };
	return (struct mcp_text){ run->text[what], strlen(run->text[what]) };
}

static int64_t
left_until(int64_t when_ms)
{
	int64_t left = when_ms - clock_ms();

	return left > 0 ? left : 0;
}

static int64_t
op_number(struct mcp_call *call, enum mcp_number what)
{
	struct run *run = run_of(call);

	switch (what) {
	case MCP_NUM_DEADLINE_MS: return left_until(atomic_load(&run->deadline_ms));
	case MCP_NUM_MAX_ROWS: return (int64_t)run->result.limits.rows;
	case MCP_NUM_MAX_TEXT: return (int64_t)run->result.limits.text;
	case MCP_NUM_CANCELLED: return atomic_load(&run->cancelled);
	case MCP_NUM_PROGRESS: return run->wants_progress;
	case MCP_NUM_NOW_MS: return clock_wall_ms();
	case MCP_NUM_WAIT_MS: return left_until(atomic_load(&run->wait_until_ms));
	}
	return 0;
}

static void *
op_alloc(struct mcp_call *call, size_t size)
{
	return arena_alloc(run_of(call)->arena, size);
}

static void
op_defer(struct mcp_call *call, void (*fn)(void *data), void *data)
{
	arena_defer(run_of(call)->arena, fn, data);
}

/* ---- the answer ----------------------------------------------------------------------------- */

static int
op_block(struct mcp_call *call, const struct mcp_block *block)
{
	struct mcp_block mine;

	adopt(&mine, sizeof(mine), block);
	return result_block(&run_of(call)->result, &mine);
}

static int
op_structured(struct mcp_call *call, const char *json, size_t len)
{
	return result_structured(&run_of(call)->result, json, len);
}

static int
op_table_begin(struct mcp_call *call, const struct mcp_column *columns, size_t n)
{
	return result_table_begin(&run_of(call)->result, columns, n);
}

static int
op_table_row(struct mcp_call *call, const struct mcp_text *cells, size_t n)
{
	return result_table_row(&run_of(call)->result, cells, n);
}

struct next_from {
	struct mcp_call *call;
	const struct mcp_table_end *end;
};

static const char *
next_from(void *data, size_t shown)
{
	const struct next_from *next = data;

	return next->end->next_from(next->call, next->end->next_data, shown);
}

static int
op_table_end(struct mcp_call *call, const struct mcp_table_end *end)
{
	struct mcp_table_end mine;
	struct next_from next = { call, &mine };

	adopt(&mine, sizeof(mine), end);
	return result_table_end(&run_of(call)->result, &mine,
				mine.next_from == NULL ? NULL : next_from, &next);
}

static int
op_meta(struct mcp_call *call, const char *key, const char *json, size_t len)
{
	return result_meta(&run_of(call)->result, key, json, len);
}

static int
op_completion(struct mcp_call *call, const char *value, int64_t total, bool more)
{
	return result_completion(&run_of(call)->result, value, total, more);
}

static int
op_fail(struct mcp_call *call, const struct mcp_failure *failure)
{
	struct mcp_failure mine;

	adopt(&mine, sizeof(mine), failure);
	return result_fail(&run_of(call)->result, &mine);
}

/* ---- the next step -------------------------------------------------------------------------- */

static int
op_suspend(struct mcp_call *call, const struct mcp_http *requests, size_t n, uint32_t after_ms,
	   mcp_step_fn fn, const void *state, size_t len)
{
	struct run *run = run_of(call);
	const char *why;

	if (run->result.failed)
		return run->result.status;
	if (run->suspended)
		return result_defect(&run->result, "a step suspends twice");
	if (fn == NULL || len > MCP_STATE_MAX)
		return result_defect(&run->result,
				     fn == NULL
					 ? "a suspension without a next step"
					 : "a suspension with more than 4096 bytes of state");
	why = requests_check(requests, n);
	if (why != NULL)
		return result_defect(&run->result, "%s", why);
	if (len > 0) /* may be the state of the step itself */
		memmove(run->state, state, len);
	run->state_len = len;
	run->next = fn;
	run->outcome.request = requests_copy(requests, n);
	run->outcome.requests = n;
	run->outcome.after_ms = after_ms;
	run->suspended = true;
	return MCP_OK;
}

static const struct mcp_reply *
op_reply(struct mcp_call *call, size_t index)
{
	struct run *run = run_of(call);

	return index < run->replies ? &run->reply[index] : NULL;
}

static const struct mcp_reply *
op_http_wait(struct mcp_call *call, const struct mcp_http *request)
{
	struct run *run = run_of(call);
	struct mcp_reply *reply = arena_alloc(run->arena, sizeof(*reply));
	struct mcp_http *copy;
	const char *why;

	reply_none(reply, MCP_E_INTERNAL, "");
	if (run->result.failed) {
		reply->error = run->result.status;
		return reply;
	}
	why = requests_check(request, 1);
	if (why != NULL) {
		result_defect(&run->result, "%s", why);
		return reply;
	}
	copy = requests_copy(request, 1); /* as this host knows it */
	run->services->http_wait(run, copy, reply);
	requests_free(copy, 1);
	return reply;
}

/* ---- operations ----------------------------------------------------------------------------- */

static int
op_handle(struct mcp_call *call, const void *data, size_t len)
{
	struct run *run = run_of(call);

	if (run->result.failed)
		return run->result.status;
	if (run->code->operation == NULL || run->entry != ENTRY_HANDLER)
		return result_defect(&run->result, "a handle outside of an operation's start");
	if (len == 0 || len > MCP_HANDLE_MAX)
		return result_defect(&run->result, "a handle of %zu bytes; 1 to %d are allowed",
				     len, MCP_HANDLE_MAX);
	memcpy(run->handle, data, len);
	run->handle_len = len;
	memcpy(run->outcome.handle, data, len);
	run->outcome.handle_len = len;
	run->handled = true;
	return MCP_OK;
}

static int
op_working(struct mcp_call *call, int percent, const char *message, uint32_t next_ms)
{
	struct run *run = run_of(call);

	if (run->result.failed)
		return run->result.status;
	if (run->entry != ENTRY_POLL && run->entry != ENTRY_ANSWER)
		return result_defect(&run->result, "\"working\" outside of an operation's poll");
	run->outcome.percent = percent < 0 ? -1 : percent > 100 ? 100 : percent;
	run->outcome.next_ms = next_ms;
	free(run->outcome.message);
	run->outcome.message = result_line(message);
	run->working = true;
	return MCP_OK;
}

/* ---- the client ----------------------------------------------------------------------------- */

static int
op_progress(struct mcp_call *call, double done, double total, const char *message)
{
	struct run *run = run_of(call);

	if (run->result.failed)
		return run->result.status;
	if (!run->wants_progress || !isfinite(done) || (run->progressed && done <= run->progress))
		return MCP_OK;
	run->progressed = true;
	run->progress = done;
	run->services->progress(run, done, total, message);
	return MCP_OK;
}

static struct json_object *
parsed(struct json_object **tree, const char *text)
{
	if (*tree == NULL) {
		*tree = json_parse(text, strlen(text), &json_inbound, NULL, NULL);
		if (*tree == NULL)
			*tree = json_object_new_object();
	}
	return *tree;
}

/* "elicitation.url" is the member url of the member elicitation. An elicitation capability that
 * names no mode means forms (MCP, client/elicitation, "Capabilities"). */
static bool
op_client_can(struct mcp_call *call, const char *capability)
{
	struct run *run = run_of(call);
	struct json_object *at = parsed(&run->capabilities, run->capabilities_text);
	struct json_object *elicitation = json_obj(at, "elicitation");
	char name[128];

	if (strcmp(capability, "elicitation.form") == 0)
		return elicitation != NULL && (json_member(elicitation, "form") != NULL ||
					       json_member(elicitation, "url") == NULL);
	while (at != NULL && *capability != '\0') {
		size_t len = strcspn(capability, ".");

		if (len >= sizeof(name))
			return false;
		memcpy(name, capability, len);
		name[len] = '\0';
		at = json_member(at, name);
		capability += len + (capability[len] == '.');
	}
	return at != NULL &&
	       !(json_object_is_type(at, json_type_boolean) && !json_object_get_boolean(at));
}

static int
op_require(struct mcp_call *call, const char *capability)
{
	struct run *run = run_of(call);
	struct buf what;

	if (run->result.failed)
		return run->result.status;
	if (op_client_can(call, capability))
		return MCP_OK;
	buf_init(&what, RESULT_LINE_MAX);
	buf_printf(&what, "This needs a client with the capability \"%s\"", capability);
	result_fail_text(&run->result, MCP_E_UNSUPPORTED, what.data,
			 "The client does not declare it", "Use a client that does");
	run->result.require = xstrdup(capability);
	buf_fini(&what);
	return MCP_E_UNSUPPORTED;
}

/* What a client must declare to be asked this; NULL: nothing of the kind exists. */
static const char *
capability_for(const char *method, struct json_object *params)
{
	const char *mode = json_str(params, "mode");

	if (strcmp(method, "elicitation/create") == 0)
		return mode != NULL && strcmp(mode, "url") == 0 ? "elicitation.url"
								: "elicitation.form";
	if (strcmp(method, "sampling/createMessage") == 0)
		return json_member(params, "tools") != NULL ? "sampling.tools" : "sampling";
	return strcmp(method, "roots/list") == 0 ? "roots" : NULL;
}

static void
record_question(struct run *run, const char *key, const char *method, const char *params,
		size_t len)
{
	struct outcome *outcome = &run->outcome;

	for (size_t i = 0; i < outcome->questions; i++)
		if (strcmp(outcome->question[i].key, key) == 0)
			return;
	outcome->question =
	    xrealloc(outcome->question, (outcome->questions + 1) * sizeof(*outcome->question));
	outcome->question[outcome->questions++] = (struct question){
		.key = xstrdup(key), .method = xstrdup(method), .params = xstrndup(params, len)
	};
}

/* Answers that are no objects count as missing (MCP, basic/patterns/mrtr). */
static bool
answered(struct run *run, const char *key, struct mcp_text *answer)
{
	struct json_object *value = json_obj(parsed(&run->answers, run->answers_text), key);
	struct buf text;

	if (value == NULL)
		return false;
	buf_init(&text, json_inbound.bytes);
	buf_json_tree(&text, value);
	answer->data = arena_strndup(run->arena, text.data, text.len);
	answer->len = text.len;
	buf_fini(&text);
	return true;
}

static int
op_ask(struct mcp_call *call, const char *key, const char *method, const char *params, size_t len,
       struct mcp_text *answer)
{
	struct run *run = run_of(call);
	struct json_object *tree;
	const char *capability, *why;

	*answer = (struct mcp_text){ NULL, 0 };
	if (run->result.failed)
		return run->result.status;
	if (answered(run, key, answer))
		return MCP_OK;
	if (len > QUESTION_PARAMS_MAX || run->outcome.questions >= QUESTIONS_MAX)
		return result_defect(&run->result, "more than 8 questions, or one of more than "
						   "64 KiB");
	tree = json_parse(params, len, &json_inbound, &why, NULL);
	if (!json_object_is_type(tree, json_type_object)) {
		json_object_put(tree);
		return result_defect(&run->result, "the parameters of a question are no object");
	}
	capability = capability_for(method, tree);
	json_object_put(tree);
	if (capability == NULL)
		return result_defect(&run->result, "\"%s\" is nothing a client can be asked",
				     method);
	if (!op_client_can(call, capability)) {
		run->refused = capability;
		return MCP_E_UNSUPPORTED;
	}
	record_question(run, key, method, params, len);
	return MCP_ASKED;
}

/* ---- the world ------------------------------------------------------------------------------ */

static void
op_log(struct mcp_call *call, enum mcp_level level, const char *message, size_t len)
{
	run_of(call)->services->log(run_of(call), level, message, len);
}

static void
op_client_log(struct mcp_call *call, enum mcp_level level, const char *logger, const char *json,
	      size_t len)
{
	struct run *run = run_of(call);
	size_t at;

	if (run->result.failed || len > CLIENT_LOG_MAX ||
	    json_gate(json, len, &json_inbound, &at) != NULL)
		return;
	run->services->client_log(run, level, logger, json, len);
}

static void
op_mask(struct mcp_call *call, const char *value, size_t len)
{
	run_of(call)->services->mask(run_of(call), value, len);
}

static void
op_changed(struct mcp_call *call, const char *what)
{
	run_of(call)->services->changed(run_of(call), what);
}

static void
op_updated(struct mcp_call *call, const char *uri)
{
	run_of(call)->services->updated(run_of(call), uri);
}

const struct mcp_ops run_ops = {
	.size = sizeof(struct mcp_ops),
	.abi_major = MCP_ABI_MAJOR,
	.abi_minor = MCP_ABI_MINOR,
	.arguments = op_arguments,
	.context = op_context,
	.number = op_number,
	.alloc = op_alloc,
	.defer = op_defer,
	.block = op_block,
	.structured = op_structured,
	.table_begin = op_table_begin,
	.table_row = op_table_row,
	.table_end = op_table_end,
	.meta = op_meta,
	.completion = op_completion,
	.fail = op_fail,
	.suspend = op_suspend,
	.reply = op_reply,
	.http_wait = op_http_wait,
	.handle = op_handle,
	.working = op_working,
	.progress = op_progress,
	.client_can = op_client_can,
	.require = op_require,
	.ask = op_ask,
	.log = op_log,
	.client_log = op_client_log,
	.mask = op_mask,
	.changed = op_changed,
	.updated = op_updated,
};
