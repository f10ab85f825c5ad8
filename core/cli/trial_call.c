/* SPDX-License-Identifier: Apache-2.0 */
/* One call of the plugin, with a service whose replies come from a seed. Time is only counted. */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/json_write.h"
#include "base/mem.h"
#include "cli/trial.h"
#include "run/requests.h"
#include "run/run.h"

#define CALL_MS 55000
#define STEPS_MAX 2000	      /* of a call */
#define STEPS_AFTER_CANCEL 50 /* time enough to clean up */
#define POLLS_MAX 12	      /* of an operation */
#define ASKS_MAX 8	      /* rounds of questions */
#define ANSWER_MAX ((size_t)16 << 20)
#define CAPABILITIES "{\"elicitation\":{\"form\":{}},\"sampling\":{},\"roots\":{}}"

struct drive {
	const struct trial *trial;
	const struct trial_row *row;
	const struct trial_plan *plan;
	struct chance chance;
	struct run *run;
	int64_t deadline_ms;
	unsigned steps, polls, asks, after_cancel;
	bool broken; /* a finding ended it */
	char *answers;
};

/* ---- services ------------------------------------------------------------------------------- */

static void
ignore_progress(struct run *run, double done, double total, const char *message)
{
	(void)run;
	(void)done;
	(void)total;
	(void)message;
}

static void
ignore_log(struct run *run, enum mcp_level level, const char *message, size_t len)
{
	(void)run;
	(void)level;
	(void)message;
	(void)len;
}

static void
ignore_client_log(struct run *run, enum mcp_level level, const char *logger, const char *json,
		  size_t len)
{
	(void)logger;
	ignore_log(run, level, json, len);
}

static void
ignore_mask(struct run *run, const char *value, size_t len)
{
	(void)run;
	(void)value;
	(void)len;
}

static void
ignore_change(struct run *run, const char *what)
{
	(void)run;
	(void)what;
}

/* A reply in memory of the run, which lives until the step ends. */
static void
reply_now(struct run *run, const struct mcp_http *request, struct mcp_reply *reply)
{
	struct drive *drive = run->owner;
	struct mcp_reply made;
	char *memory;

	trial_reply(drive->trial, &drive->chance, request, &made, &memory);
	reply_copy(reply, &made, run->arena);
	free(memory);
}

static const struct run_services call_services = {
	.progress = ignore_progress,
	.log = ignore_log,
	.client_log = ignore_client_log,
	.mask = ignore_mask,
	.changed = ignore_change,
	.updated = ignore_change,
	.http_wait = reply_now,
};

/* ---- steps ---------------------------------------------------------------------------------- */

static void
pass_time(struct drive *drive, uint64_t ms)
{
	drive->deadline_ms -= (int64_t)ms;
	run_set_deadline(drive->run, drive->deadline_ms, drive->deadline_ms);
	if (drive->deadline_ms <= clock_ms())
		run_cancel(drive->run);
}

/* False when the call does not end. */
static bool
counted(struct drive *drive)
{
	const bool cancelled = atomic_load(&drive->run->cancelled);

	drive->steps++;
	if (drive->plan->cancel_after != 0 && drive->steps >= drive->plan->cancel_after)
		run_cancel(drive->run);
	drive->after_cancel += cancelled;
	if (drive->after_cancel > STEPS_AFTER_CANCEL)
		trial_find(drive->trial, FIND_AFTER_CANCEL,
			   "The call goes on for more than %d steps after it was cancelled",
			   STEPS_AFTER_CANCEL);
	else if (drive->steps > STEPS_MAX)
		trial_find(drive->trial, FIND_HANG, "A call has more than %d steps", STEPS_MAX);
	else
		return true;
	drive->broken = true;
	return false;
}

/* Runs an entry and all steps that follow it. */
static const struct outcome *
run_entry(struct drive *drive, enum entry entry)
{
	struct run *run = drive->run;
	struct mcp_reply reply[MCP_REQUESTS_MAX];
	char *memory[MCP_REQUESTS_MAX];
	size_t n = 0;

	for (;;) {
		run_step(run, entry, reply, n, drive->answers);
		for (size_t i = 0; i < n; i++)
			free(memory[i]);
		if (!counted(drive) || run->outcome.kind != OUTCOME_SUSPEND)
			return &run->outcome;
		n = run->outcome.requests;
		for (size_t i = 0; i < n; i++) {
			if (atomic_load(&run->cancelled) &&
			    (run->outcome.request[i].flags & MCP_HTTP_CLEANUP) == 0 &&
			    run->entry != ENTRY_CANCEL) {
				reply_none(&reply[i], MCP_E_CANCELLED, "the call was cancelled");
				memory[i] = NULL;
			} else {
				trial_reply(drive->trial, &drive->chance, &run->outcome.request[i],
					    &reply[i], &memory[i]);
			}
		}
		pass_time(drive, run->outcome.after_ms);
		entry = ENTRY_NEXT;
	}
}

/* ---- questions ------------------------------------------------------------------------------ */

