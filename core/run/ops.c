/* SPDX-License-Identifier: Apache-2.0 */
/* The table of functions for plugins: each checks the plugin's arguments, then records them in the
 * run or passes them to the services of the process. */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <lakehost/call.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "run/result_internal.h"
#include "run/run.h"
#include "run/ops.h"
#include "run/ops_client.h"
#include "run/requests.h"
#include "run/table.h"
#include "run/text.h"

#define CLIENT_LOG_MAX 8192u

struct run *
ops_run(struct mcp_call *call)
{
	struct run *run = (struct run *)call;

	if (run != NULL && run == run_current())
		return run;
	if (run != NULL && !atomic_exchange(&run->misused, true))
		log_event(LOG_ERROR, "call-misused", "row", "s", run_row_name(run), "why", "s",
			  "the plugin uses a call outside of its step, or from another thread",
			  NULL);
	return NULL;
}

bool
ops_failed(const struct run *run)
{
	return run == NULL || run->result.failed;
}

int
ops_failure(const struct run *run)
{
	return run == NULL ? MCP_E_INTERNAL : run->result.status;
}

int
ops_missing(struct run *run, const char *what)
{
	return run == NULL ? MCP_E_INTERNAL : result_defect(&run->result, "%s", what);
}

/* ---- what was asked ------------------------------------------------------------------------- */

static struct mcp_text
op_arguments(struct mcp_call *call)
{
	const struct run *run = ops_run(call);

	return run == NULL ? (struct mcp_text){ "{}", 2 }
			   : (struct mcp_text){ run->arguments, run->arguments_len };
}

