/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of what the host believes of a worker: malformed messages, masks, unknown values,
 * output. */
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

/* ---- calls ----------------------------------------------------------------------------------- */

/* ---- malicious workers ----------------------------------------------------------------------- */

static void
nothing_malformed_is_believed(void)
{
	static const struct {
		const char *mode, *why;
	} cases[] = {
		{ "garbage", "the process sent a malformed frame" },
		{ "type", "the process sent a malformed frame" },
		{ "length", "the process sent a malformed frame" },
		{ "mixed", "the process mixed the frames of two messages" },
		{ "early", "the process sent a malformed message" },
		{ "version", "the process has another version" },
		{ "host", "the process sent a malformed message" },
		{ "result", "the process sent a malformed message" },
		{ "outcome", "the process sent a malformed message" },
		{ "fetch", "the process sent a malformed message" },
		{ "quit", "the process exited with status 3" },
	};
	static const struct use echo = { ROW_TOOL, .name = "echo",
					 .arguments = "{\"text\":\"x\"}" };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct worker_rig rig;
		char *program = xprintf("%s-%s", MALICIOUS_WORKER, cases[i].mode);

		rig_open(&rig, "fixture", "fixture", ISOLATION_PROCESS, NULL);
		worker_set_program(program);
		rig_expect(&rig, &echo, cases[i].why);
		worker_set_program(WORKER);
		rig_expect(&rig, &echo, "\"x\""); /* the host and its other workers continue */
		rig_close(&rig);
		free(program);
	}
}

/* ---- masks ---------------------------------------------------------------------------------- */

/* Counts how often the transcript of a call contains a text. */
static unsigned
times_shown(struct worker_rig *rig, const char *arguments, const char *text)
{
	struct use use = { ROW_TOOL, .name = "show", .arguments = arguments };
	struct buf transcript;
	unsigned times = 0;

	buf_init(&transcript, TRANSCRIPT_MAX);
	rig_call(rig, &use, &transcript);
	for (const char *at = transcript.data; (at = strstr(at, text)) != NULL; at++)
		times++;
	buf_fini(&transcript);
	return times;
}

/* The process does not know these values: the host finds them in its output. */
static void
values_that_the_host_knows_are_masked(void)
{
	static const enum isolation modes[] = { ISOLATION_NONE, ISOLATION_PROCESS };
	char large[301], *arguments;

	memset(large, 'k', 300);
	memcpy(large, "beginning-of-a-large-", 21);
	large[300] = '\0';
	arguments = xprintf("{\"text\":\"%s\",\"untrusted\":true}", large);
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct worker_rig rig;

		rig_open(&rig, "crashing_plugin", "crashing_plugin", modes[i], NULL);
		CU_ASSERT(times_shown(&rig, "{\"text\":\"not-known-yet\"}", "not-known-yet") >= 3);
		CU_ASSERT(times_shown(&rig, arguments, "beginning-of-a-large-") >= 3);
		rig_close(&rig);
	}
	mask_add("the-host-knows", 14);
	mask_add(large, 300);
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct worker_rig rig;

		rig_open(&rig, "crashing_plugin", "crashing_plugin", modes[i], NULL);
		ASSERT_INT(times_shown(&rig, "{\"text\":\"x the-host-knows y\"}", "the-host-knows"),
			   0);
		CU_ASSERT(times_shown(&rig, "{\"text\":\"x the-host-knows y\"}", "x *** y") >= 3);
		ASSERT_INT(times_shown(&rig, "{\"text\":\"the-host-knows\",\"fail\":true}",
				       "the-host-knows"),
			   0);
		/* a cell has only a part of the value */
		ASSERT_INT(times_shown(&rig, arguments, "beginning-of-a-large-"), 0);
		rig_close(&rig);
	}
	free(arguments);
}

/* Invalid enum values get the safe meaning, both in the host and in a worker. */
static void
unknown_values_are_safe(void)
{
	static const struct {
		const char *which, *part;
	} cases[] = {
		{ "request", "HTTP 200, 6 bytes in memory" },
		{ "piece", "a piece of a body has an unknown kind" },
		{ "level", "log 4 odd \"of no level\"" },
		{ "context", "\\\"\\\" and 0" },
		{ "status", "\"internal\"" },
		{ "changed", "a change of something other" },
	};
	static const enum isolation modes[] = { ISOLATION_NONE, ISOLATION_PROCESS };

	for (size_t mode = 0; mode < ARRAY_SIZE(modes); mode++) {
		struct worker_rig rig;

		rig_open(&rig, "fixture", "fixture", modes[mode], NULL);
		for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
			char arguments[64];

			snprintf(arguments, sizeof(arguments), "{\"which\":\"%s\"}",
				 cases[i].which);
			rig_expect(&rig,
				   &(struct use){ ROW_TOOL, .name = "odd_values",
						  .arguments = arguments },
				   cases[i].part);
		}
		rig_close(&rig);
	}
}

