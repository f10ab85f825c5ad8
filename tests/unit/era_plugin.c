/* SPDX-License-Identifier: Apache-2.0 */
/* Implements era_plugin.h. This code replaces the plugin layer and runs the rows in this
 * process. */
#include "era_plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <lakehost/call.h>

#include "call/inprocess.h"
#include "era_rig.h"
#include "plugin/loader.h"
#include "registry/provider.h"

/* ---- rows ---------------------------------------------------------------------------------- */

static int
echo(struct mcp_call *call)
{
	return mcp_say(call, "%s", mcp_arg(call, "text"));
}

static int
data(struct mcp_call *call)
{
	return mcp_structured(call, mcp_json(call, "{\"n\":7}", 7));
}

static int
list(struct mcp_call *call)
{
	mcp_say(call, "one two");
	return mcp_structured(call, mcp_json(call, "[1,2]", 5));
}

static int
fails(struct mcp_call *call)
{
	return mcp_fail(call, MCP_E_NOT_FOUND, "No such thing", "It was never there",
			"Look elsewhere");
}

static int
steps(struct mcp_call *call)
{
	return mcp_progress(call, 0, 2, "none") != MCP_OK || mcp_progress(call, 1, 2, "one") ||
	       mcp_progress(call, 1, 2, "one again") || mcp_progress(call, 2, 0, NULL) ||
	       mcp_say(call, "done");
}

static int
slow_step(struct mcp_call *call, const void *state, size_t len)
{
	(void)state;
	(void)len;
	if (mcp_cancelled(call)) {
		rig_slow_cancelled = true;
		return mcp_fail(call, MCP_E_CANCELLED, "Cancelled", NULL, NULL);
	}
	return mcp_again(call, 5, slow_step, "", 0);
}

static int
slow(struct mcp_call *call)
{
	return mcp_again(call, 5, slow_step, "", 0);
}

static int
blocks(struct mcp_call *call)
{
	mcp_blob(call, "audio", "audio/wav", "abc", 3);
	mcp_link(call, "test://note", "note", "text/plain", 12);
	return mcp_embed(call, "test://note", "text/plain", "inside");
}

static struct json_object *
form(struct mcp_call *call)
{
	static const char text[] =
	    "{\"type\":\"object\",\"properties\":{\"v\":{\"type\":\"string\"}}}";

	return mcp_json(call, text, sizeof(text) - 1);
}

/* A row with two rounds: two questions at once, then one question. */
static int
asks(struct mcp_call *call)
{
	struct json_object *name = NULL, *roots = NULL, *color = NULL;
	int first = mcp_elicit(call, "name", "Your name?", form(call), &name);
	int second = mcp_ask(call, "roots", "roots/list", mcp_json(call, "{}", 2), &roots);
	int third;

	if (first != MCP_OK || second != MCP_OK)
		return first < 0 ? first : second;
	third = mcp_elicit(call, "color", "Your colour?", form(call), &color);
	if (third != MCP_OK)
		return third;
	return mcp_say(call, "%s likes %s", mcp_get_str(call, name, "v", "nobody"),
		       mcp_get_str(call, color, "v", "nothing"));
}

/* A row that never accepts an answer: it asks with a new key each time. */
static int
nags(struct mcp_call *call)
{
	struct json_object *content = NULL;
	int status = MCP_OK;

	for (int i = 0; status == MCP_OK; i++)
		status = mcp_elicit(call, mcp_printf(call, "again%d", i), "And now?", form(call),
				    &content);
	return status;
}

/* Both ask before their effect. `books` has a token for its platform. */
int rig_bought;

static int
buys(struct mcp_call *call)
{
	struct json_object *content = NULL;
	int status = mcp_elicit(call, "sure", "Buy it?", form(call), &content);

	if (status != MCP_OK)
		return status;
	return mcp_say(call, "bought %d, number %s", ++rig_bought,
		       mcp_context(call, MCP_CTX_NUMBER).data);
}

