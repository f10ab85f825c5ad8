/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of plugins in their own process: their answers are byte for byte the same as in this
 * process. Also tests what happens to calls when that process ends. */
#include <signal.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "worker/remote.h"
#include "worker/worker.h"
#include "plugin_files.h"
#include "suite.h"
#include "worker_rig.h"

static const char *const name_answer[] = {
	"{\"user_name\":{\"action\":\"accept\",\"content\":{\"name\":\"Ada\"}}}", NULL
};

static const char *const two_rounds[] = {
	"{\"step1\":{\"action\":\"accept\",\"content\":{\"name\":\"Ada\"}}}",
	"{\"step1\":{\"action\":\"accept\",\"content\":{\"name\":\"Ada\"}},"
	"\"step2\":{\"action\":\"accept\",\"content\":{\"color\":\"teal\"}}}",
	NULL
};

static const char *const declined[] = { "{\"form\":{\"action\":\"decline\"}}", NULL };

static const char *const wrong_key[] = { "{\"wrong\":{\"action\":\"accept\"}}", NULL };

/* Calls every row of the fixture, except rows that depend on time. */
static const struct use table[] = {
	{ ROW_TOOL, .name = "test_simple_text" },
	{ ROW_TOOL, .name = "test_image_content" },
	{ ROW_TOOL, .name = "test_audio_content" },
	{ ROW_TOOL, .name = "test_embedded_resource" },
	{ ROW_TOOL, .name = "test_multiple_content_types" },
	{ ROW_TOOL, .name = "test_error_handling" },
	{ ROW_TOOL, .name = "test_tool_with_progress", .progress = true },
	{ ROW_TOOL, .name = "test_tool_with_progress" },
	{ ROW_TOOL, .name = "json_schema_2020_12_tool", .arguments = "{\"email\":\"a@b\"}" },
	{ ROW_TOOL, .name = "test_tool_with_logging" },
	{ ROW_TOOL, .name = "test_sampling", .arguments = "{\"prompt\":\"\xc3\xa9\\u0001\"}" },
	{ ROW_TOOL, .name = "test_elicitation", .arguments = "{\"message\":\"m\"}",
	  .answers = declined },
	{ ROW_TOOL, .name = "test_elicitation_sep1034_defaults" },
	{ ROW_TOOL, .name = "test_elicitation_sep1330_enums" },
	{ ROW_TOOL, .name = "test_reconnection" },
	{ ROW_TOOL, .name = "test_missing_capability" },
	{ ROW_TOOL, .name = "test_missing_capability", .capabilities = "{}" },
	{ ROW_TOOL, .name = "test_streaming_elicitation", .answers = name_answer },
	{ ROW_TOOL, .name = "test_streaming_elicitation", .answers = wrong_key },
	{ ROW_TOOL, .name = "test_streaming_elicitation", .capabilities = "{}" },
	{ ROW_TOOL, .name = "test_logging_tool" },
	{ ROW_TOOL, .name = "test_trigger_tool_change" },
	{ ROW_TOOL, .name = "test_trigger_prompt_change" },
	{ ROW_TOOL, .name = "test_x_mcp_header", .arguments = "{\"region\":\"r\",\"level\":3}" },
	{ ROW_TOOL, .name = "test_input_required_result_elicitation", .answers = name_answer },
	{ ROW_TOOL, .name = "test_input_required_result_sampling" },
	{ ROW_TOOL, .name = "test_input_required_result_list_roots" },
	{ ROW_TOOL, .name = "test_input_required_result_request_state" },
	{ ROW_TOOL, .name = "test_input_required_result_multiple_inputs" },
	{ ROW_TOOL, .name = "test_input_required_result_multi_round", .answers = two_rounds },
	{ ROW_TOOL, .name = "test_input_required_result_tampered_state" },
	{ ROW_TOOL, .name = "test_input_required_result_capabilities",
	  .capabilities = "{\"sampling\":{}}" },
	{ ROW_TOOL, .name = "echo",
	  .arguments = "{\"text\":\"one \\\"two\\\" \\u0000 \xe2\x82\xac\"}" },
	{ ROW_TOOL, .name = "sleep", .arguments = "{\"ms\":50}" },
	{ ROW_TOOL, .name = "last_cancelled" },
	{ ROW_TOOL, .name = "fetch", .arguments = "{\"path\":\"/hello?a=1\"}" },
	{ ROW_TOOL, .name = "fetch", .arguments = "{\"path\":\"/hello\",\"how\":\"wait\"}" },
	{ ROW_TOOL, .name = "fetch", .arguments = "{\"path\":\"/bytes?3000000\"}" },
	{ ROW_TOOL, .name = "fetch",
	  .arguments = "{\"path\":\"/bytes?3000000\",\"how\":\"wait\"}" },
	{ ROW_TOOL, .name = "fetch",
	  .arguments = "{\"path\":\"/bytes?3000000\",\"how\":\"sink\"}" },
	{ ROW_TOOL, .name = "fetch",
	  .arguments = "{\"path\":\"/bytes?3000000\",\"how\":\"wait_sink\"}" },
	{ ROW_TOOL, .name = "fetch", .arguments = "{\"path\":\"/a/../b\"}" },
	{ ROW_TOOL, .name = "fetch", .arguments = "{\"path\":\"/a/../b\",\"how\":\"wait_sink\"}" },
	{ ROW_TOOL, .name = "odd_values", .arguments = "{\"which\":\"request\"}" },
	{ ROW_TOOL, .name = "odd_values", .arguments = "{\"which\":\"piece\"}" },
	{ ROW_TOOL, .name = "odd_values", .arguments = "{\"which\":\"level\"}" },
	{ ROW_TOOL, .name = "odd_values", .arguments = "{\"which\":\"context\"}" },
	{ ROW_TOOL, .name = "odd_values", .arguments = "{\"which\":\"status\"}" },
	{ ROW_TOOL, .name = "odd_values", .arguments = "{\"which\":\"changed\"}" },
	{ ROW_TOOL, .name = "write_report", .arguments = "{\"polls\":2}" },
	{ ROW_TOOL, .name = "write_report", .arguments = "{\"polls\":9,\"wait_s\":0}" },
	{ ROW_TOOL, .name = "write_report", .arguments = "{\"polls\":2,\"version\":9}" },
	{ ROW_TOOL, .name = "many", .arguments = "{\"rows\":0}" },
	{ ROW_TOOL, .name = "many", .arguments = "{\"rows\":7}" },
	{ ROW_TOOL, .name = "many", .arguments = "{\"rows\":100000}" },
	{ ROW_RESOURCE, .name = "test://static-text" },
	{ ROW_RESOURCE, .name = "test://static-binary" },
	{ ROW_RESOURCE, .name = "test://watched-resource" },
	{ ROW_TEMPLATE, .name = "test://template/a%20%22b/data" },
	{ ROW_PROMPT, .name = "test_simple_prompt" },
	{ ROW_PROMPT, .name = "test_prompt_with_arguments",
	  .arguments = "{\"arg1\":\"x\",\"arg2\":\"y\"}" },
	{ ROW_PROMPT, .name = "test_prompt_with_embedded_resource",
	  .arguments = "{\"resourceUri\":\"test://r\"}" },
	{ ROW_PROMPT, .name = "test_prompt_with_image" },
	{ ROW_PROMPT, .name = "test_input_required_result_prompt" },
	{ ROW_COMPLETION, .name = "test_prompt_with_arguments arg1",
	  .arguments = "{\"value\":\"par\"}" },
	{ ROW_COMPLETION, .name = "test://template/{id}/data id", .arguments = "{\"value\":\"\"}" },
};