/* A thread of the plugin logs, and reports changes of a list and a resource, outside of calls. */
static void
a_thread_of_the_plugin_reaches_the_host(void)
{
	static const enum isolation modes[] = { ISOLATION_NONE, ISOLATION_PROCESS };
	static char text[60000];

	for (size_t mode = 0; mode < ARRAY_SIZE(modes); mode++) {
		struct worker_rig rig;
		int log[2] = { -1, -1 }, kept = dup(STDERR_FILENO);
		ssize_t len;

		CU_ASSERT_FATAL(pipe(log) == 0);
		rig_open(&rig, "fixture", "fixture", modes[mode], NULL);
		dup2(log[1], STDERR_FILENO);
		rig_expect(&rig, &(struct use){ ROW_TOOL, .name = "thread_speaks" }, "has spoken");
		while (strstr(rig.heard.data, "watched") == NULL)
			rig_wait(&rig, 5);
		ASSERT_STR(rig.heard.data, "test://static-text resources test://watched-resource ");
		rig_close(&rig);
		len = read(log[0], text, sizeof(text) - 1);
		text[len > 0 ? len : 0] = '\0';
		dup2(kept, STDERR_FILENO);
		CU_ASSERT(strstr(text, "said by a thread") != NULL);
		CU_ASSERT(strstr(text, "fixture") != NULL);
		CU_ASSERT(strstr(text, "something other than tools") != NULL);
		CU_ASSERT(strstr(text, "URI is NULL") != NULL);
		close(kept);
		close(log[0]);
		close(log[1]);
	}
}

/* The message with the value arrives before the answer that shows it. */
static void
a_value_is_shown_by_the_call_that_masks_it_only(void)
{
	static const enum isolation modes[] = { ISOLATION_NONE, ISOLATION_PROCESS };

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct worker_rig rig, other;
		char *value = xprintf("shown-once-in-mode-%zu", i);
		char *masks = xprintf("{\"text\":\"%s\",\"mask\":true}", value);
		char *plain = xprintf("{\"text\":\"%s\"}", value);

		rig_open(&rig, "crashing_plugin", "crashing_plugin", modes[i], NULL);
		CU_ASSERT(times_shown(&rig, masks, value) >= 3);
		ASSERT_INT(times_shown(&rig, masks, value), 0);
		ASSERT_INT(times_shown(&rig, plain, value), 0);
		rig_close(&rig);
		rig_open(&other, "crashing_plugin", "crashing_plugin", ISOLATION_PROCESS, NULL);
		ASSERT_INT(times_shown(&other, plain, value), 0);
		ASSERT_INT(times_shown(&other, masks, value), 0); /* the value was already masked */
		rig_close(&other);
		free(value);
		free(masks);
		free(plain);
	}
}

/* Each line that a process prints becomes one event of the log, and the number of events is
 * limited. */
static void
output_becomes_events(void)
{
	struct loop *loop = loop_new();
	struct worker_output output;
	static char text[60000];
	int pipe_of_worker[2] = { -1, -1 }, log[2] = { -1, -1 }, kept = dup(STDERR_FILENO);
	ssize_t len;

	CU_ASSERT_FATAL(pipe(pipe_of_worker) == 0 && pipe(log) == 0);
	dup2(log[1], STDERR_FILENO);
	log_init(LOG_NOTICE, false);
	worker_output_init(&output, loop, "crashing_plugin");
	worker_output_open(&output, pipe_of_worker[0]);
	dprintf(pipe_of_worker[1], "{\"event\":\"forged\"}\x1b[31m\n\n%01500d\n", 1);
	CU_ASSERT(worker_output_read(&output));
	for (int i = 0; i < 200; i++)
		dprintf(pipe_of_worker[1], "n%d\n", i);
	dprintf(pipe_of_worker[1], "the end");
	close(pipe_of_worker[1]);
	while (worker_output_read(&output))
		;
	ASSERT_INT(output.fd, -1);
	len = read(log[0], text, sizeof(text) - 1);
	text[len > 0 ? len : 0] = '\0';
	dup2(kept, STDERR_FILENO);
	CU_ASSERT(strstr(text, "\n{\"event\"") == NULL && strchr(text, '\x1b') == NULL);
	CU_ASSERT(strstr(text, "\"text\":\"{\\\"event\\\":\\\"forged\\\"}") != NULL);
	CU_ASSERT(strstr(text, "\"text\":\"n0\"") != NULL);
	CU_ASSERT(strstr(text, "\"text\":\"n199\"") != NULL /* in a new second */
		  || strstr(text, "\"lines_left_out\":") != NULL);
	close(kept);
	close(log[0]);
	close(log[1]);
	loop_free(loop);
}

static const struct test tests[] = {
	TEST(output_becomes_events),
	TEST(nothing_malformed_is_believed),
	TEST(unknown_values_are_safe),
	TEST(a_thread_of_the_plugin_reaches_the_host),
	TEST(values_that_the_host_knows_are_masked),
	TEST(a_value_is_shown_by_the_call_that_masks_it_only),
};
SUITE(tests)
