/* SPDX-License-Identifier: Apache-2.0 */
/* The fake host: its settings, and the loop that runs the steps of a call one after another. */
#include <lakehost/fakehost.h>

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "run/ops.h"
#include "run/requests.h"
#include "internal.h"

#define CALL_MS 55000
#define WAIT_MS 20000
#define CLEANUP_MS 10000
#define POLL_MS 1000 /* time between polls, when the plugin gives none */
#define STEPS_MAX 10000
#define ROWS 100
#define TEXT 40000
#define CELL 200
#define UPSTREAM_URL "https://workspace.example.com"

static const char *const levels[] = { "debug", "info", "notice", "warning", "error" };

/* ---- services of the run -------------------------------------------------------------------- */

static void
on_progress(struct run *run, double done, double total, const char *message)
{
	struct fakehost *host = run->owner;

	(void)message;
	host->result.progress++;
	host->result.progress_done = done;
	host->result.progress_total = total;
}

static void
on_log(struct run *run, enum mcp_level level, const char *message, size_t len)
{
	struct fakehost *host = run->owner;

	buf_printf(&host->log, "%s: ", levels[level]);
	buf_add(&host->log, message, len);
	buf_putc(&host->log, '\n');
}

static void
on_client_log(struct run *run, enum mcp_level level, const char *logger, const char *json,
	      size_t len)
{
	(void)logger;
	on_log(run, level, json, len);
}

static void
on_mask(struct run *run, const char *value, size_t len)
{
	(void)run;
	mask_add(value, len);
}

static void
on_changed(struct run *run, const char *what)
{
	on_log(run, MCP_LOG_NOTICE, what, strlen(what));
}

/* Is the request allowed? After a cancel only requests of the clean-up are, within its time. */
static bool
admitted(const struct fakehost *host, const struct mcp_http *request)
{
	if (!atomic_load(&host->run->cancelled))
		return true;
	return host->budget_ms > 0 &&
	       ((request->flags & MCP_HTTP_CLEANUP) != 0 || host->run->entry == ENTRY_CANCEL);
}

static void
on_http_wait(struct run *run, const struct mcp_http *request, struct mcp_reply *reply)
{
	struct fakehost *host = run->owner;

	if (admitted(host, request))
		upstream_answer(host, request, reply);
	else
		reply_none(reply, MCP_E_CANCELLED, "the call was cancelled");
}

static const struct run_services services = {
	.progress = on_progress,
	.log = on_log,
	.client_log = on_client_log,
	.mask = on_mask,
	.changed = on_changed,
	.updated = on_changed,
	.http_wait = on_http_wait,
};

/* ---- the driver ----------------------------------------------------------------------------- */

/* Advances the clock of the call, not the clock of the machine. */
static void
pass_time(struct fakehost *host, uint64_t ms)
{
	host->result.waited_ms += ms;
	host->deadline_ms -= (int64_t)ms;
	host->wait_until_ms -= (int64_t)ms;
	run_set_deadline(host->run, host->deadline_ms, host->wait_until_ms);
	if (atomic_load(&host->run->cancelled))
		host->budget_ms -= ms < host->budget_ms ? ms : host->budget_ms;
	else if (host->deadline_ms <= clock_ms())
		run_cancel(host->run);
}

/* Runs an entry, and all steps that follow it. */
static const struct outcome *
drive(struct fakehost *host, enum entry entry, const char *answers)
{
	struct run *run = host->run;
	struct mcp_reply reply[MCP_REQUESTS_MAX];
	size_t n = 0;

	for (;;) {
		run_step(run, entry, reply, n, answers);
		answers = NULL;
		if (++host->result.steps > STEPS_MAX) {
			fprintf(stderr, "fakehost: a call of %d steps does not end\n", STEPS_MAX);
			abort();
		}
		if (host->cancel_after != 0 && host->result.steps >= host->cancel_after)
			run_cancel(run);
		if (run->outcome.kind != OUTCOME_SUSPEND)
			return &run->outcome;
		n = run->outcome.requests;
		for (size_t i = 0; i < n; i++)
			on_http_wait(run, &run->outcome.request[i], &reply[i]);
		pass_time(host, run->outcome.after_ms);
		entry = ENTRY_NEXT;
	}
}

/* Polls a started operation until it ends, asks, or the wait is over. */
static const struct outcome *
poll_on(struct fakehost *host, const struct outcome *outcome)
{
	int64_t left;

	for (;;) {
		uint32_t next_ms = outcome->next_ms == 0 ? POLL_MS : outcome->next_ms;

		if (outcome->kind == OUTCOME_HANDLE)
			next_ms = 0;
		left = host->wait_until_ms - clock_ms();
		if (outcome->kind != OUTCOME_HANDLE && outcome->kind != OUTCOME_WORKING)
			return outcome;
		host->result.working = true;
		if (atomic_load(&host->run->cancelled))
			return drive(host, ENTRY_CANCEL, NULL);
		if (left <= next_ms && outcome->kind == OUTCOME_WORKING)
			return outcome;
		pass_time(host, next_ms);
		host->result.polls++;
		outcome = drive(host, ENTRY_POLL, NULL);
		host->result.working = outcome->kind == OUTCOME_WORKING;
	}
}

