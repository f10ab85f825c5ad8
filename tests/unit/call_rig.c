/* SPDX-License-Identifier: Apache-2.0 */
/* Implements call_rig.h: fakes of egress, of the plugin layer and of the owner of calls. */
#include "call_rig.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "run/requests.h"

/* ---- clock ---------------------------------------------------------------------------------- */

#define POOL_MOST 8
#define GROUP_MOST (POOL_MOST / 2) /* most steps of one plugin that run at once */
#define CLOCK_BEGINS_MS 1000000

static struct rig *the_rig;
static _Atomic int64_t now_ms = CLOCK_BEGINS_MS;

int64_t __wrap_clock_ms(void);
int64_t __wrap_clock_us(void);
int __real_epoll_wait(int epoll, struct epoll_event *events, int most, int timeout_ms);
int __wrap_epoll_wait(int epoll, struct epoll_event *events, int most, int timeout_ms);

int64_t
__wrap_clock_ms(void)
{
	return atomic_load(&now_ms);
}

int64_t
__wrap_clock_us(void)
{
	return atomic_load(&now_ms) * 1000;
}

/* Does a thread of the pool run a step, or will it run one? A step that waits for a request, or
 * that the test holds, does not count. */
static bool
pool_works(const struct rig *rig)
{
	unsigned steps = 0, waiting = rig->held == NULL ? 0 : rig->held();

	for (const struct call *call = rig->calls->first; call != NULL; call = call->state->next) {
		const struct call_state *state = call->state;

		if (state->phase != PHASE_STEP)
			continue;
		steps++;
		waiting += state->suspension.blocking != NULL;
	}
	return (steps < GROUP_MOST ? steps : GROUP_MOST) > waiting;
}

/* The clock does not advance while any code runs, so that the speed of the machine has no effect.
 * When all code waits, the clock jumps to the next event. */
int
__wrap_epoll_wait(int epoll, struct epoll_event *events, int most, int timeout_ms)
{
	int n;

	if (the_rig == NULL || timeout_ms <= 0)
		return __real_epoll_wait(epoll, events, most, timeout_ms);
	/* the end of a step wakes the loop, but a held step does not end */
	if (pool_works(the_rig))
		return __real_epoll_wait(epoll, events, most, 1);
	n = __real_epoll_wait(epoll, events, most, 0);
	if (n == 0)
		atomic_fetch_add(&now_ms, timeout_ms);
	return n;
}

/* ---- egress --------------------------------------------------------------------------------- */

struct transfer {
	struct rig *rig;
	const struct rule *rule;
	struct loop_timer timer;
	egress_sink_fn sink;
	egress_done_fn done;
	void *data;
	size_t sunk;
	bool late;
	struct transfer *next, **link;
};

static void
transfer_unlink(struct transfer *transfer)
{
	*transfer->link = transfer->next;
	if (transfer->next != NULL)
		transfer->next->link = transfer->link;
	loop_timer_stop(transfer->rig->loop, &transfer->timer);
}

/* Delivers one byte at a time, so that a sink that pauses or stops does so in the middle. */
static bool
feed(struct transfer *transfer, struct mcp_reply *reply)
{
	const char *body = transfer->rule->body;

	while (transfer->sunk < strlen(body) && !reply->stopped) {
		int verdict = transfer->sink(transfer->data, body + transfer->sunk, 1);

		if (verdict == SINK_PAUSE)
			return false;
		reply->stopped = verdict == SINK_STOP;
		transfer->sunk++;
	}
	reply->bytes = transfer->sunk;
	reply->body = (struct mcp_text){ "", 0 };
	return true;
}