static int
opens(struct mcp_call *call)
{
	static const char params[] =
	    "{\"mode\":\"url\",\"message\":\"Go\",\"url\":\"https://x.test/\"}";
	struct json_object *answer = NULL;
	int status = mcp_ask(call, "go", "elicitation/create",
			     mcp_json(call, params, sizeof(params) - 1), &answer);

	return status == MCP_OK ? mcp_say(call, "opened") : status;
}

static int
needs(struct mcp_call *call)
{
	return mcp_require(call, "sampling.tools") == MCP_OK ? mcp_say(call, "ok")
							     : MCP_E_UNSUPPORTED;
}

static int
logs(struct mcp_call *call)
{
	call->ops->client_log(call, MCP_LOG_DEBUG, "rig", "\"low\"", 5);
	call->ops->client_log(call, MCP_LOG_WARNING, "rig", "{\"high\":1}", 10);
	return mcp_say(call, "logged");
}

static int
where(struct mcp_call *call)
{
	const char *region = mcp_arg(call, "region");

	return mcp_say(call, "region %s", region != NULL ? region : "nowhere");
}

static int
blob(struct mcp_call *call)
{
	return mcp_blob(call, "image", "image/png", "\x89PNG", 4);
}

static int
broken(struct mcp_call *call)
{
	char why[5001];

	for (size_t i = 0; i + 1 < sizeof(why); i++)
		why[i] = i % 50 == 49 ? '\n' : 'x';
	why[sizeof(why) - 1] = '\0';
	return mcp_fail(call, MCP_E_UPSTREAM, "The workspace answers nonsense", why, "Wait.");
}

/* A row that is an operation: `rig_report` counts down to its end, and is negative after it was
 * cancelled. */
int rig_report;

static int
report_start(struct mcp_call *call)
{
	mcp_say(call, "The report was begun.");
	return mcp_handle_write(call, 1, "r", 1);
}

static int
report_lost(struct mcp_call *call)
{
	const struct mcp_failure failure = { .size = sizeof(failure),
					     .status = MCP_E_UNAVAILABLE,
					     .what = "The printer does not answer",
					     .missed = true };

	mcp_failure(call, &failure);
	return MCP_E_UNAVAILABLE;
}

static int
report_poll(struct mcp_call *call)
{
	char handle;

	/* the arguments of the tool that polls are not used */
	CU_ASSERT(mcp_arg(call, "handle") == NULL);
	CU_ASSERT(strcmp(mcp_context(call, MCP_CTX_ROW).data, "report") == 0);
	if (mcp_handle_read(call, 1, &handle, 1) != MCP_OK)
		return MCP_E_INPUT;
	CU_ASSERT(handle == 'r');
	if (rig_report == RIG_LOST)
		return report_lost(call);
	if (rig_report == RIG_DEFECT)
		return mcp_fail(call, MCP_E_INTERNAL, "A pointer is missing", NULL, NULL);
	if (rig_report < 0)
		return mcp_fail(call, MCP_E_CONFLICT, "The report was cancelled", NULL, NULL);
	if (rig_report == 0)
		return mcp_say(call, "The report is ready.");
	mcp_say(call, "%d to go.", rig_report--);
	return mcp_working(call, -1, "writing", 50);
}

static int
report_cancel(struct mcp_call *call)
{
	CU_ASSERT(mcp_cancelled(call));
	rig_report = -1;
	return MCP_OK;
}

static const struct mcp_operation report = {
	.size = sizeof(report), .start = report_start, .poll = report_poll, .cancel = report_cancel
};

/* An operation whose poll asks the client. It must be started only once, even if it asks several
 * times. */
int rig_quizzes;
static const char *quiz_answer;

static int
quiz_start(struct mcp_call *call)
{
	rig_quizzes++;
	quiz_answer = NULL;
	mcp_say(call, "The quiz was begun.");
	return mcp_handle_write(call, 1, "quiz\0\xff", 6);
}

static int
quiz_poll(struct mcp_call *call)
{
	struct json_object *content;

	if (quiz_answer != NULL)
		return mcp_say(call, "%s is right.", quiz_answer);
	return mcp_elicit(call, "answer", "What is it?", form(call), &content);
}