static void
same_answers_in_both_modes(void)
{
	struct worker_rig here, there;

	rig_open(&here, "fixture", "fixture", ISOLATION_NONE, NULL);
	rig_open(&there, "fixture", "fixture", ISOLATION_PROCESS, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct buf one, other;

		buf_init(&one, TRANSCRIPT_MAX);
		buf_init(&other, TRANSCRIPT_MAX);
		rig_call(&here, &table[i], &one);
		rig_call(&there, &table[i], &other);
		CU_ASSERT(one.len > 0);
		if (one.len < 2000)
			ASSERT_STR(other.data, one.data);
		else
			CU_ASSERT(one.len == other.len &&
				  memcmp(one.data, other.data, one.len) == 0);
		buf_fini(&one);
		buf_fini(&other);
	}
	ASSERT_STR(here.changed, "prompts");
	ASSERT_STR(there.changed, "prompts");
	rig_close(&here);
	rig_close(&there);
}

/* ---- calls ----------------------------------------------------------------------------------- */

static const struct use pid = { ROW_TOOL, .name = "pid" };

static int
pid_of_worker(struct worker_rig *rig)
{
	struct buf transcript;
	const char *at;
	int number;

	buf_init(&transcript, TRANSCRIPT_MAX);
	rig_call(rig, &pid, &transcript);
	at = strstr(transcript.data, "pid=");
	number = at != NULL ? atoi(at + 4) : -1;
	CU_ASSERT(number > 0);
	buf_fini(&transcript);
	return number;
}

/* The worker has no credential in its environment, and no descriptor of the host except its own
 * two. (It opens epoll and eventfd itself.) */