static struct mcp_text
op_context(struct mcp_call *call, enum mcp_context what)
{
	struct run *run = ops_run(call);

	if (run == NULL)
		return (struct mcp_text){ "", 0 };
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
	struct run *run = ops_run(call);

	if (run == NULL)
		return what == MCP_NUM_CANCELLED;
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

/* A run for a thread that has no step: functions of the table must not return NULL. It is never
 * freed, because the thread may use it at any time. */
static void *
stray_alloc(size_t size)
{
	static struct arena *strays;
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	void *memory;

	pthread_mutex_lock(&lock);
	if (strays == NULL)
		strays = arena_new();
	memory = arena_alloc(strays, size);
	pthread_mutex_unlock(&lock);
	return memory;
}

static void *
op_alloc(struct mcp_call *call, size_t size)
{
	struct run *run = ops_run(call);

	return run == NULL ? stray_alloc(size) : arena_alloc(run->arena, size);
}

static void
op_defer(struct mcp_call *call, void (*fn)(void *data), void *data)
{
	struct run *run = ops_run(call);

	if (run != NULL && fn != NULL)
		arena_defer(run->arena, fn, data);
}

/* ---- the answer ----------------------------------------------------------------------------- */

static int
op_block(struct mcp_call *call, const struct mcp_block *block)
{
	struct run *run = ops_run(call);
	struct mcp_block mine;

	if (run == NULL || block == NULL)
		return ops_missing(run, "the plugin gave a block that is NULL");
	if (!struct_adopt(&mine, sizeof(mine), block, SIZE_1_0(mcp_block, trusted)))
		return ops_missing(run, "the plugin gave a block without its size");
	return result_block(&run->result, &mine);
}

static int
op_structured(struct mcp_call *call, const char *json, size_t len)
{
	struct run *run = ops_run(call);

	if (run == NULL || json == NULL)
		return ops_missing(run, "the plugin gave structured content that is NULL");
	return result_structured(&run->result, json, len);
}

static int
op_table_begin(struct mcp_call *call, const struct mcp_column *columns, size_t n)
{
	struct run *run = ops_run(call);

	if (run == NULL || (columns == NULL && n > 0))
		return ops_missing(run, "the plugin gave columns of a table that are NULL");
	return result_table_begin(&run->result, columns, n);
}

static int
op_table_row(struct mcp_call *call, const struct mcp_text *cells, size_t n)
{
	struct run *run = ops_run(call);

	if (run == NULL || (cells == NULL && n > 0))
		return ops_missing(run, "the plugin gave cells of a row that are NULL");
	return result_table_row(&run->result, cells, n);
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
	struct run *run = ops_run(call);
	struct mcp_table_end mine;
	struct next_from next = { call, &mine };

	if (run == NULL || end == NULL)
		return ops_missing(run, "the plugin gave an end of a table that is NULL");
	if (!struct_adopt(&mine, sizeof(mine), end, SIZE_1_0(mcp_table_end, whole)))
		return ops_missing(run, "the plugin gave an end of a table without its size");
	return result_table_end(&run->result, &mine, mine.next_from == NULL ? NULL : next_from,
				&next);
}

static int
op_meta(struct mcp_call *call, const char *key, const char *json, size_t len)
{
	struct run *run = ops_run(call);

	if (run == NULL || key == NULL || json == NULL)
		return ops_missing(run, "the plugin gave a member of _meta that is NULL");
	return result_meta(&run->result, key, json, len);
}

static int
op_completion(struct mcp_call *call, const char *value, int64_t total, bool more)
{
	struct run *run = ops_run(call);

	return run == NULL ? MCP_E_INTERNAL : result_completion(&run->result, value, total, more);
}

static int
op_fail(struct mcp_call *call, const struct mcp_failure *failure)
{
	struct run *run = ops_run(call);
	struct mcp_failure mine;

	if (run == NULL || failure == NULL)
		return ops_missing(run, "the plugin gave a failure that is NULL");
	if (!struct_adopt(&mine, sizeof(mine), failure, SIZE_1_0(mcp_failure, missed)))
		return ops_missing(run, "the plugin gave a failure without its size");
	return result_fail(&run->result, &mine);
}

/* ---- the next step -------------------------------------------------------------------------- */

static int
op_suspend(struct mcp_call *call, const struct mcp_http *requests, size_t n, uint32_t after_ms,
	   mcp_step_fn fn, const void *state, size_t len)
{
	struct run *run = ops_run(call);
	const char *why;

	if (ops_failed(run))
		return ops_failure(run);
	if (run->next != NULL)
		return result_defect(&run->result, "a step suspended the call twice");
	if (fn == NULL || len > MCP_STATE_MAX || (state == NULL && len > 0))
		return result_defect(&run->result,
				     fn == NULL ? "a step suspended the call without a next step"
				     : state == NULL
					 ? "a step gave a state that is NULL but has a length"
					 : "a step gave a state of more than 4096 bytes");
	why = requests_check(requests, n);
	if (why != NULL)
		return result_defect(&run->result, "%s", why);
	/* The step may still read its own state, or pass it on. */
	run->after = (struct run_state){ len > 0 ? xmemdup(state, len) : NULL, len };
	run->next = fn;
	run->outcome.request = requests_copy(requests, n);
	run->outcome.requests = n;
	run->outcome.after_ms = after_ms;
	run_asks(run, OUTCOME_SUSPEND);
	return MCP_OK;
}

static const struct mcp_reply *
op_reply(struct mcp_call *call, size_t index)
{
	struct run *run = ops_run(call);

	return run != NULL && index < run->replies ? &run->reply[index] : NULL;
}

static const struct mcp_reply *
op_http_wait(struct mcp_call *call, const struct mcp_http *request)
{
	struct run *run = ops_run(call);
	struct mcp_reply *reply = op_alloc(call, sizeof(*reply));
	struct mcp_http *copy;
	const char *why;

	reply_none(reply, MCP_E_INTERNAL, "");
	if (ops_failed(run)) {
		reply->error = ops_failure(run);
		return reply;
	}
	why = requests_check(request, 1);
	if (why != NULL) {
		result_defect(&run->result, "%s", why);
		return reply;
	}
	copy = requests_copy(request, 1); /* the struct in the form of this host */
	run->services->http_wait(run, copy, reply);
	requests_free(copy, 1);
	return reply;
}

/* ---- operations ----------------------------------------------------------------------------- */

static int
op_handle(struct mcp_call *call, const void *data, size_t len)
{
	struct run *run = ops_run(call);

	if (ops_failed(run))
		return ops_failure(run);
	if (run->code->operation == NULL || run->entry != ENTRY_HANDLER)
		return result_defect(
		    &run->result, "the plugin gave a handle outside of the start of an operation");
	if (data == NULL || len == 0 || len > MCP_HANDLE_MAX)
		return result_defect(&run->result,
				     "the plugin gave a handle of %zu bytes; 1 to %d are allowed",
				     len, MCP_HANDLE_MAX);
	free(run->handle);
	run->handle = xmemdup(data, len);
	run->handle_len = len;
	outcome_set_handle(&run->outcome, data, len);
	run_asks(run, OUTCOME_HANDLE);
	return MCP_OK;
}

static int
op_working(struct mcp_call *call, int percent, const char *message, uint32_t next_ms)
{
	struct run *run = ops_run(call);

	if (ops_failed(run))
		return ops_failure(run);
	if (run->entry != ENTRY_POLL && run->entry != ENTRY_ANSWER)
		return result_defect(
		    &run->result,
		    "the plugin reported \"working\" outside of the poll of an operation");
	run->outcome.percent = percent < 0 ? -1 : percent > 100 ? 100 : percent;
	run->outcome.next_ms = next_ms;
	free(run->outcome.message);
	run->outcome.message = result_line(message);
	run_asks(run, OUTCOME_WORKING);
	return MCP_OK;
}

/* ---- the client ----------------------------------------------------------------------------- */

static int
op_progress(struct mcp_call *call, double done, double total, const char *message)
{
	struct run *run = ops_run(call);

	if (ops_failed(run))
		return ops_failure(run);
	if (!run->wants_progress || !isfinite(done) || done <= run->progress)
		return MCP_OK;
	run->progress = done;
	run->services->progress(run, done, total, message);
	return MCP_OK;
}

/* ---- the world ------------------------------------------------------------------------------ */

/* A line with an unknown level must not be lost. */
enum mcp_level
run_level(enum mcp_level level)
{
	return (unsigned)level > MCP_LOG_ERROR ? MCP_LOG_ERROR : level;
}

bool
run_can_change(const char *what)
{
	static const char *const lists[] = { "tools", "resources", "prompts" };

	for (size_t i = 0; what != NULL && i < ARRAY_SIZE(lists); i++)
		if (strcmp(lists[i], what) == 0)
			return true;
	return false;
}

static void
op_log(struct mcp_call *call, enum mcp_level level, const char *message, size_t len)
{
	struct run *run = ops_run(call);

	if (run == NULL)
		return;
	if (message == NULL)
		ops_missing(run, "the plugin logged a message that is NULL");
	else
		run->services->log(run, run_level(level), message, len);
}

static void
op_client_log(struct mcp_call *call, enum mcp_level level, const char *logger, const char *json,
	      size_t len)
{
	struct run *run = ops_run(call);
	size_t at;

	if (ops_failed(run) || len > CLIENT_LOG_MAX)
		return;
	if (json == NULL) {
		ops_missing(run, "the plugin sent the client a message that is NULL");
		return;
	}
	if (json_gate(json, len, &json_inbound, &at) != NULL)
		return;
	run->services->client_log(run, run_level(level), logger, json, len);
}

static void
op_mask(struct mcp_call *call, const char *value, size_t len)
{
	struct run *run = ops_run(call);

	if (run != NULL && value != NULL)
		run->services->mask(run, value, len);
}

static void
op_changed(struct mcp_call *call, const char *what)
{
	struct run *run = ops_run(call);

	if (ops_failed(run))
		return;
	if (!run_can_change(what))
		ops_missing(
		    run, "the plugin reported a change of something other than tools, resources or "
			 "prompts");
	else
		run->services->changed(run, what);
}

static void
op_updated(struct mcp_call *call, const char *uri)
{
	struct run *run = ops_run(call);

	if (ops_failed(run))
		return;
	if (uri == NULL)
		ops_missing(run, "the plugin reported an update of a resource that is NULL");
	else
		run->services->updated(run, uri);
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