static int
quiz_answered(struct mcp_call *call)
{
	struct json_object *content;
	char handle[6];
	int status = mcp_elicit(call, "answer", "What is it?", form(call), &content);

	if (status != MCP_OK)
		return status;
	CU_ASSERT(mcp_handle_read(call, 1, handle, sizeof(handle)) == MCP_OK);
	CU_ASSERT(memcmp(handle, "quiz\0\xff", 6) == 0);
	quiz_answer = strcmp(mcp_get_str(call, content, "v", ""), "blue") == 0 ? "blue" : "that";
	return MCP_OK;
}

static const struct mcp_operation quiz = {
	.size = sizeof(quiz), .start = quiz_start, .poll = quiz_poll, .answer = quiz_answered
};

static int
item(struct mcp_call *call)
{
	return mcp_say(call, "item %s", mcp_arg(call, "id"));
}

static int
note(struct mcp_call *call)
{
	return mcp_say(call, "a note");
}

const char *rig_note = "a note";
int rig_note_reads;

static int
watched(struct mcp_call *call)
{
	rig_note_reads++;
	return mcp_say(call, "%s", rig_note);
}

static int
greet(struct mcp_call *call)
{
	mcp_message(call, "user", "Greet %s", mcp_arg(call, "name"));
	return mcp_message(call, "assistant", "Hello");
}

static int
complete(struct mcp_call *call)
{
	struct json_object *context = mcp_arg_json(call, "context");

	mcp_complete(call, mcp_printf(call, "%sa", mcp_arg(call, "value")));
	return mcp_complete(call, mcp_get_str(call, context, "tone", "plain"));
}

#define ROW(row)                               \
	{                                      \
		.name = #row, .handler = (row) \
	}
static const struct mcp_row tools[] = { ROW(echo),
					ROW(data),
					{ .name = "invalid_output", .handler = note },
					ROW(list),
					ROW(fails),
					ROW(steps),
					ROW(slow),
					ROW(blocks),
					ROW(asks),
					ROW(nags),
					ROW(opens),
					ROW(needs),
					ROW(logs),
					ROW(where),
					{ .name = "rules", .handler = note },
					{ .name = "report", .operation = &report },
					{ .name = "other", .operation = &report },
					{ .name = "quiz", .operation = &quiz },
					ROW(buys),
					{ .name = "books", .handler = buys } };
static const struct mcp_row resources[] = { { .name = "note", .handler = watched },
					    ROW(blob),
					    { .name = "json", .handler = data },
					    { .name = "gone", .handler = fails },
					    ROW(broken) };
static const struct mcp_row templates[] = { ROW(item) };
static const struct mcp_row prompts[] = { ROW(greet) };
static const struct mcp_row completions[] = { { .name = "greet name", .handler = complete } };

/* ---- the plugin layer ---------------------------------------------------------------------- */

struct json_object *
era_plugin_manifest(void)
{
	static struct json_object *manifest;

	if (manifest == NULL)
		manifest = json_object_from_file(TEST_DATA "/era.json");
	if (manifest == NULL) {
		fprintf(stderr, "%s\n", json_util_get_last_err());
		abort();
	}
	return manifest;
}

static const struct mcp_row *
code(const struct provider *provider, const struct row *row)
{
	static const struct mcp_row *const rows[ROW_KINDS] = { tools, resources, templates, prompts,
							       completions };

	(void)provider;
	return &rows[row->kind][row->index];
}

static void
changed(const struct provider *provider, const char *what, const char *uri)
{
	(void)provider;
	eras_changed(rig_eras, what, uri);
}

const struct provider *
era_plugin(void)
{
	static const struct strings none;
	static struct provider provider;

	provider = (struct provider){ .name = "rig",
				      .options = "{}",
				      .permissions = &none,
				      .runner = &inprocess_runner,
				      .code = code,
				      .changed = changed };
	return &provider;
}