static void
is_given_nothing(void)
{
	struct worker_rig rig;

	setenv("DATABRICKS_TOKEN", "dapi-not-for-plugins", 1);
	rig_open(&rig, "crashing_plugin", "crashing_plugin", ISOLATION_PROCESS, NULL);
	rig_expect(&rig, &pid, "descriptors=7 token=none");
	CU_ASSERT(pid_of_worker(&rig) != getpid());
	unsetenv("DATABRICKS_TOKEN");
	rig_close(&rig);
}

static void
starts_at_the_first_call_only(void)
{
	struct worker_rig rig;
	int first;

	rig_open(&rig, "crashing_plugin", "crashing_plugin", ISOLATION_PROCESS, NULL);
	first = pid_of_worker(&rig);
	ASSERT_INT(pid_of_worker(&rig), first);
	rig_close(&rig);
	ASSERT_INT(kill(first, 0), -1); /* the worker has ended with its host */
}

static void
a_crash_fails_the_calls_in_flight(void)
{
	static const struct use uses[] = {
		{ ROW_TOOL, .name = "crash_between", .arguments = "{\"ms\":1500}" },
		{ ROW_TOOL, .name = "crash", .arguments = "{}" },
	};
	struct worker_rig rig;
	struct buf transcript[2];
	int first;

	rig_open(&rig, "crashing_plugin", "crashing_plugin", ISOLATION_PROCESS, NULL);
	first = pid_of_worker(&rig);
	buf_init(&transcript[0], TRANSCRIPT_MAX);
	buf_init(&transcript[1], TRANSCRIPT_MAX);
	rig_calls(&rig, uses, transcript, 2);
	for (size_t i = 0; i < 2; i++) {
		CU_ASSERT(strstr(transcript[i].data,
				 "The plugin crashing_plugin stopped during this call") != NULL);
		CU_ASSERT(strstr(transcript[i].data, "signal 6 (Aborted)") != NULL);
		buf_fini(&transcript[i]);
	}
	CU_ASSERT(pid_of_worker(&rig) != first); /* the next call gets a new process */
	rig_expect(&rig,
		   &(struct use){ ROW_TOOL, .name = "crash", .arguments = "{\"how\":\"exit\"}" },
		   "exited with status 0");
	rig_close(&rig);
}

/* ---- operations ----------------------------------------------------------------------------- */

static void
operations_outlive_their_process(void)
{
	static const struct {
		const char *arguments, *counted;
	} cases[] = {
		{ "{\"polls\":3}", "3\n" },
		{ "{\"polls\":4,\"crash_at\":2}", "4\n" },
		{ "{\"polls\":1,\"crash_at\":1}", "2\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct worker_rig rig;
		char *folder = folder_new(), *path = xprintf("%s/counter", folder);
		char *options = xprintf("{\"counter\":\"%s\"}", path);
		struct image counted;

		rig_open(&rig, "crashing_plugin", "crashing_plugin", ISOLATION_PROCESS, options);
		rig_expect(&rig,
			   &(struct use){ ROW_TOOL, .name = "work",
					  .arguments = cases[i].arguments },
			   "job-7 is done.");
		counted = image_read(path);
		counted.data[counted.len] = '\0';
		ASSERT_STR(counted.data, cases[i].counted);
		image_free(&counted);
		rig_close(&rig);
		free(options);
		free(path);
		folder_remove(folder);
	}
}

/* The process is killed between two polls of the operation. */
static void
operations_outlive_a_kill(void)
{
	static const struct use work = { ROW_TOOL, .name = "work", .arguments = "{\"polls\":1000}",
					 .wait_ms = 100 };
	struct worker_rig rig;
	char *folder = folder_new();
	char *options = xprintf("{\"counter\":\"%s/counter\"}", folder);
	int first;

	rig_open(&rig, "crashing_plugin", "crashing_plugin", ISOLATION_PROCESS, options);
	first = pid_of_worker(&rig);
	rig_expect(&rig, &work, "goes on: job-7");
	CU_ASSERT(kill(first, SIGKILL) == 0);
	rig_wait(&rig, 100);
	rig_expect(&rig, &work, "goes on: job-7");
	CU_ASSERT(pid_of_worker(&rig) != first);
	rig_close(&rig);
	free(options);
	folder_remove(folder);
}

/* ---- cancellation --------------------------------------------------------------------------- */

static void
cancels_reach_the_plugin(void)
{
	static const enum isolation modes[] = { ISOLATION_NONE, ISOLATION_PROCESS };

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct worker_rig rig;

		rig_open(&rig, "fixture", "fixture", modes[i], NULL);
		rig_expect(&rig,
			   &(struct use){ ROW_TOOL, .name = "sleep",
					  .arguments = "{\"ms\":60000,\"label\":\"nap\"}",
					  .progress = true, .cancel_at_progress = true },
			   "cancel");
		rig_expect(&rig, &(struct use){ ROW_TOOL, .name = "last_cancelled" }, "\"nap\"");
		rig_close(&rig);
	}
}