static void
transfer_fire(struct loop_timer *timer)
{
	struct transfer *transfer = timer->data;
	const struct rule *rule = transfer->rule;
	struct mcp_header header = { "Content-Type", "text/plain" };
	struct mcp_reply reply;

	reply_none(&reply, MCP_E_UNAVAILABLE, "no rule");
	if (transfer->late) {
		reply_none(&reply, MCP_E_TIMEOUT, "too late");
	} else if (rule != NULL && rule->status == 0) {
		reply_none(&reply, rule->error, "as the rule says");
	} else if (rule != NULL) {
		reply.status = rule->status;
		reply.error = MCP_OK;
		reply.body = (struct mcp_text){ rule->body, strlen(rule->body) };
		reply.headers = &header;
		reply.n_headers = 1;
		if (transfer->sink != NULL && !feed(transfer, &reply))
			return;
	}
	transfer_unlink(transfer);
	transfer->done(transfer->data, &reply);
	free(transfer);
}

static const struct rule *
find_rule(const struct rig *rig, const char *request)
{
	for (size_t i = 0; i < rig->n_rules; i++)
		if (strcmp(rig->rules[i].request, request) == 0)
			return &rig->rules[i];
	return NULL;
}

struct transfer *
egress_submit(struct egress *egress, const struct egress_scope *scope,
	      const struct mcp_http *request, egress_sink_fn sink, egress_done_fn done, void *data)
{
	struct rig *rig = (struct rig *)egress;
	struct transfer *transfer = xcalloc(1, sizeof(*transfer));
	size_t len = strlen(rig->requests);
	char name[256];
	int64_t left = scope->deadline_ms - clock_ms();
	int delay;

	CU_ASSERT(loop_inside(rig->loop));
	snprintf(name, sizeof(name), "%s %s%s%s", request->method, request->path,
		 request->query == NULL ? "" : "?", request->query == NULL ? "" : request->query);
	snprintf(rig->requests + len, sizeof(rig->requests) - len, "%s\n", name);
	rig->n_requests++;
	*transfer = (struct transfer){ .rig = rig,
				       .rule = find_rule(rig, name),
				       .sink = sink,
				       .done = done,
				       .data = data,
				       .timer = { .fn = transfer_fire, .data = transfer },
				       .next = rig->transfers,
				       .link = &rig->transfers };
	if (rig->transfers != NULL)
		rig->transfers->link = &transfer->next;
	rig->transfers = transfer;
	delay = transfer->rule == NULL ? 0 : transfer->rule->delay_ms;
	transfer->late = delay < 0 || delay > left;
	loop_timer_set(rig->loop, &transfer->timer, transfer->late ? (left > 0 ? left : 0) : delay);
	return transfer;
}

/* A budget with room for all bytes; rig_fini() checks that every byte was released. */
bool
egress_hold(struct egress *egress, uint64_t bytes, char *why, size_t why_size)
{
	struct rig *rig = (struct rig *)egress;

	if (rig->replies_full) {
		snprintf(why, why_size, "limits.replies is reached");
		return false;
	}
	rig->replies_held += bytes;
	return true;
}

void
egress_release(struct egress *egress, uint64_t bytes)
{
	((struct rig *)egress)->replies_held -= bytes;
}

void
egress_cancel(struct transfer *transfer)
{
	transfer->rig->cancelled_requests++;
	transfer_unlink(transfer);
	free(transfer);
}

int64_t
transfer_age_ms(const struct transfer *transfer)
{
	(void)transfer;
	return 0;
}

bool
transfer_reuses(const struct transfer *transfer)
{
	(void)transfer;
	return false;
}

void
transfer_resume(struct transfer *transfer)
{
	loop_timer_set(transfer->rig->loop, &transfer->timer, 0);
}

/* ---- plugin layer --------------------------------------------------------------------------- */

static const struct mcp_row *
code(const struct provider *provider, const struct row *row)
{
	return &((const struct rig *)(const void *)provider->plugin)->rows[row->index];
}

static void
changed(const struct provider *provider, const char *what, const char *uri)
{
	(void)provider;
	(void)what;
	(void)uri;
	atomic_fetch_add(&the_rig->told, 1);
}

static struct provider
provider_of(struct rig *rig)
{
	static const struct strings none;

	return (struct provider){ .name = "test",
				  .options = "{\"option\":\"set\"}",
				  .permissions = &none,
				  .runner = &inprocess_runner,
				  .plugin = (struct plugin *)(void *)rig,
				  .code = code,
				  .changed = changed };
}