/* ---- calls ---------------------------------------------------------------------------------- */

static void
forget_call(struct fakehost *host)
{
	run_free(host->run);
	host->run = NULL;
	arena_reset(host->arena);
	free(host->request);
	host->request = NULL;
	host->requests = 0;
	buf_reset(&host->log);
	host->result = (struct fakehost_result){ .percent = -1 };
}

static void
begin(struct fakehost *host, const struct mcp_row *row, const char *arguments, const char *uri,
      bool completion)
{
	int64_t now = clock_ms();
	struct run_input input = {
		.arguments = arguments,
		.arguments_len = strlen(arguments),
		.principal = "local",
		.row = row->name,
		.upstream_url = UPSTREAM_URL,
		.uri = uri,
		.call_id = "test-1",
		.options = host->options,
		.capabilities = host->capabilities,
		.answers = host->answers,
		.handle = host->handle,
		.handle_len = host->handle_len,
		.self = host->self,
		.wants_progress = true,
		.completion = completion,
		.deadline_ms = now + CALL_MS,
		.wait_until_ms = now + host->wait_ms,
		.limits = host->limits,
	};

	forget_call(host);
	host->row = row;
	host->deadline_ms = input.deadline_ms;
	host->wait_until_ms = input.wait_until_ms;
	host->budget_ms = CLEANUP_MS;
	host->run = run_new(row, &input, &services, host);
}

static const struct fakehost_result *
end(struct fakehost *host, const struct outcome *outcome)
{
	if (host->run->handle_len > 0)
		memcpy(host->handle, host->run->handle, host->run->handle_len);
	host->handle_len = host->run->handle_len;
	show_result(host, outcome);
	return &host->result;
}

static const struct mcp_row *
find_row(const struct mcp_rows *rows, const char *name)
{
	for (uint32_t i = 0; i < rows->count; i++) {
		const struct mcp_row *row =
		    (const void *)((const char *)rows->row + (size_t)i * rows->stride);

		if (strcmp(row->name, name) == 0)
			return row;
	}
	return NULL;
}

static const struct mcp_row *
need_row(const struct mcp_row *row, const char *name)
{
	if (row == NULL) {
		fprintf(stderr, "fakehost: the plugin has no row \"%s\"\n", name);
		abort();
	}
	return row;
}

static const struct fakehost_result *
run_row(struct fakehost *host, const struct mcp_row *row, const char *arguments, const char *uri,
	bool completion)
{
	char *copy = xstrdup(arguments == NULL ? "{}" : arguments);

	host->handle_len = 0;
	begin(host, row, copy, uri, completion);
	free(host->arguments);
	host->arguments = copy;
	return end(host, poll_on(host, drive(host, ENTRY_HANDLER, NULL)));
}

const struct fakehost_result *
fakehost_tool(struct fakehost *host, const char *name, const char *arguments)
{
	const struct mcp_row *row = need_row(find_row(&host->plugin->tools, name), name);

	return run_row(host, row, arguments, "", false);
}

const struct fakehost_result *
fakehost_read(struct fakehost *host, const char *name, const char *uri, const char *arguments)
{
	const struct mcp_row *row = find_row(&host->plugin->resources, name);

	if (row == NULL)
		row = find_row(&host->plugin->templates, name);
	return run_row(host, need_row(row, name), arguments, uri, false);
}

const struct fakehost_result *
fakehost_prompt(struct fakehost *host, const char *name, const char *arguments)
{
	const struct mcp_row *row = need_row(find_row(&host->plugin->prompts, name), name);

	return run_row(host, row, arguments, "", false);
}

const struct fakehost_result *
fakehost_complete(struct fakehost *host, const char *name, const char *arguments)
{
	const struct mcp_row *row = need_row(find_row(&host->plugin->completions, name), name);

	return run_row(host, row, arguments, "", true);
}

/* Runs one entry of the operation of the last call, as the host's tools for operations do. */
static const struct fakehost_result *
run_entry_alone(struct fakehost *host, enum entry entry, const char *answers)
{
	const struct outcome *outcome;

	if (host->handle_len == 0) {
		fprintf(stderr, "fakehost: the last call left no operation working\n");
		abort();
	}
	begin(host, host->row, host->arguments, "", false);
	if (entry == ENTRY_CANCEL)
		run_cancel(host->run);
	host->result.polls = entry == ENTRY_POLL;
	outcome = drive(host, entry, answers);
	host->result.working = outcome->kind == OUTCOME_WORKING;
	return end(host, outcome);
}

const struct fakehost_result *
fakehost_poll(struct fakehost *host)
{
	return run_entry_alone(host, ENTRY_POLL, NULL);
}