static void
write_answer(struct drive *drive, const struct question *question, struct json *json)
{
	struct json_object *params = json_tokener_parse(question->params), *content;
	const bool accepts = !chance_one_in(&drive->chance, 3);

	json_begin(json_member(json, question->key), '{');
	if (strcmp(question->method, "elicitation/create") == 0) {
		json_string(json_member(json, "action"), accepts ? "accept" : "decline");
		content = trial_object(&drive->chance, json_obj(params, "requestedSchema"));
		if (accepts)
			json_tree(json_member(json, "content"), content);
		json_object_put(content);
	}
	json_end(json);
	json_object_put(params);
}

static void
answer_all(struct drive *drive, const struct outcome *outcome)
{
	struct buf text;
	struct json json;

	buf_init(&text, ANSWER_MAX);
	json_start(&json, &text);
	json_begin(&json, '{');
	for (size_t i = 0; i < outcome->questions; i++)
		write_answer(drive, &outcome->question[i], &json);
	json_end(&json);
	free(drive->answers);
	drive->answers = xstrdup(text.data);
	buf_fini(&text);
}

/* ---- calls ---------------------------------------------------------------------------------- */

static struct run *
new_run(struct drive *drive, const unsigned char *handle, size_t handle_len)
{
	const int64_t now = clock_ms();
	const struct trial *trial = drive->trial;
	struct run_input input = {
		.arguments = drive->plan->arguments,
		.arguments_len = strlen(drive->plan->arguments),
		.principal = "trial",
		.row = drive->row->name,
		.upstream_url = "https://service.example.com",
		.uri = drive->row->row->uri != NULL ? drive->row->row->uri : "",
		.call_id = "trial",
		.options = trial->options,
		.capabilities = CAPABILITIES,
		.answers = "{}",
		.handle = handle,
		.handle_len = handle_len,
		.self = trial->code.self,
		.wants_progress = true,
		.completion = drive->row->kind == ROW_COMPLETION,
		.limits = { .rows = 100,
			    .text = 40000,
			    .cell = 200,
			    .whole_rows = RESULT_WHOLE_ROWS },
	};

	drive->deadline_ms = now + (drive->plan->late ? 5 : CALL_MS);
	input.deadline_ms = input.wait_until_ms = drive->deadline_ms;
	return run_new(code_row(&trial->code, trial->manifest, drive->row->kind, drive->row->index),
		       &input, &call_services, drive);
}

/* The operation goes on in a new call, as after a restart of the host. */
static void
continue_elsewhere(struct drive *drive)
{
	unsigned char handle[MCP_HANDLE_MAX];
	size_t len = drive->run->handle_len;

	memcpy(handle, drive->run->handle, len);
	run_free(drive->run);
	drive->run = new_run(drive, handle, len);
}

static void
run_to_the_end(struct drive *drive)
{
	enum entry entry = ENTRY_HANDLER;
	const struct outcome *outcome;

	while (!drive->broken) {
		outcome = run_entry(drive, entry);
		if (drive->broken)
			return;
		if (outcome->kind == OUTCOME_ASK && drive->asks++ < ASKS_MAX) {
			answer_all(drive, outcome);
			entry = drive->run->entry;
			continue;
		}
		if (outcome->kind != OUTCOME_HANDLE && outcome->kind != OUTCOME_WORKING)
			return;
		if (entry == ENTRY_CANCEL || drive->polls++ > POLLS_MAX)
			return;
		if (chance_one_in(&drive->chance, 4))
			continue_elsewhere(drive);
		entry = atomic_load(&drive->run->cancelled) || chance_one_in(&drive->chance, 8)
			  ? ENTRY_CANCEL
			  : ENTRY_POLL;
		if (entry == ENTRY_CANCEL)
			run_cancel(drive->run);
		pass_time(drive, outcome->next_ms);
	}
}

static char *
answer_text(const struct drive *drive)
{
	const struct result *result = &drive->run->result;
	struct buf text;
	char *copy;
	size_t len;

	buf_init(&text, ANSWER_MAX);
	for (size_t i = 0; i < result->blocks; i++)
		buf_add(&text, result->block[i].json, result->block[i].json_len);
	if (result->failed)
		result_failure_text(result, &text);
	buf_add(&text, result->structured.data, result->structured.len);
	buf_add(&text, result->completion.data, result->completion.len);
	copy = buf_take(&text, &len);
	return copy != NULL ? copy : xstrdup("");
}

char *
trial_call(const struct trial *trial, const struct trial_row *row, const struct trial_plan *plan)
{
	struct drive drive = { .trial = trial, .row = row, .plan = plan, .chance = { plan->seed } };
	const struct result *result;
	char *text;

	atomic_fetch_add(&trial->board->calls, 1);
	drive.run = new_run(&drive, NULL, 0);
	run_to_the_end(&drive);
	result = &drive.run->result;
	/* Without memory any failure is right. */
	if (!drive.broken && trial->phase != TRIAL_MEMORY && result->failed &&
	    result->status == MCP_E_INTERNAL && result->what != NULL &&
	    strstr(result->what, "made a mistake") != NULL)
		trial_find(trial, FIND_MISTAKE, "A step makes a mistake: %.300s",
			   result->why != NULL ? result->why : "the plugin gives no reason");
	if (atomic_load(&drive.run->cancelled))
		atomic_fetch_add(&trial->board->cancelled, 1);
	text = answer_text(&drive);
	run_free(drive.run);
	free(drive.answers);
	return text;
}