const struct config_upstream *
config_upstream(const struct config *config, const char *role)
{
	(void)role;
	return config->upstream;
}

/* ---- owner ---------------------------------------------------------------------------------- */

static void
on_progress(struct call *call, double done, double total, const char *message)
{
	struct probe *probe = call->owner;

	(void)total;
	CU_ASSERT(probe->done == 0);
	if (probe->progress > 0 && done <= probe->progress_last)
		probe->progress_fell = true;
	probe->progress++;
	probe->progress_last = done;
	snprintf(probe->message, sizeof(probe->message), "%s", message == NULL ? "" : message);
}

static void
on_log(struct call *call, enum mcp_level level, const char *logger, const char *json, size_t len)
{
	struct probe *probe = call->owner;

	(void)level;
	(void)logger;
	(void)json;
	(void)len;
	CU_ASSERT(probe->done == 0);
	probe->logs++;
}

static void
closed(struct probe *probe)
{
	if (--probe->rig->open == 0 && probe->rig->running)
		loop_stop(probe->rig->loop);
}

static void
on_ask(struct call *call)
{
	struct probe *probe = call->owner;

	probe->asks++;
	if (call->outcome->handle_len > 0)
		memcpy(probe->handle, call->outcome->handle, call->outcome->handle_len);
	probe->questions[0] = '\0';
	for (size_t i = 0; i < call->outcome->questions; i++)
		strncat(probe->questions, call->outcome->question[i].key,
			sizeof(probe->questions) - strlen(probe->questions) - 1);
	if (probe->asked != NULL) {
		probe->asked(probe);
	} else if (probe->answers != NULL) {
		call_answer(call, probe->answers);
	} else {
		probe->call = NULL;
		call_free(call);
		closed(probe);
	}
}

static void
copy_text(struct probe *probe, const struct result *result)
{
	struct buf text;

	buf_init(&text, sizeof(probe->text) - 1);
	if (result->failed)
		result_failure_text(result, &text);
	for (size_t i = 0; i < result->blocks; i++)
		if (result->block[i].text != NULL)
			buf_puts(&text, result->block[i].text);
	strcpy(probe->text, text.data);
	buf_fini(&text);
}

static void
on_done(struct call *call)
{
	struct probe *probe = call->owner;
	const struct result *result = call->result;

	probe->done++;
	probe->failed = result->failed;
	probe->status = result->status;
	copy_text(probe, result);
	snprintf(probe->structured, sizeof(probe->structured), "%s", result->structured.data);
	probe->working = call->outcome != NULL;
	if (probe->working) {
		if (call->outcome->handle_len > 0)
			memcpy(probe->handle, call->outcome->handle, call->outcome->handle_len);
		probe->percent = call->outcome->percent;
	}
	if (!probe->keep) {
		probe->call = NULL;
		call_free(call);
	}
	closed(probe);
}

static const struct call_events events = {
	.progress = on_progress, .client_log = on_log, .ask = on_ask, .done = on_done
};

/* ---- rig ------------------------------------------------------------------------------------ */

void
rig_init(struct rig *rig, const struct mcp_row *rows, const struct rule *rules, size_t n_rules)
{
	memset(rig, 0, sizeof(*rig));
	log_init(LOG_ERROR, true);
	rig->loop = loop_new();
	rig->config.limits.call_ms = 60000;
	rig->config.limits.steps = LIMIT_STEPS;
	rig->config.limits.suspended = LIMIT_SUSPENDED;
	rig->config.results.rows = LIMIT_RESULT_ROWS;
	rig->config.results.text = LIMIT_RESULT_TEXT;
	rig->config.results.cell = LIMIT_CELL;
	rig->config.upstream = &rig->upstream;
	rig->upstream.url = (char *)(uintptr_t) "https://w.example";
	rig->pool = pool_new(rig->loop, 1, POOL_MOST);
	rig->snapshot = (struct snapshot){ .config = &rig->config, .egress = (struct egress *)rig };
	rig->calls = calls_new(rig->loop, &rig->snapshot);
	calls_use_pool(rig->calls, rig->pool);
	rig->rows = rows;
	rig->provider = provider_of(rig);
	rig->rules = rules;
	rig->n_rules = n_rules;
	the_rig = rig;
}