const struct fakehost_result *
fakehost_cancel(struct fakehost *host)
{
	return run_entry_alone(host, ENTRY_CANCEL, NULL);
}

const struct fakehost_result *
fakehost_answer(struct fakehost *host, const char *answers)
{
	return run_entry_alone(host, ENTRY_ANSWER, answers);
}

/* ---- settings ------------------------------------------------------------------------------- */

static struct fakehost *
host_of(const struct mcp_host *info)
{
	return (struct fakehost *)((uintptr_t)info - offsetof(struct fakehost, info));
}

static void
add_news(const struct mcp_host *info, const char *what, const char *text)
{
	struct fakehost *host = host_of(info);

	pthread_mutex_lock(&host->lock);
	buf_printf(&host->news, "%s: %s\n", what, text);
	pthread_mutex_unlock(&host->lock);
}

static void
plugin_log(const struct mcp_host *info, enum mcp_level level, const char *message)
{
	add_news(info, levels[run_level(level)], message);
}

static void
plugin_changed(const struct mcp_host *info, const char *what)
{
	add_news(info, run_can_change(what) ? "changed" : "error: no such list", what);
}

static void
plugin_updated(const struct mcp_host *info, const char *uri)
{
	add_news(info, "updated", uri);
}

const char *
fakehost_news(struct fakehost *host)
{
	const char *news;

	pthread_mutex_lock(&host->lock);
	news = arena_strndup(host->kept, host->news.data, host->news.len);
	buf_reset(&host->news);
	pthread_mutex_unlock(&host->lock);
	return news;
}

static void
start_plugin(struct fakehost *host)
{
	char why[256] = "";

	host->info = (struct mcp_host){ .size = sizeof(host->info),
					.abi_major = MCP_ABI_MAJOR,
					.abi_minor = MCP_ABI_MINOR,
					.version = "test",
					.options = host->options,
					.log = plugin_log,
					.changed = plugin_changed,
					.updated = plugin_updated };
	if (host->plugin->start == NULL ||
	    host->plugin->start(&host->info, &host->self, why, sizeof(why)) == 0)
		return;
	fprintf(stderr, "fakehost: the plugin refuses to start: %s\n", why);
	abort();
}

struct fakehost *
fakehost_new_with(const struct mcp_plugin *plugin, const char *options)
{
	struct fakehost *host = xcalloc(1, sizeof(*host));

	host->plugin = plugin;
	host->options = xstrdup(options);
	host->capabilities = xstrdup("{}");
	host->limits = (struct result_limits){
		.rows = ROWS, .text = TEXT, .cell = CELL, .whole_rows = RESULT_WHOLE_ROWS
	};
	host->wait_ms = WAIT_MS;
	host->kept = arena_new();
	host->arena = arena_new();
	host->canned_end = &host->canned;
	buf_init(&host->log, TEXT_CAP);
	buf_init_keeping(&host->news, TEXT_CAP);
	pthread_mutex_init(&host->lock, NULL);
	start_plugin(host);
	return host;
}

struct fakehost *
fakehost_new(const struct mcp_plugin *plugin)
{
	return fakehost_new_with(plugin, "{}");
}

void
fakehost_free(struct fakehost *host)
{
	if (host == NULL)
		return;
	forget_call(host);
	if (host->plugin->stop != NULL)
		host->plugin->stop(host->self);
	pthread_mutex_destroy(&host->lock);
	buf_fini(&host->news);
	arena_free(host->kept);
	arena_free(host->arena);
	buf_fini(&host->log);
	free(host->arguments);
	free(host->options);
	free(host->capabilities);
	free(host->answers);
	free(host);
}

void
fakehost_reset(struct fakehost *host)
{
	forget_call(host);
	arena_reset(host->kept);
	host->canned = NULL;
	host->canned_end = &host->canned;
}

static void
set(char **setting, const char *value)
{
	free(*setting);
	*setting = value == NULL ? NULL : xstrdup(value);
}

void
fakehost_capabilities(struct fakehost *host, const char *json)
{
	set(&host->capabilities, json);
}

void
fakehost_answers(struct fakehost *host, const char *json)
{
	set(&host->answers, json);
}

void
fakehost_results(struct fakehost *host, size_t rows, size_t text, size_t cell, const char *format)
{
	host->limits = (struct result_limits){ .rows = rows == 0 ? ROWS : rows,
					       .text = text == 0 ? TEXT : text,
					       .cell = cell == 0 ? CELL : cell,
					       .whole_rows = cell == 0 ? RESULT_WHOLE_ROWS : 0 };
	if (format != NULL && !result_format_parse(format, &host->limits.format)) {
		fprintf(stderr, "fakehost: \"%s\" is no format\n", format);
		abort();
	}
}

void
fakehost_wait(struct fakehost *host, uint32_t ms)
{
	host->wait_ms = ms;
}

void
fakehost_cancel_after(struct fakehost *host, unsigned steps)
{
	host->cancel_after = steps;
}