/* The host cannot end a step that does not return; the process can be ended. */
static void
a_step_that_hangs_ends_with_its_process(void)
{
	static const struct use hang = { ROW_TOOL, .name = "hang", .cancel_after_ms = 20 };
	struct worker_rig rig;
	int first;

	worker_set_grace(100);
	rig_open(&rig, "crashing_plugin", "crashing_plugin", ISOLATION_PROCESS, NULL);
	first = pid_of_worker(&rig);
	rig_expect(&rig, &hang, "cancelled");
	for (int i = 0; i < 100 && kill(first, 0) == 0; i++)
		rig_wait(&rig, 100);
	ASSERT_INT(kill(first, 0), -1);
	CU_ASSERT(pid_of_worker(&rig) != first);
	rig_close(&rig);
	worker_set_grace(WORKER_GRACE_MS);
}

static void
sinks_can_stop(void)
{
	static const char *const how[] = { "sink", "wait_sink" };

	for (size_t i = 0; i < ARRAY_SIZE(how); i++) {
		struct worker_rig rig;
		char *arguments =
		    xprintf("{\"path\":\"/bytes?50000000\",\"how\":\"%s\",\"stop_after\":1}",
			    how[i]);

		rig_open(&rig, "fixture", "fixture", ISOLATION_PROCESS, NULL);
		rig_expect(&rig, &(struct use){ ROW_TOOL, .name = "fetch", .arguments = arguments },
			   "through the sink, stopped");
		rig_close(&rig);
		free(arguments);
	}
}

static void
many_calls_at_once(void)
{
	enum { CALLS = 60 };
	struct worker_rig rig;
	struct use use[CALLS];
	struct buf transcript[CALLS];
	char *arguments[CALLS];

	rig_open(&rig, "fixture", "fixture", ISOLATION_PROCESS, NULL);
	for (size_t i = 0; i < CALLS; i++) {
		arguments[i] = i % 3 == 0 ? xprintf("{\"ms\":%zu}", i)
			     : i % 3 == 1 ? xprintf("{\"path\":\"/n/%zu\",\"how\":\"wait\"}", i)
					  : xprintf("{\"text\":\"number %zu\"}", i);
		use[i] = (struct use){ ROW_TOOL,
				       .name = i % 3 == 0 ? "sleep"
					     : i % 3 == 1 ? "fetch"
							  : "echo",
				       .arguments = arguments[i] };
		buf_init(&transcript[i], TRANSCRIPT_MAX);
	}
	rig_calls(&rig, use, transcript, CALLS);
	for (size_t i = 0; i < CALLS; i++) {
		char expected[64];

		snprintf(expected, sizeof(expected),
			 i % 3 == 0   ? "Slept %zu ms."
			 : i % 3 == 1 ? "/n/%zu"
				      : "number %zu",
			 i);
		CU_ASSERT(strstr(transcript[i].data, expected) != NULL);
		buf_fini(&transcript[i]);
		free(arguments[i]);
	}
	rig_close(&rig);
}

/* A plugin that cannot be loaded is refused when its worker starts. */
static void
refusals_of_the_worker_reach_the_caller(void)
{
	struct worker_rig rig;
	struct plugin_status status;

	rig_open(&rig, "bad", "bad_start", ISOLATION_PROCESS, NULL);
	rig_expect(&rig, &(struct use){ ROW_TOOL, .name = "tool_one" },
		   "the plugin is unable to start: not with the options");
	plugins_status(rig.plugins, 0, &status);
	ASSERT_INT(status.refusal, PLUGIN_START);
	CU_ASSERT(strstr(status.why, "not with the options") != NULL);
	rig_close(&rig);
}

static const struct test tests[] = {
	TEST(same_answers_in_both_modes),
	TEST(is_given_nothing),
	TEST(starts_at_the_first_call_only),
	TEST(a_crash_fails_the_calls_in_flight),
	TEST(operations_outlive_their_process),
	TEST(operations_outlive_a_kill),
	TEST(cancels_reach_the_plugin),
	TEST(a_step_that_hangs_ends_with_its_process),
	TEST(sinks_can_stop),
	TEST(many_calls_at_once),
	TEST(refusals_of_the_worker_reach_the_caller),
};
SUITE(tests)
