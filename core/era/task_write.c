/* SPDX-License-Identifier: Apache-2.0 */
#include "era/task_write.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "call/call.h"
#include "config/config.h"
#include "era/inside.h"
#include "era/mrtr.h"
#include "era/task_id.h"
#include "era/tools.h"
#include "run/text.h"

#define INTERVAL_LEAST_MS 500
#define INTERVAL_MOST_MS 5000	/* the longest pause when the plugin gives none */
#define INTERVAL_SAID_MS 30000u /* the longest pause when the plugin gives one */
#define TIME_MAX 32

/* ---- what is known ------------------------------------------------------------------------- */

static void
set_message(struct task_view *view, const char *text)
{
	struct buf line;

	buf_init(&line, sizeof(view->message) - 1);
	text_line(&line, text, TASK_MESSAGE_MAX);
	memcpy(view->message, line.data, line.len + 1);
	buf_fini(&line);
}

/* The first line of a text. */
static void
set_first_line(struct task_view *view, const char *text)
{
	char line[TASK_MESSAGE_MAX + 1];

	snprintf(line, sizeof(line), "%.*s", (int)strcspn(text, "\n"), text);
	set_message(view, line);
}

void
task_view_working(struct task_view *view, const struct outcome *outcome,
		  const struct result *interim)
{
	view->status = TASK_WORKING;
	view->next_ms = outcome->next_ms;
	if (outcome->message != NULL)
		set_message(view, outcome->message);
	else if (interim != NULL && interim->blocks > 0 && interim->block[0].text != NULL)
		set_first_line(view, interim->block[0].text);
}

/* Nothing was learned by this poll, so the operation may continue. */
static void
set_missed(struct task_view *view, const struct result *result)
{
	char text[2 * TASK_MESSAGE_MAX];

	view->status = TASK_WORKING;
	snprintf(text, sizeof(text), "Its state is not known now: %s%s%s", result->what,
		 result->why != NULL ? ": " : "", result->why != NULL ? result->why : "");
	set_message(view, text);
}

void
task_view_unseen(struct task_view *view)
{
	*view = (struct task_view){ .status = TASK_WORKING, .next_ms = INTERVAL_MOST_MS };
	set_message(view, "Its state is not looked up now: more tasks are polled than the service "
			  "may be asked about. Poll again later");
}

void
task_view_of(struct task_view *view, const struct call *call)
{
	const struct result *result = call->result;

	*view = (struct task_view){ .status = TASK_COMPLETED, .result = result };
	if (call->outcome != NULL) {
		task_view_working(view, call->outcome, result);
	} else if (result->failed && result->missed) {
		set_missed(view, result);
	} else if (result->failed && result->status == MCP_E_CANCELLED) {
		view->status = TASK_CANCELLED;
		set_message(view, result->what);
	} else if (result->failed && result->status == MCP_E_INTERNAL) {
		view->status = TASK_FAILED;
		set_message(view, result->what);
	}
}

/* ---- its form ------------------------------------------------------------------------------ */

static const char *
status_text(enum task_status status)
{
	static const char *const list[] = {
		[TASK_WORKING] = "working",	[TASK_INPUT_REQUIRED] = "input_required",
		[TASK_COMPLETED] = "completed", [TASK_FAILED] = "failed",
		[TASK_CANCELLED] = "cancelled",
	};

	return list[status];
}

/* ISO 8601 in UTC, with milliseconds. */
static void
write_time(struct json *out, const char *name, int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	char text[TIME_MAX], whole[TIME_MAX + 8];
	struct tm when;

	if (gmtime_r(&seconds, &when) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &when) == 0)
		text[0] = '\0';
	snprintf(whole, sizeof(whole), "%s.%03dZ", text, (int)(ms % 1000));
	json_string(json_member(out, name), whole);
}

/* A young task is polled often, an old one seldom: a tenth of its age. */
int64_t
task_interval(const struct task_view *view)
{
	int64_t age = (clock_wall_ms() - view->created_ms) / 10;

	if (view->next_ms > 0)
		return view->next_ms < INTERVAL_LEAST_MS ? INTERVAL_LEAST_MS
		     : view->next_ms > INTERVAL_SAID_MS	 ? INTERVAL_SAID_MS
							 : (int64_t)view->next_ms;
	return age < INTERVAL_LEAST_MS ? INTERVAL_LEAST_MS
	     : age > INTERVAL_MOST_MS  ? INTERVAL_MOST_MS
				       : age;
}

static void
write_task_error(struct json *out, const struct result *result)
{
	struct buf text;

	buf_init(&text, LIMIT_RESULT_TEXT);
	result_failure_text(result, &text);
	json_begin(json_member(out, "error"), '{');
	json_number(json_member(out, "code"), rpc_error_code(RPC_INTERNAL));
	json_text(json_member(out, "message"), text.data, text.len);
	result_failure_json(result, json_member(out, "data"));
	json_end(out);
	buf_fini(&text);
}

void
task_write(struct json *out, const struct config *config, const struct row *row,
	   const struct task_view *view)
{
	json_string(json_member(out, "taskId"), view->id);
	json_string(json_member(out, "status"), status_text(view->status));
	if (view->message[0] != '\0')
		json_string(json_member(out, "statusMessage"), view->message);
	write_time(out, "createdAt", view->created_ms);
	write_time(out, "lastUpdatedAt", clock_wall_ms());
	json_number(json_member(out, "ttlMs"), TASK_ID_TTL_S * INT64_C(1000));
	json_number(json_member(out, "pollIntervalMs"), task_interval(view));
	switch (view->status) {
	case TASK_INPUT_REQUIRED: mrtr_write_questions(out, view->questions); break;
	case TASK_COMPLETED:
		json_begin(json_member(out, "result"), '{');
		tools_write(out, config, row, view->result);
		json_end(out);
		break;
	case TASK_FAILED: write_task_error(out, view->result); break;
	case TASK_WORKING:
	case TASK_CANCELLED: break;
	}
}