void
rig_fini(struct rig *rig)
{
	calls_free(rig->calls);
	pool_free(rig->pool);
	CU_ASSERT_PTR_NULL(rig->transfers);
	CU_ASSERT(rig->replies_held == 0);
	json_object_put(rig->meta);
	loop_free(rig->loop);
	the_rig = NULL;
}

static unsigned
row_index(const struct rig *rig, const char *name)
{
	for (unsigned i = 0;; i++)
		if (strcmp(rig->rows[i].name, name) == 0)
			return i;
}

static void
set_row(struct rig *rig, struct probe *probe, const struct probe_spec *spec)
{
	unsigned index = row_index(rig, spec->name);

	probe->row = (struct row){ .kind = spec->kind,
				   .provider = &rig->provider,
				   .index = index,
				   .name = (char *)(uintptr_t)rig->rows[index].name,
				   .is_inline = spec->is_inline,
				   .access = spec->looks ? ACCESS_READ : ACCESS_WRITE };
	if (spec->wait_s > 0) {
		json_object_put(rig->meta);
		rig->meta = json_object_new_object();
		json_object_object_add(rig->meta, "wait_s", json_object_new_int(spec->wait_s));
		probe->row.meta = rig->meta;
	}
	if (spec->visit) {
		probe->tool = probe->row;
		probe->row.tool = &probe->tool;
		probe->row.part = ROW_RESULT;
	}
}

void
rig_start(struct rig *rig, struct probe *probe, const struct probe_spec *spec)
{
	struct principal principal = { .name = "local" };
	struct json_object *arguments =
	    json_tokener_parse(spec->arguments == NULL ? "{}" : spec->arguments);
	struct call_spec call = { .row = &probe->row,
				  .principal = &principal,
				  .arguments = arguments,
				  .capabilities = spec->capabilities,
				  .answers = spec->answers,
				  .wants_progress = spec->wants_progress,
				  .wait_ms = spec->wait_ms,
				  .entry = spec->entry,
				  .handle = (const unsigned char *)spec->handle,
				  .handle_len = spec->handle == NULL ? 0 : strlen(spec->handle),
				  .events = &events,
				  .owner = probe };
	const char *why;

	probe->rig = rig;
	set_row(rig, probe, spec);
	probe->call = call_new(rig->calls, &call, &why);
	json_object_put(arguments);
	if (probe->call == NULL) {
		snprintf(probe->text, sizeof(probe->text), "%s", why);
		return;
	}
	rig->open++;
	call_start(probe->call);
}

void
rig_run(struct rig *rig)
{
	rig->running = true;
	if (rig->open > 0)
		loop_run(rig->loop, 0);
	rig->running = false;
	CU_ASSERT_EQUAL(rig->open, 0);
}

static void
watch_count(void *data)
{
	struct rig *rig = data;

	if (calls_running(rig->calls) == 0)
		loop_stop(rig->loop);
	else
		rig_later(rig, 5, watch_count, rig);
}

void
rig_settle(struct rig *rig)
{
	rig_later(rig, 5, watch_count, rig);
	loop_run(rig->loop, 0);
}

void
rig_call(struct rig *rig, struct probe *probe, const struct probe_spec *spec)
{
	memset(probe, 0, sizeof(*probe));
	rig_start(rig, probe, spec);
	rig_run(rig);
}

struct later {
	struct loop_timer timer;
	void (*fn)(void *data);
	void *data;
};

static void
fire_later(struct loop_timer *timer)
{
	struct later *later = timer->data;

	later->fn(later->data);
	free(later);
}

void
rig_later(struct rig *rig, int ms, void (*fn)(void *data), void *data)
{
	struct later *later = xcalloc(1, sizeof(*later));

	*later =
	    (struct later){ .fn = fn, .data = data, .timer = { .fn = fire_later, .data = later } };
	loop_timer_set(rig->loop, &later->timer, ms);
}
